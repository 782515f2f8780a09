//! Reads and checks `pipelines/`: permits, documents, fields, vocabulary.

mod definition;

pub use definition::*;

/// Everything that `pipelines/` says, checked.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub fields: Vec<FieldDef>,
    pub documents: Vec<DocumentDef>,
    pub permits: Vec<PermitDef>,
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
}
