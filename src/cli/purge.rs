//! `passerelle purge`: what the retention would remove, or removes.

use super::{Exit, parts};
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Config;
use crate::retention::Retention;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Say what would be removed, and change nothing.
    #[arg(long, conflicts_with = "apply", required_unless_present = "apply")]
    dry_run: bool,
    /// Remove what is due.
    #[arg(long)]
    apply: bool,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// 0: done; 1: something was kept that somebody must look at, or the clock cannot be believed.
pub async fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    if let Err(error) = config.validate() {
        eprintln!("{error}");
        return Ok(Exit::Usage);
    }
    let store = parts::migrated_store(config).await?;
    anyhow::ensure!(config.blobs.key_file.exists(), "{} is not there; nothing is removed without the key", config.blobs.key_file.display());
    let blobs = Blobs::open(&config.blobs.folder, &config.blobs.key_file)?;
    let retention = Retention { config: Arc::new(config.clone()), store: store.clone(), blobs, clock: Clock::System };
    let report = retention.round(arguments.apply && !arguments.dry_run).await?;
    store.close().await;
    if arguments.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", report.text());
    }
    Ok(if report.reported() > 0 || report.refused.is_some() { Exit::NeedsAPerson } else { Exit::Done })
}
