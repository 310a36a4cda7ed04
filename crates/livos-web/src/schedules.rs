//! What people want asked later is begun here when it comes: with the rights that they have then.

use futures_util::StreamExt as _;
use livos_bus::schedules::DueSchedule;
use livos_bus::{Actor, ErrorKind, names};
use livos_types::UserId;
use zbus::fdo::DBusProxy;

use crate::App;
use crate::events::signals::spawn;
use crate::leaving;
use crate::services::actor_of;

/// Begins what comes until shutdown, and what came while this daemon or the agent was away.
pub(crate) async fn follow(app: &App) -> zbus::Result<()> {
    let mut coming = app.services.schedules.receive_schedule_due().await?;
    let work = app.clone();
    spawn(&app.tasks, &app.shutdown, async move {
        while coming.next().await.is_some() {
            begin_due(&work).await;
        }
    });
    let bus = DBusProxy::new(&app.services.connection).await?;
    let mut changes = bus.receive_name_owner_changed_with_args(&[(0, names::NEXUS.bus_name)]).await?;
    let work = app.clone();
    spawn(&app.tasks, &app.shutdown, async move {
        while let Some(change) = changes.next().await {
            if change.args().is_ok_and(|args| args.new_owner().is_some()) {
                begin_due(&work).await;
            }
        }
    });
    let work = app.clone();
    spawn(&app.tasks, &app.shutdown, async move { begin_due(&work).await });
    Ok(())
}

async fn begin_due(app: &App) {
    let due = match app.services.schedules.due().await {
        Ok(document) => tokio::task::spawn_blocking(move || document.parse::<Vec<DueSchedule>>()).await,
        Err(error) => {
            tracing::debug!(%error, "what is due can't be read; it is when the agent is back");
            return;
        }
    };
    let due = match due {
        Ok(Ok(due)) => due,
        Ok(Err(error)) => return tracing::error!(%error, "what is due can't be read"),
        Err(error) => return tracing::error!(%error, "what is due can't be read"),
    };
    for DueSchedule { id, person } in due {
        match acting(app, &person) {
            Standing::Acts(actor) => begin(app, &actor, &id).await,
            Standing::SwitchedOff => refuse(app, &id, "the account it belongs to is switched off").await,
            Standing::Gone => {
                leaving::forget(app, &person).await;
            }
        }
    }
}

async fn begin(app: &App, actor: &Actor, id: &str) {
    match app.services.schedules.begin(actor, id).await {
        Ok(_) => {}
        // It was begun, paused or removed meanwhile, or is still being answered.
        Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::NotFound) => {}
        Err(error) if error.kind == ErrorKind::Denied => refuse(app, id, &error.message).await,
        // It is still due, and is looked at again with the next one, or when the agent is back.
        Err(error) => tracing::warn!(schedule = id, %error, "what is due could not be begun"),
    }
}

async fn refuse(app: &App, id: &str, why: &str) {
    if let Err(error) = app.services.schedules.refuse(id, why).await {
        tracing::warn!(schedule = id, %error, "a schedule could not be paused");
    }
}

/// How somebody stands now.
enum Standing {
    /// With these rights.
    Acts(Actor),
    /// They may not sign in.
    SwitchedOff,
    /// There is no such account.
    Gone,
}

fn acting(app: &App, person: &str) -> Standing {
    if let Some(administrator) = Actor::command_line()
        && administrator.user.as_str() == person
    {
        return Standing::Acts(administrator);
    }
    match UserId::new(person).ok().and_then(|id| app.identity.live().person(&id)) {
        Some(person) if person.disabled => Standing::SwitchedOff,
        Some(person) => Standing::Acts(actor_of(&person)),
        None => Standing::Gone,
    }
}
