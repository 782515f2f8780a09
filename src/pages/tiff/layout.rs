//! How one picture is stored: its size, its samples, and the strips or tiles that hold them.

use super::directory::{Container, Directory, tag};
use crate::domain::Refusal;
use crate::pages::{Limits, refuse};

/// `Compression` (TIFF 6.0, section 3, and its supplements).
pub mod compression {
    pub const NONE: u64 = 1;
    pub const HUFFMAN: u64 = 2;
    pub const GROUP_3: u64 = 3;
    pub const GROUP_4: u64 = 4;
    pub const LZW: u64 = 5;
    pub const OLD_JPEG: u64 = 6;
    pub const JPEG: u64 = 7;
    pub const DEFLATE: u64 = 8;
    pub const OLD_DEFLATE: u64 = 32_946;
    pub const PACK_BITS: u64 = 32_773;
    pub const LOG: u64 = 34_676;
    pub const LOG_24: u64 = 34_677;
    pub const ZSTANDARD: u64 = 50_000;
}

/// `PhotometricInterpretation`.
pub mod photometric {
    pub const MIN_IS_WHITE: u64 = 0;
    pub const MIN_IS_BLACK: u64 = 1;
    pub const RGB: u64 = 2;
    pub const PALETTE: u64 = 3;
    pub const CMYK: u64 = 5;
    pub const YCBCR: u64 = 6;
    pub const CIE_LAB: u64 = 8;
    pub const ICC_LAB: u64 = 9;
    pub const ITU_LAB: u64 = 10;
    pub const LOG_L: u64 = 32_844;
    pub const LOG_LUV: u64 = 32_845;
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four independent switches of the format, not a state")]
pub struct Layout {
    pub width: u32,
    pub height: u32,
    /// Samples of a pixel.
    pub samples: usize,
    /// Bits of a sample, 1 to 32.
    pub bits: u32,
    pub compression: u64,
    pub photometric: u64,
    /// Each sample has strips of its own.
    pub planar: bool,
    /// The first pixel stands in the lowest bit.
    pub lowest_bit_first: bool,
    /// Each sample is stored as the difference to its left neighbour.
    pub differences: bool,
    /// Pixels across and down that share one pair of colour samples; (1, 1) where each has its own.
    pub subsampling: (u32, u32),
    /// Size of a strip or tile in pixels; the last strip may be shorter.
    pub chunk: (u32, u32),
    tiled: bool,
    offsets: Vec<u64>,
    counts: Vec<u64>,
}

impl Layout {
    pub fn read(file: &Container, directory: &Directory, limits: &Limits) -> Result<Self, Refusal> {
        let number = |tag, default| file.first(directory, tag).unwrap_or(default);
        let side = |tag| u32::try_from(number(tag, 0)).unwrap_or(u32::MAX);
        let (width, height) = (side(tag::WIDTH), side(tag::HEIGHT));
        limits.check(width, height)?;
        let samples = usize::try_from(number(tag::SAMPLES_PER_PIXEL, 1)).unwrap_or(usize::MAX);
        if !(1..=16).contains(&samples) {
            return Err(refuse::page_damaged(&format!("{samples} valeurs par pixel")));
        }
        let compression = number(tag::COMPRESSION, compression::NONE);
        let mut layout = Self {
            width,
            height,
            samples,
            bits: bits(file, directory, samples)?,
            compression,
            photometric: file.first(directory, tag::PHOTOMETRIC).unwrap_or_else(|| likely_photometric(compression, samples)),
            planar: number(tag::PLANAR_CONFIGURATION, 1) == 2 && samples > 1,
            lowest_bit_first: number(tag::FILL_ORDER, 1) == 2,
            differences: match number(tag::PREDICTOR, 1) {
                2 => true,
                3 => return Err(refuse::page_damaged("nombres à virgule flottante")),
                _ => false,
            },
            subsampling: (1, 1),
            chunk: (width, height),
            tiled: false,
            offsets: Vec::new(),
            counts: Vec::new(),
        };
        layout.subsampling = layout.subsampling(file, directory);
        layout.join_samples();
        layout.place(file, directory, limits)?;
        Ok(layout)
    }

    /// Logarithmic colours are declared as samples of 16 bits and stored as one number.
    fn join_samples(&mut self) {
        let bits = match (self.compression, self.photometric) {
            (compression::LOG, photometric::LOG_L) => 16,
            (compression::LOG, photometric::LOG_LUV) => 32,
            (compression::LOG_24, photometric::LOG_LUV) => 24,
            _ => return,
        };
        (self.samples, self.bits, self.planar, self.differences) = (1, bits, false, false);
    }

    pub fn is_logarithmic(&self) -> bool {
        matches!(self.compression, compression::LOG | compression::LOG_24)
    }

