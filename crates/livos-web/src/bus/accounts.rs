//! `io.livos.Web1.Accounts`: for whoever has the machine, and nobody else.

use livos_bus::{Callers, Error, Result, UserInfo};
use livos_types::Role;
use zbus::interface;
use zbus::message::Header;

use super::{on_the_wire, require_administrator};
use crate::App;
use crate::core::password;
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
}

#[interface(name = "io.livos.Web1.Accounts")]
impl Accounts {
    async fn list(&self, #[zbus(header)] header: Header<'_>) -> Result<Vec<UserInfo>> {
        require_administrator(&self.callers, &header).await?;
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
        require_administrator(&self.callers, &header).await?;
        let role: Role = role.parse().map_err(Error::invalid)?;
        let password = password::generate();
        let new = NewPerson { username, name, role, password: password.clone() };
        self.app.identity.add_person(None, &new, None).await.map_err(on_the_wire)?;
        self.app.events.users();
        Ok(password)
    }

    async fn reset_password(&self, #[zbus(header)] header: Header<'_>, username: String) -> Result<String> {
        require_administrator(&self.callers, &header).await?;
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
        require_administrator(&self.callers, &header).await?;
        let person = self.app.identity.person_named(&username).map_err(on_the_wire)?;
        let change = PersonChange { disabled: Some(disabled), ..PersonChange::default() };
        self.app.identity.change_person(None, &person.id, &change, None).await.map_err(on_the_wire)?;
        self.app.events.users();
        Ok(())
    }
}
