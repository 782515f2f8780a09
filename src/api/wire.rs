//! What the API says, as JSON: version `dossier/1.0` of the normalised dossier. Readers must pass over what they do not know.

use super::problem::Problem;
use crate::domain::{Channel, Decision, DossierState, FilingBasis, Instruction, Person, Source, hexadecimal};
use crate::store::{Change, DossierEvent, DossierLine, DossierView, FieldView, Past, PieceView};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// The version of the form.
const VERSION: &str = "dossier/1.0";

/// A normalised dossier: by post or online, the same.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Dossier {
    /// `dossier/1.0`
    version: &'static str,
    id: Uuid,
    #[schema(example = "35")]
    prefecture: String,
    channel: Channel,
    /// Whether every due paper is there.
    state: DossierState,
    instruction: Instruction,
    /// A permit of the catalogue, or `hors_catalogue`; null when an agent left it open.
    #[schema(example = "etudiant")]
    permit: Option<String>,
    #[schema(example = "premiere")]
    request: Option<String>,
    /// The national person, once attached.
    person: Option<Uuid>,
    /// Postmark.
    #[schema(value_type = Option<String>, format = Date)]
    date_envoi: Option<jiff::civil::Date>,
    /// Arrival.
    #[schema(value_type = Option<String>, format = Date)]
    date_reception: Option<jiff::civil::Date>,
    /// The day that counts as that of the application.
    #[schema(value_type = String, format = Date)]
    filing_date: jiff::civil::Date,
    filing_basis: FilingBasis,
    fields: Vec<Field>,
    pieces: Vec<Piece>,
    /// What an agent should know: conflicts, deadlines, expired papers.
    #[schema(value_type = Vec<Object>)]
    findings: Value,
    /// What made the values, so that each can be derived again.
    recipe: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: jiff::Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: jiff::Timestamp,
}

/// One value, with where it comes from.
#[derive(Debug, Serialize, ToSchema)]
struct Field {
    #[schema(example = "nom_naissance")]
    field: String,
    /// A text, a truth value, a list of texts, a partial date or an address, as the field's kind says; null when none is known.
    #[schema(value_type = Value, nullable)]
    value: Option<Value>,
    decision: Decision,
    provenance: Provenance,
}

/// How a value came to be known.
#[derive(Debug, Serialize, ToSchema)]
struct Provenance {
    source: Source,
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    /// Page of the delivery, 1-based.
    page: Option<u32>,
    /// `[x, y, width, height]` in pixels of the page as scanned.
    r#box: Option<[u32; 4]>,
    /// For an agent, in French.
    because: String,
    /// Who decided, where a person did.
    agent: Option<String>,
}

/// One paper.
#[derive(Debug, Serialize, ToSchema)]
struct Piece {
    /// From 0; names the paper in the address of its pages.
    position: u32,
    #[schema(example = "passeport")]
    kind: String,
    person: Person,
    /// Pages of its delivery, 1-based.
    pages: Vec<u32>,
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    /// Dates, signatures, amounts read on the paper, by name.
    #[schema(value_type = Object)]
    facts: Value,
    /// True for a paper that came after the filing.
    later: bool,
}

/// One dossier of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Line {
    id: Uuid,
    prefecture: String,
    channel: Channel,
    state: DossierState,
    instruction: Instruction,
    permit: Option<String>,
    request: Option<String>,
    person: Option<Uuid>,
    #[schema(value_type = String, format = Date)]
    filing_date: jiff::civil::Date,
    filing_basis: FilingBasis,
    #[schema(value_type = String, format = DateTime)]
    updated_at: jiff::Timestamp,
}

/// A part of the list, the earliest filing first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page {
    pub dossiers: Vec<Line>,
    /// Where the list goes on; null at its end.
    pub next: Option<String>,
}

/// Something that happened to a dossier, without any value.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeOf {
    sequence: i64,
    dossier: Uuid,
    prefecture: String,
    /// `depose`, `complet`, `champs_confirmes`, `instruction`, `pieces_recues`, … ; pass over what you do not know.
    kind: String,
    #[schema(value_type = String, format = DateTime)]
    at: jiff::Timestamp,
}

/// A part of the feed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Feed {
    pub changes: Vec<ChangeOf>,
    /// Ask again with it, at once or later: no change is passed over and none comes twice.
    pub cursor: String,
    /// True when more stands there already.
    pub more: bool,
}

/// One line of a dossier's history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Event {
    sequence: i64,
    kind: String,
    /// An agent, `api:` with the name of a key, or `machine`.
    actor: String,
    #[schema(value_type = Value, nullable)]
    detail: Value,
    #[schema(value_type = String, format = DateTime)]
    at: jiff::Timestamp,
}

/// A dossier's history, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct History {
    pub events: Vec<Event>,
}

