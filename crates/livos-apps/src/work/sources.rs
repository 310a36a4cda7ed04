//! Stores: added, fetched beside the old copy, checked, and only then put in its place.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use livos_manifest::{Catalogue, InputKind, Provider};
use livos_store::{JobContext, JobFailure, NewJob, Schedule};
use livos_types::{AppId, JobId, JobState, StoreId};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::dependencies::missing_settings;
use super::{Apps, icons};
use crate::core::in_vain::in_vain;
use crate::core::source::{self, Origin};
use crate::error::refused;
use crate::store::{Entry, FullEntry};
use crate::{Error, data};

/// The kind of job that reads a store.
pub(super) const REFRESH: &str = "store.refresh";
/// An app that needs more others than this is none.
const NEEDS_LIMIT: usize = 16;
/// How long a store's pictures may keep others waiting that are to be read.
const PICTURES_WITHIN: Duration = Duration::from_secs(180);
/// A store that needs more than this to fetch is not one.
const FETCH_LIMIT: u64 = 1024 * 1024 * 1024;

impl Apps {
    /// Adds a store and begins to read it.
    pub(crate) async fn add_source(&self, url: &str, started_by: &str) -> Result<JobId, Error> {
        let url = url.trim();
        source::parse(url).map_err(|reason| refused("invalid", reason))?;
        let known = self.rows.sources().await?;
        if let Some(same) = known.iter().find(|source| source.url == url) {
            return Err(refused(
                livos_bus::codes::EXISTS,
                format!("this store is already there, as “{}”", same.label),
            ));
        }
        let (id, label) =
            source::name(url, |id| id == StoreId::OWN || known.iter().any(|source| source.id == id))
                .map_err(|reason| refused("invalid", reason))?;
        self.rows.add_source(&id, url, &label, self.ports.clock.now()).await?;
        self.catalogue_changed();
        if self.config.apps.refresh {
            self.refresh_daily(&id, &label).await?;
        }
        self.refresh_source(&id, &label, started_by).await
    }

    /// Begins to read a store again.
    pub(crate) async fn refresh_source(
        &self,
        id: &StoreId,
        label: &str,
        started_by: &str,
    ) -> Result<JobId, Error> {
        self.enqueue(refresh_job(id, label)?.started_by(started_by)).await
    }

    /// Has every store read again once a day, or none if the configuration says so.
    pub(crate) async fn schedule_refreshes(&self) -> Result<(), Error> {
        for source in self.rows.sources().await? {
            // A store whose id is none can't be read either.
            let Ok(id) = StoreId::new(source.id.as_str()) else { continue };
            if self.config.apps.refresh {
                self.refresh_daily(&id, &source.label).await?;
            } else {
                self.queue.unschedule(&schedule_of(&id)).await?;
            }
        }
        Ok(())
    }

    async fn refresh_daily(&self, id: &StoreId, label: &str) -> Result<(), Error> {
        let schedule = Schedule {
            name: schedule_of(id),
            cron: daily(&self.installation, id),
            time_zone: "UTC".to_owned(),
            job: refresh_job(id, label)?,
        };
        Ok(self.queue.schedule(&schedule).await?)
    }

    /// Adds the stores of the configuration, the first time only: what was removed stays removed.
    pub(crate) async fn seed_sources(&self) -> Result<(), Error> {
        for url in &self.config.apps.sources {
            if self.rows.first_time(&format!("seeded:{url}")).await?
                && let Err(error) = self.add_source(url, "").await
            {
                tracing::warn!(
                    error = livos_service::chain(&error),
                    url,
                    "a store of the configuration was not added"
                );
            }
        }
        Ok(())
    }

