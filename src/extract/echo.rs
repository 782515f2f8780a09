//! Looks for a value that one page gives on the other pages of the same person. Bills, letters and
//! certificates print the name, the birth date or a number without a label; that they print it at all
//! is a second reading, made from other ink.

use super::compare;
use super::kinds::{date, name, number};
use super::layout::{Layout, Token, around, join};
use crate::domain::{Candidate, Engine, Evidence, FieldId, FieldValue, Source};

/// Shortest number that cannot stand on a page by chance.
const TELLING: usize = 8;

/// What the page prints of this value, if it does. `people` holds the surnames and given names of the applicant.
pub(super) fn find(layout: &Layout, field: &FieldId, value: &FieldValue, surnames: &[String], given: &[Vec<String>]) -> Option<Candidate> {
    let (tokens, printed) = match (field.as_str(), value) {
        ("nom_naissance", FieldValue::Text(surname)) => {
            let whole = given.iter().find_map(|g| full_name(layout, surname, g));
            whole.or_else(|| given.iter().find_map(|g| full_name(layout, surname, &g[..1.min(g.len())]))).map(|(s, _)| with_text(s))?
        }
        ("prenoms", FieldValue::List(names)) => surnames.iter().find_map(|s| full_name(layout, s, names)).map(|(_, g)| {
            let names = g.iter().map(|t| tidy(&t.text)).collect();
            (g, FieldValue::List(names))
        })?,
        ("date_naissance", FieldValue::Date(_)) => (birth(layout, value)?, value.clone()),
        (
            "numero_etranger"
            | "numero_passeport"
            | "numero_titre"
            | "numero_visa"
            | "numero_dossier_at"
            | "numero_demande_anef"
            | "employeur_siret"
            | "numero_suivi",
            FieldValue::Text(_),
        ) if compare::weight(value) >= TELLING => (
            run(layout, &compare::key(value).to_uppercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>())?,
            value.clone(),
        ),
        // Signs count in an address of mail: what this page prints is its own reading, not a copy of the other.
        ("courriel", FieldValue::Text(_)) if compare::weight(value) >= TELLING => {
            let tokens = run(layout, &compare::key(value).to_uppercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>())?;
            let printed = number::courriel(&join(&tokens))?;
            (tokens, FieldValue::Text(printed))
        }
        ("adresse", FieldValue::Address(_)) => (run(layout, &compare::key(value))?, value.clone()),
        ("etablissement" | "employeur_nom" | "diplome", FieldValue::Text(text)) if compare::weight(value) >= TELLING => {
            with_text(run(layout, &super::text::squeeze(text))?)
        }
        ("lieu_naissance", FieldValue::Text(text)) => with_text(place(layout, text)?),
        _ => return None,
    };
    Some(evidence(layout, field, &tokens, printed))
}

fn with_text(tokens: Vec<Token>) -> (Vec<Token>, FieldValue) {
    let text = tokens.iter().map(|t| tidy(&t.text)).collect::<Vec<_>>().join(" ");
    (tokens, FieldValue::Text(text))
}

/// Upper case, without the comma or stop after a word.
fn tidy(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric()).replace('’', "'").to_uppercase()
}

/// Surname and given names side by side, in either order.
fn full_name(layout: &Layout, surname: &str, given: &[String]) -> Option<(Vec<Token>, Vec<Token>)> {
    let (surname, given) = (name::key(surname), given.iter().map(|g| name::key(g)).collect::<String>());
    if surname.len() < 2 || given.len() < 2 {
        return None;
    }
    for tokens in paragraphs(layout) {
        for from in 0..tokens.len() {
            for (first, second, turned) in [(&surname, &given, false), (&given, &surname, true)] {
                let Some(middle) = spelled(&tokens, from, first) else { continue };
                let Some(end) = spelled(&tokens, middle, second) else { continue };
                // A part of a longer name is another name.
                if from > 0 && continues(layout, &tokens[from - 1], &tokens[from])
                    || end < tokens.len() && continues(layout, &tokens[end - 1], &tokens[end])
                {
                    continue;
                }
                if is_relative(&tokens[..from]) {
                    continue;
                }
                let (a, b) = (tokens[from..middle].to_vec(), tokens[middle..end].to_vec());
                return Some(if turned { (b, a) } else { (a, b) });
            }
        }
    }
    None
}

/// True where the words before a name say that it is a relative's: "fille de", "père :", "épouse".
fn is_relative(before: &[Token]) -> bool {
    let near = before.iter().rev().take(3).any(|t| matches!(t.key.as_str(), "PERE" | "MERE" | "CONJOINT" | "EPOUX" | "EPOUSE" | "PARENT"));
    near || before.windows(2).any(|pair| matches!(pair[0].key.as_str(), "FILLE" | "FILS") && pair[1].key == "DE")
}

