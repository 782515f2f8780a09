//! When two readings of a field say the same.

use super::kinds::{address, name};
use super::text::squeeze;
use crate::domain::FieldValue;

/// The form in which values of one field are compared: spelling of accents, hyphens and case aside.
pub(super) fn key(value: &FieldValue) -> String {
    match value {
        FieldValue::Bool(flag) => flag.to_string(),
        FieldValue::Date(date) => date.to_string(),
        FieldValue::Text(text) if text.contains('@') => text.to_lowercase(),
        FieldValue::Text(text) if text.contains(|c: char| c.is_ascii_digit()) => squeeze(text),
        FieldValue::Text(text) => name::key(text),
        FieldValue::List(items) => items.iter().map(|i| name::key(i)).collect::<Vec<_>>().join(" "),
        FieldValue::PartialDate(date) => format!("{:04}-{:02}-{:02}", date.annee, date.mois.unwrap_or(0), date.jour.unwrap_or(0)),
        FieldValue::Address(a) => address::key(a),
    }
}

/// The same, or one says only the beginning of the other: a paper with the first given name alone, a year alone.
pub(super) fn compatible(a: &FieldValue, b: &FieldValue) -> bool {
    if key(a) == key(b) {
        return true;
    }
    match (a, b) {
        (FieldValue::List(a), FieldValue::List(b)) => {
            let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
            short.len() < long.len() && short.iter().zip(long).all(|(x, y)| name::same(x, y))
                || name::key(&a.concat()) == name::key(&b.concat())
        }
        // One slip of an engine in a long street is no other address; the number and the postcode must be the same.
        (FieldValue::Address(x), FieldValue::Address(y)) => {
            let (one, other) = (address::key(x), address::key(y));
            x.numero == y.numero && x.code_postal == y.code_postal && strsim::levenshtein(&one, &other) * 10 <= one.len().min(other.len())
        }
        (FieldValue::PartialDate(p), FieldValue::Date(d)) | (FieldValue::Date(d), FieldValue::PartialDate(p)) => {
            p.annee == d.year() && p.mois.is_none_or(|m| m == d.month()) && p.jour.is_none_or(|j| j == d.day())
        }
        _ => false,
    }
}

/// Length of what was read, for telling a telling value from a trifle.
pub(super) fn weight(value: &FieldValue) -> usize {
    key(value).chars().filter(|c| c.is_alphanumeric()).count()
}
