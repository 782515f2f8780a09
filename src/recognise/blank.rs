//! Whether a page holds nothing but paper: decided on the sketch, before any engine runs.

use super::sketch::{Blob, Sketch};

/// A scanner's dark border and punched edge: nothing is written there.
const MARGIN_MM: f32 = 6.0;
/// Smaller than the smallest word anybody writes.
const WORD_WIDTH_MM: f32 = 2.2;
const WORD_HEIGHT_MM: f32 = 0.9;
const LETTER_GAP_MM: f32 = 2.0;
/// Ink that is this much darker than paper was put there on purpose; show-through and dust are fainter.
const DEPTH: u32 = 72;
/// A punched hole seen as a dark disc.
const HOLE_MM: std::ops::RangeInclusive<f32> = 3.5..=9.0;
const HOLE_EDGE_MM: f32 = 22.0;

/// True when the page holds no mark that somebody could have meant. One word is enough to say no.
#[must_use]
pub fn is_blank(sketch: &Sketch) -> bool {
    let blobs: Vec<Blob> = sketch.blobs().into_iter().filter(|b| b.depth >= DEPTH && !in_border(sketch, b)).collect();
    !blobs.iter().any(|blob| is_mark(sketch, blob)) && !has_row_of_letters(sketch, &blobs)
}

/// Letters that do not touch: three in a row are a word.
fn has_row_of_letters(sketch: &Sketch, blobs: &[Blob]) -> bool {
    let tall = sketch.mm(WORD_HEIGHT_MM).floor() as u32;
    let gap = sketch.mm(LETTER_GAP_MM).ceil() as u32;
    let mut letters: Vec<_> = blobs.iter().map(|b| b.rect).filter(|r| r.h >= tall.max(2)).collect();
    letters.sort_by_key(|r| r.x);
    letters.iter().enumerate().any(|(i, first)| {
        let mut last = *first;
        let mut row = 1;
        for next in letters[i + 1..].iter().take_while(|n| n.x <= first.right() + 8 * gap) {
            let level = next.vertical_overlap(&last) * 2 >= next.h.min(last.h) && next.h.max(last.h) <= 2 * next.h.min(last.h);
            if level && next.x >= last.right() && next.x - last.right() <= gap {
                last = *next;
                row += 1;
            }
        }
        row >= 3
    })
}

fn is_mark(sketch: &Sketch, blob: &Blob) -> bool {
    let (w, h) = (blob.rect.w as f32, blob.rect.h as f32);
    let big = w.max(h) >= sketch.mm(WORD_WIDTH_MM) && w.min(h) >= sketch.mm(WORD_HEIGHT_MM);
    big && !is_hole(sketch, blob)
}

/// Part of the frame that a scanner leaves around a sheet: it touches the edge of the picture, or lies in the margin.
fn in_border(sketch: &Sketch, blob: &Blob) -> bool {
    let margin = sketch.mm(MARGIN_MM) as u32;
    let (right, bottom) = (sketch.grey.width(), sketch.grey.height());
    let r = blob.rect;
    let touches = r.x <= 1 || r.y <= 1 || r.right() + 1 >= right || r.bottom() + 1 >= bottom;
    let inside_margin = r.right() <= margin || r.bottom() <= margin || r.x + margin >= right || r.y + margin >= bottom;
    touches || inside_margin
}

fn is_hole(sketch: &Sketch, blob: &Blob) -> bool {
    let (w, h) = (blob.rect.w as f32, blob.rect.h as f32);
    let round = (0.75..=1.33).contains(&(w / h)) && blob.pixels as f32 > 0.6 * w * h;
    let edge = sketch.mm(HOLE_EDGE_MM) as u32;
    let near = blob.rect.x < edge || blob.rect.right() + edge > sketch.grey.width() || blob.rect.y < edge;
    round && near && HOLE_MM.contains(&(w * 25.4 / sketch.dpi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    fn sheet(draw: impl Fn(u32, u32) -> Option<u8>) -> Sketch {
        // Paper with grain, at 200 dpi.
        let page = GrayImage::from_fn(1654, 2339, |x, y| {
            let grain = ((x * 7919 + y * 104_729) % 13) as u8;
            Luma([draw(x, y).unwrap_or(238 + grain)])
        });
        Sketch::new(&page, 200)
    }

    #[test]
    fn grain_a_dark_border_and_show_through_are_blank() {
        assert!(is_blank(&sheet(|_, _| None)));
        assert!(is_blank(&sheet(|x, y| (x < 60 || y > 2300).then_some(20))));
        let faint = |x: u32, y: u32| (y % 60 < 22 && x % 40 < 28 && (200..1400).contains(&x)).then_some(212);
        assert!(is_blank(&sheet(faint)));
        let holes = |x: u32, y: u32| {
            let disc = |cx: i64, cy: i64| (i64::from(x) - cx).pow(2) + (i64::from(y) - cy).pow(2) < 24 * 24;
            (disc(95, 850) || disc(95, 1480)).then_some(15)
        };
        assert!(is_blank(&sheet(holes)));
    }

    #[test]
    fn one_short_word_is_not_blank() {
        let word = |x: u32, y: u32| ((1000..1020).contains(&y) && (800..860).contains(&x) && x % 12 < 5).then_some(40);
        assert!(!is_blank(&sheet(word)));
    }
}
