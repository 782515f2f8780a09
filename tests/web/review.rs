//! The reviewer's work over plain HTTP: answers become corrections, or are refused with everything kept.

use super::client::{Client, Reply};
use super::desk::{HERE, REASON, Seeded, Station, constat, day, extraction, incomplete, text};
use passerelle::domain::*;
use passerelle::store::{EnvelopeState, Verdict};

async fn station() -> (Station, Seeded, Client) {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot-03.tif", extraction(), constat()).await;
    let client = Client::named(station.address, "Claire Martin").await;
    (station, seeded, client)
}

/// Opens a point (the server's choice when none is named) and answers it.
async fn answer(client: &mut Client, seeded: &Seeded, point: Option<&str>, answer: &[(&str, &str)]) -> Reply {
    let place = format!("/verifier/{}", seeded.envelope);
    let page = client.get(&point.map_or(place.clone(), |p| format!("{place}?point={p}"))).await;
    assert_eq!(page.status, 200);
    let hidden: Vec<(&str, String)> = ["jeton", "sujet", "vu", "etat"].into_iter().map(|n| (n, last_hidden(&page, n))).collect();
    let mut form: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (*n, v.as_str())).collect();
    form.extend(answer);
    client.post(&place, &form).await
}

/// Of the answer's form, which comes after the one in the header.
fn last_hidden(page: &Reply, name: &str) -> String {
    let text = page.text();
    let from = text.find("class=\"answer").expect("a question is shown");
    Reply { bytes: text.as_bytes()[from..].to_vec(), ..page.clone() }.hidden(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_gives_the_next_envelope_and_its_questions_in_order() {
    let (station, seeded, mut client) = station().await;
    let mut calm = constat();
    calm.urgency = Urgency::default();
    station.seed(HERE, "calme.tif", extraction(), calm).await;
    assert_eq!(client.get("/verifier/suivant").await.header("location"), Some(format!("/verifier/{}", seeded.envelope).as_str()));
    let page = client.get(&format!("/verifier/{}", seeded.envelope)).await.text();
    for said in ["Date de naissance", REASON, "09/03/1999", "06/03/1999", "clé de contrôle juste", "3 points à vérifier", "Claire Martin"]
    {
        assert!(page.contains(said), "{said} is missing");
    }
    assert_eq!(answer(&mut client, &seeded, None, &[("valeur", "06/03/1999")]).await.status, 303);
    let next = client.get(&format!("/verifier/{}", seeded.envelope)).await.text();
    assert!(next.contains("2 points à vérifier") && next.contains("Enregistré – Date de naissance : 06/03/1999"));
    assert!(next.contains("Le numéro a neuf chiffres"), "the next field is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_and_a_corrected_value_stand_with_their_agent() {
    let (station, seeded, mut client) = station().await;
    answer(&mut client, &seeded, Some("field:date_naissance"), &[("valeur", "06031999")]).await;
    answer(&mut client, &seeded, Some("field:numero_etranger"), &[("valeur", "984 854 0294")]).await;
    answer(&mut client, &seeded, Some("field:telephone"), &[("acte", "valeur"), ("valeur", "06 94 90 32 98")]).await;
    let view = station.view(&seeded).await;
    let fields = &view.extraction.unwrap().fields;
    let expected = [("date_naissance", day("1999-03-06")), ("numero_etranger", text("9848540294")), ("telephone", text("+33694903298"))];
    for (id, value) in expected {
        let reading = &fields[&id.into()];
        assert_eq!((reading.value.clone(), reading.decision, reading.source), (Some(value), Decision::Confirmed, Source::Agent), "{id}");
    }
    let first = &view.corrections[0];
    assert_eq!((first.agent.as_str(), first.stage, first.seen.clone()), ("Claire Martin", Stage::Validate, Some(day("1999-03-09"))));
    assert_eq!(first.rect, Some(Rect::new(487, 767, 366, 53)), "the place that was looked at is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn confirming_never_changes_a_value() {
    let station = Station::start().await;
    let mut odd = extraction();
    // Such values are shown in a French form that another rule would read otherwise.
    let kept = [
        ("telephone", text("+262692123456")),
        ("nom_naissance", text("O.K. 2")),
        ("sexe", text("X")),
        ("nationalites", FieldValue::List(vec!["ZZ".into()])),
    ];
    for (id, value) in &kept {
        let reading = Reading { value: Some(value.clone()), decision: Decision::Review, ..odd.fields[&"telephone".into()].clone() };
        odd.fields.insert((*id).into(), reading);
    }
    let seeded = station.seed(HERE, "lot.tif", odd, constat()).await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    for (id, value) in kept {
        let point = format!("field:{id}");
        let page = client.get(&format!("/verifier/{}?point={point}", seeded.envelope)).await;
        let typed = if id == "sexe" { "X".to_owned() } else { page.hidden("valeur") };
        assert_eq!(answer(&mut client, &seeded, Some(&point), &[("valeur", &typed)]).await.status, 303, "{typed}");
        let view = station.view(&seeded).await;
        assert_eq!(view.corrections.last().unwrap().act, CorrectionAct::Value { value }, "{id} shown as {typed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn illegible_absent_and_an_alternative_are_answers() {
    let (station, seeded, mut client) = station().await;
    answer(&mut client, &seeded, Some("field:date_naissance"), &[("prendre", "\"1999-03-06\"")]).await;
    answer(&mut client, &seeded, Some("field:numero_etranger"), &[("acte", "illisible")]).await;
    answer(&mut client, &seeded, Some("field:telephone"), &[("acte", "absent")]).await;
    answer(&mut client, &seeded, Some("checklist:certificat_inscription"), &[("acte", "piece-manquante")]).await;
    let acts: Vec<CorrectionAct> = station.view(&seeded).await.corrections.into_iter().map(|c| c.act).collect();
    let missing = CorrectionAct::Checklist { status: LineStatus::Missing };
    assert_eq!(acts, [CorrectionAct::Value { value: day("1999-03-06") }, CorrectionAct::Illegible, CorrectionAct::Absent, missing]);
    assert!(station.store.open_reviews(&Scope::Machine).await.unwrap().is_empty());
    let wait = client.get(&format!("/verifier/{}", seeded.envelope)).await.text();
    assert!(wait.contains("en cours de traitement"), "the line has still to take the answers in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_no_kind_is_refused_in_words_and_kept_on_the_screen() {
    let (station, seeded, mut client) = station().await;
    for (point, typed, sentence) in [
        ("field:date_naissance", "31/02/1999", "n’existe pas au calendrier"),
        ("field:date_naissance", "6 mars 99", "n’est pas une date"),
        ("field:date_naissance", "", "Rien n’est saisi"),
        ("field:numero_etranger", "12", "n’a pas la forme attendue"),
    ] {
        let reply = answer(&mut client, &seeded, Some(point), &[("valeur", typed)]).await;
        assert_eq!(reply.status, 422, "{typed}");
        assert!(reply.text().contains(sentence), "{typed}: {sentence}");
        assert!(reply.text().contains(&format!("name=\"valeur\" value=\"{typed}\"")), "{typed} is not kept");
    }
    for (point, act) in
        [("checklist:certificat_inscription", "absent"), ("field:date_naissance", "piece-presente"), ("field:date_naissance", "vu")]
    {
        assert_eq!(answer(&mut client, &seeded, Some(point), &[("acte", act)]).await.status, 422, "{point} {act}");
    }
    let invented = answer(&mut client, &seeded, Some("field:date_naissance"), &[("prendre", "\"1901-01-01\"")]).await;
    assert_eq!(invented.status, 422, "only what was read can be taken as read");
    assert!(station.view(&seeded).await.corrections.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_changed_meanwhile_is_shown_beside_the_old_one() {
    let (station, seeded, mut client) = station().await;
    let place = format!("/verifier/{}", seeded.envelope);
    let old = client.get(&place).await;
    let hidden: Vec<(&str, String)> = ["jeton", "sujet", "vu", "etat"].into_iter().map(|n| (n, last_hidden(&old, n))).collect();
    // Another agent turns a page; it is read again, and better.
    let mut other = Client::named(station.address, "Denis Roche").await;
    answer(&mut other, &seeded, Some("checklist:certificat_inscription"), &[("acte", "piece-presente")]).await;
    let mut better = extraction();
    better.fields.get_mut(&"date_naissance".into()).unwrap().value = Some(day("1999-03-08"));
    let again = Correction {
        stage: Stage::Extract,
        subject: "page:2".into(),
        act: CorrectionAct::Reclassify { kind: "certificat_inscription".into() },
        seen: None,
        page: Some(2),
        rect: None,
        agent: "Denis Roche".into(),
        at: super::desk::now(),
    };
    station.store.add_correction(&Scope::Machine, Subject::Envelope(seeded.envelope), &again, super::desk::now()).await.unwrap();
    // Its earlier answer waits for the new reading.
    let job = station.claimed(seeded.delivery).await;
    let job = if job.stage == Stage::Validate { station.claimed(seeded.delivery).await } else { job };
    station.extracted(&job, seeded.envelope, &better).await;
    let mut form: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (*n, v.as_str())).collect();
    form.push(("valeur", "09/03/1999"));
    let reply = client.post(&place, &form).await;
    assert_eq!(reply.status, 409, "{}", reply.text());
    for said in ["La lecture a changé", "09/03/1999", "08/03/1999", "Rien n’a été enregistré"] {
        assert!(reply.text().contains(said), "{said}");
    }
    assert!(station.view(&seeded).await.corrections.iter().all(|c| c.subject != "field:date_naissance"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_on_one_point_see_each_other() {
    let (station, seeded, mut client) = station().await;
    let mut other = Client::named(station.address, "Denis Roche").await;
    let place = format!("/verifier/{}", seeded.envelope);
    let mine = client.get(&place).await;
    answer(&mut other, &seeded, None, &[("valeur", "06/03/1999")]).await;
    let hidden: Vec<(&str, String)> = ["jeton", "sujet", "vu", "etat"].into_iter().map(|n| (n, last_hidden(&mine, n))).collect();
    let mut form: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (*n, v.as_str())).collect();
    form.push(("valeur", "09/03/1999"));
    let reply = client.post(&place, &form).await;
    assert_eq!(reply.status, 409);
    assert!(reply.text().contains("Denis Roche") && reply.text().contains("06/03/1999"));
    assert_eq!(station.view(&seeded).await.corrections.len(), 1, "the second word is not written over the first unseen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_becomes_incomplete_only_by_the_word_of_an_agent_on_these_documents() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot-03.tif", extraction(), incomplete()).await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let place = format!("/verifier/{}", seeded.envelope);
    let page = client.get(&place).await;
    assert!(page.text().contains("Confirmer : dossier incomplet") && page.text().contains("R431-11"));
    let token = client.token().await;
    let stale = client.post(&format!("{place}/incomplet"), &[("jeton", &token), ("etat", "[\"photos_identite\"]")]).await;
    assert_eq!(stale.status, 409);
    assert!(station.view(&seeded).await.corrections.is_empty());
    let given = client.post(&format!("{place}/incomplet"), &[("jeton", &token), ("etat", "[\"certificat_inscription\"]")]).await;
    assert_eq!(given.status, 303);
    let view = station.view(&seeded).await;
    assert!(view.constat.as_ref().unwrap().incomplete_confirmed(&view.corrections));
    assert_eq!(view.corrections[0].agent.as_str(), "Claire Martin");
    // The line takes the word in, and the envelope leaves the queue.
    let job = station.claimed(seeded.delivery).await;
    let made = passerelle::store::NewArtefact {
        subject: Subject::Envelope(seeded.envelope),
        stage: Stage::Validate,
        unit: 0,
        input_hash: "confirmed".into(),
        recipe: "recipe".into(),
        schema: 1,
        body: serde_json::to_string(&seeded.constat).unwrap(),
    };
    station.store.validated(&job, seeded.envelope, &made, Verdict::File, &[], super::desk::now()).await.unwrap();
    assert_ne!(station.view(&seeded).await.state, EnvelopeState::Filed, "the door has still to be passed");
    assert!(client.get(&place).await.text().contains("en cours de traitement"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anomaly_is_told_with_what_to_do_and_looked_at_once() {
    let station = Station::start().await;
    let delivery = station.refuse("protege.pdf").await;
    station.register(HERE, "neuf.tif").await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let day = client.get("/depots").await.text();
    for said in [
        "protege.pdf",
        "En anomalie",
        "protégé par un mot de passe",
        "Demandez un fichier sans mot de passe.",
        "neuf.tif",
        "Le compte est juste",
    ] {
        assert!(day.contains(said), "{said}");
    }
    assert_eq!(client.get("/verifier/suivant").await.header("location"), Some(format!("/depots/{delivery}").as_str()));
    let token = client.token().await;
    let aside = [("jeton", token.as_str()), ("motif", "rendu")];
    assert_eq!(client.post(&format!("/depots/{delivery}/mettre-de-cote"), &aside).await.status, 303);
    assert!(client.get("/verifier").await.text().contains("Rien n’attend"));
    assert!(client.get("/depots").await.text().contains("Mis de côté"), "it stays on the day's page");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_named_turned_or_left_as_it_is() {
    let station = Station::start().await;
    let mut asked = constat();
    asked.review = vec![ReviewNeed { subject: "page:2".into(), reason: "Rien ne dit à coup sûr quelle pièce est cette page.".into() }];
    for (answer_, expected) in [
        (
            vec![("acte", "valeur"), ("valeur", "certificat_inscription")],
            (Stage::Extract, CorrectionAct::Reclassify { kind: "certificat_inscription".into() }),
        ),
        (vec![("acte", "tourner-3")], (Stage::Read, CorrectionAct::Turn { quarter_turns: 3 })),
        (vec![("acte", "vu")], (Stage::Validate, CorrectionAct::Acknowledge)),
    ] {
        let seeded = station.seed(HERE, "lot.tif", extraction(), asked.clone()).await;
        let mut client = Client::named(station.address, "Claire Martin").await;
        let unknown = answer(&mut client, &seeded, None, &[("acte", "valeur"), ("valeur", "nulle_piece")]).await;
        assert_eq!(unknown.status, 422);
        assert_eq!(answer(&mut client, &seeded, None, &answer_).await.status, 303);
        let word = station.view(&seeded).await.corrections.pop().unwrap();
        assert_eq!((word.stage, word.act, word.subject.as_str(), word.page), (expected.0, expected.1, "page:2", Some(2)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_value_and_a_line_of_the_list_can_be_corrected_too() {
    let (station, seeded, mut client) = station().await;
    let page = client.get(&format!("/verifier/{}", seeded.envelope)).await.text();
    assert!(page.contains("?point=field:nom_naissance") && page.contains("?point=checklist:justificatif_nationalite"));
    answer(&mut client, &seeded, Some("field:nom_naissance"), &[("valeur", "Bhatti")]).await;
    answer(&mut client, &seeded, Some("checklist:justificatif_nationalite"), &[("acte", "piece-manquante")]).await;
    let view = station.view(&seeded).await;
    assert_eq!(view.extraction.unwrap().fields[&"nom_naissance".into()].value, Some(text("BHATTI")));
    assert_eq!(view.corrections[1].seen, Some(text("present")));
    // Seeing a constat is not confirming its missing documents.
    let mut open = constat();
    open.review = vec![ReviewNeed { subject: "envelope".into(), reason: "Deux demandeurs.".into() }];
    let other = station.seed(HERE, "lot.tif", extraction(), open).await;
    assert_eq!(answer(&mut client, &other, None, &[("acte", "vu")]).await.status, 303);
    let view = station.view(&other).await;
    assert!(!incomplete().incomplete_confirmed(&view.corrections), "{:?}", view.corrections);
}
