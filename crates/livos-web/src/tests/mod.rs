//! The edge as a whole: the real router over a real database and a real bus, with fakes for the other daemons
//! and a clock that stands still.

mod approvals;
mod assistant;
mod assistant_web;
mod authorisation;
mod bus;
mod changing;
mod content;
mod docker;
mod docker_work;
mod events;
mod exposure;
mod fakes;
mod gate;
mod handover;
mod hostile;
mod identity;
mod managing;
mod mcp;
mod outcomes;
mod people;
mod personal;
mod proposals;
mod rights;
mod schedules;
mod shell;
mod skills;
mod sockets;
mod spending;
mod subagents;
mod tool_servers;
mod tus;
mod undoing;
mod wishes;
mod world;
