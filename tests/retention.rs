//! Treated files go after their time and never before, and never when anything about them is wrong; on both databases.

use crate::support::{Database, databases, new_delivery};
use passerelle::blobs::Blobs;
use passerelle::clock::Clock;
use passerelle::config::Config;
use passerelle::domain::*;
use passerelle::retention::{Fate, Report, Retention};
use passerelle::store::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// Beyond the present: the date of an inode cannot be set, so the ledger's clock stands in its future.
fn start() -> Instant {
    Instant("2040-01-01T08:00:00Z".parse().unwrap())
}

struct Shelf {
    retention: Retention,
    clock: Clock,
    folder: PathBuf,
    name: &'static str,
}

impl Shelf {
    async fn of(database: &Database) -> Self {
        let folder = database.folder.path().to_owned();
        let mut config = Config::load(None, []).unwrap();
        config.prefecture = "75".into();
        config.drop.folder = folder.join("depot");
        config.drop.done = folder.join("traites");
        config.drop.anomalies = folder.join("anomalies");
        for made in [&config.drop.folder, &config.drop.done, &config.drop.anomalies] {
            std::fs::create_dir_all(made).unwrap();
        }
        let clock = Clock::manual(start());
        let blobs = Blobs::open(&folder.join("blobs"), &folder.join("key")).unwrap();
        let retention = Retention { config: Arc::new(config), store: database.open().await, blobs, clock: clock.clone() };
        Self { retention, clock, folder, name: database.name }
    }

