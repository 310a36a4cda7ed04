//! Who the models come from.

use std::sync::Arc;
use std::time::Duration;

use livos_bus::assistant::{
    AssistantStatus, ModelName, Problem, ProviderInfo, ProviderPreset, ProviderRequest, ProvidersReply, Tier,
    TierModel, VectorProvider,
};
use livos_bus::spending::ModelPrice;
use livos_llm::{Dialect, Endpoint, Key, Model};
use livos_service::Clock;

use super::money::{DEAREST, Price, Prices};
use super::problem;
use super::seal::Seal;
use crate::error::Error;
use crate::store::Store;
use crate::store::providers::Provider;

/// How long a provider that is tried may take; whoever waits for it gives up a little later.
const TRIED_FOR: Duration = Duration::from_secs(20);
/// So many can be set up.
const MOST: usize = 32;

/// Makes a model of an endpoint.
pub(crate) type Connect = Arc<dyn Fn(Endpoint) -> Result<Arc<dyn Model>, livos_llm::Error> + Send + Sync>;

/// The providers that are set up.
pub(crate) struct Providers {
    store: Store,
    seal: Seal,
    connect: Connect,
    clock: Arc<dyn Clock>,
    prices: Prices,
}

/// Who answers.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// The provider's id.
    pub(crate) id: String,
    pub(crate) model: Arc<dyn Model>,
    /// What it costs, if that is known.
    pub(crate) price: Option<Price>,
    /// It is that of a tier, and not the one that answers usually.
    pub(crate) special: bool,
    /// It is at home, where a model may read less than it is told and not say so.
    pub(crate) at_home: bool,
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Providers").finish_non_exhaustive()
    }
}

impl Providers {
    pub(crate) fn new(
        store: Store,
        seal: Seal,
        connect: Connect,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        Ok(Self { store, seal, connect, clock, prices: Prices::known()? })
    }

    /// Whether there is one to answer.
    pub(crate) async fn status(&self) -> Result<AssistantStatus, Error> {
        let all = self.store.providers().await?;
        let default = all.iter().find(|provider| provider.default).cloned();
        let model = default.map(|provider| ModelName { provider: provider.id, model: provider.model });
        let state = if model.is_some() { "ready" } else { "no_provider" };
        let special = all.into_iter().filter(|provider| !provider.tier.is_usual());
        let tiers =
            special.map(|Provider { id: provider, tier, model, .. }| TierModel { tier, provider, model });
        Ok(AssistantStatus { state: state.to_owned(), model, tiers: tiers.collect() })
    }

    /// All of them, without their keys.
    pub(crate) async fn list(&self) -> Result<ProvidersReply, Error> {
        let providers = self.store.providers().await?.into_iter().map(|one| self.shown(one)).collect();
        Ok(ProvidersReply { providers, presets: presets() })
    }

