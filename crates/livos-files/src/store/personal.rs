//! Favourites, folders shared with Nexus, and recent files.

use livos_store::Error;
use livos_types::{RelPath, RootId};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::{Store, place};

/// Where something is, and when it was marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) root: RootId,
    pub(crate) path: RelPath,
    pub(crate) at: i64,
}

impl sqlx::FromRow<'_, SqliteRow> for Mark {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let (root, path) = place(row)?;
        Ok(Self { root, path, at: row.try_get("at")? })
    }
}

/// What a person chooses one by one, each kind in a table of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Chosen {
    /// To find again.
    Favourites,
    /// For Nexus to look into.
    Shares,
}

impl Chosen {
    fn table(self) -> &'static str {
        match self {
            Self::Favourites => "favourites",
            Self::Shares => "nexus_shares",
        }
    }
}

impl Store {
    /// The first added first.
    pub(crate) async fn chosen(&self, kind: Chosen, person: &str) -> Result<Vec<Mark>, Error> {
        let table = kind.table();
        sqlx::query_as(AssertSqlSafe(format!(
            "select root, path, added_at as at from {table} where person = ? order by added_at, root, path"
        )))
        .bind(person)
        .fetch_all(self.0.reader())
        .await
        .map_err(Error::query("read what somebody chose"))
    }

    /// Adds one, unless there are `most` already; says whether it is there now.
    pub(crate) async fn choose(
        &self,
        kind: Chosen,
        person: &str,
        mark: &Mark,
        most: i64,
    ) -> Result<bool, Error> {
        let table = kind.table();
        let added = sqlx::query(AssertSqlSafe(format!(
            "insert into {table} (person, root, path, added_at)
             select ?1, ?2, ?3, ?4
             where (select count(*) from {table} where person = ?1) < ?5
                or exists (select 1 from {table} where person = ?1 and root = ?2 and path = ?3)
             on conflict do update set added_at = added_at"
        )))
        .bind(person)
        .bind(mark.root.as_str())
        .bind(mark.path.as_str())
        .bind(mark.at)
        .bind(most)
        .execute(self.0.writer())
        .await
        .map_err(Error::query("note what somebody chose"))?;
        Ok(added.rows_affected() > 0)
    }

    /// Where Nexus may change files, of what this person shares.
    pub(crate) async fn writable_shares(&self, person: &str) -> Result<Vec<Mark>, Error> {
        sqlx::query_as(
            "select root, path, added_at as at from nexus_shares where person = ? and writes
             order by added_at, root, path",
        )
        .bind(person)
        .fetch_all(self.0.reader())
        .await
        .map_err(Error::query("read where Nexus may change files"))
    }

    /// Says whether Nexus may change files in a shared folder; false if it is not shared.
    pub(crate) async fn set_writes(
        &self,
        person: &str,
        root: &RootId,
        path: &RelPath,
        on: bool,
    ) -> Result<bool, Error> {
        let set =
            sqlx::query("update nexus_shares set writes = ? where person = ? and root = ? and path = ?")
                .bind(on)
                .bind(person)
                .bind(root.as_str())
                .bind(path.as_str())
                .execute(self.0.writer())
                .await
                .map_err(Error::query("note where Nexus may change files"))?;
        Ok(set.rows_affected() > 0)
    }

    pub(crate) async fn choose_no_more(
        &self,
        kind: Chosen,
        person: &str,
        root: &RootId,
        path: &RelPath,
    ) -> Result<(), Error> {
        let table = kind.table();
        sqlx::query(AssertSqlSafe(format!("delete from {table} where person = ? and root = ? and path = ?")))
            .bind(person)
            .bind(root.as_str())
            .bind(path.as_str())
            .execute(self.0.writer())
            .await
            .map_err(Error::query("forget what somebody chose"))?;
        Ok(())
    }

    /// The latest first.
    pub(crate) async fn recents(&self, person: &str) -> Result<Vec<Mark>, Error> {
        sqlx::query_as("select root, path, used_at as at from recents where person = ? order by used_at desc, root, path")
            .bind(person)
            .fetch_all(self.0.reader())
            .await
            .map_err(Error::query("read recent files"))
    }

    /// Notes one, and forgets what is older than the latest `most`.
    pub(crate) async fn put_recent(&self, person: &str, mark: &Mark, most: i64) -> Result<(), Error> {
        let failed = Error::query("note a recent file");
        sqlx::query("insert or replace into recents (person, root, path, used_at) values (?, ?, ?, ?)")
            .bind(person)
            .bind(mark.root.as_str())
            .bind(mark.path.as_str())
            .bind(mark.at)
            .execute(self.0.writer())
            .await
            .map_err(&failed)?;
        sqlx::query(
            "delete from recents where person = ?1 and used_at <
             (select used_at from recents where person = ?1 order by used_at desc limit 1 offset ?2 - 1)",
        )
        .bind(person)
        .bind(most)
        .execute(self.0.writer())
        .await
        .map_err(&failed)?;
        Ok(())
    }

    pub(crate) async fn clear_recents(&self, person: &str) -> Result<(), Error> {
        sqlx::query("delete from recents where person = ?")
            .bind(person)
            .execute(self.0.writer())
            .await
            .map_err(Error::query("forget recent files"))?;
        Ok(())
    }
}