    /// A file in the ledger, its original sealed, its copy among the treated ones.
    async fn treated(&self, file: &str, refusal: Option<Refusal>) -> (DeliveryId, PathBuf) {
        let path = self.folder.join(if refusal.is_some() { "anomalies" } else { "traites" }).join(file);
        std::fs::write(&path, file).unwrap();
        let id = DeliveryId(Uuid::now_v7());
        let original = self.retention.blobs.put(&"75".into(), id, BlobKind::Original, file.as_bytes()).unwrap();
        let sha256: String = Sha256::digest(file.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        let new = NewDelivery { file: file.into(), refusal, ..new_delivery(&sha256, original) };
        self.retention.store.register_delivery(&Scope::Machine, &new, self.clock.now()).await.unwrap();
        (id, path)
    }

    async fn round(&self, apply: bool) -> Report {
        self.retention.round(apply).await.unwrap_or_else(|e| panic!("{}: {e}", self.name))
    }

    /// So many days with a round on each.
    async fn live(&self, days: u32) {
        for _ in 0..days {
            self.clock.advance(86_400);
            self.round(true).await;
        }
    }
}

fn refusal() -> Refusal {
    Refusal::new("pdf_chiffre", "Le fichier est protégé.", "Demander un fichier sans mot de passe.")
}

fn fates(report: &Report, path: &Path) -> Vec<Fate> {
    report.lines.iter().filter(|line| Path::new(&line.path) == path).map(|line| line.fate).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_after_its_time_with_its_row_and_its_event() {
    for database in databases() {
        let shelf = Shelf::of(&database).await;
        let (id, path) = shelf.treated("lot.pdf", None).await;
        shelf.live(29).await;
        assert!(path.exists(), "{}: a day early", shelf.name);
        shelf.clock.advance(86_400);
        let dry = shelf.round(false).await;
        assert_eq!((fates(&dry, &path), path.exists()), (vec![Fate::WouldRemove], true));
        let done = shelf.round(true).await;
        assert_eq!((fates(&done, &path), path.exists()), (vec![Fate::Removed], false), "{}: {done:?}", shelf.name);
        let [copy] = shelf.retention.store.removed_copies().await.unwrap().try_into().unwrap();
        assert_eq!((copy.removal.delivery, copy.removed_at), (id, Some(shelf.clock.now())));
        let events = shelf.retention.store.events(&Scope::Machine, id).await.unwrap();
        assert_eq!(events.last().unwrap().kind, "copie_retiree");
        // The sealed original is untouched.
        let blob = shelf.retention.store.original(&Scope::Machine, id).await.unwrap();
        assert_eq!(shelf.retention.blobs.get(&blob).unwrap(), b"lot.pdf");
        // Dropped once more, its copy begins its time anew.
        let (again, path) = shelf.treated("lot.pdf", None).await;
        assert_ne!(again, id);
        shelf.live(2).await;
        assert!(path.exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_anomaly_stays_however_old_it_is_and_a_closed_one_goes() {
    for database in databases() {
        let shelf = Shelf::of(&database).await;
        let (id, path) = shelf.treated("protege.pdf", Some(refusal())).await;
        shelf.live(120).await;
        assert!(path.exists(), "{}", shelf.name);
        assert_eq!(fates(&shelf.round(true).await, &path), [Fate::Open]);
        shelf.retention.store.set_aside(&Scope::Machine, id, "rendu", None, &"a".into(), shelf.clock.now()).await.unwrap();
        shelf.live(89).await;
        assert!(path.exists(), "its time begins when it is closed");
        shelf.live(1).await;
        assert!(!path.exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_copy_and_a_lost_original_are_told_and_never_removed() {
    for database in databases() {
        let shelf = Shelf::of(&database).await;
        let (_, changed) = shelf.treated("change.pdf", None).await;
        let (lost, last) = shelf.treated("dernier.pdf", None).await;
        let (flipped, kept) = shelf.treated("abime.pdf", None).await;
        std::fs::write(&changed, "another content").unwrap();
        let store = &shelf.retention.store;
        shelf.retention.blobs.forget(&store.original(&Scope::Machine, lost).await.unwrap()).unwrap();
        shelf.retention.blobs.destroy_key(&"75".into(), flipped).unwrap();
        shelf.live(40).await;
        let report = shelf.round(true).await;
        assert!(changed.exists() && last.exists() && kept.exists(), "{}: {report:?}", shelf.name);
        assert_eq!(fates(&report, &changed), [Fate::Altered]);
        assert_eq!((fates(&report, &last), fates(&report, &kept)), (vec![Fate::NotSealed], vec![Fate::NotSealed]));
        assert_eq!(report.reported(), 3);
        assert!(report.text().contains("À voir : 3"), "{}", report.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_removes_nothing_early() {
    for database in databases() {
        let shelf = Shelf::of(&database).await;
        let (_, path) = shelf.treated("lot.pdf", None).await;
        shelf.live(3).await;
        shelf.clock.advance(400 * 86_400);
        let refused = shelf.round(true).await;
        assert!(path.exists() && refused.refused.as_ref().is_some_and(|why| why.contains("horloge")), "{}: {refused:?}", shelf.name);
        // Something is dropped while the clock is wrong, and the next rounds find a clock that goes on from there.
        shelf.treated("autre.pdf", None).await;
        shelf.live(20).await;
        assert!(path.exists(), "{}: 23 days passed, not 423", shelf.name);
        shelf.live(8).await;
        assert!(!path.exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_removal_and_its_row_is_healed_by_the_next_round() {
    for database in databases() {
        let shelf = Shelf::of(&database).await;
        let (id, gone) = shelf.treated("parti.pdf", None).await;
        let (_, there) = shelf.treated("reste.pdf", None).await;
        let intended = |path: &Path, delivery| Removal {
            prefecture: "75".into(),
            path: path.to_string_lossy().into_owned(),
            sha256: "x".into(),
            delivery,
            bytes: 9,
            intended_at: start(),
        };
        // Killed after the file went, and killed before it went.
        shelf.retention.store.intend_removal(&intended(&gone, id)).await.unwrap();
        shelf.retention.store.intend_removal(&intended(&there, id)).await.unwrap();
        std::fs::remove_file(&gone).unwrap();
        shelf.live(1).await;
        let rows = shelf.retention.store.removed_copies().await.unwrap();
        let done: Vec<bool> = rows.iter().map(|row| row.removed_at.is_some()).collect();
        assert_eq!((done, there.exists()), (vec![true, false], true), "{}", shelf.name);
        shelf.live(1).await;
        let events = shelf.retention.store.events(&Scope::Machine, id).await.unwrap();
        assert_eq!(events.iter().filter(|e| e.kind == "copie_retiree").count(), 1, "told once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_pages_goes_when_every_page_is_in_the_sealed_bundle() {
    for database in databases() {
        let mut shelf = Shelf::of(&database).await;
        let mut config = (*shelf.retention.config).clone();
        let text = format!("folder = {:?}\nprofile = \"folder\"", shelf.folder.join("station").display().to_string());
        config.watch = vec![toml::from_str(&text).unwrap()];
        shelf.retention.config = Arc::new(config);
        let done = shelf.folder.join("station/traites");
        let pages: [&[u8]; 2] = [b"first page", b"second page"];
        let mut bundle = Vec::new();
        for (number, content) in (1..).zip(pages) {
            bundle.extend(bundle_header(number, None, content.len() as u64).unwrap());
            bundle.extend(content);
            bundle.resize(bundle.len() + bundle_padding(content.len() as u64), 0);
        }
        bundle.extend(BUNDLE_END);
        let id = DeliveryId(Uuid::now_v7());
        let original = shelf.retention.blobs.put(&"75".into(), id, BlobKind::Original, &bundle).unwrap();
        let sha256: String = Sha256::digest(&bundle).iter().map(|b| format!("{b:02x}")).collect();
        let new = NewDelivery { file: "pli-7".into(), format: Some(Format::Bundle), ..new_delivery(&sha256, original) };
        shelf.retention.store.register_delivery(&Scope::Machine, &new, shelf.clock.now()).await.unwrap();
        for (folder, second) in [("pli-7", pages[1]), ("pli-7-2", b"changed")] {
            std::fs::create_dir_all(done.join(folder)).unwrap();
            std::fs::write(done.join(folder).join("1.tif"), pages[0]).unwrap();
            std::fs::write(done.join(folder).join("2.tif"), second).unwrap();
            std::fs::write(done.join(folder).join(".done"), "").unwrap();
        }
        shelf.live(31).await;
        assert!(!done.join("pli-7").exists(), "{}", shelf.name);
        assert!(done.join("pli-7-2/1.tif").exists() && done.join("pli-7-2/2.tif").exists());
        assert_eq!(shelf.retention.store.removed_copies().await.unwrap().len(), 2);
    }
}
