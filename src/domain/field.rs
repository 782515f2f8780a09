//! Values of fields, normalised as the contract says.

use super::PartialDate;
use serde::{Deserialize, Serialize};

/// A normalised value; its JSON form is the one of the contract. The field's kind (catalogue) says
/// which variant it takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    Bool(bool),
    /// `YYYY-MM-DD`.
    Date(jiff::civil::Date),
    /// Names, numbers, choices, codes.
    Text(String),
    /// Ordered: `prenoms`, `nationalites`, `langues`.
    List(Vec<String>),
    PartialDate(PartialDate),
    Address(Address),
}

/// A French postal address (NF Z10-011), upper case.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    pub numero: Option<String>,
    pub voie: String,
    pub complement: Option<String>,
    pub code_postal: String,
    pub commune: String,
    /// ISO 3166-1 alpha-2.
    pub pays: Option<String>,
}
