//! The labels of a folder of scans.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The labels of one scan.
#[derive(Clone, Debug, Deserialize)]
pub struct Truth {
    /// Base name of the scan beside the labels.
    pub file: String,
    pub envelopes: Vec<TruthEnvelope>,
    /// Where the labels were read.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The labels of one application.
#[derive(Clone, Debug, Deserialize)]
pub struct TruthEnvelope {
    pub pages: Vec<u32>,
    /// Cover sheet and envelope front: leaving them out or keeping them is as right.
    #[serde(default)]
    pub neutral_pages: Vec<u32>,
    pub pieces: Vec<TruthPiece>,
    pub permit: String,
    pub request: String,
    pub fields: BTreeMap<String, Value>,
    /// Fields that can be read only from handwriting.
    #[serde(default)]
    pub handwritten: Vec<String>,
    #[serde(default)]
    pub missing: Vec<String>,
    /// Groups of which any member may be named.
    #[serde(default)]
    pub missing_any: Vec<Vec<String>>,
    #[serde(default)]
    pub doubtful: Vec<String>,
    #[serde(default)]
    pub ambiguous: Vec<String>,
    #[serde(default)]
    pub conflicts: Vec<TruthConflict>,
    pub expected_outcome: String,
}

/// A field that two documents give differently.
#[derive(Clone, Debug, Deserialize)]
pub struct TruthConflict {
    pub field: String,
}

/// The labels of one document.
#[derive(Clone, Debug, Deserialize)]
pub struct TruthPiece {
    pub kind: String,
    pub pages: Vec<u32>,
    /// Other kinds that are as right.
    #[serde(default)]
    pub accept: Vec<String>,
}

/// Why labels could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is no truth.json of a labelled scan: {source}")]
    Shape { path: PathBuf, source: serde_json::Error },
    #[error("no truth.json in {path} or the folders below it; name a labelled folder")]
    Empty { path: PathBuf },
}

/// Reads every `truth.json` of the folder and of the folders in it, in name order.
pub fn load(folder: &Path) -> Result<Vec<Truth>, TruthError> {
    let mut truths = Vec::new();
    for place in folders(folder)? {
        let path = place.join("truth.json");
        if !path.exists() {
            continue;
        }
        let text = std::fs::read(&path).map_err(|source| TruthError::Read { path: path.clone(), source })?;
        let mut truth: Truth = serde_json::from_slice(&text).map_err(|source| TruthError::Shape { path, source })?;
        truth.folder = place;
        truths.push(truth);
    }
    if truths.is_empty() {
        return Err(TruthError::Empty { path: folder.to_owned() });
    }
    Ok(truths)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, TruthError> {
    let read = |source| TruthError::Read { path: folder.to_owned(), source };
    let mut folders = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
