//! `livos apps`

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::documents::{CatalogApp, Checks, InstalledApp, MovedPort, Permission, StoreApp, StoreReply};
use livos_bus::{AppsManagerProxy, AppsReaderProxy, CatalogProxy, Document, InstallRequest};
use serde::de::DeserializeOwned;

use crate::arguments::{AppsVerb, InstallArguments, SourcesVerb};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job;
use crate::output::{Output, plain, table, time};

pub(crate) async fn run(bus: &Bus, verb: &AppsVerb, output: Output) -> Result<ExitCode> {
    let manager = AppsManagerProxy::new(&bus.connection).await?;
    let actor = &bus.actor;
    match verb {
        AppsVerb::List => list(bus, output).await,
        AppsVerb::Search { text } => search(bus, text.as_deref(), output).await,
        AppsVerb::Install(arguments) => install(bus, arguments, output).await,
        AppsVerb::Create(arguments) => super::stack::create(bus, arguments, output).await,
        AppsVerb::Start(app) => {
            let id = manager.start(actor, &app.app).await?;
            job::started(bus, &id, app.no_wait, output).await
        }
        AppsVerb::Stop { app, although_needed } => {
            let id = manager.stop(actor, &app.app, *although_needed).await.map_err(say_although)?;
            job::started(bus, &id, app.no_wait, output).await
        }
        AppsVerb::Restart(app) => {
            let id = manager.restart(actor, &app.app).await?;
            job::started(bus, &id, app.no_wait, output).await
        }
        AppsVerb::Update(arguments) => super::update::update(bus, arguments, output).await,
        AppsVerb::Settings(arguments) => super::settings::run(bus, arguments, output).await,
        AppsVerb::Compose(verb) => super::compose::run(bus, verb, output).await,
        AppsVerb::Adopt { name, container } => super::adopt::adopt(bus, name, *container, output).await,
        AppsVerb::Release { app } => super::adopt::release(bus, app).await,
        AppsVerb::Checks { app, answers, docker_control } => {
            super::checks::run(bus, app, answers, *docker_control, output).await
        }
        AppsVerb::Account { app } => account(bus, app, output).await,
        AppsVerb::Pin { app } => {
            manager.pin(actor, app, true).await?;
            Ok(ExitCode::SUCCESS)
        }
        AppsVerb::Unpin { app } => {
            manager.pin(actor, app, false).await?;
            Ok(ExitCode::SUCCESS)
        }
        AppsVerb::Skip { app, undo } => super::checks::skip(bus, app, *undo).await,
        AppsVerb::Export { app, output: file, secrets } => {
            super::export::run(bus, app, file.as_deref(), *secrets, output).await
        }
        AppsVerb::Rollback { app, to, yes } => {
            super::update::rollback(bus, app, to.as_deref().unwrap_or_default(), *yes, output).await
        }
        AppsVerb::Remove { app, delete_data, although_needed } => {
            let removed = manager.remove(actor, &app.app, !delete_data, *although_needed).await;
            let id = removed.map_err(say_although)?;
            job::started(bus, &id, app.no_wait, output).await
        }
        AppsVerb::Logs { app, service, tail, follow } => {
            let reader = AppsReaderProxy::new(&bus.connection).await?;
            let logs = reader.logs(actor, app, service, *tail, *follow).await?;
            copy(logs.into()).await?;
            Ok(ExitCode::SUCCESS)
        }
        AppsVerb::Shell { app, service } => super::shell::run(bus, app, service.as_deref()).await,
        AppsVerb::Reclaim { dry_run, containers, volumes, yes, no_wait } => {
            let wish = super::reclaim::Wish {
                dry_run: *dry_run,
                containers: *containers,
                volumes: *volumes,
                yes: *yes,
                no_wait: *no_wait,
            };
            super::reclaim::run(bus, &wish, output).await
        }
        AppsVerb::Sources(verb) => sources(bus, verb, &manager, output).await,
        // Answered before a daemon was needed.
        AppsVerb::Plan { .. } => Ok(ExitCode::SUCCESS),
    }
}

