//! Reads and checks `pipelines/`: permits, documents, fields, conditions, vocabulary.

mod calendar;
mod check;
mod condition;
mod definition;
mod letter;
mod load;
mod parameter;
mod permit;
mod slip;
mod substitution;

pub use check::Problem;
pub use condition::{BIRTH, Condition, ConditionError, Expr, Op, Operand, References};
pub use definition::*;
pub use letter::*;
pub use load::{CatalogueError, SourceFile, case_files};
pub use parameter::*;
pub use permit::*;
pub use slip::*;
pub use substitution::*;

use crate::domain::{Calibration, PieceKind};
use std::sync::Arc;

/// Everything that `pipelines/` says, checked.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub fields: Vec<FieldDef>,
    /// Headings of forms that speak of another person.
    pub sections: Vec<Section>,
    /// Fields that tell of a paper.
    pub facts: Vec<FactDef>,
    pub documents: Vec<DocumentDef>,
    pub permits: Vec<PermitDef>,
    pub conditions: Vec<NamedCondition>,
    pub findings: Vec<FindingDef>,
    pub parameters: Vec<ParameterDef>,
    pub holidays: Holidays,
    pub letters: Vec<LetterDef>,
    pub help: HelpDef,
    pub substitution: SubstitutionDef,
    pub two_d_doc: TwoDDocDef,
    pub vocabulary: Vocabulary,
    /// Oldest first, by file name.
    pub calibrations: Vec<Calibration>,
    sources: Arc<[SourceFile]>,
    snapshot: String,
}

impl Catalogue {
    /// The definition of a field, if the catalogue has it.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&FieldDef> {
        self.fields.iter().find(|f| f.id.as_str() == id)
    }

    /// The definition of a document type, if the catalogue has it.
    #[must_use]
    pub fn document(&self, id: &str) -> Option<&DocumentDef> {
        self.documents.iter().find(|d| d.id.as_str() == id)
    }

    /// The definition of a permit, if the catalogue has it.
    #[must_use]
    pub fn permit(&self, id: &str) -> Option<&PermitDef> {
        self.permits.iter().find(|p| p.id.as_str() == id)
    }

    /// The text of a letter, if the catalogue has it.
    #[must_use]
    pub fn letter(&self, id: &str) -> Option<&LetterDef> {
        self.letters.iter().find(|l| l.id == id)
    }

    /// The named condition, if the catalogue has it.
    #[must_use]
    pub fn condition(&self, id: &str) -> Option<&NamedCondition> {
        self.conditions.iter().find(|c| c.id == id)
    }

    /// The fields that tell this of papers of this type, in the order of the file.
    pub fn told_of(&self, kind: &PieceKind, tells: Tells) -> impl Iterator<Item = &str> + use<'_> {
        let kind = kind.clone();
        self.facts.iter().filter(move |f| f.tells == tells && f.of.contains(&kind)).map(|f| f.field.as_str())
    }

    /// The section of a form, if the catalogue has it.
    #[must_use]
    pub fn section(&self, id: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.id == id)
    }

    /// What a finding of this code does. A code that the catalogue does not know waits for a person: rather a look too many.
    #[must_use]
    pub fn holds(&self, code: &str) -> Holds {
        self.findings.iter().find(|f| f.code == code).map_or(Holds::Review, |f| f.holds)
    }

    /// Version of the whole: the same for the same files, another as soon as one byte differs. 16 hexadecimal digits.
    #[must_use]
    pub fn snapshot(&self) -> &str {
        &self.snapshot
    }

    /// Version of what the reading of a page depends on: fields with their labels, and documents.
    #[must_use]
    pub fn reading_snapshot(&self) -> String {
        let reads: Vec<SourceFile> =
            self.sources.iter().filter(|f| f.path == "fields.toml" || f.path.starts_with("documents/")).cloned().collect();
        load::snapshot(&reads)
    }
}
