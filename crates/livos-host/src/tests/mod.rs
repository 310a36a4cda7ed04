mod core;
mod docker;
mod follow;
mod reader;
mod sandbox;
mod services;
mod update;
