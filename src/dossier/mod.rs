//! The normalised dossier of a settled envelope, and the trait of the one door that takes it.
//!
//! A person is attached to a file only when the number is proven or confirmed and name and birth date
//! agree; what is on file is never overwritten, a difference is a finding. Somebody who is on file under another number, or
//! under none, is told and not entered a second time.

mod identity;

pub use identity::identity;

use crate::domain::{
    AgentId, Constat, Correction, Delivery, Dossier, DossierField, DossierState, EnvelopeId, Extraction, FieldValue, Finding, Outcome,
    PersonOnFile, Reading, Source,
};
use jiff::civil::Date;

/// One envelope that may be filed (`line::settled`), with everything that the dossier keeps of it.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    pub envelope: EnvelopeId,
    pub delivery: &'a Delivery,
    /// With the corrections laid over it.
    pub extraction: &'a Extraction,
    pub constat: &'a Constat,
    pub corrections: &'a [Correction],
    pub recipe: &'a str,
}

/// The door into the dossiers: the shared tables, or a remote store by its API. `Ending` is what must end
/// together with the act, so that a dossier is filed exactly once.
pub trait Injector<Ending> {
    type Filed;
    type Error: std::error::Error;

    /// Files the dossier and ends `ending`, both or neither.
    fn inject(&self, ending: &Ending, dossier: &Dossier) -> impl Future<Output = Result<Self::Filed, Self::Error>> + Send;
}

/// The dossier of a settled envelope. `on_file`: everybody who has the number of [`identity`], or its day of birth.
#[must_use]
pub fn build(settled: &Settled<'_>, on_file: &[PersonOnFile]) -> Dossier {
    let Settled { extraction, constat, delivery, .. } = settled;
    let identity = identity(extraction);
    let (person, difference) = identity::choose(extraction, &identity, on_file);
    Dossier {
        envelope: settled.envelope,
        delivery: delivery.id,
        prefecture: delivery.prefecture.clone(),
        channel: delivery.channel,
        state: match constat.outcome {
            Outcome::Complete => DossierState::Complet,
            // Only a confirmed one is settled.
            Outcome::Incomplete | Outcome::Review => DossierState::Incomplet,
        },
        permit: code(&extraction.permit),
        request: code(&extraction.request),
        date_envoi: extraction.dates.envoi.as_ref().and_then(date),
        date_reception: extraction.dates.reception.as_ref().and_then(date).or(delivery.received_on),
        filing: constat.filing_date.clone(),
        constat: (*constat).clone(),
        findings: findings(extraction, constat, difference),
        recipe: settled.recipe.to_owned(),
        identity,
        person,
        fields: fields(settled),
        pieces: extraction.pieces.clone(),
    }
}

fn code(reading: &Reading) -> Option<String> {
    match reading.settled()? {
        FieldValue::Text(code) => Some(code.clone()),
        _ => None,
    }
}

fn date(reading: &Reading) -> Option<Date> {
    match reading.settled()? {
        FieldValue::Date(date) => Some(*date),
        _ => None,
    }
}

fn findings(extraction: &Extraction, constat: &Constat, difference: Option<Finding>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = constat.findings.iter().chain(&extraction.findings).cloned().chain(difference).collect();
    findings.sort();
    findings.dedup();
    findings
}

/// Every reading with its provenance; those that an agent has still to see are filed as unconfirmed.
fn fields(settled: &Settled<'_>) -> Vec<DossierField> {
    let e = settled.extraction;
    let mut readings = vec![("permit", &e.permit), ("request", &e.request)];
    let dates = [("date_envoi", &e.dates.envoi), ("date_reception", &e.dates.reception), ("date_signature", &e.dates.signature)];
    readings.extend(dates.iter().filter_map(|(name, reading)| Some((*name, reading.as_ref()?))));
    readings.extend(e.fields.iter().map(|(id, reading)| (id.as_str(), reading)));
    let field = |(name, reading): (&str, &Reading)| DossierField {
        field: name.to_owned(),
        reading: reading.clone(),
        agent: (reading.source == Source::Agent).then(|| spoken(settled.corrections, name)).flatten(),
    };
    readings.into_iter().map(field).collect()
}

fn spoken(corrections: &[Correction], field: &str) -> Option<AgentId> {
    let about = |c: &&Correction| c.subject == field || c.subject.strip_prefix("field:") == Some(field);
    corrections.iter().rev().find(about).map(|c| c.agent.clone())
}
