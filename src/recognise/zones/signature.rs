//! Whether a hand signed where the form says "Signature".

use super::ink::{Blob, Ink, Scale};
use super::rules::Rule;
use super::text::plain;
use crate::domain::{Rect, Word};

/// The place beside and under a "Signature" label: down to the next print, at most 40 millimetres.
#[must_use]
pub fn place(label: Rect, words: &[Word], width: u32, height: u32, scale: Scale) -> Rect {
    let left = label.x.saturating_sub(scale.whole(12.0));
    let right = (label.right() + scale.whole(75.0)).min(width.saturating_sub(scale.whole(4.0))).max(label.right());
    let top = label.y.saturating_sub(scale.whole(7.0));
    let print = words.iter().filter(|w| w.confidence >= 0.75 && plain(&w.text).len() >= 4);
    let under =
        print.filter(|w| w.rect.y > label.bottom() + scale.whole(4.0) && w.rect.x < right && w.rect.right() > left).map(|w| w.rect.y);
    let bottom = under.min().unwrap_or(height).min(label.bottom() + scale.whole(40.0)).min(height);
    Rect::new(left, top, right - left, bottom.saturating_sub(top))
}

/// A hand's strokes in a place: share of ink and their rectangle; `None` when nothing there is a stroke.
/// Printed words, rules, dotted lines, the strips of other places and dust are no strokes.
#[must_use]
pub fn strokes(ink: &Ink, place: Rect, printed: &[Rect], rules: &[Rule], scale: Scale) -> Option<(f32, Rect)> {
    let mut spot = Ink::copy(ink, place);
    let own = |r: &Rect| Rect::new(r.x.saturating_sub(place.x), r.y.saturating_sub(place.y), r.w, r.h);
    for r in printed.iter().filter(|r| r.horizontal_overlap(&place) > 0 && r.vertical_overlap(&place) > 0) {
        let mut clear = own(r);
        if r.x < place.x {
            clear.w = r.right().saturating_sub(place.x);
        }
        if r.y < place.y {
            clear.h = r.bottom().saturating_sub(place.y);
        }
        spot.erase(clear);
    }
    for rule in rules.iter().filter(|r| r.left < place.right() && r.right > place.x) {
        for x in rule.left.max(place.x)..rule.right.min(place.right()) {
            let half = rule.thickness / 2.0 + 1.5;
            let (top, bottom) = ((rule.y_at(x) - half).max(place.y as f32) as u32, (rule.y_at(x) + half).max(0.0) as u32);
            if bottom >= place.y && top < place.bottom() {
                // A stroke that crosses the rule goes on above and below: it is found there.
                spot.erase(Rect::new(x - place.x, top - place.y, 1, (bottom - top).min(place.bottom() - top)));
            }
        }
    }
    let least = scale.whole(2.5);
    let stroke = |b: &Blob| b.rect.w.max(b.rect.h) >= least && b.area >= scale.whole(1.0) * 3 && !is_border(b, &spot, scale);
    let kept: Vec<_> = spot.blobs().into_iter().filter(stroke).collect();
    let all = kept.iter().map(|b| b.rect).reduce(|a, b| a.union(&b))?;
    if all.w.max(all.h) < scale.whole(6.0) {
        return None;
    }
    let area: u32 = kept.iter().map(|b| b.area).sum();
    Some((area as f32 / (place.w * place.h).max(1) as f32, Rect::new(all.x + place.x, all.y + place.y, all.w, all.h)))
}

/// A straight line, or the frame that a form draws around the place: all its ink stands at the edge of its box.
fn is_border(blob: &Blob, spot: &Ink, scale: Scale) -> bool {
    let edge = scale.whole(1.3);
    let r = blob.rect;
    if r.w.min(r.h) <= scale.whole(0.8) && r.w.max(r.h) >= scale.whole(6.0) {
        return true;
    }
    if r.w <= 3 * edge || r.h <= 3 * edge {
        return false;
    }
    let inside = Rect::new(r.x + edge, r.y + edge, r.w - 2 * edge, r.h - 2 * edge);
    spot.share(inside) * (inside.w * inside.h) as f32 <= blob.area as f32 * 0.05
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    #[test]
    fn an_empty_frame_is_no_signature_and_a_signed_one_is() {
        let mut page = GrayImage::from_pixel(1200, 500, Luma([250]));
        let mut dot = |x: u32, y: u32| (0..3).for_each(|t| page.put_pixel(x, y + t, Luma([60])));
        // A little askew, as scanned.
        (0..820u32).for_each(|x| [180, 400].into_iter().for_each(|y| dot(200 + x, y + x / 200)));
        (0..220u32).for_each(|y| (0..3).for_each(|t| [200, 1018].into_iter().for_each(|x| dot(x + t + y / 200, 180 + y))));
        let (place, scale) = (Rect::new(100, 150, 1000, 300), Scale::new(300));
        assert!(strokes(&Ink::below(&page, 128), place, &[], &[], scale).is_none());
        for x in 0..300u32 {
            let y = (290.0 + 40.0 * (x as f32 / 25.0).sin()) as u32;
            (0..6).for_each(|t| page.put_pixel(420 + x, y + t, Luma([40])));
        }
        assert!(strokes(&Ink::below(&page, 128), place, &[], &[], scale).is_some());
    }

    #[test]
    fn a_scrawl_is_a_signature_and_a_dotted_line_with_dust_is_none() {
        let mut page = GrayImage::from_pixel(1200, 500, Luma([250]));
        (300..900).step_by(12).for_each(|x| (0..4).for_each(|d| page.put_pixel(x + d, 300, Luma([90]))));
        (0..8).for_each(|x| (0..8).for_each(|y| page.put_pixel(500 + x, 220 + y, Luma([30]))));
        let place = Rect::new(100, 150, 1000, 300);
        let scale = Scale::new(300);
        assert!(strokes(&Ink::below(&page, 128), place, &[], &[], scale).is_none());
        for x in 0..300u32 {
            let y = (250.0 + 40.0 * (x as f32 / 25.0).sin()) as u32;
            (0..6).for_each(|t| page.put_pixel(420 + x, y + t, Luma([40])));
        }
        let (share, rect) = strokes(&Ink::below(&page, 128), place, &[], &[], scale).unwrap();
        assert!(share > 0.004 && rect.w >= 290, "{share} {rect:?}");
    }
}
