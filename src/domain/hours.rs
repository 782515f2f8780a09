//! When a mail room works: `lun-ven 08:30-12:00, lun-jeu 13:30-17:00`. Outside these hours nobody is
//! alarmed that nothing arrives.

use jiff::civil::{DateTime, Time, Weekday};
use serde::{Deserialize, Deserializer};

const DAYS: [&str; 7] = ["lun", "mar", "mer", "jeu", "ven", "sam", "dim"];

/// Opening hours of a week, in local time. Empty: never open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpeningHours {
    spans: Vec<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    /// From Monday, 0 to 6.
    first: i8,
    last: i8,
    from: Time,
    until: Time,
}

impl OpeningHours {
    /// Reads `lun-ven 08:30-12:00, sam 09:00-12:00`.
    ///
    /// # Errors
    /// The part that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let spans = text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| span(part).ok_or_else(|| part.to_owned()));
        Ok(Self { spans: spans.collect::<Result<_, _>>()? })
    }

    /// Since when it is open at `now`; `None` while it is closed.
    #[must_use]
    pub fn open_since(&self, now: DateTime) -> Option<DateTime> {
        let day = now.weekday().to_monday_zero_offset();
        let open = self.spans.iter().filter(|s| (s.first..=s.last).contains(&day) && s.from <= now.time() && now.time() < s.until);
        open.map(|s| now.date().to_datetime(s.from)).min()
    }
}

impl<'de> Deserialize<'de> for OpeningHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|part| serde::de::Error::custom(format!("{part:?} is not of the form \"lun-ven 08:30-12:00\"")))
    }
}

fn span(text: &str) -> Option<Span> {
    let (days, hours) = text.split_once(' ')?;
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (from, until) = hours.trim().split_once('-')?;
    let day = |name: &str| DAYS.iter().position(|d| *d == name.trim()).and_then(|n| Weekday::from_monday_zero_offset(n as i8).ok());
    let span = Span {
        first: day(first)?.to_monday_zero_offset(),
        last: day(last)?.to_monday_zero_offset(),
        from: Time::strptime("%H:%M", from.trim()).ok()?,
        until: Time::strptime("%H:%M", until.trim()).ok()?,
    };
    (span.first <= span.last && span.from < span.until).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::OpeningHours;
    use jiff::civil::datetime;

    #[test]
    fn open_and_closed() {
        let hours = OpeningHours::parse("lun-ven 08:30-12:00, lun-jeu 13:30-17:00").unwrap();
        // 23 November 2026 is a Monday.
        let at = |day, hour, minute| hours.open_since(datetime(2026, 11, day, hour, minute, 0, 0)).map(|d| (d.hour(), d.minute()));
        assert_eq!(at(23, 8, 29), None);
        assert_eq!(at(23, 9, 0), Some((8, 30)));
        assert_eq!(at(23, 12, 0), None);
        assert_eq!(at(26, 16, 59), Some((13, 30)));
        assert_eq!((at(27, 14, 0), at(28, 9, 0)), (None, None));
        assert_eq!(OpeningHours::default().open_since(datetime(2026, 11, 23, 9, 0, 0, 0)), None);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for wrong in ["lundi 08:00-12:00", "lun 8h-12h", "ven-lun 08:00-12:00", "lun 12:00-08:00", "lun"] {
            assert_eq!(OpeningHours::parse(&format!("mar 08:00-09:00, {wrong}")).unwrap_err(), wrong);
        }
    }
}
