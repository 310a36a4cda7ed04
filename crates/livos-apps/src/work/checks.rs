//! Everything that can be known before an installation or a change begins, said at once; what would be refused then
//! is refused here in the same words.

use std::collections::{BTreeSet, HashMap};

use livos_bus::documents::{AppDependency, Check, Checks, MovedPort};
use livos_docker::{EngineError, EngineStatus};
use livos_manifest::{AppSpec, Context, PullPolicy};
use livos_types::AppId;

use super::{Apps, dependencies, describe};
use crate::Error;
use crate::core::answers;
use crate::core::checks::{self, MORE_MEMORY};
use crate::core::in_vain::in_vain;
use crate::core::overlay::PAGE;
use crate::error::refused;
use crate::store::{App, FullEntry, Phase};

fn docker(status: &EngineStatus) -> Check {
    if status.usable {
        checks::ok("docker", format!("Docker {} can be used.", status.version))
    } else {
        checks::block("docker", "Docker cannot be used.", status.reason.clone())
    }
}

/// What an app asks for that it cannot have here.
fn support(reasons: &[String]) -> Option<Check> {
    let words = format!("It cannot run here: {}.", reasons.join("; "));
    (!reasons.is_empty()).then(|| checks::block("support", words, "Look for an app that does the same."))
}

/// Apps that must be there first.
fn needs(needed: &[AppDependency]) -> Option<Check> {
    let open: Vec<&AppDependency> =
        needed.iter().filter(|need| !matches!(need.state.as_str(), "installed" | "installing")).collect();
    let names =
        |list: &[&AppDependency]| list.iter().map(|need| need.name.as_str()).collect::<Vec<_>>().join(", ");
    let never: Vec<&AppDependency> = open.iter().copied().filter(|need| need.state != "available").collect();
    match (open.is_empty(), never.is_empty()) {
        (true, _) => None,
        (false, true) => {
            let names = names(&open);
            Some(checks::block("needs", format!("It needs {names}."), format!("Install {names} first.")))
        }
        (false, false) => Some(checks::block(
            "needs",
            format!("It needs {}, which cannot be had here.", names(&never)),
            "Add a store that offers it.",
        )),
    }
}

/// What becomes of a port that it cannot have.
fn moved_port(port: &MovedPort) -> String {
    let taken = match port.by.as_str() {
        "" => format!("Port {} is not free here", port.asked),
        by => format!("Port {} belongs to {by}", port.asked),
    };
    match (port.given, port.key.as_str()) {
        (0, _) => format!("{taken}; it can be no other, so it has to be free first."),
        (given, PAGE) => format!("{taken}; the app’s page gets {given}."),
        (given, _) => format!("{taken}; the app gets {given}."),
    }
}

/// What becomes of ports that it cannot have.
fn ports(moved: &[MovedPort]) -> Check {
    const WHAT: &str = "ports";
    let words = moved.iter().map(moved_port).collect::<Vec<_>>().join(" ");
    if moved.is_empty() {
        checks::ok(WHAT, "The ports that it asks for are free.")
    } else if moved.iter().any(|port| port.given == 0) {
        checks::block(WHAT, words, "Stop what has the port, or give that another one in its settings.")
    } else {
        checks::warn(WHAT, words, "It can be given other ports in its settings.")
    }
}

/// What is typed into the sheet of an app, as far as it is known before the installation is asked for.
#[derive(Debug)]
pub(crate) struct Typed {
    /// Answers, by input key.
    pub(crate) answers: HashMap<String, String>,
    /// It is to control Docker instead of only looking.
    pub(crate) docker_control: bool,
}

/// Everything that an app is planned with when these answers are given, and what is wrong with them. What cannot be
/// used is left out, so that the rest is looked at all the same.
fn answered(parsed: &livos_manifest::Entry, context: Context, typed: &Typed) -> (Context, Vec<String>) {
    let mut context = Context { docker_control: typed.docker_control, ..context };
    let there_before = context.answers.clone();
    let mut wrong = Vec::new();
    // What a file demands comes first, one thing after the other: only then it can be seen what else is asked.
    for _ in 0..=typed.answers.len() {
        let plan = parsed.plan(&context);
        if let Some(spec) = &plan.spec {
            let (usable, reasons) = answers::sorted(&spec.inputs, &typed.answers);
            // What was taken as it stands below, and turns out to be wrong, goes again.
            for input in spec.inputs.iter().filter(|input| !usable.contains_key(&input.key)) {
                match there_before.get(&input.key) {
                    Some(before) => context.answers.insert(input.key.clone(), before.clone()),
                    None => context.answers.remove(&input.key),
                };
            }
            context.answers.extend(usable);
            return (context, reasons);
        }
        wrong.clear();
        for need in plan.needs_input.iter().filter(|need| need.from == "owner") {
            match typed.answers.get(&need.key).map(|answer| answer.trim()).filter(|answer| !answer.is_empty())
            {
                Some(answer) => {
                    context.answers.insert(need.key.clone(), answer.to_owned());
                }
                None => wrong.push(format!("“{}” must be answered: {}", need.key, need.label)),
            }
        }
        if !wrong.is_empty() {
            break;
        }
    }
    (context, wrong)
}

