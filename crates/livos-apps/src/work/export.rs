//! The way out: an app as a plain compose project, with the files that it was read from.

use std::path::{Component, Path};

use livos_docker::{Archive, Permissions};
use livos_manifest::export;

use super::Apps;
use crate::Error;
use crate::error::engine;
use crate::store::App;

impl Apps {
    /// A tar archive of one folder: `compose.yaml` and `.env`, a word on how to use them, and under `original` the
    /// catalogue's files as they were. Secrets stand in `.env` alone, and there only if they are wanted.
    pub(crate) fn export(&self, app: &App, secrets: bool) -> Result<Vec<u8>, Error> {
        let mut spec = app.spec.clone();
        for service in &mut spec.services {
            // Compose does not skip what is not there.
            service.devices.retain(|device| !device.optional || Path::new(&device.source).exists());
        }
        let project = export::compose(&spec, Some(app.gateway_port).filter(|port| *port > 0));
        let source: livos_manifest::Entry = serde_json::from_str(&app.source)
            .map_err(|source| Error::Record { app: app.id.to_string(), source })?;
        let data = self.data_dir(&app.id).display().to_string();
        let read_me = read_me(&app.name, app.id.as_str(), &data, project.secrets.len(), secrets);
        let mut archive = Archive::new();
        let id = &app.id;
        let mut files = vec![
            (format!("{id}/README.txt"), 0o644, read_me),
            (format!("{id}/compose.yaml"), 0o644, project.compose.clone()),
            (format!("{id}/.env"), 0o600, project.env_file(secrets)),
        ];
        for (name, text) in source.source.files {
            if Path::new(&name).components().all(|part| matches!(part, Component::Normal(_))) {
                files.push((format!("{id}/original/{name}"), 0o644, text));
            }
        }
        for (path, mode, text) in &files {
            let added = archive.file(path, Permissions::root(*mode), text.as_bytes());
            added.map_err(engine("cannot write the archive"))?;
        }
        Ok(archive.finish().to_vec())
    }
}

fn read_me(name: &str, id: &str, data: &str, count: usize, secrets: bool) -> String {
    let about_secrets = match (count, secrets) {
        (0, _) => "The app has no passwords or keys of its own, so .env is empty.",
        (_, true) => ".env holds the app's passwords and keys. Keep it where nobody else can read it.",
        (_, false) => {
            "The app's passwords and keys were left out. Fill them in in .env before the first start."
        }
    };
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
