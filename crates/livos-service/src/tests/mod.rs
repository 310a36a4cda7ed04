mod config;
mod files;
mod systemd;
