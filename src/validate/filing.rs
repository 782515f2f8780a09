//! The filing date and its basis. The applicant's signature date is never one.

use super::heard::{Heard, days, heard, settled};
use crate::domain::{Extraction, FilingBasis, FilingDate, Reading};
use jiff::civil::Date;

/// The filing date, and other days that it could turn out to be: the constat must not hang on them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filing {
    pub date: FilingDate,
    /// Each with the reading that speaks for it.
    pub others: Vec<Date>,
    /// The reading behind the date that still waits for a person: `field:date_envoi` or `field:date_reception`.
    pub waiting: Option<&'static str>,
}

/// Postmark (CRPA L112-1), else arrival, else the day of registration.
pub(super) fn filing(extraction: &Extraction, registered_on: Date, received_on: Option<Date>) -> Filing {
    let dates = &extraction.dates;
    let mut found: Vec<(Date, FilingBasis, Option<&'static str>)> = Vec::new();
    found.extend(day(dates.envoi.as_ref()).map(|(d, waits)| (d, FilingBasis::Cachet, waits.then_some("field:date_envoi"))));
    found.extend(received_on.map(|d| (d, FilingBasis::Reception, None)));
    if received_on.is_none() {
        found.extend(day(dates.reception.as_ref()).map(|(d, waits)| (d, FilingBasis::Reception, waits.then_some("field:date_reception"))));
    }
    found.push((registered_on, FilingBasis::Numerisation, None));
    let (value, basis, waiting) = found.first().copied().unwrap_or((registered_on, FilingBasis::Numerisation, None));
    let mut others = Vec::new();
    if basis == FilingBasis::Numerisation {
        // The applicant posted it between the signature and the scan: what holds on both days holds.
        others.extend(day(dates.signature.as_ref()).map(|(d, _)| d));
    } else if waiting.is_some() {
        others.extend(found.get(1).map(|(d, ..)| *d));
    }
    others.retain(|d| *d != value);
    Filing { date: FilingDate { value, basis }, others, waiting }
}

/// The day, and whether it still waits for a person; a partial date is no day.
fn day(reading: Option<&Reading>) -> Option<(Date, bool)> {
    let Heard::Value(value) = heard(reading) else { return None };
    let (first, last) = days(value)?;
    (first == last).then_some((first, !reading.is_some_and(settled)))
}

/// The reception date, from which silence runs: operator, arrival stamp, else the day of registration.
#[must_use]
pub fn reception(extraction: &Extraction, registered_on: Date, received_on: Option<Date>) -> Date {
    received_on.or_else(|| day(extraction.dates.reception.as_ref()).map(|(d, _)| d)).unwrap_or(registered_on)
}
