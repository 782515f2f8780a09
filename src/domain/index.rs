//! What the index of a capture station says of a delivery, and how an installation's index is read.

use serde::{Deserialize, Serialize};

/// What an index announced. Kept with the delivery; the reception date stands in the delivery itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexFacts {
    /// Number of the pli at the capture station.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pli: Option<String>,
    /// Number of the lot at the capture station.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// Pages that were scanned: another count on our side is an anomaly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexKind {
    Csv,
    Xml,
}

/// How an index is read: names of columns, or paths of elements and attributes. Empty: not in this index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexMapping {
    /// Name of the index file; one `*` stands for anything: `index.csv`, `*.xml`.
    pub name: String,
    pub kind: IndexKind,
    /// Between two columns of a CSV.
    #[serde(default = "semicolon")]
    pub separator: char,
    /// XML: path of the element that describes one pli, from the root. Empty: the root.
    #[serde(default)]
    pub entry: String,
    /// Name of a page file, or of the file of a pli.
    #[serde(default)]
    pub file: String,
    /// Number that orders the pages. Empty: the order of the index.
    #[serde(default)]
    pub order: String,
    #[serde(default)]
    pub pli: String,
    #[serde(default)]
    pub lot: String,
    /// Reception date.
    #[serde(default)]
    pub received: String,
    /// How it is written, as for `strftime`.
    #[serde(default = "iso_date")]
    pub date_format: String,
    /// Number of pages.
    #[serde(default)]
    pub pages: String,
}

fn semicolon() -> char {
    ';'
}

fn iso_date() -> String {
    "%Y-%m-%d".to_owned()
}
