//! `livos docker`

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use livos_bus::documents::{
    DockerContainer, DockerDetail, DockerOverview, DockerOwner, DockerPort, DockerVariable,
};
use livos_bus::{DockerManagerProxy, DockerReaderProxy, DockerThing};

use super::apps::{ask, can_ask, copy, read};
use super::{container_files, docker_work, shell};
use crate::arguments::{ContainerArguments, DockerVerb};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job;
use crate::output::{Output, bytes, plain, table, time};

pub(crate) async fn run(bus: &Bus, verb: &DockerVerb, output: Output) -> Result<ExitCode> {
    // Docker need not be there for these.
    match verb {
        DockerVerb::StartEngine => return docker_work::start_engine(bus, output).await,
        DockerVerb::EngineLog { tail } => return docker_work::engine_log(bus, *tail, output).await,
        DockerVerb::Events { since, follow } => {
            return docker_work::events(bus, minutes_ago(*since), *follow, output).await;
        }
        _ => {}
    }
    let reader = DockerReaderProxy::new(&bus.connection).await?;
    let all: DockerOverview = read(reader.overview(&bus.actor).await?).await?;
    match verb {
        DockerVerb::Ps => {
            output.print(&all.containers, |containers| {
                let rows = containers.iter().map(|one| {
                    let health =
                        if one.health.is_empty() { String::new() } else { format!(" ({})", one.health) };
                    let since = if one.started_at > 0 { time(one.started_at) } else { String::new() };
                    vec![
                        one.id.chars().take(12).collect(),
                        one.name.clone(),
                        owner(&one.owner),
                        format!("{}{health}", one.state),
                        since,
                        ports(&one.ports),
                        one.image.clone(),
                    ]
                });
                table(&["ID", "NAME", "OF", "STATE", "SINCE", "PORTS", "IMAGE"], rows.collect())
            })?;
        }
        DockerVerb::Images => {
            output.print(&all.images, |images| {
                let rows = images.iter().map(|one| {
                    let kept = one.kept_for.join(", ");
                    let id = one.id.trim_start_matches("sha256:").chars().take(12).collect();
                    let name = if one.tags.is_empty() { "-".to_owned() } else { one.tags.join(", ") };
                    vec![id, name, bytes(one.size), one.used_by.join(", "), kept]
                });
                table(&["ID", "NAME", "SIZE", "USED BY", "NEEDED FOR"], rows.collect())
            })?;
        }
        DockerVerb::Volumes => {
            output.print(&all.volumes, |volumes| {
                let rows = volumes.iter().map(|one| {
                    let used = one.used_by.join(", ");
                    vec![one.name.clone(), owner(&one.owner), one.driver.clone(), used, one.path.clone()]
                });
                table(&["NAME", "OF", "DRIVER", "USED BY", "PATH"], rows.collect())
            })?;
        }
        DockerVerb::Networks => {
            output.print(&all.networks, |networks| {
                let rows = networks.iter().map(|one| {
                    let used = one.used_by.join(", ");
                    vec![
                        one.name.clone(),
                        owner(&one.owner),
                        one.driver.clone(),
                        one.subnets.join(", "),
                        used,
                    ]
                });
                table(&["NAME", "OF", "DRIVER", "ADDRESSES", "USED BY"], rows.collect())
            })?;
        }
        DockerVerb::Inspect { container, secrets } => {
            let id = &find(&all.containers, container)?.id;
            let mut detail: DockerDetail = read(reader.container(&bus.actor, id).await?).await?;
            if *secrets {
                let manager = DockerManagerProxy::new(&bus.connection).await?;
                let environment: Vec<DockerVariable> =
                    read(manager.environment(&bus.actor, id).await?).await?;
                detail.environment = environment;
            }
            output.print(&detail, describe)?;
        }
        DockerVerb::Logs { container, tail, follow } => {
            let id = &find(&all.containers, container)?.id;
            let logs = reader.logs(&bus.actor, id, *tail, *follow).await?;
            copy(logs.into()).await?;
        }
        DockerVerb::Ls { container, path } => {
            let id = &find(&all.containers, container)?.id;
            return container_files::list(bus, id, path, output).await;
        }
        DockerVerb::Cat { container, path } => {
            return container_files::print(bus, &find(&all.containers, container)?.id, path).await;
        }
        DockerVerb::Exec { container, seconds, command } => {
            let id = &find(&all.containers, container)?.id;
            return container_files::execute(bus, id, command, *seconds, output).await;
        }
        DockerVerb::Shell { container } => {
            return shell::open(bus, &find(&all.containers, container)?.id).await;
        }
        DockerVerb::Start(arguments) => return act(bus, "start", arguments, &all, output).await,
        DockerVerb::Stop(arguments) => return act(bus, "stop", arguments, &all, output).await,
        DockerVerb::Restart(arguments) => return act(bus, "restart", arguments, &all, output).await,
        DockerVerb::Kill(arguments) => {
            let id = find(&all.containers, &arguments.container)?.id.clone();
            let things = vec![DockerThing { kind: "container".to_owned(), id, code: String::new() }];
            let (yes, no_wait) = (arguments.yes, arguments.no_wait);
            let wish = docker_work::Wish { verb: "kill", things, dry_run: false, yes, no_wait };
            return docker_work::act(bus, wish, output).await;
        }
        DockerVerb::Remove(verb) => return docker_work::remove(bus, verb, &all, output).await,
        DockerVerb::Stats => return docker_work::stats(bus, &all, output).await,
        DockerVerb::StartEngine | DockerVerb::EngineLog { .. } | DockerVerb::Events { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// UTC seconds; everything that Docker remembers if no time is said.
#[expect(clippy::disallowed_methods, reason = "a person at a terminal means this machine's clock")]
fn minutes_ago(minutes: Option<u32>) -> i64 {
    let Some(minutes) = minutes else { return 0 };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(0) - i64::from(minutes) * 60
}

async fn act(
    bus: &Bus,
    verb: &str,
    arguments: &ContainerArguments,
    all: &DockerOverview,
    output: Output,
) -> Result<ExitCode> {
    let container = find(&all.containers, &arguments.container)?;
    let (actor, id) = (&bus.actor, &container.id);
    // An app's is refused by the daemon, which says what to do instead.
    if !arguments.yes && container.owner.kind != "app" {
        let question = format!(
            "{} was not made by this LivOS, and something else may rely on it.",
            plain(&container.name)
        );
        if !can_ask(output) {
            return Err(Usage(format!("{question} Agree with --yes")).into());
        }
        eprintln!("{question}");
        if !matches!(ask(&format!("Really {verb} it? [y/N] "))?.to_lowercase().as_str(), "y" | "yes") {
            return Err(Usage("not done".to_owned()).into());
        }
    }
    let manager = DockerManagerProxy::new(&bus.connection).await?;
    let job = match verb {
        "start" => manager.start(actor, id, true).await?,
        "stop" => manager.stop(actor, id, true).await?,
        _ => manager.restart(actor, id, true).await?,
    };
    job::started(bus, &job, arguments.no_wait, output).await
}

/// By name, or by the beginning of the id if only one begins so.
fn find<'a>(containers: &'a [DockerContainer], wanted: &str) -> Result<&'a DockerContainer> {
    if let Some(named) = containers.iter().find(|one| one.name == wanted) {
        return Ok(named);
    }
    let mut found = containers.iter().filter(|one| !wanted.is_empty() && one.id.starts_with(wanted));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            Err(Usage(format!("several containers have an id that begins with {wanted}")).into())
        }
        (None, _) => Err(livos_bus::Error::not_found(format!("there is no container {wanted}")).into()),
    }
}

