//! Machine-readable zones: ICAO 9303 TD1 (part 5), TD2 (part 6), TD3 (part 4), visas MRV-A and MRV-B (part 7),
//! and the French identity card of before 2021 (2 x 36, not ICAO).
//!
//! A check digit proves the number, the birth date, the expiry and the optional data that it covers. It
//! proves no name, no sex and no nationality. Characters are corrected by the class of their position
//! only; no reading is ever searched until a digit passes.

mod characters;

use super::PartialDate;
use characters::{Class, by_class, clean, fit, restore_fillers};
use serde::{Deserialize, Serialize};

pub use characters::check_digit;

/// For who asks about check digits alone: the year only moves centuries, which no digit covers.
pub const ANY_YEAR: i16 = 2050;

/// Lines may be so many characters off; fillers make up the difference.
const SLACK: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MrzKind {
    /// Card, three lines of 30.
    Td1,
    /// Card, two lines of 36.
    Td2,
    /// Passport, two lines of 44.
    Td3,
    /// Visa, two lines of 44.
    MrvA,
    /// Visa, two lines of 36.
    MrvB,
    /// French identity card of before 2021, two lines of 36.
    FrenchCard,
}

/// What a check digit says of the characters that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    Passes,
    Fails,
    /// The format has no digit for this, or the field is empty.
    None,
}

impl Check {
    #[must_use]
    pub fn passes(self) -> bool {
        self == Self::Passes
    }
}

/// A number or code without fillers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MrzText {
    pub value: String,
    pub check: Check,
}

/// A date of six digits; `value` is `None` when they are no date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MrzDate {
    pub value: Option<PartialDate>,
    pub check: Check,
}

impl MrzDate {
    /// The civil date, when day and month are known.
    #[must_use]
    pub fn civil(&self) -> Option<jiff::civil::Date> {
        let date = self.value?;
        jiff::civil::Date::new(date.annee, date.mois?, date.jour?).ok()
    }
}

/// Everything that a zone says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mrz {
    pub kind: MrzKind,
    /// Document code without fillers: `P`, `IR`, `ID`, `V`…
    pub code: String,
    /// Issuing state, ICAO alpha-3 (`D` for Germany).
    pub issuer: String,
    pub number: MrzText,
    /// As transliterated by the issuer: no accent, spaces for hyphens and apostrophes.
    pub surname: String,
    pub given_names: Vec<String>,
    /// The name field is full to its last character: names may be cut.
    pub names_truncated: bool,
    /// ICAO alpha-3; empty when the format has none.
    pub nationality: String,
    pub birth: MrzDate,
    /// `M`, `F`, `X` (unspecified), or `None` when the sign is none of the three.
    pub sex: Option<char>,
    /// `None` on the old French card.
    pub expiry: Option<MrzDate>,
    /// TD3: personal number; TD1: optional data of line 1; TD2: optional data.
    pub optional: MrzText,
    /// TD1: optional data of line 2.
    pub optional_2: String,
    /// Over the fields together; [`Check::None`] on visas.
    pub composite: Check,
    /// The lines after correction by class.
    pub lines: Vec<String>,
}

impl Mrz {
    /// Check digits that pass, and those that were looked at.
    #[must_use]
    pub fn checks(&self) -> (usize, usize) {
        let all = [
            self.number.check,
            self.birth.check,
            self.expiry.as_ref().map_or(Check::None, |e| e.check),
            self.optional.check,
            self.composite,
        ];
        let present = all.iter().filter(|c| **c != Check::None).count();
        (all.iter().filter(|c| c.passes()).count(), present)
    }

    /// True for residence permits and cards, which French papers print as TD1 `IR` or similar.
    #[must_use]
    pub fn is_visa(&self) -> bool {
        matches!(self.kind, MrzKind::MrvA | MrzKind::MrvB)
    }
}

/// Parses the lines of one zone. `reference_year` (four digits) is the year that the file was received:
/// a birth year beyond it belongs to the century before. `None` when the lines have no known shape.
#[must_use]
pub fn parse<S: AsRef<str>>(lines: &[S], reference_year: i16) -> Option<Mrz> {
    let cleaned: Vec<String> = lines.iter().map(|l| clean(l.as_ref())).filter(|l| !l.is_empty()).collect();
    match cleaned.as_slice() {
        [a, b, c] => td1(&fit(a, 30, SLACK)?, &fit(b, 30, SLACK)?, &fit(c, 30, SLACK)?, reference_year),
        [a, b] => two_lines(a, b, reference_year),
        _ => None,
    }
}

