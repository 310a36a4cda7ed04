//! Connections that apps keep open end with the session that opened them: the gate is asked at their beginning, and never
//! again.

use futures_util::StreamExt as _;
use livos_bus::names;
use zbus::fdo::DBusProxy;

use crate::App;
use crate::events::signals::spawn;

/// Follows sessions that end until shutdown. While the daemon for apps is away, what is to end waits for it.
pub(crate) async fn follow(app: &App) -> zbus::Result<()> {
    let bus = DBusProxy::new(&app.services.connection).await?;
    let mut changes = bus.receive_name_owner_changed_with_args(&[(0, names::APPS.bus_name)]).await?;
    let work = app.clone();
    spawn(&app.tasks, &app.shutdown, async move {
        let mut to_end = false;
        loop {
            // Both are always listened to: a stream of signals that nobody reads holds up the whole connection.
            tokio::select! {
                () = work.identity.live().left_apps() => to_end = true,
                change = changes.next() => match change {
                    Some(change) if change.args().is_ok_and(|args| args.new_owner().is_some()) => {}
                    Some(_) => continue,
                    // The bus is gone, and this daemon goes with it.
                    None => return,
                },
            }
            if to_end {
                to_end = !ended(&work).await;
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
