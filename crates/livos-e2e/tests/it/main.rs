//! The whole system, from the outside. One program, so that everything is linked once.

mod privilege;
mod units;
