//! Printed words of a page as runs: words that stand together, parted at wide gaps and at tick boxes.

use super::ink::Scale;
use crate::domain::{Rect, Word};
use unicode_normalization::UnicodeNormalization;

/// Words that stand together on one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub words: Vec<(String, Rect)>,
    pub rect: Rect,
}

impl Run {
    fn new(text: String, rect: Rect) -> Self {
        Self { words: vec![(text, rect)], rect }
    }

    fn push(&mut self, text: String, rect: Rect) {
        self.rect = self.rect.union(&rect);
        self.words.push((text, rect));
    }

    /// The words with single spaces.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.iter().map(|(t, _)| t.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The run from word `from` up to word `to` (excluded).
    #[must_use]
    pub fn part(&self, from: usize, to: usize) -> Option<Self> {
        let words = self.words.get(from..to)?.to_vec();
        let rect = words.iter().map(|(_, r)| *r).reduce(|a, b| a.union(&b))?;
        Some(Self { words, rect })
    }
}

/// Lower case, no accents, only letters and digits: what labels are compared by.
#[must_use]
pub fn plain(text: &str) -> String {
    // Most print is ASCII, and every run of a page is compared with every label.
    if text.is_ascii() {
        return text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfd() {
        match c {
            'œ' | 'Œ' => out.push_str("oe"),
            'æ' | 'Æ' => out.push_str("ae"),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    out
}

/// Height of usual print on the page, pixels.
#[must_use]
pub fn print_height(words: &[Word], scale: Scale) -> f32 {
    let mut heights: Vec<u32> = words.iter().filter(|w| plain(&w.text).len() >= 3).map(|w| w.rect.h).collect();
    heights.sort_unstable();
    let usual = heights.get(heights.len() / 2).map_or(scale.px(3.0), |h| *h as f32);
    usual.clamp(scale.px(1.6), scale.px(4.5))
}

/// Runs of the page's words. `edges` are left ends of places to write: what begins there is an answer, not
/// the label before it. `boxes` part runs too, and what an engine read inside a box is no word.
#[must_use]
pub fn runs(words: &[Word], edges: &[Rect], boxes: &[Rect], height: f32) -> Vec<Run> {
    let mut pieces: Vec<(String, Rect)> = words.iter().flat_map(|w| split(w, boxes)).collect();
    pieces.sort_by_key(|(_, r)| (r.x, r.y));
    let mut runs: Vec<Run> = Vec::new();
    for (text, rect) in pieces {
        let before = runs
            .iter_mut()
            .filter(|run| follows(run, &rect, height) && !parted(run.rect, rect, edges, boxes))
            .min_by_key(|run| rect.x.abs_diff(run.rect.right()));
        match before {
            Some(run) => run.push(text, rect),
            None => runs.push(Run::new(text, rect)),
        }
    }
    runs.retain(|r| !plain(&r.text()).is_empty());
    runs.sort_by_key(|r| (r.rect.y, r.rect.x));
    runs
}

/// True when `rect` goes on where the run ends.
fn follows(run: &Run, rect: &Rect, height: f32) -> bool {
    let last = run.words.last().map_or(run.rect, |(_, r)| *r);
    let gap = rect.x as f32 - last.right() as f32;
    let small = last.h.min(rect.h).max(1) as f32;
    gap >= -height * 0.5 && gap <= height * 1.15 && last.vertical_overlap(rect) as f32 >= small * 0.5
}

fn parted(run: Rect, next: Rect, edges: &[Rect], boxes: &[Rect]) -> bool {
    let middle = next.centre().1;
    let box_between = boxes.iter().any(|b| {
        b.x + b.w / 2 > run.x
            && b.centre().0 < next.x + next.w / 2
            && b.centre().0 >= run.right().saturating_sub(b.w)
            && b.contains(b.x, middle)
    });
    let edge_between = edges.iter().any(|e| e.y <= middle && middle < e.bottom() && e.x + 6 >= run.right() && e.x <= next.x + next.w / 4);
    box_between || edge_between
}

/// A word cut at leaders ("Nom......DUPONT") and after a colon, without what was read inside a box.
fn split(word: &Word, boxes: &[Rect]) -> Vec<(String, Rect)> {
    let mut rect = word.rect;
    let mut text = word.text.clone();
    if let Some(frame) =
        boxes.iter().find(|b| b.vertical_overlap(&rect) * 2 > b.h.min(rect.h) && b.horizontal_overlap(&rect) * 2 > b.w.min(rect.w))
    {
        if rect.right() <= frame.right() + frame.w / 2 {
            return Vec::new();
        }
        let kept: String = text.chars().skip_while(|c| !c.is_alphanumeric()).collect();
        if rect.x < frame.right() {
            rect = Rect::new(frame.right(), rect.y, rect.right() - frame.right(), rect.h);
        }
        text = kept;
    }
    let leader = |c: char| matches!(c, '.' | '_' | '…' | '·' | '-' | '–');
    let characters: Vec<char> = text.chars().collect();
    let total = characters.len().max(1) as f32;
    let place = |from: usize, to: usize| {
        let (a, b) = (from as f32 / total * rect.w as f32, to as f32 / total * rect.w as f32);
        Rect::new(rect.x + a as u32, rect.y, ((b - a) as u32).max(1), rect.h)
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut i = 0;
    while i < characters.len() {
        let run = characters[i..].iter().take_while(|c| leader(**c)).count();
        if run >= 3 || (run > 0 && characters[i..i + run].contains(&'…')) {
            pieces.push((start, i));
            i += run;
            start = i;
        } else if characters[i] == ':' {
            pieces.push((start, i + 1));
            i += 1;
            start = i;
        } else {
            i += run.max(1);
        }
    }
    pieces.push((start, characters.len()));
    pieces
        .into_iter()
        .filter(|(from, to)| to > from)
        .map(|(from, to)| (characters[from..to].iter().collect::<String>(), place(from, to)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Engine;

    fn word(text: &str, x: u32, w: u32) -> Word {
        Word { text: text.into(), rect: Rect::new(x, 100, w, 30), confidence: 0.9, line: 1, engine: Engine::Tesseract }
    }

    fn texts(words: &[Word], edges: &[Rect], boxes: &[Rect]) -> Vec<String> {
        runs(words, edges, boxes, 30.0).iter().map(Run::text).collect()
    }

    #[test]
    fn a_wide_gap_a_leader_and_the_left_end_of_a_line_part_runs() {
        let words = [word("Nom", 10, 60), word("de", 80, 30), word("famille........DUPONT", 120, 400), word("Sexe", 700, 70)];
        assert_eq!(texts(&words, &[], &[]), ["Nom de famille", "DUPONT", "Sexe"]);
        let words = [word("Fait", 10, 60), word("à", 80, 12), word("LYON", 110, 80)];
        assert_eq!(texts(&words, &[Rect::new(100, 80, 300, 60)], &[]), ["Fait à", "LYON"]);
    }

    #[test]
    fn a_box_parts_runs_and_what_was_read_inside_it_is_no_word() {
        let words = [word("Sexe", 10, 60), word("X", 82, 20), word("Masculin", 112, 100), word("[]Féminin", 225, 130)];
        let boxes = [Rect::new(80, 95, 30, 30), Rect::new(225, 95, 30, 30)];
        assert_eq!(texts(&words, &[], &boxes), ["Sexe", "Masculin", "Féminin"]);
    }

    #[test]
    fn plain_text_has_no_accents_case_or_signs() {
        assert_eq!(plain("Né(e) à l’Île — N° Œuvre"), "neealilenoeuvre");
    }
}
