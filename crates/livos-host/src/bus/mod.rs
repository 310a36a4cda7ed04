//! The faces on the bus.

mod docker;
mod programs;
mod reader;
mod sandbox;
mod services;
mod update;

pub(crate) use docker::Docker;
pub(crate) use programs::Programs;
pub(crate) use reader::Reader;
pub(crate) use sandbox::Sandbox;
pub(crate) use services::Services;
pub(crate) use update::{Update, announce as announce_updates};
