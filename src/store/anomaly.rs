//! Table `anomaly_act`: what agents did with a file that could not be processed. Each act is one transaction
//! with its row, its event and the end of the question that stood for the file.

use super::convert::{name_of, named};
use super::db::{Tx, all, maybe, run};
use super::event::Happened;
use super::review::{Place, Question, Review, ReviewState};
use super::{Store, StoreError, correction, delivery, event, job, page, review};
use crate::domain::{
    AgentId, AnomalyAct, AnomalyStep, Closure, Correction, CorrectionAct, Delivery, DeliveryId, DeliveryState, Format, Instant, PageState,
    Refusal, Scope, Stage, Subject,
};
use sqlx::types::Json;
use uuid::Uuid;

const INSERT: &str = "INSERT INTO anomaly_act (delivery_id, act, refusal, reason, note, replaced_by, agent, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const ALL: &str = "SELECT act, refusal, reason, note, replaced_by, agent, at FROM anomaly_act WHERE delivery_id = $1 ORDER BY sequence";
const STANDS_FOR: &str = "SELECT DISTINCT delivery_id FROM anomaly_act WHERE replaced_by = $1 AND act = 'replace'";
const LAST_ACT: &str = "SELECT at FROM anomaly_act WHERE delivery_id = $1 ORDER BY sequence DESC LIMIT 1";

/// The subject of the question that stands for a whole file.
const FILE: &str = "file";

#[derive(sqlx::FromRow)]
struct Row {
    act: String,
    refusal: Option<Json<Refusal>>,
    reason: Option<String>,
    note: Option<String>,
    replaced_by: Option<Uuid>,
    agent: String,
    at: Instant,
}

#[derive(sqlx::FromRow)]
struct AtRow {
    at: Instant,
}

impl Row {
    fn into_step(self) -> Result<AnomalyStep, StoreError> {
        Ok(AnomalyStep {
            act: named("act on an anomaly", &self.act)?,
            refusal: self.refusal.map(|json| json.0),
            reason: self.reason,
            note: self.note,
            replaced_by: self.replaced_by.map(DeliveryId),
            agent: AgentId(self.agent),
            at: self.at,
        })
    }
}

/// An anomaly under the lock of its delivery.
struct Open {
    tx: Tx,
    delivery: Delivery,
    /// The question that stands for the file, where one is open.
    question: Option<Review>,
    refusal: Option<Refusal>,
}

impl Store {
    /// Reads a file again from its original: `examined` is what intake says of it now. A file that is still refused
    /// stays an anomaly, with the reason of today.
    pub async fn retry_anomaly(
        &self,
        scope: &Scope,
        id: DeliveryId,
        examined: &Result<Format, Refusal>,
        agent: &AgentId,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut open = self.open_anomaly(scope, id, agent).await?;
        open.note(step(AnomalyAct::Retry, agent, now)).await?;
        match examined {
            Ok(format) => open.read_again(*format, agent, now).await?,
            Err(refusal) => {
                delivery::refuse(&mut open.tx, id, refusal).await?;
                let reason = format!("{} {}", refusal.message, refusal.next);
                let question = Question::holding(FILE, reason, Some(refusal.code.clone()));
                review::reconcile(&mut open.tx, &Place::of(&open.delivery, None), &[question], now).await?;
            }
        }
        let code = examined.as_ref().err().map(|refusal| serde_json::json!({ "code": refusal.code }));
        open.tell("anomalie_relue", agent, code, now).await
    }

    /// Another delivery stands for this one.
    pub async fn replace_anomaly(
        &self,
        scope: &Scope,
        id: DeliveryId,
        by: DeliveryId,
        agent: &AgentId,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut open = self.open_anomaly(scope, id, agent).await?;
        let other = delivery::get(&mut open.tx, scope, by).await?.into_delivery()?;
        if by == id || other.closure.is_some() {
            return Err(StoreError::Refused("a delivery is replaced by another one that is not closed itself".into()));
        }
        open.note(AnomalyStep { replaced_by: Some(by), ..step(AnomalyAct::Replace, agent, now) }).await?;
        delivery::set_closure(&mut open.tx, id, Some(Closure::Replaced)).await?;
        open.settle(agent, now).await?;
        let detail = serde_json::json!({ "remplace": id.to_string() });
        let happened = Happened { actor: agent.as_str(), detail: Some(detail), ..Happened::of_delivery("depot_remplacant", &other) };
        event::add(&mut open.tx, &happened, now).await?;
        open.tell("anomalie_remplacee", agent, Some(serde_json::json!({ "par": by.to_string() })), now).await
    }

