//! Versions that an app's owner does not want. Beside the app's row, like a pin: going back from an update does not
//! carry it away.

use std::collections::HashMap;

use livos_types::AppId;

use super::{Rows, failed};
use crate::Error;

impl Rows {
    /// The version that is skipped, by app.
    pub(crate) async fn skips(&self) -> Result<HashMap<String, String>, Error> {
        let rows: Vec<(String, String)> = sqlx::query_as("select app, version from skips")
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read which versions are skipped"))?;
        Ok(rows.into_iter().collect())
    }

    /// Skips a version of an app; with `None`, none any more.
    pub(crate) async fn set_skip(&self, id: &AppId, version: Option<&str>) -> Result<(), Error> {
        let statement = match version {
            Some(_) => "insert or replace into skips (app, version) select id, ?2 from apps where id = ?1",
            None => "delete from skips where app = ?1",
        };
        sqlx::query(statement)
            .bind(id.as_str())
            .bind(version)
            .execute(self.0.writer())
            .await
            .map_err(failed("write which version is skipped"))?;
        Ok(())
    }
}
