//! The table of routes, walked: each line keeps its policy, its reach and its trace.

use super::client::{Client, Reply};
use super::desk::{ELSEWHERE, HERE, Seeded, Station, constat, extraction, incomplete, now, one_page};
use super::letters;
use passerelle::domain::*;
use passerelle::web::{Method, Policy, ROUTES, Reach, Route, Trace};

/// The address of a route for this delivery, with a query where it needs one.
fn place(route: &Route, seeded: &Seeded) -> String {
    let path = route.path.replace("{delivery}", &seeded.delivery.to_string()).replace("{envelope}", &seeded.envelope.to_string());
    let path = path.replace("{page}", "1").replace("{file}", "style.css");
    let path = path.replace("{kind}", "accuse_reception");
    if path.ends_with("/extrait") { format!("{path}?page=1&boite=487,767,366,53") } else { path }
}

/// A form that the route takes.
fn form(route: &Route, seeded: &Seeded) -> Vec<(&'static str, String)> {
    let own = |name, value: &str| (name, value.to_owned());
    match route.path {
        "/agent" => vec![own("nom", "Denis Roche"), own("suite", "/verifier")],
        "/agent/quitter" => vec![],
        "/depots/{delivery}/vu" => vec![own("sujet", "file")],
        "/depots/{delivery}/rattacher" => vec![own("depot", &seeded.envelope.to_string())],
        "/depots/{delivery}/mettre-de-cote" => vec![own("motif", "transmis"), own("precision", "au guichet")],
        path if path.starts_with("/depots/{delivery}/") => vec![],
        "/verifier/{envelope}" => vec![
            own("sujet", "field:date_naissance"),
            own("vu", "\"1999-03-09\""),
            own("etat", "0"),
            own("acte", "valeur"),
            own("valeur", "06/03/1999"),
        ],
        "/verifier/{envelope}/incomplet" => vec![own("etat", "[\"certificat_inscription\"]")],
        "/rendez-vous/{envelope}" => vec![own("vu", "null"), own("blocage", "compte")],
        // What these take is found on their page: `letters::ready`.
        path if path.starts_with("/courriers/") || path.ends_with("/joindre") => vec![],
        other => panic!("this test does not know how {other} is used: say it here"),
    }
}

async fn send(client: &mut Client, route: &Route, seeded: &Seeded, path: &str, token: Option<&str>) -> Reply {
    if route.method == Method::Get {
        return client.get(path).await;
    }
    let mut form = form(route, seeded);
    form.extend(token.map(|t| ("jeton", t.to_owned())));
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    match route.method {
        Method::Upload => client.upload(path, &form, ("nouveau.jpg", &one_page())).await,
        _ => client.post(path, &form).await,
    }
}

