//! Decoding and recognition on real files.

use passerelle::domain::Format;
use passerelle::pages::{self, Limits};
use passerelle::recognise;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The corpus, or `None` with a message where it is not.
pub fn corpus() -> Option<PathBuf> {
    let base = std::env::var_os("PASSERELLE_SHARED").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let corpus = base.join("corpus");
    if !corpus.is_dir() {
        println!("skipped: {} is absent (set PASSERELLE_SHARED)", corpus.display());
        return None;
    }
    Some(corpus)
}

/// The scan of one corpus folder.
pub fn scan(corpus: &Path, name: &str) -> (Vec<u8>, Format) {
    let dir = corpus.join(name);
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(dir.join("truth.json")).unwrap()).unwrap();
    let bytes = std::fs::read(dir.join(truth["file"].as_str().unwrap())).unwrap();
    let format = if bytes.starts_with(b"%PDF") { Format::Pdf } else { Format::Tiff };
    (bytes, format)
}

fn open(name: &str) -> Option<(pages::Document, serde_json::Value)> {
    let dir = corpus()?.join(name);
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(dir.join("truth.json")).unwrap()).unwrap();
    let bytes: Arc<[u8]> = std::fs::read(dir.join(truth["file"].as_str().unwrap())).unwrap().into();
    let format = if bytes.starts_with(b"%PDF") { Format::Pdf } else { Format::Tiff };
    Some((pages::open(bytes, format, &Limits::default()).unwrap(), truth))
}
