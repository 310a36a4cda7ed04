//! What the agent proposes is judged here, and done here: once, exactly as it was agreed to, with the rights that the
//! person has now. The agent's daemon keeps the proposals; it holds no right of its own.

mod carry_out;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use livos_bus::approvals::{OpenProposal, Proposal, ProposalState, ProposedAction};
use livos_bus::{Actor, Document, ErrorKind, JobInfo, Via, names};
use livos_policy::{Verdict, judge, proposable};
use zbus::fdo::DBusProxy;

use crate::App;
use crate::core::live::Person;
use crate::error::ApiError;
use crate::events::signals::{everything, spawn};
use crate::identity::Visitor;
use crate::services::actor_of;

/// The longest words about an outcome, in letters.
const LONGEST: usize = 500;
/// What is said of what the agent does itself once a person has agreed.
const AGREED: &str = "it was agreed to";

/// What this process is doing: each proposal, and the job that does it once there is one.
#[derive(Debug, Default)]
pub(crate) struct Approvals(Mutex<HashMap<String, Option<String>>>);

impl Approvals {
    fn doing(&self) -> MutexGuard<'_, HashMap<String, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True for the one who may begin it.
    fn take(&self, id: &str) -> bool {
        match self.doing().entry(id.to_owned()) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(None);
                true
            }
        }
    }

    /// What can't be told yet is known again by its job; without one, nobody knows it.
    fn put_off(&self, id: &str) {
        let mut doing = self.doing();
        if doing.get(id).is_some_and(Option::is_none) {
            doing.remove(id);
        }
    }

    fn of_job(&self, job: &str) -> Option<String> {
        self.doing().iter().find(|(_, own)| own.as_deref() == Some(job)).map(|(id, _)| id.clone())
    }
}

/// Who says yes or no.
#[derive(Debug, Clone)]
pub(crate) enum Judge {
    /// Somebody who is signed in.
    Person(Arc<Person>, Visitor),
    /// The machine's administrator, at the command line.
    Administrator(Actor),
}

impl Judge {
    fn actor(&self) -> Actor {
        match self {
            Self::Person(person, _) => actor_of(person),
            Self::Administrator(actor) => actor.clone(),
        }
    }

    async fn audit(&self, app: &App, what: &str, subject: &str) {
        let (person, visitor) = match self {
            Self::Person(person, visitor) => (Some(&**person), Some(visitor)),
            Self::Administrator(_) => (None, None),
        };
        app.identity.audit(person, visitor, what, subject, "ok").await;
    }
}