fn two_lines(a: &str, b: &str, reference_year: i16) -> Option<Mrz> {
    // The second line ends in digits and is the surer measure of the length.
    let length = if b.len().abs_diff(44) <= SLACK { 44 } else { 36 };
    let (a, b) = (fit(a, length, SLACK)?, fit(b, length, SLACK)?);
    let head = by_class(&a[..5], Class::Letters);
    if length == 36 && head == "IDFRA" {
        return french_card(&a, &b, reference_year);
    }
    let kind = match (length, head.chars().next()?) {
        (44, 'P') => MrzKind::Td3,
        (44, 'V') => MrzKind::MrvA,
        (36, 'V') => MrzKind::MrvB,
        (36, 'A' | 'C' | 'I' | 'P') => MrzKind::Td2,
        _ => return None,
    };
    Some(icao_two_lines(kind, &a, &b, reference_year))
}

fn icao_two_lines(kind: MrzKind, a: &str, b: &str, reference_year: i16) -> Mrz {
    let length = a.len();
    let a = format!("{}{}", by_class(&a[..5], Class::Letters), restore_fillers(&a[5..]));
    let mut widths =
        vec![(9, Class::Any), (1, Class::Digits), (3, Class::Letters), (7, Class::Digits), (1, Class::Letters), (7, Class::Digits)];
    if kind == MrzKind::Td3 {
        widths.extend([(14, Class::Any), (1, Class::Digits)]);
    }
    let b = classes(b, &widths, matches!(kind, MrzKind::Td3 | MrzKind::Td2));
    let (surname, given_names, names_truncated) = names(&a[5..]);
    let end = if kind == MrzKind::Td3 {
        42
    } else if kind == MrzKind::Td2 {
        35
    } else {
        length
    };
    let number = long_number(&b[..9], &b[9..10], &b[28..end]);
    let optional = match kind {
        MrzKind::Td3 => checked(&b[28..42], &b[42..43]),
        _ => MrzText { value: bare(&b[28..end]), check: Check::None },
    };
    let composite = match kind {
        MrzKind::Td3 => verdict(&[&b[..10], &b[13..20], &b[21..43]].concat(), &b[43..]),
        MrzKind::Td2 => verdict(&[&b[..10], &b[13..20], &b[21..35]].concat(), &b[35..]),
        _ => Check::None,
    };
    Mrz {
        kind,
        code: bare(&a[..2]),
        issuer: bare(&a[2..5]),
        number,
        surname,
        given_names,
        names_truncated,
        nationality: bare(&b[10..13]),
        birth: birth(&b[13..19], &b[19..20], reference_year),
        sex: sex(&b[20..21]),
        expiry: Some(expiry(&b[21..27], &b[27..28])),
        optional,
        optional_2: String::new(),
        composite,
        lines: vec![a, b],
    }
}

