//! Which pixels of a page are ink: a threshold from the paper around each pixel, so that grey bands,
//! shadows and pale copies do not hide a line; and the connected blobs of it.

use crate::domain::Rect;
use image::GrayImage;

/// Millimetres to pixels at the page's resolution.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    dpi: f32,
}

impl Scale {
    #[must_use]
    pub fn new(dpi: u32) -> Self {
        Self { dpi: dpi.max(50) as f32 }
    }

    /// `mm` millimetres in pixels, as a number to compute with.
    #[must_use]
    pub fn px(self, mm: f32) -> f32 {
        mm * self.dpi / 25.4
    }

    /// `mm` millimetres in whole pixels, at least one.
    #[must_use]
    pub fn whole(self, mm: f32) -> u32 {
        self.px(mm).round().max(1.0) as u32
    }
}

/// Ink and paper of a picture, one byte a pixel: 1 is ink.
#[derive(Clone, Debug)]
pub struct Ink {
    pub width: u32,
    pub height: u32,
    dark: Vec<u8>,
}

/// Side of the squares in which the paper's grey is measured, millimetres: larger than a stroke, smaller than a band.
const TILE_MM: f32 = 2.0;
/// Share of the way from paper to the darkest print at which ink begins; pale dotted lines stand at a third.
const DEPTH: f32 = 0.27;
/// Ink is at least so many greys darker than its paper, whatever the contrast: scanner noise stays below.
const LEAST_DEPTH: f32 = 24.0;

impl Ink {
    /// Separates ink from paper.
    #[must_use]
    pub fn of_page(grey: &GrayImage, scale: Scale) -> Self {
        let tile = scale.whole(TILE_MM).max(8);
        let paper = Paper::measure(grey, tile);
        let (width, height) = grey.dimensions();
        let mut dark = vec![0; (width * height) as usize];
        let mut limits = vec![0u8; width as usize];
        for y in 0..height {
            paper.limits(y, &mut limits);
            let row = (y * width) as usize..((y + 1) * width) as usize;
            for ((d, g), limit) in dark[row.clone()].iter_mut().zip(&grey.as_raw()[row]).zip(&limits) {
                *d = u8::from(g < limit);
            }
        }
        Self { width, height, dark }
    }

    /// Ink where `grey` is below `limit`.
    #[must_use]
    pub fn below(grey: &GrayImage, limit: u8) -> Self {
        let (width, height) = grey.dimensions();
        Self { width, height, dark: grey.as_raw().iter().map(|g| u8::from(*g < limit)).collect() }
    }

    /// The part of `page` inside `rect`.
    #[must_use]
    pub fn copy(page: &Self, rect: Rect) -> Self {
        let (right, bottom) = (rect.right().min(page.width), rect.bottom().min(page.height));
        let (x, y) = (rect.x.min(right), rect.y.min(bottom));
        let dark = (y..bottom).flat_map(|row| page.row(row)[x as usize..right as usize].iter().copied()).collect();
        Self { width: right - x, height: bottom - y, dark }
    }

    #[must_use]
    pub fn at(&self, x: u32, y: u32) -> bool {
        x < self.width && y < self.height && self.dark[(y * self.width + x) as usize] != 0
    }

    /// One row, 1 is ink.
    #[must_use]
    pub fn row(&self, y: u32) -> &[u8] {
        let from = (y * self.width) as usize;
        &self.dark[from..from + self.width as usize]
    }

    /// Turns a rectangle into paper.
    pub fn erase(&mut self, rect: Rect) {
        for y in rect.y..rect.bottom().min(self.height) {
            let from = (y * self.width) as usize;
            self.dark[from + rect.x.min(self.width) as usize..from + rect.right().min(self.width) as usize].fill(0);
        }
    }

    /// Share of ink in a rectangle, 0 to 1.
    #[must_use]
    pub fn share(&self, rect: Rect) -> f32 {
        let (right, bottom) = (rect.right().min(self.width), rect.bottom().min(self.height));
        if rect.x >= right || rect.y >= bottom {
            return 0.0;
        }
        let count: u32 =
            (rect.y..bottom).map(|y| self.row(y)[rect.x as usize..right as usize].iter().map(|d| u32::from(*d)).sum::<u32>()).sum();
        count as f32 / ((right - rect.x) * (bottom - rect.y)) as f32
    }

