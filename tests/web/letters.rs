//! Letters: prepared from settled values only, confirmed line by line, signed, printed, posted; and the record of the substitution.

use super::client::Client;
use super::desk::{HERE, Seeded, Station, constat, extraction, incomplete};
use passerelle::domain::*;
use passerelle::pages;
use passerelle::recognise::{Engines, Sketch, read_codes, read_page};
use passerelle::store::{EnvelopeState, LetterState};
use std::sync::Arc;

/// The fixture with an address, which the letter needs.
fn with_address() -> Extraction {
    let mut extraction = extraction();
    let home = Address {
        numero: Some("4".into()),
        voie: "RUE SAINT-HÉLIER".into(),
        complement: None,
        code_postal: "35000".into(),
        commune: "RENNES".into(),
        pays: Some("FR".into()),
    };
    let known = extraction.fields[&"nom_naissance".into()].clone();
    extraction.fields.insert("adresse".into(), Reading { value: Some(FieldValue::Address(home)), ..known });
    extraction
}

async fn station(constat: Constat) -> (Station, Seeded, Client) {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot-03.tif", with_address(), constat).await;
    let client = Client::named(station.address, "Claire Martin").await;
    (station, seeded, client)
}

/// An application ready for an act of this file, with the form that does it.
pub async fn ready(station: &Station, client: &mut Client, path: &str) -> (Seeded, Vec<(String, String)>) {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    if path.ends_with("/joindre") {
        let to = station.seed(HERE, "lot.tif", with_address(), incomplete()).await;
        station.file(&to).await;
        return (answer_to(station, &to).await, vec![own("dossier", &to.envelope.to_string())]);
    }
    let seeded = station.seed(HERE, "lot.tif", with_address(), constat()).await;
    let place = format!("/courriers/{}/accuse_reception", seeded.envelope);
    let page = client.get(&place).await;
    let lines = page.text().matches("name=\"ligne\"").count();
    if path.ends_with("/signer") {
        let mut form = vec![own("etat", &page.hidden("etat"))];
        form.extend((0..lines).map(|n| own("ligne", &n.to_string())));
        return (seeded, form);
    }
    assert_eq!(sign(client, &place, lines).await, 303);
    let today = Instant(jiff::Timestamp::now()).date_in_paris().to_string();
    (seeded, vec![own("jour", &today), own("raison", "essai")])
}

