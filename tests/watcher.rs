//! The watcher on a real file system and a real ledger: what people and scanners do to a drop folder,
//! and what a power cut does to the watcher.

mod faults;
mod folder;
mod kills;
mod order;
mod profiles;

use crate::support::{Database, sqlite};
use passerelle::blobs::Blobs;
use passerelle::clock::Clock;
use passerelle::config::Config;
use passerelle::domain::{Delivery, Scope};
use passerelle::store::{DayEntry, Store};
use passerelle::watcher::Watcher;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Long enough for any rest of these tests.
const RESTED: Duration = Duration::from_secs(6);

/// A drop folder with everything behind it.
struct Site {
    database: Database,
    store: Store,
    config: Arc<Config>,
    blobs: Blobs,
}

fn config(root: &Path, url: &str, more: &[(&str, &str)]) -> Arc<Config> {
    let under = |name: &str| root.join(name).into_os_string();
    let mut env: Vec<(OsString, OsString)> = vec![
        ("PASSERELLE_PREFECTURE".into(), "35".into()),
        ("PASSERELLE_STORE__URL".into(), url.into()),
        ("PASSERELLE_DROP__FOLDER".into(), under("depot")),
        ("PASSERELLE_DROP__DONE".into(), under("traites")),
        ("PASSERELLE_DROP__ANOMALIES".into(), under("anomalies")),
        ("PASSERELLE_DROP__SPOOL".into(), under("spool")),
        ("PASSERELLE_DROP__TRUNCATED_SECONDS".into(), "60".into()),
        ("PASSERELLE_BLOBS__FOLDER".into(), under("scans")),
        ("PASSERELLE_BLOBS__KEY_FILE".into(), under("cle")),
    ];
    env.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
    env.extend(more.iter().map(|(k, v)| ((*k).into(), (*v).into())));
    // What no variable can say.
    let file = root.join("passerelle.toml");
    let config = Config::load(file.exists().then_some(file.as_path()), env).unwrap();
    config.validate().unwrap();
    Arc::new(config)
}

impl Site {
    async fn new() -> Self {
        Self::on(sqlite(), &[]).await
    }

    async fn on(database: Database, more: &[(&str, &str)]) -> Self {
        let store = database.open().await;
        let config = config(database.folder.path(), &database.url, more);
        std::fs::create_dir_all(config.drop.folder.join("tmp")).unwrap();
        let blobs = Blobs::open(&config.blobs.folder, &config.blobs.key_file).unwrap();
        Self { database, store, config, blobs }
    }

    /// With further watched folders: `[[watch]]` sections whose paths start at the root of the site.
    async fn watching(database: Database, sections: &str, more: &[(&str, &str)]) -> Self {
        std::fs::write(database.folder.path().join("passerelle.toml"), sections).unwrap();
        Self::on(database, more).await
    }

    async fn watcher(&self) -> Watcher {
        Watcher::start(Arc::clone(&self.config), self.store.clone(), self.blobs.clone(), Clock::System).await.unwrap()
    }

    fn root(&self) -> &Path {
        self.database.folder.path()
    }

    fn folder(&self) -> &Path {
        &self.config.drop.folder
    }

    fn drop(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    async fn deliveries(&self) -> Vec<DayEntry> {
        self.store.deliveries(&Scope::Machine).await.unwrap()
    }

    /// Code of the reason for which each file waits, by name; `-` without reason.
    async fn waiting(&self) -> Vec<(String, String)> {
        let files = self.store.waiting(&Scope::Machine).await.unwrap();
        let mut codes: Vec<_> = files.into_iter().map(|f| (f.file, f.refusal.map_or("-".into(), |r| r.code))).collect();
        codes.sort();
        codes
    }

    /// The sealed original, opened.
    async fn original(&self, delivery: &Delivery) -> Vec<u8> {
        self.blobs.get(&self.store.original(&Scope::Machine, delivery.id).await.unwrap()).unwrap()
    }

    /// What must hold after whatever happened: every file in `traites` and `anomalies` is in the ledger
    /// with its own bytes, sealed; the spool is empty; nothing sealed is nobody's.
    async fn holds(&self) {
        let entries = self.deliveries().await;
        for folder in [&self.config.drop.done, &self.config.drop.anomalies] {
            for path in files(folder) {
                let content = std::fs::read(&path).unwrap();
                let sha256 = sha256(&content);
                let entry = entries.iter().find(|e| e.delivery.sha256 == sha256);
                let entry = entry.unwrap_or_else(|| panic!("{} was moved but is not in the ledger", path.display()));
                assert_eq!(self.original(&entry.delivery).await, content, "{}", path.display());
            }
        }
        assert_eq!(files(&self.config.drop.spool), Vec::<PathBuf>::new(), "the spool");
        let sealed = tree(&self.config.blobs.folder).into_iter().filter(|p| p.components().any(|c| c.as_os_str() == "original")).count();
        assert_eq!(sealed, entries.len(), "sealed originals and deliveries");
    }
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
    files.sort();
    files
}

fn names(folder: &Path) -> Vec<String> {
    files(folder).iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut all = files(folder);
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap).filter(|e| e.path().is_dir()) {
        all.extend(tree(&entry.path()));
    }
    all
}

/// A small whole PDF of its own.
fn pdf(text: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n".to_vec();
    file.extend(format!("3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n% {text}\n").bytes());
    let at = file.len();
    file.extend(format!("xref\n0 1\n0000000000 65535 f \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").bytes());
    file
}
