//! What happens to a dossier after it was filed: an agent's later word, a paper that comes, a letter that goes. What the machine
//! would now read otherwise is told and changes nothing.

use super::StoreError;
use super::convert::{name_of, place, plain_json};
use super::db::{Tx, maybe, run};
use super::dossier::{FieldView, INSERT_EVENT, INSERT_OUTBOX, Injected, OF_ENVELOPE, Row, fields, happened, set_field, tell};
use crate::domain::{
    AgentId, Decision, DeliveryId, Dossier, DossierField, DossierId, DossierState, EnvelopeId, Instant, Piece, Reading, Scope, Source,
};
use serde_json::{Value, json};
use sqlx::types::Json;

const ADD_PIECE: &str = "INSERT INTO dossier_piece (dossier_id, position, kind, person, pages, confidence, facts, delivery_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const COUNT_PIECES: &str = "SELECT count(*) FROM dossier_piece WHERE dossier_id = $1";
const COMPLETE: &str =
    "UPDATE dossier SET state = 'complet', constat = $2, findings = $3, updated_at = $4 WHERE id = $1 AND state = 'incomplet'";
const TOUCH: &str = "UPDATE dossier SET updated_at = $2 WHERE id = $1";

/// Brings agents' later decisions into a dossier that stands; the machine's own changes of mind are only told.
pub(super) async fn take_over(tx: &mut Tx, id: DossierId, dossier: &Dossier, now: Instant) -> Result<Injected, StoreError> {
    let standing = fields(tx, id).await?;
    let same = |f: &DossierField, s: &FieldView| s.value == f.reading.value && s.decision == f.reading.decision;
    let differs = |f: &&DossierField| !standing.iter().any(|s| s.field == f.field && same(f, s));
    let by_agent = |r: &Reading| r.source == Source::Agent && r.decision != Decision::Review;
    let (spoken, read): (Vec<_>, Vec<_>) = dossier.fields.iter().filter(differs).partition(|f| by_agent(&f.reading));
    for field in &spoken {
        set_field(tx, id, field).await?;
    }
    settled_now(tx, id, dossier, now).await?;
    let names = |fields: &[&DossierField]| fields.iter().map(|f| f.field.clone()).collect::<Vec<_>>();
    let (spoken, read) = (names(&spoken), names(&read));
    if !spoken.is_empty() {
        run!(tx, TOUCH, id.0, now)?;
        happened(tx, id, "champs_confirmes", &json!({ "fields": spoken }), now).await?;
        tell(tx, id, "dossier_modifie", dossier, &spoken, now).await?;
    }
    if !read.is_empty() {
        happened(tx, id, "lecture_differente", &json!({ "fields": read }), now).await?;
    }
    Ok(Injected::Standing(id, spoken))
}

/// A letter of a filed dossier was signed, posted or cancelled. Without a dossier there is nobody to tell.
pub(super) async fn letter_happened(
    tx: &mut Tx,
    envelope: EnvelopeId,
    kind: &str,
    agent: &AgentId,
    detail: &Value,
    now: Instant,
) -> Result<(), StoreError> {
    let Some(row) = maybe!(tx, Row, OF_ENVELOPE, envelope.0, None::<&str>)? else { return Ok(()) };
    run!(tx, INSERT_EVENT, row.id, kind, agent.as_str(), Json(detail), now)?;
    let body = json!({ "dossier": row.id.to_string(), "prefecture": row.prefecture, "letter": detail });
    run!(tx, INSERT_OUTBOX, row.id, kind, Json(&body), now).map(drop)
}

/// What was missing has come, or was there after all: an incomplete dossier becomes complete. The other way round is an agent's act
/// and never this one.
async fn settled_now(tx: &mut Tx, id: DossierId, dossier: &Dossier, now: Instant) -> Result<(), StoreError> {
    let (constat, findings) = (Json(plain_json(&dossier.constat)), Json(plain_json(&dossier.findings)));
    if dossier.state == DossierState::Complet && run!(tx, COMPLETE, id.0, constat, findings, now)? == 1 {
        happened(tx, id, "complet", &Value::Null, now).await?;
        tell(tx, id, "dossier_complet", dossier, &[], now).await?;
    }
    Ok(())
}

/// Papers that came after the filing, with the delivery whose pages they are.
pub(super) async fn add_pieces(
    tx: &mut Tx,
    envelope: EnvelopeId,
    delivery: DeliveryId,
    pieces: &[Piece],
    agent: &AgentId,
    now: Instant,
) -> Result<(), StoreError> {
    let row = maybe!(tx, Row, OF_ENVELOPE, envelope.0, None::<&str>)?;
    let row = row.ok_or_else(|| StoreError::missing("dossier of the envelope", envelope, &Scope::Machine))?;
    let there = maybe!(tx, (i64,), COUNT_PIECES, row.id)?.map_or(0, |(count,)| count);
    for (position, piece) in pieces.iter().enumerate() {
        let (kind, whose, facts) = (piece.kind.as_str(), name_of(&piece.person), Json(plain_json(&piece.facts)));
        let position = there + place(position);
        run!(tx, ADD_PIECE, row.id, position, kind, whose, Json(&piece.pages), piece.confidence, facts, delivery.0)?;
    }
    letter_happened(tx, envelope, "pieces_recues", agent, &json!({ "pieces": pieces.len() }), now).await
}
