//! Scripts of an app for moments of its life (`hooks/pre-start`), which are anybody's text.
//!
//! As for `exports.sh`, a container is the sandbox: an empty image, this machine's programs read-only, no network,
//! little memory, few processes, bounded output and time. A hook is there to change files, so it may write in its
//! app's folder and give files there to the users of the containers. It has root's rights over those files and no
//! other, which is less than the app's own containers have over the same folder.
//!
//! Docker follows links when it mounts. So what the app's containers mount from its folder is looked at for links
//! before a start, and cannot be swapped for one while a container may start: it is mounted onto itself here.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use livos_bus::codes;
use livos_docker::{LogOptions, MountKind, RemoveContainer};
use livos_manifest::{Entry, Hook};
use livos_store::JobContext;
use livos_types::AppId;

use super::Apps;
use super::sandbox::last_words;
use super::shim::Talk;
use super::toolbox::Place;
use crate::core::blueprint::{Blueprint, PlannedContainer};
use crate::core::pins;
use crate::data::Prepared;
use crate::error::{engine, refused};
use crate::store::App;
use crate::{Error, data};

/// A script that is longer than this is none.
const SCRIPT_LIMIT: usize = 64 * 1024;
const MEMORY: u32 = 256 * 1024 * 1024;
const PROCESSES: i64 = 128;
const CAPABILITIES: [&str; 4] = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"];
/// What of its output is kept with the job.
const LINES: u32 = 100;
const OUTPUT_LIMIT: usize = 64 * 1024;
/// Where the sandbox finds the two pipes to us.
const PIPES: &str = "/run/livos";

/// What is around the script: it lies where it looks for its app's folder, beside itself.
const AROUND: &str = r#"
umask 022
path="$livos_home/hooks/$livos_hook"
printf %s "$livos_script" > "$path"
chmod 755 "$path"
cd "$livos_home"
unset livos_script livos_hook livos_home
exec "$path" </dev/null
"#;

/// A hook that runs.
pub(super) struct Running<'a> {
    pub(super) app: &'a App,
    pub(super) job: &'a JobContext,
    /// What it cannot put a link in the place of.
    fixed: BTreeSet<PathBuf>,
}