async fn sign(client: &mut Client, place: &str, lines: usize) -> u16 {
    let page = client.get(place).await;
    let (token, state) = (page.hidden("jeton"), page.hidden("etat"));
    let numbers: Vec<String> = (0..lines).map(|n| n.to_string()).collect();
    let mut form = vec![("jeton", token.as_str()), ("etat", state.as_str())];
    form.extend(numbers.iter().map(|n| ("ligne", n.as_str())));
    client.post(&format!("{place}/signer"), &form).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_signed_line_by_line_printed_and_posted() {
    let (station, seeded, mut client) = station(constat()).await;
    let place = format!("/courriers/{}/accuse_reception", seeded.envelope);
    assert!(client.get("/courriers").await.text().contains(&place), "it is due");
    let page = client.get(&place).await.text();
    for said in ["BHATT", "4 RUE SAINT-HÉLIER", "35000 RENNES", "en cours de vérification", "Étudiant", "Signer : Claire Martin"] {
        assert!(page.contains(said), "{said} is missing");
    }
    assert!(!page.contains("984854029"), "a number that waits for a person is not told to the applicant");
    let lines = page.matches("name=\"ligne\"").count();
    assert!(lines >= 5, "{lines}");
    let draft = client.get(&format!("{place}/pdf")).await;
    assert_eq!((draft.status, draft.header("content-type")), (200, Some("application/pdf")));
    assert_eq!(sign(&mut client, &place, lines - 1).await, 422, "one line is not confirmed");
    assert!(station.store.letters(&Scope::Machine, seeded.envelope).await.unwrap().is_empty());
    assert_eq!(sign(&mut client, &place, lines).await, 303);
    let letters = station.store.letters(&Scope::Machine, seeded.envelope).await.unwrap();
    assert_eq!((letters.len(), letters[0].agent.as_str(), letters[0].state), (1, "Claire Martin", LetterState::Signed));
    let pdf = client.get(&format!("{place}/pdf")).await;
    assert!(pdf.bytes.starts_with(b"%PDF") && pdf.bytes != draft.bytes);
    assert_eq!(pdf.bytes, client.get(&format!("{place}/pdf")).await.bytes);
    let token = client.token().await;
    let tomorrow = client.post(&format!("{place}/poster"), &[("jeton", &token), ("jour", "2999-01-01")]).await;
    assert_eq!(tomorrow.status, 422);
    let today = Instant(jiff::Timestamp::now()).date_in_paris().to_string();
    assert_eq!(client.post(&format!("{place}/poster"), &[("jeton", &token), ("jour", &today)]).await.status, 303);
    assert!(client.get(&place).await.text().contains("Posté le"));
    assert!(!client.get("/courriers").await.text().contains(&place), "nothing is left to do");
    let kinds: Vec<String> = station.events(seeded.delivery).await.into_iter().map(|e| e.kind).collect();
    assert!(kinds.contains(&"courrier_signe".to_owned()) && kinds.contains(&"courrier_poste".to_owned()), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_waits_for_what_it_needs_and_says_what() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot-03.tif", extraction(), constat()).await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let receipt = format!("/courriers/{}/accuse_reception", seeded.envelope);
    assert!(client.get(&receipt).await.text().contains("L’adresse du demandeur n’est pas établie"));
    assert_eq!(client.get(&format!("{receipt}/pdf")).await.status, 404);
    let token = client.token().await;
    assert_eq!(client.post(&format!("{receipt}/signer"), &[("jeton", &token), ("etat", "")]).await.status, 409);
    let demand = format!("/courriers/{}/demande_pieces", seeded.envelope);
    assert!(client.get(&demand).await.text().contains("Aucun agent n’a encore confirmé que le dossier est incomplet"));
    assert_eq!(client.get(&format!("/courriers/{}/inconnu", seeded.envelope)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_asked_for_only_after_an_agent_confirmed_them_missing() {
    let (_station, seeded, mut client) = station(incomplete()).await;
    let place = format!("/courriers/{}/demande_pieces", seeded.envelope);
    let review = format!("/verifier/{}", seeded.envelope);
    assert!(client.get(&place).await.text().contains("ne part pas avant"));
    let token = client.token().await;
    let state = [("jeton", token.as_str()), ("etat", "[\"certificat_inscription\"]")];
    assert_eq!(client.post(&format!("{review}/incomplet"), &state).await.status, 303);
    let page = client.get(&place).await.text();
    assert!(page.contains("Certificat d") && page.contains("R431-11") && page.contains("Il manque un papier"), "{page}");
    assert_eq!(sign(&mut client, &place, 1).await, 303);
    let token = client.token().await;
    assert_eq!(client.post(&format!("{place}/annuler"), &[("jeton", &token), ("raison", "")]).await.status, 422);
    assert_eq!(client.post(&format!("{place}/annuler"), &[("jeton", &token), ("raison", "pièce retrouvée")]).await.status, 303);
    assert!(client.get(&place).await.text().contains("Signer : Claire Martin"), "it may be written again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_codes_of_a_printed_letter_lead_back_to_its_dossier() {
    let (station, seeded, mut client) = station(constat()).await;
    let place = format!("/courriers/{}/accuse_reception", seeded.envelope);
    let pdf: Arc<[u8]> = client.get(&format!("{place}/pdf")).await.bytes.into();
    let document = pages::open(pdf, Format::Pdf, &pages::Limits::default()).unwrap();
    let key = MarkKey(station.blobs.mark_key());
    let mut read = Vec::new();
    for number in 1..=document.page_count() {
        let picture = document.page(number).unwrap();
        let codes = read_codes(&picture.grey, &Sketch::new(&picture.grey, picture.dpi));
        read.extend(codes.iter().filter_map(|code| LetterMark::read(&code.text, &key)).map(|mark| (number, mark.page, mark.envelope)));
    }
    let last = document.page_count();
    let found: Vec<(u32, u32)> = read.iter().map(|(on, page, _)| (*on, *page)).collect();
    assert!(found.contains(&(1, 1)) && found.contains(&(last, 90)) && found.contains(&(last, 91)), "{found:?}");
    assert!(read.iter().all(|(_, _, envelope)| *envelope == seeded.envelope));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_that_comes_back_is_read_in_its_boxes_and_an_empty_one_says_nothing() {
    let (station, seeded, mut client) = station(constat()).await;
    let place = format!("/courriers/{}/accuse_reception", seeded.envelope);
    let pdf: Arc<[u8]> = client.get(&format!("{place}/pdf")).await.bytes.into();
    let document = pages::open(pdf, Format::Pdf, &pages::Limits::default()).unwrap();
    let mut picture = document.page(document.page_count()).unwrap();
    let mut engines = Engines::load(None).unwrap();
    let empty = read_page(&picture, 1, None, &mut engines, &station.catalogue).unwrap().read;
    assert_eq!(empty.zones.len(), 9);
    assert!(empty.zones.iter().all(|z| z.empty && z.readings.is_empty()), "{:?}", empty.zones);
    assert!(empty.checkboxes.iter().all(|c| c.state == TickState::Clear), "{:?}", empty.checkboxes);
    // A cross in the box of the birth date, and a stroke in each of its cells.
    let letter = station.catalogue.letter("accuse_reception").unwrap();
    let boxes = station.catalogue.slip_boxes(letter);
    let birth = boxes.iter().find(|b| b.field.as_str() == "date_naissance").unwrap();
    let px = |mm: f32| mm / 25.4 * picture.dpi as f32;
    let mut ink = |x: f32, y: f32, w: f32, h: f32| {
        let (x, y) = (px(x) as u32, px(y) as u32);
        for (dx, dy) in (0..px(w) as u32).flat_map(|dx| (0..px(h) as u32).map(move |dy| (dx, dy))) {
            picture.grey.put_pixel(x + dx, y + dy, image::Luma([20]));
        }
    };
    ink(birth.tick.0 + 1.2, birth.tick.1 + 1.9, 2.0, 0.7);
    ink(birth.tick.0 + 1.9, birth.tick.1 + 1.2, 0.7, 2.0);
    let comb = birth.combs[0];
    let cell = comb.2 / birth.cells as f32;
    for i in 0..birth.cells {
        ink(comb.0 + (i as f32 + 0.45) * cell, comb.1 + 1.6, 0.6, 4.2);
    }
    let read = read_page(&picture, 1, None, &mut engines, &station.catalogue).unwrap().read;
    let written: Vec<&str> = read.zones.iter().filter(|z| !z.empty).map(|z| z.field.as_str()).collect();
    assert_eq!(written, ["date_naissance"]);
    assert_eq!(read.checkboxes.iter().filter(|c| c.state != TickState::Clear).count(), 1);
    assert!(read.codes.iter().filter_map(|c| LetterMark::claimed(&c.text)).all(|m| m.envelope == seeded.envelope));
}

/// An envelope with the letter of `to` in it, the missing paper, and what an agent confirmed of its slip.
async fn answer_to(station: &Station, to: &Seeded) -> Seeded {
    let mark = LetterMark { prefecture: HERE.into(), envelope: to.envelope, letter: "DP".into(), page: 1 };
    let code = mark.sign(&MarkKey(station.blobs.mark_key()));
    let mut came = with_address();
    came.fields.retain(|id, _| id.as_str() == "date_naissance");
    let birth = came.fields.get_mut(&"date_naissance".into()).unwrap();
    (birth.value, birth.decision) = (Some(super::desk::day("1999-03-06")), Decision::Confirmed);
    came.pieces[0].kind = "inconnu".into();
    came.findings.push(Finding { code: "retour_courrier".into(), subjects: vec!["page:1".into()], message: String::new() });
    came.pieces[1].kind = "certificat_inscription".into();
    came.pieces.truncate(2);
    station.seed_with_code(HERE, "retour.tif", came, constat(), Some(&code)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn papers_that_answer_a_letter_are_joined_to_its_dossier_by_an_agent() {
    let (station, seeded, mut client) = station(incomplete()).await;
    let back = answer_to(&station, &seeded).await;
    let place = format!("/verifier/{}", back.envelope);
    let page = client.get(&place).await.text();
    assert!(page.contains("Ce pli répond à notre courrier") && page.contains("n’est pas encore déposé"), "the dossier comes first");
    let token = client.token().await;
    let id = seeded.envelope.to_string();
    let early = client.post(&format!("{place}/joindre"), &[("jeton", &token), ("dossier", &id)]).await;
    assert_eq!(early.status, 409);
    station.file(&seeded).await;
    let page = client.get(&place).await.text();
    for said in ["Certificat d", "06/03/1999", "au dossier : 09/03/1999", "Joindre au dossier"] {
        assert!(page.contains(said), "{said} is missing");
    }
    let other = client.post(&format!("{place}/joindre"), &[("jeton", &token), ("dossier", &back.envelope.to_string())]).await;
    assert_eq!(other.status, 409, "only the dossier that the letter was about");
    let taken = [("jeton", token.as_str()), ("dossier", &id), ("reprendre", "checklist:certificat_inscription")];
    assert_eq!(client.post(&format!("{place}/joindre"), &taken).await.status, 303);
    let view = station.view(&seeded).await;
    let said: Vec<&str> = view.corrections.iter().map(|c| c.subject.as_str()).collect();
    assert_eq!(said.last(), Some(&"checklist:certificat_inscription"), "only what was ticked");
    assert!(!said.contains(&"field:date_naissance"));
    let joined = station.view(&back).await;
    assert_eq!((joined.state, joined.joined_to), (EnvelopeState::Filed, Some(seeded.envelope)));
    let open = station.store.open_reviews(&Scope::Machine).await.unwrap();
    assert!(open.iter().all(|r| r.envelope != Some(back.envelope)));
    let dossier = station.store.dossier_of(&Scope::Machine, seeded.envelope).await.unwrap().unwrap();
    assert!(dossier.pieces.iter().any(|piece| piece.kind == "certificat_inscription"));
    assert!(dossier.events.contains(&"pieces_recues".to_owned()));
    assert!(station.store.dossier_of(&Scope::Machine, back.envelope).await.unwrap().is_none(), "never a dossier of its own");
    assert!(client.get(&place).await.text().contains("joint au dossier"));
    for list in ["/courriers", "/rendez-vous"] {
        let page = client.get(list).await.text();
        assert!(!page.contains(&back.envelope.to_string()), "{list}: its applicant is written to and invited for the dossier");
        assert!(page.contains(&id), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_the_list_before_an_appointment_was_offered() {
    let (station, seeded, mut client) = station(constat()).await;
    let place = format!("/rendez-vous/{}", seeded.envelope);
    assert!(client.get("/rendez-vous").await.text().contains(&place));
    let page = client.get(&place).await;
    let (token, seen) = (page.hidden("jeton"), page.hidden("vu"));
    let said = |more: &[(&'static str, &'static str)]| {
        let mut form = vec![("jeton", token.as_str()), ("vu", seen.as_str()), ("blocage", "compte"), ("blocage_le", "2026-10-01")];
        form.extend(more);
        form
    };
    let refused = client.post(&place, &said(&[("reponse", "accepte")])).await;
    assert!(refused.status == 422 && refused.text().contains("quand il a été proposé") && refused.text().contains("2026-10-01"));
    assert_eq!(client.post(&place, &said(&[])).await.status, 303);
    assert!(client.get("/rendez-vous").await.text().contains(&place), "a blocking alone is no offer");
    assert_eq!(client.post(&place, &said(&[])).await.status, 409, "another record stands meanwhile");
    let page = client.get(&place).await;
    let (token, seen) = (page.hidden("jeton"), page.hidden("vu"));
    let form =
        [("jeton", token.as_str()), ("vu", seen.as_str()), ("propose_le", "2026-10-02"), ("moyen", "courrier"), ("reponse", "refuse")];
    assert_eq!(client.post(&place, &form).await.status, 303);
    assert!(!client.get("/rendez-vous").await.text().contains(&place));
    let record = station.store.substitution(&Scope::Machine, seeded.envelope).await.unwrap().unwrap();
    assert_eq!((record.agent.as_str(), record.record.answer), ("Claire Martin", Some(AppointmentAnswer::Declined)));
    assert_eq!(record.record.offered_by.as_deref(), Some("courrier"));
}
