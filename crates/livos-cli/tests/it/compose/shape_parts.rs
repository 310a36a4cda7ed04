//! Parts of a service as Docker Compose prints them: limits, mounts, files.

use serde_json::{Map, Value, json};

use super::shape::{Shape, is_empty, number, put};

/// Compose's key to the name in our `resources`.
pub(super) fn resource(field: &str) -> Option<&'static str> {
    Some(match field {
        "mem_limit" => "memory_limit",
        "mem_reservation" => "memory_reservation",
        "memswap_limit" => "memory_swap_limit",
        "mem_swappiness" => "memory_swappiness",
        "cpus" => "nano_cpus",
        "cpu_shares" => "cpu_shares",
        "cpu_quota" => "cpu_quota",
        "cpu_period" => "cpu_period",
        "cpu_rt_runtime" => "cpu_rt_runtime",
        "cpu_rt_period" => "cpu_rt_period",
        "cpuset" => "cpuset",
        "pids_limit" => "pids_limit",
        "oom_kill_disable" => "oom_kill_disable",
        "oom_score_adj" => "oom_score_adj",
        _ => return None,
    })
}

pub(super) fn resource_value(ours: &str, value: &Value) -> Value {
    if ours.starts_with("nano_cpus") {
        let cpus = value.as_f64().or_else(|| value.as_str()?.parse().ok()).expect("a number");
        #[expect(clippy::cast_possible_truncation, reason = "a handful of CPUs")]
        return json!((cpus * 1e9).round() as i64);
    }
    if ours == "cpuset" { value.clone() } else { number(value) }
}

pub(super) fn blkio(value: &Value, resources: &mut Map<String, Value>) {
    let mut devices = Vec::new();
    for (field, value) in value.as_object().expect("an object") {
        if field == "weight" {
            resources.insert("blkio_weight".to_owned(), value.clone());
            continue;
        }
        for item in value.as_array().into_iter().flatten() {
            let get = |key: &str| {
                item.as_object()?
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(key))
                    .map(|(_, v)| v.clone())
            };
            let amount = get("weight").or_else(|| get("rate")).unwrap_or_default();
            devices.push(json!({"setting": field, "path": get("path"), "value": number(&amount)}));
        }
    }
    devices.sort_by_key(|device| {
        let order =
            ["weight_device", "device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops"];
        order.iter().position(|setting| device["setting"] == *setting)
    });
    if !devices.is_empty() {
        resources.insert("blkio_devices".to_owned(), json!(devices));
    }
}

pub(super) fn deploy(
    value: &Value,
    resources: &mut Map<String, Value>,
    requests: &mut Vec<Value>,
    shape: &mut Shape,
    name: &str,
) {
    for (field, value) in value.as_object().expect("an object") {
        match field.as_str() {
            "placement" | "update_config" | "rollback_config" | "endpoint_mode" | "labels" | "mode" => {}
            "replicas" if *value == 1 => {}
            "restart_policy" => {
                let condition = value["condition"].as_str().unwrap_or("any");
                let restart = match (condition, value["max_attempts"].as_u64()) {
                    ("none", _) => "no".to_owned(),
                    ("on-failure", Some(times)) => format!("on-failure:{times}"),
                    ("on-failure", None) => "on-failure".to_owned(),
                    _ => "unless-stopped".to_owned(),
                };
                if restart != "no" && !shape.contains_key(&format!("{name}/restart")) {
                    put(shape, name, "restart", json!(restart));
                }
            }
            "resources" => {
                for (side, values) in value.as_object().expect("an object") {
                    for (key, value) in values.as_object().expect("an object") {
                        let ours = match (side.as_str(), key.as_str()) {
                            ("limits", "memory") => "memory_limit",
                            ("limits", "cpus") => "nano_cpus",
                            ("limits", "pids") => "pids_limit",
                            ("reservations", "memory") => "memory_reservation",
                            ("reservations", "cpus") => "nano_cpus_reservation",
                            ("reservations", "devices") => {
                                requests.extend(value.as_array().into_iter().flatten().cloned());
                                continue;
                            }
                            _ => {
                                put(shape, name, &format!("deploy.{side}.{key}"), value.clone());
                                continue;
                            }
                        };
                        resources.insert(ours.to_owned(), resource_value(ours, value));
                    }
                }
            }
            _ => put(shape, name, &format!("deploy.{field}"), value.clone()),
        }
    }
}

