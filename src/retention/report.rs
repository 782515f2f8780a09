//! What a round found and did, in words for the operator and as one JSON object for programs.

use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// What became of one treated file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Removed,
    WouldRemove,
    /// Its anomaly is open: it stays however old it is.
    Open,
    /// It is due, but the clock cannot be believed.
    Clock,
    /// Not the bytes that were registered. Never removed.
    Altered,
    /// The sealed original is not sound. Never removed.
    NotSealed,
    /// It could not be read or removed.
    Unreachable,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub path: String,
    pub bytes: u64,
    pub fate: Fate,
    /// In French.
    pub why: String,
}

/// One round. Files that are young are counted, the others named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub lines: Vec<Line>,
    pub young: u64,
    /// Why nothing was removed at all.
    pub refused: Option<String>,
}

impl Report {
    pub(super) fn add(&mut self, path: &Path, bytes: u64, fate: Fate, why: impl Into<String>) {
        let line = Line { path: path.to_string_lossy().into_owned(), bytes, fate, why: why.into() };
        if matches!(fate, Fate::Altered | Fate::NotSealed | Fate::Unreachable) {
            tracing::warn!(file = line.path, why = line.why, "a treated file is kept beyond its time");
        }
        self.lines.push(line);
    }

    /// How many files met this fate.
    #[must_use]
    pub fn count(&self, fate: Fate) -> usize {
        self.lines.iter().filter(|line| line.fate == fate).count()
    }

    /// Files that somebody must look at.
    #[must_use]
    pub fn reported(&self) -> usize {
        self.count(Fate::Altered) + self.count(Fate::NotSealed) + self.count(Fate::Unreachable)
    }

    /// For the operator.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let mut say = |line: String| {
            let _infallible = writeln!(text, "{line}");
        };
        if let Some(why) = &self.refused {
            say(why.clone());
        }
        for line in &self.lines {
            let what = match line.fate {
                Fate::Removed => "retiré",
                Fate::WouldRemove => "à retirer",
                Fate::Open => "gardé",
                Fate::Clock => "reporté",
                Fate::Altered | Fate::NotSealed | Fate::Unreachable => "À VOIR",
            };
            say(format!("{what:<10} {} : {}", line.path, line.why));
        }
        let (gone, due) = (self.count(Fate::Removed), self.count(Fate::WouldRemove));
        let kept = self.count(Fate::Open) + self.count(Fate::Clock);
        say(format!(
            "Retirés : {gone}. À retirer : {due}. Pas encore à terme : {}. Gardés : {kept}. À voir : {}.",
            self.young,
            self.reported()
        ));
        text
    }
}
