//! Reads lines of machine-readable zones cell by cell: OCR-B has a fixed pitch (ICAO 9303 part 3, 4.2), so the
//! only questions are where the cells are and which of 37 characters each one holds.
//!
//! The network is trained by `models/ocrb/train.py` on drawn lines. Nothing here knows check digits.

mod classes;
mod edges;
mod features;
mod grid;
mod net;
mod plane;

pub use classes::{Class, Line};

use image::GrayImage;
use net::{ALPHABET, CLASSES, Net};
use plane::Plane;

/// Characters of a line: cards, French and visa cards, passports (ICAO 9303 parts 4 to 7).
pub const LENGTHS: [usize; 3] = [30, 36, 44];
/// A line is cut out of a page; more pixels than a page has are a mistake of the caller.
const MOST_PIXELS: u64 = 1 << 24;
/// Higher pictures are made smaller before anything is measured in them.
const HIGH: u32 = 120;

pub struct Reader {
    net: Net,
}

/// One line, cell by cell.
#[derive(Clone, Debug)]
pub struct Reading {
    cells: Vec<[f32; CLASSES]>,
    /// Mean logarithm of the probability of the surest character: compares lengths and directions.
    pub score: f32,
}

impl Reader {
    /// The reader with the embedded model; `None` only when that file is damaged.
    #[must_use]
    pub fn embedded() -> Option<Self> {
        Net::embedded().map(|net| Self { net })
    }

    /// Reads `line`, dark on light and upright to a degree or two, as exactly `count` characters. `None` when
    /// there is no band of ink in it.
    #[must_use]
    pub fn read(&self, line: &GrayImage, count: usize) -> Option<Reading> {
        self.read_best(line, &[count])
    }

    /// Reads `line` as so many characters as fit best.
    #[must_use]
    pub fn read_best(&self, line: &GrayImage, counts: &[usize]) -> Option<Reading> {
        if u64::from(line.width()) * u64::from(line.height()) > MOST_PIXELS {
            return None;
        }
        let whole = Plane::of(line).reduced((line.height() / HIGH + 1) as usize);
        let edges = edges::find(&whole)?;
        let factor = (edges.height / 22.0).max(1.0) as usize;
        let plane = whole.reduced(factor);
        let edges = edges.reduced(factor as f32);
        counts
            .iter()
            .filter(|count| (2..=100).contains(*count))
            .filter_map(|count| grid::cells(&plane, &edges, *count, &self.net))
            .map(|(cells, score)| Reading { cells, score })
            .max_by(|a, b| a.score.total_cmp(&b.score))
    }
}

impl Reading {
    /// The surest character of each cell and its probability, 0 to 1.
    #[must_use]
    pub fn characters(&self) -> Vec<(char, f32)> {
        self.cells.iter().map(surest).collect()
    }

    /// The same where positions hold letters or digits only: of two look-alikes the one that may stand there,
    /// with the probability of both. A character without a look-alike stays, allowed or not.
    #[must_use]
    pub fn by_class(&self, classes: &[Class]) -> Vec<(char, f32)> {
        let class = |i: usize| classes.get(i).copied().unwrap_or(Class::Any);
        self.cells.iter().enumerate().map(|(i, cell)| surest(&class(i).merged(cell))).collect()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

fn surest(cell: &[f32; CLASSES]) -> (char, f32) {
    let best = ALPHABET.iter().zip(cell).max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(('<', 0.0), |(c, p)| (char::from(*c), *p))
}

#[cfg(test)]
mod tests;
