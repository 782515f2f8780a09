//! From the configuration to the parts that the commands run.

use crate::catalogue::Catalogue;
use crate::cell::{CellPool, CellSettings, Limits};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Ground, Profile, Trust};
use crate::line::{self, Rules};
use crate::store::Store;
use crate::trust::Imported;
use anyhow::Context;

/// The embedded catalogue, or the one of `pipelines_dir`.
pub fn catalogue(config: &Config) -> anyhow::Result<Catalogue> {
    match &config.pipelines_dir {
        Some(folder) => Catalogue::load(folder).with_context(|| format!("the pipelines in {} cannot be used", folder.display())),
        None => Catalogue::embedded().context("the built-in pipelines cannot be used"),
    }
}

/// The rules under a profile, with the calibration that was fitted for these engines.
pub fn rules(config: &Config, profile: Profile, trust: Trust, engines: &str) -> anyhow::Result<Rules> {
    let catalogue = catalogue(config)?;
    let ground = Ground::of(&catalogue.calibrations, &line::reads(engines));
    Ok(Rules { catalogue, profile, trust, ground })
}

/// The database of the configuration, as it is.
pub async fn store(config: &Config) -> anyhow::Result<Store> {
    Store::open(&config.store.url).await.context("cannot open the database; see `passerelle doctor`")
}

/// The database, brought to this version.
pub async fn migrated_store(config: &Config) -> anyhow::Result<Store> {
    let store = store(config).await?;
    store.migrate().await?;
    Ok(store)
}

/// The keys of `trust_dir`, judged today; none without it.
pub fn trust(config: &Config) -> anyhow::Result<Trust> {
    match &config.trust_dir {
        Some(folder) => Ok(Imported::load(folder)?.trust(Clock::System.now().date_in_paris())),
        None => Ok(Trust::default()),
    }
}

/// Cells under the configured limits.
pub fn cells(config: &Config) -> CellPool {
    CellPool::new(CellSettings {
        processes: config.cell.count(),
        page_seconds: u64::from(config.limits.page_seconds),
        memory_bytes: config.limits.memory,
        limits: Limits {
            pages: config.limits.pages,
            pixels: config.limits.pixels,
            decompressed: config.limits.decompressed,
            ..Limits::default()
        },
        models_dir: config.models_dir.clone(),
        pipelines_dir: config.pipelines_dir.clone(),
        ..CellSettings::default()
    })
}
