//! The configuration as an operator meets it: real files, real variables, the messages that come back.

use passerelle::config::{Config, ConfigError, EXAMPLE};
use std::ffi::OsString;
use std::path::PathBuf;

fn env(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
}

fn load(text: &str, pairs: &[(&str, &str)]) -> (tempfile::TempDir, Result<Config, ConfigError>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("passerelle.toml");
    std::fs::write(&path, text).unwrap();
    let config = Config::load(Some(&path), env(pairs));
    (dir, config)
}

fn message(text: &str, pairs: &[(&str, &str)]) -> String {
    load(text, pairs).1.unwrap_err().to_string()
}

#[test]
fn the_example_is_the_default_and_a_valid_file() {
    let (_dir, from_file) = load(EXAMPLE, &[]);
    let default = Config::load(None, env(&[])).unwrap();
    let (from_file, default) = (from_file.unwrap(), default);
    assert_eq!(format!("{from_file:?}"), format!("{default:?}"));
    assert_eq!(default.profile, passerelle::domain::Profile::Observation);
    assert_eq!(default.models_dir, None);
}

#[test]
fn the_example_explains_every_key() {
    let mut explained = false;
    for (number, line) in EXAMPLE.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('#') {
            explained = true;
        } else if line.is_empty() {
            explained = false;
        } else {
            // A group of keys may share the words above it.
            assert!(explained || line.starts_with('['), "line {}: nothing explains {line}", number + 1);
        }
    }
}

#[test]
fn a_file_changes_only_what_it_names_and_the_environment_wins() {
    let text = "prefecture = \"35\"\n[limits]\npages = 40\nbytes = 1_000_000\n";
    let (_dir, config) = load(text, &[("PASSERELLE_LIMITS__PAGES", "7"), ("PASSERELLE_PREFECTURE", "2A"), ("PASSERELLE_IMAGE_TAG", "1.2")]);
    let config = config.unwrap();
    assert_eq!((config.limits.pages, config.limits.bytes), (7, 1_000_000));
    assert_eq!(config.prefecture.as_str(), "2A");
    assert_eq!(config.drop.scan_seconds, Config::load(None, env(&[])).unwrap().drop.scan_seconds);
    config.validate().unwrap();
}

#[test]
fn a_prefecture_that_looks_like_a_number_stays_text() {
    let config = Config::load(None, env(&[("PASSERELLE_PREFECTURE", "01")])).unwrap();
    assert_eq!(config.prefecture.as_str(), "01");
}

#[test]
fn relative_paths_start_at_the_file_that_names_them() {
    let (dir, config) = load("[drop]\nfolder = \"depot\"\n[store]\nurl = \"sqlite:base.db\"\n", &[("PASSERELLE_DROP__DONE", "traites")]);
    let config = config.unwrap();
    assert_eq!(config.drop.folder, dir.path().join("depot"));
    assert_eq!(config.drop.done, std::env::current_dir().unwrap().join("traites"));
    assert_eq!(config.store.url, format!("sqlite://{}", dir.path().join("base.db").display()));
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_key() {
    let text = "prefecture = \"35\"\n\n[drop]\n# a comment\nscan_secondes = 3\n";
    let error = message(text, &[]);
    assert!(error.contains("passerelle.toml:5"), "{error}");
    assert!(error.contains("drop.scan_secondes") && error.contains("did you mean `drop.scan_seconds`?"), "{error}");
    let error = message("[limit]\npages = 3\n", &[]);
    assert!(error.contains(":2") && error.contains("`limits.pages`"), "{error}");
    let error = message("pages = 3\n", &[]);
    assert!(error.contains("`limits.pages`"), "the right key in the wrong section: {error}");
    let error = message("[drop]\nzzzzqqqq = 3\n", &[]);
    assert!(error.contains("lists every key"), "{error}");
}

#[test]
fn an_unknown_variable_is_refused_by_name() {
    let error = message("", &[("PASSERELLE_DROP__FOLDERS", "/x")]);
    assert!(error.contains("PASSERELLE_DROP__FOLDERS") && error.contains("did you mean PASSERELLE_DROP__FOLDER?"), "{error}");
    let error = message("", &[("PASSERELLE_DROP_FOLDER", "/x")]);
    assert!(error.contains("did you mean PASSERELLE_DROP__FOLDER?"), "one underscore: {error}");
}

#[test]
fn a_wrong_value_is_blamed_on_its_own_line() {
    let error = message("prefecture = \"35\"\nprofile = \"auto\"\n[limits]\npages = 3\n", &[]);
    assert!(error.contains(":2") && error.contains("`profile`") && error.contains("observation"), "{error}");
    let error = message("[limits]\npages = \"many\"\n", &[]);
    assert!(error.contains(":2") && error.contains("`limits.pages`"), "{error}");
    let error = message("[limits]\nbytes = 3\npages = -1\n", &[]);
    assert!(error.contains(":3"), "{error}");
    let error = message("", &[("PASSERELLE_LIMITS__PAGES", "beaucoup")]);
    assert!(error.contains("PASSERELLE_LIMITS__PAGES"), "{error}");
    let error = message("[drop\nfolder = 3\n", &[]);
    assert!(error.contains("passerelle.toml:1") && error.contains("not TOML"), "{error}");
    let error = message("drop = 3\n", &[]);
    assert!(error.contains(":1") && error.contains("drop"), "a section given as a value: {error}");
}

#[test]
fn a_file_that_anyone_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("passerelle.toml");
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let error = Config::load(Some(&path), env(&[])).unwrap_err().to_string();
    assert!(error.contains("chmod o-w"), "{error}");
    let absent = Config::load(Some(&PathBuf::from("/nonexistent/passerelle.toml")), env(&[])).unwrap_err().to_string();
    assert!(absent.contains("/nonexistent/passerelle.toml"), "{absent}");
}

#[test]
fn validate_names_everything_that_does_not_fit_together() {
    let text = r#"
[drop]
folder = "depot"
done = "depot/tmp"
spool = "depot/spool"
truncated_seconds = 1
[blobs]
key_file = "depot/cle"
[web]
address = "0.0.0.0:8080"
[store]
url = "mysql://x"
"#;
    let (_dir, config) = load(text, &[]);
    let error = config.unwrap().validate().unwrap_err().to_string();
    for part in ["prefecture is empty", "drop.done", "drop.spool", "truncated_seconds", "key_file", "0.0.0.0:8080", "store.url"] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[test]
fn done_and_anomalies_may_be_subfolders_of_the_watched_folder() {
    let text =
        "prefecture = \"35\"\n[drop]\nfolder = \"depot\"\ndone = \"depot/traites\"\nanomalies = \"depot/anomalies\"\nspool = \"spool\"\n";
    let (_dir, config) = load(text, &[]);
    config.unwrap().validate().unwrap();
}

#[test]
fn a_link_cannot_hide_that_two_folders_are_one() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("depot")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("depot"), dir.path().join("autre")).unwrap();
    let path = dir.path().join("passerelle.toml");
    std::fs::write(&path, "prefecture = \"35\"\n[drop]\nfolder = \"depot\"\nspool = \"autre/spool\"\n").unwrap();
    let error = Config::load(Some(&path), env(&[])).unwrap().validate().unwrap_err().to_string();
    assert!(error.contains("drop.folder and drop.spool"), "{error}");
}