    /// Ink of one column between two rows (end excluded), looking `reach` pixels left and right, as a share of the rows.
    #[must_use]
    pub fn column(&self, x: u32, top: u32, bottom: u32, reach: u32) -> f32 {
        if bottom <= top {
            return 0.0;
        }
        let (left, right) = (x.saturating_sub(reach) as usize, (x + reach + 1).min(self.width) as usize);
        let rows = (top..bottom.min(self.height)).filter(|y| self.row(*y)[left.min(right)..right].contains(&1)).count();
        rows as f32 / (bottom - top) as f32
    }

    /// Blobs of touching ink (eight neighbours).
    #[must_use]
    pub fn blobs(&self) -> Vec<Blob> {
        blobs(self)
    }

    /// Horizontal stretches of ink of one row: start and end (excluded); holes up to `hole` pixels are bridged.
    pub fn stretches(&self, y: u32, hole: usize, mut each: impl FnMut(u32, u32)) {
        let row = self.row(y);
        let mut x = 0;
        while let Some(start) = row[x..].iter().position(|d| *d != 0).map(|p| p + x) {
            let mut end = start;
            loop {
                end += row[end..].iter().position(|d| *d == 0).unwrap_or(row.len() - end);
                let reach = (end + hole + 1).min(row.len());
                match row[end..reach].iter().position(|d| *d != 0) {
                    Some(p) => end += p,
                    None => break,
                }
            }
            each(start as u32, end as u32);
            x = end;
        }
    }
}

/// One blob of touching ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    pub rect: Rect,
    /// Pixels of ink.
    pub area: u32,
}

fn blobs(ink: &Ink) -> Vec<Blob> {
    let mut found: Vec<Blob> = Vec::new();
    let mut parent: Vec<u32> = Vec::new();
    let mut above: Vec<(u32, u32, u32)> = Vec::new();
    let mut here = Vec::new();
    for y in 0..ink.height {
        here.clear();
        let mut first = 0;
        ink.stretches(y, 0, |from, to| {
            let id = parent.len() as u32;
            parent.push(id);
            found.push(Blob { rect: Rect::new(from, y, to - from, 1), area: to - from });
            while first < above.len() && above[first].1 < from {
                first += 1;
            }
            for (_, _, other) in above[first..].iter().take_while(|(start, _, _)| *start <= to) {
                let (a, b) = (root(&mut parent, id), root(&mut parent, *other));
                let (low, high) = (a.min(b), a.max(b));
                parent[high as usize] = low;
            }
            here.push((from, to, id));
        });
        std::mem::swap(&mut above, &mut here);
    }
    for id in (0..parent.len() as u32).rev() {
        let up = parent[id as usize];
        if up != id {
            let blob = found[id as usize];
            let into = &mut found[up as usize];
            into.rect = into.rect.union(&blob.rect);
            into.area += blob.area;
        }
    }
    (0..parent.len()).filter(|id| parent[*id] as usize == *id).map(|id| found[id]).collect()
}

fn root(parent: &mut [u32], mut id: u32) -> u32 {
    while parent[id as usize] != id {
        parent[id as usize] = parent[parent[id as usize] as usize];
        id = parent[id as usize];
    }
    id
}

/// The grey of the paper in squares over the page.
struct Paper {
    tile: u32,
    columns: usize,
    rows: usize,
    grey: Vec<f32>,
    /// How much darker than its paper ink is.
    depth: f32,
}

