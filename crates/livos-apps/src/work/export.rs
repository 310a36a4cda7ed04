//! The way out: an app as a plain compose project, with the files that it was read from.

use std::path::{Component, Path};

use livos_docker::{Archive, ContainerSummary, Engine, LabelFilter, Permissions};
use livos_manifest::export::{self, Project};

use super::Apps;
use super::seed::ENV_FILE;
use crate::Error;
use crate::core::adopted_spec::{self, Around, Described, Found};
use crate::core::adoption::Kind;
use crate::core::foreign;
use crate::error::{engine, refused};
use crate::store::{Adopted, App};

impl Apps {
    /// A tar archive of one folder: `compose.yaml` and `.env`, a word on how to use them, and under `original` the
    /// catalogue's files as they were. Secrets stand in `.env` alone, and there only if they are wanted.
    pub(crate) async fn export(&self, app: &App, secrets: bool) -> Result<Vec<u8>, Error> {
        let mut spec = app.spec.clone();
        self.name_unnamed(&app.id, &mut spec).await?;
        for service in &mut spec.services {
            // Compose does not skip what is not there.
            service.devices.retain(|device| !device.optional || Path::new(&device.source).exists());
        }
        let project = export::compose(&spec, Some(app.gateway_port).filter(|port| *port > 0));
        let source: livos_manifest::Entry = serde_json::from_str(&app.source)
            .map_err(|source| Error::Record { app: app.id.to_string(), source })?;
        let data = self.data_dir(&app.id).display().to_string();
        let read_me = read_me(&app.name, app.id.as_str(), &data, project.secrets.len(), secrets);
        // What its owner gave as `.env` is theirs alone, and secrets may be in it.
        let private = |name: &str| app.store.is_own() && !secrets && name == ENV_FILE;
        let originals = source.source.files.into_iter().filter(|(name, _)| {
            !private(name) && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
        });
        let originals = originals.map(|(name, text)| (format!("original/{name}"), text));
        archive(app.id.as_str(), &project, secrets, read_me, originals.collect())
    }

    /// The same for what was adopted, made of what Docker says of its containers.
    pub(crate) async fn export_adopted(&self, adopted: &Adopted, secrets: bool) -> Result<Vec<u8>, Error> {
        let mut containers = self.containers_of_adopted(adopted).await?;
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        if containers.is_empty() {
            let gone = format!("{} has no containers any more, so there is nothing to export", adopted.name);
            return Err(refused("not_found", gone));
        }
        let project = match adopted.kind {
            Kind::Stack if is_project_name(&adopted.subject) => &adopted.subject,
            _ => adopted.id.as_str(),
        };
        let architecture = self.engine_status().await.architecture;
        let engine = self.ports.engine.as_ref();
        let described = describe(engine, project, &adopted.name, &containers, architecture).await?;
        let written = export::compose(&described.spec, None);
        let read_me = read_me_adopted(adopted, &described, written.secrets.len(), secrets);
        archive(adopted.id.as_str(), &written, secrets, read_me, Vec::new())
    }
}

/// What Compose takes for the name of a project.
fn is_project_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

/// Describes containers as the compose project that would make them.
pub(crate) async fn describe(
    docker: &dyn Engine,
    project: &str,
    name: &str,
    containers: &[ContainerSummary],
    architecture: String,
) -> Result<Described, Error> {
    let doing = "cannot look at a container";
    let any = LabelFilter::any();
    let all = docker.list_containers(&any).await.map_err(engine("cannot list the containers"))?;
    let networks = docker.list_networks(&any).await.map_err(engine("cannot list the networks"))?;
    let names = all.into_iter().map(|one| (one.id, one.name)).collect();
    let around = Around { names, networks, architecture };
    let mut found = Vec::with_capacity(containers.len());
    for one in containers {
        let info = docker.inspect_container(&one.id).await.map_err(engine(doing))?;
        let config = docker.container_config(&one.id).await.map_err(engine(doing))?;
        // One that went meanwhile is no part of it any more.
        let (Some(info), Some(config)) = (info, config) else { continue };
        let image = docker.image(&info.image_id).await.map_err(engine("cannot look at the images"))?;
        let service = foreign::service(&info.labels);
        let service = if service.is_empty() { info.name.clone() } else { service.to_owned() };
        found.push(Found { service, info, config, image });
    }
    Ok(adopted_spec::describe(project, name, found, &around))
}

/// A tar archive of one folder with a project in it.
fn archive(
    id: &str,
    project: &Project,
    secrets: bool,
    read_me: String,
    others: Vec<(String, String)>,
) -> Result<Vec<u8>, Error> {
    let mut archive = Archive::new();
    let mut files = vec![
        ("README.txt".to_owned(), 0o644, read_me),
        ("compose.yaml".to_owned(), 0o644, project.compose.clone()),
        (".env".to_owned(), 0o600, project.env_file(secrets)),
    ];
    files.extend(others.into_iter().map(|(path, text)| (path, 0o644, text)));
    for (path, mode, text) in &files {
        let added = archive.file(&format!("{id}/{path}"), Permissions::root(*mode), text.as_bytes());
        added.map_err(engine("cannot write the archive"))?;
    }
    Ok(archive.finish().to_vec())
}

fn about_secrets(count: usize, secrets: bool) -> &'static str {
    match (count, secrets) {
        (0, _) => "The app has no passwords or keys of its own, so .env is empty.",
        (_, true) => ".env holds the app's passwords and keys. Keep it where nobody else can read it.",
        (_, false) => {
            "The app's passwords and keys were left out. Fill them in in .env before the first start."
        }
    }
}

fn read_me_adopted(adopted: &Adopted, described: &Described, count: usize, secrets: bool) -> String {
    let (name, id) = (&adopted.name, &adopted.id);
    let about_secrets = about_secrets(count, secrets);
    let names = described.spec.services.iter().map(|service| service.container_name.as_str());
    let first = match adopted.kind {
        Kind::Stack => String::new(),
        // Compose replaces only what it has made.
        Kind::Container => format!("    docker rm -f {}\n", names.collect::<Vec<_>>().join(" ")),
    };
    let mut unsaid = String::new();
    if !described.unsaid.is_empty() {
        unsaid = format!("\nWhat could not be written:\n\n- {}\n", described.unsaid.join("\n- "));
    }
    format!(
        "{name} as a plain compose project, made by LivOS from its containers as they are.

compose.yaml  what the containers were made with, ready for `docker compose up -d`
.env          {about_secrets}

The volumes stay where they are: compose.yaml names them and makes none. On another machine, make them first
with `docker volume create` and copy what is in them. Docker does not tell a MAC address that was asked for
from one that it chose, nor files that were copied into a container after it was made; they are not in it.

To look after it with Docker Compose from now on:

    livos apps release {id}
{first}    docker compose up -d
{unsaid}"
    )
}

fn read_me(name: &str, id: &str, data: &str, count: usize, secrets: bool) -> String {
    let about_secrets = about_secrets(count, secrets);
    format!(
        "{name} as a plain compose project, exported from LivOS.

compose.yaml  everything that LivOS runs, ready for `docker compose up -d`
.env          {about_secrets}
original/     the files of the app's catalogue, word for word

The app's files stay in {data} and its volumes stay where they are: compose.yaml names them.
Remove the app in LivOS first, and keep its data:

    livos apps remove {id}
    docker compose up -d
"
    )
}
