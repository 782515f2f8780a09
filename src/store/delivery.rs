//! Tables `delivery` and `delivery_link`: every dropped file once, and every drop of it.

use super::convert::{civil, name_of, named, small, visible};
use super::db::{Tx, all, maybe, run};
use super::event::Happened;
use super::{Store, StoreError, TakenFile, blob, envelope, event, job, review, taken};
use crate::domain::{
    BlobRef, Channel, Closure, Delivery, DeliveryId, DeliveryState, EnvelopeId, Format, IndexFacts, Instant, PrefectureId, Refusal,
    ReviewNeed, Scope, Stage, Subject,
};
use jiff::civil::Date;
use sqlx::types::Json;
use uuid::Uuid;

macro_rules! columns {
    () => {
        "id, prefecture, file, sha256, bytes, format, channel, state, pages, refusal, registered_at, received_on, original, assembly, index_facts, closure"
    };
}

const INSERT: &str =
    "INSERT INTO delivery (id, prefecture, file, sha256, bytes, format, channel, state, refusal, registered_at, received_on, original, index_facts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (prefecture, sha256) DO NOTHING";
const INSERT_LINK: &str = "INSERT INTO delivery_link (id, delivery_id, file, source, dropped_at, drop_key) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (delivery_id, drop_key) DO NOTHING";
const BY_HASH: &str = concat!("SELECT ", columns!(), " FROM delivery WHERE prefecture = $1 AND sha256 = $2");
const BY_ID: &str = concat!("SELECT ", columns!(), " FROM delivery WHERE id = $1 AND ($2 IS NULL OR prefecture = $2)");
const OF_PERIOD: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM delivery WHERE ($1 IS NULL OR prefecture = $1) AND EXISTS (SELECT 1 FROM delivery_link
      WHERE delivery_link.delivery_id = delivery.id AND dropped_at >= $2 AND dropped_at < $3) ORDER BY registered_at, id"
);
const RECENT: &str = concat!("SELECT ", columns!(), " FROM delivery WHERE ($1 IS NULL OR prefecture = $1) ORDER BY registered_at, id");
const LINKS: &str = "SELECT file, source, dropped_at FROM delivery_link WHERE delivery_id = $1 ORDER BY dropped_at, id";
const LAST_DROP: &str = "SELECT dropped_at FROM delivery_link JOIN delivery ON delivery.id = delivery_link.delivery_id
    WHERE ($1 IS NULL OR prefecture = $1) ORDER BY dropped_at DESC LIMIT 1";
const TOUCH: &str = "UPDATE delivery SET touched = touched + 1 WHERE id = $1";
const SET_PAGES: &str = "UPDATE delivery SET pages = $2 WHERE id = $1";
const SET_STATE: &str = "UPDATE delivery SET state = $2 WHERE id = $1";
const SET_REFUSAL: &str = "UPDATE delivery SET state = 'anomaly', refusal = $2 WHERE id = $1";
const READMIT: &str = "UPDATE delivery SET state = 'received', refusal = NULL, closure = NULL, format = COALESCE($2, format) WHERE id = $1";
const SET_CLOSURE: &str = "UPDATE delivery SET closure = $2 WHERE id = $1";
const OPEN_ANOMALIES: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM delivery WHERE state = 'anomaly' AND closure IS NULL AND ($1 IS NULL OR prefecture = $1) ORDER BY registered_at, id"
);
const BUNDLES: &str =
    concat!("SELECT ", columns!(), " FROM delivery WHERE format = 'bundle' AND ($1 IS NULL OR prefecture = $1) ORDER BY registered_at, id");
const SINCE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM delivery WHERE registered_at > $2 AND closure IS NULL AND ($1 IS NULL OR prefecture = $1) ORDER BY registered_at DESC, id LIMIT 50"
);
const SET_ASSEMBLY: &str = "UPDATE delivery SET assembly = $2 WHERE id = $1";