    /// The file becomes one application whose values an agent states, with whatever pages could be read in view.
    pub async fn treat_by_hand(&self, scope: &Scope, id: DeliveryId, agent: &AgentId, now: Instant) -> Result<(), StoreError> {
        let mut open = self.open_anomaly(scope, id, agent).await?;
        open.note(step(AnomalyAct::ByHand, agent, now)).await?;
        delivery::readmit(&mut open.tx, id, None).await?;
        // What could not be done will not be tried again by itself.
        job::end_all(&mut open.tx, Subject::Delivery(id)).await?;
        let word = said(FILE.into(), Stage::Assemble, CorrectionAct::ByHand, agent, now);
        correction::insert(&mut open.tx, id, None, &word).await?;
        open.settle(agent, now).await?;
        job::enqueue(&mut open.tx, Subject::Delivery(id), Stage::Assemble, 0, id, now).await?;
        open.tell("anomalie_a_la_main", agent, None, now).await
    }

    /// Nothing more is to be done with the file, for this reason.
    pub async fn set_aside(
        &self,
        scope: &Scope,
        id: DeliveryId,
        reason: &str,
        note: Option<&str>,
        agent: &AgentId,
        now: Instant,
    ) -> Result<(), StoreError> {
        if reason.trim().is_empty() {
            return Err(StoreError::Refused("a file is set aside for a reason".into()));
        }
        let mut open = self.open_anomaly(scope, id, agent).await?;
        let (reason, note) = (Some(reason.to_owned()), note.map(str::to_owned));
        // The note may name a person: it stands in the act alone, never in the journal.
        let detail = serde_json::json!({ "motif": reason });
        open.note(AnomalyStep { reason, note, ..step(AnomalyAct::SetAside, agent, now) }).await?;
        delivery::set_closure(&mut open.tx, id, Some(Closure::SetAside)).await?;
        open.settle(agent, now).await?;
        open.tell("anomalie_mise_de_cote", agent, Some(detail), now).await
    }

    /// Takes a replacement or a setting aside back: the file waits for a person again.
    pub async fn reopen_anomaly(&self, scope: &Scope, id: DeliveryId, agent: &AgentId, now: Instant) -> Result<(), StoreError> {
        let mut open = self.locked(scope, id, agent).await?;
        if open.delivery.closure.is_none() {
            return Err(StoreError::Refused("only what was replaced or set aside is taken back".into()));
        }
        let last = acts(&mut open.tx, id).await?.into_iter().rev().find_map(|step| step.refusal);
        let refusal = open.delivery.refusal.clone().or(last);
        open.note(step(AnomalyAct::Reopen, agent, now)).await?;
        delivery::set_closure(&mut open.tx, id, None).await?;
        let reason = refusal.as_ref().map_or_else(String::new, |r| format!("{} {}", r.message, r.next).trim().to_owned());
        let question = Question::holding(FILE, reason, refusal.map(|r| r.code));
        let place = Place::of(&open.delivery, None);
        review::open(&mut open.tx, &place, &question.need, question.code.as_deref(), true, now).await?;
        open.tell("anomalie_rouverte", agent, None, now).await
    }

    /// What agents did with a file, in order.
    pub async fn anomaly_steps(&self, scope: &Scope, id: DeliveryId) -> Result<Vec<AnomalyStep>, StoreError> {
        let mut tx = self.read().await?;
        delivery::get(&mut tx, scope, id).await?;
        acts(&mut tx, id).await
    }

    /// The anomalies that this delivery stands for.
    pub async fn stands_for(&self, scope: &Scope, id: DeliveryId) -> Result<Vec<Delivery>, StoreError> {
        let mut tx = self.read().await?;
        let mut replaced = Vec::new();
        for (other,) in all!(&mut tx, (Uuid,), STANDS_FOR, id.0)? {
            let other = delivery::get(&mut tx, scope, DeliveryId(other)).await?.into_delivery()?;
            let last = acts(&mut tx, other.id).await?.into_iter().rev().find_map(|step| step.replaced_by);
            if other.closure == Some(Closure::Replaced) && last == Some(id) {
                replaced.push(other);
            }
        }
        Ok(replaced)
    }

