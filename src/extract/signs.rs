//! Which document a page may be: signs of the catalogue that agree, never the first word seen.

use super::layout::{Layout, Row};
use super::text::{find_within, slack, squeeze};
use crate::catalogue::{DocumentDef, Sign};
use crate::domain::{KindGuess, MarkKind, TickState, mrz::Mrz};

/// Kinds lighter than this share of the best one are not worth a word.
const WORTH: f64 = 0.4;
/// Weight from which a guess is more than a rumour: a title and one more sign, or three usual ones.
const ENOUGH: f64 = 5.0;

/// The kinds that speak on this page, best first, with their weight as a confidence.
pub(super) fn guesses(layout: &Layout, zones: &[Mrz], documents: &[DocumentDef]) -> Vec<KindGuess> {
    let mut scored: Vec<(f64, usize, &DocumentDef, Vec<String>)> = documents.iter().filter_map(|d| score(layout, zones, d)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.id.cmp(&b.2.id)));
    let best = scored.first().map_or(0.0, |s| s.0);
    let second = scored.get(1).map_or(0.0, |s| s.0);
    scored
        .into_iter()
        .filter(|(weight, ..)| *weight >= best * WORTH)
        .map(|(weight, count, document, signs)| KindGuess {
            kind: document.id.clone(),
            confidence: confidence(weight, count, if weight < best { best } else { second }),
            signs,
        })
        .collect()
}

/// Two signs must agree; a rival as heavy halves the trust.
fn confidence(weight: f64, signs: usize, rival: f64) -> f64 {
    let enough = (weight / ENOUGH).min(1.0);
    let lead = (weight / (weight + rival)).clamp(0.0, 1.0);
    let agree = if signs >= 2 { 1.0 } else { 0.4 };
    (agree * enough * (0.3 + 0.69 * lead)).clamp(0.0, 0.99)
}

fn score<'a>(layout: &Layout, zones: &[Mrz], document: &'a DocumentDef) -> Option<(f64, usize, &'a DocumentDef, Vec<String>)> {
    let mut weight = 0.0;
    let mut count = 0;
    let mut names = Vec::new();
    for sign in &document.signs {
        let Some(name) = present(layout, zones, sign) else { continue };
        weight += sign.weight;
        if sign.weight > 0.0 {
            // The shape of a zone and its right check digits are two signs in one.
            count += if name.starts_with("mrz:") { 2 } else { 1 };
            names.push(name);
        }
    }
    (weight > 0.0 && count > 0).then_some((weight, count, document, names))
}

fn present(layout: &Layout, zones: &[Mrz], sign: &Sign) -> Option<String> {
    if let Some(mark) = &sign.mark {
        return marked(layout, zones, mark).then(|| mark.clone());
    }
    sign.any.iter().find(|phrase| if sign.title { is_title(layout, phrase) } else { is_printed(layout, phrase) }).cloned()
}

fn is_printed(layout: &Layout, phrase: &str) -> bool {
    let key = squeeze(phrase);
    if key.len() < 6 {
        return layout.rows.iter().any(|r| holds_word(r, &key));
    }
    if is_word(phrase) {
        return layout.rows.iter().flat_map(|r| &r.tokens).any(|t| same_word(&t.key, &key));
    }
    find_within(&layout.squeezed, &key, slack(key.len())).is_some()
}

fn is_word(phrase: &str) -> bool {
    !phrase.chars().any(char::is_whitespace) && !phrase.contains(['’', '\''])
}

/// A lone word is compared as a whole, lest a préfecture be read as a facture; a long one may stand in an address.
fn same_word(token: &str, key: &str) -> bool {
    let most = slack(key.len());
    token.len().abs_diff(key.len()) <= most && strsim::levenshtein(token, key) <= most || key.len() >= 10 && token.contains(key)
}

/// The whole words of a row that together are the key.
fn holds_word(row: &Row, key: &str) -> bool {
    (0..row.tokens.len()).any(|from| {
        let mut run = String::new();
        row.tokens[from..].iter().any(|t| {
            run.push_str(&t.key);
            run == key
        })
    })
}

