//! Finds the labels of a page and what stands beside or below each. A label is never a value: the
//! labels of every field stop a value, also those that are not asked for.

use super::layout::{Layout, Token};
use super::text::{Pattern, slack, squeeze};
use crate::domain::{FieldId, Rect};
use std::collections::{BTreeMap, HashMap};

/// Label phrases and the fields that they stand for.
#[derive(Debug, Default)]
pub(super) struct Book {
    phrases: Vec<Phrase>,
    exact: HashMap<String, usize>,
    /// Phrases by their length: a slip changes it by little.
    by_length: BTreeMap<usize, Vec<usize>>,
}

#[derive(Debug)]
struct Phrase {
    key: String,
    letters: u64,
    fields: Vec<FieldId>,
    /// Place in the list of its field: the first labels are the most telling.
    rank: usize,
    /// Printed on this very document, says the catalogue.
    own: bool,
}

/// A label found on a page.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub fields: Vec<FieldId>,
    pub rank: usize,
    pub row: usize,
    /// Tokens `from..to` of the row.
    pub from: usize,
    pub to: usize,
    pub rect: Rect,
    /// 1 for the very words, less for each slip.
    pub quality: f64,
    pub colon: bool,
    length: usize,
}

impl Hit {
    /// Behind a slash a label is said again in another language: those words are no value. They end at a gap, a colon, a
    /// figure, or where capitals follow small letters.
    fn take_translation(&mut self, tokens: &[Token], em: u32) {
        let Some(first) = tokens.get(self.to).filter(|t| t.slash && !self.colon) else { return };
        let small = |t: &Token| t.text.chars().any(char::is_lowercase);
        let begins_small = small(first);
        let mut end = self.to;
        for token in &tokens[self.to..] {
            let apart = end > self.to && gap(&tokens[end - 1], token) > em;
            let value = token.key.bytes().any(|b| b.is_ascii_digit()) || begins_small && !small(token);
            if apart || value || self.colon || end - self.to >= LONGEST_TRANSLATION {
                break;
            }
            self.colon = token.colon;
            self.rect = self.rect.union(&token.rect);
            end += 1;
        }
        self.to = end;
    }
}

/// Words of a label's second language at most.
const LONGEST_TRANSLATION: usize = 5;

impl Book {
    /// A label of the document itself.
    pub fn add(&mut self, label: &str, field: &FieldId, rank: usize) {
        self.insert(label, field, rank, true);
    }

    fn insert(&mut self, label: &str, field: &FieldId, rank: usize, own: bool) {
        let key = squeeze(label);
        if key.is_empty() {
            return;
        }
        if let Some(&at) = self.exact.get(&key) {
            let phrase = &mut self.phrases[at];
            phrase.rank = phrase.rank.min(rank);
            if !phrase.fields.contains(field) {
                phrase.fields.push(field.clone());
            }
            return;
        }
        self.exact.insert(key.clone(), self.phrases.len());
        self.by_length.entry(key.len()).or_default().push(self.phrases.len());
        self.phrases.push(Phrase { letters: letters(&key), key, fields: vec![field.clone()], rank, own });
    }

    /// A label that the document's own words do not already claim.
    pub fn add_stop(&mut self, label: &str, field: &FieldId, rank: usize) {
        let claimed = self.exact.get(&squeeze(label)).is_some_and(|&at| self.phrases[at].own);
        if !claimed {
            self.insert(label, field, rank, false);
        }
    }

