//! One contract for the scripted model and every dialect, and what only a server of ours does to us.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing test panics")]
#![allow(clippy::allow_attributes, reason = "the line above holds for files that happen not to need it")]

mod aimock;
mod contract;
mod fail_over;
mod hostile;
mod more_dialects;
mod scripted;
mod server;
mod tls;
mod wire;
