//! A station over a real database with one delivery whose envelope waits for a person. The readings are
//! recorded; pictures are those of a fixture in which form and passport differ by the day of birth.

use crate::support::{Database, artefact, new_delivery, sqlite};
use passerelle::blobs::Blobs;
use passerelle::catalogue::Catalogue;
use passerelle::cell::{CellPool, CellSettings};
use passerelle::clock::Clock;
use passerelle::domain::*;
use passerelle::pages;
use passerelle::store::*;
use passerelle::web::{self, Parts};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

pub const HERE: &str = "54";
pub const ELSEWHERE: &str = "69";
pub const REASON: &str = "Le formulaire et le passeport ne donnent pas le même jour.";

/// A running station.
pub struct Station {
    /// Held for its folder.
    database: Database,
    pub store: Store,
    pub blobs: Blobs,
    pub address: SocketAddr,
    pub catalogue: Arc<Catalogue>,
}

/// What was put into it.
#[derive(Clone)]
pub struct Seeded {
    pub delivery: DeliveryId,
    pub envelope: EnvelopeId,
    pub constat: Constat,
}

pub fn now() -> Instant {
    Clock::System.now()
}

pub fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.into())
}

pub fn day(text: &str) -> FieldValue {
    FieldValue::Date(text.parse().unwrap())
}

impl Station {
    pub async fn start() -> Self {
        let database = sqlite();
        let store = database.open().await;
        let folder = database.folder.path();
        let blobs = Blobs::open(&folder.join("blobs"), &folder.join("key")).unwrap();
        let catalogue = Arc::new(Catalogue::embedded().unwrap());
        let cells = CellPool::new(CellSettings { executable: PathBuf::from(env!("CARGO_BIN_EXE_passerelle")), ..CellSettings::default() });
        let parts = Parts {
            store: store.clone(),
            blobs: blobs.clone(),
            cells,
            catalogue: Arc::clone(&catalogue),
            clock: Clock::System,
            prefecture: HERE.into(),
            opening_hours: passerelle::domain::OpeningHours::default(),
            service: service(),
            intake: web::Intake { spool: folder.join("spool"), bytes: 50 << 20, places: Vec::new() },
        };
        let station = web::bind("127.0.0.1:0".parse().unwrap(), parts).await.unwrap();
        let address = station.url().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        tokio::spawn(station.run(std::future::pending()));
        Self { database, store, blobs, address, catalogue }
    }

    /// Where files that agents send are written first.
    pub fn spool(&self) -> PathBuf {
        self.database.folder.path().join("spool")
    }

    /// One delivery of `prefecture` read to its constat, with its questions open.
    pub async fn seed(&self, prefecture: &str, file: &str, extraction: Extraction, constat: Constat) -> Seeded {
        self.seed_with_code(prefecture, file, extraction, constat, None).await
    }

    /// The same with a code on its first page.
    pub async fn seed_with_code(
        &self,
        prefecture: &str,
        file: &str,
        extraction: Extraction,
        constat: Constat,
        code: Option<&str>,
    ) -> Seeded {
        let delivery = self.register(prefecture, file).await;
        let job = self.claimed(delivery).await;
        self.store.counted(&job, 3, now()).await.unwrap();
        let job = self.claimed(delivery).await;
        for number in 1..=3 {
            self.read_page(prefecture, delivery, &job, number, code.filter(|_| number == 1)).await;
        }
        self.store.pages_read(&job, now()).await.unwrap();
        let job = self.claimed(delivery).await;
        let cut = Assembly { envelopes: vec![EnvelopePages { pages: vec![1, 2, 3], findings: vec![] }], other_pages: vec![] };
        let made = artefact(Subject::Delivery(delivery), Stage::Assemble, 0, &cut);
        let envelope = self.store.assembled(&job, &made, &cut, now()).await.unwrap()[0];
        self.extract(envelope, &extraction).await;
        self.validate(envelope, &constat).await;
        Seeded { delivery, envelope, constat }
    }

    /// The extraction becomes the current one.
    pub async fn extract(&self, envelope: EnvelopeId, extraction: &Extraction) {
        let delivery = self.delivery_of(envelope).await;
        let job = self.claimed(delivery).await;
        self.extracted(&job, envelope, extraction).await;
    }

    /// The end of a claimed extraction.
    pub async fn extracted(&self, job: &Job, envelope: EnvelopeId, extraction: &Extraction) {
        let made = artefact(Subject::Envelope(envelope), Stage::Extract, 0, extraction);
        self.store.extracted(job, envelope, &made, now()).await.unwrap();
    }

