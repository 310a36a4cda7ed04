//! What `docker inspect` says of a container, a network or a volume, in a shape that two sides can be compared in.
//!
//! Everything that Docker says is compared, but for what is named here: what Docker makes up anew for each object,
//! and what differs on purpose.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Differences that are meant, and why.
pub(super) const MEANT: &[(&str, &str)] = &[
    ("labels com.docker.compose.* and io.livos.*", "each side marks what is its own"),
    (
        "container_name",
        "names are global in Docker, so the app's id comes first; it is a further name on the app's networks",
    ),
    (
        "HostConfig.Binds, .Mounts and .Tmpfs, Config.Volumes",
        "one mount can be written in several ways; compared is what is mounted, from where, where to, and how",
    ),
    (
        "create_host_path of an app's own folder",
        "LivOS makes it, for the app's user, before Docker would as root",
    ),
    (
        "HostConfig.CgroupParent, where systemd keeps the limits",
        "apps are in livos-apps.slice, so that one of them is ended before the system runs out of memory",
    ),
    ("Config.AttachStdout, Config.AttachStderr", "what the terminal of `up` shows, not what is created"),
    (
        "the source of a mount of docker.sock",
        "an app gets a socket that only looks in the place of Docker's, until its owner lets it control Docker",
    ),
    ("consistency", "of macOS"),
    (
        "a folder mounted where it lies anyway",
        "LivOS pins it there, so that no container puts a link in its place",
    ),
    ("configs with content", "Compose copies it into the container as it starts it; LivOS mounts it"),
    ("HostConfig.NetworkMode default", "which is bridge"),
    ("HostConfig.RestartPolicy.Name", "Docker says nothing or “no” for the same"),
    (
        "Config.ExposedPorts",
        "Compose passes on what is written, ranges and missing protocols included; Docker means the same",
    ),
    ("the mode of volumes_from", "Compose 2.26 loses it; we follow the specification"),
    ("a stop_grace_period with a part of a second", "rounded up, where Compose cuts it off"),
];

/// Made up by Docker for each object: its id, its times, and the places that are named after them.
const OF_THE_OBJECT: &[&str] = &[
    "Id",
    "Created",
    "CreatedAt",
    "State",
    "ResolvConfPath",
    "HostnamePath",
    "HostsPath",
    "LogPath",
    "GraphDriver",
    "Mountpoint",
    "Scope",
    "Containers",
    "Status",
];

/// What was read, by path.
pub(super) type Shape = BTreeMap<String, Value>;

/// Names of containers and networks by their ids.
pub(super) type Names = BTreeMap<String, String>;

/// A container. `name` is the name it has if nothing gives it another one.
/// `own_name` is the other one, which only we have to say.
pub(super) fn container(inspect: &Value, name: &str, own_name: &str, names: &Names) -> Shape {
    let id = inspect["Id"].as_str().unwrap_or_default();
    let short = id.get(..12).unwrap_or_default();
    let mut whole = inspect.clone();
    let fields = whole.as_object_mut().unwrap();
    OF_THE_OBJECT.iter().for_each(|field| drop(fields.remove(*field)));
    // What is mounted is read from what was asked for; this one names volumes that were made up.
    fields.remove("Mounts");
    fields.remove("Name");
    fields.insert("Mounted".to_owned(), json!(mounted(inspect)));
    // Until it runs there is nothing else to say of its network.
    let networks = inspect["NetworkSettings"]["Networks"].as_object().cloned().unwrap_or_default();
    let asked = networks.into_iter().map(|(network, joined)| {
        let mut aliases: BTreeSet<String> = texts(&joined["Aliases"]).into_iter().collect();
        aliases.remove(short);
        // Docker finds a container by its name without being told, and by another name only if told.
        aliases.remove(name);
        aliases.remove(own_name);
        let rest = json!({
            "IPAMConfig": joined["IPAMConfig"], "Links": sorted(&joined["Links"]), "Aliases": aliases,
            "DriverOpts": joined["DriverOpts"],
        });
        (network, rest)
    });
    let asked: serde_json::Map<String, Value> = asked.collect();
    fields.insert("NetworkSettings".to_owned(), Value::Object(asked));

    let config = &mut whole["Config"];
    for field in ["AttachStdout", "AttachStderr", "Volumes"] {
        config.as_object_mut().unwrap().remove(field);
    }
    if config["Hostname"] == short {
        config["Hostname"] = json!("of the container");
    }
    config["Env"] = sorted(&config["Env"]);
    config["Labels"] = labels(&config["Labels"]);
    let exposed = config["ExposedPorts"].as_object().cloned().unwrap_or_default();
    config["ExposedPorts"] = json!(exposed.keys().flat_map(|port| exposes(port)).collect::<BTreeSet<_>>());
    let host = &mut whole["HostConfig"];
    if host["RestartPolicy"]["Name"] == "" {
        host["RestartPolicy"]["Name"] = json!("no");
    }
    if host["CgroupParent"] == "livos-apps.slice" {
        host["CgroupParent"] = json!("");
    }
    host.as_object_mut().unwrap().remove("Tmpfs");
    for field in ["Binds", "Mounts"] {
        host.as_object_mut().unwrap().remove(field);
    }
    for field in ["ExtraHosts", "CapAdd", "CapDrop", "SecurityOpt", "Ulimits", "Devices"] {
        host[field] = sorted(&host[field]);
    }
    if host["NetworkMode"] == "default" {
        host["NetworkMode"] = json!("bridge");
    }
    if let Some(name) = host["NetworkMode"].as_str().and_then(|mode| names.get(mode)) {
        host["NetworkMode"] = json!(name);
    }
    for field in ["NetworkMode", "PidMode", "IpcMode"] {
        if let Some(other) = host[field].as_str().and_then(|mode| mode.strip_prefix("container:")) {
            host[field] = json!(format!("container:{}", names.get(other).map_or(other, String::as_str)));
        }
    }
    let lenders = texts(&host["VolumesFrom"]).into_iter().map(|lender| {
        let (other, mode) = lender.split_once(':').unwrap_or((&lender, "rw"));
        format!("{}:{mode}", names.get(other).map_or(other, String::as_str))
    });
    host["VolumesFrom"] = json!(lenders.collect::<BTreeSet<_>>());
    flat(&whole)
}

