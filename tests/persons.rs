//! To whose file a dossier goes, over many persons on both databases.

use crate::support::databases;
use crate::support::recorded::{constat, extraction, reading, text};
use passerelle::domain::*;
use passerelle::dossier::{Settled, build, identity};
use sqlx::Connection;
use uuid::Uuid;

const PERSONS: u64 = 10_000;

/// Numbers that lie close to each other: each wrong one of the last four digits makes somebody else's number.
fn number(person: u64) -> String {
    format!("750300{person:04}")
}

fn named(person: u64) -> String {
    format!("NOM {}", char::from(b'A' + (person % 26) as u8)) + &person.to_string()
}

fn born(person: u64) -> FieldValue {
    FieldValue::Date(jiff::civil::date(1960 + (person % 40) as i16, 1 + (person % 12) as i8, 1 + (person % 28) as i8))
}

/// One JSON array of everybody, unfolded by the database itself.
async fn enter_everybody(url: &str) {
    let rows: Vec<serde_json::Value> = (0..PERSONS)
        .map(|p| serde_json::json!({ "id": Uuid::from_u128(u128::from(p) + 1).simple().to_string(), "number": number(p), "name": named(p), "born": born(p) }))
        .collect();
    let rows = serde_json::to_string(&rows).unwrap();
    if url.starts_with("sqlite") {
        let sql = "INSERT INTO person (id, numero_etranger, nom_naissance, prenoms, date_naissance, created_at)
            SELECT unhex(value ->> 'id'), value ->> 'number', value ->> 'name', '[]', value -> 'born', 0 FROM json_each($1)";
        let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
        sqlx::query(sql).bind(rows).execute(&mut connection).await.unwrap();
    } else {
        let sql = "INSERT INTO dossier.person (id, numero_etranger, nom_naissance, prenoms, date_naissance, created_at)
            SELECT (value ->> 'id')::uuid, value ->> 'number', value ->> 'name', '[]'::jsonb, value -> 'born', now() FROM jsonb_array_elements($1::jsonb)";
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::query(sql).bind(rows).execute(&mut connection).await.unwrap();
    }
}

fn papers(person: u64, number: &str) -> Extraction {
    let mut papers = extraction(&[1], &named(person));
    papers.fields.insert("nom_naissance".into(), reading(text(&named(person)), Decision::Confirmed));
    papers.fields.insert("date_naissance".into(), reading(born(person), Decision::Confirmed));
    papers.fields.insert("numero_etranger".into(), reading(text(number), Decision::Confirmed));
    papers
}

fn delivery() -> Delivery {
    Delivery {
        id: DeliveryId(Uuid::nil()),
        prefecture: "75".into(),
        file: "lot.pdf".into(),
        sha256: "aa".into(),
        bytes: 1,
        format: Some(Format::Pdf),
        pages: Some(1),
        channel: Channel::Postal,
        state: DeliveryState::Received,
        refusal: None,
        closure: None,
        index: None,
        received_on: None,
        registered_at: Instant("2026-11-12T09:00:00Z".parse().unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_digit_leads_to_another_person_or_makes_a_second_one() {
    for database in databases() {
        let store = database.open().await;
        enter_everybody(&database.url).await;
        let delivery = delivery();
        let found = constat(Outcome::Complete, &[]);
        let (mut tried, mut somebody) = (0, 0);
        for person in [0, 1_234, 9_999] {
            let right = number(person);
            let mut numbers = vec![right.clone()];
            for place in 0..right.len() {
                let others = ('0'..='9').filter(|digit| !right[place..].starts_with(*digit));
                numbers.extend(others.map(|digit| format!("{}{digit}{}", &right[..place], &right[place + 1..])));
            }
            for number in numbers {
                let papers = papers(person, &number);
                let on_file = store.persons_like(&identity(&papers)).await.unwrap();
                somebody += usize::from(on_file.iter().any(|p| number != right && p.identity.numero_etranger.as_deref() == Some(&number)));
                let envelope = EnvelopeId(Uuid::nil());
                let settled = Settled { envelope, delivery: &delivery, extraction: &papers, constat: &found, corrections: &[], recipe: "" };
                let dossier = build(&settled, &on_file);
                if number == right {
                    assert_eq!(
                        dossier.person,
                        PersonChoice::Existing(PersonId(Uuid::from_u128(u128::from(person) + 1))),
                        "{}",
                        database.name
                    );
                } else {
                    assert_eq!(dossier.person, PersonChoice::Open, "{}: {number} in place of {right}", database.name);
                    assert!(dossier.findings.iter().any(|f| f.code.ends_with("_en_base") || f.code.ends_with("_en_base_differente")));
                }
                tried += 1;
            }
        }
        assert_eq!(tried, 3 * 91);
        assert_eq!(somebody, 3 * 4 * 9, "{}: wrong numbers that are somebody's", database.name);
    }
}
