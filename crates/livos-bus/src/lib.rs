//! The D-Bus contract between the daemons: names, wire types, wire errors, proxies, and who is calling.
//!
//! Owns every name that stands on the bus. Both ends ship in one package, so the contract is lockstep:
//! plain structs, changed on both sides at once. Holds no state and makes no decision.
//!
//! Three kinds of payload, and only these:
//! * small typed structs, for what a service decides upon ([`JobInfo`], [`EntryInfo`]);
//! * a [`Document`], for a representation its owner has already written as JSON and the edge passes on
//!   unread;
//! * a descriptor, for bytes: file contents, logs, archives.

mod actor;
mod app_facts;
mod app_settings;
pub mod approvals;
pub mod assistant;
mod callers;
mod checks;
mod docker_proxies;
mod docker_work;
mod document;
pub mod documents;
mod error;
mod exposure;
mod housekeeping;
pub mod names;
mod nexus_proxies;
mod proxies;
pub mod sandbox;
pub mod schedules;
pub mod services;
pub mod skills;
pub mod spending;
pub mod subagents;
pub mod tool_servers;
pub mod tools;
mod types;
pub mod web;

pub use actor::{Actor, Via};
pub use callers::{Caller, Callers};
pub use docker_proxies::*;
pub use docker_work::DockerThing;
pub use document::{Document, INLINE_LIMIT};
pub use error::{Error, ErrorKind, Result, codes};
pub use nexus_proxies::*;
pub use proxies::*;
pub use types::*;

#[cfg(test)]
mod tests;
