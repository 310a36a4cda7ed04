//! [`Engine`] in memory, for tests: deterministic, honest about ports, names, health and restarts, and failing
//! on request.
//!
//! Nothing happens by itself: what a real container would do soon after its start, a fake one has done when
//! `start_container` returns. What a test wants to happen later it makes happen (`exit`, `set_health`).

mod image;
mod layer;
mod made;
mod port;
mod state;
mod terminal;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::sync::{broadcast, watch};

pub use self::image::{Behaviour, FakeImage};
use self::state::State;
use crate::config::{ContainerConfig, Protocol, RestartPolicy};
use crate::engine::Answer;
use crate::error::{EngineError, Result};
use crate::info::{
    EngineEvent, EventSubject, Health, ImageInfo, LogChunk, LogSource, PullProgress, UnusableBecause,
};
use crate::reference;
use crate::run_in::{RanIn, RunIn};

/// More events than any test makes between two looks at the stream.
const EVENTS_KEPT: usize = 4096;

/// An engine in memory. Clones are the same engine.
#[derive(Debug, Clone)]
pub struct FakeEngine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    events: broadcast::Sender<Option<EngineEvent>>,
    /// Counts changes; whoever waits for something looks again when it moves.
    changes: watch::Sender<u64>,
}

impl Default for FakeEngine {
    fn default() -> Self {
        Self::new()
    }
}

/// What a test may do to the world behind the engine.
impl FakeEngine {
    /// An empty amd64 engine with an empty registry.
    pub fn new() -> Self {
        Self::with_architecture("amd64")
    }

    /// The same on another architecture.
    pub fn with_architecture(architecture: &str) -> Self {
        let shared = Shared {
            state: Mutex::new(State::new(architecture)),
            events: broadcast::Sender::new(EVENTS_KEPT),
            changes: watch::Sender::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Puts an image into the registry.
    pub fn publish(&self, image: FakeImage) {
        self.change(|state| state.registry.insert(reference::familiar(&image.reference), image));
    }

    /// Takes an image out of the registry.
    pub fn unpublish(&self, image: &str) {
        self.change(|state| state.registry.remove(&reference::familiar(image)));
    }

    /// From now on systemd keeps the containers' limits.
    pub fn keep_in_slices(&self) {
        self.change(|state| state.in_slices = true);
    }

    /// Another program listens on this port.
    pub fn occupy_port(&self, port: u16, protocol: Protocol) {
        self.change(|state| state.foreign_ports.insert((port, protocol)));
    }

    /// That program is gone.
    pub fn free_port(&self, port: u16, protocol: Protocol) {
        self.change(|state| state.foreign_ports.remove(&(port, protocol)));
    }

    /// The next call of `operation` (`pull`, `start_container`, …: the method's name) on `subject` (empty: any)
    /// fails with this. Planned failures are used up in order.
    pub fn fail_next(&self, operation: &'static str, subject: &str, error: EngineError) {
        self.change(|state| state.failures.push((operation, subject.to_owned(), error)));
    }

    /// Pulls of this image stop half way, until [`release_pull`](Self::release_pull).
    pub fn hold_pull(&self, image: &str) {
        self.change(|state| state.held_pulls.insert(reference::familiar(image)));
    }

    /// Lets a held pull go on.
    pub fn release_pull(&self, image: &str) {
        self.change(|state| state.held_pulls.remove(&reference::familiar(image)));
    }

    /// The programs that were run at terminals, in order.
    pub fn terminal_commands(&self) -> Vec<Vec<String>> {
        self.state().terminals.commands.clone()
    }

    /// How commands end that are run in this container.
    pub fn answer_in(&self, container: &str, answer: RanIn) {
        self.change(|state| state.answers_in.insert(container.to_owned(), answer));
    }

    /// The commands that were run in containers, by the containers' names.
    pub fn ran_in(&self) -> Vec<(String, RunIn)> {
        self.state().ran_in.clone()
    }

    /// The daemon goes away, with open streams.
    pub fn go_down(&self, because: UnusableBecause) {
        self.change(|state| state.down = Some(because));
        let _nobody_listens = self.shared.events.send(None);
    }

    /// The daemon is back. As after a crash of Docker 20.10, what ran has exited, and only the policies `always`
    /// and `on-failure` have started it again.
    pub fn come_back(&self) {
        self.change(|state| {
            state.down = None;
            let running: Vec<String> = state
                .containers
                .iter()
                .filter(|(_, container)| container.info.state.is_running())
                .map(|(id, _)| id.clone())
                .collect();
            for id in running {
                let left_alone = state
                    .containers
                    .get(&id)
                    .is_some_and(|container| container.config.restart == RestartPolicy::UnlessStopped);
                state.exit(&id, 255, left_alone);
            }
        });
    }

    /// The main process of a container ends with this code.
    pub fn exit(&self, container: &str, code: i64) {
        self.change(|state| {
            if let Ok(id) = state.container_id(container) {
                state.exit(&id, code, false);
            }
        });
    }

    /// The health check of a container comes to this verdict.
    pub fn set_health(&self, container: &str, health: Health) {
        self.change(|state| {
            if let Ok(id) = state.container_id(container) {
                state.set_health(&id, health);
            }
        });
    }

    /// A container prints something.
    pub fn print(&self, container: &str, source: LogSource, text: &str) {
        self.change(|state| {
            let found = state.container_id(container).ok().and_then(|id| state.containers.get_mut(&id));
            if let Some(container) = found {
                container.output.push(LogChunk { source, bytes: Bytes::from(text.to_owned()) });
            }
        });
    }

    /// Every call so far: the method's name and its subject.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// What a container was created with.
    pub fn config_of(&self, container: &str) -> Option<ContainerConfig> {
        let state = self.state();
        let id = state.container_id(container).ok()?;
        state.containers.get(&id).map(|container| container.config.clone())
    }

    /// The archives that were copied into a container, with their paths.
    pub fn archives_of(&self, container: &str) -> Vec<(String, Bytes)> {
        let state = self.state();
        let id = state.container_id(container).unwrap_or_default();
        state.containers.get(&id).map(|container| container.archives.clone()).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world, then tells everybody.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state);
        // Sent under the lock, so that events are in the order of what happened.
        for event in state.fresh_events.drain(..) {
            let _nobody_listens = self.shared.events.send(Some(event));
        }
        drop(state);
        self.shared.changes.send_modify(|count| *count += 1);
        result
    }

    /// One call: noted, failed if the test wants it, else done when it is awaited.
    fn act<'a, T: Send + 'a>(
        &'a self,
        operation: &'static str,
        subject: &'a str,
        act: impl FnOnce(&mut State) -> Result<T> + Send + 'a,
    ) -> Answer<'a, T> {
        async move {
            self.change(|state| {
                state.enter(operation, subject)?;
                act(state)
            })
        }
        .boxed()
    }

