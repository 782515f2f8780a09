//! Which place belongs to which label: right of it on its line, in its own cell, or under it.

use super::ink::Scale;
use super::labels::Match;
use super::places::{Place, Shape};
use super::text::Run;
use crate::domain::Rect;

/// A run that is a label, and what it may mean.
#[derive(Clone, Debug)]
pub struct Label<'c> {
    /// Index of its run.
    pub run: usize,
    pub rect: Rect,
    pub matched: Match<'c>,
    /// Another label follows at once: this one only says what that is about, and has no place of its own.
    pub prefix: bool,
}

/// A label with its place.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Index of the label.
    pub label: usize,
    /// The place, cut to this label's share of it.
    pub place: Place,
    /// Index of the whole place.
    pub origin: Option<usize>,
    /// No line, frame or comb: paper beside the label.
    pub free: bool,
}

/// Everything that stands on the page beside places.
pub struct Sheet<'a, 'c> {
    pub runs: &'a [Run],
    pub labels: &'a [Label<'c>],
    pub boxes: &'a [Rect],
    pub places: &'a [Place],
    pub width: u32,
    /// Height of usual print, pixels.
    pub print: f32,
    pub scale: Scale,
}

/// One way to attach a label; `cost` in millimetres, more or less.
struct Offer {
    cost: f32,
    label: usize,
    /// Index of the place; a line may be offered in shares.
    place: usize,
    share: Place,
    shared: bool,
}

/// Attaches each label to at most one place, the cheapest offers first; then labels without a place
/// to the free paper right of them.
#[must_use]
pub fn attach(sheet: &Sheet) -> Vec<Pair> {
    let mut offers: Vec<Offer> = Vec::new();
    let own = |label: &usize| !sheet.labels[*label].prefix;
    for label in (0..sheet.labels.len()).filter(own) {
        for place in 0..sheet.places.len() {
            offers.extend(sheet.beside(label, place));
            offers.extend(sheet.below(label, place));
            offers.extend(sheet.inside(label, place));
        }
    }
    offers.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let mut taken: Vec<Option<bool>> = vec![None; sheet.places.len()];
    let mut pairs: Vec<Pair> = Vec::new();
    for offer in offers {
        let free = match taken[offer.place] {
            None => true,
            Some(shared) => shared && offer.shared,
        };
        if free && !pairs.iter().any(|p| p.label == offer.label) {
            taken[offer.place] = Some(offer.shared);
            pairs.push(Pair { label: offer.label, place: offer.share, origin: Some(offer.place), free: false });
        }
    }
    for label in (0..sheet.labels.len()).filter(own) {
        if !pairs.iter().any(|p| p.label == label) {
            pairs.extend(sheet.free_paper(label));
        }
    }
    pairs.sort_by_key(|p| p.label);
    pairs
}

impl Sheet<'_, '_> {
    /// The place right of a label, on its line or in the next cell.
    fn beside(&self, label: usize, place: usize) -> Option<Offer> {
        let (own, spot) = (&self.labels[label], &self.places[place]);
        let r = own.rect;
        if self.heads(own) {
            return None;
        }
        let offer = |cost: f32, share: Place, shared: bool| Some(Offer { cost, label, place, share, shared });
        match &spot.shape {
            Shape::Line { rule } => {
                let y = rule.y_at(r.right().clamp(rule.left, rule.right));
                let base = r.bottom() as f32;
                if (y - base).abs() > self.scale.px(2.6) {
                    return None;
                }
                let end = self.next_label(own, rule.right);
                let start = rule.left.max(r.right() + self.scale.whole(0.4));
                if end < start + self.scale.whole(6.0) || start > r.right() + self.scale.whole(45.0) || self.between(own, start) {
                    return None;
                }
                let shared = rule.left < r.right();
                let cost = (start - r.right()) as f32 / self.scale.px(1.0) + (y - base).abs() / self.scale.px(1.0);
                offer(cost, cut(spot, start, end), shared || end < rule.right)
            }
            Shape::Comb { .. } | Shape::Frame => {
                let rect = spot.rect;
                if rect.x + self.scale.whole(1.0) < r.right() || rect.vertical_overlap(&r) * 2 < r.h || self.foreign(own, spot) {
                    return None;
                }
                if self.between(own, rect.x) {
                    return None;
                }
                // In a table the gap is the rest of the label's own cell.
                let from = self.cell_of(&r).map_or(r.right(), |cell| cell.right().max(r.right()));
                let gap = rect.x.saturating_sub(from) as f32 / self.scale.px(1.0);
                (gap <= 45.0).then(|| offer(gap + 2.0, spot.clone(), false)).flatten()
            }
        }
    }

