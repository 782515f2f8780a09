//! Power cuts: a process that watches is ended at each boundary of taking a file, and started again.

use super::{RESTED, Site, files, names, pdf};
use crate::support::databases;
use passerelle::watcher::BOUNDARIES;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_boundary_and_started_again_it_takes_the_file_once() {
    for database in databases() {
        let name = database.name;
        let site = Site::on(database, &[]).await;
        for (turn, boundary) in BOUNDARIES.iter().copied().enumerate() {
            let file = format!("{boundary}.pdf");
            site.drop(&file, &pdf(boundary));
            site.drop(&format!("{file}.done"), b"");
            let killed = watch(&site, boundary);
            assert_eq!(killed.signal(), Some(9), "{name}: {boundary} was not reached: {killed:?}");
            let restarted = watch(&site, "");
            assert!(restarted.success(), "{name}: {boundary}: {restarted:?}");
            let entries = site.deliveries().await;
            assert_eq!(entries.len(), turn + 1, "{name}: {boundary}");
            let entry = entries.iter().find(|e| e.delivery.file == file).unwrap();
            assert_eq!(entry.links.len(), 1, "{name}: {boundary}: one drop");
            assert!(names(&site.config.drop.done).contains(&file), "{name}: {boundary}");
            assert!(files(site.folder()).iter().all(|p| p.extension().is_some_and(|e| e == "done")), "{name}: {boundary}");
            site.holds().await;
        }
        assert_eq!(files(&site.config.drop.done).len(), BOUNDARIES.len());
        assert_eq!(site.store.open_jobs().await.unwrap(), BOUNDARIES.len() as u32);
    }
}

pub fn watch(site: &Site, failpoint: &str) -> std::process::ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["watcher::kills::a_process_that_watches", "--exact", "--nocapture"])
        .env("PASSERELLE_FAILPOINT", failpoint)
        .env("WATCHER_KILL_ROOT", site.root())
        .env("WATCHER_KILL_URL", &site.database.url)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap()
}

/// Does nothing by itself; see [`watch`].
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_watches() {
    let (Some(root), Some(url)) = (std::env::var_os("WATCHER_KILL_ROOT"), std::env::var("WATCHER_KILL_URL").ok()) else { return };
    let config = super::config(Path::new(&root), &url, &[]);
    let store = passerelle::store::Store::open(&url).await.unwrap();
    let blobs = passerelle::blobs::Blobs::open(&config.blobs.folder, &config.blobs.key_file).unwrap();
    let clock = passerelle::clock::Clock::System;
    let mut watcher = passerelle::watcher::Watcher::start(config, store, blobs, clock).await.unwrap();
    for now in [Duration::ZERO, RESTED] {
        watcher.round(now).await.unwrap();
    }
}
