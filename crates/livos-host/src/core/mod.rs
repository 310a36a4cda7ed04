//! Reading what the kernel and the distribution write.

mod mounts;
mod parse;

pub(crate) use mounts::data_mounts;
pub(crate) use parse::{load, memory, os_name, package_version, uptime};
