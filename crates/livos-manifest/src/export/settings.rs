//! What a service may do and use, and how it lives.

use serde_json::{Value, json};

use super::Fields;
use crate::spec::{PullPolicy, RestartPolicy, ServiceSpec};

/// How it starts, ends and shows that it works.
pub(super) fn life(service: &ServiceSpec, fields: &mut Fields) {
    if let Some(check) = &service.healthcheck {
        let mut item = Fields::default();
        if check.disable {
            item.flag("disable", true);
        } else {
            item.list("test", &check.test);
        }
        item.millis("interval", check.interval_ms);
        item.millis("timeout", check.timeout_ms);
        item.option("retries", check.retries);
        item.millis("start_period", check.start_period_ms);
        item.millis("start_interval", check.start_interval_ms);
        fields.some("healthcheck", item.0);
    }
    match service.restart {
        RestartPolicy::No => {}
        RestartPolicy::Always => fields.text("restart", "always"),
        RestartPolicy::UnlessStopped => fields.text("restart", "unless-stopped"),
        RestartPolicy::OnFailure { max_retries: None } => fields.text("restart", "on-failure"),
        RestartPolicy::OnFailure { max_retries: Some(most) } => {
            fields.text("restart", &format!("on-failure:{most}"));
        }
    }
    fields.millis("stop_grace_period", service.stop_grace_period_ms);
    fields.option("stop_signal", service.stop_signal.clone());
    fields.option("init", service.init);
    fields.flag("tty", service.tty);
    fields.flag("stdin_open", service.stdin_open);
    fields.option(
        "pull_policy",
        service.pull_policy.map(|policy| match policy {
            PullPolicy::Always => "always",
            PullPolicy::Never => "never",
            PullPolicy::Missing => "missing",
        }),
    );
    if let Some(logging) = &service.logging {
        let mut item = Fields::default();
        item.text("driver", &logging.driver);
        item.texts("options", &logging.options);
        fields.some("logging", item.0);
    }
    fields.texts("labels", &service.labels);
    fields.texts("annotations", &service.annotations);
}

/// What it may do.
pub(super) fn rights(service: &ServiceSpec, fields: &mut Fields) {
    fields.flag("privileged", service.privileged);
    fields.flag("read_only", service.read_only);
    fields.list("cap_add", &service.cap_add);
    fields.list("cap_drop", &service.cap_drop);
    let devices = service.devices.iter().map(|device| match device.source.starts_with('/') {
        true => json!(format!("{}:{}:{}", device.source, device.target, device.permissions)),
        false => json!(device.source),
    });
    fields.items("devices", devices.collect());
    fields.list("device_cgroup_rules", &service.device_cgroup_rules);
    fields.list("security_opt", &service.security_opt);
    fields.texts("sysctls", &service.sysctls);
    fields.option("pid", service.pid.clone());
    fields.option("ipc", service.ipc.clone());
    fields.option("userns_mode", service.userns_mode.clone());
    fields.option("uts", service.uts.clone());
    fields.option("cgroup", service.cgroup.clone());
    fields.option("cgroup_parent", service.cgroup_parent.clone());
    fields.option("runtime", service.runtime.clone());
    fields.option("isolation", service.isolation.clone());
    fields.list("group_add", &service.group_add);
    fields.texts("storage_opt", &service.storage_opt);
}

/// How much it may use.
pub(super) fn limits(service: &ServiceSpec, fields: &mut Fields) {
    fields.option("shm_size", service.shm_size);
    let ulimits = service
        .ulimits
        .iter()
        .map(|limit| (limit.name.clone(), json!({ "soft": limit.soft, "hard": limit.hard })));
    fields.some("ulimits", ulimits.collect());
    let resources = &service.resources;
    fields.option("mem_limit", resources.memory_limit);
    fields.option("mem_reservation", resources.memory_reservation);
    fields.option("memswap_limit", resources.memory_swap_limit);
    fields.option("mem_swappiness", resources.memory_swappiness);
    fields.option("cpus", resources.nano_cpus.map(cpus));
    fields.option("cpu_shares", resources.cpu_shares);
    fields.option("cpu_quota", resources.cpu_quota);
    fields.option("cpu_period", resources.cpu_period);
    fields.option("cpu_rt_runtime", resources.cpu_rt_runtime);
    fields.option("cpu_rt_period", resources.cpu_rt_period);
    fields.option("cpuset", resources.cpuset.clone());
    fields.option("pids_limit", resources.pids_limit);
    fields.flag("oom_kill_disable", resources.oom_kill_disable);
    fields.option("oom_score_adj", resources.oom_score_adj);
    let mut blkio = Fields::default();
    blkio.option("weight", resources.blkio_weight);
    for device in &resources.blkio_devices {
        let amount = if device.setting == "weight_device" { "weight" } else { "rate" };
        let item = json!({ "path": device.path, amount: device.value });
        match blkio.0.get_mut(&device.setting) {
            Some(Value::Array(items)) => items.push(item),
            _ => blkio.set(&device.setting, json!([item])),
        }
    }
    fields.some("blkio_config", blkio.0);
    let mut reserved = Fields::default();
    reserved.option("cpus", resources.nano_cpus_reservation.map(cpus));
    let devices = service.device_requests.iter().map(|request| {
        let mut item = Fields::default();
        item.text("driver", &request.driver);
        item.option("count", request.count.map(|count| if count < 0 { json!("all") } else { json!(count) }));
        item.list("device_ids", &request.device_ids);
        item.list("capabilities", &request.capabilities);
        item.texts("options", &request.options);
        Value::Object(item.0)
    });
    reserved.items("devices", devices.collect());
    if !reserved.0.is_empty() {
        fields.set("deploy", json!({ "resources": { "reservations": reserved.0 } }));
    }
}

/// Billionths of a CPU as the decimal number they are.
fn cpus(nano: u64) -> String {
    let text = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
