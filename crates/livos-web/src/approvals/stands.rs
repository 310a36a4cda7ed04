//! What stands against taking something back, as things are: nothing that somebody has changed since is trampled over.

use std::collections::HashSet;

use livos_bus::approvals::{Proposal, ProposedAction, RunChanges};
use livos_bus::documents::{DockerDetail, InstalledApp};
use livos_bus::{Actor, ErrorKind, JobInfo, names};
use livos_types::AppId;

use super::carry_out::{Back, OnApp, OnContainer, Verb};
use super::{parsed, work};
use crate::App;
use crate::error::ApiError;
use crate::events::signals::everything;

/// How things are, as far as it matters for what is taken back.
pub(super) struct Now {
    /// Jobs of the app engine that nobody has dismissed.
    jobs: Vec<JobInfo>,
    /// Those that are no change by somebody else.
    ours: HashSet<String>,
}

impl Now {
    pub(super) async fn look(app: &App, changes: &RunChanges) -> Result<Self, ApiError> {
        let about = |proposal: &Proposal| !proposal.action.tool.starts_with("files_");
        let jobs = app.services.jobs().iter().find(|(service, _)| *service == names::APPS);
        let jobs = jobs.filter(|_| changes.proposals.iter().any(about));
        let jobs = match (jobs, everything()) {
            (Some((_, jobs)), Some(actor)) => jobs.list(&actor).await?,
            _ => Vec::new(),
        };
        Ok(Self { jobs, ours: changes.no_changes.iter().cloned().collect() })
    }

    /// Whether somebody else has done something with this app or container after that job.
    fn is_changed(&self, app: &str, after: &str) -> bool {
        let number = |id: &str| id.rsplit('-').next().and_then(|number| number.parse::<u64>().ok());
        self.jobs.iter().any(|job| {
            let about = ["app.", "adopted.", "docker."].iter().any(|kind| job.kind.starts_with(kind))
                && job.subject == app;
            let done = matches!(job.state.as_str(), "queued" | "running" | "succeeded");
            about && done && number(&job.id) > number(after) && !self.ours.contains(&job.id)
        })
    }
}

/// What stands against it as things are. What something else puts back before is not looked at yet.
pub(super) async fn obstacle(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
    verb: &Verb,
    now: &Now,
    later: bool,
) -> Result<Option<String>, ApiError> {
    match verb {
        Verb::App(on, id) => against_app(app, actor, proposal, (*on, id), now, later).await,
        Verb::Rollback(back) => against_rollback(app, actor, proposal, back, now, later).await,
        Verb::Container(on, id) => against_container(app, actor, proposal, (*on, id), now, later).await,
        Verb::PutBack(_) if later => Ok(None),
        Verb::PutBack(change) => {
            let why = app.services.files_manager.stands_against(&work::acting(actor), change).await?;
            Ok((!why.is_empty()).then_some(why))
        }
        // Nothing is taken back by these.
        Verb::Install(_)
        | Verb::Update(_)
        | Verb::File(_)
        | Verb::Service(_)
        | Verb::Command(_)
        | Verb::Servers(_) => Ok(Some("this version of LivOS does not know how".to_owned())),
        Verb::ByAgent => Ok(Some("it only looked".to_owned())),
    }
}

/// Of what nobody knows when it was done, nobody knows what was done since.
fn by_what(proposal: &Proposal) -> Result<&str, String> {
    proposal.job.as_deref().ok_or_else(|| "it is not known any more when this was done".to_owned())
}

fn changed_since(proposal: &Proposal) -> String {
    format!("{} was changed since; what was done then stays", proposal.subject)
}

/// The app as it is, or that there is none.
async fn installed(
    app: &App,
    actor: &Actor,
    id: &AppId,
    proposal: &Proposal,
) -> Result<Result<InstalledApp, String>, ApiError> {
    match app.services.apps.get(actor, id.as_str()).await {
        Ok(document) => Ok(Ok(parsed(document).await?)),
        Err(error) if error.kind == ErrorKind::NotFound => {
            Ok(Err(format!("{} is not installed any more", proposal.subject)))
        }
        Err(error) => Err(error.into()),
    }
}

