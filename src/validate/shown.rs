//! What the papers of an envelope show for one row together: the best of them, so many of them, one of each person, or
//! one for each year.

use super::case::Case;
use super::evaluate::months;
use super::heard::{Heard, days, heard};
use super::paper::{Worth, fact, judge};
use crate::catalogue::{Covers, ListRow};
use crate::domain::{Person, Piece};
use jiff::ToSpan;
use jiff::civil::Date;

/// The papers that a row builds on, and what they are worth together; no worth without a paper.
pub(super) struct Shown<'a> {
    pub worth: Option<Worth>,
    pub papers: Vec<&'a Piece>,
}

/// The papers of the row's type, or of one that stands for it.
pub(super) fn shown<'a>(row: &ListRow, case: &Case<'a>) -> Shown<'a> {
    let kinds = std::iter::once(&row.piece).chain(&row.or);
    let mut judged: Vec<(Worth, &Piece)> = kinds.flat_map(|kind| case.pieces_of(kind.as_str())).map(|p| (judge(p, row, case), p)).collect();
    judged.sort_by(|a, b| a.0.cmp(&b.0));
    if judged.is_empty() {
        return Shown { worth: None, papers: Vec::new() };
    }
    if let Some(covers) = row.covers {
        return covered(covers, &judged, case);
    }
    if row.of.len() > 1 {
        return of_each(&row.of, &judged);
    }
    so_many(row.count.unwrap_or(1) as usize, judged)
}

fn so_many(count: usize, mut judged: Vec<(Worth, &Piece)>) -> Shown<'_> {
    let found = judged.len();
    judged.truncate(count);
    let worth = judged.last().map(|(worth, _)| worth.clone());
    let worth = match worth {
        Some(Worth::Counts | Worth::Likely(_)) if found < count => Some(Worth::Fails(format!("{found} sur {count}"))),
        other => other,
    };
    Shown { worth, papers: judged.into_iter().map(|(_, p)| p).collect() }
}

/// One paper of each person; a paper whose owner is not known may be the one that lacks.
fn of_each<'a>(persons: &[Person], judged: &[(Worth, &'a Piece)]) -> Shown<'a> {
    let best = |person: Person| judged.iter().find(|(_, p)| p.person == person);
    let papers = persons.iter().filter_map(|p| best(*p)).map(|(_, p)| *p).collect();
    let stray = judged.iter().any(|(_, p)| !persons.contains(&p.person));
    let sides = persons.iter().map(|person| match best(*person) {
        Some((worth, _)) => worth.clone(),
        None if stray => Worth::Unsure(format!("{} : à qui est la pièce ?", of_whom(*person))),
        None => Worth::Fails(format!("aucune {}", of_whom(*person))),
    });
    Shown { worth: sides.max(), papers }
}

fn of_whom(person: Person) -> &'static str {
    match person {
        Person::Applicant => "au nom de la personne qui demande",
        Person::Conjoint => "au nom du conjoint",
        Person::Enfant => "au nom de l’enfant",
        Person::Parent => "au nom du parent",
        Person::Hebergeant => "au nom de l’hébergeant",
        Person::Other => "au nom de l’autre personne",
    }
}

/// A presence is shown when each year counted back from the filing date, or each calendar year up to it, has its paper. What is not
/// covered is for a person: what proves a presence is free.
fn covered<'a>(covers: Covers, judged: &[(Worth, &'a Piece)], case: &Case<'_>) -> Shown<'a> {
    let counts: Vec<(&Worth, &Piece)> =
        judged.iter().filter(|(w, _)| matches!(w, Worth::Counts | Worth::Likely(_))).map(|(w, p)| (w, *p)).collect();
    let dated: Vec<(Date, Date)> = counts.iter().filter_map(|(_, p)| printed(p)).collect();
    let count = usize::from(covers.years) * 12 / usize::from(covers.per.months());
    let papers = judged.iter().map(|(_, p)| *p).collect();
    let shows = |periods: &[(Date, Date)]| periods.iter().filter(|(from, to)| dated.iter().any(|(a, b)| a >= from && b <= to)).count();
    let best = shows(&counted_back(case.filing, covers, count)).max(shows(&calendar(case.filing, covers, count)));
    let worth = if best == count {
        counts.iter().map(|(w, _)| (*w).clone()).max()
    } else if counts.is_empty() {
        judged.first().map(|(w, _)| w.clone())
    } else {
        let unit = if covers.per.months() == 12 { "années" } else { "semestres" };
        Some(Worth::Unsure(format!("{best} {unit} sur {count} ont une pièce dont la date a été lue")))
    };
    Shown { worth, papers }
}

fn printed(piece: &Piece) -> Option<(Date, Date)> {
    match heard(fact(piece, "date_document")) {
        Heard::Value(value) => days(value),
        _ => None,
    }
}

/// Periods that end on the filing date, the last first.
fn counted_back(filing: Date, covers: Covers, count: usize) -> Vec<(Date, Date)> {
    let length = i64::from(covers.per.months());
    (0_i64..)
        .take(count)
        .map(|i| (filing.saturating_sub((length * (i + 1)).months()).saturating_add(1.day()), filing.saturating_sub((length * i).months())))
        .collect()
}

/// Calendar years (or halves), the one of the filing first.
fn calendar(filing: Date, covers: Covers, count: usize) -> Vec<(Date, Date)> {
    let length = i64::from(covers.per.months());
    let begun = months(filing.first_of_year(), filing) / length * length;
    let first = filing.first_of_year().saturating_add(begun.months());
    let from = |i: i64| first.saturating_sub((length * i).months());
    (0_i64..).take(count).map(|i| (from(i), from(i - 1).saturating_sub(1.day()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Period;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn years_are_counted_back_from_the_filing_or_by_the_calendar() {
        let two = Covers { years: 2, per: Period::Year };
        assert_eq!(
            counted_back(day("2026-11-12"), two, 2),
            [(day("2025-11-13"), day("2026-11-12")), (day("2024-11-13"), day("2025-11-12"))]
        );
        assert_eq!(calendar(day("2026-11-12"), two, 2), [(day("2026-01-01"), day("2026-12-31")), (day("2025-01-01"), day("2025-12-31"))]);
        let one = Covers { years: 1, per: Period::Semester };
        assert_eq!(calendar(day("2026-11-12"), one, 2), [(day("2026-07-01"), day("2026-12-31")), (day("2026-01-01"), day("2026-06-30"))]);
    }
}
