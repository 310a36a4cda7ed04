//! `livos apps plan DIR`: what every app of a catalogue directory would create, without a running system.
//!
//! Services are printed in the shape of `docker compose config`, so that the two can be compared.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use livos_manifest::{
    Catalogue, Condition, Context, Healthcheck, MountKind, MountSpec, NetworkMode, Plan, RestartPolicy,
    ServiceSpec, catalogue,
};
use serde_json::{Map, Value, json};

/// Prints the plans of a directory, or only how many of them are complete; an error if that is too few.
pub(crate) fn run(
    dir: &Path,
    answers: &[(String, String)],
    json: bool,
    summary: bool,
    at_least: Option<u8>,
) -> anyhow::Result<ExitCode> {
    let catalogue =
        catalogue::load(dir).with_context(|| format!("can't load the catalogue {}", dir.display()))?;
    let context = Context { answers: answers.iter().cloned().collect(), ..Context::default() };
    let plans: Vec<Plan> = catalogue.entries.iter().map(|entry| entry.plan(&context)).collect();
    let mut out = std::io::stdout().lock();
    let count = Count::of(&catalogue, &plans);
    if json && summary {
        serde_json::to_writer_pretty(&mut out, &count)?;
        writeln!(out)?;
    } else if json {
        let mut list: Vec<Value> = plans.iter().map(plan_json).collect();
        list.extend(catalogue.problems.iter().map(|problem| problem_json(&catalogue, problem)));
        serde_json::to_writer_pretty(&mut out, &list)?;
        writeln!(out)?;
    } else {
        if !summary {
            table(&mut out, &catalogue, &plans)?;
        }
        writeln!(out, "{count}")?;
    }
    // Compared without dividing, so that 94.96 of a hundred are not 95.
    let enough = at_least.is_none_or(|percent| count.complete * 100 >= count.apps * usize::from(percent));
    Ok(if enough { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How much of a catalogue is understood. What is no app at all counts as one that isn't.
#[derive(Debug, serde::Serialize)]
struct Count {
    format: &'static str,
    apps: usize,
    complete: usize,
    /// Of those: how many need an answer first, or another app.
    needing_input: usize,
    /// Of a hundred, cut off after two places.
    percent: f64,
    /// The others, each with why.
    others: BTreeMap<String, String>,
}

impl Count {
    fn of(catalogue: &Catalogue, plans: &[Plan]) -> Self {
        let complete = plans.iter().filter(|plan| plan.complete).count();
        let apps = plans.len() + catalogue.problems.len();
        let why = |plan: &Plan| plan.error.clone().unwrap_or_else(|| plan.unsupported.join("; "));
        let mut others: BTreeMap<String, String> =
            plans.iter().filter(|plan| !plan.complete).map(|plan| (plan.id.clone(), why(plan))).collect();
        for problem in &catalogue.problems {
            let (id, reason) = problem.split_once(':').unwrap_or((problem, ""));
            others.insert(id.to_owned(), reason.trim().to_owned());
        }
        #[expect(clippy::cast_precision_loss, reason = "no catalogue has that many apps")]
        let percent = (complete * 10_000 / apps.max(1)) as f64 / 100.0;
        Self {
            format: catalogue.format.as_str(),
            apps,
            complete,
            needing_input: plans.iter().filter(|plan| plan.complete && !plan.needs_input.is_empty()).count(),
            percent,
            others,
        }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} apps: {} complete ({} %; {} of them need input), {} not",
            self.apps,
            self.complete,
            self.percent,
            self.needing_input,
            self.apps - self.complete
        )
    }
}

/// A directory that isn't even an app is in the list too: nothing disappears.
fn problem_json(catalogue: &Catalogue, problem: &str) -> Value {
    let id = problem.split(':').next().unwrap_or_default();
    json!({
        "id": id, "format": catalogue.format.as_str(), "complete": false, "unsupported": [], "needs_input": [],
        "error": problem, "permissions": [], "services": [],
    })
}

fn table(out: &mut impl Write, catalogue: &Catalogue, plans: &[Plan]) -> anyhow::Result<()> {
    writeln!(out, "{:<32} {:<9} {:<11} {:>8} {:>5}  NOTES", "APP", "FORMAT", "PLAN", "SERVICES", "RISK")?;
    for plan in plans {
        let state = if plan.error.is_some() {
            "error"
        } else if !plan.complete {
            "incomplete"
        } else if plan.needs_input.is_empty() {
            "complete"
        } else {
            "needs input"
        };
        let notes = match &plan.error {
            Some(error) => error.clone(),
            None if !plan.unsupported.is_empty() => format!("unsupported: {}", plan.unsupported.join("; ")),
            None => plan.needs_input.iter().map(|need| need.key.as_str()).collect::<Vec<_>>().join(", "),
        };
        let services = plan.spec.as_ref().map_or(0, |spec| spec.services.len());
        let risk = plan
            .spec
            .as_ref()
            .and_then(|spec| spec.permissions.iter().map(|permission| permission.risk).max())
            .map_or_else(|| "none".to_owned(), |risk| format!("{risk:?}").to_lowercase());
        writeln!(
            out,
            "{:<32} {:<9} {state:<11} {services:>8} {risk:>5}  {notes}",
            plan.id,
            plan.format.as_str()
        )?;
    }
    for problem in &catalogue.problems {
        writeln!(out, "skipped: {problem}")?;
    }
    Ok(())
}

fn plan_json(plan: &Plan) -> Value {
    let mut object = json!({
        "id": plan.id,
        "format": plan.format.as_str(),
        "complete": plan.complete,
        "unsupported": plan.unsupported,
        "needs_input": plan.needs_input,
        "error": plan.error,
        "permissions": [],
        "services": [],
    });
    let (Some(spec), Some(map)) = (&plan.spec, object.as_object_mut()) else { return object };
    map.insert("permissions".into(), json!(spec.permissions));
    map.insert("services".into(), spec.services.iter().map(service_json).collect());
    map.insert("name".into(), json!(spec.name));
    map.insert("version".into(), json!(spec.version));
    map.insert("main".into(), json!(spec.main));
    map.insert("inputs".into(), json!(spec.inputs));
    map.insert("dependencies".into(), json!(spec.dependencies));
    map.insert("architectures".into(), json!(spec.architectures));
    map.insert("networks".into(), json!(spec.networks));
    map.insert("volumes".into(), json!(spec.volumes));
    map.insert("data_directories".into(), json!(spec.data_directories));
    map.insert("warnings".into(), json!(spec.warnings));
    map.insert("variables".into(), json!(spec.variables));
    object
}

fn service_json(service: &ServiceSpec) -> Value {
    let mut map = match serde_json::to_value(service) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    // What compose spells differently.
    for key in ["mounts", "stop_grace_period_ms", "resources", "env_files", "device_requests"] {
        map.remove(key);
    }
    let ports: Vec<Value> = service
        .ports
        .iter()
        .map(|port| {
            let published = match (port.host_port, port.host_port_end) {
                (Some(from), Some(to)) => Some(format!("{from}-{to}")),
                (from, _) => from.map(|port| port.to_string()),
            };
            let mut map = Map::new();
            if let Some(pending) = &port.pending {
                map.insert("pending".into(), json!(pending));
            } else {
                map.insert("target".into(), json!(port.container_port));
            }
            insert(&mut map, "published", published);
            insert(&mut map, "host_ip", port.host_ip.clone());
            map.insert("protocol".into(), json!(port.protocol));
            Value::Object(map)
        })
        .collect();
    map.insert("ports".into(), Value::Array(ports));
    map.remove("environment_without");
    if let Some(Value::Object(environment)) = map.get_mut("environment") {
        environment.extend(service.environment_without.iter().map(|name| (name.clone(), Value::Null)));
    }
    map.insert("volumes".into(), service.mounts.iter().map(mount_json).collect());
    let networks: Map<String, Value> = service
        .networks
        .iter()
        .map(|network| {
            let mut map = Map::new();
            map.insert("aliases".into(), json!(network.aliases));
            insert(&mut map, "ipv4_address", network.ipv4_address.clone());
            insert(&mut map, "ipv6_address", network.ipv6_address.clone());
            insert(&mut map, "mac_address", network.mac_address.clone());
            insert(&mut map, "priority", network.priority);
            insert(&mut map, "gw_priority", network.gw_priority);
            (network.name.clone(), Value::Object(map))
        })
        .collect();
    map.insert("networks".into(), Value::Object(networks));
    map.insert("network_mode".into(), json!(service.network_mode.as_ref().map(network_mode)));
    let depends_on: Map<String, Value> = service
        .depends_on
        .iter()
        .map(|dependency| {
            let condition = match dependency.condition {
                Condition::ServiceStarted => "service_started",
                Condition::ServiceHealthy => "service_healthy",
                Condition::ServiceCompletedSuccessfully => "service_completed_successfully",
            };
            let mut map = Map::new();
            map.insert("condition".into(), json!(condition));
            map.insert("required".into(), json!(dependency.required));
            if dependency.restart {
                map.insert("restart".into(), json!(true));
            }
            (dependency.service.clone(), Value::Object(map))
        })
        .collect();
    map.insert("depends_on".into(), Value::Object(depends_on));
    map.insert("healthcheck".into(), service.healthcheck.as_ref().map_or(Value::Null, healthcheck_json));
    map.insert("restart".into(), json!(restart(service.restart)));
    insert(&mut map, "stop_grace_period", service.stop_grace_period_ms.map(duration));
    map.insert("env_file".into(), json!(service.env_files));
    map.insert("resources".into(), json!(service.resources));
    // Without a driver it is Docker's own.
    if let Some(Value::Object(logging)) = map.get_mut("logging") {
        logging.retain(|_, value| *value != "");
    }
    map.insert("devices".into(), service.devices.iter().map(|d| json!(d)).collect());
    map.insert("device_requests".into(), json!(service.device_requests));
    let ulimits: Map<String, Value> = service
        .ulimits
        .iter()
        .map(|limit| (limit.name.clone(), json!({"soft": limit.soft, "hard": limit.hard})))
        .collect();
    map.insert("ulimits".into(), Value::Object(ulimits));
    map.retain(|key, value| {
        let needed = matches!(
            key.as_str(),
            "ports" | "volumes" | "environment" | "networks" | "depends_on" | "healthcheck"
        );
        let empty = match value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(items) => items.is_empty(),
            _ => false,
        };
        // An empty command or entrypoint clears the image's: that says something.
        needed
            || !empty
            || matches!((key.as_str(), &*value), ("command" | "entrypoint", Value::Array(_)))
            || (key == "init" && service.init == Some(false))
    });
    Value::Object(map)
}

