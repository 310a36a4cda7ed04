//! What somebody else made and is looked after here.
//!
//! Labels of a container cannot be changed while it lives, so whose it is stands here and not in Docker.

use livos_types::AppId;

use super::{Rows, failed};
use crate::Error;
use crate::core::adoption::{Kind, Part};

/// A compose project or a single container that was adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adopted {
    pub(crate) id: AppId,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The compose project, or the name of the container.
    pub(crate) subject: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) adopted_at: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    kind: String,
    subject: String,
    parts: String,
    adopted_at: i64,
}

impl Row {
    fn into_adopted(self) -> Result<Adopted, Error> {
        let damaged = |source| Error::Record { app: self.id.clone(), source };
        let wrong = |error: livos_types::InvalidId| damaged(serde::de::Error::custom(error));
        Ok(Adopted {
            id: AppId::new(self.id.as_str()).map_err(wrong)?,
            parts: serde_json::from_str(&self.parts).map_err(damaged)?,
            kind: Kind::parse(&self.kind),
            name: self.name,
            subject: self.subject,
            adopted_at: self.adopted_at,
        })
    }
}

impl Rows {
    pub(crate) async fn all_adopted(&self) -> Result<Vec<Adopted>, Error> {
        let rows: Vec<Row> = sqlx::query_as("select * from adopted order by name, id")
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read what was adopted"))?;
        rows.into_iter().map(Row::into_adopted).collect()
    }

    pub(crate) async fn adopted(&self, id: &AppId) -> Result<Option<Adopted>, Error> {
        let row: Option<Row> = sqlx::query_as("select * from adopted where id = ?")
            .bind(id.as_str())
            .fetch_optional(self.0.reader())
            .await
            .map_err(failed("read what was adopted"))?;
        row.map(Row::into_adopted).transpose()
    }

    /// False if it is adopted already.
    pub(crate) async fn put_adopted(&self, adopted: &Adopted) -> Result<bool, Error> {
        let damaged = |source| Error::Record { app: adopted.id.to_string(), source };
        let written = sqlx::query(
            "insert or ignore into adopted (id, name, kind, subject, parts, adopted_at) values (?, ?, ?, ?, ?, ?)",
        )
        .bind(adopted.id.as_str())
        .bind(&adopted.name)
        .bind(adopted.kind.as_str())
        .bind(&adopted.subject)
        .bind(serde_json::to_string(&adopted.parts).map_err(damaged)?)
        .bind(adopted.adopted_at)
        .execute(self.0.writer())
        .await
        .map_err(failed("write what was adopted"))?;
        Ok(written.rows_affected() > 0)
    }

    pub(crate) async fn delete_adopted(&self, id: &AppId) -> Result<(), Error> {
        sqlx::query("delete from adopted where id = ?")
            .bind(id.as_str())
            .execute(self.0.writer())
            .await
            .map_err(failed("forget what was adopted"))?;
        Ok(())
    }
}
