//! Other people's accounts: for those who run the server, and for the command line.

use std::sync::Arc;

use livos_types::{Role, UserId};

use crate::core::limiter::Door;
use crate::core::live::Person;
use crate::core::password;
use crate::error::ApiError;
use crate::store::{Account, NewAccount};

use super::{Identity, Visitor, checked_name, checked_username};

/// A person to add.
#[derive(Debug)]
pub(crate) struct NewPerson {
    /// What they sign in with.
    pub(crate) username: String,
    /// What they are called.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Their first password.
    pub(crate) password: String,
}

/// What may be changed about a person.
#[derive(Debug, Default)]
pub(crate) struct PersonChange {
    /// What they are called.
    pub(crate) name: Option<String>,
    /// What they may do.
    pub(crate) role: Option<Role>,
    /// Whether they may sign in.
    pub(crate) disabled: Option<bool>,
}

/// Who asks: a person at the desktop, or the machine's administrator (`None`), who may do everything.
type Asker<'a> = Option<&'a Person>;

impl Identity {
    /// Everybody, with when they were last here.
    pub(crate) async fn people(&self) -> Result<Vec<Account>, ApiError> {
        Ok(self.store.accounts().await?)
    }

    /// Adds a person.
    pub(crate) async fn add_person(
        &self,
        by: Asker<'_>,
        new: &NewPerson,
        visitor: Option<&Visitor>,
    ) -> Result<Arc<Person>, ApiError> {
        may_give(by, new.role)?;
        if !self.claimed() {
            return Err(ApiError::conflict("set the server up first; its first account is the owner's"));
        }
        let name = checked_name(&new.name)?;
        let username = checked_username(&new.username)?;
        password::check_new(&new.password, username.as_str()).map_err(ApiError::invalid)?;
        let hash = self.passwords.hash(&new.password).await?;
        let id = uuid::Uuid::new_v4().to_string();
        let _turn = self.turn.lock().await;
        // The files of the one before are still there, and an admin is no reader of them by taking the name.
        if self.store.is_former_username(username.as_str()).await? {
            return Err(ApiError::conflict(format!(
                "somebody who is gone was called {username}, and their files are still here; choose another user name"
            ))
            .with_code("exists"));
        }
        let added = self
            .store
            .add_account(&NewAccount {
                id: &id,
                username: username.as_str(),
                name,
                role: new.role.as_str(),
                password_hash: &hash,
                temporary: true,
                created_at: self.now(),
                recovery: &[],
            })
            .await;
        match added {
            Err(error) if error.is_conflict() => {
                return Err(ApiError::conflict(format!(
                    "there is already somebody called {username}; choose another user name"
                ))
                .with_code("exists"));
            }
            other => other?,
        }
        let person =
            self.reload(&id).await?.ok_or_else(|| ApiError::not_found("the account is gone again"))?;
        self.audit(by, visitor, "user.add", username.as_str(), "ok").await;
        Ok(person)
    }

    /// Changes a person.
    pub(crate) async fn change_person(
        &self,
        by: Asker<'_>,
        id: &UserId,
        change: &PersonChange,
        visitor: Option<&Visitor>,
    ) -> Result<Arc<Person>, ApiError> {
        let _turn = self.turn.lock().await;
        let person = self.target(id)?;
        let matters = change.role.is_some_and(|role| role != person.role)
            || change.disabled.is_some_and(|off| off != person.disabled);
        if matters {
            may_touch(by, &person)?;
        } else if by.is_some_and(|by| by.id != person.id) {
            may_give(by, person.role)?;
        }
        if let Some(role) = change.role.filter(|role| *role != person.role) {
            may_give(by, role)?;
        }
        let name = match &change.name {
            Some(name) => checked_name(name)?.to_owned(),
            None => person.name.clone(),
        };
        let disabled = change.disabled.unwrap_or(person.disabled);
        let role = change.role.unwrap_or(person.role);
        self.store.update_account(id.as_str(), &name, role.as_str(), disabled).await?;
        if disabled {
            self.store.remove_sessions_of(id.as_str(), "").await?;
            self.live.end_all(id, None);
            self.end_keys_of(id).await?;
        }
        let changed = self.reload(id.as_str()).await?.ok_or_else(nobody)?;
        let outcome = format!("{role}{}", if disabled { ", disabled" } else { "" });
        self.audit(by, visitor, "user.change", person.username.as_str(), &outcome).await;
        Ok(changed)
    }

    /// Removes a person's account. Their files stay where they are.
    pub(crate) async fn remove_person(
        &self,
        by: Asker<'_>,
        id: &UserId,
        visitor: Option<&Visitor>,
    ) -> Result<(), ApiError> {
        let _turn = self.turn.lock().await;
        let person = self.target(id)?;
        may_touch(by, &person)?;
        self.store.remove_account(id.as_str()).await?;
        self.live.remove_person(id);
        self.keyring.end_all(id);
        self.audit(by, visitor, "user.remove", person.username.as_str(), "ok").await;
        Ok(())
    }

    /// Gives a person a password made here and ends their sessions and keys. Two-factor sign-in is switched off: this
    /// is for somebody who has lost their way in, asked by somebody who has the machine.
    pub(crate) async fn reset_password(&self, username: &str) -> Result<String, ApiError> {
        let person = self.person_named(username)?;
        let password = password::generate();
        let hash = self.passwords.hash(&password).await?;
        let id = person.id.as_str();
        // A sign-in that is under way with the old password must not slip in between.
        let _turn = self.turn.lock().await;
        self.store.set_password(id, &hash, true).await?;
        self.store.set_totp(id, None, -1).await?;
        self.store.remove_sessions_of(id, "").await?;
        self.live.end_all(&person.id, None);
        self.store.forget_devices(id).await?;
        // Whoever had the way in may have made keys with it.
        self.end_keys_of(&person.id).await?;
        self.by_account.forgive(&Door::front(person.username.as_str()));
        self.reload(id).await?;
        self.audit(None, None, "user.reset_password", username, "ok").await;
        Ok(password)
    }

    /// The person who signs in as this.
    pub(crate) fn person_named(&self, username: &str) -> Result<Arc<Person>, ApiError> {
        let username = username.trim().to_lowercase();
        let found = self.live.people().into_iter().find(|person| person.username.as_str() == username);
        found.ok_or_else(|| ApiError::not_found(format!("there is nobody called {username}")))
    }

    fn target(&self, id: &UserId) -> Result<Arc<Person>, ApiError> {
        self.live.person(id).ok_or_else(nobody)
    }
}

fn nobody() -> ApiError {
    ApiError::not_found("there is no such account")
}

/// Only the owner makes admins; nobody makes another owner.
fn may_give(by: Asker<'_>, role: Role) -> Result<(), ApiError> {
    match role {
        Role::Owner => Err(ApiError::denied("a server has one owner, who claimed it")),
        Role::Admin if by.is_some_and(|by| by.role != Role::Owner) => {
            Err(ApiError::denied("only the owner decides who is an admin"))
        }
        _ => Ok(()),
    }
}

/// Nobody locks the owner or themselves out, and admins leave each other alone.
fn may_touch(by: Asker<'_>, person: &Person) -> Result<(), ApiError> {
    if person.role == Role::Owner {
        return Err(ApiError::denied("the owner's account cannot be removed, switched off or demoted"));
    }
    if by.is_some_and(|by| by.id == person.id) {
        return Err(ApiError::denied("this is your own account; ask another admin"));
    }
    may_give(by, person.role)
}