/// What intake knows of a file when it enters the ledger.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Chosen by intake, because the original is sealed under it before the ledger is written.
    pub id: DeliveryId,
    pub prefecture: PrefectureId,
    /// Base name as dropped.
    pub file: String,
    /// Of the raw bytes, lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    pub format: Option<Format>,
    /// Set when the file cannot be processed: it is kept as an anomaly in front of a person.
    pub refusal: Option<Refusal>,
    pub channel: Channel,
    pub received_on: Option<Date>,
    /// How it came: the name of a drop folder, or `upload`.
    pub source: String,
    /// Names this drop where it may be registered twice (the watcher killed before it moved the file, two
    /// watchers on one folder): the same key again changes nothing. None: every call is a drop of its own.
    pub drop_key: Option<String>,
    /// What the index of the capture station announced.
    pub index: Option<IndexFacts>,
    /// Files of the drop folder that this drop is made of, to be remembered with it.
    pub taken: Vec<TakenFile>,
    pub original: BlobRef,
}

/// What became of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    New(Delivery),
    /// These bytes are in the ledger already: the drop was added as a link, and the blob that intake
    /// sealed for it is nobody's (`Blobs::forget`, `Blobs::destroy_key` with the unused id).
    Duplicate(Delivery),
}

/// One drop of the bytes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub file: String,
    pub source: String,
    pub dropped_at: Instant,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Uuid,
    prefecture: String,
    file: String,
    sha256: String,
    bytes: i64,
    format: Option<String>,
    channel: String,
    state: String,
    pages: Option<i64>,
    refusal: Option<Json<Refusal>>,
    registered_at: Instant,
    received_on: Option<jiff_sqlx::Date>,
    original: String,
    assembly: Option<Uuid>,
    index_facts: Option<Json<IndexFacts>>,
    closure: Option<String>,
}

#[derive(sqlx::FromRow)]
struct DropRow {
    dropped_at: Instant,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    file: String,
    source: String,
    dropped_at: Instant,
}

impl Row {
    pub(super) fn original(&self) -> &str {
        &self.original
    }

    pub(super) fn assembly(&self) -> Option<Uuid> {
        self.assembly
    }

    pub(super) fn into_delivery(self) -> Result<Delivery, StoreError> {
        Ok(Delivery {
            id: DeliveryId(self.id),
            prefecture: PrefectureId(self.prefecture),
            file: self.file,
            sha256: self.sha256,
            bytes: self.bytes.unsigned_abs(),
            format: self.format.map(|name| named("format", &name)).transpose()?,
            channel: named("channel", &self.channel)?,
            state: named("state of a delivery", &self.state)?,
            pages: self.pages.map(|n| small("number of pages", n)).transpose()?,
            refusal: self.refusal.map(|json| json.0),
            closure: self.closure.map(|name| named("closure", &name)).transpose()?,
            registered_at: self.registered_at,
            received_on: self.received_on.map(jiff_sqlx::Date::to_jiff),
            index: self.index_facts.map(|json| json.0),
        })
    }
}

impl Store {
    /// Enters a file in the ledger, in one transaction: the delivery with its original, this drop, its
    /// first job or its refusal with a review item, and the event. The same bytes again add a drop only.
    pub async fn register_delivery(&self, scope: &Scope, new: &NewDelivery, now: Instant) -> Result<Registration, StoreError> {
        let mut tx = self.write().await?;
        let registration = register(&mut tx, scope, new, now).await?;
        tx.commit().await?;
        Ok(registration)
    }

    /// As [`Self::register_delivery`] for several, in this order and all in one transaction: many small files share
    /// one commit, and their jobs have the order of their arrival.
    pub async fn register_deliveries(&self, scope: &Scope, all: &[&NewDelivery], now: Instant) -> Result<Vec<Registration>, StoreError> {
        let mut tx = self.write().await?;
        let mut registrations = Vec::with_capacity(all.len());
        for new in all {
            registrations.push(register(&mut tx, scope, new, now).await?);
        }
        tx.commit().await?;
        Ok(registrations)
    }

    /// One delivery.
    pub async fn delivery(&self, scope: &Scope, id: DeliveryId) -> Result<Delivery, StoreError> {
        let mut tx = self.read().await?;
        get(&mut tx, scope, id).await?.into_delivery()
    }

