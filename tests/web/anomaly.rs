//! The ways out of an anomaly, over real HTTP, as an agent goes them with a browser and no script.

use super::client::Client;
use super::desk::{HERE, Station, constat, extraction, one_page};
use passerelle::domain::*;

async fn state(station: &Station, id: DeliveryId) -> (DeliveryState, Option<Closure>) {
    let delivery = station.store.delivery(&Scope::Machine, id).await.unwrap();
    (delivery.state, delivery.closure)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_is_sent_and_stands_for_the_old_one() {
    let station = Station::start().await;
    let id = station.refuse("protege.pdf").await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let page = client.get(&format!("/depots/{id}")).await;
    let token = page.hidden("jeton");
    for words in ["Numériser de nouveau", "Relire le fichier", "Traiter à la main", "Mettre de côté", "Historique"] {
        assert!(page.text().contains(words), "{words}");
    }
    let path = format!("/depots/{id}/remplacer");
    // Nothing chosen: the page says so and nothing changes.
    let empty = client.upload(&path, &[("jeton", &token)], ("", b"")).await;
    assert!(empty.status == 422 && empty.text().contains("Choisissez d’abord un fichier"), "{}", empty.status);
    let sent = client.upload(&path, &[("jeton", &token)], ("../lot <b>neuf</b>.jpg", &one_page())).await;
    assert_eq!((sent.status, sent.header("location").map(str::to_owned)), (303, Some(format!("/depots/{id}"))), "{}", sent.text());
    assert_eq!(state(&station, id).await, (DeliveryState::Anomaly, Some(Closure::Replaced)));
    let by = station.store.anomaly_steps(&Scope::Machine, id).await.unwrap()[0].replaced_by.unwrap();
    let new = station.store.delivery(&Scope::Machine, by).await.unwrap();
    assert_eq!((new.format, new.refusal, new.received_on.is_some(), new.bytes), (Some(Format::Jpeg), None, true, one_page().len() as u64));
    let blob = station.store.original(&Scope::Machine, by).await.unwrap();
    assert!(station.blobs.get(&blob).unwrap() == one_page());
    let old = client.get(&format!("/depots/{id}")).await.text();
    assert!(old.contains("Pli remplacé") && old.contains(&format!("/depots/{by}")) && !old.contains("<b>neuf</b>"), "{old}");
    let new = client.get(&format!("/depots/{by}")).await.text();
    assert!(new.contains("Ce dépôt remplace") && new.contains("protege.pdf"));
    // The spool is empty again.
    assert_eq!(std::fs::read_dir(station.spool()).unwrap().count(), 0);
    assert!(client.get("/depots").await.text().contains("Remplacé"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_above_the_limit_and_a_form_without_its_token_leave_nothing() {
    let station = Station::start().await;
    let id = station.refuse("protege.pdf").await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let token = client.token().await;
    let path = format!("/depots/{id}/remplacer");
    let large = vec![0; (50 << 20) + 1];
    let refused = client.upload(&path, &[("jeton", &token)], ("gros.pdf", &large)).await;
    assert!(refused.status == 400 && refused.text().contains("plus gros que la limite"), "{} {}", refused.status, refused.text());
    // The token after the file: the file is not taken on trust.
    assert_eq!(client.upload(&path, &[], ("lot.jpg", &one_page())).await.status, 403);
    assert_eq!(state(&station, id).await, (DeliveryState::Anomaly, None));
    assert_eq!(std::fs::read_dir(station.spool()).map_or(0, Iterator::count), 0);
    assert_eq!(station.store.deliveries(&Scope::Machine).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_set_aside_and_taken_back_and_the_day_follows() {
    let station = Station::start().await;
    let id = station.refuse("essai.pdf").await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let token = client.token().await;
    let path = format!("/depots/{id}/mettre-de-cote");
    for (form, says) in
        [(vec![("motif", "")], "Choisissez la raison"), (vec![("motif", "autre"), ("precision", " ")], "Précisez la raison")]
    {
        let mut form = form;
        form.push(("jeton", &token));
        let again = client.post(&path, &form).await;
        assert!(again.status == 422 && again.text().contains(says), "{}", again.text());
    }
    let form = [("jeton", token.as_str()), ("motif", "autre"), ("precision", "<i>pli</i> d’un autre jour")];
    assert_eq!(client.post(&path, &form).await.status, 303);
    let page = client.get(&format!("/depots/{id}")).await.text();
    assert!(
        page.contains("Pli mis de côté") && page.contains("Claire Martin") && page.contains("d’un autre jour") && !page.contains("<i>pli"),
        "{page}"
    );
    assert!(client.get("/depots").await.text().contains("Mis de côté"));
    assert_eq!(client.post(&format!("/depots/{id}/rouvrir"), &[("jeton", &token)]).await.status, 303);
    assert_eq!(state(&station, id).await, (DeliveryState::Anomaly, None));
    // « C’est vu » does not close an anomaly.
    client.post(&format!("/depots/{id}/vu"), &[("jeton", &token), ("sujet", "file")]).await;
    assert_eq!(station.store.open_reviews(&Scope::Machine).await.unwrap().len(), 1);
    // The sealed original is no scan: read again, it is refused for what it is today.
    assert_eq!(client.post(&format!("/depots/{id}/relire"), &[("jeton", &token)]).await.status, 303);
    let delivery = station.store.delivery(&Scope::Machine, id).await.unwrap();
    assert_eq!(delivery.refusal.unwrap().code, "type_texte");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_replaced_by_a_file_of_one_page_and_by_no_other() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot.tif", extraction(), constat()).await;
    let id = seeded.delivery;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let token = client.token().await;
    let path = format!("/depots/{id}/pages/2/remplacer");
    let three = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/contradiction-jour/contradiction-jour.tif")).unwrap();
    for (file, says) in [(&three[..], "exactement une page"), (b"bonjour", "fichier de texte")] {
        let refused = client.upload(&path, &[("jeton", &token)], ("page.tif", file)).await;
        assert!(refused.status == 422 && refused.text().contains(says), "{says}: {}", refused.text());
    }
    assert!(station.store.corrections_of_delivery(&Scope::Machine, id).await.unwrap().is_empty());
    assert_eq!(client.upload(&path, &[("jeton", &token)], ("page.jpg", &one_page())).await.status, 303);
    let [word] = station.store.corrections_of_delivery(&Scope::Machine, id).await.unwrap().try_into().unwrap();
    let CorrectionAct::ReplacePage { address, format: Format::Jpeg, .. } = word.act else { panic!("{word:?}") };
    let blob = station.store.blob(&address).await.unwrap();
    assert!(station.blobs.get(&blob).unwrap() == one_page());
    let job = station.claimed(id).await;
    assert_eq!((job.stage, job.unit), (Stage::Read, 1));
    assert!(client.get(&format!("/depots/{id}")).await.text().contains("Page 2 : remplacée par un nouveau fichier"));
    assert_eq!(client.upload(&format!("/depots/{id}/pages/9/remplacer"), &[("jeton", &token)], ("p.jpg", &one_page())).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_names_what_is_missing_and_the_metrics_count_it_without_a_name() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot.tif", extraction(), constat()).await;
    station.refuse("protege.pdf").await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let sound = client.get("/depots").await.text();
    assert!(sound.contains("Le compte est juste : écart 0"), "{sound}");
    let original = station.store.original(&Scope::Machine, seeded.delivery).await.unwrap();
    station.blobs.forget(&original).unwrap();
    let day = client.get("/depots").await.text();
    assert!(day.contains("Écart : 1") && day.contains("n’est pas sur le disque") && day.contains("À faire"), "{day}");
    station.store.beat("worker", "salle-courrier", super::desk::now()).await.unwrap();
    // No cookie: the collector is nobody.
    let metrics = Client::new(station.address).get("/metrics").await;
    assert_eq!((metrics.status, metrics.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    let text = metrics.text();
    for line in [
        "passerelle_anomalies_open 1",
        "passerelle_conservation_difference 1",
        "passerelle_medium_alarm 0",
        "passerelle_part_alive{part=\"worker\"} 1",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}: {text}");
    }
    for name in ["lot.tif", "protege", "Martin", "salle-courrier", "BHATT"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
}
