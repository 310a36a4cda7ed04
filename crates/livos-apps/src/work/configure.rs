//! The settings of an installed app: what they are, what a change of them would do, and the change itself, which is
//! the transaction of an update.

use std::collections::BTreeMap;

use livos_bus::{codes, documents};
use livos_manifest::{AppSpec, Context, Input, InputKind};
use livos_store::NewJob;
use livos_types::JobId;

use super::compose::with_own;
use super::dependencies::Known;
use super::describe::{input, permission};
use super::{Aim, Apps, UpdateJob};
use crate::Error;
use crate::core::difference::{change, difference};
use crate::core::overlay::{
    DockerAccess, Overlay, PAGE, asked_port, docker_access, image_and_tag, movable, page_port, port_key,
};
use crate::core::{answers, foreign};
use crate::error::refused;
use crate::store::{App, Entry, FullEntry};

/// An answer that is nobody's business, also that of whoever may change it.
fn is_secret(input: &Input, answer: &str) -> bool {
    input.sensitive || input.kind == InputKind::Password || foreign::is_secret(&input.key, answer)
}

impl Apps {
    /// An app's own description, as if its store offered it.
    pub(super) fn own_entry(app: &App) -> FullEntry {
        let line = Entry {
            store: app.store.to_string(),
            id: app.id.to_string(),
            name: app.name.clone(),
            tagline: String::new(),
            category: String::new(),
            version: app.version.clone(),
            developer: String::new(),
            icon: app.icon.clone(),
            format: String::new(),
            added_at: 0,
            installable: true,
            dependencies: app.spec.dependencies.join(" "),
            implements: String::new(),
        };
        FullEntry { line, source: app.source.clone() }
    }

    /// What an app becomes with other settings, whoever agreed to what.
    pub(super) fn plan_settings(&self, app: &App, request: &UpdateJob) -> Result<AppSpec, Error> {
        self.plan_settings_at(app, request, page_port(&app.spec, Some(app.gateway_port)))
    }

    /// The same with the page on this port.
    fn plan_settings_at(&self, app: &App, request: &UpdateJob, page: Option<u16>) -> Result<AppSpec, Error> {
        let known = Known { exports: app.exports.all(), complete: true, page };
        let install = Self::as_install(app, request);
        let spec =
            self.plan_unasked(&Self::own_entry(app), &install, super::sources::architecture(), &known)?;
        let has = |reason| refused("invalid", format!("{} cannot be set like that: {reason}", app.name));
        // What was set about a part that another compose file does not have goes with that part.
        if request.compose.is_none() {
            install.overlay.check(&spec).map_err(has)?;
        }
        Ok(spec)
    }

    /// What can be changed about an app. Secrets stay here; that they are set is all that is told.
    pub(crate) fn settings_of(&self, app: &App) -> Result<documents::AppSettings, Error> {
        let as_it_is = UpdateJob { aim: Aim::Settings, ..UpdateJob::default() };
        let spec = self.plan_settings(app, &as_it_is)?;
        // What the store says about memory is what it was before the owner's limits.
        let compose = app.overlay.compose.clone();
        let docker_control = app.overlay.docker_control;
        let plain = App { overlay: Overlay { compose, docker_control, ..Overlay::default() }, ..app.clone() };
        let store = self.plan_settings(&plain, &as_it_is)?;
        let limit = |spec: &AppSpec, service: &str| {
            spec.service(service).and_then(|service| service.resources.memory_limit).unwrap_or(0)
        };
        let asked = self.asked(app, &spec)?;
        let inputs = asked.iter().filter(|input| input.kind != InputKind::Random).map(|asked| {
            let answer = app.answers.get(&asked.key).map(String::as_str).unwrap_or_default();
            // What stands in its `.env` is a default that its owner wrote.
            let default = asked.default.as_deref().unwrap_or_default();
            let secret = is_secret(asked, answer) || foreign::is_secret(&asked.key, default);
            let mut shown = input(asked);
            if secret {
                shown.default.clear();
            }
            documents::AppSetting {
                input: shown,
                set: !answer.is_empty(),
                value: if secret { String::new() } else { answer.to_owned() },
                secret,
            }
        });
        let ports = movable(&spec).filter_map(|(service, port)| {
            Some(documents::PortSetting {
                key: port_key(port)?,
                service: service.to_owned(),
                inside: port.container_port,
                store: asked_port(port)?,
                port: port.host_port?,
            })
        });
        let page = spec.main.as_ref().filter(|main| !main.on_host).map(|main| documents::PortSetting {
            key: PAGE.to_owned(),
            service: main.service.clone(),
            inside: main.container_port,
            store: 0,
            port: app.gateway_port,
        });
        let memory = spec.services.iter().map(|service| documents::MemorySetting {
            service: service.name.clone(),
            store: limit(&store, &service.name),
            limit: limit(&spec, &service.name),
        });
        let images = spec.services.iter().map(|service| {
            let (image, tag) = image_and_tag(&service.image);
            let of_store =
                store.service(&service.name).map_or(tag, |of_store| image_and_tag(&of_store.image).1);
            documents::ImageSetting {
                service: service.name.clone(),
                image: image.to_owned(),
                store: of_store.to_owned(),
                tag: tag.to_owned(),
            }
        });
        Ok(documents::AppSettings {
            images: images.collect(),
            inputs: inputs.collect(),
            ports: page.into_iter().chain(ports).collect(),
            memory: memory.collect(),
            docker: docker_access(&spec).map(DockerAccess::as_str).unwrap_or_default().to_owned(),
        })
    }

