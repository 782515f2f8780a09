//! What each position of each kind of line may hold (ICAO 9303 parts 4 to 7, and the French card of before 2021).

use super::net::{ALPHABET, CLASSES};

/// What a position may hold; fillers may stand everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Digits,
    Letters,
    Any,
}

/// A line of one of the formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Names of two-line zones: document code, state, names (parts 4, 6 and 7); names of TD1 (part 5).
    Names(usize),
    /// Second line of passports and two-line cards, with a last check digit (parts 4 and 6).
    Data(usize),
    /// Second line of visas, which ends in optional data (part 7).
    VisaData(usize),
    /// First line of TD1: code, state, number, optional data (part 5).
    CardNumber,
    /// Second line of TD1: dates, nationality, optional data.
    CardDates,
    /// French identity card, two lines of 36.
    FrenchNames,
    FrenchData,
}

/// Digits, and the letters that print or dirt makes of them; the first of each digit is its own look-alike.
const LOOK_ALIKE: [(u8, &[u8]); 6] = [(b'0', b"OQD"), (b'1', b"IL"), (b'2', b"Z"), (b'5', b"S"), (b'6', b"G"), (b'8', b"B")];

impl Class {
    /// The probabilities with those of look-alikes that may not stand here added to those that may.
    pub(super) fn merged(self, cell: &[f32; CLASSES]) -> [f32; CLASSES] {
        let mut out = *cell;
        let place = |c: u8| ALPHABET.iter().position(|a| *a == c).unwrap_or(CLASSES - 1);
        for (digit, letters) in LOOK_ALIKE {
            let digit = place(digit);
            match self {
                Self::Digits => {
                    for letter in letters.iter().map(|l| place(*l)) {
                        out[digit] += std::mem::take(&mut out[letter]);
                    }
                }
                Self::Letters => {
                    let letter = letters.first().map_or(CLASSES - 1, |l| place(*l));
                    out[letter] += std::mem::take(&mut out[digit]);
                }
                Self::Any => {}
            }
        }
        out
    }
}

impl Line {
    /// The classes of the positions, first to last.
    #[must_use]
    pub fn classes(self) -> Vec<Class> {
        use Class::{Any, Digits, Letters};
        let number_and_dates = [(9, Any), (1, Digits), (3, Letters), (7, Digits), (1, Letters), (7, Digits)];
        let spans: Vec<(usize, Class)> = match self {
            Self::Names(length) => vec![(length, Letters)],
            Self::Data(44) => [&number_and_dates[..], &[(14, Any), (2, Digits)]].concat(),
            Self::Data(length) => [&number_and_dates[..], &[(length.saturating_sub(29), Any), (1, Digits)]].concat(),
            Self::VisaData(length) => [&number_and_dates[..], &[(length.saturating_sub(28), Any)]].concat(),
            Self::CardNumber => vec![(5, Letters), (9, Any), (1, Digits), (15, Any)],
            Self::CardDates => vec![(7, Digits), (1, Letters), (7, Digits), (3, Letters), (11, Any), (1, Digits)],
            Self::FrenchNames => vec![(30, Letters), (6, Any)],
            Self::FrenchData => vec![(4, Digits), (3, Any), (6, Digits), (14, Letters), (7, Digits), (1, Letters), (1, Digits)],
        };
        spans.iter().flat_map(|(count, class)| std::iter::repeat_n(*class, *count)).collect()
    }

    /// The kinds of the lines of a zone, top to bottom, from the characters as read; `None` for a number and
    /// length of lines that no format has.
    #[must_use]
    pub fn of_zone(lines: &[String]) -> Option<Vec<Self>> {
        let first = lines.first()?;
        let length = first.chars().count();
        match (lines.len(), length) {
            (3, 30) => Some(vec![Self::CardNumber, Self::CardDates, Self::Names(30)]),
            (2, 36) if first.starts_with("IDFRA") || first.starts_with("1DFRA") => Some(vec![Self::FrenchNames, Self::FrenchData]),
            (2, 36 | 44) if first.starts_with('V') => Some(vec![Self::Names(length), Self::VisaData(length)]),
            (2, 36 | 44) => Some(vec![Self::Names(length), Self::Data(length)]),
            _ => None,
        }
    }
}
