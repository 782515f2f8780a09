//! `watch`, `work`, `serve` and `all`: the parts that run until they are told to stop.

use super::{Exit, parts};
use crate::api;
use crate::blobs::{BlobError, Blobs};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::Scope;
use crate::medium::will_pass;
use crate::metrics;
use crate::retention::{Fate, Retention};
use crate::store::Store;
use crate::watcher::Watcher;
use crate::web;
use crate::worker::Worker;
use anyhow::Context;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Between two tries to open what time or an operator can heal.
const AGAIN: Duration = Duration::from_secs(2);
/// A part says so often that it is at work.
const BEAT: Duration = Duration::from_secs(30);
/// The retention is no work for the moment in which everything starts.
const AFTER_START: Duration = Duration::from_mins(5);
const DAY: Duration = Duration::from_hours(24);

/// Which parts one process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    watch: bool,
    work: bool,
    pages: bool,
}

impl Parts {
    pub const WATCH: Self = Self { watch: true, work: false, pages: false };
    pub const WORK: Self = Self { watch: false, work: true, pages: false };
    pub const PAGES: Self = Self { watch: false, work: false, pages: true };
    pub const ALL: Self = Self { watch: true, work: true, pages: true };
}

/// Runs the parts until SIGTERM, Ctrl-C, or until one of them cannot go on; then all end in order.
pub async fn run(config: &Config, which: Parts) -> anyhow::Result<Exit> {
    if let Err(error) = config.validate() {
        eprintln!("{error}");
        return Ok(Exit::Usage);
    }
    let store = parts::migrated_store(config).await?;
    let blobs = sealed_files(config).await?;
    let (told, stop) = watch::channel(false);
    let mut running = JoinSet::new();
    for (part, here) in [("worker", which.work), ("watcher", which.watch), ("pages", which.pages)] {
        if here {
            running.spawn(beat(store.clone(), part, ended(stop.clone())));
        }
    }
    if let (Some(address), true) = (config.metrics.address, which.pages) {
        let (source, stop) = (Arc::new(metrics_of(config, &store, &blobs)), ended(stop.clone()));
        running.spawn(async move { metrics::serve(address, source, stop).await.with_context(|| format!("the metrics at {address}")) });
    }
    if which.watch {
        let retention = Retention { config: Arc::new(config.clone()), store: store.clone(), blobs: blobs.clone(), clock: Clock::System };
        running.spawn(daily(retention, ended(stop.clone())));
    }
    if which.work {
        let worker = worker(config, &store, &blobs)?;
        let (hands, stop) = (config.cell.count(), stop.clone());
        running.spawn(async move {
            worker.run(hands, stop).await;
            anyhow::Ok(())
        });
    }
    if which.pages {
        let station = web::bind(config.web.address, station(config, &store, &blobs)?).await?;
        eprintln!("pages: {}", station.url());
        let stop = ended(stop.clone());
        running.spawn(async move { station.run(stop).await.context("the pages") });
    }
    if let (Some(address), true) = (config.api.address, which.pages) {
        let parts = api::Parts { store: store.clone(), blobs: blobs.clone(), clock: Clock::System };
        let api = api::bind(address, parts).await?;
        eprintln!("API: {}/v1/openapi.json", api.url());
        let stop = ended(stop.clone());
        running.spawn(async move { api.run(stop).await.context("the API") });
    }
    if which.watch {
        let watcher = Watcher::start(Arc::new(config.clone()), store.clone(), blobs.clone(), Clock::System).await?;
        let stop = ended(stop.clone());
        running.spawn(async move { watcher.run(stop).await.context("the watcher") });
    }
    let mut terminated = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let first = tokio::select! {
        _ = terminated.recv() => Ok(()),
        result = tokio::signal::ctrl_c() => result.context("cannot listen for Ctrl-C"),
        ended = running.join_next() => ended.unwrap_or(Ok(Ok(()))).unwrap_or_else(|error| Err(error.into())),
    };
    told.send_replace(true);
    while let Some(part) = running.join_next().await {
        part??;
    }
    store.close().await;
    first.map(|()| Exit::Done)
}

/// Opens the sealed files; waits, with an alarm, while there are no rights or no room.
async fn sealed_files(config: &Config) -> Result<Blobs, BlobError> {
    loop {
        match Blobs::open(&config.blobs.folder, &config.blobs.key_file) {
            Err(BlobError::File { path, action, error }) if will_pass(&error) => {
                let error = BlobError::File { path, action, error };
                tracing::error!(%error, "the sealed files are not ready; they are tried again");
                tokio::time::sleep(AGAIN).await;
            }
            opened => return opened,
        }
    }
}

fn worker(config: &Config, store: &Store, blobs: &Blobs) -> anyhow::Result<Worker<crate::cell::CellPool>> {
    let cells = parts::cells(config);
    let rules = parts::rules(config, config.profile, parts::trust(config)?, cells.engines())?;
    Ok(Worker::new(store.clone(), blobs.clone(), cells, Arc::new(rules), Clock::System))
}

fn station(config: &Config, store: &Store, blobs: &Blobs) -> anyhow::Result<web::Parts> {
    Ok(web::Parts {
        store: store.clone(),
        blobs: blobs.clone(),
        cells: parts::cells(config),
        catalogue: Arc::new(parts::catalogue(config)?),
        clock: Clock::System,
        prefecture: config.prefecture.clone(),
        opening_hours: config.drop.opening_hours.clone(),
        service: config.service.clone(),
        intake: web::Intake { spool: config.drop.spool.clone(), bytes: config.limits.bytes, places: config.own_places() },
    })
}

fn metrics_of(config: &Config, store: &Store, blobs: &Blobs) -> metrics::Source {
    metrics::Source {
        store: store.clone(),
        blobs: blobs.clone(),
        places: config.own_places(),
        scope: Scope::Prefecture(config.prefecture.clone()),
        hours: config.drop.opening_hours.clone(),
        clock: Clock::System,
        last: tokio::sync::Mutex::default(),
    }
}

/// Says that a part is at work, until it is told to stop.
async fn beat(store: Store, part: &'static str, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut stop = std::pin::pin!(stop);
    loop {
        if let Err(error) = store.beat(part, host.trim(), Clock::System.now()).await {
            tracing::warn!(%error, part, "the ledger does not hear that this part is at work");
        }
        tokio::select! { () = &mut stop => return Ok(()), () = tokio::time::sleep(BEAT) => {} }
    }
}

/// Removes treated files after their time, once a day. A round that fails is tried the next day: nothing depends on it.
async fn daily(retention: Retention, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let (mut stop, mut pause) = (std::pin::pin!(stop), AFTER_START);
    loop {
        tokio::select! { () = &mut stop => return Ok(()), () = tokio::time::sleep(pause) => {} }
        pause = DAY;
        let round = Box::pin(retention.round(true));
        let done = tokio::select! { () = &mut stop => return Ok(()), done = round => done };
        match done {
            Ok(report) => tracing::info!(removed = report.count(Fate::Removed), to_look_at = report.reported(), "the retention was kept"),
            Err(error) => tracing::error!(%error, "the retention could not be kept today"),
        }
    }
}

async fn ended(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is an end as well.
    let _gone = stop.wait_for(|told| *told).await;
}
