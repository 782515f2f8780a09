//! Countries by code, name or nationality. An international standard, the same for every installation: compiled in.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct Lexicon {
    pays: Vec<Country>,
}

#[derive(Deserialize)]
struct Country {
    code: String,
    noms: Vec<String>,
    nationalites: Vec<String>,
}

#[derive(Default)]
struct Index {
    /// French short name by code.
    names: BTreeMap<String, String>,
    /// Code by folded name, nationality or code.
    codes: BTreeMap<String, String>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let lexicon = toml::from_str(include_str!("../../pipelines/lexicons/pays.toml")).unwrap_or(Lexicon { pays: Vec::new() });
        let mut index = Index::default();
        for country in lexicon.pays {
            for word in country.noms.iter().chain(&country.nationalites).chain([&country.code]) {
                index.codes.entry(super::fold(word)).or_insert_with(|| country.code.clone());
            }
            let name = country.noms.first().cloned().unwrap_or_else(|| country.code.clone());
            index.names.insert(country.code, name);
        }
        index
    })
}

/// The code of exactly this name, nationality or code; a slip is not forgiven, because Niger and Nigeria differ by little.
pub(crate) fn code(typed: &str) -> Option<String> {
    index().codes.get(&super::fold(typed)).cloned()
}

/// The French name of a code, or the code.
pub(crate) fn name(code: &str) -> String {
    index().names.get(code).cloned().unwrap_or_else(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_known_by_code_name_and_nationality() {
        for typed in ["ML", "ml", "Mali", "MALIENNE", " malien "] {
            assert_eq!(code(typed).as_deref(), Some("ML"), "{typed}");
        }
        assert_eq!(code("Côte d’Ivoire").as_deref(), Some("CI"));
        assert_eq!(code("cote d'ivoire").as_deref(), Some("CI"));
        for unknown in ["ZZ", "Mal", "", "Malli"] {
            assert_eq!(code(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn every_name_leads_back_to_its_code() {
        for (of, name) in &index().names {
            assert_eq!(code(name).as_ref(), Some(of), "{name}");
            assert!(!name.contains(','), "{name} would be two countries in a list");
        }
        assert!(index().names.len() > 180);
    }
}
