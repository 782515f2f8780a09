//! What was written in a place, alone: paper made even, combs and rules taken away, dust and neighbours left out,
//! the letters of a comb set side by side.

mod comb;

use super::ink::{Ink, Scale, percentile};
use super::places::{Place, Shape};
use super::rules::Rule;
use crate::domain::Rect;
use image::{GrayImage, Luma};

/// The writing of one place.
#[derive(Clone, Debug, Default)]
pub struct Writing {
    /// One picture for each line of writing, grey on white, tight; none when the place is empty.
    pub lines: Vec<GrayImage>,
    /// Share of ink in the place.
    pub ink: f32,
    /// For a comb: which cells hold a character, up to the last one that does.
    pub cells: Vec<bool>,
    /// For a comb: where a blank cell stands between two characters, as shares of the picture's width.
    pub blanks: Vec<f32>,
    /// On a line or in a frame: where each stroke of the writing stands, pixels of the page.
    pub strokes: Vec<Rect>,
}

/// A blob smaller than this in both directions is dust when nothing larger stands near, millimetres.
const DUST_MM: f32 = 1.1;
/// How near a dot must stand to a letter to be part of it.
const NEAR_MM: f32 = 1.5;
/// A stroke of writing is at least so long.
const STROKE_MM: f32 = 1.3;

/// Takes the writing out of a place of `grey`.
#[must_use]
pub fn writing(grey: &GrayImage, place: &Place, scale: Scale) -> Writing {
    match &place.shape {
        Shape::Comb { cells } => comb::comb(grey, cells, scale),
        Shape::Line { rule } => strip(grey, place.rect, Some(rule), scale),
        Shape::Frame => {
            let inset = scale.whole(0.35);
            let r = place.rect;
            let inside = Rect::new(r.x + inset, r.y + inset, r.w.saturating_sub(2 * inset), r.h.saturating_sub(2 * inset));
            strip(grey, inside, None, scale)
        }
    }
}

/// A piece of the page with even paper, and its ink.
struct Crop {
    /// 255 is paper.
    grey: GrayImage,
    /// Greys below are ink; 0 when nothing stands out from the paper.
    limit: u8,
}

impl Crop {
    fn cut(page: &GrayImage, rect: Rect, scale: Scale) -> Option<Self> {
        let (right, bottom) = (rect.right().min(page.width()), rect.bottom().min(page.height()));
        let (w, h) = (right.checked_sub(rect.x)?, bottom.checked_sub(rect.y)?);
        if w < 4 || h < 4 {
            return None;
        }
        let mut grey = image::imageops::crop_imm(page, rect.x, rect.y, w, h).to_image();
        even(&mut grey, scale.whole(4.0));
        let limit = limit(&grey);
        Some(Self { grey, limit })
    }

    fn blobs(&self) -> Vec<Pixels> {
        pixels(&Ink::below(&self.grey, self.limit))
    }
}

/// Makes paper white: each stripe of `width` columns is stretched so that its own paper becomes 255.
fn even(grey: &mut GrayImage, width: u32) {
    let (w, h) = grey.dimensions();
    let stripes = w.div_ceil(width).max(1);
    let papers: Vec<f32> = (0..stripes)
        .map(|s| {
            let mut counts = [0u32; 256];
            for y in 0..h {
                for x in s * width..((s + 1) * width).min(w) {
                    counts[grey.get_pixel(x, y).0[0] as usize] += 1;
                }
            }
            f32::from(percentile(&counts, 0.7).max(40))
        })
        .collect();
    let usual = papers.iter().copied().fold(0.0, f32::max);
    for (x, _, pixel) in grey.enumerate_pixels_mut() {
        let at = ((x as f32 / width as f32) - 0.5).clamp(0.0, (stripes - 1) as f32);
        let (low, part) = (at as usize, at.fract());
        let paper = papers[low] + (papers[(low + 1).min(papers.len() - 1)] - papers[low]) * part;
        // A stripe without paper of its own (a stamp, a blot) keeps its greys.
        let paper = if paper < usual * 0.6 { usual } else { paper };
        pixel.0[0] = (f32::from(pixel.0[0]) * 255.0 / paper).min(255.0) as u8;
    }
}

/// The grey below which a pixel is ink, from this crop alone: a third of the way to its darkest ink, and well
/// clear of its noise, so that pencil counts and scanner grain does not.
fn limit(grey: &GrayImage) -> u8 {
    let mut counts = [0u32; 256];
    grey.as_raw().iter().for_each(|g| counts[*g as usize] += 1);
    let dark = f32::from(percentile(&counts, 0.004));
    let depth = ((255.0 - dark) * 0.36).max(noise(grey) * 5.0).max(17.0);
    (255.0 - depth).max(0.0) as u8
}

