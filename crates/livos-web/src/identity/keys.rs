//! Keys that people give to other programs.

use std::sync::Arc;

use livos_types::UserId;

use crate::core::api_keys::{self, ApiKey, Keyring, Parts, Place};
use crate::core::limiter;
use crate::core::live::Person;
use crate::error::{ApiError, Error};
use crate::store::KeyRow;

use super::{Identity, SignedIn, Visitor, checked_name};

/// Keys a person may have.
const MOST: usize = 20;
/// The longest time for which one may be made, in days.
const LONGEST: u32 = 3660;

/// A key to be made.
#[derive(Debug)]
pub(crate) struct NewKey {
    /// What its person calls it.
    pub(crate) name: String,
    /// It may do more than look.
    pub(crate) acts: bool,
    /// For how many days; 0 until it is revoked.
    pub(crate) days: u32,
}

/// A program that came with a key, and the person it acts for, as they are now.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    /// The key.
    pub(crate) key: Arc<ApiKey>,
    /// The person.
    pub(crate) person: Arc<Person>,
    /// Counts as long as the call goes on.
    _place: Arc<Place>,
}

impl Guest {
    /// Done when the right to do what this call does has ended: the key, the account or the role it came with.
    pub(crate) fn right_ends(&self) -> impl Future<Output = ()> + Send + use<> {
        let (key, rights) = (self.key.ended.clone(), self.person.rights.clone());
        async move {
            tokio::select! {
                () = key.cancelled() => {}
                () = rights.cancelled() => {}
            }
        }
    }
}

fn parts_of(row: &KeyRow, user: UserId) -> Parts {
    Parts {
        id: row.id.clone(),
        user,
        name: row.name.clone(),
        acts: row.acts,
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_at: row.used_at,
        tainted_at: row.tainted_at,
    }
}

impl Identity {
    /// Fills the table of keys.
    pub(super) async fn load_keys(&self) -> Result<(), Error> {
        for row in self.store.keys().await? {
            let user = UserId::new(row.user_id.as_str());
            let user = user.map_err(|_| Error::Account { id: row.user_id.clone() })?;
            self.keyring.put(row.hash.clone(), parts_of(&row, user));
        }
        Ok(())
    }

    /// Every key.
    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    fn find_key(&self, token: &str) -> Option<(Arc<ApiKey>, Arc<Person>)> {
        if !api_keys::could_be(token) {
            return None;
        }
        let key = self.keyring.find(&self.keys.program.seal(&[token]), self.now())?;
        let person = self.live.person(&key.user).filter(|person| !person.disabled)?;
        Some((key, person))
    }

    /// Whether this is a key that is good. Touches memory only.
    pub(crate) fn knows_key(&self, token: &str) -> bool {
        self.find_key(token).is_some()
    }

    /// Lets a program in.
    pub(crate) async fn admit_key(&self, token: &str, visitor: &Visitor) -> Result<Guest, ApiError> {
        let now = self.now();
        let Some((key, person)) = self.find_key(token) else {
            let network = limiter::network_of(visitor.address);
            let standing = self.by_wrong_key.attempt(network, now).map_err(ApiError::rate_limited)?;
            if standing.failures == 1 {
                self.audit(None, Some(visitor), "key.refused", "", "unauthenticated").await;
            }
            return Err(ApiError::bad_key());
        };
        let place = self.keyring.enter(&key, now).map_err(ApiError::rate_limited)?;
        if key.note_use(now) {
            self.note_key(&key).await;
        }
        Ok(Guest { key, person, _place: Arc::new(place) })
    }

    /// That it can't be written down when a key was used is logged, and keeps nobody from using it.
    async fn note_key(&self, key: &ApiKey) {
        if let Err(error) = self.store.note_key(&key.id, key.used_at(), key.tainted_at()).await {
            tracing::error!(error = livos_service::chain(&error), "the use of a key was not noted");
        }
    }

    /// Notes that what a stranger may have written is being read with a key. Nobody is told of it before.
    pub(crate) async fn taint_key(&self, key: &ApiKey) -> Result<(), ApiError> {
        key.taint(self.now());
        Ok(self.store.note_key(&key.id, key.used_at(), key.tainted_at()).await?)
    }

