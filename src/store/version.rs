//! Whether the tables are those of this program, and whether the database finds itself sound.

use super::db::all;
use super::{Store, StoreError};

const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";

const INTEGRITY: &str = "PRAGMA integrity_check";
const FOREIGN_KEYS: &str =
    "SELECT \"table\" || ' ' || coalesce(rowid, '?') || ' names no row of ' || \"parent\" FROM pragma_foreign_key_check";

/// The tables of a database against those of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    Current,
    /// So many steps are missing.
    Behind(usize),
    /// A newer program has been here.
    Ahead,
}

impl Store {
    /// What SQLite finds wrong in its own file, and rows that name a row that is gone. PostgreSQL checks its pages when it
    /// reads them (`initdb --data-checksums`) and keeps its keys itself: nothing is asked of it here.
    pub async fn damage(&self) -> Result<Vec<String>, StoreError> {
        let mut tx = self.read().await?;
        if tx.is_postgres() {
            return Ok(Vec::new());
        }
        let mut found = all!(&mut tx, (String,), INTEGRITY)?;
        found.retain(|(line,)| line != "ok");
        found.extend(all!(&mut tx, (String,), FOREIGN_KEYS)?);
        Ok(found.into_iter().map(|(line,)| line).collect())
    }

    /// Compares, and changes nothing.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        // Both folders hold the same steps; a test compares them.
        let steps: Vec<i64> = sqlx::migrate!("migrations/sqlite").iter().map(|step| step.version).collect();
        let mut tx = self.read().await?;
        let applied: Vec<i64> = match all!(&mut tx, (i64,), APPLIED) {
            Ok(rows) => rows.into_iter().map(|(version,)| version).collect(),
            Err(StoreError::Database(sqlx::Error::Database(error))) if is_missing_table(error.as_ref()) => Vec::new(),
            Err(error) => return Err(error),
        };
        if applied.iter().any(|version| !steps.contains(version)) {
            return Ok(Schema::Ahead);
        }
        match steps.len() - applied.len() {
            0 => Ok(Schema::Current),
            missing => Ok(Schema::Behind(missing)),
        }
    }
}

fn is_missing_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().is_some_and(|code| code == "42P01") || error.message().contains("no such table")
}
