//! Two databases behind one enum. [`on!`] expands a body once for each, so that one SQL text and one
//! row struct serve both; everything else in `store` speaks of [`Tx`] only.

use super::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Connections kept to PostgreSQL, and readers kept of a SQLite file.
const CONNECTIONS: u32 = 8;
/// How long a statement of SQLite waits for the writer of another process.
const BUSY: Duration = Duration::from_secs(30);

/// The pools of one database.
#[derive(Clone, Debug)]
pub(super) enum Db {
    /// One connection writes, since SQLite has one writer; readers see the last committed state.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// One open transaction. Dropped without [`Tx::commit`], it is rolled back.
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

// The futures of sqlx are large and each statement stands twice: boxed, they do not add up in every caller.

/// Expands `$body` for both kinds of transaction; `$t` is what sqlx executes on.
macro_rules! on {
    ($tx:expr, $t:ident => $body:expr) => {
        match $tx {
            $crate::store::db::Tx::Sqlite(inner) => {
                let $t = &mut **inner;
                $body
            }
            $crate::store::db::Tx::Postgres(inner) => {
                let $t = &mut **inner;
                $body
            }
        }
    };
}

/// `run!(tx, SQL, a, b)`: executes and gives the number of rows changed.
macro_rules! run {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::db::on!($tx, t => Box::pin(sqlx::query($sql)$(.bind($arg))*.execute(t)).await.map(|done| done.rows_affected()))
            .map_err($crate::store::StoreError::from)
    };
}

/// `maybe!(tx, Row, SQL, a, b)`: at most one row.
macro_rules! maybe {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::db::on!($tx, t => Box::pin(sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_optional(t)).await)
            .map_err($crate::store::StoreError::from)
    };
}

/// `all!(tx, Row, SQL, a, b)`: every row.
macro_rules! all {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::db::on!($tx, t => Box::pin(sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_all(t)).await)
            .map_err($crate::store::StoreError::from)
    };
}

pub(super) use {all, maybe, on, run};

impl Db {
    /// Opens the pools; `url` begins with `sqlite:` or `postgres:`.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url).await
        } else {
            Err(StoreError::Url(url.split(':').next().unwrap_or_default().to_owned()))
        }
    }

    async fn open_sqlite(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .create_if_missing(true);
        refuse_network_folder(options.get_filename())?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY)
            // A full disk ends a transaction behind the back of sqlx, which then begins no other on that connection.
            .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await?;
        // A read-only handle cannot start a write by mistake, which would meet the busy error that no timeout cures.
        let readers = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options.pragma("query_only", "ON")).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.options([("search_path", "public,dossier")]);
        Ok(Self::Postgres(PgPoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?))
    }

    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { writer, .. } => sqlx::migrate!("migrations/sqlite").run(writer).await?,
            Self::Postgres(pool) => sqlx::migrate!("migrations/postgres").run(pool).await?,
        }
        Ok(())
    }

    /// Begins a transaction that may write. The only way to write: SQLite takes its lock here, at once.
    pub(super) async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that reads one state of the database and cannot write.
    pub(super) async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?),
        })
    }

    /// Closes every connection; SQLite writes its log back into the file.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// What PostgreSQL adds to the choice of a row that nobody else is choosing; SQLite has one writer.
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

/// SQLite's locks do not hold on network file systems: two machines would corrupt the file.
fn refuse_network_folder(file: &Path) -> Result<(), StoreError> {
    let folder = crate::medium::folder_of(file);
    let Ok(folder) = folder.canonicalize() else { return Ok(()) };
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mounts") else { return Ok(()) };
    match file_system_of(&folder, &mounts) {
        Some(kind) if is_network(kind) => Err(StoreError::NetworkFolder { folder, kind: kind.to_owned() }),
        _ => Ok(()),
    }
}

fn file_system_of<'a>(folder: &Path, mounts: &'a str) -> Option<&'a str> {
    let fields = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (_, point, kind) = (words.next()?, words.next()?, words.next()?);
        Some((point.replace("\\040", " "), kind))
    });
    fields.filter(|(point, _)| folder.starts_with(point)).max_by_key(|(point, _)| point.len()).map(|(_, kind)| kind)
}

fn is_network(kind: &str) -> bool {
    ["nfs", "cifs", "smb", "fuse.sshfs", "fuse.glusterfs", "ceph", "afs", "ncpfs"].iter().any(|name| kind.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_of_a_folder_is_that_of_its_deepest_mount() {
        let mounts = "/dev/sda / ext4 rw 0 0\nnas:/scans /srv/scans nfs4 rw 0 0\n/dev/sdb /srv/scans/local ext4 rw 0 0\n";
        assert_eq!(file_system_of(Path::new("/srv/scans/base"), mounts), Some("nfs4"));
        assert_eq!(file_system_of(Path::new("/srv/scans/local/base"), mounts), Some("ext4"));
        assert_eq!(file_system_of(Path::new("/srv/scansible"), mounts), Some("ext4"));
        assert!(is_network("nfs4") && is_network("cifs") && !is_network("ext4"));
    }
}