/// Whether it can be installed with these answers.
fn usable(wrong: &[String], error: Option<&str>) -> Option<Check> {
    let words = match (wrong.is_empty(), error) {
        (false, _) => format!("{}.", wrong.join("; ")),
        (true, Some(error)) => format!("With these answers it cannot run here: {error}."),
        (true, None) => return None,
    };
    Some(checks::block("answers", words, ""))
}

/// A refusal as the line that it would have been.
fn line(what: &str, refusal: Error, next: &str) -> Result<Check, Error> {
    match refusal {
        Error::Refused { message, .. } => {
            let mut letters = message.chars();
            let first: String =
                letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
            Ok(checks::block(what, format!("{first}{}.", letters.as_str()), next))
        }
        other => Err(other),
    }
}

impl Apps {
    /// Nothing is installed or brought to a version that is to have more memory than there is.
    pub(super) fn refuse_too_little_memory(&self, name: &str, spec: &AppSpec) -> Result<(), Error> {
        match checks::too_little_memory(checks::wanted(spec), self.ports.machine.memory()) {
            None => Ok(()),
            Some(words) => Err(refused(
                livos_bus::codes::NO_MEMORY,
                format!("{name} cannot run well on this machine. {words} {MORE_MEMORY}"),
            )),
        }
    }

    /// The same for an app that runs here already, if it is to have more than it had.
    pub(super) fn refuse_more_memory(&self, app: &App, spec: &AppSpec) -> Result<(), Error> {
        if checks::wanted(spec).reserved <= checks::wanted(&app.spec).reserved {
            return Ok(());
        }
        self.refuse_too_little_memory(&app.name, spec)
    }

    /// What stands in the way of installing an app of a store, with the answers that are typed so far if they are known.
    pub(crate) async fn checks_before_install(
        &self,
        entry: &FullEntry,
        typed: Option<&Typed>,
    ) -> Result<Checks, Error> {
        let parsed = super::install::parsed(entry)?;
        let id =
            AppId::new(entry.line.id.as_str()).map_err(|_| refused("invalid", "its id cannot be used"))?;
        let status = self.engine_status().await;
        let architecture = Self::architecture_of(&status);
        let mut found = vec![docker(&status)];
        if let Some(there) = self.rows.app(&id).await?.filter(|app| app.phase == Phase::Installed) {
            let words = format!("{} is installed already.", there.name);
            found.push(checks::block("version", words, "Update it instead, or remove it first."));
        }
        let around = self.around().await?;
        let needed = &parsed.listing.dependencies;
        let context = self.context(&id, &self.host_of(&id), &architecture);
        let context = Context { exports: around.exports(needed), ..context };
        let (context, wrong) = match typed {
            Some(typed) => answered(&parsed, context, typed),
            None => (context, Vec::new()),
        };
        let plan = parsed.plan(&context);
        // Without any answer it may be the app itself that cannot be read.
        let by_answers = typed.is_some() && !context.answers.is_empty();
        let made_for = plan.spec.as_ref().map_or(&parsed.listing.architectures, |spec| &spec.architectures);
        found.push(checks::architecture(made_for, &architecture));
        let mut reasons = plan.unsupported.clone();
        if plan.spec.is_none() && !by_answers && !plan.needs_input.iter().any(|need| need.from == "owner") {
            reasons.extend(plan.error.clone());
        }
        if let Some(spec) = &plan.spec {
            reasons.extend(dependencies::missing_settings(spec, &parsed));
            reasons.extend(in_vain(&id, &parsed));
        }
        found.extend(support(&reasons));
        let error = plan.error.as_deref().filter(|_| plan.spec.is_none() && by_answers);
        found.extend(usable(&wrong, error));
        found.extend(needs(&self.needs_of(&entry.line, needed, &around).await?));
        let Some(spec) = plan.spec else {
            found.push(checks::disk(&self.shelves().await));
            return Ok(checks::all(found));
        };
        found.extend(self.room_for(&spec, &status).await?);
        match self.moved_ports(&id, &spec).await {
            Ok(moved) => {
                let free = moved.is_empty();
                found.push(ports(&moved));
                if free {
                    found.extend(self.placed(&id, &entry.line.name, &spec).await?);
                }
            }
            Err(refusal) => found.push(line("ports", refusal, "")?),
        }
        // What it may do is agreed to as it will be, and answers may say where.
        let permissions = if typed.is_some() { describe::permissions(&spec) } else { Vec::new() };
        Ok(Checks { permissions, ..checks::all(found) })
    }

