//! The papers of an envelope and the lines of its list, each line with its article, its version and its result.

use super::datum::{Datum, datum};
use super::{Matter, rules};
use crate::domain::{ChecklistLine, Extraction, FieldId, LineStatus, Person, Piece, Reading};
use crate::french::{self, labels};
use serde::Serialize;

/// One document of the envelope.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Paper {
    pub kind: String,
    pub document: String,
    pub pages: Vec<u32>,
    pub person: &'static str,
    /// What was read of the paper itself: its date, its signature.
    pub facts: Vec<Datum>,
}

/// One line of the list of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    pub piece: String,
    pub document: String,
    pub status: LineStatus,
    pub status_words: &'static str,
    pub class: &'static str,
    pub rank: &'static str,
    pub article: String,
    /// Day since when the rule holds, `YYYY-MM-DD`.
    pub in_force_since: String,
    /// When the paper is due, and what it must be; empty where the list of then is gone.
    pub due: String,
    pub must_be: String,
    pub because: String,
    /// Pages of the papers that were looked at for it.
    pub pages: Vec<u32>,
}

pub(super) fn paper(matter: &Matter<'_>, said: &Extraction, piece: &Piece) -> Paper {
    let fact = |(id, reading): (&FieldId, &Reading)| datum(matter, said, &format!("field:{id}"), reading, None);
    Paper {
        kind: piece.kind.to_string(),
        document: labels::document_label(matter.catalogue, piece.kind.as_str()),
        pages: piece.pages.clone(),
        person: match piece.person {
            Person::Applicant => "personne qui demande",
            Person::Conjoint => "conjoint",
            Person::Enfant => "enfant",
            Person::Parent => "parent",
            Person::Hebergeant => "hébergeant",
            Person::Other => "autre personne",
        },
        facts: piece.facts.iter().map(fact).collect(),
    }
}

pub(super) fn rule(matter: &Matter<'_>, said: &Extraction, line: &ChecklistLine) -> Rule {
    let row = rules::row(matter, said, line);
    let mut pages: Vec<u32> = rules::papers(said, line, row).iter().flat_map(|p| p.pages.clone()).collect();
    pages.sort_unstable();
    Rule {
        piece: line.piece.to_string(),
        document: labels::document_label(matter.catalogue, line.piece.as_str()),
        status: line.status,
        status_words: french::line_status(line.status),
        class: french::line_class(line.class),
        rank: french::rank(line.rank),
        article: line.article.clone(),
        in_force_since: line.rule_version.clone(),
        due: row.map(|r| french::rows::due(r, matter.catalogue)).unwrap_or_default(),
        must_be: row.map(french::rows::asks).unwrap_or_default(),
        because: line.because.clone(),
        pages,
    }
}
