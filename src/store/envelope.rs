//! Tables `envelope` and `envelope_page`: the applications found in a delivery.

use super::convert::{self, name_of, named, small, visible};
use super::day::DayEnvelope;
use super::db::{Tx, all, maybe, run};
use super::{Store, StoreError, artefact, correction};
use crate::domain::{
    Constat, Correction, Delivery, DeliveryId, EnvelopeId, EnvelopePages, Extraction, Finding, Instant, PrefectureId, Scope,
};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

macro_rules! columns {
    () => {
        "id, delivery_id, prefecture, position, state, findings, extraction, constat, joined_to"
    };
}

const INSERT: &str = "INSERT INTO envelope (id, delivery_id, prefecture, position, state, findings, created_at)
    VALUES ($1, $2, $3, $4, 'open', $5, $6)";
const MOVE: &str = "UPDATE envelope SET position = $2, findings = $3 WHERE id = $1";
const SET_STATE: &str = "UPDATE envelope SET state = $2 WHERE id = $1";
const SET_EXTRACTION: &str = "UPDATE envelope SET extraction = $2 WHERE id = $1";
const SET_CONSTAT: &str = "UPDATE envelope SET constat = $2 WHERE id = $1";
const JOIN: &str = "UPDATE envelope SET state = 'filed', joined_to = $2 WHERE id = $1";
const BY_ID: &str = concat!("SELECT ", columns!(), " FROM envelope WHERE id = $1 AND ($2 IS NULL OR prefecture = $2)");
const LIVE: &str = concat!("SELECT ", columns!(), " FROM envelope WHERE delivery_id = $1 AND state <> 'retired' ORDER BY position, id");
const PAGES: &str = "SELECT page FROM envelope_page WHERE envelope_id = $1 ORDER BY position";
const CLEAR_PAGES: &str = "DELETE FROM envelope_page WHERE envelope_id = $1";
const INSERT_PAGE: &str = "INSERT INTO envelope_page (envelope_id, position, page) VALUES ($1, $2, $3)";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvelopeState {
    /// On the line.
    Open,
    /// Something waits for a person.
    Review,
    /// A dossier stands for it.
    Filed,
    /// A later cut of the delivery has no such envelope.
    Retired,
}

/// One envelope with its latest artefacts.
#[derive(Clone, Debug)]
pub struct EnvelopeView {
    pub id: EnvelopeId,
    pub delivery: DeliveryId,
    pub prefecture: PrefectureId,
    /// From 0, in page order.
    pub position: u32,
    pub state: EnvelopeState,
    pub pages: Vec<u32>,
    /// What was odd about the cut.
    pub findings: Vec<Finding>,
    /// As the machine read it.
    pub read: Option<Extraction>,
    /// With the corrections laid over it: what agents and the contract see.
    pub extraction: Option<Extraction>,
    pub constat: Option<Constat>,
    /// Recipe of the constat.
    pub recipe: Option<String>,
    /// The envelope of the dossier that its papers were joined to.
    pub joined_to: Option<EnvelopeId>,
    /// Of this envelope and of its delivery, in order.
    pub corrections: Vec<Correction>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) delivery_id: Uuid,
    prefecture: String,
    position: i64,
    pub(super) state: String,
    findings: Json<Vec<Finding>>,
    extraction: Option<Uuid>,
    constat: Option<Uuid>,
    pub(super) joined_to: Option<Uuid>,
}

impl Store {
    /// One envelope with its latest extraction and constat.
    pub async fn envelope(&self, scope: &Scope, id: EnvelopeId) -> Result<EnvelopeView, StoreError> {
        let mut tx = self.read().await?;
        let row = get(&mut tx, scope, id).await?;
        view(&mut tx, row).await
    }
}

impl EnvelopeView {
    /// The envelope as `extract` takes it.
    #[must_use]
    pub fn cut(&self) -> EnvelopePages {
        EnvelopePages { pages: self.pages.clone(), findings: self.findings.clone() }
    }
}

pub(super) async fn get(tx: &mut Tx, scope: &Scope, id: EnvelopeId) -> Result<Row, StoreError> {
    maybe!(tx, Row, BY_ID, id.0, visible(scope))?.ok_or_else(|| StoreError::missing("envelope", id, scope))
}