    /// Tries a provider and keeps it if it answers.
    pub(crate) async fn save(&self, request: ProviderRequest) -> Result<ProviderInfo, Error> {
        check(&request)?;
        let all = self.store.providers().await?;
        let before = all.iter().find(|provider| provider.id == request.id);
        if before.is_none() && all.len() >= MOST {
            return Err(Error::Invalid(format!("{MOST} providers are enough; remove one first")));
        }
        let invalid = |error: livos_llm::Error| Error::Invalid(error.to_string());
        let key = match (request.key.0.trim(), before) {
            ("", Some(before)) if before.sealed.is_some() && before.base_url != request.base_url => {
                // Whoever can change the address must not thereby learn the key.
                return Err(Error::Invalid(
                    "the address is another one; enter the key again for it".to_owned(),
                ));
            }
            ("", Some(before)) => self.key(before)?,
            ("", None) => None,
            (given, _) => Some(Key::new(given).map_err(invalid)?),
        };
        let sealed = match &key {
            Some(key) => Some(self.seal.seal(key.expose(), &place(&request.id, &request.base_url))?),
            None => None,
        };
        let provider = Provider {
            id: request.id,
            dialect: request.dialect,
            label: request.label.trim().to_owned(),
            base_url: request.base_url,
            model: request.model,
            sealed,
            default: false,
            tier: Tier::Usual,
            checked_at: Some(self.clock.now()),
            problem: None,
            price: None,
        };
        let model = self.reach(&provider, key)?;
        match tokio::time::timeout(TRIED_FOR, livos_llm::check(&*model)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Error::Refused(problem::of_model(&error))),
            Err(_) => {
                let message =
                    format!("{} did not answer within {} s", provider.base_url, TRIED_FOR.as_secs());
                return Err(Error::Refused(problem::of("unreachable", message)));
            }
        }
        self.store.keep_provider(&provider).await?;
        let kept = self.store.providers().await?.into_iter().find(|kept| kept.id == provider.id);
        kept.map(|kept| self.shown(kept)).ok_or(Error::UnknownProvider(provider.id))
    }

    /// Forgets one and its key.
    pub(crate) async fn remove(&self, id: &str) -> Result<(), Error> {
        if self.store.remove_provider(id).await? {
            Ok(())
        } else {
            Err(Error::UnknownProvider(id.to_owned()))
        }
    }

    /// Makes one the one that answers.
    pub(crate) async fn set_default(&self, id: &str) -> Result<(), Error> {
        if self.store.set_default_provider(id).await? {
            Ok(())
        } else {
            Err(Error::UnknownProvider(id.to_owned()))
        }
    }

    /// Makes one the one that answers for a tier, and no other.
    pub(crate) async fn set_tier(&self, id: &str, tier: Tier) -> Result<(), Error> {
        if self.store.set_provider_tier(id, tier).await? {
            Ok(())
        } else {
            Err(Error::UnknownProvider(id.to_owned()))
        }
    }

    /// Keeps what its model costs, or forgets it: then the price list is asked again.
    pub(crate) async fn set_price(&self, id: &str, price: Option<&ModelPrice>) -> Result<(), Error> {
        if let Some(price) = price {
            let all = [price.input, price.output, price.cached, price.cache_written];
            if all.iter().any(|one| *one > DEAREST) {
                return Err(Error::Invalid(
                    "no model costs more than ten thousand dollars a million tokens".to_owned(),
                ));
            }
        }
        if self.store.set_price(id, price).await? {
            Ok(())
        } else {
            Err(Error::UnknownProvider(id.to_owned()))
        }
    }

    /// The model that answers: that of the tier, or the usual one where there is none. `None` when there is none at all.
    pub(crate) async fn model(&self, tier: Tier) -> Result<Option<Chosen>, Error> {
        let all = self.store.providers().await?;
        let special = all.iter().find(|provider| !tier.is_usual() && provider.tier == tier);
        let found = special.or_else(|| all.iter().find(|provider| provider.default)).cloned();
        let Some(provider) = found else { return Ok(None) };
        let special = !provider.default && all.iter().any(|provider| provider.default);
        let key = self.key(&provider)?;
        let model = self.reach(&provider, key)?;
        let price = self.price(&provider);
        // Without TLS no other place is spoken to.
        let at_home = provider.base_url.starts_with("http://");
        Ok(Some(Chosen { id: provider.id, model, price, special, at_home }))
    }

    /// How it went with a provider. Only its own faults are kept, not a conversation's.
    pub(crate) async fn note(&self, id: &str, problem: Option<&Problem>) {
        let kept = |problem: &&Problem| {
            matches!(problem.code.as_str(), "key_refused" | "unreachable" | "model_missing" | "window")
        };
        let problem = problem.filter(kept);
        if let Err(error) = self.store.note_provider(id, problem, self.clock.now()).await {
            tracing::warn!(
                provider = id,
                error = livos_service::chain(&error),
                "a provider's state was not kept"
            );
        }
    }

    fn price(&self, provider: &Provider) -> Option<Price> {
        let listed = || self.prices.of(&provider.base_url, &provider.model).cloned();
        provider.price.map(Price::entered).or_else(listed)
    }

    fn shown(&self, provider: Provider) -> ProviderInfo {
        ProviderInfo {
            price: self.price(&provider).map(|price| price.known),
            id: provider.id,
            dialect: provider.dialect,
            label: provider.label,
            base_url: provider.base_url,
            model: provider.model,
            key: if provider.sealed.is_some() { "set" } else { "none" }.to_owned(),
            default: provider.default,
            tier: provider.tier,
            checked_at: provider.checked_at,
            problem: provider.problem,
        }
    }

    fn key(&self, provider: &Provider) -> Result<Option<Key>, Error> {
        let Some(sealed) = &provider.sealed else { return Ok(None) };
        let opened = self.seal.open(sealed, &place(&provider.id, &provider.base_url));
        let key = opened.and_then(|key| Key::new(&key).ok());
        key.map(Some).ok_or_else(|| Error::Sealed(provider.label.clone()))
    }

    /// Another model at a provider that is set up, with its key.
    pub(crate) async fn endpoint(&self, id: &str, model: &str) -> Result<Endpoint, Error> {
        let provider = Provider { model: model.to_owned(), ..self.of(id).await? };
        let key = self.key(&provider)?;
        endpoint(&provider, key)
    }

    /// Where a provider is.
    pub(crate) async fn address(&self, id: &str) -> Result<String, Error> {
        Ok(self.of(id).await?.base_url)
    }

    /// Those that can make vectors.
    pub(crate) async fn with_vectors(&self) -> Result<Vec<VectorProvider>, Error> {
        let all = self.store.providers().await?.into_iter();
        let able = all.filter(|one| dialect(&one.dialect).is_ok_and(livos_llm::makes_vectors));
        let shown = |one: Provider| VectorProvider { id: one.id, label: one.label, base_url: one.base_url };
        Ok(able.map(shown).collect())
    }

    async fn of(&self, id: &str) -> Result<Provider, Error> {
        let found = self.store.providers().await?.into_iter().find(|one| one.id == id);
        found.ok_or_else(|| Error::UnknownProvider(id.to_owned()))
    }

    fn reach(&self, provider: &Provider, key: Option<Key>) -> Result<Arc<dyn Model>, Error> {
        let endpoint = endpoint(provider, key)?;
        (self.connect)(endpoint).map_err(|error| Error::Invalid(error.to_string()))
    }
}