    /// The place under a label.
    fn below(&self, label: usize, place: usize) -> Option<Offer> {
        let (own, spot) = (&self.labels[label], &self.places[place]);
        let (r, rect) = (own.rect, spot.rect);
        if self.heads(own) {
            return None;
        }
        let mm = self.scale.px(1.0);
        let (edge, room) = match &spot.shape {
            Shape::Line { rule } => (rule.y_at(r.x.clamp(rule.left, rule.right)), (3.2, 15.0)),
            Shape::Comb { .. } => (rect.y as f32, (-0.8, 7.0)),
            Shape::Frame => (rect.y as f32, (-0.8, 9.0)),
        };
        let away = (edge - r.bottom() as f32) / mm;
        let starts = (rect.x as f32 - r.x as f32) / mm;
        let over = rect.horizontal_overlap(&r) * 2 >= r.w;
        if away < room.0 || away > room.1 || !(over || (-6.0..=8.0).contains(&starts)) || self.foreign(own, spot) {
            return None;
        }
        // Two labels over one long line share it; the line of another column does not.
        let end = if matches!(spot.shape, Shape::Line { .. }) { self.next_above(own, rect.right()) } else { rect.right() };
        let left = if over && starts < -6.0 { r.x } else { rect.x };
        if end < left + self.scale.whole(6.0) || self.over(own, spot, left.max(r.x), end) {
            return None;
        }
        let cost = 4.0 + away.max(0.0) * 0.8 + starts.abs().min(12.0) * 0.5;
        let shared = end < rect.right() || left > rect.x;
        let share = if shared { cut(spot, left, end) } else { spot.clone() };
        Some(Offer { cost, label, place, share: under(share, r), shared })
    }

    /// True when a label is the heading of a part of the form: larger than usual print, or with a number apart.
    fn heads(&self, own: &Label) -> bool {
        let run = &self.runs[own.run];
        let mut heights: Vec<u32> = run.words.iter().filter(|(t, _)| t.chars().count() >= 3).map(|(_, r)| r.h).collect();
        heights.sort_unstable();
        let tall = heights.get(heights.len() / 2).is_some_and(|h| *h as f32 > self.print * 1.4);
        tall || super::resolve::numbered_before(run, self.runs)
    }

    /// The rest of the label's own frame: under the label, else right of it.
    fn inside(&self, label: usize, place: usize) -> Option<Offer> {
        let (own, spot) = (&self.labels[label], &self.places[place]);
        let (r, cell) = (own.rect, spot.rect);
        let (cx, cy) = r.centre();
        if spot.shape != Shape::Frame || !cell.contains(cx, cy) || cell.h > self.scale.whole(32.0) {
            return None;
        }
        let right = self
            .labels
            .iter()
            .filter(|l| l.rect.x > r.right() && cell.contains(l.rect.x, l.rect.centre().1))
            .map(|l| l.rect.x)
            .min()
            .unwrap_or(cell.right());
        let down = self
            .labels
            .iter()
            .filter(|l| l.rect.y > r.bottom() && l.rect.x < right && cell.contains(l.rect.x, l.rect.centre().1))
            .map(|l| l.rect.y)
            .min()
            .unwrap_or(cell.bottom());
        let under_label = Rect::new(
            cell.x.max(if right == cell.right() { cell.x } else { r.x }),
            r.bottom() + 1,
            right.saturating_sub(cell.x),
            down.saturating_sub(r.bottom() + 1),
        );
        let under_label = Rect::new(under_label.x, under_label.y, right.saturating_sub(under_label.x), under_label.h);
        let beside = Rect::new(
            r.right() + self.scale.whole(0.5),
            cell.y,
            right.saturating_sub(r.right() + self.scale.whole(0.5)),
            down.saturating_sub(cell.y),
        );
        let rect = if under_label.h >= self.scale.whole(4.2) {
            under_label
        } else if beside.w >= self.scale.whole(12.0) {
            beside
        } else {
            return None;
        };
        Some(Offer { cost: 9.0, label, place, share: Place { shape: Shape::Frame, rect }, shared: true })
    }

    /// Paper right of a label up to the next print; at least 15 millimetres.
    fn free_paper(&self, label: usize) -> Option<Pair> {
        let own = &self.labels[label];
        let r = own.rect;
        let margin = self.width.saturating_sub(self.scale.whole(8.0));
        let start = r.right() + self.scale.whole(0.6);
        let colon = self.runs[own.run].text().trim_end().ends_with(':');
        let end = self.next_label(own, self.labels_cell_end(&r).unwrap_or(margin));
        if !colon || end < start + self.scale.whole(15.0) {
            return None;
        }
        let tall = self.scale.whole(1.8);
        let rect = Rect::new(start, r.y.saturating_sub(tall), end - start, r.h + 2 * tall);
        Some(Pair { label, place: Place { shape: Shape::Frame, rect }, origin: None, free: true })
    }

