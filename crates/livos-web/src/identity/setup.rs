//! First boot: the claim code and the owner's account.

use std::sync::PoisonError;

use livos_types::Role;

use super::{Granted, Identity, Visitor, checked_name, checked_username, remove_file};
use crate::core::{claim, password, recovery};
use crate::error::{ApiError, Error};
use crate::store::NewAccount;

/// The account that the wizard makes.
#[derive(Debug)]
pub(crate) struct NewOwner {
    /// The claim code.
    pub(crate) code: String,
    /// What they are called.
    pub(crate) name: String,
    /// What they sign in with.
    pub(crate) username: String,
    /// Their password.
    pub(crate) password: String,
}

impl Identity {
    /// Makes the claim code of a server nobody has claimed; takes it away from one that has an owner.
    pub(super) fn prepare_claim(&self, claimed: bool) -> Result<(), Error> {
        if claimed {
            return remove_file(&self.claim_file);
        }
        let failed = |source| Error::ClaimCode { path: self.claim_file.clone(), source };
        livos_service::fs::atomic_create(
            &self.claim_file,
            format!("{}\n", claim::generate()).as_bytes(),
            0o600,
        )?;
        let code = std::fs::read_to_string(&self.claim_file).map_err(failed)?;
        *self.claim.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.trim().to_owned());
        Ok(())
    }

    /// True when the server has an owner.
    pub(crate) fn claimed(&self) -> bool {
        self.claim.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Accepts the claim code or counts a failure: five tries, then a minute each, for everybody
    /// together, since the code is one and the addresses of a network are many.
    pub(crate) async fn check_claim(&self, typed: &str, visitor: &Visitor) -> Result<(), ApiError> {
        let taken =
            || ApiError::conflict("this server already has an owner; sign in instead").with_code("claimed");
        let code = self.claim.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(taken)?;
        self.by_claim.attempt((), self.now()).map_err(ApiError::rate_limited)?;
        if claim::matches(&code, typed) {
            self.by_claim.forgive(&());
            return Ok(());
        }
        self.audit(None, Some(visitor), "setup.claim", "", "wrong_code").await;
        Err(ApiError::denied(
            "this is not the code; it stands on the server's screen and in the installer's last lines",
        )
        .with_code("wrong_code"))
    }

    /// Makes the owner, signs them in and hands out recovery codes.
    pub(crate) async fn create_owner(
        &self,
        new: &NewOwner,
        visitor: &Visitor,
    ) -> Result<(Granted, Vec<String>), ApiError> {
        self.check_claim(&new.code, visitor).await?;
        let name = checked_name(&new.name)?;
        let username = checked_username(&new.username)?;
        password::check_new(&new.password, username.as_str()).map_err(ApiError::invalid)?;
        let hash = self.passwords.hash(&new.password).await?;
        let id = uuid::Uuid::new_v4().to_string();
        let codes = recovery::generate();
        let hashes: Vec<String> =
            codes.iter().map(|code| recovery::hash(&self.keys.recovery, &id, code)).collect();
        let turn = self.turn.lock().await;
        let added = self
            .store
            .add_account(&NewAccount {
                id: &id,
                username: username.as_str(),
                name,
                role: Role::Owner.as_str(),
                password_hash: &hash,
                temporary: false,
                created_at: self.now(),
                recovery: &hashes,
            })
            .await;
        match added {
            Err(error) if error.is_conflict() => {
                return Err(ApiError::conflict("this server already has an owner; sign in instead")
                    .with_code("claimed"));
            }
            other => other?,
        }
        *self.claim.lock().unwrap_or_else(PoisonError::into_inner) = None;
        drop(turn);
        // The code opens nothing any more; that its file is still there is untidy, not dangerous.
        if let Err(error) = remove_file(&self.claim_file) {
            tracing::warn!(error = livos_service::chain(&error), "the used claim code was not removed");
        }
        let owner = self.reload(&id).await?.ok_or_else(ApiError::unauthenticated)?;
        self.audit(Some(&owner), Some(visitor), "setup.account", username.as_str(), "ok").await;
        Ok((self.begin_session(&owner, None, visitor).await?, codes))
    }
}
