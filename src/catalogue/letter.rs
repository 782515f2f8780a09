//! Letters as data: `pipelines/letters/*.toml`, their blocks with placeholders, and the sentence of help in other languages.

use crate::domain::{FieldId, HelpLine};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Words in braces that a text may use, with what they stand for.
pub const PLACEHOLDERS: [(&str, &str); 16] = [
    ("demande", "permit and kind of request in words"),
    ("reference", "short reference of the dossier"),
    ("date_reception", "day of arrival"),
    ("date_depot", "filing date"),
    ("base_depot", "what proves the filing date"),
    ("date_silence", "end of the time after which silence is a rejection"),
    ("article_silence", "its articles"),
    ("date_limite", "last day to send what is missing"),
    ("date_couverture", "until when the expired card proves lawful stay"),
    ("nombre_pieces", "number of missing documents, in words"),
    ("service", "name of the service"),
    ("adresse_service", "its postal address on one line"),
    ("telephone_service", "its telephone"),
    ("courriel_service", "its e-mail address"),
    ("tribunal", "administrative court with its address"),
    ("dpd", "how to reach the data protection officer"),
];

/// What a block may hang on.
pub const FLAGS: [(&str, &str); 8] = [
    ("complet", "nothing is missing, nothing waits"),
    ("incomplet", "an agent confirmed that documents are missing"),
    ("en_examen", "the list of documents is not settled yet"),
    ("valeurs_en_attente", "a value of `reads_back` still waits for a person"),
    ("hors_catalogue", "the request is for a permit outside the catalogue"),
    ("silence_incertain", "whether the paper way was open is still to be checked"),
    ("couverture", "the expired card still proves lawful stay"),
    ("suspension", "a time limit runs that this letter suspends"),
];

/// When a letter is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterDue {
    /// For every request.
    Always,
    /// For a dossier that a named agent found incomplete.
    Incomplete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    Heading,
    Paragraph,
    /// The values of `reads_back` that are settled.
    Values,
    /// The documents that were found.
    Found,
    /// The documents that are missing, each with its article.
    Missing,
    /// The sentence of help in other languages.
    Help,
}

/// One block of a letter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockDef {
    pub kind: BlockKind,
    #[serde(default)]
    pub text: String,
    /// One of [`FLAGS`], or `not FLAG`; without it the block always stands.
    #[serde(default)]
    pub when: Option<String>,
}

impl BlockDef {
    /// The flag that the block hangs on, and whether it must hold.
    #[must_use]
    pub fn condition(&self) -> Option<(&str, bool)> {
        let when = self.when.as_deref()?;
        Some(when.strip_prefix("not ").map_or((when, true), |flag| (flag.trim(), false)))
    }
}

/// The slip that comes back with corrections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipDef {
    pub title: String,
    pub lead: String,
}

/// One letter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterDef {
    pub id: String,
    /// Two capitals in the QR code.
    pub code: String,
    pub label: String,
    pub title: String,
    /// Date in force of this text.
    pub since: Date,
    pub sources: Vec<String>,
    pub due: LetterDue,
    /// Fields that are read back to the applicant, in order.
    #[serde(default)]
    pub reads_back: Vec<FieldId>,
    /// A field in the applicant's words, where the label for agents is too short.
    #[serde(default)]
    pub labels: BTreeMap<FieldId, String>,
    pub blocks: Vec<BlockDef>,
    pub slip: Option<SlipDef>,
}

/// `pipelines/aide.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpDef {
    pub lines: Vec<HelpLine>,
}

/// The words in braces of a text, in order.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default())
}
