//! One service of a compose file to one container.

use crate::compose::Loader;
use crate::error::{Error, Result};
use crate::fields::{Fields, shorten};
use crate::interpolate::is_pending;
use crate::node::Node;
use crate::spec::{
    Condition, Dependency, EnvFile, Healthcheck, Link, Logging, MountRole, NetworkMode, PullPolicy,
    RestartPolicy, ServiceSpec,
};
use crate::values;

impl Loader<'_> {
    /// `None` when the service belongs to profiles of which none is chosen.
    pub(super) fn service(&mut self, name: &str, node: &Node) -> Result<Option<ServiceSpec>> {
        let place = format!("services.{name}");
        let mut fields = Fields::new(&place, node)?;
        let profiles = fields.list("profiles")?;
        self.seen_profiles.extend(profiles.iter().filter(|name| !name.is_empty()).cloned());
        if !self.rules.profiles.start(&profiles) {
            self.report
                .warn(format!("{place} belongs to the profile {} and is not started", profiles.join(", ")));
            return Ok(None);
        }
        let mut spec = ServiceSpec { name: name.to_owned(), ..ServiceSpec::default() };
        self.image(&mut fields, node, &mut spec)?;
        spec.container_name = match fields.filled("container_name")? {
            Some(name) => name,
            None => {
                let separator = self.rules.separator;
                format!("{}{separator}{name}{separator}1", self.rules.project)
            }
        };
        spec.command = self.words(&mut fields, "command")?;
        spec.entrypoint = self.words(&mut fields, "entrypoint")?;
        spec.user = fields.filled("user")?;
        spec.working_dir = fields.filled("working_dir")?;
        self.environment(&mut fields, &mut spec)?;
        spec.ports = self.ports(&mut fields)?;
        spec.expose = fields.list("expose")?;
        spec.mounts = self.mounts(&mut fields)?;
        spec.network_mode = self.network_mode(&mut fields)?;
        let names = [name, spec.container_name.as_str()];
        spec.networks = self.service_networks(&mut fields, spec.network_mode.as_ref(), &names)?;
        spec.dns = fields.one_or_list("dns")?;
        spec.dns_search = fields.one_or_list("dns_search")?;
        spec.dns_opt = fields.one_or_list("dns_opt")?;
        spec.extra_hosts = extra_hosts(&mut fields)?;
        spec.hostname = fields.filled("hostname")?;
        spec.domainname = fields.filled("domainname")?;
        spec.mac_address = fields.filled("mac_address")?;
        spec.healthcheck = self.healthcheck(&mut fields)?;
        spec.restart = restart(&mut fields)?;
        spec.stop_grace_period_ms = fields.duration("stop_grace_period")?;
        spec.stop_signal = fields.filled("stop_signal")?;
        spec.init = fields.flag("init")?;
        spec.tty = fields.flag("tty")?.unwrap_or(false);
        spec.stdin_open = fields.flag("stdin_open")?.unwrap_or(false);
        spec.privileged = fields.flag("privileged")?.unwrap_or(false);
        spec.read_only = fields.flag("read_only")?.unwrap_or(false);
        spec.cap_add = fields.list("cap_add")?;
        spec.cap_drop = fields.list("cap_drop")?;
        spec.devices = self.devices(&mut fields)?;
        spec.device_cgroup_rules = fields.list("device_cgroup_rules")?;
        spec.security_opt = fields.list("security_opt")?;
        for option in &spec.security_opt {
            // Compose reads the profile from a file and sends its text; the text itself is fine.
            if let Some(("seccomp", profile)) = option.split_once(['=', ':'])
                && !matches!(profile, "unconfined" | "builtin")
                && !profile.trim_start().starts_with('{')
            {
                self.report.unsupported(format!("{}: {}", fields.at("security_opt"), shorten(option)));
            }
        }
        spec.shm_size = fields.bytes("shm_size")?;
        spec.ulimits = self.ulimits(&mut fields)?;
        spec.sysctls = fields.texts("sysctls")?;
        spec.pid = fields.filled("pid")?;
        spec.ipc = fields.filled("ipc")?;
        spec.userns_mode = fields.filled("userns_mode")?;
        spec.uts = fields.filled("uts")?;
        spec.cgroup = fields.filled("cgroup")?;
        spec.cgroup_parent = fields.filled("cgroup_parent")?;
        spec.runtime = fields.filled("runtime")?;
        spec.isolation = fields.filled("isolation")?;
        spec.group_add = fields.list("group_add")?;
        spec.labels = fields.texts("labels")?;
        spec.annotations = fields.texts("annotations")?;
        spec.storage_opt = fields.texts("storage_opt")?;
        spec.logging = self.logging(&mut fields)?;
        spec.pull_policy = self.pull_policy(&mut fields)?;
        self.volumes_from(&mut fields, &mut spec)?;
        self.resources(&mut fields, &mut spec)?;
        links(&mut fields, &mut spec)?;
        self.depends_on(&mut fields, &mut spec)?;
        // Only `docker compose watch` and the terminal of `up` look at these.
        fields.ignore(&["develop", "attach"]);
        fields.finish(self.report);
        Ok(Some(spec))
    }

    fn image(&mut self, fields: &mut Fields<'_>, node: &Node, spec: &mut ServiceSpec) -> Result<()> {
        spec.platform = fields.filled("platform")?;
        if let Some(image) = fields.filled("image")? {
            spec.image = image.trim().to_owned();
            return Ok(());
        }
        // Whoever names another origin for the image is told that it isn't supported when the fields are done.
        let other = node.as_map().is_some_and(|map| {
            ["build", "extends", "provider"]
                .iter()
                .any(|key| map.get(key).is_some_and(|node| *node != Node::Null))
        });
        if other { Ok(()) } else { Err(Error::field(fields.at("image"), "is missing")) }
    }

    /// `command` and `entrypoint`: a list as it is, a string split into words.
    fn words(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Result<Option<Vec<String>>> {
        match fields.get(key) {
            None => Ok(None),
            Some(Node::Scalar { text, .. }) => {
                let split = values::shell_words(text).map_err(|reason| {
                    Error::field(fields.at(key), format!("“{}”: {reason}", shorten(text)))
                })?;
                if let Some(dropped) = split.dropped {
                    self.report.warn(format!(
                        "{}: there is no shell, so “{}” is left out, as in compose",
                        fields.at(key),
                        shorten(dropped.trim())
                    ));
                }
                Ok(Some(split.words))
            }
            Some(_) => fields.list(key).map(Some),
        }
    }

    fn environment(&mut self, fields: &mut Fields<'_>, spec: &mut ServiceSpec) -> Result<()> {
        let place = fields.at("environment");
        for (name, value) in fields.pairs("environment")? {
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(Error::field(place, format!("“{}” is not a variable name", shorten(&name))));
            }
            let value = match value {
                Some(value) => Some(value),
                None => self.interpolator.pass_on(&format!("{place}.{name}"), &name),
            };
            match value {
                Some(value) => {
                    spec.environment_without.retain(|other| *other != name);
                    spec.environment.insert(name, value);
                }
                None => {
                    spec.environment.remove(&name);
                    self.report
                        .warn(format!("{place}.{name} has no value, so the container will not have it"));
                    if !spec.environment_without.contains(&name) {
                        spec.environment_without.push(name);
                    }
                }
            }
        }
        let items: Vec<(String, Node)> = match fields.get("env_file") {
            None => Vec::new(),
            Some(node @ Node::Scalar { .. }) => vec![(fields.at("env_file"), node.clone())],
            Some(_) => {
                fields.items("env_file")?.into_iter().map(|(place, node)| (place, node.clone())).collect()
            }
        };
        for (place, item) in items {
            let mut file = EnvFile { path: String::new(), required: true, raw: false };
            match &item {
                Node::Scalar { text, .. } => file.path.clone_from(text),
                _ => {
                    let mut fields = Fields::new(&place, &item)?;
                    file.path = fields
                        .filled("path")?
                        .ok_or_else(|| Error::field(fields.at("path"), "is missing"))?;
                    file.required = fields.flag("required")?.unwrap_or(true);
                    file.raw = match fields.filled("format")?.as_deref() {
                        None => false,
                        Some("raw") => true,
                        Some(other) => {
                            self.report.unsupported(format!("{}: “{other}”", fields.at("format")));
                            false
                        }
                    };
                    fields.finish(self.report);
                }
            }
            if !is_pending(&file.path) {
                let resolved =
                    self.rules.paths.resolve(&file.path).map_err(|reason| Error::field(&place, reason))?;
                if resolved.role != MountRole::AppData {
                    self.report
                        .unsupported(format!("{place}: {} lies outside the app's directory", file.path));
                }
                file.path = resolved.path;
            }
            spec.env_files.push(file);
        }
        Ok(())
    }

    fn network_mode(&mut self, fields: &mut Fields<'_>) -> Result<Option<NetworkMode>> {
        let Some(text) = fields.filled("network_mode")? else { return Ok(None) };
        Ok(Some(match text.as_str() {
            "bridge" | "default" => NetworkMode::Bridge,
            "host" => NetworkMode::Host,
            "none" => NetworkMode::None,
            other => match other.split_once(':') {
                Some(("service", name)) => NetworkMode::Service(name.to_owned()),
                Some(("container", name)) => NetworkMode::Container(name.to_owned()),
                _ => {
                    self.report.unsupported(format!("{}: “{}”", fields.at("network_mode"), shorten(other)));
                    NetworkMode::None
                }
            },
        }))
    }

    fn healthcheck(&mut self, fields: &mut Fields<'_>) -> Result<Option<Healthcheck>> {
        let Some(node) = fields.get("healthcheck") else { return Ok(None) };
        let mut check = Fields::new(fields.at("healthcheck"), node)?;
        let test = match check.get("test") {
            None => Vec::new(),
            Some(Node::Scalar { text, .. }) if text.is_empty() => Vec::new(),
            Some(Node::Scalar { text, .. }) => vec!["CMD-SHELL".to_owned(), text.clone()],
            Some(_) => check.list("test")?,
        };
        if let Some(first) = test.first()
            && !matches!(first.as_str(), "NONE" | "CMD" | "CMD-SHELL")
        {
            return Err(Error::field(check.at("test"), "a list must begin with NONE, CMD or CMD-SHELL"));
        }
        let disable =
            check.flag("disable")?.unwrap_or(false) || test.first().is_some_and(|first| first == "NONE");
        let healthcheck = Healthcheck {
            test: if disable { vec!["NONE".to_owned()] } else { test },
            interval_ms: check.duration("interval")?,
            timeout_ms: check.duration("timeout")?,
            retries: check.number("retries")?,
            start_period_ms: check.duration("start_period")?,
            start_interval_ms: check.duration("start_interval")?,
            disable,
        };
        check.finish(self.report);
        // `disable: false` and nothing else says nothing: the image's own check stays.
        Ok((healthcheck != Healthcheck::default()).then_some(healthcheck))
    }

    fn logging(&mut self, fields: &mut Fields<'_>) -> Result<Option<Logging>> {
        let Some(node) = fields.get("logging") else { return Ok(None) };
        let mut logging = Fields::new(fields.at("logging"), node)?;
        let spec = Logging {
            driver: logging.filled("driver")?.unwrap_or_default(),
            options: logging.texts("options")?,
        };
        logging.finish(self.report);
        Ok(Some(spec))
    }

    fn pull_policy(&mut self, fields: &mut Fields<'_>) -> Result<Option<PullPolicy>> {
        let Some(text) = fields.filled("pull_policy")? else { return Ok(None) };
        Ok(match text.as_str() {
            "always" => Some(PullPolicy::Always),
            "never" => Some(PullPolicy::Never),
            "missing" | "if_not_present" => Some(PullPolicy::Missing),
            other => {
                self.report.unsupported(format!("{}: “{}”", fields.at("pull_policy"), shorten(other)));
                None
            }
        })
    }

    fn volumes_from(&mut self, fields: &mut Fields<'_>, spec: &mut ServiceSpec) -> Result<()> {
        for entry in fields.list("volumes_from")? {
            if entry.starts_with("container:") {
                self.report.unsupported(format!("{}: “{}”", fields.at("volumes_from"), shorten(&entry)));
            } else {
                spec.volumes_from.push(entry);
            }
        }
        Ok(())
    }

    fn depends_on(&mut self, fields: &mut Fields<'_>, spec: &mut ServiceSpec) -> Result<()> {
        let place = fields.at("depends_on");
        match fields.get("depends_on") {
            None => {}
            Some(Node::Map(map)) => {
                for (service, node) in map.iter() {
                    let mut item = Fields::new(format!("{place}.{service}"), node)?;
                    let condition = match item.filled("condition")?.as_deref() {
                        None | Some("service_started") => Condition::ServiceStarted,
                        Some("service_healthy") => Condition::ServiceHealthy,
                        Some("service_completed_successfully") => Condition::ServiceCompletedSuccessfully,
                        Some(other) => {
                            return Err(Error::field(
                                item.at("condition"),
                                format!("“{}” is not a condition", shorten(other)),
                            ));
                        }
                    };
                    spec.depends_on.push(Dependency {
                        service: service.to_owned(),
                        condition,
                        required: item.flag("required")?.unwrap_or(true),
                        restart: item.flag("restart")?.unwrap_or(false),
                    });
                    item.finish(self.report);
                }
            }
            Some(_) => {
                for service in fields.one_or_list("depends_on")? {
                    implied(spec, &service, false);
                }
            }
        }
        // Sharing something of another service means starting after it.
        let shared: Vec<String> = [spec.pid.as_deref(), spec.ipc.as_deref()]
            .into_iter()
            .flatten()
            .filter_map(|text| text.strip_prefix("service:").map(str::to_owned))
            .chain(match &spec.network_mode {
                Some(NetworkMode::Service(name)) => Some(name.clone()),
                _ => None,
            })
            .collect();
        for service in shared {
            implied(spec, &service, true);
        }
        let sources: Vec<String> =
            spec.volumes_from.iter().map(|from| before_colon(from).to_owned()).collect();
        let links: Vec<String> = spec.links.iter().map(|link| link.service.clone()).collect();
        for service in sources {
            implied(spec, &service, false);
        }
        for service in links {
            implied(spec, &service, true);
        }
        if spec.depends_on.iter().any(|dependency| dependency.service == spec.name) {
            return Err(Error::field(place, "a service can't depend on itself"));
        }
        Ok(())
    }
}

