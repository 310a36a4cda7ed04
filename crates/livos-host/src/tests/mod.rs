mod core;
mod reader;
mod sandbox;
mod update;
