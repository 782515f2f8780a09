//! The watched folders, each with all its settings: `[drop]`, every `[[watch]]`, and every
//! sub-folder that belongs to a préfecture of its own.

use super::Config;
use crate::domain::{Channel, IndexMapping, PrefectureId};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Deeper trees are not what a capture station writes, and each look would walk them.
const MOST_LEVELS: u8 = 4;

/// What one delivery is in a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropProfile {
    /// One file.
    #[default]
    File,
    /// One sub-folder of page files.
    Folder,
    /// What one entry of an index names.
    Index,
}

/// A `[[watch]]` of the configuration; what is absent is as in `[drop]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderConfig {
    pub folder: PathBuf,
    pub done: Option<PathBuf>,
    pub anomalies: Option<PathBuf>,
    #[serde(default)]
    pub profile: DropProfile,
    /// Levels of folders above each delivery, with profile `folder`: 2 for `yyyymmdd/batch/nnn`.
    #[serde(default)]
    pub levels: u8,
    pub prefecture: Option<PrefectureId>,
    /// Sub-folder to préfecture.
    #[serde(default)]
    pub prefectures: BTreeMap<String, PrefectureId>,
    pub channel: Option<Channel>,
    pub rest_seconds: Option<u32>,
    pub truncated_seconds: Option<u32>,
    pub done_mark: Option<String>,
    #[serde(default)]
    pub read_only: bool,
    pub index: Option<IndexMapping>,
}

/// One watched folder.
#[derive(Clone, Debug)]
pub struct Place {
    pub prefecture: PrefectureId,
    pub folder: PathBuf,
    pub done: PathBuf,
    pub anomalies: PathBuf,
    pub profile: DropProfile,
    /// Levels of folders between the place and each sub-folder that is a delivery.
    pub levels: u8,
    pub channel: Channel,
    pub rest_seconds: u32,
    pub truncated_seconds: u32,
    /// Name of the mark of a complete folder; as an ending, that of a complete file.
    pub done_mark: String,
    /// Nothing in it may be moved or removed.
    pub read_only: bool,
    pub index: Option<IndexMapping>,
    /// Names of sub-folders that are places of their own.
    pub own: Vec<String>,
}

impl Config {
    /// The watched folders of the installation's own préfecture.
    #[must_use]
    pub fn own_places(&self) -> Vec<Place> {
        self.places().into_iter().filter(|place| place.prefecture == self.prefecture).collect()
    }

    /// Every watched folder.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let drop = &self.drop;
        let first = Place {
            prefecture: self.prefecture.clone(),
            folder: drop.folder.clone(),
            done: drop.done.clone(),
            anomalies: drop.anomalies.clone(),
            profile: DropProfile::File,
            levels: 0,
            channel: drop.channel,
            rest_seconds: drop.rest_seconds,
            truncated_seconds: drop.truncated_seconds,
            done_mark: ".done".to_owned(),
            read_only: false,
            index: None,
            own: Vec::new(),
        };
        let more: Vec<Place> = self.watch.iter().flat_map(|folder| folder.places(&first)).collect();
        std::iter::once(first).chain(more).collect()
    }
}

impl FolderConfig {
    fn places(&self, first: &Place) -> Vec<Place> {
        let whole = Place {
            prefecture: self.prefecture.clone().unwrap_or_else(|| first.prefecture.clone()),
            folder: self.folder.clone(),
            done: self.done.clone().unwrap_or_else(|| self.folder.join("traites")),
            anomalies: self.anomalies.clone().unwrap_or_else(|| self.folder.join("anomalies")),
            profile: self.profile,
            levels: self.levels,
            channel: self.channel.unwrap_or(first.channel),
            rest_seconds: self.rest_seconds.unwrap_or(first.rest_seconds),
            truncated_seconds: self.truncated_seconds.unwrap_or(first.truncated_seconds),
            done_mark: self.done_mark.clone().unwrap_or_else(|| first.done_mark.clone()),
            read_only: self.read_only,
            index: self.index.clone(),
            own: self.prefectures.keys().cloned().collect(),
        };
        let below = self.prefectures.iter().map(|(name, prefecture)| Place {
            prefecture: prefecture.clone(),
            folder: whole.folder.join(name),
            done: whole.done.join(name),
            anomalies: whole.anomalies.join(name),
            own: Vec::new(),
            ..whole.clone()
        });
        let below: Vec<Place> = below.collect();
        std::iter::once(whole).chain(below).collect()
    }

    /// Paths start at the folder of the file that they stand in.
    pub(super) fn anchor(table: &mut toml::Table, base: &Path) {
        for key in ["folder", "done", "anomalies"] {
            if let Some(toml::Value::String(path)) = table.get_mut(key) {
                *path = base.join(&*path).to_string_lossy().into_owned();
            }
        }
    }
}

impl Place {
    /// What does not fit together, each with what to do.
    pub(super) fn problems(&self) -> Vec<String> {
        let shown = self.folder.display();
        let mut problems = Vec::new();
        if !super::validate::is_prefecture(self.prefecture.as_str()) {
            problems.push(format!("watch: {shown} belongs to {:?}; name a préfecture, such as \"35\"", self.prefecture.as_str()));
        }
        if self.profile == DropProfile::Index && self.index.is_none() {
            problems.push(format!("watch: {shown} has the profile \"index\" and no [watch.index]; say how its index is read"));
        }
        if self.profile == DropProfile::File && self.index.is_some() {
            problems.push(format!("watch: {shown} has an index that profile \"file\" does not read; use \"folder\" or \"index\""));
        }
        if self.levels > MOST_LEVELS || (self.levels > 0 && self.profile != DropProfile::Folder) {
            problems.push(format!(
                "watch: levels of {shown} counts folders above each delivery; at most {MOST_LEVELS}, with profile \"folder\""
            ));
        }
        if self.done_mark.is_empty() || self.done_mark.contains('/') {
            problems.push(format!("watch: done_mark of {shown} must be the name of a file, such as \".done\""));
        }
        if self.truncated_seconds < self.rest_seconds {
            problems.push(format!("watch: truncated_seconds of {shown} is shorter than rest_seconds; all in it would be an anomaly"));
        }
        if self.own.iter().any(|name| name.contains('/') || name.starts_with('.') || name.is_empty()) {
            problems.push(format!("watch: prefectures of {shown} must name sub-folders, such as {{ rennes = \"35\" }}"));
        }
        if let Some(index) = &self.index {
            if index.name.is_empty() || index.name == "*" || index.name.matches('*').count() > 1 || index.name.contains('/') {
                problems.push(format!("watch.index: name {:?} must be a file name with at most one *, such as \"*.xml\"", index.name));
            }
            if self.profile == DropProfile::Index && index.file.is_empty() {
                problems.push(format!("watch.index of {shown}: file is empty; name the column or path that holds the file name"));
            }
        }
        problems
    }
}
