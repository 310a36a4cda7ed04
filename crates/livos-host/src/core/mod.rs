//! Reading what the kernel writes.

mod mounts;
mod parse;

pub(crate) use mounts::data_mounts;
pub(crate) use parse::{load, memory, os_name, uptime};
