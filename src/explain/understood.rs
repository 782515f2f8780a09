//! What was understood, value by value, with the papers that say it; what is empty and what is not copied.

use super::privacy::{self, Kept};
use super::source::{pages, piece_of};
use super::{Matter, papers, settled};
use crate::domain::{Address, Decision, Extraction, FieldValue, INCONNU, PartialDate, Reading};
use crate::french::{labels, values};
use serde::Serialize;
use std::collections::BTreeSet;

/// How many papers are named as the source of one value: the others say the same.
const MOST_SOURCES: usize = 3;

/// One settled value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Understood {
    pub label: String,
    pub value: String,
    /// « votre passeport, page 3 »
    pub read_on: Vec<String>,
    /// A person confirmed it.
    pub confirmed: bool,
}

pub(super) fn understood(matter: &Matter<'_>, said: &Extraction) -> Vec<Understood> {
    let fields = matter.fields(said);
    let own = fields.iter().filter_map(|s| Some((s, s.strip_prefix("field:")?))).filter(|(_, id)| quoted(id));
    let readings = own.filter_map(|(s, _)| Some((s, said.reading(s).filter(|r| settled(r))?)));
    readings.filter_map(|(subject, reading)| one(matter, said, subject, reading)).collect()
}

fn quoted(field: &str) -> bool {
    privacy::kept(field).is_none() && !privacy::is_said_elsewhere(field)
}

fn one(matter: &Matter<'_>, said: &Extraction, subject: &str, reading: &Reading) -> Option<Understood> {
    let field = labels::field_of(matter.catalogue, subject);
    let value = match reading.value.as_ref()? {
        FieldValue::PartialDate(date) => partial(*date),
        FieldValue::Address(address) if address.pays.as_deref() == Some("FR") => {
            values::show(&FieldValue::Address(Address { pays: None, ..address.clone() }), None)
        }
        other => values::show(other, field.as_ref()),
    };
    Some(Understood {
        label: field.map_or_else(|| subject.to_owned(), |f| f.label),
        value,
        read_on: read_on(matter, said, reading),
        confirmed: reading.decision == Decision::Confirmed,
    })
}

fn partial(date: PartialDate) -> String {
    match date.mois {
        Some(month) => format!("{month:02}/{} (jour inconnu)", date.annee),
        None => format!("{} (jour et mois inconnus)", date.annee),
    }
}

/// Each paper once, with its page in what the applicant sent: a lot may hold other people’s pages before it.
fn read_on(matter: &Matter<'_>, said: &Extraction, reading: &Reading) -> Vec<String> {
    let place = |page: u32| {
        let kind = piece_of(said, page).map_or(INCONNU, |p| p.kind.as_str());
        Some((kind, own_page(said, page)?))
    };
    let mut kinds = BTreeSet::new();
    let places = pages(reading).into_iter().filter_map(place).filter(|(kind, _)| kinds.insert(*kind));
    let mut places: Vec<(&str, u32)> = places.collect();
    // A paper with a name tells more than one that was not recognised.
    places.sort_by_key(|(kind, _)| *kind == INCONNU);
    places.iter().take(MOST_SOURCES).map(|(kind, page)| format!("{}, page {page}", papers::name(matter.catalogue, kind))).collect()
}

/// The page as the applicant counts: the first one sent is page 1.
pub(super) fn own_page(said: &Extraction, page: u32) -> Option<u32> {
    said.pages.iter().position(|p| *p == page).and_then(|i| u32::try_from(i + 1).ok())
}

pub(super) fn empty(matter: &Matter<'_>, said: &Extraction) -> Vec<String> {
    let fields = matter.fields(said);
    let absent = fields.iter().filter(|s| said.reading(s).is_some_and(|r| r.decision == Decision::Absent));
    let own = absent.filter(|s| s.strip_prefix("field:").is_some_and(quoted));
    own.map(|s| labels::subject_label(matter.catalogue, &said.pieces, s)).collect()
}

pub(super) fn not_copied(said: &Extraction) -> Vec<String> {
    let read = said.fields.iter().filter(|(_, r)| r.value.is_some());
    let kinds: BTreeSet<Kept> = read.filter_map(|(id, _)| privacy::kept(id.as_str())).collect();
    kinds.into_iter().map(|kept| kept.words().to_owned()).collect()
}