/// A network or a volume.
pub(super) fn shared(inspect: &Value) -> Shape {
    let mut whole = inspect.clone();
    let fields = whole.as_object_mut().unwrap();
    OF_THE_OBJECT.iter().for_each(|field| drop(fields.remove(*field)));
    whole["Labels"] = labels(&whole["Labels"]);
    flat(&whole)
}

/// The addresses of a network whose file says nothing about them are Docker's choice.
pub(super) fn chosen_addresses(shape: &mut Shape) {
    shape.remove("IPAM.Config");
}

fn labels(labels: &Value) -> Value {
    let mut labels = labels.as_object().cloned().unwrap_or_default();
    labels.retain(|key, _| !key.starts_with("com.docker.compose.") && !key.starts_with("io.livos."));
    Value::Object(labels)
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn sorted(list: &Value) -> Value {
    let mut items: Vec<Value> = list.as_array().cloned().unwrap_or_default();
    items.sort_by_key(Value::to_string);
    Value::Array(items)
}

/// What is mounted, whichever way it was written.
fn mounted(inspect: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for target in inspect["Config"]["Volumes"].as_object().into_iter().flatten().map(|(target, _)| target) {
        all.insert(target.clone(), json!({ "Type": "volume" }));
    }
    for (target, options) in inspect["HostConfig"]["Tmpfs"].as_object().into_iter().flatten() {
        let options = options.as_str().unwrap_or_default().split(',').filter(|option| !option.is_empty());
        all.insert(clean(target), mount("tmpfs", "", false, &options.map(str::to_owned).collect()));
    }
    for bind in texts(&inspect["HostConfig"]["Binds"]) {
        let mut parts = bind.split(':');
        let (source, target) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (mut options, mut read_only) = (BTreeSet::new(), false);
        for option in parts.next().unwrap_or_default().split(',') {
            match option {
                "" | "rw" | "rprivate" => {}
                "ro" => read_only = true,
                "nocopy" => drop(options.insert("NoCopy".to_owned())),
                other => drop(options.insert(other.to_owned())),
            }
        }
        let kind = if source.starts_with('/') { "bind" } else { "volume" };
        all.insert(clean(target), mount(kind, source, read_only, &options));
    }
    for long in inspect["HostConfig"]["Mounts"].as_array().into_iter().flatten() {
        let mut options = BTreeSet::new();
        let propagation = long["BindOptions"]["Propagation"].as_str().unwrap_or_default();
        if !["", "rprivate"].contains(&propagation) {
            options.insert(propagation.to_owned());
        }
        for (group, field) in [("BindOptions", "NonRecursive"), ("VolumeOptions", "NoCopy")] {
            if long[group][field] == true {
                options.insert(field.to_owned());
            }
        }
        for field in ["SizeBytes", "Mode"] {
            if let Some(number) = long["TmpfsOptions"][field].as_u64().filter(|number| *number > 0) {
                options.insert(format!("{field}={number}"));
            }
        }
        let text = |field: &str| long[field].as_str().unwrap_or_default();
        let made = mount(text("Type"), text("Source"), long["ReadOnly"] == true, &options);
        all.insert(clean(text("Target")), made);
    }
    let whole = all.clone();
    all.retain(|target, made| !is_pin(target, made, &whole) && !is_content(made));
    all
}

/// Something inside a folder that is mounted, mounted where it is anyway.
fn is_pin(target: &str, made: &Value, all: &BTreeMap<String, Value>) -> bool {
    let is_open = |made: &Value| made["Type"] == "bind" && made["ReadOnly"] != true;
    let within = |path: &str, folder: &str| Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned());
    let source = |made: &Value| clean(made["Source"].as_str().unwrap_or_default());
    is_open(made)
        && all.iter().filter(|(_, outer)| is_open(outer)).any(|(folder, outer)| {
            let rest = within(target, folder);
            rest.is_some() && rest == within(&source(made), &source(outer))
        })
}

