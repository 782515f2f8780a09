//! Time that the ledger saw pass. A file is as old as the events since it came say, and no older.

use crate::domain::Instant;
use crate::store::{Store, StoreError};

/// Between two events of a working installation; the daily round leaves one by itself. In seconds: a day and a half.
const GAP: i64 = 36 * 3600;

/// How far back events are asked for beyond the time of a copy, in seconds: four years.
const PAST: i64 = 4 * 365 * 86_400;

/// Seconds of so many days.
pub fn seconds(days: u32) -> i64 {
    i64::from(days) * 86_400
}

/// Instants of events, at most [`GAP`] apart wherever the ledger has them so.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    at: Vec<Instant>,
}

impl Seen {
    /// Enough of the past to tell whether something is `days` old, with gaps between.
    pub async fn load(store: &Store, now: Instant, days: u32) -> Result<Self, StoreError> {
        let from = now.plus_seconds(-seconds(days) - PAST);
        Ok(Self { at: store.event_times(from, now, GAP).await? })
    }

    /// Why the present cannot be believed, for the operator.
    pub fn implausible(&self, now: Instant) -> Option<String> {
        let last = *self.at.last()?;
        let ahead = (now.as_micros() - last.as_micros()) / 1_000_000;
        (ahead > GAP).then(|| {
            format!(
                "L’horloge est en avance de {} jours sur le dernier événement du registre ({}) : rien n’est retiré. Si elle est juste, \
                 Passerelle était arrêtée ; ce temps ne compte pas, et le contrôle suivant reprendra.",
                ahead / 86_400,
                last.0.strftime("%d/%m/%Y %H:%M UTC")
            )
        })
    }

    /// Seconds between `since` and `now` that the ledger saw pass.
    pub fn passed(&self, since: Instant, now: Instant) -> i64 {
        let (mut before, mut sum) = (since, 0);
        for at in self.at.iter().copied().filter(|at| *at > since && *at < now).chain([now]) {
            let gap = (at.as_micros() - before.as_micros()) / 1_000_000;
            if (0..=GAP).contains(&gap) {
                sum += gap;
            }
            before = at;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Instant {
        Instant("2026-01-01T08:00:00Z".parse().unwrap()).plus_seconds(n * 86_400)
    }

    #[test]
    fn a_jump_of_the_clock_makes_nothing_older() {
        let daily = Seen { at: (0..40).map(day).collect() };
        assert_eq!(daily.passed(day(0), day(40)), seconds(40));
        assert_eq!(daily.passed(day(35), day(40)), seconds(5));
        assert!(daily.implausible(day(40)).is_none());
        // The clock shows next year, a file arrives at that time, and the next rounds go on from there.
        let jumped = Seen { at: (0..5).chain(370..373).map(day).collect() };
        assert_eq!(jumped.passed(day(0), day(373)), seconds(4 + 3));
        assert!(Seen { at: (0..5).map(day).collect() }.implausible(day(370)).unwrap().contains("366 jours"));
        // Set back again: nothing is older for it, and an event of the future does not count.
        assert_eq!(jumped.passed(day(0), day(4)), seconds(4));
        assert_eq!(jumped.passed(day(371), day(10)), 0);
    }
}
