//! Table `review`: what stands in front of a person.

use super::convert::{name_of, named, small, visible};
use super::db::{Tx, all, maybe, run};
use super::{Store, StoreError};
use crate::domain::{AgentId, Delivery, DeliveryId, EnvelopeId, Instant, PrefectureId, ReviewId, ReviewNeed, Scope};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! columns {
    () => {
        "id, prefecture, delivery_id, envelope_id, subject, reason, code, holds, state, opened_at, closed_at, agent"
    };
}

const INSERT: &str = "INSERT INTO review (id, prefecture, delivery_id, envelope_id, subject, reason, code, holds, state, opened_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9)";
const UPDATE: &str = "UPDATE review SET reason = $2, code = $3, holds = $4 WHERE id = $1";
const CLOSE: &str = "UPDATE review SET state = $2, closed_at = $3, agent = $4 WHERE id = $1";
const OPEN: &str =
    concat!("SELECT ", columns!(), " FROM review WHERE state = 'open' AND ($1 IS NULL OR prefecture = $1) ORDER BY opened_at, id");
const BY_ID: &str = concat!("SELECT ", columns!(), " FROM review WHERE id = $1 AND ($2 IS NULL OR prefecture = $2)");
const OPEN_OF_DELIVERY: &str =
    concat!("SELECT ", columns!(), " FROM review WHERE state = 'open' AND delivery_id = $1 ORDER BY opened_at, id");
const COUNT_HOLDING: &str = "SELECT COUNT(*) FROM review WHERE delivery_id = $1 AND state = 'open' AND holds";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    Open,
    /// An agent decided.
    Settled,
    /// The question no longer arises.
    Withdrawn,
}

/// One thing for a person to settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub id: ReviewId,
    pub prefecture: PrefectureId,
    pub delivery: DeliveryId,
    pub envelope: Option<EnvelopeId>,
    /// `file`, `envelope`, `permit`, `request`, `page:N`, `piece:N`, `field:ID`, `checklist:PIECE`.
    pub subject: String,
    /// In French, for the agent.
    pub reason: String,
    /// Stable code where the machine gave one.
    pub code: Option<String>,
    /// False when the dossier is filed without waiting for it.
    pub holds: bool,
    pub state: ReviewState,
    pub opened_at: Instant,
    pub closed_at: Option<Instant>,
    /// Who settled it.
    pub agent: Option<AgentId>,
}

/// Where an item belongs.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub prefecture: &'a PrefectureId,
    pub delivery: DeliveryId,
    pub envelope: Option<EnvelopeId>,
}

impl<'a> Place<'a> {
    pub(super) fn of(delivery: &'a Delivery, envelope: Option<EnvelopeId>) -> Self {
        Self { prefecture: &delivery.prefecture, delivery: delivery.id, envelope }
    }
}

/// An item that should be open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub need: ReviewNeed,
    pub code: Option<String>,
    /// False when the dossier is filed without waiting for the answer.
    pub holds: bool,
}

impl Question {
    /// A question without whose answer nothing is filed.
    #[must_use]
    pub fn holding(subject: impl Into<String>, reason: impl Into<String>, code: Option<String>) -> Self {
        Self { need: ReviewNeed { subject: subject.into(), reason: reason.into() }, code, holds: true }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    prefecture: String,
    delivery_id: Uuid,
    envelope_id: Option<Uuid>,
    subject: String,
    reason: String,
    code: Option<String>,
    holds: bool,
    state: String,
    opened_at: Instant,
    closed_at: Option<Instant>,
    agent: Option<String>,
}

impl Row {
    fn into_review(self) -> Result<Review, StoreError> {
        Ok(Review {
            id: ReviewId(self.id),
            prefecture: PrefectureId(self.prefecture),
            delivery: DeliveryId(self.delivery_id),
            envelope: self.envelope_id.map(EnvelopeId),
            subject: self.subject,
            reason: self.reason,
            code: self.code,
            holds: self.holds,
            state: named("state of a review", &self.state)?,
            opened_at: self.opened_at,
            closed_at: self.closed_at,
            agent: self.agent.map(AgentId),
        })
    }
}

impl Store {
    /// Everything that waits for a person, oldest first.
    pub async fn open_reviews(&self, scope: &Scope) -> Result<Vec<Review>, StoreError> {
        let mut tx = self.read().await?;
        all!(&mut tx, Row, OPEN, visible(scope))?.into_iter().map(Row::into_review).collect()
    }

