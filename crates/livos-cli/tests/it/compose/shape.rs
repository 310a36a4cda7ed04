//! Both sides in one shape: `services.<name>.<field>` to a value that can be compared.
//!
//! What differs on purpose is named here, once, in `DOCUMENTED`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::shape_parts::{blkio, deploy, resource, resource_value, their_file, their_mount};

/// Differences that are meant, and why.
pub(super) const DOCUMENTED: &[(&str, &str)] = &[
    ("mode of a port", "swarm's routing mesh; a single machine has none"),
    ("attach, develop, scale 1", "say what the terminal of `up` and `watch` do, not what is created"),
    ("expose", "documentation; Docker publishes nothing for it, and the list is compared as it is written"),
    ("deploy.placement and the like", "swarm's"),
    ("bind of the long form without options", "compose prints none and creates a missing path, as we say"),
    ("consistency", "macOS's; compose prints it for the long form only and Docker on Linux ignores it"),
    ("../ outside the app's folder", "refused: an app stays in its own folder"),
    ("a host port that two services publish", "refused: the second could never start"),
    ("an unquoted date", "keeps its text; compose makes a time of day of it"),
    ("app_proxy", "Umbrel's own proxy: LivOS stands in front itself"),
    (
        "/dev/dri with the permission GPU",
        "umbreld adds it to every service; so do we, when the machine has it",
    ),
    ("Umbrel and CasaOS folders", "lie in the owner's Home and in the app's own folder instead"),
];

/// Field by field: `service/field` to its value.
pub(super) type Shape = BTreeMap<String, Value>;

pub(super) fn differences(ours: &Shape, theirs: &Shape) -> Vec<String> {
    let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    keys.into_iter()
        .filter(|key| ours.get(*key) != theirs.get(*key))
        .map(|key| {
            let show = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            format!("{key}: {} where compose has {}", show(ours.get(key)), show(theirs.get(key)))
        })
        .collect()
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        _ => false,
    }
}

/// Everything but what is empty; an empty command says something.
pub(super) fn put(shape: &mut Shape, service: &str, field: &str, value: Value) {
    let clears = matches!(field, "command" | "entrypoint") && value.is_array();
    if !is_empty(&value) || clears {
        shape.insert(format!("{service}/{field}"), value);
    }
}

fn sorted(value: &Value) -> Value {
    let mut items: Vec<Value> = value.as_array().cloned().unwrap_or_default();
    items.sort_by_key(Value::to_string);
    Value::Array(items)
}

fn text(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    }
}

/// `--json` of `livos apps plan`.
pub(super) fn ours(plan: &Value) -> Shape {
    let mut shape = Shape::new();
    for service in plan["services"].as_array().expect("services") {
        let name = service["name"].as_str().expect("a name");
        for (field, value) in service.as_object().expect("an object") {
            let value = match field.as_str() {
                "name" | "env_file" | "expose" => continue,
                "ports" => ports(value),
                "volumes" => {
                    let mounts = value.as_array().expect("a list");
                    mounts.iter().map(our_mount).collect::<Map<String, Value>>().into()
                }
                "networks" => {
                    networks(value, &[name, service["container_name"].as_str().unwrap_or_default()])
                }
                "resources" => {
                    let kept: Map<String, Value> = value
                        .as_object()
                        .expect("an object")
                        .iter()
                        .filter(|(_, value)| !is_empty(value))
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect();
                    kept.into()
                }
                "restart" if value == "no" => continue,
                "devices" => {
                    let text =
                        |device: &Value, key: &str| device[key].as_str().unwrap_or_default().to_owned();
                    let all: BTreeSet<String> = value
                        .as_array()
                        .expect("a list")
                        .iter()
                        .filter(|device| !(plan["format"] == "umbrel" && device["optional"] == true))
                        .map(|device| {
                            format!(
                                "{}:{}:{}",
                                text(device, "source"),
                                text(device, "target"),
                                text(device, "permissions")
                            )
                        })
                        .collect();
                    json!(all)
                }
                "device_requests" => value
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|request| request_shape(request, "count"))
                    .collect(),
                "logging" => value.clone(),
                "links" => value
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|link| {
                        json!(format!(
                            "{}:{}",
                            link["service"].as_str().unwrap_or_default(),
                            link["alias"].as_str().unwrap_or_default()
                        ))
                    })
                    .collect(),
                "extra_hosts" => sorted(value),
                "depends_on" => value.clone(),
                _ => value.clone(),
            };
            put(&mut shape, name, field, value);
        }
    }
    for kind in ["networks", "volumes"] {
        for item in plan[kind].as_array().into_iter().flatten() {
            let key = format!("{kind}:{}", item["key"].as_str().expect("a key"));
            for (field, value) in item.as_object().expect("an object") {
                match field.as_str() {
                    "key" | "shared" => {}
                    // The platform's own networks have addresses of the platform's choice.
                    "ipam" | "driver" | "external" if is_platform(&item["name"]) => {}
                    "ipam" => {
                        let pools = value.as_array().expect("a list").iter().map(|pool| {
                            let pool = pool.as_object().expect("an object").iter();
                            let kept = pool.filter(|(_, value)| !is_empty(value));
                            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
                        });
                        put(&mut shape, &key, field, pools.collect());
                    }
                    _ if *value == "" => {}
                    _ => put(&mut shape, &key, field, value.clone()),
                }
            }
        }
    }
    shape
}

