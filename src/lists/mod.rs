//! The lists of documents as pages for those who answer for them: one page for each permit with the source of every line, the
//! dated parameters, and what changed between two days. Nothing here decides; it shows what `pipelines/` says.

use crate::catalogue::{Catalogue, ListRow, ParameterDef, PermitDef, PieceList, Unit};
use crate::domain::{LineClass, Rank, french};
use crate::french::rows::{asks, due};
use askama::Template;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// One file of the book.
pub struct Page {
    /// Below the folder of the book.
    pub name: String,
    pub html: String,
}

/// The pages on `on`; with `since`, what changed from that day to `on` as well.
///
/// # Errors
/// Only when a template cannot be filled, which a test excludes.
pub fn book(catalogue: &Catalogue, on: Date, since: Option<Date>) -> Result<Vec<Page>, askama::Error> {
    let mut permits: Vec<&PermitDef> = catalogue.permits.iter().collect();
    permits.sort_by(|a, b| a.label.cmp(&b.label));
    let entry = |p: &&PermitDef| Entry { file: file_of(p), label: p.label.clone(), basis: p.basis.clone(), lists: in_force(p, on).len() };
    let mut pages = vec![Page {
        name: "index.html".into(),
        html: Index {
            on: french(on),
            permits: permits.iter().map(entry).collect(),
            parameters: catalogue.parameters.iter().filter_map(|p| Amount::of(p, on)).collect(),
            changed: since.map(french),
            changes: since.map(|since| changes(catalogue, since, on)).unwrap_or_default(),
        }
        .render()?,
    }];
    for permit in permits {
        let lists = in_force(permit, on).into_iter().map(|list| Shown::of(list, on, catalogue)).collect();
        let names = permit.names.join(" · ");
        let anef = permit.anef_since.map(french);
        let html = OfPermit { on: french(on), label: permit.label.clone(), basis: permit.basis.clone(), names, anef, lists }.render()?;
        pages.push(Page { name: file_of(permit), html });
    }
    Ok(pages)
}

fn file_of(permit: &PermitDef) -> String {
    format!("{}.html", permit.id)
}

/// The list of each kind of request that decides on this day.
fn in_force(permit: &PermitDef, on: Date) -> Vec<&PieceList> {
    let requests: BTreeSet<&str> = permit.lists.iter().map(|l| l.request.as_str()).collect();
    requests.into_iter().filter_map(|request| permit.list_on(request, on)).collect()
}

#[derive(Template)]
#[template(path = "index.html", config = "src/lists/askama.toml")]
struct Index {
    on: String,
    permits: Vec<Entry>,
    parameters: Vec<Amount>,
    changed: Option<String>,
    changes: Vec<Change>,
}

struct Entry {
    file: String,
    label: String,
    basis: String,
    lists: usize,
}

struct Amount {
    label: String,
    value: String,
    since: String,
    source: String,
    confirmed: bool,
}

impl Amount {
    fn of(parameter: &ParameterDef, on: Date) -> Option<Self> {
        let value = parameter.on(on)?;
        let unit = match parameter.unit {
            Unit::Euros => "€",
            Unit::Days => "jours",
            Unit::Months => "mois",
            Unit::Years => "ans",
        };
        Some(Self {
            label: parameter.label.clone(),
            value: format!("{} {unit}", value.value),
            since: french(value.since),
            source: value.source.clone(),
            confirmed: value.confirmed,
        })
    }
}

#[derive(Template)]
#[template(path = "permit.html", config = "src/lists/askama.toml")]
struct OfPermit {
    on: String,
    label: String,
    basis: String,
    names: String,
    anef: Option<String>,
    lists: Vec<Shown>,
}

struct Shown {
    request: String,
    since: String,
    lines: Vec<Line>,
}

impl Shown {
    fn of(list: &PieceList, on: Date, catalogue: &Catalogue) -> Self {
        let lines = list.rows_on(on).map(|row| Line::of(row, list, catalogue)).collect();
        Self { request: request_in_french(&list.request, catalogue), since: french(list.since), lines }
    }
}

/// One line of a list, in words.
#[derive(Clone, PartialEq, Eq)]
struct Line {
    piece: String,
    rank: &'static str,
    class: &'static str,
    due: String,
    asks: String,
    stand_ins: String,
    article: String,
    since: String,
    note: String,
}

