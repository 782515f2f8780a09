//! What a reading is worth to a rule: known, unclear, or nothing said.

use crate::domain::{Decision, FieldValue, PartialDate, Reading, french};
use jiff::civil::Date;

/// From this probability on a reading is clear enough for a statement against the applicant (`missing`).
pub(super) const CLEAR: f64 = 0.9;
/// Below this a reading says that something is there and not what.
pub(super) const LIKELY: f64 = 0.5;

/// One reading as a rule hears it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Heard<'a> {
    /// Settled, or likely and still waiting for a person.
    Value(&'a FieldValue),
    /// Something is written that was not understood.
    Unclear,
    /// No place of it was found, or the place is empty.
    Silent,
}

pub(super) fn heard(reading: Option<&Reading>) -> Heard<'_> {
    let Some(reading) = reading else { return Heard::Silent };
    match (&reading.value, reading.decision) {
        (_, Decision::Absent) => Heard::Silent,
        (Some(value), _) if settled(reading) || reading.confidence >= LIKELY => Heard::Value(value),
        (None, _) if reading.evidence.is_empty() => Heard::Silent,
        _ => Heard::Unclear,
    }
}

/// Accepted by the machine's rules or by a named agent.
pub(super) fn settled(reading: &Reading) -> bool {
    matches!(reading.decision, Decision::Accepted | Decision::Confirmed)
}

/// Clear enough for a statement against the applicant.
pub(super) fn clear(reading: &Reading) -> bool {
    settled(reading) || reading.confidence >= CLEAR
}

/// The first and the last day that a value can mean; `None` when it is no date.
pub(super) fn days(value: &FieldValue) -> Option<(Date, Date)> {
    match value {
        FieldValue::Date(date) => Some((*date, *date)),
        FieldValue::PartialDate(partial) => partial_days(*partial),
        FieldValue::Text(text) => text.parse().ok().map(|d| (d, d)),
        _ => None,
    }
}

fn partial_days(partial: PartialDate) -> Option<(Date, Date)> {
    let first = Date::new(partial.annee, partial.mois.unwrap_or(1), partial.mois.and(partial.jour).unwrap_or(1)).ok()?;
    let last = match (partial.mois, partial.jour) {
        (Some(_), Some(_)) => first,
        (Some(_), None) => first.last_of_month(),
        (None, _) => first.last_of_year(),
    };
    Some((first, last))
}

/// A flag, in either of its written forms.
pub(super) fn flag(value: &FieldValue) -> Option<bool> {
    match value {
        FieldValue::Bool(flag) => Some(*flag),
        FieldValue::Text(text) => match text.as_str() {
            "oui" | "OUI" | "true" => Some(true),
            "non" | "NON" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The value as one line, as an agent would read it.
pub(super) fn flat(value: &FieldValue) -> String {
    match value {
        FieldValue::Bool(flag) => if *flag { "oui" } else { "non" }.to_owned(),
        FieldValue::Date(date) => french(*date),
        FieldValue::Text(text) => text.clone(),
        FieldValue::List(items) => items.join(" "),
        FieldValue::PartialDate(p) => p.annee.to_string(),
        FieldValue::Address(a) => {
            let number = a.numero.as_deref().unwrap_or_default();
            [number, &a.voie, &a.code_postal, &a.commune].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_date_spans_the_days_it_can_mean() {
        let span = |annee, mois, jour| days(&FieldValue::PartialDate(PartialDate { annee, mois, jour }));
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(span(2026, None, None), Some((day("2026-01-01"), day("2026-12-31"))));
        assert_eq!(span(2026, Some(2), None), Some((day("2026-02-01"), day("2026-02-28"))));
        assert_eq!(span(2026, Some(2), Some(3)), Some((day("2026-02-03"), day("2026-02-03"))));
        assert_eq!(span(2026, Some(13), None), None);
        assert_eq!(span(2026, None, Some(31)), Some((day("2026-01-01"), day("2026-12-31"))));
    }
}
