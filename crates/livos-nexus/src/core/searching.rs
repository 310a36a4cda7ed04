//! Whether the web is read, for the house and for each person, and who searches it.

use std::sync::Arc;

use livos_bus::Actor;
use livos_bus::web::{FoundPage, SearchInfo, SearchRequest, SearchTried, WebReply};
use livos_fetch::{Network, Tls};
use livos_llm::Key;
use livos_policy::{Action, decide};
use livos_service::Clock;

use super::seal::Seal;
use super::web::search::{Engine, Hit, Kind, MOST};
use super::{Nexus, problem};
use crate::error::Error;
use crate::store::Store;
use crate::store::web::{EVERYBODY, Kept};

/// What an engine is asked when it is set up.
const TRIAL: &str = "home server";
/// What is shown of its answer.
const SHOWN: usize = 3;

/// Where engines are that are at the same place for everybody. Tests have their own.
pub(crate) type Places = fn(Kind) -> Option<&'static str>;

/// The search engine of the house.
pub(crate) struct Searching {
    store: Store,
    seal: Seal,
    network: Arc<dyn Network>,
    tls: Arc<Tls>,
    clock: Arc<dyn Clock>,
    places: Places,
}

impl std::fmt::Debug for Searching {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Searching").finish_non_exhaustive()
    }
}

impl Searching {
    pub(crate) fn new(
        store: Store,
        seal: Seal,
        network: Arc<dyn Network>,
        tls: Arc<Tls>,
        clock: Arc<dyn Clock>,
        places: Places,
    ) -> Self {
        Self { store, seal, network, tls, clock, places }
    }

    /// Tries an engine and keeps it, in place of whichever there was, if it finds something.
    async fn save(&self, request: SearchRequest) -> Result<SearchTried, Error> {
        let kind = Kind::of(&request.provider).ok_or_else(|| {
            Error::Invalid(format!(
                "{:?} is nothing that searches; it is searxng, brave or tavily",
                request.provider
            ))
        })?;
        let base_url = match (self.places)(kind) {
            Some(place) => place.to_owned(),
            None => request.base_url.trim().to_owned(),
        };
        let before = self.store.search().await?;
        let before = before.filter(|kept| kept.provider == kind.word() && kept.base_url == base_url);
        let key = match (request.key.0.trim(), before) {
            (_, _) if kind.place().is_none() => None,
            ("", Some(before)) => self.key(kind, &before)?,
            ("", None) => None,
            (given, _) => Some(Key::new(given).map_err(|error| Error::Invalid(error.to_string()))?),
        };
        let sealed = match &key {
            Some(key) => Some(self.seal.seal(key.expose(), &place(kind, &base_url))?),
            None => None,
        };
        let engine = Engine::new(kind, &base_url, key).map_err(Error::Invalid)?;
        let now = self.clock.now();
        let found =
            engine.search(&*self.network, &self.tls, TRIAL, MOST, now).await.map_err(Error::Refused)?;
        if found.is_empty() {
            let why = format!(
                "{} answers, but finds nothing for “{TRIAL}”; look whether it finds anything by itself",
                kind.label()
            );
            return Err(Error::Refused(problem::of("unreachable", why)));
        }
        let kept =
            Kept { provider: kind.word().to_owned(), base_url, sealed, checked_at: now, problem: None };
        self.store.keep_search(&kept).await?;
        let shown = |hit: Hit| FoundPage { title: hit.title, url: hit.url.into() };
        let found = found.into_iter().take(SHOWN).map(shown).collect();
        Ok(SearchTried { search: shown_as(kind, kept), query: TRIAL.to_owned(), found })
    }

    /// Who is asked. Nothing when nobody is set up.
    pub(crate) async fn kind(&self) -> Result<Option<Kind>, Error> {
        Ok(self.store.search().await?.and_then(|kept| Kind::of(&kept.provider)))
    }

