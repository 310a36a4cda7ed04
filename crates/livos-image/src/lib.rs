//! From a root tree to a slot that boots: seal it, place it, try it, keep it or go back.
//!
//! Owns the form of a slot: the sealed root (erofs and dm-verity), the partition table, the boot entries
//! and how they are counted. The image is built by it, and an appliance upgrades itself by it. It must
//! not decide whether a system is well (the programs in `health.d` do), nor when to upgrade (`livos-host` does).

pub mod apps;
pub mod bundle;
pub mod cloud;
pub mod compose;
pub mod databases;
pub mod disk;
mod docker;
pub mod entry;
mod erofs;
mod error;
pub mod gpt;
mod grubenv;
mod hash;
pub mod held;
pub mod install;
pub mod live;
pub mod place;
pub mod rot;
pub mod running;
pub mod seal;
pub mod seed;
pub mod slots;
mod space;
pub mod stage;
pub mod tools;
pub mod trial;
mod version;

pub use error::{Error, Result};
pub use hash::RootHash;
pub use version::SlotVersion;
