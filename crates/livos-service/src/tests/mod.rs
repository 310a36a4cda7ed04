mod alarm;
mod bus;
mod config;
mod files;
mod systemd;
