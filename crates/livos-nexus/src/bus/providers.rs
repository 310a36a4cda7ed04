use livos_bus::assistant::{ProviderRequest, Tier};
use livos_bus::spending::ModelPrice;
use livos_bus::{Actor, Document, Error, Result};
use livos_policy::Action::ManageAssistant;
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer};

/// The tier of that name.
pub(super) fn tier_of(name: &str) -> Result<Tier> {
    Tier::of(name).ok_or_else(|| Error::invalid("a tier is fast, usual or best"))
}

/// Who the models come from.
#[derive(Debug)]
pub(super) struct Providers(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.Providers")]
impl Providers {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.providers.list().await)?)
    }

    async fn save(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: ProviderRequest,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        let kept = answer(&actor, self.0.nexus.providers.save(request).await)?;
        // If it makes vectors and is at another address now, it is another model.
        self.0.nexus.unembedded.notify_one();
        Document::json(&kept)
    }

    async fn remove(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.providers.remove(&id).await)
    }

    async fn set_default(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.providers.set_default(&id).await)
    }

    async fn set_tier(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        tier: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.providers.set_tier(&id, tier_of(&tier)?).await)
    }

    async fn set_price(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        price: ModelPrice,
    ) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.providers.set_price(&id, Some(&price)).await)
    }

    async fn forget_price(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.providers.set_price(&id, None).await)
    }

    async fn embeddings(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.embeddings_shown().await)?)
    }

    async fn set_embeddings(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        provider: String,
        model: String,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.set_embeddings(&provider, &model).await)?)
    }

    async fn remove_embeddings(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.remove_embeddings().await)
    }
}