    /// The constat becomes the current one, its needs the open questions; a telephone may wait.
    pub async fn validate(&self, envelope: EnvelopeId, constat: &Constat) {
        let delivery = self.delivery_of(envelope).await;
        let job = self.claimed(delivery).await;
        let made = artefact(Subject::Envelope(envelope), Stage::Validate, 0, constat);
        let question = |need: &ReviewNeed| Question { need: need.clone(), code: None, holds: need.subject != "field:telephone" };
        let mut questions: Vec<Question> = constat.review.iter().map(question).collect();
        if constat.outcome == Outcome::Incomplete {
            questions.push(Question::holding("envelope", "Confirmer que ces pièces manquent.", Some("confirmer_incomplet".into())));
        }
        self.store.validated(&job, envelope, &made, Verdict::Wait, &questions, now()).await.unwrap();
    }

    /// An agent confirms what is missing, and the dossier is filed with everything as it stands.
    pub async fn file(&self, seeded: &Seeded) {
        let missing = Some(seeded.constat.missing());
        let word = Correction {
            stage: Stage::Validate,
            subject: "envelope".into(),
            act: CorrectionAct::Acknowledge,
            seen: missing,
            page: None,
            rect: None,
            agent: "Claire Martin".into(),
            at: now(),
        };
        self.store.add_correction(&Scope::Machine, Subject::Envelope(seeded.envelope), &word, now()).await.unwrap();
        let job = self.claimed(seeded.delivery).await;
        let made = artefact(Subject::Envelope(seeded.envelope), Stage::Validate, 0, &seeded.constat);
        self.store.validated(&job, seeded.envelope, &made, Verdict::File, &[], now()).await.unwrap();
        let job = self.claimed(seeded.delivery).await;
        let view = self.view(seeded).await;
        let delivery = self.store.delivery(&Scope::Machine, seeded.delivery).await.unwrap();
        let (extraction, constat) = (view.extraction.unwrap(), view.constat.unwrap());
        let settled = passerelle::dossier::Settled {
            envelope: seeded.envelope,
            delivery: &delivery,
            extraction: &extraction,
            constat: &constat,
            corrections: &view.corrections,
            recipe: "recipe",
        };
        self.store.inject(&job, &passerelle::dossier::build(&settled, &[]), now()).await.unwrap();
    }

    async fn delivery_of(&self, envelope: EnvelopeId) -> DeliveryId {
        self.store.envelope(&Scope::Machine, envelope).await.unwrap().delivery
    }

    pub async fn register(&self, prefecture: &str, file: &str) -> DeliveryId {
        let new = self.new_delivery(prefecture, file, None);
        match self.store.register_delivery(&Scope::Machine, &new, now()).await.unwrap() {
            Registration::New(delivery) | Registration::Duplicate(delivery) => delivery.id,
        }
    }

    /// A file that cannot be processed.
    pub async fn refuse(&self, file: &str) -> DeliveryId {
        let refusal = Refusal::new("pdf_chiffre", "Le fichier est protégé par un mot de passe.", "Demandez un fichier sans mot de passe.");
        let new = self.new_delivery(HERE, file, Some(refusal));
        self.store.register_delivery(&Scope::Machine, &new, now()).await.unwrap();
        new.id
    }

    /// A file that the line gave up, after its last attempt.
    pub async fn give_up(&self, file: &str) -> DeliveryId {
        let delivery = self.register(HERE, file).await;
        let job = self.claimed(delivery).await;
        self.store.failed(&job, &Failure::GaveUp("no memory for a cell".into()), now()).await.unwrap();
        delivery
    }

    fn new_delivery(&self, prefecture: &str, file: &str, refusal: Option<Refusal>) -> NewDelivery {
        let (id, prefecture) = (DeliveryId(Uuid::now_v7()), PrefectureId::from(prefecture));
        let original = self.blobs.put(&prefecture, id, BlobKind::Original, file.as_bytes()).unwrap();
        NewDelivery {
            file: file.into(),
            bytes: 40_126,
            format: Some(Format::Tiff),
            refusal,
            source: "courrier".into(),
            ..new_delivery(&format!("{:0>64}", id.0.simple()), original)
        }
    }

    /// The next job of this delivery; jobs of others are left to their lease.
    pub async fn claimed(&self, delivery: DeliveryId) -> Job {
        loop {
            let job = self.store.claim("test", now(), now().plus_seconds(600)).await.unwrap().expect("a job is there");
            if job.delivery == delivery {
                return job;
            }
        }
    }

