//! Which field a label means where it stands: under which heading, after which other label.

use super::attach::{Label, Pair, Sheet};
use super::ink::Ink;
use super::labels::{LabelBook, Sense, without_number};
use super::text::{Run, plain};
use crate::catalogue::Section;
use crate::domain::{FieldId, Rect};

/// A heading: from its row down, over its columns, until the next one.
struct Heading<'c> {
    rect: Rect,
    left: u32,
    right: u32,
    /// `None` ends what came before: the applicant again.
    section: Option<&'c Section>,
    /// Topic that the heading sets, when its words are a label too ("Adresse en France").
    topic: Option<String>,
}

/// Fields of each label, in the order of `labels`; empty where a label speaks of nobody who is asked for.
#[must_use]
pub fn resolve<'c>(book: &LabelBook<'c>, sheet: &Sheet<'_, 'c>, pairs: &[Pair], ink: &Ink) -> Vec<Vec<FieldId>> {
    let headings = headings(book, sheet, pairs, ink);
    let (labels, print) = (sheet.labels, sheet.print);
    let order = reading_order(labels, print);
    let mut found: Vec<Vec<FieldId>> = vec![Vec::new(); labels.len()];
    let mut topic: Option<String> = None;
    let mut under: Option<Rect> = None;
    for at in order {
        let label = &labels[at];
        let heading = above(&headings, &label.rect);
        if heading.map(|h| h.rect) != under {
            under = heading.map(|h| h.rect);
            topic = heading.and_then(|h| h.topic.clone());
        }
        let section = label.matched.section.or(heading.and_then(|h| h.section));
        let senses = meant(&label.matched.senses, topic.as_deref());
        // Only a label that says by itself what it means changes the topic.
        if let Some(sense) = senses.iter().find(|s| !s.topic_only) {
            topic = sense.field.topic.clone().or_else(|| Some(sense.field.id.to_string()));
        }
        for field in senses.iter().filter_map(|s| book.under(s.field, section)) {
            if !found[at].contains(&field) {
                found[at].push(field);
            }
        }
    }
    found
}

/// The senses of a label under a topic: those of the topic; else all, when they speak of one thing.
fn meant<'a, 'c>(senses: &'a [Sense<'c>], topic: Option<&str>) -> Vec<&'a Sense<'c>> {
    let own: Vec<_> = senses.iter().filter(|s| s.field.topic.is_some() && s.field.topic.as_deref() == topic).collect();
    if !own.is_empty() {
        return own;
    }
    let free: Vec<_> = senses.iter().filter(|s| !s.topic_only).collect();
    let same = free.windows(2).all(|w| w[0].field.topic.is_some() && w[0].field.topic == w[1].field.topic);
    // "Valable jusqu'au" of nobody knows what: no field rather than a guess.
    if same { free } else { Vec::new() }
}

/// Labels row by row, each row from left to right.
fn reading_order(labels: &[Label], print: f32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|l| labels[*l].rect.centre().1);
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for label in order {
        let y = labels[label].rect.centre().1 as f32;
        match rows.last_mut().filter(|row| y - (labels[row[0]].rect.centre().1 as f32) < print * 0.8) {
            Some(row) => row.push(label),
            None => rows.push(vec![label]),
        }
    }
    for row in &mut rows {
        row.sort_by_key(|l| labels[*l].rect.x);
    }
    rows.concat()
}

/// The last heading above a place in its columns.
fn above<'h, 'c>(headings: &'h [Heading<'c>], rect: &Rect) -> Option<&'h Heading<'c>> {
    let (x, y) = rect.centre();
    headings.iter().filter(|h| h.rect.y <= y && x >= h.left && x < h.right).max_by_key(|h| h.rect.y)
}

