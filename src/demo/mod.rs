//! `passerelle demo`: the main job on the fixtures, with the program as it is installed.
//!
//! The demo is an operator, not a shortcut: it writes a configuration, starts `passerelle all` as a
//! process of its own, drops files into the watched folder and reads the ledger.

mod folder;
mod ledger;
mod scans;
mod service;
mod summary;

pub use summary::Summary;

use crate::store::{Store, StoreError};
use folder::Folder;
use scans::Scan;
use service::Service;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Between two drops, so that the watcher sees them arrive one by one.
const BETWEEN_DROPS: Duration = Duration::from_millis(300);

/// `passerelle demo`: SQLite in a folder, the fixtures dropped one by one into a watched folder.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Arguments {
    /// End when everything has left the line, with one JSON line of counts on standard output.
    #[arg(long)]
    pub once: bool,
    /// Keep database, scans and log in this folder (default: a temporary one, removed at the end).
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// The scans to drop: a folder of folders as `fixtures/` has them (default: ./fixtures, /usr/share/passerelle/fixtures).
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
    /// Port of the pages on 127.0.0.1 (default: a free one).
    #[arg(long)]
    pub port: Option<u16>,
}

/// Why the demo could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("no scans at {0}; run the demo in a checkout, or give their folder with --fixtures")]
    NoScans(PathBuf),
    #[error("{path}: {source}; give a folder that you may write to with --folder")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("{0} holds an earlier demo; remove it or give another folder with --folder")]
    Used(PathBuf),
    #[error("the program did not start: {0}")]
    Start(std::io::Error),
    #[error("the services ended ({status}); the end of their log:\n{log}")]
    Ended { status: String, log: String },
    #[error("nothing has moved for {seconds} s; {waiting}. The end of the services' log:\n{log}")]
    Stalled { seconds: u64, waiting: String, log: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs the command: 0 when the counts add up, 1 when not or when the demo could not be shown.
pub async fn main(arguments: &Arguments) -> ExitCode {
    match run(arguments).await {
        Ok(summary) if summary.adds_up() => ExitCode::SUCCESS,
        Ok(summary) => {
            eprintln!("demo: the counts do not add up: {summary:?}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Drops every scan and waits until all have left the line. Without `once`, the pages stay until Ctrl-C.
pub async fn run(arguments: &Arguments) -> Result<Summary, DemoError> {
    let scans = scans::find(arguments.fixtures.as_deref())?;
    let folder = Folder::prepare(arguments.folder.as_deref(), arguments.port)?;
    eprintln!("demo: everything is kept in {}", folder.root().display());
    let store = Store::open(&folder.store_url()).await?;
    store.migrate().await?;
    let mut service = Service::start(&folder)?;
    service.answers(&folder).await?;
    eprintln!("demo: the pages are at {}", folder.pages());

    let dropped = drop_all(&folder, &scans).await?;
    let summary = ledger::follow(&store, &mut service, &folder, dropped).await?;
    eprintln!("{}", summary.sentences());
    if arguments.once {
        println!("{}", summary.line(&folder.pages()));
    } else {
        eprintln!("demo: look at {} (Ctrl-C ends the demo)", folder.pages());
        service.until_interrupted().await?;
    }
    service.end().await;
    store.close().await;
    Ok(summary)
}

/// Every scan once, and the first one again under another name: the same bytes are one delivery.
async fn drop_all(folder: &Folder, scans: &[Scan]) -> Result<u32, DemoError> {
    let mut dropped = 0;
    let again = scans.first().map(|first| Scan { path: first.path.clone(), name: format!("encore-{}", first.name) });
    for scan in scans.iter().chain(again.as_ref()) {
        folder.receive(scan)?;
        dropped += 1;
        eprintln!("demo: {dropped:3} dropped {}", scan.name);
        tokio::time::sleep(BETWEEN_DROPS).await;
    }
    Ok(dropped)
}
