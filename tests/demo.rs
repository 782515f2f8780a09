//! `passerelle demo --once`, as a newcomer runs it: a file, its twin and a file that is no scan.

use passerelle::domain::Scope;
use passerelle::store::Store;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn copy(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let (from, to) = (Path::new(FIXTURES).join(name), folder.path().join(name));
        std::fs::create_dir(&to).unwrap();
        for entry in std::fs::read_dir(&from).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
    folder
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

#[test]
fn everything_dropped_is_accounted_for() {
    let fixtures = copy(&["anomalie-chiffre", "anomalie-texte", "contradiction-sexe"]);
    let kept = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(["demo", "--once", "--fixtures"])
        .arg(fixtures.path())
        .arg("--folder")
        .arg(kept.path().join("demo"))
        .env("OMP_THREAD_LIMIT", "1")
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");

    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "only the counts on standard output: {text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    // The first file is dropped again under another name.
    let counts = ["dropped", "processed", "anomalies", "duplicates", "pages", "envelopes"].map(|name| line[name].as_u64().unwrap());
    assert_eq!(counts, [4, 1, 2, 1, 3, 1], "{line}\n{talk}");
    assert_eq!(line["dossiers"].as_u64().unwrap() + line["in_review"].as_u64().unwrap(), 1, "{line}");
    assert_eq!(line["adds_up"], true);
    assert!(files_under(&kept.path().join("demo/depot")).is_empty(), "a source was left in the drop folder");
}

/// The same file, profile and options, and no correction: what went through the database equals what went through memory.
#[tokio::test]
async fn export_prints_what_process_prints() {
    let names = ["anomalie-texte", "deux-demandeurs", "etudiant-renouvellement"];
    let (fixtures, kept) = (copy(&names), tempfile::tempdir().unwrap());
    let demo = kept.path().join("demo");
    let program = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_passerelle")).args(arguments).env("OMP_THREAD_LIMIT", "1").output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let path = |path: &Path| path.display().to_string();
    let (_, talk) = program(&["demo", "--once", "--fixtures", &path(fixtures.path()), "--folder", &path(&demo)]);
    let store = Store::open(&format!("sqlite://{}", demo.join("passerelle.db").display())).await.unwrap();
    let deliveries = store.deliveries(&Scope::Machine).await.unwrap();
    assert_eq!(deliveries.len(), names.len(), "{talk}");
    for entry in deliveries {
        let (id, file) = (entry.delivery.id.to_string(), entry.delivery.file);
        let (exported, why) = program(&["export", "--json", &id, "--config", &path(&demo.join("passerelle.toml"))]);
        // Of the file and its twin, dropped a moment apart, either may be the one taken first.
        let fixture = file.strip_prefix("encore-").unwrap_or(&file);
        let original = names.iter().map(|name| fixtures.path().join(name).join(fixture)).find(|path| path.exists()).unwrap();
        let dropped = kept.path().join(&file);
        std::fs::copy(original, &dropped).unwrap();
        let (processed, _) = program(&["process", "--json", &path(&dropped)]);
        assert!(exported.starts_with("{\"contract\":1,"), "{why}");
        assert_eq!(exported, processed, "{file}");
    }
}

#[test]
fn a_demo_without_scans_says_where_it_looked() {
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_passerelle")).args(["demo", "--once", "--fixtures"]).arg(empty.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&empty.path().display().to_string()));
}
