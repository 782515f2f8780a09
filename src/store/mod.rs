//! The ledger: all SQL of the product, one file per table, on SQLite and PostgreSQL alike. Every
//! function takes a [`Scope`](crate::domain::Scope), or works for the machine on a claimed job.

mod access;
mod anomaly;
mod artefact;
mod blob;
mod convert;
mod correction;
mod day;
mod db;
mod delivery;
mod dossier;
mod dossier_later;
mod envelope;
mod error;
mod event;
mod export;
mod job;
mod join;
mod letter;
mod online;
mod outbox;
mod page;
mod person;
mod pulse;
mod retention;
mod review;
mod steps;
mod substitution;
mod taken;
mod version;
mod waiting;

pub use artefact::NewArtefact;
pub use blob::SealedFile;
pub use day::{DayCounts, DayEntry, DayEnvelope};
pub use delivery::{Link, NewDelivery, Registration};
pub use dossier::{DossierView, FieldView, Injected, PieceView};
pub use envelope::{EnvelopeState, EnvelopeView};
pub use error::StoreError;
pub use event::Event;
pub use export::Export;
pub use job::{ATTEMPTS, Job, JobState};
pub use join::Join;
pub use letter::{LetterState, LetterView, NewLetter, OpenLetter, Unwritten};
pub use online::{Act, Change, DossierEvent, DossierLine, Instructed, Listed, Past};
pub use outbox::OutboxEntry;
pub use page::PagePicture;
pub use pulse::PartSeen;
pub use retention::{Removal, RemovedCopy};
pub use review::{Question, Review, ReviewState};
pub use steps::{Failure, Verdict};
pub use substitution::{SubstitutionView, Unoffered};
pub use taken::TakenFile;
pub use version::Schema;
pub use waiting::WaitingFile;

use db::{Db, Tx};

/// The database of one installation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
}

impl Store {
    /// Opens `sqlite:FILE` or `postgres://USER@HOST/NAME`, without touching its tables.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { db: Db::open(url).await? })
    }

    /// Brings the tables up to date; safe to call at every start.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.db.migrate().await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.db.close().await;
    }

    async fn write(&self) -> Result<Tx, StoreError> {
        self.db.write().await
    }

    async fn read(&self) -> Result<Tx, StoreError> {
        self.db.read().await
    }
}
