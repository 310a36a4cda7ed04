//! `Reader`: the machine, to look at.

use std::sync::Arc;

use livos_bus::{Caller, Callers, DiskInfo, Error, HostInfo};
use zbus::interface;
use zbus::message::Header;

use crate::core;
use crate::ports::Machine;

pub(crate) struct Reader<M> {
    pub(crate) machine: Arc<M>,
    pub(crate) callers: Callers,
}

#[interface(name = "io.livos.Host1.Reader")]
impl<M: Machine> Reader<M> {
    async fn info(&self, #[zbus(header)] header: Header<'_>) -> livos_bus::Result<HostInfo> {
        match self.callers.who(&header).await? {
            Caller::Web | Caller::Apps | Caller::Nexus | Caller::Administrator => {}
            _ => {
                return Err(Error::denied(
                    "only LivOS itself and the administrator may ask about the machine",
                ));
            }
        }
        let machine = Arc::clone(&self.machine);
        // A disk that is failing may answer late; others are served meanwhile.
        tokio::task::spawn_blocking(move || info(&*machine))
            .await
            .map_err(Error::internal)?
            .map_err(|error| Error::internal(livos_service::chain(&error)))
    }
}

fn info(machine: &impl Machine) -> Result<HostInfo, crate::Error> {
    const HOSTNAME: &str = "/proc/sys/kernel/hostname";
    const MEMORY: &str = "/proc/meminfo";
    const UPTIME: &str = "/proc/uptime";
    let text = |path| machine.text(path).map(Option::unwrap_or_default);
    let missing = |path, what| crate::Error::Missing { path, what };
    let os_release = match machine.text("/etc/os-release")? {
        Some(text) => text,
        None => text("/usr/lib/os-release")?,
    };
    let (kernel, architecture) = machine.kernel();
    let (memory_total, memory_available) =
        core::memory(&text(MEMORY)?).ok_or_else(|| missing(MEMORY, "MemTotal"))?;
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
        uptime_seconds: core::uptime(&text(UPTIME)?).ok_or_else(|| missing(UPTIME, "uptime"))?,
        disks,
    })
}
