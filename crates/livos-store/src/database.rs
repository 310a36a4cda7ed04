//! One SQLite file: one writer, a few readers, migrations.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::Error;

/// One step in a database's history. Steps are only ever added: one that has run must never change.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its name, `0001_accounts`. The order is that of the list, not of the names.
    pub name: &'static str,
    /// What it does.
    pub sql: &'static str,
}

impl Migration {
    /// A step, usually with `include_str!`.
    #[must_use]
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql }
    }
}

/// What a power cut may take. A crash of the process takes nothing in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The last moments before a power cut may be missing; what is there is whole. No sync a commit.
    #[default]
    Relaxed,
    /// What was committed is there. One sync a commit.
    Strict,
}

/// An open database. Clones share it.
#[derive(Debug, Clone)]
pub struct Database {
    path: PathBuf,
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Database {
    /// Opens or makes the file and brings it up to date.
    pub async fn open(path: &Path, migrations: &[Migration]) -> Result<Self, Error> {
        Self::open_with(path, migrations, Durability::default()).await
    }

    /// Like [`Database::open`], with a say in what a power cut may take.
    pub async fn open_with(
        path: &Path,
        migrations: &[Migration],
        durability: Durability,
    ) -> Result<Self, Error> {
        let failed = |source| Error::Open { path: path.to_owned(), source };
        // SQLite would make the file as the umask says; rows are nobody else's business.
        std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| failed(sqlx::Error::Io(error)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match durability {
                Durability::Relaxed => SqliteSynchronous::Normal,
                Durability::Strict => SqliteSynchronous::Full,
            })
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(64)
            // A negative size is in KiB: 1 MiB of pages a connection instead of 2.
            .pragma("cache_size", "-1024")
            .pragma("temp_store", "memory");
        // With one writer, writes queue up in this process instead of failing as "busy". Nothing
        // here may wake up by itself, so connections neither age nor idle out.
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .min_connections(0)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                .acquire_timeout(Duration::from_secs(10))
        };
        let writer = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        let reader = pool(2).connect_lazy_with(options.read_only(true).create_if_missing(false));
        let database = Self { path: path.to_owned(), writer, reader };
        database.migrate("main", migrations).await?;
        Ok(database)
    }

    /// The one connection that may write.
    #[must_use]
    pub fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// Connections for reading, beside the writer.
    #[must_use]
    pub fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes all connections and folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Runs what of `migrations` has not run yet, each in a transaction of its own.
    ///
    /// `scope` keeps the steps of the queue apart from those of its daemon.
    pub(crate) async fn migrate(&self, scope: &str, migrations: &[Migration]) -> Result<(), Error> {
        let failed = |name: &str| {
            let (path, name) = (self.path.clone(), name.to_owned());
            move |source| Error::Migrate { path: path.clone(), name: name.clone(), source }
        };
        let mut transaction = self.writer.begin_with("begin immediate").await.map_err(failed("0000"))?;
        sqlx::raw_sql(
            "create table if not exists livos_migrations (
                 scope text not null, position integer not null, name text not null, sql text not null,
                 primary key (scope, position)) strict, without rowid",
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed("0000"))?;
        transaction.commit().await.map_err(failed("0000"))?;
        let done: Vec<(String, String)> =
            sqlx::query_as("select name, sql from livos_migrations where scope = ? order by position")
                .bind(scope)
                .fetch_all(&self.writer)
                .await
                .map_err(failed("0000"))?;
        for (position, (name, sql)) in done.iter().enumerate() {
            match migrations.get(position) {
                // The text itself is kept instead of a checksum: it says the same, and what it was.
                Some(known) if known.name == name && known.sql == sql => {}
                Some(_) => {
                    return Err(Error::MigrationChanged { path: self.path.clone(), name: name.clone() });
                }
                None => return Err(Error::TooNew { path: self.path.clone(), name: name.clone() }),
            }
        }
        for (position, migration) in migrations.iter().enumerate().skip(done.len()) {
            let failed = failed(migration.name);
            let mut transaction = self.writer.begin_with("begin immediate").await.map_err(&failed)?;
            sqlx::raw_sql(migration.sql).execute(&mut *transaction).await.map_err(&failed)?;
            sqlx::query("insert into livos_migrations (scope, position, name, sql) values (?, ?, ?, ?)")
                .bind(scope)
                .bind(i64::try_from(position).unwrap_or(i64::MAX))
                .bind(migration.name)
                .bind(migration.sql)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            transaction.commit().await.map_err(&failed)?;
        }
        Ok(())
    }
}
