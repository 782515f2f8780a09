//! Which fields a run of printed words asks for: tolerant comparison with the label variants of the catalogue.

use super::text::plain;
use crate::catalogue::{Catalogue, FieldDef, Section};
use crate::domain::FieldId;
use std::collections::BTreeMap;

/// Labels and headings of the catalogue, ready to compare.
#[derive(Debug)]
pub struct LabelBook<'c> {
    catalogue: &'c Catalogue,
    /// Plain text of a label to the fields that it may mean.
    labels: BTreeMap<String, Vec<Sense<'c>>>,
    /// Plain text of a heading to its section.
    headings: BTreeMap<String, &'c Section>,
}

/// One meaning of a label.
#[derive(Clone, Copy, Debug)]
pub struct Sense<'c> {
    pub field: &'c FieldDef,
    /// Counts only while the form speaks of the field's topic.
    pub topic_only: bool,
}

/// How well a run matched.
#[derive(Clone, Debug)]
pub struct Match<'c> {
    pub senses: Vec<Sense<'c>>,
    /// 0 to 1; 1 is the same letters.
    pub score: f32,
    /// Letters of the variant.
    pub length: usize,
    /// A heading's words stood in brackets beside the label: "Nom (conjoint)".
    pub section: Option<&'c Section>,
}

impl<'c> LabelBook<'c> {
    #[must_use]
    pub fn new(catalogue: &'c Catalogue) -> Self {
        let mut labels: BTreeMap<String, Vec<Sense<'c>>> = BTreeMap::new();
        let mut add = |text: &str, sense: Sense<'c>| {
            let key = plain(text);
            // "Né(e) le … à …" speaks of two places: its halves are labels of their own.
            if key.is_empty() || text.contains('…') {
                return;
            }
            let senses = labels.entry(key).or_default();
            if !senses.iter().any(|s| s.field.id == sense.field.id && s.topic_only == sense.topic_only) {
                senses.push(sense);
            }
        };
        for field in &catalogue.fields {
            for label in field.form_labels.as_ref().unwrap_or(&field.labels) {
                // "le", "au" and the like mean nothing by themselves.
                add(label, Sense { field, topic_only: plain(label).len() <= 2 });
            }
            for label in &field.topic_labels {
                add(label, Sense { field, topic_only: true });
            }
        }
        let headings = catalogue.sections.iter().flat_map(|s| s.words.iter().map(move |w| (plain(w), s))).collect();
        Self { catalogue, labels, headings }
    }

    /// The fields that `text` asks for, if it is a label from end to end but for numbering, hints in brackets
    /// and a second language after a slash.
    #[must_use]
    pub fn label(&self, text: &str) -> Option<Match<'c>> {
        let mut best: Option<Match<'c>> = None;
        for (form, rest) in readings(text) {
            let Some((key, score)) = nearest(self.labels.keys(), &form) else { continue };
            if best.as_ref().is_some_and(|b| (b.score, b.length) >= (score, key.len())) {
                continue;
            }
            let section = rest.as_deref().and_then(|r| self.section_inside(r));
            best = self.labels.get(key).map(|senses| Match { senses: senses.clone(), score, length: key.len(), section });
        }
        best
    }

    /// The section that `text` announces, if it is its heading from end to end.
    #[must_use]
    pub fn heading(&self, text: &str) -> Option<&'c Section> {
        let found = readings(text).into_iter().filter_map(|(form, _)| nearest(self.headings.keys(), &form));
        let best = found.max_by(|a, b| a.1.total_cmp(&b.1))?;
        self.headings.get(best.0).copied()
    }

    /// The section of which a word stands in a hint: "(du conjoint)".
    fn section_inside(&self, hint: &str) -> Option<&'c Section> {
        let hint = plain(hint);
        let inside = self.headings.iter().filter(|(key, _)| key.len() >= 4 && hint.contains(key.as_str()));
        inside.max_by_key(|(key, _)| key.len()).map(|(_, s)| *s)
    }

    /// The field that `field` becomes under `section`; `None` when it speaks of somebody who is not asked for.
    #[must_use]
    pub fn under(&self, field: &'c FieldDef, section: Option<&'c Section>) -> Option<FieldId> {
        let Some(section) = section else { return Some(field.id.clone()) };
        if section.id == "demandeur" || section.fields.values().any(|v| *v == field.id) {
            return Some(field.id.clone());
        }
        match section.fields.get(&field.id) {
            Some(other) => self.catalogue.field(other.as_str()).map(|f| f.id.clone()),
            None => field.topic.as_ref().is_some_and(|t| section.keeps.contains(t)).then(|| field.id.clone()),
        }
    }
}

