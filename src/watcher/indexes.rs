//! The indexes of a folder whose deliveries they name: read once they rest, and moved out once every pli
//! that they name is in the ledger.

use super::folder::{Entry, Kind, Member, View};
use super::memory::{Memory, OF_INDEX};
use super::origin::taken_file;
use super::pli::{Pli, read_small};
use crate::config::{DropProfile, Place};
use crate::domain::Refusal;
use crate::intake::{IndexEntry, Stamp, index_unreadable, is_index, read_index, shown_name};
use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::time::Duration;

#[derive(Debug, Default)]
pub struct Indexes {
    known: BTreeMap<OsString, Index>,
}

#[derive(Debug)]
struct Index {
    stamp: Stamp,
    /// Since when it rests.
    since: Duration,
    read: Option<Result<Vec<IndexEntry>, Refusal>>,
}

/// What the indexes make of a look.
#[derive(Debug, Default)]
pub struct Arranged {
    pub entries: Vec<Entry>,
    /// Indexes with nothing left to be taken.
    pub spent: Vec<Entry>,
    /// Files that wait for an index, or an index that cannot be read.
    pub waiting: Vec<(OsString, Option<Refusal>)>,
}

impl Indexes {
    /// Puts the files that an index names together. Reads indexes that rest, or that are `declared`.
    pub fn arrange(&mut self, place: &Place, view: View, memory: &Memory, now: Duration, declared: &HashSet<OsString>) -> Arranged {
        let Some(mapping) = place.index.as_ref().filter(|_| place.profile == DropProfile::Index) else {
            return Arranged { entries: view.entries, ..Arranged::default() };
        };
        let is_one = |e: &Entry| e.kind == Kind::File && is_index(mapping, &e.name.to_string_lossy());
        let (indexes, files): (Vec<Entry>, Vec<Entry>) = view.entries.into_iter().partition(is_one);
        self.known.retain(|name, _| indexes.iter().any(|e| e.name == *name));
        let rest = Duration::from_secs(u64::from(place.rest_seconds));
        let loose: Vec<Member> = files
            .iter()
            .filter(|e| e.kind == Kind::File && memory.knows(e).is_none())
            .map(|e| Member { name: e.name.clone(), stamp: e.stamp })
            .collect();
        let mut there: Vec<&Member> = loose.iter().collect();
        let mut arranged = Arranged::default();
        for entry in indexes {
            let index = self.seen(&entry, now);
            if index.read.is_none() && (now.saturating_sub(index.since) >= rest || declared.contains(&entry.name)) {
                index.read = read(place, &entry.name);
            }
            let plis = match &index.read {
                Some(Ok(plis)) => plis,
                Some(Err(refusal)) => {
                    arranged.waiting.push((entry.name.clone(), Some(refusal.clone())));
                    continue;
                }
                None => {
                    arranged.waiting.push((entry.name.clone(), None));
                    continue;
                }
            };
            let before = arranged.entries.len();
            for (number, pli) in (1..).zip(plis) {
                let name = name_of(&entry.name, number, pli);
                if memory.knows_file(&taken_file(&name, entry.stamp)).is_none() {
                    let pli = Pli::of_entry(pli, entry.stamp, &there);
                    there.retain(|member| !pli.pages.contains(member));
                    arranged.entries.push(Entry { stamp: pli.stamp(), date: entry.date, kind: Kind::Pli(Box::new(pli)), name });
                }
            }
            if arranged.entries.len() == before {
                arranged.spent.push(entry);
            }
        }
        let unnamed: HashSet<&OsString> = there.iter().map(|m| &m.name).collect();
        for entry in files {
            if unnamed.contains(&entry.name) {
                arranged.waiting.push((entry.name, Some(crate::intake::index_awaited())));
            } else if !loose.iter().any(|m| m.name == entry.name) {
                arranged.entries.push(entry);
            }
        }
        arranged
    }

    fn seen(&mut self, entry: &Entry, now: Duration) -> &mut Index {
        let fresh = || Index { stamp: entry.stamp, since: now, read: None };
        let index = self.known.entry(entry.name.clone()).or_insert_with(fresh);
        if index.stamp != entry.stamp {
            *index = fresh();
        }
        index
    }
}

/// `None` when the medium failed: tried again at the next look.
fn read(place: &Place, name: &OsStr) -> Option<Result<Vec<IndexEntry>, Refusal>> {
    let mapping = place.index.as_ref()?;
    let read = match read_small(&place.folder.join(name)) {
        Ok(Some(bytes)) => read_index(mapping, &bytes),
        Ok(None) => Err("il est trop gros".to_owned()),
        Err(error) => {
            tracing::warn!(index = %shown_name(name), %error, "the index could not be read");
            return None;
        }
    };
    Some(read.map_err(|why| index_unreadable(&shown_name(name), &why)))
}

/// `index.csv › 12`; the number of the line where the index has no number of the pli.
fn name_of(index: &OsStr, number: usize, pli: &IndexEntry) -> OsString {
    let label = pli.facts.pli.clone().or_else(|| pli.files.first().cloned()).unwrap_or_else(|| number.to_string());
    let mut name = index.to_owned();
    name.push(OF_INDEX);
    name.push(label);
    name
}