fn headings<'c>(book: &LabelBook<'c>, sheet: &Sheet<'_, 'c>, pairs: &[Pair], ink: &Ink) -> Vec<Heading<'c>> {
    let Sheet { runs, labels, boxes, print, scale, .. } = *sheet;
    let usual = usual_weight(runs, ink);
    let attached =
        |run: usize| labels.iter().enumerate().any(|(l, label)| label.run == run && pairs.iter().any(|p| p.label == l && !p.free));
    let shouted = capitals_are_usual(runs, labels);
    let mut found: Vec<Heading<'c>> = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        if after_box(&run.rect, boxes) {
            continue;
        }
        let text = run.text();
        let section = book.heading(&text);
        let row: Vec<usize> =
            (0..runs.len()).filter(|o| *o != at && same_row(&runs[*o].rect, &run.rect) && !is_number(&runs[*o].text())).collect();
        let boxed = boxes.iter().any(|b| same_row(b, &run.rect));
        if attached(at) {
            // Where the true label was lost, the place took the heading above it for one: it is a heading all the same.
            let numbered = is_numbered(run, runs, &text);
            let bold = is_bold(run, ink, usual, print) || !shouted && !text.chars().any(char::is_lowercase);
            if row.is_empty() && !boxed && numbered && (bold || section.is_some()) {
                found.push(Heading { rect: run.rect, left: 0, right: u32::MAX, section, topic: topic_of(labels, at) });
            }
            continue;
        }
        let leftmost = row.iter().all(|o| runs[*o].rect.x > run.rect.x);
        let all_sections = !row.is_empty() && row.iter().all(|o| book.heading(&runs[*o].text()).is_some());
        let labels_follow = row.iter().any(|o| labels.iter().any(|l| l.run == *o));
        let (left, right, section) = match section {
            Some(s) if row.is_empty() && !boxed => (0, u32::MAX, Some(s)),
            Some(s) if all_sections => {
                let next = row.iter().map(|o| runs[*o].rect.x).filter(|x| *x > run.rect.x).min();
                (run.rect.x.saturating_sub(scale.whole(6.0)), next.map_or(u32::MAX, |x| x.saturating_sub(scale.whole(6.0))), Some(s))
            }
            Some(s) if leftmost && labels_follow && !boxed => (0, u32::MAX, Some(s)),
            None if row.is_empty() && !boxed && stands_out(run, runs, &text, ink, usual, print) => (0, u32::MAX, None),
            _ => continue,
        };
        found.push(Heading { rect: run.rect, left, right, section, topic: topic_of(labels, at) });
    }
    found
}

/// What the run speaks of as a label, by itself.
fn topic_of(labels: &[Label], run: usize) -> Option<String> {
    let sense = labels.iter().find(|l| l.run == run)?.matched.senses.iter().find(|s| !s.topic_only)?;
    sense.field.topic.clone()
}

/// True on a form that prints its labels in capitals: there they tell no heading.
fn capitals_are_usual(runs: &[Run], labels: &[Label]) -> bool {
    let capitals = labels.iter().filter(|l| !runs[l.run].text().chars().any(char::is_lowercase)).count();
    capitals * 2 > labels.len()
}

/// "II" or "3." by itself: the number of a heading that stands apart from its words.
pub(super) fn is_number(text: &str) -> bool {
    let bare = plain(text);
    !bare.is_empty()
        && bare.len() <= 4
        && (bare.chars().all(|c| matches!(c, 'i' | 'v' | 'x' | 'l')) || bare.len() <= 2 && bare.chars().all(|c| c.is_ascii_digit()))
}

pub(super) fn same_row(a: &Rect, b: &Rect) -> bool {
    a.vertical_overlap(b) * 2 > a.h.min(b.h)
}

fn after_box(rect: &Rect, boxes: &[Rect]) -> bool {
    boxes.iter().any(|b| same_row(b, rect) && rect.x + b.w / 3 >= b.right() && rect.x <= b.right() + 2 * b.w)
}

/// Numbered, in capitals, larger or bolder than the rest: a heading even when its words are unknown.
fn stands_out(run: &Run, runs: &[Run], text: &str, ink: &Ink, usual: f32, print: f32) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 4 || run.words.len() > 9 || text.trim_end().ends_with(':') {
        return false;
    }
    let capitals = !text.chars().any(char::is_lowercase);
    is_numbered(run, runs, text) || capitals || is_bold(run, ink, usual, print)
}

fn is_numbered(run: &Run, runs: &[Run], text: &str) -> bool {
    let inside = without_number(text).len() < text.trim_start().len() && text.trim_start().starts_with(|c: char| c.is_ascii_alphanumeric());
    inside || numbered_before(run, runs)
}

/// Larger or blacker than the rest.
fn is_bold(run: &Run, ink: &Ink, usual: f32, print: f32) -> bool {
    let height = run.words.iter().map(|(_, r)| r.h).max().unwrap_or(0) as f32;
    height > print * 1.35 || ink.share(run.rect) > usual * 1.45
}

/// True when the number of a heading stands by itself left of the run.
pub(super) fn numbered_before(run: &Run, runs: &[Run]) -> bool {
    let near = |o: &&Run| same_row(&o.rect, &run.rect) && o.rect.right() <= run.rect.x && run.rect.x - o.rect.right() <= 4 * run.rect.h;
    runs.iter().filter(near).any(|o| is_number(&o.text()))
}

/// Ink of usual print in its rectangle.
fn usual_weight(runs: &[Run], ink: &Ink) -> f32 {
    let mut shares: Vec<f32> = runs.iter().filter(|r| plain(&r.text()).len() >= 4).map(|r| ink.share(r.rect)).collect();
    shares.sort_by(f32::total_cmp);
    shares.get(shares.len() / 2).copied().unwrap_or(1.0).max(0.05)
}
