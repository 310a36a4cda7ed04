//! Every catalogue format and compose file to one validated `AppSpec`; pure.
//!
//! This crate owns what a manifest *means*. It never talks to Docker, the network or a clock: text and a
//! `Context` go in, a `Plan` comes out. Everything it reads is hostile until proven otherwise.

pub mod catalogue;
mod compose;
pub mod context;
mod dir;
mod error;
pub mod export;
mod fields;
mod formats;
mod hook;
mod interpolate;
mod node;
mod paths;
mod permissions;
mod place;
pub mod plan;
mod read;
mod secrets;
pub mod spec;
#[cfg(test)]
mod tests;
mod validate;
mod values;

pub use catalogue::{Catalogue, Entry, Exports, Listing, Source};
pub use context::{Context, Exposure};
pub use error::Error;
pub use hook::Hook;
pub use place::{Position, find};
pub use plan::{NeedsInput, Plan};
pub use read::MAX_BYTES;
pub use spec::*;
pub use values::parse_env_file;
