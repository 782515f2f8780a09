//! Structure of TIFF and BigTIFF: byte order, the chain of directories, their entries (TIFF 6.0, section 2).

use crate::domain::Refusal;
use crate::pages::refuse;
use std::collections::HashSet;
use std::sync::Arc;

/// Entries of one directory. Real ones have 15 to 40; all of them are looked at more than once.
const MOST_ENTRIES: u64 = 4096;
/// Bits of `NewSubfileType` (TIFF 6.0, section 8) that say that a directory is no page of its own.
const REDUCED_COPY: u64 = 1;
const MASK_OF_ANOTHER: u64 = 4;
const TRANSPARENCY_MASK: u64 = 4;
/// `SubfileType`, the older tag: a small copy.
const OLD_REDUCED_COPY: u64 = 2;

/// Tags that are read here and by the decoder.
pub mod tag {
    pub const NEW_SUBFILE_TYPE: u16 = 254;
    pub const SUBFILE_TYPE: u16 = 255;
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS_PER_SAMPLE: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_BYTE_COUNTS: u16 = 279;
    pub const X_RESOLUTION: u16 = 282;
    pub const Y_RESOLUTION: u16 = 283;
    pub const PLANAR_CONFIGURATION: u16 = 284;
    pub const T4_OPTIONS: u16 = 292;
    pub const RESOLUTION_UNIT: u16 = 296;
    pub const PREDICTOR: u16 = 317;
    pub const COLOR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_LENGTH: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTE_COUNTS: u16 = 325;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
    pub const JPEG_STREAM: u16 = 513;
    pub const JPEG_STREAM_LENGTH: u16 = 514;
    pub const JPEG_RESTART_INTERVAL: u16 = 515;
    pub const JPEG_Q_TABLES: u16 = 519;
    pub const JPEG_DC_TABLES: u16 = 520;
    pub const JPEG_AC_TABLES: u16 = 521;
    pub const YCBCR_SUBSAMPLING: u16 = 530;
    pub const REFERENCE_BLACK_WHITE: u16 = 532;
}

/// The bytes of a file with the rules to read numbers in them.
#[derive(Clone, Debug)]
pub struct Container {
    bytes: Arc<[u8]>,
    pub little: bool,
    big: bool,
}

/// One directory: where its values stand.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    at: u64,
}

impl Entry {
    /// Bytes of one value.
    fn width(self) -> u64 {
        match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 4,
        }
    }
}

impl Container {
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, Refusal> {
        let (little, big) = match bytes.get(..4) {
            Some([b'I', b'I', 42, 0]) => (true, false),
            Some([b'M', b'M', 0, 42]) => (false, false),
            Some([b'I', b'I', 43, 0]) => (true, true),
            Some([b'M', b'M', 0, 43]) => (false, true),
            _ => return Err(refuse::tiff_unreadable("l’en-tête n’est pas celui d’un TIFF")),
        };
        Ok(Self { bytes, little, big })
    }

