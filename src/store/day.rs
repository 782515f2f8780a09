//! The lines of *Dépôts du jour*: each delivery with everything that says where its file and its pages are.

use super::db::{Tx, maybe};
use super::delivery::{self, Link, Row};
use super::{Store, StoreError, artefact, envelope, job, page, review};
use crate::domain::{Assembly, BlobKind, BlobRef, Delivery, DeliveryState, Instant, OtherPage, Outcome, Scope};
use jiff::civil::Date;

const BY_HAND: &str = "SELECT COUNT(*) FROM anomaly_act WHERE delivery_id = $1 AND act = 'by_hand'";

/// One line of « Dépôts du jour ».
#[derive(Clone, Debug)]
pub struct DayEntry {
    pub delivery: Delivery,
    /// In order of arrival, the first one included.
    pub links: Vec<Link>,
    pub pages_read: u32,
    /// Numbers of the pages that were read, readable or not.
    pub pages_there: Vec<u32>,
    /// Pages outside every envelope; none before the delivery is cut.
    pub other_pages: Option<Vec<OtherPage>>,
    /// An agent states what it holds.
    pub by_hand: bool,
    /// Jobs that will still run, and jobs that were given up.
    pub open_jobs: u32,
    pub held_jobs: u32,
    pub original: BlobRef,
    pub envelopes: Vec<DayEnvelope>,
    /// Open review items that hold something, the delivery's own included.
    pub open_reviews: u32,
}

/// One envelope of a line of the day.
#[derive(Clone, Debug)]
pub struct DayEnvelope {
    pub id: crate::domain::EnvelopeId,
    pub state: super::EnvelopeState,
    pub pages: Vec<u32>,
    pub outcome: Option<Outcome>,
    /// Its papers belong to another envelope's dossier.
    pub joined: bool,
}

/// Counters that add up: `deliveries = in_progress + anomalies + to_review + done + closed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct DayCounts {
    pub deliveries: u32,
    /// Drops of bytes that were in the ledger already; not counted in `deliveries`.
    pub duplicates: u32,
    /// Still on the line.
    pub in_progress: u32,
    /// Plis en anomalie.
    pub anomalies: u32,
    /// Anomalies that were replaced or set aside.
    pub closed: u32,
    /// Through the line, with something for a person to settle.
    pub to_review: u32,
    /// Every envelope filed.
    pub done: u32,
    pub pages: u32,
    pub envelopes: u32,
    pub filed: u32,
}

impl Store {
    /// The deliveries dropped, again or for the first time, on a civil day in Paris.
    pub async fn deliveries_of_day(&self, scope: &Scope, day: Date) -> Result<Vec<DayEntry>, StoreError> {
        let (from, until) = (midnight(day), midnight(day.saturating_add(jiff::Span::new().days(1))));
        let mut tx = self.read().await?;
        let rows = delivery::of_period(&mut tx, scope, from, until).await?;
        entries(&mut tx, rows).await
    }

    /// Every delivery of the ledger, oldest first.
    pub async fn deliveries(&self, scope: &Scope) -> Result<Vec<DayEntry>, StoreError> {
        let mut tx = self.read().await?;
        let rows = delivery::whole_ledger(&mut tx, scope).await?;
        entries(&mut tx, rows).await
    }
}

impl DayEntry {
    /// True when nothing more will happen to it by itself.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.delivery.state != DeliveryState::Received
    }
}

impl DayCounts {
    /// Adds up the lines of a day.
    #[must_use]
    pub fn of(entries: &[DayEntry]) -> Self {
        let mut counts = Self::default();
        for entry in entries {
            counts.deliveries += 1;
            counts.duplicates += (entry.links.len() as u32).saturating_sub(1);
            counts.pages += entry.delivery.pages.unwrap_or(0);
            counts.envelopes += entry.envelopes.len() as u32;
            counts.filed += entry.envelopes.iter().filter(|e| e.state == super::EnvelopeState::Filed).count() as u32;
            *match entry.delivery.state {
                _ if entry.delivery.closure.is_some() => &mut counts.closed,
                DeliveryState::Received if entry.open_reviews == 0 => &mut counts.in_progress,
                DeliveryState::Anomaly => &mut counts.anomalies,
                _ if entry.open_reviews > 0 => &mut counts.to_review,
                _ => &mut counts.done,
            } += 1;
        }
        counts
    }
}

async fn entries(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<DayEntry>, StoreError> {
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let (original, assembly) = (row.original().to_owned(), row.assembly());
        let delivery = row.into_delivery()?;
        let other_pages = match assembly {
            Some(id) => Some(artefact::get(tx, id).await?.parse::<Assembly>("assembly")?.other_pages),
            None => None,
        };
        let pages_there = page::numbers(tx, delivery.id).await?;
        let (by_hand,) = maybe!(tx, (i64,), BY_HAND, delivery.id.0)?.unwrap_or_default();
        entries.push(DayEntry {
            links: delivery::links(tx, delivery.id).await?,
            pages_read: pages_there.len() as u32,
            pages_there,
            other_pages,
            by_hand: by_hand > 0,
            open_jobs: job::open_of_delivery(tx, delivery.id).await?,
            held_jobs: job::held_of_delivery(tx, delivery.id).await?,
            original: original_of(&delivery, original),
            envelopes: envelope::of_day(tx, delivery.id).await?,
            open_reviews: review::count_holding(tx, delivery.id).await?,
            delivery,
        });
    }
    Ok(entries)
}

fn original_of(delivery: &Delivery, address: String) -> BlobRef {
    let (prefecture, kind) = (delivery.prefecture.clone(), BlobKind::Original);
    BlobRef { prefecture, delivery: delivery.id, kind, address, bytes: delivery.bytes }
}

fn midnight(day: Date) -> Instant {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap_or(jiff::tz::TimeZone::UTC);
    Instant(day.to_zoned(zone).map_or(jiff::Timestamp::UNIX_EPOCH, |z| z.timestamp()))
}
