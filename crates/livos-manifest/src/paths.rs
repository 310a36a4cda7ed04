//! Host paths: where a catalogue's own layout lies on this machine, and whose data a path is.

use crate::context::Context;
use crate::spec::MountRole;

/// What a prefix of a catalogue's own layout becomes.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A directory of this machine.
    Path(String),
    /// CasaOS's `/DATA/AppData`: the app's own part becomes its data directory.
    CasaosAppData,
    /// Data of the foreign platform itself; nothing here corresponds to it.
    Foreign(&'static str),
}

/// Resolves the sources of bind mounts for one app.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    id: String,
    app_data_dir: String,
    apps_dir: String,
    home_dir: String,
    docker_control: bool,
    rewrites: Vec<(String, Target)>,
}

/// A resolved path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) path: String,
    pub(crate) role: MountRole,
    /// Set when the path exists only on the foreign platform.
    pub(crate) foreign: Option<&'static str>,
}

impl Paths {
    pub(crate) fn new(id: &str, context: &Context) -> Self {
        Paths {
            id: id.to_owned(),
            app_data_dir: context.data_dir(id),
            apps_dir: context.apps_dir.trim_end_matches('/').to_owned(),
            home_dir: context.home_dir.trim_end_matches('/').to_owned(),
            docker_control: context.docker_control,
            rewrites: Vec::new(),
        }
    }

    /// Adds a rewrite; the longest matching prefix wins.
    pub(crate) fn rewrite(mut self, prefix: impl Into<String>, target: Target) -> Self {
        self.rewrites.push((prefix.into(), target));
        self.rewrites.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        self
    }

    pub(crate) fn app_data_dir(&self) -> &str {
        &self.app_data_dir
    }

    /// Makes a source absolute, applies the rewrites and says whose it is. The error is the reason alone.
    pub(crate) fn resolve(&self, source: &str) -> Result<Resolved, String> {
        if source.len() > 4096 {
            return Err("the path is longer than 4096 bytes".to_owned());
        }
        let absolute = if source == "~" || source.starts_with("~/") {
            format!("{}{}", self.home_dir, &source[1..])
        } else if source.starts_with('/') {
            source.to_owned()
        } else {
            format!("{}/{source}", self.app_data_dir)
        };
        let climbs = source.split('/').any(|part| part == "..");
        let clean = clean(&absolute);
        let (path, foreign) = self.rewritten(&clean);
        let role = self.role(&path);
        if climbs && !matches!(&role, MountRole::AppData) {
            // `${APP_DATA_DIR}/../other` is how an app names another app's data; anything else is an escape.
            let other_app =
                source.starts_with('/') && matches!(&role, MountRole::OtherApp { app } if !app.is_empty());
            if !other_app {
                return Err(format!("“{source}” leaves the app's own directory"));
            }
        }
        Ok(Resolved { path, role, foreign })
    }

    fn rewritten(&self, path: &str) -> (String, Option<&'static str>) {
        for (prefix, target) in &self.rewrites {
            let Some(rest) = below(path, prefix) else { continue };
            return match target {
                Target::Path(to) => (join(to, rest), None),
                Target::Foreign(what) => (path.to_owned(), Some(what)),
                Target::CasaosAppData => (self.casaos_app_data(rest), None),
            };
        }
        (path.to_owned(), None)
    }

    /// Most apps use `/DATA/AppData/<their id>/…`, many a literal name of their own. Both stay inside the app's
    /// directory; the name is kept only when it isn't the app's.
    fn casaos_app_data(&self, rest: &str) -> String {
        if rest.is_empty() {
            return self.apps_dir.clone();
        }
        let (first, tail) = rest.split_once('/').unwrap_or((rest, ""));
        let own = |text: &str| text.to_ascii_lowercase().replace(['-', '_', '.'], "");
        if own(first) == own(&self.id) {
            join(&self.app_data_dir, tail)
        } else {
            join(&self.app_data_dir, rest)
        }
    }

    fn role(&self, path: &str) -> MountRole {
        if matches!(path, "/var/run/docker.sock" | "/run/docker.sock") {
            return if self.docker_control { MountRole::DockerSocket } else { MountRole::DockerView };
        }
        if matches!(path, "/etc/localtime" | "/etc/timezone") || below(path, "/usr/share/zoneinfo").is_some()
        {
            return MountRole::HostClock;
        }
        if below(path, &self.app_data_dir).is_some() {
            return MountRole::AppData;
        }
        if let Some(rest) = below(path, &self.apps_dir) {
            return MountRole::OtherApp { app: rest.split('/').next().unwrap_or_default().to_owned() };
        }
        if let Some(folder) = below(path, &self.home_dir) {
            return MountRole::UserFolder { folder: folder.to_owned() };
        }
        MountRole::HostPath
    }
}

/// The part of `path` below `prefix`, empty for the prefix itself.
pub(crate) fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let prefix = prefix.trim_end_matches('/');
    let rest = path.strip_prefix(prefix)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

fn join(base: &str, rest: &str) -> String {
    if rest.is_empty() { base.to_owned() } else { format!("{}/{rest}", base.trim_end_matches('/')) }
}

/// Removes `.`, `..`, and doubled or trailing slashes without looking at the file system.
pub(crate) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}