/// One line of the audit trail.
fn subject(action: &ProposedAction) -> String {
    let text = format!("{} {}", action.tool, action.arguments);
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

async fn parsed(document: Document) -> Result<Proposal, ApiError> {
    let parsed = tokio::task::spawn_blocking(move || document.parse()).await;
    Ok(parsed.map_err(|error| ApiError::internal(&error))??)
}

/// Refuses what is not what the person saw, and what they have no right to, or a rule against.
async fn admit(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
    seen: &ProposedAction,
    action: &ProposedAction,
) -> Result<(), ApiError> {
    if proposal.action != *seen {
        return Err(
            ApiError::conflict("this is not what is proposed any more; look again").with_code("changed")
        );
    }
    let what = proposable(&action.tool).ok_or_else(|| ApiError::invalid("this can't be done here"))?;
    let settled = settled(app, actor, &action.tool, proposal).await?;
    if judge(actor.role, actor.username.as_str(), what, settled, true) == Verdict::Deny {
        return Err(ApiError::denied("you may not do this, or have a rule against it"));
    }
    carry_out::verb(action)?;
    Ok(())
}

/// What a person settled for a tool, here and everywhere.
///
/// What a conversation forbids or wants asked holds as well for whom it has do it; what it allows does not.
async fn settled(
    app: &App,
    actor: &Actor,
    tool: &str,
    proposal: &Proposal,
) -> Result<Vec<Verdict>, ApiError> {
    let rules = app.identity.store().rules(actor.user.as_str()).await?;
    let fits = rules.iter().filter(|rule| {
        let asking = proposal.asked_in.as_deref() == Some(rule.conversation.as_str());
        let here = rule.conversation.is_empty() || rule.conversation == proposal.conversation;
        rule.tool == tool && (here || (asking && rule.verdict != Verdict::Allow.as_str()))
    });
    // What can't be read forbids.
    Ok(fits.map(|rule| rule.verdict.parse().unwrap_or(Verdict::Deny)).collect())
}

/// The person agrees to what they saw. It is begun when this answers; the run is told how it ends.
pub(crate) async fn approve(
    app: &App,
    by: Judge,
    id: &str,
    seen: ProposedAction,
    always: bool,
) -> Result<(), ApiError> {
    let actor = by.actor();
    let proposal = parsed(app.services.approvals.get(&actor, id).await?).await?;
    admit(app, &actor, &proposal, &seen, &seen).await?;
    let (work, id) = (app.clone(), id.to_owned());
    // Goes on when the client hangs up.
    let work = app.tasks.spawn(async move {
        perform(&work, &actor, &id, &seen).await?;
        by.audit(&work, "assistant.approved", &subject(&seen)).await;
        if always {
            let store = work.identity.store();
            let user = actor.user.as_str();
            if !store
                .set_rule(user, &seen.tool, &proposal.conversation, Some(Verdict::Allow.as_str()))
                .await?
            {
                return Err(ApiError::conflict("it is being done, but you have too many rules; remove some"));
            }
            by.audit(&work, "assistant.rule", &format!("{} allow in {}", seen.tool, proposal.conversation))
                .await;
        }
        Ok(())
    });
    work.await.map_err(|error| ApiError::internal(&error))?
}

/// The person says no.
pub(crate) async fn deny(app: &App, by: &Judge, id: &str) -> Result<(), ApiError> {
    app.services.approvals.deny(&by.actor(), id, "the person said no").await?;
    by.audit(app, "assistant.denied", id).await;
    Ok(())
}

/// Takes back what was done; answers the job.
pub(crate) async fn undo(app: &App, by: &Judge, id: &str, seen: &ProposedAction) -> Result<String, ApiError> {
    let actor = by.actor();
    let proposal = parsed(app.services.approvals.get(&actor, id).await?).await?;
    // From what is known here, whatever the agent would call its undoing.
    let inverse = proposable(&seen.tool).and_then(|what| what.undone_by);
    let inverse = inverse.ok_or_else(|| ApiError::invalid("this can't be taken back"))?;
    let action = ProposedAction { tool: inverse.to_owned(), arguments: seen.arguments.clone() };
    admit(app, &actor, &proposal, seen, &action).await?;
    if proposal.state != ProposalState::Done || proposal.undone {
        return Err(ApiError::conflict("this was not done, or has been taken back already"));
    }
    let verb = carry_out::verb(&action)?;
    // Both ways may be gone twice without harm, so it is done first and written down after.
    let job = carry_out::begin(&app.services, &acting(&actor), &verb).await?;
    let job = job.ok_or_else(|| ApiError::invalid("this can't be taken back"))?;
    by.audit(app, "assistant.undone", &subject(&action)).await;
    app.services.approvals.undone(&actor, id).await?;
    Ok(job)
}

fn acting(actor: &Actor) -> Actor {
    Actor { via: Via::Nexus, ..actor.clone() }
}

/// Begins what was agreed to, if nobody has.
async fn perform(app: &App, actor: &Actor, id: &str, agreed: &ProposedAction) -> Result<(), ApiError> {
    let verb = carry_out::verb(agreed)?;
    if !app.approvals.take(id) {
        return Err(ApiError::conflict("it was agreed to and is being done"));
    }
    let begun = match app.services.approvals.begin(actor, id).await {
        Ok(document) => parsed(document).await,
        Err(error) => Err(error.into()),
    };
    let refusal = match begun {
        Ok(begun) if begun.action == *agreed => None,
        Ok(_) => {
            finish(app, id, "failed", "it was changed after it was agreed to, so it was not done").await;
            Some(ApiError::conflict("this is not what is proposed any more; look again").with_code("changed"))
        }
        Err(error) => Some(error),
    };
    if let Some(refusal) = refusal {
        app.approvals.doing().remove(id);
        return Err(refusal);
    }
    match carry_out::begin(&app.services, &acting(actor), &verb).await {
        Ok(None) => finish(app, id, "done", AGREED).await,
        Ok(Some(job)) => {
            app.approvals.doing().insert(id.to_owned(), Some(job.clone()));
            note_job(app, id, &job).await;
            look_at(app, id, &job).await;
        }
        // It may have been begun before the connection broke.
        Err(error) if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Internal) => {
            tracing::warn!(proposal = id, %error, "it is not known whether this was begun");
            finish(app, id, "unknown", "LivOS could not find out whether this was begun").await;
        }
        Err(error) => finish(app, id, "failed", &error.message).await,
    }
    Ok(())
}

