//! What each reader is told and what not, on the cases of the lists.

use super::*;
use crate::cases::{Cases, Change};
use crate::catalogue::case_files;
use crate::domain::{
    AgentId, Channel, CorrectionAct, DeliveryId, DeliveryState, FieldId, Instant, LineStatus, Outcome, PrefectureId, Source, Stage,
};
use crate::french::fold;
use std::collections::BTreeSet;
use uuid::Uuid;

const AGENT: &str = "c.lemoine";

/// Where a line of a text ends is no matter of these tests.
fn flat(text: &str) -> String {
    crate::french::squeeze(text)
}

fn delivery() -> Delivery {
    Delivery {
        id: DeliveryId(Uuid::from_u128(7)),
        prefecture: PrefectureId::from("35"),
        file: "lot_12.pdf".into(),
        sha256: "ab".repeat(32),
        bytes: 1,
        format: None,
        channel: Channel::Postal,
        state: DeliveryState::Processed,
        pages: Some(12),
        refusal: None,
        closure: None,
        registered_at: "2026-11-20T09:00:00Z".parse().map(Instant).unwrap(),
        received_on: None,
        index: None,
    }
}

fn says(subject: &str, act: CorrectionAct, seen: Option<FieldValue>) -> Correction {
    Correction {
        stage: Stage::Validate,
        subject: subject.into(),
        act,
        seen,
        page: None,
        rect: None,
        agent: AgentId::from(AGENT),
        at: "2026-11-21T10:30:00Z".parse().map(Instant).unwrap(),
    }
}

/// One application of the cases beside the lists.
struct Applied {
    catalogue: Catalogue,
    delivery: Delivery,
    read: Extraction,
    constat: Constat,
}

impl Applied {
    fn of(cases: &Cases, change: &Change, catalogue: &Catalogue) -> Self {
        let read = cases.envelope(change, catalogue).unwrap();
        let constat = cases.constat_of(&read, change, catalogue);
        Self { catalogue: catalogue.clone(), delivery: delivery(), read, constat }
    }

    /// The first case of a list with such a constat.
    fn case(list: &str, picks: impl Fn(&Constat) -> bool) -> Self {
        let catalogue = Catalogue::embedded().unwrap();
        let files = case_files(None).unwrap();
        let cases = Cases::parse(files.iter().find(|f| f.path.ends_with(list)).unwrap()).unwrap();
        cases.cases.iter().map(|change| Self::of(&cases, change, &catalogue)).find(|applied| picks(&applied.constat)).unwrap()
    }