    /// The labels of the page that do not overlap, the longest first choice.
    pub fn hits(&self, layout: &Layout) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (row, line) in layout.rows.iter().enumerate() {
            let mut found: Vec<Hit> = Vec::new();
            for from in 0..line.tokens.len() {
                for to in from + 1..=line.tokens.len().min(from + 10) {
                    if to > from + 1 && gap(&line.tokens[to - 2], &line.tokens[to - 1]) > layout.em * 2 {
                        break;
                    }
                    found.extend(self.hit(layout, row, from, to));
                }
            }
            found.sort_by(|a, b| b.length.cmp(&a.length).then(b.quality.total_cmp(&a.quality)));
            let mut kept: Vec<Hit> = Vec::new();
            for hit in found {
                if kept.iter().all(|k| hit.to <= k.from || hit.from >= k.to) {
                    kept.push(hit);
                }
            }
            kept.sort_by_key(|h| h.from);
            for at in 0..kept.len() {
                let stop = kept.get(at + 1).map_or(line.tokens.len(), |next| next.from);
                kept[at].take_translation(&line.tokens[..stop], layout.em);
            }
            hits.extend(kept);
        }
        hits
    }

    fn hit(&self, layout: &Layout, row: usize, from: usize, to: usize) -> Option<Hit> {
        let tokens = &layout.rows[row].tokens[from..to];
        let key: String = tokens.iter().map(|t| t.key.as_str()).collect();
        let colon = tokens.last().is_some_and(|t| t.colon);
        let (at, edits) = self.lookup(&key)?;
        let phrase = &self.phrases[at];
        if (phrase.key.len() <= 8 || edits > 0 && phrase.key.len() <= 14) && !stands_out(&layout.rows[row].tokens, from, colon, layout.em) {
            return None;
        }
        Some(Hit {
            fields: phrase.fields.clone(),
            rank: phrase.rank,
            row,
            from,
            to,
            rect: super::layout::around(tokens),
            quality: 1.0 - edits as f64 / phrase.key.len() as f64,
            colon,
            length: phrase.key.len(),
        })
    }

    fn lookup(&self, key: &str) -> Option<(usize, usize)> {
        if let Some(&at) = self.exact.get(key) {
            return Some((at, 0));
        }
        // Labels in two languages are long and printed small: more slips, and still no other label is as near.
        let most = if key.len() >= 20 { key.len() / 5 } else { slack(key.len()) };
        if most == 0 || key.len() > 60 {
            return None;
        }
        let mask = letters(key);
        let lengths = self.by_length.range(key.len().saturating_sub(most).max(7)..=key.len() + most);
        let near = lengths
            .flat_map(|(_, at)| at)
            .map(|&at| (at, &self.phrases[at]))
            .filter(|(_, p)| (p.letters ^ mask).count_ones() as usize <= 2 * most);
        let pattern = Pattern::new(key);
        near.map(|(at, p)| (at, pattern.edits(&p.key))).filter(|(_, edits)| *edits <= most).min_by_key(|(_, edits)| *edits)
    }
}

/// A short word is a label only at the head of a column or before a colon, never inside a sentence.
fn stands_out(tokens: &[Token], from: usize, colon: bool, em: u32) -> bool {
    colon || from == 0 || {
        let before = &tokens[from - 1];
        gap(before, &tokens[from]) > em || before.colon || before.text.ends_with([',', ';', ')', '.']) || before.key.len() <= 2 && from == 1
    }
}

fn letters(key: &str) -> u64 {
    key.bytes().fold(0, |mask, b| mask | 1 << (b.wrapping_sub(b'0') % 64))
}

/// Free pixels between two words of a row.
pub(super) fn gap(a: &Token, b: &Token) -> u32 {
    b.rect.x.saturating_sub(a.rect.right())
}

/// Where a value may stand, most likely first.
pub(super) fn places(layout: &Layout, hits: &[Hit], hit: &Hit, lines: usize) -> Vec<Vec<Token>> {
    let right = right_of(layout, hits, hit);
    let below = below(layout, hits, hit, lines);
    let with_more = |mut tokens: Vec<Token>| {
        if lines > 1 && !tokens.is_empty() {
            tokens.extend(continuation(layout, hits, hit, tokens[0].rect, lines - 1));
        }
        tokens
    };
    let small = below.first().is_some_and(|t| hit.rect.h * 100 < t.rect.h * 88);
    let mut places = if small && !hit.colon { vec![below, with_more(right)] } else { vec![with_more(right), below] };
    places.retain(|p| !p.is_empty());
    places
}