/// The forms in which a run may be a label, with what was left out of each.
fn readings(text: &str) -> Vec<(String, Option<String>)> {
    let bare = without_number(text);
    let mut forms = vec![(plain(text), None), (plain(bare), None)];
    let (outside, inside) = without_brackets(bare);
    if !inside.is_empty() {
        forms.push((plain(&outside), Some(inside)));
    }
    // Only a slash between spaces parts languages: one in a date does not.
    for half in outside.split(" / ").take(2) {
        forms.push((plain(half), None));
    }
    forms.retain(|(f, _)| !f.is_empty());
    forms.dedup();
    forms
}

/// Without "2.", "b)", "III –" at the start.
pub(super) fn without_number(text: &str) -> &str {
    let trimmed = text.trim_start_matches([' ', '*', '•', '-', '–', '—', '.', '|', '>', '"', '\'', '(', '[']);
    let end = trimmed.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(trimmed.len());
    let (number, rest) = trimmed.split_at(end);
    let counts = !number.is_empty()
        && (number.len() <= 2 && number.chars().all(|c| c.is_ascii_digit())
            || number.len() == 1
            || number.len() <= 4 && number.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'l')));
    let sign = rest.trim_start();
    if counts && sign.starts_with(['.', ')', '-', '–', '—', ':', '°', '/']) {
        return sign.trim_start_matches(['.', ')', '-', '–', '—', ':', '°', '/', ' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    }
    if text.starts_with('(') { text } else { trimmed }
}

/// Text outside and inside round brackets; an unclosed bracket goes to the end.
fn without_brackets(text: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0);
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth > 0 => depth -= 1,
            c if depth > 0 => inside.push(c),
            c => outside.push(c),
        }
    }
    // "Né(e)", "Prénom(s)": an ending, not a hint.
    if inside.trim().chars().count() <= 3 { (text.to_owned(), String::new()) } else { (outside, inside) }
}

/// The variant nearest to `form` within the tolerance: one letter in eight, none in the shortest.
fn nearest<'k>(keys: impl Iterator<Item = &'k String>, form: &str) -> Option<(&'k String, f32)> {
    let length = form.chars().count();
    let allowed = if length <= 4 { 0 } else { (length / 8).clamp(1, 3) };
    let mut best: Option<(&String, usize)> = None;
    for key in keys {
        if key.len().abs_diff(length) > allowed {
            continue;
        }
        let away = strsim::levenshtein(key, form);
        if away <= allowed && best.is_none_or(|(_, b)| away < b) {
            best = Some((key, away));
        }
    }
    best.map(|(key, away)| (key, 1.0 - away as f32 / length.max(1) as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<String> {
        let catalogue = Catalogue::embedded().unwrap();
        let found = LabelBook::new(&catalogue).label(text);
        found.map_or(Vec::new(), |m| m.senses.iter().map(|s| s.field.id.to_string()).collect())
    }

    #[test]
    fn labels_are_known_through_numbering_hints_second_language_and_misread_letters() {
        for text in
            ["2. NOM de naissance * :", "Nom de naissancc", "Nom de naissance (en lettres capitales)", "Nom de naissance / Geburtsname"]
        {
            assert!(fields(text).contains(&"nom_naissance".to_owned()), "{text}: {:?}", fields(text));
        }
        assert!(fields("Nom de naissance du garant").is_empty(), "a longer label is another label");
        assert!(fields("mon nom").is_empty());
    }

    #[test]
    fn a_hint_about_another_person_changes_the_person() {
        let catalogue = Catalogue::embedded().unwrap();
        let book = LabelBook::new(&catalogue);
        let found = book.label("Prénoms (votre conjoint)").unwrap();
        let of = book.under(found.senses[0].field, found.section);
        assert_eq!(of, Some("conjoint_prenoms".into()));
        assert_eq!(book.under(found.senses[0].field, book.heading("II – Mère :")), Some("mere_prenoms".into()));
        assert_eq!(book.under(found.senses[0].field, book.heading("Cadre réservé à l’administration")), None);
    }
}
