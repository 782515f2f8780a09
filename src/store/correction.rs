//! Table `correction`: what agents changed. Only added to; the line runs again from the corrected stage.

use super::convert::name_of;
use super::db::{Tx, all, run};
use super::event::Happened;
use super::review::{Place, ReviewState};
use super::{Store, StoreError, delivery, envelope, event, job, page, review};
use crate::domain::{
    AgentId, Correction, CorrectionAct, Delivery, DeliveryId, EnvelopeId, FieldValue, Instant, Outcome, PAGES_PER_READ, Rect, Scope, Stage,
    Subject,
};
use sqlx::types::Json;
use uuid::Uuid;

macro_rules! columns {
    () => {
        "stage, subject, act, seen, page, box, agent, at"
    };
}

const INSERT: &str = "INSERT INTO correction (delivery_id, envelope_id, stage, subject, act, seen, page, box, agent, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const OF_ENVELOPE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM correction WHERE delivery_id = $1 AND (envelope_id IS NULL OR envelope_id = $2) ORDER BY sequence"
);
const OF_DELIVERY: &str =
    concat!("SELECT ", columns!(), " FROM correction WHERE delivery_id = $1 AND envelope_id IS NULL ORDER BY sequence");

#[derive(sqlx::FromRow)]
struct Row {
    stage: String,
    subject: String,
    act: Json<CorrectionAct>,
    seen: Option<Json<FieldValue>>,
    page: Option<i64>,
    r#box: Option<Json<Rect>>,
    agent: String,
    at: Instant,
}

impl Row {
    fn into_correction(self) -> Result<Correction, StoreError> {
        let stage = Stage::parse(&self.stage);
        Ok(Correction {
            stage: stage.ok_or(StoreError::Stored { what: "stage", why: self.stage })?,
            subject: self.subject,
            act: self.act.0,
            seen: self.seen.map(|json| json.0),
            page: self.page.map(|n| n as u32),
            rect: self.r#box.map(|json| json.0),
            agent: AgentId(self.agent),
            at: self.at,
        })
    }
}

impl Store {
    /// Writes down what an agent decided about a delivery or an envelope, in one transaction: the
    /// correction, the end of its review item, the event, and the job of the corrected stage.
    ///
    /// A missing `seen` is filled with what the station shows now.
    pub async fn add_correction(&self, scope: &Scope, subject: Subject, correction: &Correction, now: Instant) -> Result<(), StoreError> {
        if correction.agent.as_str().trim().is_empty() {
            return Err(StoreError::Refused("a correction needs the name of its agent".into()));
        }
        let mut tx = self.write().await?;
        let (delivery, envelope) = locate(&mut tx, scope, subject).await?;
        delivery::touch(&mut tx, delivery.id).await?;
        speak(&mut tx, &delivery, envelope, correction, now).await?;
        tx.commit().await
    }

    /// What agents decided about a delivery as a whole, in order.
    pub async fn corrections_of_delivery(&self, scope: &Scope, id: DeliveryId) -> Result<Vec<Correction>, StoreError> {
        let mut tx = self.read().await?;
        delivery::get(&mut tx, scope, id).await?;
        of_delivery(&mut tx, id).await
    }
}

pub(super) async fn of_envelope(tx: &mut Tx, delivery: DeliveryId, envelope: EnvelopeId) -> Result<Vec<Correction>, StoreError> {
    all!(tx, Row, OF_ENVELOPE, delivery.0, envelope.0)?.into_iter().map(Row::into_correction).collect()
}