    /// The delivery of these bytes, if they are in the ledger.
    pub async fn delivery_by_hash(&self, prefecture: &PrefectureId, sha256: &str) -> Result<Option<Delivery>, StoreError> {
        let mut tx = self.read().await?;
        maybe!(&mut tx, Row, BY_HASH, prefecture.as_str(), sha256)?.map(Row::into_delivery).transpose()
    }

    /// Every drop of a delivery, in order of arrival.
    pub async fn links(&self, scope: &Scope, id: DeliveryId) -> Result<Vec<Link>, StoreError> {
        let mut tx = self.read().await?;
        get(&mut tx, scope, id).await?;
        links(&mut tx, id).await
    }

    /// The original of a delivery as a sealed file.
    pub async fn original(&self, scope: &Scope, id: DeliveryId) -> Result<BlobRef, StoreError> {
        let mut tx = self.read().await?;
        let address = get(&mut tx, scope, id).await?.original().to_owned();
        blob::get(&mut tx, &address).await
    }

    /// When something was last dropped.
    pub async fn last_drop(&self, scope: &Scope) -> Result<Option<Instant>, StoreError> {
        let mut tx = self.read().await?;
        Ok(maybe!(&mut tx, DropRow, LAST_DROP, visible(scope))?.map(|row| row.dropped_at))
    }

    /// Anomalies that nobody has dealt with, oldest first, whatever their day.
    pub async fn open_anomalies(&self, scope: &Scope) -> Result<Vec<Delivery>, StoreError> {
        let mut tx = self.read().await?;
        all!(&mut tx, Row, OPEN_ANOMALIES, visible(scope))?.into_iter().map(Row::into_delivery).collect()
    }

    /// What was registered after `at`, latest first, at most fifty: what may stand for an anomaly of that time.
    pub async fn registered_since(&self, scope: &Scope, at: Instant) -> Result<Vec<Delivery>, StoreError> {
        let mut tx = self.read().await?;
        all!(&mut tx, Row, SINCE, visible(scope), at)?.into_iter().map(Row::into_delivery).collect()
    }

    /// Deliveries that are several files in one.
    pub async fn bundles(&self, scope: &Scope) -> Result<Vec<Delivery>, StoreError> {
        let mut tx = self.read().await?;
        all!(&mut tx, Row, BUNDLES, visible(scope))?.into_iter().map(Row::into_delivery).collect()
    }
}

async fn register(tx: &mut Tx, scope: &Scope, new: &NewDelivery, now: Instant) -> Result<Registration, StoreError> {
    if visible(scope).is_some_and(|p| p != new.prefecture.as_str()) {
        return Err(StoreError::missing("préfecture", &new.prefecture, scope));
    }
    let fresh = insert(tx, new, now).await?;
    let row = maybe!(tx, Row, BY_HASH, new.prefecture.as_str(), &new.sha256)?;
    let row = row.ok_or_else(|| StoreError::missing("delivery", &new.sha256, scope))?;
    let delivery = row.into_delivery()?;
    taken::remember(tx, &delivery, &new.source, &new.taken).await?;
    if run!(tx, INSERT_LINK, Uuid::now_v7(), delivery.id.0, &new.file, &new.source, now, &new.drop_key)? == 0 {
        return Ok(Registration::Duplicate(delivery));
    }
    let kind = if !fresh {
        "depot_en_double"
    } else if new.refusal.is_some() {
        "depot_en_anomalie"
    } else {
        "depot_recu"
    };
    event::add(tx, &Happened::of_delivery(kind, &delivery), now).await?;
    if fresh {
        begin(tx, &delivery, new, now).await?;
    }
    Ok(if fresh { Registration::New(delivery) } else { Registration::Duplicate(delivery) })
}

async fn insert(tx: &mut Tx, new: &NewDelivery, now: Instant) -> Result<bool, StoreError> {
    let state = if new.refusal.is_some() { DeliveryState::Anomaly } else { DeliveryState::Received };
    let rows = run!(
        tx,
        INSERT,
        new.id.0,
        new.prefecture.as_str(),
        &new.file,
        &new.sha256,
        i64::try_from(new.bytes).unwrap_or(i64::MAX),
        new.format.as_ref().map(name_of),
        name_of(&new.channel),
        name_of(&state),
        new.refusal.as_ref().map(Json),
        now,
        new.received_on.map(civil),
        &new.original.address,
        new.index.as_ref().map(Json)
    )?;
    Ok(rows == 1)
}

