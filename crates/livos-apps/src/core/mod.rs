//! Decisions: no bus, no database, no HTTP, no engine call.

pub(crate) mod addresses;
mod adopted_service;
pub(crate) mod adopted_spec;
pub(crate) mod adoption;
pub(crate) mod answers;
pub(crate) mod blueprint;
pub(crate) mod checks;
pub(crate) mod compose;
mod container;
pub(crate) mod difference;
pub(crate) mod docker_view;
pub(crate) mod egress;
pub(crate) mod foreign;
pub(crate) mod health;
pub(crate) mod in_vain;
pub(crate) mod lately;
pub(crate) mod mounts;
pub(crate) mod needs;
mod networks;
pub(crate) mod overlay;
pub(crate) mod pins;
pub(crate) mod ports;
pub(crate) mod shim;
pub(crate) mod source;
pub(crate) mod state;
pub(crate) mod steps;
pub(crate) mod unpersisted;
