//! The shared tables `dossier`, `dossier_field`, `dossier_piece`, `dossier_event` and `outbox`: the one
//! door, in one transaction with the end of the job.

use super::convert::{civil, name_of, named, place, plain_json, small, visible};
use super::db::{Tx, all, maybe, run};
use super::event::{Happened, MACHINE};
use super::{EnvelopeState, Job, Store, StoreError, delivery, envelope, event, job, person, steps};
use crate::domain::{
    AgentId, Channel, Decision, DeliveryId, Dossier, DossierField, DossierId, DossierState, EnvelopeId, FieldValue, FilingBasis, Instant,
    Instruction, Person, PersonChoice, PersonId, PrefectureId, Rect, Scope, Source,
};
use serde_json::{Value, json};
use sqlx::types::Json;
use uuid::Uuid;

macro_rules! columns {
    () => {
        "id, prefecture, channel, state, permit, request, person_id, envelope_id, delivery_id, date_envoi, date_reception,
         filing_date, filing_basis, constat, findings, recipe, created_at, updated_at"
    };
}

/// What a dossier is filed with, and the step that begins by itself.
macro_rules! select {
    ($which:literal) => {
        concat!("SELECT ", columns!(), ", instruction FROM dossier WHERE ", $which)
    };
}

const INSERT: &str = concat!(
    "INSERT INTO dossier (",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)"
);
pub(super) const OF_ENVELOPE: &str = select!("envelope_id = $1 AND ($2 IS NULL OR prefecture = $2)");
const ALL: &str = select!("($1 IS NULL OR prefecture = $1) ORDER BY created_at, id");
const ONE: &str = select!("id = $1 AND ($2 IS NULL OR prefecture = $2)");
const INCOMPLETE: &str = "SELECT envelope_id FROM dossier WHERE state = 'incomplet' AND ($1 IS NULL OR prefecture = $1)";
const INSERT_FIELD: &str =
    "INSERT INTO dossier_field (dossier_id, field, value, decision, source, confidence, page, box, because, evidence, agent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (dossier_id, field) DO UPDATE SET value = excluded.value, decision = excluded.decision, source = excluded.source,
       confidence = excluded.confidence, page = excluded.page, box = excluded.box, because = excluded.because,
       evidence = excluded.evidence, agent = excluded.agent";
const FIELDS: &str =
    "SELECT field, value, decision, source, confidence, page, box, because, agent FROM dossier_field WHERE dossier_id = $1 ORDER BY field";
const INSERT_PIECE: &str = "INSERT INTO dossier_piece (dossier_id, position, kind, person, pages, confidence, facts)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const PIECES: &str =
    "SELECT kind, person, pages, confidence, facts, delivery_id FROM dossier_piece WHERE dossier_id = $1 ORDER BY position";
pub(super) const INSERT_EVENT: &str = "INSERT INTO dossier_event (dossier_id, kind, actor, detail, at) VALUES ($1, $2, $3, $4, $5)";
const EVENTS: &str = "SELECT kind FROM dossier_event WHERE dossier_id = $1 ORDER BY sequence";
pub(super) const INSERT_OUTBOX: &str = "INSERT INTO outbox (dossier_id, kind, body, created_at) VALUES ($1, $2, $3, $4)";

/// What the door did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Injected {
    New(DossierId),
    /// It stood there already; these fields took an agent's later word.
    Standing(DossierId, Vec<String>),
    /// An agent spoke since the constat: the next one decides.
    Superseded,
}

/// A dossier as it stands in the shared tables.
#[derive(Clone, Debug, PartialEq)]
pub struct DossierView {
    pub id: DossierId,
    pub prefecture: PrefectureId,
    pub channel: Channel,
    pub state: DossierState,
    pub instruction: Instruction,
    pub permit: Option<String>,
    pub request: Option<String>,
    pub person: Option<PersonId>,
    pub envelope: Option<EnvelopeId>,
    pub delivery: Option<DeliveryId>,
    pub date_envoi: Option<jiff::civil::Date>,
    pub date_reception: Option<jiff::civil::Date>,
    pub filing_date: jiff::civil::Date,
    pub filing_basis: FilingBasis,
    pub findings: Value,
    pub recipe: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    /// By field id.
    pub fields: Vec<FieldView>,
    /// In order; those that came later stand last.
    pub pieces: Vec<PieceView>,
    /// Kinds of what happened to it, in order.
    pub events: Vec<String>,
}

/// One field as it stands in the shared tables.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldView {
    pub field: String,
    pub value: Option<FieldValue>,
    pub decision: Decision,
    pub source: Source,
    pub confidence: f64,
    pub page: Option<u32>,
    pub rect: Option<Rect>,
    pub because: String,
    pub agent: Option<String>,
}