async fn list(bus: &Bus, output: Output) -> Result<ExitCode> {
    let reader = AppsReaderProxy::new(&bus.connection).await?;
    let apps: Vec<InstalledApp> = read(reader.list(&bus.actor).await?).await?;
    let row = |app: &InstalledApp| {
        let address =
            if app.host.is_empty() { String::new() } else { format!("http://{}{}", app.host, app.path) };
        vec![
            app.id.to_string(),
            app.name.clone(),
            app.version.clone(),
            if app.pinned { "pinned".to_owned() } else { app.update.clone() },
            app.state.clone(),
            address,
            app.detail.clone(),
        ]
    };
    output.print(&apps, |apps| {
        if apps.is_empty() {
            return "No apps are installed. `livos apps search` shows what there is.".to_owned();
        }
        table(
            &["ID", "NAME", "VERSION", "UPDATE", "STATE", "ADDRESS", "DETAIL"],
            apps.iter().map(row).collect(),
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn account(bus: &Bus, id: &str, output: Output) -> Result<ExitCode> {
    let reader = AppsReaderProxy::new(&bus.connection).await?;
    let app: InstalledApp = read(reader.get(&bus.actor, id).await?).await?;
    let catalog = CatalogProxy::new(&bus.connection).await?;
    let page: CatalogApp = read(catalog.get(&bus.actor, app.store.as_str(), id).await?).await?;
    let account = serde_json::json!({ "username": page.default_username, "password": page.default_password });
    output.print(&account, |_| {
        let parts = [("User name", &page.default_username), ("Password", &page.default_password)];
        let known: Vec<_> = parts.iter().filter(|(_, value)| !value.is_empty()).collect();
        if known.is_empty() {
            return format!(
                "{} comes with no account: it asks for one at its first visit.",
                plain(&app.name)
            );
        }
        known.iter().map(|(label, value)| format!("{label}: {}", plain(value))).collect::<Vec<_>>().join("\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn store(bus: &Bus) -> Result<StoreReply> {
    read(CatalogProxy::new(&bus.connection).await?.list(&bus.actor).await?).await
}

async fn search(bus: &Bus, text: Option<&str>, output: Output) -> Result<ExitCode> {
    let wanted = text.unwrap_or_default().to_lowercase();
    let mut apps = store(bus).await?.apps;
    apps.retain(|app| {
        [app.id.as_str(), &app.name, &app.category, &app.tagline]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    });
    let row = |app: &StoreApp| {
        let note = if app.installed {
            "installed"
        } else if app.installable {
            ""
        } else {
            "can't run here"
        };
        vec![
            format!("{}/{}", app.store, app.id),
            app.name.clone(),
            app.version.clone(),
            note.to_owned(),
            app.tagline.clone(),
        ]
    };
    output.print(&apps, |apps| {
        if apps.is_empty() {
            return "No app matches. `livos apps sources list` shows the stores.".to_owned();
        }
        table(&["APP", "NAME", "VERSION", "", "ABOUT"], apps.iter().map(row).collect())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The daemon says "confirm"; here that is an option.
fn say_although(error: livos_bus::Error) -> livos_bus::Error {
    if error.code != livos_bus::codes::NEEDED_BY_OTHERS {
        return error;
    }
    let message = format!("{} with --although-needed", error.message);
    livos_bus::Error { message, ..error }
}

async fn install(bus: &Bus, arguments: &InstallArguments, output: Output) -> Result<ExitCode> {
    let (store, id) = find(bus, &arguments.app).await?;
    let app: CatalogApp = look_up(bus, &store, &id).await?;
    refuse_unsupported(&app)?;
    // Everything is asked before anything begins.
    let mut requests = Vec::new();
    for (store, id) in needed(&app, arguments, output)? {
        let needed = look_up(bus, &store, &id).await?;
        refuse_unsupported(&needed)?;
        let plain = InstallArguments { docker_control: false, answers: Vec::new(), ..arguments.clone() };
        requests.push(request(bus, &needed, store, id, &plain, output).await?);
    }
    requests.push(request(bus, &app, store, id, arguments, output).await?);
    let manager = AppsManagerProxy::new(&bus.connection).await?;
    let mut last = String::new();
    for request in &requests {
        last = manager.install(&bus.actor, request).await?;
    }
    job::started(bus, &last, arguments.no_wait, output).await
}

async fn look_up(bus: &Bus, store: &str, id: &str) -> Result<CatalogApp> {
    read(CatalogProxy::new(&bus.connection).await?.get(&bus.actor, store, id).await?).await
}

fn refuse_unsupported(app: &CatalogApp) -> Result<()> {
    if app.unsupported.is_empty() {
        return Ok(());
    }
    let (name, reasons) = (&app.app.name, app.unsupported.join(", "));
    Err(livos_bus::Error::conflict(format!("{name} can't run here: it needs {reasons}")).into())
}

async fn request(
    bus: &Bus,
    app: &CatalogApp,
    store: String,
    id: String,
    arguments: &InstallArguments,
    output: Output,
) -> Result<InstallRequest> {
    let answers = answers(app, &arguments.answers, output)?;
    if !output.json {
        for port in &app.moved {
            eprintln!("{}", moved(port));
        }
    }
    let docker_control = arguments.docker_control;
    let mut request = InstallRequest { store, app: id, answers, accept: Vec::new(), docker_control };
    let mut app = app.clone();
    if !request.answers.is_empty() {
        // Which folder it is to reach, an answer may say.
        let manager = AppsManagerProxy::new(&bus.connection).await?;
        let found: Checks = read(manager.check_install(&bus.actor, &request).await?).await?;
        if !found.permissions.is_empty() {
            app.permissions = found.permissions;
        }
    }
    request.accept = consent(&app, arguments, output)?;
    Ok(request)
}

/// What becomes of a port that the app cannot have.
pub(super) fn moved(port: &MovedPort) -> String {
    let MovedPort { asked, given, .. } = port;
    let taken = match plain(&port.by) {
        by if by.is_empty() => format!("Port {asked} is not free here"),
        by => format!("Port {asked} belongs to {by}"),
    };
    match (given, port.key.as_str()) {
        (0, _) => format!("{taken}; it can be no other, so it has to be free first."),
        (_, "page") => format!("{taken}; the app's page gets {given}."),
        _ => format!("{taken}; the app gets {given}."),
    }
}

/// The apps that must be installed first, once somebody agreed to install them.
fn needed(app: &CatalogApp, arguments: &InstallArguments, output: Output) -> Result<Vec<(String, String)>> {
    let name = plain(&app.app.name);
    let mut missing = Vec::new();
    for need in &app.dependencies {
        let why = match need.state.as_str() {
            "installed" | "installing" => continue,
            "available" => {
                missing.extend(need.choices.first());
                continue;
            }
            "unsupported" => "can't run here",
            "circular" => "needs itself in the end",
            _ => "is in no store",
        };
        let needed = plain(&need.name);
        return Err(livos_bus::Error::conflict(format!("{name} needs {needed}, which {why}"))
            .with_code(livos_bus::codes::DEPENDENCY_NEEDED)
            .into());
    }
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let names = missing.iter().map(|choice| plain(&choice.name)).collect::<Vec<_>>().join(", then ");
    if !arguments.with_needed {
        let needs = format!("{name} needs {names}");
        if !can_ask(output) {
            return Err(Usage(format!("{needs}; install that as well with --with-needed")).into());
        }
        let answer = ask(&format!("{needs}. Install that first? [y/N] "))?;
        if !matches!(answer.to_lowercase().as_str(), "y" | "yes") {
            return Err(Usage("not done".to_owned()).into());
        }
    }
    Ok(missing.iter().map(|choice| (choice.store.to_string(), choice.id.to_string())).collect())
}

/// `STORE/APP` as it is; `APP` if one store alone has it.
pub(super) async fn find(bus: &Bus, name: &str) -> Result<(String, String)> {
    if let Some((store, app)) = name.split_once('/') {
        return Ok((store.to_owned(), app.to_owned()));
    }
    let stores: Vec<String> = store(bus)
        .await?
        .apps
        .iter()
        .filter(|app| app.id.as_str() == name)
        .map(|app| app.store.to_string())
        .collect();
    match stores.as_slice() {
        [] => Err(livos_bus::Error::not_found(format!("no store has an app {name:?}")).into()),
        [store] => Ok((store.clone(), name.to_owned())),
        several => {
            let choices: Vec<String> = several.iter().map(|store| format!("{store}/{name}")).collect();
            Err(Usage(format!("several stores have {name}; say which: {}", choices.join(", "))).into())
        }
    }
}

fn answers(app: &CatalogApp, given: &[(String, String)], output: Output) -> Result<HashMap<String, String>> {
    let mut answers: HashMap<String, String> = given.iter().cloned().collect();
    if let Some(key) = answers.keys().find(|key| !app.inputs.iter().any(|input| input.key == **key)) {
        let known: Vec<&str> = app.inputs.iter().map(|input| input.key.as_str()).collect();
        return Err(Usage(format!(
            "{} asks nothing called {key}; it asks: {}",
            app.app.name,
            known.join(", ")
        ))
        .into());
    }
    for input in &app.inputs {
        let open = input.required && input.default.is_empty() && input.kind != "random";
        if !open || answers.contains_key(&input.key) {
            continue;
        }
        if !can_ask(output) {
            return Err(Usage(format!(
                "{} needs an answer: --set {}=… ({})",
                app.app.name, input.key, input.label
            ))
            .into());
        }
        let answer = ask(&format!("{} [{}]: ", plain(&input.label), plain(&input.key)))?;
        answers.insert(input.key.clone(), answer);
    }
    Ok(answers)
}

fn consent(app: &CatalogApp, arguments: &InstallArguments, output: Output) -> Result<Vec<String>> {
    let mut permissions = app.permissions.clone();
    let mut accepted = arguments.accept.clone();
    if let Some(control) = app.docker_control.as_ref().filter(|_| arguments.docker_control && arguments.yes) {
        accepted.push(control.code.clone());
    }
    match &app.docker_control {
        Some(control) if arguments.docker_control => permissions.push(control.clone()),
        Some(_) if !output.json => eprintln!(
            "It may look at Docker and change nothing there. If it is meant to manage Docker, it needs --docker-control."
        ),
        None if arguments.docker_control => {
            return Err(Usage(format!("{} does not ask for Docker", plain(&app.app.name))).into());
        }
        _ => {}
    }
    agree(&app.app.name, &permissions, &accepted, arguments.yes, "Install it?", output)
}

/// The codes of all permissions, once somebody agreed to those that were not accepted by code.
pub(super) fn agree(
    name: &str,
    permissions: &[Permission],
    accepted: &[String],
    yes: bool,
    question: &str,
    output: Output,
) -> Result<Vec<String>> {
    let all: Vec<String> = permissions.iter().map(|permission| permission.code.clone()).collect();
    let open: Vec<_> = permissions.iter().filter(|permission| !accepted.contains(&permission.code)).collect();
    // A yes to everything is none to this machine itself.
    let open: Vec<_> =
        open.into_iter().filter(|one| !yes || one.code.starts_with("docker_socket-")).collect();
    if open.is_empty() {
        return Ok(all);
    }
    let lines: Vec<String> = open
        .iter()
        .map(|permission| {
            format!("  {:<6} {}  ({})", permission.risk, plain(&permission.text), permission.code)
        })
        .collect();
    let asks = format!("{} asks to:\n{}\n", plain(name), lines.join("\n"));
    if !can_ask(output) {
        return Err(Usage(format!("{asks}Agree with --yes, or one by one with --accept CODE")).into());
    }
    eprint!("{asks}");
    if matches!(ask(&format!("{question} [y/N] "))?.to_lowercase().as_str(), "y" | "yes") {
        return Ok(all);
    }
    Err(Usage("not done".to_owned()).into())
}

pub(super) fn can_ask(output: Output) -> bool {
    output.watched && rustix::termios::isatty(rustix::stdio::stdin())
}

pub(super) fn ask(question: &str) -> Result<String> {
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

async fn sources(
    bus: &Bus,
    verb: &SourcesVerb,
    manager: &AppsManagerProxy<'_>,
    output: Output,
) -> Result<ExitCode> {
    match verb {
        SourcesVerb::List => {
            let sources = store(bus).await?.sources;
            output.print(&sources, |sources| {
                let rows = sources.iter().map(|source| {
                    let read =
                        if source.refreshed_at == 0 { "never".to_owned() } else { time(source.refreshed_at) };
                    vec![
                        source.id.to_string(),
                        source.label.clone(),
                        source.format.clone(),
                        source.apps.to_string(),
                        read,
                        source.url.clone(),
                        source.error.clone(),
                    ]
                });
                table(&["ID", "NAME", "FORMAT", "APPS", "READ", "ADDRESS", "ERROR"], rows.collect())
            })?;
            Ok(ExitCode::SUCCESS)
        }
        SourcesVerb::Add { url } => {
            // A folder is meant from where we are; the daemon is somewhere else.
            let folder = std::path::Path::new(url);
            let url =
                if folder.is_dir() { folder.canonicalize()?.display().to_string() } else { url.clone() };
            let id = manager.add_source(&bus.actor, &url).await?;
            job::started(bus, &id, false, output).await
        }
        SourcesVerb::Remove { store } => {
            manager.remove_source(&bus.actor, store).await?;
            Ok(ExitCode::SUCCESS)
        }
        SourcesVerb::Refresh { store } => {
            let id = manager.refresh_source(&bus.actor, store).await?;
            job::started(bus, &id, false, output).await
        }
    }
}

/// Reading a document may block on a pipe.
pub(super) async fn read<T: DeserializeOwned + Send + 'static>(document: Document) -> Result<T> {
    Ok(tokio::task::spawn_blocking(move || document.parse()).await??)
}

/// Everything from a descriptor to our own output.
pub(crate) async fn copy(from: OwnedFd) -> Result<()> {
    let copied = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout();
        std::io::copy(&mut File::from(from), &mut out).and_then(|_| out.flush())
    });
    copied.await?.context("the output ended early")
}