impl Paper {
    fn measure(picture: &GrayImage, tile: u32) -> Self {
        let (width, height) = picture.dimensions();
        let (columns, rows) = (width.div_ceil(tile).max(1) as usize, height.div_ceil(tile).max(1) as usize);
        let mut grey = Vec::with_capacity(columns * rows);
        let mut whole = [0u32; 256];
        for ty in 0..rows as u32 {
            for tx in 0..columns as u32 {
                let mut counts = [0u32; 256];
                for y in (ty * tile..((ty + 1) * tile).min(height)).step_by(2) {
                    let from = (y * width + tx * tile) as usize;
                    let to = (y * width + ((tx + 1) * tile).min(width)) as usize;
                    for g in picture.as_raw()[from..to].iter().step_by(2) {
                        counts[*g as usize] += 1;
                    }
                }
                grey.push(f32::from(percentile(&counts, 0.8)));
                whole.iter_mut().zip(counts).for_each(|(w, c)| *w += c);
            }
        }
        let (paper, print) = (f32::from(percentile(&whole, 0.6)), f32::from(percentile(&whole, 0.015)));
        // A square inside a filled box or a black mark has no paper of its own.
        for g in &mut grey {
            if *g < paper * 0.55 {
                *g = paper;
            }
        }
        Self { tile, columns, rows, grey, depth: ((paper - print) * DEPTH).max(LEAST_DEPTH) }
    }

    /// The grey below which a pixel of row `y` is ink, between the squares' centres by straight lines.
    fn limits(&self, y: u32, limits: &mut [u8]) {
        let tile = self.tile as f32;
        let fy = ((y as f32 + 0.5) / tile - 0.5).clamp(0.0, (self.rows - 1) as f32);
        let (y0, part) = (fy as usize, fy.fract());
        let y1 = (y0 + 1).min(self.rows - 1);
        let column = |c: usize| self.grey[y0 * self.columns + c] * (1.0 - part) + self.grey[y1 * self.columns + c] * part;
        let mut left = column(0);
        let mut right = column(1.min(self.columns - 1));
        let mut at = 0;
        let (per_pixel, last) = (1.0 / tile, (self.columns - 1) as f32);
        for (x, limit) in limits.iter_mut().enumerate() {
            let fx = ((x as f32 + 0.5) * per_pixel - 0.5).clamp(0.0, last);
            if fx as usize != at {
                at = fx as usize;
                left = column(at);
                right = column((at + 1).min(self.columns - 1));
            }
            *limit = (left + (right - left) * (fx - at as f32) - self.depth).clamp(1.0, 255.0) as u8;
        }
    }
}

/// The grey that `share` of the counted pixels do not exceed.
#[must_use]
pub fn percentile(counts: &[u32; 256], share: f32) -> u8 {
    let total: u32 = counts.iter().sum();
    let wanted = (total as f32 * share) as u32;
    let mut sum = 0;
    for (grey, count) in counts.iter().enumerate() {
        sum += count;
        if sum > wanted {
            return grey as u8;
        }
    }
    255
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn print_on_a_grey_band_and_a_pale_rule_are_both_ink() {
        let mut page = GrayImage::from_pixel(400, 300, Luma([240]));
        let paint = |page: &mut GrayImage, r: Rect, g: u8| {
            (r.y..r.bottom()).for_each(|y| (r.x..r.right()).for_each(|x| page.put_pixel(x, y, Luma([g]))));
        };
        paint(&mut page, Rect::new(0, 100, 400, 60), 200);
        paint(&mut page, Rect::new(50, 110, 20, 30), 20);
        paint(&mut page, Rect::new(50, 220, 300, 2), 165);
        paint(&mut page, Rect::new(300, 10, 60, 60), 10);
        let ink = Ink::of_page(&page, Scale::new(300));
        assert!(ink.at(60, 125) && ink.at(200, 221), "letters and rule");
        assert!(ink.at(330, 40), "the middle of a black square is no paper");
        assert!(!ink.at(200, 130) && !ink.at(20, 20), "band and paper");
    }

    #[test]
    fn touching_strokes_are_one_blob() {
        let mut page = GrayImage::from_pixel(60, 60, Luma([255]));
        for i in 0..20 {
            page.put_pixel(10 + i, 10 + i, Luma([0]));
            page.put_pixel(29 - i, 10 + i, Luma([0]));
        }
        page.put_pixel(50, 50, Luma([0]));
        let mut found = Ink::below(&page, 128).blobs();
        found.sort_by_key(|b| b.area);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].rect, Rect::new(10, 10, 20, 20));
    }
}
