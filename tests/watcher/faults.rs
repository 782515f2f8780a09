//! Files that change or vanish under the watcher, two watchers, rights that are missing, a full disk.

use super::{RESTED, Site, files, names, pdf, sha256};
use crate::support::sqlite;
use passerelle::domain::Scope;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A scanner that replaces and removes one name as fast as it can, and a watcher that takes without rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_replaced_while_it_is_read_is_never_registered_wrong() {
    let site = Site::on(sqlite(), &[("PASSERELLE_DROP__REST_SECONDS", "0")]).await;
    let path = site.folder().join("scan.pdf");
    let beside = site.root().join("beside.pdf");
    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let (stop, path) = (Arc::clone(&stop), path.clone());
        std::thread::spawn(move || {
            let mut turn = 0u32;
            while !stop.load(Ordering::Relaxed) {
                turn += 1;
                // Large enough that a copy takes some writes; in place, by rename, or gone.
                let content = pdf(&format!("{turn} {}", "x".repeat(2_000_000)));
                match turn % 5 {
                    0 => drop(std::fs::remove_file(&path)),
                    1 | 2 => std::fs::write(&path, &content).unwrap(),
                    _ => {
                        std::fs::write(&beside, &content).unwrap();
                        std::fs::rename(&beside, &path).unwrap();
                    }
                }
                // From far shorter than one claim to longer than one.
                std::thread::sleep(Duration::from_millis([0, 1, 4, 15, 40, 90, 200][(turn % 7) as usize]));
            }
            std::fs::write(&path, pdf("le dernier")).unwrap();
        })
    };
    let mut watcher = site.watcher().await;
    let mut taken = 0;
    let started = std::time::Instant::now();
    while started.elapsed() < Duration::from_secs(4) {
        taken += watcher.round(started.elapsed()).await.unwrap().len();
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    for turn in 1..4 {
        taken += watcher.round(Duration::from_secs(10 * turn)).await.unwrap().len();
    }
    eprintln!("{taken} taken while the name changed hands");
    assert!(taken >= 1);
    let deliveries = site.deliveries().await;
    assert!(deliveries.iter().any(|e| e.delivery.sha256 == sha256(&pdf("le dernier"))), "the last version");
    assert!(deliveries.iter().all(|e| e.delivery.refusal.is_none()), "a half file was registered");
    assert!(names(site.folder()).is_empty());
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_watchers_on_one_folder_never_double() {
    let site = Site::on(sqlite(), &[("PASSERELLE_DROP__REST_SECONDS", "0")]).await;
    for i in 0..60 {
        site.drop(&format!("scan-{i}.pdf"), &pdf(&i.to_string()));
    }
    let work = async |site: &Site| {
        let mut watcher = site.watcher().await;
        let mut taken = 0;
        for second in 0..8 {
            taken += watcher.round(Duration::from_secs(second)).await.unwrap().len();
        }
        taken
    };
    let (one, two) = tokio::join!(work(&site), work(&site));
    eprintln!("{one} and {two} taken");
    let deliveries = site.deliveries().await;
    assert_eq!(deliveries.len(), 60);
    assert!(deliveries.iter().all(|e| e.links.len() == 1), "a drop was counted twice");
    assert_eq!(files(&site.config.drop.done).len(), 60);
    assert!(files(site.folder()).is_empty());
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn treated_files_on_another_disk_are_copied_before_the_source_goes() {
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        eprintln!("skipped: no second file system at /dev/shm");
        return;
    };
    let done = other.path().join("traites");
    let site = Site::on(sqlite(), &[("PASSERELLE_DROP__DONE", done.to_str().unwrap())]).await;
    site.drop("loin.pdf", &pdf("loin"));
    let mut watcher = site.watcher().await;
    watcher.round(Duration::ZERO).await.unwrap();
    assert_eq!(watcher.round(RESTED).await.unwrap().len(), 1);
    assert_eq!(names(&done), ["loin.pdf"]);
    assert!(files(site.folder()).is_empty());
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_goes_away_and_comes_back_is_no_end() {
    let site = Site::new().await;
    let mut watcher = site.watcher().await;
    let away = site.root().join("ailleurs");
    std::fs::rename(site.folder(), &away).unwrap();
    assert!(watcher.round(Duration::ZERO).await.unwrap().is_empty());
    assert_eq!(site.waiting().await, [(site.folder().to_str().unwrap().to_owned(), "dossier_inaccessible".to_owned())]);
    std::fs::rename(&away, site.folder()).unwrap();
    site.drop("retour.pdf", &pdf("retour"));
    watcher.round(RESTED).await.unwrap();
    assert_eq!(watcher.round(RESTED * 2).await.unwrap().len(), 1);
    assert!(site.waiting().await.is_empty());
}

/// Root may read and move everything: these checks run in a process that may not.
#[tokio::test(flavor = "multi_thread")]
async fn missing_rights_are_shown_and_healed() {
    let site = Site::new().await;
    let unreadable = site.drop("ferme.pdf", &pdf("fermé"));
    std::fs::set_permissions(&unreadable, std::fs::Permissions::from_mode(0o000)).unwrap();
    give_to_nobody(site.root());
    let said = as_nobody(&site, "rights");
    assert!(said.contains("[(\"ferme.pdf\", \"acces_refuse\")]"), "{said}");
    assert_eq!(said.matches("a file of the drop folder is not taken").count(), 1, "said once: {said}");
    std::fs::set_permissions(&unreadable, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = as_nobody(&site, "rights");
    assert!(said.contains("taken: [\"ferme.pdf\"]"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_cannot_be_moved_is_registered_once() {
    let site = Site::new().await;
    site.drop("fige.pdf", &pdf("figé"));
    give_to_nobody(site.root());
    std::fs::set_permissions(site.folder(), std::fs::Permissions::from_mode(0o555)).unwrap();
    for _restart in 0..2 {
        let said = as_nobody(&site, "rights");
        assert!(said.contains("[(\"fige.pdf\", \"deplacement_refuse\")]"), "{said}");
    }
    let deliveries = site.deliveries().await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].links.len(), 1, "the same drop, however often it is seen");
    assert!(files(&site.config.drop.done).is_empty(), "no reservation is left");
    std::fs::set_permissions(site.folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
    as_nobody(&site, "rights");
    assert_eq!(names(&site.config.drop.done), ["fige.pdf"]);
    assert_eq!(site.deliveries().await[0].links.len(), 1);
    site.holds().await;
}

/// A spool of half a megabyte and a scan of two: nothing is lost, and it goes on by itself when there is room.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_waited_for() {
    let site = Site::new().await;
    let spool = &site.config.drop.spool;
    std::fs::create_dir_all(spool).unwrap();
    let mount = |size: &str| Command::new("mount").args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(spool).output().unwrap().status.success();
    if !mount("size=512k") {
        eprintln!("skipped: only root may mount a small disk");
        return;
    }
    let unmount = Unmount(spool);
    let path = site.drop("grand.pdf", &pdf(&"x".repeat(2_000_000)));
    let mut watcher = site.watcher().await;
    watcher.round(Duration::ZERO).await.unwrap();
    assert!(watcher.round(RESTED).await.unwrap().is_empty());
    assert!(path.exists());
    assert_eq!(site.waiting().await, [("grand.pdf".to_owned(), "prise_en_charge_differee".to_owned())]);
    assert!(files(spool).is_empty(), "the half copy is cleared away");
    let grown = Command::new("mount").args(["-o", "remount,size=16m"]).arg(spool).status().unwrap();
    assert!(grown.success());
    assert_eq!(watcher.round(RESTED + Duration::from_secs(3)).await.unwrap().len(), 1);
    assert!(site.waiting().await.is_empty());
    site.holds().await;
    drop(unmount);
}

struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn give_to_nobody(root: &Path) {
    if is_root() {
        let given = Command::new("chown").arg("-R").arg("nobody").arg(root).status().unwrap();
        assert!(given.success());
    }
}

/// Runs [`as_an_unprivileged_user`] in a process of its own, without the rights of root.
fn as_nobody(site: &Site, task: &str) -> String {
    let exe = std::env::current_exe().unwrap();
    let mut command = if is_root() { Command::new("setpriv") } else { Command::new(&exe) };
    if is_root() {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(&exe);
    }
    command.args(["watcher::faults::as_an_unprivileged_user", "--exact", "--nocapture", "--test-threads=1"]);
    command.env("WATCHER_TASK", task).env("WATCHER_ROOT", site.root()).env("WATCHER_URL", &site.database.url);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// Does nothing by itself; see [`as_nobody`].
#[tokio::test(flavor = "multi_thread")]
async fn as_an_unprivileged_user() {
    let (Some(root), Some(url)) = (std::env::var_os("WATCHER_ROOT"), std::env::var("WATCHER_URL").ok()) else { return };
    let config = super::config(Path::new(&root), &url, &[]);
    passerelle::telemetry::start(&config.log);
    let store = passerelle::store::Store::open(&url).await.unwrap();
    let blobs = passerelle::blobs::Blobs::open(&config.blobs.folder, &config.blobs.key_file).unwrap();
    let clock = passerelle::clock::Clock::System;
    let mut watcher = passerelle::watcher::Watcher::start(config, store.clone(), blobs, clock).await.unwrap();
    let mut taken = Vec::new();
    for turn in 0..30 {
        taken.extend(watcher.round(RESTED * turn).await.unwrap().into_iter().map(|d| d.file));
    }
    println!("taken: {taken:?}");
    let waiting: Vec<(String, String)> =
        store.waiting(&Scope::Machine).await.unwrap().into_iter().map(|w| (w.file, w.refusal.map_or("-".into(), |r| r.code))).collect();
    println!("waiting: {waiting:?}");
}

/// The ledger refuses for a while: what was copied and sealed waits, is entered once, and nothing is left over. One
/// file that it never takes keeps no other out.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_refuses_for_a_while_is_entered_once_and_leaves_nothing_behind() {
    let site = Site::new().await;
    let ledger = sqlx::SqlitePool::connect(&site.database.url).await.unwrap();
    let refuse = |when: &str| format!("CREATE TRIGGER refused BEFORE INSERT ON delivery WHEN {when} BEGIN SELECT RAISE(ABORT, 'no'); END");
    sqlx::raw_sql(sqlx::AssertSqlSafe(refuse("NEW.file = 'pli 3.pdf'"))).execute(&ledger).await.unwrap();
    for number in 0..20 {
        site.drop(&format!("pli {number}.pdf"), &pdf(&number.to_string()));
        // Each has a time of its own, so that the refused one is in the first batch.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut watcher = site.watcher().await;
    assert!(watcher.round(Duration::ZERO).await.unwrap().is_empty());
    assert_eq!(watcher.round(RESTED).await.unwrap().len(), 19, "all but the one");
    assert_eq!(site.waiting().await, [("pli 3.pdf".into(), "prise_en_charge_differee".into())]);
    assert_eq!(files(&site.config.drop.spool).len(), 1, "its copy waits for the next try");
    for turn in 2..4 {
        assert!(watcher.round(RESTED * turn).await.unwrap().is_empty());
        assert_eq!(files(&site.config.drop.spool).len(), 1, "one copy, however often it is tried");
    }
    sqlx::raw_sql("DROP TRIGGER refused").execute(&ledger).await.unwrap();
    assert_eq!(watcher.round(RESTED * 20).await.unwrap().len(), 1);
    assert!(names(site.folder()).is_empty());
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_taken_together_are_worked_on_in_the_order_in_which_they_came() {
    let site = Site::new().await;
    let start = std::time::SystemTime::now() - Duration::from_secs(3600);
    // Names in another order than the dates.
    for number in 0..30u64 {
        let path = site.drop(&format!("{:02}.pdf", (number * 7) % 30), &pdf(&number.to_string()));
        std::fs::File::options().append(true).open(path).unwrap().set_modified(start + Duration::from_secs(number)).unwrap();
    }
    let mut watcher = site.watcher().await;
    watcher.round(Duration::ZERO).await.unwrap();
    let taken: Vec<_> = watcher.round(RESTED).await.unwrap().into_iter().map(|d| d.sha256).collect();
    assert_eq!(taken, (0..30).map(|n| sha256(&pdf(&n.to_string()))).collect::<Vec<_>>());
    let now = passerelle::domain::Instant(jiff::Timestamp::now()).plus_seconds(60);
    let mut claimed = Vec::new();
    while let Some(job) = site.store.claim("test", now, now.plus_seconds(30)).await.unwrap() {
        claimed.push(site.store.delivery(&Scope::Machine, job.delivery).await.unwrap().sha256);
    }
    assert_eq!(claimed, taken);
}