/// What follows a first registration: the original, then work for the machine or for a person.
async fn begin(tx: &mut Tx, delivery: &Delivery, new: &NewDelivery, now: Instant) -> Result<(), StoreError> {
    blob::add(tx, &new.original, "application/octet-stream", now).await?;
    match &new.refusal {
        None => job::enqueue(tx, Subject::Delivery(delivery.id), Stage::Read, 0, delivery.id, now).await,
        Some(refusal) => {
            let need = ReviewNeed { subject: "file".into(), reason: format!("{} {}", refusal.message, refusal.next) };
            review::open(tx, &review::Place::of(delivery, None), &need, Some(&refusal.code), true, now).await
        }
    }
}

pub(super) async fn get(tx: &mut Tx, scope: &Scope, id: DeliveryId) -> Result<Row, StoreError> {
    maybe!(tx, Row, BY_ID, id.0, visible(scope))?.ok_or_else(|| StoreError::missing("delivery", id, scope))
}

/// The delivery of an envelope of the scope, locked.
pub(super) async fn touched_of(tx: &mut Tx, scope: &Scope, envelope: EnvelopeId) -> Result<Delivery, StoreError> {
    let id = DeliveryId(envelope::get(tx, scope, envelope).await?.delivery_id);
    touch(tx, id).await?;
    get(tx, scope, id).await?.into_delivery()
}

/// Locks the delivery until the end of the transaction. First statement of every change to it, so that
/// two of them never pass each other unseen.
pub(super) async fn touch(tx: &mut Tx, id: DeliveryId) -> Result<(), StoreError> {
    match run!(tx, TOUCH, id.0)? {
        1 => Ok(()),
        _ => Err(StoreError::missing("delivery", id, &Scope::Machine)),
    }
}

pub(super) async fn set_pages(tx: &mut Tx, id: DeliveryId, pages: u32) -> Result<(), StoreError> {
    run!(tx, SET_PAGES, id.0, i64::from(pages)).map(drop)
}

pub(super) async fn set_state(tx: &mut Tx, id: DeliveryId, state: DeliveryState) -> Result<(), StoreError> {
    run!(tx, SET_STATE, id.0, name_of(&state)).map(drop)
}

pub(super) async fn refuse(tx: &mut Tx, id: DeliveryId, refusal: &Refusal) -> Result<(), StoreError> {
    run!(tx, SET_REFUSAL, id.0, Json(refusal)).map(drop)
}

/// Back on the line, no longer an anomaly; `format` where it is known now.
pub(super) async fn readmit(tx: &mut Tx, id: DeliveryId, format: Option<Format>) -> Result<(), StoreError> {
    run!(tx, READMIT, id.0, format.as_ref().map(name_of)).map(drop)
}

pub(super) async fn set_closure(tx: &mut Tx, id: DeliveryId, closure: Option<Closure>) -> Result<(), StoreError> {
    run!(tx, SET_CLOSURE, id.0, closure.as_ref().map(name_of)).map(drop)
}

pub(super) async fn set_assembly(tx: &mut Tx, id: DeliveryId, artefact: Uuid) -> Result<(), StoreError> {
    run!(tx, SET_ASSEMBLY, id.0, artefact).map(drop)
}

pub(super) async fn links(tx: &mut Tx, id: DeliveryId) -> Result<Vec<Link>, StoreError> {
    let rows = all!(tx, LinkRow, LINKS, id.0)?;
    Ok(rows.into_iter().map(|r| Link { file: r.file, source: r.source, dropped_at: r.dropped_at }).collect())
}

/// What was dropped, again or for the first time, from one instant until another.
pub(super) async fn of_period(tx: &mut Tx, scope: &Scope, from: Instant, until: Instant) -> Result<Vec<Row>, StoreError> {
    all!(tx, Row, OF_PERIOD, visible(scope), from, until)
}

/// Every delivery, oldest first.
pub(super) async fn whole_ledger(tx: &mut Tx, scope: &Scope) -> Result<Vec<Row>, StoreError> {
    all!(tx, Row, RECENT, visible(scope))
}