    async fn read_page(&self, prefecture: &str, delivery: DeliveryId, job: &Job, number: u32, code: Option<&str>) {
        let code_read = |text: &str| CodeRead {
            symbology: "qr_code".into(),
            text: text.into(),
            bytes: String::new(),
            rect: Rect::new(100, 100, 200, 200),
        };
        let read = PageRead {
            number,
            dpi: 200,
            transform: Transform { quarter_turns: 0, skew: 0.0, scan_width: 1654, scan_height: 2339, sheet: None },
            state: PageState::Read,
            words: vec![],
            zones: vec![],
            checkboxes: vec![],
            mrz: vec![],
            codes: code.map(code_read).into_iter().collect(),
            marks: vec![],
            looks: Vec::new(),
        };
        let picture = &pictures()[number as usize - 1];
        let blob = self.blobs.put(&prefecture.into(), delivery, BlobKind::Derived, picture).unwrap();
        let made = artefact(Subject::Delivery(delivery), Stage::Read, number, &read);
        self.store.page_read(job, &made, &read, Some(&blob), now()).await.unwrap();
    }

    pub async fn view(&self, seeded: &Seeded) -> EnvelopeView {
        self.store.envelope(&Scope::Machine, seeded.envelope).await.unwrap()
    }

    /// Kinds of the events of a delivery, in order.
    pub async fn events(&self, delivery: DeliveryId) -> Vec<Event> {
        self.store.events(&Scope::Machine, delivery).await.unwrap()
    }
}

/// One page of the fixture as a JPEG file.
pub fn one_page() -> Vec<u8> {
    pictures()[0].clone()
}

/// The pages of the fixture as the cell would store them. They are kept between tests: encoding them is slow
/// in a build without optimisation.
fn pictures() -> &'static [Vec<u8>] {
    static PICTURES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    PICTURES.get_or_init(|| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contradiction-jour/contradiction-jour.tif");
        let bytes: Arc<[u8]> = std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display())).into();
        (1..=3).map(|page| kept(&bytes, page)).collect()
    })
}

fn kept(bytes: &Arc<[u8]>, page: u32) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let key: String = Sha256::digest(bytes).iter().take(8).map(|b| format!("{b:02x}")).collect();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{key}-{page}.jpg"));
    if let Ok(picture) = std::fs::read(&file) {
        return picture;
    }
    let document = pages::open(Arc::clone(bytes), Format::Tiff, &pages::Limits::default()).unwrap();
    let picture = jpeg(&document.page(page).unwrap().grey);
    // Written aside and renamed: another test may be reading.
    let aside = file.with_extension(Uuid::now_v7().to_string());
    std::fs::write(&aside, &picture).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    picture
}

/// 150 dpi, as stored pictures are.
fn jpeg(grey: &image::GrayImage) -> Vec<u8> {
    let small = image::imageops::resize(grey, grey.width() * 3 / 4, grey.height() * 3 / 4, image::imageops::FilterType::Triangle);
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 72).encode_image(&small).unwrap();
    bytes
}

fn reading(value: Option<FieldValue>, decision: Decision, source: Source, page: u32, rect: Rect, because: &str) -> Reading {
    let confidence = if decision == Decision::Review { 0.5 } else { 0.99 };
    let evidence = vec![evidence(source, page, rect, value.clone(), None)];
    Reading { value, decision, confidence, source, page: Some(page), rect: Some(rect), because: because.into(), evidence }
}

fn evidence(source: Source, page: u32, rect: Rect, value: Option<FieldValue>, proof: Option<Proof>) -> Evidence {
    Evidence { source, engine: Engine::Tesseract, page, rect, raw: String::new(), value, proof }
}

