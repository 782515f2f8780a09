//! The API as the online system uses it: real requests to a real listener, on both databases.

use crate::support::recorded::{constat, extraction, page};
use crate::support::{Database, artefact, databases, new_delivery};
use crate::web::client::{Client, Reply};
use passerelle::api::{self, Parts, fresh_key, hash_of};
use passerelle::blobs::Blobs;
use passerelle::clock::Clock;
use passerelle::domain::*;
use passerelle::dossier::{Settled, build};
use passerelle::store::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const WHY: &str = "recipient=13001530000012&motif=instruction";

struct Online {
    database: Database,
    store: Store,
    blobs: Blobs,
    client: Client,
}

/// One filed dossier.
struct Filed {
    id: DossierId,
    envelope: EnvelopeId,
}

impl Online {
    async fn start(database: Database) -> Self {
        let store = database.open().await;
        let folder = database.folder.path();
        let blobs = Blobs::open(&folder.join("blobs"), &folder.join("key")).unwrap();
        let parts = Parts { store: store.clone(), blobs: blobs.clone(), clock: Clock::System };
        let api = api::bind("127.0.0.1:0".parse().unwrap(), parts).await.unwrap();
        let address = api.url().trim_start_matches("http://").parse().unwrap();
        tokio::spawn(api.run(std::future::pending()));
        let mut online = Self { database, store, blobs, client: Client::new(address) };
        (_, online.client) = online.holder(&ApiScope::ALL, Some("35")).await;
        online
    }

    async fn holder(&self, scopes: &[ApiScope], prefecture: Option<&str>) -> (Uuid, Client) {
        let (secret, id) = (fresh_key().unwrap(), Uuid::now_v7());
        let prefecture = prefecture.map(PrefectureId::from);
        let key = ApiKey { id, name: "anef".into(), scopes: scopes.to_vec(), prefecture, created_at: now(), revoked_at: None };
        self.store.add_api_key(&key, &hash_of(&secret)).await.unwrap();
        let mut client = Client::new(self.client.address);
        client.extra.push(("Authorization".into(), format!("Bearer {secret}")));
        (id, client)
    }

    /// A delivery of one page, brought through the line to its dossier.
    async fn file(&self, prefecture: &str, name: &str, filing: &str) -> Filed {
        let id = DeliveryId(Uuid::now_v7());
        let original = self.blobs.put(&prefecture.into(), id, BlobKind::Original, b"scan").unwrap();
        self.store.register_delivery(&Scope::Machine, &new_delivery(&id.to_string(), original), now()).await.unwrap();
        let job = self.claim(id).await;
        self.store.counted(&job, 1, now()).await.unwrap();
        let job = self.claim(id).await;
        let picture = self.blobs.put(&prefecture.into(), id, BlobKind::Derived, &picture_of(name)).unwrap();
        let read = page(1, &[name]);
        self.store.page_read(&job, &artefact(Subject::Delivery(id), Stage::Read, 1, &read), &read, Some(&picture), now()).await.unwrap();
        self.store.pages_read(&job, now()).await.unwrap();
        let cut = Assembly { envelopes: vec![EnvelopePages { pages: vec![1], findings: vec![] }], other_pages: vec![] };
        let job = self.claim(id).await;
        let made_cut = artefact(Subject::Delivery(id), Stage::Assemble, 0, &cut);
        let envelope = self.store.assembled(&job, &made_cut, &cut, now()).await.unwrap()[0];
        let job = self.claim(id).await;
        let said = extraction(&[1], name);
        self.store.extracted(&job, envelope, &artefact(job.subject, Stage::Extract, 0, &said), now()).await.unwrap();
        let filing = FilingDate { value: filing.parse().unwrap(), basis: FilingBasis::Cachet };
        let found = Constat { filing_date: filing, ..constat(Outcome::Complete, &[]) };
        let job = self.claim(id).await;
        self.store.validated(&job, envelope, &artefact(job.subject, Stage::Validate, 0, &found), Verdict::File, &[], now()).await.unwrap();
        let job = self.claim(id).await;
        let view = self.store.envelope(&Scope::Machine, envelope).await.unwrap();
        let delivery = self.store.delivery(&Scope::Machine, id).await.unwrap();
        let (extraction, constat) = (view.extraction.as_ref().unwrap(), view.constat.as_ref().unwrap());
        let on_file = self.store.persons_like(&passerelle::dossier::identity(extraction)).await.unwrap();
        let settled = Settled { envelope, delivery: &delivery, extraction, constat, corrections: &[], recipe: "recipe" };
        match self.store.inject(&job, &build(&settled, &on_file), now()).await.unwrap() {
            Injected::New(id) => Filed { id, envelope },
            other => panic!("{other:?}"),
        }
    }