    /// Makes a key for oneself; answers it, and the only time that anybody sees it.
    pub(crate) async fn make_key(
        &self,
        signed_in: &SignedIn,
        new: &NewKey,
        password: &str,
        visitor: &Visitor,
    ) -> Result<(Arc<ApiKey>, String), ApiError> {
        self.confirm_password(signed_in, password).await?;
        let made = self.add_key(&signed_in.person.id, new).await?;
        self.audit(Some(&signed_in.person), Some(visitor), "key.create", &described(&made.0), "ok").await;
        Ok(made)
    }

    /// The same for whoever has the machine, for anybody.
    pub(crate) async fn make_key_for(
        &self,
        username: &str,
        new: &NewKey,
    ) -> Result<(Arc<ApiKey>, String), ApiError> {
        let person = self.person_named(username)?;
        let made = self.add_key(&person.id, new).await?;
        let subject = format!("{} for {username}", described(&made.0));
        self.audit(None, None, "key.create", &subject, "ok").await;
        Ok(made)
    }

    async fn add_key(&self, user: &UserId, new: &NewKey) -> Result<(Arc<ApiKey>, String), ApiError> {
        let name = checked_name(&new.name)?.to_owned();
        if new.days > LONGEST {
            return Err(ApiError::invalid(format!(
                "a key is for at most {LONGEST} days, or until it is revoked"
            )));
        }
        let token = api_keys::generate();
        let now = self.now();
        // Whoever is switched off in this moment has no key afterwards, either.
        let _turn = self.turn.lock().await;
        let person = self.live.person(user).filter(|person| !person.disabled);
        let person = person.ok_or_else(|| ApiError::conflict("this account is switched off"))?;
        if self.keyring.list(Some(&person.id)).len() >= MOST {
            return Err(ApiError::conflict(format!("there are {MOST} keys already; revoke one first")));
        }
        let row = KeyRow {
            id: uuid::Uuid::new_v4().simple().to_string(),
            user_id: person.id.to_string(),
            name,
            hash: self.keys.program.seal(&[&token]),
            acts: new.acts,
            created_at: now,
            expires_at: if new.days == 0 { 0 } else { now.saturating_add(i64::from(new.days) * 86_400) },
            used_at: 0,
            tainted_at: 0,
        };
        self.store.add_key(&row).await?;
        let key = self.keyring.put(row.hash.clone(), parts_of(&row, person.id.clone()));
        Ok((key, token))
    }

    /// Ends one of a person's own keys.
    pub(crate) async fn revoke_key(
        &self,
        signed_in: &SignedIn,
        id: &str,
        visitor: &Visitor,
    ) -> Result<(), ApiError> {
        let own = self.keyring.list(Some(&signed_in.person.id));
        let key = own.into_iter().find(|key| key.id == id).ok_or_else(no_key)?;
        self.end_key(&key).await?;
        self.audit(Some(&signed_in.person), Some(visitor), "key.revoke", &described(&key), "ok").await;
        Ok(())
    }

    /// Ends anybody's, for whoever has the machine.
    pub(crate) async fn revoke_any_key(&self, id: &str) -> Result<(), ApiError> {
        let key = self.keyring.list(None).into_iter().find(|key| key.id == id).ok_or_else(no_key)?;
        self.end_key(&key).await?;
        self.audit(None, None, "key.revoke", &described(&key), "ok").await;
        Ok(())
    }

    async fn end_key(&self, key: &ApiKey) -> Result<(), ApiError> {
        self.store.remove_key(&key.id).await?;
        self.keyring.end(&key.id);
        Ok(())
    }

    /// Ends all keys of a person.
    pub(super) async fn end_keys_of(&self, user: &UserId) -> Result<(), ApiError> {
        self.store.remove_keys_of(user.as_str()).await?;
        self.keyring.end_all(user);
        Ok(())
    }
}

fn no_key() -> ApiError {
    ApiError::not_found("there is no such key; it may have been revoked already")
}

/// A key in the audit trail.
fn described(key: &ApiKey) -> String {
    format!("{} ({})", key.name, if key.acts { "reads and acts" } else { "reads" })
}
