//! Findings about whose papers these are: two values of one identity field, papers of somebody else.

use super::case::Case;
use super::evaluate::evaluate;
use super::names::{plain, same_name};
use super::paper::{signed, somebody_else};
use super::truth::Truth;
use crate::catalogue::{FieldDef, FieldKind, Tells};
use crate::domain::{Decision, Engine, Evidence, FieldValue, Finding, Piece, Proof, Rank, Reading, Source};
use std::collections::BTreeSet;

/// The request form among the documents.
const FORM: &str = "formulaire_demande";

/// Every finding of this stage about persons and signatures.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut all: Vec<Finding> = case.catalogue.fields.iter().filter_map(|f| contradiction(f, case)).collect();
    all.extend(case.extraction.pieces.iter().enumerate().filter_map(|(i, p)| foreign(i + 1, p, case)));
    all.extend(form(case));
    all
}

/// Two values of one identity field on two pages, each of which would be accepted alone.
fn contradiction(field: &FieldDef, case: &Case<'_>) -> Option<Finding> {
    if !field.identity {
        return None;
    }
    let reading = case.reading(field.id.as_str()).filter(|r| !matches!(r.decision, Decision::Confirmed))?;
    let mut strong = strong_values(field, reading);
    // An act of marriage prints the birth of two people: that it prints another one is no contradiction.
    strong.retain(|e| !of_several(e.page, case));
    let (a, b) = strong.iter().enumerate().find_map(|(i, a)| {
        let other = strong.iter().skip(i + 1).find(|b| differ(field, a, b) && a.page != b.page);
        other.map(|b| (*a, *b))
    })?;
    let words = |e: &Evidence| e.value.as_ref().map(super::heard::flat).unwrap_or_default();
    let mut subjects = vec![format!("field:{}", field.id)];
    subjects.extend(BTreeSet::from([a.page, b.page]).iter().map(|p| format!("page:{p}")));
    let message = format!("{} : « {} » page {}, « {} » page {}.", field.label, words(a), a.page, words(b), b.page);
    Some(Finding { code: "identite_discordante".into(), subjects, message })
}

/// True for a page of a paper that speaks of several people by its nature.
fn of_several(page: u32, case: &Case<'_>) -> bool {
    let paper = case.extraction.pieces.iter().find(|p| p.pages.contains(&page));
    paper.and_then(|p| case.catalogue.document(p.kind.as_str())).is_some_and(|d| d.persons.len() > 1)
}

/// Evidence that would carry its value alone: proven, or read alike by two independent means.
fn strong_values<'a>(field: &FieldDef, reading: &'a Reading) -> Vec<&'a Evidence> {
    let means = |e: &Evidence| -> BTreeSet<(u32, Source, Engine)> {
        let alike = reading.evidence.iter().filter(|o| o.value.is_some() && !differ(field, e, o));
        alike.map(|o| (o.page, o.source, o.engine)).collect()
    };
    let strong =
        |e: &&Evidence| e.value.is_some() && (matches!(e.proof, Some(Proof::CheckDigit | Proof::Signature)) || means(e).len() >= 2);
    reading.evidence.iter().filter(strong).collect()
}

fn differ(field: &FieldDef, a: &Evidence, b: &Evidence) -> bool {
    let (Some(a), Some(b)) = (&a.value, &b.value) else { return false };
    match (field.kind, a, b) {
        (FieldKind::Name | FieldKind::Names, a, b) => {
            let (a, b) = (super::heard::flat(a), super::heard::flat(b));
            // A paper may print the first given name only.
            !same_name(&a, &b) && !begins(&a, &b) && !begins(&b, &a)
        }
        // Who has two nationalities may show one of them.
        (FieldKind::Countries, FieldValue::List(a), FieldValue::List(b)) => a.iter().all(|c| !b.contains(c)),
        (FieldKind::Date, a, b) => match (super::heard::days(a), super::heard::days(b)) {
            (Some((a, b)), Some((c, d))) => b < c || a > d,
            _ => false,
        },
        (_, a, b) => plain(&super::heard::flat(a)).replace(' ', "") != plain(&super::heard::flat(b)).replace(' ', ""),
    }
}

fn begins(long: &str, short: &str) -> bool {
    format!("{} ", plain(long)).starts_with(&format!("{} ", plain(short)))
}

/// A paper in the name of somebody whom neither its type nor the list explains.
fn foreign(number: usize, piece: &Piece, case: &Case<'_>) -> Option<Finding> {
    case.catalogue.document(piece.kind.as_str())?;
    let words = somebody_else(piece, case)?;
    let rows: Vec<_> = case
        .list()
        .map(|l| l.rows.iter().filter(|r| std::iter::once(&r.piece).chain(&r.or).any(|k| *k == piece.kind)).collect())
        .unwrap_or_default();
    let explains = |c: &crate::catalogue::Condition| evaluate(&c.expr, case) == Truth::True;
    if rows.iter().any(|r| r.of.contains(&piece.person) || r.other_name_when.as_ref().is_some_and(explains)) {
        return None;
    }
    // The agent answers on the line of the list where there is one.
    let mut subjects: Vec<String> = rows.iter().take(1).map(|r| format!("checklist:{}", r.piece)).collect();
    subjects.push(format!("piece:{number}"));
    subjects.extend(piece.pages.iter().map(|p| format!("page:{p}")));
    let message = format!("{} : {words}.", case.label_of(piece.kind.as_str()));
    Some(Finding { code: "piece_autre_personne".into(), subjects, message })
}

/// The request form: its absence and its missing signature are told, and never make a dossier incomplete.
fn form(case: &Case<'_>) -> Vec<Finding> {
    let Some(list) = case.list() else { return Vec::new() };
    let rows = list.rows.iter().filter(|r| r.piece.as_str() == FORM && r.rank == Rank::Pratique && r.signed);
    rows.filter_map(|row| {
        let papers: Vec<&Piece> = case.pieces_of(row.piece.as_str()).collect();
        if papers.is_empty() {
            return case.open_pages().is_empty().then(|| Finding {
                code: "formulaire_absent".into(),
                subjects: vec![format!("checklist:{}", row.piece)],
                message: "Aucun formulaire dans le pli : une demande sur papier libre est une demande.".into(),
            });
        }
        let unsigned = papers.iter().find(|p| matches!(signed(p, case), Some((false, _))))?;
        // A form of several pages is signed once.
        let elsewhere = papers.iter().any(|p| matches!(signed(p, case), Some((true, _))));
        (!elsewhere).then(|| Finding {
            code: "formulaire_non_signe".into(),
            subjects: vec![signature_subject(unsigned, case)],
            message: "Le formulaire n’est pas signé.".into(),
        })
    })
    .collect()
}

fn signature_subject(piece: &Piece, case: &Case<'_>) -> String {
    let field = case.catalogue.told_of(&piece.kind, Tells::Signature).next();
    field.map_or_else(|| format!("checklist:{}", piece.kind), |id| format!("field:{id}"))
}
