//! One contract for both engines, and what only a real daemon can show.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing test panics")]
#![allow(clippy::allow_attributes, reason = "the line above holds for files that happen not to need it")]

mod contract;
mod fake;
mod real;
mod world;
