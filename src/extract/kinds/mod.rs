//! From a printed text to a value, one file for each kind of field. A text that is no value of its
//! kind gives `None`: that is what keeps a label from being taken as a value.

pub(super) mod address;
pub(super) mod country;
pub(super) mod date;
pub(super) mod name;
pub(super) mod number;

use crate::catalogue::{Choice, DateOf, FieldDef, FieldKind};
use crate::domain::FieldValue;

use super::text::{alike, fold, squeeze};

/// Reads a text as a value of the field. `reference_year` is the latest that the papers may speak of as past.
pub(super) fn parse(def: &FieldDef, text: &str, reference_year: i16) -> Option<FieldValue> {
    let to_come = |value: &FieldValue| matches!(value, FieldValue::Date(date) if date.year() > reference_year);
    any_time(def, text, reference_year).filter(|value| !(def.date_of.is_some() && to_come(value)))
}

fn any_time(def: &FieldDef, text: &str, reference_year: i16) -> Option<FieldValue> {
    match def.kind {
        FieldKind::Name => name::one(text).map(FieldValue::Text),
        FieldKind::Names => name::several(text).map(FieldValue::List),
        FieldKind::Date if def.date_of == Some(DateOf::Birth) => date::parse(text, reference_year).or_else(|| date::year_only(text)),
        // Where the day is always known, a year alone is a date that was misread.
        FieldKind::Date => date::parse(text, reference_year).filter(|d| matches!(d, FieldValue::Date(_))),
        FieldKind::Number => number::parse(text, def.pattern.as_deref()).map(FieldValue::Text),
        FieldKind::Choice => choice(text, &def.choices).map(FieldValue::Text),
        FieldKind::Country => country::find(text).map(FieldValue::Text),
        FieldKind::Countries => country::find_all(text).map(FieldValue::List),
        FieldKind::Address => address::parse(text).map(FieldValue::Address),
        FieldKind::Telephone => number::telephone(text).map(FieldValue::Text),
        FieldKind::Courriel => number::courriel(text).map(FieldValue::Text),
        FieldKind::Amount => number::amount(text).map(FieldValue::Text),
        FieldKind::Flag => choice(text, &def.choices).map(|id| FieldValue::Bool(id == "oui")),
        FieldKind::Text => plain(text).map(FieldValue::Text),
    }
}

/// The answer whose words the text begins with; the longest words win.
pub(super) fn choice(text: &str, choices: &[Choice]) -> Option<String> {
    let key = squeeze(text);
    let mut best: Option<(usize, &str)> = None;
    for choice in choices {
        for words in &choice.words {
            let words_key = squeeze(words);
            let fits = if words_key.len() < 4 { first_word(text) == words_key } else { key.starts_with(&words_key) || alike(text, words) };
            if fits && best.is_none_or(|(length, _)| words_key.len() > length) {
                best = Some((words_key.len(), &choice.id));
            }
        }
    }
    best.map(|(_, id)| id.to_owned())
}

fn first_word(text: &str) -> String {
    fold(text).split(' ').next().unwrap_or_default().to_owned()
}

/// Upper-case text without leaders and stray signs at its ends.
fn plain(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).collect();
    let joined = words.join(" ").to_uppercase();
    let trimmed = joined.trim_matches(|c: char| !c.is_alphanumeric() && c != ')' && c != '(');
    (trimmed.chars().filter(|c| c.is_alphabetic()).count() >= 2 || are_years(trimmed)).then(|| trimmed.to_owned())
}

/// « 2025 » or « 2025-2026 »: of digits alone only years are a text.
fn are_years(text: &str) -> bool {
    let year = |part: &str| part.len() == 4 && part.parse().is_ok_and(|y: u16| (1900..2100).contains(&y));
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).all(year)
}

/// Each character as the digit that it looks like; other signs are left out.
pub(super) fn digits(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '0'..='9' => Some(c),
            'O' | 'o' | 'Q' | 'D' => Some('0'),
            'I' | 'l' | 'i' | '|' | 'L' => Some('1'),
            'Z' | 'z' => Some('2'),
            'S' | 's' => Some('5'),
            'G' => Some('6'),
            'B' => Some('8'),
            _ => None,
        })
        .collect()
}