fn right_of(layout: &Layout, hits: &[Hit], hit: &Hit) -> Vec<Token> {
    let row = &layout.rows[hit.row].tokens;
    let stop = hits.iter().filter(|h| h.row == hit.row && h.from >= hit.to).map(|h| h.from).min().unwrap_or(row.len());
    let mut out: Vec<Token> = Vec::new();
    for token in &row[hit.to..stop.max(hit.to)] {
        // A row of dots between a label and its value is read as a letter or two, unsurely.
        if out.is_empty() && token.confidence < 0.5 && token.key.len() <= 2 && !token.key.bytes().any(|b| b.is_ascii_digit()) {
            continue;
        }
        if out.last().is_some_and(|last| gap(last, token) > layout.em * 3) {
            break;
        }
        out.push(token.clone());
    }
    out
}

fn below(layout: &Layout, hits: &[Hit], hit: &Hit, lines: usize) -> Vec<Token> {
    let column_end = hits.iter().filter(|h| h.row == hit.row && h.from >= hit.to).map(|h| h.rect.x).min().unwrap_or(u32::MAX);
    let mut out: Vec<Token> = Vec::new();
    let mut bottom = hit.rect.bottom();
    let reach = layout.em * 5 / 2 + hit.rect.h;
    for (index, row) in layout.rows.iter().enumerate().skip(hit.row + 1) {
        if row.rect.y > bottom + reach {
            break;
        }
        let column: Vec<&Token> = row
            .tokens
            .iter()
            .filter(|t| t.rect.x + layout.em * 3 / 2 >= hit.rect.x && t.rect.right() <= column_end.saturating_add(layout.em / 2))
            .filter(|t| t.rect.y + t.rect.h / 2 > hit.rect.bottom() && t.rect.y < bottom + reach)
            .collect();
        let Some(first) = column.first() else { continue };
        if first.rect.x > hit.rect.right() + layout.em {
            continue;
        }
        let at = row.tokens.iter().position(|t| t.rect == first.rect).unwrap_or(0);
        if hits.iter().any(|h| h.row == index && h.from <= at && at < h.to) {
            break;
        }
        let mut line: Vec<Token> = Vec::new();
        for token in column {
            let label = hits.iter().any(|h| h.row == index && row.tokens[h.from].rect.x == token.rect.x);
            if label || line.last().is_some_and(|last| gap(last, token) > layout.em * 3) {
                break;
            }
            line.push(token.clone());
        }
        bottom = line.last().map_or(bottom, |t| t.rect.bottom());
        out.extend(line);
        if layout_lines(&out) >= lines {
            break;
        }
    }
    out
}

/// Further lines of the same value, aligned with its first word.
fn continuation(layout: &Layout, hits: &[Hit], hit: &Hit, first: Rect, lines: usize) -> Vec<Token> {
    let mut out = Vec::new();
    let mut bottom = first.bottom();
    for (index, row) in layout.rows.iter().enumerate().skip(hit.row + 1) {
        if row.rect.y > bottom + layout.em * 2 || layout_lines(&out) >= lines || hits.iter().any(|h| h.row == index && h.from == 0) {
            break;
        }
        let Some(at) = row.tokens.iter().position(|t| t.rect.x.abs_diff(first.x) <= layout.em * 2) else { break };
        let mut last: Option<&Token> = None;
        for token in &row.tokens[at..] {
            if last.is_some_and(|l| gap(l, token) > layout.em * 3) {
                break;
            }
            out.push(token.clone());
            last = Some(token);
        }
        bottom = row.rect.bottom();
    }
    out
}