/// What the pages of the fixture say: the form writes 09/03/1999, the passport 06/03/1999.
pub fn extraction() -> Extraction {
    let (comb, print, mrz) = (Rect::new(487, 767, 366, 53), Rect::new(638, 1098, 130, 26), Rect::new(356, 1344, 884, 96));
    let mut birth = reading(Some(day("1999-03-09")), Decision::Review, Source::Form, 1, comb, REASON);
    birth.evidence.push(evidence(Source::Mrz, 3, mrz, Some(day("1999-03-06")), Some(Proof::CheckDigit)));
    birth.evidence.push(evidence(Source::Text, 3, print, Some(day("1999-03-06")), None));
    let form = |value: &str, decision, y| {
        reading(Some(text(value)), decision, Source::Form, 1, Rect::new(487, y, 1007, 55), "lu sur le formulaire")
    };
    let list = |value: &str, decision, y| Reading { value: Some(FieldValue::List(vec![value.into()])), ..form("", decision, y) };
    let number = reading(Some(text("984854029")), Decision::Review, Source::Form, 1, Rect::new(487, 1073, 457, 50), "lu une seule fois");
    let fields = BTreeMap::from([
        ("nom_naissance".into(), form("BHATT", Decision::Accepted, 613)),
        ("prenoms".into(), list("NISHA", Decision::Accepted, 689)),
        ("date_naissance".into(), birth),
        ("lieu_naissance".into(), form("SURAT", Decision::Accepted, 842)),
        ("nationalites".into(), list("IN", Decision::Accepted, 993)),
        ("numero_etranger".into(), number),
        ("telephone".into(), form("+33694903298", Decision::Review, 1500)),
    ]);
    let piece = |kind: &str, page| Piece {
        kind: kind.into(),
        pages: vec![page],
        confidence: 0.9,
        person: Person::Applicant,
        surely_none: false,
        facts: BTreeMap::new(),
    };
    let ticked = |id: &str, y| reading(Some(text(id)), Decision::Accepted, Source::Form, 1, Rect::new(138, y, 200, 30), "case cochée");
    Extraction {
        pages: vec![1, 2, 3],
        channel: Channel::Postal,
        permit: ticked("etudiant", 480),
        request: ticked("premiere", 425),
        dates: RequestDates::default(),
        pieces: vec![piece("formulaire_demande", 1), piece("contrat_engagement_republique", 2), piece("justificatif_nationalite", 3)],
        fields,
        findings: vec![],
        signals: std::collections::BTreeMap::new(),
    }
}

/// The constat that goes with it: two fields and one document for a person, a telephone that may wait.
pub fn constat() -> Constat {
    let line = |piece: &str, status, because: &str| ChecklistLine {
        piece: piece.into(),
        status,
        class: LineClass::ToBeAsked,
        rank: Rank::Texte,
        article: "CESEDA R431-11, annexe 10".into(),
        rule_version: "2026-01-01".into(),
        because: because.into(),
        group: None,
    };
    let need = |subject: &str, reason: &str| ReviewNeed { subject: subject.into(), reason: reason.into() };
    Constat {
        outcome: Outcome::Review,
        filing_date: FilingDate { value: "2026-10-26".parse().unwrap(), basis: FilingBasis::Reception },
        checklist: vec![
            line("formulaire_demande", LineStatus::Present, "page 1"),
            line("justificatif_nationalite", LineStatus::Present, "passeport, page 3"),
            line("certificat_inscription", LineStatus::Doubtful, "La page 2 pourrait en être un."),
        ],
        admissibility: Admissibility { status: AdmissibilityStatus::ToVerify, evidence: vec![], because: String::new() },
        deadlines: vec![],
        urgency: Urgency { score: 40, reasons: vec!["le titre expire dans 12 jours".into()] },
        findings: vec![Finding {
            code: "identite_discordante".into(),
            subjects: vec!["field:date_naissance".into()],
            message: "Deux dates de naissance figurent dans le pli.".into(),
        }],
        review: vec![
            need("checklist:certificat_inscription", "Aucune page n’est à coup sûr un certificat d’inscription."),
            need("field:telephone", "Une seule lecture."),
            need("field:numero_etranger", "Le numéro a neuf chiffres et n’est écrit qu’à un endroit."),
            need("field:date_naissance", REASON),
        ],
    }
}

/// The same envelope once its questions are answered and one document is missing.
pub fn incomplete() -> Constat {
    let mut constat = constat();
    constat.outcome = Outcome::Incomplete;
    constat.review.clear();
    constat.checklist[2].status = LineStatus::Missing;
    constat.checklist[2].because = "aucune page".into();
    constat
}

/// A service with everything that a letter needs.
pub fn service() -> passerelle::domain::Service {
    passerelle::domain::Service {
        name: "Préfecture d’Ille-et-Vilaine – Bureau du séjour".into(),
        address: vec!["3 avenue de la Préfecture".into(), "35026 RENNES CEDEX 9".into()],
        telephone: "02 99 02 10 35".into(),
        email: "sejour@ille-et-vilaine.example".into(),
        place: "Rennes".into(),
        court: "tribunal administratif de Rennes, 3 contour de la Motte, 35044 RENNES CEDEX".into(),
        data_protection: "dpd@ille-et-vilaine.example".into(),
    }
}
