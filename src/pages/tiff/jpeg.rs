//! JPEG inside TIFF: the new way (strips that share tables, TIFF technical note 2) and the old one
//! (TIFF 6.0, section 22), which writers understood each in their own manner.

use super::directory::{Container, Directory, tag};
use super::layout::{Layout, declared_subsampling};
use crate::domain::Refusal;
use crate::pages::refuse;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

const SOI: [u8; 2] = [0xff, 0xd8];
const EOI: [u8; 2] = [0xff, 0xd9];
const SOS: u8 = 0xda;
/// Side of a block of coefficients.
const BLOCK: u32 = 8;

/// The rows of a strip or tile, with the samples that are stored in it, without any conversion of colours.
pub fn strip(tables: Option<&[u8]>, stored: &[u8], layout: &Layout, rows: u32) -> Result<Vec<u8>, Refusal> {
    let stream = match tables.and_then(|t| t.strip_suffix(&EOI).or(Some(t))) {
        Some(tables) => [tables, stored.strip_prefix(&SOI).unwrap_or(stored)].concat(),
        None => stored.to_vec(),
    };
    let picture = Decoded::of(&stream)?;
    if layout.bits != 8 {
        return Err(refuse::page_damaged("profondeur de couleur inconnue"));
    }
    picture.cut(layout.chunk.0, rows, layout.samples_of_chunk())
}

/// The whole page of an old-style file, as first samples only (the luminance).
pub fn old_style(file: &Container, directory: &Directory, layout: &Layout) -> Result<Vec<u8>, Refusal> {
    let stream = file.first(directory, tag::JPEG_STREAM).map(|at| {
        let length = file.first(directory, tag::JPEG_STREAM_LENGTH).filter(|l| *l > 0).unwrap_or(u64::MAX);
        file.slice_until_end(at, length)
    });
    // Most often the stream is a picture of its own; else it is only the head of one, or not there.
    let whole = stream.filter(|s| s.starts_with(&SOI)).map(Decoded::of);
    if let Some(Ok(picture)) = &whole
        && (picture.width, picture.height) == (layout.width, layout.height)
    {
        return picture.cut_first(layout.width, layout.height);
    }
    let head = match stream.filter(|s| s.starts_with(&SOI)) {
        Some(stream) => head_of(stream),
        None => Head::default(),
    };
    Decoded::of(&assemble(file, directory, layout, &head)?)?.cut_first(layout.width, layout.height)
}

struct Decoded {
    samples: Vec<u8>,
    width: u32,
    height: u32,
    components: usize,
}

impl Decoded {
    fn of(stream: &[u8]) -> Result<Self, Refusal> {
        let damaged = |e: &dyn std::fmt::Display| refuse::page_damaged(&format!("JPEG : {e}"));
        let options = DecoderOptions::default().set_max_width(20_000).set_max_height(20_000);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(stream), options);
        decoder.decode_headers().map_err(|e| damaged(&e))?;
        let space = decoder.input_colorspace().ok_or_else(|| damaged(&"couleurs inconnues"))?;
        // The TIFF says what the colours are, not the JPEG.
        decoder.set_options(options.jpeg_set_out_colorspace(space));
        let info = decoder.info().ok_or_else(|| damaged(&"en-tête absent"))?;
        let (width, height) = (u32::from(info.width), u32::from(info.height));
        let samples = decoder.decode().map_err(|e| damaged(&e))?;
        let components = samples.len() / (width as usize * height as usize).max(1);
        Ok(Self { samples, width, height, components })
    }

    /// The upper left part of that size.
    fn cut(&self, width: u32, rows: u32, components: usize) -> Result<Vec<u8>, Refusal> {
        if self.width < width || self.height < rows || self.components != components {
            return Err(refuse::page_damaged("des lignes manquent"));
        }
        let (stride, wanted) = (self.width as usize * components, width as usize * components);
        Ok(self.samples.chunks_exact(stride).take(rows as usize).flat_map(|row| &row[..wanted]).copied().collect())
    }

    fn cut_first(&self, width: u32, rows: u32) -> Result<Vec<u8>, Refusal> {
        let all = self.cut(width, rows, self.components)?;
        Ok(all.iter().step_by(self.components.max(1)).copied().collect())
    }
}

/// The segments that stand in a stream before its coded data.
#[derive(Default)]
struct Head {
    segments: Vec<u8>,
    has_tables: bool,
    has_frame: bool,
    has_restart: bool,
    scan: Option<Vec<u8>>,
}

