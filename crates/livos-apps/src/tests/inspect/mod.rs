//! Containers as Docker Compose creates them and as we do, from the same file: what `docker inspect` says of the two,
//! field by field.
//!
//! The files are our own, one for each thing that the catalogues' apps use (`tests/compose`), and apps of the
//! catalogues that lie beside the repository. Every image is a tiny one, and nothing is started. Docker and Compose 2
//! are needed; without them the test says that it is skipped.

mod catalogues;
mod exported;
mod features;
mod shape;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{BollardEngine, Engine, PullProgress};
use livos_manifest::{AppSpec, Context, EnvFile, catalogue};
use livos_types::AppId;
use serde_json::{Value, json};

use self::shape::{Names, Shape};
use crate::core::blueprint::{Blueprint, Placement, blueprint};

/// Compose is a program of its own for each project; so many run at once.
const AT_ONCE: usize = 4;

/// Docker Compose 2, which the test command unpacks there.
fn compose() -> Option<PathBuf> {
    let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/docker-compose");
    match program.canonicalize() {
        Ok(program) => return Some(program),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => panic!("{} can't be used: {error}", program.display()),
    }
    let required = std::env::var_os("LIVOS_REQUIRE_COMPOSE").is_some_and(|value| value == "1");
    assert!(!required, "LIVOS_REQUIRE_COMPOSE=1, but there is no {}", program.display());
    eprintln!("SKIPPED: the comparison with Docker Compose (there is no {})", program.display());
    None
}

/// One app for both sides.
struct Project {
    id: String,
    /// For Compose.
    file: PathBuf,
    variables: BTreeMap<String, String>,
    /// For us.
    spec: AppSpec,
    /// Where a bind comes from is compared elsewhere: each platform has folders of its own.
    sources: bool,
}

/// A Docker with the images, and the folders of apps.
struct Scene {
    docker: PrivateDocker,
    engine: BollardEngine,
    runtime: tokio::runtime::Runtime,
    compose: PathBuf,
    folder: tempfile::TempDir,
}

/// What one side has made of a project.
type Made = Result<BTreeMap<String, Shape>, String>;

impl Scene {
    fn start() -> Option<Self> {
        let compose = compose()?;
        let docker = PrivateDocker::start_or_skip().unwrap()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let engine = BollardEngine::new(&docker.socket_path().display().to_string());
        let scene = Self { docker, engine, runtime, compose, folder: tempfile::tempdir().unwrap() };
        let plain = TinyImage::new().env("TINY_TEXT", "of the image");
        scene.image(&plain, "1", &["tiny", "registry.example:5000/team/tiny:1.2"]);
        scene.image(&plain.clone().healthcheck(), "health", &["tiny:health"]);
        scene.image(&plain.volume("/declared"), "volume", &["tiny:volume"]);
        Some(scene)
    }

    fn image(&self, image: &TinyImage, tag: &str, names: &[&str]) {
        self.docker.push("demo/tiny", tag, image).unwrap();
        let reference = self.docker.reference("demo/tiny", tag);
        self.runtime.block_on(async {
            let progress = tokio::sync::watch::Sender::new(PullProgress::default());
            self.engine.pull(&reference, None, &progress).await.unwrap();
            for name in names {
                self.engine.tag_image(&reference, name).await.unwrap();
            }
        });
    }

    /// The plain image by its digest.
    fn pinned(&self) -> String {
        let about = self.get(&format!("/images/{}/json", self.docker.reference("demo/tiny", "1")));
        about["RepoDigests"][0].as_str().unwrap().to_owned()
    }

    /// What the daemon says.
    fn get(&self, path: &str) -> Value {
        let mut stream = UnixStream::connect(self.docker.socket_path()).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{path}: {text}");
        serde_json::from_str(body).unwrap()
    }

    fn apps(&self) -> PathBuf {
        self.folder.path().join("srv/apps")
    }

    /// Runs Compose; what it said if it failed.
    fn by_compose(&self, project: &Project) -> Result<(), String> {
        self.by_compose_in(&self.apps().join(&project.id), project)
    }