pub(super) fn their_mount(mount: &Value, id: &str, catalogue: &str) -> (String, Value) {
    let mut out = Map::new();
    let mut kind = mount["type"].as_str().expect("a type");
    let source = mount["source"].as_str().unwrap_or_default();
    if source.is_empty() && kind == "bind" {
        kind = "volume";
    }
    out.insert("type".to_owned(), json!(kind));
    if !source.is_empty() && kind != "tmpfs" {
        out.insert(
            "source".to_owned(),
            json!(if kind == "bind" { moved(source, id, catalogue) } else { source.to_owned() }),
        );
    }
    for (field, value) in mount.as_object().expect("an object") {
        match field.as_str() {
            "type" | "source" | "target" | "consistency" => {}
            "tmpfs" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    out.insert(key.clone(), number(value));
                }
            }
            "bind" | "volume" => {
                let kept = value.as_object().into_iter().flatten().filter(|(_, value)| !is_empty(value));
                let kept: Map<String, Value> =
                    kept.map(|(key, value)| (key.clone(), value.clone())).collect();
                if !kept.is_empty() {
                    out.insert(field.clone(), Value::Object(kept));
                }
            }
            _ if is_empty(value) => {}
            _ => {
                out.insert(field.clone(), value.clone());
            }
        }
    }
    if kind == "bind" && mount["bind"].is_null() {
        out.insert("bind".to_owned(), json!({"create_host_path": true}));
    }
    (mount["target"].as_str().expect("a target").trim_end_matches('/').to_owned(), Value::Object(out))
}

pub(super) fn their_file(item: &Value, section: &str, config: &Value) -> (String, Value) {
    let source = item["source"].as_str().expect("a source");
    let definition = &config[section][source];
    let folder = if section == "secrets" { "/run/secrets/" } else { "/" };
    let target = match item["target"].as_str() {
        Some(target) if target.starts_with('/') => target.to_owned(),
        Some(target) => format!("{folder}{target}"),
        None => format!("{folder}{source}"),
    };
    let mut out = json!({"read_only": true});
    if let Some(file) = definition["file"].as_str() {
        out["type"] = json!("bind");
        out["source"] = json!(file);
    } else {
        out["type"] = json!("config");
        out["source"] = json!(source);
        out["content"] = definition["content"].clone();
    }
    for key in ["uid", "gid", "mode"] {
        if !item[key].is_null() {
            out[key] = number(&item[key]);
            if key != "mode" {
                out[key] = item[key].clone();
            }
        }
    }
    (target, out)
}

/// Where a folder of the foreign platform lies here: the table of each catalogue's paths.
fn moved(source: &str, id: &str, catalogue: &str) -> String {
    let apps = "/srv/livos/apps";
    let home = "/srv/livos/home";
    let table: Vec<(String, String)> = match catalogue {
        "umbrel" => [
            ("data/storage/downloads", format!("{home}/Downloads")),
            ("data/storage", home.to_owned()),
            ("home", home.to_owned()),
            ("app-data", apps.to_owned()),
            ("external", "/srv/livos/external".to_owned()),
            ("network", "/srv/livos/network".to_owned()),
        ]
        .into_iter()
        .map(|(from, to)| (format!("/home/umbrel/umbrel/{from}"), to))
        .collect(),
        "casaos" => {
            let own = |text: &str| text.to_lowercase().replace(['-', '_', '.'], "");
            if let Some(rest) = source.strip_prefix("/DATA/AppData/") {
                let (first, tail) = rest.split_once('/').unwrap_or((rest, ""));
                let below = if own(first) == own(id) { tail } else { rest };
                return format!("{apps}/{id}/{below}").trim_end_matches('/').to_owned();
            }
            vec![("/DATA".to_owned(), home.to_owned())]
        }
        "runtipi" => vec![
            ("/opt/runtipi/media".to_owned(), format!("{home}/Media")),
            ("/opt/runtipi/app-data".to_owned(), apps.to_owned()),
        ],
        _ => Vec::new(),
    };
    let source = if source.len() > 1 { source.trim_end_matches('/') } else { source };
    for (from, to) in &table {
        if let Some(rest) = source.strip_prefix(from.as_str())
            && (rest.is_empty() || rest.starts_with('/'))
        {
            return format!("{to}{rest}");
        }
    }
    source.to_owned()
}
