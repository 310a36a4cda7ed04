//! Sign-ins that go on.

use livos_store::Error;

use super::Store;

/// A sign-in as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) seed: String,
    pub(crate) generation: i64,
    pub(crate) created_at: i64,
    pub(crate) rotated_at: i64,
    pub(crate) seen_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) address: String,
    pub(crate) agent: String,
}

/// A sign-in to store.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) id: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) seed: &'a str,
    pub(crate) now: i64,
    pub(crate) expires_at: i64,
    pub(crate) address: &'a str,
    pub(crate) agent: &'a str,
}

impl Store {
    /// All sign-ins that are still good; the others are removed.
    pub(crate) async fn live_sessions(&self, now: i64) -> Result<Vec<SessionRow>, Error> {
        let failed = Error::query("read sessions");
        sqlx::query("delete from sessions where expires_at <= ?")
            .bind(now)
            .execute(self.writer())
            .await
            .map_err(&failed)?;
        sqlx::query_as("select * from sessions").fetch_all(self.writer()).await.map_err(&failed)
    }

    /// One sign-in.
    pub(crate) async fn session(&self, id: &str) -> Result<Option<SessionRow>, Error> {
        sqlx::query_as("select * from sessions where id = ?")
            .bind(id)
            .fetch_optional(self.writer())
            .await
            .map_err(Error::query("read a session"))
    }

    /// A person's sign-ins, newest first.
    pub(crate) async fn sessions_of(&self, user: &str) -> Result<Vec<SessionRow>, Error> {
        sqlx::query_as("select * from sessions where user_id = ? order by created_at desc, id")
            .bind(user)
            .fetch_all(self.writer())
            .await
            .map_err(Error::query("read sessions"))
    }

    /// Stores a sign-in and notes the time with the person.
    pub(crate) async fn add_session(&self, new: &NewSession<'_>) -> Result<(), Error> {
        let failed = Error::query("begin a session");
        let mut transaction = self.writer().begin().await.map_err(&failed)?;
        sqlx::query(
            "insert into sessions (id, user_id, seed, created_at, rotated_at, seen_at, expires_at, address, agent)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.id)
        .bind(new.user_id)
        .bind(new.seed)
        .bind(new.now)
        .bind(new.now)
        .bind(new.now)
        .bind(new.expires_at)
        .bind(new.address)
        .bind(new.agent)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        sqlx::query("update users set last_seen_at = ?, failures = 0, locked_until = 0 where id = ?")
            .bind(new.now)
            .bind(new.user_id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Notes a new refresh token.
    pub(crate) async fn rotate_session(
        &self,
        id: &str,
        generation: i64,
        now: i64,
        expires_at: i64,
    ) -> Result<(), Error> {
        let failed = Error::query("renew a session");
        let mut transaction = self.writer().begin().await.map_err(&failed)?;
        sqlx::query(
            "update sessions set generation = ?, rotated_at = ?, seen_at = ?, expires_at = ? where id = ?",
        )
        .bind(generation)
        .bind(now)
        .bind(now)
        .bind(expires_at)
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        sqlx::query(
            "update users set last_seen_at = ? where id = (select user_id from sessions where id = ?)",
        )
        .bind(now)
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Removes a sign-in; false when there is none.
    pub(crate) async fn remove_session(&self, id: &str) -> Result<bool, Error> {
        sqlx::query("delete from sessions where id = ?")
            .bind(id)
            .execute(self.writer())
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(Error::query("end a session"))
    }

    /// Removes a person's sign-ins but one.
    pub(crate) async fn remove_sessions_of(&self, user: &str, except: &str) -> Result<(), Error> {
        sqlx::query("delete from sessions where user_id = ? and id <> ?")
            .bind(user)
            .bind(except)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("end sessions"))
    }
}