fn td1(a: &str, b: &str, c: &str, reference_year: i16) -> Option<Mrz> {
    let a = classes(a, &[(5, Class::Letters), (9, Class::Any), (1, Class::Digits)], false);
    // Issuers print more codes than the A, C and I of the standard; the digits of line 2 tell the format.
    if !a.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let b = classes(b, &[(7, Class::Digits), (1, Class::Letters), (7, Class::Digits), (3, Class::Letters)], true);
    if b[..7].contains(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let c = restore_fillers(c);
    let (surname, given_names, names_truncated) = names(&c);
    let number = long_number(&a[5..14], &a[14..15], &a[15..30]);
    Some(Mrz {
        kind: MrzKind::Td1,
        code: bare(&a[..2]),
        issuer: bare(&a[2..5]),
        optional: MrzText { value: if &a[14..15] == "<" { String::new() } else { bare(&a[15..30]) }, check: Check::None },
        number,
        surname,
        given_names,
        names_truncated,
        nationality: bare(&b[15..18]),
        birth: birth(&b[..6], &b[6..7], reference_year),
        sex: sex(&b[7..8]),
        expiry: Some(expiry(&b[8..14], &b[14..15])),
        optional_2: bare(&b[18..29]),
        composite: verdict(&[&a[5..30], &b[..7], &b[8..15], &b[18..29]].concat(), &b[29..]),
        lines: vec![a, b, c],
    })
}

fn french_card(a: &str, b: &str, reference_year: i16) -> Option<Mrz> {
    let a = format!("{}{}", by_class(&a[..30], Class::Letters), &a[30..]);
    let b = classes(
        b,
        &[(4, Class::Digits), (3, Class::Any), (6, Class::Digits), (14, Class::Letters), (7, Class::Digits), (1, Class::Letters)],
        true,
    );
    let given: Vec<String> = b[13..27].split('<').filter(|n| !n.is_empty()).map(str::to_owned).collect();
    Some(Mrz {
        kind: MrzKind::FrenchCard,
        code: "ID".to_owned(),
        issuer: "FRA".to_owned(),
        number: checked(&b[..12], &b[12..13]),
        surname: spaced(&a[5..30]),
        names_truncated: !a[5..30].ends_with('<') || !b[13..27].ends_with('<'),
        given_names: given,
        nationality: "FRA".to_owned(),
        birth: birth(&b[27..33], &b[33..34], reference_year),
        sex: sex(&b[34..35]),
        expiry: None,
        optional: MrzText { value: bare(&a[30..36]), check: Check::None },
        optional_2: String::new(),
        composite: verdict(&format!("{a}{}", &b[..35]), b.get(35..)?),
        lines: vec![a, b],
    })
}

/// Corrects the line by the classes of its first positions, and its last one as a digit where it is a key.
fn classes(line: &str, widths: &[(usize, Class)], ends_in_key: bool) -> String {
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    for &(width, class) in widths {
        out.push_str(&by_class(&line[at..at + width], class));
        at += width;
    }
    let last = line.len() - usize::from(ends_in_key);
    out.push_str(&line[at..last]);
    out.push_str(&by_class(&line[last..], Class::Digits));
    out
}

/// A number whose key place holds a filler goes on in the optional data, up to its own key (part 5, 4.2.2.1 note j).
fn long_number(number: &str, key: &str, optional: &str) -> MrzText {
    let rest: &str = optional.split('<').next().unwrap_or_default();
    if key != "<" || rest.len() < 2 || number.ends_with('<') {
        return checked(number, key);
    }
    let (tail, tail_key) = rest.split_at(rest.len() - 1);
    // The filler in place of the key is no part of the number (part 5, 4.2.4: positions 6 to 14 and 16 on).
    checked(&format!("{number}{tail}"), &by_class(tail_key, Class::Digits))
}

fn checked(field: &str, key: &str) -> MrzText {
    let value = bare(field);
    let check = if value.is_empty() { Check::None } else { verdict(field, key) };
    MrzText { value, check }
}

fn verdict(covered: &str, key: &str) -> Check {
    match (check_digit(covered), key.chars().next().and_then(|c| c.to_digit(10))) {
        (Some(expected), Some(found)) if expected == found => Check::Passes,
        _ => Check::Fails,
    }
}

fn bare(field: &str) -> String {
    field.replace('<', "")
}

fn spaced(field: &str) -> String {
    field.split('<').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn names(field: &str) -> (String, Vec<String>, bool) {
    let (surname, given) = field.split_once("<<").unwrap_or((field, ""));
    let given = given.split('<').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    (spaced(surname), given, !field.ends_with('<'))
}

fn sex(sign: &str) -> Option<char> {
    match sign {
        "M" => Some('M'),
        "F" => Some('F'),
        "<" | "X" => Some('X'),
        _ => None,
    }
}

fn birth(digits: &str, key: &str, reference_year: i16) -> MrzDate {
    let pivot = reference_year.rem_euclid(100);
    let century = reference_year - pivot;
    let year = |yy: i16| if yy > pivot { century - 100 + yy } else { century + yy };
    MrzDate { value: date(digits, year), check: verdict(digits, key) }
}

fn expiry(digits: &str, key: &str) -> MrzDate {
    MrzDate { value: date(digits, |yy| 2000 + yy), check: if bare(digits).is_empty() { Check::None } else { verdict(digits, key) } }
}

/// Unknown months and days are fillers or zeros.
fn date(digits: &str, year: impl Fn(i16) -> i16) -> Option<PartialDate> {
    let annee = year(digits[..2].parse().ok()?);
    let part = |text: &str| match text {
        "<<" | "00" => Some(None),
        _ => text.parse::<i8>().ok().map(Some),
    };
    let (mois, jour) = (part(&digits[2..4])?, part(&digits[4..6])?);
    let sound = match (mois, jour) {
        (Some(m), Some(j)) => jiff::civil::Date::new(annee, m, j).is_ok(),
        (Some(m), None) => (1..=12).contains(&m),
        (None, _) => jour.is_none(),
    };
    sound.then_some(PartialDate { annee, mois, jour })
}

#[cfg(test)]
mod tests;