    /// Everything that an app asks, answered or not.
    fn asked(&self, app: &App, spec: &AppSpec) -> Result<Vec<Input>, Error> {
        let entry = with_own(super::install::parsed(&Self::own_entry(app))?, app.overlay.compose.as_ref())?;
        Ok(asked_by(&entry, &self.context_of(app), Some(spec)))
    }

    /// What a change would do. Nothing is touched.
    pub(crate) async fn look_at_settings(
        &self,
        app: &App,
        request: &UpdateJob,
    ) -> Result<documents::AppChange, Error> {
        self.only_installed(app)?;
        let overlay = request.told(app).1;
        let mut spec = self.plan_settings(app, request)?;
        let gateway = self.page_for(app, &spec, &overlay).await?;
        if gateway != Some(app.gateway_port) {
            // What it knows about its page follows.
            spec = self.plan_settings_at(app, request, page_port(&spec, gateway))?;
        }
        let placed = self.place(app, &spec, &overlay).await?;
        let given: Vec<String> = app.spec.permissions.iter().map(answers::consent).collect();
        let more = spec.permissions.iter().filter(|new| !given.contains(&answers::consent(new)));
        let mut services = difference(&app.spec, &spec);
        let page = placed.gateway.unwrap_or(0);
        if page != app.gateway_port
            && let Some(main) = &spec.main
        {
            let moved = change("port", PAGE, app.gateway_port.to_string(), page.to_string());
            match services.iter_mut().find(|one| one.service == main.service) {
                Some(one) => one.changes.push(moved),
                None => services
                    .push(documents::ServiceChange { service: main.service.clone(), changes: vec![moved] }),
            }
        }
        let changed = request.told(app) != (app.answers.clone(), app.overlay.clone());
        let losses = if changed { self.unpersisted(app).await? } else { Vec::new() };
        Ok(documents::AppChange {
            // Containers are small; all are made anew, so that none of them remembers what another one was.
            recreated: if changed {
                spec.services.iter().map(|service| service.name.clone()).collect()
            } else {
                Vec::new()
            },
            permissions: more.map(permission).chain(losses).collect(),
            services,
        })
    }

    /// Checks what can be checked at once, and queues the rest.
    pub(crate) async fn begin_configure(
        &self,
        app: &App,
        request: &UpdateJob,
        started_by: &str,
    ) -> Result<JobId, Error> {
        let status = self.engine_status().await;
        if !status.usable {
            return Err(refused(codes::ENGINE_UNAVAILABLE, status.reason));
        }
        Self::refuse_stale(app, request)?;
        let change = self.look_at_settings(app, request).await?;
        let (what, this) = match request.compose {
            Some(_) => ("compose file", "this compose file"),
            None => ("settings", "these settings"),
        };
        if change.recreated.is_empty() {
            return Err(refused("conflict", format!("{} has {this} already", app.name)));
        }
        let open: Vec<&str> = change
            .permissions
            .iter()
            .filter(|new| !request.accept.contains(&new.code))
            .map(|new| new.text.as_str())
            .collect();
        if !open.is_empty() {
            return Err(refused(
                codes::CONSENT_NEEDED,
                format!("{} asks for more than was agreed to: {}", app.name, open.join(", ")),
            ));
        }
        let new = NewJob::new("app.configure", app.id.as_str(), format!("Change the {what} of {}", app.name))
            .payload(request)?
            .started_by(started_by);
        self.enqueue(new).await
    }

    /// Keeps an app on the version it has, or lets it be updated again.
    pub(crate) async fn pin(&self, app: &App, pinned: bool) -> Result<(), Error> {
        self.rows.set_pin(&app.id, pinned).await?;
        self.app_changed(&app.id);
        Ok(())
    }
}

/// Everything that a description asks, answered or not. Some formats ask no more what is answered, so it is asked without
/// the answers, but for those without which nothing can be said of it. `spec` is what it becomes with them.
pub(super) fn asked_by(
    entry: &livos_manifest::Entry,
    context: &Context,
    spec: Option<&AppSpec>,
) -> Vec<Input> {
    let with = |answers| entry.plan(&Context { answers, ..context.clone() });
    let mut answers = BTreeMap::new();
    let mut plan = with(BTreeMap::new());
    let mut asked: Vec<Input> = Vec::new();
    // What a file demands comes one thing after the other: only with an answer to one it says the next.
    while plan.spec.is_none() {
        let needed = plan.needs_input.iter().filter(|need| need.from == "owner");
        let new: Vec<Input> = needed
            .filter(|need| !answers.contains_key(&need.key))
            .map(|need| demanded(&need.key, &need.label))
            .collect();
        if new.is_empty() {
            break;
        }
        for input in new {
            let answer = context.answers.get(&input.key).cloned();
            answers.insert(input.key.clone(), answer.unwrap_or_else(|| "1".to_owned()));
            asked.push(input);
        }
        plan = with(answers.clone());
    }
    let more = plan.spec.map(|spec| spec.inputs).unwrap_or_default();
    for input in more.into_iter().chain(spec.iter().flat_map(|spec| spec.inputs.iter().cloned())) {
        if !asked.iter().any(|known| known.key == input.key) {
            asked.push(input);
        }
    }
    asked
}

/// A variable that the app's own file demands.
fn demanded(key: &str, why: &str) -> Input {
    Input {
        key: key.to_owned(),
        label: key.to_owned(),
        hint: why.to_owned(),
        placeholder: String::new(),
        kind: InputKind::Text,
        required: true,
        default: None,
        options: Vec::new(),
        min: None,
        max: None,
        pattern: None,
        pattern_error: None,
        sensitive: false,
    }
}
