//! Table `substitution`: the blocking of each application and the appointment that was offered; only added to, the last row holds.

use super::convert::{civil, name_of, named, visible};
use super::db::{all, maybe, run};
use super::event::{self, Happened};
use super::{Store, StoreError, delivery};
use crate::domain::{AgentId, EnvelopeId, Instant, Scope, Substitution};
use serde_json::json;
use uuid::Uuid;

const INSERT: &str =
    "INSERT INTO substitution (prefecture, delivery_id, envelope_id, blocked_on, ticket, blocking, admissibility, evidence,
    invited_on, offered_on, offered_by, appointment_on, answer, mode, agent, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const LAST: &str =
    "SELECT blocked_on, ticket, blocking, admissibility, evidence, invited_on, offered_on, offered_by, appointment_on, answer,
    mode, agent, at FROM substitution WHERE envelope_id = $1 AND ($2 IS NULL OR prefecture = $2) ORDER BY sequence DESC LIMIT 1";
/// Applications to whom nobody offered an appointment, oldest first. Papers joined to another dossier are none.
const UNOFFERED: &str = "SELECT e.id, d.file, d.registered_at FROM envelope e JOIN delivery d ON d.id = e.delivery_id
    WHERE e.state IN ('review', 'filed') AND e.joined_to IS NULL AND ($1 IS NULL OR e.prefecture = $1)
      AND NOT EXISTS (SELECT 1 FROM substitution s WHERE s.envelope_id = e.id AND s.offered_on IS NOT NULL
        AND s.sequence = (SELECT MAX(l.sequence) FROM substitution l WHERE l.envelope_id = e.id))
    ORDER BY d.registered_at, e.delivery_id, e.position LIMIT 500";

/// The record with who wrote it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubstitutionView {
    pub record: Substitution,
    pub agent: String,
    pub at: Instant,
}

/// An application whose applicant was offered no appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unoffered {
    pub envelope: EnvelopeId,
    pub file: String,
    pub registered_at: Instant,
}

#[derive(sqlx::FromRow)]
struct Row {
    blocked_on: Option<jiff_sqlx::Date>,
    ticket: Option<String>,
    blocking: Option<String>,
    admissibility: Option<String>,
    evidence: Option<String>,
    invited_on: Option<jiff_sqlx::Date>,
    offered_on: Option<jiff_sqlx::Date>,
    offered_by: Option<String>,
    appointment_on: Option<jiff_sqlx::Date>,
    answer: Option<String>,
    mode: Option<String>,
    agent: String,
    at: Instant,
}

#[derive(sqlx::FromRow)]
struct UnofferedRow {
    id: Uuid,
    file: String,
    registered_at: Instant,
}

impl Store {
    /// Writes the record anew. `before` is what the agent saw: refused when somebody wrote meanwhile.
    pub async fn note_substitution(
        &self,
        scope: &Scope,
        envelope: EnvelopeId,
        before: Option<&Substitution>,
        record: &Substitution,
        agent: &AgentId,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let delivery = delivery::touched_of(&mut tx, scope, envelope).await?;
        let last = maybe!(&mut tx, Row, LAST, envelope.0, visible(scope))?.map(Row::into_view).transpose()?;
        if last.as_ref().map(|v| &v.record) != before {
            return Err(StoreError::Refused("somebody wrote this record meanwhile".into()));
        }
        let r = record;
        run!(
            &mut tx,
            INSERT,
            delivery.prefecture.as_str(),
            delivery.id.0,
            envelope.0,
            r.blocked_on.map(civil),
            &r.ticket,
            &r.blocking,
            r.admissibility.as_ref().map(name_of),
            &r.evidence,
            r.invited_on.map(civil),
            r.offered_on.map(civil),
            &r.offered_by,
            r.appointment_on.map(civil),
            r.answer.as_ref().map(name_of),
            &r.mode,
            agent.as_str(),
            now
        )?;
        let detail = json!({ "offered_on": r.offered_on, "offered_by": r.offered_by, "answer": r.answer });
        let happened = Happened {
            actor: agent.as_str(),
            envelope: Some(envelope),
            detail: Some(detail),
            ..Happened::of_delivery("substitution_notee", &delivery)
        };
        event::add(&mut tx, &happened, now).await?;
        tx.commit().await
    }

    /// The record as it stands, if somebody wrote one.
    pub async fn substitution(&self, scope: &Scope, envelope: EnvelopeId) -> Result<Option<SubstitutionView>, StoreError> {
        let mut tx = self.read().await?;
        maybe!(&mut tx, Row, LAST, envelope.0, visible(scope))?.map(Row::into_view).transpose()
    }

    /// Applications whose applicants were offered no appointment, oldest first; 500 at most.
    pub async fn without_appointment(&self, scope: &Scope) -> Result<Vec<Unoffered>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, UnofferedRow, UNOFFERED, visible(scope))?;
        let unoffered = |r: UnofferedRow| Unoffered { envelope: EnvelopeId(r.id), file: r.file, registered_at: r.registered_at };
        Ok(rows.into_iter().map(unoffered).collect())
    }
}

impl Row {
    fn into_view(self) -> Result<SubstitutionView, StoreError> {
        let day = |d: Option<jiff_sqlx::Date>| d.map(jiff_sqlx::Date::to_jiff);
        let record = Substitution {
            blocked_on: day(self.blocked_on),
            ticket: self.ticket,
            blocking: self.blocking,
            admissibility: self.admissibility.map(|name| named("admissibility", &name)).transpose()?,
            evidence: self.evidence,
            invited_on: day(self.invited_on),
            offered_on: day(self.offered_on),
            offered_by: self.offered_by,
            appointment_on: day(self.appointment_on),
            answer: self.answer.map(|name| named("answer to an appointment", &name)).transpose()?,
            mode: self.mode,
        };
        Ok(SubstitutionView { record, agent: self.agent, at: self.at })
    }
}
