//! Multi-page TIFF: every page is decoded on its own, so that one bad page does not take the rest along.

use super::{Limits, Picture, dots, refuse};
use crate::domain::Refusal;
use image::GrayImage;
use std::collections::HashSet;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

/// Bit 0 of `NewSubfileType` (TIFF 6.0, section 8): a small copy of another page.
const REDUCED_COPY: u32 = 1;
const NEW_SUBFILE_TYPE: u16 = 254;

#[derive(Debug)]
pub struct TiffFile {
    bytes: Arc<[u8]>,
    /// Offset of the directory of each page.
    directories: Vec<u32>,
    little_endian: bool,
}

impl TiffFile {
    pub fn open(bytes: Arc<[u8]>, most_pages: u32) -> Result<Self, Refusal> {
        let little_endian = match bytes.get(..4) {
            Some([b'I', b'I', 42, 0]) => true,
            Some([b'M', b'M', 0, 42]) => false,
            Some([b'I', b'I', 43, 0] | [b'M', b'M', 0, 43]) => return Err(refuse::tiff_unreadable("BigTIFF")),
            _ => return Err(refuse::tiff_unreadable("l’en-tête n’est pas celui d’un TIFF")),
        };
        let mut file = Self { bytes, directories: Vec::new(), little_endian };
        file.directories = file.walk(most_pages).ok_or_else(refuse::tiff_truncated)?;
        if file.directories.is_empty() {
            return Err(refuse::tiff_unreadable("aucune page"));
        }
        Ok(file)
    }

    pub fn page_count(&self) -> u32 {
        u32::try_from(self.directories.len()).unwrap_or(u32::MAX)
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let b: [u8; 2] = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little_endian { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let b: [u8; 4] = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little_endian { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) })
    }

    /// Offsets of all page directories; `None` where the chain leaves the file or bites its tail.
    fn walk(&self, most_pages: u32) -> Option<Vec<u32>> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut next = self.u32(4)?;
        while next != 0 && found.len() <= most_pages as usize {
            if !seen.insert(next) {
                return None;
            }
            let at = next as usize;
            let entries = usize::from(self.u16(at)?);
            let mut reduced = false;
            for i in 0..entries {
                let entry = at + 2 + 12 * i;
                if self.u16(entry)? == NEW_SUBFILE_TYPE {
                    reduced = self.u32(entry + 8)? & REDUCED_COPY != 0;
                }
            }
            if !reduced {
                found.push(next);
            }
            next = self.u32(at + 2 + 12 * entries)?;
        }
        Some(found)
    }

    pub fn page(&self, number: u32, limits: &Limits) -> Result<Picture, Refusal> {
        let damaged = |e: TiffError| refuse::page_damaged(&e.to_string());
        let directory = *self.directories.get(number as usize - 1).ok_or_else(refuse::empty_page)?;
        let mut decoder = Decoder::new(self.starting_at(directory)).map_err(damaged)?;
        let (width, height) = decoder.dimensions().map_err(damaged)?;
        limits.check(width, height)?;
        let mut bounds = tiff::decoder::Limits::default();
        bounds.decoding_buffer_size = usize::try_from(limits.pixels.saturating_mul(4)).unwrap_or(usize::MAX);
        bounds.intermediate_buffer_size = bounds.decoding_buffer_size;
        let mut decoder = decoder.with_limits(bounds);
        let declared = declared_dpi(&mut decoder);
        let turn = decoder.find_tag_unsigned::<u16>(Tag::Orientation).ok().flatten().unwrap_or(1);
        let grey = grey(&mut decoder, width, height)?;
        let mut picture = image::DynamicImage::ImageLuma8(grey);
        if let Some(orientation) = u8::try_from(turn).ok().and_then(image::metadata::Orientation::from_exif) {
            picture.apply_orientation(orientation);
        }
        let grey = picture.into_luma8();
        let dpi = dots::resolution(declared, grey.width(), grey.height());
        // Fax pages have other dots across than down (204 x 98, 204 x 196); square them.
        Ok(Picture { grey: square(grey, declared, declared_down(&mut decoder)), dpi })
    }

    /// A reader of the same bytes whose header points at this directory first.
    fn starting_at(&self, directory: u32) -> Patched<'_> {
        let offset = if self.little_endian { directory.to_le_bytes() } else { directory.to_be_bytes() };
        let mut header = [0; 8];
        header[..4].copy_from_slice(&self.bytes[..4]);
        header[4..].copy_from_slice(&offset);
        Patched { inner: Cursor::new(&self.bytes), header }
    }
}

/// Bytes with another header: copying a large file for each page would cost more than decoding it.
struct Patched<'a> {
    inner: Cursor<&'a [u8]>,
    header: [u8; 8],
}

