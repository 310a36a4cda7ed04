//! The faces on the bus.

mod reader;

pub(crate) use reader::Reader;