/// One paper as it stands in the shared tables.
#[derive(Clone, Debug, PartialEq)]
pub struct PieceView {
    pub kind: String,
    pub person: Person,
    /// In the delivery below.
    pub pages: Vec<u32>,
    pub confidence: f64,
    /// Readings by name: dates, signatures, amounts of the paper.
    pub facts: Value,
    /// The delivery whose pages these are, where the paper came after the filing; else that of the dossier.
    pub delivery: Option<DeliveryId>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) prefecture: String,
    channel: String,
    state: String,
    instruction: String,
    permit: Option<String>,
    request: Option<String>,
    person_id: Option<Uuid>,
    envelope_id: Option<Uuid>,
    delivery_id: Option<Uuid>,
    date_envoi: Option<jiff_sqlx::Date>,
    date_reception: Option<jiff_sqlx::Date>,
    filing_date: jiff_sqlx::Date,
    filing_basis: String,
    findings: Json<Value>,
    recipe: String,
    created_at: Instant,
    updated_at: Instant,
}

#[derive(sqlx::FromRow)]
struct PieceRow {
    kind: String,
    person: String,
    pages: Json<Vec<u32>>,
    confidence: f64,
    facts: Json<Value>,
    delivery_id: Option<Uuid>,
}

#[derive(sqlx::FromRow)]
struct FieldRow {
    field: String,
    value: Option<Json<FieldValue>>,
    decision: String,
    source: String,
    confidence: f64,
    page: Option<i64>,
    r#box: Option<Json<Rect>>,
    because: String,
    agent: Option<String>,
}

impl Store {
    /// The one door: dossier, fields, pieces, its event, the outbox row, the envelope's state and the end
    /// of the job, in one transaction. A dossier that stands is never overwritten by the machine: an
    /// agent's later word on a field is taken over, other differences are told in its events.
    pub async fn inject(&self, done: &Job, dossier: &Dossier, now: Instant) -> Result<Injected, StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, dossier.delivery).await?;
        job::finish(&mut tx, done).await?;
        if job::open_before_dossier(&mut tx, dossier.delivery, dossier.envelope).await? > 0 {
            tx.commit().await?;
            return Ok(Injected::Superseded);
        }
        let standing = maybe!(&mut tx, Row, OF_ENVELOPE, dossier.envelope.0, None::<&str>)?;
        let result = match standing {
            None => file(&mut tx, dossier, now).await?,
            Some(row) => super::dossier_later::take_over(&mut tx, DossierId(row.id), dossier, now).await?,
        };
        envelope::set_state(&mut tx, dossier.envelope, EnvelopeState::Filed).await?;
        steps::leave_line(&mut tx, dossier.delivery).await?;
        tx.commit().await?;
        Ok(result)
    }

    /// Ends a dossier job whose envelope is no longer settled; the constat that unsettled it has asked its questions.
    pub async fn not_filed(&self, done: &Job) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, done.delivery).await?;
        job::finish(&mut tx, done).await?;
        steps::leave_line(&mut tx, done.delivery).await?;
        tx.commit().await
    }

    /// The dossier of an envelope, once it is filed.
    pub async fn dossier_of(&self, scope: &Scope, envelope: EnvelopeId) -> Result<Option<DossierView>, StoreError> {
        let mut tx = self.read().await?;
        match maybe!(&mut tx, Row, OF_ENVELOPE, envelope.0, visible(scope))? {
            Some(row) => view(&mut tx, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Envelopes whose dossier is incomplete.
    pub async fn incomplete_dossiers(&self, scope: &Scope) -> Result<Vec<EnvelopeId>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, (Option<Uuid>,), INCOMPLETE, visible(scope))?;
        Ok(rows.into_iter().filter_map(|(id,)| id.map(EnvelopeId)).collect())
    }

    /// Every dossier, in order of filing.
    pub async fn dossiers(&self, scope: &Scope) -> Result<Vec<DossierView>, StoreError> {
        let mut tx = self.read().await?;
        let mut result = Vec::new();
        for row in all!(&mut tx, Row, ALL, visible(scope))? {
            result.push(view(&mut tx, row).await?);
        }
        Ok(result)
    }
}

async fn file(tx: &mut Tx, dossier: &Dossier, now: Instant) -> Result<Injected, StoreError> {
    let person = match dossier.person {
        PersonChoice::Existing(id) => Some(id),
        PersonChoice::New => Some(person::add(tx, &dossier.identity, now).await?),
        PersonChoice::Open => None,
    };
    let id = DossierId(Uuid::now_v7());
    insert(tx, id, dossier, person, now).await?;
    for field in &dossier.fields {
        set_field(tx, id, field).await?;
    }
    for (position, piece) in dossier.pieces.iter().enumerate() {
        let (kind, whose, facts) = (piece.kind.as_str(), name_of(&piece.person), Json(plain_json(&piece.facts)));
        run!(tx, INSERT_PIECE, id.0, place(position), kind, whose, Json(&piece.pages), piece.confidence, facts)?;
    }
    happened(tx, id, "depose", &Value::Null, now).await?;
    tell(tx, id, "dossier_depose", dossier, &[], now).await?;
    let event = Happened {
        prefecture: &dossier.prefecture,
        delivery: Some(dossier.delivery),
        envelope: Some(dossier.envelope),
        kind: "dossier_depose",
        actor: MACHINE,
        detail: Some(json!({ "dossier": id.to_string() })),
    };
    event::add(tx, &event, now).await?;
    Ok(Injected::New(id))
}