/// A network that the foreign platform itself makes.
fn is_platform(name: &Value) -> bool {
    matches!(name.as_str(), Some("umbrel_main_network" | "runtipi_tipi_main_network"))
}

fn request_shape(request: &Value, count: &str) -> Value {
    let mut out = Map::new();
    for key in ["driver", "device_ids", "capabilities", "options"] {
        if !is_empty(&request[key]) && request[key] != "" {
            out.insert(key.to_owned(), request[key].clone());
        }
    }
    let count = match &request[count] {
        Value::Null => None,
        Value::String(text) if text == "all" => Some(json!(-1)),
        other => Some(other.clone()),
    };
    // Docker Compose asks for all when neither a count nor ids are given.
    let count = count.or_else(|| is_empty(&request["device_ids"]).then(|| json!(-1)));
    if let Some(count) = count {
        out.insert("count".to_owned(), count);
    }
    Value::Object(out)
}

fn ports(value: &Value) -> Value {
    let all: BTreeSet<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .map(|port| {
            let plain = |key: &str| match &port[key] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let protocol = if port["protocol"].is_null() { "tcp".to_owned() } else { plain("protocol") };
            format!("{}:{}:{}/{protocol}", plain("host_ip"), plain("published"), plain("target"))
        })
        .collect();
    json!(all)
}

fn networks(value: &Value, names: &[&str]) -> Value {
    let all = value.as_object().into_iter().flatten().map(|(key, network)| {
        let mut out = Map::new();
        for (field, value) in network.as_object().into_iter().flatten() {
            let value = match field.as_str() {
                "aliases" => {
                    let others = value.as_array().into_iter().flatten();
                    let kept = others.filter(|alias| !names.contains(&alias.as_str().unwrap_or_default()));
                    let kept: Vec<Value> = kept.cloned().collect();
                    json!(kept)
                }
                // Docker Compose 2.26 doesn't know it yet; Runtipi needs it, and its document has none here.
                "gw_priority" => continue,
                _ => value.clone(),
            };
            if !is_empty(&value) {
                out.insert(field.clone(), value);
            }
        }
        (key.clone(), Value::Object(out))
    });
    Value::Object(all.collect())
}

fn our_mount(mount: &Value) -> (String, Value) {
    let mut out = Map::new();
    for (field, value) in mount.as_object().expect("an object") {
        match field.as_str() {
            "role" | "target" | "consistency" => {}
            "bind" => {
                let kept = value.as_object().expect("an object").iter().filter(|(_, value)| !is_empty(value));
                let kept: Map<String, Value> =
                    kept.map(|(key, value)| (key.clone(), value.clone())).collect();
                if !kept.is_empty() {
                    out.insert(field.clone(), Value::Object(kept));
                }
            }
            "volume" => {
                let kept = value.as_object().expect("an object").iter().filter(|(_, value)| !is_empty(value));
                out.insert(
                    field.clone(),
                    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect()),
                );
            }
            _ if is_empty(value) => {}
            _ => {
                out.insert(field.clone(), value.clone());
            }
        }
    }
    (mount["target"].as_str().expect("a target").to_owned(), Value::Object(out))
}

