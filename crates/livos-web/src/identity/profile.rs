//! What a person changes about themselves.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Map, Value};

use crate::core::limiter::Door;
use crate::core::live::Person;
use crate::core::{merge, password, recovery, totp};
use crate::error::ApiError;

use super::{Identity, SignedIn, Visitor, checked_name};

/// A line of the session list.
#[derive(Debug)]
pub(crate) struct SessionEntry {
    pub(crate) id: String,
    pub(crate) current: bool,
    pub(crate) created_at: i64,
    pub(crate) last_seen_at: i64,
    pub(crate) address: String,
    pub(crate) agent: String,
}

impl Identity {
    /// A person's own sessions, newest first.
    pub(crate) async fn sessions(&self, signed_in: &SignedIn) -> Result<Vec<SessionEntry>, ApiError> {
        let rows = self.store.sessions_of(signed_in.person.id.as_str()).await?;
        let entries = rows.into_iter().filter_map(|row| {
            let live = self.live.session(&row.id)?;
            Some(SessionEntry {
                current: row.id == signed_in.session.id,
                created_at: row.created_at,
                last_seen_at: live.seen_at.load(Ordering::Relaxed),
                address: row.address,
                agent: row.agent,
                id: row.id,
            })
        });
        Ok(entries.collect())
    }

    /// Ends one of a person's own sessions.
    pub(crate) async fn revoke(
        &self,
        signed_in: &SignedIn,
        id: &str,
        visitor: &Visitor,
    ) -> Result<(), ApiError> {
        let own = self.live.session(id).is_some_and(|session| session.user == signed_in.person.id);
        if !own {
            return Err(ApiError::not_found("there is no such session; it may have ended already"));
        }
        self.end_session(id).await?;
        self.audit(Some(&signed_in.person), Some(visitor), "session.revoke", id, "ok").await;
        Ok(())
    }

    /// Changes what the person is called.
    pub(crate) async fn rename_self(&self, person: &Person, name: &str) -> Result<Arc<Person>, ApiError> {
        let name = checked_name(name)?;
        let _turn = self.turn.lock().await;
        let account = self.account_of(person).await?;
        self.store.update_account(&account.id, name, &account.role, account.disabled).await?;
        self.reload(&account.id).await?.ok_or_else(ApiError::unauthenticated)
    }

    /// Asks for the password again before something that matters. Failures count like failed sign-ins.
    pub(super) async fn confirm_password(&self, signed_in: &SignedIn, typed: &str) -> Result<(), ApiError> {
        let person = &signed_in.person;
        let key = Door::own(person.username.as_str(), &signed_in.session.id);
        self.by_account.attempt(key.clone(), self.now()).map_err(ApiError::rate_limited)?;
        let account = self.account_of(person).await?;
        let right = typed.len() <= 1024 && self.passwords.verify(typed, Some(&account.password_hash)).await?;
        if !right {
            return Err(ApiError::denied("the password is wrong").with_code("wrong_password"));
        }
        self.by_account.forgive(&key);
        Ok(())
    }

    /// Changes the password. All other sessions end.
    pub(crate) async fn change_password(
        &self,
        signed_in: &SignedIn,
        current: &str,
        new: &str,
        visitor: &Visitor,
    ) -> Result<(), ApiError> {
        let person = &signed_in.person;
        self.confirm_password(signed_in, current).await?;
        password::check_new(new, person.username.as_str()).map_err(ApiError::invalid)?;
        let hash = self.passwords.hash(new).await?;
        // A sign-in that is under way with the old password must not slip in between.
        let _turn = self.turn.lock().await;
        self.store.set_password(person.id.as_str(), &hash, false).await?;
        self.store.remove_sessions_of(person.id.as_str(), &signed_in.session.id).await?;
        self.live.end_all(&person.id, Some(&signed_in.session.id));
        self.reload(person.id.as_str()).await?;
        self.audit(Some(person), Some(visitor), "me.password", "", "ok").await;
        Ok(())
    }

