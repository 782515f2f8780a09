//! Whether one paper counts for a row of the list: whose it is, its age at the filing date, signature, validity.

use super::case::Case;
use super::evaluate::{evaluate, months};
use super::heard::{Heard, clear, days, flag, flat, heard};
use super::names::{other_name, same_name};
use super::truth::Truth;
use crate::catalogue::{ListRow, Tells};
use crate::domain::{Decision, FieldId, Person, Piece, Reading, french};
use jiff::civil::Date;

/// From this probability on a reading in favour of the applicant is taken as read.
const GOOD: f64 = 0.75;

/// What a paper is worth, from best to worst.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worth {
    Counts,
    /// It counts as read; a person confirms what the words say before the dossier is filed.
    Likely(String),
    /// A person looks; the words say why, in French.
    Unsure(String),
    /// It surely does not count.
    Fails(String),
}

impl Worth {
    /// A defect: a statement where the reading is clear, else a question.
    fn defect(clearly: bool, words: String) -> Self {
        if clearly { Self::Fails(words) } else { Self::Unsure(words) }
    }
}

/// What the paper is worth for this row: as much as its worst side.
pub(super) fn judge(piece: &Piece, row: &ListRow, case: &Case<'_>) -> Worth {
    let mut sides = vec![kind(piece, case), owner(piece, row, case)];
    if let Some(limit) = row.max_age_months {
        sides.push(age(piece, limit, case));
    }
    // Rank pratique: an unsigned form is still a request; `findings` tells it.
    if row.signed && row.rank != crate::domain::Rank::Pratique {
        sides.push(signature(piece, case));
    }
    if row.valid {
        sides.push(validity(piece, case));
    }
    sides.into_iter().max().unwrap_or(Worth::Counts)
}

fn kind(piece: &Piece, case: &Case<'_>) -> Worth {
    if Case::uncertain(piece) {
        return Worth::Unsure(format!("la page est peut-être : {}", case.label_of(piece.kind.as_str())));
    }
    Worth::Counts
}

fn owner(piece: &Piece, row: &ListRow, case: &Case<'_>) -> Worth {
    if !row.of.is_empty() && !row.of.contains(&piece.person) {
        return Worth::Unsure("à qui est la pièce ?".into());
    }
    if !row.of.is_empty() && piece.person != Person::Applicant {
        return Worth::Counts;
    }
    let Some(words) = somebody_else(piece, case) else { return Worth::Counts };
    match row.other_name_when.as_ref().map(|c| evaluate(&c.expr, case)) {
        Some(Truth::True) => Worth::Counts,
        _ => Worth::Unsure(words),
    }
}

/// Says, in French, that the paper is of somebody whom its type does not explain.
pub(super) fn somebody_else(piece: &Piece, case: &Case<'_>) -> Option<String> {
    let persons = case.catalogue.document(piece.kind.as_str()).map(|d| d.persons.clone()).unwrap_or_default();
    let own = persons.is_empty() || persons == [Person::Applicant];
    if !(own && piece.person == Person::Applicant || persons.contains(&piece.person)) {
        let whose = fact(piece, "nom").and_then(|r| r.value.as_ref()).map(|v| format!(" ({})", flat(v))).unwrap_or_default();
        return Some(format!("la pièce est celle d’une autre personne{whose}"));
    }
    own.then(|| other_name_on(piece, case).or_else(|| other_birth_on(piece, case))).flatten()
}

fn other_name_on(piece: &Piece, case: &Case<'_>) -> Option<String> {
    let Heard::Value(printed) = heard(fact(piece, "nom")) else { return None };
    let printed = flat(printed);
    let own: Vec<String> = ["nom_naissance", "nom_usage"]
        .iter()
        .filter_map(|f| match case.field(f) {
            Heard::Value(value) => Some(flat(value)),
            _ => None,
        })
        .collect();
    let prenoms = match case.field("prenoms") {
        Heard::Value(value) => flat(value),
        _ => String::new(),
    };
    // A paper prints the name, the name and given names, or both with a title.
    let fits = |name: &String| !other_name(&printed, name) || same_name(&printed, &format!("{name} {prenoms}"));
    (!own.is_empty() && !own.iter().any(fits)).then(|| format!("la pièce est au nom de {printed}"))
}

fn other_birth_on(piece: &Piece, case: &Case<'_>) -> Option<String> {
    let printed = fact(piece, "date_naissance").filter(|r| clear(r))?;
    let Heard::Value(own) = case.field("date_naissance") else { return None };
    let own_clear = case.reading("date_naissance").is_some_and(clear);
    let ((a, b), (c, d)) = (days(printed.value.as_ref()?)?, days(own)?);
    (own_clear && (b < c || a > d)).then(|| format!("la pièce porte une autre date de naissance ({})", french(a)))
}

pub(super) fn fact<'a>(piece: &'a Piece, id: &str) -> Option<&'a Reading> {
    piece.facts.get(&FieldId::from(id))
}

