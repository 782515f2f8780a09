//! Finds machine-readable zones by words that look like their lines: for pages where the picture alone shows none.

use super::super::raster;
use crate::domain::{Rect, Word};
use image::GrayImage;

/// A line that may be part of a zone has so many signs, nearly all of them of its alphabet.
const FEWEST_SIGNS: usize = 20;
const ALPHABET_SHARE: f32 = 0.85;
/// Ink of OCR-B is printed black; a guilloche below it stays lighter than this share of the paper.
const INK_PERCENT: u32 = 62;

/// Text lines that look like a line of a zone: box as read, and box of the height that its pitch allows.
pub(super) fn seeds(words: &[Word]) -> Vec<(Rect, Rect)> {
    let mut seeds = Vec::new();
    for line in words.chunk_by(|a, b| a.line == b.line) {
        let signs: String = line.iter().flat_map(|w| w.text.chars()).collect();
        let count = signs.chars().count();
        let known = signs.chars().filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "<«‹>K".contains(*c)).count();
        let fillers = signs.chars().filter(|c| "<«‹".contains(*c)).count();
        let solid = count / line.len().max(1) >= 12;
        if count >= FEWEST_SIGNS && known as f32 >= ALPHABET_SHARE * count as f32 && (fillers >= 2 || solid) {
            let Some(rect) = line.iter().map(|w| w.rect).reduce(|a, b| a.union(&b)) else { continue };
            // A speck above the line makes its box higher than its characters, which are as high as their pitch.
            let pitch = rect.w / count as u32;
            let middle = rect.centre().1;
            let high = rect.h.min(pitch + pitch / 4).max(6);
            seeds.push((rect, Rect::new(rect.x, middle.saturating_sub(high / 2), rect.w, high)));
        }
    }
    seeds
}

/// The lines of the zone that `seed` is part of, top to bottom: same edges, same height, even pitch.
pub(super) fn zone_around(upright: &GrayImage, seed: Rect, height: u32) -> Vec<Rect> {
    // Characters are 2.54 mm apart and 2.4 mm high; lines 6.35 mm apart at least (ICAO 9303 part 3).
    let reach = 8 * height;
    let side = seed.w / 8;
    let (x0, y0) = (seed.x.saturating_sub(side), seed.y.saturating_sub(reach));
    let region = Rect::new(x0, y0, seed.w + 2 * side, seed.h + 2 * reach);
    let Some(part) = raster::cut(upright, region) else { return Vec::new() };
    let bands = bands(&part, height);
    let own = Rect::new(seed.x - x0, seed.y - y0, seed.w, seed.h);
    let Some(middle) = bands.iter().position(|b| b.vertical_overlap(&own) * 3 > b.h.min(own.h) * 2) else { return Vec::new() };
    let like = |b: &Rect| {
        let m = bands[middle];
        b.h.abs_diff(m.h) * 3 <= m.h && b.x.abs_diff(m.x) <= 2 * m.h && b.right().abs_diff(m.right()) <= 2 * m.h
    };
    let gap = |a: &Rect, b: &Rect| b.y.saturating_sub(a.bottom());
    let near = |a: &Rect, b: &Rect| gap(a, b) <= 3 * height;
    let mut first = middle;
    while first > 0 && like(&bands[first - 1]) && near(&bands[first - 1], &bands[first]) {
        first -= 1;
    }
    let mut last = middle;
    while last + 1 < bands.len() && like(&bands[last + 1]) && near(&bands[last], &bands[last + 1]) {
        last += 1;
    }
    bands[first..=last].iter().map(|b| Rect::new(b.x + x0, b.y + y0, b.w, b.h)).collect()
}

/// Rows of ink about as high as `height`, trimmed to their own left and right end.
fn bands(part: &GrayImage, height: u32) -> Vec<Rect> {
    let (w, h) = (part.width() as usize, part.height() as usize);
    let ink = ink(part);
    // Vertical frame lines cross the white between lines; no character does.
    let column_total = |x: usize| (0..h).filter(|y| ink[y * w + x]).count();
    let framed: Vec<bool> = (0..w).map(|x| column_total(x) * 5 > h * 3).collect();
    let inked = |y: usize| (0..w).filter(|x| !framed[*x] && ink[y * w + x]).count();
    // Fillers leave 4 of 10 columns white; a row through any line of text has at least this much ink.
    let rows: Vec<bool> = (0..h).map(|y| inked(y) * 100 > w * 4).collect();
    let mut bands = Vec::new();
    let mut y = 0;
    while y < h {
        if !rows[y] {
            y += 1;
            continue;
        }
        let top = y;
        while y < h && (rows[y] || rows.get(y + 1).copied().unwrap_or(false)) {
            y += 1;
        }
        let tall = (y - top) as u32;
        if tall * 2 >= height
            && tall <= height * 2
            && let Some((left, right)) = extent(&ink, w, top, y, &framed, height as usize)
        {
            bands.push(Rect::new(left as u32, top as u32, (right - left) as u32, tall));
        }
    }
    bands
}

/// The longest stretch of ink in these rows that no gap wider than two characters breaks.
fn extent(ink: &[bool], w: usize, top: usize, bottom: usize, framed: &[bool], height: usize) -> Option<(usize, usize)> {
    let filled: Vec<usize> = (0..w).filter(|x| !framed[*x] && (top..bottom).any(|y| ink[y * w + x])).collect();
    let mut best: Option<(usize, usize)> = None;
    let mut start = *filled.first()?;
    for (i, x) in filled.iter().enumerate() {
        let next = filled.get(i + 1);
        if next.is_none_or(|n| n - x > 2 * height) {
            if best.is_none_or(|(l, r)| r - l < x + 1 - start) {
                best = Some((start, x + 1));
            }
            start = next.copied().unwrap_or(start);
        }
    }
    best
}

fn ink(part: &GrayImage) -> Vec<bool> {
    let mut histogram = [0u32; 256];
    part.as_raw().iter().for_each(|v| histogram[usize::from(*v)] += 1);
    let total: u32 = histogram.iter().sum();
    let mut above = 0;
    let paper = (0..256u32).rev().find(|v| {
        above += histogram[*v as usize];
        above * 2 >= total
    });
    let limit = paper.unwrap_or(255) * INK_PERCENT / 100;
    part.as_raw().iter().map(|v| u32::from(*v) < limit).collect()
}
