//! Whether the tables are those of this program.

use super::db::all;
use super::{Store, StoreError};

const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";

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