    fn by_compose_in(&self, folder: &Path, project: &Project) -> Result<(), String> {
        let output = Command::new(&self.compose)
            .arg("-f")
            .arg(&project.file)
            .arg("--project-directory")
            .arg(folder)
            .args(["-p", &project.id, "create", "--no-build", "--pull", "never"])
            .env_clear()
            .env("HOME", self.folder.path())
            .env("DOCKER_HOST", format!("unix://{}", self.docker.socket_path().display()))
            .envs(&project.variables)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(said.trim().to_owned()) }
    }

    fn plan(&self, project: &Project) -> Result<(AppId, Blueprint), String> {
        let id = AppId::new(&project.id).map_err(|error| error.to_string())?;
        let data_dir = self.apps().join(&project.id);
        let content_dir = self.folder.path().join("content").join(&project.id);
        let read_env = |file: &EnvFile| {
            let text = std::fs::read_to_string(&file.path).map_err(|error| error.to_string())?;
            Ok(livos_manifest::parse_env_file(&text, &BTreeMap::new()).0)
        };
        let docker_view = self.folder.path().join("docker-views").join(&project.id).join("docker.sock");
        let placement = Placement {
            app: &id,
            docker_view: docker_view.to_str().unwrap(),
            // The page's port is published as the file says, not where Caddy stands in front.
            web_port: None,
            content_dir: content_dir.to_str().unwrap(),
            data_dir: &data_dir,
            is_file: &Path::is_file,
            device_exists: &|_| false,
            read_env: &read_env,
        };
        let blueprint = blueprint(&project.spec, &placement).map_err(|error| error.to_string())?;
        Ok((id, blueprint))
    }

    /// Creates what we would.
    fn by_us(&self, project: &Project) -> Result<(), String> {
        let (_, blueprint) = self.plan(project)?;
        let view = self.folder.path().join("docker-views").join(&project.id);
        std::fs::create_dir_all(&view).unwrap();
        std::fs::write(view.join("docker.sock"), "").unwrap();
        for directory in &blueprint.directories {
            std::fs::create_dir_all(directory).unwrap();
        }
        for file in &blueprint.contents {
            std::fs::create_dir_all(Path::new(&file.path).parent().unwrap()).unwrap();
            std::fs::write(&file.path, &file.text).unwrap();
        }
        let said = |error: livos_docker::EngineError| livos_service::chain(&error);
        self.runtime.block_on(async {
            for network in &blueprint.networks {
                if !network.external && !network.shared {
                    self.engine.create_network(&network.config).await.map_err(said)?;
                }
            }
            for volume in blueprint.volumes.iter().filter(|volume| !volume.external) {
                self.engine.create_volume(&volume.config).await.map_err(said)?;
            }
            for container in &blueprint.containers {
                self.engine.create_container(&container.config).await.map_err(said)?;
            }
            Ok(())
        })
    }

    /// Everything that is there, by project and then by container, network and volume.
    fn seen(&self, projects: &[Project], label: &str) -> BTreeMap<String, BTreeMap<String, Shape>> {
        let containers = self.get("/containers/json?all=1");
        let containers = containers.as_array().unwrap();
        let names: Names = containers
            .iter()
            .map(|one| {
                let text = |value: &Value| value.as_str().unwrap().trim_start_matches('/').to_owned();
                (text(&one["Id"]), text(&one["Names"][0]))
            })
            .collect();
        // Another name is the other side's business; ours is what the project and the service make of it.
        let (project_of, service_of) = match label {
            "compose" => ("com.docker.compose.project", "com.docker.compose.service"),
            _ => ("io.livos.app", "io.livos.service"),
        };
        let plain = |name: &str| {
            let one = containers.iter().find(|one| one["Names"][0].as_str().unwrap()[1..] == *name)?;
            let label = |key: &str| one["Labels"][key].as_str().unwrap_or_default().to_owned();
            Some((label(project_of), label(service_of)))
        };
        let networks = self.get("/networks");
        let networks = networks.as_array().unwrap().iter().map(|network| {
            let text = |field: &str| network[field].as_str().unwrap().to_owned();
            (text("Id"), text("Name"))
        });
        let names: Names = names
            .into_iter()
            .flat_map(|(id, name)| {
                let (project, service) = plain(&name).unwrap();
                let given = format!("{project}-{service}-1");
                [(id, given.clone()), (name, given)]
            })
            .chain(networks)
            .collect();
        let mut seen: BTreeMap<String, BTreeMap<String, Shape>> = BTreeMap::new();
        for one in containers {
            let inspect = self.get(&format!("/containers/{}/json", one["Id"].as_str().unwrap()));
            let label = |key: &str| inspect["Config"]["Labels"][key].as_str().unwrap_or_default().to_owned();
            let (project, service) = (label(project_of), label(service_of));
            let own_name = own_name(projects, &project, &service);
            let shape = shape::container(&inspect, &format!("{project}-{service}-1"), own_name, &names);
            seen.entry(project).or_default().insert(format!("container {service}"), shape);
        }
        for (kind, list) in
            [("network", self.get("/networks")), ("volume", self.get("/volumes")["Volumes"].clone())]
        {
            for one in list.as_array().into_iter().flatten() {
                if let Some(project) = one["Labels"][project_of].as_str() {
                    let key = format!("{kind} {}", one["Name"].as_str().unwrap());
                    seen.entry(project.to_owned()).or_default().insert(key, shape::shared(one));
                }
            }
        }
        seen
    }

    /// Removes everything.
    fn clear(&self) {
        self.clear_but_volumes(true);
        for one in self.get("/volumes")["Volumes"].as_array().into_iter().flatten() {
            self.delete(&format!("/volumes/{}?force=1", one["Name"].as_str().unwrap()));
        }
    }

    fn delete(&self, path: &str) {
        let mut stream = UnixStream::connect(self.docker.socket_path()).unwrap();
        write!(stream, "DELETE {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.contains(" 204 ") || text.contains(" 404 "), "{path}: {text}");
    }

    /// Removes containers and networks, and volumes that nobody named if that is wanted.
    fn clear_but_volumes(&self, nameless: bool) {
        let volumes = u8::from(nameless);
        let name = |value: &Value| value.as_str().unwrap().to_owned();
        for one in self.get("/containers/json?all=1").as_array().unwrap() {
            self.delete(&format!("/containers/{}?force=1&v={volumes}", name(&one["Id"])));
        }
        for one in self.get("/networks").as_array().unwrap() {
            if !["bridge", "host", "none"].contains(&name(&one["Name"]).as_str()) {
                self.delete(&format!("/networks/{}", name(&one["Id"])));
            }
        }
    }

    /// Lets both sides make all projects, one after the other; every difference, and how many there were none in.
    fn compare(&self, projects: &[Project]) -> (usize, Vec<String>) {
        self.platforms(projects);
        let refused = refused(projects, |project| self.by_compose(project));
        let theirs = self.seen(projects, "compose");
        self.clear();
        self.platforms(projects);
        let our_refused: BTreeMap<String, String> = projects
            .iter()
            .filter_map(|project| Some((project.id.clone(), self.by_us(project).err()?)))
            .collect();
        let ours = self.seen(projects, "livos");
        self.clear();
        let (mut same, mut wrong) = (0, Vec::new());
        for project in projects {
            let side = |refused: &BTreeMap<String, String>,
                        all: &BTreeMap<String, BTreeMap<String, Shape>>|
             -> Made {
                refused.get(&project.id).map_or_else(
                    || Ok(all.get(&project.id).cloned().unwrap_or_default()),
                    |said| Err(said.clone()),
                )
            };
            match (side(&our_refused, &ours), side(&refused, &theirs)) {
                (Ok(mut ours), Ok(mut theirs)) => {
                    for side in [&mut ours, &mut theirs] {
                        self.level(project, side);
                    }
                    let found = between(&ours, &theirs);
                    if found.is_empty() {
                        same += 1;
                    } else {
                        wrong.push(format!("{}:\n    {}", project.id, found.join("\n    ")));
                    }
                }
                (Err(us), Ok(_)) => wrong.push(format!("{}: we refuse it: {us}", project.id)),
                (Ok(_), Err(them)) => wrong.push(format!("{}: Compose refuses it: {them}", project.id)),
                // What this machine cannot do, as so many processors, nobody makes here.
                (Err(_), Err(_)) if !project.sources => same += 1,
                (Err(us), Err(them)) => {
                    wrong.push(format!("{}: neither makes it: {us}; Compose: {them}", project.id));
                }
            }
        }
        (same, wrong)
    }

    /// Takes away what this project leaves open.
    fn level(&self, project: &Project, made: &mut BTreeMap<String, Shape>) {
        for network in &project.spec.networks {
            if network.ipam.is_empty() {
                let name = if network.name.is_empty() {
                    format!("{}_{}", project.id, network.key)
                } else {
                    network.name.clone()
                };
                if let Some(shape) = made.get_mut(&format!("network {name}")) {
                    shape::chosen_addresses(shape);
                }
            }
        }
        if !project.sources {
            for shape in made.values_mut() {
                shape.retain(|path, value| {
                    !(path.starts_with("Mounted.")
                        && path.ends_with(".Source")
                        && value.as_str().is_some_and(|at| at.starts_with('/')))
                });
            }
        }
    }

    /// Networks that are there before any app of a platform.
    fn platforms(&self, projects: &[Project]) {
        for project in projects {
            let Ok((_, blueprint)) = self.plan(project) else { continue };
            for network in blueprint.networks.iter().filter(|network| network.shared || network.external) {
                self.runtime.block_on(async {
                    if self.engine.network(&network.config.name).await.unwrap().is_none() {
                        self.engine.create_network(&network.config).await.unwrap();
                    }
                });
            }
        }
    }
}

