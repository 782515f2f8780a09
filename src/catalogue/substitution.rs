//! `pipelines/substitution.toml`: the words of the substitution record.

use serde::Deserialize;

/// A code with its words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worded {
    pub id: String,
    pub label: String,
    /// True for a way that needs a screen; alone it is not enough.
    #[serde(default)]
    pub digital: bool,
}

/// What the record may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubstitutionDef {
    pub blockings: Vec<Worded>,
    pub vectors: Vec<Worded>,
    pub modes: Vec<Worded>,
}
