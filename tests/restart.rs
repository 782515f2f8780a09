//! The worker is killed at every boundary of the line and started again: the same dossier, once, and no
//! page, question or job more or less than in a run without a kill, on both databases.

use crate::support::recorded::{Recorded, page};
use crate::support::{agent, new_delivery, postgres::Cluster};
use passerelle::blobs::Blobs;
use passerelle::catalogue::Catalogue;
use passerelle::clock::Clock;
use passerelle::domain::*;
use passerelle::failpoint;
use passerelle::line::Rules;
use passerelle::store::*;
use passerelle::worker::Worker;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const SIGKILL: i32 = 9;
/// More pages than one reading job takes.
const PAGES: u32 = PAGES_PER_READ + 2;
/// A question leads to a constat that may ask the next one.
const ROUNDS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_leaves_the_same_dossier_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str| format!("sqlite:{}", folder.path().join(format!("{name}.db")).display());
    kill_everywhere(&make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_leaves_the_same_dossier_on_postgresql() {
    let Some(cluster) = Cluster::start() else {
        eprintln!("skipped: PostgreSQL is not installed");
        return;
    };
    kill_everywhere(&|name: &str| cluster.create(name)).await;
}

/// The process that is killed: a worker over recorded pages, until nothing is left to do.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the worker that the tests above start and kill"]
async fn child() {
    let variable = |name| std::env::var(name).unwrap();
    let (store, blobs) = open(&variable("TEST_DATABASE"), Path::new(&variable("TEST_FOLDER"))).await;
    let rules = Rules {
        catalogue: Catalogue::embedded().unwrap(),
        profile: Profile::Evaluation,
        trust: passerelle::domain::Trust::default(),
        ground: passerelle::domain::Ground::Agreement,
    };
    let pages = (1..=PAGES).map(|n| page(n, &["Demande de titre de séjour", "NOM DIALLO", &format!("page {n}")])).collect();
    let mut worker = Worker::new(store, blobs, Recorded::of(pages), Arc::new(rules), Clock::System);
    (worker.lease_seconds, worker.poll) = (30, Duration::from_millis(50));
    worker.run_until_idle().await.unwrap();
}

/// State, person, fields, pieces with their pages, events.
type DossierSeen = (DossierState, Option<String>, Vec<FieldView>, Vec<PieceView>, Vec<String>);

/// What must not depend on the kills.
#[derive(Debug, PartialEq)]
struct Outcome {
    dossier: DossierSeen,
    pages: Vec<PageRead>,
    pictures: Vec<Vec<u8>>,
    assembly: Assembly,
    extraction: Extraction,
    constat: Constat,
    events: Vec<String>,
    jobs: Vec<(JobState, u32)>,
    told: Vec<String>,
}

async fn kill_everywhere(make: &dyn Fn(&str) -> String) {
    let (expected, _) = run(&make("calm"), None).await;
    for (index, name) in failpoint::LINE.iter().enumerate() {
        let (outcome, killed) = run(&make(&format!("killed_{index}")), Some(name)).await;
        assert!(killed, "{name} was never reached");
        assert_eq!(outcome, expected, "killed at {name}");
    }
}

async fn run(url: &str, failpoint: Option<&str>) -> (Outcome, bool) {
    let folder = tempfile::tempdir().unwrap();
    let (store, blobs) = open(url, folder.path()).await;
    store.migrate().await.unwrap();
    let id = drop_file(&store, &blobs).await;
    let mut armed = failpoint;
    for _ in 0..ROUNDS {
        if work(url, folder.path(), armed) {
            armed = None;
            assert!(!work(url, folder.path(), None));
        }
        if agent::answer_all(&store).await == 0 {
            break;
        }
    }
    let outcome = outcome(&store, &blobs, id).await;
    store.close().await;
    (outcome, failpoint.is_some() && armed.is_none())
}

/// Runs the worker to its end, which is true when it was killed.
fn work(url: &str, folder: &Path, failpoint: Option<&str>) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "restart::child", "--ignored", "--nocapture"]).env("TEST_DATABASE", url).env("TEST_FOLDER", folder);
    command.env_remove(failpoint::VARIABLE).envs(failpoint.map(|name| (failpoint::VARIABLE, name)));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let killed = output.status.signal() == Some(SIGKILL);
    assert!(killed || output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    killed
}

async fn open(url: &str, folder: &Path) -> (Store, Blobs) {
    (Store::open(url).await.unwrap(), Blobs::open(&folder.join("blobs"), &folder.join("key")).unwrap())
}

async fn drop_file(store: &Store, blobs: &Blobs) -> DeliveryId {
    let id = DeliveryId(Uuid::now_v7());
    let original = blobs.put(&"75".into(), id, BlobKind::Original, b"recorded").unwrap();
    let new = NewDelivery { received_on: Some("2026-11-10".parse().unwrap()), ..new_delivery("aa", original) };
    let now = Instant("2026-11-12T09:00:00Z".parse().unwrap());
    assert!(matches!(store.register_delivery(&Scope::Machine, &new, now).await.unwrap(), Registration::New(_)));
    id
}

async fn outcome(store: &Store, blobs: &Blobs, id: DeliveryId) -> Outcome {
    let export = store.export(&Scope::Machine, id).await.unwrap();
    let mut pictures = Vec::new();
    for page in &export.pages {
        let picture = store.page_picture(&Scope::Machine, id, page.number).await.unwrap().picture.unwrap();
        pictures.push(blobs.get(&picture).unwrap());
    }
    let open = store.open_reviews(&Scope::Machine).await.unwrap();
    let [dossier] = store.dossiers(&Scope::Machine).await.unwrap().try_into().unwrap_or_else(|all: Vec<_>| {
        panic!("{} dossiers; still asked: {open:#?}", all.len());
    });
    let [envelope] = export.envelopes.try_into().unwrap_or_else(|all: Vec<_>| panic!("{} envelopes", all.len()));
    assert_eq!(dossier.envelope, Some(envelope.id));
    Outcome {
        dossier: (dossier.state, dossier.permit, dossier.fields, dossier.pieces, dossier.events),
        pages: export.pages,
        pictures,
        assembly: export.assembly.unwrap(),
        extraction: envelope.extraction.unwrap(),
        constat: envelope.constat.unwrap(),
        events: store.events(&Scope::Machine, id).await.unwrap().into_iter().map(|e| e.kind).collect(),
        jobs: store.job_counts().await.unwrap(),
        told: store.outbox(10).await.unwrap().into_iter().map(|o| o.kind).collect(),
    }
}