fn has_every_header(reply: &Reply, path: &str) {
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{path}: {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_nothing_of_an_agent_is_answered() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot-03.tif", extraction(), constat()).await;
    for route in ROUTES {
        let path = place(route, &seeded);
        let reply = send(&mut Client::new(station.address), route, &seeded, &path, None).await;
        has_every_header(&reply, &path);
        match (route.policy, route.method) {
            (Policy::Named, Method::Get) => {
                assert_eq!(reply.status, 303, "{path}");
                assert!(reply.header("location").unwrap().starts_with("/agent?suite=/"), "{path}");
            }
            (_, Method::Post | Method::Upload) => assert_eq!(reply.status, 403, "{path}"),
            _ => assert!(reply.status < 400, "{path}: {}", reply.status),
        }
    }
    assert!(station.view(&seeded).await.corrections.is_empty());
    let lost = Client::new(station.address).get("/nulle/part").await;
    assert_eq!(lost.status, 404);
    has_every_header(&lost, "/nulle/part");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_needs_the_token_of_its_own_session_and_a_page_of_ours() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot-03.tif", extraction(), constat()).await;
    let mut other = Client::named(station.address, "Denis Roche").await;
    let foreign = other.token().await;
    for route in ROUTES.iter().filter(|r| r.method != Method::Get) {
        let path = place(route, &seeded);
        let mut client = Client::named(station.address, "Claire Martin").await;
        let own = client.token().await;
        for (what, token, extra) in [
            ("no token", None, None),
            ("an empty token", Some(""), None),
            ("the token of another session", Some(foreign.as_str()), None),
            ("another origin", Some(own.as_str()), Some(("Origin", "http://pirate.example"))),
            ("the origin null", Some(own.as_str()), Some(("Origin", "null"))),
            ("another site", Some(own.as_str()), Some(("Sec-Fetch-Site", "cross-site"))),
        ] {
            let mut forged = client.clone();
            forged.extra = extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            let reply = send(&mut forged, route, &seeded, &path, token).await;
            assert_eq!(reply.status, 403, "{path} with {what}");
        }
    }
    assert!(station.view(&seeded).await.corrections.is_empty(), "nothing of it was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_prefecture_s_object_is_as_absent_as_one_that_never_was() {
    let station = Station::start().await;
    let theirs = station.seed(ELSEWHERE, "ailleurs.tif", extraction(), constat()).await;
    let nobody = Seeded { delivery: DeliveryId(uuid::Uuid::now_v7()), envelope: EnvelopeId(uuid::Uuid::now_v7()), ..theirs.clone() };
    let before = station.events(theirs.delivery).await;
    for route in ROUTES.iter().filter(|r| r.reach != Reach::None) {
        let mut client = Client::named(station.address, "Claire Martin").await;
        let token = client.token().await;
        let foreign = send(&mut client, route, &theirs, &place(route, &theirs), Some(&token)).await;
        let absent = send(&mut client, route, &nobody, &place(route, &nobody), Some(&token)).await;
        assert_eq!((foreign.status, absent.status), (404, 404), "{}", route.path);
        assert_eq!(foreign.text(), absent.text(), "{} tells that it exists elsewhere", route.path);
        let broken = send(&mut client, route, &nobody, &place(route, &nobody).replace('-', "%2e%2e%2f"), Some(&token)).await;
        assert_eq!(broken.status, 404, "{}", route.path);
    }
    assert_eq!(station.events(theirs.delivery).await, before, "nothing happened to it");
    let lists = Client::named(station.address, "Claire Martin").await;
    for list in ["/depots", "/verifier"] {
        assert!(!lists.clone().get(list).await.text().contains("ailleurs.tif"), "{list}");
    }
}

fn is_letter_act(path: &str) -> bool {
    ["/signer", "/poster", "/annuler"].iter().any(|end| path.ends_with(end))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_and_every_act_leaves_its_event_with_the_agent() {
    let station = Station::start().await;
    for route in ROUTES.iter().filter(|r| r.reach != Reach::None) {
        let mut client = Client::named(station.address, "Claire Martin").await;
        let mut found = Vec::new();
        let seeded = match route.path {
            path if path.starts_with("/courriers/") && path.ends_with("/pdf") || path.ends_with("/joindre") || is_letter_act(path) => {
                let (seeded, form) = letters::ready(&station, &mut client, path).await;
                found = form;
                seeded
            }
            "/verifier/{envelope}/incomplet" => station.seed(HERE, "lot.tif", extraction(), incomplete()).await,
            "/depots/{delivery}/vu" => {
                let delivery = station.give_up("difficile.tif").await;
                Seeded { delivery, ..station.seed(HERE, "lot.tif", extraction(), constat()).await }
            }
            path if path.starts_with("/depots/{delivery}/") && route.method != Method::Get && !path.contains("{page}") => {
                let delivery = station.refuse("protege.pdf").await;
                if path.ends_with("/rouvrir") {
                    station.store.set_aside(&Scope::Machine, delivery, "essai", None, &"b".into(), now()).await.unwrap();
                }
                // The form of `rattacher` names a delivery by what stands for the envelope here.
                let other = station.register(HERE, "encore.tif").await;
                Seeded { delivery, envelope: EnvelopeId(other.0), ..station.seed(HERE, "lot.tif", extraction(), constat()).await }
            }
            _ => station.seed(HERE, "lot.tif", extraction(), constat()).await,
        };
        let token = client.token().await;
        let before = station.events(seeded.delivery).await.len();
        let reply = if found.is_empty() || route.method == Method::Get {
            send(&mut client, route, &seeded, &place(route, &seeded), Some(&token)).await
        } else {
            let mut form: Vec<(&str, &str)> = found.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            form.push(("jeton", &token));
            client.post(&place(route, &seeded), &form).await
        };
        assert!(reply.status < 400, "{}: {} {}", route.path, reply.status, reply.text());
        let (Trace::View(kind) | Trace::Act(kind)) = route.trace else { panic!("{} leaves nothing", route.path) };
        let after = station.events(seeded.delivery).await;
        let [event] = &after[before..] else { panic!("{}: {:?}", route.path, &after[before..]) };
        assert_eq!((event.kind.as_str(), event.actor.as_str()), (kind, "Claire Martin"), "{}", route.path);
        assert_eq!(event.prefecture.as_str(), HERE);
        if route.path.contains("{page}") || route.path.ends_with("/extrait") {
            assert_eq!(event.detail.as_ref().unwrap()["page"], 1, "{}", route.path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_says_a_word_that_agents_never_read() {
    let station = Station::start().await;
    let seeded = station.seed(HERE, "lot.tif", extraction(), constat()).await;
    station.seed(HERE, "lot-2.tif", extraction(), incomplete()).await;
    station.refuse("protege.pdf").await;
    let mut client = Client::named(station.address, "Claire Martin").await;
    let mut seen = 0;
    for route in ROUTES.iter().filter(|r| r.method == Method::Get && r.policy == Policy::Named) {
        let page = client.get(&place(route, &seeded)).await;
        if page.header("content-type").is_none_or(|t| !t.starts_with("text/html")) {
            continue;
        }
        seen += 1;
        let words = page.text().to_lowercase();
        for forbidden in &station.catalogue.vocabulary.forbidden {
            assert!(
                !words.split(|c: char| !c.is_alphabetic()).any(|w| w.starts_with(&forbidden.stem)),
                "{} says {}",
                route.path,
                forbidden.stem
            );
        }
        assert!(words.contains("lang=\"fr\"") && words.contains("<h1"), "{}", route.path);
        assert!(!words.contains("style=\"") && !words.contains("<style") && !words.contains(" onclick"), "{}", route.path);
    }
    assert!(seen >= 4);
}
