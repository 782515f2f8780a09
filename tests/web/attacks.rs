//! What an attacker tries from outside the station.

use super::client::Client;
use super::desk::{HERE, Station, constat, extraction, text};
use passerelle::blobs::Blobs;
use passerelle::catalogue::Catalogue;
use passerelle::cell::CellPool;
use passerelle::clock::Clock;
use passerelle::web::{self, Parts, WebError};
use std::sync::Arc;

const PAYLOADS: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'</title><svg onload=alert(1)>",
    "</textarea><b onmouseover=alert(1)>",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_host_name_is_refused_before_anything_else() {
    let station = Station::start().await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    for foreign in ["pirate.example", "pirate.example:8087", "127.0.0.1.pirate.example", "10.1.2.3"] {
        client.host = foreign.into();
        let reply = client.get("/depots").await;
        assert_eq!(reply.status, 421, "{foreign}");
        assert!(reply.header("content-security-policy").is_some());
    }
    client.host = format!("localhost:{}", station.address.port());
    assert_eq!(client.get("/depots").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_is_refused_in_words() {
    let station = Station::start().await;
    let folder = tempfile::tempdir().unwrap();
    let parts = Parts {
        store: station.store.clone(),
        blobs: Blobs::open(&folder.path().join("b"), &folder.path().join("k")).unwrap(),
        cells: CellPool::default(),
        catalogue: Arc::new(Catalogue::default()),
        clock: Clock::System,
        prefecture: HERE.into(),
        opening_hours: passerelle::domain::OpeningHours::default(),
        service: passerelle::domain::Service::default(),
        intake: web::Intake { spool: std::env::temp_dir(), bytes: 50 << 20, places: Vec::new() },
    };
    let Err(error) = web::bind("0.0.0.0:0".parse().unwrap(), parts).await else { panic!("the network was served") };
    assert!(matches!(error, WebError::NotLoopback(_)) && error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_a_scan_is_never_code() {
    let station = Station::start().await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    for payload in PAYLOADS {
        let (mut extraction, mut constat) = (extraction(), constat());
        let birth = extraction.fields.get_mut(&"date_naissance".into()).unwrap();
        birth.value = Some(text(payload));
        birth.because = payload.into();
        birth.evidence.iter_mut().for_each(|e| (e.value, e.raw) = (Some(text(&format!("{payload} bis"))), payload.into()));
        extraction.permit.value = Some(text(payload));
        extraction.pieces[1].kind = payload.into();
        constat.review.iter_mut().for_each(|n| n.reason = payload.into());
        constat.checklist[0].because = payload.into();
        constat.findings[0].message = payload.into();
        constat.urgency.reasons = vec![payload.into()];
        let seeded = station.seed(HERE, payload, extraction, constat).await;
        let (delivery, envelope) = (seeded.delivery, seeded.envelope);
        for path in [
            "/depots".to_owned(),
            "/verifier".to_owned(),
            format!("/depots/{delivery}"),
            format!("/depots/{delivery}/pages/1?pli={envelope}&point={}", "%22%3E%3Cscript%3E"),
            format!("/verifier/{envelope}?point=field:date_naissance"),
            format!("/verifier/{envelope}?point=checklist:certificat_inscription"),
        ] {
            let page = client.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            assert!(!page.text().contains(payload), "{path} gives {payload} as it is");
            assert!(!page.text().contains("\"><script>"), "{path}");
        }
        let token = client.token().await;
        let page = client.get(&format!("/verifier/{envelope}?point=field:date_naissance")).await;
        let (seen, state) = (page.hidden("vu"), page.hidden("etat"));
        let typed = format!("{payload}!");
        let form = [("jeton", token.as_str()), ("sujet", "field:date_naissance"), ("vu", &seen), ("etat", &state), ("valeur", &typed)];
        let again = client.post(&format!("/verifier/{envelope}"), &form).await;
        assert_eq!(again.status, 422);
        assert!(!again.text().contains(payload), "what was typed comes back as code");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_cookie_dies_with_its_session() {
    let station = Station::start().await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let mut thief = client.clone();
    assert_eq!(thief.get("/depots").await.status, 200);
    let cookie_before = client.cookie.clone();
    let token = client.token().await;
    assert_eq!(client.post("/agent/quitter", &[("jeton", &token)]).await.status, 303);
    assert_ne!(client.cookie, cookie_before, "a new session has a new name");
    assert_eq!(thief.get("/depots").await.status, 303);
    // A name without a first name, or with code in it, is nobody's.
    let form = client.get("/agent").await;
    let token = form.hidden("jeton");
    for refused in ["", "Martin", "<b>Claire</b> Martin"] {
        let reply = client.post("/agent", &[("jeton", &token), ("nom", refused)]).await;
        assert_eq!(reply.status, 422, "{refused}");
        assert!(!reply.text().contains("<b>Claire"));
    }
    let away = client.post("/agent", &[("jeton", &token), ("nom", "Claire Martin"), ("suite", "//pirate.example")]).await;
    assert_eq!(away.header("location"), Some("/depots"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_out_is_of_a_page_of_its_envelope() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot.tif", extraction(), constat()).await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let cut = format!("/verifier/{}/extrait", seeded.envelope);
    let good = client.get(&format!("{cut}?page=1&boite=487,767,366,53")).await;
    assert_eq!((good.status, good.header("content-type")), (200, Some("image/jpeg")), "{}", good.text());
    let picture = image::load_from_memory(&good.bytes).unwrap();
    assert!(picture.width() > picture.height() && picture.width() < 600, "{}x{}", picture.width(), picture.height());
    for bad in ["", "?page=1", "?page=4&boite=1,1,5,5", "?page=1&boite=1,1,0,5", "?page=0&boite=1,1,5,5", "?page=1&boite=a"] {
        assert_eq!(client.get(&format!("{cut}{bad}")).await.status, 404, "{bad}");
    }
    let far = client.get(&format!("{cut}?page=1&boite=4294967295,4294967295,4294967295,4294967295")).await;
    assert!(far.status < 500, "{}", far.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_form_is_refused() {
    let station = Station::start().await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let token = client.token().await;
    let reply = client.post("/agent/quitter", &[("jeton", &token), ("trop", &"a".repeat(100_000))]).await;
    assert_eq!(reply.status, 400);
}
