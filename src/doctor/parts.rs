//! The parts that the program stands on: database, engines, cell, pipelines.

use super::Check;
use crate::catalogue::Catalogue;
use crate::cell::{CellPool, MODEL_FILE, MODEL_SHA256, Tesseract, find_model};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Standing, hexadecimal};
use crate::store::{Schema, Store, StoreError};
use crate::trust::Imported;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A database that answers later than this does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reachable, on a disk that may hold it, with the tables of this program.
pub async fn database(config: &Config) -> Check {
    const NAME: &str = "database";
    let url = &config.store.url;
    if let Some(file) = sqlite_file(url)
        && !file.exists()
    {
        return Check::warning(
            NAME,
            format!("{} does not exist yet", file.display()),
            "run `passerelle migrate`, or start: it is made then",
        );
    }
    let answer = tokio::time::timeout(PATIENCE, async {
        let store = Store::open(url).await?;
        let schema = store.schema().await;
        store.close().await;
        schema
    });
    let kind = if url.starts_with("sqlite:") { "SQLite" } else { "PostgreSQL" };
    match answer.await {
        Ok(Ok(Schema::Current)) => Check::ok(NAME, format!("{kind} answers and its tables are those of this program")),
        Ok(Ok(Schema::Behind(steps))) => {
            Check::failure(NAME, format!("{kind} answers, {steps} migrations are missing"), "run `passerelle migrate`")
        }
        Ok(Ok(Schema::Ahead)) => Check::failure(
            NAME,
            format!("a newer Passerelle has changed the tables of this {kind}"),
            "install that version again; never start an older one",
        ),
        Ok(Err(error @ StoreError::NetworkFolder { .. })) => {
            Check::failure(NAME, error.to_string(), "move the file to a local disk, or use PostgreSQL")
        }
        Ok(Err(error)) => {
            Check::failure(NAME, format!("{kind} does not answer: {error}"), "start it, and check store.url and the rights of its account")
        }
        Err(_) => Check::failure(
            NAME,
            format!("{kind} did not answer within {} s", PATIENCE.as_secs()),
            "start it, and check store.url and the network",
        ),
    }
}

/// The file of a SQLite address.
fn sqlite_file(url: &str) -> Option<PathBuf> {
    let file = url.strip_prefix("sqlite:")?;
    let file = file.strip_prefix("//").unwrap_or(file);
    let file = file.split('?').next().unwrap_or(file);
    (!file.starts_with(':') && !file.is_empty()).then(|| PathBuf::from(file))
}

/// The first recogniser with both languages.
pub fn tesseract() -> Check {
    const NAME: &str = "tesseract";
    for language in ["fra", "eng"] {
        if let Err(error) = Tesseract::load(language) {
            return Check::failure(NAME, error.to_string(), format!("apt-get install tesseract-ocr-{language}, or set TESSDATA_PREFIX"));
        }
    }
    let version = Tesseract::describe_language("fra").split(' ').take(2).collect::<Vec<_>>().join(" ");
    Check::ok(NAME, format!("{version} with fra and eng"))
}

/// The certificates that 2D-Doc signatures are checked against, and the lists that vouch for them.
pub fn trust(config: &Config) -> Check {
    const NAME: &str = "trust";
    let Some(folder) = &config.trust_dir else {
        return Check::ok(NAME, "no trust_dir: the signature of a 2D-Doc is told as not verifiable");
    };
    let imported = match Imported::load(folder) {
        Ok(imported) => imported,
        Err(error) => return Check::failure(NAME, error.to_string(), "mend the folder: the program does not start with it"),
    };
    let keys = imported.trust(Clock::System.now().date_in_paris()).keys;
    let good = keys.iter().filter(|k| k.standing == Standing::Good).count();
    let found = format!("{} certificates of signers, {good} that count; {} lists of trust", keys.len(), imported.lists.len());
    match keys.iter().find(|k| k.standing != Standing::Good) {
        None => Check::ok(NAME, found),
        Some(key) => Check::warning(
            NAME,
            format!("{found}; {}/{} does not count: {:?}", key.authority, key.name, key.standing),
            "drop the present list of trust of the ANTS into trust_dir and start again",
        ),
    }
}

/// The model of the second recogniser, by its hash.
pub fn second_recogniser(config: &Config) -> Check {
    const NAME: &str = "second_recogniser";
    let Some(path) = find_model(config.models_dir.as_deref()) else {
        return Check::warning(
            NAME,
            format!("{MODEL_FILE} was not found: Tesseract reads alone and more values go to a person"),
            "run docker/setup.sh, or name its folder in models_dir",
        );
    };
    match std::fs::read(&path) {
        Err(error) => Check::failure(
            NAME,
            format!("{} cannot be read: {error}", path.display()),
            "give the account of Passerelle the right to read it",
        ),
        Ok(bytes) => by_hash(NAME, &path, &bytes),
    }
}

fn by_hash(name: &'static str, path: &Path, bytes: &[u8]) -> Check {
    let found = hexadecimal(&Sha256::digest(bytes));
    if found == MODEL_SHA256 {
        return Check::ok(name, format!("{} is the model that this program knows", path.display()));
    }
    Check::failure(name, format!("{} has SHA-256 {found}, expected {MODEL_SHA256}", path.display()), "fetch it again with docker/setup.sh")
}

/// A cell starts, loads its engines, and can do nothing but read and write its two pipes.
pub async fn cell(cells: &CellPool) -> Check {
    const NAME: &str = "cell";
    match cells.self_test().await {
        Err(error) => Check::failure(NAME, format!("no cell starts: {error}"), "see the checks above; without a cell nothing is read"),
        Ok((_, test)) if !test.is_tight() => Check::failure(
            NAME,
            format!("a cell can do what it must not: {test:?}"),
            "use a kernel with seccomp and Landlock (Linux 5.13 or newer), outside of containers that forbid them",
        ),
        Ok((lock, _)) if lock.landlock != "enforced" => Check::warning(
            NAME,
            format!("a cell starts and is closed by seccomp; Landlock is {}", lock.landlock),
            "use a kernel with Landlock (Linux 5.13 or newer): it is the second of two walls",
        ),
        Ok((lock, _)) => Check::ok(NAME, format!("a cell starts and can open no file, socket or program; engines: {}", lock.engines)),
    }
}

/// Permits, documents and fields.
pub fn pipelines(config: &Config) -> Check {
    const NAME: &str = "pipelines";
    let (from, catalogue) = match &config.pipelines_dir {
        Some(folder) => (folder.display().to_string(), Catalogue::load(folder)),
        None => ("built in".to_owned(), Catalogue::embedded()),
    };
    match catalogue {
        Ok(c) => {
            Check::ok(NAME, format!("{from}: {} permits, {} document types, {} fields", c.permits.len(), c.documents.len(), c.fields.len()))
        }
        Err(error) => Check::failure(NAME, error.to_string(), "correct these lines; `passerelle check` shows them one by one"),
    }
}

#[cfg(test)]
mod tests {
    use super::sqlite_file;
    use std::path::PathBuf;

    #[test]
    fn the_file_of_an_address() {
        assert_eq!(sqlite_file("sqlite:///var/lib/base.db?mode=rwc"), Some(PathBuf::from("/var/lib/base.db")));
        assert_eq!(sqlite_file("sqlite:base.db"), Some(PathBuf::from("base.db")));
        assert_eq!(sqlite_file("sqlite::memory:"), None);
        assert_eq!(sqlite_file("postgres://h/b"), None);
    }
}
