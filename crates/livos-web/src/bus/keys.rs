//! `io.livos.Web1.Keys`: everybody's keys for other programs, for whoever has the machine.

use livos_bus::{Callers, KeyInfo, KeyRequest, Result};
use zbus::interface;
use zbus::message::Header;

use super::{on_the_wire, require_administrator};
use crate::App;
use crate::identity::NewKey;

/// Keys at the command line.
#[derive(Debug)]
pub(crate) struct Keys {
    app: App,
    callers: Callers,
}

impl Keys {
    /// Answers those whom `callers` knows as the administrator.
    pub(crate) fn new(app: App, callers: Callers) -> Self {
        Self { app, callers }
    }
}

#[interface(name = "io.livos.Web1.Keys")]
impl Keys {
    async fn list(&self, #[zbus(header)] header: Header<'_>) -> Result<Vec<KeyInfo>> {
        require_administrator(&self.callers, &header).await?;
        let identity = &self.app.identity;
        let keys = identity.keyring().list(None).into_iter().filter_map(|key| {
            Some(KeyInfo {
                id: key.id.clone(),
                username: identity.live().person(&key.user)?.username.to_string(),
                name: key.name.clone(),
                acts: key.acts,
                created_at: key.created_at,
                expires_at: key.expires_at,
                used_at: key.used_at(),
            })
        });
        Ok(keys.collect())
    }

    async fn create(
        &self,
        #[zbus(header)] header: Header<'_>,
        request: KeyRequest,
    ) -> Result<(String, String)> {
        require_administrator(&self.callers, &header).await?;
        let KeyRequest { username, name, acts, days } = request;
        let made = self.app.identity.make_key_for(&username, &NewKey { name, acts, days }).await;
        let (key, token) = made.map_err(on_the_wire)?;
        self.app.events.settings(&key.user);
        Ok((key.id.clone(), token))
    }

    async fn revoke(&self, #[zbus(header)] header: Header<'_>, id: String) -> Result<()> {
        require_administrator(&self.callers, &header).await?;
        self.app.identity.revoke_any_key(&id).await.map_err(on_the_wire)
    }
}
