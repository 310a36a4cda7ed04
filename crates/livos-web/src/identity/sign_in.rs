//! Signing in, renewing, signing out.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::core::keys::random_token;
use crate::core::limiter::{self, Door, Standing};
use crate::core::live::{Person, Session};
use crate::core::{recovery, totp};
use crate::error::ApiError;
use crate::store::{Account, NewSession, SessionRow};

use super::{Identity, SignedIn, Visitor};

/// Seconds a session lasts after it was last renewed.
pub(crate) const LIFETIME: i64 = 30 * 86_400;
/// Seconds in which the refresh token before the newest is still answered: two tabs may renew at once, and
/// an answer may be lost on its way.
pub(super) const GRACE: i64 = 60;
/// Sessions a person may have; the one seen longest ago makes room.
const SESSIONS: usize = 50;

/// What somebody signs in with.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// As typed.
    pub(crate) username: String,
    /// As typed.
    pub(crate) password: String,
    /// A code of the authenticator app or a recovery code, as typed.
    pub(crate) totp: Option<String>,
    /// What the browser was given when somebody last signed in with it.
    pub(crate) device: Option<String>,
}

/// What a sign-in or renewal hands out.
#[derive(Debug)]
pub(crate) struct Granted {
    /// The session and the person.
    pub(crate) signed_in: SignedIn,
    /// For the access cookie.
    pub(crate) access_token: String,
    /// For the refresh cookie.
    pub(crate) refresh_token: String,
    /// For the device cookie, after a sign-in.
    pub(crate) device: Option<String>,
}

impl Identity {
    /// Checks who it is and begins a session.
    pub(crate) async fn sign_in(
        &self,
        credentials: &Credentials,
        visitor: &Visitor,
    ) -> Result<Granted, ApiError> {
        let now = self.now();
        let network = limiter::network_of(visitor.address);
        // Only as much as a user name may have: what is typed here is remembered.
        let username: String = credentials.username.trim().to_lowercase().chars().take(64).collect();
        self.by_address.attempt(network, now).map_err(ApiError::rate_limited)?;
        let door = self.door(&username, credentials.device.as_deref()).await?;
        let standing = self.by_account.attempt(door.clone(), now).map_err(|wait| {
            self.by_address.refund(&network);
            ApiError::rate_limited(wait)
        })?;
        // The rest in one place, so that every way out settles with both limiters.
        match self.check_credentials(&username, credentials, now).await {
            Ok(account) => {
                self.by_account.forgive(&door);
                self.by_address.refund(&network);
                let person = self.reload(&account.id).await?.ok_or_else(ApiError::bad_credentials)?;
                let _turn = self.turn.lock().await;
                self.still_so(&account).await?;
                let known = credentials.device.clone().filter(|_| !door.is_front());
                let granted = self.begin_session(&person, known, visitor).await?;
                self.audit(Some(&person), Some(visitor), "session.begin", "", "ok").await;
                Ok(granted)
            }
            Err(error) => {
                if error.code == "bad_credentials" {
                    self.note_failure(&username, &door, standing, visitor).await?;
                } else {
                    self.by_account.refund(&door);
                    self.by_address.refund(&network);
                }
                Err(error)
            }
        }
    }

    /// Through which door somebody comes: a device that has signed in to this account before has its own.
    async fn door(&self, username: &str, device: Option<&str>) -> Result<Door, ApiError> {
        // Ours are 43 characters; nothing else is worth a look.
        if let Some(token) = device.filter(|token| token.len() <= 64) {
            let hash = self.keys.device.seal(&[token]);
            if self.store.is_device_of(username, &hash).await? {
                return Ok(Door::own(username, &hash));
            }
        }
        Ok(Door::front(username))
    }

    async fn check_credentials(
        &self,
        username: &str,
        typed: &Credentials,
        now: i64,
    ) -> Result<Account, ApiError> {
        if typed.password.len() > 1024 {
            return Err(ApiError::bad_credentials());
        }
        let account = self.store.account_named(username).await?;
        let hash = account.as_ref().map(|account| account.password_hash.as_str());
        let right = self.passwords.verify(&typed.password, hash).await?;
        let account = account.filter(|_| right).ok_or_else(ApiError::bad_credentials)?;
        if account.disabled {
            return Err(ApiError::denied("this account is switched off; ask who runs this server")
                .with_code("disabled"));
        }
        if let Some(secret) = &account.totp_secret {
            let code = typed.totp.as_deref().map(str::trim).filter(|code| !code.is_empty());
            let code = code.ok_or_else(ApiError::totp_required)?;
            if !self.second_factor(&account, secret, code, now).await? {
                return Err(ApiError::bad_credentials());
            }
        }
        Ok(account)
    }

    /// Checking a password takes a while; what it was checked against may have changed meanwhile.
    async fn still_so(&self, checked: &Account) -> Result<(), ApiError> {
        let now = self.store.account_named(&checked.username).await?;
        let same = now.is_some_and(|now| {
            now.id == checked.id
                && now.password_hash == checked.password_hash
                && now.totp_secret == checked.totp_secret
                && !now.disabled
        });
        if same { Ok(()) } else { Err(ApiError::bad_credentials()) }
    }

    async fn second_factor(
        &self,
        account: &Account,
        secret: &str,
        code: &str,
        now: i64,
    ) -> Result<bool, ApiError> {
        if let Some(step) = totp::check(secret, code, now, account.totp_step) {
            // The database decides between two that come at once.
            return Ok(self.store.use_totp_step(&account.id, step).await?);
        }
        let hash = recovery::hash(&self.keys.recovery, &account.id, code);
        Ok(self.store.use_recovery(&account.id, &hash).await?)
    }

