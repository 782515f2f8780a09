//! Combs: one character in each cell, taken out of its cell and set beside the next.

use super::super::ink::Scale;
use super::{Crop, DUST_MM, Pixels, STROKE_MM, Writing, apart, copy, is_dust, limit, without_dust};
use crate::domain::Rect;
use image::{GrayImage, Luma};

/// The characters of a comb, side by side.
pub(super) fn comb(page: &GrayImage, cells: &[Rect], scale: Scale) -> Writing {
    let Some(all) = cells.iter().copied().reduce(|a, b| a.union(&b)) else { return Writing::default() };
    let inset = scale.whole(0.3);
    let region = Rect::new(all.x, all.y + inset, all.w, all.h.saturating_sub(2 * inset));
    let Some(mut crop) = Crop::cut(page, region, scale) else { return Writing::default() };
    let inside: Vec<Rect> = cells.iter().map(|c| Rect::new(c.x - all.x, 0, c.w, crop.grey.height())).collect();
    lift_separators(&mut crop, &inside, scale);
    let blobs = crop.blobs();
    let near_edge = |b: &Pixels| inside.iter().any(|c| b.rect.x.abs_diff(c.x) <= 3 || b.rect.right().abs_diff(c.right()) <= 3);
    let left_over = |b: &Pixels| {
        b.rect.w <= scale.px(0.35).max(3.0) as u32
            && (near_edge(b) && (b.rect.h < scale.whole(1.6) || b.rect.h * 10 > crop.grey.height() * 9))
    };
    let flat = |b: &Pixels| (b.rect.y == 0 || b.rect.bottom() == crop.grey.height()) && b.rect.h <= scale.px(0.35).max(2.0) as u32;
    let blobs: Vec<Pixels> = blobs.into_iter().filter(|b| !left_over(b) && !flat(b)).collect();
    let blobs = without_dust(blobs, scale);
    let mut glyphs: Vec<Vec<Pixels>> = vec![Vec::new(); inside.len()];
    for blob in blobs {
        for (cell, part) in share_out(blob, &inside) {
            glyphs[cell].push(part);
        }
    }
    for glyph in &mut glyphs {
        tidy(glyph, scale);
    }
    let area: usize = glyphs.iter().flatten().map(|b| b.at.len()).sum();
    let ink = area as f32 / (crop.grey.width() * crop.grey.height()) as f32;
    let Some(last) = glyphs.iter().rposition(|g| !g.is_empty()) else { return Writing::default() };
    glyphs.truncate(last + 1);
    let cells = glyphs.iter().map(|g| !g.is_empty()).collect();
    let (picture, blanks) = set_side_by_side(&crop.grey, &glyphs, scale);
    Writing { lines: vec![picture], ink, cells, blanks, strokes: Vec::new() }
}

/// Takes the lines between cells away, row by row; a stroke that crosses one has ink on both sides and stays.
fn lift_separators(crop: &mut Crop, cells: &[Rect], scale: Scale) {
    let reach = scale.px(0.12).max(1.0) as u32;
    let (w, h) = crop.grey.dimensions();
    for pair in cells.windows(2) {
        let (left, right) = (pair[0].right().saturating_sub(reach), (pair[1].x + reach).min(w - 1));
        if left == 0 || right <= left {
            continue;
        }
        for y in 0..h {
            let at = |x: u32| f32::from(crop.grey.get_pixel(x, y).0[0]);
            let (a, b) = (at(left - 1), at(right));
            let span = (right - left + 1) as f32;
            let values: Vec<u8> = (left..right).map(|x| (a + (b - a) * (x - left + 1) as f32 / span) as u8).collect();
            for (x, value) in (left..right).zip(values) {
                crop.grey.put_pixel(x, y, Luma([value]));
            }
        }
    }
    // The outer lines.
    for (x, edge) in
        [(0, cells.first().map_or(0, |c| c.x) + reach), (cells.last().map_or(w, crate::domain::Rect::right).saturating_sub(reach), w)]
    {
        for x in x..edge.min(w) {
            (0..h).for_each(|y| crop.grey.put_pixel(x, y, Luma([255])));
        }
    }
    crop.limit = limit(&crop.grey);
}

