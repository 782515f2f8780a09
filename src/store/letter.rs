//! Table `letter`: what a named agent signed for an applicant, what went to the post, and what is still to be written.

use super::convert::{civil, name_of, named, plain_json, visible};
use super::db::{Tx, all, run};
use super::event::{self, Happened};
use super::{Store, StoreError, blob, delivery, dossier_later};
use crate::domain::{AgentId, BlobRef, Delivery, EnvelopeId, Instant, Letter, LetterId, Scope};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

const INSERT: &str = "INSERT INTO letter (id, prefecture, delivery_id, envelope_id, kind, state, content, pdf, agent, signed_at)
    VALUES ($1, $2, $3, $4, $5, 'signed', $6, $7, $8, $9)";
const OF_ENVELOPE: &str = "SELECT id, kind, state, content, pdf, agent, signed_at, posted_on, posted_by, reason FROM letter
    WHERE envelope_id = $1 AND ($2 IS NULL OR prefecture = $2) ORDER BY signed_at, id";
const POST: &str = "UPDATE letter SET state = 'posted', posted_on = $2, posted_by = $3 WHERE id = $1 AND state = 'signed'";
const CANCEL: &str = "UPDATE letter SET state = 'cancelled', reason = $2 WHERE id = $1 AND state = 'signed'";
const UNPOSTED: &str = "SELECT l.envelope_id, l.kind, l.signed_at, l.agent, d.file FROM letter l JOIN delivery d ON d.id = l.delivery_id
    WHERE l.state = 'signed' AND ($1 IS NULL OR l.prefecture = $1) ORDER BY l.signed_at, l.id LIMIT 500";
/// Applications (or this one) that no letter of this kind was signed for, oldest first. Papers joined to another dossier are none.
const UNWRITTEN: &str = "SELECT e.id, e.state, d.file, d.registered_at FROM envelope e JOIN delivery d ON d.id = e.delivery_id
    WHERE e.state IN ('review', 'filed') AND e.joined_to IS NULL AND ($2 IS NULL OR e.prefecture = $2) AND ($3 IS NULL OR e.id = $3)
      AND NOT EXISTS (SELECT 1 FROM letter l WHERE l.envelope_id = e.id AND l.kind = $1 AND l.state <> 'cancelled')
    ORDER BY d.registered_at, e.delivery_id, e.position LIMIT 500";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    Signed,
    Posted,
    /// Taken back before it went to the post.
    Cancelled,
}

/// A letter to be signed.
#[derive(Clone, Copy, Debug)]
pub struct NewLetter<'a> {
    pub envelope: EnvelopeId,
    pub content: &'a Letter,
    pub pdf: &'a BlobRef,
    pub agent: &'a AgentId,
}

/// A signed letter.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterView {
    pub id: LetterId,
    pub state: LetterState,
    pub content: Letter,
    /// Address of the sealed PDF.
    pub pdf: String,
    pub agent: String,
    pub signed_at: Instant,
    pub posted_on: Option<Date>,
    pub posted_by: Option<String>,
    pub reason: Option<String>,
}

/// A signed letter that has not gone to the post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLetter {
    pub envelope: EnvelopeId,
    pub kind: String,
    pub signed_at: Instant,
    pub agent: String,
    pub file: String,
}

/// An application without a letter that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten {
    pub envelope: EnvelopeId,
    pub filed: bool,
    pub file: String,
    pub registered_at: Instant,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    state: String,
    content: Json<Letter>,
    pdf: String,
    agent: String,
    signed_at: Instant,
    posted_on: Option<jiff_sqlx::Date>,
    posted_by: Option<String>,
    reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct OpenRow {
    envelope_id: Uuid,
    kind: String,
    signed_at: Instant,
    agent: String,
    file: String,
}

#[derive(sqlx::FromRow)]
struct UnwrittenRow {
    id: Uuid,
    state: String,
    file: String,
    registered_at: Instant,
}

