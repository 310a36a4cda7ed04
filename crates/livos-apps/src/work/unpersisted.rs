//! The guard over what an app wrote into its containers' own layers: before they are made anew, the owner is told what
//! goes with them, and agrees.

use livos_bus::{codes, documents};
use livos_docker::EngineError;

use super::Apps;
use crate::Error;
use crate::core::blueprint::container_name;
use crate::core::unpersisted::{self, MEASURED};
use crate::error::{engine, refused};
use crate::store::App;

impl Apps {
    /// What is lost when an app's containers are made anew: one line a container, with what stands for agreeing to it.
    pub(super) async fn unpersisted(&self, app: &App) -> Result<Vec<documents::Permission>, Error> {
        let mut losses = Vec::new();
        for service in &app.spec.services {
            let name = container_name(&app.id, &service.name);
            match self.loss_of(&service.name, &name).await {
                Ok(loss) => losses.extend(loss),
                // It went, and what it held with it.
                Err(EngineError::NotFound { .. }) => {}
                Err(error) => return Err(engine(format!("cannot see what {name} wrote into itself"))(error)),
            }
        }
        Ok(losses)
    }

    async fn loss_of(&self, service: &str, name: &str) -> Result<Option<documents::Permission>, EngineError> {
        let docker = &self.ports.engine;
        let Some(info) = docker.inspect_container(name).await? else { return Ok(None) };
        let changed = docker.changed_paths(name).await?;
        let mounted: Vec<&str> = info.mounts.iter().map(|mount| mount.target.as_str()).collect();
        let candidates = unpersisted::candidates(&changed, &mounted);
        let mut files = Vec::new();
        for path in candidates.iter().take(MEASURED) {
            if let Some(bytes) = docker.file_bytes(name, path).await? {
                files.push(((*path).to_owned(), bytes));
            }
        }
        Ok(unpersisted::loss(service, &files, candidates.len() > MEASURED))
    }

    /// Refuses to lose what nobody agreed to lose.
    pub(super) async fn refuse_loss(&self, app: &App, accepted: &[String]) -> Result<(), Error> {
        let open: Vec<String> = self
            .unpersisted(app)
            .await?
            .into_iter()
            .filter(|loss| !accepted.contains(&loss.code))
            .map(|loss| loss.text)
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        Err(refused(
            codes::CONSENT_NEEDED,
            format!("{} would lose data, and nobody agreed to that: {}", app.name, open.join("; ")),
        ))
    }
}
