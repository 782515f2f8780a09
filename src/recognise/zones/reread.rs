//! Labels that the engine lost on the full page (it drops short words beside dotted lines): the print next to a
//! place without a label is read again, alone.

use super::ink::{Blob, Scale};
use super::labels::LabelBook;
use super::places::{Place, Shape};
use super::text::plain;
use crate::domain::{Engine, Rect, Word};
use crate::recognise::{Charset, Recogniser, raster};
use image::GrayImage;

/// Widest gap between two letters or words of one label, millimetres.
const GAP_MM: f32 = 3.2;

/// The page's words with the labels found beside `lonely` places in the stead of what stood there.
pub fn reread(
    grey: &GrayImage,
    print: &[Rect],
    words: &[Word],
    lonely: &[&Place],
    book: &LabelBook,
    engine: &mut dyn Recogniser,
    scale: Scale,
) -> Vec<Word> {
    let mut words = words.to_vec();
    let mut line = words.iter().map(|w| w.line).max().unwrap_or(0);
    for place in lonely {
        let spots = [left_of(place, print, scale), above(place, print, scale)];
        for spot in spots.into_iter().flatten() {
            let Some((text, confidence)) = label_in(grey, spot, book, engine, scale) else { continue };
            words.retain(|w| !spot.contains(w.rect.centre().0, w.rect.centre().1));
            line += 1;
            words.extend(spread(&text, spot, confidence, line));
            break;
        }
    }
    words
}

/// A "Signature" label that touches the signature itself: looked for on the line of "Fait à … le …".
pub fn signature_label(
    grey: &GrayImage,
    blobs: &[Blob],
    row: Rect,
    words: &[Word],
    book: &LabelBook,
    engine: &mut dyn Recogniser,
    scale: Scale,
) -> Option<Word> {
    let high = |r: &Rect| r.vertical_overlap(&row) * 2 > r.h.min(row.h) && r.x > row.right();
    let start = blobs.iter().map(|b| b.rect).filter(|r| r.h >= scale.whole(1.2) && high(r)).map(|r| r.x).min()?;
    let rect = Rect::new(start.saturating_sub(4), row.y.saturating_sub(6), scale.whole(24.0), row.h + 12);
    let crop = raster::cut(grey, rect)?;
    let read = engine.read_line(&crop, Charset::Text).ok()?;
    let first = read.text.split_whitespace().next()?.to_owned();
    let known = book.label(&first)?;
    let line = words.iter().map(|w| w.line).max().unwrap_or(0) + 1;
    let width = (rect.w * first.chars().count() as u32 / read.text.chars().count().max(1) as u32).max(scale.whole(8.0)).min(rect.w);
    let found =
        Word { text: first, rect: Rect::new(rect.x, row.y, width, row.h), confidence: known.score, line, engine: Engine::Tesseract };
    Some(found)
}

/// Blobs of the size of letters and their dots.
#[must_use]
pub fn letters(blobs: &[Blob], scale: Scale) -> Vec<Rect> {
    let (most, least) = (scale.whole(7.0), scale.px(0.25).max(2.0) as u32);
    blobs.iter().map(|b| b.rect).filter(|r| r.h <= most && r.w <= scale.whole(14.0) && r.w.max(r.h) >= least).collect()
}

/// The print that ends where the place begins, on its line.
#[must_use]
pub fn left_of(place: &Place, print: &[Rect], scale: Scale) -> Option<Rect> {
    let (top, base, start) = match &place.shape {
        Shape::Line { rule } => (rule.y_left - scale.px(5.5), rule.y_left + scale.px(1.2), rule.left),
        Shape::Comb { .. } => (place.rect.y as f32, place.rect.bottom() as f32, place.rect.x.saturating_sub(scale.whole(0.5))),
        Shape::Frame => return None,
    };
    let in_band = |r: &&Rect| r.centre().1 as f32 > top && (r.centre().1 as f32) < base && r.right() <= start + 2;
    let mut row: Vec<Rect> = print.iter().filter(in_band).copied().collect();
    row.sort_by_key(|r| std::cmp::Reverse(r.right()));
    chain(row, start, |edge, r| edge.saturating_sub(r.right()), |edge, r| edge.min(r.x), scale)
}

/// The print over the place, from its left end on.
fn above(place: &Place, print: &[Rect], scale: Scale) -> Option<Rect> {
    let bottom = match &place.shape {
        Shape::Comb { .. } => place.rect.y as f32 - scale.px(0.2),
        Shape::Line { .. } => place.rect.y as f32 + scale.px(1.0),
        Shape::Frame => return None,
    };
    let start = place.rect.x.saturating_sub(scale.whole(2.0));
    let in_band = |r: &&Rect| {
        (r.bottom() as f32) <= bottom && (r.y as f32) > bottom - scale.px(6.0) && r.x >= start && r.right() <= place.rect.right()
    };
    let mut row: Vec<Rect> = print.iter().filter(in_band).copied().collect();
    row.sort_by_key(|r| r.x);
    chain(row, start + scale.whole(2.0), |edge, r| r.x.saturating_sub(edge), |edge, r| edge.max(r.right()), scale)
}

/// The box around blobs that follow one another without a wide gap, when it is as large as a word.
fn chain(row: Vec<Rect>, start: u32, gap: impl Fn(u32, &Rect) -> u32, step: impl Fn(u32, &Rect) -> u32, scale: Scale) -> Option<Rect> {
    let mut all: Option<Rect> = None;
    let mut edge = start;
    for r in row {
        if gap(edge, &r) > scale.whole(GAP_MM) {
            break;
        }
        edge = step(edge, &r);
        all = Some(all.map_or(r, |a| a.union(&r)));
    }
    all.filter(|a| a.h >= scale.whole(1.4) && a.h <= scale.whole(8.0) && a.w >= scale.whole(1.5))
}

/// The text of a spot when it is a label.
fn label_in(grey: &GrayImage, spot: Rect, book: &LabelBook, engine: &mut dyn Recogniser, scale: Scale) -> Option<(String, f32)> {
    let margin = scale.whole(0.6);
    let rect = Rect::new(spot.x.saturating_sub(margin), spot.y.saturating_sub(margin), spot.w + 2 * margin, spot.h + 2 * margin);
    let crop = raster::cut(grey, rect)?;
    let read = engine.read_line(&crop, Charset::Text).ok()?;
    let text = read.text.trim().to_owned();
    (!plain(&text).is_empty() && book.label(&text).is_some()).then_some((text, read.confidence))
}

/// The words of a text over its rectangle, by their letters.
fn spread(text: &str, rect: Rect, confidence: f32, line: u32) -> Vec<Word> {
    let total = text.chars().count().max(1) as f32;
    let mut at = 0;
    let mut words = Vec::new();
    for word in text.split(' ') {
        let (from, to) = (at as f32 / total, (at + word.chars().count()) as f32 / total);
        at += word.chars().count() + 1;
        if word.is_empty() {
            continue;
        }
        let x = rect.x + (from * rect.w as f32) as u32;
        let place = Rect::new(x, rect.y, (((to - from) * rect.w as f32) as u32).max(1), rect.h);
        words.push(Word { text: word.to_owned(), rect: place, confidence, line, engine: Engine::Tesseract });
    }
    words
}
