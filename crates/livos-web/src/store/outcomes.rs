//! What became of a write that carried an `Idempotency-Key`; and uploads whose checksum is open.

use livos_store::Error;

use super::Store;

/// Seconds an outcome is kept.
const KEPT_FOR: i64 = 86_400;

/// A stored outcome.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Outcome {
    /// What the request was.
    pub(crate) request: String,
    /// Its HTTP status; 0 while it is being worked on, or when the server died meanwhile.
    pub(crate) status: i64,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
}

impl Store {
    /// Takes a key for a request; gives back what is there if it was taken before.
    pub(crate) async fn begin_outcome(
        &self,
        user: &str,
        key: &str,
        request: &str,
        now: i64,
    ) -> Result<Option<Outcome>, Error> {
        let failed = Error::query("remember a request");
        let mut transaction = self.writer().begin().await.map_err(&failed)?;
        sqlx::query("delete from outcomes where created_at <= ?")
            .bind(now - KEPT_FOR)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let done = sqlx::query(
            "insert into outcomes (user_id, key, request, created_at) values (?, ?, ?, ?) on conflict do nothing",
        )
        .bind(user)
        .bind(key)
        .bind(request)
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        if done.rows_affected() > 0 { Ok(None) } else { self.outcome(user, key).await }
    }

    /// What is known of a key.
    pub(crate) async fn outcome(&self, user: &str, key: &str) -> Result<Option<Outcome>, Error> {
        sqlx::query_as("select request, status, media_type, body from outcomes where user_id = ? and key = ?")
            .bind(user)
            .bind(key)
            .fetch_optional(self.writer())
            .await
            .map_err(Error::query("read an outcome"))
    }

    /// Stores how a request ended.
    pub(crate) async fn finish_outcome(
        &self,
        user: &str,
        key: &str,
        status: u16,
        media_type: &str,
        body: &[u8],
    ) -> Result<(), Error> {
        sqlx::query("update outcomes set status = ?, media_type = ?, body = ? where user_id = ? and key = ?")
            .bind(status)
            .bind(media_type)
            .bind(body)
            .bind(user)
            .bind(key)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("store an outcome"))
    }

    /// Frees a key whose request did not happen.
    pub(crate) async fn forget_outcome(&self, user: &str, key: &str) -> Result<(), Error> {
        sqlx::query("delete from outcomes where user_id = ? and key = ?")
            .bind(user)
            .bind(key)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("forget a request"))
    }

    /// Notes that what follows `offset` in an upload is not verified yet.
    pub(crate) async fn begin_unverified(&self, upload: &str, offset: i64) -> Result<(), Error> {
        sqlx::query("insert into unverified (upload_id, offset) values (?, ?) on conflict do nothing")
            .bind(upload)
            .bind(offset)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("note an open checksum"))
    }

    /// Where an upload's unverified piece begins, if a crash left one.
    pub(crate) async fn unverified(&self, upload: &str) -> Result<Option<i64>, Error> {
        sqlx::query_scalar("select offset from unverified where upload_id = ?")
            .bind(upload)
            .fetch_optional(self.reader())
            .await
            .map_err(Error::query("read an open checksum"))
    }

    /// All that an upload holds is verified, or the upload is gone.
    pub(crate) async fn end_unverified(&self, upload: &str) -> Result<(), Error> {
        sqlx::query("delete from unverified where upload_id = ?")
            .bind(upload)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("close a checksum"))
    }
}
