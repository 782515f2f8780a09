//! Ink that is no text: photographs, stamps, signatures, by their shape on the sketch.

use super::sketch::{Blob, Sketch};
use crate::domain::{CodeRead, Mark, MarkKind, Rect, Word};

/// Sizes in millimetres. An identity photograph is 35 x 45; on a card it is printed smaller.
const PHOTO_SIDE: std::ops::RangeInclusive<f32> = 14.0..=75.0;
const STAMP_SIDE: std::ops::RangeInclusive<f32> = 17.0..=60.0;
const SIGNATURE_WIDTH: std::ops::RangeInclusive<f32> = 11.0..=95.0;
const SIGNATURE_HEIGHT: std::ops::RangeInclusive<f32> = 3.8..=40.0;

/// Marks of the page; rectangles in pixels of the upright page. `sketch` is that of the upright page.
#[must_use]
pub fn find(sketch: &Sketch, words: &[Word], codes: &[CodeRead]) -> Vec<Mark> {
    let free = |rect: &Rect| !codes.iter().any(|c| meet(&c.rect, rect));
    let mark = |kind: MarkKind, blob: &Blob| {
        let ink = blob.pixels as f32 / (blob.rect.w * blob.rect.h).max(1) as f32;
        Mark { kind, rect: sketch.on_page(blob.rect), ink }
    };
    let blobs = sketch.blobs();
    let solid = sketch.tints().into_iter().filter(|b| is_photo(sketch, b, words, SOLID));
    let dark = blobs.iter().copied().filter(|b| is_photo(sketch, b, words, SILHOUETTE));
    let mut marks: Vec<Mark> = Vec::new();
    for photo in solid.chain(dark).map(|b| mark(MarkKind::Photo, &b)).filter(|m| free(&m.rect)) {
        if !marks.iter().any(|m| meet(&m.rect, &photo.rect)) {
            marks.push(photo);
        }
    }
    let photos = marks.len();
    for blob in &blobs {
        let rect = sketch.on_page(blob.rect);
        let apart = free(&rect) && !marks[..photos].iter().any(|p| meet(&p.rect, &rect));
        if apart && let Some(kind) = drawn(sketch, blob, words) {
            marks.push(mark(kind, blob));
        }
    }
    marks
}

/// Adds signatures that another search found, in place of those that it found too.
pub fn add(marks: &mut Vec<Mark>, others: Vec<Mark>) {
    marks.retain(|m| m.kind != MarkKind::Signature || !others.iter().any(|o| meet(&o.rect, &m.rect)));
    marks.extend(others);
}

/// Words without those that an engine saw in a face.
#[must_use]
pub fn without_photos(words: Vec<Word>, marks: &[Mark]) -> Vec<Word> {
    let photos: Vec<Rect> = marks.iter().filter(|m| m.kind == MarkKind::Photo).map(|m| m.rect).collect();
    let inside = |w: &Word| photos.iter().any(|p| p.contains(w.rect.centre().0, w.rect.centre().1));
    words.into_iter().filter(|w| w.confidence >= 0.9 || !inside(w)).collect()
}

/// Share of the frame that a photograph fills: with its background, and as a dark figure on white.
const SOLID: f32 = 0.8;
const SILHOUETTE: f32 = 0.38;

fn is_photo(sketch: &Sketch, blob: &Blob, words: &[Word], least_fill: f32) -> bool {
    let (w, h, fill) = shape(sketch, blob);
    PHOTO_SIDE.contains(&w)
        && PHOTO_SIDE.contains(&h)
        && (0.5..=1.1).contains(&(w / h))
        && fill >= least_fill
        && !touches_edge(sketch, blob)
        && text_share(sketch, blob, words) < 0.1
}

/// Width and height in millimetres, and the share of ink.
fn shape(sketch: &Sketch, blob: &Blob) -> (f32, f32, f32) {
    let to_mm = 25.4 / sketch.dpi;
    let fill = blob.pixels as f32 / (blob.rect.w * blob.rect.h) as f32;
    (blob.rect.w as f32 * to_mm, blob.rect.h as f32 * to_mm, fill)
}

/// Share of the blob's box that surely read words cover.
fn text_share(sketch: &Sketch, blob: &Blob, words: &[Word]) -> f32 {
    let rect = sketch.on_page(blob.rect);
    let read = words.iter().filter(|w| w.confidence >= 0.75 && meet(&w.rect, &rect) && w.text.chars().count() >= 3);
    let covered: u32 = read.map(|w| w.rect.horizontal_overlap(&rect) * w.rect.vertical_overlap(&rect)).sum();
    covered as f32 / (rect.w * rect.h).max(1) as f32
}

/// A stamp or a signature.
fn drawn(sketch: &Sketch, blob: &Blob, words: &[Word]) -> Option<MarkKind> {
    let (w, h, fill) = shape(sketch, blob);
    let stamp = STAMP_SIDE.contains(&w) && STAMP_SIDE.contains(&h) && (0.75..=1.33).contains(&(w / h)) && (0.05..0.38).contains(&fill);
    let signature = SIGNATURE_WIDTH.contains(&w) && SIGNATURE_HEIGHT.contains(&h) && w > 1.2 * h && (0.03..0.42).contains(&fill);
    if !(stamp || signature) || touches_edge(sketch, blob) || ruled(sketch, blob) {
        return None;
    }
    let text = text_share(sketch, blob, words);
    if stamp && text <= 0.3 {
        return Some(MarkKind::Stamp);
    }
    (signature && text < 0.05).then_some(MarkKind::Signature)
}

fn meet(a: &Rect, b: &Rect) -> bool {
    a.horizontal_overlap(b) > 0 && a.vertical_overlap(b) > 0
}

fn touches_edge(sketch: &Sketch, blob: &Blob) -> bool {
    let r = blob.rect;
    r.x <= 1 || r.y <= 1 || r.right() + 1 >= sketch.grey.width() || r.bottom() + 1 >= sketch.grey.height()
}

/// Made of straight lines: a frame, a table, a comb.
fn ruled(sketch: &Sketch, blob: &Blob) -> bool {
    let (wide, r) = (sketch.width(), blob.rect);
    let (x0, y0, x1, y1) = (r.x as usize, r.y as usize, r.right() as usize, r.bottom() as usize);
    let row = |y: usize| (x0..x1).filter(|x| sketch.ink[y * wide + x]).count() * 10 >= (x1 - x0) * 8;
    let column = |x: usize| (y0..y1).filter(|y| sketch.ink[y * wide + x]).count() * 10 >= (y1 - y0) * 9;
    (y0..y1).any(row) || (y1 - y0 > 12 && (x0..x1).filter(|x| column(*x)).count() >= 2)
}