    /// When an agent last dealt with a file.
    pub async fn last_act(&self, id: DeliveryId) -> Result<Option<Instant>, StoreError> {
        let mut tx = self.read().await?;
        Ok(maybe!(&mut tx, AtRow, LAST_ACT, id.0)?.map(|row| row.at))
    }

    /// A file that waits for such an act; refused when it was dealt with meanwhile.
    async fn open_anomaly(&self, scope: &Scope, id: DeliveryId, agent: &AgentId) -> Result<Open, StoreError> {
        let open = self.locked(scope, id, agent).await?;
        let waits = open.delivery.closure.is_none() && (open.delivery.state == DeliveryState::Anomaly || open.question.is_some());
        if waits { Ok(open) } else { Err(StoreError::Refused("this file waits for nobody any more".into())) }
    }

    async fn locked(&self, scope: &Scope, id: DeliveryId, agent: &AgentId) -> Result<Open, StoreError> {
        if agent.as_str().trim().is_empty() {
            return Err(StoreError::Refused("an act needs the name of its agent".into()));
        }
        let mut tx = self.write().await?;
        delivery::get(&mut tx, scope, id).await?;
        delivery::touch(&mut tx, id).await?;
        let delivery = delivery::get(&mut tx, scope, id).await?.into_delivery()?;
        let question = review::open_of(&mut tx, &Place::of(&delivery, None)).await?.into_iter().find(|r| r.subject == FILE);
        let asked = question.as_ref().map(|q| Refusal::new(q.code.as_deref().unwrap_or_default(), q.reason.clone(), ""));
        let refusal = delivery.refusal.clone().or(asked);
        Ok(Open { tx, delivery, question, refusal })
    }
}

impl Open {
    async fn note(&mut self, step: AnomalyStep) -> Result<(), StoreError> {
        let refusal = self.refusal.as_ref().map(Json);
        let (act, by) = (name_of(&step.act), step.replaced_by.map(|id| id.0));
        run!(&mut self.tx, INSERT, self.delivery.id.0, act, refusal, step.reason, step.note, by, step.agent.as_str(), step.at).map(drop)
    }

    async fn settle(&mut self, agent: &AgentId, now: Instant) -> Result<(), StoreError> {
        match &self.question {
            Some(question) => review::close(&mut self.tx, question.id, ReviewState::Settled, Some(agent), now).await,
            None => Ok(()),
        }
    }

    /// Back on the line from the first stage. Pages that could not be read are read anew, the others are kept.
    async fn read_again(&mut self, format: Format, agent: &AgentId, now: Instant) -> Result<(), StoreError> {
        let id = self.delivery.id;
        delivery::readmit(&mut self.tx, id, Some(format)).await?;
        self.settle(agent, now).await?;
        for read in page::all_of(&mut self.tx, id).await? {
            if matches!(read.state, PageState::Unreadable(_)) {
                let word = said(format!("page:{}", read.number), Stage::Read, CorrectionAct::ReadAgain, agent, now);
                correction::insert(&mut self.tx, id, None, &word).await?;
            }
        }
        job::release(&mut self.tx, id, now).await?;
        job::enqueue(&mut self.tx, Subject::Delivery(id), Stage::Read, 0, id, now).await
    }

    async fn tell(mut self, kind: &str, agent: &AgentId, detail: Option<serde_json::Value>, now: Instant) -> Result<(), StoreError> {
        let happened = Happened { actor: agent.as_str(), detail, ..Happened::of_delivery(kind, &self.delivery) };
        event::add(&mut self.tx, &happened, now).await?;
        self.tx.commit().await
    }
}

async fn acts(tx: &mut Tx, id: DeliveryId) -> Result<Vec<AnomalyStep>, StoreError> {
    all!(tx, Row, ALL, id.0)?.into_iter().map(Row::into_step).collect()
}

fn step(act: AnomalyAct, agent: &AgentId, at: Instant) -> AnomalyStep {
    AnomalyStep { act, refusal: None, reason: None, note: None, replaced_by: None, agent: agent.clone(), at }
}

fn said(subject: String, stage: Stage, act: CorrectionAct, agent: &AgentId, at: Instant) -> Correction {
    let page = subject.strip_prefix("page:").and_then(|n| n.parse().ok());
    Correction { stage, subject, act, seen: None, page, rect: None, agent: agent.clone(), at }
}
