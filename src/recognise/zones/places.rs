//! Places to write, from geometry alone: combs, frames and table cells, lines.

use super::ink::{Ink, Scale};
use super::rules::Rule;
use crate::domain::Rect;

/// What a place looks like.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One cell per character, from left to right, insides.
    Comb { cells: Vec<Rect> },
    /// A ruled or dotted line; writing stands on it.
    Line { rule: Rule },
    /// A frame or table cell, inside.
    Frame,
}

/// A place to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub shape: Shape,
    /// Comb: outer edges. Line: the strip from the highest letter to the deepest descender. Frame: inside.
    pub rect: Rect,
}

impl Place {
    #[must_use]
    pub fn is_comb(&self) -> bool {
        matches!(self.shape, Shape::Comb { .. })
    }
}

/// Widths of a comb's cells, millimetres.
const CELL_MM: (f32, f32) = (2.4, 9.5);
/// Heights of a comb's or table's row.
const ROW_MM: (f32, f32) = (3.0, 60.0);
/// No comb is higher.
const COMB_MM: f32 = 14.0;
/// Share of a band's height that a drawn separator covers.
const SEPARATOR: f32 = 0.8;
/// Height of writing over a line, and depth of descenders under it.
const WRITING_MM: f32 = 8.5;
const DESCENDER_MM: f32 = 2.2;

/// All places of a page; `squares` are small frames of the page (tick boxes and separate cells).
/// Gives the places and the squares that are cells of combs.
#[must_use]
pub fn places(rules: &[Rule], squares: &[Rect], ink: &Ink, scale: Scale) -> (Vec<Place>, Vec<Rect>) {
    let ruled: Vec<Rule> = rules.iter().filter(|r| r.dots.is_none()).copied().collect();
    let mut used = vec![false; ruled.len()];
    let mut found = bands(&ruled, &mut used, ink, scale);
    found.extend(toothed(&ruled, &mut used, ink, scale));
    let (separate, cells) = separate(squares, scale);
    found.extend(separate);
    let mut found = merge_groups(found, ink, scale);
    let free = ruled.iter().zip(&used).filter(|(_, u)| !**u).map(|(r, _)| *r).filter(|r| r.length() >= scale.whole(10.0));
    let lines: Vec<Rule> = free.chain(rules.iter().filter(|r| r.dots.is_some()).copied()).collect();
    for rule in &lines {
        found.push(line_place(rule, &lines, scale));
    }
    (found, cells)
}

/// The strip over a line, no higher than the next line above it.
fn line_place(rule: &Rule, lines: &[Rule], scale: Scale) -> Place {
    let y = rule.y();
    let nearest = lines
        .iter()
        .filter(|o| o.left < rule.right && rule.left < o.right)
        .map(|o| y - o.y_at(rule.left.midpoint(rule.right)))
        .filter(|d| *d > scale.px(3.0))
        .fold(scale.px(WRITING_MM), |a, d| a.min(d - scale.px(0.8)));
    let rise = (rule.slope * rule.length() as f32).abs();
    let top = (y - nearest - rise / 2.0).max(0.0) as u32;
    let bottom = (y + scale.px(DESCENDER_MM) + rise / 2.0) as u32;
    Place { shape: Shape::Line { rule: *rule }, rect: Rect::new(rule.left, top, rule.length(), bottom - top) }
}

/// Cells between each ruled line and the next one under it.
fn bands(ruled: &[Rule], used: &mut [bool], ink: &Ink, scale: Scale) -> Vec<Place> {
    let mut found = Vec::new();
    for (a, upper) in ruled.iter().enumerate() {
        for (b, lower) in ruled.iter().enumerate() {
            let (left, right) = (upper.left.max(lower.left), upper.right.min(lower.right));
            let height = lower.y_at(left) - upper.y_at(left);
            if right < left + scale.whole(4.0) || height < scale.px(ROW_MM.0) || height > scale.px(ROW_MM.1) {
                continue;
            }
            if blocked(ruled, a, b, left, right) {
                continue;
            }
            let separators = separators(ink, upper, lower, left, right, scale);
            let cells = cells_between(&separators, upper, lower);
            if cells.is_empty() {
                continue;
            }
            used[a] = true;
            used[b] = true;
            found.extend(as_places(&cells, height, scale));
        }
    }
    found
}

/// True when a third line lies between the two over half of their common width.
fn blocked(ruled: &[Rule], a: usize, b: usize, left: u32, right: u32) -> bool {
    let (upper, lower) = (&ruled[a], &ruled[b]);
    ruled.iter().enumerate().any(|(c, rule)| {
        let (from, to) = (rule.left.max(left), rule.right.min(right));
        c != a && c != b && to > from && (to - from) * 2 > right - left && {
            let y = rule.y_at(from);
            y > upper.y_at(from) + 2.0 && y < lower.y_at(from) - 2.0
        }
    })
}

