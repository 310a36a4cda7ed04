mod crash;
mod database;
mod queue;
mod schedule;
mod support;
