//! Decisions: no bus, no database, no HTTP, no engine call.

pub(crate) mod blueprint;
pub(crate) mod ports;