/// A blob to the cell that holds most of it; one that spreads over cells is cut at their borders.
fn share_out(blob: Pixels, cells: &[Rect]) -> Vec<(usize, Pixels)> {
    let Some(first) = cells.first() else { return Vec::new() };
    let cell_at = |x: u32| cells.iter().position(|c| x < c.right() + 2).unwrap_or(cells.len() - 1);
    let mut counts = vec![0usize; cells.len()];
    blob.at.iter().for_each(|(x, _)| counts[cell_at(*x)] += 1);
    let most = (0..cells.len()).max_by_key(|c| counts[*c]).unwrap_or(0);
    if blob.rect.w <= first.w + first.w / 3 || counts[most] * 10 >= blob.at.len() * 8 {
        return vec![(most, blob)];
    }
    let mut parts: Vec<Option<Pixels>> = vec![None; cells.len()];
    for (x, y) in blob.at {
        let dot = Rect::new(x, y, 1, 1);
        let part = parts[cell_at(x)].get_or_insert_with(|| Pixels { rect: dot, at: Vec::new() });
        part.rect = part.rect.union(&dot);
        part.at.push((x, y));
    }
    parts.into_iter().enumerate().filter_map(|(cell, part)| part.map(|p| (cell, p))).collect()
}

/// Leaves dust out of one cell: a cell holds a character or nothing.
fn tidy(glyph: &mut Vec<Pixels>, scale: Scale) {
    let (dust, stroke) = (scale.px(DUST_MM) as u32, scale.px(STROKE_MM) as u32);
    let Some(body) = glyph.iter().max_by_key(|b| b.at.len()).map(|b| b.rect) else { return };
    if glyph.iter().all(|b| is_dust(b, dust)) {
        glyph.clear();
        return;
    }
    // Accents and dots stand over the body; a speck beside or under it is dust.
    let over = |b: &Pixels| b.rect.horizontal_overlap(&body) > 0 || apart(&b.rect, &body) <= scale.whole(0.5);
    glyph.retain(|b| b.longest() >= stroke || b.rect == body || over(b));
}

/// One picture of all characters with even gaps; a blank cell between two becomes a wide gap.
fn set_side_by_side(grey: &GrayImage, glyphs: &[Vec<Pixels>], scale: Scale) -> (GrayImage, Vec<f32>) {
    let boxes: Vec<Option<Rect>> = glyphs.iter().map(|g| g.iter().map(|b| b.rect).reduce(|a, b| a.union(&b))).collect();
    let all = boxes.iter().flatten().copied().reduce(|a, b| a.union(&b)).unwrap_or_default();
    let mut heights: Vec<u32> = boxes.iter().flatten().map(|b| b.h).collect();
    heights.sort_unstable();
    let usual = heights.get(heights.len() / 2).copied().unwrap_or(10).max(4);
    let (gap, blank, margin) = ((usual / 5).max(2), usual * 3 / 4, (all.h / 7).max(scale.whole(0.4)));
    let skip = boxes.iter().position(Option::is_some).unwrap_or(0);
    let shown = &boxes[skip..];
    let width: u32 = shown.iter().map(|b| b.map_or(blank, |b| b.w + gap)).sum();
    let mut picture = GrayImage::from_pixel(width + 2 * margin, all.h + 2 * margin, Luma([255]));
    let mut x = margin;
    let mut blanks = Vec::new();
    for (glyph, rect) in glyphs[skip..].iter().zip(shown) {
        if let Some(rect) = rect {
            copy(grey, glyph, &mut picture, i64::from(x) - i64::from(rect.x), i64::from(margin) - i64::from(all.y));
            x += rect.w + gap;
        } else {
            blanks.push((x as f32 + blank as f32 / 2.0) / picture.width() as f32);
            x += blank;
        }
    }
    (picture, blanks)
}