    async fn note_failure(
        &self,
        username: &str,
        door: &Door,
        standing: Standing,
        visitor: &Visitor,
    ) -> Result<(), ApiError> {
        let account = self.store.account_named(username).await?;
        if let Some(account) = &account
            && standing.until > 0
            && door.is_front()
        {
            self.store.set_standing(&account.id, standing.failures, standing.until).await?;
        }
        // A name that nobody has may be a password typed in the wrong field.
        let subject = if account.is_some() { username } else { "" };
        self.audit(None, Some(visitor), "session.begin", subject, "bad_credentials").await;
        Ok(())
    }

    /// Begins a session for a person who has proved who they are; the device they have done it with is known
    /// from now on.
    pub(super) async fn begin_session(
        &self,
        person: &Arc<Person>,
        device: Option<String>,
        visitor: &Visitor,
    ) -> Result<Granted, ApiError> {
        let now = self.now();
        let id = uuid::Uuid::new_v4().simple().to_string();
        let seed = random_token();
        let agent: String = visitor.agent.chars().filter(|c| !c.is_control()).take(256).collect();
        let expires_at = now + LIFETIME;
        self.store
            .add_session(&NewSession {
                id: &id,
                user_id: person.id.as_str(),
                seed: &seed,
                now,
                expires_at,
                address: &visitor.address_text(),
                agent: &agent,
            })
            .await?;
        let session = self.live.admit(Session::new(id, person.id.clone(), 0, now, expires_at));
        let mut others = self.store.sessions_of(person.id.as_str()).await?;
        others.sort_by_key(|row| std::cmp::Reverse(row.seen_at));
        for row in others.iter().filter(|row| row.id != session.id).skip(SESSIONS - 1) {
            self.end_session(&row.id).await?;
        }
        let device = device.unwrap_or_else(random_token);
        self.store.keep_device(person.id.as_str(), &self.keys.device.seal(&[&device]), now).await?;
        let granted = self.grant(session, Arc::clone(person), &seed)?;
        Ok(Granted { device: Some(device), ..granted })
    }

    fn grant(&self, session: Arc<Session>, person: Arc<Person>, seed: &str) -> Result<Granted, ApiError> {
        let generation = session.generation.load(Ordering::Relaxed);
        let issued = self.tokens.issue(person.id.as_str(), &session.id, generation, self.now());
        let (access_token, access_expires_at) = issued
            .ok_or_else(|| ApiError::internal(&std::io::Error::other("an access token was not written")))?;
        let refresh_token =
            format!("{}.{generation}.{}", session.id, self.refresh_seal(&session.id, seed, generation));
        Ok(Granted {
            signed_in: SignedIn { session, person, access_expires_at },
            access_token,
            refresh_token,
            device: None,
        })
    }

    fn refresh_seal(&self, session: &str, seed: &str, generation: i64) -> String {
        self.keys.refresh.seal(&[session, seed, &generation.to_string()])
    }

    /// Renews a session. An old refresh token that comes back means that two hold what one should: the
    /// session ends for both.
    pub(crate) async fn refresh(&self, token: &str, visitor: &Visitor) -> Result<Granted, ApiError> {
        let _turn = self.turn.lock().await;
        let now = self.now();
        let (row, generation) =
            self.read_refresh_token(token).await?.ok_or_else(ApiError::unauthenticated)?;
        let (session, person) = self.live.find(&row.id, now).ok_or_else(ApiError::unauthenticated)?;
        let newest = session.generation.load(Ordering::Relaxed);
        // A power cut may have taken our note of a token that we did hand out, so a newer one is as good.
        if generation >= newest {
            let expires_at = now + LIFETIME;
            self.store.rotate_session(&session.id, generation + 1, now, expires_at).await?;
            session.generation.store(generation + 1, Ordering::Relaxed);
            session.rotated_at.store(now, Ordering::Relaxed);
            session.expires_at.store(expires_at, Ordering::Relaxed);
            session.seen_at.store(now, Ordering::Relaxed);
            session.arrived.store(false, Ordering::Relaxed);
            return self.grant(session, person, &row.seed);
        }
        let rotated = session.rotated_at.load(Ordering::Relaxed);
        let arrived = session.arrived.load(Ordering::Relaxed);
        if generation + 1 == newest && (now - rotated <= GRACE || !arrived) {
            // The same answer again, not another token: whoever asks twice still holds one.
            return self.grant(session, person, &row.seed);
        }
        self.end_session(&session.id).await?;
        self.audit(Some(&person), Some(visitor), "session.refresh", &session.id, "reused_token").await;
        Err(ApiError::unauthenticated())
    }

    async fn read_refresh_token(&self, token: &str) -> Result<Option<(SessionRow, i64)>, ApiError> {
        let mut parts = token.splitn(3, '.');
        let (Some(id), Some(generation), Some(seal)) = (parts.next(), parts.next(), parts.next()) else {
            return Ok(None);
        };
        let Some(generation) = generation.parse::<i64>().ok().filter(|generation| *generation >= 0) else {
            return Ok(None);
        };
        let Some(row) = self.store.session(id).await? else { return Ok(None) };
        let ours = self.keys.refresh.opens(&[id, &row.seed, &generation.to_string()], seal);
        Ok(ours.then_some((row, generation)))
    }

    /// Signs out.
    pub(crate) async fn sign_out(&self, signed_in: &SignedIn, visitor: &Visitor) -> Result<(), ApiError> {
        self.end_session(&signed_in.session.id).await?;
        self.audit(Some(&signed_in.person), Some(visitor), "session.end", "", "ok").await;
        Ok(())
    }

    /// Ends a session now, everywhere.
    pub(super) async fn end_session(&self, id: &str) -> Result<bool, ApiError> {
        self.live.end(id);
        Ok(self.store.remove_session(id).await?)
    }
}