impl Running<'_> {
    /// Whether a container may start while the hook runs.
    pub(super) fn may_start(&self, container: &PlannedContainer, data_dir: &Path) -> Result<(), Error> {
        let service = &container.service;
        for path in sources(&container.config, data_dir) {
            if !self.fixed.contains(&path) {
                let path = path.strip_prefix(data_dir).unwrap_or(&path).display();
                return Err(refused(
                    codes::SCRIPT_FAILED,
                    format!(
                        "{service} cannot be started from a script: it mounts {path}, which the script may change"
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// Without the folders that may be files once a script has run: what looks like a file may be made by it.
pub(super) fn certain(blueprint: &Blueprint, data_dir: &Path) -> Blueprint {
    let sure = |path: &&String| {
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        !Path::new(path).starts_with(data_dir) || !name.trim_start_matches('.').contains('.')
    };
    let directories = blueprint.directories.iter().filter(sure).cloned().collect();
    Blueprint { directories, ..blueprint.clone() }
}

/// What a container mounts from its app's folder.
fn sources<'a>(
    config: &'a livos_docker::ContainerConfig,
    data_dir: &'a Path,
) -> impl Iterator<Item = PathBuf> + 'a {
    config.mounts.iter().filter_map(move |mount| match &mount.kind {
        MountKind::Bind { source, .. } => {
            Some(PathBuf::from(source)).filter(|path| path.starts_with(data_dir))
        }
        _ => None,
    })
}

fn failed(app: &App, hook: Hook, why: &str) -> Error {
    let (name, hook) = (&app.name, hook.name());
    refused(codes::SCRIPT_FAILED, format!("the script {hook} of {name} failed: {why}"))
}

impl Apps {
    /// Folders and containers of an app, and its scripts that come before they run. What these have made may change
    /// what the containers are; so it is answered anew.
    pub(super) async fn make_ready(
        &self,
        app: &App,
        blueprint: Blueprint,
        hooks: &[Hook],
        job: &JobContext,
    ) -> Result<Blueprint, Error> {
        let entry = entry_of(app)?;
        if !hooks.iter().any(|hook| entry.hook(*hook).is_some()) {
            self.create_all(app, &blueprint, job).await?;
            self.refuse_links(app, &blueprint).await?;
            return Ok(blueprint);
        }
        let data_dir = self.data_dir(&app.id);
        self.make_folders(app, &certain(&blueprint, &data_dir)).await?;
        for hook in hooks {
            self.run_hook(app, &entry, &blueprint, *hook, job).await?;
        }
        let upstream = Some(app.upstream_port).filter(|port| *port > 0);
        let blueprint = self.blueprint(&app.id, &app.spec, upstream)?;
        self.create_all(app, &blueprint, job).await?;
        self.refuse_links(app, &blueprint).await?;
        Ok(blueprint)
    }

    /// Runs an app's script for a moment in which its containers are there, if it has one.
    pub(super) async fn run_own_hook(&self, app: &App, hook: Hook, job: &JobContext) -> Result<(), Error> {
        let entry = entry_of(app)?;
        if entry.hook(hook).is_none() {
            return Ok(());
        }
        let upstream = Some(app.upstream_port).filter(|port| *port > 0);
        let blueprint = self.blueprint(&app.id, &app.spec, upstream)?;
        self.run_hook(app, &entry, &blueprint, hook, job).await
    }

    /// Whether an app is started by more than its containers.
    pub(super) fn has_start_hooks(app: &App) -> Result<bool, Error> {
        let entry = entry_of(app)?;
        Ok([Hook::PreStart, Hook::PostStart].iter().any(|hook| entry.hook(*hook).is_some()))
    }

    async fn run_hook(
        &self,
        app: &App,
        entry: &Entry,
        blueprint: &Blueprint,
        hook: Hook,
        job: &JobContext,
    ) -> Result<(), Error> {
        let Some(script) = entry.hook(hook) else { return Ok(()) };
        if script.len() > SCRIPT_LIMIT || script.contains('\0') {
            return Err(failed(app, hook, &format!("it is longer than {SCRIPT_LIMIT} bytes or is no text")));
        }
        job.progress(|progress| progress.detail = format!("the script {}", hook.name()));
        let data_dir = self.data_dir(&app.id);
        let on_disk = |options: &BTreeMap<String, String>| {
            options.get("device").is_some_and(|device| Path::new(device).starts_with(&data_dir))
        };
        if blueprint.volumes.iter().any(|volume| on_disk(&volume.config.options)) {
            return Err(failed(
                app,
                hook,
                "a volume of the app lies in its folder, where a script may not be",
            ));
        }
        self.refuse_links(app, blueprint).await?;
        self.make_hooks_folder(&app.id).await?;
        let given = entry.exports_environment(&self.context_of(app));
        let own = [
            ("livos_script", script.to_owned()),
            ("livos_hook", hook.name().to_owned()),
            ("livos_home", data_dir.display().to_string()),
        ];
        let env = given.into_iter().chain(own.map(|(name, value)| (name.to_owned(), value)));
        let patience = self.ports.patience.hook;
        let mut config = self.shut_in(&app.id, "hook", AROUND, env, patience);
        config.user = Some("0:0".to_owned());
        config.cap_add = CAPABILITIES.iter().map(|&name| name.to_owned()).collect();
        config.resources.memory = Some(MEMORY.into());
        config.resources.memory_swap = Some(MEMORY.into());
        config.resources.pids = Some(PROCESSES);
        let hooks = data_dir.join("hooks").display().to_string();
        config.tmpfs.insert(hooks, "size=1m,mode=0755,exec,nosuid,nodev".to_owned());
        config.mounts.push(Place::Folder(data_dir.clone()).mount(&data_dir.display().to_string(), false));
        let fixed = pinned(&mut config, blueprint, &data_dir, hook.while_it_runs());
        let folder = self.state.join("hooks").join(app.id.as_str());
        let at = folder.clone();
        let talk = tokio::task::spawn_blocking(move || Talk::open(&at))
            .await
            .map_err(|_| refused("internal", "interrupted"))??;
        config.mounts.push(Place::Folder(folder.clone()).mount(PIPES, true));
        job.log(format!("running the script {}", hook.name()));
        let running = Running { app, job, fixed };
        self.run_shut_in(&running, hook, &config, talk).await
    }

    /// Ends a script of an app that nobody waits for any more.
    pub(super) async fn end_hook(&self, id: &AppId) -> Result<(), Error> {
        let remove = RemoveContainer { force: true, anonymous_volumes: true };
        for name in [hook_name(id), once_name(id)] {
            let removed = self.ports.engine.remove_container(&name, remove).await;
            removed.map_err(engine("cannot end the app's script"))?;
        }
        Ok(())
    }

    async fn run_shut_in(
        &self,
        running: &Running<'_>,
        hook: Hook,
        config: &livos_docker::ContainerConfig,
        mut talk: Talk,
    ) -> Result<(), Error> {
        let (app, name) = (running.app, config.name.as_str());
        let doing = "cannot run the app's script";
        self.have_sandbox(doing).await?;
        self.end_hook(&app.id).await?;
        self.ports.engine.create_container(config).await.map_err(engine(doing))?;
        let ran = async {
            self.ports.engine.start_container(name).await.map_err(engine(doing))?;
            let patience = self.ports.patience.hook;
            let code = tokio::select! {
                code = self.ports.engine.wait_container(name) => code.map_err(engine(doing))?,
                gone = self.converse(running, &mut talk) => match gone {
                    Ok(never) => match never {},
                    Err(error) => return Err(error),
                },
                // It is ended from inside a little earlier.
                () = tokio::time::sleep(patience.saturating_add(patience / 4)) => {
                    return Err(failed(app, hook, "it did not end"));
                }
            };
            let said = self.hook_output(name).await?;
            for line in String::from_utf8_lossy(&said).lines().filter(|line| !line.trim().is_empty()) {
                running.job.log(format!("{} | {line}", hook.name()));
            }
            match code {
                0 => Ok(()),
                124 | 137 => Err(failed(app, hook, "it took too long or too much memory, and was ended")),
                code => Err(failed(app, hook, &format!("it ended with {code}: {}", last_words(&said)))),
            }
        }
        .await;
        // What it had started for itself goes with it.
        self.end_hook(&app.id).await?;
        ran
    }

    /// The end of what a hook said.
    async fn hook_output(&self, name: &str) -> Result<Vec<u8>, Error> {
        let doing = "cannot read what the app's script said";
        let options = LogOptions { tail: Some(LINES), ..LogOptions::default() };
        let mut log = self.ports.engine.logs(name, options).await.map_err(engine(doing))?;
        let mut said = Vec::new();
        while let Some(chunk) = log.next().await {
            said.extend_from_slice(&chunk.map_err(engine(doing))?.bytes);
            if said.len() > OUTPUT_LIMIT {
                said.drain(..said.len() - OUTPUT_LIMIT);
            }
        }
        Ok(said)
    }

    /// The folder in which the script lies while it runs; nothing of it is on disk.
    async fn make_hooks_folder(&self, id: &AppId) -> Result<(), Error> {
        let (base, data_dir, owner) = (self.apps_dir(), self.data_dir(id), self.owner());
        let hooks = data_dir.join("hooks");
        let prepared = tokio::task::spawn_blocking(move || {
            let mut prepared = Prepared::default();
            data::prepare(&base, &hooks, owner, &mut prepared).map(|()| prepared)
        })
        .await
        .map_err(|_| refused("internal", "making the folders was interrupted"))??;
        self.finish_folders(id, &data_dir, &prepared, owner).await
    }

    /// Refuses to mount what is reached over a link, which a script or a container has laid.
    async fn refuse_links(&self, app: &App, blueprint: &Blueprint) -> Result<(), Error> {
        let (base, data_dir) = (self.apps_dir(), self.data_dir(&app.id));
        let paths: BTreeSet<PathBuf> = blueprint
            .containers
            .iter()
            .flat_map(|container| sources(&container.config, &data_dir).collect::<Vec<_>>())
            .collect();
        let unclear = tokio::task::spawn_blocking(move || data::reached_straight(&base, paths))
            .await
            .map_err(|_| refused("internal", "interrupted"))??;
        self.refuse_links_as_root(&app.id, &data_dir, &unclear).await
    }
}

/// Mounts onto themselves what containers of the app mount, as far as it is there. Gives what is fixed so.
fn pinned(
    config: &mut livos_docker::ContainerConfig,
    blueprint: &Blueprint,
    data_dir: &Path,
    files_too: bool,
) -> BTreeSet<PathBuf> {
    let left_out = |path: &Path| match std::fs::symlink_metadata(path) {
        Ok(about) => about.is_symlink() || !about.is_dir() && !files_too,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    let mut all = vec![std::mem::take(config)];
    all.extend(blueprint.containers.iter().map(|container| container.config.clone()));
    pins::pin(&mut all, data_dir, &left_out);
    *config = all.swap_remove(0);
    // The app's folder itself lies in one that is ours.
    sources(config, data_dir).collect()
}

fn hook_name(id: &AppId) -> String {
    format!("{id}-livos-hook")
}

/// The container of `scripts/app compose … run`.
pub(super) fn once_name(id: &AppId) -> String {
    format!("{id}-livos-run")
}

fn entry_of(app: &App) -> Result<Entry, Error> {
    serde_json::from_str(&app.source).map_err(|source| Error::Record { app: app.id.to_string(), source })
}
