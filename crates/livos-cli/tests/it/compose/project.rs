//! The same app as a plain compose project: what its own platform would hand to Docker Compose.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

/// The folder of an app in the catalogue.
fn source(folder: &Path, catalogue: &str, id: &str) -> PathBuf {
    match catalogue {
        "umbrel" | "compose" => folder.join(id),
        "casaos" => fs::read_dir(folder.join("Apps"))
            .expect("a folder")
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| {
                let text = fs::read_to_string(path.join("docker-compose.yml")).unwrap_or_default();
                let named = |line: &str| {
                    line.strip_prefix("name:").is_some_and(|name| name.trim().trim_matches(['"', '\'']) == id)
                };
                text.lines().any(named)
            })
            .expect("the catalogue has a folder of that name"),
        _ => folder.join("apps").join(id),
    }
}

/// Lets Docker Compose resolve the app of a plan, with the variables that the plan had.
pub(super) fn resolve(compose: &Path, folder: &Path, catalogue: &str, plan: &Value) -> Result<Value, String> {
    let id = plan["id"].as_str().expect("an id");
    let from = source(folder, catalogue, id);
    let scratch = tempfile::tempdir().expect("a folder");
    let mut files = vec![scratch.path().join("compose.json")];
    match catalogue {
        "runtipi" => match fs::read_to_string(from.join("docker-compose.json")) {
            Ok(text) => fs::write(
                &files[0],
                runtipi(&text.replace("{{ RUNTIPI_APP_ID }}", id).replace("{{RUNTIPI_APP_ID}}", id))
                    .to_string(),
            )
            .expect("written"),
            Err(_) => {
                files[0] = from.join("docker-compose.yml");
                let main = json!({"networks": {"tipi_main_network": {"name": "runtipi_tipi_main_network"}}});
                add(&mut files, scratch.path(), &main);
            }
        },
        "livinity" => {
            let text = fs::read_to_string(from.join("manifest.json")).expect("a manifest");
            let manifest: Value = serde_json::from_str(&text).expect("JSON");
            fs::write(&files[0], manifest["docker_compose"].as_str().expect("a text")).expect("written");
        }
        "umbrel" => {
            files[0] = from.join("docker-compose.yml");
            // umbreld gives the proxy its image, and every app the one flat network.
            let mut over = json!({"networks": {"default": {"name": "umbrel_main_network"}}});
            let text = fs::read_to_string(&files[0]).expect("a compose file");
            if text.contains("app_proxy:") {
                over["services"] = json!({"app_proxy": {"image": "proxy"}});
            }
            add(&mut files, scratch.path(), &over);
        }
        "compose" => {
            let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
            files[0] =
                names.map(|name| from.join(name)).into_iter().find(|file| file.is_file()).expect("a file");
        }
        _ => files[0] = from.join("docker-compose.yml"),
    }
    let mut variables: BTreeMap<String, String> =
        serde_json::from_value(plan["variables"].clone()).unwrap_or_default();
    let dotenv = fs::read_to_string(from.join(".env")).unwrap_or_default();
    if let Some(chosen) = dotenv.lines().find_map(|line| line.strip_prefix("COMPOSE_PROFILES=")) {
        variables.insert("COMPOSE_PROFILES".to_owned(), chosen.to_owned());
    }
    let mut resolved = config(compose, &files, id, &variables, &env_files(plan))?;
    if catalogue == "runtipi" {
        let text = fs::read_to_string(from.join("docker-compose.yml")).unwrap_or_default();
        runtipi_native(&mut resolved, &text, variables.get("APP_PORT").map_or("", String::as_str));
    }
    Ok(resolved)
}

/// What Runtipi adds to a native file, whose services say with `x-runtipi` what they are.
///
/// Docker Compose doesn't print what a service says there, so it is read from the text.
fn runtipi_native(config: &mut Value, text: &str, app_port: &str) {
    if config["x-runtipi"].is_null() {
        return;
    }
    let mut says: BTreeMap<(String, String), String> = BTreeMap::new();
    let (mut service, mut inside) = (String::new(), false);
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        match (depth, line.trim()) {
            (2, line) => service = line.trim_end_matches(':').to_owned(),
            (4, line) => inside = line == "x-runtipi:",
            (6, line) if inside => {
                if let Some((key, value)) = line.split_once(": ") {
                    says.insert((service.clone(), key.to_owned()), value.to_owned());
                }
            }
            _ => {}
        }
    }
    for (name, service) in config["services"].as_object_mut().expect("services") {
        let says = |key: &str| says.get(&(name.clone(), key.to_owned())).cloned();
        let is_main = says("is_main").as_deref() == Some("true");
        let service = service.as_object_mut().expect("an object");
        service.entry("restart").or_insert_with(|| json!("unless-stopped"));
        if service.contains_key("network_mode") {
            continue;
        }
        if is_main || says("add_to_main_network").as_deref() == Some("true") {
            service.entry("networks").or_insert_with(|| json!({}))["tipi_main_network"] = json!({});
        }
        if let (true, Some(internal)) = (is_main, says("internal_port")) {
            let port = json!({"target": internal, "published": app_port, "protocol": "tcp"});
            service.entry("ports").or_insert_with(|| json!([])).as_array_mut().expect("a list").push(port);
        }
    }
    let name = json!({"name": "runtipi_tipi_main_network"});
    config["networks"].as_object_mut().expect("networks").entry("tipi_main_network").or_insert(name);
}

fn add(files: &mut Vec<PathBuf>, folder: &Path, document: &Value) {
    let path = folder.join(format!("over-{}.json", files.len()));
    fs::write(&path, document.to_string()).expect("written");
    files.push(path);
}

