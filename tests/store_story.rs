//! Every store function, on both databases: the life of a delivery as rows.

use crate::support::recorded::{constat, extraction, page, text};
use crate::support::{self, databases};
use passerelle::domain::*;
use passerelle::store::*;
use uuid::Uuid;

fn at(seconds: i64) -> Instant {
    Instant("2026-11-12T09:00:00Z".parse().unwrap()).plus_seconds(seconds)
}

fn new_delivery(sha256: &str, prefecture: &str) -> NewDelivery {
    let id = DeliveryId(Uuid::now_v7());
    let prefecture = PrefectureId::from(prefecture);
    let original = BlobRef { prefecture, delivery: id, kind: BlobKind::Original, address: format!("address-{id}"), bytes: 4096 };
    NewDelivery {
        file: "lot-03.pdf".into(),
        received_on: Some("2026-11-10".parse().unwrap()),
        source: "scanner-1".into(),
        ..support::new_delivery(sha256, original)
    }
}

fn paris() -> Scope {
    Scope::Prefecture("75".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_twice_are_one_delivery_with_two_drops() {
    for database in databases() {
        let store = database.open().await;
        let first = new_delivery("aa", "75");
        let Registration::New(delivery) = store.register_delivery(&paris(), &first, at(0)).await.unwrap() else { panic!("new") };
        assert_eq!((delivery.state, delivery.received_on, delivery.registered_at), (DeliveryState::Received, first.received_on, at(0)));
        let again = NewDelivery { file: "encore.pdf".into(), ..new_delivery("aa", "75") };
        let Registration::Duplicate(same) = store.register_delivery(&paris(), &again, at(60)).await.unwrap() else { panic!("duplicate") };
        assert_eq!(same.id, delivery.id, "{}", database.name);
        let links = store.links(&paris(), delivery.id).await.unwrap();
        assert_eq!(
            links.iter().map(|l| (l.file.as_str(), l.dropped_at)).collect::<Vec<_>>(),
            [("lot-03.pdf", at(0)), ("encore.pdf", at(60))]
        );
        let day = store.deliveries_of_day(&paris(), "2026-11-12".parse().unwrap()).await.unwrap();
        assert_eq!(DayCounts::of(&day), DayCounts { deliveries: 1, duplicates: 1, in_progress: 1, ..DayCounts::default() });
        assert!(store.deliveries_of_day(&paris(), "2026-11-11".parse().unwrap()).await.unwrap().is_empty());
        assert_eq!(store.original(&paris(), delivery.id).await.unwrap(), first.original);
        assert_eq!(store.open_jobs().await.unwrap(), 1, "one first job, not two");
        // Another préfecture has its own ledger, and sees nothing of this one.
        let lyon = Scope::Prefecture("69".into());
        assert!(matches!(store.delivery(&lyon, delivery.id).await, Err(StoreError::NotFound(_))));
        assert!(matches!(store.register_delivery(&lyon, &new_delivery("bb", "75"), at(0)).await, Err(StoreError::NotFound(_))));
        assert!(matches!(store.register_delivery(&lyon, &new_delivery("aa", "69"), at(0)).await.unwrap(), Registration::New(_)));
        assert_eq!(store.deliveries(&Scope::Machine).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_stands_in_front_of_a_person_and_has_no_job() {
    for database in databases() {
        let store = database.open().await;
        let refusal = Refusal::new("pdf_chiffre", "Le fichier est protégé.", "Demander un fichier sans mot de passe.");
        let new = NewDelivery { refusal: Some(refusal.clone()), ..new_delivery("aa", "75") };
        let Registration::New(delivery) = store.register_delivery(&paris(), &new, at(0)).await.unwrap() else { panic!("new") };
        assert_eq!((delivery.state, delivery.refusal), (DeliveryState::Anomaly, Some(refusal)));
        assert_eq!(store.open_jobs().await.unwrap(), 0);
        let [review] = store.open_reviews(&paris()).await.unwrap().try_into().unwrap();
        assert_eq!((review.subject.as_str(), review.code.as_deref(), review.holds), ("file", Some("pdf_chiffre"), true));
        assert_eq!(store.review(&paris(), review.id).await.unwrap(), review);
        assert!(store.open_reviews(&Scope::Prefecture("69".into())).await.unwrap().is_empty());
        let day = store.deliveries(&paris()).await.unwrap();
        assert_eq!(DayCounts::of(&day), DayCounts { deliveries: 1, anomalies: 1, ..DayCounts::default() });
        let kinds: Vec<String> = store.events(&paris(), delivery.id).await.unwrap().into_iter().map(|e| e.kind).collect();
        assert_eq!(kinds, ["depot_en_anomalie"]);
    }
}

/// A delivery in the ledger, and hands that work on it.
struct Line {
    store: Store,
    delivery: DeliveryId,
    name: &'static str,
}

impl Line {
    async fn begin(store: Store, name: &'static str) -> Self {
        let new = new_delivery("aa", "75");
        store.register_delivery(&Scope::Machine, &new, at(0)).await.unwrap();
        Self { store, delivery: new.id, name }
    }

    async fn claim(&self, stage: Stage) -> Job {
        let job = self.store.claim("worker", at(50), at(110)).await.unwrap().unwrap_or_else(|| panic!("{}: no {stage:?} job", self.name));
        assert_eq!(job.stage, stage, "{}", self.name);
        job
    }

    fn made(&self, subject: Subject, stage: Stage, unit: u32, input: &str, body: &impl serde::Serialize) -> NewArtefact {
        let body = serde_json::to_string(body).unwrap();
        NewArtefact { subject, stage, unit, input_hash: input.into(), recipe: "recipe".into(), schema: 1, body }
    }

    async fn read_page(&self, job: &Job, number: u32) -> PageRead {
        let read = page(number, &["NOM DIALLO"]);
        let subject = Subject::Delivery(self.delivery);
        let address = format!("picture-{}-{number}", self.delivery);
        let picture = BlobRef { prefecture: "75".into(), delivery: self.delivery, kind: BlobKind::Derived, address, bytes: 10 };
        let made = self.made(subject, Stage::Read, number, &format!("page {number}"), &read);
        self.store.page_read(job, &made, &read, Some(&picture), at(11)).await.unwrap();
        read
    }

    async fn count_and_read(&self, pages: u32) {
        let counting = self.claim(Stage::Read).await;
        self.store.counted(&counting, pages, at(10)).await.unwrap();
        for _ in 0..pages.div_ceil(PAGES_PER_READ) {
            let job = self.claim(Stage::Read).await;
            let first = (job.unit - 1) * PAGES_PER_READ + 1;
            for number in first..=pages.min(first + PAGES_PER_READ - 1) {
                self.read_page(&job, number).await;
            }
            self.store.pages_read(&job, at(12)).await.unwrap();
        }
    }

    async fn cut(&self, envelopes: &[&[u32]], input: &str) -> Vec<EnvelopeId> {
        let job = self.claim(Stage::Assemble).await;
        let cut = Assembly {
            envelopes: envelopes.iter().map(|pages| EnvelopePages { pages: pages.to_vec(), findings: Vec::new() }).collect(),
            other_pages: Vec::new(),
        };
        let made = self.made(job.subject, Stage::Assemble, 0, input, &cut);
        self.store.assembled(&job, &made, &cut, at(13)).await.unwrap()
    }

    async fn extract(&self, nom: &str) -> EnvelopeId {
        let job = self.claim(Stage::Extract).await;
        let Subject::Envelope(id) = job.subject else { panic!("an envelope") };
        let pages = self.store.envelope(&Scope::Machine, id).await.unwrap().pages;
        let made = self.made(job.subject, Stage::Extract, 0, nom, &extraction(&pages, nom));
        self.store.extracted(&job, id, &made, at(14)).await.unwrap();
        id
    }

    async fn validate(&self, constat: &Constat, verdict: Verdict) -> EnvelopeId {
        let job = self.claim(Stage::Validate).await;
        let Subject::Envelope(id) = job.subject else { panic!("an envelope") };
        let made = self.made(job.subject, Stage::Validate, 0, &format!("{constat:?}"), constat);
        let questions: Vec<Question> = constat.review.iter().map(|n| Question::holding(&n.subject, &n.reason, None)).collect();
        self.store.validated(&job, id, &made, verdict, &questions, at(15)).await.unwrap();
        id
    }

    async fn file(&self) -> Injected {
        let job = self.claim(Stage::Dossier).await;
        let Subject::Envelope(id) = job.subject else { panic!("an envelope") };
        let view = self.store.envelope(&Scope::Machine, id).await.unwrap();
        let delivery = self.store.delivery(&Scope::Machine, self.delivery).await.unwrap();
        let settled = passerelle::dossier::Settled {
            envelope: id,
            delivery: &delivery,
            extraction: view.extraction.as_ref().unwrap(),
            constat: view.constat.as_ref().unwrap(),
            corrections: &view.corrections,
            recipe: "recipe",
        };
        self.store.inject(&job, &passerelle::dossier::build(&settled, &[]), at(16)).await.unwrap()
    }

    fn says(&self, subject: &str, act: CorrectionAct, seen: Option<FieldValue>) -> Correction {
        let stage = Stage::Validate;
        Correction {
            stage,
            subject: subject.into(),
            act,
            seen,
            page: Some(1),
            rect: Some(Rect::new(1, 2, 3, 4)),
            agent: "a.martin".into(),
            at: at(20),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_cannot_write() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        let slow = line.store.claim("slow", at(10), at(70)).await.unwrap().unwrap();
        assert_eq!((slow.stage, slow.unit, slow.attempt, slow.is_last_attempt()), (Stage::Read, 0, 1, false));
        assert_eq!(line.store.claim("other", at(60), at(120)).await.unwrap(), None, "the lease holds");
        assert!(line.store.heartbeat(&slow, at(90)).await.unwrap());
        assert_eq!(line.store.claim("other", at(80), at(140)).await.unwrap(), None, "the heartbeat prolonged it");
        let fast = line.store.claim("other", at(91), at(151)).await.unwrap().unwrap();
        assert_eq!((fast.sequence, fast.attempt), (slow.sequence, 2));
        assert!(!line.store.heartbeat(&slow, at(200)).await.unwrap());
        assert!(matches!(line.store.counted(&slow, 3, at(92)).await, Err(StoreError::Fenced)));
        assert!(matches!(line.store.retry(&slow, "late", at(92)).await, Err(StoreError::Fenced)));
        assert_eq!(line.store.delivery(&Scope::Machine, line.delivery).await.unwrap().pages, None);
        line.store.counted(&fast, 3, at(93)).await.unwrap();
        assert!(matches!(line.store.counted(&fast, 3, at(94)).await, Err(StoreError::Fenced)), "a job ends once");
        let jobs = line.store.job_counts().await.unwrap();
        assert_eq!(jobs, [(JobState::Done, 1), (JobState::Ready, 1)], "{}", database.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_worker_is_held_in_front_of_a_person() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        for attempt in 1..=ATTEMPTS {
            let now = at(100 * attempt);
            let job = line.store.claim("dies", now, now.plus_seconds(60)).await.unwrap().unwrap();
            assert_eq!((job.attempt, job.is_last_attempt()), (attempt, attempt == ATTEMPTS));
        }
        assert_eq!(line.store.claim("next", at(10_000), at(10_060)).await.unwrap(), None, "{}: no sixth attempt", database.name);
        let lost = line.store.expired_for_good(at(10_000)).await.unwrap().unwrap();
        line.store.failed(&lost, &Failure::GaveUp("killed".into()), at(10_000)).await.unwrap();
        assert_eq!(line.store.expired_for_good(at(20_000)).await.unwrap(), None);
        let [review] = line.store.open_reviews(&paris()).await.unwrap().try_into().unwrap();
        assert_eq!((review.subject.as_str(), review.code.as_deref()), ("file", Some("traitement_impossible")));
        // Once seen it is tried again, with new attempts.
        let again = Correction { stage: Stage::Assemble, ..line.says("file", CorrectionAct::Acknowledge, None) };
        line.store.add_correction(&paris(), Subject::Delivery(line.delivery), &again, at(20_000)).await.unwrap();
        let job = line.store.claim("next", at(20_000), at(20_060)).await.unwrap().unwrap();
        assert_eq!((job.attempt, job.is_last_attempt()), (ATTEMPTS + 1, false));
        assert!(line.store.open_reviews(&paris()).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_while_reading_makes_the_delivery_an_anomaly() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        let job = line.claim(Stage::Read).await;
        let refusal = Refusal::new("aucune_page", "Aucune page.", "Numériser de nouveau.");
        line.store.failed(&job, &Failure::Refused(refusal.clone()), at(11)).await.unwrap();
        let delivery = line.store.delivery(&paris(), line.delivery).await.unwrap();
        assert_eq!((delivery.state, delivery.refusal), (DeliveryState::Anomaly, Some(refusal)));
        assert_eq!(line.store.open_reviews(&paris()).await.unwrap().len(), 1);
        assert_eq!(line.store.job_counts().await.unwrap(), [(JobState::Held, 1)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_starts_again_finds_its_pages_and_a_job_given_back_waits() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        let counting = line.claim(Stage::Read).await;
        line.store.retry(&counting, "no memory", at(40)).await.unwrap();
        assert_eq!(line.store.claim("w", at(39), at(99)).await.unwrap(), None);
        let counting = line.store.claim("w", at(40), at(100)).await.unwrap().unwrap();
        assert_eq!(counting.last_error.as_deref(), Some("no memory"));
        line.store.counted(&counting, 2, at(41)).await.unwrap();
        let job = line.store.claim("w", at(41), at(50)).await.unwrap().unwrap();
        let first = line.read_page(&job, 1).await;
        let again = line.store.claim("w", at(51), at(100)).await.unwrap().unwrap();
        assert_eq!(line.store.pages_there(line.delivery).await.unwrap(), [(1, "page 1".into(), "recipe".into())]);
        let late = line.made(job.subject, Stage::Read, 2, "page 2", &first);
        assert!(matches!(line.store.page_read(&job, &late, &first, None, at(52)).await, Err(StoreError::Fenced)));
        let second = line.read_page(&again, 2).await;
        line.store.pages_read(&again, at(53)).await.unwrap();
        assert_eq!(line.store.pages(&paris(), line.delivery).await.unwrap(), [first.clone(), second]);
        let shown = line.store.page_picture(&paris(), line.delivery, 1).await.unwrap();
        assert_eq!((shown.read, shown.picture.unwrap().bytes), (first, 10));
        assert!(line.store.page_picture(&Scope::Prefecture("69".into()), line.delivery, 1).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_goes_through_review_to_a_dossier_and_the_agent_is_named() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        line.count_and_read(18).await;
        let cut = line.cut(&[&[1, 2]], "cut").await;
        let id = line.extract("D1ALLO").await;
        assert_eq!(cut, [id]);
        line.validate(&constat(Outcome::Complete, &["field:nom_naissance"]), Verdict::Wait).await;
        let delivery = line.store.delivery(&paris(), line.delivery).await.unwrap();
        assert_eq!((delivery.state, delivery.pages), (DeliveryState::Processed, Some(18)));
        let day = line.store.deliveries(&paris()).await.unwrap();
        let expected = DayCounts { deliveries: 1, to_review: 1, pages: 18, envelopes: 1, ..DayCounts::default() };
        assert_eq!(DayCounts::of(&day), expected);
        assert_eq!((day[0].pages_read, day[0].envelopes[0].outcome), (18, Some(Outcome::Complete)));

        let says = line.says("field:nom_naissance", CorrectionAct::Value { value: text("DIALLO") }, Some(text("D1ALLO")));
        let nobody = Correction { agent: " ".into(), ..says.clone() };
        assert!(line.store.add_correction(&paris(), Subject::Envelope(id), &nobody, at(20)).await.is_err());
        let elsewhere = Scope::Prefecture("69".into());
        assert!(line.store.add_correction(&elsewhere, Subject::Envelope(id), &says, at(20)).await.is_err());
        line.store.add_correction(&paris(), Subject::Envelope(id), &says, at(20)).await.unwrap();
        assert!(line.store.open_reviews(&paris()).await.unwrap().is_empty());
        let view = line.store.envelope(&paris(), id).await.unwrap();
        assert_eq!(view.corrections, [says]);
        let nom = view.extraction.unwrap().fields[&"nom_naissance".into()].clone();
        assert_eq!((nom.value, nom.decision, nom.source), (Some(text("DIALLO")), Decision::Confirmed, Source::Agent));
        assert_eq!(view.read.unwrap().fields[&"nom_naissance".into()].value, Some(text("D1ALLO")), "the reading itself stays");

        line.validate(&constat(Outcome::Complete, &[]), Verdict::File).await;
        let Injected::New(dossier) = line.file().await else { panic!("a new dossier") };
        let filed = line.store.dossier_of(&paris(), id).await.unwrap().unwrap();
        assert_eq!((filed.id, filed.state, filed.channel), (dossier, DossierState::Complet, Channel::Postal));
        assert_eq!((filed.date_envoi, filed.date_reception), (Some("2026-11-09".parse().unwrap()), Some("2026-11-10".parse().unwrap())));
        assert_eq!((filed.filing_date, filed.filing_basis), ("2026-11-09".parse().unwrap(), FilingBasis::Cachet));
        assert_eq!((filed.permit.as_deref(), filed.request.as_deref()), (Some("etudiant"), Some("premiere")));
        let field = |name: &str| filed.fields.iter().find(|f| f.field == name).unwrap().clone();
        assert_eq!((field("nom_naissance").value, field("nom_naissance").agent), (Some(text("DIALLO")), Some("a.martin".into())));
        assert_eq!((field("nom_naissance").page, field("nom_naissance").rect), (Some(1), Some(Rect::new(1, 2, 3, 4))));
        let birth = PartialDate { annee: 1987, mois: None, jour: None };
        assert_eq!(field("date_naissance").value, Some(FieldValue::PartialDate(birth)), "{}: partial dates are kept", database.name);
        let [piece] = filed.pieces.as_slice() else { panic!("{:?}", filed.pieces) };
        assert_eq!(
            (piece.kind.as_str(), piece.pages.as_slice(), piece.person),
            ("justificatif_nationalite", [1, 2].as_slice(), Person::Applicant)
        );
        assert!(filed.person.is_some(), "name and birth date are settled and no number speaks of somebody on file");
        assert!(line.store.dossiers(&elsewhere).await.unwrap().is_empty());
        let [told] = line.store.outbox(10).await.unwrap().try_into().unwrap();
        assert_eq!((told.kind.as_str(), told.dossier), ("dossier_depose", dossier));
        assert!(!told.body.to_string().contains("DIALLO"), "the outbox names no one");
        line.store.outbox_sent(told.sequence, at(30)).await.unwrap();
        assert!(line.store.outbox(10).await.unwrap().is_empty());
        let day = line.store.deliveries(&paris()).await.unwrap();
        assert_eq!(DayCounts::of(&day), DayCounts { deliveries: 1, done: 1, pages: 18, envelopes: 1, filed: 1, ..DayCounts::default() });
        let journal = line.store.events(&paris(), line.delivery).await.unwrap();
        let kinds: Vec<(&str, &str)> = journal.iter().map(|e| (e.kind.as_str(), e.actor.as_str())).collect();
        let expected = [
            ("depot_recu", "machine"),
            ("plis_separes", "machine"),
            ("pli_a_verifier", "machine"),
            ("correction", "a.martin"),
            ("dossier_depose", "machine"),
        ];
        assert_eq!(kinds, expected);
        assert!(!format!("{journal:?}").contains("DIALLO"), "no personal data in the journal");
        let export = line.store.export(&paris(), line.delivery).await.unwrap();
        assert_eq!((export.pages.len(), export.envelopes.len(), export.envelopes[0].recipe.as_deref()), (18, 1, Some("recipe")));
        assert_eq!(export.assembly.unwrap().envelopes[0].pages, [1, 2]);
        line.store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filed_dossier_takes_an_agents_word_and_never_the_machines_change_of_mind() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        line.count_and_read(1).await;
        line.cut(&[&[1]], "cut").await;
        let id = line.extract("DIALLO").await;
        line.validate(&constat(Outcome::Complete, &[]), Verdict::File).await;
        let Injected::New(dossier) = line.file().await else { panic!("a new dossier") };

        // The machine reads otherwise now.
        let turn = Correction { stage: Stage::Extract, ..line.says("page:1", CorrectionAct::Reclassify { kind: "photo".into() }, None) };
        line.store.add_correction(&paris(), Subject::Envelope(id), &turn, at(20)).await.unwrap();
        line.extract("DIALLA").await;
        line.validate(&constat(Outcome::Complete, &[]), Verdict::File).await;
        assert_eq!(line.file().await, Injected::Standing(dossier, Vec::new()));
        let field = |view: DossierView, name: &str| view.fields.into_iter().find(|f| f.field == name).unwrap();
        let filed = line.store.dossier_of(&paris(), id).await.unwrap().unwrap();
        assert_eq!(filed.events, ["depose", "lecture_differente"]);
        assert_eq!(field(filed, "nom_naissance").value, Some(text("DIALLO")));

        let says = line.says("field:nom_naissance", CorrectionAct::Value { value: text("DIALLÉ") }, Some(text("DIALLA")));
        line.store.add_correction(&paris(), Subject::Envelope(id), &says, at(21)).await.unwrap();
        line.validate(&constat(Outcome::Complete, &[]), Verdict::File).await;
        assert_eq!(line.file().await, Injected::Standing(dossier, vec!["nom_naissance".into()]));
        let filed = line.store.dossier_of(&paris(), id).await.unwrap().unwrap();
        assert_eq!(field(filed, "nom_naissance").value, Some(text("DIALLÉ")));
        assert_eq!(line.store.dossiers(&Scope::Machine).await.unwrap().len(), 1, "{}: one dossier an envelope", database.name);
        assert_eq!(line.store.outbox(10).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_speaks_before_the_door_is_heard_first() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        line.count_and_read(1).await;
        line.cut(&[&[1]], "cut").await;
        let id = line.extract("DIALLO").await;
        line.validate(&constat(Outcome::Complete, &[]), Verdict::File).await;
        let job = line.claim(Stage::Dossier).await;
        let says = line.says("checklist:photo", CorrectionAct::Checklist { status: LineStatus::Missing }, None);
        line.store.add_correction(&paris(), Subject::Envelope(id), &says, at(20)).await.unwrap();
        let view = line.store.envelope(&Scope::Machine, id).await.unwrap();
        let delivery = line.store.delivery(&Scope::Machine, line.delivery).await.unwrap();
        let settled = passerelle::dossier::Settled {
            envelope: id,
            delivery: &delivery,
            extraction: view.extraction.as_ref().unwrap(),
            constat: view.constat.as_ref().unwrap(),
            corrections: &view.corrections,
            recipe: "recipe",
        };
        let filed = line.store.inject(&job, &passerelle::dossier::build(&settled, &[]), at(21)).await.unwrap();
        assert_eq!(filed, Injected::Superseded, "{}", database.name);
        assert_eq!(line.store.dossier_of(&paris(), id).await.unwrap(), None);
        line.validate(&constat(Outcome::Complete, &[]), Verdict::File).await;
        let job = line.claim(Stage::Dossier).await;
        line.store.not_filed(&job).await.unwrap();
        assert_eq!(line.store.open_jobs().await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_cut_keeps_the_corrections_of_the_envelope_that_goes_on() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        line.count_and_read(4).await;
        let first = line.cut(&[&[1, 2, 3], &[4]], "cut").await;
        for nom in ["D1ALLO", "NGUYEN"] {
            line.extract(nom).await;
        }
        for _ in 0..2 {
            line.validate(&constat(Outcome::Review, &["field:nom_naissance"]), Verdict::Wait).await;
        }
        let says = line.says("field:nom_naissance", CorrectionAct::Value { value: text("DIALLO") }, None);
        line.store.add_correction(&paris(), Subject::Envelope(first[0]), &says, at(20)).await.unwrap();
        line.validate(&constat(Outcome::Review, &["field:prenoms"]), Verdict::Wait).await;
        assert_eq!(line.store.open_reviews(&paris()).await.unwrap().len(), 2);

        // One page is turned: it is read again, and the whole is cut otherwise.
        let turn = Correction { stage: Stage::Read, ..line.says("page:4", CorrectionAct::Turn { quarter_turns: 1 }, None) };
        line.store.add_correction(&paris(), Subject::Envelope(first[1]), &turn, at(21)).await.unwrap();
        assert_eq!(line.store.corrections_of_delivery(&paris(), line.delivery).await.unwrap().len(), 1, "a page belongs to the delivery");
        let job = line.claim(Stage::Read).await;
        assert_eq!(job.unit, 1);
        line.store.pages_read(&job, at(22)).await.unwrap();
        let second = line.cut(&[&[1, 2, 3, 4]], "cut again").await;
        assert_eq!(second, [first[0]], "{}: it has most of its pages", database.name);
        line.extract("D1ALLO").await;
        let view = line.store.envelope(&paris(), first[0]).await.unwrap();
        assert_eq!((view.pages, view.state), (vec![1, 2, 3, 4], EnvelopeState::Review));
        assert_eq!(view.extraction.unwrap().fields[&"nom_naissance".into()].value, Some(text("DIALLO")));
        assert_eq!(line.store.envelope(&paris(), first[1]).await.unwrap().state, EnvelopeState::Retired);
        let open = line.store.open_reviews(&paris()).await.unwrap();
        assert!(open.iter().all(|r| r.envelope != Some(first[1])), "nothing is asked about an envelope that is no more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_never_share_one_number() {
    for database in databases() {
        let line = Line::begin(database.open().await, database.name).await;
        line.count_and_read(2).await;
        line.cut(&[&[1], &[2]], "cut").await;
        let (a, b) = (line.extract("DIALLO").await, line.extract("NGUYEN").await);
        for id in [a, b] {
            let value = CorrectionAct::Value { value: text("7503012345") };
            line.store
                .add_correction(&paris(), Subject::Envelope(id), &line.says("field:numero_etranger", value, None), at(20))
                .await
                .unwrap();
            let nom = line.store.envelope(&paris(), id).await.unwrap().read.unwrap().fields[&"nom_naissance".into()].value.clone().unwrap();
            let value = CorrectionAct::Value { value: nom };
            line.store
                .add_correction(&paris(), Subject::Envelope(id), &line.says("field:nom_naissance", value, None), at(20))
                .await
                .unwrap();
        }
        for _ in 0..2 {
            line.validate(&constat(Outcome::Complete, &[]), Verdict::File).await;
        }
        assert!(matches!(line.file().await, Injected::New(_)));
        let number = Identity { numero_etranger: Some("7503012345".into()), ..Identity::default() };
        let [on_file] = line.store.persons_like(&number).await.unwrap().try_into().unwrap();
        assert_eq!(on_file.identity.nom_naissance.as_deref(), Some("DIALLO"));
        // The second was weighed before the first was filed: the door refuses, and the job is tried again.
        let job = line.claim(Stage::Dossier).await;
        let view = line.store.envelope(&Scope::Machine, b).await.unwrap();
        let delivery = line.store.delivery(&Scope::Machine, line.delivery).await.unwrap();
        let (extraction, constat) = (view.extraction.unwrap(), view.constat.unwrap());
        let settled = passerelle::dossier::Settled {
            envelope: b,
            delivery: &delivery,
            extraction: &extraction,
            constat: &constat,
            corrections: &view.corrections,
            recipe: "recipe",
        };
        let late = passerelle::dossier::build(&settled, &[]);
        assert!(matches!(line.store.inject(&job, &late, at(22)).await, Err(StoreError::Database(_))), "{}", database.name);
        assert_eq!(line.store.dossier_of(&paris(), b).await.unwrap(), None, "nothing of it stands");
        line.store.inject(&job, &passerelle::dossier::build(&settled, std::slice::from_ref(&on_file)), at(23)).await.unwrap();
        let filed = line.store.dossier_of(&paris(), b).await.unwrap().unwrap();
        assert_eq!(filed.person, None);
        assert!(filed.findings.to_string().contains("identite_en_base_differente"));
        let event = Event {
            prefecture: "75".into(),
            delivery: Some(line.delivery),
            envelope: Some(b),
            kind: "page_vue".into(),
            actor: "a.martin".into(),
            detail: None,
            at: at(24),
        };
        line.store.record(&event).await.unwrap();
        assert_eq!(line.store.events(&paris(), line.delivery).await.unwrap().last(), Some(&event));
        let known = line.store.delivery_by_hash(&"75".into(), "aa").await.unwrap().unwrap();
        assert_eq!(known.id, line.delivery);
    }
}
