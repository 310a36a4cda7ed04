//! Documents as they come out, and what the real Caddy makes of them.
#![allow(clippy::allow_attributes, reason = "the next line holds for files that happen not to need it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing test panics")]

mod acme;
mod documents;
mod hostile;
mod live;
mod secure;
mod site;
