//! The last two reading jobs of a delivery end at the same moment in two workers: the cut is asked for
//! once, never twice, never not at all.

use crate::support::{databases, new_delivery};
use passerelle::domain::*;
use passerelle::store::*;
use uuid::Uuid;

const ROUNDS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_two_readers_ask_for_one_cut() {
    for database in databases() {
        let (one, two) = (database.open().await, database.open().await);
        let now = Instant("2026-11-12T09:00:00Z".parse().unwrap());
        for round in 0..ROUNDS {
            let id = DeliveryId(Uuid::now_v7());
            let original =
                BlobRef { prefecture: "75".into(), delivery: id, kind: BlobKind::Original, address: format!("original {id}"), bytes: 1 };
            let new = new_delivery(&format!("{round}"), original);
            one.register_delivery(&Scope::Machine, &new, now).await.unwrap();
            let claim = async |store: &Store| store.claim("worker", now, now.plus_seconds(60)).await.unwrap().unwrap();
            let counting = claim(&one).await;
            one.counted(&counting, 2 * PAGES_PER_READ, now).await.unwrap();
            let (a, b) = (claim(&one).await, claim(&two).await);
            assert_ne!(a.sequence, b.sequence);
            let (first, second) = tokio::join!(
                tokio::spawn({
                    let (store, job) = (one.clone(), a);
                    async move { store.pages_read(&job, now).await }
                }),
                tokio::spawn({
                    let (store, job) = (two.clone(), b);
                    async move { store.pages_read(&job, now).await }
                }),
            );
            first.unwrap().unwrap();
            second.unwrap().unwrap();
            assert_eq!(one.open_jobs().await.unwrap(), 1, "{}, round {round}: the cut, once", database.name);
            let cut = claim(&two).await;
            assert_eq!((cut.stage, cut.delivery), (Stage::Assemble, id));
            let failure = Failure::GaveUp("the race is what is tested".into());
            one.failed(&cut, &failure, now).await.unwrap();
        }
    }
}
