//! What was taken out of a folder and still stands there: it may not be moved, or the watcher was stopped
//! while it moved it. Kept in the ledger, so that a restart forgets nothing.

use super::folder::{Entry, Kind, View};
use super::origin::{stored_name, taken_file};
use crate::domain::DeliveryId;
use crate::store::TakenFile;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;

/// Between the name of an index and that of a pli in it.
pub const OF_INDEX: &str = " › ";

#[derive(Debug, Default)]
pub struct Memory {
    files: HashMap<String, (TakenFile, DeliveryId)>,
}

impl Memory {
    pub fn new(taken: Vec<(TakenFile, DeliveryId)>) -> Self {
        Self { files: taken.into_iter().map(|(file, id)| (file.file.clone(), (file, id))).collect() }
    }

    pub fn remember(&mut self, files: Vec<TakenFile>, delivery: DeliveryId) {
        self.files.extend(files.into_iter().map(|file| (file.file.clone(), (file, delivery))));
    }

    /// The delivery that an entry belongs to already: a file in the very state that was taken, or a folder all
    /// of whose pages are.
    pub fn knows(&self, entry: &Entry) -> Option<DeliveryId> {
        match &entry.kind {
            Kind::File => self.knows_file(&taken_file(&entry.name, entry.stamp)),
            Kind::Pli(pli) => {
                let mut known = pli.pages.iter().map(|page| self.knows_file(&taken_file(&pli.below(page), page.stamp)));
                let first = known.next()??;
                known.all(|other| other == Some(first)).then_some(first)
            }
            Kind::Unfinished | Kind::Other(_) => None,
        }
    }

    pub fn knows_file(&self, file: &TakenFile) -> Option<DeliveryId> {
        self.files.get(&file.file).filter(|(known, _)| known == file).map(|(_, delivery)| *delivery)
    }

    /// Forgets what is gone from the folder; gives the names.
    pub fn prune(&mut self, view: &View) -> Vec<String> {
        if self.files.is_empty() {
            return Vec::new();
        }
        let there: HashSet<String> = view.entries.iter().flat_map(names).collect();
        let is_there = |name: &str| there.contains(name) || name.split_once(OF_INDEX).is_some_and(|(index, _)| there.contains(index));
        let gone: Vec<String> = self.files.keys().filter(|name| !is_there(name)).cloned().collect();
        for name in &gone {
            self.files.remove(name);
        }
        gone
    }
}

fn names(entry: &Entry) -> Vec<String> {
    match &entry.kind {
        Kind::Pli(pli) => pli.members().map(|m| stored_name(&pli.below(m))).collect(),
        _ => vec![stored_name(OsStr::new(&entry.name))],
    }
}
