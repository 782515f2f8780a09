//! What is still open at the end of a day, and what an operator must hear of before: that nothing arrives,
//! or that something does not move.

use crate::domain::{DeliveryState, Instant, OpeningHours};
use crate::store::{DayEntry, WaitingFile};
use crate::web::french;

/// So long may nothing arrive in opening hours, and so long may a file stand still, in seconds.
const PATIENCE: i64 = 3600;

/// Whether a day can be closed, in words.
pub(super) struct Closing {
    /// What is open; empty when the day closes at zero.
    pub open: Vec<String>,
}

/// What is open of a day: its own deliveries, and for today what stands in the folders.
pub(super) fn of_day(entries: &[DayEntry], waiting: usize) -> Closing {
    let count = |wanted: &str| entries.iter().filter(|e| super::state(e).0 == wanted).count() as u64;
    let parts = [
        (waiting as u64, "fichier encore dans un dossier de dépôt", "fichiers encore dans un dossier de dépôt"),
        (count("En cours"), "dépôt en cours", "dépôts en cours"),
        (count("À vérifier"), "dépôt à vérifier", "dépôts à vérifier"),
        (count("En anomalie"), "dépôt en anomalie", "dépôts en anomalie"),
    ];
    Closing { open: parts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| french::count(n, one, many)).collect() }
}

/// What cannot wait for the end of the day, each as one sentence.
pub(super) fn alarms(
    hours: &OpeningHours,
    last_drop: Option<Instant>,
    waiting: &[WaitingFile],
    entries: &[DayEntry],
    now: Instant,
) -> Vec<String> {
    let limit = now.plus_seconds(-PATIENCE);
    let mut alarms = Vec::new();
    if nothing_arrives(hours, last_drop, now) {
        let since = last_drop.map_or_else(
            || "Aucun fichier n’est jamais arrivé".to_owned(),
            |at| format!("Aucun fichier n’est arrivé depuis le {} à {}", french::short_date(at.date_in_paris()), french::hour(at)),
        );
        alarms.push(format!("{since}, alors que le service est ouvert. Vérifier le scanner et le partage réseau."));
    }
    let stuck = waiting.iter().filter(|f| f.since <= limit).count() as u64;
    if stuck > 0 {
        let files = french::count(stuck, "fichier attend", "fichiers attendent");
        alarms.push(format!("{files} depuis plus d’une heure dans un dossier de dépôt : voir ci-dessous ce qu’il y a à faire."));
    }
    let slow =
        entries.iter().filter(|e| e.delivery.state == DeliveryState::Received && e.open_reviews == 0 && e.delivery.registered_at <= limit);
    let slow = slow.count() as u64;
    if slow > 0 {
        let deliveries = french::count(slow, "dépôt est", "dépôts sont");
        alarms.push(format!("{deliveries} en cours de lecture depuis plus d’une heure. Prévenir le service informatique si cela dure."));
    }
    alarms
}

fn nothing_arrives(hours: &OpeningHours, last_drop: Option<Instant>, now: Instant) -> bool {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap_or(jiff::tz::TimeZone::UTC);
    let local = now.0.to_zoned(zone.clone()).datetime();
    let Some(opened) = hours.open_since(local).and_then(|at| at.to_zoned(zone).ok()) else { return false };
    let limit = now.plus_seconds(-PATIENCE);
    Instant(opened.timestamp()) <= limit && last_drop.is_none_or(|at| at <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_alarms_only_after_an_hour_of_work() {
        let hours = OpeningHours::parse("lun-ven 08:30-17:00").unwrap();
        let at = |text: &str| Instant(text.parse().unwrap());
        // Monday 23 November 2026; Paris is one hour ahead.
        let alarmed = |now: &str, last: &str| nothing_arrives(&hours, Some(at(last)), at(now));
        assert!(!alarmed("2026-11-23T08:00:00Z", "2026-11-20T15:00:00Z"), "open for half an hour");
        assert!(alarmed("2026-11-23T08:31:00Z", "2026-11-20T15:00:00Z"));
        assert!(!alarmed("2026-11-23T08:31:00Z", "2026-11-23T07:40:00Z"));
        assert!(!alarmed("2026-11-23T18:00:00Z", "2026-11-23T07:40:00Z"), "closed");
        assert!(nothing_arrives(&hours, None, at("2026-11-23T12:00:00Z")));
        let said = alarms(&hours, Some(at("2026-11-23T07:40:00Z")), &[], &[], at("2026-11-23T12:00:00Z"));
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("08 h 40") || said[0].contains("8 h 40"), "{said:?}");
    }

    #[test]
    fn a_file_that_stands_still_is_heard_of() {
        let at = |text: &str| Instant(text.parse().unwrap());
        let file = WaitingFile { file: "a.pdf".into(), bytes: 1, refusal: None, since: at("2026-11-23T08:00:00Z") };
        let alarmed = |now: &str| alarms(&OpeningHours::default(), None, std::slice::from_ref(&file), &[], at(now)).len();
        assert_eq!((alarmed("2026-11-23T08:59:00Z"), alarmed("2026-11-23T09:00:00Z")), (0, 1));
        assert_eq!(of_day(&[], 2).open, ["2 fichiers encore dans un dossier de dépôt"]);
        assert!(of_day(&[], 0).open.is_empty());
    }
}