/// What a config of the file says itself, in a file of ours.
fn is_content(made: &Value) -> bool {
    made["ReadOnly"] == true && made["Source"].as_str().is_some_and(|source| source.contains("/content/"))
}

/// `80`, `53/udp`, `9000-9002`: each port with its protocol.
fn exposes(port: &str) -> Vec<String> {
    let (ports, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (first, last): (u16, u16) = (first.parse().unwrap(), last.parse().unwrap());
    (first..=last).map(|port| format!("{port}/{protocol}")).collect()
}

fn clean(path: &str) -> String {
    if path.len() > 1 { path.trim_end_matches('/').to_owned() } else { path.to_owned() }
}

fn mount(kind: &str, source: &str, read_only: bool, options: &BTreeSet<String>) -> Value {
    let mut made = json!({ "Type": kind });
    let is_view = source.contains("/docker-views/") && source.ends_with("/docker.sock");
    let source = if is_view { "/var/run/docker.sock" } else { source };
    if !source.is_empty() {
        made["Source"] = json!(source);
    }
    if read_only {
        made["ReadOnly"] = json!(true);
    }
    if !options.is_empty() {
        made["Options"] = json!(options);
    }
    made
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        _ => false,
    }
}

fn flat(value: &Value) -> Shape {
    let mut shape = Shape::new();
    flatten("", value, &mut shape);
    shape
}

fn flatten(path: &str, value: &Value, shape: &mut Shape) {
    match value {
        _ if is_nothing(value) => {}
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                // An empty object can say something: a port, or a network.
                if is_nothing(value) && ["NetworkSettings", "Labels"].iter().any(|place| path.contains(place))
                {
                    shape.insert(path, Value::Null);
                } else {
                    flatten(&path, value, shape);
                }
            }
        }
        _ => drop(shape.insert(path.to_owned(), value.clone())),
    }
}

pub(super) fn differences(ours: &Shape, theirs: &Shape) -> Vec<String> {
    let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let show = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    keys.into_iter()
        .filter(|key| ours.get(*key) != theirs.get(*key))
        .map(|key| format!("{key}: {} where Compose has {}", show(ours.get(key)), show(theirs.get(key))))
        .collect()
}

#[test]
fn what_is_said_differently_is_the_same_and_what_differs_shows() {
    let one = json!({
        "Id": "0123456789abcdef", "Mounts": [{}], "Config": {
            "Hostname": "0123456789ab", "Volumes": {"/made": {}}, "Env": ["B=2", "A=1"],
            "Labels": {"com.docker.compose.project": "x", "kept": "yes"},
        },
        "HostConfig": {"Binds": ["rows:/rows:ro,nocopy"], "NetworkMode": "container:77", "Init": null},
        "NetworkSettings": {"Networks": {"net": {"Aliases": ["0123456789ab", "a-web-1", "web"]}}},
    });
    let other = json!({
        "Id": "fedcba9876543210", "Config": {
            "Hostname": "fedcba987654", "Env": ["A=1", "B=2"], "Labels": {"io.livos.app": "x", "kept": "yes"},
        },
        "HostConfig": {
            "Mounts": [
                {"Type": "volume", "Source": "rows", "Target": "/rows", "ReadOnly": true, "VolumeOptions": {"NoCopy": true}},
                {"Type": "volume", "Target": "/made"},
            ],
            "NetworkMode": "container:a-vpn-1",
        },
        "NetworkSettings": {"Networks": {"net": {"Aliases": ["web"]}}},
    });
    let names = Names::from([("77".to_owned(), "a-vpn-1".to_owned())]);
    let shape = |inspect: &Value| container(inspect, "a-web-1", "a_web_1", &names);
    assert_eq!(differences(&shape(&one), &shape(&other)), [""; 0]);
    for (place, value, told) in [
        ("/HostConfig/Mounts/0/ReadOnly", json!(false), "Mounted./rows.ReadOnly"),
        ("/Config/Env/0", json!("A=2"), "Config.Env"),
        ("/Config/Labels/kept", json!("no"), "Config.Labels.kept"),
        ("/Config/Hostname", json!("box"), "Config.Hostname"),
        ("/HostConfig/NetworkMode", json!("host"), "HostConfig.NetworkMode"),
        ("/NetworkSettings/Networks/net/Aliases/0", json!("shop"), "NetworkSettings.net.Aliases"),
    ] {
        let mut changed = other.clone();
        *changed.pointer_mut(place).unwrap() = value;
        let found = differences(&shape(&one), &shape(&changed));
        assert!(found.len() == 1 && found[0].starts_with(told), "{place}: {found:?}");
    }
}
