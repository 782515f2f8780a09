//! Follows the ledger until everything that was dropped has left the line.

use super::DemoError;
use super::folder::Folder;
use super::service::Service;
use super::summary::{Summary, sentence};
use crate::domain::Scope;
use crate::store::{DayEntry, Store};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Between two looks at the ledger.
const LOOK: Duration = Duration::from_millis(400);
/// Longest time without any change; one page may take two minutes.
const STALLED: Duration = Duration::from_mins(5);

/// Says what happens to each file and gives the counts at the end.
pub(super) async fn follow(store: &Store, service: &mut Service, folder: &Folder, dropped: u32) -> Result<Summary, DemoError> {
    let mut said = BTreeSet::new();
    let (mut last, mut moved) = (Vec::new(), Instant::now());
    loop {
        service.is_running()?;
        let entries = store.deliveries(&Scope::Machine).await?;
        for entry in entries.iter().filter(|e| e.is_settled()) {
            if said.insert(entry.delivery.id) {
                eprintln!("demo: {:3} {}", said.len(), sentence(entry));
            }
        }
        let here: usize = entries.iter().map(|e| e.links.len()).sum();
        // A file whose work was given up stays where it was, in front of a person.
        let left = |e: &DayEntry| e.is_settled() || e.open_reviews > 0;
        if here >= dropped as usize && entries.iter().all(left) && store.open_jobs().await? == 0 {
            let dossiers = store.dossiers(&Scope::Machine).await?.len();
            return Ok(Summary::of(dropped, &entries, dossiers));
        }
        let now: Vec<(bool, usize, u32)> = entries.iter().map(|e| (e.is_settled(), e.links.len(), e.pages_read)).collect();
        if now != last {
            (last, moved) = (now, Instant::now());
        } else if moved.elapsed() > STALLED {
            let waiting = entries.iter().filter(|e| !e.is_settled()).map(|e| e.delivery.file.clone()).collect::<Vec<_>>().join(", ");
            return Err(service.stalled(
                STALLED,
                format!("{here} of {dropped} files in the ledger of {}, on the line: {waiting}", folder.root().display()),
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}