    /// Looks, and looks again after each change, until there is something to say.
    async fn wait_for<T>(&self, mut look: impl FnMut(&State) -> Option<Result<T>>) -> Result<T> {
        let mut changes = self.shared.changes.subscribe();
        loop {
            {
                let state = self.state();
                if let Some(because) = state.down {
                    return Err(EngineError::Unavailable { because, source: None });
                }
                if let Some(result) = look(&state) {
                    return result;
                }
            }
            if changes.changed().await.is_err() {
                return Err(EngineError::Unavailable { because: UnusableBecause::NotRunning, source: None });
            }
        }
    }

    async fn pulled(
        &self,
        image: &str,
        platform: Option<&str>,
        progress: &watch::Sender<PullProgress>,
    ) -> Result<ImageInfo> {
        check_image(image)?;
        let key = reference::familiar(image);
        let (fake, architecture) = self.change(|state| {
            state.enter("pull", image)?;
            let Some(fake) = state.registry.get(&key).cloned() else {
                return Err(EngineError::ImageNotFound { image: image.to_owned() });
            };
            let wanted = platform.and_then(|platform| platform.split('/').nth(1));
            let wanted = wanted.unwrap_or(&state.architecture).to_owned();
            match fake.architectures.iter().find(|offered| reference::runs(&wanted, offered)) {
                Some(offered) => Ok((fake.clone(), offered.clone())),
                None => Err(EngineError::WrongPlatform {
                    image: image.to_owned(),
                    wanted: platform.map_or_else(|| format!("linux/{wanted}"), str::to_owned),
                    found: fake.architectures.first().map(|offered| format!("linux/{offered}")),
                }),
            }
        })?;
        let mut sum = PullProgress {
            bytes_total: fake.layers.iter().sum(),
            layers_total: u32::try_from(fake.layers.len()).unwrap_or(u32::MAX),
            ..PullProgress::default()
        };
        progress.send_replace(sum);
        for (index, size) in fake.layers.iter().enumerate() {
            sum.bytes_done += size / 2;
            progress.send_replace(sum);
            if index == 0 {
                self.wait_for(|state| (!state.held_pulls.contains(&key)).then_some(Ok(()))).await?;
            }
            // A failure planned for the middle of a download.
            self.change(|state| state.enter("pull_layer", image))?;
            sum.bytes_done += size - size / 2;
            sum.layers_done += 1;
            progress.send_replace(sum);
        }
        Ok(self.change(|state| {
            let info = state.images.get(&key).map(|(_, info)| info.clone()).unwrap_or_else(|| {
                let id = format!("sha256:{}", state.new_id());
                let name = key.split('@').next().unwrap_or_default();
                ImageInfo {
                    digests: vec![format!("{}@{id}", name.rsplit_once(':').map_or(name, |(name, _)| name))],
                    tags: if key.contains('@') { Vec::new() } else { vec![key.clone()] },
                    id,
                    architecture,
                    size: sum.bytes_total,
                    ..fake.info.clone()
                }
            });
            state.images.insert(key.clone(), (fake, info.clone()));
            let attributes = [("name".to_owned(), key.clone())].into();
            state.event(EventSubject::Image, "pull", &key, attributes);
            info
        }))
    }
}

fn check_image(image: &str) -> Result<()> {
    if reference::is_plausible(image) {
        return Ok(());
    }
    let detail = format!("{image:?} can't be an image reference");
    Err(EngineError::Invalid { subject: "the image reference".to_owned(), detail })
}

fn check_name(kind: &str, name: &str) -> Result<()> {
    if reference::is_plausible_name(name) {
        return Ok(());
    }
    Err(EngineError::Invalid {
        subject: format!("the {kind} name"),
        detail: format!("{name:?} can't be a name"),
    })
}

fn conflict<T>(subject: String, detail: &str) -> Result<T> {
    Err(EngineError::Conflict { subject, detail: detail.to_owned() })
}
