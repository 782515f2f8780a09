//! Comparing printed words: without accents, case and punctuation, and with the slips that engines make.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Upper case, no accents, every run of other signs one space.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
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

/// The fewest edits that turn some stretch of `haystack` into `needle`, and where that stretch ends
/// (Sellers 1980); `None` when more than `most` are needed. Both in the form of [`squeeze`].
pub(super) fn find_within(haystack: &str, needle: &str, most: usize) -> Option<(usize, usize)> {
    if most == 0 || needle.len() <= most {
        return haystack.find(needle).map(|at| (0, at + needle.len()));
    }
    let pattern = needle.as_bytes();
    let mut column: Vec<usize> = (0..=pattern.len()).collect();
    let mut best: Option<(usize, usize)> = None;
    for (i, &c) in haystack.as_bytes().iter().enumerate() {
        let mut diagonal = column[0];
        for j in 1..=pattern.len() {
            let cost = diagonal + usize::from(pattern[j - 1] != c);
            diagonal = column[j];
            column[j] = cost.min(column[j] + 1).min(column[j - 1] + 1);
        }
        let edits = column[pattern.len()];
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
        assert!(alike("Prénoms / Given rames", "Prénoms / Given names"));
        assert!(!alike("Nom", "Non"));
    }
}
