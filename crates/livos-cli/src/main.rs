//! The `livos` command.

fn main() {}
