mod core;
mod reader;
mod update;
