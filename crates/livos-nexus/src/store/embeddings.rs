//! Who makes vectors of what is remembered, and what that took.

use livos_bus::assistant::Problem;

use super::{Store, failed};
use crate::error::Error;

/// Who makes vectors, as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// The provider's id; nothing for this server itself.
    pub(crate) provider: Option<String>,
    pub(crate) model: String,
    pub(crate) checked_at: i64,
    pub(crate) problem: Option<Problem>,
}

impl Store {
    /// Who makes vectors, if somebody does.
    pub(crate) async fn embeddings(&self) -> Result<Option<Kept>, Error> {
        let row: Option<(Option<String>, String, i64, Option<String>)> =
            sqlx::query_as("select provider, model, checked_at, problem from embeddings")
                .fetch_optional(self.database().reader())
                .await
                .map_err(failed("read who makes vectors"))?;
        let Some((provider, model, checked_at, problem)) = row else { return Ok(None) };
        let problem = problem.map(|text| serde_json::from_str(&text)).transpose();
        let problem = problem.map_err(|error| Error::Row("who makes vectors", error))?;
        Ok(Some(Kept { provider, model, checked_at, problem }))
    }

    /// Keeps who makes vectors, in place of whoever did.
    pub(crate) async fn keep_embeddings(&self, kept: &Kept) -> Result<(), Error> {
        sqlx::query(
            "insert into embeddings (only_one, provider, model, checked_at) values (1, ?1, ?2, ?3)
             on conflict (only_one) do update set provider = ?1, model = ?2, checked_at = ?3, problem = null",
        )
        .bind(&kept.provider)
        .bind(&kept.model)
        .bind(kept.checked_at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("keep who makes vectors"))
    }

    /// How it went just now, unless another came meanwhile.
    pub(crate) async fn note_embeddings(
        &self,
        kept: &Kept,
        problem: Option<&Problem>,
        at: i64,
    ) -> Result<(), Error> {
        let text = problem.map(serde_json::to_string).transpose();
        let text = text.map_err(|error| Error::Write("a problem", error))?;
        sqlx::query(
            "update embeddings set problem = ?3, checked_at = case when ?3 is null then ?4 else checked_at end
             where provider is ?1 and model = ?2",
        )
        .bind(&kept.provider)
        .bind(&kept.model)
        .bind(text)
        .bind(at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("note how vectors were made"))
    }

    /// Nobody makes vectors any more; false if nobody did.
    pub(crate) async fn remove_embeddings(&self) -> Result<bool, Error> {
        let gone = sqlx::query("delete from embeddings").execute(self.database().writer()).await;
        Ok(gone.map_err(failed("forget who makes vectors"))?.rows_affected() == 1)
    }

    /// Counts what is asked and what it took.
    pub(crate) async fn count_embeddings(
        &self,
        month: &str,
        model: &str,
        calls: u32,
        tokens: u64,
    ) -> Result<(), Error> {
        sqlx::query(
            "insert into embeddings_used (month, model, calls, tokens) values (?1, ?2, ?3, ?4)
             on conflict (month, model) do update set calls = calls + ?3, tokens = tokens + ?4",
        )
        .bind(month)
        .bind(model)
        .bind(calls)
        .bind(i64::try_from(tokens).unwrap_or(i64::MAX))
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("count what vectors took"))
    }

    /// The calls and tokens of a month.
    pub(crate) async fn embeddings_used(&self, month: &str) -> Result<(u64, u64), Error> {
        let (calls, tokens): (i64, i64) = sqlx::query_as(
            "select coalesce(sum(calls), 0), coalesce(sum(tokens), 0) from embeddings_used where month = ?",
        )
        .bind(month)
        .fetch_one(self.database().reader())
        .await
        .map_err(failed("read what vectors took"))?;
        Ok((calls.unsigned_abs(), tokens.unsigned_abs()))
    }
}
