//! Schedules that wait for something to happen.

use super::schedules::{Schedule, schedule};
use super::{Store, failed};
use crate::error::Error;

impl Store {
    /// Those that wait for something to happen.
    pub(crate) async fn waiting_for_events(&self) -> Result<Vec<Schedule>, Error> {
        let rows = sqlx::query(
            "select * from schedules where event is not null and not paused and removed_at is null order by id",
        )
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("look what is waited for"))?;
        rows.iter().map(schedule).collect()
    }

    /// What one waits for has happened: it comes, or a while later if it came just before. What happens until it is
    /// begun is one coming.
    pub(crate) async fn has_happened(&self, id: &str, what: &str, at: i64, quiet: i64) -> Result<(), Error> {
        sqlx::query(
            "update schedules set
                 happened = case when happened = '' then ?2 when length(happened) > 1000 then happened
                     else happened || '; ' || ?2 end,
                 next_at = case when due_at is null
                     then coalesce(next_at, max(?3, coalesce(last_at + ?4, ?3))) else next_at end
             where id = ?1 and event is not null and not paused and removed_at is null",
        )
        .bind(id)
        .bind(what)
        .bind(at)
        .bind(quiet)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("write down what happened"))
    }
}