impl Store {
    /// Signs a letter: its row, its sealed PDF and what is told of it, in one transaction. One letter of a kind stands at a time.
    pub async fn sign_letter(&self, scope: &Scope, new: &NewLetter<'_>, now: Instant) -> Result<LetterId, StoreError> {
        if new.agent.as_str().trim().is_empty() {
            return Err(StoreError::Refused("a letter needs the name of the agent who signs it".into()));
        }
        let mut tx = self.write().await?;
        let delivery = delivery::touched_of(&mut tx, scope, new.envelope).await?;
        if standing(&mut tx, scope, new.envelope, &new.content.kind).await?.is_some() {
            return Err(StoreError::Refused("a letter of this kind is signed already".into()));
        }
        blob::add(&mut tx, new.pdf, "application/pdf", now).await?;
        let id = LetterId(Uuid::now_v7());
        let content = Json(plain_json(new.content));
        let (kind, agent) = (new.content.kind.as_str(), new.agent.as_str());
        run!(
            &mut tx,
            INSERT,
            id.0,
            delivery.prefecture.as_str(),
            delivery.id.0,
            new.envelope.0,
            kind,
            content,
            &new.pdf.address,
            agent,
            now
        )?;
        let said =
            Said { delivery: &delivery, envelope: new.envelope, what: "courrier_signe", agent: new.agent, detail: json!({ "kind": kind }) };
        said.tell(&mut tx, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The signed letter of this kind went to the post on that day. What it asks for suspends the silence from then on.
    pub async fn post_letter(
        &self,
        scope: &Scope,
        envelope: EnvelopeId,
        kind: &str,
        on: Date,
        agent: &AgentId,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let (delivery, row) = signed(&mut tx, scope, envelope, kind).await?;
        if run!(&mut tx, POST, row.id, civil(on), agent.as_str())? != 1 {
            return Err(StoreError::Refused("the letter was dealt with meanwhile".into()));
        }
        let detail = json!({ "kind": kind, "on": on, "limit": row.content.limit });
        Said { delivery: &delivery, envelope, what: "courrier_poste", agent, detail }.tell(&mut tx, now).await?;
        tx.commit().await
    }

    /// Takes a signed letter back before it went to the post.
    pub async fn cancel_letter(
        &self,
        scope: &Scope,
        envelope: EnvelopeId,
        kind: &str,
        reason: &str,
        agent: &AgentId,
        now: Instant,
    ) -> Result<(), StoreError> {
        if reason.trim().is_empty() {
            return Err(StoreError::Refused("a letter is cancelled for a reason".into()));
        }
        let mut tx = self.write().await?;
        let (delivery, row) = signed(&mut tx, scope, envelope, kind).await?;
        if run!(&mut tx, CANCEL, row.id, reason)? != 1 {
            return Err(StoreError::Refused("the letter was dealt with meanwhile".into()));
        }
        Said { delivery: &delivery, envelope, what: "courrier_annule", agent, detail: json!({ "kind": kind }) }.tell(&mut tx, now).await?;
        tx.commit().await
    }

    /// The letters of one application, in order.
    pub async fn letters(&self, scope: &Scope, envelope: EnvelopeId) -> Result<Vec<LetterView>, StoreError> {
        let mut tx = self.read().await?;
        all!(&mut tx, Row, OF_ENVELOPE, envelope.0, visible(scope))?.into_iter().map(Row::into_view).collect()
    }

    /// Letters that are signed and still lie here, oldest first; 500 at most.
    pub async fn letters_to_post(&self, scope: &Scope) -> Result<Vec<OpenLetter>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, OpenRow, UNPOSTED, visible(scope))?;
        let open = |r: OpenRow| OpenLetter {
            envelope: EnvelopeId(r.envelope_id),
            kind: r.kind,
            signed_at: r.signed_at,
            agent: r.agent,
            file: r.file,
        };
        Ok(rows.into_iter().map(open).collect())
    }

