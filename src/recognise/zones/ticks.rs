//! Tick boxes: marked, clear or doubtful, with the words beside them and the words of their group.

use super::ink::Scale;
use super::text::Run;
use crate::domain::{CheckBox, Rect, TickState};
use image::GrayImage;

/// Share of dark pixels inside the frame under which a box is clear, and from which it is marked. Between them a
/// person looks. Measured on 1,296 boxes: a marked one has 5 % or more, a clear one under 2 %.
const CLEAR: f32 = 0.022;
const MARKED: f32 = 0.055;

/// Tick boxes among the small frames of a page: those with words beside them.
#[must_use]
pub fn ticks(grey: &GrayImage, squares: &[Rect], runs: &[Run], print: f32, scale: Scale) -> Vec<CheckBox> {
    let boxes: Vec<Rect> = squares
        .iter()
        .copied()
        .filter(|r| r.w <= scale.whole(6.5) && r.h <= scale.whole(6.5) && r.w * 4 >= r.h * 3 && r.h * 4 >= r.w * 3)
        .collect();
    let mut rows = rows(boxes);
    rows.sort_by_key(|r| r[0].y);
    let mut found: Vec<CheckBox> = Vec::new();
    let mut before: Option<(Rect, String)> = None;
    for row in &rows {
        let left_hand = answers_left(row, runs, print);
        let words: Vec<Option<&Run>> =
            row.iter().map(|b| if left_hand { left_of(b, runs, print) } else { right_of(b, runs, print) }).collect();
        if words.iter().all(Option::is_none) {
            continue;
        }
        let taken: Vec<Rect> = words.iter().flatten().map(|r| r.rect).collect();
        let group = group(row, runs, &taken, before.as_ref(), print, scale);
        before = Some((row[0], group.clone()));
        for (rect, run) in row.iter().zip(words) {
            let Some(run) = run else { continue };
            let (ink, state) = mark(grey, *rect, scale);
            found.push(CheckBox { rect: *rect, words: run.text(), group: group.clone(), ink, state });
        }
    }
    found
}

/// Boxes that stand on one line, from left to right.
fn rows(mut boxes: Vec<Rect>) -> Vec<Vec<Rect>> {
    boxes.sort_by_key(|b| b.x);
    let mut rows: Vec<Vec<Rect>> = Vec::new();
    for b in boxes {
        match rows.iter_mut().find(|r| r.last().is_some_and(|l| l.vertical_overlap(&b) * 2 > b.h)) {
            Some(row) => row.push(b),
            None => rows.push(vec![b]),
        }
    }
    rows
}

fn right_of<'r>(b: &Rect, runs: &'r [Run], print: f32) -> Option<&'r Run> {
    let reach = (print * 2.2) as u32;
    let near =
        |r: &&Run| r.rect.x + b.w / 3 >= b.right() && r.rect.x <= b.right() + reach && r.rect.vertical_overlap(b) * 2 > r.rect.h.min(b.h);
    runs.iter().filter(near).min_by_key(|r| r.rect.x)
}

fn left_of<'r>(b: &Rect, runs: &'r [Run], print: f32) -> Option<&'r Run> {
    let reach = (print * 2.2) as u32;
    let near =
        |r: &&Run| r.rect.right() <= b.x + b.w / 3 && r.rect.right() + reach >= b.x && r.rect.vertical_overlap(b) * 2 > r.rect.h.min(b.h);
    runs.iter().filter(near).max_by_key(|r| r.rect.right())
}

/// True when the words of this row stand left of their boxes ("Oui □  Non □").
fn answers_left(row: &[Rect], runs: &[Run], print: f32) -> bool {
    let last = row.last().is_some_and(|b| right_of(b, runs, print).is_none());
    last && row.iter().all(|b| left_of(b, runs, print).is_some())
}

/// The words that say what the row asks: left of its first box, of the row above that it goes on, or above it.
fn group(row: &[Rect], runs: &[Run], taken: &[Rect], before: Option<&(Rect, String)>, print: f32, scale: Scale) -> String {
    let first = row[0];
    let free = |r: &&Run| !taken.contains(&r.rect);
    let left = runs
        .iter()
        .filter(free)
        .filter(|r| r.rect.right() <= first.x + first.w / 3 && r.rect.vertical_overlap(&first) * 2 > r.rect.h.min(first.h));
    if let Some(run) = left.filter(|r| first.x.saturating_sub(r.rect.right()) <= scale.whole(70.0)).max_by_key(|r| r.rect.right()) {
        return run.text();
    }
    let continues =
        |(above, _): &&(Rect, String)| first.y > above.y && first.y - above.y <= above.h * 3 && first.x.abs_diff(above.x) <= first.w;
    let above = runs.iter().filter(free).filter(|r| {
        let gap = first.y as f32 - r.rect.bottom() as f32;
        gap > -print * 0.3 && gap <= scale.px(7.0) && r.rect.x <= first.x + first.w && r.rect.right() + scale.whole(12.0) > first.x
    });
    let above = above.max_by_key(|r| r.rect.bottom()).map(Run::text);
    match before.filter(continues) {
        Some((_, group)) if !group.is_empty() => group.clone(),
        _ => above.unwrap_or_default(),
    }
}

