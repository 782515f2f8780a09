//! JPEG and PNG: one page each, turned as the EXIF header asks.

use super::{Limits, Picture, dots, refuse, sheet};
use crate::domain::Refusal;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader};
use std::io::Cursor;
use std::sync::Arc;

#[derive(Debug)]
pub struct PhotoFile {
    bytes: Arc<[u8]>,
    format: ImageFormat,
}

impl PhotoFile {
    pub fn open(bytes: Arc<[u8]>, format: ImageFormat) -> Result<Self, Refusal> {
        let file = Self { bytes, format };
        // The header alone, so that a broken file is an anomaly and not an unreadable page.
        file.reader().into_dimensions().map_err(|e| refuse::picture_unreadable(&e.to_string()))?;
        Ok(file)
    }

    fn reader(&self) -> ImageReader<Cursor<&[u8]>> {
        ImageReader::with_format(Cursor::new(&self.bytes[..]), self.format)
    }

    /// As [`Self::reader`], for the pixels.
    fn bounded(&self, limits: &Limits) -> ImageReader<Cursor<&[u8]>> {
        let mut reader = self.reader();
        let mut bounds = image::Limits::no_limits();
        bounds.max_alloc = Some(limits.decompressed);
        reader.limits(bounds);
        reader
    }

    pub fn page(&self, limits: &Limits) -> Result<Picture, Refusal> {
        let damaged = |e: image::ImageError| match e {
            image::ImageError::Limits(_) => refuse::decompression(limits.decompressed),
            other => refuse::page_damaged(&other.to_string()),
        };
        let (width, height) = self.reader().into_dimensions().map_err(damaged)?;
        limits.check(width, height)?;
        let mut decoder = self.bounded(limits).into_decoder().map_err(damaged)?;
        if decoder.total_bytes() > limits.decompressed {
            return Err(refuse::decompression(limits.decompressed));
        }
        let exif = decoder.exif_metadata().map_err(damaged)?;
        let orientation = decoder.orientation().map_err(damaged)?;
        let mut decoded = DynamicImage::from_decoder(decoder).map_err(damaged)?;
        decoded.apply_orientation(orientation);
        let grey = on_white(decoded);
        let dpi = dots::resolution(self.declared_dpi(), grey.width(), grey.height());
        let camera = has_exposure(exif.as_deref().unwrap_or_default());
        sheet::straighten(Picture { camera, ..Picture::flat(grey, dpi) })
    }

    fn declared_dpi(&self) -> Option<f64> {
        match self.format {
            ImageFormat::Jpeg => jfif_density(&self.bytes),
            _ => png_density(&self.bytes),
        }
    }
}

/// `ExposureTime`, `FNumber`, `FocalLength` (Exif 2.32, 4.6.5).
const OF_CAMERAS: [u16; 3] = [0x829a, 0x829d, 0x920a];

/// Whether an EXIF block tells an exposure, as cameras write it and scanners do not.
fn has_exposure(exif: &[u8]) -> bool {
    // Entries are looked for as such, wherever their directory stands: tag, kind (fraction), one value.
    let (little, big) = (exif.starts_with(b"II"), exif.starts_with(b"MM"));
    let entry = |bytes: &[u8], tag: u16| match (little, big) {
        (true, _) => bytes[..2] == tag.to_le_bytes() && bytes[2..8] == [5, 0, 1, 0, 0, 0],
        (_, true) => bytes[..2] == tag.to_be_bytes() && bytes[2..8] == [0, 5, 0, 0, 0, 1],
        _ => false,
    };
    exif.windows(8).any(|bytes| OF_CAMERAS.iter().any(|tag| entry(bytes, *tag)))
}

/// Grey of a picture laid on white paper where it is transparent.
fn on_white(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let pairs = picture.into_luma_alpha8();
    GrayImage::from_fn(pairs.width(), pairs.height(), |x, y| {
        let [value, alpha] = pairs.get_pixel(x, y).0;
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        image::Luma([((value * alpha + 255 * (255 - alpha)) / 255) as u8])
    })
}

/// Density of the JFIF header (ISO/IEC 10918-5, 10.1) in dots per inch.
fn jfif_density(bytes: &[u8]) -> Option<f64> {
    let head = bytes.get(..18)?;
    if &head[6..11] != b"JFIF\0" {
        return None;
    }
    let density = f64::from(u16::from_be_bytes([head[14], head[15]]));
    match head[13] {
        1 => Some(density),
        2 => Some(density * 2.54),
        _ => None,
    }
}

/// The `pHYs` chunk (PNG, third edition, 11.3.4.3) in dots per inch.
fn png_density(bytes: &[u8]) -> Option<f64> {
    let mut rest = bytes.get(8..)?;
    loop {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        match rest.get(4..8)? {
            b"pHYs" => {
                let body = rest.get(8..17)?;
                let per_metre = u32::from_be_bytes(body.get(..4)?.try_into().ok()?);
                return (body[8] == 1).then(|| f64::from(per_metre) * 0.0254);
            }
            b"IDAT" => return None,
            _ => rest = rest.get(length.checked_add(12)?..)?,
        }
    }
}
