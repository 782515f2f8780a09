//! The page at about 75 dots per inch, as ink on paper: what the cheap decisions look at (blank, direction, marks).

use super::raster;
use crate::domain::Rect;
use image::GrayImage;

/// Resolution of a sketch, dots per inch (between 60 and 100).
const SKETCH_DPI: u32 = 75;
/// Side of the squares whose paper level is measured.
const BLOCK: usize = 24;
/// Ink is darker than this share of the paper around it; show-through stays above.
const INK: u32 = 76;
/// Printed grey is darker than this share of the paper; grain is not.
const TINT: u32 = 94;
/// No letter and no word run together is thicker or longer than this.
const LARGE_MM: f32 = 12.0;
const LONG_MM: f32 = 60.0;

/// A small copy of a page with the ink found on it.
#[derive(Clone, Debug)]
pub struct Sketch {
    pub grey: GrayImage,
    /// Pixels of the page per pixel of the sketch.
    pub factor: u32,
    pub dpi: f32,
    /// Row by row, true where there is ink.
    pub ink: Vec<bool>,
    /// Level of the paper in each block of [`BLOCK`] pixels.
    paper: Vec<u32>,
}

/// Connected ink.
#[derive(Clone, Copy, Debug)]
pub struct Blob {
    /// In pixels of the sketch.
    pub rect: Rect,
    pub pixels: u32,
    /// Mean darkness against the paper, 0 to 255.
    pub depth: u32,
}

impl Sketch {
    #[must_use]
    pub fn new(page: &GrayImage, dpi: u32) -> Self {
        let factor = ((dpi as f32 / SKETCH_DPI as f32).round() as u32).max(1);
        let grey = raster::reduce(page, factor);
        let paper = paper_levels(&grey);
        let mut sketch = Self { grey, factor, dpi: dpi as f32 / factor as f32, ink: Vec::new(), paper };
        sketch.ink = sketch.darker_than(INK);
        sketch
    }

    /// True where a pixel is darker than `percent` of the paper around it.
    fn darker_than(&self, percent: u32) -> Vec<bool> {
        let wide = self.width();
        let across = wide.div_ceil(BLOCK);
        let rows = self.grey.as_raw().chunks_exact(wide).enumerate();
        rows.flat_map(|(y, row)| {
            let levels = &self.paper[(y / BLOCK) * across..];
            row.iter().enumerate().map(move |(x, v)| u32::from(*v) * 100 < levels[x / BLOCK] * percent)
        })
        .collect()
    }

    /// Connected areas that are not quite paper: photographs and tinted fields stand out as solid ones.
    #[must_use]
    pub fn tints(&self) -> Vec<Blob> {
        let mut blobs = Vec::new();
        self.each_blob(self.darker_than(TINT), |blob, _| blobs.push(blob));
        blobs
    }

    #[must_use]
    pub fn width(&self) -> usize {
        self.grey.width() as usize
    }

    #[must_use]
    pub fn height(&self) -> usize {
        self.grey.height() as usize
    }

    /// Sketch pixels in so many millimetres.
    #[must_use]
    pub fn mm(&self, millimetres: f32) -> f32 {
        millimetres * self.dpi / 25.4
    }

    /// The rectangle of the page that a rectangle of the sketch stands for.
    #[must_use]
    pub fn on_page(&self, rect: Rect) -> Rect {
        Rect::new(rect.x * self.factor, rect.y * self.factor, rect.w * self.factor, rect.h * self.factor)
    }

    /// The ink without scan borders and large things (rules, frames, pictures): what is left is mostly text.
    #[must_use]
    pub fn text_ink(&self) -> Vec<bool> {
        let (most, longest) = (self.mm(LARGE_MM) as u32, self.mm(LONG_MM) as u32);
        let (right, bottom) = (self.grey.width(), self.grey.height());
        self.ink_of(|r| {
            let touches = r.x <= 1 || r.y <= 1 || r.right() + 1 >= right || r.bottom() + 1 >= bottom;
            !touches && r.w.min(r.h) <= most && r.w.max(r.h) <= longest
        })
    }

    fn ink_of(&self, keep: impl Fn(Rect) -> bool) -> Vec<bool> {
        let mut kept = vec![false; self.ink.len()];
        self.each_blob(self.ink.clone(), |blob, members| {
            if keep(blob.rect) {
                for at in members {
                    kept[*at] = true;
                }
            }
        });
        kept
    }

    /// All connected ink (8 neighbours), in no particular order.
    #[must_use]
    pub fn blobs(&self) -> Vec<Blob> {
        let mut blobs = Vec::new();
        self.each_blob(self.ink.clone(), |blob, _| blobs.push(blob));
        blobs
    }

    fn each_blob(&self, mut left: Vec<bool>, mut visit: impl FnMut(Blob, &[usize])) {
        let (w, h) = (self.width(), self.height());
        let mut members: Vec<usize> = Vec::new();
        for start in 0..left.len() {
            if !left[start] {
                continue;
            }
            left[start] = false;
            members.clear();
            members.push(start);
            let (mut x0, mut x1, mut y0, mut y1) = (w, 0, h, 0);
            let mut light = 0u64;
            let mut done = 0;
            while let Some(&at) = members.get(done) {
                done += 1;
                let (x, y) = (at % w, at / w);
                (x0, x1, y0, y1) = (x0.min(x), x1.max(x), y0.min(y), y1.max(y));
                light += u64::from(self.grey.as_raw()[at]);
                for ny in y.saturating_sub(1)..=(y + 1).min(h - 1) {
                    for nx in x.saturating_sub(1)..=(x + 1).min(w - 1) {
                        let next = ny * w + nx;
                        if left[next] {
                            left[next] = false;
                            members.push(next);
                        }
                    }
                }
            }
            let rect = Rect::new(x0 as u32, y0 as u32, (x1 - x0 + 1) as u32, (y1 - y0 + 1) as u32);
            let pixels = members.len() as u32;
            let depth = 255 - (light / u64::from(pixels)) as u32;
            visit(Blob { rect, pixels, depth }, &members);
        }
    }
}

/// The paper's own level in each block: a high percentile, raised to that of lighter neighbours so
/// that a block full of ink does not take its ink for paper.
fn paper_levels(grey: &GrayImage) -> Vec<u32> {
    let (w, h) = (grey.width() as usize, grey.height() as usize);
    let (across, down) = (w.div_ceil(BLOCK), h.div_ceil(BLOCK));
    let source = grey.as_raw();
    let mut levels = vec![255u32; across * down];
    for by in 0..down {
        for bx in 0..across {
            let mut histogram = [0u32; 256];
            let mut count = 0;
            for y in by * BLOCK..((by + 1) * BLOCK).min(h) {
                for v in &source[y * w + bx * BLOCK..y * w + ((bx + 1) * BLOCK).min(w)] {
                    histogram[usize::from(*v)] += 1;
                    count += 1;
                }
            }
            let mut above = 0;
            let level = (0..256).rev().find(|v| {
                above += histogram[*v];
                above * 5 >= count
            });
            levels[by * across + bx] = level.unwrap_or(255) as u32;
        }
    }
    let mut raised = levels.clone();
    for by in 0..down {
        for bx in 0..across {
            let around = (by.saturating_sub(2)..(by + 3).min(down))
                .flat_map(|y| (bx.saturating_sub(2)..(bx + 3).min(across)).map(move |x| (x, y)))
                .map(|(x, y)| levels[y * across + x])
                .max();
            raised[by * across + bx] = around.unwrap_or(255);
        }
    }
    raised
}
