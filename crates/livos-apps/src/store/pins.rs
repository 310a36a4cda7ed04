//! Apps that stay on the version they have.
//!
//! A wish of its own beside an app's row: an update, or going back from one, does not carry it away.

use std::collections::HashSet;

use livos_types::AppId;

use super::{Rows, failed};
use crate::Error;

impl Rows {
    pub(crate) async fn pins(&self) -> Result<HashSet<String>, Error> {
        let rows: Vec<String> = sqlx::query_scalar("select app from pins")
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read which apps stay on their version"))?;
        Ok(rows.into_iter().collect())
    }

    pub(crate) async fn set_pin(&self, id: &AppId, pinned: bool) -> Result<(), Error> {
        let statement = if pinned {
            "insert or ignore into pins (app) select id from apps where id = ?"
        } else {
            "delete from pins where app = ?"
        };
        sqlx::query(statement)
            .bind(id.as_str())
            .execute(self.0.writer())
            .await
            .map_err(failed("write which apps stay on their version"))?;
        Ok(())
    }
}