/// Makes all projects, several at once; what was said of those that could not be made.
fn refused(
    projects: &[Project],
    make: impl Fn(&Project) -> Result<(), String> + Sync,
) -> BTreeMap<String, String> {
    let next = Mutex::new(projects.iter());
    let refused: Mutex<BTreeMap<String, String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(project) = { next.lock().unwrap().next() } {
                    if let Err(said) = make(project) {
                        refused.lock().unwrap().insert(project.id.clone(), said);
                    }
                }
            });
        }
    });
    refused.into_inner().unwrap()
}

/// The name that the file gives a container.
fn own_name<'a>(projects: &'a [Project], project: &str, service: &str) -> &'a str {
    let spec = projects.iter().find(|one| one.id == project).map(|one| &one.spec);
    spec.and_then(|spec| spec.service(service)).map_or("", |service| &service.container_name)
}

fn between(ours: &BTreeMap<String, Shape>, theirs: &BTreeMap<String, Shape>) -> Vec<String> {
    let empty = Shape::new();
    let mut found = Vec::new();
    let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    for key in keys {
        match (ours.get(key), theirs.get(key)) {
            (None, Some(_)) => found.push(format!("{key} is made by Compose only")),
            (Some(_), None) => found.push(format!("{key} is made by us only")),
            (ours, theirs) => {
                let parts = shape::differences(ours.unwrap_or(&empty), theirs.unwrap_or(&empty));
                found.extend(parts.into_iter().map(|part| format!("{key}: {part}")));
            }
        }
    }
    found
}

