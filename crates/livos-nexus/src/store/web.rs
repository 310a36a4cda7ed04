//! Whether the web is read and for whom, and who searches it. A key lies here sealed.

use livos_bus::assistant::Problem;
use sqlx::Row as _;

use super::{Store, failed};
use crate::error::Error;

/// Everybody, where a person stands otherwise.
pub(crate) const EVERYBODY: &str = "";

/// Who searches, as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) provider: String,
    pub(crate) base_url: String,
    /// The key, sealed.
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) checked_at: i64,
    pub(crate) problem: Option<Problem>,
}

impl Store {
    /// Who searches, if somebody does.
    pub(crate) async fn search(&self) -> Result<Option<Kept>, Error> {
        const OPERATION: &str = "read who searches the web";
        let row = sqlx::query("select * from search")
            .fetch_optional(self.database().reader())
            .await
            .map_err(failed(OPERATION))?;
        let Some(row) = row else { return Ok(None) };
        let read = || -> sqlx::Result<(Kept, Option<String>)> {
            let kept = Kept {
                provider: row.try_get("provider")?,
                base_url: row.try_get("base_url")?,
                sealed: row.try_get("sealed")?,
                checked_at: row.try_get("checked_at")?,
                problem: None,
            };
            Ok((kept, row.try_get("problem")?))
        };
        let (mut kept, problem) = read().map_err(failed(OPERATION))?;
        if let Some(problem) = problem {
            let read = serde_json::from_str(&problem);
            kept.problem = read.map_err(|error| Error::Row("who searches the web", error))?;
        }
        Ok(Some(kept))
    }

    /// Keeps who searches, in place of whoever did.
    pub(crate) async fn keep_search(&self, kept: &Kept) -> Result<(), Error> {
        sqlx::query(
            "insert into search (only, provider, base_url, sealed, checked_at) values (1, ?1, ?2, ?3, ?4)
             on conflict (only) do update set provider = ?1, base_url = ?2, sealed = ?3, checked_at = ?4,
                 problem = null",
        )
        .bind(&kept.provider)
        .bind(&kept.base_url)
        .bind(&kept.sealed)
        .bind(kept.checked_at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("keep who searches the web"))
    }

    /// How it went with it just now, unless another came meanwhile.
    pub(crate) async fn note_search(
        &self,
        kept: &Kept,
        problem: Option<&Problem>,
        at: i64,
    ) -> Result<(), Error> {
        let text = problem.map(serde_json::to_string).transpose();
        let text = text.map_err(|error| Error::Write("a problem", error))?;
        sqlx::query(
            "update search set problem = ?3, checked_at = case when ?3 is null then ?4 else checked_at end
             where provider = ?1 and base_url = ?2",
        )
        .bind(&kept.provider)
        .bind(&kept.base_url)
        .bind(text)
        .bind(at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("note how a search went"))
    }

    /// Forgets who searches, and the key; false if nobody did.
    pub(crate) async fn remove_search(&self) -> Result<bool, Error> {
        let gone = sqlx::query("delete from search").execute(self.database().writer()).await;
        Ok(gone.map_err(failed("forget who searches the web"))?.rows_affected() == 1)
    }

    /// Whether the web is off for everybody, and for this person.
    pub(crate) async fn web_off(&self, person: &str) -> Result<(bool, bool), Error> {
        const OPERATION: &str = "read whether the web is on";
        let off: Vec<String> = sqlx::query_scalar("select person from web_off where person in (?1, ?2)")
            .bind(EVERYBODY)
            .bind(person)
            .fetch_all(self.database().reader())
            .await
            .map_err(failed(OPERATION))?;
        Ok((off.iter().any(|one| one == EVERYBODY), off.iter().any(|one| one == person)))
    }

    /// Switches it, for a person or everybody.
    pub(crate) async fn switch_web(&self, person: &str, on: bool) -> Result<(), Error> {
        let sql = if on {
            "delete from web_off where person = ?"
        } else {
            "insert into web_off (person) values (?) on conflict do nothing"
        };
        let switched = sqlx::query(sql).bind(person).execute(self.database().writer()).await;
        switched.map(drop).map_err(failed("switch the web"))
    }
}
