//! `Update`: LivOS' own updates. It writes down what is asked for; `livos-update` does it.

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use livos_bus::documents::{UpdateAutomatic, UpdateOutcome, UpdateProblem, UpdateStatus};
use livos_bus::names;
use livos_bus::{Actor, Callers, Document, Error};
use livos_policy::{Action, decide};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, interface};

use crate::ports::Machine;
use crate::update::{Folder, Receiving, Request, UNIT, receive};
use crate::{automatic, core};

/// There on the appliance, whose root can't be changed.
const APPLIANCE: &str = "/usr/lib/systemd/system/livos-health.service";
/// How the appliance's last change of version ended; `livos-slot` writes it.
const REPORT: &str = "/var/lib/livos/slots/report.json";
const PACKAGES: &str = "/var/lib/dpkg/status";
/// A longer name of a file is nobody's.
const LONGEST_NAME: usize = 255;

pub(crate) struct Update<M> {
    pub(crate) folder: Folder,
    pub(crate) machine: Arc<M>,
    /// The file that is being taken over.
    pub(crate) receiving: Arc<Receiving>,
    /// The bus that systemd is on, where it runs the machine.
    pub(crate) systemd: Option<Connection>,
    pub(crate) callers: Callers,
}

impl<M: Machine> Update<M> {
    async fn admit(&self, header: &Header<'_>, actor: &Actor) -> livos_bus::Result<()> {
        self.callers.require_speaker(header).await?;
        if decide(actor.role, actor.username.as_str(), Action::ManageSystem).is_allowed() {
            return Ok(());
        }
        Err(Error::denied("only an admin may update LivOS"))
    }

    fn known(&self) -> Result<UpdateStatus, crate::Error> {
        let mut status = self.folder.status()?;
        let there = |path| self.machine.text(path).map(|text| text.is_some());
        status.kind = match (there(APPLIANCE)?, there(UNIT)?) {
            (true, _) => "appliance",
            (false, true) => "packages",
            (false, false) => "none",
        }
        .to_owned();
        if status.kind == "appliance" {
            let ended = self.machine.text(REPORT)?.and_then(|report| outcome(&report));
            // The trial of a new version ends with a report, which is gone from the moment it is placed.
            if status.state == "judging" && ended.is_some() {
                "idle".clone_into(&mut status.state);
                (status.step, status.percent) = (0, 0);
            }
            status.last = ended.unwrap_or_default();
        }
        status.automatic = self.folder.automatic()?;
        let packages = self.machine.text(PACKAGES)?.unwrap_or_default();
        let installed =
            core::package_version(&packages, "livos").unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned());
        // A new system has started since.
        status.packages.retain(|one| core::package_version(&packages, &one.name).as_ref() != Some(&one.to));
        // Somebody has updated it by hand since.
        if status.available == installed {
            status.available.clear();
            status.packages.clear();
            status.from_file.clear();
        }
        if status.state.is_empty() {
            "idle".clone_into(&mut status.state);
        }
        // While an update runs, what it says counts: packages change under it.
        if status.state == "idle" {
            status.installed = installed;
            if self.folder.request()?.is_some() {
                "asked".clone_into(&mut status.state);
                status.cancellable = true;
            }
        }
        if status.state == "idle" {
            if let Some(percent) = self.receiving.percent() {
                "receiving".clone_into(&mut status.state);
                (status.percent, status.cancellable) = (percent, true);
                status.problem = UpdateProblem::default();
            } else if let Some(problem) = self.receiving.problem() {
                status.problem = problem;
            }
        }
        Ok(status)
    }

    fn status_now(&self) -> livos_bus::Result<UpdateStatus> {
        self.known().map_err(|error| failed(&error))
    }

    /// The status, if something may be asked for now.
    fn at_rest(&self) -> livos_bus::Result<UpdateStatus> {
        let status = self.status_now()?;
        match (status.kind.as_str(), status.state.as_str()) {
            ("packages" | "appliance", "idle") => Ok(status),
            ("packages" | "appliance", _) => Err(Error::conflict("an update is already going on")),
            _ => Err(Error::conflict(
                "this LivOS was not installed from packages, so it can't bring a newer version itself",
            )),
        }
    }
}

/// What `livos-slot` reported, in the words of an update.
fn outcome(report: &str) -> Option<UpdateOutcome> {
    #[derive(serde::Deserialize)]
    struct Report {
        version: String,
        from: String,
        kept: bool,
        reasons: Vec<String>,
        at: i64,
    }
    let report: Report = match serde_json::from_str(report) {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(%error, "the report on the last version can't be read");
            return None;
        }
    };
    Some(UpdateOutcome {
        result: if report.kept { "done" } else { "returned" }.to_owned(),
        from: report.from,
        to: report.version,
        reasons: report.reasons,
        at: report.at,
    })
}

fn failed(error: &crate::Error) -> Error {
    Error::internal(livos_service::chain(error))
}

