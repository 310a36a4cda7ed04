//! The whole system, from the outside. One program, so that everything is linked once.

#![expect(clippy::expect_used, clippy::panic, reason = "this whole program is a test")]

mod apps;
mod assistant;
mod canaries;
mod cli;
mod crash;
mod edge;
mod https;
mod killed;
mod moments;
mod privilege;
mod shares;
mod story;
mod tools;
mod units;