/// Usual distance of paper from white.
fn noise(grey: &GrayImage) -> f32 {
    let mut off = [0u32; 256];
    for value in grey.as_raw().iter().filter(|v| **v >= 150) {
        off[255 - *value as usize] += 1;
    }
    f32::from(percentile(&off, 0.68)).max(1.0)
}

/// A blob with all its pixels.
#[derive(Clone, Debug)]
struct Pixels {
    rect: Rect,
    at: Vec<(u32, u32)>,
}

impl Pixels {
    fn longest(&self) -> u32 {
        self.rect.w.max(self.rect.h)
    }
}

fn pixels(ink: &Ink) -> Vec<Pixels> {
    let mut seen = vec![false; (ink.width * ink.height) as usize];
    let mut found = Vec::new();
    let mut stack = Vec::new();
    for y in 0..ink.height {
        for x in 0..ink.width {
            if !ink.at(x, y) || seen[(y * ink.width + x) as usize] {
                continue;
            }
            seen[(y * ink.width + x) as usize] = true;
            stack.push((x, y));
            let mut blob = Pixels { rect: Rect::new(x, y, 1, 1), at: Vec::new() };
            while let Some((px, py)) = stack.pop() {
                blob.at.push((px, py));
                blob.rect = blob.rect.union(&Rect::new(px, py, 1, 1));
                for ny in py.saturating_sub(1)..=py + 1 {
                    for nx in px.saturating_sub(1)..=px + 1 {
                        if ink.at(nx, ny) && !seen[(ny * ink.width + nx) as usize] {
                            seen[(ny * ink.width + nx) as usize] = true;
                            stack.push((nx, ny));
                        }
                    }
                }
            }
            found.push(blob);
        }
    }
    found
}

/// Columns or rows between two boxes, zero where they overlap.
fn apart(a: &Rect, b: &Rect) -> u32 {
    let x = b.x.saturating_sub(a.right()).max(a.x.saturating_sub(b.right()));
    let y = b.y.saturating_sub(a.bottom()).max(a.y.saturating_sub(b.bottom()));
    x.max(y)
}

/// Small and as wide as high: an apostrophe or a hyphen is not.
fn is_dust(b: &Pixels, dust: u32) -> bool {
    b.longest() <= dust && b.longest() * 10 <= b.rect.w.min(b.rect.h) * 17 || b.longest() <= dust / 2
}

/// Without dust: specks with no stroke near.
fn without_dust(blobs: Vec<Pixels>, scale: Scale) -> Vec<Pixels> {
    let (dust, near, stroke) = (scale.px(DUST_MM) as u32, scale.whole(NEAR_MM), scale.px(STROKE_MM) as u32);
    let least = scale.px(0.22).max(2.0) as u32;
    let strokes: Vec<Rect> = blobs.iter().filter(|b| b.longest() >= stroke).map(|b| b.rect).collect();
    let keeps = |b: &Pixels| !is_dust(b, dust) || (b.longest() >= least && strokes.iter().any(|s| apart(s, &b.rect) <= near));
    blobs.into_iter().filter(keeps).collect()
}

/// Writing on a line or in a frame.
fn strip(page: &GrayImage, rect: Rect, rule: Option<&Rule>, scale: Scale) -> Writing {
    let Some(mut crop) = Crop::cut(page, rect, scale) else { return Writing::default() };
    if let Some(rule) = rule.filter(|r| r.dots.is_none()) {
        lift_rule(&mut crop, rule, rect, scale);
    }
    let (w, h) = crop.grey.dimensions();
    let mut kept = strokes(&crop, rect, rule, scale);
    if kept.is_empty() {
        // Pencil beside printed dots: paler than a third of the way to the darkest, but long.
        crop.limit = crop.limit.max((255.0 - (noise(&crop.grey) * 5.0).max(17.0)) as u8);
        kept = strokes(&crop, rect, rule, scale);
        if kept.iter().all(|b| b.longest() < scale.whole(2.5)) {
            kept.clear();
        }
    }
    let area: usize = kept.iter().map(|b| b.at.len()).sum();
    let ink = area as f32 / (w * h) as f32;
    if kept.is_empty() {
        return Writing { ink: 0.0, ..Writing::default() };
    }
    let strokes = kept.iter().map(|b| Rect::new(b.rect.x + rect.x, b.rect.y + rect.y, b.rect.w, b.rect.h)).collect();
    let lines = rows(kept, scale).into_iter().map(|row| paint(&crop.grey, &row, scale)).collect();
    Writing { lines, ink, strokes, ..Writing::default() }
}

