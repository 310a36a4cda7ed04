//! Apps of the catalogues beside the repository. They are read where they lie, and nothing of them is kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use livos_manifest::{AppSpec, Context, catalogue};
use serde_json::{Value, json};

use super::{Project, Scene, about};

/// How the platform of each catalogue hands an app to Compose; the comparison of plans uses it too.
#[path = "../../../../livos-cli/tests/it/compose/project.rs"]
mod project;

/// Where the files of both sides say that things are, before they are moved into the test's own folder.
const PLACE: &str = "/srv/livos";
/// One in so many apps, so that this takes a bounded time; with `LIVOS_TEST_ALL` every one.
const ONE_IN: usize = 4;

fn compare(name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalogues").join(name);
    if !folder.is_dir() {
        eprintln!("SKIPPED: the sample catalogue {} is not there", folder.display());
        return;
    }
    let Some(scene) = Scene::start() else { return };
    let step = if std::env::var_os("LIVOS_TEST_ALL").is_some() { 1 } else { ONE_IN };
    let mut projects = Vec::new();
    for entry in catalogue::load(&folder).unwrap().entries.iter().step_by(step) {
        let first = entry.plan(&Context::default());
        let answers: BTreeMap<String, String> = first
            .needs_input
            .iter()
            .enumerate()
            .map(|(index, need)| (need.key.clone(), answer(&need.key, index)))
            .collect();
        let plan = entry.plan(&Context { answers, ..Context::default() });
        // Whether Compose takes what we don't is compared with the plans.
        let Some(spec) = plan.spec.filter(|_| plan.complete && plan.needs_input.is_empty()) else { continue };
        let Ok(config) = project::resolve(&scene.compose, &folder, name, &about(&spec)) else { continue };
        projects.push(both(&scene, name, &spec, config));
    }
    let (same, wrong) = scene.compare(&projects);
    println!("{name}: {same} of {} apps are the same as Docker Compose's", projects.len());
    assert!(!projects.is_empty());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Something that fits what is asked for.
fn answer(key: &str, index: usize) -> String {
    match key {
        _ if key.ends_with("_PORT") => (20_000 + index).to_string(),
        _ if key.ends_with("_IP") => format!("10.21.40.{}", 2 + index),
        _ if key.ends_with("_DIR") || key.contains("PATH") || key.contains("FOLDER") => {
            format!("/srv/other/{key}")
        }
        _ if key.contains("DEVICE") => "/dev/null".to_owned(),
        _ => (index + 2).to_string(),
    }
}

/// The same app for both sides: with a tiny image, and in the test's own folder.
fn both(scene: &Scene, catalogue: &str, spec: &AppSpec, mut config: Value) -> Project {
    let here = scene.folder.path().join("srv").display().to_string();
    let moved = serde_json::to_string(spec).unwrap().replace(PLACE, &here);
    let mut spec: AppSpec = serde_json::from_str(&moved).unwrap();
    for service in &mut spec.services {
        service.image = "tiny".to_owned();
        // LivOS takes these where they are there. The file of CasaOS has them, so both sides make them here, where
        // nothing is started; elsewhere the other platform is not asked.
        service.devices.retain(|device| catalogue == "casaos" || !device.optional);
        service.devices.iter_mut().for_each(|device| device.optional = false);
    }
    let services = config["services"].as_object_mut().unwrap();
    if catalogue == "umbrel" {
        // LivOS stands in front itself.
        services.remove("app_proxy");
    }
    for service in services.values_mut() {
        let service = service.as_object_mut().unwrap();
        service.insert("image".to_owned(), json!("tiny"));
        if let Some(after) = service.get_mut("depends_on").and_then(Value::as_object_mut)
            && catalogue == "umbrel"
        {
            after.remove("app_proxy");
        }
        for limit in service.get_mut("ulimits").and_then(Value::as_object_mut).into_iter().flatten() {
            // Compose leaves out a limit of nothing, and does not read what it has written.
            if let Some(limit) = limit.1.as_object_mut() {
                for side in ["soft", "hard"] {
                    limit.entry(side).or_insert(json!(0));
                }
            }
        }
        for mount in service.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
            let source = mount["source"].as_str().unwrap_or_default();
            // Folders of another platform, which are not to be made on this machine.
            if mount["type"] == "bind" && !source.starts_with(PLACE) && !Path::new(source).exists() {
                let elsewhere = format!("{PLACE}/elsewhere{source}");
                std::fs::create_dir_all(elsewhere.replace(PLACE, &here)).unwrap();
                mount["source"] = json!(elsewhere);
            }
        }
        // Two apps of a catalogue may have the same; ours are never named by it.
        service.remove("container_name");
    }
    // The platform's own network is there before any app.
    let networks = config.get_mut("networks").and_then(Value::as_object_mut);
    for network in networks.into_iter().flatten().map(|(_, network)| network) {
        if ["umbrel_main_network", "runtipi_tipi_main_network"].iter().any(|name| network["name"] == *name) {
            *network = json!({ "name": network["name"], "external": true });
        }
    }
    let file = scene.folder.path().join(format!("{}.json", spec.id));
    std::fs::write(&file, config.to_string().replace(PLACE, &here)).unwrap();
    std::fs::create_dir_all(scene.apps().join(&spec.id)).unwrap();
    for file in spec.services.iter().flat_map(|service| &service.env_files) {
        std::fs::create_dir_all(Path::new(&file.path).parent().unwrap()).unwrap();
        std::fs::write(&file.path, "").unwrap();
    }
    Project { id: spec.id.clone(), file, variables: BTreeMap::new(), spec, sources: false }
}

#[test]
fn umbrel_apps_are_created_as_compose_creates_them() {
    compare("umbrel");
}

#[test]
fn casaos_apps_are_created_as_compose_creates_them() {
    compare("casaos");
}

#[test]
fn runtipi_apps_are_created_as_compose_creates_them() {
    compare("runtipi");
}

#[test]
fn livinity_apps_are_created_as_compose_creates_them() {
    compare("livinity");
}
