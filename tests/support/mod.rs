//! Parts that several tests share: real databases, recorded pages.

pub mod agent;
pub mod postgres;
pub mod recorded;

use passerelle::domain::{BlobRef, Channel, Format, Stage, Subject};
use passerelle::store::{NewArtefact, NewDelivery, Store};
use tempfile::TempDir;
use uuid::Uuid;

/// One empty database with its tables, gone when dropped.
pub struct Database {
    pub name: &'static str,
    pub url: String,
    /// Room for blobs and drop folders.
    pub folder: TempDir,
    _cluster: Option<postgres::Cluster>,
}

impl Database {
    pub async fn open(&self) -> Store {
        let store = Store::open(&self.url).await.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        store.migrate().await.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        store
    }
}

pub fn sqlite() -> Database {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("passerelle.db").display());
    Database { name: "SQLite", url, folder, _cluster: None }
}

/// SQLite, and PostgreSQL wherever it is installed.
pub fn databases() -> Vec<Database> {
    let mut all = vec![sqlite()];
    match postgres::Cluster::start() {
        Some(cluster) => {
            let url = cluster.url();
            all.push(Database { name: "PostgreSQL", url, folder: tempfile::tempdir().unwrap(), _cluster: Some(cluster) });
        }
        None => eprintln!("skipped on PostgreSQL: it is not installed (no initdb under /usr/lib/postgresql)"),
    }
    all
}

/// A delivery as the watcher registers it, of the file that `original` keeps. What a test is about it lays over it.
pub fn new_delivery(sha256: &str, original: BlobRef) -> NewDelivery {
    NewDelivery {
        id: original.delivery,
        prefecture: original.prefecture.clone(),
        file: "lot.pdf".into(),
        sha256: sha256.into(),
        bytes: original.bytes,
        format: Some(Format::Pdf),
        refusal: None,
        channel: Channel::Postal,
        received_on: None,
        source: "test".into(),
        drop_key: None,
        index: None,
        taken: Vec::new(),
        original,
    }
}

/// What a stage made, of an input that nothing else had.
pub fn artefact(subject: Subject, stage: Stage, unit: u32, body: &impl serde::Serialize) -> NewArtefact {
    let body = serde_json::to_string(body).unwrap();
    let input_hash = Uuid::now_v7().to_string();
    NewArtefact { subject, stage, unit, input_hash, recipe: "recipe".into(), schema: 1, body }
}