#[interface(name = "io.livos.Host1.Update")]
impl<M: Machine> Update<M> {
    async fn status(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> livos_bus::Result<Document> {
        self.admit(&header, &actor).await?;
        Document::json(&self.status_now()?)
    }

    async fn check(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> livos_bus::Result<()> {
        self.admit(&header, &actor).await?;
        self.at_rest()?;
        self.receiving.forget();
        self.folder.ask(&Request::Check).map_err(|error| failed(&error))
    }

    async fn start(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        version: String,
    ) -> livos_bus::Result<()> {
        self.admit(&header, &actor).await?;
        let status = self.at_rest()?;
        let only_system = version.is_empty() && status.kind == "appliance" && !status.packages.is_empty();
        if status.available != version || (version.is_empty() && !only_system) {
            return Err(Error::conflict("that version is not the one that waits; look for updates first"));
        }
        tracing::info!(version, by = actor.username.as_str(), "an update is asked for");
        self.receiving.forget();
        self.folder.ask(&Request::Install(version)).map_err(|error| failed(&error))
    }

    /// The file itself, not its path: what is verified is what the person who chose it could read, and nobody's names
    /// are followed by root.
    async fn offer(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        actor: Actor,
        name: String,
        file: zbus::OwnedFd,
    ) -> livos_bus::Result<()> {
        self.admit(&header, &actor).await?;
        if name.is_empty()
            || name.len() > LONGEST_NAME
            || name.contains('/')
            || name.chars().any(char::is_control)
        {
            return Err(Error::invalid("the name of the file is none"));
        }
        self.at_rest()?;
        if !self.receiving.begin() {
            return Err(Error::conflict("an update is already going on"));
        }
        tracing::info!(name, by = actor.username.as_str(), "a file to upgrade from is handed over");
        let (folder, receiving) = (self.folder.clone(), Arc::clone(&self.receiving));
        let (progress, mut changed) = watch::channel(());
        let emitter = emitter.to_owned();
        tokio::task::spawn_blocking(move || {
            receive(&folder, &receiving, &File::from(std::os::fd::OwnedFd::from(file)), &name, || {
                progress.send_replace(());
            });
            progress.send_replace(());
        });
        tokio::spawn(async move {
            loop {
                let more = changed.changed().await.is_ok();
                if let Err(error) = Self::update_changed(&emitter).await {
                    tracing::debug!(%error, "how far the file is was not told");
                }
                // Its end is told like every step, and once more.
                if !more {
                    return;
                }
            }
        });
        Ok(())
    }

    async fn cancel(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> livos_bus::Result<()> {
        self.admit(&header, &actor).await?;
        if !self.status_now()?.cancellable {
            return Err(Error::conflict("nothing goes on that can be stopped now"));
        }
        if self.receiving.stop() {
            return Ok(());
        }
        self.folder.cancel().map_err(|error| failed(&error))
    }

    async fn set_automatic(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        on: bool,
        hour: u8,
    ) -> livos_bus::Result<()> {
        self.admit(&header, &actor).await?;
        if hour > 23 {
            return Err(Error::invalid("the hour is one of 0 to 23"));
        }
        let wanted = UpdateAutomatic { on, hour };
        tracing::info!(on, hour, by = actor.username.as_str(), "automatic updates");
        self.folder.set_automatic(wanted).map_err(|error| failed(&error))?;
        let Some(bus) = &self.systemd else { return Ok(()) };
        automatic::arrange(bus, wanted).await.map_err(|error| {
            tracing::error!(%error, "systemd could not be told when to update");
            Error::internal("it is written down, but systemd could not be told; it will be when LivOS starts")
        })
    }

    #[zbus(signal)]
    async fn update_changed(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// Tells when the status changes, which the program writes as a file. Ends only with an error.
pub(crate) async fn announce(connection: &Connection, folder: &Folder) -> Result<(), crate::Error> {
    let broken = |errno: Errno| crate::Error::Watch(errno.into());
    let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(broken)?;
    let wanted = WatchFlags::MOVED_TO | WatchFlags::DELETE | WatchFlags::ONLYDIR;
    inotify::add_watch(&inotify, folder.path(), wanted).map_err(broken)?;
    #[expect(
        deprecated,
        reason = "its successor is unsafe, against descriptors that close or change while registered; this one \
                  is owned by what registers it"
    )]
    let inotify = AsyncFd::new(inotify).map_err(crate::Error::Watch)?;
    let emitter = SignalEmitter::new(connection, names::HOST.path)
        .map_err(|source| crate::Error::Serve { source: Box::new(source) })?;
    loop {
        // What changed while nobody listened is news, too: this daemon is restarted in the middle of an update.
        if let Err(error) = Update::<crate::Linux>::update_changed(&emitter).await {
            tracing::debug!(%error, "a change of the update was not told");
        }
        loop {
            let mut ready = inotify.readable().await.map_err(crate::Error::Watch)?;
            let happened = drain(inotify.get_ref()).map_err(broken)?;
            ready.clear_ready();
            if happened {
                break;
            }
        }
    }
}

/// Reads all that was reported; whether it was about a file by its last name.
fn drain(inotify: &OwnedFd) -> Result<bool, Errno> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(inotify, &mut buffer);
    let mut happened = false;
    loop {
        match reader.next() {
            // Files on their way to their name begin with a dot.
            Ok(event) => happened |= event.file_name().is_none_or(|name| !name.to_bytes().starts_with(b".")),
            Err(Errno::WOULDBLOCK) => return Ok(happened),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}