    /// Memory, disks and what has to come for an app that is not there yet.
    async fn room_for(&self, spec: &AppSpec, status: &EngineStatus) -> Result<Vec<Check>, Error> {
        let mut found = vec![
            checks::memory(checks::wanted(spec), self.ports.machine.memory()),
            checks::disk(&self.shelves().await),
        ];
        if status.usable {
            found.push(self.download(spec, false).await?);
        }
        Ok(found)
    }

    /// What an own stack finds here; the rest stands where it is in its file.
    pub(super) async fn checks_before_stack(&self, spec: &AppSpec) -> Result<Checks, Error> {
        let status = self.engine_status().await;
        let mut found = vec![docker(&status)];
        found.extend(self.room_for(spec, &status).await?);
        Ok(checks::all(found))
    }

    /// What stands in the way of an app's update or, if there is none, of a change of its settings; with the answers to
    /// what the newer version asks, as far as they are typed.
    pub(crate) async fn checks_before_change(
        &self,
        app: &App,
        typed: Option<&HashMap<String, String>>,
    ) -> Result<Checks, Error> {
        let status = self.engine_status().await;
        let mut found = vec![docker(&status)];
        let newer = self.newer(app).await?;
        found.push(self.version(app, newer.as_ref()).await?);
        let mut permissions = Vec::new();
        let spec = match &newer {
            Some(entry) => {
                let (spec, said) = self.newer_with(app, entry, typed);
                found.extend(said);
                if let (Some(spec), true) = (&spec, typed.is_some()) {
                    let given: Vec<String> = app.spec.permissions.iter().map(answers::consent).collect();
                    let more = spec.permissions.iter().filter(|new| !given.contains(&answers::consent(new)));
                    permissions.extend(more.map(describe::permission));
                    permissions.extend(self.unpersisted(app).await?);
                }
                spec.unwrap_or_else(|| app.spec.clone())
            }
            None => app.spec.clone(),
        };
        found.extend(support(&spec.unsupported));
        found.push(checks::architecture(&spec.architectures, &Self::architecture_of(&status)));
        let mut memory = checks::memory(checks::wanted(&spec), self.ports.machine.memory());
        if memory.state == "block" && self.refuse_more_memory(app, &spec).is_ok() {
            // It has run here with that.
            "warn".clone_into(&mut memory.state);
        }
        found.push(memory);
        found.push(checks::disk(&self.shelves().await));
        if newer.is_some() {
            match self.make_room(app, &spec, &app.overlay).await {
                Ok((_, moved)) => found.push(ports(&moved)),
                Err(refusal) => found.push(line("ports", refusal, "")?),
            }
            found.extend(self.folders(app, &spec).await?);
        }
        // While something works on it, counting would be in its way.
        if status.usable && app.phase == Phase::Installed {
            found.push(self.download(&spec, newer.is_some()).await?);
            found.push(match self.copies_seen(app).await {
                Some(copies) => checks::room(&copies),
                None => checks::room_unknown(),
            });
        }
        Ok(Checks { permissions, ..checks::all(found) })
    }

    /// The newer version as it would be with these answers beside those that the app has, and what is wrong with them.
    fn newer_with(
        &self,
        app: &App,
        entry: &FullEntry,
        typed: Option<&HashMap<String, String>>,
    ) -> (Option<AppSpec>, Vec<Check>) {
        let unreadable = || support(&["the description of the newer version cannot be read".to_owned()]);
        let Ok(parsed) = super::install::parsed(entry) else {
            return (None, unreadable().into_iter().collect());
        };
        let context = self.context_of(app);
        let (context, wrong) = match typed {
            Some(new) => {
                let mut all: HashMap<String, String> = app.answers.clone().into_iter().collect();
                // As the update takes them: an empty one takes back what was answered.
                all.extend(new.iter().map(|(key, answer)| (key.clone(), answer.clone())));
                let docker_control = app.overlay.docker_control;
                answered(&parsed, context, &Typed { answers: all, docker_control })
            }
            None => (context, Vec::new()),
        };
        let plan = parsed.plan(&context);
        let Some(mut spec) = plan.spec else {
            let demands = plan.needs_input.iter().any(|need| need.from == "owner");
            let said = match typed {
                Some(_) => usable(&wrong, plan.error.as_deref()),
                None if demands => None,
                None => unreadable(),
            };
            return (None, said.into_iter().collect());
        };
        app.overlay.apply(&mut spec);
        (Some(spec), usable(&wrong, None).into_iter().collect())
    }