/// Columns (start, end) of upright lines that join two ruled lines.
fn separators(ink: &Ink, upper: &Rule, lower: &Rule, left: u32, right: u32, scale: Scale) -> Vec<(u32, u32)> {
    let margin = scale.whole(0.6);
    let inset = scale.px(0.3);
    let reach = ((lower.y() - upper.y()) * 0.004).round() as u32;
    let mut found: Vec<(u32, u32)> = Vec::new();
    for x in left.saturating_sub(margin)..(right + margin).min(ink.width) {
        let at = x.clamp(upper.left.min(lower.left), upper.right.max(lower.right));
        let top = (upper.y_at(at) + upper.thickness / 2.0 + inset) as u32;
        let bottom = (lower.y_at(at) - lower.thickness / 2.0 - inset).max(0.0) as u32;
        if ink.column(x, top, bottom, reach) >= SEPARATOR {
            match found.last_mut() {
                Some((_, end)) if x <= *end + 2 => *end = x + 1,
                _ => found.push((x, x + 1)),
            }
        }
    }
    found.retain(|(from, to)| to - from <= scale.whole(1.2));
    found
}

/// Insides of the cells between neighbouring separators; a comb's even grid throws out strokes of writing.
fn cells_between(separators: &[(u32, u32)], upper: &Rule, lower: &Rule) -> Vec<Rect> {
    separators
        .windows(2)
        .filter(|w| w[1].0 > w[0].1)
        .map(|w| {
            let middle = w[0].1.midpoint(w[1].0);
            let top = (upper.y_at(middle) + upper.thickness / 2.0).ceil() as u32 + 1;
            let bottom = (lower.y_at(middle) - lower.thickness / 2.0).floor() as u32;
            Rect::new(w[0].1, top, w[1].0 - w[0].1, bottom.saturating_sub(top))
        })
        .collect()
}

/// Combs where cells are small and even, frames else.
fn as_places(cells: &[Rect], height: f32, scale: Scale) -> Vec<Place> {
    if height <= scale.px(COMB_MM)
        && let Some(even) = grid(cells, scale)
    {
        let mut found = vec![comb(even.clone())];
        let rest: Vec<Rect> = cells.iter().filter(|c| !even.iter().any(|e| e.horizontal_overlap(c) * 2 > c.w)).copied().collect();
        found.extend(rest.into_iter().filter(|c| c.w >= scale.whole(8.0)).map(|rect| Place { shape: Shape::Frame, rect }));
        return found;
    }
    let wide = cells.iter().filter(|c| c.w >= scale.whole(8.0) && c.h >= scale.whole(2.5));
    wide.map(|rect| Place { shape: Shape::Frame, rect: *rect }).collect()
}

/// A comb place from its cells.
fn comb(cells: Vec<Rect>) -> Place {
    let rect = cells.iter().skip(1).fold(cells[0], |a, c| a.union(c));
    Place { shape: Shape::Comb { cells }, rect }
}

/// The longest run of evenly spaced separators, as cells: a handwritten "1" between two of them does not fit the grid.
fn grid(cells: &[Rect], scale: Scale) -> Option<Vec<Rect>> {
    let (least, most) = (scale.px(CELL_MM.0), scale.px(CELL_MM.1));
    let mut edges: Vec<f32> = cells.iter().map(|c| c.x as f32).collect();
    edges.push(cells.last()?.right() as f32);
    let gap = cells.windows(2).map(|w| w[1].x - w[0].right()).max().unwrap_or(2) as f32;
    let mut best: (Vec<f32>, f32) = (Vec::new(), 0.0);
    for (i, start) in edges.iter().enumerate() {
        for next in &edges[i + 1..] {
            let pitch = next - start;
            if pitch < least || pitch > most {
                continue;
            }
            let (run, filled) = follow(&edges, *start, pitch);
            // An edge that is not drawn costs more than one that is: else half the pitch would always win.
            let score = run.len() as f32 - 3.0 * filled as f32;
            if score > best.1 {
                best = (run, score);
            }
        }
    }
    let best = best.0;
    if best.len() < 3 {
        return None;
    }
    let (top, bottom) = (cells.iter().map(|c| c.y).max()?, cells.iter().map(Rect::bottom).min()?);
    let h = bottom.saturating_sub(top);
    if h < scale.whole(2.0) {
        return None;
    }
    Some(best.windows(2).map(|w| Rect::new(w[0] as u32, top, (w[1] - w[0] - gap).max(1.0) as u32, h)).collect())
}

