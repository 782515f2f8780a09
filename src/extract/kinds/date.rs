//! Dates as French papers write them: 06/11/2001, 6 novembre 2001, 06.11.01, JJMMAAAA, « 22 OCT. 2026 ».

use super::digits;
use crate::domain::{FieldValue, PartialDate};
use crate::extract::text::fold;
use jiff::civil::Date;

/// Months by their first letters without accents, French then English where it differs.
const MONTHS: [(&str, i8); 22] = [
    ("JANV", 1),
    ("JAN", 1),
    ("FEVR", 2),
    ("FEV", 2),
    ("FEB", 2),
    ("MARS", 3),
    ("MAR", 3),
    ("AVR", 4),
    ("APR", 4),
    ("MAI", 5),
    ("MAY", 5),
    ("JUIN", 6),
    ("JUN", 6),
    ("JUIL", 7),
    ("JUL", 7),
    ("AOUT", 8),
    ("AOU", 8),
    ("AUG", 8),
    ("SEP", 9),
    ("OCT", 10),
    ("NOV", 11),
    ("DEC", 12),
];

/// The first date in the text. A year of two digits beyond `reference_year` plus ten lies in the century before.
pub(in crate::extract) fn parse(text: &str, reference_year: i16) -> Option<FieldValue> {
    find(text, reference_year).map(|found| found.value)
}

/// A date and the words after it.
pub(in crate::extract) struct Found {
    pub value: FieldValue,
    pub rest: String,
}

/// The first date of the text and what follows it.
pub(in crate::extract) fn find(text: &str, reference_year: i16) -> Option<Found> {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '…')).filter(|w| !w.is_empty()).collect();
    for at in 0..words.len() {
        let parts: Vec<String> = words[at..].iter().take(6).flat_map(|w| parts(w)).collect();
        let together = self::parts(words[at]).len() > 2;
        let Some((value, used)) = read(&parts, together, reference_year) else { continue };
        let mut left = used;
        let mut next = at;
        while left > 0 && next < words.len() {
            left = left.saturating_sub(self::parts(words[next]).len());
            next += 1;
        }
        return Some(Found { value, rest: words[next..].join(" ") });
    }
    None
}

/// The pieces of one printed word: groups of digits (look-alikes corrected where digits rule) and of letters.
fn parts(word: &str) -> Vec<String> {
    let separated = word.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty());
    separated.map(|p| if mostly_digits(p) { digits(p) } else { fold(p) }).filter(|p| !p.is_empty()).collect()
}

fn mostly_digits(part: &str) -> bool {
    let found = part.chars().filter(char::is_ascii_digit).count();
    found * 2 >= part.chars().count() && found > 0 || matches!(part, "O1" | "O2" | "l1" | "lO" | "I0" | "I1" | "I2")
}

/// `together`: day, month and year stand in one word; groups of two digits apart are a telephone number.
fn read(parts: &[String], together: bool, reference_year: i16) -> Option<(FieldValue, usize)> {
    let first = parts.first()?;
    if first.len() == 8 && first.bytes().all(|b| b.is_ascii_digit()) {
        return compact(first).map(|d| (d, 1));
    }
    if let [y, m, d, ..] = parts
        && y.len() == 4
        && m.len() == 2
        && let Some(value) = date(number(y)?, number(m), number(d))
    {
        return Some((value, 3));
    }
    if let [d, m, y, ..] = parts {
        let day = if d == "1ER" || d == "1E" { Some(1) } else { number(d) };
        let dated = d.len() <= 3 && (together || y.len() == 4 || m.bytes().all(|b| b.is_ascii_uppercase()));
        if let Some(value) = day.filter(|_| dated).and_then(|day| date(year(y, reference_year)?, month(m), Some(day))) {
            return Some((value, 3));
        }
    }
    if let [m, y, ..] = parts
        && m.bytes().all(|b| b.is_ascii_uppercase())
        && y.len() == 4
        && let Some(month) = month(m)
    {
        return Some((FieldValue::PartialDate(PartialDate { annee: plausible(number(y)?)?, mois: Some(month as i8), jour: None }), 2));
    }
    None
}

fn compact(text: &str) -> Option<FieldValue> {
    date(number(&text[4..])?, number(&text[2..4]), number(&text[..2]))
}

/// A year alone, as some civil registers know it; only where nothing but it is written.
pub(in crate::extract) fn year_only(text: &str) -> Option<FieldValue> {
    let key = fold(text);
    let annee = plausible(number(&key).filter(|_| key.len() == 4)?)?;
    Some(FieldValue::PartialDate(PartialDate { annee, mois: None, jour: None }))
}

fn number(text: &str) -> Option<i16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn year(text: &str, reference_year: i16) -> Option<i16> {
    let value = number(text)?;
    match text.len() {
        4 => plausible(value),
        2 => {
            let century = reference_year - reference_year.rem_euclid(100);
            Some(if value > reference_year.rem_euclid(100) + 10 { century - 100 + value } else { century + value })
        }
        _ => None,
    }
}

fn plausible(year: i16) -> Option<i16> {
    (1900..=2100).contains(&year).then_some(year)
}

fn month(text: &str) -> Option<i16> {
    if let Some(number) = number(text) {
        return (text.len() <= 2).then_some(number);
    }
    if text.len() < 3 {
        return None;
    }
    MONTHS.iter().find(|(name, _)| text.starts_with(name)).map(|(_, number)| i16::from(*number))
}

/// Zeros for day or month are unknown parts.
fn date(annee: i16, mois: Option<i16>, jour: Option<i16>) -> Option<FieldValue> {
    let annee = plausible(annee)?;
    let (mois, jour) = (i8::try_from(mois?).ok()?, i8::try_from(jour?).ok()?);
    match (mois, jour) {
        (0, 0) => Some(FieldValue::PartialDate(PartialDate { annee, mois: None, jour: None })),
        (1..=12, 0) => Some(FieldValue::PartialDate(PartialDate { annee, mois: Some(mois), jour: None })),
        _ => Date::new(annee, mois, jour).ok().map(FieldValue::Date),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str) -> String {
        serde_json::to_string(&parse(text, 2026)).unwrap()
    }

    #[test]
    fn every_french_form_of_a_date() {
        for text in [
            "06/11/2001",
            "6 novembre 2001",
            "06.11.01",
            "06112001",
            "né le 06-11-2001 à Tunis",
            "06 11 2001",
            "O6/11/2OO1",
            "2001-11-06",
            "le 6 NOV. 2001",
        ] {
            assert_eq!(iso(text), "\"2001-11-06\"", "{text}");
        }
        assert_eq!(iso("ARRIVÉE LE 22 OCT. 2026"), "\"2026-10-22\"");
        assert_eq!(iso("1er août 2026"), "\"2026-08-01\"");
        assert_eq!(iso("12.03.87"), "\"1987-03-12\"");
        assert_eq!(iso("20 -10- 2026"), "\"2026-10-20\"");
    }

    #[test]
    fn unknown_parts_stay_unknown_and_no_date_is_made_up() {
        assert_eq!(iso("00/00/1987"), "{\"annee\":1987,\"mois\":null,\"jour\":null}");
        assert_eq!(iso("mars 1987"), "{\"annee\":1987,\"mois\":3,\"jour\":null}");
        for text in ["31/02/2001", "69 49 99 66", "2C 185 223 31718", "75001 PARIS", "12/13/2026", "1234567", "12 05 87 45 66"] {
            assert_eq!(iso(text), "null", "{text}");
        }
        assert_eq!(find("06/11/2001 TUNIS", 2026).unwrap().rest, "TUNIS");
    }
}
