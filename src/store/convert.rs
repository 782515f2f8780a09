//! Between our types and columns: instants, civil dates, names of enums, JSON.

use super::StoreError;
use crate::domain::{Instant, Scope, Subject};
use jiff_sqlx::{Timestamp, ToSqlx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type};
use uuid::Uuid;

impl Type<Sqlite> for Instant {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(ty: &<Sqlite as Database>::TypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(ty)
    }
}

impl Encode<'_, Sqlite> for Instant {
    fn encode_by_ref(&self, buffer: &mut <Sqlite as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(self.as_micros(), buffer)
    }
}

impl<'r> Decode<'r, Sqlite> for Instant {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<Sqlite>>::decode(value)?;
        Self::from_micros(micros).ok_or_else(|| format!("{micros} µs is outside the calendar").into())
    }
}

impl Type<Postgres> for Instant {
    fn type_info() -> <Postgres as Database>::TypeInfo {
        <Timestamp as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buffer: &mut <Postgres as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.0.to_sqlx(), buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Instant {
    fn decode(value: <Postgres as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<Timestamp as Decode<Postgres>>::decode(value)?.to_jiff()))
    }
}

/// The stored name of a unit variant: its serde name.
pub(super) fn name_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The variant of a stored name.
pub(super) fn named<T: DeserializeOwned>(what: &'static str, name: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).map_err(|error| StoreError::Stored { what, why: error.to_string() })
}

/// A stored body, understood.
pub(super) fn parse<T: DeserializeOwned>(what: &'static str, body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::Stored { what, why: error.to_string() })
}

/// A small number out of a wide column.
pub(super) fn small(what: &'static str, value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|error| StoreError::Stored { what, why: error.to_string() })
}

/// A place in a list, as a column takes it.
pub(super) fn place(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// The préfecture that rows must be of; none for the machine, which sees all.
pub(super) fn visible(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::Prefecture(prefecture) => Some(prefecture.as_str()),
        Scope::Machine => None,
    }
}

/// A subject as its two columns.
pub(super) fn subject_columns(subject: Subject) -> (&'static str, Uuid) {
    match subject {
        Subject::Delivery(id) => ("delivery", id.0),
        Subject::Envelope(id) => ("envelope", id.0),
    }
}

/// A civil date as both databases take it.
pub(super) fn civil(date: jiff::civil::Date) -> jiff_sqlx::Date {
    date.to_sqlx()
}

/// A value as JSON that PostgreSQL's jsonb takes: it refuses the NUL that a barcode may hold.
pub(super) fn plain_json<T: Serialize>(value: &T) -> serde_json::Value {
    fn clean(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
            serde_json::Value::Array(items) => items.iter_mut().for_each(clean),
            serde_json::Value::Object(map) => map.values_mut().for_each(clean),
            _ => {}
        }
    }
    let mut json = serde_json::to_value(value).unwrap_or_default();
    clean(&mut json);
    json
}
