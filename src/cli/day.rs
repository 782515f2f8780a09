//! `passerelle day`: the account of a day, the same figures as on *Dépôts du jour*.

use super::{Exit, parts};
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Config;
use crate::day::{Account, Books};
use crate::domain::Scope;
use jiff::civil::Date;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The day, such as 2026-11-23; today without it.
    #[arg(long)]
    date: Option<Date>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Hash every treated file of the day, not those only that name and size do not explain.
    #[arg(long)]
    hash: bool,
}

/// 0: every file and page is in exactly one place; 1: something is not, and is named.
pub async fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    if let Err(error) = config.validate() {
        eprintln!("{error}");
        return Ok(Exit::Usage);
    }
    let store = parts::migrated_store(config).await?;
    let blobs = Blobs::open(&config.blobs.folder, &config.blobs.key_file)?;
    let clock = Clock::System;
    let day = arguments.date.unwrap_or_else(|| clock.now().date_in_paris());
    let places = config.own_places();
    let scope = Scope::Prefecture(config.prefecture.clone());
    let books = Books { store: &store, blobs: &blobs, places: &places, scope: &scope };
    let (account, _) = Box::pin(books.account(day, arguments.hash, &clock)).await?;
    store.close().await;
    if arguments.json {
        println!("{}", json(&account)?);
    } else {
        print!("{}", text(&account));
    }
    Ok(if account.difference() == 0 { Exit::Done } else { Exit::NeedsAPerson })
}

fn json(account: &Account) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(account)?;
    value["difference"] = account.difference().into();
    Ok(value.to_string())
}

fn text(account: &Account) -> String {
    let (files, pages) = (&account.files, &account.pages);
    let mut lines = vec![
        format!("Dépôts du {}", account.day.strftime("%d/%m/%Y")),
        format!(
            "Fichiers : {} = {} dépôts + {} anomalies ouvertes + {} anomalies closes + {} déjà reçus + {} encore dans un dossier",
            files.dropped, files.deliveries, files.anomalies_open, files.anomalies_closed, files.duplicates, files.in_folder
        ),
        format!(
            "Pages : {} = {} dans un pli + {} blanches + {} de séparation + {} de garde + {} illisibles + {} à lire + {} en anomalie",
            pages.pages,
            pages.in_envelopes,
            pages.blank,
            pages.separators,
            pages.covers,
            pages.unreadable,
            pages.waiting,
            pages.in_anomalies
        ),
        format!("Écart : {}", account.difference()),
    ];
    lines.extend(account.differences.iter().map(|d| format!("- {} À faire : {}", d.what, d.todo)));
    lines.join("\n") + "\n"
}