    /// Folders of the machine that the newer version is given, as far as they would be refused.
    async fn folders(&self, app: &App, spec: &AppSpec) -> Result<Option<Check>, Error> {
        // What cannot be placed is said with its ports, and what a script is yet to say is not known before it runs.
        let Ok(blueprint) = self.blueprint(&app.id, spec, Some(app.upstream_port).filter(|port| *port > 0))
        else {
            return Ok(None);
        };
        match self.refuse_missing_disks(&app.id, &app.name, &blueprint).await {
            Ok(_) => Ok(None),
            Err(refusal) => line("folders", refusal, "").map(Some),
        }
    }

    fn architecture_of(status: &EngineStatus) -> String {
        let known = Some(&status.architecture).filter(|known| !known.is_empty());
        known.map_or_else(|| super::sources::architecture().to_owned(), Clone::clone)
    }

    /// Which version it would be, and whether that is wanted.
    async fn version(&self, app: &App, newer: Option<&FullEntry>) -> Result<Check, Error> {
        const WHAT: &str = "version";
        if app.phase != Phase::Installed {
            let words = format!("{} is being worked on.", app.name);
            return Ok(checks::block(WHAT, words, "Wait until that has ended."));
        }
        let Some(newer) = newer else {
            let version = if app.version.is_empty() { String::new() } else { format!(" ({})", app.version) };
            return Ok(checks::ok(WHAT, format!("It is up to date{version}.")));
        };
        if let Some(reason) = super::compose::own_choice(app) {
            return Ok(checks::block(WHAT, format!("{reason}."), ""));
        }
        if self.rows.pins().await?.contains(app.id.as_str()) {
            let words = format!("It is to stay on version {}.", app.version);
            return Ok(checks::block(WHAT, words, "Allow updates first."));
        }
        let (from, to) = (&app.version, &newer.line.version);
        if self.rows.skips().await?.get(app.id.as_str()) == Some(to) {
            let words =
                format!("Version {to} is skipped; it is brought only to who asks for it by the app's name.");
            return Ok(checks::ok(WHAT, words));
        }
        Ok(checks::ok(WHAT, format!("It is brought from {from} to {to}.")))
    }

    /// Which images have to come; those of an update may be newer under the same name.
    async fn download(&self, spec: &AppSpec, newer: bool) -> Result<Check, Error> {
        let mut seen = BTreeSet::new();
        let mut images = Vec::new();
        for service in spec.services.iter().filter(|service| seen.insert(service.image.as_str())) {
            let there = match self.ports.engine.image(&service.image).await {
                Ok(there) => there,
                Err(EngineError::Invalid { .. }) => {
                    let words = format!("“{}” is no name that an image can have.", service.image);
                    return Ok(checks::block("download", words, ""));
                }
                Err(error) => return Err(crate::error::engine("cannot look at the images")(error)),
            };
            let always = service.pull_policy == Some(PullPolicy::Always);
            let anew = (always || newer)
                && !service.image.contains('@')
                && service.pull_policy != Some(PullPolicy::Never);
            images.push(checks::Image { here: there.map(|image| image.size), anew });
        }
        Ok(checks::download(&images))
    }

    /// Ports and folders of an app in its place on this machine, as far as they would be refused.
    async fn placed(&self, id: &AppId, name: &str, spec: &AppSpec) -> Result<Option<Check>, Error> {
        let others: Vec<App> = self.rows.apps().await?.into_iter().filter(|app| app.id != *id).collect();
        let blueprint = match self.choose_upstream(spec, &others) {
            Ok(upstream) => self.blueprint(id, spec, upstream),
            Err(error) => Err(error),
        };
        let blueprint = match blueprint {
            Ok(blueprint) => blueprint,
            // What its own script is yet to say is not known before it runs.
            Err(_) if !spec.is_ready() => return Ok(None),
            Err(refusal) => return line("support", refusal, "").map(Some),
        };
        let promised = self.promised(&others);
        if let Err(refusal) = self.refuse_collisions(spec, &blueprint, &promised, &BTreeSet::new()) {
            return line("ports", refusal, "").map(Some);
        }
        match self.refuse_missing_disks(id, name, &blueprint).await {
            Ok(_) => Ok(None),
            Err(refusal) => line("folders", refusal, "").map(Some),
        }
    }
}
