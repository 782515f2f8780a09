//! Of whom a page speaks, as far as one page can tell.

use crate::domain::{FieldValue, Sheet};
use std::collections::BTreeSet;

/// Name words and birth dates of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Who {
    words: BTreeSet<String>,
    births: BTreeSet<jiff::civil::Date>,
}

impl Who {
    pub fn of(sheet: &Sheet) -> Self {
        let mut who = Self::default();
        for candidate in &sheet.candidates {
            match (candidate.field.as_str(), &candidate.value) {
                ("nom_naissance" | "nom", Some(FieldValue::Text(text))) => who.words.extend(words(text)),
                ("prenoms", Some(FieldValue::List(names))) => who.words.extend(names.iter().flat_map(|n| words(n))),
                ("date_naissance", Some(FieldValue::Date(date))) => {
                    who.births.insert(*date);
                }
                _ => {}
            }
        }
        who
    }

    pub fn is_empty(&self) -> bool {
        self.words.len() < 2 && self.births.is_empty()
    }

    /// `Some(true)` the same person, `Some(false)` another, `None` when the page does not tell.
    pub fn same(&self, other: &Self) -> Option<bool> {
        let birth = self.births.intersection(&other.births).next().is_some();
        let shared = self.words.iter().filter(|w| other.words.iter().any(|o| near(w, o))).count();
        if birth || shared >= 2 {
            return Some(true);
        }
        let births = !self.births.is_empty() && !other.births.is_empty();
        let named = self.words.len() >= 2 && other.words.len() >= 2;
        // A family shares one name: then the births must differ too.
        (named && shared == 0 || births && shared < 2).then_some(false)
    }
}

/// The person of most pages.
pub(super) fn most(pages: &[Who]) -> Option<Who> {
    let told: Vec<&Who> = pages.iter().filter(|w| !w.is_empty()).collect();
    let count = |w: &Who| told.iter().filter(|o| o.same(w) == Some(true)).count();
    told.iter().enumerate().max_by_key(|(order, w)| (count(w), usize::MAX - order)).map(|(_, w)| (*w).clone())
}

fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_alphabetic())
        .map(plain)
        .filter(|w| w.len() >= 2 && !matches!(w.as_str(), "MME" | "MR" | "MLLE" | "MADAME" | "MONSIEUR"))
}

fn plain(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    word.nfd().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// One slip of an engine in a long word.
fn near(a: &str, b: &str) -> bool {
    a == b || a.len() >= 5 && b.len() >= 5 && strsim::levenshtein(a, b) <= 1
}
