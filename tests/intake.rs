//! What intake says of real files: scans of every make, broken ones, and files that are no scans.

use passerelle::domain::{Format, Refusal};
use passerelle::intake::{ExamineError, examine};
use std::fs::File;
use std::path::{Path, PathBuf};

const LIMIT: u64 = 100 << 20;

fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("PASSERELLE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no shared data at {}; set PASSERELLE_SHARED", path.display());
    None
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files.extend(files_under(&entry.path())),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}

fn said(path: &Path) -> Result<Format, Refusal> {
    match examine(&mut File::open(path).unwrap(), LIMIT) {
        Ok(format) => Ok(format),
        Err(ExamineError::Refused(refusal)) => Err(refusal),
        Err(ExamineError::Io(error)) => panic!("{}: {error}", path.display()),
    }
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Every scan of the corpus is accepted, and every one cut short is not.
#[test]
fn scans_of_the_corpus_are_whole_and_their_cuts_are_not() {
    let Some(shared) = shared() else { return };
    let scans: Vec<PathBuf> = files_under(&shared.join("corpus"))
        .into_iter()
        .filter(|p| ["pdf", "tif", "tiff", "jpg", "png"].contains(&extension(p).as_str()))
        .collect();
    assert!(scans.len() >= 60, "{} scans", scans.len());
    for path in scans {
        assert!(said(&path).is_ok(), "{}: {:?}", path.display(), said(&path));
        let bytes = std::fs::read(&path).unwrap();
        for share in [10, 50, 90, 99] {
            let cut = &bytes[..bytes.len() * share / 100];
            let refusal = examine(&mut std::io::Cursor::new(cut), LIMIT).unwrap_err().to_string();
            assert!(refusal.starts_with("fichier_tronque"), "{} at {share} %: {refusal}", path.display());
        }
    }
}

/// Files made by other programs, none of them cut: refusing one would turn a good scan into an anomaly.
#[test]
fn sound_files_of_other_makes_are_whole() {
    let Some(shared) = shared() else { return };
    let folders = ["data/cerfa_pdf", "data/fr_docs", "data/ocr", "data/id_docs", "data/2ddoc"];
    let files: Vec<PathBuf> = folders.iter().flat_map(|f| files_under(&shared.join(f))).collect();
    // `invalid.pdf` is what its name says: a header and nothing else.
    let known = |p: &Path| ["pdf", "tif", "tiff", "jpg", "jpeg", "png"].contains(&extension(p).as_str()) && !p.ends_with("invalid.pdf");
    let refused: Vec<String> =
        files.iter().filter(|p| known(p)).filter_map(|p| said(p).err().map(|r| format!("{}: {}", p.display(), r.code))).collect();
    eprintln!("{} files, {} refused: {refused:#?}", files.len(), refused.len());
    assert!(refused.is_empty());
}

/// Five hundred hostile files: no panic, no error of reading, a code for each refusal, all of it quick.
#[test]
fn hostile_files_get_an_answer_at_once() {
    let Some(shared) = shared() else { return };
    let started = std::time::Instant::now();
    let files = files_under(&shared.join("data/hostile"));
    assert!(files.len() > 500);
    let refused = files.iter().filter(|p| said(p).is_err()).count();
    eprintln!("{} hostile files, {refused} refused by intake, {:?}", files.len(), started.elapsed());
    assert!(started.elapsed().as_secs() < 20);
}
