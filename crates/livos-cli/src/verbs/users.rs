//! `livos users`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::AccountsProxy;

use crate::arguments::UsersVerb;
use crate::bus::Bus;
use crate::output::{Output, table, time};

pub(crate) async fn run(bus: &Bus, verb: &UsersVerb, output: Output) -> Result<ExitCode> {
    let accounts = AccountsProxy::new(&bus.connection).await?;
    match verb {
        UsersVerb::List => {
            let users = accounts.list().await?;
            output.print(&users, |users| {
                let rows = users.iter().map(|user| {
                    let seen =
                        if user.last_seen_at == 0 { "never".to_owned() } else { time(user.last_seen_at) };
                    let note = match (user.disabled, user.totp_enabled) {
                        (true, _) => "disabled",
                        (false, true) => "two factors",
                        (false, false) => "",
                    };
                    vec![user.username.clone(), user.name.clone(), user.role.clone(), seen, note.to_owned()]
                });
                table(&["USER", "NAME", "ROLE", "LAST SEEN (UTC)", ""], rows.collect())
            })?;
        }
        UsersVerb::Add { username, name, role } => {
            let password = accounts.add(username, name.as_ref().unwrap_or(username), role).await?;
            show(username, &password, output)?;
        }
        UsersVerb::ResetPassword { username } => {
            let password = accounts.reset_password(username).await?;
            show(username, &password, output)?;
        }
        UsersVerb::Disable { username } => accounts.set_disabled(username, true).await?,
        UsersVerb::Enable { username } => accounts.set_disabled(username, false).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(username: &str, password: &str, output: Output) -> Result<()> {
    output.print(&serde_json::json!({ "username": username, "password": password }), |_| {
        format!("Password of {username} until they change it: {password}")
    })
}