pub(super) async fn live(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<Row>, StoreError> {
    all!(tx, Row, LIVE, delivery.0)
}

pub(super) async fn view(tx: &mut Tx, row: Row) -> Result<EnvelopeView, StoreError> {
    let (id, delivery) = (EnvelopeId(row.id), DeliveryId(row.delivery_id));
    let corrections = correction::of_envelope(tx, delivery, id).await?;
    let read: Option<Extraction> = match row.extraction {
        Some(id) => Some(artefact::get(tx, id).await?.parse("extraction")?),
        None => None,
    };
    let stored = match row.constat {
        Some(id) => Some(artefact::get(tx, id).await?),
        None => None,
    };
    Ok(EnvelopeView {
        id,
        delivery,
        prefecture: PrefectureId(row.prefecture),
        position: small("position", row.position)?,
        state: named("state of an envelope", &row.state)?,
        pages: pages(tx, id).await?,
        findings: row.findings.0,
        extraction: read.as_ref().map(|e| e.with_corrections(&corrections)),
        read,
        constat: stored.as_ref().map(|a| a.parse("constat")).transpose()?,
        recipe: stored.map(|a| a.recipe),
        joined_to: row.joined_to.map(EnvelopeId),
        corrections,
    })
}

pub(super) async fn of_day(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<DayEnvelope>, StoreError> {
    let mut result = Vec::new();
    for row in live(tx, delivery).await? {
        let outcome = match row.constat {
            Some(id) => Some(artefact::get(tx, id).await?.parse::<Constat>("constat")?.outcome),
            None => None,
        };
        let id = EnvelopeId(row.id);
        let (state, pages) = (named("state of an envelope", &row.state)?, pages(tx, id).await?);
        result.push(DayEnvelope { id, state, pages, outcome, joined: row.joined_to.is_some() });
    }
    Ok(result)
}

pub(super) async fn set_state(tx: &mut Tx, id: EnvelopeId, state: EnvelopeState) -> Result<(), StoreError> {
    run!(tx, SET_STATE, id.0, name_of(&state)).map(drop)
}

/// The papers of an envelope are those of another one's dossier from now on.
pub(super) async fn join(tx: &mut Tx, id: EnvelopeId, into: EnvelopeId) -> Result<(), StoreError> {
    run!(tx, JOIN, id.0, into.0).map(drop)
}

pub(super) async fn set_extraction(tx: &mut Tx, id: EnvelopeId, artefact: Uuid) -> Result<(), StoreError> {
    run!(tx, SET_EXTRACTION, id.0, artefact).map(drop)
}

pub(super) async fn set_constat(tx: &mut Tx, id: EnvelopeId, artefact: Uuid) -> Result<(), StoreError> {
    run!(tx, SET_CONSTAT, id.0, artefact).map(drop)
}

/// What a new cut did to the envelopes of a delivery.
pub(super) struct Recut {
    /// In page order.
    pub live: Vec<EnvelopeId>,
    pub retired: Vec<(EnvelopeId, EnvelopeState)>,
}

/// Makes the envelopes of a delivery those of a new cut. An envelope keeps its name, and with it its
/// corrections, where the new cut has most of its pages.
pub(super) async fn recut(tx: &mut Tx, delivery: &Delivery, cut: &[EnvelopePages], now: Instant) -> Result<Recut, StoreError> {
    let mut standing = Vec::new();
    for row in live(tx, delivery.id).await? {
        let id = EnvelopeId(row.id);
        standing.push((id, named::<EnvelopeState>("state of an envelope", &row.state)?, pages(tx, id).await?));
    }
    let old: Vec<&[u32]> = standing.iter().map(|(_, _, pages)| pages.as_slice()).collect();
    let new: Vec<&[u32]> = cut.iter().map(|e| e.pages.as_slice()).collect();
    let matches = matched(&old, &new);
    let mut result = Recut { live: Vec::new(), retired: Vec::new() };
    for (position, envelope) in cut.iter().enumerate() {
        let kept = matches[position].map(|index| standing[index].0);
        result.live.push(place(tx, delivery, kept, position, envelope, now).await?);
    }
    for (id, state, _) in standing.iter().filter(|(id, ..)| !result.live.contains(id)) {
        set_state(tx, *id, EnvelopeState::Retired).await?;
        result.retired.push((*id, *state));
    }
    Ok(result)
}

async fn place(
    tx: &mut Tx,
    delivery: &Delivery,
    kept: Option<EnvelopeId>,
    position: usize,
    envelope: &EnvelopePages,
    now: Instant,
) -> Result<EnvelopeId, StoreError> {
    let (position, findings) = (convert::place(position), Json(&envelope.findings));
    let id = kept.unwrap_or(EnvelopeId(Uuid::now_v7()));
    match kept {
        Some(id) => run!(tx, MOVE, id.0, position, findings)?,
        None => run!(tx, INSERT, id.0, delivery.id.0, delivery.prefecture.as_str(), position, findings, now)?,
    };
    run!(tx, CLEAR_PAGES, id.0)?;
    for (position, page) in envelope.pages.iter().enumerate() {
        run!(tx, INSERT_PAGE, id.0, convert::place(position), i64::from(*page))?;
    }
    Ok(id)
}

async fn pages(tx: &mut Tx, id: EnvelopeId) -> Result<Vec<u32>, StoreError> {
    all!(tx, (i64,), PAGES, id.0)?.into_iter().map(|(page,)| small("page", page)).collect()
}

/// For each new list of pages the old one that it continues: most common pages first, each old one once.
fn matched(old: &[&[u32]], new: &[&[u32]]) -> Vec<Option<usize>> {
    let common = |a: &[u32], b: &[u32]| a.iter().filter(|page| b.contains(page)).count();
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for (n, pages) in new.iter().enumerate() {
        // An application that is treated by hand may have no page that could be read: it is still the same one.
        let goes_on = |o: usize, other: &[u32]| (common(pages, other), n, o, pages.is_empty() && other.is_empty());
        let going = old.iter().enumerate().map(|(o, other)| goes_on(o, other)).filter(|(size, .., empty)| *size > 0 || *empty);
        pairs.extend(going.map(|(size, n, o, _)| (size, n, o)));
    }
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut result = vec![None; new.len()];
    for (_, n, o) in pairs {
        if result[n].is_none() && !result.contains(&Some(o)) {
            result[n] = Some(o);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::matched;

    #[test]
    fn an_envelope_keeps_its_name_where_most_of_its_pages_went() {
        assert_eq!(matched(&[&[1, 2, 3, 4]], &[&[1], &[2, 3, 4]]), [None, Some(0)]);
        assert_eq!(matched(&[&[1], &[2, 3, 4]], &[&[1, 2, 3, 4]]), [Some(1)]);
        assert_eq!(matched(&[&[1, 2], &[3, 4]], &[&[1, 2], &[3], &[4]]), [Some(0), Some(1), None]);
        assert_eq!(matched(&[], &[&[1]]), [None]);
        assert_eq!(matched(&[&[]], &[&[]]), [Some(0)]);
        assert_eq!(matched(&[&[]], &[&[1]]), [None]);
    }
}