    async fn claim(&self, delivery: DeliveryId) -> Job {
        let job = self.store.claim("test", now(), now().plus_seconds(600)).await.unwrap().unwrap();
        assert_eq!(job.delivery, delivery);
        job
    }

    async fn get(&self, path: &str) -> Reply {
        self.client.clone().get(&asking(path)).await
    }
}

fn now() -> Instant {
    Clock::System.now()
}

fn picture_of(name: &str) -> Vec<u8> {
    [b"\xff\xd8\xff", name.as_bytes()].concat()
}

fn asking(path: &str) -> String {
    format!("{path}{}{WHY}", if path.contains('?') { '&' } else { '?' })
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.bytes).unwrap_or_else(|e| panic!("{e}: {} {}", reply.head, reply.text()))
}

fn ids(reply: &Reply) -> Vec<String> {
    json_of(reply)["dossiers"].as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dossiers_are_listed_in_the_order_of_filing_and_read_with_their_provenance() {
    for database in databases() {
        let online = Online::start(database).await;
        let late = online.file("35", "DIALLO", "2026-11-20").await;
        let early = online.file("35", "TRAORE", "2026-11-02").await;
        let elsewhere = online.file("69", "KEITA", "2026-11-01").await;

        let first = online.get("/v1/dossiers?limit=1").await;
        assert_eq!((first.status, ids(&first)), (200, vec![early.id.to_string()]), "{}", online.database.name);
        let next = json_of(&first)["next"].as_str().unwrap().to_owned();
        assert!(first.header("link").unwrap().contains(&next), "{}", first.head);
        let second = online.get(&format!("/v1/dossiers?limit=1&cursor={next}")).await;
        assert_eq!((ids(&second), &json_of(&second)["next"]), (vec![late.id.to_string()], &Value::Null));
        assert_eq!(ids(&online.get("/v1/dossiers?instruction=accorde").await), Vec::<String>::new());
        assert_eq!(ids(&online.get("/v1/dossiers?channel=postal&permit=etudiant&state=complet").await).len(), 2);

        let reply = online.get(&format!("/v1/dossiers/{}", late.id)).await;
        let dossier = json_of(&reply);
        let name = dossier["fields"].as_array().unwrap().iter().find(|f| f["field"] == "nom_naissance").unwrap();
        assert_eq!((&name["value"], &name["provenance"]["box"]), (&json!("DIALLO"), &json!([10, 20, 300, 40])));
        assert_eq!((&dossier["version"], &dossier["instruction"]), (&json!("dossier/1.0"), &json!("a_instruire")));
        assert_eq!((&dossier["filing_date"], &dossier["filing_basis"]), (&json!("2026-11-20"), &json!("cachet")));
        let mut again = online.client.clone();
        again.extra.push(("If-None-Match".into(), reply.header("etag").unwrap().to_owned()));
        assert_eq!(again.get(&asking(&format!("/v1/dossiers/{}", late.id))).await.status, 304);

        let picture = online.get(&format!("/v1/dossiers/{}/pieces/0/pages/1", late.id)).await;
        assert_eq!((picture.status, picture.bytes), (200, picture_of("DIALLO")), "the page of this dossier, opened");
        for lost in ["pieces/0/pages/2", "pieces/1/pages/1", "pieces/x/pages/1", "rien"] {
            assert_eq!(online.get(&format!("/v1/dossiers/{}/{lost}", late.id)).await.status, 404, "{lost}");
        }
        // Another préfecture's dossier does not exist for this key; a national key sees it, in its place.
        for path in ["", "/events", "/pieces/0/pages/1"] {
            assert_eq!(online.get(&format!("/v1/dossiers/{}{path}", elsewhere.id)).await.status, 404, "{path}");
        }
        let (_, mut national) = online.holder(&[ApiScope::Read], None).await;
        let all = national.get(&asking("/v1/dossiers")).await;
        assert_eq!(ids(&all), [&elsewhere, &early, &late].map(|d| d.id.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_needs_the_dossier_as_it_was_read_and_follows_the_one_before() {
    for database in databases() {
        let online = Online::start(database).await;
        let filed = online.file("35", "DIALLO", "2026-11-20").await;
        let path = format!("/v1/dossiers/{}", filed.id);
        let step = async |tag: Option<&str>, to: &str| {
            let mut client = online.client.clone();
            client.extra.extend(tag.map(|tag| ("If-Match".into(), tag.to_owned())));
            let body = json!({ "instruction": to, "note": "bureau 2" }).to_string().into_bytes();
            client.send_as("POST", &asking(&format!("{path}/instruction")), Some(("application/json", body))).await
        };
        let seen = online.get(&path).await.header("etag").unwrap().to_owned();
        assert_eq!(step(None, "en_instruction").await.status, 428);
        let early = step(Some(&seen), "accorde").await;
        assert_eq!(early.status, 409);
        assert!(early.text().contains("en_instruction, sans_suite"), "{}", early.text());
        let taken = step(Some(&seen), "en_instruction").await;
        assert_eq!((taken.status, &json_of(&taken)["instruction"]), (200, &json!("en_instruction")), "{}", taken.text());
        assert_eq!(step(Some(&seen), "pieces_demandees").await.status, 412, "somebody changed it in between");
        let fresh = taken.header("etag").unwrap().to_owned();
        let both = tokio::join!(step(Some(&fresh), "accorde"), step(Some(&fresh), "refuse"));
        let statuses = BTreeSet::from([both.0.status, both.1.status]);
        assert_eq!(statuses, BTreeSet::from([200, 412]), "{}: of two at once one decides", online.database.name);

        let events = json_of(&online.get(&format!("{path}/events")).await);
        let kinds: Vec<&str> = events["events"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["depose", "instruction", "instruction"]);
        let first = &events["events"][1];
        assert_eq!(
            (&first["actor"], &first["detail"]["de"], &first["detail"]["note"]),
            (&json!("api:anef"), &json!("a_instruire"), &json!("bureau 2"))
        );
        let told: Vec<String> = online.store.outbox(10).await.unwrap().into_iter().map(|entry| entry.kind).collect();
        assert_eq!(told, ["dossier_depose", "dossier_instruit", "dossier_instruit"]);
        // The line still knows it as the dossier of its envelope.
        assert_eq!(online.store.dossier_of(&Scope::Machine, filed.envelope).await.unwrap().unwrap().id, filed.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_of_the_feed_sees_each_change_once_while_others_write() {
    const EACH: usize = 12;
    for database in databases() {
        let online = Online::start(database).await;
        let mut filed = Vec::new();
        for number in 0..4 {
            filed.push(online.file("35", &format!("N{number}"), "2026-11-20").await.id);
        }
        let writers: Vec<_> = filed.iter().map(|id| tokio::spawn(back_and_forth(online.store.clone(), *id, EACH))).collect();
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        while seen.len() < filed.len() * (1 + EACH) {
            let part = json_of(&online.get(&format!("/v1/changes?limit=7{cursor}")).await);
            seen.extend(part["changes"].as_array().unwrap().iter().map(|c| c["sequence"].as_i64().unwrap()));
            cursor = format!("&cursor={}", part["cursor"].as_str().unwrap());
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let rest = json_of(&online.get(&format!("/v1/changes?{}", &cursor[1..])).await);
        assert_eq!((&rest["changes"], &rest["more"]), (&json!([]), &json!(false)));
        assert!(seen.is_sorted_by(|a, b| a < b), "{}: {seen:?}", online.database.name);
        assert_eq!(seen.len(), filed.len() * (1 + EACH), "{}: nothing passed over", online.database.name);
    }
}

async fn back_and_forth(store: Store, id: DossierId, steps: usize) {
    for number in 0..steps {
        let to = if number % 2 == 0 { Instruction::EnInstruction } else { Instruction::SansSuite };
        let act = Act { to, actor: "api:test", note: None, unchanged: &|_| true };
        assert!(matches!(store.instruct(&Scope::Machine, id, &act, now()).await.unwrap(), Instructed::Done(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_without_a_key_a_right_and_a_reason_and_who_asked_is_known() {
    for database in databases() {
        let online = Online::start(database).await;
        let filed = online.file("35", "DIALLO", "2026-11-20").await;
        let path = format!("/v1/dossiers/{}", filed.id);
        let mut stranger = Client::new(online.client.address);
        let refused = stranger.get(&asking(&path)).await;
        assert_eq!((refused.status, refused.header("content-type")), (401, Some("application/problem+json")));
        assert_eq!(json_of(&refused)["errors"][0]["code"], "10401");
        assert!(!refused.text().contains("DIALLO"));
        for (query, named) in [("", "recipient"), ("?recipient=1234&motif=abc", "recipient"), ("?recipient=13001530000012", "motif")] {
            let reply = online.client.clone().get(&format!("{path}{query}")).await;
            assert_eq!(reply.status, 400);
            assert!(json_of(&reply)["errors"][0]["source"].as_str().unwrap().ends_with(named), "{}", reply.text());
        }
        for wrong in ["/v1/dossiers?limit=0", "/v1/dossiers?limit=201", "/v1/dossiers?autre=1", "/v1/dossiers?state=x"] {
            assert_eq!(online.get(wrong).await.status, 400, "{wrong}");
        }
        assert_eq!(online.get("/v1/dossiers?cursor=abc").await.status, 404);
        let (id, mut reader) = online.holder(&[ApiScope::Read], Some("35")).await;
        assert_eq!(reader.get(&asking(&path)).await.status, 200);
        let image = reader.get(&asking(&format!("{path}/pieces/0/pages/1"))).await;
        assert_eq!(image.status, 403);
        assert!(image.text().contains("images:read"));
        let log = online.store.api_accesses(id).await.unwrap();
        let seen: Vec<(&str, u16, &str)> = log.iter().map(|a| (a.recipient.as_str(), a.status, a.motif.as_str())).collect();
        assert_eq!(seen, [("13001530000012", 200, "instruction"), ("13001530000012", 403, "instruction")]);
        assert_eq!(log[0].path, path);
        assert!(online.store.revoke_api_key(id, now()).await.unwrap());
        assert_eq!(reader.get(&asking(&path)).await.status, 401, "a revoked key opens nothing");
        assert!(!online.store.revoke_api_key(id, now()).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_address_of_the_description_is_served_and_guarded() {
    let online = Online::start(databases().remove(0)).await;
    let mut stranger = Client::new(online.client.address);
    let served = json_of(&stranger.get("/v1/openapi.json").await);
    assert_eq!(served["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    assert_eq!(served, serde_json::to_value(api::description()).unwrap());
    let paths = served["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 6);
    for (path, methods) in paths {
        let path = path.replace("{id}", &Uuid::nil().to_string()).replace("{position}", "0").replace("{page}", "1");
        for (method, operation) in methods.as_object().unwrap() {
            let parameters: Vec<&str> = operation["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
            assert!(parameters.contains(&"recipient") && parameters.contains(&"motif"), "{path}: {parameters:?}");
            assert_eq!(stranger.send(&method.to_uppercase(), &path, None).await.status, 401, "{method} {path}");
            assert_eq!(online.client.clone().send("DELETE", &asking(&path), None).await.status, 405, "{path}");
        }
    }
}
