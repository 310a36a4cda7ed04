//! Updating every app: one job each, so that one that fails is no other's business.

use livos_bus::codes;
use livos_bus::documents::{UpdateSkipped, UpdateStarted, UpdatesReply};

use super::{Apps, UpdateJob};
use crate::Error;
use crate::error::refused;

impl Apps {
    /// Begins what can be begun without asking anybody, and says of the rest why not.
    pub(crate) async fn update_all(&self, started_by: &str) -> Result<UpdatesReply, Error> {
        let status = self.engine_status().await;
        if !status.usable {
            return Err(refused(codes::ENGINE_UNAVAILABLE, status.reason));
        }
        let mut reply = UpdatesReply { started: Vec::new(), skipped: Vec::new() };
        for app in self.rows.apps().await? {
            if self.offered(&app).await?.0.is_none() {
                continue;
            }
            let (id, name) = (app.id.to_string(), app.name.clone());
            match self.begin_update(&app, &UpdateJob::default(), started_by).await {
                Ok(job) => reply.started.push(UpdateStarted { id, name, job_id: job.to_string() }),
                Err(error) => {
                    let (code, reason) = error.explain();
                    reply.skipped.push(UpdateSkipped { id, name, code: code.to_owned(), reason });
                }
            }
        }
        Ok(reply)
    }
}
