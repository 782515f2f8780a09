//! No page that came from a scanner is taken for a photograph: pages of the labelled corpus and of the fixtures.

use passerelle::domain::Format;
use passerelle::pages::{Limits, open};
use std::path::{Path, PathBuf};

/// Every so many pages of the corpus: some hundred and sixty.
const EVERY: usize = 4;

fn scans(folder: &Path) -> Vec<PathBuf> {
    let Ok(folders) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = folders.flatten().filter_map(|f| std::fs::read_dir(f.path()).ok()).flatten().flatten().map(|f| f.path());
    let mut files: Vec<PathBuf> = files.filter(|f| f.extension().is_some_and(|e| e == "pdf")).collect();
    files.sort();
    files
}

#[test]
fn no_scanned_page_is_laid_flat() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("PASSERELLE_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let fixtures = scans(&root.join("fixtures"));
    let corpus = scans(&shared.join("corpus"));
    if corpus.is_empty() {
        println!("only the fixtures: no corpus at {}", shared.display());
    }
    let documents = fixtures.iter().chain(&corpus).filter_map(|file| {
        let bytes = std::fs::read(file).unwrap();
        open(bytes.into(), Format::Pdf, &Limits::default()).ok().map(|document| (file, document))
    });
    let pages =
        documents.flat_map(|(file, document)| (1..=document.page_count()).filter_map(move |n| document.page(n).ok().map(|p| (file, n, p))));
    let mut seen = 0;
    for (file, number, picture) in pages.step_by(EVERY) {
        assert!(picture.sheet.is_none(), "page {number} of {} was laid flat", file.display());
        seen += 1;
    }
    println!("{seen} pages");
    assert!(seen > 10);
}
