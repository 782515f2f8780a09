//! Every store function, on both databases: the life of a delivery as rows.

use crate::support::databases;
use passerelle::domain::*;
use passerelle::store::*;
use uuid::Uuid;

fn at(seconds: i64) -> Instant {
    Instant("2026-11-12T09:00:00Z".parse().unwrap()).plus_seconds(seconds)
}

fn new_delivery(sha256: &str, prefecture: &str) -> NewDelivery {
    let id = DeliveryId(Uuid::now_v7());
    let prefecture = PrefectureId::from(prefecture);
    NewDelivery {
        id,
        prefecture: prefecture.clone(),
        file: "lot-03.pdf".into(),
        sha256: sha256.into(),
        bytes: 4096,
        format: Some(Format::Pdf),
        refusal: None,
        channel: Channel::Postal,
        received_on: Some("2026-11-10".parse().unwrap()),
        source: "scanner-1".into(),
        drop_key: None,
        original: BlobRef { prefecture, delivery: id, kind: BlobKind::Original, address: format!("address-{id}"), bytes: 4096 },
    }
}

fn paris() -> Scope {
    Scope::Prefecture("75".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_twice_are_one_delivery_with_two_drops() {
    for database in databases() {
        let store = database.open().await;
        let first = new_delivery("aa", "75");
        let Registration::New(delivery) = store.register_delivery(&paris(), &first, at(0)).await.unwrap() else { panic!("new") };
        assert_eq!((delivery.state, delivery.received_on, delivery.registered_at), (DeliveryState::Received, first.received_on, at(0)));
        let again = NewDelivery { file: "encore.pdf".into(), ..new_delivery("aa", "75") };
        let Registration::Duplicate(same) = store.register_delivery(&paris(), &again, at(60)).await.unwrap() else { panic!("duplicate") };
        assert_eq!(same.id, delivery.id, "{}", database.name);
        let links = store.links(&paris(), delivery.id).await.unwrap();
        assert_eq!(links.iter().map(|l| (l.file.as_str(), l.dropped_at)).collect::<Vec<_>>(), [("lot-03.pdf", at(0)), ("encore.pdf", at(60))]);
        let day = store.deliveries_of_day(&paris(), "2026-11-12".parse().unwrap()).await.unwrap();
        assert_eq!(DayCounts::of(&day), DayCounts { deliveries: 1, duplicates: 1, in_progress: 1, ..DayCounts::default() });
        assert!(store.deliveries_of_day(&paris(), "2026-11-11".parse().unwrap()).await.unwrap().is_empty());
        assert_eq!(store.original(&paris(), delivery.id).await.unwrap(), first.original);
        assert_eq!(store.open_jobs().await.unwrap(), 1, "one first job, not two");
        // Another préfecture has its own ledger, and sees nothing of this one.
        let lyon = Scope::Prefecture("69".into());
        assert!(matches!(store.delivery(&lyon, delivery.id).await, Err(StoreError::NotFound(_))));
        assert!(matches!(store.register_delivery(&lyon, &new_delivery("bb", "75"), at(0)).await, Err(StoreError::NotFound(_))));
        assert!(matches!(store.register_delivery(&lyon, &new_delivery("aa", "69"), at(0)).await.unwrap(), Registration::New(_)));
        assert_eq!(store.deliveries(&Scope::Machine).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_stands_in_front_of_a_person_and_has_no_job() {
    for database in databases() {
        let store = database.open().await;
        let refusal = Refusal::new("pdf_chiffre", "Le fichier est protégé.", "Demander un fichier sans mot de passe.");
        let new = NewDelivery { refusal: Some(refusal.clone()), ..new_delivery("aa", "75") };
        let Registration::New(delivery) = store.register_delivery(&paris(), &new, at(0)).await.unwrap() else { panic!("new") };
        assert_eq!((delivery.state, delivery.refusal), (DeliveryState::Anomaly, Some(refusal)));
        assert_eq!(store.open_jobs().await.unwrap(), 0);
        let [review] = store.open_reviews(&paris()).await.unwrap().try_into().unwrap();
        assert_eq!((review.subject.as_str(), review.code.as_deref(), review.holds), ("file", Some("pdf_chiffre"), true));
        assert_eq!(store.review(&paris(), review.id).await.unwrap(), review);
        assert!(store.open_reviews(&Scope::Prefecture("69".into())).await.unwrap().is_empty());
        let day = store.deliveries(&paris()).await.unwrap();
        assert_eq!(DayCounts::of(&day), DayCounts { deliveries: 1, anomalies: 1, ..DayCounts::default() });
        let kinds: Vec<String> = store.events(&paris(), delivery.id).await.unwrap().into_iter().map(|e| e.kind).collect();
        assert_eq!(kinds, ["depot_en_anomalie"]);
    }
}
