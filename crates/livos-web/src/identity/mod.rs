//! Accounts and sessions: the rules of `core`, put together with the database and the clock.

mod keys;
mod people;
mod profile;
mod setup;
mod sign_in;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use livos_service::{CancellationToken, Clock};
use livos_types::{UserId, Username};

use crate::core::access_token::{AccessTokens, Refused};
use crate::core::api_keys::Keyring;
use crate::core::keys::Keys;
use crate::core::limiter::{self, Door, Limiter};
use crate::core::live::{Live, Person, Session};
use crate::core::password::{Cost, Passwords};
use crate::error::{ApiError, Error};
use crate::store::{Account, Entry, NewEntry, Store};

pub(crate) use keys::{Guest, NewKey};
pub(crate) use people::{NewPerson, PersonChange};
pub(crate) use setup::NewOwner;
pub(crate) use sign_in::{Credentials, Granted};

/// Where a request came from, for limits, the session list and the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// The address, as Caddy saw it.
    pub(crate) address: IpAddr,
    /// What the browser calls itself.
    pub(crate) agent: String,
}

impl Visitor {
    fn address_text(&self) -> String {
        self.address.to_canonical().to_string()
    }
}

/// A request's session and person.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// The session.
    pub(crate) session: Arc<Session>,
    /// The person.
    pub(crate) person: Arc<Person>,
    /// When the access token ends.
    pub(crate) access_expires_at: i64,
}

impl SignedIn {
    /// Done when the right to do what this request does has ended: the session, the account or the role it
    /// came with.
    pub(crate) fn right_ends(&self) -> impl Future<Output = ()> + Send + use<> {
        let (session, rights) = (self.session.ended.clone(), self.person.rights.clone());
        async move {
            tokio::select! {
                () = session.cancelled() => {}
                () = rights.cancelled() => {}
            }
        }
    }
}

/// What identity is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    /// The state directory.
    pub(crate) directory: PathBuf,
    /// The master secret.
    pub(crate) secret: Vec<u8>,
    /// How expensive passwords are.
    pub(crate) cost: Cost,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

/// Accounts and sessions.
#[derive(Debug)]
pub(crate) struct Identity {
    store: Store,
    keys: Keys,
    tokens: AccessTokens,
    passwords: Passwords,
    live: Live,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
    by_wrong_key: Limiter<IpAddr>,
    by_address: Limiter<IpAddr>,
    by_account: Limiter<Door>,
    by_claim: Limiter<()>,
    claim_file: PathBuf,
    /// The claim code, while nobody has claimed the server.
    claim: Mutex<Option<String>>,
    /// One renewal or change of accounts at a time: both read, decide and write.
    turn: tokio::sync::Mutex<()>,
}

impl Identity {
    /// Opens the database and fills the table of who is signed in.
    pub(crate) async fn open(parts: Parts) -> Result<Self, Error> {
        let Parts { directory, secret, cost, clock } = parts;
        let store = Store::open(&directory).await?;
        let keys = Keys::new(&secret);
        let identity = Self {
            tokens: AccessTokens::new(&keys.access),
            keys,
            passwords: Passwords::new(cost),
            live: Live::default(),
            keyring: Keyring::default(),
            by_wrong_key: Limiter::new(limiter::WRONG_KEY),
            by_address: Limiter::new(limiter::ADDRESS),
            by_account: Limiter::new(limiter::ACCOUNT),
            by_claim: Limiter::new(limiter::CLAIM),
            claim_file: directory.join("claim-code"),
            claim: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            store,
            clock,
        };
        let mut claimed = false;
        for account in identity.store.accounts().await? {
            claimed |= account.role == "owner";
            if account.failures > 0 {
                let failures = u32::try_from(account.failures).unwrap_or(u32::MAX);
                identity.by_account.restore(Door::front(&account.username), failures, account.locked_until);
            }
            identity.live.put_person(person_of(&account)?);
        }
        let now = identity.clock.now();
        for row in identity.store.live_sessions(now).await? {
            let Ok(user) = UserId::new(row.user_id.as_str()) else { continue };
            let session = Session::new(row.id, user, row.generation, row.rotated_at, row.expires_at);
            session.seen_at.store(row.seen_at, Ordering::Relaxed);
            session.arrived.store(now - row.rotated_at > sign_in::GRACE, Ordering::Relaxed);
            // Connections of apps do not end with this daemon.
            session.in_apps.store(true, Ordering::Relaxed);
            identity.live.admit(session);
        }
        identity.load_keys().await?;
        identity.prepare_claim(claimed)?;
        Ok(identity)
    }