impl Line {
    fn of(row: &ListRow, list: &PieceList, catalogue: &Catalogue) -> Self {
        let label = |id: &str| catalogue.document(id).map_or_else(|| id.to_owned(), |d| d.label.clone());
        Self {
            piece: label(row.piece.as_str()),
            rank: match row.rank {
                Rank::Texte => "texte",
                Rank::Liste => "liste officielle",
                Rank::Pratique => "pratique",
            },
            class: match (row.class, row.rank) {
                (LineClass::AtCollection, _) => "au retrait du titre",
                (_, Rank::Pratique) => "jamais demandée",
                (_, Rank::Liste) => "à vérifier si elle manque",
                (LineClass::BlocksReceipt, Rank::Texte) => "sans elle, pas de récépissé",
                (LineClass::ToBeAsked, Rank::Texte) => "à demander si elle manque",
            },
            due: due(row, catalogue),
            asks: asks(row),
            stand_ins: row.or.iter().map(|k| label(k.as_str())).collect::<Vec<_>>().join(" ; "),
            article: row.article.clone(),
            since: french(list.since_of(row)),
            note: row.note.clone().unwrap_or_default(),
        }
    }
}

fn request_in_french(request: &str, catalogue: &Catalogue) -> String {
    let choices = catalogue.field("type_demande").map(|f| f.choices.as_slice()).unwrap_or_default();
    choices.iter().find(|c| c.id == request).and_then(|c| c.words.first().cloned()).unwrap_or_else(|| request.to_owned())
}

/// A line that came, went or changed.
struct Change {
    permit: String,
    request: String,
    piece: String,
    what: String,
}

fn changes(catalogue: &Catalogue, from: Date, to: Date) -> Vec<Change> {
    let mut all = Vec::new();
    for permit in &catalogue.permits {
        let on = |day: Date| -> BTreeMap<(String, String), Line> {
            let lines = in_force(permit, day).into_iter().flat_map(|list| list.rows_on(day).map(move |row| (list, row)));
            lines
                .map(|(list, row)| ((list.request.clone(), format!("{} {:?}", row.piece, row.of)), Line::of(row, list, catalogue)))
                .collect()
        };
        let (before, after) = (on(from), on(to));
        let mut change = |request: &str, line: &Line, what: String| {
            let request = request_in_french(request, catalogue);
            all.push(Change { permit: permit.label.clone(), request, piece: line.piece.clone(), what });
        };
        for (key, line) in &after {
            match before.get(key) {
                None => change(&key.0, line, format!("demandée depuis le {} ({})", line.since, line.article)),
                Some(old) if old != line => change(&key.0, line, format!("modifiée depuis le {} ({})", line.since, line.article)),
                Some(_) => {}
            }
        }
        for (key, line) in before.iter().filter(|(key, _)| !after.contains_key(key)) {
            change(&key.0, line, format!("n’est plus demandée ({})", line.article));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_permit_has_its_page_and_every_line_its_source() {
        let catalogue = Catalogue::embedded().unwrap();
        let pages = book(&catalogue, date(2026, 11, 23), None).unwrap();
        assert_eq!(pages.len(), 1 + catalogue.permits.len());
        let student = pages.iter().find(|p| p.name == "etudiant.html").unwrap();
        for words in ["Contrat d’engagement", "CESEDA R412-1, R412-3, annexe 12", "si la personne est hébergée par un particulier"] {
            assert!(student.html.contains(words), "{words}");
        }
    }

    #[test]
    fn what_changed_between_two_days_is_told() {
        let catalogue = Catalogue::embedded().unwrap();
        let told = changes(&catalogue, date(2024, 1, 1), date(2026, 11, 23));
        let contract = told.iter().find(|c| c.permit == "Étudiant" && c.piece.starts_with("Contrat d’engagement")).unwrap();
        assert_eq!(contract.what, "demandée depuis le 17/07/2024 (CESEDA R412-1, R412-3, annexe 12)");
        assert!(changes(&catalogue, date(2026, 11, 22), date(2026, 11, 23)).is_empty());
    }
}
