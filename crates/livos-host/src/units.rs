//! Services of the machine, through systemd.

use std::time::Duration;

use futures_util::StreamExt as _;
use zbus::Connection;

use crate::sandbox::ManagerProxy;

/// Whoever waits is answered after this long, and the service goes on coming up.
const PATIENCE: Duration = Duration::from_secs(20);

/// How starting a service went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Started {
    /// It runs.
    Yes,
    /// It takes its time.
    NotYet,
    /// It does not come up.
    Failed,
    /// There is no such service.
    Missing,
}

/// Starts a service and waits a moment for what comes of it.
pub(crate) async fn start(bus: &Connection, unit: &str) -> zbus::Result<Started> {
    have(bus, unit, false).await
}

/// Stops and starts it.
pub(crate) async fn restart(bus: &Connection, unit: &str) -> zbus::Result<Started> {
    have(bus, unit, true).await
}

async fn have(bus: &Connection, unit: &str, anew: bool) -> zbus::Result<Started> {
    let manager = ManagerProxy::new(bus).await?;
    match manager.subscribe().await {
        Ok(()) => {}
        Err(zbus::Error::MethodError(name, ..)) if name.ends_with(".AlreadySubscribed") => {}
        Err(error) => return Err(error),
    }
    // Listen first: a job may have ended before its path is known.
    let mut ended = manager.receive_job_removed().await?;
    let asked = if anew {
        manager.restart_unit(unit, "replace").await
    } else {
        manager.start_unit(unit, "replace").await
    };
    let job = match asked {
        Ok(job) => job,
        Err(zbus::Error::MethodError(name, ..)) if name.ends_with(".NoSuchUnit") => {
            return Ok(Started::Missing);
        }
        Err(error) => return Err(error),
    };
    let result = async {
        while let Some(removed) = ended.next().await {
            let removed = removed.args()?;
            if removed.job().as_str() == job.as_str() {
                let came = *removed.result() == "done";
                return Ok(if came { Started::Yes } else { Started::Failed });
            }
        }
        Ok(Started::NotYet)
    };
    tokio::time::timeout(PATIENCE, result).await.unwrap_or(Ok(Started::NotYet))
}
