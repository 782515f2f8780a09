//! Comparing printed words: without accents, case and punctuation, and with the slips that engines make.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Upper case, no accents, every run of other signs one space.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Most words are plain, and thousands of phrases are folded for each page: the tables are for the others.
    if text.is_ascii() {
        for c in text.chars() {
            match c.to_ascii_uppercase() {
                c if c.is_ascii_alphanumeric() => out.push(c),
                _ if out.ends_with(' ') || out.is_empty() => {}
                _ => out.push(' '),
            }
        }
        out.truncate(out.trim_end().len());
        return out;
    }
    for c in text.nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'œ' | 'Œ' => out.push_str("OE"),
            'æ' | 'Æ' => out.push_str("AE"),
            'ß' => out.push_str("SS"),
            'ø' | 'Ø' => out.push('O'),
            'ł' | 'Ł' => out.push('L'),
            'đ' | 'Đ' | 'ð' | 'Ð' => out.push('D'),
            'ı' => out.push('I'),
            c if c.is_alphanumeric() => out.extend(c.to_uppercase()),
            _ if out.ends_with(' ') || out.is_empty() => {}
            _ => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// [`fold`] without spaces: engines lose and invent them.
pub(super) fn squeeze(text: &str) -> String {
    fold(text).replace(' ', "")
}

/// How many slips a printed phrase of so many characters may have and still be it.
pub(super) fn slack(chars: usize) -> usize {
    match chars {
        0..=5 => 0,
        6..=13 => 1,
        14..=21 => 2,
        n => n / 8,
    }
}

/// A phrase in the form of [`squeeze`], made ready to be compared with many others by the bit (Myers 1999, Hyyrö 2003:
/// one machine word a step), because thousands of phrases are looked for on each page. Of a longer one the first
/// 64 characters count. Edits are counted in bytes: what `squeeze` leaves is nearly always one byte a letter.
pub(super) struct Pattern {
    equal: [u64; 256],
    length: usize,
}

impl Pattern {
    pub fn new(phrase: &str) -> Self {
        let bytes = &phrase.as_bytes()[..phrase.len().min(64)];
        let mut equal = [0_u64; 256];
        for (i, &c) in bytes.iter().enumerate() {
            equal[c as usize] |= 1 << i;
        }
        Self { equal, length: bytes.len() }
    }

    /// The fewest edits that turn the phrase into the whole of `other`.
    pub fn edits(&self, other: &str) -> usize {
        if self.length == 0 { other.len() } else { self.steps(other, 1).last().unwrap_or(self.length) }
    }

    /// The fewest edits that turn the phrase into some stretch that ends at each byte of `text`; with `lead` 1 each
    /// byte before that stretch counts as an edit, with 0 it is free.
    fn steps(&self, text: &str, lead: u64) -> impl Iterator<Item = usize> {
        let top = 1_u64 << (self.length.max(1) - 1);
        let (mut plus, mut minus, mut edits) = (u64::MAX, 0_u64, self.length);
        text.bytes().map(move |c| {
            let eq = self.equal[c as usize];
            let vertical = eq | minus;
            let horizontal = ((eq & plus).wrapping_add(plus) ^ plus) | eq;
            let up = minus | !(horizontal | plus);
            let down = plus & horizontal;
            edits = edits + usize::from(up & top != 0) - usize::from(down & top != 0);
            let up = up << 1 | lead;
            plus = (down << 1) | !(vertical | up);
            minus = up & vertical;
            edits
        })
    }
}

/// The fewest edits that turn some stretch of `haystack` into `needle`, and where that stretch ends; `None` when more
/// than `most` are needed. Both in the form of [`squeeze`].
pub(super) fn find_within(haystack: &str, needle: &str, most: usize) -> Option<(usize, usize)> {
    if most == 0 || needle.len() <= most {
        return haystack.find(needle).map(|at| (0, at + needle.len()));
    }
    let mut best: Option<(usize, usize)> = None;
    for (i, edits) in Pattern::new(needle).steps(haystack, 0).enumerate() {
        if edits <= most && best.is_none_or(|(fewest, _)| edits < fewest) {
            best = Some((edits, i + 1));
            if edits == 0 {
                break;
            }
        }
    }
    best
}

/// True when the two texts are the same printed phrase, slips allowed.
pub(super) fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (squeeze(a), squeeze(b));
    let most = slack(a.len().min(b.len()));
    a.len().abs_diff(b.len()) <= most && strsim::levenshtein(&a, &b) <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_punctuation_do_not_tell_phrases_apart() {
        assert_eq!(fold("  N° d’étranger (AGDREF) : "), "N D ETRANGER AGDREF");
        assert_eq!(squeeze("Œuvre — Ærø"), "OEUVREAERO");
    }

    #[test]
    fn a_phrase_is_found_through_slips_but_a_short_one_is_not() {
        assert_eq!(find_within("XXJEMENGAGEARESPECTERXX", "JEMENGAGEARESPECTER", 2).map(|f| f.0), Some(0));
        assert_eq!(find_within("XXFACTUREDELECTRLCITEXX", "FACTUREDELECTRICITE", 2).map(|f| f.0), Some(1));
        assert_eq!(find_within("FACTURE", "EDF", slack(3)), None);
        assert_eq!(find_within("ABCDEFGHXIJKL", "CDEFGHIJ", 2), Some((1, 11)), "one letter too many");
        assert_eq!(find_within("ABCDEFGHIJKL", "DXFXHI", 1), None, "two slips");
        assert!(alike("Prénoms / Given rames", "Prénoms / Given names"));
        assert!(!alike("Nom", "Non"));
    }

    #[test]
    fn edits_are_those_of_levenshtein() {
        let phrases =
            ["", "N", "NOM", "NON", "DATEDENAISSANCE", "DATENAISSANCE", "DALEDENAISSANCF", "LIEUDENAISSANCE", "ADRESSE", "ADRESES"];
        for one in phrases {
            let pattern = Pattern::new(one);
            for other in phrases {
                assert_eq!(pattern.edits(other), strsim::levenshtein(one, other), "{one} and {other}");
            }
        }
    }
}