fn owner(owner: &DockerOwner) -> String {
    match owner.kind.as_str() {
        "app" => format!("app {}", owner.id),
        "stack" => format!("project {}", owner.id),
        "livos" => format!("another LivOS ({})", owner.id),
        "docker" => "Docker".to_owned(),
        _ => "-".to_owned(),
    }
}

fn ports(ports: &[DockerPort]) -> String {
    let words = ports.iter().map(|one| {
        let address = match one.address.as_str() {
            "" => String::new(),
            address if address.contains(':') => format!("[{address}]:"),
            address => format!("{address}:"),
        };
        format!("{address}{}>{}/{}", one.port, one.inside, one.protocol)
    });
    words.collect::<Vec<_>>().join(" ")
}

fn describe(detail: &DockerDetail) -> String {
    let one = &detail.container;
    let mut lines = vec![
        format!("{}  {}", plain(&one.name), one.state),
        format!("  of        {}", plain(&owner(&one.owner))),
        format!("  image     {}", plain(&one.image)),
        format!("  made      {}", time(one.created_at)),
    ];
    if one.started_at > 0 {
        lines.push(format!("  runs since {}", time(one.started_at)));
    }
    if detail.exit_code >= 0 {
        let memory = if detail.out_of_memory { ", for want of memory" } else { "" };
        lines.push(format!("  ended with {}{memory}", detail.exit_code));
    }
    if !detail.error.is_empty() {
        lines.push(format!("  error     {}", plain(&detail.error)));
    }
    if !one.ports.is_empty() {
        lines.push(format!("  ports     {}", ports(&one.ports)));
    }
    if !detail.compose_file.is_empty() {
        lines.push(format!("  compose   {}", plain(&detail.compose_file)));
    }
    for network in &detail.networks {
        lines.push(format!("  network   {} {}", plain(&network.name), network.address));
    }
    for mount in &detail.mounts {
        let read_only = if mount.writable { "" } else { " (read-only)" };
        lines.push(format!("  mount     {} on {}{read_only}", plain(&mount.source), plain(&mount.target)));
    }
    for variable in &detail.environment {
        let value = if variable.hidden { "(hidden)".to_owned() } else { plain(&variable.value) };
        lines.push(format!("  {}={value}", plain(&variable.name)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::{DockerContainer, DockerOwner, DockerPort};

    fn container(id: &str, name: &str) -> DockerContainer {
        let owner = DockerOwner { kind: "nobody".to_owned(), id: String::new(), name: String::new() };
        DockerContainer {
            id: id.to_owned(),
            name: name.to_owned(),
            owner,
            service: String::new(),
            image: String::new(),
            state: "running".to_owned(),
            health: String::new(),
            created_at: 0,
            started_at: 0,
            ports: Vec::new(),
        }
    }

    #[test]
    fn a_container_is_found_by_name_or_by_what_its_id_begins_with() {
        let all = [container("aa11", "web"), container("aa22", "db"), container("bb33", "aa1")];
        let found = |wanted: &str| super::find(&all, wanted).map(|one| one.id.clone()).ok();
        assert_eq!(found("web").as_deref(), Some("aa11"));
        assert_eq!(found("aa2").as_deref(), Some("aa22"));
        assert_eq!(found("aa1").as_deref(), Some("bb33"), "a name comes first");
        for none in ["aa", "cc", ""] {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn ports_are_short() {
        let port = |address: &str| DockerPort {
            address: address.to_owned(),
            port: 8080,
            inside: 80,
            protocol: "tcp".to_owned(),
        };
        assert_eq!(super::ports(&[port(""), port("::1")]), "8080>80/tcp [::1]:8080>80/tcp");
    }
}