/// A step of the instruction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub instruction: Instruction,
    /// Stands beside the step in the history; no personal data.
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// A dossier as it is sent, and the entity tag (RFC 9110, 8.8.3) of this state of it.
pub(super) struct Sealed {
    pub tag: String,
    pub body: Vec<u8>,
}

impl From<DossierView> for Sealed {
    fn from(view: DossierView) -> Self {
        let body = serde_json::to_vec(&Dossier::from(view)).unwrap_or_default();
        Self { tag: format!("\"{}\"", hexadecimal(&Sha256::digest(&body)[..16])), body }
    }
}

impl From<DossierView> for Dossier {
    fn from(view: DossierView) -> Self {
        Self {
            version: VERSION,
            id: view.id.0,
            prefecture: view.prefecture.0,
            channel: view.channel,
            state: view.state,
            instruction: view.instruction,
            permit: view.permit,
            request: view.request,
            person: view.person.map(|id| id.0),
            date_envoi: view.date_envoi,
            date_reception: view.date_reception,
            filing_date: view.filing_date,
            filing_basis: view.filing_basis,
            fields: view.fields.into_iter().map(Field::from).collect(),
            pieces: (0..).zip(view.pieces).map(|(position, piece)| Piece::of(position, piece)).collect(),
            findings: view.findings,
            recipe: view.recipe,
            created_at: view.created_at.0,
            updated_at: view.updated_at.0,
        }
    }
}

impl From<FieldView> for Field {
    fn from(view: FieldView) -> Self {
        let FieldView { field, value, decision, source, confidence, page, rect, because, agent } = view;
        let value = value.and_then(|v| serde_json::to_value(v).ok());
        let provenance = Provenance { source, confidence, page, r#box: rect.map(Into::into), because, agent };
        Self { field, value, decision, provenance }
    }
}

impl Piece {
    fn of(position: u32, view: PieceView) -> Self {
        let PieceView { kind, person, pages, confidence, facts, delivery } = view;
        Self { position, kind, person, pages, confidence, facts, later: delivery.is_some() }
    }
}

impl From<DossierLine> for Line {
    fn from(line: DossierLine) -> Self {
        Self {
            id: line.id.0,
            prefecture: line.prefecture.0,
            channel: line.channel,
            state: line.state,
            instruction: line.instruction,
            permit: line.permit,
            request: line.request,
            person: line.person.map(|id| id.0),
            filing_date: line.filing_date,
            filing_basis: line.filing_basis,
            updated_at: line.updated_at.0,
        }
    }
}

impl From<Change> for ChangeOf {
    fn from(change: Change) -> Self {
        let Change { sequence, dossier, prefecture, kind, at } = change;
        Self { sequence, dossier, prefecture, kind, at: at.0 }
    }
}

impl From<DossierEvent> for Event {
    fn from(event: DossierEvent) -> Self {
        let DossierEvent { sequence, kind, actor, detail, at } = event;
        Self { sequence, kind, actor, detail, at: at.0 }
    }
}

/// A place in the list, opaque to its reader.
pub(super) fn place_of(past: Past) -> String {
    BASE64URL_NOPAD.encode(format!("d1.{}.{}", past.filing_date, past.id).as_bytes())
}

/// The place that we once gave.
pub(super) fn place(cursor: &str) -> Result<Past, Problem> {
    let read = || {
        let text = opened(cursor)?;
        let (filing_date, id) = text.strip_prefix("d1.")?.split_once('.')?;
        Some(Past { filing_date: filing_date.parse().ok()?, id: id.parse().ok()? })
    };
    read().ok_or_else(Problem::no_cursor)
}

/// A place in the feed, opaque to its reader.
pub(super) fn reached_of(sequence: i64) -> String {
    BASE64URL_NOPAD.encode(format!("c1.{sequence}").as_bytes())
}

/// The sequence of a place in the feed.
pub(super) fn reached(cursor: &str) -> Result<i64, Problem> {
    let read = || opened(cursor)?.strip_prefix("c1.")?.parse().ok().filter(|sequence| *sequence >= 0);
    read().ok_or_else(Problem::no_cursor)
}

fn opened(cursor: &str) -> Option<String> {
    String::from_utf8(BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_no_other_text_is_one() {
        let past = Past { filing_date: "2026-11-09".parse().unwrap(), id: Uuid::from_u128(7) };
        assert_eq!((place(&place_of(past)).unwrap(), reached(&reached_of(42)).unwrap()), (past, 42));
        for other in ["", "x", "é", &place_of(past), &reached_of(-1), &BASE64URL_NOPAD.encode(b"c1.99999999999999999999")] {
            assert!(reached(other).is_err(), "{other}");
        }
        assert!(place(&reached_of(42)).is_err());
    }
}
