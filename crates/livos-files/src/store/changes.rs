//! What was changed for Nexus, and how to put it back.

use livos_store::Error;
use livos_types::{RelPath, RootId};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Store, place};

/// How far a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeState {
    Planned,
    Done,
    Undone,
}

impl ChangeState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "done" => Self::Done,
            "undone" => Self::Undone,
            _ => Self::Planned,
        }
    }
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) person: String,
    pub(crate) kind: String,
    pub(crate) root: RootId,
    pub(crate) path: RelPath,
    /// Of a move, where it went; of the others, the same path.
    pub(crate) new_path: RelPath,
    /// The revision that was agreed to be changed; empty for a file that was not there.
    pub(crate) revision: String,
    /// Under which id what was before is in the trash; empty when nothing is.
    pub(crate) trashed: String,
    /// Under which id what was written is in the trash once it is put back; empty before.
    pub(crate) away: String,
    /// How what is there now is known again; empty before that is known.
    pub(crate) mark: String,
    pub(crate) state: ChangeState,
    pub(crate) at: i64,
}

impl Change {
    /// The same wish.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let wish = |change: &Self| {
            let Self { kind, root, path, new_path, revision, .. } = change.clone();
            (kind, root, path, new_path, revision)
        };
        wish(self) == wish(other)
    }
}

impl sqlx::FromRow<'_, SqliteRow> for Change {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let (root, path) = place(row)?;
        let new_path: String = row.try_get("new_path")?;
        let state: String = row.try_get("state")?;
        Ok(Self {
            id: row.try_get("id")?,
            person: row.try_get("person")?,
            kind: row.try_get("kind")?,
            root,
            path,
            new_path: RelPath::new(new_path).map_err(|error| sqlx::Error::Decode(error.into()))?,
            revision: row.try_get("revision")?,
            trashed: row.try_get("trashed")?,
            away: row.try_get("away")?,
            mark: row.try_get("mark")?,
            state: ChangeState::parse(&state),
            at: row.try_get("at")?,
        })
    }
}

impl Store {
    /// One change of this person's.
    pub(crate) async fn change(&self, person: &str, id: &str) -> Result<Option<Change>, Error> {
        sqlx::query_as("select * from changes where id = ? and person = ?")
            .bind(id)
            .bind(person)
            .fetch_optional(self.0.reader())
            .await
            .map_err(Error::query("read a change"))
    }

    /// Writes a change down as it stands now, and forgets those from before `oldest`.
    pub(crate) async fn put_change(&self, change: &Change, oldest: i64) -> Result<(), Error> {
        let failed = Error::query("note a change");
        sqlx::query(
            "insert or replace into changes (id, person, kind, root, path, new_path, revision, trashed,
                 away, mark, state, at)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&change.id)
        .bind(&change.person)
        .bind(&change.kind)
        .bind(change.root.as_str())
        .bind(change.path.as_str())
        .bind(change.new_path.as_str())
        .bind(&change.revision)
        .bind(&change.trashed)
        .bind(&change.away)
        .bind(&change.mark)
        .bind(change.state.as_str())
        .bind(change.at)
        .execute(self.0.writer())
        .await
        .map_err(&failed)?;
        sqlx::query("delete from changes where at < ? and id <> ?")
            .bind(oldest)
            .bind(&change.id)
            .execute(self.0.writer())
            .await
            .map_err(&failed)?;
        Ok(())
    }
}
