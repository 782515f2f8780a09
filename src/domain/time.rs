//! Instants and civil dates. The present is always an argument: see `clock`.

use serde::{Deserialize, Serialize};

/// A point in time, microsecond precision, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub jiff::Timestamp);

impl Instant {
    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The instant so many microseconds after 1970, or `None` outside jiff's range.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// The instant `seconds` later (earlier when negative); saturates at the ends of time.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(self.0))
    }

    /// The civil date of this instant in metropolitan France.
    #[must_use]
    pub fn date_in_paris(self) -> jiff::civil::Date {
        let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap_or(jiff::tz::TimeZone::UTC);
        self.0.to_zoned(zone).date()
    }
}

/// `12/11/2026`, as agents read dates.
#[must_use]
pub fn french(date: jiff::civil::Date) -> String {
    format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
}

/// A date of which parts may be unknown, as civil registers give them (`{"annee": 1987, …}`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartialDate {
    /// Four digits.
    pub annee: i16,
    /// 1 to 12, when known.
    pub mois: Option<i8>,
    /// 1 to 31, when known.
    pub jour: Option<i8>,
}
