//! `lists`: the lists of documents as pages, for those who answer for the law.

use super::{Exit, parts};
use crate::clock::Clock;
use crate::config::Config;
use anyhow::Context;
use clap::Args;
use jiff::civil::Date;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder that the pages are written to; made if it is not there.
    pub out: PathBuf,
    /// The day on which the lists are in force; today when absent.
    #[arg(long)]
    pub on: Option<Date>,
    /// Also tell what changed since this day.
    #[arg(long)]
    pub since: Option<Date>,
}

/// Writes one page for each permit and an index.
///
/// # Errors
/// When the catalogue cannot be used or a page cannot be written.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Exit> {
    let catalogue = parts::catalogue(config)?;
    let on = arguments.on.unwrap_or_else(|| Clock::System.now().date_in_paris());
    let pages = crate::lists::book(&catalogue, on, arguments.since)?;
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("cannot make {}", arguments.out.display()))?;
    for page in &pages {
        let path = arguments.out.join(&page.name);
        std::fs::write(&path, &page.html).with_context(|| format!("cannot write {}", path.display()))?;
    }
    eprintln!("{} pages in {}", pages.len(), arguments.out.display());
    Ok(Exit::Done)
}
