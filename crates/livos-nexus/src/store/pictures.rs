//! Pictures that people showed. They go with their conversation.

use livos_bus::assistant::Picture;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{Store, failed};
use crate::error::Error;

/// What became of a picture that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is there.
    Yes,
    /// So many were never sent.
    Unsent,
    /// The conversation has as much as it may.
    Conversation,
    /// The person has.
    Person,
}

/// How much there may be of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    /// Pictures of a conversation that were not sent.
    pub(crate) unsent: i64,
    /// Bytes in a conversation.
    pub(crate) conversation: i64,
    /// Bytes of a person.
    pub(crate) person: i64,
    /// Seconds after which one that was not sent is forgotten.
    pub(crate) waits: i64,
}

const COLUMNS: &str = "id, kind, size, width, height";

fn picture(row: &SqliteRow) -> sqlx::Result<Picture> {
    Ok(Picture {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        size: row.try_get::<i64, _>("size")?.unsigned_abs(),
        width: row.try_get("width")?,
        height: row.try_get("height")?,
    })
}

impl Store {
    /// Keeps a picture for a message that is to come.
    pub(crate) async fn keep_picture(
        &self,
        conversation: &str,
        picture: &Picture,
        file: &[u8],
        at: i64,
        most: Most,
    ) -> Result<Kept, Error> {
        const OPERATION: &str = "keep a picture";
        let size = i64::try_from(picture.size).unwrap_or(i64::MAX);
        let mut transaction = self.begin(OPERATION).await?;
        // Whoever forgot theirs makes room for the next: nothing wakes up for it.
        sqlx::query("delete from pictures where sent = 0 and at < ?")
            .bind(at - most.waits)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        let known: bool =
            sqlx::query_scalar("select exists (select 1 from pictures where conversation = ? and id = ?)")
                .bind(conversation)
                .bind(&picture.id)
                .fetch_one(&mut *transaction)
                .await
                .map_err(failed(OPERATION))?;
        if !known {
            let (unsent, here, theirs): (i64, i64, i64) = sqlx::query_as(
                "select (select count(*) from pictures where conversation = ?1 and sent = 0),
                     (select coalesce(sum(size), 0) from pictures where conversation = ?1),
                     (select coalesce(sum(size), 0) from pictures where conversation in
                         (select id from conversations where person =
                             (select person from conversations where id = ?1)))",
            )
            .bind(conversation)
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
            if unsent >= most.unsent {
                return Ok(Kept::Unsent);
            }
            if here.saturating_add(size) > most.conversation {
                return Ok(Kept::Conversation);
            }
            if theirs.saturating_add(size) > most.person {
                return Ok(Kept::Person);
            }
            let made = sqlx::query(
                "insert into pictures (conversation, id, kind, size, width, height, at, file)
                 select id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 from conversations where id = ?1",
            )
            .bind(conversation)
            .bind(&picture.id)
            .bind(&picture.kind)
            .bind(size)
            .bind(picture.width)
            .bind(picture.height)
            .bind(at)
            .bind(file)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
            if made.rows_affected() == 0 {
                return Err(Error::Unknown);
            }
        }
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(Kept::Yes)
    }

    /// A picture and its file.
    pub(crate) async fn picture(
        &self,
        conversation: &str,
        id: &str,
    ) -> Result<Option<(Picture, Vec<u8>)>, Error> {
        const OPERATION: &str = "read a picture";
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS}, file from pictures where conversation = ? and id = ?"
        )))
        .bind(conversation)
        .bind(id)
        .fetch_optional(self.database().reader())
        .await
        .map_err(failed(OPERATION))?;
        let read = |row: SqliteRow| -> sqlx::Result<_> { Ok((picture(&row)?, row.try_get("file")?)) };
        row.map(read).transpose().map_err(failed(OPERATION))
    }
}

/// The pictures of a message that is taken in, which it keeps from now on.
pub(super) async fn send(
    transaction: &mut Transaction<'_, Sqlite>,
    conversation: &str,
    ids: &[String],
) -> Result<Vec<Picture>, Error> {
    const OPERATION: &str = "send a picture";
    let mut pictures = Vec::new();
    for id in ids {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "update pictures set sent = 1 where conversation = ? and id = ? returning {COLUMNS}"
        )))
        .bind(conversation)
        .bind(id)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed(OPERATION))?;
        let row = row.ok_or(Error::UnknownPicture)?;
        pictures.push(picture(&row).map_err(failed(OPERATION))?);
    }
    Ok(pictures)
}

/// Pictures as a row of the inbox has them.
pub(super) fn of_row(text: Option<String>) -> Result<Vec<Picture>, Error> {
    let read = text.map(|text| serde_json::from_str(&text)).transpose();
    read.map(Option::unwrap_or_default).map_err(|error| Error::Row("the pictures of a message", error))
}
