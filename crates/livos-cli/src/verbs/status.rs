//! `livos status`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use livos_bus::documents::UpdateStatus;
use livos_bus::names::{self, Service};
use livos_bus::{
    AppsReaderProxy, EngineStatus, HostInfo, HostReaderProxy, HostUpdateProxy, ServiceProxy, ServiceStatus,
};
use serde::Serialize;

use crate::bus::Bus;
use crate::exit::Unreachable;
use crate::output::{Output, bytes, duration, plain, table};

/// A daemon that takes longer is as good as not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Status {
    services: Vec<ServiceStatus>,
    machine: Option<HostInfo>,
    docker: Option<EngineStatus>,
    /// The version of LivOS that waits; empty if none is known.
    update: Option<String>,
}

pub(crate) async fn run(bus: &Bus, output: Output) -> Result<ExitCode> {
    let mut services = Vec::new();
    for service in names::SERVICES {
        services.push(ask(bus, service).await);
    }
    if services.iter().all(|service| service.state == "down") {
        return Err(Unreachable(
            "the bus answers, but no daemon of LivOS is on it; is LivOS running?".to_owned(),
        )
        .into());
    }
    let machine = async { HostReaderProxy::new(&bus.connection).await?.info().await };
    let docker = async { AppsReaderProxy::new(&bus.connection).await?.engine(&bus.actor).await };
    let update = async {
        let status = HostUpdateProxy::new(&bus.connection).await?.status(&bus.actor).await?;
        Ok::<_, livos_bus::Error>(status.parse::<UpdateStatus>()?.available)
    };
    let status = Status {
        services,
        machine: tokio::time::timeout(ANSWER_WITHIN, machine).await.ok().and_then(Result::ok),
        docker: tokio::time::timeout(ANSWER_WITHIN, docker).await.ok().and_then(Result::ok),
        update: tokio::time::timeout(ANSWER_WITHIN, update).await.ok().and_then(Result::ok),
    };
    let healthy = status.services.iter().all(|service| service.state == "ok");
    output.print(&status, text)?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ask(bus: &Bus, service: Service) -> ServiceStatus {
    let answer = async {
        let builder = ServiceProxy::builder(&bus.connection).destination(service.bus_name).path(service.path);
        let proxy = builder.cache_properties(zbus::proxy::CacheProperties::No).build().await?;
        proxy.status().await
    };
    let failed = match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(status)) => return status,
        Ok(Err(error)) => error.message,
        Err(_) => format!("no answer within {} s", ANSWER_WITHIN.as_secs()),
    };
    ServiceStatus {
        name: service.short.to_owned(),
        state: "down".to_owned(),
        detail: failed,
        version: String::new(),
        started_at: 0,
    }
}

fn text(status: &Status) -> String {
    let row = |service: &ServiceStatus| {
        vec![service.name.clone(), service.state.clone(), service.version.clone(), service.detail.clone()]
    };
    let mut text =
        table(&["SERVICE", "STATE", "VERSION", "DETAIL"], status.services.iter().map(row).collect());
    if let Some(machine) = &status.machine {
        let used = machine.memory_total.saturating_sub(machine.memory_available);
        text += &format!(
            "\n{} · {} · Linux {} · {}\n{} CPUs · {} of {} memory used · up {}\n",
            plain(&machine.hostname),
            plain(&machine.os),
            plain(&machine.kernel),
            plain(&machine.architecture),
            machine.cpus,
            bytes(used),
            bytes(machine.memory_total),
            duration(machine.uptime_seconds),
        );
        for disk in &machine.disks {
            text += &format!("{}: {} of {} free\n", plain(&disk.mount), bytes(disk.free), bytes(disk.total));
        }
    }
    match &status.docker {
        Some(docker) if docker.usable => text += &format!("Docker {}\n", plain(&docker.version)),
        Some(docker) => text += &format!("Docker can't be used: {}\n", plain(&docker.reason)),
        None => {}
    }
    if let Some(version) = status.update.as_deref().filter(|version| !version.is_empty()) {
        text += &format!("LivOS {} waits: sudo livos upgrade\n", plain(version));
    }
    text
}