    fn labels_cell_end(&self, r: &Rect) -> Option<u32> {
        self.cell_of(r).map(|c| c.right())
    }

    /// The frame in which a label stands.
    fn cell_of(&self, r: &Rect) -> Option<Rect> {
        let (x, y) = r.centre();
        let frames = self.places.iter().filter(|p| p.shape == Shape::Frame && p.rect.contains(x, y));
        frames.map(|p| p.rect).min_by_key(|f| u64::from(f.w) * u64::from(f.h))
    }

    /// True when another label (or a box) stands in a frame: it is that one's cell.
    fn foreign(&self, own: &Label, spot: &Place) -> bool {
        if spot.shape != Shape::Frame {
            return false;
        }
        let inside = |r: &Rect| spot.rect.contains(r.centre().0, r.centre().1);
        inside(&own.rect) || self.labels.iter().any(|l| inside(&l.rect)) || self.boxes.iter().any(inside)
    }

    /// True when print stands between a label and a place that begins at `start`.
    fn between(&self, own: &Label, start: u32) -> bool {
        let r = own.rect;
        let blocks = |o: &Rect| o.x >= r.right() && o.centre().0 < start && o.vertical_overlap(&r) * 2 > o.h.min(r.h);
        self.boxes.iter().any(blocks)
            || self.runs.iter().enumerate().any(|(i, run)| i != own.run && blocks(&run.rect))
            || self.labels.iter().any(|l| l.rect != r && blocks(&l.rect))
    }

    /// Where the next label or box on the line of `own` begins, at most `end`.
    fn next_label(&self, own: &Label, end: u32) -> u32 {
        let r = own.rect;
        let follows = |o: &Rect| o.x >= r.right() && o.vertical_overlap(&r) * 2 > o.h.min(r.h);
        let labels = self.labels.iter().map(|l| l.rect).filter(follows);
        let next = labels.chain(self.boxes.iter().copied().filter(follows)).map(|o| o.x.saturating_sub(self.scale.whole(0.8))).min();
        next.map_or(end, |n| n.min(end))
    }

    /// Where the next label above a line begins.
    fn next_above(&self, own: &Label, end: u32) -> u32 {
        self.next_label(own, end)
    }

    /// True when print that is no hint of `own` stands between it and the place under it. What stands on the
    /// place itself is an answer.
    fn over(&self, own: &Label, spot: &Place, left: u32, right: u32) -> bool {
        let r = own.rect;
        let edge = match &spot.shape {
            Shape::Line { rule } => rule.y() - self.print * 0.2,
            _ => spot.rect.y as f32,
        };
        let hint = |o: &Rect| o.y as f32 <= r.bottom() as f32 + self.print * 0.7 && o.h as f32 <= r.h as f32 * 1.15;
        let answer = |o: &Rect| matches!(spot.shape, Shape::Line { .. }) && (o.bottom() as f32) > edge - self.scale.px(2.6);
        let blocks = |o: &Rect| o.y >= r.y + r.h / 2 && (o.centre().1 as f32) < edge && o.x < right && o.right() > left && *o != r;
        let boxed = self.boxes.iter().any(blocks);
        let labelled = self.labels.iter().any(|l| l.rect != r && blocks(&l.rect));
        let printed =
            self.runs.iter().enumerate().any(|(i, run)| i != own.run && blocks(&run.rect) && !hint(&run.rect) && !answer(&run.rect));
        boxed || labelled || printed
    }
}

/// The share of a line between two columns.
fn cut(place: &Place, left: u32, right: u32) -> Place {
    let rect = Rect::new(left, place.rect.y, right.saturating_sub(left), place.rect.h);
    match &place.shape {
        Shape::Line { rule } => {
            let mut rule = *rule;
            rule.y_left = rule.y_at(left);
            (rule.left, rule.right) = (left, right);
            Place { shape: Shape::Line { rule }, rect }
        }
        other => Place { shape: other.clone(), rect },
    }
}

/// A line's strip begins under its label.
fn under(mut place: Place, label: Rect) -> Place {
    if matches!(place.shape, Shape::Line { .. }) && place.rect.y < label.bottom() && label.horizontal_overlap(&place.rect) > 0 {
        let bottom = place.rect.bottom();
        place.rect.y = label.bottom() + 1;
        place.rect.h = bottom.saturating_sub(place.rect.y);
    }
    place
}
