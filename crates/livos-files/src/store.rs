//! The rows this service keeps: an index of the trash, uploads, and how far transfers are.

use std::path::Path;

use livos_store::{Database, Error, Migration};
use livos_types::{RelPath, RootId};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

pub(crate) mod changes;
pub(crate) mod personal;

const MIGRATIONS: &[Migration] = &[
    Migration::new("0001_files", include_str!("../migrations/0001_files.sql")),
    Migration::new("0002_personal", include_str!("../migrations/0002_personal.sql")),
    Migration::new("0003_shared", include_str!("../migrations/0003_shared.sql")),
    Migration::new("0004_changes", include_str!("../migrations/0004_changes.sql")),
];

/// Something in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trashed {
    pub(crate) id: String,
    pub(crate) root: RootId,
    pub(crate) path: RelPath,
    pub(crate) kind: String,
    pub(crate) size: u64,
    pub(crate) deleted_at: i64,
}

/// A file on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) root: RootId,
    /// The folder it goes to.
    pub(crate) path: RelPath,
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) on_conflict: String,
    pub(crate) modified_at: i64,
    pub(crate) expires_at: i64,
}

/// How far one item of a move or copy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) state: ItemState,
    /// The folder it goes to.
    pub(crate) root: RootId,
    pub(crate) path: RelPath,
    /// The id of the hidden name under which it grows.
    pub(crate) partial: String,
    /// The inode that is to get the name, to know it again after a crash.
    pub(crate) inode: u64,
    /// The name it got, escaped.
    pub(crate) name: String,
}

/// The states in their order. Each is written before the step that it names is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemState {
    /// It is renamed from its old place.
    Moving,
    /// It grows under its hidden name.
    Copying,
    /// It is whole and gets its name.
    Placing,
    /// It has its name; a moved original is taken away.
    Clearing,
    /// Nothing is left to do.
    Done,
}

impl ItemState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Moving => "moving",
            Self::Copying => "copying",
            Self::Placing => "placing",
            Self::Clearing => "clearing",
            Self::Done => "done",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Moving, Self::Copying, Self::Placing, Self::Clearing, Self::Done]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

fn decoded<T, E>(column: &str, value: Result<T, E>) -> sqlx::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    value.map_err(|error| sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) })
}

fn place(row: &SqliteRow) -> sqlx::Result<(RootId, RelPath)> {
    let root = decoded("root", RootId::new(row.try_get::<String, _>("root")?))?;
    let path = decoded("path", RelPath::new(row.try_get::<String, _>("path")?))?;
    Ok((root, path))
}

fn unsigned(row: &SqliteRow, column: &str) -> sqlx::Result<u64> {
    Ok(row.try_get::<i64, _>(column)?.cast_unsigned())
}

