mod core;
mod reader;
