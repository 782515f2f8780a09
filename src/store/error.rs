//! What can go wrong in the store, in words that say what to do.

use crate::domain::Scope;
use std::path::PathBuf;

/// An error of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database did not answer as it should: {0}; try again, then look at its log")]
    Database(sqlx::Error),
    #[error("the tables could not be brought up to date: {0}; do not start an older program on a newer database")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("`{0}:` is no database of ours; write sqlite:FILE or postgres://USER@HOST/NAME")]
    Url(String),
    #[error("{} is on {kind}, where SQLite's locks do not hold; choose a local folder or PostgreSQL", folder.display())]
    NetworkFolder { folder: PathBuf, kind: String },
    #[error("nothing of that name is visible here: {0}")]
    NotFound(String),
    #[error("a stored {what} cannot be understood: {why}; the row was written by a newer program or damaged")]
    Stored { what: &'static str, why: String },
    #[error("the job was taken over by another worker; this result is dropped")]
    Fenced,
    #[error("{0}")]
    Refused(String),
}

/// SQLite's extended codes for a failed `fsync` of its file and of its folder.
const NOT_DURABLE: [&str; 2] = ["1034", "1290"];

impl From<sqlx::Error> for StoreError {
    /// Ends the process where SQLite says that its `fsync` failed: trying the same commit again would report a
    /// success that is none. PostgreSQL ends by itself then.
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        if matches!(&error, sqlx::Error::Database(of) if of.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some())
            && code.is_some_and(|code| NOT_DURABLE.contains(&code.as_ref()))
        {
            crate::medium::failed("the database", &error.to_string());
        }
        Self::Database(error)
    }
}

/// Of SQLite: busy, locked, no rights, I/O error, full, cannot be opened.
const AWAY_SQLITE: [i64; 6] = [5, 6, 8, 10, 13, 14];
/// Classes of PostgreSQL: connection lost, no room, shut down, error of its system; and one that only reads now.
const AWAY_POSTGRES: [&str; 5] = ["08", "53", "57", "58", "25006"];

impl StoreError {
    /// True when the database cannot be reached or cannot write, whatever was asked: time heals it, nobody tried in vain.
    #[must_use]
    pub fn is_away(&self) -> bool {
        use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
        match self {
            Self::Database(Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed) => true,
            Self::Database(Database(of)) => {
                let code = of.code().unwrap_or_default();
                match of.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
                    // An extended code bears the plain one in its last byte.
                    Some(_) => code.parse::<i64>().is_ok_and(|code| AWAY_SQLITE.contains(&(code & 0xff))),
                    None => AWAY_POSTGRES.iter().any(|class| code.starts_with(class)),
                }
            }
            _ => false,
        }
    }

    pub(super) fn missing(what: &str, id: impl std::fmt::Display, scope: &Scope) -> Self {
        match scope {
            Scope::Prefecture(prefecture) => Self::NotFound(format!("{what} {id} (préfecture {prefecture})")),
            Scope::Machine => Self::NotFound(format!("{what} {id}")),
        }
    }
}
