//! `pipelines/parametres.toml`: the amounts, windows and ages of the law, each with the days on which it changed; and
//! `pipelines/jours_feries.toml`: the days on which no time limit ends.

use super::Catalogue;
use jiff::civil::Date;
use serde::Deserialize;

/// Parameters that the deadlines count with; a catalogue without one of them is refused.
pub const COUNTED_WITH: [&str; 12] = [
    "fenetre_anef_debut",
    "fenetre_anef_fin",
    "fenetre_papier",
    "six_mois_expiration",
    "couverture_titre_expire",
    "couverture_duree_pluriannuelle",
    "couverture_duree_accord",
    "silence",
    "taxe_retard",
    "age_dix_neuf",
    "age_majorite",
    "duplicata_vers_renouvellement",
];

/// One number of the law.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterDef {
    pub id: String,
    /// For the agent, in French.
    pub label: String,
    pub unit: Unit,
    pub values: Vec<ParameterValue>,
}

/// What a parameter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Unit {
    #[serde(rename = "EUR")]
    Euros,
    #[serde(rename = "days")]
    Days,
    #[serde(rename = "months")]
    Months,
    #[serde(rename = "years")]
    Years,
}

/// The number from a day on, until the next one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterValue {
    pub since: Date,
    pub value: i64,
    /// Article or publication.
    pub source: String,
    /// False: from the press, or not found in a text; agents read « à confirmer ».
    pub confirmed: bool,
    /// For the agent, in French.
    #[serde(default)]
    pub note: Option<String>,
}

/// Public holidays as rules.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holidays {
    /// The same day each year.
    pub fixed: Vec<FixedHoliday>,
    /// So many days after Easter Sunday.
    pub easter: Vec<EasterHoliday>,
}

/// A holiday on one day of the year.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedHoliday {
    pub month: i8,
    pub day: i8,
    /// In French.
    pub name: String,
    /// Empty: the whole country.
    pub departements: Vec<String>,
    pub confirmed: bool,
}

/// A holiday that moves with Easter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EasterHoliday {
    /// Days after Easter Sunday, negative before.
    pub offset: i32,
    /// In French.
    pub name: String,
    /// Empty: the whole country.
    pub departements: Vec<String>,
    pub confirmed: bool,
}

impl Catalogue {
    /// The value in force on a day, if the catalogue has the parameter and it was in force by then.
    #[must_use]
    pub fn parameter(&self, id: &str, on: Date) -> Option<(&ParameterDef, &ParameterValue)> {
        let parameter = self.parameters.iter().find(|p| p.id == id)?;
        Some((parameter, parameter.on(on)?))
    }
}

impl ParameterDef {
    /// The value in force on a day; none before the first.
    #[must_use]
    pub fn on(&self, day: Date) -> Option<&ParameterValue> {
        self.values.iter().filter(|v| v.since <= day).max_by_key(|v| v.since)
    }
}