pub(super) async fn of_delivery(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<Correction>, StoreError> {
    all!(tx, Row, OF_DELIVERY, delivery.0)?.into_iter().map(Row::into_correction).collect()
}

/// One correction in the transaction of its act; the delivery is touched already.
pub(super) async fn speak(
    tx: &mut Tx,
    delivery: &Delivery,
    envelope: Option<EnvelopeId>,
    correction: &Correction,
    now: Instant,
) -> Result<(), StoreError> {
    let envelope = envelope.filter(|_| correction.stage > Stage::Assemble);
    let correction = &from_scan(tx, delivery.id, correction).await?;
    let correction = with_seen(tx, envelope, correction).await?;
    insert(tx, delivery.id, envelope, &correction).await?;
    settle(tx, delivery, envelope, &correction, now).await?;
    rerun(tx, delivery, envelope, &correction, now).await
}

async fn locate(tx: &mut Tx, scope: &Scope, subject: Subject) -> Result<(Delivery, Option<EnvelopeId>), StoreError> {
    match subject {
        Subject::Delivery(id) => Ok((delivery::get(tx, scope, id).await?.into_delivery()?, None)),
        Subject::Envelope(id) => {
            let row = envelope::get(tx, scope, id).await?;
            Ok((delivery::get(tx, scope, DeliveryId(row.delivery_id)).await?.into_delivery()?, Some(id)))
        }
    }
}

/// An agent turns the picture that was shown, which the reading had turned already: both together stand
/// in the row, so that the page is read the same way however often its job starts again.
async fn from_scan(tx: &mut Tx, delivery: DeliveryId, correction: &Correction) -> Result<Correction, StoreError> {
    let mut correction = correction.clone();
    if let (CorrectionAct::Turn { quarter_turns }, Some(number)) = (&mut correction.act, page_of(&correction.subject, correction.page)) {
        let shown = page::one(tx, delivery, number).await?.map_or(0, |read| read.transform.quarter_turns);
        *quarter_turns = (shown + *quarter_turns % 4) % 4;
    }
    Ok(correction)
}

fn page_of(subject: &str, page: Option<u32>) -> Option<u32> {
    page.or_else(|| subject.strip_prefix("page:")?.parse().ok())
}

/// A correction is compared with what the machine read, which the station may show under an earlier word
/// of an agent. Seeing that shown value is seeing the reading under it.
async fn with_seen(tx: &mut Tx, envelope: Option<EnvelopeId>, correction: &Correction) -> Result<Correction, StoreError> {
    let mut correction = correction.clone();
    let Some(id) = envelope else { return Ok(correction) };
    let row = envelope::get(tx, &Scope::Machine, id).await?;
    let view = envelope::view(tx, row).await?;
    if correction.subject == "envelope" {
        // Looking at an envelope that lacks nothing is no confirmation that something is missing.
        let incomplete = view.constat.filter(|c| c.outcome == Outcome::Incomplete);
        correction.seen = correction.seen.or(incomplete.map(|c| c.missing()));
        return Ok(correction);
    }
    let value =
        |e: &Option<crate::domain::Extraction>| e.as_ref().and_then(|e| e.reading(&correction.subject)).and_then(|r| r.value.clone());
    let (read, shown) = (value(&view.read), value(&view.extraction));
    if correction.seen.is_none() || correction.seen == shown {
        correction.seen = read;
    }
    Ok(correction)
}

pub(super) async fn insert(tx: &mut Tx, delivery: DeliveryId, envelope: Option<EnvelopeId>, c: &Correction) -> Result<(), StoreError> {
    let (envelope, stage, page) = (envelope.map(|id| id.0), c.stage.as_str(), c.page.map(i64::from));
    let (act, seen, rect) = (Json(&c.act), c.seen.as_ref().map(Json), c.rect.map(Json));
    let id: Uuid = delivery.0;
    run!(tx, INSERT, id, envelope, stage, &c.subject, act, seen, page, rect, c.agent.as_str(), c.at).map(drop)
}

/// Ends the review item of the subject and tells the journal.
async fn settle(
    tx: &mut Tx,
    delivery: &Delivery,
    envelope: Option<EnvelopeId>,
    correction: &Correction,
    now: Instant,
) -> Result<(), StoreError> {
    for item in review::open_of(tx, &Place::of(delivery, envelope)).await? {
        if item.subject == correction.subject {
            review::close(tx, item.id, ReviewState::Settled, Some(&correction.agent), now).await?;
        }
    }
    let act = serde_json::to_value(&correction.act).ok().and_then(|v| v.get("action").cloned());
    let mut detail = serde_json::json!({ "subject": correction.subject, "action": act, "stage": name_of(&correction.stage) });
    if let Some(page) = correction.subject.strip_prefix("page:").and_then(|number| number.parse::<u32>().ok()) {
        detail["page"] = page.into();
    }
    let happened = Happened {
        prefecture: &delivery.prefecture,
        delivery: Some(delivery.id),
        envelope,
        kind: "correction",
        actor: correction.agent.as_str(),
        // Which field and what kind of act; the value itself stands in `correction` alone.
        detail: Some(detail),
    };
    event::add(tx, &happened, now).await
}

/// The line again, from the corrected stage.
async fn rerun(tx: &mut Tx, delivery: &Delivery, envelope: Option<EnvelopeId>, c: &Correction, now: Instant) -> Result<(), StoreError> {
    let whole = Subject::Delivery(delivery.id);
    if delivery.refusal.is_some() {
        // Nothing of an anomaly is on the line: looking at it changes no stage.
        return Ok(());
    }
    // Whatever was given up is tried again once somebody looked: it must not lie there unasked.
    let looked_at = c.act == CorrectionAct::Acknowledge && matches!(c.subject.as_str(), "file" | "envelope");
    if looked_at && job::release(tx, delivery.id, now).await? > 0 {
        return Ok(());
    }
    match (c.stage, envelope) {
        (Stage::Read, _) => {
            let page = page_of(&c.subject, c.page).unwrap_or(1);
            let unit = page.saturating_sub(1) / PAGES_PER_READ + 1;
            job::enqueue(tx, whole, Stage::Read, unit, delivery.id, now).await
        }
        (Stage::Extract, Some(id)) => job::enqueue(tx, Subject::Envelope(id), Stage::Extract, 0, delivery.id, now).await,
        // A confirmation is weighed where the constat is.
        (Stage::Validate | Stage::Dossier, Some(id)) => job::enqueue(tx, Subject::Envelope(id), Stage::Validate, 0, delivery.id, now).await,
        // A delivery of which pages are still to be read is not cut: its papers would seem to be missing.
        (Stage::Assemble, _) if job::open_of_stage(tx, delivery.id, Stage::Read).await? == 0 => {
            job::enqueue(tx, whole, Stage::Assemble, 0, delivery.id, now).await
        }
        // Somebody looked at it.
        (Stage::Assemble, _) | (_, None) => Ok(()),
    }
}