/// The blobs of a strip that are writing.
fn strokes(crop: &Crop, rect: Rect, rule: Option<&Rule>, scale: Scale) -> Vec<Pixels> {
    let (w, h) = crop.grey.dimensions();
    let mut blobs = crop.blobs();
    if let Some(rule) = rule {
        // Of a dotted line only what is as wide as its dots: an underscore beside them is writing.
        let wide = rule.dots.map_or(scale.whole(0.6), |w| w + w / 2 + 2);
        let (tall, off) = (scale.px(0.9) as u32, scale.px(0.65).max(2.0));
        blobs.retain(|b| {
            let (cx, cy) = b.rect.centre();
            let from = cy as f32 + rect.y as f32 - rule.y_at(cx + rect.x);
            !(b.rect.h <= tall && b.rect.w <= wide && from.abs() <= off)
        });
    }
    let blobs = without_dust(blobs, scale);
    blobs.into_iter().filter(|b| !intrudes(b, w, h, rule.map(|r| r.y() - rect.y as f32), scale)).collect()
}

/// A neighbour's ink: it touches the crop's edge and most of it lies where no writing of this place stands.
fn intrudes(b: &Pixels, w: u32, h: u32, base: Option<f32>, scale: Scale) -> bool {
    let middle = b.rect.centre().1 as f32;
    let deep = b.rect.h as f32;
    if b.rect.y == 0 && deep < h as f32 * 0.45 && middle < h as f32 * 0.25 {
        return true;
    }
    if b.rect.bottom() == h && deep < h as f32 * 0.45 && base.map_or(middle > h as f32 * 0.8, |y| b.rect.y as f32 > y + scale.px(0.3)) {
        return true;
    }
    // What is left of a frame or of the label at the edge: thin, and as high as the crop or cut by its side.
    let side = b.rect.x == 0 || b.rect.right() == w;
    side && b.rect.w <= scale.whole(0.6) || b.rect.w as f32 > w as f32 * 0.7 && deep <= scale.px(0.6)
}

/// Takes a ruled line away, column by column; a stroke that crosses it has ink on both sides and stays.
fn lift_rule(crop: &mut Crop, rule: &Rule, rect: Rect, scale: Scale) {
    let (w, h) = crop.grey.dimensions();
    let half = rule.thickness / 2.0 + scale.px(0.1).max(1.0);
    for x in 0..w {
        let y = rule.y_at(x + rect.x) - rect.y as f32;
        let (top, bottom) = ((y - half).floor() as i64, (y + half).ceil() as i64);
        if top < 2 || bottom + 2 >= i64::from(h) {
            continue;
        }
        let at = |y: i64| f32::from(crop.grey.get_pixel(x, y as u32).0[0]);
        let (above, below) = (at(top - 1), at(bottom + 1));
        let span = (bottom - top + 2) as f32;
        let values: Vec<(i64, u8)> = (top..=bottom).map(|y| (y, (above + (below - above) * (y - top + 1) as f32 / span) as u8)).collect();
        for (y, value) in values {
            crop.grey.put_pixel(x, y as u32, Luma([value]));
        }
    }
    crop.limit = limit(&crop.grey);
}

/// Blobs grouped into lines of writing, from top to bottom.
fn rows(mut blobs: Vec<Pixels>, scale: Scale) -> Vec<Vec<Pixels>> {
    let all = blobs.iter().map(|b| b.rect).reduce(|a, b| a.union(&b)).unwrap_or_default();
    if all.h <= scale.whole(8.0) {
        return vec![blobs];
    }
    let mut filled = vec![0u32; all.h as usize];
    for b in &blobs {
        for (_, y) in &b.at {
            filled[(y - all.y) as usize] += 1;
        }
    }
    let mut cuts = Vec::new();
    let (mut start, least) = (None, scale.whole(0.7) as usize);
    for (y, count) in filled.iter().enumerate() {
        match (start, *count) {
            (None, 0) => start = Some(y),
            (Some(from), 1..) => {
                if y - from >= least {
                    cuts.push(all.y + usize::midpoint(from, y) as u32);
                }
                start = None;
            }
            _ => {}
        }
    }
    let mut lines = Vec::new();
    for cut in cuts {
        let (above, below): (Vec<_>, Vec<_>) = blobs.into_iter().partition(|b| b.rect.centre().1 < cut);
        blobs = below;
        // An accent by itself is no line.
        let tall = above.iter().map(|b| b.rect).reduce(|a, b| a.union(&b)).unwrap_or_default();
        if tall.h >= scale.whole(1.5) { lines.push(above) } else { blobs.extend(above) }
    }
    lines.push(blobs);
    lines.retain(|l| !l.is_empty());
    lines
}

