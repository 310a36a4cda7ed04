//! `io.livos.Web1.Accounts`: for whoever has the machine, and nobody else.

use livos_bus::{Caller, Callers, Error, Result, UserInfo};
use livos_types::Role;
use zbus::interface;
use zbus::message::Header;

use crate::App;
use crate::core::password;
use crate::error::ApiError;
use crate::identity::{NewPerson, PersonChange};
use crate::routes::account_view as entry;

/// Accounts at the command line.
#[derive(Debug)]
pub(crate) struct Accounts {
    app: App,
    callers: Callers,
}

impl Accounts {
    /// Answers those whom `callers` knows as the administrator.
    pub(crate) fn new(app: App, callers: Callers) -> Self {
        Self { app, callers }
    }

    async fn require_administrator(&self, header: &Header<'_>) -> Result<()> {
        match self.callers.who(header).await? {
            Caller::Administrator => Ok(()),
            _ => Err(Error::denied("accounts are managed by the machine's administrator; run this as root")),
        }
    }
}

fn on_the_wire(error: ApiError) -> Error {
    let kind = match error.status {
        400 => Error::invalid(error.message),
        403 => Error::denied(error.message),
        404 => Error::not_found(error.message),
        409 => Error::conflict(error.message),
        429 | 503 | 507 => Error::unavailable(error.message),
        _ => Error::internal(error.message),
    };
    kind.with_code(&error.code)
}

#[interface(name = "io.livos.Web1.Accounts")]
impl Accounts {
    async fn list(&self, #[zbus(header)] header: Header<'_>) -> Result<Vec<UserInfo>> {
        self.require_administrator(&header).await?;
        let people = self.app.identity.people().await.map_err(on_the_wire)?;
        Ok(people.into_iter().map(entry).collect())
    }

    async fn add(
        &self,
        #[zbus(header)] header: Header<'_>,
        username: String,
        name: String,
        role: String,
    ) -> Result<String> {
        self.require_administrator(&header).await?;
        let role: Role = role.parse().map_err(Error::invalid)?;
        let password = password::generate();
        let new = NewPerson { username, name, role, password: password.clone() };
        self.app.identity.add_person(None, &new, None).await.map_err(on_the_wire)?;
        self.app.events.users();
        Ok(password)
    }

    async fn reset_password(&self, #[zbus(header)] header: Header<'_>, username: String) -> Result<String> {
        self.require_administrator(&header).await?;
        let password = self.app.identity.reset_password(&username).await.map_err(on_the_wire)?;
        self.app.events.users();
        Ok(password)
    }

    async fn set_disabled(
        &self,
        #[zbus(header)] header: Header<'_>,
        username: String,
        disabled: bool,
    ) -> Result<()> {
        self.require_administrator(&header).await?;
        let person = self.app.identity.person_named(&username).map_err(on_the_wire)?;
        let change = PersonChange { disabled: Some(disabled), ..PersonChange::default() };
        self.app.identity.change_person(None, &person.id, &change, None).await.map_err(on_the_wire)?;
        self.app.events.users();
        Ok(())
    }
}
