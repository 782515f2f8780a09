//! One envelope against its labels.

use super::compare::comparable;
use super::{Figures, TruthEnvelope};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Printed on some pages although the labels do not always list them: neither right nor invented.
const OPTIONAL: [&str; 5] = ["contrat_debut", "contrat_type", "annee", "etablissement", "diplome"];

/// The pages that a printed envelope holds.
pub(super) fn pages_of(envelope: &Value) -> BTreeSet<u32> {
    numbers(&envelope["pages"]).collect()
}

fn numbers(list: &Value) -> impl Iterator<Item = u32> + '_ {
    list.as_array().into_iter().flatten().filter_map(Value::as_u64).filter_map(|n| u32::try_from(n).ok())
}

/// Each labelled envelope takes the printed one that shares most pages, one to one.
/// Gives for each labelled one the place of the printed one.
pub(super) fn match_envelopes(expected: &[TruthEnvelope], found: &[Value]) -> Vec<Option<usize>> {
    let mut pairs = Vec::new();
    for (i, envelope) in expected.iter().enumerate() {
        let pages: BTreeSet<u32> = envelope.pages.iter().copied().collect();
        for (j, got) in found.iter().enumerate() {
            pairs.push((pages.intersection(&pages_of(got)).count(), i, j));
        }
    }
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.cmp(&b.2)));
    let mut matched = vec![None; expected.len()];
    let mut used = BTreeSet::new();
    for (shared, i, j) in pairs {
        if shared > 0 && matched[i].is_none() && used.insert(j) {
            matched[i] = Some(j);
        }
    }
    matched
}

/// Adds one envelope; `got` is null when none was printed for it.
pub(super) fn add(figures: &mut Figures, file: &str, expected: &TruthEnvelope, got: &Value, known: &BTreeSet<&str>) {
    add_fields(figures, file, expected, got, known);
    add_pieces(figures, expected, got);
    figures.permit.add(got["permit"]["value"] == expected.permit.as_str());
    figures.request.add(got["request"]["value"] == expected.request.as_str());
    add_missing(figures, expected, got);
    let outcome = got["outcome"].as_str().unwrap_or("none");
    let right = outcome == expected.expected_outcome;
    figures.outcome.add(right);
    let permit = figures.outcome_by_permit.entry(expected.permit.clone()).or_default();
    permit.of += 1;
    permit.right += u32::from(right);
    permit.falsely_complete += u32::from(outcome == "complete" && !right);
}

/// Fields and the three dates, which the contract keeps apart.
fn readings(got: &Value) -> BTreeMap<String, &Value> {
    let dates = got["dates"].as_object().into_iter().flatten().map(|(name, reading)| (format!("date_{name}"), reading));
    let fields = got["fields"].as_object().into_iter().flatten().map(|(name, reading)| (name.clone(), reading));
    dates.chain(fields).collect()
}

fn add_fields(figures: &mut Figures, file: &str, expected: &TruthEnvelope, got: &Value, known: &BTreeSet<&str>) {
    let readings = readings(got);
    for (field, value) in &expected.fields {
        let reading = readings.get(field).copied().unwrap_or(&Value::Null);
        let right = reading["value"] != Value::Null && comparable(field, &reading["value"]) == comparable(field, value);
        let accepted = matches!(reading["decision"].as_str(), Some("accepted" | "confirmed")) && reading["value"] != Value::Null;
        figures.values.add(right);
        if expected.handwritten.contains(field) {
            figures.values_handwritten.add(right);
        } else {
            figures.values_printed.add(right);
        }
        figures.accepted.add(accepted);
        figures.harm.wrongly_absent += u32::from(reading["decision"] == "absent");
        let figure = figures.fields.entry(field.clone()).or_default();
        figure.of += 1;
        figure.exact += u32::from(right);
        figure.accepted += u32::from(accepted);
        if accepted && !right {
            figure.accepted_wrong += 1;
            figures.harm.wrong_value += 1;
            figures.wrong_accepted.push(format!("{file}: {field}: expected {value}, got {}", reading["value"]));
        }
        let in_conflict = expected.conflicts.iter().any(|conflict| conflict.field == *field);
        figures.harm.accepted_in_contradiction += u32::from(accepted && right && in_conflict);
    }
    for (field, reading) in &readings {
        let judged = known.contains(field.as_str()) && !expected.fields.contains_key(field) && !OPTIONAL.contains(&field.as_str());
        if judged && reading["decision"] == "accepted" && says_something(&reading["value"]) {
            figures.harm.invented += 1;
            figures.wrong_accepted.push(format!("{file}: {field}: on no page, got {}", reading["value"]));
        }
    }
}

/// A value that was read, held against the labels.
#[derive(Clone, Debug)]
pub struct Judged {
    pub field: String,
    pub right: bool,
    pub read: String,
    /// Empty where the labels have no such field.
    pub truth: String,
}

/// Every value that `got` gives for a field that the labels of the whole set know, right or wrong. Values of a contradiction
/// are left out: there a person decides whatever was read.
pub(super) fn judged(expected: &TruthEnvelope, got: &Value, known: &BTreeSet<&str>) -> Vec<Judged> {
    let conflict = |field: &String| expected.conflicts.iter().any(|c| c.field == *field);
    let unlabelled = |field: &String| !expected.fields.contains_key(field) && OPTIONAL.contains(&field.as_str());
    let readings = readings(got).into_iter();
    let values = readings.map(|(field, reading)| (field, &reading["value"])).filter(|(_, value)| says_something(value));
    values
        .filter(|(field, _)| known.contains(field.as_str()) && !conflict(field) && !unlabelled(field))
        .map(|(field, value)| {
            let truth = expected.fields.get(&field).unwrap_or(&Value::Null);
            let right = !truth.is_null() && comparable(&field, value) == comparable(&field, truth);
            Judged { right, read: shown(&field, value), truth: shown(&field, truth), field }
        })
        .collect()
}

fn shown(field: &str, value: &Value) -> String {
    if value.is_null() { String::new() } else { super::compare::flat(field, value) }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

fn add_pieces(figures: &mut Figures, expected: &TruthEnvelope, got: &Value) {
    let kinds: BTreeMap<u32, &str> = got["pieces"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|piece| numbers(&piece["pages"]).map(|page| (page, piece["kind"].as_str().unwrap_or_default())))
        .collect();
    for piece in &expected.pieces {
        for page in &piece.pages {
            let kind = kinds.get(page).copied();
            if kind.is_none() && expected.neutral_pages.contains(page) {
                continue;
            }
            figures.pieces.add(kind.is_some_and(|kind| kind == piece.kind || piece.accept.iter().any(|other| other == kind)));
        }
    }
}

fn add_missing(figures: &mut Figures, expected: &TruthEnvelope, got: &Value) {
    let mut said: BTreeSet<&str> = got["checklist"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|line| line["status"] == "missing")
        .filter_map(|line| line["piece"].as_str())
        .collect();
    for wanted in &expected.missing {
        let group = expected.missing_any.iter().find(|group| group.contains(wanted));
        let named = said.contains(wanted.as_str()) || group.is_some_and(|group| group.iter().any(|piece| said.contains(piece.as_str())));
        figures.missing_found.add(named);
    }
    for allowed in expected.missing.iter().chain(expected.missing_any.iter().flatten()).chain(&expected.doubtful).chain(&expected.ambiguous)
    {
        said.remove(allowed.as_str());
    }
    figures.missing_false_alarms += u32::try_from(said.len()).unwrap_or(u32::MAX);
}
