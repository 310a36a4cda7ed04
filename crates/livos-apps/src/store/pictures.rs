//! Pictures of apps that stores name by an address.

use std::collections::{HashMap, HashSet};

use super::{Rows, failed};
use crate::Error;

impl Rows {
    /// The pictures that stores and installed apps have: names of what is kept, and what stores wrote where nothing is.
    pub(crate) async fn icons(&self) -> Result<HashSet<String>, Error> {
        // What an app may go back to has one, too.
        let names: Vec<String> = sqlx::query_scalar(
            "select icon from entries union select icon from apps
             union select coalesce(record ->> '$.icon', '') from previous",
        )
        .fetch_all(self.0.reader())
        .await
        .map_err(failed("read the pictures of apps"))?;
        Ok(names.into_iter().collect())
    }

    /// The names of pictures that were fetched, by their addresses.
    pub(crate) async fn pictures(&self) -> Result<HashMap<String, String>, Error> {
        let rows: Vec<(String, String)> = sqlx::query_as("select url, name from pictures")
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read the pictures that were fetched"))?;
        Ok(rows.into_iter().collect())
    }

    /// Notes a picture that was fetched; whatever names its address has it from now on.
    pub(crate) async fn put_picture(&self, url: &str, name: &str) -> Result<(), Error> {
        let failed = failed("note a picture");
        let mut transaction = self.0.writer().begin().await.map_err(&failed)?;
        for statement in [
            "insert or replace into pictures (url, name) values (?1, ?2)",
            "update entries set icon = ?2 where icon = ?1",
            "update apps set icon = ?2 where icon = ?1",
        ] {
            sqlx::query(statement).bind(url).bind(name).execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Gives installed apps the pictures that were fetched since they were installed: a job that began before that writes
    /// what it knew then.
    pub(crate) async fn settle_icons(&self) -> Result<(), Error> {
        sqlx::query(
            "update apps set icon = (select name from pictures where url = apps.icon)
             where icon in (select url from pictures)",
        )
        .execute(self.0.writer())
        .await
        .map_err(failed("note the pictures of installed apps"))?;
        Ok(())
    }

    /// Forgets what nothing has any more.
    pub(crate) async fn sweep_pictures(&self, used: &HashSet<String>) -> Result<(), Error> {
        for (url, name) in self.pictures().await? {
            if !used.contains(&name) {
                sqlx::query("delete from pictures where url = ?")
                    .bind(url)
                    .execute(self.0.writer())
                    .await
                    .map_err(failed("forget a picture"))?;
            }
        }
        Ok(())
    }
}
