//! The compose file of an installed app: what it is, what another one would do, and the way back to that of its store.
//!
//! The store's file stays as it is. The owner's takes its place when the app is planned, and lies with what else the
//! owner wants otherwise; so it comes and goes with the same transaction, survives what that survives, and is taken
//! back like any other change. While it is there, the app is not updated: what its store changes would be lost in it.

use livos_bus::documents::{AppCompose, ComposeCheck, ComposeProblem};
use livos_manifest::{Entry, Plan, Position, export, find};
use serde::{Deserialize, Serialize};

use super::install::parsed;
use super::{Aim, Apps, UpdateJob};
use crate::Error;
use crate::core::compose::{MOST_BYTES, check_size, difference, revision, unsupported};
use crate::error::refused;
use crate::store::App;

/// Another compose file for an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ComposeEdit {
    /// The owner's text; `None` is the store's.
    pub(crate) text: Option<String>,
    /// What stands for the text that was changed.
    pub(crate) revision: String,
}

/// The file that counts.
struct InForce {
    entry: Entry,
    name: String,
    text: String,
    store: String,
}

/// An app's description with the owner's compose file in the place of its store's.
pub(super) fn with_own(entry: Entry, own: Option<&String>) -> Result<Entry, Error> {
    let Some(text) = own else { return Ok(entry) };
    let name = entry.listing.name.clone();
    entry.with_compose(text).ok_or_else(|| no_file(&name))
}

fn no_file(name: &str) -> Error {
    refused("conflict", format!("{name} has no compose file that could be read or changed"))
}

impl Apps {
    fn in_force(app: &App) -> Result<InForce, Error> {
        let entry = parsed(&Self::own_entry(app))?;
        let (name, store) = match entry.compose() {
            Some((name, text)) => (name.to_owned(), text.into_owned()),
            None => return Err(no_file(&app.name)),
        };
        let text = app.overlay.compose.clone().unwrap_or_else(|| store.clone());
        Ok(InForce { entry, name, text, store })
    }

    /// The file that says which containers an app has, and what becomes of it here.
    pub(crate) fn compose_of(app: &App) -> Result<AppCompose, Error> {
        let InForce { name, text, store, .. } = Self::in_force(app)?;
        let page = Some(app.gateway_port).filter(|port| *port > 0);
        Ok(AppCompose {
            file: name,
            revision: revision(&text),
            edited: app.overlay.compose.is_some(),
            most: u32::try_from(MOST_BYTES).unwrap_or(u32::MAX),
            runs: export::compose(&app.spec, page).compose,
            text,
            store,
        })
    }

    /// A change of the compose file, as a job is given it.
    pub(crate) fn compose_job(
        app: &App,
        text: String,
        revision: String,
        accept: Vec<String>,
    ) -> Result<UpdateJob, Error> {
        check_size(&text).map_err(|reason| refused("invalid", reason))?;
        let store = Self::in_force(app)?.store;
        let text = Some(text).filter(|text| *text != store);
        let compose = Some(ComposeEdit { text, revision });
        Ok(UpdateJob { aim: Aim::Settings, accept, compose, ..UpdateJob::default() })
    }

    /// Somebody else changed the file after it was read.
    pub(super) fn refuse_stale(app: &App, request: &UpdateJob) -> Result<(), Error> {
        let Some(edit) = &request.compose else { return Ok(()) };
        if revision(&Self::in_force(app)?.text) == edit.revision {
            return Ok(());
        }
        Err(refused(
            livos_bus::codes::CHANGED_MEANWHILE,
            format!(
                "the compose file of {} was changed in the meantime; read it again and make your change in that one",
                app.name
            ),
        ))
    }

    /// Its store's newer version would undo the owner's file, or be undone by it.
    pub(super) fn refuse_own_file(app: &App) -> Result<(), Error> {
        match own_choice(app) {
            None => Ok(()),
            Some(reason) => Err(refused("edited", reason)),
        }
    }

    /// What another text would do. Nothing is touched.
    pub(crate) async fn look_at_compose(&self, app: &App, text: String) -> Result<ComposeCheck, Error> {
        let now = Self::in_force(app)?;
        let mut check = ComposeCheck {
            problems: Vec::new(),
            lines: Vec::new(),
            change: None,
            volumes: Vec::new(),
            revision: revision(&now.text),
        };
        if let Err(reason) = check_size(&text) {
            check.problems.push(problem(None, true, reason));
            return Ok(check);
        }
        check.lines = difference(&now.text, &text);
        let Some(entry) = now.entry.with_compose(&text) else { return Err(no_file(&app.name)) };
        let plan = entry.plan(&self.context_of(app));
        check.problems.extend(problems_of(&plan, &text));
        let Some(spec) = plan.spec else { return Ok(check) };
        if check.problems.iter().any(|problem| problem.error) {
            return Ok(check);
        }
        let request = Self::compose_job(app, text, check.revision.clone(), Vec::new())?;
        match self.look_at_settings(app, &request).await {
            Ok(change) => check.change = Some(change),
            // A port that somebody else has, for instance: the whole file is right, but not here.
            Err(Error::Refused { message, .. }) => check.problems.push(problem(None, true, message)),
            Err(error) => return Err(error),
        }
        let used = |name: &String| spec.volumes.iter().any(|volume| volume.name == *name);
        let own = app.spec.volumes.iter().filter(|volume| !volume.external);
        check.volumes = own.map(|volume| volume.name.clone()).filter(|name| !used(name)).collect();
        Ok(check)
    }
}

/// Why an app is not updated that is not as its store says, on purpose.
pub(super) fn own_choice(app: &App) -> Option<String> {
    if app.overlay.compose.is_some() {
        return Some(own_file(app));
    }
    let (service, tag) = app.overlay.images.first_key_value()?;
    Some(format!(
        "{} runs with a version that you chose ({service}: {tag}), so it is not updated; take its store's version again \
         in its settings, then update",
        app.name
    ))
}

fn own_file(app: &App) -> String {
    format!(
        "{} runs with a compose file of your own, so it is not updated; use its store's file again, then update",
        app.name
    )
}

/// What is wrong with a file or worth a word, and where.
pub(super) fn problems_of(plan: &Plan, text: &str) -> Vec<ComposeProblem> {
    let mut problems = Vec::new();
    if let Some(error) = &plan.error {
        problems.push(problem(plan.error_at, true, error.clone()));
    }
    problems.extend(plan.unsupported.iter().map(|key| problem(find(text, key), true, unsupported(key))));
    for warning in plan.spec.iter().flat_map(|spec| &spec.warnings) {
        problems.push(problem(find(text, warning), false, warning.clone()));
    }
    problems
}

pub(super) fn problem(at: Option<Position>, error: bool, text: String) -> ComposeProblem {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    ComposeProblem {
        line: at.map_or(0, |at| number(at.line)),
        column: at.map_or(0, |at| number(at.column)),
        error,
        text,
    }
}