/// True when two neighbours read as parts of one name: close together, both begin with a capital, nothing between them.
fn continues(layout: &Layout, a: &Token, b: &Token) -> bool {
    let capital = |t: &Token| {
        t.text.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase)
            && t.key.len() >= 2
            && t.key.bytes().all(|c| c.is_ascii_alphabetic())
    };
    let title = |t: &Token| matches!(t.key.as_str(), "MME" | "MR" | "MLLE" | "MONSIEUR" | "MADAME" | "EXP" | "NE" | "NEE" | "ET");
    let apart = a.text.ends_with([',', ':', ';', '.', ')'])
        || a.colon
        || super::labels::gap(a, b) > layout.em * 2
        || a.rect.vertical_overlap(&b.rect) == 0;
    // In running capitals and small letters, only words in the style of names go on a name.
    capital(a) && capital(b) && !title(a) && !title(b) && !apart
}

/// Rows, each with the beginning of the next: a name may run over the end of a line.
fn paragraphs<'a>(layout: &'a Layout<'_>) -> impl Iterator<Item = Vec<Token>> + 'a {
    layout.rows.iter().enumerate().map(|(at, row)| {
        let next = layout.rows.get(at + 1).map(|r| &r.tokens[..r.tokens.len().min(4)]).unwrap_or_default();
        row.tokens.iter().chain(next).filter(|t| !t.key.is_empty()).cloned().collect()
    })
}

/// The end of the run of whole words from `from` on that spells the key of a name.
fn spelled(tokens: &[Token], from: usize, key: &str) -> Option<usize> {
    let mut run = String::new();
    for (at, token) in tokens.iter().enumerate().skip(from) {
        run.push_str(&token.text);
        let so_far = name::key(&run);
        if so_far == key {
            return Some(at + 1);
        }
        if so_far.len() > key.len() + 2 || at - from > 6 {
            return None;
        }
    }
    None
}

/// The words of one row that together are exactly the key.
fn run(layout: &Layout, key: &str) -> Option<Vec<Token>> {
    for tokens in paragraphs(layout).chain(blocks(layout)) {
        for from in 0..tokens.len() {
            let mut spelled = String::new();
            for to in from..tokens.len() {
                spelled.push_str(&tokens[to].key);
                if spelled == key {
                    return Some(tokens[from..=to].to_vec());
                }
                if !key.starts_with(&spelled) {
                    break;
                }
            }
        }
    }
    None
}

/// Two or three lines that begin at one column: an address block.
fn blocks<'a>(layout: &'a Layout<'_>) -> impl Iterator<Item = Vec<Token>> + 'a {
    (0..layout.rows.len()).filter_map(move |at| {
        layout.rows[at].tokens.first().map(|first| {
            let mut out = layout.rows[at].tokens.clone();
            for row in layout.rows.iter().skip(at + 1).take(2) {
                out.extend(row.tokens.iter().filter(|t| t.rect.x + layout.em * 2 >= first.rect.x).cloned());
            }
            out
        })
    })
}

/// The date beside a word for birth, on the same row or the row above.
fn birth(layout: &Layout, value: &FieldValue) -> Option<Vec<Token>> {
    let FieldValue::Date(day) = value else { return None };
    layout.rows.iter().enumerate().find_map(|(at, row)| {
        let year = row.text().contains(&day.year().to_string());
        let found = (0..row.tokens.len()).find_map(|from| {
            let tokens = &row.tokens[from..(from + 4).min(row.tokens.len())];
            let used = (1..=tokens.len()).find(|n| date::parse(&join(&tokens[..*n]), day.year() + 30).as_ref() == Some(value))?;
            Some(tokens[..used].to_vec())
        });
        let told = row
            .tokens
            .iter()
            .chain(at.checked_sub(1).map(|i| layout.rows[i].tokens.as_slice()).unwrap_or_default())
            .any(|t| t.key.starts_with("NEE") || t.key == "NE" || t.key.starts_with("NAISS") || t.key.starts_with("BIRTH"));
        found.filter(|_| told && year)
    })
}

