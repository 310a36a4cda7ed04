//! Images of the pretended registry.

use std::collections::BTreeMap;

use crate::config::Healthcheck;
use crate::info::{ExposedPort, ImageInfo};

/// An image that [`FakeEngine`](super::FakeEngine) can pull, and how containers made of it behave.
#[derive(Debug, Clone)]
pub struct FakeImage {
    pub(super) reference: String,
    pub(super) architectures: Vec<String>,
    pub(super) layers: Vec<u64>,
    pub(super) info: ImageInfo,
    pub(super) behaviour: Behaviour,
    pub(super) output: Vec<u8>,
}

/// What a container does when it is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// It runs; its health check, if there is one, passes at once.
    Runs,
    /// It runs, and its health check gives no verdict until the test sets one.
    KeepsStarting,
    /// It runs, and its health check fails.
    Unhealthy,
    /// It ends at once with this code, again after every restart.
    Exits(i64),
}

impl FakeImage {
    /// An image for amd64 and arm64 of two layers that runs and listens on 8080.
    pub fn new(reference: &str) -> Self {
        Self {
            reference: reference.to_owned(),
            architectures: vec!["amd64".to_owned(), "arm64".to_owned()],
            layers: vec![60_000, 40_000],
            info: ImageInfo {
                os: "linux".to_owned(),
                exposed_ports: vec![ExposedPort { port: 8080, protocol: crate::Protocol::Tcp }],
                ..ImageInfo::default()
            },
            behaviour: Behaviour::Runs,
            output: b"listening on 8080\n".to_vec(),
        }
    }

    /// Made for these architectures only.
    #[must_use]
    pub fn architectures(mut self, architectures: &[&str]) -> Self {
        self.architectures = architectures.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// Layers of these sizes.
    #[must_use]
    pub fn layers(mut self, sizes: &[u64]) -> Self {
        self.layers = sizes.to_vec();
        self
    }

    /// How its containers behave.
    #[must_use]
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// With a health check of its own.
    #[must_use]
    pub fn healthcheck(mut self, check: Healthcheck) -> Self {
        self.info.healthcheck = Some(check);
        self
    }

    /// Declares these paths as volumes.
    #[must_use]
    pub fn volumes(mut self, paths: &[&str]) -> Self {
        self.info.volumes = paths.iter().map(|&path| path.to_owned()).collect();
        self
    }

    /// Sets these variables.
    #[must_use]
    pub fn env(mut self, env: &[&str]) -> Self {
        self.info.env = env.iter().map(|&pair| pair.to_owned()).collect();
        self
    }

    /// Carries these labels.
    #[must_use]
    pub fn labels(mut self, labels: &[(&str, &str)]) -> Self {
        let own = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
        self.info.labels = labels.iter().map(own).collect::<BTreeMap<_, _>>();
        self
    }

    /// What its containers print when they start.
    #[must_use]
    pub fn output(mut self, text: &str) -> Self {
        self.output = text.as_bytes().to_vec();
        self
    }
}