    /// Searches; why not, in words for the model.
    pub(crate) async fn search(&self, query: &str, most: usize) -> Result<Vec<Hit>, String> {
        let ours = |error: &Error| {
            tracing::error!(error = livos_service::chain(error), "the web can't be searched");
            "this failed; the server's log says why".to_owned()
        };
        let kept = self.store.search().await.map_err(|error| ours(&error))?;
        let known = kept.and_then(|kept| Some((Kind::of(&kept.provider)?, kept)));
        let (kind, kept) = known.ok_or_else(|| NOBODY.to_owned())?;
        let key = match self.key(kind, &kept) {
            Ok(key) => key,
            Err(error @ Error::Sealed(_)) => return Err(error.to_string()),
            Err(error) => return Err(ours(&error)),
        };
        let engine = Engine::new(kind, &kept.base_url, key)?;
        let now = self.clock.now();
        let outcome = engine.search(&*self.network, &self.tls, query, most, now).await;
        if let Err(error) = self.store.note_search(&kept, outcome.as_ref().err(), self.clock.now()).await {
            tracing::warn!(error = livos_service::chain(&error), "how a search went was not kept");
        }
        outcome.map_err(|problem| match problem.retry_after {
            Some(seconds) => format!("{}. It may be asked again in {seconds} s", problem.message),
            None => problem.message,
        })
    }

    fn key(&self, kind: Kind, kept: &Kept) -> Result<Option<Key>, Error> {
        let Some(sealed) = &kept.sealed else { return Ok(None) };
        let opened = self.seal.open(sealed, &place(kind, &kept.base_url));
        let key = opened.and_then(|key| Key::new(&key).ok());
        key.map(Some).ok_or_else(|| Error::Sealed(kind.label().to_owned()))
    }
}

/// Why nothing is searched, and who can change that.
pub(crate) const NOBODY: &str = "no search engine is set up; whoever runs this server sets one up in Settings, AI, Web, or with livos assistant web set";

fn shown_as(kind: Kind, kept: Kept) -> SearchInfo {
    SearchInfo {
        provider: kept.provider,
        label: kind.label().to_owned(),
        base_url: kept.base_url,
        key: if kept.sealed.is_some() { "set" } else { "none" }.to_owned(),
        checked_at: kept.checked_at,
        problem: kept.problem,
    }
}

/// What a key is sealed to. No provider of models has such an id.
fn place(kind: Kind, base_url: &str) -> String {
    format!("search/{}\n{base_url}", kind.word())
}

/// What of the web is there for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfTheWeb {
    /// Nothing; why.
    Nothing(&'static str),
    /// Pages.
    Pages,
    /// Pages, and who finds them.
    Searched,
}

impl Nexus {
    /// What of the web is there for this person.
    pub(crate) async fn of_the_web(&self, actor: &Actor) -> Result<OfTheWeb, Error> {
        if !self.web.is_on() {
            return Ok(OfTheWeb::Nothing(
                "the web is not read on this server; its administrator has switched that off",
            ));
        }
        match self.store.web_off(actor.user.as_str()).await? {
            (true, _) => Ok(OfTheWeb::Nothing(
                "the web is not read on this server; those who run it have switched that off in Settings",
            )),
            (_, true) => Ok(OfTheWeb::Nothing(
                "the web is not read for this person; they have switched that off for themselves in Settings",
            )),
            _ if self.searching.kind().await?.is_some() => Ok(OfTheWeb::Searched),
            _ => Ok(OfTheWeb::Pages),
        }
    }

    /// Whether the web is read for a person, and who searches it.
    pub(crate) async fn web_shown(&self, actor: &Actor) -> Result<WebReply, Error> {
        let (house_off, own_off) = self.store.web_off(actor.user.as_str()).await?;
        let kept = self.store.search().await?;
        let kept = kept.and_then(|kept| Some(shown_as(Kind::of(&kept.provider)?, kept)));
        let runs_it = decide(actor.role, actor.username.as_str(), Action::ManageAssistant).is_allowed();
        Ok(WebReply {
            machine: self.web.is_on(),
            house: !house_off,
            own: !own_off,
            searches: kept.is_some(),
            search: kept.filter(|_| runs_it),
        })
    }

    /// Switches the web for everybody.
    pub(crate) async fn switch_web_of_all(&self, on: bool) -> Result<(), Error> {
        self.store.switch_web(EVERYBODY, on).await
    }

    /// Switches it for a person.
    pub(crate) async fn switch_own_web(&self, actor: &Actor, on: bool) -> Result<(), Error> {
        self.store.switch_web(actor.user.as_str(), on).await
    }

    /// Tries a search engine and keeps it.
    pub(crate) async fn save_search(&self, request: SearchRequest) -> Result<SearchTried, Error> {
        self.searching.save(request).await
    }

    /// Forgets it and its key.
    pub(crate) async fn remove_search(&self) -> Result<(), Error> {
        if self.store.remove_search().await? { Ok(()) } else { Err(Error::UnknownSearch) }
    }
}
