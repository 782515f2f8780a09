//! Text lines that the full-page layout took for noise: found as rows of ink that no word covers, read one by one.

use super::engine::{Charset, RecogniseError};
use super::raster;
use super::sketch::Sketch;
use super::tesseract::Tesseract;
use crate::domain::{Mark, Rect, Word};
use image::GrayImage;

/// More than this is a form full of combs or a picture: zones and marks are the tools for those.
const MOST: usize = 14;
const HEIGHT_MM: std::ops::RangeInclusive<f32> = 1.1..=7.0;
const WIDTH_MM: std::ops::RangeInclusive<f32> = 5.0..=150.0;
/// Letters and words of one line are no further apart.
const GAP_MM: f32 = 3.0;
/// A word below this confidence does not count as read.
const UNSURE: f32 = 0.4;

/// `words` with those of the lines that they leave out or got wrong.
pub fn read(
    upright: &GrayImage,
    sketch: &Sketch,
    words: &[Word],
    marks: &[Mark],
    engine: &mut Tesseract,
) -> Result<Vec<Word>, RecogniseError> {
    let covered =
        |rect: &Rect| {
            words.iter().filter(|w| w.confidence >= UNSURE || w.text.chars().count() >= 20).any(|w| {
                w.rect.vertical_overlap(rect) * 2 > rect.h.min(w.rect.h) && w.rect.horizontal_overlap(rect) * 3 > rect.w.min(w.rect.w)
            }) || marks.iter().any(|m| m.rect.contains(rect.centre().0, rect.centre().1))
        };
    let lines: Vec<Rect> = rows(sketch).into_iter().map(|r| sketch.on_page(r)).filter(|r| !covered(r)).collect();
    if lines.len() > MOST {
        return Ok(words.to_vec());
    }
    let mut number = words.iter().map(|w| w.line).max().unwrap_or(0);
    let mut found = Vec::new();
    for line in lines {
        let pad = line.h / 3;
        let frame = Rect::new(line.x.saturating_sub(pad), line.y.saturating_sub(pad), line.w + 2 * pad, line.h + 2 * pad);
        let Some(crop) = raster::cut(upright, frame) else { continue };
        number += 1;
        for mut word in engine.read_line_words(&crop, Charset::Text)? {
            word.rect = Rect::new(word.rect.x + frame.x, word.rect.y + frame.y, word.rect.w, word.rect.h);
            word.line = number;
            // Without a page around it the engine makes words of any scribble.
            if word.confidence >= 0.5 || word.text.chars().count() >= 20 {
                found.push(word);
            }
        }
    }
    let replaced = |w: &Word| w.confidence < UNSURE && found.iter().any(|f| f.rect.contains(w.rect.centre().0, w.rect.centre().1));
    Ok(words.iter().filter(|w| !replaced(w)).cloned().chain(found.iter().cloned()).collect())
}

/// Rows of text ink, in pixels of the sketch.
fn rows(sketch: &Sketch) -> Vec<Rect> {
    let gap = sketch.mm(GAP_MM) as u32;
    let tall = |r: &Rect| HEIGHT_MM.contains(&(r.h as f32 * 25.4 / sketch.dpi));
    let mut blobs: Vec<Rect> = sketch.blobs().iter().map(|b| b.rect).filter(|r| tall(r) && r.w <= sketch.mm(60.0) as u32).collect();
    blobs.sort_by_key(|r| r.x);
    let mut rows: Vec<Rect> = Vec::new();
    for blob in blobs {
        let joins = |row: &&mut Rect| {
            let level = row.vertical_overlap(&blob) * 2 >= row.h.min(blob.h) && row.h.max(blob.h) <= 2 * row.h.min(blob.h);
            level && blob.x <= row.right() + gap
        };
        match rows.iter_mut().find(joins) {
            Some(row) => *row = row.union(&blob),
            None => rows.push(blob),
        }
    }
    rows.retain(|r| tall(r) && WIDTH_MM.contains(&(r.w as f32 * 25.4 / sketch.dpi)));
    rows
}