    /// Only where the codec does not bring each pixel its colours itself.
    fn subsampling(&self, file: &Container, directory: &Directory) -> (u32, u32) {
        let of_jpeg = matches!(self.compression, compression::JPEG | compression::OLD_JPEG);
        if self.photometric != photometric::YCBCR || self.planar || of_jpeg || self.samples != 3 {
            return (1, 1);
        }
        declared_subsampling(file, directory)
    }

    /// Finds the strips or tiles.
    fn place(&mut self, file: &Container, directory: &Directory, limits: &Limits) -> Result<(), Refusal> {
        let number = |tag| file.first(directory, tag).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        if let (Some(across), Some(down)) = (number(tag::TILE_WIDTH), number(tag::TILE_LENGTH)) {
            limits.check(across, down)?;
            (self.tiled, self.chunk) = (true, (across, down));
        } else {
            self.chunk = (self.width, number(tag::ROWS_PER_STRIP).unwrap_or(self.height).min(self.height));
        }
        if self.size_of_chunk(self.chunk.1) > limits.decompressed {
            return Err(refuse::decompression(limits.decompressed));
        }
        let wanted = self.chunks_of_plane() * self.planes();
        // Some writers put the places of tiles where those of strips belong, and the other way round.
        let either =
            |a, b| Some(file.numbers(directory, a, wanted)).filter(|v| !v.is_empty()).unwrap_or_else(|| file.numbers(directory, b, wanted));
        self.offsets = either(tag::STRIP_OFFSETS, tag::TILE_OFFSETS);
        self.counts = either(tag::STRIP_BYTE_COUNTS, tag::TILE_BYTE_COUNTS);
        Ok(())
    }

    pub fn planes(&self) -> usize {
        if self.planar { self.samples } else { 1 }
    }

    /// Samples of a pixel inside one strip or tile.
    pub fn samples_of_chunk(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    pub fn chunks_across(&self) -> usize {
        self.width.div_ceil(self.chunk.0) as usize
    }

    pub fn chunks_of_plane(&self) -> usize {
        self.chunks_across() * self.height.div_ceil(self.chunk.1) as usize
    }

    /// Rows that strip or tile `index` of a plane holds. Tiles are always whole.
    pub fn rows_of_chunk(&self, index: usize) -> u32 {
        let first = (index / self.chunks_across()) as u32 * self.chunk.1;
        if self.tiled { self.chunk.1 } else { self.chunk.1.min(self.height - first) }
    }

    /// Bytes of a row; of a row of blocks where colours are subsampled.
    pub fn size_of_row(&self) -> u64 {
        let across = u64::from(self.chunk.0);
        match self.subsampling {
            (1, 1) => (across * self.samples_of_chunk() as u64 * u64::from(self.bits)).div_ceil(8),
            (h, v) => across.div_ceil(u64::from(h)) * u64::from(h * v + 2),
        }
    }

    /// Bytes that a strip or tile of so many rows becomes.
    pub fn size_of_chunk(&self, rows: u32) -> u64 {
        self.size_of_row() * u64::from(rows.div_ceil(self.subsampling.1))
    }

    /// The stored bytes of strip or tile `index` of the file. Where their number is not written they go to the end of the file.
    pub fn stored<'a>(&self, file: &'a Container, index: usize) -> Result<&'a [u8], Refusal> {
        let missing = || refuse::page_damaged("des lignes manquent");
        let offset = *self.offsets.get(index).ok_or_else(missing)?;
        match self.counts.get(index).copied().filter(|count| *count > 0) {
            Some(count) => file.slice(offset, count).ok_or_else(missing),
            None => Ok(file.slice_until_end(offset, u64::MAX)),
        }
    }

    /// How many strips or tiles the file places.
    pub fn placed(&self) -> usize {
        self.offsets.len()
    }
}

/// `YCbCrSubSampling`, (2, 2) where it is not written (TIFF 6.0, section 21).
pub fn declared_subsampling(file: &Container, directory: &Directory) -> (u32, u32) {
    match file.numbers(directory, tag::YCBCR_SUBSAMPLING, 2)[..] {
        [h @ (1 | 2 | 4), v @ (1 | 2 | 4)] => (h as u32, v as u32),
        _ => (2, 2),
    }
}

fn bits(file: &Container, directory: &Directory, samples: usize) -> Result<u32, Refusal> {
    let bits = file.numbers(directory, tag::BITS_PER_SAMPLE, samples);
    let first = bits.first().copied().unwrap_or(1);
    let float = file.first(directory, tag::SAMPLE_FORMAT) == Some(3);
    if float || !(1..=32).contains(&first) || bits.iter().any(|b| *b != first) {
        return Err(refuse::page_damaged("profondeur de couleur inconnue"));
    }
    Ok(first as u32)
}

/// What readers take where the tag is missing.
fn likely_photometric(compression: u64, samples: usize) -> u64 {
    match compression {
        compression::HUFFMAN | compression::GROUP_3 | compression::GROUP_4 => photometric::MIN_IS_WHITE,
        _ if samples >= 3 => photometric::RGB,
        _ => photometric::MIN_IS_BLACK,
    }
}
