//! What the tests of the whole system share: apps to install, and when to skip.
//!
//! Owns the scenes. It knows LivOS only from the outside: HTTP, the bus, the command line, signals.

mod catalogue;
mod require;

pub use catalogue::{Catalogue, TINY_APP};
pub use require::{required, skip};
