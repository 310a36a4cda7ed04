//! Who may depend on whom.

use super::Fault;
use super::workspace::{Member, Workspace};

const SERVICE_LAYER: u32 = 3;

/// A heavy or dangerous library, and the only crates that may name it.
const ONLY_IN: &[(&str, &[&str])] = &[("bollard", &["livos-docker"]), ("axum", &["livos-web"])];

/// What must not end up in a crate, however indirectly.
const NOT_IN: &[(&str, &[&str], &str)] = &[
    (
        "livos-host",
        &["sqlx", "rusqlite", "libsqlite3-sys", "reqwest", "ureq", "hyper", "hyper-util"],
        "livos-host is root: it keeps no state and talks to nobody outside. Move this into the service that asks it.",
    ),
    ("livos-types", &["tokio"], PURE),
    ("livos-policy", &["tokio"], PURE),
    ("livos-manifest", &["tokio"], PURE),
    ("livos-caddy", &["tokio"], PURE),
];
const PURE: &str = "This crate is pure: data in, data out, so that it can be tested without a runtime. Do the waiting in a service.";

/// Second TLS stacks.
const NOWHERE: &[&str] = &["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"];

pub(super) fn layers(workspace: &Workspace, faults: &mut Vec<Fault>) {
    for name in workspace.layers.keys().filter(|name| !workspace.members.contains_key(*name)) {
        faults.push(Fault::new(
            format!("crates/README.md: {name} is in the layer table, but there is no such crate"),
            "The table is the map a newcomer reads. Remove the row, or add the crate.",
        ));
    }
    for (name, member) in &workspace.members {
        let Some(layer) = workspace.layers.get(name) else {
            faults.push(Fault::new(
                format!("{name}: is not in the layer table of crates/README.md"),
                "A crate without a layer may use anything. Add a row `L | crate | one line`.",
            ));
            continue;
        };
        let ours = |other: &&String| workspace.members.contains_key(*other);
        for other in member.normal.iter().filter(ours) {
            let below = workspace.layers.get(other).is_some_and(|other_layer| other_layer < layer);
            if !below {
                faults.push(wrong_direction(name, *layer, other, workspace));
            }
        }
        for other in member.dev.iter().filter(ours) {
            // Tests of a service may drive it through the test kit, which knows no service.
            let service = *layer == SERVICE_LAYER && workspace.layers.get(other) == Some(&SERVICE_LAYER);
            if service && other != name {
                faults.push(wrong_direction(name, *layer, other, workspace));
            }
        }
    }
}

fn wrong_direction(name: &str, layer: u32, other: &str, workspace: &Workspace) -> Fault {
    let other_layer = workspace.layers.get(other).map_or_else(|| "?".to_owned(), u32::to_string);
    Fault::new(
        format!("{name} (layer {layer}) depends on {other} (layer {other_layer})"),
        "A crate uses only lower layers, and services never use each other: they talk over the bus. \
         Move what is shared into a lower crate.",
    )
}

pub(super) fn manifests(workspace: &Workspace, faults: &mut Vec<Fault>) {
    for (name, member) in &workspace.members {
        let folder = member.folder.file_name().map(|folder| folder.to_string_lossy().into_owned());
        if folder.as_deref() != Some(name) {
            faults.push(Fault::new(
                format!("{name}: its folder is {}", member.folder.display()),
                "Folder and crate have the same name, so that either finds the other. Rename the folder.",
            ));
        }
        if !lints_from_workspace(member) {
            faults.push(Fault::new(
                format!("{name}: Cargo.toml lacks `[lints] workspace = true`"),
                "Lints are decided in one place. Add the two lines.",
            ));
        }
        for dependency in own_versions(member) {
            faults.push(Fault::new(
                format!("{name}: Cargo.toml gives {dependency} a version or path of its own"),
                "Versions live in the root Cargo.toml only. Write `workspace = true`.",
            ));
        }
        if !member.folder.join("README.md").is_file() {
            faults.push(Fault::new(
                format!("{name}: has no README.md"),
                "Half a page: what it owns, what it may not do, its interfaces, its unit.",
            ));
        }
    }
}

fn lints_from_workspace(member: &Member) -> bool {
    member.manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool)
        == Some(true)
}

fn own_versions(member: &Member) -> Vec<String> {
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|section| member.manifest.get(*section)?.as_table())
        .flatten()
        .filter(|(_, value)| value.get("workspace").and_then(toml::Value::as_bool) != Some(true))
        .map(|(name, _)| name.clone())
        .collect()
}

pub(super) fn walls(workspace: &Workspace, faults: &mut Vec<Fault>) {
    for (library, allowed) in ONLY_IN {
        for (name, member) in &workspace.members {
            if member.normal.contains(*library) && !allowed.contains(&name.as_str()) {
                faults.push(Fault::new(
                    format!("{name}: depends on {library}, which belongs to {}", allowed.join(", ")),
                    "One crate speaks to each outside system, so that it can be replaced and faked there. Use its port.",
                ));
            }
        }
    }
    for (name, libraries, fix) in NOT_IN {
        let Some(member) = workspace.members.get(*name) else { continue };
        for library in libraries.iter().filter(|library| member.closure.contains(**library)) {
            faults.push(Fault::new(format!("{name}: {library} ends up in it"), fix));
        }
    }
    for (name, member) in &workspace.members {
        for library in NOWHERE.iter().filter(|library| member.closure.contains(**library)) {
            faults.push(Fault::new(
                format!("{name}: {library} ends up in it"),
                "There is one TLS stack, rustls with ring. Turn off the default features of what brought this in \
                 (`cargo tree -e normal -i` shows the way).",
            ));
        }
    }
}
