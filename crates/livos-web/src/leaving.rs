//! What else ends when a session or an account ends: WebSockets that apps keep open, whose gate is asked at their
//! beginning and never again; and what the agent knows of somebody who is gone.

use std::time::Duration;

use futures_util::StreamExt as _;
use livos_bus::names;
use tokio::time::Instant;
use zbus::fdo::DBusProxy;

use crate::App;
use crate::events::signals::spawn;

/// After connections were ended, all others stay open so long, so that nobody can keep everybody's closed by signing in
/// and out.
const QUIET: Duration = Duration::from_secs(2);

/// Follows until shutdown. What a daemon that is away should end or forget waits for it.
pub(crate) async fn follow(app: &App) -> zbus::Result<()> {
    let bus = DBusProxy::new(&app.services.connection).await?;
    let mut changes = bus.receive_name_owner_changed_with_args(&[(0, names::NEXUS.bus_name)]).await?;
    let work = app.clone();
    spawn(&app.tasks, &app.shutdown, async move {
        say_farewell(&work).await;
        while let Some(change) = changes.next().await {
            if change.args().is_ok_and(|args| args.new_owner().is_some()) {
                say_farewell(&work).await;
            }
        }
    });
    let mut changes = bus.receive_name_owner_changed_with_args(&[(0, names::APPS.bus_name)]).await?;
    let work = app.clone();
    spawn(&app.tasks, &app.shutdown, async move {
        let (mut to_end, mut away, mut next) = (false, false, Instant::now());
        loop {
            // All are always listened to: a stream of signals that nobody reads holds up the whole connection.
            tokio::select! {
                () = work.identity.live().left_apps() => to_end = true,
                change = changes.next() => match change {
                    Some(change) => away = !change.args().is_ok_and(|args| args.new_owner().is_some()),
                    // The bus is gone, and this daemon goes with it.
                    None => return,
                },
                () = tokio::time::sleep_until(next), if to_end && !away => {
                    away = !ended(&work).await;
                    to_end = away;
                    next = Instant::now() + QUIET;
                }
            }
        }
    });
    Ok(())
}

/// Ends them all, as nobody knows whose one is; `false` when they are to be ended once apps are back.
async fn ended(app: &App) -> bool {
    match app.services.apps_manager.end_connections().await {
        Ok(()) => true,
        Err(error) if error.kind == livos_bus::ErrorKind::Unavailable => {
            tracing::warn!(%error, "connections of apps stay open after a session that ended, until apps are back");
            false
        }
        Err(error) => {
            tracing::error!(%error, "connections of apps stay open after a session that ended");
            true
        }
    }
}

/// Has the agent forget those whose accounts are gone; whoever it can't forget now waits until it is back.
pub(crate) async fn say_farewell(app: &App) {
    let store = app.identity.store();
    let gone = match store.farewells().await {
        Ok(gone) => gone,
        Err(error) => {
            let error = livos_service::chain(&error);
            return tracing::error!(error, "who is to be forgotten can't be read");
        }
    };
    for person in gone {
        if forget(app, &person).await
            && let Err(error) = store.forgotten(&person).await
        {
            let error = livos_service::chain(&error);
            tracing::error!(person, error, "somebody is forgotten, and will be once more");
        }
    }
}

/// Has the agent forget one; `false` if it didn't.
pub(crate) async fn forget(app: &App, person: &str) -> bool {
    let done = app.services.chat.forget(person).await;
    if let Err(error) = &done {
        tracing::warn!(person, %error, "what the agent knows of somebody who is gone is still there");
    }
    done.is_ok()
}