/// Writes down which job does it, so that the next life of this daemon knows.
async fn note_job(app: &App, id: &str, job: &str) {
    if let Err(error) = app.services.approvals.started(id, job).await {
        tracing::debug!(proposal = id, %error, "the agent is away; it hears of this job when it is back");
    }
}

/// Tells the run how it ended. What can't be told now is told when the agent is back.
async fn finish(app: &App, id: &str, how: &str, text: &str) {
    let text: String = text.chars().take(LONGEST).collect();
    match app.services.approvals.finish(id, how, &text).await {
        Err(error) if error.kind == ErrorKind::Unavailable => {
            tracing::debug!(proposal = id, %error, "the agent is away; it hears of this outcome when it is back");
            app.approvals.put_off(id);
            return;
        }
        Err(error) => tracing::debug!(proposal = id, %error, "nobody waits for this outcome"),
        Ok(()) => {}
    }
    app.approvals.doing().remove(id);
}

/// Tells the run if its job has ended.
async fn look_at(app: &App, id: &str, job: &str) {
    let Some(actor) = everything() else { return };
    let Some((_, jobs)) = app.services.jobs().iter().find(|(service, _)| *service == names::APPS) else {
        return;
    };
    match jobs.get(&actor, job).await {
        Ok(job) => {
            if let Some((how, text)) = ended(&job) {
                finish(app, id, how, &text).await;
            }
        }
        Err(error) if error.kind == ErrorKind::NotFound => {
            finish(app, id, "unknown", "its job is gone, so how it ended is not known").await;
        }
        // When it is back, its jobs are looked at again.
        Err(error) => tracing::debug!(proposal = id, job, %error, "a job could not be read"),
    }
}

/// How a job ended, and in words.
fn ended(job: &JobInfo) -> Option<(&'static str, String)> {
    match job.state.as_str() {
        "succeeded" => Some(("done", format!("{}: done", job.title))),
        "failed" => Some(("failed", format!("{}: {}", job.title, job.error_message))),
        "cancelled" => Some(("failed", format!("{}: somebody stopped it", job.title))),
        _ => None,
    }
}

/// Follows proposals and the jobs that do them until shutdown, and takes up what an earlier life of this daemon, of
/// the agent or of the app engine left open.
pub(crate) async fn follow(app: &App) -> zbus::Result<()> {
    let mut requests = app.services.approvals.receive_approval_requested().await?;
    let work = app.clone();
    spawn(&app.tasks, &app.shutdown, async move {
        while let Some(signal) = requests.next().await {
            if let Ok(args) = signal.args() {
                settle(&work, Some(args.id())).await;
            }
        }
    });
    for (_, jobs) in app.services.jobs().iter().filter(|(service, _)| *service == names::APPS) {
        let mut changes = jobs.receive_job_changed().await?;
        let work = app.clone();
        spawn(&app.tasks, &app.shutdown, async move {
            while let Some(signal) = changes.next().await {
                let Ok(args) = signal.args() else { continue };
                if let Some(id) = work.approvals.of_job(args.id()) {
                    look_at(&work, &id, args.id()).await;
                }
            }
        });
    }
    let bus = DBusProxy::new(&app.services.connection).await?;
    for service in [names::NEXUS, names::APPS] {
        let mut changes = bus.receive_name_owner_changed_with_args(&[(0, service.bus_name)]).await?;
        let work = app.clone();
        spawn(&app.tasks, &app.shutdown, async move {
            while let Some(change) = changes.next().await {
                if change.args().is_ok_and(|args| args.new_owner().is_some()) {
                    settle(&work, None).await;
                }
            }
        });
    }
    let work = app.clone();
    spawn(&app.tasks, &app.shutdown, async move { settle(&work, None).await });
    Ok(())
}