/// The day printed on the paper against the filing date; the day of the limit itself still counts.
fn age(piece: &Piece, limit: u32, case: &Case<'_>) -> Worth {
    let label = case.label_of(piece.kind.as_str());
    let reading = fact(piece, "date_document");
    let (Heard::Value(value), Some(reading)) = (heard(reading), reading) else {
        return Worth::Unsure(format!("{label} : la date est à vérifier"));
    };
    let Some((first, last)) = days(value) else { return Worth::Unsure(format!("{label} : la date est à vérifier")) };
    let old = |date: Date| too_old(date, limit, case.filing);
    let filed = french(case.filing);
    if first > case.filing {
        return Worth::Unsure(format!("{label} : daté du {}, après le dépôt du {filed}", flat(value)));
    }
    match (old(first), old(last)) {
        (false, false) if clear(reading) => Worth::Counts,
        (false, false) if reading.confidence >= GOOD => Worth::Likely(format!("daté du {}, date à confirmer", flat(value))),
        (false, false) => Worth::Unsure(format!("{label} : daté du {}, date à confirmer", flat(value))),
        (true, true) => {
            let words = format!("{label} : daté du {}, plus de {limit} mois avant le dépôt du {filed}", flat(value));
            Worth::defect(clear(reading), words)
        }
        _ => Worth::Unsure(format!("{label} : la date n’est connue qu’en partie ({})", flat(value))),
    }
}

/// More than so many months, date to date, lie between the paper and the filing.
fn too_old(date: Date, limit: u32, filing: Date) -> bool {
    date < filing && months(date, filing.yesterday().unwrap_or(filing)) >= i64::from(limit)
}

fn signature(piece: &Piece, case: &Case<'_>) -> Worth {
    let label = case.label_of(piece.kind.as_str());
    match signed(piece, case) {
        Some((true, good)) if good => Worth::Counts,
        Some((true, _)) => Worth::Unsure(format!("{label} : la signature est à confirmer")),
        Some((false, clearly)) => Worth::defect(clearly, format!("{label} : la place de la signature est vide")),
        None => Worth::Unsure(format!("{label} : la signature est à vérifier")),
    }
}

/// Whether a paper is signed, and whether that is clear enough to build on; `None` when it was not read.
pub(super) fn signed(piece: &Piece, case: &Case<'_>) -> Option<(bool, bool)> {
    let fields = || case.catalogue.told_of(&piece.kind, Tells::Signature);
    let on_paper = std::iter::once("signe").chain(fields()).filter_map(|id| fact(piece, id));
    let told = |r: &&Reading| r.decision == Decision::Absent || matches!(heard(Some(r)), Heard::Value(_));
    let own = on_paper.chain(fields().filter_map(|id| case.reading(id))).find(told)?;
    if own.decision == Decision::Absent {
        return Some((false, own.confidence >= super::heard::CLEAR));
    }
    match heard(Some(own)) {
        Heard::Value(value) => flag(value).map(|f| (f, if f { clear(own) || own.confidence >= GOOD } else { clear(own) })),
        _ => None,
    }
}

/// An expired paper is never a mere absence: a person looks (a card expired for less than six months still counts for much).
fn validity(piece: &Piece, case: &Case<'_>) -> Worth {
    let label = case.label_of(piece.kind.as_str());
    let unread = || Worth::Unsure(format!("{label} : la date de fin de validité est à vérifier"));
    let Some(reading) = expiry(piece, case) else { return unread() };
    let Heard::Value(value) = heard(Some(reading)) else { return unread() };
    let Some((first, last)) = days(value) else { return unread() };
    if last < case.filing {
        return Worth::Unsure(format!("{label} : expiré le {} (dépôt du {})", flat(value), french(case.filing)));
    }
    if first < case.filing { unread() } else { Worth::Counts }
}

/// The end of validity printed on the paper, else the applicant's field that tells it for papers of this type.
fn expiry<'a>(piece: &'a Piece, case: &Case<'a>) -> Option<&'a Reading> {
    let usable = |r: &&Reading| matches!(heard(Some(r)), Heard::Value(_));
    let fields = || case.catalogue.told_of(&piece.kind, Tells::Expiry);
    let on_paper = std::iter::once("expire_le").chain(fields()).filter_map(|id| fact(piece, id));
    on_paper.chain(fields().filter_map(|id| case.reading(id))).find(usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_six_months_still_count() {
        let old = |date: &str, filing: &str| too_old(date.parse().unwrap(), 6, filing.parse().unwrap());
        assert!(!old("2026-05-12", "2026-11-12"), "the day of the limit");
        assert!(old("2026-05-11", "2026-11-12"), "the day before");
        assert!(!old("2026-05-13", "2026-11-12"));
        assert!(!old("2026-08-31", "2027-02-28"), "a month without that day ends on its last");
        assert!(old("2026-08-31", "2027-03-01"));
        assert!(!old("2026-11-12", "2026-11-12"));
        assert!(old("2024-11-12", "2026-11-12"));
    }
}