/// How much of the inner box is ink, and what that means. The frame itself is left out, however thick it came out.
/// Share of dark pixels inside a frame, and what it means.
pub(super) fn mark(grey: &GrayImage, rect: Rect, scale: Scale) -> (f32, TickState) {
    let paper = paper_around(grey, rect, scale);
    let inset = (rect.w.min(rect.h) as f32 * 0.17).max(scale.px(0.45)).round() as u32;
    let inner = Rect::new(rect.x + inset, rect.y + inset, rect.w.saturating_sub(2 * inset), rect.h.saturating_sub(2 * inset));
    // Half way between the paper and the frame's own ink; a pale copy has pale frames and pale marks.
    let frame = frame_grey(grey, rect);
    let limit = (f32::from(paper) - ((f32::from(paper) - f32::from(frame)) * 0.45).max(28.0)).max(0.0);
    let (mut dark, mut all) = (0u32, 0u32);
    for y in inner.y..inner.bottom().min(grey.height()) {
        for x in inner.x..inner.right().min(grey.width()) {
            all += 1;
            dark += u32::from(f32::from(grey.get_pixel(x, y).0[0]) < limit);
        }
    }
    let ink = dark as f32 / all.max(1) as f32;
    let state = if ink < CLEAR {
        TickState::Clear
    } else if ink >= MARKED {
        TickState::Marked
    } else {
        TickState::Doubtful
    };
    (ink, state)
}

/// Grey of the paper just around a box.
fn paper_around(grey: &GrayImage, rect: Rect, scale: Scale) -> u8 {
    let far = scale.whole(1.2);
    let mut values: Vec<u8> = Vec::new();
    let (left, top) = (rect.x.saturating_sub(far), rect.y.saturating_sub(far));
    for y in top..(rect.bottom() + far).min(grey.height()) {
        for x in left..(rect.right() + far).min(grey.width()) {
            if !rect.contains(x, y) {
                values.push(grey.get_pixel(x, y).0[0]);
            }
        }
    }
    values.sort_unstable();
    values.get(values.len() * 3 / 4).copied().unwrap_or(255)
}

/// Grey of the frame's lines: the darkest of each row's first pixels, in the middle of them.
fn frame_grey(grey: &GrayImage, rect: Rect) -> u8 {
    let mut values: Vec<u8> = (rect.y..rect.bottom().min(grey.height()))
        .filter_map(|y| (rect.x.saturating_sub(2)..(rect.x + 4).min(grey.width())).map(|x| grey.get_pixel(x, y).0[0]).min())
        .collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn run(text: &str, x: u32, y: u32, w: u32) -> Run {
        Run { words: vec![(text.into(), Rect::new(x, y, w, 30))], rect: Rect::new(x, y, w, 30) }
    }

    fn frame(page: &mut GrayImage, r: Rect) {
        for y in r.y..r.bottom() {
            for x in r.x..r.right() {
                if x < r.x + 3 || x >= r.right() - 3 || y < r.y + 3 || y >= r.bottom() - 3 {
                    page.put_pixel(x, y, Luma([70]));
                }
            }
        }
    }

    #[test]
    fn states_words_and_group_of_a_row_and_of_the_line_that_goes_on() {
        let mut page = GrayImage::from_pixel(1200, 300, Luma([245]));
        let boxes = [Rect::new(300, 100, 40, 40), Rect::new(600, 100, 40, 40), Rect::new(300, 160, 40, 40)];
        for b in &boxes {
            frame(&mut page, *b);
        }
        // A tick, and a speck of dust.
        (0..26).for_each(|i| (0..4).for_each(|t| page.put_pixel(608 + i, 130 - i + t, Luma([60]))));
        (0..5).for_each(|i| (0..5).for_each(|j| page.put_pixel(318 + i, 178 + j, Luma([60]))));
        let runs = [
            run("Situation de famille :", 20, 105, 250),
            run("Célibataire", 350, 105, 150),
            run("Marié(e)", 650, 105, 120),
            run("Veuf(ve)", 350, 165, 120),
        ];
        let mut found = ticks(&page, &boxes, &runs, 30.0, Scale::new(300));
        found.sort_by_key(|c| (c.rect.y, c.rect.x));
        let told: Vec<_> = found.iter().map(|c| (c.words.as_str(), c.group.as_str(), c.state)).collect();
        let group = "Situation de famille :";
        assert_eq!(
            told,
            [("Célibataire", group, TickState::Clear), ("Marié(e)", group, TickState::Marked), ("Veuf(ve)", group, TickState::Doubtful)]
        );
    }

    #[test]
    fn words_left_of_the_boxes_are_theirs_when_nothing_stands_on_the_right() {
        let mut page = GrayImage::from_pixel(900, 200, Luma([245]));
        let boxes = [Rect::new(300, 100, 40, 40), Rect::new(500, 100, 40, 40)];
        for b in &boxes {
            frame(&mut page, *b);
        }
        let runs = [run("Oui", 240, 105, 50), run("Non", 440, 105, 50)];
        let words: Vec<String> = ticks(&page, &boxes, &runs, 30.0, Scale::new(300)).into_iter().map(|c| c.words).collect();
        assert_eq!(words, ["Oui", "Non"]);
    }
}