/// Looks at what is open, or at one of it.
async fn settle(app: &App, only: Option<&str>) {
    let open = match app.services.approvals.open().await {
        Ok(document) => tokio::task::spawn_blocking(move || document.parse::<Vec<OpenProposal>>()).await,
        Err(error) => {
            tracing::debug!(%error, "what is proposed can't be read; it is when the agent is back");
            return;
        }
    };
    let open = match open {
        Ok(Ok(open)) => open,
        Ok(Err(error)) => return tracing::error!(%error, "what is proposed can't be read"),
        Err(error) => return tracing::error!(%error, "what is proposed can't be read"),
    };
    for OpenProposal { actor, proposal } in open {
        if only.is_some_and(|only| only != proposal.id) {
            continue;
        }
        match proposal.state {
            ProposalState::Waiting => by_rule(app, &actor, &proposal).await,
            ProposalState::Working => take_up(app, &proposal).await,
            _ => {}
        }
    }
}

/// Goes on with what was begun.
async fn take_up(app: &App, proposal: &Proposal) {
    let id = &proposal.id;
    let doing = app.approvals.doing().get(id).cloned();
    match (doing, &proposal.job) {
        // This process is about to say.
        (Some(None), _) => {}
        (Some(Some(job)), known) => {
            if known.is_none() {
                note_job(app, id, &job).await;
            }
            look_at(app, id, &job).await;
        }
        (None, Some(job)) => {
            app.approvals.doing().insert(id.clone(), Some(job.clone()));
            look_at(app, id, job).await;
        }
        // Agreeing was all there was to do, and it was done.
        (None, None) if proposable(&proposal.action.tool).is_some_and(|what| what.by_agent) => {
            finish(app, id, "done", AGREED).await;
        }
        // An earlier life of this daemon ended between beginning it and writing down that it had.
        (None, None) => {
            finish(app, id, "unknown", "LivOS was stopped before it knew whether this was begun").await;
        }
    }
}

/// Answers a proposal for whom it was made, if they have settled that beforehand or may not have it.
async fn by_rule(app: &App, to: &Actor, proposal: &Proposal) {
    // Whoever is at the command line is asked there.
    if Actor::command_line().is_some_and(|administrator| administrator.user == to.user) {
        return;
    }
    let person = app.identity.live().person(&to.user).filter(|person| !person.disabled);
    let (Some(person), Some(what)) = (person, proposable(&proposal.action.tool)) else {
        return refuse(app, to, proposal, "this account may not do this").await;
    };
    let actor = actor_of(&person);
    let settled = match settled(app, &actor, &proposal.action.tool, proposal).await {
        Ok(settled) => settled,
        Err(error) => {
            return tracing::error!(error = error.message, "rules can't be read; the person is asked");
        }
    };
    match judge(actor.role, actor.username.as_str(), what, settled, proposal.tainted) {
        Verdict::Ask => {}
        Verdict::Deny => refuse(app, to, proposal, "a rule or the rights of this person forbid it").await,
        Verdict::Allow => {
            if let Err(error) = perform(app, &actor, &proposal.id, &proposal.action).await {
                // The person finds it waiting.
                return tracing::warn!(
                    proposal = proposal.id,
                    error = error.message,
                    "a rule could not be followed"
                );
            }
            let subject = subject(&proposal.action);
            app.identity.audit(Some(&person), None, "assistant.approved_by_rule", &subject, "ok").await;
        }
    }
}

async fn refuse(app: &App, to: &Actor, proposal: &Proposal, why: &str) {
    if let Err(error) = app.services.approvals.deny(to, &proposal.id, why).await {
        tracing::debug!(proposal = proposal.id, %error, "a proposal could not be refused");
    }
}
