//! Where the folders of the machine lie that apps are given.

use std::collections::BTreeMap;

use livos_types::AppId;

use super::{Rows, failed};
use crate::Error;

impl Rows {
    /// The mount point of each path.
    pub(crate) async fn places(&self, id: &AppId) -> Result<BTreeMap<String, String>, Error> {
        let rows: Vec<(String, String)> = sqlx::query_as("select path, mount from places where app = ?")
            .bind(id.as_str())
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read where an app's folders are"))?;
        Ok(rows.into_iter().collect())
    }

    pub(crate) async fn note_places(&self, id: &AppId, places: &[(String, String)]) -> Result<(), Error> {
        for (path, mount) in places {
            sqlx::query("insert or replace into places (app, path, mount) values (?, ?, ?)")
                .bind(id.as_str())
                .bind(path)
                .bind(mount)
                .execute(self.0.writer())
                .await
                .map_err(failed("note where an app's folders are"))?;
        }
        Ok(())
    }
}
