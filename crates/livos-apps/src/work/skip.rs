//! A newer version that an app's owner does not want: it is not offered, and the one after it is.

use super::Apps;
use crate::Error;
use crate::error::refused;
use crate::store::{App, FullEntry};

impl Apps {
    /// The newer version that is offered, and the one that is not because it is skipped.
    pub(crate) async fn offered(&self, app: &App) -> Result<(Option<FullEntry>, String), Error> {
        let Some(newer) = self.newer(app).await? else { return Ok((None, String::new())) };
        let skipped = self.rows.skips().await?.remove(app.id.as_str());
        Ok(match skipped {
            Some(version) if version == newer.line.version => (None, version),
            _ => (Some(newer), String::new()),
        })
    }

    /// Does not offer this version of an app any more; with `""`, whatever its store has is offered again.
    pub(crate) async fn skip(&self, app: &App, version: &str) -> Result<(), Error> {
        if !version.is_empty() {
            let newer = self.newer(app).await?;
            // Nobody skips what they have not seen.
            if newer.is_none_or(|newer| newer.line.version != version) {
                return Err(refused(
                    "conflict",
                    format!("{version} is not the newer version of {}", app.name),
                ));
            }
            if version == app.version {
                return Err(refused(
                    "conflict",
                    format!(
                        "the newer version of {} has the same name as the one it has, so it cannot be skipped; keep \
                         the app on its version instead",
                        app.name
                    ),
                ));
            }
        }
        self.rows.set_skip(&app.id, Some(version).filter(|version| !version.is_empty())).await?;
        self.app_changed(&app.id);
        Ok(())
    }
}
