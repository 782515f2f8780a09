//! Small frames, 2 to 7 millimetres: tick boxes, and the separate cells of some combs.

use super::ink::{Ink, Scale};
use super::rules::Stretch;
use crate::domain::{Rect, Word};

/// Shortest and longest side, millimetres.
const LEAST_MM: f32 = 2.0;
const MOST_MM: f32 = 8.0;
/// Share of each side that must be ink.
const SIDE: f32 = 0.8;

/// Frames among the page's stretches of ink, outer edges, without nesting.
#[must_use]
pub fn squares(stretches: &[Stretch], ink: &Ink, scale: Scale) -> Vec<Rect> {
    let (least, most, off) = (scale.px(LEAST_MM) as u32, scale.px(MOST_MM) as u32, scale.whole(0.45));
    let edges: Vec<Stretch> = stretches.iter().copied().filter(|s| (least..=most + 2 * off).contains(&(s.right - s.left))).collect();
    let mut found: Vec<Rect> = Vec::new();
    for (i, top) in edges.iter().enumerate() {
        // Only the first row of an edge starts a frame: ink above its middle means that this is inside something.
        let width = top.right - top.left;
        let below = edges[i + 1..].iter().take_while(|b| b.y <= top.y + most);
        let best = below
            .filter(|b| b.y >= top.y + least)
            .filter(|b| b.left.abs_diff(top.left) <= off && b.right.abs_diff(top.right) <= off)
            .filter_map(|bottom| frame(ink, *top, *bottom, scale))
            .max_by_key(|r| r.h.min(width + off));
        if let Some(rect) = best {
            insert(&mut found, rect);
        }
    }
    found
}

/// Frames that are no letters: those of the page's usual size, and others that no word covers.
#[must_use]
pub fn without_letters(squares: Vec<Rect>, words: &[Word]) -> Vec<Rect> {
    let letter = |s: &Rect| {
        let (x, y) = s.centre();
        words.iter().any(|w| w.rect.contains(x, y) && w.rect.w * 2 > s.w * 3 && w.text.chars().filter(|c| c.is_alphanumeric()).count() >= 2)
    };
    let like = |a: &Rect, b: &Rect| a.w.abs_diff(b.w) * 6 <= b.w && a.h.abs_diff(b.h) * 6 <= b.h;
    let free: Vec<Rect> = squares.iter().filter(|s| !letter(s)).copied().collect();
    let company = |s: &Rect| free.iter().filter(|o| like(s, o)).count();
    let usual = free.iter().copied().max_by_key(company).filter(|s| company(s) >= 4);
    squares.into_iter().filter(|s| usual.map_or_else(|| !letter(s), |u| like(s, &u))).collect()
}

/// The frame between two edges when both its sides are drawn and it is no wider than three times its height.
fn frame(ink: &Ink, top: Stretch, bottom: Stretch, scale: Scale) -> Option<Rect> {
    let (left, right) = (top.left.max(bottom.left), top.right.min(bottom.right));
    let height = bottom.y - top.y + 1;
    let width = right.checked_sub(left)?;
    if width < height / 2 || width > height * 2 {
        return None;
    }
    let reach = scale.whole(0.35);
    let side = |x: u32| (x.saturating_sub(reach)..=x + reach).map(|x| ink.column(x, top.y, bottom.y + 1, 0)).fold(0.0, f32::max);
    (side(left + 1) >= SIDE && side(right.saturating_sub(2)) >= SIDE).then(|| Rect::new(left, top.y, width, height))
}

/// Keeps the larger of two frames that overlap.
fn insert(found: &mut Vec<Rect>, rect: Rect) {
    let area = |r: &Rect| u64::from(r.w) * u64::from(r.h);
    let overlaps = |r: &Rect| {
        let common = u64::from(r.horizontal_overlap(&rect)) * u64::from(r.vertical_overlap(&rect));
        common * 10 > area(r).min(area(&rect)) * 3
    };
    if found.iter().any(|r| overlaps(r) && area(r) >= area(&rect)) {
        return;
    }
    found.retain(|r| !overlaps(r));
    found.push(rect);
}

#[cfg(test)]
mod tests {
    use super::super::rules::stretches;
    use super::*;
    use image::{GrayImage, Luma};

    fn draw(page: &mut GrayImage, r: Rect) {
        for x in r.x..r.right() {
            for t in 0..3 {
                page.put_pixel(x, r.y + t, Luma([30]));
                page.put_pixel(x, r.bottom() - 1 - t, Luma([30]));
            }
        }
        for y in r.y..r.bottom() {
            for t in 0..3 {
                page.put_pixel(r.x + t, y, Luma([30]));
                page.put_pixel(r.right() - 1 - t, y, Luma([30]));
            }
        }
    }

    #[test]
    fn empty_crossed_and_filled_boxes_are_found_once_each_and_a_letter_is_none() {
        let mut page = GrayImage::from_pixel(600, 200, Luma([250]));
        let boxes = [Rect::new(40, 60, 44, 44), Rect::new(200, 60, 44, 44), Rect::new(360, 60, 44, 44)];
        for b in &boxes {
            draw(&mut page, *b);
        }
        for i in 0..60 {
            (0..3).for_each(|t| {
                page.put_pixel(192 + i, 52 + i + t, Luma([20]));
                page.put_pixel(252 - i, 52 + i + t, Luma([20]));
            });
        }
        (62..102).for_each(|y| (362..402).for_each(|x| page.put_pixel(x, y, Luma([40]))));
        // A capital E as large as a box.
        (60..104).for_each(|y| (500..508).for_each(|x| page.put_pixel(x, y, Luma([0]))));
        for y in [60, 80, 98] {
            (500..540).for_each(|x| (y..y + 6).for_each(|y| page.put_pixel(x, y, Luma([0]))));
        }
        let ink = Ink::below(&page, 128);
        let mut found = squares(&stretches(&ink, 20, 2), &ink, Scale::new(300));
        found.sort_by_key(|r| r.x);
        assert_eq!(found.len(), 3, "{found:?}");
        for (f, b) in found.iter().zip(&boxes) {
            assert!(f.x.abs_diff(b.x) <= 3 && f.y.abs_diff(b.y) <= 3 && f.w.abs_diff(b.w) <= 5, "{f:?} for {b:?}");
        }
    }
}