fn before_colon(text: &str) -> &str {
    text.split_once(':').map_or(text, |(before, _)| before)
}

fn implied(spec: &mut ServiceSpec, service: &str, restart: bool) {
    if !spec.depends_on.iter().any(|dependency| dependency.service == service) {
        spec.depends_on.push(Dependency {
            service: service.to_owned(),
            condition: Condition::ServiceStarted,
            required: true,
            restart,
        });
    }
}

fn links(fields: &mut Fields<'_>, spec: &mut ServiceSpec) -> Result<()> {
    for link in fields.list("links")? {
        let (service, alias) = link.split_once(':').unwrap_or((&link, &link));
        spec.links.push(Link { service: service.to_owned(), alias: alias.to_owned() });
    }
    Ok(())
}

fn extra_hosts(fields: &mut Fields<'_>) -> Result<Vec<String>> {
    let place = fields.at("extra_hosts");
    let mut hosts = Vec::new();
    match fields.get("extra_hosts") {
        Some(Node::Map(map)) => {
            for (name, node) in map.iter() {
                for address in match node {
                    Node::Seq(items) => items.iter().filter_map(Node::as_str).collect(),
                    node => node.as_str().map_or_else(Vec::new, |text| vec![text]),
                } {
                    hosts.push((name.to_owned(), address.to_owned()));
                }
            }
        }
        _ => {
            for item in fields.list("extra_hosts")? {
                let Some((name, address)) = item.split_once('=').or_else(|| item.split_once(':')) else {
                    return Err(Error::field(place, format!("“{}” is not name:address", shorten(&item))));
                };
                hosts.push((name.to_owned(), address.to_owned()));
            }
        }
    }
    hosts
        .into_iter()
        .map(|(name, address)| {
            let address = address.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
            let valid = address == "host-gateway"
                || is_pending(&address)
                || address.parse::<std::net::IpAddr>().is_ok();
            if !valid || name.trim().is_empty() {
                return Err(Error::field(
                    &place,
                    format!("“{}:{}” is not a name and an address", shorten(&name), shorten(&address)),
                ));
            }
            Ok(format!("{}:{address}", name.trim()))
        })
        .collect()
}

fn restart(fields: &mut Fields<'_>) -> Result<RestartPolicy> {
    let policy = fields.parse("restart", "no, always, on-failure[:N] or unless-stopped", |text| {
        Some(match text {
            "no" | "false" => RestartPolicy::No,
            "always" => RestartPolicy::Always,
            "unless-stopped" => RestartPolicy::UnlessStopped,
            "on-failure" => RestartPolicy::OnFailure { max_retries: None },
            other => {
                let retries = other.strip_prefix("on-failure:")?.parse().ok()?;
                RestartPolicy::OnFailure { max_retries: Some(retries) }
            }
        })
    })?;
    Ok(policy.unwrap_or_default())
}
