//! A file or page that could not be read has no dead end, on both databases: each act, its event, its counter.

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
use uuid::Uuid;

const ME: &str = "Claire Martin";

fn at(seconds: i64) -> Instant {
    Instant("2026-11-12T09:00:00Z".parse().unwrap()).plus_seconds(seconds)
}

fn me() -> AgentId {
    ME.into()
}

fn refusal() -> Refusal {
    Refusal::new("fichier_trop_gros", "Le fichier pèse 200 Mo.", "Numériser en plusieurs fichiers.")
}

struct Desk {
    store: Store,
    blobs: Blobs,
    name: &'static str,
}

impl Desk {
    async fn of(database: &Database) -> Self {
        let folder = database.folder.path();
        Self { store: database.open().await, blobs: Blobs::open(&folder.join("blobs"), &folder.join("key")).unwrap(), name: database.name }
    }

    async fn dropped(&self, file: &str, refusal: Option<Refusal>, seconds: i64) -> DeliveryId {
        let id = DeliveryId(Uuid::now_v7());
        let original = self.blobs.put(&"75".into(), id, BlobKind::Original, file.as_bytes()).unwrap();
        let new = NewDelivery { file: file.into(), refusal, ..new_delivery(&format!("hash of {file}"), original) };
        self.store.register_delivery(&Scope::Machine, &new, at(seconds)).await.unwrap();
        id
    }

    fn worker(&self, pages: Vec<PageRead>) -> Worker<Recorded> {
        let rules = Rules {
            catalogue: Catalogue::embedded().unwrap(),
            profile: Profile::Observation,
            trust: passerelle::domain::Trust::default(),
            ground: passerelle::domain::Ground::Agreement,
        };
        Worker::new(self.store.clone(), self.blobs.clone(), Recorded::of(pages), Arc::new(rules), Clock::manual(at(100)))
    }

    async fn counts(&self) -> DayCounts {
        DayCounts::of(&self.store.deliveries(&Scope::Machine).await.unwrap())
    }

    async fn last_event(&self, id: DeliveryId) -> Event {
        self.store.events(&Scope::Machine, id).await.unwrap().pop().unwrap()
    }

    /// Whether the delivery itself waits for a word on this.
    async fn asks_about(&self, id: DeliveryId, subject: &str) -> bool {
        let open = self.store.open_reviews(&Scope::Machine).await.unwrap();
        open.iter().any(|r| r.delivery == id && r.envelope.is_none() && r.subject == subject)
    }

