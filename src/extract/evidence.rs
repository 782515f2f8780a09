//! What a value stands on, in the terms of a calibration: how many papers, places and engines agree, and who does not.

use super::compare;
use super::weigh::{Group, Vote};
use crate::catalogue::{FieldDef, FieldKind};
use crate::domain::{Engine, Evidence, FieldValue, Medium, Pattern, Rect, Signals, Source, ValueKind};
use std::collections::BTreeSet;

/// The signals of `best`, which holds one vote at least, against the groups that say another value.
pub(super) fn signals(field: &FieldDef, value: &FieldValue, best: &Group, others: &[&Group]) -> Signals {
    let confidence = |vote: &Vote| vote.candidate.confidence;
    let on_form = |vote: &Vote| vote.candidate.evidence.source == Source::Form;
    Signals {
        kind: kind(field.kind),
        pattern: pattern(best),
        medium: if best.votes.iter().all(|v| on_form(v)) { Medium::Form } else { Medium::Print },
        contested: !others.is_empty(),
        most: best.votes.iter().map(|v| confidence(v)).fold(0.0, f64::max),
        least: best.votes.iter().map(|v| confidence(v)).fold(1.0, f64::min),
        other: others.iter().flat_map(|g| &g.votes).map(|v| confidence(v)).fold(0.0, f64::max),
        length: u32::try_from(compare::weight(value)).unwrap_or(u32::MAX),
    }
}

fn kind(kind: FieldKind) -> ValueKind {
    match kind {
        FieldKind::Name | FieldKind::Names => ValueKind::Name,
        FieldKind::Date => ValueKind::Date,
        FieldKind::Number => ValueKind::Number,
        FieldKind::Choice => ValueKind::Choice,
        FieldKind::Country | FieldKind::Countries => ValueKind::Country,
        FieldKind::Address => ValueKind::Address,
        FieldKind::Telephone | FieldKind::Courriel => ValueKind::Contact,
        FieldKind::Amount => ValueKind::Amount,
        FieldKind::Flag => ValueKind::Flag,
        FieldKind::Text => ValueKind::Text,
    }
}

fn pattern(group: &Group) -> Pattern {
    let papers = if group.pages.len() >= 2 { group.papers.len() } else { 1 };
    let places = places(group);
    match (papers, places.len()) {
        (_, 2..) if group.proven => Pattern::Proven,
        (3.., _) => Pattern::Papers3,
        (2, _) => Pattern::Papers2,
        (_, 2..) => Pattern::Places2,
        _ if places.iter().any(|p| p.engines.len() >= 2) => Pattern::Engines2,
        _ => Pattern::Engine1,
    }
}

/// One spot of one page that says the value, and the engines that read it there.
struct Place {
    page: u32,
    rect: Rect,
    /// A machine-readable zone or code: one place, and not the print over which its box may reach.
    coded: bool,
    engines: BTreeSet<Engine>,
}

fn places(group: &Group) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for Evidence { page, rect, source, engine, .. } in group.votes.iter().map(|v| &v.candidate.evidence) {
        let coded = matches!(source, Source::Mrz | Source::TwoDDoc);
        // Two engines draw boxes of one spot that differ by some pixels.
        let same = |p: &&mut Place| {
            p.page == *page
                && p.coded == coded
                && p.rect.vertical_overlap(rect) * 2 > p.rect.h.min(rect.h)
                && p.rect.horizontal_overlap(rect) > 0
        };
        match places.iter_mut().find(same) {
            Some(place) => {
                place.engines.insert(*engine);
            }
            None => places.push(Place { page: *page, rect: *rect, coded, engines: BTreeSet::from([*engine]) }),
        }
    }
    places
}