    /// Forgets a store. Apps installed from it stay.
    pub(crate) async fn remove_source(&self, id: &StoreId) -> Result<(), Error> {
        self.rows.delete_source(id).await?;
        self.queue.unschedule(&schedule_of(id)).await?;
        let copy = self.copy_of(id);
        tokio::task::spawn_blocking(move || data::remove(&copy))
            .await
            .map_err(|_| refused("internal", "interrupted"))??;
        let replacing = self.replacing.lock().await;
        self.sweep_icons().await?;
        drop(replacing);
        self.catalogue_changed();
        Ok(())
    }

    pub(super) fn copy_of(&self, id: &StoreId) -> PathBuf {
        self.state.join("stores").join(id.as_str())
    }

    /// The job `store.refresh`.
    pub(super) async fn refresh(self, job: JobContext) -> Result<(), JobFailure> {
        let id: StoreId = job.payload()?;
        self.forget_failed_refreshes(job.subject()).await.map_err(Error::into_failure)?;
        let outcome = job.unless_cancelled(self.read_source(&id, &job)).await;
        if let Ok(Err(error)) = &outcome {
            let (_, message) = error.explain();
            self.rows.source_failed(&id, &message).await.map_err(Error::into_failure)?;
        }
        self.catalogue_changed();
        outcome?.map_err(Error::into_failure)
    }

    /// What failed before says nothing any more when it is tried again; a server that is offline for a week would
    /// otherwise keep seven of them.
    async fn forget_failed_refreshes(&self, subject: &str) -> Result<(), Error> {
        for old in self.queue.list().await? {
            if old.kind == REFRESH && old.subject == subject && old.state == JobState::Failed {
                self.queue.dismiss(&old.id).await?;
            }
        }
        Ok(())
    }

    async fn read_source(&self, id: &StoreId, job: &JobContext) -> Result<(), Error> {
        let Some(source) = self.rows.source(id).await? else {
            return Err(Error::Source("the store was removed".to_owned()));
        };
        job.step("fetching", 1, 3);
        let (directory, fetched) = match source::parse(&source.url).map_err(Error::Source)? {
            Origin::Directory(path) => (PathBuf::from(path), None),
            Origin::Git(url) => {
                let fetched = self.fetch(id, &url, job).await?;
                (fetched.path().to_owned(), Some(fetched))
            }
        };
        job.step("reading", 2, 3);
        let (context, icons) = (self.context_for_looking(), self.icons());
        // What is swept away as nobody's may be another store's that is not written down yet.
        let replacing = self.replacing.lock().await;
        let pictures = self.rows.pictures().await?;
        let (format, entries, problems) =
            tokio::task::spawn_blocking(move || read_catalogue(&directory, &context, &icons))
                .await
                .map_err(|_| Error::Source("reading the store was interrupted".to_owned()))??;
        for problem in problems {
            job.log(problem);
        }
        job.log(format!("{} apps", entries.len()));
        let entries: Vec<FullEntry> = entries
            .into_iter()
            .map(|mut entry| {
                entry.line.store = id.to_string();
                if let Some(name) = pictures.get(&entry.line.icon) {
                    entry.line.icon.clone_from(name);
                }
                entry
            })
            .collect();
        self.rows.replace_entries(id, &format, &entries, self.ports.clock.now()).await?;
        if let Some(fetched) = fetched {
            fetched.keep(&self.copy_of(id))?;
        }
        self.rows.settle_icons().await?;
        self.sweep_icons().await?;
        drop(replacing);
        // The store can be looked at while its pictures are on their way, and is no worse without them.
        self.catalogue_changed();
        let icons = entries.into_iter().map(|entry| entry.line.icon).collect();
        match tokio::time::timeout(PICTURES_WITHIN, self.fetch_pictures(icons, job)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => job.log(format!("its pictures: {}", livos_service::chain(&error))),
            Err(_) => job.log("its pictures are slow to come; the others follow when it is read again"),
        }
        Ok(())
    }

    fn context_for_looking(&self) -> livos_manifest::Context {
        livos_manifest::Context {
            architecture: architecture().to_owned(),
            device_seed: self.seed.expose().to_vec(),
            ..livos_manifest::Context::default()
        }
    }