    /// What waits for a person of the delivery itself, not of one of its envelopes.
    pub async fn open_reviews_of(&self, delivery: DeliveryId) -> Result<Vec<Review>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, Row, OPEN_OF_DELIVERY, delivery.0)?;
        rows.into_iter().filter(|row| row.envelope_id.is_none()).map(Row::into_review).collect()
    }

    /// One item, open or not.
    pub async fn review(&self, scope: &Scope, id: ReviewId) -> Result<Review, StoreError> {
        let mut tx = self.read().await?;
        let row = maybe!(&mut tx, Row, BY_ID, id.0, visible(scope))?;
        row.ok_or_else(|| StoreError::missing("review item", id, scope))?.into_review()
    }
}

pub(super) async fn open(
    tx: &mut Tx,
    place: &Place<'_>,
    need: &ReviewNeed,
    code: Option<&str>,
    holds: bool,
    now: Instant,
) -> Result<(), StoreError> {
    let envelope = place.envelope.map(|id| id.0);
    let prefecture = place.prefecture.as_str();
    run!(tx, INSERT, Uuid::now_v7(), prefecture, place.delivery.0, envelope, &need.subject, &need.reason, code, holds, now).map(drop)
}

/// Open items of one place: of an envelope, or of the delivery itself.
pub(super) async fn open_of(tx: &mut Tx, place: &Place<'_>) -> Result<Vec<Review>, StoreError> {
    let rows = all!(tx, Row, OPEN_OF_DELIVERY, place.delivery.0)?;
    let here = rows.into_iter().filter(|row| row.envelope_id == place.envelope.map(|id| id.0));
    here.map(Row::into_review).collect()
}

/// Makes the open items of a place what they should be: new ones opened, those that no longer arise
/// withdrawn, the others left with their age. The caller has touched the delivery.
pub(super) async fn reconcile(tx: &mut Tx, place: &Place<'_>, wanted: &[Question], now: Instant) -> Result<(), StoreError> {
    let standing = open_of(tx, place).await?;
    for review in &standing {
        match wanted.iter().find(|w| w.need.subject == review.subject) {
            None => close(tx, review.id, ReviewState::Withdrawn, None, now).await?,
            Some(w) => run!(tx, UPDATE, review.id.0, &w.need.reason, w.code.as_deref(), w.holds).map(drop)?,
        }
    }
    let is_new = |w: &&Question| !standing.iter().any(|review| review.subject == w.need.subject);
    for w in merged(wanted).iter().filter(is_new) {
        open(tx, place, &w.need, w.code.as_deref(), w.holds, now).await?;
    }
    Ok(())
}

/// One item a subject: two reasons for one field are one look at it.
fn merged(wanted: &[Question]) -> Vec<Question> {
    let mut result: Vec<Question> = Vec::new();
    for w in wanted {
        match result.iter_mut().find(|r| r.need.subject == w.need.subject) {
            None => result.push(w.clone()),
            Some(first) => {
                first.holds |= w.holds;
                if !first.need.reason.contains(&w.need.reason) {
                    first.need.reason = format!("{} {}", first.need.reason, w.need.reason);
                }
            }
        }
    }
    result
}

pub(super) async fn close(tx: &mut Tx, id: ReviewId, state: ReviewState, agent: Option<&AgentId>, now: Instant) -> Result<(), StoreError> {
    run!(tx, CLOSE, id.0, name_of(&state), now, agent.map(AgentId::as_str)).map(drop)
}

pub(super) async fn count_holding(tx: &mut Tx, delivery: DeliveryId) -> Result<u32, StoreError> {
    small("number of reviews", maybe!(tx, (i64,), COUNT_HOLDING, delivery.0)?.unwrap_or_default().0)
}
