//! Messages of the system about the drop folder. They may be late, lost or absent: they only make the
//! next look come sooner, and tell of a rename out of `tmp/` that no look has seen.

use super::folder::TMP;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Rings when something may have arrived.
#[derive(Debug)]
pub struct Bell {
    heard: Arc<Heard>,
    /// Kept alive; `None` where the system offers no such messages.
    _watch: Option<RecommendedWatcher>,
}

#[derive(Debug, Default)]
struct Heard {
    ring: Notify,
    /// Names that were moved up from `tmp/`.
    risen: Mutex<HashSet<OsString>>,
}

impl Bell {
    /// Listens to `folder` and its `tmp/`. Never fails: without messages the periodic look does all the work.
    pub fn at(folder: &Path) -> Self {
        let heard = Arc::new(Heard::default());
        let watch = listen(folder, &heard);
        if let Err(error) = &watch {
            tracing::info!(folder = %folder.display(), %error, "no messages from the system about this folder; it is looked at periodically");
        }
        Self { heard, _watch: watch.ok() }
    }

    /// Waits for the next message; one that came before counts.
    pub async fn rung(&self) {
        self.heard.ring.notified().await;
    }

    /// Names renamed out of `tmp/` since the last call.
    pub fn risen(&self) -> HashSet<OsString> {
        std::mem::take(&mut *self.heard.risen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn listen(folder: &Path, heard: &Arc<Heard>) -> notify::Result<RecommendedWatcher> {
    let (heard, tmp) = (Arc::clone(heard), folder.join(TMP));
    let from = tmp.clone();
    let mut watch = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let Ok(event) = event else { return heard.ring.notify_one() };
        if let (EventKind::Modify(ModifyKind::Name(RenameMode::Both)), [source, target]) = (event.kind, event.paths.as_slice())
            && source.parent() == Some(&from)
            && let Some(name) = target.file_name()
        {
            heard.risen.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        }
        if event.need_rescan() || tells_of_arrival(event.kind) {
            heard.ring.notify_one();
        }
    })?;
    watch.watch(folder, RecursiveMode::NonRecursive)?;
    if tmp.is_dir() {
        watch.watch(&tmp, RecursiveMode::NonRecursive)?;
    }
    Ok(watch)
}

/// Our own looking and copying makes messages too (files opened and read): they must not wake us.
fn tells_of_arrival(kind: EventKind) -> bool {
    matches!(kind, EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)) | EventKind::Access(AccessKind::Close(AccessMode::Write)))
}
