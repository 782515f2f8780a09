//! The doctor on a sound machine, and on one where a single thing is wrong.

use crate::support::{new_delivery, sqlite};
use passerelle::cell::{CellPool, CellSettings};
use passerelle::config::Config;
use passerelle::doctor::{Check, Report, State, examine};
use passerelle::domain::{BlobKind, DeliveryId, Instant, Scope, hexadecimal};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A machine on which everything is in place, under `root`.
async fn machine(root: &Path) -> Vec<(OsString, OsString)> {
    let url = format!("sqlite:{}", root.join("passerelle.db").display());
    let store = passerelle::store::Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    for folder in ["depot", "traites", "anomalies"] {
        std::fs::create_dir(root.join(folder)).unwrap();
    }
    std::fs::create_dir(root.join("spool")).unwrap();
    std::fs::set_permissions(root.join("spool"), std::fs::Permissions::from_mode(0o700)).unwrap();
    passerelle::blobs::Blobs::open(&root.join("scans"), &root.join("cle")).unwrap();
    let path = |key: &str, name: &str| (OsString::from(key), root.join(name).into_os_string());
    vec![
        ("PASSERELLE_PREFECTURE".into(), "2A".into()),
        ("PASSERELLE_STORE__URL".into(), url.into()),
        path("PASSERELLE_DROP__FOLDER", "depot"),
        path("PASSERELLE_DROP__DONE", "traites"),
        path("PASSERELLE_DROP__ANOMALIES", "anomalies"),
        path("PASSERELLE_DROP__SPOOL", "spool"),
        path("PASSERELLE_BLOBS__FOLDER", "scans"),
        path("PASSERELLE_BLOBS__KEY_FILE", "cle"),
    ]
}

fn cells(executable: &str) -> CellPool {
    CellPool::new(CellSettings { executable: PathBuf::from(executable), ..CellSettings::default() })
}

async fn report(env: &[(OsString, OsString)], more: &[(&str, &str)], executable: &str) -> Report {
    let mut env = env.to_vec();
    env.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
    env.extend(more.iter().map(|(k, v)| ((*k).into(), (*v).into())));
    examine(&Config::load(None, env).unwrap(), &cells(executable), false).await
}

