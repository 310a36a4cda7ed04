//! The machine.

use std::fmt::Write as _;

use livos_bus::{HostInfo, HostLoad};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Nothing, Outcome, Place, refused};
use crate::core::Nexus;

/// What to look at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    /// Which figures; all of them without it.
    #[serde(default)]
    topic: Which,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Which {
    #[default]
    All,
    Cpu,
    Ram,
    Disk,
    Uptime,
}

pub(super) async fn sysinfo(nexus: &Nexus, asked: Topic) -> Outcome {
    let (info, load) = tokio::join!(nexus.house.info(), nexus.house.load());
    let (info, load) = (info.map_err(|error| refused(&error))?, load.map_err(|error| refused(&error))?);
    let wants = |which| asked.topic == Which::All || asked.topic == which;
    let mut text = String::new();
    if asked.topic == Which::All {
        line(
            &mut text,
            format_args!("{}, {}, kernel {}, {}", info.hostname, info.os, info.kernel, info.architecture),
        );
    }
    if wants(Which::Cpu) {
        line(
            &mut text,
            format_args!(
                "Processors: {}; {:.2} of them wanted on average in the last minute",
                load.cpus, load.load
            ),
        );
    }
    if wants(Which::Ram) {
        line(&mut text, format_args!("Memory: {}", memory(&load)));
    }
    if wants(Which::Disk) {
        for disk in &info.disks {
            let (free, total) = (bytes(disk.free), bytes(disk.total));
            line(
                &mut text,
                format_args!("Disk {} ({}, {}): {free} free of {total}", disk.mount, disk.device, disk.kind),
            );
        }
    }
    if wants(Which::Uptime) {
        line(&mut text, format_args!("Up for {}", uptime(&info)));
    }
    Ok(text)
}

pub(super) async fn status(nexus: &Nexus, place: &Place<'_>, _: Nothing) -> Outcome {
    let house = &nexus.house;
    let (info, load, engine, apps) =
        tokio::join!(house.info(), house.load(), house.engine(place.actor), house.apps(place.actor));
    let mut text = String::new();
    // One part that is down is itself the news, and hides none of the others.
    match &info {
        Ok(info) => line(&mut text, format_args!("{}: up for {}", info.hostname, uptime(info))),
        Err(error) => {
            line(&mut text, format_args!("The machine's daemon does not answer: {}", refused(error)));
        }
    }
    if let Ok(load) = &load {
        line(
            &mut text,
            format_args!("Load {:.2} on {} processors; memory: {}", load.load, load.cpus, memory(load)),
        );
    }
    match &engine {
        Ok(engine) if engine.usable => line(&mut text, format_args!("Docker {} runs", engine.version)),
        Ok(engine) => line(&mut text, format_args!("Docker can't be used: {}", engine.reason)),
        Err(error) => line(&mut text, format_args!("The app engine does not answer: {}", refused(error))),
    }
    if let Ok(apps) = &apps {
        line(&mut text, format_args!("{} apps are installed", apps.len()));
        for app in apps.iter().filter(|app| app.state != "running") {
            line(&mut text, format_args!("{} ({}) is {}: {}", app.name, app.id, app.state, app.detail));
        }
    }
    Ok(text)
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string can't fail.
    let _ = text.write_fmt(arguments);
    text.push('\n');
}

fn memory(load: &HostLoad) -> String {
    format!("{} available of {}", bytes(load.memory_available), bytes(load.memory_total))
}

fn uptime(info: &HostInfo) -> String {
    let (days, hours, minutes) =
        (info.uptime_seconds / 86_400, info.uptime_seconds / 3600 % 24, info.uptime_seconds / 60 % 60);
    format!("{days} d {hours} h {minutes} min")
}

fn bytes(count: u64) -> String {
    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;
    let (unit, name) = if count >= GIB { (GIB, "GiB") } else { (MIB, "MiB") };
    let tenths = u128::from(count) * 10 / u128::from(unit);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}