    /// The letter of this kind that was signed and not cancelled.
    pub async fn standing_letter(&self, scope: &Scope, envelope: EnvelopeId, kind: &str) -> Result<Option<LetterView>, StoreError> {
        let mut tx = self.read().await?;
        standing(&mut tx, scope, envelope, kind).await?.map(Row::into_view).transpose()
    }

    /// Applications without a letter of this kind, oldest first; 500 at most.
    pub async fn without_letter(&self, scope: &Scope, kind: &str) -> Result<Vec<Unwritten>, StoreError> {
        let mut tx = self.read().await?;
        unwritten(&mut tx, scope, kind, None).await
    }

    /// Those of them whose dossier is incomplete. The shared tables may stand in another database: each is looked up by itself.
    pub async fn incomplete_without_letter(&self, scope: &Scope, kind: &str) -> Result<Vec<Unwritten>, StoreError> {
        let incomplete = self.incomplete_dossiers(scope).await?;
        let mut tx = self.read().await?;
        let mut found = Vec::new();
        for envelope in incomplete {
            found.extend(unwritten(&mut tx, scope, kind, Some(envelope)).await?);
        }
        found.sort_by_key(|u: &Unwritten| (u.registered_at, u.envelope));
        Ok(found)
    }
}

async fn unwritten(tx: &mut Tx, scope: &Scope, kind: &str, only: Option<EnvelopeId>) -> Result<Vec<Unwritten>, StoreError> {
    let rows = all!(tx, UnwrittenRow, UNWRITTEN, kind, visible(scope), only.map(|id| id.0))?;
    let unwritten =
        |r: UnwrittenRow| Unwritten { envelope: EnvelopeId(r.id), filed: r.state == "filed", file: r.file, registered_at: r.registered_at };
    Ok(rows.into_iter().map(unwritten).collect())
}

/// What an agent did with a letter, for the journal and, where a dossier stands, for the online system.
struct Said<'a> {
    delivery: &'a Delivery,
    envelope: EnvelopeId,
    what: &'a str,
    agent: &'a AgentId,
    detail: serde_json::Value,
}

impl Said<'_> {
    async fn tell(self, tx: &mut Tx, now: Instant) -> Result<(), StoreError> {
        dossier_later::letter_happened(tx, self.envelope, self.what, self.agent, &self.detail, now).await?;
        let happened = Happened {
            actor: self.agent.as_str(),
            envelope: Some(self.envelope),
            detail: Some(self.detail),
            ..Happened::of_delivery(self.what, self.delivery)
        };
        event::add(tx, &happened, now).await
    }
}

/// The letter of this kind that was not cancelled.
async fn standing(tx: &mut Tx, scope: &Scope, envelope: EnvelopeId, kind: &str) -> Result<Option<Row>, StoreError> {
    let rows = all!(tx, Row, OF_ENVELOPE, envelope.0, visible(scope))?;
    Ok(rows.into_iter().rev().find(|row| row.kind == kind && row.state != name_of(&LetterState::Cancelled)))
}

async fn signed(tx: &mut Tx, scope: &Scope, envelope: EnvelopeId, kind: &str) -> Result<(Delivery, Row), StoreError> {
    let delivery = delivery::touched_of(tx, scope, envelope).await?;
    let row = standing(tx, scope, envelope, kind).await?.filter(|row| row.state == name_of(&LetterState::Signed));
    let row = row.ok_or_else(|| StoreError::Refused("no signed letter of this kind waits for the post".into()))?;
    Ok((delivery, row))
}

impl Row {
    fn into_view(self) -> Result<LetterView, StoreError> {
        Ok(LetterView {
            id: LetterId(self.id),
            state: named("state of a letter", &self.state)?,
            content: self.content.0,
            pdf: self.pdf,
            agent: self.agent,
            signed_at: self.signed_at,
            posted_on: self.posted_on.map(jiff_sqlx::Date::to_jiff),
            posted_by: self.posted_by,
            reason: self.reason,
        })
    }
}
