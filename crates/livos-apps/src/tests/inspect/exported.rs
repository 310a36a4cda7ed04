//! What Docker Compose made is adopted and exported, taken away, and made again by Compose from what was exported:
//! `docker inspect` says the same of it as before.

use std::collections::BTreeMap;

use livos_docker::{Engine, LabelFilter};
use livos_manifest::export;
use serde_json::Value;

use super::{Project, Scene, Shape, between, own_projects, refused};
use crate::core::foreign::LABEL_PROJECT;
use crate::work::describe_containers;

/// What cannot be the same, and why.
const OTHERWISE: &[(&str, &str)] =
    &[("volumes that nobody named", "they are named in the file, so that what is in them is kept")];

/// Names of volumes that nobody named.
fn level(made: &mut BTreeMap<String, Shape>) {
    let nameless = |value: &Value| {
        value.as_str().is_some_and(|name| name.len() == 64 && name.bytes().all(|c| c.is_ascii_hexdigit()))
    };
    for shape in made.values_mut() {
        shape.retain(|path, value| {
            !(path.starts_with("Mounted.") && path.ends_with(".Source") && nameless(value))
        });
    }
}

/// The project as it is exported, in a folder of its own.
fn exported(scene: &Scene, project: &Project) -> Project {
    let docker: &dyn Engine = &scene.engine;
    let (architecture, containers) = scene.runtime.block_on(async {
        let of_project = LabelFilter::equals(LABEL_PROJECT, &*project.id);
        let mut found = docker.list_containers(&of_project).await.unwrap();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        (docker.status().await.architecture, found)
    });
    let described = scene
        .runtime
        .block_on(describe_containers(docker, &project.id, &project.id, &containers, architecture))
        .unwrap();
    assert_eq!(described.unsaid, [""; 0], "{}", project.id);
    let written = export::compose(&described.spec, None);
    let folder = scene.folder.path().join("exported").join(&project.id);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("compose.yaml");
    std::fs::write(&file, &written.compose).unwrap();
    std::fs::write(folder.join(".env"), written.env_file(true)).unwrap();
    let variables = BTreeMap::new();
    Project { id: project.id.clone(), file, variables, spec: project.spec.clone(), sources: true }
}

#[test]
fn what_was_adopted_and_exported_is_made_again_as_it_was() {
    let Some(scene) = Scene::start() else { return };
    let projects = own_projects(&scene);
    scene.platforms(&projects);
    assert_eq!(refused(&projects, |project| scene.by_compose(project)), BTreeMap::new());
    let before = scene.seen(&projects, "compose");
    let exports: Vec<Project> = projects.iter().map(|project| exported(&scene, project)).collect();
    scene.clear_but_volumes(false);
    scene.platforms(&projects);
    let said = refused(&exports, |project| scene.by_compose_in(project.file.parent().unwrap(), project));
    let after = scene.seen(&projects, "compose");
    scene.clear();
    let mut wrong = Vec::new();
    for project in &exports {
        let side = |all: &BTreeMap<String, BTreeMap<String, Shape>>| {
            let mut made = all.get(&project.id).cloned().unwrap_or_default();
            scene.level(project, &mut made);
            level(&mut made);
            made
        };
        let found = between(&side(&after), &side(&before));
        if !found.is_empty() || said.contains_key(&project.id) {
            let said = said.get(&project.id).cloned().unwrap_or_default();
            let text = std::fs::read_to_string(&project.file).unwrap();
            wrong.push(format!("{}: {said}\n    {}\n{text}", project.id, found.join("\n    ")));
        }
    }
    println!(
        "{} of {} exported projects are made again as they were",
        exports.len() - wrong.len(),
        exports.len()
    );
    for (what, why) in OTHERWISE {
        println!("  meant: {what}: {why}");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