/// The place right after « à », near a birth date.
fn place(layout: &Layout, text: &str) -> Option<Vec<Token>> {
    let key = super::text::squeeze(text);
    if key.len() < 3 {
        return None;
    }
    layout.rows.iter().enumerate().find_map(|(at, row)| {
        let birth = row
            .tokens
            .iter()
            .chain(at.checked_sub(1).map(|i| layout.rows[i].tokens.as_slice()).unwrap_or_default())
            .any(|t| t.key == "NE" || t.key.starts_with("NEE") || t.key.starts_with("NAISS") || t.key == "LIEU");
        if !birth {
            return None;
        }
        (0..row.tokens.len()).find_map(|from| {
            let mut spelled = String::new();
            for to in from..row.tokens.len() {
                spelled.push_str(&row.tokens[to].key);
                let ends = row.tokens.get(to + 1).is_none_or(|next| !continues(layout, &row.tokens[to], next));
                if spelled == key && ends {
                    return Some(row.tokens[from..=to].to_vec());
                }
            }
            None
        })
    })
}

fn evidence(layout: &Layout, field: &FieldId, tokens: &[Token], value: FieldValue) -> Candidate {
    let sure = tokens.iter().map(|t| t.confidence).fold(1.0, f32::min);
    Candidate {
        field: field.clone(),
        value: Some(value.clone()),
        empty: false,
        confidence: 0.5 + 0.4 * f64::from(sure),
        evidence: Evidence {
            source: Source::Text,
            engine: Engine::Tesseract,
            page: layout.page.number,
            rect: layout.page.transform.to_scan(around(tokens)),
            value: Some(value),
            raw: join(tokens),
            proof: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::page;
    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "each call makes its value on the spot")]
    fn found(lines: &[(u32, u32, &str)], field: &str, value: FieldValue) -> Option<String> {
        let page = page(lines);
        let layout = Layout::new(&page);
        let people = (vec!["BEN YOUSSEF".to_owned()], vec![vec!["HELENE".to_owned()]]);
        find(&layout, &FieldId::from(field), &value, &people.0, &people.1).map(|c| serde_json::to_string(&c.value).unwrap())
    }

    #[test]
    fn the_printed_spelling_is_what_counts() {
        let bill = [(1300, 400, "MME BEN YOUSSEF HÉLÈNE")];
        assert_eq!(found(&bill, "prenoms", FieldValue::List(vec!["HELENE".to_owned()])).as_deref(), Some("[\"HÉLÈNE\"]"));
        assert_eq!(found(&bill, "nom_naissance", FieldValue::Text("BENYOUSSEF".to_owned())).as_deref(), Some("\"BEN YOUSSEF\""));
        assert_eq!(
            found(&[(100, 100, "BEN YOUSSEF Wassim")], "nom_naissance", FieldValue::Text("BEN YOUSSEF".to_owned())),
            None,
            "somebody else of that name"
        );
    }

    #[test]
    fn a_part_of_a_name_is_another_name() {
        let line = [(100, 100, "M. BEN YOUSSEF HELENE ANNE")];
        assert_eq!(found(&line, "nom_naissance", FieldValue::Text("BEN YOUSSEF".to_owned())), None, "a second given name follows");
        let people = (vec!["YOUSSEF".to_owned()], vec![vec!["HELENE".to_owned()]]);
        let page = page(&[(100, 100, "MME BEN YOUSSEF HELENE")]);
        assert!(
            find(&Layout::new(&page), &FieldId::from("nom_naissance"), &FieldValue::Text("YOUSSEF".to_owned()), &people.0, &people.1)
                .is_none()
        );
    }

    #[test]
    fn the_name_of_a_relative_confirms_nobody() {
        let name = || FieldValue::Text("BEN YOUSSEF".to_owned());
        for line in ["fille de Hélène BEN YOUSSEF et de Awa DIOP", "Père : BEN YOUSSEF Hélène", "épouse BEN YOUSSEF Hélène"] {
            assert_eq!(found(&[(100, 100, line)], "nom_naissance", name()), None, "{line}");
        }
        assert!(found(&[(100, 100, "Hélène BEN YOUSSEF, fille de Awa DIOP")], "nom_naissance", name()).is_some());
    }

    #[test]
    fn a_date_is_a_birth_only_beside_such_a_word() {
        let day = || FieldValue::Date(jiff::civil::date(2001, 11, 6));
        assert!(found(&[(100, 100, "né(e) le 6 novembre 2001")], "date_naissance", day()).is_some());
        assert!(found(&[(100, 100, "Facture du 06/11/2001")], "date_naissance", day()).is_none());
    }

    #[test]
    fn a_number_must_be_whole() {
        let number = || FieldValue::Text("4450258423".to_owned());
        assert!(found(&[(100, 100, "N° étranger : 44502 58423")], "numero_etranger", number()).is_some());
        assert!(found(&[(100, 100, "Réf 944502584230")], "numero_etranger", number()).is_none());
    }
}