impl Read for Patched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let start = usize::try_from(self.inner.position()).unwrap_or(usize::MAX);
        let read = self.inner.read(buffer)?;
        for (i, byte) in buffer.iter_mut().enumerate().take(read) {
            match self.header.get(start.saturating_add(i)) {
                Some(patched) => *byte = *patched,
                None => break,
            }
        }
        Ok(read)
    }
}

impl Seek for Patched<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

fn unit_dpi(decoder: &mut Decoder<Patched<'_>>, tag: Tag) -> Option<f64> {
    let unit = decoder.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten().unwrap_or(2);
    let value = decoder.get_tag_f64(tag).ok()?;
    match unit {
        2 => Some(value),
        3 => Some(value * 2.54),
        _ => None,
    }
}

fn declared_dpi(decoder: &mut Decoder<Patched<'_>>) -> Option<f64> {
    unit_dpi(decoder, Tag::XResolution)
}

fn declared_down(decoder: &mut Decoder<Patched<'_>>) -> Option<f64> {
    unit_dpi(decoder, Tag::YResolution)
}

fn square(grey: GrayImage, across: Option<f64>, down: Option<f64>) -> GrayImage {
    let (Some(across), Some(down)) = (across, down) else { return grey };
    let ratio = across / down;
    if !(1.2..=4.0).contains(&ratio) {
        return grey;
    }
    let height = (f64::from(grey.height()) * ratio).round() as u32;
    image::imageops::resize(&grey, grey.width(), height, image::imageops::FilterType::Triangle)
}

fn grey(decoder: &mut Decoder<Patched<'_>>, width: u32, height: u32) -> Result<GrayImage, Refusal> {
    let damaged = |e: TiffError| refuse::page_damaged(&e.to_string());
    let colour = decoder.colortype().map_err(damaged)?;
    let palette = match colour {
        ColorType::Palette(_) => decoder.get_tag_u16_vec(Tag::ColorMap).map_err(damaged)?,
        _ => Vec::new(),
    };
    let samples = match decoder.read_image().map_err(damaged)? {
        DecodingResult::U8(samples) => samples,
        DecodingResult::U16(samples) => samples.into_iter().map(|v| (v >> 8) as u8).collect(),
        _ => return Err(refuse::page_damaged("profondeur de couleur inconnue")),
    };
    let (w, h) = (width as usize, height as usize);
    let bits = usize::from(colour.bit_depth());
    let pixels = match colour {
        ColorType::Gray(1 | 2 | 4) => unpack(&samples, w, h, bits, |v| (v * 255 / ((1 << bits) - 1)) as u8),
        ColorType::Palette(1 | 2 | 4 | 8) => unpack(&samples, w, h, bits, |v| from_palette(&palette, v)),
        ColorType::Gray(8 | 16) => samples,
        ColorType::GrayA(_) => by(&samples, 2, |p| p[0]),
        ColorType::YCbCr(8) => by(&samples, 3, |p| p[0]),
        ColorType::RGB(8 | 16) => by(&samples, 3, |p| luma(p[0], p[1], p[2])),
        ColorType::RGBA(8 | 16) => by(&samples, 4, |p| luma(p[0], p[1], p[2])),
        ColorType::CMYK(8) => by(&samples, 4, |p| {
            let light = |ink: u8| (u32::from(255 - ink) * u32::from(255 - p[3]) / 255) as u8;
            luma(light(p[0]), light(p[1]), light(p[2]))
        }),
        _ => return Err(refuse::page_damaged("couleurs inconnues")),
    };
    GrayImage::from_raw(width, height, pixels).ok_or_else(|| refuse::page_damaged("des lignes manquent"))
}

/// Values packed into bytes, rows padded to whole bytes, through `shade`.
fn unpack(samples: &[u8], width: usize, height: usize, bits: usize, shade: impl Fn(usize) -> u8) -> Vec<u8> {
    let stride = (width * bits).div_ceil(8);
    let shades: Vec<u8> = (0..1 << bits).map(shade).collect();
    let mut pixels = Vec::with_capacity(width * height);
    for row in samples.chunks_exact(stride.max(1)).take(height) {
        for x in 0..width {
            let at = x * bits;
            let value = row[at / 8] >> (8 - bits - at % 8) & ((1u16 << bits) - 1) as u8;
            pixels.push(shades[usize::from(value)]);
        }
    }
    pixels
}

fn from_palette(palette: &[u16], index: usize) -> u8 {
    let colours = palette.len() / 3;
    let channel = |c: usize| palette.get(c * colours + index).map_or(255, |v| (v >> 8) as u8);
    luma(channel(0), channel(1), channel(2))
}

fn by(samples: &[u8], channels: usize, grey: impl Fn(&[u8]) -> u8) -> Vec<u8> {
    samples.chunks_exact(channels).map(grey).collect()
}

/// Rec. 709 luma, as for every other format here.
pub(super) fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 2126 + u32::from(g) * 7152 + u32::from(b) * 722) / 10_000) as u8
}