    /// Writes what is pending and closes the database.
    pub(crate) async fn close(&self) {
        self.store.close().await;
    }

    /// The rows that other parts of the edge keep.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The keys of this server.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Who is signed in.
    pub(crate) fn live(&self) -> &Live {
        &self.live
    }

    /// The time.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Whose request this is, by its access token. Asked on every request; touches memory only.
    pub(crate) fn authenticate(&self, access_token: &str) -> Result<SignedIn, ApiError> {
        let now = self.clock.now();
        let claims = self.tokens.read(access_token, now).map_err(|refused| match refused {
            Refused::Expired => ApiError::token_expired(),
            Refused::Invalid => ApiError::unauthenticated(),
        })?;
        let (session, person) = self.live.find(&claims.sid, now).ok_or_else(ApiError::unauthenticated)?;
        if person.id.as_str() != claims.sub {
            return Err(ApiError::unauthenticated());
        }
        session.seen(claims.generation, now);
        Ok(SignedIn { session, person, access_expires_at: claims.exp })
    }

    /// The token that a page proves with that it is LivOS's own.
    pub(crate) fn csrf_token(&self, session: &str) -> String {
        self.keys.csrf.seal(&[session])
    }

    /// True when the token belongs to the session.
    pub(crate) fn csrf_holds(&self, session: &str, token: &str) -> bool {
        self.keys.csrf.opens(&[session], token)
    }

    /// Writes the audit trail. That it cannot be written is logged and stops nobody from signing out.
    pub(crate) async fn audit(
        &self,
        who: Option<&Person>,
        visitor: Option<&Visitor>,
        action: &str,
        subject: &str,
        outcome: &str,
    ) {
        let address = visitor.map(Visitor::address_text).unwrap_or_default();
        let entry = NewEntry {
            at: self.clock.now(),
            user_id: who.map_or("", |person| person.id.as_str()),
            actor: who.map_or("", |person| person.username.as_str()),
            address: &address,
            action,
            subject,
            outcome,
        };
        if let Err(error) = self.store.add_audit(&entry).await {
            tracing::error!(error = livos_service::chain(&error), action, "the audit trail was not written");
        }
    }

    /// The audit trail before an entry, newest first.
    pub(crate) async fn audit_trail(
        &self,
        before: Option<i64>,
        limit: Option<i64>,
    ) -> Result<Vec<Entry>, ApiError> {
        Ok(self.store.audit(before.unwrap_or(i64::MAX), limit.unwrap_or(100).clamp(1, 500)).await?)
    }

    /// Reads a person's row again and puts what everybody knows of them up to date.
    async fn reload(&self, id: &str) -> Result<Option<Arc<Person>>, ApiError> {
        let Some(account) = self.store.account(id).await? else { return Ok(None) };
        let person = person_of(&account).map_err(|error| ApiError::internal(&error))?;
        Ok(Some(self.live.put_person(person)))
    }

    async fn account_of(&self, person: &Person) -> Result<Account, ApiError> {
        self.store.account(person.id.as_str()).await?.ok_or_else(ApiError::unauthenticated)
    }
}

fn person_of(account: &Account) -> Result<Person, Error> {
    let damaged = || Error::Account { id: account.id.clone() };
    Ok(Person {
        id: UserId::new(account.id.as_str()).map_err(|_| damaged())?,
        username: Username::new(account.username.as_str()).map_err(|_| damaged())?,
        name: account.name.clone(),
        role: account.role.parse().map_err(|_| damaged())?,
        totp_enabled: account.totp_secret.is_some(),
        disabled: account.disabled,
        temporary_password: account.temporary,
        created_at: account.created_at,
        rights: CancellationToken::new(),
    })
}

/// What a person is called: any text of reasonable length without control characters.
fn checked_name(name: &str) -> Result<&str, ApiError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(ApiError::invalid("a name has 1 to 64 characters, all of them visible"));
    }
    Ok(name)
}

fn checked_username(username: &str) -> Result<Username, ApiError> {
    Username::new(username.trim().to_lowercase()).map_err(ApiError::invalid)
}

fn remove_file(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::ClaimCode { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
