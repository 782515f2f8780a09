//! Articles as a person reads them: `CESEDA R431-11, annexe 10 (texte via …)` becomes « article R431-11 et annexe 10 du code de
//! l’entrée et du séjour des étrangers et du droit d’asile ».

use crate::french::list;

const CODES: [(&str, &str); 4] = [
    ("CESEDA", "du code de l’entrée et du séjour des étrangers et du droit d’asile"),
    ("CRPA", "du code des relations entre le public et l’administration"),
    ("code du travail", "du code du travail"),
    ("CGI", "du code général des impôts"),
];

/// The whole source in words; empty where it names no text that a person could look up.
pub(super) fn in_words(article: &str) -> String {
    let bare = without_brackets(article);
    let mut code = "";
    let mut parts: Vec<String> = Vec::new();
    for source in bare.split(';').map(str::trim).filter(|s| !s.is_empty()) {
        let (named, rest) = of_code(source).unwrap_or((code, source));
        if named.is_empty() {
            parts.extend(agreement(source));
            continue;
        }
        code = named;
        parts.extend(of_items(rest, code));
    }
    parts.dedup();
    list(&parts)
}

/// Where a list was found is for the agent.
fn without_brackets(article: &str) -> String {
    let mut depth = 0_u32;
    let kept = article.chars().filter(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    });
    kept.collect()
}

fn of_code(source: &str) -> Option<(&'static str, &str)> {
    CODES.iter().find_map(|(name, words)| source.strip_prefix(name).map(|rest| (*words, rest.trim_start_matches([',', ' ']))))
}

fn of_items(rest: &str, code: &str) -> Option<String> {
    let items = rest.split(',').map(|item| item.trim().trim_start_matches("art.").trim());
    let known = items.filter(|item| !item.is_empty() && !item.contains("confirm"));
    let (articles, others): (Vec<String>, Vec<String>) = known.map(str::to_owned).partition(|item| !item.starts_with("annexe"));
    let named = match articles.as_slice() {
        [] => None,
        [one] => Some(format!("article {one}")),
        many => Some(format!("articles {}", list(many))),
    };
    let all: Vec<String> = named.into_iter().chain(others).collect();
    (!all.is_empty()).then(|| format!("{} {code}", list(&all)))
}

/// International agreements are named as they are; notices and customs of offices are no law.
fn agreement(source: &str) -> Option<String> {
    (source.starts_with("accord") || source.starts_with("protocole")).then(|| source.replace("art.", "article").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::domain::Rank;

    #[test]
    fn an_article_is_told_with_the_name_of_its_code() {
        let told = in_words("CESEDA R431-11, annexe 10 (texte via liste DGEF CSP.5 du 2021-05-12)");
        assert_eq!(told, "article R431-11 et annexe 10 du code de l’entrée et du séjour des étrangers et du droit d’asile");
        let two = in_words("CESEDA L121-9, R431-10 ; CRPA L114-8");
        assert!(
            two.starts_with("articles L121-9 et R431-10 du code de l’entrée") && two.contains("et article L114-8 du code des relations")
        );
        assert_eq!(in_words("aucun formulaire national"), "");
    }

    /// Only lines of rank texte are asked of an applicant: each must have its article.
    #[test]
    fn every_line_that_may_be_asked_for_has_an_article_in_words() {
        let catalogue = Catalogue::embedded().unwrap();
        let rows = catalogue.permits.iter().flat_map(|p| &p.lists).flat_map(|l| &l.rows).filter(|r| r.rank == Rank::Texte);
        for row in rows {
            let told = in_words(&row.article);
            assert!(told.contains("code") || told.contains("accord"), "{}: {told:?}", row.article);
            assert!(!told.contains("DGEF") && !told.contains('('), "{told}");
        }
    }
}
