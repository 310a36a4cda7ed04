//! A private bus and the whole stack, for tests and for the developer's machine.
//!
//! Owns the supervisor that stands in for systemd, and the layout of a LivOS that is not installed.
//! No daemon depends on it.

#[cfg(feature = "stack")]
mod bus;
#[cfg(feature = "stack")]
mod client;
pub mod probe;
pub mod site;
#[cfg(feature = "stack")]
mod stack;
pub mod supervisor;
#[cfg(test)]
mod tests;

#[cfg(feature = "stack")]
pub use bus::{PrivateBus, connect};
#[cfg(feature = "stack")]
pub use client::{Answer, Client, Event, Events};
#[cfg(feature = "stack")]
pub use stack::{Options, Stack};

use std::time::Duration;

use anyhow::{Result, bail};

/// How often a condition is looked at that nobody announces.
const LOOK_AGAIN: Duration = Duration::from_millis(15);

/// Waits until `condition` gives something, or fails saying what did not happen.
pub async fn wait_for<T>(
    within: Duration,
    what: &str,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> Result<T> {
    let look = async {
        loop {
            if let Some(found) = condition().await {
                return found;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    match tokio::time::timeout(within, look).await {
        Ok(found) => Ok(found),
        Err(_) => bail!("it did not happen within {} s that {what}", within.as_secs()),
    }
}