    /// Fetches a repository beside the copy there may be.
    async fn fetch(&self, id: &StoreId, url: &str, job: &JobContext) -> Result<Fetched, Error> {
        let stores = self.state.join("stores");
        livos_service::fs::create_directory(&stores, 0o700)?;
        let free = self.ports.machine.free_bytes(&stores).unwrap_or(u64::MAX);
        if free < FETCH_LIMIT / 4 {
            return Err(refused(
                livos_bus::codes::NO_SPACE,
                "the disk is nearly full; free some space and try again",
            ));
        }
        let fetched = Fetched(stores.join(format!("{id}.new-{:08x}", rand::random::<u32>())));
        let mut command = Command::new("git");
        command
            .args(["-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null", "-c", "credential.helper="])
            .args(["-c", "http.followRedirects=initial", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"])
            .args([
                "clone",
                "--quiet",
                "--depth=1",
                "--single-branch",
                "--no-tags",
                "--no-recurse-submodules",
                // Hooks may come with a template of the machine, too.
                "--template=",
                "--",
            ])
            .arg(url)
            .arg(fetched.path())
            // Only what git needs of our environment: no helper may ask, no protocol may run programs.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "true")
            .env("SSH_ASKPASS", "true")
            .env("GIT_ALLOW_PROTOCOL", "https:file:ssh")
            .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::Source(
                "git is not installed on this machine; install the package git and try again".to_owned(),
            ),
            _ => Error::Source(format!("git could not be run: {error}")),
        };
        let mut child = command.spawn().map_err(failed)?;
        let mut stderr = child.stderr.take();
        let talking = async {
            let mut said = Vec::new();
            if let Some(stderr) = &mut stderr {
                stderr.take(16 * 1024).read_to_end(&mut said).await.map_err(failed)?;
            }
            Ok::<_, Error>((child.wait().await.map_err(failed)?, said))
        };
        let (status, said) =
            tokio::time::timeout(self.ports.patience.git, talking).await.map_err(|_| {
                Error::Source(format!(
                    "the store did not arrive within {} s; try again later",
                    self.ports.patience.git.as_secs()
                ))
            })??;
        let said = String::from_utf8_lossy(&said);
        said.lines().for_each(|line| job.log(line));
        if !status.success() {
            let reason =
                said.lines().rfind(|line| line.starts_with("fatal:")).unwrap_or("git gave no reason");
            let reason: String = reason.trim_start_matches("fatal: ").chars().take(300).collect();
            return Err(Error::Source(format!("the store could not be fetched: {reason}")));
        }
        Ok(fetched)
    }
}

fn refresh_job(id: &StoreId, label: &str) -> Result<NewJob, Error> {
    Ok(NewJob::new(REFRESH, format!("store:{id}"), format!("Refresh {label}"))
        .payload(id)?
        .dedup(format!("refresh:{id}")))
}

fn schedule_of(id: &StoreId) -> String {
    format!("refresh:{id}")
}

/// Once a day, at a minute of this installation's own for each store: whoever serves a store is not asked by all of
/// its people at the same moment, and the minute stays the same over restarts.
fn daily(installation: &str, id: &StoreId) -> String {
    let digest = Sha256::digest(format!("{installation}/{id}"));
    let number = digest.iter().take(2).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    let minute = number % (24 * 60);
    format!("{} {} * * *", minute % 60, minute / 60)
}

/// A fetched copy that goes away unless it is kept.
struct Fetched(PathBuf);

impl Fetched {
    fn path(&self) -> &Path {
        &self.0
    }