/// `docker compose config --format json`.
pub(super) fn theirs(config: &Value, id: &str, catalogue: &str) -> Shape {
    let config = unescaped(config);
    let mut shape = Shape::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (name, service) in config["services"].as_object().expect("services") {
        if name == "app_proxy" && catalogue == "umbrel" {
            continue;
        }
        let mut service = service.as_object().expect("an object").clone();
        let separator = if catalogue == "umbrel" { '_' } else { '-' };
        let container = service
            .remove("container_name")
            .unwrap_or_else(|| json!(format!("{id}{separator}{name}{separator}1")));
        let container = container.as_str().expect("a name").to_owned();
        put(&mut shape, name, "container_name", json!(container));
        let mut mounts = Map::new();
        let mut resources = Map::new();
        let mut requests = Vec::new();
        for (field, value) in &service {
            match field.as_str() {
                "attach" | "develop" | "expose" | "profiles" => {}
                _ if field.starts_with("x-") => {}
                "scale" if *value == 1 => {}
                "ports" => put(&mut shape, name, field, ports(value)),
                "environment" => {
                    let all = value.as_object().expect("an object").iter();
                    let all: Map<String, Value> =
                        all.map(|(key, value)| (key.clone(), text(value))).collect();
                    put(&mut shape, name, field, all.into());
                }
                "networks" => {
                    used.extend(value.as_object().into_iter().flatten().map(|(key, _)| key.clone()));
                    put(&mut shape, name, field, networks(value, &[name, &container]));
                }
                "volumes" => {
                    for mount in value.as_array().expect("a list") {
                        let (target, mount) = their_mount(mount, id, catalogue);
                        mounts.insert(target, mount);
                    }
                }
                "tmpfs" => {
                    let list = match value {
                        Value::String(_) => vec![value.clone()],
                        other => other.as_array().cloned().unwrap_or_default(),
                    };
                    for item in list {
                        let item = item.as_str().expect("a text");
                        let (target, options) =
                            item.split_once(':').map_or((item, None), |(a, b)| (a, Some(b)));
                        let mut out = json!({"type": "tmpfs"});
                        if let Some(options) = options {
                            out["options"] = json!(options);
                        }
                        mounts.insert(target.to_owned(), out);
                    }
                }
                "configs" | "secrets" => {
                    for item in value.as_array().expect("a list") {
                        let (target, mount) = their_file(item, field, &config);
                        mounts.insert(target, mount);
                    }
                }
                "deploy" => deploy(value, &mut resources, &mut requests, &mut shape, name),
                "depends_on" => {
                    let kept = value.as_object().expect("an object").iter();
                    let kept = kept.filter(|(key, _)| !(catalogue == "umbrel" && *key == "app_proxy"));
                    // Compose writes also whom nobody waits for, because no profile that was chosen has it.
                    let there = |key: &str| !config["services"][key].is_null();
                    let kept = kept.filter(|(key, value)| there(key) || value["required"] != false);
                    let kept: Map<String, Value> =
                        kept.map(|(key, value)| (key.clone(), value.clone())).collect();
                    put(&mut shape, name, field, kept.into());
                }
                // Another word for the same.
                "network_mode" if value == "default" => put(&mut shape, name, field, json!("bridge")),
                "healthcheck" => {
                    let mut check = value.clone();
                    if check["disable"] == true || check["test"][0] == "NONE" {
                        check["test"] = json!(["NONE"]);
                        check["disable"] = json!(true);
                    }
                    put(&mut shape, name, field, check);
                }
                "devices" => {
                    let all: BTreeSet<String> =
                        value.as_array().expect("a list").iter().map(device).collect();
                    put(&mut shape, name, field, json!(all));
                }
                "ulimits" => {
                    let all = value.as_object().expect("an object").iter().map(|(key, limit)| {
                        // A limit of nothing is printed as nothing.
                        let side = |side: &str| match limit {
                            Value::Object(both) => both.get(side).cloned().unwrap_or_else(|| json!(0)),
                            one => one.clone(),
                        };
                        (key.clone(), json!({"soft": side("soft"), "hard": side("hard")}))
                    });
                    put(&mut shape, name, field, Value::Object(all.collect()));
                }
                "extra_hosts" => {
                    let all = value.as_array().expect("a list").iter();
                    let all = all.map(|host| json!(host.as_str().expect("a text").replacen('=', ":", 1)));
                    put(&mut shape, name, field, sorted(&all.collect()));
                }
                "links" => {
                    let all = value.as_array().expect("a list").iter().map(|link| {
                        let link = link.as_str().expect("a text");
                        json!(if link.contains(':') { link.to_owned() } else { format!("{link}:{link}") })
                    });
                    put(&mut shape, name, field, all.collect());
                }
                "sysctls" | "labels" | "annotations" | "storage_opt" => {
                    let all = value.as_object().expect("an object").iter();
                    put(
                        &mut shape,
                        name,
                        field,
                        Value::Object(all.map(|(k, v)| (k.clone(), text(v))).collect()),
                    );
                }
                "shm_size" => put(&mut shape, name, field, number(value)),
                "restart" if value == "no" => {}
                "dns" | "dns_search" if value.is_string() => put(&mut shape, name, field, json!([value])),
                "gpus" => requests.extend(value.as_array().into_iter().flatten().cloned()),
                _ => match resource(field) {
                    Some(ours) => {
                        resources.insert(ours.to_owned(), resource_value(ours, value));
                    }
                    None if field == "blkio_config" => blkio(value, &mut resources),
                    None => put(&mut shape, name, field, value.clone()),
                },
            }
        }
        resources.retain(|_, value| !is_empty(value));
        put(&mut shape, name, "volumes", mounts.into());
        put(&mut shape, name, "resources", resources.into());
        let requests = requests.iter().map(|request| request_shape(request, "count"));
        put(&mut shape, name, "device_requests", requests.collect());
    }
    top_level(&config, &used, &mut shape);
    shape
}

