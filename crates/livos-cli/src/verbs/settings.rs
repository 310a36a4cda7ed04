//! `livos apps settings`

use std::collections::HashMap;
use std::process::ExitCode;

use anyhow::Result;
use livos_bus::documents::{AppChange, AppSettings, SettingChange};
use livos_bus::{AppsManagerProxy, SettingsRequest};

use super::apps::{agree, ask, read};
use crate::arguments::SettingsArguments;
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job;
use crate::output::{Output, bytes, plain, table};

pub(super) async fn run(bus: &Bus, arguments: &SettingsArguments, output: Output) -> Result<ExitCode> {
    let SettingsArguments { app, answers, asked, ports, memory, docker, images, .. } = arguments;
    let manager = AppsManagerProxy::new(&bus.connection).await?;
    let settings: AppSettings = read(manager.settings(&bus.actor, app).await?).await?;
    let lists = [answers.is_empty(), ports.is_empty(), memory.is_empty(), images.is_empty()];
    if lists.into_iter().all(|empty| empty) && asked.is_empty() && docker.is_none() {
        output.print(&settings, list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut answers: HashMap<String, String> = answers.iter().cloned().collect();
    let known = |key: &String| settings.inputs.iter().find(|setting| setting.input.key == *key);
    if let Some(key) = answers.keys().chain(asked).find(|key| known(key).is_none()) {
        let keys: Vec<&str> = settings.inputs.iter().map(|setting| setting.input.key.as_str()).collect();
        return Err(Usage(format!("{app} asks nothing called {key}; it asks: {}", keys.join(", "))).into());
    }
    for key in asked {
        let label = known(key).map_or(key.as_str(), |setting| setting.input.label.as_str());
        answers.insert(key.clone(), ask(&format!("{} [{}]: ", plain(label), plain(key)))?);
    }
    let mut request = SettingsRequest {
        app: app.clone(),
        answers,
        accept: Vec::new(),
        ports: ports.iter().cloned().collect(),
        memory: memory.iter().cloned().collect(),
        docker: docker.clone().unwrap_or_default(),
        images: images.iter().cloned().collect(),
    };
    let change: AppChange = read(manager.look_at_settings(&bus.actor, &request).await?).await?;
    if arguments.dry_run {
        output.print(&change, describe)?;
        return Ok(ExitCode::SUCCESS);
    }
    if output.watched && !output.json {
        eprintln!("{}", describe(&change));
    }
    let mut accepted = arguments.accept.clone();
    if arguments.yes && docker.as_deref() == Some("control") {
        accepted.extend(change.permissions.iter().map(|one| one.code.clone()));
    }
    request.accept = agree(app, &change.permissions, &accepted, arguments.yes, "Change it?", output)?;
    let id = manager.configure(&bus.actor, &request).await?;
    job::started(bus, &id, arguments.no_wait, output).await
}

fn list(settings: &AppSettings) -> String {
    let mut rows = Vec::new();
    for setting in &settings.inputs {
        let value = match (setting.set, setting.secret) {
            (true, true) => "(set)".to_owned(),
            (true, false) => plain(&setting.value),
            (false, _) if setting.input.default.is_empty() => "–".to_owned(),
            (false, _) => format!("{} (as it comes)", plain(&setting.input.default)),
        };
        rows.push(vec![format!("--set {}=…", plain(&setting.input.key)), value, plain(&setting.input.label)]);
    }
    for port in &settings.ports {
        let what = if port.key == "page" {
            "the port of its page".to_owned()
        } else {
            format!("port {} of {}", port.inside, plain(&port.service))
        };
        rows.push(vec![format!("--port {}=…", port.key), port.port.to_string(), what]);
    }
    for memory in &settings.memory {
        let limit = if memory.limit == 0 { "–".to_owned() } else { bytes(memory.limit) };
        let service = plain(&memory.service);
        rows.push(vec![format!("--memory {service}=…"), limit, format!("the most memory for {service}")]);
    }
    if !settings.docker.is_empty() {
        let what = "whether it controls Docker, and with it this whole machine, or only looks";
        rows.push(vec!["--docker view|control".to_owned(), plain(&settings.docker), what.to_owned()]);
    }
    for image in &settings.images {
        let service = plain(&image.service);
        let what = format!("the version of {}", plain(&image.image));
        rows.push(vec![format!("--image {service}=…"), plain(&image.tag), what]);
    }
    table(&["TO CHANGE IT", "IS", "WHAT IT IS"], rows)
}

pub(super) fn describe(change: &AppChange) -> String {
    if change.recreated.is_empty() {
        return "Nothing would change.".to_owned();
    }
    let mut lines = Vec::new();
    for service in &change.services {
        let changes =
            service.changes.iter().map(|one| format!("  {}: {}", plain(&service.service), words(one)));
        lines.extend(changes);
    }
    lines.extend(
        change.permissions.iter().map(|new| format!("  asks anew, {}: {}", new.risk, plain(&new.text))),
    );
    lines.push(format!("Containers that are made anew: {}", plain(&change.recreated.join(", "))));
    lines.join("\n")
}

fn words(change: &SettingChange) -> String {
    let SettingChange { kind, name, from, to } = change;
    let (name, from, to) = (plain(name), plain(from), plain(to));
    let amount = |text: &str| text.parse().map_or_else(|_| "no limit".to_owned(), bytes);
    match kind.as_str() {
        "variable" => format!("the variable {name} gets another value"),
        "variable_added" => format!("the variable {name} is added"),
        "variable_removed" => format!("the variable {name} goes"),
        "port" if name == "page" => format!("the port of its page: {from} → {to}"),
        "port" => format!("the port {name}: {from} → {to}"),
        "memory" => format!("the most memory: {} → {}", amount(&from), amount(&to)),
        "image" => format!("the image: {from} → {to}"),
        "added" => format!("is added ({to})"),
        "removed" => "goes".to_owned(),
        _ => format!("{name} is another one"),
    }
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::{AppChange, ServiceChange, SettingChange};

    #[test]
    fn a_change_is_told_in_words() {
        let change = |kind: &str, name: &str, from: &str, to: &str| SettingChange {
            kind: kind.into(),
            name: name.into(),
            from: from.into(),
            to: to.into(),
        };
        let mut found = AppChange {
            services: vec![ServiceChange {
                service: "web".into(),
                changes: vec![
                    change("port", "8096/tcp", "8096", "9000"),
                    change("variable", "PASSWORD", "", ""),
                    change("memory", "", "", "67108864"),
                ],
            }],
            recreated: vec!["db".into(), "web".into()],
            permissions: Vec::new(),
        };
        let text = super::describe(&found);
        assert!(text.starts_with("  web: the port 8096/tcp: 8096 → 9000\n"), "{text}");
        assert!(text.contains("the most memory: no limit → "), "{text}");
        assert!(text.ends_with("made anew: db, web"), "{text}");
        found.recreated.clear();
        assert_eq!(super::describe(&found), "Nothing would change.");
    }
}