fn endpoint(provider: &Provider, key: Option<Key>) -> Result<Endpoint, Error> {
    Ok(Endpoint {
        name: provider.label.clone(),
        dialect: dialect(&provider.dialect)?,
        base_url: provider.base_url.clone(),
        model: provider.model.clone(),
        key,
    })
}

/// What a key is sealed to.
fn place(id: &str, base_url: &str) -> String {
    format!("{id}\n{base_url}")
}

fn dialect(word: &str) -> Result<Dialect, Error> {
    match word {
        "anthropic" => Ok(Dialect::Anthropic),
        "chat_completions" => Ok(Dialect::ChatCompletions),
        "responses" => Ok(Dialect::Responses),
        "gemini" => Ok(Dialect::Gemini),
        other => Err(Error::Invalid(format!(
            "{other:?} is no dialect; it is anthropic, chat_completions, responses or gemini"
        ))),
    }
}

fn check(request: &ProviderRequest) -> Result<(), Error> {
    let invalid = |text: &str| Err(Error::Invalid(text.to_owned()));
    let id = &request.id;
    if !(1..=40).contains(&id.len())
        || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        return invalid("a provider's id has 1 to 40 small letters, digits and dashes");
    }
    if id == super::embeddings::THIS_SERVER {
        return invalid("that name stands for this server itself; take another");
    }
    if request.label.trim().is_empty() || request.label.len() > 100 {
        return invalid("give the provider a name of at most 100 letters");
    }
    if request.model.trim().is_empty() || request.model.len() > 200 {
        return invalid("name the model to use");
    }
    if request.base_url.len() > 500 {
        return invalid("the address is too long");
    }
    if [&request.label, &request.model, &request.base_url]
        .iter()
        .any(|text| text.chars().any(char::is_control))
    {
        return invalid("names and addresses have no control characters");
    }
    dialect(&request.dialect).map(drop)
}

/// To begin with. Models come and go; any other can be typed.
fn presets() -> Vec<ProviderPreset> {
    let preset =
        |id: &str, label: &str, dialect: &str, base_url: &str, models: &[&str], needs_key| ProviderPreset {
            id: id.to_owned(),
            label: label.to_owned(),
            dialect: dialect.to_owned(),
            base_url: base_url.to_owned(),
            models: models.iter().map(|model| (*model).to_owned()).collect(),
            needs_key,
        };
    let anthropic = &["claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1"];
    let gemini = "https://generativelanguage.googleapis.com/v1beta";
    vec![
        preset("anthropic", "Anthropic", "anthropic", "https://api.anthropic.com", anthropic, true),
        preset("openai", "OpenAI", "responses", "https://api.openai.com/v1", &["gpt-5", "gpt-5-mini"], true),
        preset("gemini", "Google Gemini", "gemini", gemini, &["gemini-2.5-pro", "gemini-2.5-flash"], true),
        preset(
            "ollama",
            "Ollama",
            "chat_completions",
            "http://127.0.0.1:11434/v1",
            &["qwen3", "llama3.1"],
            false,
        ),
        preset("other", "Other", "chat_completions", "", &[], true),
    ]
}
