//! `Reader`: the machine, to look at.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use livos_bus::schedules::JournalRule;
use livos_bus::{Actor, Caller, Callers, DiskInfo, Document, Error, HostInfo, HostLoad};
use livos_service::CancellationToken;
use zbus::message::Header;
use zbus::{Connection, OwnedFd, interface};

use super::services;
use crate::core;
use crate::follow;
use crate::ports::Machine;

pub(crate) struct Reader<M> {
    pub(crate) machine: Arc<M>,
    pub(crate) callers: Callers,
    /// The bus that systemd is on, where it runs the machine.
    pub(crate) systemd: Option<Connection>,
    /// The program that reads the journal.
    pub(crate) journal: PathBuf,
    /// Ends what follows the journal: one does.
    pub(crate) follower: Arc<Mutex<CancellationToken>>,
}

const MEMORY: &str = "/proc/meminfo";

impl<M: Machine> Reader<M> {
    async fn admit(&self, header: &Header<'_>) -> livos_bus::Result<()> {
        match self.callers.who(header).await? {
            Caller::Web | Caller::Apps | Caller::Nexus | Caller::Administrator => Ok(()),
            _ => Err(Error::denied("only LivOS itself and the administrator may ask about the machine")),
        }
    }
}

#[interface(name = "io.livos.Host1.Reader")]
impl<M: Machine> Reader<M> {
    async fn info(&self, #[zbus(header)] header: Header<'_>) -> livos_bus::Result<HostInfo> {
        self.admit(&header).await?;
        let machine = Arc::clone(&self.machine);
        // A disk that is failing may answer late; others are served meanwhile.
        tokio::task::spawn_blocking(move || info(&*machine))
            .await
            .map_err(Error::internal)?
            .map_err(|error| failed(&error))
    }

    async fn load(&self, #[zbus(header)] header: Header<'_>) -> livos_bus::Result<HostLoad> {
        self.admit(&header).await?;
        // Two small files that the kernel writes out of memory: quicker than handing them to another thread.
        load(&*self.machine).map_err(|error| failed(&error))
    }

    async fn services(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
    ) -> livos_bus::Result<Document> {
        self.admit(&header).await?;
        services::may_look(&actor)?;
        services::list(self.systemd.as_ref()).await
    }

    async fn service_log(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        unit: String,
        lines: u32,
    ) -> livos_bus::Result<Document> {
        self.admit(&header).await?;
        services::may_look(&actor)?;
        services::log(&self.journal, &unit, lines).await
    }

    async fn follow_journal(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        rules: Vec<JournalRule>,
    ) -> livos_bus::Result<OwnedFd> {
        // Only the agent waits for anything, and there is one of it: who follows anew ends what it followed before.
        match self.callers.who(&header).await? {
            Caller::Nexus => {}
            _ => return Err(Error::denied("only the assistant waits for lines of the journal")),
        }
        services::may_look(&actor)?;
        let stop = CancellationToken::new();
        let followed = follow::follow(&self.journal, rules, stop.clone())?;
        let mut follower = self.follower.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::replace(&mut *follower, stop).cancel();
        Ok(followed.into())
    }
}

fn failed(error: &crate::Error) -> Error {
    Error::internal(livos_service::chain(error))
}

fn text(machine: &impl Machine, path: &'static str) -> Result<String, crate::Error> {
    machine.text(path).map(Option::unwrap_or_default)
}

fn memory(machine: &impl Machine) -> Result<(u64, u64), crate::Error> {
    core::memory(&text(machine, MEMORY)?).ok_or(crate::Error::Missing { path: MEMORY, what: "MemTotal" })
}

fn load(machine: &impl Machine) -> Result<HostLoad, crate::Error> {
    const LOAD: &str = "/proc/loadavg";
    let load = core::load(&text(machine, LOAD)?)
        .ok_or(crate::Error::Missing { path: LOAD, what: "the load of the last minute" })?;
    let (memory_total, memory_available) = memory(machine)?;
    Ok(HostLoad { cpus: machine.cpus(), load, memory_total, memory_available })
}

fn info(machine: &impl Machine) -> Result<HostInfo, crate::Error> {
    const HOSTNAME: &str = "/proc/sys/kernel/hostname";
    const UPTIME: &str = "/proc/uptime";
    let text = |path| text(machine, path);
    let os_release = match machine.text("/etc/os-release")? {
        Some(text) => text,
        None => text("/usr/lib/os-release")?,
    };
    let (kernel, architecture) = machine.kernel();
    let (memory_total, memory_available) = memory(machine)?;
    let disks = core::data_mounts(&text("/proc/self/mountinfo")?)
        .into_iter()
        .filter_map(|mount| {
            let room = machine.file_system(&mount.point)?;
            Some(DiskInfo {
                mount: mount.point,
                device: mount.device,
                kind: mount.kind,
                total: room.total,
                free: room.free,
            })
        })
        .collect();
    Ok(HostInfo {
        hostname: text(HOSTNAME)?.trim().to_owned(),
        os: core::os_name(&os_release).unwrap_or_else(|| "Linux".to_owned()),
        kernel,
        architecture,
        cpus: machine.cpus(),
        memory_total,
        memory_available,
        uptime_seconds: core::uptime(&text(UPTIME)?)
            .ok_or(crate::Error::Missing { path: UPTIME, what: "uptime" })?,
        disks,
    })
}