fn insert<T: serde::Serialize>(map: &mut Map<String, Value>, key: &str, value: Option<T>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), json!(value));
    }
}

fn mount_json(mount: &MountSpec) -> Value {
    let mut map = Map::new();
    let kind = match mount.kind {
        MountKind::Bind => "bind",
        MountKind::Volume => "volume",
        MountKind::Tmpfs => "tmpfs",
        MountKind::Content => "config",
    };
    map.insert("type".into(), json!(kind));
    if !mount.source.is_empty() {
        map.insert("source".into(), json!(mount.source));
    }
    map.insert("target".into(), json!(mount.target));
    map.insert("read_only".into(), json!(mount.read_only));
    map.insert("role".into(), json!(mount.role));
    let options = &mount.options;
    if mount.kind == MountKind::Bind {
        let mut bind = Map::new();
        bind.insert("create_host_path".into(), json!(options.create_host_path));
        insert(&mut bind, "propagation", options.propagation.clone());
        insert(&mut bind, "selinux", options.selinux.clone());
        insert(&mut bind, "recursive", options.recursive.clone());
        map.insert("bind".into(), Value::Object(bind));
    }
    if options.nocopy || options.subpath.is_some() {
        map.insert("volume".into(), json!({"nocopy": options.nocopy, "subpath": options.subpath}));
    }
    insert(&mut map, "size", options.tmpfs_size);
    insert(&mut map, "mode", options.mode);
    insert(&mut map, "options", options.tmpfs_options.clone());
    insert(&mut map, "content", options.content.clone());
    insert(&mut map, "uid", options.uid.clone());
    insert(&mut map, "gid", options.gid.clone());
    insert(&mut map, "consistency", options.consistency.clone());
    Value::Object(map)
}