    /// Puts it in the place of the old copy; there is no moment without one.
    fn keep(self, place: &Path) -> Result<(), Error> {
        let failed = |source| Error::Files {
            doing: "replace the copy of the store in",
            path: place.to_owned(),
            source,
        };
        if place.exists() {
            let at = rustix::fs::CWD;
            rustix::fs::renameat_with(at, &self.0, at, place, rustix::fs::RenameFlags::EXCHANGE)
                .map_err(|errno| failed(errno.into()))
            // The old copy now has our name and goes with us.
        } else {
            std::fs::rename(&self.0, place).map_err(failed)
        }
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        if let Err(error) = data::remove(&self.0) {
            tracing::warn!(error = livos_service::chain(&error), "a fetched copy was left behind");
        }
    }
}

/// Docker's name for what this machine is.
pub(super) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

type Read = (String, Vec<FullEntry>, Vec<String>);

/// Reads a catalogue and plans each app once, to know whether it can run here. Blocks.
fn read_catalogue(directory: &Path, context: &livos_manifest::Context, icons: &Path) -> Result<Read, Error> {
    let Catalogue { format, entries, problems } = livos_manifest::catalogue::load(directory)
        .map_err(|error| Error::Source(format!("the store could not be read: {error}")))?;
    let mut offered = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.listing.hidden) {
        let Some(mut full) = full_entry(entry, context) else { continue };
        if let Some(icon) = icons::take(icons, &directory.join(&entry.path), &entry.listing.icon)? {
            full.line.icon = icon;
        }
        offered.push(full);
    }
    let entries = offered;
    if entries.is_empty() {
        return Err(Error::Source("there are no apps in this store".to_owned()));
    }
    Ok((format.as_str().to_owned(), entries, problems))
}

pub(crate) fn full_entry(
    entry: &livos_manifest::Entry,
    context: &livos_manifest::Context,
) -> Option<FullEntry> {
    // An id that breaks the rules could name a folder elsewhere; such an app is not offered.
    AppId::new(entry.id()).ok()?;
    let listing = &entry.listing;
    Some(FullEntry {
        line: Entry {
            store: String::new(),
            id: listing.id.clone(),
            name: cut(&listing.name, 120),
            tagline: cut(&listing.tagline, 300),
            category: cut(&listing.category, 80),
            version: cut(&listing.version, 80),
            developer: cut(&listing.developer, 120),
            icon: cut(&listing.icon, 1000),
            format: entry.format.as_str().to_owned(),
            added_at: 0,
            installable: can_run(entry, context),
            dependencies: listing
                .dependencies
                .iter()
                .take(NEEDS_LIMIT)
                .cloned()
                .collect::<Vec<_>>()
                .join(" "),
            implements: listing
                .implements
                .iter()
                .filter(|id| is_id(id))
                .cloned()
                .collect::<Vec<_>>()
                .join(" "),
        },
        source: serde_json::to_string(entry).ok()?,
    })
}

fn is_id(id: &str) -> bool {
    AppId::new(id).is_ok()
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(limit).collect()
}

/// Whether the app can be installed here once its questions are answered.
fn can_run(entry: &livos_manifest::Entry, context: &livos_manifest::Context) -> bool {
    let fits =
        entry.listing.architectures.is_empty() || entry.listing.architectures.contains(&context.architecture);
    let plan = entry.plan(context);
    let possible = match &plan.spec {
        Some(spec) => {
            spec.unsupported.is_empty()
                && missing_settings(spec, entry).is_empty()
                && AppId::new(entry.id()).is_ok_and(|id| in_vain(&id, entry).is_empty())
                && spec.unresolved.iter().all(|variable| {
                    variable.provider != Provider::Owner
                        || spec
                            .inputs
                            .iter()
                            .any(|input| input.key == variable.name && input.kind != InputKind::Random)
                })
        }
        // A file may demand an answer before there can be a spec.
        None => !plan.needs_input.is_empty() && plan.needs_input.iter().all(|need| need.from == "owner"),
    };
    let needs = &entry.listing.dependencies;
    fits && possible && needs.len() <= NEEDS_LIMIT && needs.iter().all(|id| is_id(id))
}