async fn insert(tx: &mut Tx, id: DossierId, d: &Dossier, person: Option<PersonId>, now: Instant) -> Result<(), StoreError> {
    run!(
        tx,
        INSERT,
        id.0,
        d.prefecture.as_str(),
        name_of(&d.channel),
        name_of(&d.state),
        &d.permit,
        &d.request,
        person.map(|id| id.0),
        d.envelope.0,
        d.delivery.0,
        d.date_envoi.map(civil),
        d.date_reception.map(civil),
        civil(d.filing.value),
        name_of(&d.filing.basis),
        Json(plain_json(&d.constat)),
        Json(plain_json(&d.findings)),
        &d.recipe,
        now
    )
    .map(drop)
}

pub(super) async fn set_field(tx: &mut Tx, id: DossierId, field: &DossierField) -> Result<(), StoreError> {
    let r = &field.reading;
    run!(
        tx,
        INSERT_FIELD,
        id.0,
        &field.field,
        r.value.as_ref().map(|v| Json(plain_json(v))),
        name_of(&r.decision),
        name_of(&r.source),
        r.confidence,
        r.page.map(i64::from),
        r.rect.map(Json),
        &r.because,
        Json(plain_json(&r.evidence)),
        field.agent.as_ref().map(AgentId::as_str)
    )
    .map(drop)
}

pub(super) async fn happened(tx: &mut Tx, id: DossierId, kind: &str, detail: &Value, now: Instant) -> Result<(), StoreError> {
    run!(tx, INSERT_EVENT, id.0, kind, MACHINE, Json(detail), now).map(drop)
}

/// The online system is told which dossier, not what stands in it: it reads the shared tables.
pub(super) async fn tell(
    tx: &mut Tx,
    id: DossierId,
    kind: &str,
    dossier: &Dossier,
    fields: &[String],
    now: Instant,
) -> Result<(), StoreError> {
    let body = json!({
        "dossier": id.to_string(), "prefecture": dossier.prefecture, "channel": dossier.channel, "state": dossier.state, "fields": fields
    });
    run!(tx, INSERT_OUTBOX, id.0, kind, Json(&body), now).map(drop)
}

pub(super) async fn fields(tx: &mut Tx, id: DossierId) -> Result<Vec<FieldView>, StoreError> {
    let view = |r: FieldRow| {
        Ok(FieldView {
            field: r.field,
            value: r.value.map(|json| json.0),
            decision: named("decision", &r.decision)?,
            source: named("source", &r.source)?,
            confidence: r.confidence,
            page: r.page.map(|n| small("page", n)).transpose()?,
            rect: r.r#box.map(|json| json.0),
            because: r.because,
            agent: r.agent,
        })
    };
    all!(tx, FieldRow, FIELDS, id.0)?.into_iter().map(view).collect()
}

/// A dossier by its id, where it may be seen.
pub(super) async fn get(tx: &mut Tx, scope: &Scope, id: DossierId) -> Result<DossierView, StoreError> {
    let row = seen(tx, scope, id).await?;
    view(tx, row).await
}

/// The row of a dossier alone, where it may be seen.
pub(super) async fn seen(tx: &mut Tx, scope: &Scope, id: DossierId) -> Result<Row, StoreError> {
    maybe!(tx, Row, ONE, id.0, visible(scope))?.ok_or_else(|| StoreError::missing("dossier", id, scope))
}

async fn view(tx: &mut Tx, row: Row) -> Result<DossierView, StoreError> {
    let id = DossierId(row.id);
    let piece = |r: PieceRow| {
        let person = named("person of a piece", &r.person)?;
        let delivery = r.delivery_id.map(DeliveryId);
        Ok::<_, StoreError>(PieceView { kind: r.kind, person, pages: r.pages.0, confidence: r.confidence, facts: r.facts.0, delivery })
    };
    let pieces = all!(tx, PieceRow, PIECES, row.id)?.into_iter().map(piece).collect::<Result<_, _>>()?;
    let events = all!(tx, (String,), EVENTS, row.id)?;
    Ok(DossierView {
        id,
        prefecture: PrefectureId(row.prefecture),
        channel: named("channel", &row.channel)?,
        state: named("state of a dossier", &row.state)?,
        instruction: named("state of the instruction", &row.instruction)?,
        permit: row.permit,
        request: row.request,
        person: row.person_id.map(PersonId),
        envelope: row.envelope_id.map(EnvelopeId),
        delivery: row.delivery_id.map(DeliveryId),
        date_envoi: row.date_envoi.map(jiff_sqlx::Date::to_jiff),
        date_reception: row.date_reception.map(jiff_sqlx::Date::to_jiff),
        filing_date: row.filing_date.to_jiff(),
        filing_basis: named("basis of the filing date", &row.filing_basis)?,
        findings: row.findings.0,
        recipe: row.recipe,
        created_at: row.created_at,
        updated_at: row.updated_at,
        fields: fields(tx, id).await?,
        pieces,
        events: events.into_iter().map(|(kind,)| kind).collect(),
    })
}
