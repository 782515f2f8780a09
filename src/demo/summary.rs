//! What became of everything that was dropped: counts that add up.

use crate::domain::{DeliveryState, Outcome};
use crate::store::{DayEntry, EnvelopeState};
use serde::Serialize;

/// `dropped = processed + anomalies + duplicates`; `envelopes = dossiers + in_review`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Files put into the watched folder.
    pub dropped: u32,
    /// Deliveries that went through the line.
    pub processed: u32,
    /// Deliveries that cannot be read, kept with their reason.
    pub anomalies: u32,
    /// Drops of bytes that were in the ledger already.
    pub duplicates: u32,
    pub pages: u32,
    /// Applications found in the files.
    pub envelopes: u32,
    /// Envelopes that stand in the dossier tables.
    pub dossiers: u32,
    /// Envelopes that wait for a person.
    pub in_review: u32,
    /// Constats: all documents there.
    pub complete: u32,
    /// Constats: a document surely missing.
    pub incomplete: u32,
    /// Constats that a person must establish.
    pub to_establish: u32,
}

impl Summary {
    pub(super) fn of(dropped: u32, entries: &[DayEntry], dossiers: usize) -> Self {
        let mut summary = Self { dropped, dossiers: dossiers as u32, ..Self::default() };
        for entry in entries {
            *match entry.delivery.state {
                DeliveryState::Anomaly => &mut summary.anomalies,
                DeliveryState::Processed | DeliveryState::Received => &mut summary.processed,
            } += 1;
            summary.duplicates += (entry.links.len() as u32).saturating_sub(1);
            summary.pages += entry.delivery.pages.unwrap_or(0);
            for envelope in entry.envelopes.iter().filter(|e| e.state != EnvelopeState::Retired) {
                summary.envelopes += 1;
                summary.in_review += u32::from(envelope.state == EnvelopeState::Review);
                match envelope.outcome {
                    Some(Outcome::Complete) => summary.complete += 1,
                    Some(Outcome::Incomplete) => summary.incomplete += 1,
                    Some(Outcome::Review) | None => summary.to_establish += 1,
                }
            }
        }
        summary
    }

    /// True when no file and no envelope is unaccounted for.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.dropped == self.processed + self.anomalies + self.duplicates && self.envelopes == self.dossiers + self.in_review
    }

    pub(super) fn line(&self, pages: &str) -> String {
        let counts = serde_json::to_value(self).unwrap_or_default();
        let mut line = serde_json::json!({ "demo": "once" });
        if let (Some(line), Some(counts)) = (line.as_object_mut(), counts.as_object()) {
            line.extend(counts.clone());
            line.insert("adds_up".into(), self.adds_up().into());
            line.insert("pages_address".into(), pages.into());
        }
        line.to_string()
    }

    pub(super) fn sentences(&self) -> String {
        format!(
            "demo: {} files dropped = {} processed + {} in anomaly + {} that were there already\n\
             demo: {} pages, {} envelopes = {} dossiers filed + {} in front of a person\n\
             demo: documents: {} complete, {} incomplete, {} for a person to establish",
            self.dropped,
            self.processed,
            self.anomalies,
            self.duplicates,
            self.pages,
            self.envelopes,
            self.dossiers,
            self.in_review,
            self.complete,
            self.incomplete,
            self.to_establish
        )
    }
}

/// What became of one file, on one line.
pub(super) fn sentence(entry: &DayEntry) -> String {
    let delivery = &entry.delivery;
    if let Some(refusal) = &delivery.refusal {
        return format!("anomaly   {}: {} ({})", delivery.file, refusal.code, refusal.message);
    }
    let envelopes: Vec<&str> =
        entry.envelopes.iter().filter(|e| e.state != EnvelopeState::Retired).map(|e| words(e.state, e.outcome)).collect();
    format!("processed {}: {} pages, {}", delivery.file, delivery.pages.unwrap_or(0), envelopes.join(" + "))
}

fn words(state: EnvelopeState, outcome: Option<Outcome>) -> &'static str {
    match (state, outcome) {
        (EnvelopeState::Filed, _) => "dossier filed",
        (_, Some(Outcome::Complete)) => "complete, values to confirm",
        (_, Some(Outcome::Incomplete)) => "incomplete, to confirm",
        (_, Some(Outcome::Review) | None) => "to be established by a person",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_file_or_envelope_does_not_add_up() {
        let whole = Summary {
            dropped: 5,
            processed: 3,
            anomalies: 1,
            duplicates: 1,
            envelopes: 4,
            dossiers: 1,
            in_review: 3,
            ..Summary::default()
        };
        assert!(whole.adds_up());
        assert!(!Summary { processed: 2, ..whole }.adds_up());
        assert!(!Summary { in_review: 2, ..whole }.adds_up());
    }

    #[test]
    fn the_line_is_one_json_object_with_the_address() {
        let line = Summary { dropped: 2, duplicates: 2, ..Summary::default() }.line("http://127.0.0.1:9/");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["dropped"], 2);
        assert_eq!(value["adds_up"], true);
        assert_eq!(value["pages_address"], "http://127.0.0.1:9/");
        assert!(!line.contains('\n'));
    }
}