async fn against_app(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
    (on, id): (OnApp, &AppId),
    now: &Now,
    later: bool,
) -> Result<Option<String>, ApiError> {
    let job = match by_what(proposal) {
        Ok(job) => job,
        Err(why) => return Ok(Some(why)),
    };
    if now.is_changed(id.as_str(), job) {
        return Ok(Some(changed_since(proposal)));
    }
    let found = match installed(app, actor, id, proposal).await? {
        Ok(found) => found,
        Err(why) => return Ok(Some(why)),
    };
    if on == OnApp::Remove && !is_the_installed(&proposal.action, &found, job, now) {
        return Ok(Some(format!("{} was installed anew since; it stays", found.name)));
    }
    let why = at_work(&found.state).or_else(|| app_stands(on, &found.state).filter(|_| !later));
    Ok(why.map(|how| format!("{} {how}", found.name)))
}

async fn against_rollback(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
    back: &Back,
    now: &Now,
    later: bool,
) -> Result<Option<String>, ApiError> {
    let job = match by_what(proposal) {
        Ok(job) => job,
        Err(why) => return Ok(Some(why)),
    };
    let found = match installed(app, actor, &back.app, proposal).await? {
        Ok(found) => found,
        Err(why) => return Ok(Some(why)),
    };
    let way = found.ways_back.iter().find(|way| way.kind == "version");
    let changed = found.version != back.to
        || way.is_some_and(|way| !way.also.is_empty())
        || now.is_changed(back.app.as_str(), job);
    if changed && !later {
        return Ok(Some(changed_since(proposal)));
    }
    let gone = way.is_none().then_some("can't be taken back any more; that is possible for a week");
    Ok(at_work(&found.state).or(gone).map(|how| format!("{} {how}", found.name)))
}

async fn against_container(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
    (on, id): (OnContainer, &str),
    now: &Now,
    later: bool,
) -> Result<Option<String>, ApiError> {
    let job = match by_what(proposal) {
        Ok(job) => job,
        Err(why) => return Ok(Some(why)),
    };
    if now.is_changed(&format!("container:{id}"), job) {
        return Ok(Some(changed_since(proposal)));
    }
    let found: DockerDetail = match app.services.docker.container(actor, id).await {
        Ok(document) => parsed(document).await?,
        Err(error) if error.kind == ErrorKind::NotFound => {
            return Ok(Some(format!("the container {} is not there any more", proposal.subject)));
        }
        Err(error) => return Err(error.into()),
    };
    let why = container_stands(on, &found.container.state).filter(|_| !later);
    Ok(why.map(|how| format!("{} {how}", found.container.name)))
}

/// What is being worked on is left alone until that is over.
fn at_work(state: &str) -> Option<&'static str> {
    let busy = matches!(state, "installing" | "updating" | "rolling_back" | "removing");
    busy.then_some("is being worked on; try again when that is over")
}

/// What an app in this state is in the way of.
fn app_stands(on: OnApp, state: &str) -> Option<&'static str> {
    match (on, state) {
        (OnApp::Start, "running" | "starting") => Some("runs again already"),
        (OnApp::Stop, "stopped") => Some("is stopped already"),
        _ => None,
    }
}

/// Whether an app is the one that this job installed. Without the job nobody knows.
fn is_the_installed(done: &ProposedAction, found: &InstalledApp, job: &str, now: &Now) -> bool {
    let store = done.arguments.get("store").and_then(serde_json::Value::as_str);
    let job = now.jobs.iter().find(|known| known.id == job);
    let during = |job: &JobInfo| (job.created_at..=job.finished_at).contains(&found.installed_at);
    store == Some(found.store.as_str()) && job.is_some_and(during)
}

/// What a container in this state is in the way of.
fn container_stands(on: OnContainer, state: &str) -> Option<&'static str> {
    let runs = matches!(state, "running" | "paused" | "restarting");
    match on {
        OnContainer::Start if runs => Some("runs again already"),
        OnContainer::Stop if !runs => Some("is stopped already"),
        _ => None,
    }
}