fn layout_lines(tokens: &[Token]) -> usize {
    let mut tops: Vec<u32> = Vec::new();
    for token in tokens {
        let middle = token.rect.y + token.rect.h / 2;
        if !tops.iter().any(|t| t.abs_diff(middle) < token.rect.h.max(8)) {
            tops.push(middle);
        }
    }
    tops.len()
}

#[cfg(test)]
mod tests {
    use super::super::layout::{join, tests::page};
    use super::*;

    fn book() -> Book {
        let mut book = Book::default();
        for (label, field) in [
            ("Nom", "nom"),
            ("Prénom(s)", "prenoms"),
            ("Date de naissance", "date_naissance"),
            ("Lieu", "lieu"),
            ("Date de délivrance / Date of issue", "delivre"),
            ("Autorité / Authority", "autorite"),
            ("Autorité", "autorite"),
            ("Adresse", "adresse"),
        ] {
            book.add(label, &FieldId::from(field), 0);
        }
        book
    }

    fn value(lines: &[(u32, u32, &str)], field: &str, count: usize) -> String {
        let page = page(lines);
        let layout = Layout::new(&page);
        let hits = book().hits(&layout);
        let hit = hits.iter().find(|h| h.fields[0].as_str() == field).unwrap_or_else(|| panic!("no {field} in {hits:?}"));
        places(&layout, &hits, hit, count).first().map(|t| join(t)).unwrap_or_default()
    }

    #[test]
    fn two_labels_share_a_row_and_neither_is_a_value() {
        let lines = [(100, 100, "Date de naissance : 11/03/2004 Lieu : CHENGDU")];
        assert_eq!(value(&lines, "date_naissance", 1), "11/03/2004");
        assert_eq!(value(&lines, "lieu", 1), "CHENGDU");
    }

    #[test]
    fn a_table_has_its_value_far_to_the_right_and_a_card_below() {
        assert_eq!(value(&[(100, 100, "Nom"), (1200, 100, "DIALLO")], "nom", 1), "DIALLO");
        let card = [
            (650, 800, "Date de délivrance / Date of issue"),
            (1500, 800, "Autorité / Authority"),
            (650, 850, "28/02/2021"),
            (1500, 850, "DIRECTION DES PASSEPORTS"),
        ];
        assert_eq!(value(&card, "delivre", 1), "28/02/2021");
        assert_eq!(value(&card, "autorite", 1), "DIRECTION DES PASSEPORTS");
    }

    #[test]
    fn a_second_language_is_no_value() {
        let card = [(650, 800, "Autorité / Issuing office"), (650, 850, "PRÉFECTURE DU NORD")];
        assert_eq!(value(&card, "autorite", 1), "PRÉFECTURE DU NORD");
        assert_eq!(value(&[(100, 100, "Autorité / Issuing office PRÉFECTURE DU NORD")], "autorite", 1), "PRÉFECTURE DU NORD");
        assert_eq!(value(&[(100, 100, "AUTORITÉ / OFFICE"), (100, 150, "PRÉFECTURE DU NORD")], "autorite", 1), "PRÉFECTURE DU NORD");
    }

    #[test]
    fn an_empty_place_does_not_take_the_next_label() {
        assert_eq!(value(&[(100, 100, "Nom"), (100, 160, "Prénom(s)"), (100, 200, "AWA")], "nom", 1), "");
    }

    #[test]
    fn an_address_runs_over_two_lines() {
        let lines = [(100, 100, "Adresse : 180 ALLÉE DES TILLEULS"), (300, 150, "69310 OULLINS")];
        assert_eq!(value(&lines, "adresse", 2), "180 ALLÉE DES TILLEULS 69310 OULLINS");
    }

    #[test]
    fn a_short_word_inside_a_sentence_is_no_label() {
        let page = page(&[(100, 100, "attestons que le nom figure ci-dessous")]);
        assert!(book().hits(&Layout::new(&page)).is_empty());
    }
}