/// Edges from `start` in steps of `pitch`; single missing edges are filled in, and counted.
fn follow(edges: &[f32], start: f32, pitch: f32) -> (Vec<f32>, usize) {
    let mut run = vec![start];
    let mut filled = 0;
    let mut step = pitch;
    loop {
        let Some(last) = run.last().copied() else { return (run, filled) };
        let near =
            |x: f32| edges.iter().copied().filter(|e| (e - x).abs() <= pitch * 0.13).min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs()));
        if let Some(e) = near(last + step) {
            run.push(e);
            step = (e - start) / (run.len() - 1) as f32;
        } else if let Some(e) = near(last + 2.0 * step) {
            run.push(last + step);
            run.push(e);
            filled += 1;
        } else {
            return (run, filled);
        }
    }
}

/// Combs drawn as one line with short teeth on it.
fn toothed(ruled: &[Rule], used: &mut [bool], ink: &Ink, scale: Scale) -> Vec<Place> {
    let mut found = Vec::new();
    for (i, rule) in ruled.iter().enumerate() {
        if used[i] || rule.length() < scale.whole(12.0) {
            continue;
        }
        let tooth = scale.px(1.4);
        let mut teeth: Vec<(u32, u32)> = Vec::new();
        let margin = scale.whole(0.3);
        for x in rule.left.saturating_sub(margin)..(rule.right + margin).min(ink.width) {
            let y = rule.y_at(x.clamp(rule.left, rule.right)) - rule.thickness / 2.0;
            let (top, bottom) = ((y - tooth).max(0.0) as u32, y.max(0.0) as u32);
            if ink.column(x, top, bottom, 0) >= 0.95 {
                match teeth.last_mut() {
                    Some((_, end)) if x <= *end + 1 => *end = x + 1,
                    _ => teeth.push((x, x + 1)),
                }
            }
        }
        teeth.retain(|(from, to)| to - from <= scale.whole(0.8));
        let top = |x: u32| (rule.y_at(x) - scale.px(6.5)).max(0.0) as u32;
        let cells: Vec<Rect> = teeth
            .windows(2)
            .map(|w| {
                Rect::new(
                    w[0].1,
                    top(w[0].1),
                    w[1].0.saturating_sub(w[0].1).max(1),
                    (rule.y_at(w[0].1) - rule.thickness / 2.0) as u32 - top(w[0].1),
                )
            })
            .collect();
        if cells.len() < 4 {
            continue;
        }
        if let Some(even) = grid(&cells, scale) {
            let width: u32 = even.last().map_or(0, |l| l.right() - even[0].x);
            if even.len() >= 4 && width * 10 >= rule.length() * 8 {
                used[i] = true;
                found.push(comb(even));
            }
        }
    }
    found
}

/// Combs drawn as separate small frames: three or more of one size, evenly spaced, nothing between them.
fn separate(squares: &[Rect], scale: Scale) -> (Vec<Place>, Vec<Rect>) {
    let mut rest: Vec<Rect> = squares.to_vec();
    rest.sort_by_key(|r| (r.x, r.y));
    let mut found = Vec::new();
    let mut taken = Vec::new();
    while let Some(first) = rest.first().copied() {
        rest.remove(0);
        let mut run = vec![first];
        while let Some(last) = run.last().copied() {
            let fits = |r: &Rect| {
                let off = scale.whole(0.6);
                r.x >= last.right()
                    && r.x - last.right() <= last.w / 2
                    && r.y.abs_diff(last.y) <= off
                    && r.w.abs_diff(last.w) <= off
                    && r.h.abs_diff(last.h) <= off
            };
            match rest.iter().position(fits) {
                Some(next) => run.push(rest.remove(next)),
                None => break,
            }
        }
        if run.len() >= 3 && run[0].h >= scale.whole(3.0) {
            let inset = scale.whole(0.35);
            let inside = run
                .iter()
                .map(|r| Rect::new(r.x + inset, r.y + inset, r.w.saturating_sub(2 * inset).max(1), r.h.saturating_sub(2 * inset).max(1)));
            found.push(comb(inside.collect()));
            taken.extend(run);
        }
    }
    (found, taken)
}

