//! From what a case writes to readings and papers.

use crate::catalogue::{Catalogue, FieldKind};
use crate::domain::{Decision, FieldId, FieldValue, INCONNU, PartialDate, Person, Piece, PieceKind, Reading, Source};
use serde::Deserialize;

/// What of a piece's table is not a fact printed on it.
const OWN: [&str; 4] = ["kind", "person", "confidence", "surely_none"];

/// Why a case cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

fn fail<T>(words: String) -> Result<T, Unreadable> {
    Err(Unreadable(words))
}

/// A reading as a case writes it.
///
/// # Errors
/// When the value is none of its kind.
pub fn reading(value: &toml::Value, kind: Option<FieldKind>) -> Result<Reading, Unreadable> {
    let (written, confidence, decision) = match value {
        toml::Value::Table(t) if t.contains_key("value") || t.contains_key("decision") => {
            let decision = t.get("decision").cloned().unwrap_or_else(|| "review".into());
            let decision = Decision::deserialize(decision).map_err(|e| Unreadable(e.to_string()))?;
            (t.get("value"), t.get("confidence").and_then(toml::Value::as_float).unwrap_or(0.7), decision)
        }
        plain => (Some(plain), 0.999, Decision::Accepted),
    };
    Ok(Reading {
        value: written.map(|v| field_value(v, kind)).transpose()?,
        decision,
        confidence,
        source: Source::Text,
        page: Some(1),
        rect: None,
        because: String::new(),
        evidence: Vec::new(),
    })
}

/// A settled text.
#[must_use]
pub fn known(text: &str) -> Reading {
    Reading {
        value: Some(FieldValue::Text(text.to_owned())),
        decision: Decision::Accepted,
        confidence: 0.999,
        source: Source::Text,
        page: Some(1),
        rect: None,
        because: String::new(),
        evidence: Vec::new(),
    }
}

fn field_value(value: &toml::Value, kind: Option<FieldKind>) -> Result<FieldValue, Unreadable> {
    Ok(match value {
        toml::Value::Boolean(b) => FieldValue::Bool(*b),
        toml::Value::Array(items) => match items.iter().map(|i| i.as_str().map(str::to_owned)).collect() {
            Some(texts) => FieldValue::List(texts),
            None => return fail(format!("a list holds texts, not {value}")),
        },
        toml::Value::Table(t) => {
            FieldValue::PartialDate(PartialDate::deserialize(toml::Value::Table(t.clone())).map_err(|e| Unreadable(e.to_string()))?)
        }
        toml::Value::String(text) if kind == Some(FieldKind::Date) => {
            FieldValue::Date(text.parse().map_err(|_| Unreadable(format!("{text} is no date (YYYY-MM-DD)")))?)
        }
        toml::Value::String(text) => FieldValue::Text(text.clone()),
        toml::Value::Integer(number) => FieldValue::Text(number.to_string()),
        other => return fail(format!("a case cannot hold {other}")),
    })
}

pub(super) fn field(id: &str, value: &toml::Value, catalogue: &Catalogue) -> Result<(FieldId, Reading), Unreadable> {
    let Some(field) = catalogue.field(id) else { return fail(format!("unknown field `{id}`")) };
    reading(value, Some(field.kind)).map(|reading| (FieldId::from(id), reading)).map_err(|e| Unreadable(format!("{id}: {e}")))
}

pub(super) fn kind(table: &toml::Table) -> &str {
    table.get("kind").and_then(toml::Value::as_str).unwrap_or_default()
}

/// A paper as a case writes it, on one page.
///
/// # Errors
/// When the catalogue knows no such paper or fact.
pub fn piece(table: &toml::Table, page: u32, catalogue: &Catalogue) -> Result<Piece, Unreadable> {
    let kind = kind(table);
    if kind != INCONNU && catalogue.document(kind).is_none() {
        return fail(format!("unknown piece `{kind}`"));
    }
    let facts = table.iter().filter(|(id, _)| !OWN.contains(&id.as_str()));
    let person = table.get("person").cloned().map(Person::deserialize).transpose();
    Ok(Piece {
        kind: PieceKind::from(kind),
        pages: vec![page],
        confidence: table.get("confidence").and_then(toml::Value::as_float).unwrap_or(0.98),
        person: person.map_err(|e| Unreadable(e.to_string()))?.unwrap_or_default(),
        surely_none: table.get("surely_none").and_then(toml::Value::as_bool).unwrap_or(false),
        facts: facts.map(|(id, value)| field(id, value, catalogue)).collect::<Result<_, _>>()?,
    })
}
