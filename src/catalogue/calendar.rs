//! Days on which a time limit may end. The rules of the holidays are data (`pipelines/jours_feries.toml`).

use super::Holidays;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// No limit is moved further: no run of holidays and week-ends is as long.
const FURTHEST: usize = 10;

impl Holidays {
    /// The day itself, or the next one that is no Saturday, Sunday or public holiday of the whole country.
    #[must_use]
    pub fn working_day(&self, day: Date) -> Date {
        let mut open = day;
        for _ in 0..FURTHEST {
            if works(open, self) {
                return open;
            }
            open = open.saturating_add(1.day());
        }
        day
    }
}

fn works(day: Date, holidays: &Holidays) -> bool {
    let sunday = easter(day.year());
    let fixed = |f: &super::FixedHoliday| f.departements.is_empty() && (f.month, f.day) == (day.month(), day.day());
    let moving = |e: &super::EasterHoliday| e.departements.is_empty() && sunday.saturating_add(e.offset.days()) == day;
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
        && !holidays.fixed.iter().any(fixed)
        && !holidays.easter.iter().any(moving)
}

/// Easter Sunday of the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher.
fn easter(year: i16) -> Date {
    let year = i32::from(year);
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let moon = (19 * golden + century - century / 4 - (8 * century + 13) / 25 + 15) % 30;
    let week = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
    let late = (golden + 11 * moon + 19 * week) / 433;
    let month = (moon + week - 7 * late + 90) / 25;
    let day = (moon + week - 7 * late + 33 * month + 19) % 32;
    date(year as i16, month as i8, day as i8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn easter_falls_on_its_sundays() {
        for day in [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25), date(2285, 3, 22)] {
            assert_eq!(easter(day.year()), day);
        }
    }

    #[test]
    fn a_limit_on_a_free_day_goes_to_the_next_working_day() {
        let holidays = Catalogue::embedded().unwrap().holidays;
        let moved = |day: Date| holidays.working_day(day);
        assert_eq!(moved(date(2026, 5, 1)), date(2026, 5, 4), "a holiday on a Friday, then the week-end");
        assert_eq!(moved(date(2026, 4, 4)), date(2026, 4, 7), "Saturday before Easter, Easter Monday");
        assert_eq!(moved(date(2026, 11, 12)), date(2026, 11, 12));
        assert_eq!(moved(date(2026, 12, 26)), date(2026, 12, 28), "Saint-Étienne is a holiday in Alsace-Moselle only, but a Saturday");
    }
}