fn network_mode(mode: &NetworkMode) -> String {
    match mode {
        NetworkMode::Bridge => "bridge".to_owned(),
        NetworkMode::Host => "host".to_owned(),
        NetworkMode::None => "none".to_owned(),
        NetworkMode::Service(name) => format!("service:{name}"),
        NetworkMode::Container(name) => format!("container:{name}"),
    }
}

fn healthcheck_json(check: &Healthcheck) -> Value {
    let mut map = Map::new();
    if !check.test.is_empty() {
        map.insert("test".into(), json!(check.test));
    }
    insert(&mut map, "interval", check.interval_ms.map(duration));
    insert(&mut map, "timeout", check.timeout_ms.map(duration));
    insert(&mut map, "retries", check.retries);
    insert(&mut map, "start_period", check.start_period_ms.map(duration));
    insert(&mut map, "start_interval", check.start_interval_ms.map(duration));
    if check.disable {
        map.insert("disable".into(), json!(true));
    }
    Value::Object(map)
}

fn restart(policy: RestartPolicy) -> String {
    match policy {
        RestartPolicy::No => "no".to_owned(),
        RestartPolicy::Always => "always".to_owned(),
        RestartPolicy::UnlessStopped => "unless-stopped".to_owned(),
        RestartPolicy::OnFailure { max_retries: None } => "on-failure".to_owned(),
        RestartPolicy::OnFailure { max_retries: Some(retries) } => format!("on-failure:{retries}"),
    }
}

/// Go's way of writing a duration: `1h0m30s`, `1.5s`, `250ms`.
fn duration(ms: u64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let (hours, minutes, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms % 60_000);
    let seconds = if rest % 1000 == 0 {
        format!("{}s", rest / 1000)
    } else {
        format!("{}s", format!("{}.{:03}", rest / 1000, rest % 1000).trim_end_matches('0'))
    };
    match (hours, minutes) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes}m{seconds}"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_like_go_does() {
        for (ms, wanted) in
            [(0, "0s"), (250, "250ms"), (1500, "1.5s"), (60_000, "1m0s"), (3_630_000, "1h0m30s")]
        {
            assert_eq!(duration(ms), wanted);
        }
    }
}
