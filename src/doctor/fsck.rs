//! `doctor --fsck`: the file of the ledger checked by SQLite itself, every sealed file opened and compared with the
//! ledger, and every file that is nobody's.
//! It changes nothing.

use super::Check;
use crate::blobs::{BlobError, Blobs, Stored};
use crate::config::Config;
use crate::domain::hexadecimal;
use crate::store::{SealedFile, Store};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

/// Names said in a check; the others are counted.
const NAMED: usize = 20;
/// What is sealed is in the ledger a moment later; a younger file is not yet anybody's.
const YOUNG: Duration = Duration::from_mins(10);

/// What the comparison found.
#[derive(Clone, Debug, Default)]
struct Found {
    sound: u64,
    /// In the ledger, and the file does not open, or opens to other bytes.
    altered: Vec<String>,
    /// In the ledger, and there is no file.
    missing: Vec<String>,
    /// A file or a key, and nothing in the ledger.
    unowned: Vec<String>,
}

/// The ledger's own file.
pub async fn ledger(config: &Config) -> Check {
    let damage = async {
        let store = Store::open(&config.store.url).await?;
        let damage = store.damage().await;
        store.close().await;
        damage
    };
    let remedy = "stop the program, keep a copy of the file as it is, and restore the database from the backup";
    match damage.await {
        Ok(damage) if damage.is_empty() => Check::ok("ledger_file", "the database finds itself sound"),
        Ok(damage) => Check::failure("ledger_file", listed("faults in the database", &damage), remedy),
        // A page that is damaged enough ends the question itself.
        Err(error) => Check::failure("ledger_file", format!("could not be checked: {error}"), remedy),
    }
}

/// Compares all sealed files with the ledger; reads every byte of them.
pub async fn sealed_files(config: &Config) -> Vec<Check> {
    match compare(config).await {
        Ok(found) => found.checks(),
        Err(error) => {
            vec![Check::failure(
                "sealed_files",
                format!("could not be compared with the ledger: {error:#}"),
                "see the checks above, then try again",
            )]
        }
    }
}

async fn compare(config: &Config) -> anyhow::Result<Found> {
    let store = Store::open(&config.store.url).await?;
    anyhow::ensure!(config.blobs.key_file.exists(), "{} is not there", config.blobs.key_file.display());
    let blobs = Blobs::open(&config.blobs.folder, &config.blobs.key_file)?;
    let (mut found, mut owners) = (Found::default(), HashSet::new());
    // The disk first: what is sealed meanwhile is in the ledger and not in the list, which says nothing.
    let mut on_disk: HashMap<String, Stored> = blobs.stored()?.into_iter().map(|s| (s.name.clone(), s)).collect();
    let mut address = String::new();
    loop {
        let files = store.sealed_files_after(&address).await?;
        let Some(last) = files.last() else { break };
        address.clone_from(&last.blob.address);
        for file in files {
            on_disk.remove(&file.blob.address);
            owners.insert(file.blob.delivery.to_string());
            let blobs = blobs.clone();
            tokio::task::spawn_blocking(move || (state(&blobs, &file), file.blob))
                .await
                .map(|(state, blob)| found.note(&state, blob.address))?;
        }
    }
    let now = SystemTime::now();
    let old = |file: &Stored| now.duration_since(file.modified).is_ok_and(|age| age > YOUNG);
    let unowned = on_disk.into_values().filter(|file| old(file) && !(file.is_key && owners.contains(&file.name)));
    found.unowned = unowned.map(|file| file.path.display().to_string()).collect();
    found.unowned.sort();
    store.close().await;
    Ok(found)
}

enum State {
    Sound,
    Altered,
    Missing,
}

fn state(blobs: &Blobs, file: &SealedFile) -> State {
    match blobs.get(&file.blob) {
        Ok(content) if file.sha256.as_ref().is_none_or(|sha256| *sha256 == hexadecimal(&Sha256::digest(&content))) => State::Sound,
        Err(BlobError::File { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => State::Missing,
        _ => State::Altered,
    }
}

impl Found {
    fn note(&mut self, state: &State, address: String) {
        match state {
            State::Sound => self.sound += 1,
            State::Altered => self.altered.push(address),
            State::Missing => self.missing.push(address),
        }
    }

    fn checks(&self) -> Vec<Check> {
        let restore = "restore these files from the backup; the treated file of the same delivery is a second copy of an original";
        let mut checks = Vec::new();
        if self.altered.is_empty() && self.missing.is_empty() {
            checks.push(Check::ok("sealed_files", format!("{} opened, all as they were sealed", self.sound)));
        }
        if !self.altered.is_empty() {
            checks.push(Check::failure("altered_files", listed("altered or without their key", &self.altered), restore));
        }
        if !self.missing.is_empty() {
            checks.push(Check::failure("missing_files", listed("in the ledger and not on the disk", &self.missing), restore));
        }
        if !self.unowned.is_empty() {
            let remedy = "nothing depends on them; look at them before you remove them";
            checks.push(Check::warning("unowned_files", listed("on the disk and not in the ledger", &self.unowned), remedy));
        }
        checks
    }
}

fn listed(what: &str, names: &[String]) -> String {
    let more = if names.len() > NAMED { ", …" } else { "" };
    format!("{} {what}: {}{more}", names.len(), names[..names.len().min(NAMED)].join(", "))
}