    async fn questions(&self) -> Vec<String> {
        self.store.open_reviews(&Scope::Machine).await.unwrap().into_iter().map(|r| r.subject).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_again_and_stays_an_anomaly_only_while_it_is_refused() {
    for database in databases() {
        let desk = Desk::of(&database).await;
        let id = desk.dropped("gros.pdf", Some(refusal()), 0).await;
        let still = Refusal::new("fichier_tronque", "La fin du PDF manque.", "Numériser de nouveau.");
        desk.store.retry_anomaly(&Scope::Machine, id, &Err(still.clone()), &me(), at(10)).await.unwrap();
        let delivery = desk.store.delivery(&Scope::Machine, id).await.unwrap();
        assert_eq!((delivery.state, delivery.refusal), (DeliveryState::Anomaly, Some(still)), "{}", desk.name);
        assert_eq!((desk.questions().await, desk.counts().await.anomalies), (vec!["file".to_owned()], 1));
        desk.store.retry_anomaly(&Scope::Machine, id, &Ok(Format::Pdf), &me(), at(20)).await.unwrap();
        assert!(desk.questions().await.is_empty() && desk.counts().await.in_progress == 1);
        desk.worker(vec![page(1, &["Demande de titre de séjour"])]).run_until_idle().await.unwrap();
        let delivery = desk.store.delivery(&Scope::Machine, id).await.unwrap();
        assert_eq!((delivery.state, delivery.refusal, delivery.pages), (DeliveryState::Processed, None, Some(1)));
        let events = desk.store.events(&Scope::Machine, id).await.unwrap();
        let acts: Vec<&str> = events.iter().filter(|e| e.kind == "anomalie_relue").map(|e| e.actor.as_str()).collect();
        assert_eq!(acts, [ME, ME]);
        // What is no anomaly any more takes no such act.
        let late = desk.store.set_aside(&Scope::Machine, id, "essai", None, &me(), at(30)).await;
        assert!(matches!(late, Err(StoreError::Refused(_))), "{late:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_set_aside_for_a_reason_by_somebody_and_taken_back() {
    for database in databases() {
        let desk = Desk::of(&database).await;
        let id = desk.dropped("essai.pdf", Some(refusal()), 0).await;
        for (reason, agent) in [("", "a"), ("essai", " ")] {
            let refused = desk.store.set_aside(&Scope::Machine, id, reason, None, &agent.into(), at(5)).await;
            assert!(matches!(refused, Err(StoreError::Refused(_))), "{}: {reason:?} {agent:?}", desk.name);
        }
        desk.store.set_aside(&Scope::Machine, id, "autre", Some("M. Diallo est passé"), &me(), at(10)).await.unwrap();
        assert_eq!((desk.counts().await.anomalies, desk.counts().await.closed), (0, 1));
        assert!(desk.store.open_anomalies(&Scope::Machine).await.unwrap().is_empty() && desk.questions().await.is_empty());
        let event = desk.last_event(id).await;
        assert_eq!((event.kind.as_str(), event.actor.as_str()), ("anomalie_mise_de_cote", ME));
        assert!(!event.detail.unwrap().to_string().contains("Diallo"), "the journal holds no person");
        let [step] = desk.store.anomaly_steps(&Scope::Machine, id).await.unwrap().try_into().unwrap();
        assert_eq!((step.note.as_deref(), step.refusal, step.at), (Some("M. Diallo est passé"), Some(refusal()), at(10)));
        desk.store.reopen_anomaly(&Scope::Machine, id, &me(), at(20)).await.unwrap();
        assert_eq!((desk.counts().await.anomalies, desk.questions().await), (1, vec!["file".to_owned()]));
        let [review] = desk.store.open_reviews(&Scope::Machine).await.unwrap().try_into().unwrap();
        assert!(review.reason.contains("200 Mo") && review.code.as_deref() == Some("fichier_trop_gros"));
        assert!(desk.store.reopen_anomaly(&Scope::Machine, id, &me(), at(21)).await.is_err(), "it is open already");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_scan_stands_for_the_first_and_each_is_seen_from_the_other() {
    for database in databases() {
        let desk = Desk::of(&database).await;
        let id = desk.dropped("lot.pdf", Some(refusal()), 0).await;
        let second = desk.dropped("lot bis.pdf", None, 60).await;
        let agent = me();
        let replace = |by| desk.store.replace_anomaly(&Scope::Machine, id, by, &agent, at(70));
        assert!(matches!(replace(id).await, Err(StoreError::Refused(_))), "{}: by itself", desk.name);
        replace(second).await.unwrap();
        assert!(replace(second).await.is_err(), "twice");
        let steps = desk.store.anomaly_steps(&Scope::Machine, id).await.unwrap();
        assert_eq!(steps.iter().map(|s| s.replaced_by).collect::<Vec<_>>(), [Some(second)]);
        let stands_for: Vec<DeliveryId> = desk.store.stands_for(&Scope::Machine, second).await.unwrap().iter().map(|d| d.id).collect();
        assert_eq!((stands_for, desk.counts().await.closed), (vec![id], 1));
        assert_eq!(desk.last_event(second).await.kind, "depot_remplacant");
        desk.store.reopen_anomaly(&Scope::Machine, id, &me(), at(80)).await.unwrap();
        assert!(desk.store.stands_for(&Scope::Machine, second).await.unwrap().is_empty());
        // Nothing of another préfecture can be closed, or stand for anything.
        let other = Scope::Prefecture("69".into());
        assert!(matches!(desk.store.set_aside(&other, id, "essai", None, &me(), at(90)).await, Err(StoreError::NotFound(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_treated_by_hand_even_when_no_page_could_be_read() {
    for database in databases() {
        let desk = Desk::of(&database).await;
        let id = desk.dropped("protege.pdf", Some(refusal()), 0).await;
        desk.store.treat_by_hand(&Scope::Machine, id, &me(), at(10)).await.unwrap();
        desk.worker(Vec::new()).run_until_idle().await.unwrap();
        let export = desk.store.export(&Scope::Machine, id).await.unwrap();
        let [envelope] = &export.envelopes[..] else { panic!("{}: {} envelopes", desk.name, export.envelopes.len()) };
        assert_eq!((envelope.state, envelope.pages.len(), export.delivery.state), (EnvelopeState::Review, 0, DeliveryState::Processed));
        let questions = desk.questions().await;
        assert!(questions.contains(&"permit".to_owned()) && questions.iter().any(|q| q == "field:nom_naissance"), "{questions:?}");
        // The agent answers until nothing is left to ask, and a dossier stands.
        let worker = desk.worker(Vec::new());
        for _ in 0..8 {
            crate::support::agent::answer_all(&desk.store).await;
            worker.run_until_idle().await.unwrap();
        }
        let left = desk.questions().await;
        let dossier = desk.store.dossier_of(&Scope::Machine, envelope.id).await.unwrap();
        assert!(dossier.is_some(), "{}: no dossier; still asked: {left:?}", desk.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_replaced_and_the_rest_of_the_delivery_is_not_read_again() {
    for database in databases() {
        let desk = Desk::of(&database).await;
        let id = desk.dropped("lot.tif", None, 0).await;
        let mut pages = vec![
            page(1, &["Demande de titre de séjour", "nouvelle page"]),
            page(2, &["illisible"]),
            page(3, &["Justificatif de domicile"]),
        ];
        pages[1].state = PageState::Unreadable(Refusal::new("page_illisible", "Page illisible.", "La numériser de nouveau."));
        let worker = desk.worker(pages);
        worker.run_until_idle().await.unwrap();
        assert!(desk.asks_about(id, "page:2").await, "{}", desk.name);
        let word = |act| Correction {
            stage: Stage::Read,
            subject: "page:2".into(),
            act,
            seen: None,
            page: Some(2),
            rect: None,
            agent: me(),
            at: at(100),
        };
        let say = async |act| desk.store.add_correction(&Scope::Machine, Subject::Delivery(id), &word(act), at(100)).await;
        // Looked at, then read again: what is still unreadable is asked about again.
        say(CorrectionAct::Acknowledge).await.unwrap();
        say(CorrectionAct::ReadAgain).await.unwrap();
        worker.run_until_idle().await.unwrap();
        assert!(desk.asks_about(id, "page:2").await);
        assert_eq!(*worker.reader.asked.lock().unwrap(), [(1, 3), (2, 2)]);
        // The recorded reader answers with its first page whatever the file holds.
        let blob = desk.blobs.put(&"75".into(), id, BlobKind::Original, b"a new page").unwrap();
        desk.store.keep_blob(&blob, "application/octet-stream", at(100)).await.unwrap();
        let act = CorrectionAct::ReplacePage { address: blob.address, sha256: "new".into(), format: Format::Tiff };
        say(act).await.unwrap();
        worker.run_until_idle().await.unwrap();
        assert!(!desk.asks_about(id, "page:2").await);
        assert_eq!(*worker.reader.asked.lock().unwrap(), [(1, 3), (2, 2), (1, 1)]);
        let export = desk.store.export(&Scope::Machine, id).await.unwrap();
        assert_eq!((export.pages[1].number, &export.pages[1].state), (2, &PageState::Read));
        assert!(export.pages[1].words.iter().any(|w| w.text == "nouvelle"));
        assert_eq!(export.envelopes.iter().flat_map(|e| &e.pages).count(), 3);
        let event = desk
            .store
            .events(&Scope::Machine, id)
            .await
            .unwrap()
            .into_iter()
            .find(|e| e.detail.as_ref().is_some_and(|d| d["action"] == "replace_page"));
        assert_eq!(event.unwrap().actor, ME);
        // The old page is still in the original, and the new file is somebody's: nothing is lost.
        let sealed = desk.store.sealed_files_after("").await.unwrap();
        assert_eq!(sealed.iter().filter(|s| s.blob.kind == BlobKind::Original).count(), 2);
    }
}