impl FromRow<'_, SqliteRow> for Trashed {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let (root, path) = place(row)?;
        Ok(Self {
            id: row.try_get("id")?,
            root,
            path,
            kind: row.try_get("kind")?,
            size: unsigned(row, "size")?,
            deleted_at: row.try_get("deleted_at")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Upload {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let (root, path) = place(row)?;
        Ok(Self {
            id: row.try_get("id")?,
            owner: row.try_get("owner")?,
            root,
            path,
            name: row.try_get("name")?,
            size: unsigned(row, "size")?,
            on_conflict: row.try_get("on_conflict")?,
            modified_at: row.try_get("modified_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Item {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let (root, path) = place(row)?;
        let state: String = row.try_get("state")?;
        let state = ItemState::parse(&state)
            .ok_or_else(|| sqlx::Error::Decode(format!("‘{state}’ is not a state of a transfer").into()))?;
        Ok(Self {
            state,
            root,
            path,
            partial: row.try_get("partial")?,
            inode: unsigned(row, "inode")?,
            name: row.try_get("name")?,
        })
    }
}

/// The service's rows.
#[derive(Debug, Clone)]
pub(crate) struct Store(Database);

impl Store {
    /// Opens `<state>/files.db`.
    pub(crate) async fn open(state: &Path) -> Result<Self, Error> {
        Database::open(&state.join("files.db"), MIGRATIONS).await.map(Self)
    }

    /// The database itself, for the job queue that lives in it too.
    pub(crate) fn database(&self) -> &Database {
        &self.0
    }

    pub(crate) async fn put_trashed(&self, item: &Trashed) -> Result<(), Error> {
        sqlx::query(
            "insert or replace into trashed (id, root, path, kind, size, deleted_at) values (?, ?, ?, ?, ?, ?)",
        )
        .bind(&item.id)
        .bind(item.root.as_str())
        .bind(item.path.as_str())
        .bind(&item.kind)
        .bind(item.size.cast_signed())
        .bind(item.deleted_at)
        .execute(self.0.writer())
        .await
        .map_err(Error::query("note what is in the trash"))?;
        Ok(())
    }

    /// Everything in the trash, the latest first.
    pub(crate) async fn trashed(&self) -> Result<Vec<Trashed>, Error> {
        sqlx::query_as("select * from trashed order by deleted_at desc, id")
            .fetch_all(self.0.reader())
            .await
            .map_err(Error::query("read the trash"))
    }

    pub(crate) async fn find_trashed(&self, id: &str) -> Result<Option<Trashed>, Error> {
        sqlx::query_as("select * from trashed where id = ?")
            .bind(id)
            .fetch_optional(self.0.reader())
            .await
            .map_err(Error::query("read the trash"))
    }

    pub(crate) async fn remove_trashed(&self, id: &str) -> Result<(), Error> {
        sqlx::query("delete from trashed where id = ?")
            .bind(id)
            .execute(self.0.writer())
            .await
            .map_err(Error::query("take something out of the trash"))?;
        Ok(())
    }

    pub(crate) async fn put_upload(&self, upload: &Upload) -> Result<(), Error> {
        sqlx::query(
            "insert into uploads (id, owner, root, path, name, size, on_conflict, modified_at, expires_at)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&upload.id)
        .bind(&upload.owner)
        .bind(upload.root.as_str())
        .bind(upload.path.as_str())
        .bind(&upload.name)
        .bind(upload.size.cast_signed())
        .bind(&upload.on_conflict)
        .bind(upload.modified_at)
        .bind(upload.expires_at)
        .execute(self.0.writer())
        .await
        .map_err(Error::query("note an upload"))?;
        Ok(())
    }

    pub(crate) async fn upload(&self, id: &str) -> Result<Option<Upload>, Error> {
        sqlx::query_as("select * from uploads where id = ?")
            .bind(id)
            .fetch_optional(self.0.reader())
            .await
            .map_err(Error::query("read an upload"))
    }

    pub(crate) async fn uploads_of(&self, owner: &str) -> Result<Vec<Upload>, Error> {
        sqlx::query_as("select * from uploads where owner = ? order by id")
            .bind(owner)
            .fetch_all(self.0.reader())
            .await
            .map_err(Error::query("read uploads"))
    }

    pub(crate) async fn count_uploads(&self, owner: &str) -> Result<i64, Error> {
        sqlx::query_scalar("select count(*) from uploads where owner = ?")
            .bind(owner)
            .fetch_one(self.0.reader())
            .await
            .map_err(Error::query("count uploads"))
    }

    /// Uploads whose time is over.
    pub(crate) async fn expired_uploads(&self, now: i64) -> Result<Vec<Upload>, Error> {
        sqlx::query_as("select * from uploads where expires_at <= ?")
            .bind(now)
            .fetch_all(self.0.reader())
            .await
            .map_err(Error::query("read uploads"))
    }

    pub(crate) async fn keep_upload(&self, id: &str, expires_at: i64) -> Result<(), Error> {
        sqlx::query("update uploads set expires_at = ? where id = ?")
            .bind(expires_at)
            .bind(id)
            .execute(self.0.writer())
            .await
            .map_err(Error::query("keep an upload"))?;
        Ok(())
    }

    pub(crate) async fn remove_upload(&self, id: &str) -> Result<(), Error> {
        sqlx::query("delete from uploads where id = ?")
            .bind(id)
            .execute(self.0.writer())
            .await
            .map_err(Error::query("forget an upload"))?;
        Ok(())
    }

    /// Uploads and copies into a folder that was moved go on at its new path, and whoever had it, or
    /// something in it, among their favourites, recent files or what they share with Nexus finds it there.
    pub(crate) async fn relocate(
        &self,
        from: (&RootId, &RelPath),
        to: (&RootId, &RelPath),
    ) -> Result<(), Error> {
        let failed = Error::query("note that a folder was moved");
        for sql in [
            "update uploads set root = ?1, path = ?2 || substr(path, length(?4) + 1)
             where root = ?3 and (path = ?4 or substr(path, 1, length(?4) + 1) = ?4 || '/')",
            "update transfers set root = ?1, path = ?2 || substr(path, length(?4) + 1)
             where root = ?3 and (path = ?4 or substr(path, 1, length(?4) + 1) = ?4 || '/')",
            "update or replace favourites set root = ?1, path = ?2 || substr(path, length(?4) + 1)
             where root = ?3 and (path = ?4 or substr(path, 1, length(?4) + 1) = ?4 || '/')",
            "update or replace nexus_shares set root = ?1, path = ?2 || substr(path, length(?4) + 1)
             where root = ?3 and (path = ?4 or substr(path, 1, length(?4) + 1) = ?4 || '/')",
            "update or replace recents set root = ?1, path = ?2 || substr(path, length(?4) + 1)
             where root = ?3 and (path = ?4 or substr(path, 1, length(?4) + 1) = ?4 || '/')",
        ] {
            sqlx::query(sql)
                .bind(to.0.as_str())
                .bind(to.1.as_str())
                .bind(from.0.as_str())
                .bind(from.1.as_str())
                .execute(self.0.writer())
                .await
                .map_err(&failed)?;
        }
        Ok(())
    }

    pub(crate) async fn item(&self, job: &str, item: usize) -> Result<Option<Item>, Error> {
        sqlx::query_as("select * from transfers where job = ? and item = ?")
            .bind(job)
            .bind(i64::try_from(item).unwrap_or(i64::MAX))
            .fetch_optional(self.0.reader())
            .await
            .map_err(Error::query("read a transfer"))
    }

    pub(crate) async fn put_item(&self, job: &str, number: usize, item: &Item) -> Result<(), Error> {
        sqlx::query(
            "insert or replace into transfers (job, item, state, root, path, partial, inode, name)
             values (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(job)
        .bind(i64::try_from(number).unwrap_or(i64::MAX))
        .bind(item.state.as_str())
        .bind(item.root.as_str())
        .bind(item.path.as_str())
        .bind(&item.partial)
        .bind(item.inode.cast_signed())
        .bind(&item.name)
        .execute(self.0.writer())
        .await
        .map_err(Error::query("note how far a transfer is"))?;
        Ok(())
    }

    /// The jobs that have rows here.
    pub(crate) async fn transfer_jobs(&self) -> Result<Vec<String>, Error> {
        sqlx::query_scalar("select distinct job from transfers")
            .fetch_all(self.0.reader())
            .await
            .map_err(Error::query("read transfers"))
    }

    /// Every item of a job.
    pub(crate) async fn items(&self, job: &str) -> Result<Vec<(usize, Item)>, Error> {
        let rows = sqlx::query("select * from transfers where job = ? order by item")
            .bind(job)
            .fetch_all(self.0.reader())
            .await
            .and_then(|rows| {
                rows.iter()
                    .map(|row| {
                        let number = usize::try_from(row.try_get::<i64, _>("item")?).unwrap_or(usize::MAX);
                        Ok((number, Item::from_row(row)?))
                    })
                    .collect()
            });
        rows.map_err(Error::query("read a transfer"))
    }

    pub(crate) async fn remove_items(&self, job: &str) -> Result<(), Error> {
        sqlx::query("delete from transfers where job = ?")
            .bind(job)
            .execute(self.0.writer())
            .await
            .map_err(Error::query("forget a transfer"))?;
        Ok(())
    }
}
