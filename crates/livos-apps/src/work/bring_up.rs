//! From a blueprint to containers that work.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use livos_bus::codes;
use livos_docker::{ContainerConfig, ContainerInfo, EngineError, EngineEvents, LogOptions, UnusableBecause};
use livos_manifest::{AppSpec, EnvFile};
use livos_store::JobContext;
use livos_types::AppId;
use tokio::time::Instant;

use super::{Apps, LABEL_INSTALLATION};
use crate::Error;
use crate::core::blueprint::{self, Blueprint, Placement, PlannedContainer, container_name};
use crate::core::health::{self, Reached};
use crate::data::{self, Prepared};
use crate::error::{engine, refused};
use crate::store::App;

/// An env file is some lines of settings.
const ENV_FILE_LIMIT: u64 = 1024 * 1024;
/// Lines of a failed container's log that are kept with the job.
const LAST_WORDS: u32 = 30;
/// How often the page is asked for while it doesn't answer.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// The unit that bounds all apps together, `systemd/livos-apps.slice`.
const SLICE: &str = "livos-apps.slice";

impl Apps {
    /// What is created for an app.
    pub(super) fn blueprint(
        &self,
        id: &AppId,
        spec: &AppSpec,
        upstream: Option<u16>,
    ) -> Result<Blueprint, Error> {
        let content_dir = self.content_dir(id).display().to_string();
        let data_dir = self.data_dir(id);
        // What the app brings along may not be in its place yet.
        let is_file = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|about| !about.is_dir());
        let read_env = |file: &EnvFile| -> Result<BTreeMap<String, String>, String> {
            let path = Path::new(&file.path);
            let (base, path) = match self.seed_for(id, path) {
                Some(seed) => (self.seeds_dir(id), seed),
                None => (data_dir.clone(), path.to_owned()),
            };
            let text = data::read_text(&base, &path, ENV_FILE_LIMIT)?;
            let (values, problems) = livos_manifest::parse_env_file(&text, &BTreeMap::new());
            if problems.is_empty() { Ok(values) } else { Err(problems.join("; ")) }
        };
        let docker_view = self.views.path(id).display().to_string();
        let placement = Placement {
            app: id,
            docker_view: &docker_view,
            web_port: upstream.filter(|_| spec.main.as_ref().is_some_and(|main| !main.on_host)),
            content_dir: &content_dir,
            data_dir: &data_dir,
            is_file: &|path| is_file(path) || self.seed_for(id, path).is_some(),
            device_exists: &|path| Path::new(path).exists(),
            read_env: &read_env,
        };
        let mut blueprint = blueprint::blueprint(spec, &placement).map_err(|cannot| {
            refused(codes::UNSUPPORTED, format!("{} cannot run here: {}", spec.name, cannot.0.join("; ")))
        })?;
        let mark = |labels: &mut BTreeMap<String, String>| {
            labels.insert(LABEL_INSTALLATION.to_owned(), self.installation.clone());
        };
        blueprint.containers.iter_mut().for_each(|container| mark(&mut container.config.labels));
        blueprint.volumes.iter_mut().for_each(|volume| mark(&mut volume.config.labels));
        let own_networks =
            blueprint.networks.iter_mut().filter(|network| !network.shared && !network.external);
        own_networks.for_each(|network| mark(&mut network.config.labels));
        // A machine that publishes on one address only does so for every app.
        let bind = self.bind_address();
        if !bind.is_unspecified() {
            for port in blueprint.containers.iter_mut().flat_map(|container| &mut container.config.ports) {
                port.host_ip = port.host_ip.or(Some(bind));
            }
        }
        Ok(blueprint)
    }

    /// Folders, files, networks, volumes and containers, as far as they are not there.
    pub(super) async fn create_all(
        &self,
        app: &App,
        blueprint: &Blueprint,
        job: &JobContext,
    ) -> Result<(), Error> {
        let say = |text: &str| job.progress(|progress| text.clone_into(&mut progress.detail));
        self.create_all_saying(app, blueprint, &say).await
    }

    /// The same, when there is nobody to tell.
    pub(super) async fn create_all_quietly(&self, app: &App, blueprint: &Blueprint) -> Result<(), Error> {
        self.create_all_saying(app, blueprint, &|_| {}).await
    }

    async fn create_all_saying(
        &self,
        app: &App,
        blueprint: &Blueprint,
        say: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<(), Error> {
        self.make_folders(app, blueprint).await?;
        for network in &blueprint.networks {
            let name = &network.config.name;
            let there = self
                .ports
                .engine
                .network(name)
                .await
                .map_err(engine(format!("cannot look at the network {name}")))?;
            match there {
                Some(_) if network.external || network.shared => {}
                Some(there) if self.is_of(&app.id, &there.labels) => {}
                Some(_) => return Err(not_ours("network", name)),
                None if network.external => {
                    return Err(refused(
                        "not_found",
                        format!("the app needs the network {name}, which does not exist"),
                    ));
                }
                None => {
                    let created = self.ports.engine.create_network(&network.config).await;
                    created.map_err(engine(format!("cannot create the network {name}")))?;
                }
            }
        }
        for volume in &blueprint.volumes {
            let name = &volume.config.name;
            let there = self
                .ports
                .engine
                .volume(name)
                .await
                .map_err(engine(format!("cannot look at the volume {name}")))?;
            match there {
                Some(_) if volume.external => {}
                Some(there) if self.is_of(&app.id, &there.labels) => {}
                // It holds somebody's data.
                Some(_) => return Err(not_ours("volume", name)),
                None if volume.external => {
                    return Err(refused(
                        "not_found",
                        format!("the app needs the volume {name}, which does not exist"),
                    ));
                }
                None => {
                    let created = self.ports.engine.create_volume(&volume.config).await;
                    created.map_err(engine(format!("cannot create the volume {name}")))?;
                }
            }
        }
        let slice = self.slice().await?;
        let mut made = false;
        for container in &blueprint.containers {
            made |= self.create_container(&app.id, &container.config, slice).await?;
            say(&container.service);
        }
        // Somebody may remove a container behind our back; what its volumes hold is found again.
        if made { self.note_unnamed(&app.id).await } else { Ok(()) }
    }

    /// Where containers are put that say nothing about it, if systemd keeps their limits: an app is ended there
    /// before the system runs out of memory.
    async fn slice(&self) -> Result<Option<&'static str>, Error> {
        let in_slices = self.ports.engine.is_in_slices().await;
        Ok(in_slices.map_err(engine("cannot read Docker's settings"))?.then_some(SLICE))
    }

    /// True if it was not there.
    async fn create_container(
        &self,
        id: &AppId,
        config: &ContainerConfig,
        slice: Option<&str>,
    ) -> Result<bool, Error> {
        let name = &config.name;
        let doing = || format!("cannot create the container {name}");
        match self.ports.engine.inspect_container(name).await.map_err(engine(doing()))? {
            Some(there) if self.is_of(id, &there.labels) => Ok(false),
            Some(_) => Err(not_ours("container", name)),
            None => {
                let mut config = self.with_its_unnamed(id, config).await?;
                config.cgroup_parent = config.cgroup_parent.or_else(|| slice.map(str::to_owned));
                self.ports.engine.create_container(&config).await.map(|_| true).map_err(engine(doing()))
            }
        }
    }

    /// Makes the folders that are mounted, before Docker makes them as root.
    pub(super) async fn make_folders(&self, app: &App, blueprint: &Blueprint) -> Result<(), Error> {
        let places = self.refuse_missing_disks(&app.id, &app.name, blueprint).await?;
        self.rows.note_places(&app.id, &places).await?;
        let owner = app.spec.data_owner.unwrap_or_else(|| self.owner());
        let apps_dir = self.apps_dir();
        let (data_dir, home) = (self.data_dir(&app.id), self.home_dir());
        self.make_own_folder(&app.id, &apps_dir).await?;
        self.open_view(app)?;
        let directories = blueprint.directories.clone();
        let contents = blueprint.contents.clone();
        let content_dir = self.content_dir(&app.id);
        let prepared = tokio::task::spawn_blocking(move || {
            let (mut own, mut of_home) = (Prepared::default(), Prepared::default());
            data::prepare(&apps_dir, &data_dir, owner, &mut own)?;
            for directory in &directories {
                let directory = Path::new(directory);
                if directory.starts_with(&data_dir) {
                    data::prepare(&apps_dir, directory, owner, &mut own)?;
                } else if directory.starts_with(&home) {
                    data::prepare(&home, directory, owner, &mut of_home)?;
                }
            }
            if !contents.is_empty() {
                livos_service::fs::create_directory(&content_dir, 0o700)?;
            }
            for file in &contents {
                livos_service::fs::atomic_write(Path::new(&file.path), file.text.as_bytes(), file.mode)?;
            }
            Ok::<_, Error>([(data_dir, own), (home, of_home)])
        })
        .await
        .map_err(|_| refused("internal", "making the folders was interrupted"))??;
        for (root, prepared) in prepared {
            self.finish_folders(&app.id, &root, &prepared, owner).await?;
        }
        Ok(())
    }

    /// Starts everything in order, each when what it waits for has come. Gives the events that came since.
    pub(super) async fn start_all(
        &self,
        id: &AppId,
        blueprint: &Blueprint,
        job: &JobContext,
    ) -> Result<EngineEvents, Error> {
        self.start_some(id, blueprint, &|_| true, job).await
    }

    /// The same with some services, which wait for nothing but each other.
    pub(super) async fn start_some(
        &self,
        id: &AppId,
        blueprint: &Blueprint,
        wanted: &(dyn Fn(&str) -> bool + Send + Sync),
        job: &JobContext,
    ) -> Result<EngineEvents, Error> {
        let mut events = self.ports.engine.events(&self.of(id));
        for container in blueprint.containers.iter().filter(|container| wanted(&container.service)) {
            for gate in container.after.iter().filter(|gate| wanted(&gate.service)) {
                let name = container_name(id, &gate.service);
                job.progress(|progress| {
                    progress.detail = format!("{} waits for {}", container.service, gate.service);
                });
                let reached =
                    self.wait_for(&name, &mut events, |info| health::condition(info, gate.condition)).await?;
                if let Err(why) = reached {
                    if gate.required {
                        self.keep_last_words(&name, job).await;
                        return Err(unhealthy(&gate.service, &why));
                    }
                    job.log(format!("{} starts without {}: {why}", container.service, gate.service));
                }
            }
            job.progress(|progress| progress.detail.clone_from(&container.service));
            job.log(format!("starting {}", container.service));
            let started = self.ports.engine.start_container(&container.config.name).await;
            started.map_err(engine(format!("cannot start {}", container.service)))?;
        }
        Ok(events)
    }

    /// Waits until something is known of a container for certain, awake only when something happens.
    pub(super) async fn wait_for(
        &self,
        name: &str,
        events: &mut EngineEvents,
        look: impl Fn(Option<&ContainerInfo>) -> Reached,
    ) -> Result<Result<(), String>, Error> {
        let deadline = Instant::now() + self.ports.patience.healthy;
        loop {
            let info = self
                .ports
                .engine
                .inspect_container(name)
                .await
                .map_err(engine(format!("cannot look at {name}")))?;
            match look(info.as_ref()) {
                Reached::Yes => return Ok(Ok(())),
                Reached::Never(why) => {
                    still_followed(events)?;
                    return Ok(Err(why));
                }
                Reached::NotYet => {}
            }
            match tokio::time::timeout_at(deadline, events.next()).await {
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => return Err(engine("cannot follow what happens")(error)),
                // The stream of events has ended; Docker is going away, and the next look says so.
                Ok(None) => tokio::time::sleep(ASK_AGAIN).await,
                Err(_) => {
                    let minutes = self.ports.patience.healthy.as_secs().div_ceil(60);
                    return Ok(Err(format!("it was not ready after {minutes} minutes")));
                }
            }
        }
    }

    /// Waits until every container works and the page answers.
    pub(super) async fn wait_until_it_works(
        &self,
        app: &App,
        blueprint: &Blueprint,
        mut events: EngineEvents,
        job: &JobContext,
    ) -> Result<(), Error> {
        let task = |container: &PlannedContainer| {
            app.spec
                .service(&container.service)
                .is_some_and(|service| crate::core::state::is_task(&app.spec, service))
        };
        for settled in [false, true] {
            for container in &blueprint.containers {
                job.progress(|progress| progress.detail.clone_from(&container.service));
                let name = &container.config.name;
                let works =
                    self.wait_for(name, &mut events, |info| health::works(info, task(container))).await?;
                if let Err(why) = works {
                    self.keep_last_words(name, job).await;
                    return Err(unhealthy(&container.service, &why));
                }
            }
            // One that ends right after its start looks fine for a moment; so all are looked at twice.
            if !settled {
                tokio::time::sleep(self.ports.patience.settle).await;
            }
        }
        if app.upstream_port == 0 {
            return Ok(());
        }
        job.progress(|progress| progress.detail = "the app's page".to_owned());
        let deadline = Instant::now() + self.ports.patience.page;
        while !self.ports.machine.answers(app.upstream_port).await {
            still_followed(&mut events)?;
            if Instant::now() >= deadline {
                let seconds = self.ports.patience.page.as_secs();
                return Err(refused(
                    codes::UNHEALTHY,
                    format!("{} runs, but its page did not answer within {seconds} s", app.name),
                ));
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        Ok(())
    }

    /// Keeps the end of a container's log with the job, before the container goes.
    pub(super) async fn keep_last_words(&self, name: &str, job: &JobContext) {
        let options = LogOptions { tail: Some(LAST_WORDS), ..LogOptions::default() };
        let Ok(mut log) = self.ports.engine.logs(name, options).await else { return };
        let mut text = Vec::new();
        while let Ok(Some(Ok(chunk))) = tokio::time::timeout(Duration::from_secs(2), log.next()).await {
            text.extend_from_slice(&chunk.bytes);
            if text.len() > 64 * 1024 {
                break;
            }
        }
        for line in String::from_utf8_lossy(&text).lines() {
            job.log(format!("{name} | {line}"));
        }
    }
}

fn not_ours(what: &str, name: &str) -> Error {
    refused(
        livos_bus::codes::EXISTS,
        format!(
            "Docker already has a {what} named {name} that does not belong to this app; rename or remove it first"
        ),
    )
}

fn unhealthy(service: &str, why: &str) -> Error {
    refused(codes::UNHEALTHY, format!("{service} does not work: {why}"))
}

/// An error if Docker went away since the following of its events began. Containers that it took along, or that it
/// left stopped when it came back, say nothing about the app.
fn still_followed(events: &mut EngineEvents) -> Result<(), Error> {
    let broken = engine("Docker went away while the app was being looked at");
    while let Some(event) = events.next().now_or_never() {
        match event {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(broken(error)),
            None => {
                let because = UnusableBecause::NotAnswering;
                return Err(broken(EngineError::Unavailable { because, source: None }));
            }
        }
    }
    Ok(())
}
