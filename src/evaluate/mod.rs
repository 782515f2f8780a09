//! Compares what the line printed with a labelled folder (`truth.json` beside each scan).
//!
//! The question is always the applicant's: what would have entered a dossier wrongly without a
//! person ([`Harm`]), and how much is right although a person still looks at it.

mod compare;
mod envelope;
mod truth;

pub use envelope::Judged;
pub use truth::{Truth, TruthEnvelope, TruthError, load};

use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A share of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    pub of: u32,
    pub right: u32,
    /// `right / of`, 0 when there is no case.
    pub share: f64,
}

impl Share {
    pub(crate) fn add(&mut self, right: bool) {
        self.of += 1;
        self.right += u32::from(right);
        self.share = f64::from(self.right) / f64::from(self.of);
    }
}

/// What would have entered a dossier wrongly without a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Harm {
    pub wrong_value: u32,
    pub accepted_in_contradiction: u32,
    pub wrongly_absent: u32,
    /// Accepted although no page of the envelope shows it.
    pub invented: u32,
    /// Accepted, said to be absent or invented: the denominator.
    pub settled_without_a_person: u32,
    pub share: f64,
}

/// The outcome of the envelopes of one permit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Outcomes {
    pub of: u32,
    pub right: u32,
    pub falsely_complete: u32,
}

/// Exact and accepted values of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct FieldFigure {
    pub of: u32,
    pub exact: u32,
    pub accepted: u32,
    pub accepted_wrong: u32,
}

/// All figures of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    pub files: u32,
    pub files_without_a_line: u32,
    pub files_in_anomaly: u32,
    pub envelopes: u32,
    pub boundaries_single: Share,
    pub boundaries_several: Share,
    pub pieces: Share,
    pub values: Share,
    pub values_printed: Share,
    pub values_handwritten: Share,
    /// Share of all values that were accepted, right or wrong.
    pub accepted: Share,
    pub harm: Harm,
    pub permit: Share,
    pub request: Share,
    pub missing_found: Share,
    pub missing_false_alarms: u32,
    pub outcome: Share,
    pub outcome_by_permit: BTreeMap<String, Outcomes>,
    pub fields: BTreeMap<String, FieldFigure>,
    /// Accepted and wrong: file, field, expected, got. Labelled data only, never a real person's.
    pub wrong_accepted: Vec<String>,
}

/// Compares the printed lines with the truths; lines are matched by base name.
#[must_use]
pub fn figures(truths: &[Truth], lines: &BTreeMap<String, Value>) -> Figures {
    let known = known_fields(truths);
    let mut figures = Figures::default();
    for truth in truths {
        figures.files += 1;
        let Some(line) = lines.get(&truth.file) else {
            figures.files_without_a_line += 1;
            add_file(&mut figures, truth, &[], &known);
            continue;
        };
        figures.files_in_anomaly += u32::from(line["status"] != "processed");
        let found = line["envelopes"].as_array().map_or(&[][..], Vec::as_slice);
        add_file(&mut figures, truth, found, &known);
    }
    let harm = &mut figures.harm;
    harm.settled_without_a_person = figures.accepted.right + harm.wrongly_absent + harm.invented;
    let wrong = harm.wrong_value + harm.accepted_in_contradiction + harm.wrongly_absent + harm.invented;
    harm.share = if harm.settled_without_a_person == 0 { 0.0 } else { f64::from(wrong) / f64::from(harm.settled_without_a_person) };
    figures
}

/// The values of one printed line against the labels: for each labelled envelope the place of the printed one that it was
/// matched with, and its values.
#[must_use]
pub fn judged(truth: &Truth, line: &Value, known: &BTreeSet<&str>) -> Vec<(usize, Vec<Judged>)> {
    let found = line["envelopes"].as_array().map_or(&[][..], Vec::as_slice);
    let matched = envelope::match_envelopes(&truth.envelopes, found);
    let pairs = truth.envelopes.iter().zip(matched).filter_map(|(expected, at)| at.map(|at| (expected, at)));
    pairs.map(|(expected, at)| (at, envelope::judged(expected, &found[at], known))).collect()
}

/// Every field that some label of the set gives.
#[must_use]
pub fn known_fields(truths: &[Truth]) -> BTreeSet<&str> {
    truths.iter().flat_map(|t| &t.envelopes).flat_map(|e| e.fields.keys()).map(String::as_str).collect()
}

fn add_file(figures: &mut Figures, truth: &Truth, found: &[Value], known: &BTreeSet<&str>) {
    let matched: Vec<Option<&Value>> =
        envelope::match_envelopes(&truth.envelopes, found).into_iter().map(|at| at.map(|at| &found[at])).collect();
    let neutral: BTreeSet<u32> = truth.envelopes.iter().flat_map(|e| e.neutral_pages.iter().copied()).collect();
    let right = truth.envelopes.len() == found.len()
        && truth.envelopes.iter().zip(&matched).all(|(expected, got)| {
            got.is_some_and(|got| {
                let pages: BTreeSet<u32> = expected.pages.iter().copied().collect();
                &pages - &neutral == &envelope::pages_of(got) - &neutral
            })
        });
    if truth.envelopes.len() > 1 {
        figures.boundaries_several.add(right);
    } else {
        figures.boundaries_single.add(right);
    }
    for (expected, got) in truth.envelopes.iter().zip(matched) {
        figures.envelopes += 1;
        envelope::add(figures, &truth.file, expected, got.unwrap_or(&Value::Null), known);
    }
}
