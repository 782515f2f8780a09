//! What `process --json` and `export --json` print, from the values of the line.
//!
//! One function builds the object for both commands, so that the same file, profile, options and
//! corrections give the same bytes whether they went through memory or through the database.

use crate::domain::{
    Assembly, Channel, ChecklistLine, Constat, Deadline, Extraction, FilingDate, Finding, OtherKind, OtherPage, Outcome, Piece, Reading,
    Refusal, RequestDates, ReviewNeed, Urgency,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the contract; raised only when a reader of the last one would break.
pub const CONTRACT: u32 = 1;

/// What made the values, so that any of them can be derived again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Versions {
    pub recipe: String,
    pub catalogue: String,
    pub calibration: String,
}

/// The file as it was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedFile {
    /// Base name.
    pub name: String,
    /// Of the raw bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// Everything that the line said of one delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Processed {
    pub pages: u32,
    pub assembly: Assembly,
    /// One per envelope of the assembly, in its order.
    pub envelopes: Vec<(Extraction, Constat)>,
}

#[derive(Serialize)]
struct Line<'a> {
    contract: u32,
    file: &'a str,
    sha256: &'a str,
    status: &'static str,
    reason: Option<&'a Refusal>,
    pages: u32,
    other_pages: Vec<Other<'a>>,
    versions: &'a Versions,
    envelopes: Vec<Envelope<'a>>,
}

#[derive(Serialize)]
struct Other<'a> {
    page: u32,
    kind: OtherKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    pages: &'a [u32],
    outcome: Outcome,
    permit: &'a Reading,
    request: &'a Reading,
    channel: Channel,
    dates: Dates<'a>,
    filing_date: &'a FilingDate,
    pieces: Vec<PieceLine<'a>>,
    fields: BTreeMap<&'a str, &'a Reading>,
    checklist: &'a [ChecklistLine],
    admissibility: &'a crate::domain::Admissibility,
    deadlines: &'a [Deadline],
    urgency: &'a Urgency,
    findings: &'a [Finding],
    review: &'a [ReviewNeed],
}

#[derive(Serialize)]
struct Dates<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    envoi: Option<&'a Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reception: Option<&'a Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a Reading>,
}

#[derive(Serialize)]
struct PieceLine<'a> {
    kind: &'a str,
    pages: &'a [u32],
    #[serde(serialize_with = "crate::domain::four_decimals")]
    confidence: f64,
    person: crate::domain::Person,
}

/// The line of JSON, without its line end, for a delivery that went through the line.
///
/// # Errors
/// Only when a value cannot be serialised, which is a defect of ours.
pub fn processed(file: &DroppedFile, result: &Processed, versions: &Versions) -> serde_json::Result<String> {
    serde_json::to_string(&Line {
        contract: CONTRACT,
        file: &file.name,
        sha256: &file.sha256,
        status: "processed",
        reason: None,
        pages: result.pages,
        other_pages: result.assembly.other_pages.iter().map(other).collect(),
        versions,
        envelopes: result.envelopes.iter().map(|(extraction, constat)| envelope(extraction, constat)).collect(),
    })
}

/// The line of JSON for a « pli en anomalie »; `pages` is 0 where they could not be counted.
///
/// # Errors
/// As [`processed`].
pub fn anomaly(file: &DroppedFile, pages: u32, refusal: &Refusal, versions: &Versions) -> serde_json::Result<String> {
    serde_json::to_string(&Line {
        contract: CONTRACT,
        file: &file.name,
        sha256: &file.sha256,
        status: "quarantined",
        reason: Some(refusal),
        pages,
        other_pages: Vec::new(),
        versions,
        envelopes: Vec::new(),
    })
}

fn other(page: &OtherPage) -> Other<'_> {
    Other { page: page.page, kind: page.kind, code: page.code.as_ref().map(|refusal| refusal.code.as_str()) }
}

fn envelope<'a>(extraction: &'a Extraction, constat: &'a Constat) -> Envelope<'a> {
    Envelope {
        pages: &extraction.pages,
        outcome: constat.outcome,
        permit: &extraction.permit,
        request: &extraction.request,
        channel: extraction.channel,
        dates: dates(&extraction.dates),
        filing_date: &constat.filing_date,
        pieces: extraction.pieces.iter().map(piece).collect(),
        fields: extraction.fields.iter().map(|(id, reading)| (id.as_str(), reading)).collect(),
        checklist: &constat.checklist,
        admissibility: &constat.admissibility,
        deadlines: &constat.deadlines,
        urgency: &constat.urgency,
        findings: &constat.findings,
        review: &constat.review,
    }
}

fn dates(dates: &RequestDates) -> Dates<'_> {
    Dates { envoi: dates.envoi.as_ref(), reception: dates.reception.as_ref(), signature: dates.signature.as_ref() }
}

fn piece(piece: &Piece) -> PieceLine<'_> {
    PieceLine { kind: piece.kind.as_str(), pages: &piece.pages, confidence: piece.confidence, person: piece.person }
}
