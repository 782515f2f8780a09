//! From the drop folder to a filed dossier, for each permit with a list: the program itself reads a scan of the fixtures, an
//! agent who has the papers before her answers what it asks, and the dossier says what the papers say.

use crate::support::agent::correction;
use passerelle::blobs::Blobs;
use passerelle::catalogue::{Catalogue, FieldKind};
use passerelle::cell::{CellPool, CellSettings};
use passerelle::clock::Clock;
use passerelle::domain::*;
use passerelle::line::Rules;
use passerelle::store::*;
use passerelle::worker::Worker;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
/// An answer leads to a constat that may ask the next question.
const ROUNDS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_student_gets_a_first_permit_filed() {
    filed("etudiant-premiere").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_gets_a_renewal_filed() {
    filed("salarie-renouvellement").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hosted_applicant_gets_a_change_of_address_filed() {
    filed("adresse-heberge").await;
}

/// What a filing leaves behind, gone when dropped.
pub struct Filed {
    pub store: Store,
    pub demo: PathBuf,
    _kept: TempDir,
}

/// Files the dossier of one fixture.
pub async fn filed(name: &str) -> Filed {
    let kept = tempfile::tempdir().unwrap();
    let (fixtures, demo) = (kept.path().join("fixtures"), kept.path().join("demo"));
    copy(name, &fixtures);
    drop_and_read(&fixtures, &demo);

    let truth: Value = serde_json::from_slice(&std::fs::read(fixtures.join(name).join("truth.json")).unwrap()).unwrap();
    let agent = Agent { truth: truth["envelopes"][0].clone(), catalogue: Catalogue::embedded().unwrap() };
    let store = Store::open(&format!("sqlite://{}", demo.join("passerelle.db").display())).await.unwrap();
    let config = passerelle::config::Config::load(Some(&demo.join("passerelle.toml")), vec![]).unwrap();
    let blobs = Blobs::open(&config.blobs.folder, &config.blobs.key_file).unwrap();
    let cells = CellPool::new(CellSettings { executable: PathBuf::from(env!("CARGO_BIN_EXE_passerelle")), ..CellSettings::default() });
    let rules = Rules {
        catalogue: agent.catalogue.clone(),
        profile: Profile::Evaluation,
        trust: passerelle::domain::Trust::default(),
        ground: passerelle::domain::Ground::Agreement,
    };
    let worker = Worker::new(store.clone(), blobs, cells, Arc::new(rules), Clock::System);
    let mut asked = Vec::new();
    for _ in 0..ROUNDS {
        let open: Vec<Review> = store.open_reviews(&Scope::Machine).await.unwrap().into_iter().filter(|r| r.holds).collect();
        if open.is_empty() {
            break;
        }
        for question in &open {
            let view = store.envelope(&Scope::Machine, question.envelope.unwrap()).await.unwrap();
            let correction = agent.answer(question, &view);
            asked.push(format!("{}: {} -> {:?}", question.subject, question.reason, correction.act));
            store.add_correction(&Scope::Machine, Subject::Envelope(view.id), &correction, question.opened_at).await.unwrap();
        }
        worker.run_until_idle().await.unwrap();
    }
    let dossiers = store.dossiers(&Scope::Machine).await.unwrap();
    let [dossier] = dossiers.as_slice() else { panic!("{} dossiers of one scan; asked: {asked:#?}", dossiers.len()) };
    agent.check(dossier, &asked);
    Filed { store, demo, _kept: kept }
}

fn copy(name: &str, fixtures: &Path) {
    let (from, to) = (Path::new(FIXTURES).join(name), fixtures.join(name));
    std::fs::create_dir_all(&to).unwrap();
    for entry in std::fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// The installed program with a watched folder, until nothing moves any more.
fn drop_and_read(fixtures: &Path, demo: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(["demo", "--once", "--fixtures"])
        .arg(fixtures)
        .arg("--folder")
        .arg(demo)
        .env("OMP_THREAD_LIMIT", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Somebody who reads the papers without error.
struct Agent {
    truth: Value,
    catalogue: Catalogue,
}

impl Agent {
    fn answer(&self, question: &Review, view: &EnvelopeView) -> Correction {
        let (subject, id) = question.subject.split_once(':').unwrap_or((&question.subject, ""));
        let (stage, act) = match subject {
            "permit" | "request" => {
                (Stage::Validate, CorrectionAct::Value { value: FieldValue::Text(self.truth[subject].as_str().unwrap().into()) })
            }
            "field" => (Stage::Validate, self.value(id).map_or(CorrectionAct::Absent, |value| CorrectionAct::Value { value })),
            // The truth of these envelopes has no missing paper.
            "checklist" => (Stage::Validate, CorrectionAct::Checklist { status: LineStatus::Present }),
            "page" => self.page(id.parse().unwrap(), view),
            _ => (Stage::Validate, CorrectionAct::Acknowledge),
        };
        correction(question, stage, act)
    }

    fn page(&self, number: u32, view: &EnvelopeView) -> (Stage, CorrectionAct) {
        let holds = |piece: &&Value| piece["pages"].as_array().unwrap().iter().any(|p| p == number);
        let kind = self.truth["pieces"].as_array().unwrap().iter().find(holds).map_or("inconnu", |p| p["kind"].as_str().unwrap());
        let read = view.read.as_ref().unwrap().pieces.iter().find(|p| p.pages.contains(&number));
        if read.is_some_and(|p| p.kind.as_str() == kind) {
            return (Stage::Validate, CorrectionAct::Acknowledge);
        }
        (Stage::Extract, CorrectionAct::Reclassify { kind: kind.into() })
    }

    /// What the papers say for a field.
    fn value(&self, id: &str) -> Option<FieldValue> {
        let value = self.truth["fields"].get(id)?;
        let Some(text) = value.as_str() else { return serde_json::from_value(value.clone()).ok() };
        let words = || text.split([' ', ',']).filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        Some(match self.catalogue.field(id)?.kind {
            FieldKind::Names | FieldKind::Countries => FieldValue::List(words()),
            FieldKind::Date => FieldValue::Date(text.parse().unwrap()),
            FieldKind::Address => FieldValue::Address(address(text)),
            _ => FieldValue::Text(text.to_owned()),
        })
    }

    /// No value of the dossier differs from the papers, whoever settled it.
    fn check(&self, dossier: &DossierView, asked: &[String]) {
        assert_eq!(dossier.state, DossierState::Complet);
        assert_eq!(
            (dossier.permit.as_deref(), dossier.request.as_deref()),
            (self.truth["permit"].as_str(), self.truth["request"].as_str())
        );
        let shown = |id: &str| dossier.fields.iter().find(|f| f.field == id).and_then(|f| f.value.clone());
        for id in ["nom_naissance", "prenoms", "date_naissance", "nationalites", "numero_etranger"] {
            assert_eq!(shown(id), self.value(id), "{id}; asked: {asked:#?}");
        }
        let settled = dossier.fields.iter().filter(|f| f.decision == Decision::Accepted);
        for field in settled.filter(|f| self.truth["fields"].get(&f.field).is_some()) {
            assert_eq!(plain(field.value.as_ref()), plain(self.value(&field.field).as_ref()), "{}", field.field);
        }
        let pages: usize = dossier.pieces.iter().map(|piece| piece.pages.len()).sum();
        assert_eq!(pages, self.truth["pages"].as_array().unwrap().len(), "{:?}", dossier.pieces);
    }
}

/// A passport prints a town without its accents, which makes it no other town.
fn plain(value: Option<&FieldValue>) -> String {
    use unicode_normalization::UnicodeNormalization;
    serde_json::to_string(&value).unwrap().nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect()
}

/// « 18 RUE DU PUITS 87000 LIMOGES ».
fn address(text: &str) -> Address {
    let words: Vec<&str> = text.split(' ').collect();
    let code = words.iter().rposition(|w| w.len() == 5 && w.bytes().all(|b| b.is_ascii_digit())).unwrap();
    let numbered = words[0].starts_with(|c: char| c.is_ascii_digit());
    Address {
        numero: numbered.then(|| words[0].to_owned()),
        voie: words[usize::from(numbered)..code].join(" "),
        complement: None,
        code_postal: words[code].to_owned(),
        commune: words[code + 1..].join(" "),
        pays: Some("FR".to_owned()),
    }
}
