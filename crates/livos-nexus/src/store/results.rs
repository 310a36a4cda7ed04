//! What tools answered at length.

use sqlx::{Row as _, Sqlite, Transaction};

use super::{Store, append, failed};
use crate::core::results::{OF_A_CONVERSATION, OF_A_PERSON};
use crate::core::step::{Entry, Step};
use crate::error::Error;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) reference: String,
    /// None once newer ones needed the room.
    pub(crate) text: Option<String>,
    /// A stranger may have had a say in it.
    pub(crate) tainted: bool,
}

impl Store {
    /// Writes a step down together with the whole of what it tells a part of, so that neither is there without the
    /// other.
    pub(crate) async fn append_whole(
        &self,
        conversation: &str,
        run: i64,
        step: Step,
        whole: &Whole,
        at: i64,
    ) -> Result<Entry, Error> {
        const OPERATION: &str = "keep a long result";
        let mut transaction = self.begin(OPERATION).await?;
        let entry = append(&mut transaction, conversation, run, step, at).await?;
        let bytes = whole.text.as_deref().map_or(0, str::len);
        sqlx::query(
            "insert into results (conversation, reference, text, bytes, tainted) values (?1, ?2, ?3, ?4, ?5)
             on conflict (conversation, reference) do update set text = ?3, bytes = ?4, tainted = ?5",
        )
        .bind(conversation)
        .bind(&whole.reference)
        .bind(&whole.text)
        .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
        .bind(whole.tainted)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        make_room(&mut transaction, conversation).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(entry)
    }

    /// A conversation's result of that name.
    pub(crate) async fn whole(&self, conversation: &str, reference: &str) -> Result<Option<Whole>, Error> {
        const OPERATION: &str = "read a long result";
        let row = sqlx::query("select text, tainted from results where conversation = ? and reference = ?")
            .bind(conversation)
            .bind(reference)
            .fetch_optional(self.0.reader())
            .await
            .map_err(failed(OPERATION))?;
        let Some(row) = row else { return Ok(None) };
        let read = || -> sqlx::Result<Whole> {
            let (text, tainted) = (row.try_get("text")?, row.try_get("tainted")?);
            Ok(Whole { reference: reference.to_owned(), text, tainted })
        };
        read().map(Some).map_err(failed(OPERATION))
    }
}

/// Drops the oldest texts of the conversation, and of its person, beyond what is kept.
async fn make_room(transaction: &mut Transaction<'_, Sqlite>, conversation: &str) -> Result<(), Error> {
    for (of, most) in [
        ("conversation = ?1", OF_A_CONVERSATION),
        (
            "conversation in (select id from conversations where person =
                (select person from conversations where id = ?1))",
            OF_A_PERSON,
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "update results set text = null, bytes = 0 where id in (
                select id from (
                    select id, sum(bytes) over (order by id desc) as total from results
                    where {of} and text is not null)
                where total > ?2)"
        )))
        .bind(conversation)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .execute(&mut **transaction)
        .await
        .map_err(failed("make room for a long result"))?;
    }
    Ok(())
}