const VARIABLES: &str = "SET=value\nEMPTY=\nPASSED=on\n";

/// The project files of ours.
fn own_projects(scene: &Scene) -> Vec<Project> {
    let store = scene.folder.path().join("store");
    let pinned = scene.pinned();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose")).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap().replace("PINNED", &pinned);
        let folder = store.join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("docker-compose.yml"), text).unwrap();
        std::fs::write(folder.join(".env"), VARIABLES).unwrap();
        let data = scene.apps().join(&name);
        // Docker 20.10 makes no folder for the long form.
        for folder in ["data", "read", "made"] {
            std::fs::create_dir_all(data.join(folder)).unwrap();
        }
        let files = [
            (".env", VARIABLES),
            ("one.env", "ONE=1\nTWO='two words'\n"),
            ("app.conf", "a\n"),
            ("secret.txt", "s\n"),
        ];
        for (file, text) in files {
            std::fs::write(data.join(file), text).unwrap();
        }
    }
    let context = Context {
        apps_dir: scene.apps().display().to_string(),
        home_dir: scene.folder.path().join("srv/home").display().to_string(),
        ..Context::default()
    };
    let loaded = catalogue::load(&store).unwrap();
    assert_eq!(loaded.problems, [""; 0]);
    let projects = loaded.entries.iter().map(|entry| {
        let plan = entry.plan(&context);
        assert!(plan.complete, "{}: {:?} {:?}", plan.id, plan.error, plan.unsupported);
        Project {
            file: store.join(&plan.id).join("docker-compose.yml"),
            id: plan.id,
            variables: BTreeMap::from([("PASSED".to_owned(), "on".to_owned())]),
            spec: plan.spec.unwrap(),
            sources: true,
        }
    });
    projects.collect()
}

#[test]
fn every_feature_is_created_as_compose_creates_it() {
    let Some(scene) = Scene::start() else { return };
    let projects = own_projects(&scene);
    assert!(projects.len() >= 60, "{}", projects.len());
    let (same, wrong) = scene.compare(&projects);
    println!("{same} of {} projects are the same as Docker Compose's", projects.len());
    for (what, why) in shape::MEANT {
        println!("  meant: {what}: {why}");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The file of `livos apps plan`, as far as it is needed to let Compose resolve the same app.
fn about(spec: &AppSpec) -> Value {
    let services = spec.services.iter().map(|service| {
        let files = service.env_files.iter().map(|file| json!({ "path": file.path }));
        json!({ "env_file": files.collect::<Vec<_>>() })
    });
    json!({ "id": spec.id, "variables": spec.variables, "services": services.collect::<Vec<_>>() })
}
