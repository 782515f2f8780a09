//! What an operator must hear of before the day ends. The banner of *Dépôts du jour* and the metrics are both made of this.

use super::Books;
use crate::domain::{DeliveryState, Instant, OpeningHours};
use crate::store::{DayEntry, JobState, PartSeen, StoreError, WaitingFile};

/// So long may nothing arrive in opening hours, and so long may a file stand still, in seconds.
pub const LATE_SECONDS: i64 = 3600;
/// A part that was not seen for so long is not at work, in seconds.
const SILENT_SECONDS: i64 = 180;
/// Refusals of a waiting file that are the medium's fault and not the file's.
const OF_THE_MEDIUM: [&str; 5] =
    ["prise_en_charge_differee", "acces_refuse", "lecture_impossible", "dossier_inaccessible", "deplacement_refuse"];

/// The state of an installation at one moment. Numbers and instants only: nothing of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signals {
    pub now: Instant,
    pub last_drop: Option<Instant>,
    /// Nothing arrived for an hour of opening time.
    pub silent: bool,
    /// Files of the drop folders that have not moved for an hour.
    pub stuck: u64,
    /// Deliveries that have been read for more than an hour.
    pub slow: u64,
    pub open_anomalies: u64,
    pub oldest_anomaly: Option<Instant>,
    pub jobs_waiting: u64,
    pub jobs_running: u64,
    pub jobs_held: u64,
    /// Files or pages that are not in exactly one place today.
    pub difference: u64,
    /// Why files cannot be taken: full disk, rights, a share that is away.
    pub medium: Vec<String>,
    pub parts: Vec<PartSeen>,
}

impl Signals {
    /// Takes the state from the ledger; `entries` and `difference` are those of today's account.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn take(
        books: &Books<'_>,
        hours: &OpeningHours,
        entries: &[DayEntry],
        difference: u64,
        now: Instant,
    ) -> Result<Self, StoreError> {
        let (store, scope) = (books.store, books.scope);
        let waiting = store.waiting(scope).await?;
        let last_drop = store.last_drop(scope).await?;
        let anomalies = store.open_anomalies(scope).await?;
        let jobs = store.job_counts().await?;
        let of = |wanted: JobState| jobs.iter().filter(|(state, _)| *state == wanted).map(|(_, n)| u64::from(*n)).sum();
        Ok(Self {
            now,
            last_drop,
            silent: nothing_arrives(hours, last_drop, now),
            stuck: stuck(&waiting, now),
            slow: slow(entries, now),
            open_anomalies: anomalies.len() as u64,
            oldest_anomaly: anomalies.iter().map(|d| d.registered_at).min(),
            jobs_waiting: of(JobState::Ready),
            jobs_running: of(JobState::Running),
            jobs_held: of(JobState::Held),
            difference,
            medium: medium(&waiting),
            parts: store.parts_seen().await?,
        })
    }

    /// Whether a part was seen lately; `None` when it was never seen.
    #[must_use]
    pub fn is_alive(&self, part: &str) -> Option<bool> {
        let seen = self.parts.iter().filter(|p| p.part == part).map(|p| p.seen_at).max()?;
        Some(self.now <= seen.plus_seconds(SILENT_SECONDS))
    }
}

fn stuck(waiting: &[WaitingFile], now: Instant) -> u64 {
    let limit = now.plus_seconds(-LATE_SECONDS);
    waiting.iter().filter(|f| f.since <= limit).count() as u64
}

fn slow(entries: &[DayEntry], now: Instant) -> u64 {
    let limit = now.plus_seconds(-LATE_SECONDS);
    let late = |e: &&DayEntry| e.delivery.state == DeliveryState::Received && e.open_reviews == 0 && e.delivery.registered_at <= limit;
    entries.iter().filter(late).count() as u64
}

fn medium(waiting: &[WaitingFile]) -> Vec<String> {
    let codes = waiting.iter().filter_map(|f| f.refusal.as_ref()).map(|r| r.code.clone());
    let mut codes: Vec<String> = codes.filter(|code| OF_THE_MEDIUM.contains(&code.as_str())).collect();
    codes.sort();
    codes.dedup();
    codes
}

fn nothing_arrives(hours: &OpeningHours, last_drop: Option<Instant>, now: Instant) -> bool {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap_or(jiff::tz::TimeZone::UTC);
    let local = now.0.to_zoned(zone.clone()).datetime();
    let Some(opened) = hours.open_since(local).and_then(|at| at.to_zoned(zone).ok()) else { return false };
    let limit = now.plus_seconds(-LATE_SECONDS);
    Instant(opened.timestamp()) <= limit && last_drop.is_none_or(|at| at <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Refusal;

    fn at(text: &str) -> Instant {
        Instant(text.parse().unwrap())
    }

    #[test]
    fn silence_alarms_only_after_an_hour_of_work() {
        let hours = OpeningHours::parse("lun-ven 08:30-17:00").unwrap();
        // Monday 23 November 2026; Paris is one hour ahead.
        let alarmed = |now: &str, last: &str| nothing_arrives(&hours, Some(at(last)), at(now));
        assert!(!alarmed("2026-11-23T08:00:00Z", "2026-11-20T15:00:00Z"), "open for half an hour");
        assert!(alarmed("2026-11-23T08:31:00Z", "2026-11-20T15:00:00Z"));
        assert!(!alarmed("2026-11-23T08:31:00Z", "2026-11-23T07:40:00Z"));
        assert!(!alarmed("2026-11-23T18:00:00Z", "2026-11-23T07:40:00Z"), "closed");
        assert!(nothing_arrives(&hours, None, at("2026-11-23T12:00:00Z")));
    }

    #[test]
    fn a_file_that_stands_still_is_heard_of_and_the_medium_is_told_from_the_file() {
        let file = |code: &str| WaitingFile {
            file: "a.pdf".into(),
            bytes: 1,
            refusal: Some(Refusal::new(code, "", "")),
            since: at("2026-11-23T08:00:00Z"),
        };
        let waiting = [file("prise_en_charge_differee"), file("a_rattacher"), file("prise_en_charge_differee")];
        let stuck = |now: &str| stuck(&waiting, at(now));
        assert_eq!((stuck("2026-11-23T08:59:00Z"), stuck("2026-11-23T09:00:00Z")), (0, 3));
        assert_eq!(medium(&waiting), ["prise_en_charge_differee"]);
    }
}
