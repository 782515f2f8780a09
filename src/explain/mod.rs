//! What was done with one application, said to whoever has a right to know it (CRPA L311-3-1, R311-3-1-2): the data and their
//! sources, the rules with their articles and results, and how far the program and people each contributed.
//!
//! [`for_agent`] says everything, with the reasons and the names; [`for_usager`] says it to the applicant in plain words, without
//! the names of agents and without the details of other people. Both are values, printed as text or as JSON.

mod agent;
mod agent_text;
mod dates;
mod datum;
mod decided;
mod law;
mod listed;
mod papers;
mod points;
mod privacy;
mod received;
mod rules;
mod share;
mod sheet;
mod source;
mod understood;
mod usager;
mod usager_text;

pub use agent::{ForAgent, for_agent};
pub use usager::{ForUsager, for_usager};

use crate::catalogue::Catalogue;
use crate::domain::{Constat, Correction, Decision, Delivery, DossierState, EnvelopeId, Extraction, FieldValue, Reading};
use jiff::civil::Date;

/// Version of the two objects; raised only when a reader of the last one would break.
pub const EXPLANATION: u32 = 1;

/// Where the application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The line is working on it: the constat may be older than the last answer.
    Working,
    /// A person is asked something.
    Waiting,
    Filed(DossierState),
}

/// One application with all that is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    pub catalogue: &'a Catalogue,
    pub delivery: &'a Delivery,
    pub envelope: EnvelopeId,
    pub standing: Standing,
    /// As the program read it, before any correction.
    pub read: &'a Extraction,
    pub constat: &'a Constat,
    /// In order.
    pub corrections: &'a [Correction],
    /// Recipe of the constat.
    pub recipe: &'a str,
    /// Recipe of the program that explains.
    pub recipe_now: &'a str,
    /// The day of the explanation.
    pub on: Date,
}

impl Matter<'_> {
    /// The last word of an agent on the value of a subject.
    fn spoken(&self, subject: &str) -> Option<&Correction> {
        use crate::domain::CorrectionAct::{Absent, Illegible, Value};
        let of_value = |c: &&Correction| matches!(c.act, Value { .. } | Absent | Illegible);
        self.corrections.iter().rev().filter(of_value).find(|c| c.subject == subject)
    }

    /// Subjects of the readings in the order of the catalogue, those that it does not know last.
    fn fields(&self, said: &Extraction) -> Vec<String> {
        let known = self.catalogue.fields.iter().map(|f| &f.id).filter(|id| said.fields.contains_key(id));
        let unknown = said.fields.keys().filter(|id| self.catalogue.field(id.as_str()).is_none());
        known.chain(unknown).map(|id| format!("field:{id}")).collect()
    }
}

fn settled(reading: &Reading) -> bool {
    reading.settled().is_some()
}

/// Nothing was found, and nothing waits.
fn nowhere(reading: &Reading) -> bool {
    reading.decision == Decision::Review && reading.value.is_none() && reading.evidence.is_empty()
}

fn text(reading: &Reading) -> Option<&str> {
    match &reading.value {
        Some(FieldValue::Text(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
