//! The pages in a real browser: by the keyboard alone, and without JavaScript. With
//! `PASSERELLE_SCREENSHOTS=FOLDER` the pages are also kept as pictures for a person to look at.

use super::desk::{HERE, Seeded, Station, constat, day, extraction, incomplete};
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use passerelle::domain::*;
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Clock};
use tempfile::TempDir;

/// A browser with its driver, both gone when dropped.
struct Browser {
    driver: Child,
    client: Client,
    base: String,
    _profile: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// `None` only where Chromium or its driver is not installed.
    async fn start(station: &Station, javascript: bool) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("chromedriver");
        let spawned = command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(driver) = spawned else {
            eprintln!("skipped: chromedriver is not installed (apt-get install chromium-driver)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut args: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,800",
            "--lang=fr",
        ]
        .map(str::to_owned)
        .into();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        let mut prefs = json!({});
        if !javascript {
            prefs = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let options = json!({ "args": args, "prefs": prefs });
        let capabilities = serde_json::Map::from_iter([("goog:chromeOptions".to_owned(), options)]);
        let address = format!("http://127.0.0.1:{port}");
        let until = Clock::now() + Duration::from_secs(60);
        let client = loop {
            match ClientBuilder::rustls().unwrap().capabilities(capabilities.clone()).connect(&address).await {
                Ok(client) => break client,
                Err(error) if Clock::now() > until => panic!("the browser did not start: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        };
        client.set_window_size(1280, 800).await.unwrap();
        Some(Self { driver, client, base: format!("http://{}", station.address), _profile: profile })
    }

    async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    /// What the page shows. Between finding the body and asking for its text the next page may have come.
    async fn text(&self) -> String {
        let until = Clock::now() + Duration::from_secs(20);
        loop {
            let shown = match self.client.find(Locator::Css("body")).await {
                Ok(body) => body.text().await,
                Err(error) => Err(error),
            };
            match shown {
                Ok(text) => return text,
                Err(error) => assert!(Clock::now() < until, "the page shows nothing: {error}"),
            }
        }
    }

    /// Types into whatever has the focus, as a keyboard does.
    async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    async fn until(&self, words: &str) {
        let until = Clock::now() + Duration::from_secs(20);
        while !self.text().await.contains(words) {
            assert!(Clock::now() < until, "« {words} » never came: {}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the value of the field is selected, as a person sees before typing.
    async fn selected(&self) {
        let script =
            "const e = document.activeElement; return e.id === 'valeur' && e.selectionStart === 0 && e.selectionEnd === e.value.length";
        let until = Clock::now() + Duration::from_secs(20);
        while self.client.execute(script, vec![]).await.unwrap() != json!(true) {
            assert!(Clock::now() < until, "the value is not selected");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Keeps the page as a picture at two widths, when asked to.
    async fn keep(&self, name: &str) {
        let Ok(folder) = std::env::var("PASSERELLE_SCREENSHOTS") else { return };
        std::fs::create_dir_all(&folder).unwrap();
        for (width, height) in [(1280, 800), (800, 1000)] {
            self.client.set_window_size(width, height).await.unwrap();
            let picture = self.client.screenshot().await.unwrap();
            std::fs::write(Path::new(&folder).join(format!("{name}-{width}.png")), picture).unwrap();
        }
        self.client.set_window_size(1280, 800).await.unwrap();
    }

    async fn end(self) {
        self.client.clone().close().await.unwrap();
    }
}

async fn born(station: &Station, seeded: &Seeded) -> Reading {
    station.view(seeded).await.extraction.unwrap().fields[&"date_naissance".into()].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_corrected_by_the_keyboard_alone() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot-03.tif", extraction(), constat()).await;
    let Some(browser) = Browser::start(&station, true).await else { return };
    browser.open("/verifier").await;
    browser.keep("agent").await;
    browser.keys("Claire Martin").await;
    browser.keys(&Key::Enter.to_string()).await;
    browser.until("Prendre le pli suivant").await;
    browser.keep("file").await;
    browser.keys(&Key::Enter.to_string()).await;
    browser.until("Date de naissance").await;
    browser.keep("question").await;
    assert_eq!(browser.client.active_element().await.unwrap().prop("value").await.unwrap().as_deref(), Some("09/03/1999"));
    // The value as read is selected: typing replaces it.
    browser.selected().await;
    browser.keys("32/03/1999").await;
    browser.keys(&Key::Enter.to_string()).await;
    browser.until("n’existe pas au calendrier").await;
    browser.keep("refus").await;
    browser.selected().await;
    browser.keys("06/03/1999").await;
    browser.keys(&Key::Enter.to_string()).await;
    browser.until("2 points à vérifier").await;
    let reading = born(&station, &seeded).await;
    assert_eq!((reading.value, reading.decision), (Some(day("1999-03-06")), Decision::Confirmed));
    assert_eq!(station.view(&seeded).await.corrections[0].agent.as_str(), "Claire Martin");
    // Every picture of the question came, and nothing was blocked or broken on the way.
    let broken = "return [...document.images].filter(i => !i.complete || i.naturalWidth === 0).map(i => i.src)";
    assert_eq!(browser.client.execute(broken, vec![]).await.unwrap(), json!([]));
    // Every stop of the tab key is visible: it has an outline and lies in the window once focused.
    for _ in 0..25 {
        browser.keys(&Key::Tab.to_string()).await;
        let seen = "const e = document.activeElement; const r = e.getBoundingClientRect(); const s = getComputedStyle(e); \
                    return e === document.body || (parseFloat(s.outlineWidth) >= 2 && r.width > 0 && r.bottom > 0 && r.top < innerHeight) || e.outerHTML";
        assert_eq!(browser.client.execute(seen, vec![]).await.unwrap(), json!(true));
    }
    browser.open(&format!("/depots/{}", seeded.delivery)).await;
    browser.keep("depot").await;
    browser
        .open(&format!(
            "/depots/{}/pages/1?pli={}&point=field:date_naissance&boite=487,767,366,53#endroit",
            seeded.delivery, seeded.envelope
        ))
        .await;
    browser.keep("page").await;
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_the_same_work_is_done() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot-03.tif", extraction(), constat()).await;
    let done = station.seed(HERE, "lot-04.tif", extraction(), incomplete()).await;
    let mut others = constat();
    let need = |subject: &str| ReviewNeed { subject: subject.into(), reason: "Une seule lecture, à un seul endroit.".into() };
    others.review = ["page:2", "request", "field:sexe", "field:adresse", "field:nom_usage"].map(need).into();
    let kinds = station.seed(HERE, "lot-05.tif", extraction(), others).await;
    station.refuse("protege.pdf").await;
    station.register(HERE, "neuf.tif").await;
    let Some(browser) = Browser::start(&station, false).await else { return };
    browser.open("/verifier").await;
    browser.keys("Claire Martin").await;
    browser.keys(&Key::Enter.to_string()).await;
    browser.until("Prendre le pli suivant").await;
    browser.open(&format!("/verifier/{}", seeded.envelope)).await;
    let field = browser.client.find(Locator::Id("valeur")).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(&format!("06/03/1999{}", Key::Enter)).await.unwrap();
    browser.until("2 points à vérifier").await;
    assert_eq!(born(&station, &seeded).await.value, Some(day("1999-03-06")));
    browser.keep("question-2").await;
    for (button, next) in [("illisible", "1 point à vérifier"), ("piece-manquante", "en cours de traitement")] {
        browser.keep(&format!("avant-{button}")).await;
        browser.client.find(Locator::Css(&format!("button[value={button}]"))).await.unwrap().click().await.unwrap();
        browser.until(next).await;
    }
    let acts: Vec<CorrectionAct> = station.view(&seeded).await.corrections.into_iter().map(|c| c.act).collect();
    let expected = [
        CorrectionAct::Value { value: day("1999-03-06") },
        CorrectionAct::Illegible,
        CorrectionAct::Checklist { status: LineStatus::Missing },
    ];
    assert_eq!(acts, expected);
    browser.keep("fin").await;
    browser.open(&format!("/verifier/{}", done.envelope)).await;
    browser.keep("incomplet").await;
    browser.keys(&Key::Enter.to_string()).await;
    browser.until("en cours de traitement").await;
    let view = station.view(&done).await;
    assert!(view.constat.as_ref().unwrap().incomplete_confirmed(&view.corrections));
    for point in ["page:2", "request", "field:sexe", "field:adresse", "field:nom_usage"] {
        browser.open(&format!("/verifier/{}?point={point}", kinds.envelope)).await;
        browser.keep(&point.replace(':', "-")).await;
    }
    browser.open("/depots").await;
    assert_eq!(browser.path().await, "/depots");
    browser.keep("jour").await;
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anomaly_is_dealt_with_by_the_keyboard_and_without_javascript() {
    let station = Station::start().await;
    let id = station.refuse("protege.pdf").await;
    station.seed(HERE, "lot-03.tif", extraction(), constat()).await;
    station.register(HERE, "protege.pdf").await;
    let Some(browser) = Browser::start(&station, false).await else { return };
    browser.open(&format!("/depots/{id}")).await;
    browser.keys("Claire Martin").await;
    browser.keys(&Key::Enter.to_string()).await;
    browser.until("Que faire de ce fichier").await;
    browser.keep("anomalie").await;
    browser.open("/depots").await;
    browser.keep("jour-anomalie").await;
    browser.open(&format!("/depots/{id}")).await;
    browser.client.find(Locator::Id("motif")).await.unwrap().send_keys("Le pli a été rendu").await.unwrap();
    let note = browser.client.find(Locator::Id("precision")).await.unwrap();
    note.send_keys(&format!("remis au guichet{}", Key::Enter)).await.unwrap();
    browser.until("Pli mis de côté").await;
    assert!(browser.text().await.contains("remis au guichet"));
    browser.keep("mis-de-cote").await;
    let step = station.store.anomaly_steps(&Scope::Machine, id).await.unwrap().remove(0);
    assert_eq!((step.reason.as_deref(), step.agent.as_str()), (Some("rendu"), "Claire Martin"));
    browser.end().await;
}