/// The kept blobs with their grey rims on white, tight but for a margin that recognisers need.
fn paint(grey: &GrayImage, blobs: &[Pixels], scale: Scale) -> GrayImage {
    let all = blobs.iter().map(|b| b.rect).reduce(|a, b| a.union(&b)).unwrap_or_default();
    let margin = (all.h / 7).max(scale.whole(0.4));
    let mut picture = GrayImage::from_pixel(all.w + 2 * margin, all.h + 2 * margin, Luma([255]));
    copy(grey, blobs, &mut picture, i64::from(margin) - i64::from(all.x), i64::from(margin) - i64::from(all.y));
    picture
}

/// Copies blobs and the two pixels around them, moved by `dx` and `dy`.
fn copy(grey: &GrayImage, blobs: &[Pixels], into: &mut GrayImage, dx: i64, dy: i64) {
    let (w, h) = (i64::from(into.width()), i64::from(into.height()));
    for (x, y) in blobs.iter().flat_map(|b| &b.at) {
        for ny in y.saturating_sub(2)..=(y + 2).min(grey.height() - 1) {
            for nx in x.saturating_sub(2)..=(x + 2).min(grey.width() - 1) {
                let (tx, ty) = (i64::from(nx) + dx, i64::from(ny) + dy);
                if tx >= 0 && ty >= 0 && tx < w && ty < h {
                    into.put_pixel(tx as u32, ty as u32, *grey.get_pixel(nx, ny));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: u32 = 300;

    fn page() -> GrayImage {
        // Grain of a scanner, and a shadow from left to right.
        GrayImage::from_fn(900, 200, |x, y| Luma([(235 - x / 30 + (x * 7 + y * 13) % 5) as u8]))
    }

    fn bar(page: &mut GrayImage, left: u32, top: u32, width: u32, height: u32, grey: u8) {
        (top..top + height).for_each(|y| (left..left + width).for_each(|x| page.put_pixel(x, y, Luma([grey]))));
    }

    fn dotted_line(page: &mut GrayImage) -> Place {
        (100..800).step_by(12).for_each(|x| bar(page, x, 150, 4, 4, 150));
        let rule = Rule { left: 100, right: 800, y_left: 152.0, slope: 0.0, thickness: 4.0, dots: Some(4) };
        Place { shape: Shape::Line { rule }, rect: Rect::new(100, 55, 700, 122) }
    }

    #[test]
    fn a_dotted_line_with_dust_is_empty_and_a_faint_pencil_stroke_is_ink() {
        let mut sheet = page();
        let place = dotted_line(&mut sheet);
        bar(&mut sheet, 400, 100, 7, 7, 40);
        let empty = writing(&sheet, &place, Scale::new(SCALE));
        assert!(empty.lines.is_empty() && empty.ink == 0.0, "{:?}", empty.ink);
        bar(&mut sheet, 500, 90, 4, 50, 195);
        let pencil = writing(&sheet, &place, Scale::new(SCALE));
        assert_eq!(pencil.lines.len(), 1);
        assert!(pencil.lines[0].width() < 60, "only the stroke: {}", pencil.lines[0].width());
    }

    #[test]
    fn comb_letters_come_side_by_side_with_accent_hyphen_and_a_stroke_over_the_border() {
        let mut sheet = page();
        let mut cells = Vec::new();
        for k in 0..8u32 {
            bar(&mut sheet, 100 + 60 * k, 50, 3, 83, 110);
            cells.push(Rect::new(103 + 60 * k, 53, 57, 77));
        }
        bar(&mut sheet, 100 + 480, 50, 3, 83, 110);
        bar(&mut sheet, 100, 50, 483, 3, 110);
        bar(&mut sheet, 100, 130, 483, 3, 110);
        // É in the first cell, a hyphen in the second, a letter that reaches over the border in the third, dust in the sixth.
        bar(&mut sheet, 115, 70, 30, 45, 50);
        bar(&mut sheet, 128, 60, 14, 5, 50);
        bar(&mut sheet, 178, 92, 22, 5, 50);
        bar(&mut sheet, 232, 75, 58, 40, 50);
        bar(&mut sheet, 430, 90, 7, 7, 50);
        let found = writing(&sheet, &Place { shape: Shape::Comb { cells }, rect: Rect::new(100, 50, 483, 83) }, Scale::new(SCALE));
        assert_eq!(found.cells, [true, true, true], "dust is no letter");
        let picture = &found.lines[0];
        let ink = Ink::below(picture, 140);
        let mut blobs = ink.blobs();
        blobs.sort_by_key(|b| b.rect.x);
        assert_eq!(blobs.len(), 4, "{blobs:?}");
        let wide = blobs.iter().map(|b| b.rect.w).max().unwrap();
        assert!(wide >= 54, "the stroke over the border is whole: {wide}");
        assert!(picture.width() < 200, "side by side: {}", picture.width());
    }
}
