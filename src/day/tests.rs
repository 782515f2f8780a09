//! The two equations over rows made by hand: what adds up, and every way in which it does not.

use super::*;
use crate::domain::{BlobKind, Channel, Closure, Delivery, DeliveryState, EnvelopeId, Instant, OtherKind, OtherPage};
use crate::store::{DayEnvelope, EnvelopeState, Link};
use uuid::Uuid;

const DAY: Date = jiff::civil::date(2026, 11, 24);

fn at(text: &str) -> Instant {
    Instant(text.parse().unwrap())
}

/// A delivery of one page in one envelope, dropped at these times.
fn entry(state: DeliveryState, drops: &[&str], registered: &str) -> DayEntry {
    let id = DeliveryId(Uuid::now_v7());
    let link = |text: &&str| Link { file: "a.pdf".into(), source: "depot".into(), dropped_at: at(text) };
    let delivery = Delivery {
        id,
        prefecture: "69".into(),
        file: "a.pdf".into(),
        sha256: String::new(),
        bytes: 1,
        format: None,
        channel: Channel::Postal,
        state,
        pages: Some(1),
        refusal: None,
        closure: None,
        registered_at: at(registered),
        received_on: None,
        index: None,
    };
    DayEntry {
        links: drops.iter().map(link).collect(),
        pages_read: 1,
        pages_there: vec![1],
        other_pages: Some(Vec::new()),
        by_hand: false,
        open_jobs: 0,
        held_jobs: 0,
        original: BlobRef { prefecture: "69".into(), delivery: id, kind: BlobKind::Original, address: String::new(), bytes: 1 },
        envelopes: vec![DayEnvelope { id: EnvelopeId(id.0), state: EnvelopeState::Review, pages: vec![1], outcome: None, joined: false }],
        open_reviews: 0,
        delivery,
    }
}

fn account(entries: &[DayEntry]) -> Account {
    Account::of(entries, &Listing::default(), DAY)
}

fn codes(account: &Account) -> Vec<(&'static str, Option<u32>)> {
    account.differences.iter().map(|d| (d.code, d.page)).collect()
}

#[test]
fn every_drop_is_in_exactly_one_place() {
    let (morning, before) = ("2026-11-24T08:00:00Z", "2026-11-20T08:00:00Z");
    let mut aside = entry(DeliveryState::Anomaly, &[morning], morning);
    aside.delivery.closure = Some(Closure::SetAside);
    let entries = [
        entry(DeliveryState::Processed, &[morning, "2026-11-24T09:00:00Z"], morning),
        entry(DeliveryState::Anomaly, &[morning], morning),
        aside,
        entry(DeliveryState::Processed, &[before, "2026-11-24T10:00:00Z"], before),
    ];
    let listing = Listing { waiting: vec![Standing { file: "b.pdf".into(), folder: "/depot".into() }], ..Listing::default() };
    let account = Account::of(&entries, &listing, DAY);
    let expected = Files { dropped: 6, deliveries: 1, anomalies_open: 1, anomalies_closed: 1, duplicates: 2, in_folder: 1 };
    assert_eq!((account.files, account.difference(), codes(&account)), (expected, 0, vec![]));
}

#[test]
fn a_delivery_that_nobody_dropped_and_a_folder_that_is_silent_are_named() {
    let account = account(&[entry(DeliveryState::Processed, &[], "2026-11-24T08:00:00Z")]);
    assert_eq!((account.files.difference(), codes(&account)), (1, vec![("depot_sans_arrivee", None)]));
    let listing = Listing { unreachable: vec!["/mnt/scans".into()], ..Listing::default() };
    assert_eq!(codes(&Account::of(&[], &listing, DAY)), [("dossier_muet", None)]);
}

#[test]
fn every_page_is_in_exactly_one_place_or_is_named() {
    let morning = "2026-11-24T08:00:00Z";
    let of = |state, change: &dyn Fn(&mut DayEntry)| {
        let mut one = entry(state, &[morning], morning);
        one.delivery.pages = Some(3);
        one.pages_there = vec![1, 2, 3];
        change(&mut one);
        account(&[one])
    };
    let other = |page, kind| OtherPage { page, kind, code: None };
    let sound = of(DeliveryState::Processed, &|e| e.other_pages = Some(vec![other(2, OtherKind::Blank), other(3, OtherKind::Unreadable)]));
    assert_eq!((sound.pages.in_envelopes, sound.pages.blank, sound.pages.unreadable, sound.difference()), (1, 1, 1, 0));
    // Nowhere.
    let lost = of(DeliveryState::Processed, &|e| e.other_pages = Some(vec![other(3, OtherKind::Cover)]));
    assert_eq!((codes(&lost), lost.pages.difference()), (vec![("page_sans_place", Some(2))], 1));
    assert!(lost.differences[0].what.contains("page 2 de « a.pdf »"), "{:?}", lost.differences);
    // Twice.
    let twice = of(DeliveryState::Processed, &|e| {
        e.other_pages = Some(vec![other(1, OtherKind::Blank), other(2, OtherKind::Blank), other(3, OtherKind::Separator)]);
    });
    assert_eq!(codes(&twice), [("page_sans_place", Some(1))]);
    // On the line, or in an anomaly, or treated by hand without a reading: each has its place.
    let working = of(DeliveryState::Received, &|e| (e.other_pages, e.envelopes) = (None, Vec::new()));
    assert_eq!((working.pages.waiting, working.difference()), (3, 0));
    let anomaly = of(DeliveryState::Anomaly, &|e| (e.other_pages, e.envelopes) = (None, Vec::new()));
    assert_eq!((anomaly.pages.in_anomalies, anomaly.difference()), (3, 0));
    let by_hand = of(DeliveryState::Processed, &|e| (e.by_hand, e.pages_there) = (true, vec![1]));
    assert_eq!((by_hand.pages.in_envelopes, by_hand.pages.unreadable, by_hand.difference()), (1, 2, 0));
}