    /// Offsets of the directories that are pages; `None` where the chain leaves the file or bites its tail.
    pub fn pages(&self, most: u32) -> Option<Vec<u64>> {
        let (mut pages, mut copies, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        let mut next = if self.big { self.number(8, 8)? } else { self.number(4, 4)? };
        while next != 0 && pages.len() + copies.len() <= most as usize {
            if !seen.insert(next) {
                return None;
            }
            let (directory, following) = self.directory(next)?;
            let list = if self.is_copy(&directory) { &mut copies } else { &mut pages };
            list.push(next);
            next = following;
        }
        // A file of which every picture says that it is a copy has lost the originals: the copies are all there is.
        Some(if pages.is_empty() { copies } else { pages })
    }

    fn is_copy(&self, directory: &Directory) -> bool {
        let kind = self.first(directory, tag::NEW_SUBFILE_TYPE).unwrap_or(0);
        let mask = kind & MASK_OF_ANOTHER != 0 && self.first(directory, tag::PHOTOMETRIC) == Some(TRANSPARENCY_MASK);
        kind & REDUCED_COPY != 0 || mask || self.first(directory, tag::SUBFILE_TYPE) == Some(OLD_REDUCED_COPY)
    }

    /// The directory at an offset, and the offset of the next one (0: none).
    pub fn directory(&self, at: u64) -> Option<(Directory, u64)> {
        let (count_width, entry_width, offset_width) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(at, count_width)?;
        if count > MOST_ENTRIES {
            return None;
        }
        let first = at.checked_add(count_width)?;
        let entries = (0..count).map(|i| self.entry(first.checked_add(i * entry_width)?)).collect::<Option<_>>()?;
        let next = self.number(first.checked_add(count * entry_width)?, offset_width)?;
        Some((Directory { entries }, next))
    }

    fn entry(&self, at: u64) -> Option<Entry> {
        let (count_width, room) = if self.big { (8, 8) } else { (4, 4) };
        let value = at.checked_add(4 + count_width)?;
        let mut entry = Entry {
            tag: self.number(at, 2)? as u16,
            kind: self.number(at + 2, 2)? as u16,
            count: self.number(at + 4, count_width)?,
            at: value,
        };
        if entry.count.saturating_mul(entry.width()) > room {
            entry.at = self.number(value, room)?;
        }
        Some(entry)
    }

    /// The unsigned number of 1, 2, 4 or 8 bytes at an offset.
    fn number(&self, at: u64, width: u64) -> Option<u64> {
        let bytes = self.slice(at, width)?;
        let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(if self.little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    }

    /// Bytes of the file; `None` where they are not all there.
    pub fn slice(&self, at: u64, length: u64) -> Option<&[u8]> {
        let start = usize::try_from(at).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        self.bytes.get(start..end)
    }

    /// As [`Self::slice`], with what is there.
    pub fn slice_until_end(&self, at: u64, length: u64) -> &[u8] {
        let start = usize::try_from(at).unwrap_or(usize::MAX).min(self.bytes.len());
        let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(self.bytes.len());
        &self.bytes[start..end]
    }

    /// The first `most` values of an entry, as unsigned numbers. Empty when there is no such entry.
    pub fn numbers(&self, directory: &Directory, tag: u16, most: usize) -> Vec<u64> {
        let Some(entry) = directory.find(tag) else { return Vec::new() };
        let width = entry.width();
        let each = |i: u64| self.number(entry.at.checked_add(i.checked_mul(width)?)?, width);
        (0..entry.count.min(most as u64)).map_while(each).collect()
    }

    pub fn first(&self, directory: &Directory, tag: u16) -> Option<u64> {
        self.numbers(directory, tag, 1).first().copied()
    }

    /// The bytes of an entry.
    pub fn raw(&self, directory: &Directory, tag: u16) -> Option<&[u8]> {
        let entry = directory.find(tag)?;
        self.slice(entry.at, entry.count.checked_mul(entry.width())?)
    }

    /// Value `index` of an entry of fractions, floating-point or whole numbers.
    pub fn real(&self, directory: &Directory, tag: u16, index: u64) -> Option<f64> {
        let entry = directory.find(tag).filter(|e| index < e.count)?;
        let at = entry.at.checked_add(index.checked_mul(entry.width())?)?;
        let whole = self.number(at, entry.width())?;
        match entry.kind {
            5 => {
                let (above, below) = (self.number(at, 4)?, self.number(at.checked_add(4)?, 4)?);
                (below != 0).then(|| above as f64 / below as f64)
            }
            11 => Some(f64::from(f32::from_bits(u32::try_from(whole).ok()?))),
            12 => Some(f64::from_bits(whole)),
            _ => Some(whole as f64),
        }
    }
}

impl Directory {
    fn find(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.tag == tag && entry.count > 0).copied()
    }
}
