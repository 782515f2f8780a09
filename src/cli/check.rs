//! `check`, `doctor` and `migrate`: what can be said before anything runs, and the database's own step.

use super::{Exit, parts};
use crate::config::Config;

/// Says what is wrong with the configuration and the pipelines, and touches nothing.
pub fn run(config: &Config) -> Exit {
    let mut exit = Exit::Done;
    if let Err(error) = config.validate() {
        eprintln!("{error}");
        exit = Exit::Usage;
    }
    match parts::catalogue(config) {
        Ok(catalogue) => eprintln!(
            "pipelines {}: {} permits, {} document types, {} fields",
            catalogue.snapshot(),
            catalogue.permits.len(),
            catalogue.documents.len(),
            catalogue.fields.len()
        ),
        Err(error) => {
            eprintln!("{error:#}");
            exit = Exit::Usage;
        }
    }
    exit
}

/// Brings the database to this version.
pub async fn migrate(config: &Config) -> anyhow::Result<Exit> {
    parts::migrated_store(config).await?;
    eprintln!("the database is at this version");
    Ok(Exit::Done)
}

/// Looks at this machine; 1 when something does not work.
pub async fn doctor(config: &Config, json: bool, fsck: bool) -> anyhow::Result<Exit> {
    let report = crate::doctor::examine(config, &parts::cells(config), fsck).await;
    if json {
        println!("{}", report.json()?);
    } else {
        print!("{}", report.text());
    }
    Ok(if report.exit_code() == 0 { Exit::Done } else { Exit::NeedsAPerson })
}