/// In the top third, in larger letters than the text, or nearly alone on its line.
fn is_title(layout: &Layout, phrase: &str) -> bool {
    let key = squeeze(phrase);
    let top = layout.page.transform.upright_size().1 / 3;
    (0..layout.rows.len()).any(|at| {
        let row = &layout.rows[at];
        let mut text: String = row.tokens.iter().map(|t| t.key.as_str()).collect();
        let alone = text.len() <= key.len() + 14;
        if let Some(next) = layout.rows.get(at + 1).filter(|next| text.len() < key.len() && next.rect.y < row.rect.bottom() + layout.em * 3)
        {
            text.extend(next.tokens.iter().map(|t| t.key.as_str()));
        }
        let large = row.tokens.iter().filter(|t| t.key.len() > 2).map(|t| t.rect.h).max().unwrap_or(0) * 10 >= layout.em * 12;
        let printed = if is_word(phrase) {
            row.tokens.iter().any(|t| same_word(&t.key, &key))
        } else {
            find_within(&text, &key, slack(key.len())).is_some()
        };
        printed && (alone || large || row.rect.y < top)
    })
}

fn marked(layout: &Layout, zones: &[Mrz], mark: &str) -> bool {
    let page = layout.page;
    let has = |kind| page.marks.iter().any(|m| m.kind == kind);
    match mark.split_once(':') {
        Some(("mrz", code)) => zones.iter().any(|m| format!("{}{}", m.code, m.issuer).starts_with(code) || m.code.starts_with(code)),
        Some(("code", symbology)) => page.codes.iter().any(|c| c.symbology == symbology),
        _ => match mark {
            "photo" => has(MarkKind::Photo),
            "signature" => has(MarkKind::Signature),
            "stamp" => has(MarkKind::Stamp),
            "combs" => page.zones.iter().filter(|z| matches!(z.shape, crate::domain::ZoneShape::Comb { .. })).count() >= 2,
            "checkboxes" => page.checkboxes.len() >= 4 && page.checkboxes.iter().any(|c| c.state != TickState::Doubtful),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::page;
    use super::*;

    fn document(id: &str, signs: &[(&str, f64, bool)]) -> DocumentDef {
        let signs = signs
            .iter()
            .map(|(phrase, weight, title)| format!("[[signs]]\nany = [\"{phrase}\"]\nweight = {weight}\ntitle = {title}"))
            .collect::<Vec<_>>()
            .join("\n");
        toml::from_str(&format!("id = \"{id}\"\nlabel = \"x\"\n{signs}")).unwrap()
    }

    #[test]
    fn two_signs_must_agree() {
        let bill = document("facture", &[("Facture d'électricité", 4.0, true), ("Lieu de consommation", 2.0, false)]);
        let letter = document("lettre", &[("Madame, Monsieur", 2.0, false), ("Je vous prie d'agréer", 4.0, false)]);
        let whole = page(&[(800, 200, "FACTURE D’ÉLECTRICITÉ"), (100, 900, "Lieu de consommation 98 avenue Jean Jaurès")]);
        let found = guesses(&Layout::new(&whole), &[], &[letter.clone(), bill.clone()]);
        assert_eq!(found[0].kind.as_str(), "facture");
        assert!(found[0].confidence > 0.9 && found.len() == 1, "{found:?}");
        let front = page(&[(800, 200, "PRÉFECTURE DU RHÔNE"), (100, 900, "Place de la Préfecture")]);
        assert!(
            guesses(&Layout::new(&front), &[], &[document("facture", &[("FACTURE", 4.0, true), ("Préfecture", 1.0, false)])])[0].confidence
                < 0.4
        );
        let rumour = page(&[(100, 2000, "nous joignons notre facture d'électricité à ce dossier pour votre information complète")]);
        let found = guesses(&Layout::new(&rumour), &[], &[letter, bill]);
        assert!(found.is_empty() || found[0].confidence < 0.4, "{found:?}");
    }
}