fn head_of(stream: &[u8]) -> Head {
    let mut head = Head::default();
    let mut rest = &stream[SOI.len()..];
    while let [0xff, marker, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low])) + 2;
        let Some(segment) = rest.get(..length).filter(|_| length > 3) else { break };
        if marker == SOS {
            head.scan = Some(segment.to_vec());
            break;
        }
        head.has_tables |= matches!(marker, 0xc4 | 0xdb);
        head.has_frame |= matches!(marker, 0xc0..=0xc2);
        head.has_restart |= marker == 0xdd;
        head.segments.extend_from_slice(segment);
        rest = &rest[length..];
    }
    head
}

/// A stream made of what the tags and the head say, and of the strips, each a restart interval of its own.
fn assemble(file: &Container, directory: &Directory, layout: &Layout, head: &Head) -> Result<Vec<u8>, Refusal> {
    let mut stream = [&SOI[..], &head.segments].concat();
    let components = layout.samples.clamp(1, 4) as u8;
    if !head.has_tables {
        tables(file, directory, components, &mut stream)?;
    }
    let (h, v) = if components == 3 { declared_subsampling(file, directory) } else { (1, 1) };
    if !head.has_frame {
        frame(layout, components, (h, v), &mut stream);
    }
    if !head.has_restart && layout.placed() > 1 {
        let blocks = layout.width.div_ceil(BLOCK * h) * layout.chunk.1.div_ceil(BLOCK * v);
        let interval = file.first(directory, tag::JPEG_RESTART_INTERVAL).unwrap_or_else(|| u64::from(blocks)) as u16;
        segment(&mut stream, 0xdd, &interval.to_be_bytes());
    }
    if let Some(scan) = &head.scan {
        stream.extend_from_slice(scan);
    } else {
        let each = (1..=components).flat_map(|c| [c, (c - 1) * 0x11]);
        segment(&mut stream, SOS, &[components].into_iter().chain(each).chain([0, 63, 0]).collect::<Vec<_>>());
    }
    for strip in 0..layout.placed() {
        if strip > 0 {
            stream.extend([0xff, 0xd0 + ((strip - 1) % 8) as u8]);
        }
        let stored = layout.stored(file, strip)?;
        stream.extend_from_slice(stored.strip_suffix(&EOI).unwrap_or(stored));
    }
    stream.extend(EOI);
    Ok(stream)
}

fn segment(stream: &mut Vec<u8>, marker: u8, body: &[u8]) {
    stream.extend([0xff, marker]);
    stream.extend((body.len() as u16 + 2).to_be_bytes());
    stream.extend_from_slice(body);
}

/// The tables that the tags point at: one of each kind for each component.
fn tables(file: &Container, directory: &Directory, components: u8, stream: &mut Vec<u8>) -> Result<(), Refusal> {
    let missing = || refuse::page_damaged("JPEG : les tables manquent");
    for (tag, marker, class) in [(tag::JPEG_Q_TABLES, 0xdb, 0), (tag::JPEG_DC_TABLES, 0xc4, 0), (tag::JPEG_AC_TABLES, 0xc4, 0x10)] {
        let places = file.numbers(directory, tag, usize::from(components));
        for number in 0..components {
            let at = *places.get(usize::from(number)).or(places.last()).ok_or_else(missing)?;
            let length = if marker == 0xdb { 64 } else { 16 + huffman_values(file, at).ok_or_else(missing)? };
            let table = file.slice(at, length).ok_or_else(missing)?;
            segment(stream, marker, &[&[class | number][..], table].concat());
        }
    }
    Ok(())
}

/// Number of values of a table: the sum of its 16 counts.
fn huffman_values(file: &Container, at: u64) -> Option<u64> {
    Some(file.slice(at, 16)?.iter().map(|count| u64::from(*count)).sum())
}

fn frame(layout: &Layout, components: u8, (h, v): (u32, u32), stream: &mut Vec<u8>) {
    let mut body = vec![8];
    body.extend((layout.height as u16).to_be_bytes());
    body.extend((layout.width as u16).to_be_bytes());
    body.push(components);
    for number in 0..components {
        let sampling = if number == 0 { (h << 4 | v) as u8 } else { 0x11 };
        body.extend([number + 1, sampling, number]);
    }
    segment(stream, 0xc0, &body);
}
