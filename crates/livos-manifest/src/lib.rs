//! Every catalogue format and compose file to one validated `AppSpec`; pure.
//!
//! This crate owns what a manifest *means*. It never talks to Docker, the network or a clock: text and a
//! `Context` go in, a `Plan` comes out. Everything it reads is hostile until proven otherwise.

pub mod context;
pub mod plan;
pub mod spec;

pub use context::{Context, Exposure};
pub use plan::{NeedsInput, Plan};
pub use spec::*;