fn check<'a>(report: &'a Report, name: &str) -> &'a Check {
    report.checks.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no check {name}"))
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_passerelle");

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_machine_has_no_failure_and_says_so_twice() {
    let root = tempfile::tempdir().unwrap();
    let env = machine(root.path()).await;
    let report = report(&env, &[], PROGRAM).await;
    eprintln!("{}", report.text());
    assert!(report.checks.iter().all(|c| c.state != State::Failure) && report.exit_code() == 0, "{}", report.text());
    for name in ["configuration", "drop_folder", "key_file", "database", "tesseract", "clock", "pipelines"] {
        assert_eq!(check(&report, name).state, State::Ok, "{}", report.text());
    }
    let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    assert_eq!(json["checks"].as_array().unwrap().len(), report.text().lines().filter(|l| !l.starts_with(' ')).count());
    assert!(std::fs::read_dir(root.path().join("depot")).unwrap().next().is_none(), "the test files are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_found_where_it_is_and_comes_with_a_remedy() {
    let root = tempfile::tempdir().unwrap();
    let env = machine(root.path()).await;
    let wrong_model = root.path().join("models");
    std::fs::create_dir(&wrong_model).unwrap();
    std::fs::write(wrong_model.join(passerelle::cell::MODEL_FILE), b"another model").unwrap();
    let pipelines = root.path().join("pipelines");
    std::fs::create_dir(&pipelines).unwrap();
    std::fs::write(root.path().join("no-folder"), b"").unwrap();
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let bare = format!("sqlite:{}", root.path().join("bare.db").display());
    passerelle::store::Store::open(&bare).await.unwrap().close().await;
    let faults = [
        ("configuration", "PASSERELLE_PREFECTURE", String::new()),
        ("drop_folder", "PASSERELLE_DROP__DONE", text(root.path().join("no-folder"))),
        ("spool", "PASSERELLE_DROP__SPOOL", text(root.path().join("no-folder"))),
        ("database", "PASSERELLE_STORE__URL", bare),
        ("database", "PASSERELLE_STORE__URL", "postgres:///none?host=/nonexistent".to_owned()),
        ("second_recogniser", "PASSERELLE_MODELS_DIR", text(wrong_model)),
        ("pipelines", "PASSERELLE_PIPELINES_DIR", text(pipelines)),
        ("key_file", "PASSERELLE_BLOBS__KEY_FILE", text(root.path().join("no-folder"))),
    ];
    for (name, key, value) in faults {
        let report = report(&env, &[(key, &value)], PROGRAM).await;
        let found = check(&report, name);
        assert_eq!((found.state, report.exit_code()), (State::Failure, 1), "{key}={value}: {}", report.text());
        assert!(found.remedy.as_ref().is_some_and(|r| r.len() > 10), "{}", report.text());
    }
    let report = report(&env, &[], "/bin/false").await;
    assert_eq!(check(&report, "cell").state, State::Failure);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_others_read_or_that_is_gone_is_a_failure() {
    let root = tempfile::tempdir().unwrap();
    let env = machine(root.path()).await;
    let key = root.path().join("cle");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = report(&env, &[], "/bin/false").await;
    assert!(check(&said, "key_file").remedy.as_ref().unwrap().starts_with("chmod 600"));
    let blobs = passerelle::blobs::Blobs::open(&root.path().join("scans"), &key).unwrap();
    blobs.put(&"2A".into(), DeliveryId(uuid::Uuid::now_v7()), BlobKind::Original, b"pli").unwrap();
    std::fs::remove_file(&key).unwrap();
    let said = report(&env, &[], "/bin/false").await;
    assert_eq!(check(&said, "key_file").state, State::Failure, "sealed scans and no key");
}

#[tokio::test(flavor = "multi_thread")]
async fn fsck_finds_an_altered_file_a_row_without_file_and_a_file_without_row() {
    let root = tempfile::tempdir().unwrap();
    let env = machine(root.path()).await;
    let store = passerelle::store::Store::open(&format!("sqlite:{}", root.path().join("passerelle.db").display())).await.unwrap();
    let blobs = passerelle::blobs::Blobs::open(&root.path().join("scans"), &root.path().join("cle")).unwrap();
    let mut sealed = Vec::new();
    for content in [&b"sound"[..], b"altered", b"missing"] {
        let id = DeliveryId(uuid::Uuid::now_v7());
        let original = blobs.put(&"2A".into(), id, BlobKind::Original, content).unwrap();
        sealed.push(original.address.clone());
        let new = new_delivery(&hexadecimal(&Sha256::digest(content)), original);
        store.register_delivery(&Scope::Machine, &new, Instant(jiff::Timestamp::UNIX_EPOCH)).await.unwrap();
    }
    let nobody = blobs.put(&"2A".into(), DeliveryId(uuid::Uuid::now_v7()), BlobKind::Original, b"nobody's").unwrap();
    let stored = blobs.stored().unwrap();
    let path = |name: &str| stored.iter().find(|s| s.name == name).unwrap().path.clone();
    let fsck = || async { examine(&Config::load(None, env.clone()).unwrap(), &cells("/bin/false"), true).await };
    let young = fsck().await;
    assert!(young.checks.iter().any(|c| c.name == "sealed_files" && c.state == State::Ok), "{}", young.text());
    assert!(!young.checks.iter().any(|c| c.name == "unowned_files"), "what was sealed just now may be on its way into the ledger");

    let mut bytes = std::fs::read(path(&sealed[1])).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(path(&sealed[1]), bytes).unwrap();
    std::fs::remove_file(path(&sealed[2])).unwrap();
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_hours(24);
    std::fs::File::open(path(&nobody.address)).unwrap().set_modified(yesterday).unwrap();
    let report = fsck().await;
    for (name, address) in [("altered_files", &sealed[1]), ("missing_files", &sealed[2]), ("unowned_files", &nobody.address)] {
        let check = check(&report, name);
        assert!(check.found.starts_with("1 ") && check.found.contains(address.as_str()), "{name}: {}", check.found);
    }
    assert_eq!(report.exit_code(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_program_is_not_touched() {
    let database = sqlite();
    let store = database.open().await;
    assert_eq!(store.schema().await.unwrap(), passerelle::store::Schema::Current);
    store.close().await;
    let pool = sqlx::SqlitePool::connect(&database.url).await.unwrap();
    let newer =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    pool.close().await;
    let store = passerelle::store::Store::open(&database.url).await.unwrap();
    assert_eq!(store.schema().await.unwrap(), passerelle::store::Schema::Ahead);
}

#[tokio::test(flavor = "multi_thread")]
async fn fsck_finds_a_damaged_page_of_the_database() {
    let root = tempfile::tempdir().unwrap();
    let env = machine(root.path()).await;
    let file = root.path().join("passerelle.db");
    let state = || async {
        let report = examine(&Config::load(None, env.clone()).unwrap(), &cells("/bin/false"), true).await;
        check(&report, "ledger_file").state
    };
    assert_eq!(state().await, State::Ok);
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    let (root_page,): (i64,) = sqlx::query_as("SELECT rootpage FROM sqlite_master WHERE name = 'job'").fetch_one(&pool).await.unwrap();
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.unwrap();
    pool.close().await;
    let mut bytes = std::fs::read(&file).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let at = page * (usize::try_from(root_page).unwrap() - 1);
    bytes[at..at + 64].fill(0xee);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(state().await, State::Failure);
}
