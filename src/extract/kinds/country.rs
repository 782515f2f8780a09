//! Countries and nationalities to ISO 3166-1 alpha-2, by name, adjective or the code of a machine-readable zone.

use crate::extract::text::{slack, squeeze};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct Lexicon {
    pays: Vec<Country>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Country {
    code: String,
    zone: Vec<String>,
    noms: Vec<String>,
    nationalites: Vec<String>,
}

/// Squeezed words to code. An international standard, the same for every installation: it is compiled in.
fn words() -> &'static BTreeMap<String, String> {
    static WORDS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let lexicon: Lexicon =
            toml::from_str(include_str!("../../../pipelines/lexicons/pays.toml")).unwrap_or(Lexicon { pays: Vec::new() });
        let mut words = BTreeMap::new();
        for country in &lexicon.pays {
            for word in country.zone.iter().chain(&country.noms).chain(&country.nationalites) {
                words.entry(squeeze(word)).or_insert_with(|| country.code.clone());
            }
        }
        words
    })
}

/// The code of an ICAO or ISO alpha-3 code.
pub(in crate::extract) fn from_zone(code: &str) -> Option<String> {
    words().get(code).filter(|_| code.len() <= 3).cloned()
}

/// The one country or nationality that the text is.
pub(in crate::extract) fn find(text: &str) -> Option<String> {
    let kept: Vec<&str> = text.split_whitespace().filter(|w| w.chars().any(char::is_alphabetic)).collect();
    // The longest beginning that is a country: what follows on the line may be another column.
    (1..=kept.len().min(6)).rev().find_map(|n| exact_or_near(&squeeze(&kept[..n].concat())))
}

/// Several nationalities in order.
pub(in crate::extract) fn find_all(text: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = text.split(['/', ',', ';', '&', '+']).flat_map(|p| p.split(" et ")).collect();
    let mut found: Vec<String> = Vec::new();
    for part in parts {
        if let Some(code) = find(part)
            && !found.contains(&code)
        {
            found.push(code);
        }
    }
    (!found.is_empty()).then_some(found)
}

fn exact_or_near(key: &str) -> Option<String> {
    if let Some(code) = words().get(key) {
        return Some(code.clone());
    }
    if key.len() < 6 {
        return None;
    }
    // A slip is forgiven only where no second country is as near: Niger and Nigeria differ by little.
    let most = slack(key.len());
    let mut near: Vec<(usize, &String)> = words()
        .iter()
        .filter(|(word, _)| word.len() >= 6 && word.len().abs_diff(key.len()) <= most)
        .map(|(word, code)| (strsim::levenshtein(word, key), code))
        .filter(|(edits, _)| *edits <= most)
        .collect();
    near.sort();
    let (best, code) = near.first()?;
    near.iter().all(|(edits, other)| other == code || edits > best).then(|| (*code).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_adjectives_and_codes() {
        for (text, code) in [
            ("TUNISIENNE", "TN"),
            ("Tunisie", "TN"),
            ("TUN", "TN"),
            ("Bresilienne", "BR"),
            ("Côte d’Ivoire", "CI"),
            ("D", "DE"),
            ("Congolaise (RDC)", "CD"),
            ("TUNIS1ENNE", "TN"),
            ("République démocratique du Congo", "CD"),
            ("grecque", "GR"),
            ("burkinabè", "BF"),
            ("TUNISIENNE Sexe", "TN"),
        ] {
            assert_eq!(find(text).as_deref(), Some(code), "{text}");
        }
        assert_eq!(find("Nigérienne").as_deref(), Some("NE"));
        assert_eq!(find("Nigériane").as_deref(), Some("NG"));
        assert_eq!(find("Nationalité"), None);
        assert_eq!(find_all("tunisienne et française"), Some(vec!["TN".to_owned(), "FR".to_owned()]));
        assert_eq!(from_zone("XXB").as_deref(), Some("XX"));
    }

    #[test]
    fn the_lexicon_is_whole() {
        assert!(words().len() > 700, "{}", words().len());
    }
}
