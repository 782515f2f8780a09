//! The worker over recorded pages: what it reads again and what it does not, how often it tries, and that
//! it stops when its job is somebody else's.

use crate::support::recorded::{Recorded, page};
use crate::support::{Database, databases, new_delivery};
use passerelle::blobs::Blobs;
use passerelle::catalogue::Catalogue;
use passerelle::clock::Clock;
use passerelle::domain::*;
use passerelle::line::Rules;
use passerelle::store::*;
use passerelle::worker::Worker;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use uuid::Uuid;

fn start() -> Instant {
    Instant("2026-11-12T09:00:00Z".parse().unwrap())
}

async fn worker(database: &Database, pages: u32) -> (Worker<Recorded>, DeliveryId) {
    let store = database.open().await;
    let blobs = Blobs::open(&database.folder.path().join("blobs"), &database.folder.path().join("key")).unwrap();
    let id = DeliveryId(Uuid::now_v7());
    let original = blobs.put(&"75".into(), id, BlobKind::Original, b"recorded").unwrap();
    let new = new_delivery("aa", original);
    store.register_delivery(&Scope::Machine, &new, start()).await.unwrap();
    let rules = Rules {
        catalogue: Catalogue::embedded().unwrap(),
        profile: Profile::Evaluation,
        trust: passerelle::domain::Trust::default(),
        ground: passerelle::domain::Ground::Agreement,
    };
    let pages = (1..=pages).map(|n| page(n, &["Demande de titre de séjour", &format!("page {n}")])).collect();
    let mut worker = Worker::new(store, blobs, Recorded::of(pages), Arc::new(rules), Clock::manual(start()));
    worker.poll = Duration::from_millis(20);
    (worker, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turned_page_is_read_again_and_no_other() {
    for database in databases() {
        let (worker, id) = worker(&database, 18).await;
        worker.run_until_idle().await.unwrap();
        assert_eq!(*worker.reader.asked.lock().unwrap(), [(1, 16), (17, 18)]);
        let turn = |quarter_turns| Correction {
            stage: Stage::Read,
            subject: "page:17".into(),
            act: CorrectionAct::Turn { quarter_turns },
            seen: None,
            page: Some(17),
            rect: None,
            agent: "a.martin".into(),
            at: start(),
        };
        for (asked, expected) in [(1, 1), (3, 0)] {
            worker.store.add_correction(&Scope::Machine, Subject::Delivery(id), &turn(asked), start()).await.unwrap();
            worker.run_until_idle().await.unwrap();
            let shown = worker.store.page_picture(&Scope::Machine, id, 17).await.unwrap();
            assert_eq!(shown.read.transform.quarter_turns, expected, "{}: the turns add up", database.name);
        }
        assert_eq!(*worker.reader.asked.lock().unwrap(), [(1, 16), (17, 18), (17, 17), (17, 17)]);
        let export = worker.store.export(&Scope::Machine, id).await.unwrap();
        assert_eq!((export.pages.len(), export.delivery.state), (18, DeliveryState::Processed));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_in_trouble_tries_again_later_and_in_the_end_asks_a_person() {
    for database in databases() {
        let (worker, id) = worker(&database, 1).await;
        worker.reader.failures.store(2, SeqCst);
        assert!(worker.work_once().await.unwrap());
        assert!(!worker.work_once().await.unwrap(), "it waits before the second attempt");
        worker.clock.advance(5);
        assert!(worker.work_once().await.unwrap());
        worker.clock.advance(5);
        assert!(!worker.work_once().await.unwrap(), "the second pause is longer");
        worker.clock.advance(5);
        worker.run_until_idle().await.unwrap();
        assert_eq!(worker.store.delivery(&Scope::Machine, id).await.unwrap().state, DeliveryState::Processed);
    }
    for database in databases() {
        let (worker, id) = worker(&database, 1).await;
        worker.reader.failures.store(u32::MAX, SeqCst);
        for _ in 0..ATTEMPTS {
            assert!(worker.work_once().await.unwrap());
            worker.clock.advance(600);
        }
        assert!(!worker.work_once().await.unwrap());
        let [review] = worker.store.open_reviews(&Scope::Machine).await.unwrap().try_into().unwrap();
        assert_eq!((review.delivery, review.subject.as_str()), (id, "file"), "{}", database.name);
        assert_eq!(worker.store.job_counts().await.unwrap(), [(JobState::Held, 1)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_lease_is_lost_stops_reading() {
    for database in databases() {
        let (mut slow, id) = worker(&database, 2).await;
        assert!(slow.work_once().await.unwrap(), "the pages are counted");
        (slow.reader.pause, slow.lease_seconds) = (Duration::from_hours(1), 1);
        let mut fast = slow.clone();
        (fast.reader.pause, fast.lease_seconds) = (Duration::ZERO, 60);
        let running = slow.reader.running.clone();
        let stuck = tokio::spawn(async move { slow.work_once().await });
        while running.load(SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The slow one's machine stood still for longer than its lease.
        fast.clock.advance(10);
        fast.run_until_idle().await.unwrap();
        assert!(stuck.await.unwrap().unwrap());
        assert_eq!(running.load(SeqCst), 0, "{}: its cell has ended", database.name);
        let export = fast.store.export(&Scope::Machine, id).await.unwrap();
        assert_eq!((export.pages.len(), export.delivery.state), (2, DeliveryState::Processed));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_stop_gives_its_job_back_uncounted() {
    for database in databases() {
        let (mut worker, _) = worker(&database, 2).await;
        worker.reader.pause = Duration::from_hours(1);
        for _ in 0..2 * ATTEMPTS {
            let (stop, stopped) = tokio::sync::watch::channel(false);
            let hands = tokio::spawn({
                let worker = worker.clone();
                async move { worker.run(1, stopped).await }
            });
            while worker.reader.running.load(SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            stop.send(true).unwrap();
            hands.await.unwrap();
            assert_eq!(worker.reader.running.load(SeqCst), 0, "{}: its cell has ended", database.name);
        }
        worker.reader.pause = Duration::ZERO;
        worker.run_until_idle().await.unwrap();
        assert!(worker.store.job_counts().await.unwrap().iter().all(|(state, _)| *state == JobState::Done));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_dropped_and_claimed_while_the_clock_was_years_ahead_does_not_wait_for_that_year() {
    const YEARS: i64 = 3 * 365 * 86_400;
    for database in databases() {
        let (worker, id) = worker(&database, 2).await;
        let wrong = start().plus_seconds(YEARS);
        worker.clock.advance(YEARS);
        assert!(worker.work_once().await.unwrap(), "the pages are counted, what follows is noted under the wrong date");
        let dead = worker.store.claim("another machine", wrong, wrong.plus_seconds(30)).await.unwrap();
        assert_eq!(dead.unwrap().stage, Stage::Read);
        worker.clock.advance(-YEARS);
        tokio::time::timeout(Duration::from_secs(30), worker.run_until_idle()).await.expect(database.name).unwrap();
        assert_eq!(worker.store.delivery(&Scope::Machine, id).await.unwrap().state, DeliveryState::Processed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_no_page_is_an_anomaly() {
    for database in databases() {
        let (worker, id) = worker(&database, 0).await;
        worker.run_until_idle().await.unwrap();
        let delivery = worker.store.delivery(&Scope::Machine, id).await.unwrap();
        assert_eq!((delivery.state, delivery.refusal.unwrap().code.as_str()), (DeliveryState::Anomaly, "aucune_page"));
        assert_eq!(worker.store.open_reviews(&Scope::Machine).await.unwrap().len(), 1, "{}", database.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_input_under_the_same_rules_is_one_artefact() {
    for database in databases() {
        let (worker, id) = worker(&database, 1).await;
        worker.run_until_idle().await.unwrap();
        let before = worker.store.export(&Scope::Machine, id).await.unwrap();
        let again = Correction {
            stage: Stage::Assemble,
            subject: "file".into(),
            act: CorrectionAct::Acknowledge,
            seen: None,
            page: None,
            rect: None,
            agent: "a.martin".into(),
            at: start(),
        };
        worker.store.add_correction(&Scope::Machine, Subject::Delivery(id), &again, start()).await.unwrap();
        worker.run_until_idle().await.unwrap();
        let after = worker.store.export(&Scope::Machine, id).await.unwrap();
        let envelopes = |e: &Export| e.envelopes.iter().map(|v| (v.id, v.read.clone(), v.constat.clone())).collect::<Vec<_>>();
        assert_eq!(envelopes(&before), envelopes(&after), "{}: an envelope keeps its name", database.name);
    }
}
