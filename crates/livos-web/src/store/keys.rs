//! Keys that people give to other programs.

use livos_store::Error;

use super::Store;

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct KeyRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) hash: String,
    pub(crate) acts: bool,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) used_at: i64,
    pub(crate) tainted_at: i64,
}

impl Store {
    /// Everybody's keys.
    pub(crate) async fn keys(&self) -> Result<Vec<KeyRow>, Error> {
        sqlx::query_as("select * from keys order by created_at, id")
            .fetch_all(self.writer())
            .await
            .map_err(Error::query("read keys"))
    }

    /// Keeps a key.
    pub(crate) async fn add_key(&self, new: &KeyRow) -> Result<(), Error> {
        sqlx::query(
            "insert into keys (id, user_id, name, hash, acts, created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&new.id)
        .bind(&new.user_id)
        .bind(&new.name)
        .bind(&new.hash)
        .bind(new.acts)
        .bind(new.created_at)
        .bind(new.expires_at)
        .execute(self.writer())
        .await
        .map(drop)
        .map_err(Error::query("keep a key"))
    }

    /// Notes when a key was used, and when something foreign was read with it.
    pub(crate) async fn note_key(&self, id: &str, used_at: i64, tainted_at: i64) -> Result<(), Error> {
        sqlx::query("update keys set used_at = ?, tainted_at = ? where id = ?")
            .bind(used_at)
            .bind(tainted_at)
            .bind(id)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("note the use of a key"))
    }

    /// Forgets a key.
    pub(crate) async fn remove_key(&self, id: &str) -> Result<(), Error> {
        sqlx::query("delete from keys where id = ?")
            .bind(id)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("forget a key"))
    }

    /// Forgets all keys of a person.
    pub(crate) async fn remove_keys_of(&self, user: &str) -> Result<(), Error> {
        sqlx::query("delete from keys where user_id = ?")
            .bind(user)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("forget keys"))
    }
}
