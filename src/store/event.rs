//! Table `event`: who did what when. Only added to; it holds no personal data.

use super::convert::visible;
use super::db::{Tx, all, run};
use super::{Store, StoreError, delivery};
use crate::domain::{Delivery, DeliveryId, EnvelopeId, Instant, PrefectureId, Scope};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

const INSERT: &str =
    "INSERT INTO event (prefecture, delivery_id, envelope_id, kind, actor, detail, at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const OF_DELIVERY: &str = "SELECT prefecture, delivery_id, envelope_id, kind, actor, detail, at FROM event
    WHERE delivery_id = $1 AND ($2 IS NULL OR prefecture = $2) ORDER BY sequence";

/// The actor of what no agent did.
pub(super) const MACHINE: &str = "machine";

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub prefecture: PrefectureId,
    pub delivery: Option<DeliveryId>,
    pub envelope: Option<EnvelopeId>,
    /// Stable French code, such as `depot_recu`.
    pub kind: String,
    /// An agent's identifier, or `machine`.
    pub actor: String,
    pub detail: Option<Value>,
    pub at: Instant,
}

/// An event to be written.
pub(super) struct Happened<'a> {
    pub prefecture: &'a PrefectureId,
    pub delivery: Option<DeliveryId>,
    pub envelope: Option<EnvelopeId>,
    pub kind: &'a str,
    pub actor: &'a str,
    pub detail: Option<Value>,
}

impl<'a> Happened<'a> {
    pub(super) fn of_delivery(kind: &'a str, delivery: &'a Delivery) -> Self {
        Self { prefecture: &delivery.prefecture, delivery: Some(delivery.id), envelope: None, kind, actor: MACHINE, detail: None }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    prefecture: String,
    delivery_id: Option<Uuid>,
    envelope_id: Option<Uuid>,
    kind: String,
    actor: String,
    detail: Option<Json<Value>>,
    at: Instant,
}

pub(super) async fn add(tx: &mut Tx, event: &Happened<'_>, now: Instant) -> Result<(), StoreError> {
    run!(
        tx,
        INSERT,
        event.prefecture.as_str(),
        event.delivery.map(|id| id.0),
        event.envelope.map(|id| id.0),
        event.kind,
        event.actor,
        event.detail.as_ref().map(Json),
        now
    )
    .map(drop)
}

impl Store {
    /// What happened to a delivery and its envelopes, in order.
    pub async fn events(&self, scope: &Scope, id: DeliveryId) -> Result<Vec<Event>, StoreError> {
        let mut tx = self.read().await?;
        delivery::get(&mut tx, scope, id).await?;
        let rows = all!(&mut tx, Row, OF_DELIVERY, id.0, visible(scope))?;
        Ok(rows.into_iter().map(Row::into_event).collect())
    }

    /// Writes down what an agent or a process did outside a stage: a page looked at, a file exported.
    pub async fn record(&self, event: &Event) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let happened = Happened {
            prefecture: &event.prefecture,
            delivery: event.delivery,
            envelope: event.envelope,
            kind: &event.kind,
            actor: &event.actor,
            detail: event.detail.clone(),
        };
        add(&mut tx, &happened, event.at).await?;
        tx.commit().await
    }
}

impl Row {
    fn into_event(self) -> Event {
        Event {
            prefecture: PrefectureId(self.prefecture),
            delivery: self.delivery_id.map(DeliveryId),
            envelope: self.envelope_id.map(EnvelopeId),
            kind: self.kind,
            actor: self.actor,
            detail: self.detail.map(|json| json.0),
            at: self.at,
        }
    }
}
