//! The counters of a day. The two sides come from different tables, so that a lost file shows.

use crate::domain::{DeliveryState, Outcome};
use crate::store::{DayEntry, DayEnvelope, EnvelopeState};
use crate::web::french;
use jiff::civil::Date;

/// A sum with its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Balance {
    pub name: &'static str,
    pub total: u64,
    pub total_words: String,
    pub parts: Vec<Part>,
    /// Why it does not add up, in words; none when it does.
    pub wrong: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub number: u64,
    pub words: String,
    pub tone: &'static str,
}

/// Files, envelopes and pages of a day.
pub(super) fn of_day(entries: &[DayEntry], day: Date) -> Vec<Balance> {
    vec![files(entries, day), envelopes(entries), pages(entries)]
}

/// Drops of the day (from the drops) against deliveries by state (from the deliveries) and repeats.
fn files(entries: &[DayEntry], day: Date) -> Balance {
    let on_day = |at: crate::domain::Instant| at.date_in_paris() == day;
    let drops = entries.iter().map(|e| e.links.iter().filter(|l| on_day(l.dropped_at)).count() as u64).sum();
    let fresh = |e: &&DayEntry| on_day(e.delivery.registered_at);
    let of = |wanted: &str| entries.iter().filter(fresh).filter(|e| super::state(e).0 == wanted).count() as u64;
    let again = |e: &DayEntry| e.links.iter().skip(1).filter(|l| on_day(l.dropped_at)).count() as u64;
    balance(
        "dépôts",
        drops,
        words(drops, "fichier reçu", "fichiers reçus"),
        vec![
            part(of("En cours"), "en cours", "en cours", "blue"),
            part(of("À vérifier"), "à vérifier", "à vérifier", "amber"),
            part(of("Traité"), "traité", "traités", "green"),
            part(of("En anomalie"), "en anomalie", "en anomalie", "red"),
            part(entries.iter().map(again).sum(), "déjà reçu", "déjà reçus", ""),
        ],
        "les fichiers reçus",
    )
}

fn envelopes(entries: &[DayEntry]) -> Balance {
    let all: Vec<&DayEnvelope> = entries.iter().flat_map(|e| &e.envelopes).collect();
    let filed = |incomplete: bool| {
        let this = |e: &&&DayEnvelope| e.state == EnvelopeState::Filed && (e.outcome == Some(Outcome::Incomplete)) == incomplete;
        all.iter().filter(this).count() as u64
    };
    let of = |state| all.iter().filter(|e| e.state == state).count() as u64;
    balance(
        "plis",
        all.len() as u64,
        words(all.len() as u64, "pli trouvé", "plis trouvés"),
        vec![
            part(of(EnvelopeState::Open), "en cours", "en cours", "blue"),
            part(of(EnvelopeState::Review), "à vérifier", "à vérifier", "amber"),
            part(filed(false), "dossier complet", "dossiers complets", "green"),
            part(filed(true), "dossier incomplet", "dossiers incomplets", "green"),
        ],
        "les plis trouvés",
    )
}

/// Pages that the files announce against pages that were read; what is still being read is not missing.
fn pages(entries: &[DayEntry]) -> Balance {
    let announced = |e: &DayEntry| u64::from(e.delivery.pages.unwrap_or(0));
    let read = |e: &DayEntry| u64::from(e.pages_read);
    let total = entries.iter().map(announced).sum();
    let under_way = |e: &&DayEntry| e.delivery.state != DeliveryState::Processed;
    let left = entries.iter().filter(under_way).map(|e| announced(e).saturating_sub(read(e))).sum();
    balance(
        "pages",
        total,
        words(total, "page numérisée", "pages numérisées"),
        vec![part(entries.iter().map(read).sum(), "page lue", "pages lues", "green"), part(left, "page à lire", "pages à lire", "blue")],
        "les pages numérisées",
    )
}

fn balance(name: &'static str, total: u64, total_words: String, parts: Vec<Part>, what: &str) -> Balance {
    let sum: u64 = parts.iter().map(|p| p.number).sum();
    let wrong = (sum != total).then(|| {
        let side = if sum < total { "de moins" } else { "de trop" };
        format!("le détail en compte {} {side} que {what}", total.abs_diff(sum))
    });
    Balance { name, total, total_words, parts, wrong }
}

fn part(number: u64, one: &str, many: &str, tone: &'static str) -> Part {
    Part { number, words: words(number, one, many), tone }
}

fn words(number: u64, one: &str, many: &str) -> String {
    french::count(number, one, many).split_once(' ').map(|(_, words)| words.to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Channel, Delivery, DeliveryId, Instant};
    use crate::store::Link;

    fn entry(state: DeliveryState, drops: &[&str], registered: &str) -> DayEntry {
        let at = |text: &str| Instant(text.parse().unwrap());
        let link = |text: &&str| Link { file: "a.pdf".into(), source: "depot".into(), dropped_at: at(text) };
        DayEntry {
            delivery: Delivery {
                id: DeliveryId(uuid::Uuid::nil()),
                prefecture: "69".into(),
                file: "a.pdf".into(),
                sha256: String::new(),
                bytes: 1,
                format: None,
                channel: Channel::Postal,
                state,
                pages: Some(3),
                refusal: None,
                registered_at: at(registered),
                received_on: None,
                index: None,
            },
            links: drops.iter().map(link).collect(),
            pages_read: 3,
            envelopes: Vec::new(),
            open_reviews: 0,
        }
    }

    const DAY: Date = jiff::civil::date(2026, 11, 24);

    #[test]
    fn drops_and_states_add_up_over_repeats_of_other_days() {
        let entries = [
            entry(DeliveryState::Processed, &["2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"], "2026-11-24T08:00:00Z"),
            entry(DeliveryState::Anomaly, &["2026-11-24T08:00:00Z"], "2026-11-24T08:00:00Z"),
            entry(DeliveryState::Processed, &["2026-11-20T08:00:00Z", "2026-11-24T10:00:00Z"], "2026-11-20T08:00:00Z"),
        ];
        let files = files(&entries, DAY);
        assert_eq!((files.total, files.wrong), (4, None));
        assert_eq!(files.parts.iter().map(|p| p.number).collect::<Vec<_>>(), [0, 0, 1, 1, 2]);
    }

    #[test]
    fn a_delivery_without_its_drop_and_a_page_that_nobody_read_are_shown() {
        let mut lost = entry(DeliveryState::Processed, &[], "2026-11-24T08:00:00Z");
        lost.pages_read = 2;
        let wrong: Vec<bool> = of_day(&[lost], DAY).iter().map(|b| b.wrong.is_some()).collect();
        assert_eq!(wrong, [true, false, true]);
    }
}