fn env_files(plan: &Value) -> Vec<String> {
    let services = plan["services"].as_array().into_iter().flatten();
    services
        .filter_map(|service| service["env_file"].as_array())
        .flatten()
        .filter_map(|file| file["path"].as_str().map(str::to_owned))
        .collect()
}

/// `docker compose config` in a project folder that has the env files, where the plan expects them.
pub(super) fn config(
    compose: &Path,
    files: &[PathBuf],
    id: &str,
    variables: &BTreeMap<String, String>,
    env_files: &[String],
) -> Result<Value, String> {
    let root = tempfile::tempdir().expect("a folder");
    let root_text = root.path().to_str().expect("UTF-8").to_owned();
    for file in env_files {
        let path = PathBuf::from(format!("{root_text}{file}"));
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, "").expect("written");
    }
    let project = format!("{root_text}/srv/livos/apps/{id}");
    fs::create_dir_all(&project).expect("made");
    // What a file includes or extends is looked for in the project's folder.
    for beside in fs::read_dir(files[0].parent().expect("a folder")).expect("a folder").filter_map(Result::ok)
    {
        if beside.path().extension().is_some_and(|ending| ending == "yml" || ending == "yaml") {
            fs::copy(beside.path(), Path::new(&project).join(beside.file_name())).expect("copied");
        }
    }
    let mut command = Command::new(compose);
    for file in files {
        command.arg("-f").arg(file);
    }
    command.args(["--project-directory", &project, "-p", id, "config", "--format", "json"]);
    command.env_clear().env("HOME", format!("{root_text}/srv/livos/home"));
    for (name, value) in variables {
        // Only paths of ours move into the scratch folder; they are moved back below.
        let moved =
            if value.starts_with("/srv/livos") { format!("{root_text}{value}") } else { value.clone() };
        command.env(name, moved);
    }
    let output = command.current_dir(root.path()).output().expect("compose runs");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let text = String::from_utf8(output.stdout).expect("UTF-8").replace(&root_text, "");
    Ok(serde_json::from_str(&text).expect("JSON"))
}

/// What Runtipi's own builder makes of its JSON dialect, written from its documentation.
fn runtipi(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).expect("JSON");
    let mut services = Map::new();
    for service in document["services"].as_array().expect("services") {
        let mut out = Map::new();
        let is_main = service["isMain"] == true;
        let own_stack = service["networkMode"].is_string();
        for (key, value) in service.as_object().expect("an object") {
            match key.as_str() {
                "name" | "isMain" | "internalPort" | "addToMainNetwork" => {}
                "environment" => {
                    let pairs = match value.as_array() {
                        Some(items) => items
                            .iter()
                            .map(|item| {
                                (item["key"].as_str().expect("a key").to_owned(), item["value"].clone())
                            })
                            .collect(),
                        None => value.as_object().expect("an object").clone(),
                    };
                    out.insert("environment".into(), Value::Object(pairs));
                }
                "volumes" => {
                    let volumes = value.as_array().expect("a list").iter().map(|volume| {
                        let flags: Vec<&str> = [("readOnly", "ro"), ("shared", "z"), ("private", "Z")]
                            .iter()
                            .filter(|(key, _)| volume[*key] == true)
                            .map(|(_, flag)| *flag)
                            .collect();
                        let text = |key: &str| volume[key].as_str().expect("a text").to_owned();
                        let plain = format!("{}:{}", text("hostPath"), text("containerPath"));
                        if flags.is_empty() { plain } else { format!("{plain}:{}", flags.join(",")) }
                    });
                    out.insert("volumes".into(), volumes.collect());
                }
                "addPorts" => {
                    if !own_stack {
                        let ports = out.entry("ports").or_insert_with(|| json!([]));
                        let ports = ports.as_array_mut().expect("a list");
                        for port in value.as_array().expect("a list") {
                            let scalar = |key: &str| port[key].to_string().trim_matches('"').to_owned();
                            let address =
                                port["interface"].as_str().map(|ip| format!("{ip}:")).unwrap_or_default();
                            let plain =
                                format!("{address}{}:{}", scalar("hostPort"), scalar("containerPort"));
                            let kinds: Vec<&str> =
                                ["tcp", "udp"].into_iter().filter(|kind| port[*kind] == true).collect();
                            if kinds.is_empty() {
                                ports.push(json!(plain));
                            }
                            ports.extend(kinds.iter().map(|kind| json!(format!("{plain}/{kind}"))));
                        }
                    }
                }
                "healthCheck" => {
                    let check: Map<String, Value> = value
                        .as_object()
                        .expect("an object")
                        .iter()
                        .map(|(key, value)| (snake(key), value.clone()))
                        .collect();
                    out.insert("healthcheck".into(), Value::Object(check));
                }
                "extraLabels" => {
                    out.insert("labels".into(), value.clone());
                }
                other => {
                    out.insert(snake(other), value.clone());
                }
            }
        }
        out.entry("restart").or_insert_with(|| json!("unless-stopped"));
        if !own_stack {
            let mut networks = json!({"default": null});
            if is_main || service["addToMainNetwork"] == true {
                networks["tipi_main_network"] = json!({});
            }
            out.insert("networks".into(), networks);
            if is_main && !service["internalPort"].is_null() {
                let ports = out.entry("ports").or_insert_with(|| json!([]));
                let internal = service["internalPort"].to_string();
                let port = json!(format!("${{APP_PORT}}:{}", internal.trim_matches('"')));
                ports.as_array_mut().expect("a list").push(port);
            }
        }
        services.insert(service["name"].as_str().expect("a name").to_owned(), Value::Object(out));
    }
    json!({
        "services": services,
        "networks": {"tipi_main_network": {"name": "runtipi_tipi_main_network"}},
    })
}

fn snake(key: &str) -> String {
    key.chars().fold(String::new(), |mut text, c| {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
        text
    })
}
