//! The shape of a permit: its lists of documents and what a row of one may ask.

use super::Condition;
use crate::domain::{LineClass, PermitId, Person, PieceKind, Rank};
use jiff::civil::Date;
use serde::Deserialize;

/// A permit of `pipelines/permits/ID.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitDef {
    pub id: PermitId,
    /// For the agent, in French.
    pub label: String,
    pub basis: String,
    /// Words on forms and letters that name this permit.
    #[serde(default)]
    pub names: Vec<String>,
    /// True when the permit's lists are complete enough to decide; else it is recognised and goes to review.
    #[serde(default)]
    pub decides: bool,
    /// Day since when the request belongs to the téléservice (annexe 9); none = not on it.
    #[serde(default)]
    pub anef_since: Option<Date>,
    /// Days of silence that make an implicit rejection; none = four months (R432-2).
    #[serde(default)]
    pub silence_days: Option<u32>,
    /// Article of `silence_days`.
    #[serde(default)]
    pub silence_article: Option<String>,
    /// What the code rules for this permit besides its lists.
    #[serde(default)]
    pub rules: Vec<PermitRule>,
    #[serde(default)]
    pub lists: Vec<PieceList>,
}

/// A rule that holds for some permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermitRule {
    /// The first request is to be filed at the latest on the eve of the nineteenth birthday (R431-5 2°).
    BeforeNineteen,
    /// The permit rests on an international agreement: above one year, its expired card covers too (L433-3).
    Agreement,
    /// A first paper of a protected person is printed at once (R431-15-3, R431-15-4).
    Protection,
}

impl PermitDef {
    #[must_use]
    pub fn has(&self, rule: PermitRule) -> bool {
        self.rules.contains(&rule)
    }

    /// The list for this kind of request that is in force on a day: the latest that began by then.
    #[must_use]
    pub fn list_on(&self, request: &str, day: Date) -> Option<&PieceList> {
        self.lists.iter().filter(|l| l.request == request && l.since <= day).max_by_key(|l| l.since)
    }
}

impl PieceList {
    /// The rows in force on a day, in the order of the list.
    pub fn rows_on(&self, day: Date) -> impl Iterator<Item = &ListRow> {
        self.rows.iter().filter(move |row| row.since.is_none_or(|since| since <= day) && row.until.is_none_or(|until| day <= until))
    }

    /// Since when a row of this list holds.
    #[must_use]
    pub fn since_of(&self, row: &ListRow) -> Date {
        row.since.map_or(self.since, |since| since.max(self.since))
    }
}

/// The list of documents for one kind of request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PieceList {
    /// `premiere`, `renouvellement`, `duplicata`, `changement_adresse`, `changement_statut`.
    pub request: String,
    /// Date in force. The list with the latest date not after the filing date decides.
    pub since: Date,
    pub rows: Vec<ListRow>,
}

/// One row of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRow {
    pub piece: PieceKind,
    pub rank: Rank,
    pub class: LineClass,
    pub article: String,
    /// In force from this day on; none = since the list is.
    #[serde(default)]
    pub since: Option<Date>,
    /// Last day in force.
    #[serde(default)]
    pub until: Option<Date>,
    /// When the row applies; none = always.
    #[serde(default)]
    pub when: Option<Condition>,
    /// Other kinds that count as this one.
    #[serde(default)]
    pub or: Vec<PieceKind>,
    /// Not older than so many months at the filing date.
    #[serde(default)]
    pub max_age_months: Option<u32>,
    /// The paper must bear a signature.
    #[serde(default)]
    pub signed: bool,
    /// The paper must still be valid at the filing date.
    #[serde(default)]
    pub valid: bool,
    /// The paper may bear somebody else's name when this holds (a host's bill).
    #[serde(default)]
    pub other_name_when: Option<Condition>,
    /// Rows of one list with the same group stand for each other: one that counts is enough.
    #[serde(default)]
    pub group: Option<String>,
    /// So many papers must count; none = one.
    #[serde(default)]
    pub count: Option<u32>,
    /// Papers must be dated in each of so many years or semesters before the filing date.
    #[serde(default)]
    pub covers: Option<Covers>,
    /// Whose paper it must be; with several persons, one of each. Empty: whose papers the document type allows.
    #[serde(default)]
    pub of: Vec<Person>,
    /// The administration holds it already, or can get it (CRPA L113-12, L114-8): then it is not asked for.
    #[serde(default)]
    pub held_when: Option<Condition>,
    /// The texts do not write when it is due: shown to the agent, never required by itself (`domain.md` 0, 5).
    #[serde(default)]
    pub advisory: bool,
    /// For the agent, in French: completes the reason.
    #[serde(default)]
    pub note: Option<String>,
}

/// For how long a presence or an activity is to be shown, counted back from the filing date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covers {
    pub years: u16,
    pub per: Period,
}

/// One paper is asked for each of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Year,
    Semester,
}

impl Period {
    /// Its length.
    #[must_use]
    pub const fn months(self) -> u16 {
        match self {
            Self::Year => 12,
            Self::Semester => 6,
        }
    }
}