    /// Makes a two-factor secret, which counts once a code of it came back.
    pub(crate) async fn offer_totp(&self, person: &Person, server: &str) -> Result<totp::Offer, ApiError> {
        if person.totp_enabled {
            return Err(ApiError::conflict(
                "two-factor sign-in is on already; switch it off first to change the device",
            ));
        }
        let secret = totp::generate();
        self.store.offer_totp(person.id.as_str(), &secret).await?;
        Ok(totp::offer(&secret, server, person.username.as_str()))
    }

    /// Switches two-factor sign-in on; answers fresh recovery codes.
    pub(crate) async fn confirm_totp(
        &self,
        signed_in: &SignedIn,
        code: &str,
        visitor: &Visitor,
    ) -> Result<Vec<String>, ApiError> {
        let person = &signed_in.person;
        let _turn = self.turn.lock().await;
        let account = self.account_of(person).await?;
        let offered = account.totp_offered.filter(|_| account.totp_secret.is_none());
        let secret = offered
            .ok_or_else(|| ApiError::conflict("begin with a new secret; this one is not waiting any more"))?;
        let key = Door::own(&account.username, &signed_in.session.id);
        self.by_account.attempt(key.clone(), self.now()).map_err(ApiError::rate_limited)?;
        let Some(step) = totp::check(&secret, code, self.now(), -1) else {
            return Err(ApiError::invalid("this is not the code; check that the device's clock is right")
                .with_code("wrong_code"));
        };
        self.by_account.forgive(&key);
        let codes = self.fresh_codes(&account.id).await?;
        self.store.set_totp(&account.id, Some(&secret), step).await?;
        self.reload(&account.id).await?;
        self.audit(Some(person), Some(visitor), "me.totp", "", "on").await;
        Ok(codes)
    }

    /// Switches two-factor sign-in off.
    pub(crate) async fn disable_totp(
        &self,
        signed_in: &SignedIn,
        password: &str,
        visitor: &Visitor,
    ) -> Result<(), ApiError> {
        self.confirm_password(signed_in, password).await?;
        let person = &signed_in.person;
        self.store.set_totp(person.id.as_str(), None, -1).await?;
        self.reload(person.id.as_str()).await?;
        self.audit(Some(person), Some(visitor), "me.totp", "", "off").await;
        Ok(())
    }

    /// Replaces the recovery codes.
    pub(crate) async fn renew_recovery(
        &self,
        signed_in: &SignedIn,
        password: &str,
        visitor: &Visitor,
    ) -> Result<Vec<String>, ApiError> {
        self.confirm_password(signed_in, password).await?;
        let person = &signed_in.person;
        let codes = self.fresh_codes(person.id.as_str()).await?;
        self.audit(Some(person), Some(visitor), "me.recovery_codes", "", "ok").await;
        Ok(codes)
    }

    async fn fresh_codes(&self, id: &str) -> Result<Vec<String>, ApiError> {
        let codes = recovery::generate();
        let hashes: Vec<String> =
            codes.iter().map(|code| recovery::hash(&self.keys.recovery, id, code)).collect();
        self.store.set_recovery(id, &hashes).await?;
        Ok(codes)
    }

    /// A person's settings.
    pub(crate) async fn settings(&self, person: &Person) -> Result<Map<String, Value>, ApiError> {
        let text = self.store.settings(person.id.as_str()).await?;
        let parsed = text.map(|text| serde_json::from_str(&text)).transpose();
        Ok(parsed.map_err(|error| ApiError::internal(&error))?.unwrap_or_default())
    }

    /// Merges a patch into a person's settings; answers all of them.
    pub(crate) async fn patch_settings(
        &self,
        person: &Person,
        patch: Map<String, Value>,
    ) -> Result<Map<String, Value>, ApiError> {
        let _turn = self.turn.lock().await;
        let mut settings = self.settings(person).await?;
        merge::merge(&mut settings, patch);
        let text = serde_json::to_string(&settings).map_err(|error| ApiError::internal(&error))?;
        if text.len() > merge::LIMIT {
            return Err(ApiError::too_large("settings can be at most 64 KiB in all; remove some"));
        }
        self.store.set_settings(person.id.as_str(), &text).await?;
        Ok(settings)
    }
}
