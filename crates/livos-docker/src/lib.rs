//! The Docker Engine behind a port.
//!
//! [`Engine`] is what an app engine needs from a container engine, in this crate's own words; no type of the
//! client library appears in it.
//! [`BollardEngine`] speaks to a real daemon over its unix socket, [`FakeEngine`] keeps everything in memory
//! and fails on request; one contract suite (`tests/it`) runs against both.
//! This crate decides nothing: which containers an app has, when they start, and what is put right after a
//! failure is `livos-apps`' business.

mod archive;
mod bollard_engine;
mod config;
mod engine;
mod error;
mod fake;
mod info;
mod reference;
mod run_in;
#[cfg(feature = "testing")]
pub mod testing;

pub use archive::{Archive, Permissions};
pub use bollard_engine::BollardEngine;
pub use config::{
    BlkioDevice, BlkioSetting, ContainerConfig, Device, DeviceRequest, HealthTest, Healthcheck, LogDriver,
    Mount, MountKind, NetworkConfig, NetworkJoin, NetworkMode, PortBinding, Protocol, Recursion, Resources,
    RestartPolicy, Subnet, Ulimit, VolumeConfig,
};
pub use engine::{
    Answer, ArchiveStream, Engine, EngineEvents, LogOptions, LogStream, RemoveContainer, Terminal,
    TerminalSize,
};
pub use error::{EngineError, Result};
pub use fake::{Behaviour, FakeEngine, FakeImage};
pub use info::{
    AttachedNetwork, ContainerInfo, ContainerState, ContainerSummary, ContainerUsage, EngineEvent,
    EngineStatus, EventSubject, ExposedPort, Health, ImageInfo, ImageSummary, LabelFilter, LogChunk,
    LogSource, MountedVolume, NetworkInfo, PublishedPort, PullProgress, UnusableBecause, VolumeInfo,
};
pub use run_in::{RanIn, RunIn};
