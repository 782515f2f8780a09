//! Cases of the law: facts in, constat out, beside the lists that they try (`pipelines/permits/cases/*.toml`). A lawyer writes
//! them without a programmer; `passerelle check --cases` and one test run them.
//!
//! A file holds one complete envelope of one list and what changes in each case. A reading is written as its value alone, taken
//! as accepted, or as a table with `value`, `confidence`, `decision` where the case is about a doubt.

mod expected;
mod written;

pub use expected::Expected;
pub use written::{Unreadable, known, piece, reading};

use crate::catalogue::{Catalogue, FieldKind, SourceFile};
use crate::domain::{Channel, Constat, Extraction, Piece, RequestDates};
use crate::validate::validate;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The day on which the envelopes of all cases were registered, unless they say another.
const REGISTERED: Date = jiff::civil::date(2026, 11, 20);

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    pub permit: String,
    pub request: String,
    /// Postmark of every case that does not give its own, `YYYY-MM-DD`.
    pub filed_on: String,
    #[serde(default)]
    pub registered_on: Option<Date>,
    #[serde(default)]
    pub fields: BTreeMap<String, toml::Value>,
    pub pieces: Vec<toml::Table>,
    pub cases: Vec<Change>,
}

/// One case: what differs from the complete envelope, and what must come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub name: String,
    #[serde(default)]
    pub filed_on: Option<String>,
    #[serde(default)]
    pub registered_on: Option<Date>,
    /// The reception date when the operator knows it.
    #[serde(default)]
    pub received_on: Option<Date>,
    /// The date that the applicant wrote beside the signature.
    #[serde(default)]
    pub signed_on: Option<String>,
    /// No postmark could be read.
    #[serde(default)]
    pub no_postmark: bool,
    /// Kinds that are taken out.
    #[serde(default)]
    pub without: Vec<String>,
    /// Papers that are put in, with their facts; `kind`, `person`, `confidence`, `surely_none` are the piece's own.
    #[serde(default)]
    pub with: Vec<toml::Table>,
    /// Facts changed on the papers that are there, by kind.
    #[serde(default)]
    pub facts: BTreeMap<String, toml::Table>,
    #[serde(default)]
    pub fields: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub without_fields: Vec<String>,
    #[serde(default)]
    pub request: Option<String>,
    pub expect: Expected,
}

impl Cases {
    /// Reads one file.
    ///
    /// # Errors
    /// With the place, in the words of the format.
    pub fn parse(file: &SourceFile) -> Result<Self, Unreadable> {
        toml::from_str(&file.text).map_err(|e| Unreadable(format!("{}: {e}", file.path)))
    }

    /// The constat of one of its cases.
    ///
    /// # Errors
    /// When the case names a paper or a field that the catalogue does not have, or writes a value that is none.
    pub fn constat(&self, change: &Change, catalogue: &Catalogue) -> Result<Constat, Unreadable> {
        let envelope = self.envelope(change, catalogue)?;
        Ok(self.constat_of(&envelope, change, catalogue))
    }

    /// The constat of an envelope on the days of one of its cases.
    #[must_use]
    pub fn constat_of(&self, envelope: &Extraction, change: &Change, catalogue: &Catalogue) -> Constat {
        let registered = change.registered_on.or(self.registered_on).unwrap_or(REGISTERED);
        validate(envelope, catalogue, registered, change.received_on, &[])
    }

    /// The cases that do not come out as they say, one line each.
    #[must_use]
    pub fn run(&self, name: &str, catalogue: &Catalogue) -> Vec<String> {
        let faults = |change: &Change| match self.constat(change, catalogue) {
            Ok(constat) => change.expect.faults(&constat),
            Err(error) => vec![error.to_string()],
        };
        let told = |change: &Change| (format!("{name}: {}", change.name), faults(change));
        self.cases.iter().map(told).filter(|(_, f)| !f.is_empty()).map(|(name, faults)| format!("{name}: {}", faults.join("; "))).collect()
    }

    /// The envelope of one case, as `extract` would give it.
    ///
    /// # Errors
    /// As [`Cases::constat`].
    pub fn envelope(&self, change: &Change, catalogue: &Catalogue) -> Result<Extraction, Unreadable> {
        let pieces = self.papers(change, catalogue)?;
        let mut fields = self.fields.clone();
        fields.extend(change.fields.clone());
        fields.retain(|id, _| !change.without_fields.contains(id));
        let date = |text: &str| reading(&toml::Value::from(text), Some(FieldKind::Date));
        let filed_on = change.filed_on.as_ref().unwrap_or(&self.filed_on);
        let dates = RequestDates {
            envoi: if change.no_postmark { None } else { Some(date(filed_on)?) },
            signature: change.signed_on.as_deref().map(date).transpose()?,
            ..RequestDates::default()
        };
        Ok(Extraction {
            pages: pieces.iter().flat_map(|p| p.pages.clone()).collect(),
            channel: Channel::Postal,
            permit: known(&self.permit),
            request: known(change.request.as_ref().unwrap_or(&self.request)),
            dates,
            pieces,
            fields: fields.iter().map(|(id, value)| written::field(id, value, catalogue)).collect::<Result<_, _>>()?,
            findings: Vec::new(),
            signals: BTreeMap::new(),
        })
    }

    fn papers(&self, change: &Change, catalogue: &Catalogue) -> Result<Vec<Piece>, Unreadable> {
        let mut tables = self.pieces.clone();
        tables.retain(|t| !change.without.iter().any(|k| k == written::kind(t)));
        for table in &mut tables {
            if let Some(facts) = change.facts.get(written::kind(table)) {
                table.extend(facts.clone());
            }
        }
        tables.extend(change.with.iter().cloned());
        tables.iter().zip(1..).map(|(table, page)| piece(table, page, catalogue)).collect()
    }
}