fn top_level(config: &Value, used: &BTreeSet<String>, shape: &mut Shape) {
    for kind in ["networks", "volumes"] {
        for (key, item) in config[kind].as_object().into_iter().flatten() {
            let place = format!("{kind}:{key}");
            let platform = is_platform(&item["name"]);
            let mentioned = match kind {
                "networks" => used.contains(key),
                _ => shape.iter().any(|(field, value)| {
                    let mounts = field.ends_with("/volumes").then(|| value.as_object()).flatten();
                    mounts
                        .into_iter()
                        .flatten()
                        .any(|(_, mount)| mount["type"] == "volume" && mount["source"] == **key)
                }),
            };
            if !mentioned {
                continue;
            }
            for (field, value) in item.as_object().into_iter().flatten() {
                match field.as_str() {
                    "ipam" | "driver" | "external" if platform => {}
                    "ipam" => {
                        put(shape, &place, "ipam", value["config"].clone());
                        if let Some(driver) = value["driver"].as_str() {
                            put(shape, &place, "ipam_driver", json!(driver));
                        }
                        put(shape, &place, "ipam_options", value["options"].clone());
                    }
                    "driver" if kind == "networks" && value == "" => {}
                    _ if field.starts_with("x-") => {}
                    "labels" | "driver_opts" => {
                        let all = value.as_object().into_iter().flatten();
                        put(
                            shape,
                            &place,
                            field,
                            Value::Object(all.map(|(k, v)| (k.clone(), text(v))).collect()),
                        );
                    }
                    _ => put(shape, &place, field, value.clone()),
                }
            }
        }
    }
}

/// `config` writes `$$` for `$`, so that its output can be read again.
fn unescaped(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("$$", "$")),
        Value::Array(items) => items.iter().map(unescaped).collect(),
        Value::Object(items) => Value::Object(
            items.iter().map(|(key, value)| (key.replace("$$", "$"), unescaped(value))).collect(),
        ),
        other => other.clone(),
    }
}

pub(super) fn number(value: &Value) -> Value {
    value.as_str().and_then(|text| text.parse::<i64>().ok()).map_or_else(|| value.clone(), |n| json!(n))
}

fn device(value: &Value) -> String {
    if let Some(text) = value.as_str() {
        let parts: Vec<&str> = text.split(':').collect();
        return match parts.as_slice() {
            [one] => format!("{one}:{one}:rwm"),
            [from, to] => format!("{from}:{to}:rwm"),
            _ => text.to_owned(),
        };
    }
    let part = |key: &str| value[key].as_str().map(str::to_owned);
    let source = part("source").expect("a source");
    let target = part("target").unwrap_or_else(|| source.clone());
    format!("{source}:{target}:{}", part("permissions").unwrap_or_else(|| "rwm".to_owned()))
}