    fn with<T>(&self, standing: Standing, corrections: &[Correction], tell: impl Fn(&Matter<'_>) -> T) -> T {
        tell(&Matter {
            catalogue: &self.catalogue,
            delivery: &self.delivery,
            envelope: EnvelopeId(Uuid::from_u128(9)),
            standing,
            read: &self.read,
            constat: &self.constat,
            corrections,
            recipe: "0123456789abcdef",
            recipe_now: "0123456789abcdef",
            on: jiff::civil::date(2026, 11, 24),
        })
    }

    /// That the dossier lacks what the constat says.
    fn confirmation(&self) -> Correction {
        says("envelope", CorrectionAct::Acknowledge, Some(self.constat.missing()))
    }
}

fn incomplete() -> Applied {
    Applied::case("etudiant-premiere.toml", |constat| constat.outcome == Outcome::Incomplete)
}

#[test]
fn a_missing_paper_is_asked_for_once_an_agent_confirmed_it_and_not_before() {
    let applied = incomplete();
    let before = applied.with(Standing::Waiting, &[], for_usager);
    assert!(before.papers_asked.is_empty() && !before.papers_checking.is_empty(), "{before:#?}");
    assert!(!flat(&before.text()).contains("Documents demandés"));
    let confirmed = [applied.confirmation()];
    let after = applied.with(Standing::Filed(DossierState::Incomplet), &confirmed, for_usager);
    assert!(!after.papers_asked.is_empty(), "{after:#?}");
    let text = flat(&after.text());
    for words in ["Documents demandés", "Règle : article", "Un agent a confirmé que votre dossier est incomplet"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn only_settled_values_are_quoted_to_the_applicant() {
    let mut applied = incomplete();
    let name = applied.read.fields.get_mut(&FieldId::from("nom_naissance")).unwrap();
    (name.value, name.decision) = (Some(FieldValue::Text("DIALL0".into())), Decision::Review);
    let text = flat(&applied.with(Standing::Waiting, &[], for_usager).text());
    assert!(!text.contains("DIALL0") && text.contains("En cours de vérification : Nom de naissance"), "{text}");
    let agent = [says(
        "field:nom_naissance",
        CorrectionAct::Value { value: FieldValue::Text("DIALLO".into()) },
        Some(FieldValue::Text("DIALL0".into())),
    )];
    let text = flat(&applied.with(Standing::Waiting, &agent, for_usager).text());
    assert!(text.contains("Nom de naissance : DIALLO.") && text.contains("Vérifié par un agent"), "{text}");
    let told = applied.with(Standing::Waiting, &agent, for_agent);
    let name = told.data.iter().find(|d| d.subject == "field:nom_naissance").unwrap();
    assert_eq!((name.state.as_str(), name.machine.as_deref()), ("confirmé par c.lemoine", Some("DIALL0")));
    assert!(flat(&told.text()).contains("21/11/2026 à 11 h 30, c.lemoine – Nom de naissance : DIALLO (vu : DIALL0)"), "{}", told.text());
}

#[test]
fn details_of_other_people_and_of_private_life_are_named_and_not_copied() {
    let mut applied = incomplete();
    let value = |text: &str| Reading { value: Some(FieldValue::Text(text.into())), ..applied.read.permit.clone() };
    let secret = [("hebergeant_nom", value("MARTINEAU")), ("conjoint_nom", value("KEITA")), ("titulaire_aah_asi", value("oui"))];
    applied.read.fields.extend(secret.map(|(id, reading)| (FieldId::from(id), reading)));
    let text = flat(&applied.with(Standing::Waiting, &[], for_usager).text());
    assert!(!text.contains("MARTINEAU") && !text.contains("KEITA") && !text.contains("Allocation"), "{text}");
    assert!(text.contains("la personne qui vous héberge") && text.contains("votre santé ou votre vie privée"), "{text}");
    assert!(applied.with(Standing::Waiting, &[], for_agent).text().contains("MARTINEAU"), "the agent sees them");
}

#[test]
fn the_applicant_counts_pages_from_the_first_one_sent() {
    let mut applied = incomplete();
    for page in &mut applied.read.pages {
        *page += 40;
    }
    for piece in &mut applied.read.pieces {
        piece.pages.iter_mut().for_each(|page| *page += 40);
    }
    let told = applied.with(Standing::Waiting, &[], for_usager);
    assert_eq!(told.papers_found[0].pages, [1]);
    let agent = applied.with(Standing::Waiting, &[], for_agent);
    assert_eq!(agent.pieces[0].pages, [41], "the agent looks at the file");
}

#[test]
fn every_rule_is_told_to_the_agent_with_its_article_version_and_result() {
    let applied = incomplete();
    let told = applied.with(Standing::Waiting, &[], for_agent);
    assert_eq!(told.rules.len(), applied.constat.checklist.len());
    assert!(told.rules.iter().all(|r| !r.article.is_empty() && !r.because.is_empty() && !r.due.is_empty()), "{:#?}", told.rules);
    let present = told.rules.iter().find(|r| r.status == LineStatus::Present).unwrap();
    assert!(!present.pages.is_empty(), "{present:?}");
    let text = flat(&told.text());
    for line in &applied.constat.checklist {
        assert!(text.contains(&line.article) && text.contains(crate::french::line_status(line.status)), "{}", line.article);
    }
}

/// The reading of an agent names her in its reason, and the constat in its lines: neither reaches the applicant.
#[test]
fn no_text_to_an_applicant_has_a_forbidden_word_a_code_or_the_name_of_an_agent() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut codes: BTreeSet<&str> = catalogue.fields.iter().map(|f| f.id.as_str()).collect();
    codes.extend(catalogue.documents.iter().map(|d| d.id.as_str()));
    codes.extend(catalogue.permits.iter().map(|p| p.id.as_str()));
    codes.retain(|id| id.contains('_'));
    let mut permits = BTreeSet::new();
    for file in case_files(None).unwrap() {
        let cases = Cases::parse(&file).unwrap();
        permits.insert(cases.permit.clone());
        for change in &cases.cases {
            let applied = Applied::of(&cases, change, &catalogue);
            for text in all_texts(&applied) {
                faultless(&text, &catalogue, &codes, &format!("{}: {}", file.path, change.name));
            }
        }
    }
    assert!(permits.len() >= 20, "{permits:?}");
}

/// Untouched, and with the word of an agent on a value, a line and the whole.
fn all_texts(applied: &Applied) -> Vec<String> {
    let mut corrections = vec![applied.confirmation()];
    corrections.extend(applied.read.fields.iter().take(2).map(|(id, reading)| {
        let value = reading.value.clone().unwrap_or(FieldValue::Bool(true));
        says(&format!("field:{id}"), CorrectionAct::Value { value }, reading.value.clone())
    }));
    corrections.extend(
        applied
            .constat
            .checklist
            .first()
            .map(|line| says(&format!("checklist:{}", line.piece), CorrectionAct::Checklist { status: LineStatus::Present }, None)),
    );
    let filed = Standing::Filed(DossierState::Incomplet);
    let told = [applied.with(Standing::Waiting, &[], for_usager), applied.with(filed, &corrections, for_usager)];
    told.iter().flat_map(|t| [t.text(), serde_json::to_value(t).unwrap().to_string().replace(['{', '}', '"', ':'], " ")]).collect()
}

fn faultless(text: &str, catalogue: &Catalogue, codes: &BTreeSet<&str>, case: &str) {
    let plain = fold(text);
    for word in plain.split(|c: char| !c.is_alphanumeric()) {
        assert!(!catalogue.vocabulary.forbidden.iter().any(|f| word.starts_with(&f.stem)), "{case}: {word}\n{text}");
    }
    let word = |c: char| !(c.is_alphanumeric() || c == '_');
    let code = text.split(word).find(|w| codes.contains(w));
    assert_eq!(code, None, "{case}\n{text}");
    assert!(!text.contains(AGENT) && !text.contains('\''), "{case}\n{text}");
}

#[test]
fn neither_text_is_empty_where_nothing_is_known_yet() {
    let mut applied = incomplete();
    applied.read.fields.clear();
    applied.read.pieces.clear();
    applied.constat.checklist.clear();
    applied.constat.deadlines.clear();
    for reading in [&mut applied.read.permit, &mut applied.read.request] {
        (reading.value, reading.decision, reading.source) = (None, Decision::Review, Source::Form);
    }
    let usager = flat(&applied.with(Standing::Working, &[], for_usager).text());
    assert!(usager.contains("Aucun renseignement n’est encore établi") && usager.contains("article 16"), "{usager}");
    assert!(applied.with(Standing::Working, &[], for_agent).text().contains("Aucune liste n’a été appliquée"));
}
