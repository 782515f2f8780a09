//! The shape of the files under `pipelines/`.

use super::Condition;
use crate::domain::{FieldId, Person, PieceKind};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How a field is normalised and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One name, upper case, accents and hyphens kept.
    Name,
    /// Several names in order.
    Names,
    /// A civil date.
    Date,
    /// Letters and digits without spaces; see `pattern`.
    Number,
    /// One id of `choices`.
    Choice,
    /// ISO 3166-1 alpha-2.
    Country,
    /// A list of them.
    Countries,
    Address,
    Telephone,
    Courriel,
    /// Decimal euros.
    Amount,
    /// Yes or no.
    Flag,
    /// Upper-case text.
    Text,
}

/// A field of `pipelines/fields.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldDef {
    pub id: FieldId,
    /// For the agent, in French.
    pub label: String,
    pub kind: FieldKind,
    /// What forms and documents print before the value, in French as printed; matched with tolerance.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What forms print instead, where `labels` would mislead there; empty: no form asks for the field.
    #[serde(default)]
    pub form_labels: Option<Vec<String>>,
    /// What a form speaks of once it asked for this field: `passeport`, `naissance`, `adresse`…
    #[serde(default)]
    pub topic: Option<String>,
    /// Short labels of forms that mean this field only while the form speaks of `topic`: "Expire le", "à", "Ville".
    #[serde(default)]
    pub topic_labels: Vec<String>,
    /// For `number`: the whole value must match.
    #[serde(default)]
    pub pattern: Option<String>,
    /// For `choice` and `flag`.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// Must be settled before any dossier is filed (identity, number).
    #[serde(default)]
    pub identity: bool,
    /// Most papers of an envelope print it and confirm each other; any other printed value is looked at by both engines.
    #[serde(default)]
    pub everywhere: bool,
    /// For `date`: what has happened on it; none for an end or a begin that may be to come.
    #[serde(default)]
    pub date_of: Option<DateOf>,
}

/// What a date tells, as far as its form depends on it. A later one than the papers is in both cases that of something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOf {
    Event,
    /// Its day, or day and month, may be unknown: some states register births so.
    Birth,
}

/// A heading of a form under which the plain labels speak of another person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub id: String,
    /// The heading as forms print it.
    pub words: Vec<String>,
    /// From the applicant's field to the one meant under this heading; a field that is not here says nothing
    /// of the applicant either, unless the section is `demandeur`.
    pub fields: BTreeMap<FieldId, FieldId>,
    /// Topics of the applicant's own fields that stand under this heading all the same.
    #[serde(default)]
    pub keeps: Vec<String>,
}

/// A field of the applicant that tells something of a paper.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactDef {
    pub field: FieldId,
    pub tells: Tells,
    /// The types of paper that it speaks for.
    pub of: Vec<PieceKind>,
}

/// What is told of a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tells {
    /// A flag: it is signed.
    Signature,
    /// A date: it is valid until then.
    Expiry,
}

/// One answer of a choice and the words that stand for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub id: String,
    pub words: Vec<String>,
}

/// A document type of `pipelines/documents/ID.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDef {
    pub id: PieceKind,
    /// For the agent, in French.
    pub label: String,
    /// True for pages that are surely none of the documents of the lists (advert, covering letter).
    #[serde(default)]
    pub none: bool,
    /// Whose paper it may be; empty = the applicant's own. A paper of somebody else is a finding.
    #[serde(default)]
    pub persons: Vec<Person>,
    /// Types whose papers may also serve as this one (a bill proves the host's address as well): the same print, told
    /// apart by the permit's list and by whose paper it is.
    #[serde(default)]
    pub like: Vec<PieceKind>,
    /// True when it shows that the téléservice was closed to the applicant (R431-2): admissibility, no row of a list.
    #[serde(default)]
    pub admissibility: bool,
    /// Signs that a page is of this type; two or more must agree.
    #[serde(default)]
    pub signs: Vec<Sign>,
    /// Values printed on this document.
    #[serde(default)]
    pub values: Vec<DocumentValue>,
}

/// One thing on a page that speaks for a document type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// Any of these phrases, compared without accents, case and punctuation, with tolerance.
    #[serde(default)]
    pub any: Vec<String>,
    /// A mark other than words: `mrz:P`, `mrz:V`, `mrz:I` (code and issuer begin so: `mrz:IR`, `mrz:IDFRA`), `code:data_matrix`, `photo`, `signature`, `combs`, `checkboxes`.
    #[serde(default)]
    pub mark: Option<String>,
    /// 1 = weak, 2 = usual, 4 = the title of this very document. Negative speaks against.
    pub weight: f64,
    /// Only in the top third of the page, in large letters or alone on its line.
    #[serde(default)]
    pub title: bool,
}

/// A value that a document prints.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentValue {
    pub field: FieldId,
    /// Labels on this document; when empty those of the field.
    #[serde(default)]
    pub labels: Vec<String>,
    /// A regular expression with one group, over the text of the page, where there is no label.
    #[serde(default)]
    pub pattern: Option<String>,
}

/// A named condition of `pipelines/conditions.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedCondition {
    pub id: String,
    /// In French; completes « due si … ».
    pub label: String,
    pub when: Condition,
}

/// What a finding does, by its code (`pipelines/findings.toml`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingDef {
    pub code: String,
    pub holds: Holds,
}

/// What waits for a person until a finding is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Told, and no more.
    Nothing,
    /// The dossier is not filed before a person looked.
    Review,
    /// A person establishes the constat itself.
    Outcome,
}

/// `pipelines/vocabulaire.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// The French word for a thing of the program.
    pub words: BTreeMap<String, String>,
    pub forbidden: Vec<Forbidden>,
}

/// A word that no agent ever reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// Beginning of the word, without accents, lower case.
    pub stem: String,
    /// What to write instead, in French.
    pub instead: String,
}

/// `pipelines/deux_d_doc.toml`: the identifiers and document types of 2D-Doc, perimeter 01.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoDDocDef {
    pub types: Vec<SealedType>,
    pub identifiers: BTreeMap<String, Identifier>,
}

/// A type of document that tells something of an applicant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedType {
    /// Two characters of the header.
    pub id: String,
    /// For the agent, in French.
    pub label: String,
    /// The field that the header's date of issue fills.
    #[serde(default)]
    pub issued: Option<FieldId>,
    /// Identifiers that must be there; `10|13` is one of the two.
    #[serde(default)]
    pub required: Vec<String>,
    #[serde(default)]
    pub values: Vec<SealedValue>,
}

/// The field that identifiers hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedValue {
    pub field: FieldId,
    /// Identifiers in the order in which the field writes them; what is absent is left out.
    pub from: Vec<String>,
    /// Which part between slashes, from 0.
    #[serde(default)]
    pub part: Option<usize>,
}

/// How long the value of an identifier is, in characters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    pub least: usize,
    /// 0: no bound. Equal to `least`: fixed length, no separator follows.
    pub most: usize,
    /// For the agent, in French.
    pub label: String,
}
