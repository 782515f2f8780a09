//! The scans that the demo drops.

use super::DemoError;
use std::path::{Path, PathBuf};

/// Where they are looked for when nothing is said.
const PLACES: [&str; 2] = ["fixtures", "/usr/share/passerelle/fixtures"];

/// One file, and the name under which it is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    pub path: PathBuf,
    pub name: String,
}

/// The labelled scans of a folder, by name: each stands beside its `truth.json`.
pub(super) fn find(given: Option<&Path>) -> Result<Vec<Scan>, DemoError> {
    let places = given.map_or_else(|| PLACES.map(PathBuf::from).to_vec(), |path| vec![path.to_owned()]);
    for place in &places {
        let mut scans: Vec<Scan> = folders(place).iter().filter_map(|folder| labelled(folder)).collect();
        if !scans.is_empty() {
            scans.sort_by(|a, b| a.name.cmp(&b.name));
            return Ok(scans);
        }
    }
    Err(DemoError::NoScans(places.first().cloned().unwrap_or_default()))
}

fn folders(place: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn labelled(folder: &Path) -> Option<Scan> {
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("truth.json")).ok()?).ok()?;
    let name = truth.get("file")?.as_str()?.to_owned();
    let path = folder.join(&name);
    path.is_file().then_some(Scan { path, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_stands_beside_its_truth_and_nothing_else_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        for (name, truth) in
            [("b", r#"{"file":"b.pdf"}"#), ("a", r#"{"file":"a.tif"}"#), ("no-scan", r#"{"file":"gone.pdf"}"#), ("no-json", "?")]
        {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("truth.json"), truth).unwrap();
        }
        std::fs::write(folder.path().join("b/b.pdf"), "x").unwrap();
        std::fs::write(folder.path().join("a/a.tif"), "x").unwrap();
        std::fs::write(folder.path().join("a/notes.txt"), "x").unwrap();
        let names: Vec<String> = find(Some(folder.path())).unwrap().into_iter().map(|s| s.name).collect();
        assert_eq!(names, ["a.tif", "b.pdf"]);
    }

    #[test]
    fn a_folder_without_scans_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
    }
}
