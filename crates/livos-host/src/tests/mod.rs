mod core;
mod docker;
mod reader;
mod sandbox;
mod services;
mod update;