/// Joins combs of one row that stand close: the groups of a date (JJ MM AAAA) or of a telephone number.
fn merge_groups(places: Vec<Place>, ink: &Ink, scale: Scale) -> Vec<Place> {
    let (mut combs, others): (Vec<Place>, Vec<Place>) = places.into_iter().partition(Place::is_comb);
    combs.sort_by_key(|p| p.rect.x);
    let mut joined: Vec<Place> = Vec::new();
    for place in combs {
        let Shape::Comb { cells } = &place.shape else { continue };
        let width = cells[0].w;
        let before = joined.iter_mut().find(|j| {
            let Shape::Comb { cells: own } = &j.shape else { return false };
            let gap = place.rect.x.saturating_sub(j.rect.right());
            place.rect.x + scale.whole(0.5) >= j.rect.right()
                && gap <= width
                && place.rect.y.abs_diff(j.rect.y) <= scale.whole(0.8)
                && own[0].w.abs_diff(width) <= width / 5
                && between_is_clear(ink, &j.rect, &place.rect)
        });
        match before {
            Some(j) => {
                if let Shape::Comb { cells: own } = &mut j.shape {
                    own.extend(cells.iter().copied());
                }
                j.rect = j.rect.union(&place.rect);
            }
            None => joined.push(place),
        }
    }
    joined.extend(others);
    joined
}

/// At most a printed slash, dash or dot stands between two groups.
fn between_is_clear(ink: &Ink, a: &Rect, b: &Rect) -> bool {
    if b.x <= a.right() + 6 {
        return true;
    }
    ink.share(Rect::new(a.right() + 3, a.y, b.x - a.right() - 6, a.h)) < 0.25
}

#[cfg(test)]
mod tests {
    use super::super::rules::{ruled, stretches};
    use super::super::squares::squares;
    use super::*;
    use image::{GrayImage, Luma};

    struct Sheet(GrayImage);

    impl Sheet {
        fn new() -> Self {
            Self(GrayImage::from_pixel(1800, 900, Luma([250])))
        }

        fn bar(&mut self, x: u32, y: u32, w: u32, h: u32) {
            (y..y + h).for_each(|y| (x..x + w).for_each(|x| self.0.put_pixel(x, y, Luma([60]))));
        }

        fn places(&self) -> Vec<Place> {
            let (ink, scale) = (Ink::below(&self.0, 128), Scale::new(300));
            let all = stretches(&ink, scale.whole(1.6), 2);
            places(&ruled(&all, scale), &squares(&all, &ink, scale), &ink, scale).0
        }
    }

    fn cells(place: &Place) -> usize {
        match &place.shape {
            Shape::Comb { cells } => cells.len(),
            _ => 0,
        }
    }

    #[test]
    fn a_comb_has_its_cells_though_somebody_wrote_a_tall_one_into_it() {
        let mut sheet = Sheet::new();
        sheet.bar(100, 100, 603, 3);
        sheet.bar(100, 180, 603, 3);
        (0..=10).for_each(|k| sheet.bar(100 + k * 60, 100, 3, 83));
        sheet.bar(190, 101, 4, 80);
        let found = sheet.places();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(cells(&found[0]), 10);
    }

    #[test]
    fn the_three_groups_of_a_date_are_one_comb_of_eight() {
        let mut sheet = Sheet::new();
        for (x, n) in [(100, 2), (260, 2), (420, 4)] {
            sheet.bar(x, 100, n * 60 + 3, 3);
            sheet.bar(x, 180, n * 60 + 3, 3);
            (0..=n).for_each(|k| sheet.bar(x + k * 60, 100, 3, 83));
        }
        let found = sheet.places();
        assert_eq!(found.iter().map(cells).collect::<Vec<_>>(), [8], "{found:?}");
    }

    #[test]
    fn teeth_on_a_line_and_separate_frames_are_combs_too() {
        let mut sheet = Sheet::new();
        sheet.bar(100, 300, 723, 3);
        (0..=12).for_each(|k| sheet.bar(100 + k * 60, 275, 3, 25));
        for k in 0..8 {
            let x = 100 + k * 70;
            for (x, y, w, h) in [(x, 500, 55, 3), (x, 562, 55, 3), (x, 500, 3, 65), (x + 52, 500, 3, 65)] {
                sheet.bar(x, y, w, h);
            }
        }
        let mut found: Vec<usize> = sheet.places().iter().map(cells).collect();
        found.sort_unstable();
        assert_eq!(found, [8, 12]);
    }

    #[test]
    fn a_table_gives_its_cells_and_a_lone_rule_a_line() {
        let mut sheet = Sheet::new();
        for y in [100, 200, 300] {
            sheet.bar(100, y, 1203, 3);
        }
        for x in [100, 500, 1300] {
            sheet.bar(x, 100, 3, 203);
        }
        sheet.bar(200, 600, 700, 3);
        let found = sheet.places();
        assert_eq!(found.iter().filter(|p| p.shape == Shape::Frame).count(), 4, "{found:?}");
        assert_eq!(found.iter().filter(|p| matches!(p.shape, Shape::Line { .. })).count(), 1);
    }
}
