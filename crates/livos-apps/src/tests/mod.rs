//! Through the D-Bus face, peer to peer, with an engine, a machine and an edge of our own.

mod adopt;
mod catalogue;
mod configure;
mod crash;
mod docker;
mod five;
mod hooks;
mod housekeeping;
mod inspect;
mod install;
mod life;
mod mounts;
mod needs;
mod parity;
mod places;
mod points;
mod pure;
mod real;
mod reclaim;
mod scripts;
mod seeds;
mod support;
mod unnamed;
mod unpersisted;
mod unprivileged;
mod update;
