//! Skills. What waits and what is in use are two texts of one row, so a new one never stands in for the old by halves.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Store, failed};
use crate::error::Error;

/// A skill as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    /// None for a word about one that LivOS brings along, and for one that nobody has enabled yet.
    pub(crate) text: Option<String>,
    pub(crate) waiting: Option<String>,
    pub(crate) generated: bool,
    pub(crate) tainted: bool,
}

/// A text that is to be looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    pub(crate) generated: bool,
    pub(crate) tainted: bool,
}

fn kept(row: &SqliteRow) -> sqlx::Result<Kept> {
    Ok(Kept {
        name: row.try_get("name")?,
        enabled: row.try_get("enabled")?,
        text: row.try_get("text")?,
        waiting: row.try_get("waiting")?,
        generated: row.try_get("generated")?,
        tainted: row.try_get("tainted")?,
    })
}

impl Store {
    /// A person's rows, by name.
    pub(crate) async fn skills(&self, person: &str) -> Result<Vec<Kept>, Error> {
        let rows = sqlx::query(
            "select name, enabled, text, waiting, generated, tainted from skills where person = ? order by name",
        )
        .bind(person)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("list skills"))?;
        let rows: sqlx::Result<Vec<_>> = rows.iter().map(kept).collect();
        rows.map_err(failed("list skills"))
    }

    /// Puts a text before its person, in place of what waited under that name; what is in use stays so. False if they
    /// have `most` already.
    pub(crate) async fn quarantine(
        &self,
        person: &str,
        one: Waiting<'_>,
        at: i64,
        most: u32,
    ) -> Result<bool, Error> {
        let written = sqlx::query(
            "insert into skills (person, name, enabled, waiting, generated, tainted, changed_at)
             select ?1, ?2, 0, ?3, ?4, ?5, ?6
             where exists (select 1 from skills where person = ?1 and name = ?2)
                 or (select count(*) from skills where person = ?1) < ?7
             on conflict (person, name) do update set waiting = excluded.waiting,
                 generated = excluded.generated, tainted = excluded.tainted, changed_at = excluded.changed_at",
        )
        .bind(person)
        .bind(one.name)
        .bind(one.text)
        .bind(one.generated)
        .bind(one.tainted)
        .bind(at)
        .bind(most)
        .execute(self.database().writer())
        .await
        .map_err(failed("keep a skill"))?;
        Ok(written.rows_affected() == 1)
    }

    /// What waited is in use from now on, if it is still this text; false if not.
    pub(crate) async fn accept_skill(
        &self,
        person: &str,
        name: &str,
        text: &str,
        at: i64,
    ) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update skills set text = waiting, waiting = null, generated = 0, tainted = 0, enabled = 1, changed_at = ?4
             where person = ?1 and name = ?2 and waiting = ?3",
        )
        .bind(person)
        .bind(name)
        .bind(text)
        .bind(at)
        .execute(self.database().writer())
        .await
        .map_err(failed("enable a skill"))?;
        Ok(changed.rows_affected() == 1)
    }

    /// Turns one on or off; the row is made for one that LivOS brings along.
    pub(crate) async fn switch_skill(
        &self,
        person: &str,
        name: &str,
        enabled: bool,
        at: i64,
    ) -> Result<(), Error> {
        sqlx::query(
            "insert into skills (person, name, enabled, changed_at) values (?1, ?2, ?3, ?4)
             on conflict (person, name) do update set enabled = excluded.enabled, changed_at = excluded.changed_at",
        )
        .bind(person)
        .bind(name)
        .bind(enabled)
        .bind(at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("switch a skill"))
    }

    /// Throws away what waits; what is in use stays so.
    pub(crate) async fn discard_skill(&self, person: &str, name: &str, at: i64) -> Result<(), Error> {
        const OPERATION: &str = "discard a skill";
        let mut transaction = self.begin(OPERATION).await?;
        sqlx::query(
            "delete from skills where person = ? and name = ? and waiting is not null and text is null",
        )
        .bind(person)
        .bind(name)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        sqlx::query(
            "update skills set waiting = null, generated = 0, tainted = 0, changed_at = ?3
             where person = ?1 and name = ?2",
        )
        .bind(person)
        .bind(name)
        .bind(at)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))
    }

    /// Forgets a row.
    pub(crate) async fn remove_skill(&self, person: &str, name: &str) -> Result<(), Error> {
        sqlx::query("delete from skills where person = ? and name = ?")
            .bind(person)
            .bind(name)
            .execute(self.database().writer())
            .await
            .map(drop)
            .map_err(failed("remove a skill"))
    }

    /// Forgets all of a person's rows.
    pub(crate) async fn forget_skills(&self, person: &str) -> Result<(), Error> {
        let gone = sqlx::query("delete from skills where person = ?")
            .bind(person)
            .execute(self.database().writer())
            .await;
        gone.map(drop).map_err(failed("forget skills"))
    }
}
