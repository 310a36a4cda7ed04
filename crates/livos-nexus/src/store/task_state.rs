//! What the agent writes down for itself in a conversation.

use super::{Store, failed};
use crate::error::Error;

/// One of those notes.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Note {
    pub(crate) key: String,
    pub(crate) data: String,
    /// A stranger may have had a say in it.
    pub(crate) tainted: bool,
    pub(crate) at: i64,
}

impl Store {
    /// Writes one down instead of what was there, unless there are `most` others; false then.
    pub(crate) async fn save_note(&self, conversation: &str, note: &Note, most: u32) -> Result<bool, Error> {
        let saved = sqlx::query(
            "insert into task_state (conversation, key, data, tainted, at) select ?1, ?2, ?3, ?4, ?5
             where (select count(*) from task_state where conversation = ?1 and key <> ?2) < ?6
             on conflict (conversation, key) do update set data = ?3, tainted = ?4, at = ?5",
        )
        .bind(conversation)
        .bind(&note.key)
        .bind(&note.data)
        .bind(note.tainted)
        .bind(note.at)
        .bind(most)
        .execute(self.database().writer())
        .await
        .map_err(failed("write a note down"))?;
        Ok(saved.rows_affected() == 1)
    }

    /// All of a conversation's.
    pub(crate) async fn notes(&self, conversation: &str) -> Result<Vec<Note>, Error> {
        sqlx::query_as("select key, data, tainted, at from task_state where conversation = ? order by key")
            .bind(conversation)
            .fetch_all(self.database().reader())
            .await
            .map_err(failed("read notes"))
    }

    /// Throws one away; false if there was none.
    pub(crate) async fn delete_note(&self, conversation: &str, key: &str) -> Result<bool, Error> {
        let deleted = sqlx::query("delete from task_state where conversation = ? and key = ?")
            .bind(conversation)
            .bind(key)
            .execute(self.database().writer())
            .await
            .map_err(failed("throw a note away"))?;
        Ok(deleted.rows_affected() == 1)
    }
}
