//! Volumes of apps that nobody gave a name.
//!
//! Docker makes them up with a container, and neither their name nor a label says whose they are. So they are noted
//! beside the app's row, which they outlive when its data is kept.

use std::collections::BTreeMap;

use livos_types::AppId;

use super::{Rows, failed};
use crate::Error;

/// An unnamed volume and where it is mounted.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Unnamed {
    pub(crate) service: String,
    /// Path in the container.
    pub(crate) target: String,
    /// The name that Docker made up.
    pub(crate) volume: String,
}

impl Rows {
    /// Those of one app, what was noted last at the end.
    pub(crate) async fn unnamed(&self, id: &AppId) -> Result<Vec<Unnamed>, Error> {
        sqlx::query_as("select service, target, volume from unnamed_volumes where app = ? order by number")
            .bind(id.as_str())
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read the volumes without a name"))
    }

    /// The apps of all of them, by volume.
    pub(crate) async fn all_unnamed(&self) -> Result<BTreeMap<String, String>, Error> {
        let rows: Vec<(String, String)> = sqlx::query_as("select volume, app from unnamed_volumes")
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read the volumes without a name"))?;
        Ok(rows.into_iter().collect())
    }

    pub(crate) async fn note_unnamed(&self, id: &AppId, found: &[Unnamed]) -> Result<(), Error> {
        let failed = failed("note the volumes without a name");
        let mut transaction = self.0.writer().begin_with("begin immediate").await.map_err(&failed)?;
        for one in found {
            sqlx::query(
                "insert or ignore into unnamed_volumes (app, service, target, volume) values (?, ?, ?, ?)",
            )
            .bind(id.as_str())
            .bind(&one.service)
            .bind(&one.target)
            .bind(&one.volume)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    pub(crate) async fn forget_unnamed(&self, id: &AppId, volume: &str) -> Result<(), Error> {
        sqlx::query("delete from unnamed_volumes where app = ? and volume = ?")
            .bind(id.as_str())
            .bind(volume)
            .execute(self.0.writer())
            .await
            .map_err(failed("forget a volume without a name"))?;
        Ok(())
    }
}
