//! How this server is reached, as an admin chose it.

use super::{Rows, failed};
use crate::Error;
use crate::core::exposure::Chosen;

impl Rows {
    /// What was chosen.
    pub(crate) async fn exposure(&self) -> Result<Chosen, Error> {
        let row: Option<(String, String, bool)> =
            sqlx::query_as("select domain, email, always_https from exposure")
                .fetch_optional(self.0.reader())
                .await
                .map_err(failed("read how this server is reached"))?;
        Ok(row
            .map(|(domain, email, always_https)| Chosen { domain, email, always_https })
            .unwrap_or_default())
    }

    /// Chooses.
    pub(crate) async fn set_exposure(&self, chosen: &Chosen) -> Result<(), Error> {
        sqlx::query(
            "insert or replace into exposure (only_one, domain, email, always_https) values (1, ?1, ?2, ?3)",
        )
        .bind(&chosen.domain)
        .bind(&chosen.email)
        .bind(chosen.always_https)
        .execute(self.0.writer())
        .await
        .map_err(failed("write how this server is reached"))?;
        Ok(())
    }
}
