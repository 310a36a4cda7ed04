//! What the agent proposes is judged here, and done here: once, exactly as it was agreed to, with the rights that the
//! person has now. The agent's daemon keeps the proposals; it holds no right of its own.

mod carry_out;
mod servers;
mod stands;
mod undo;
mod work;

use std::sync::Arc;

use futures_util::StreamExt as _;
use livos_bus::approvals::{OpenProposal, Proposal, ProposalState, ProposedAction};
use livos_bus::{Actor, Document, names};
use livos_policy::{Verdict, is_of_a_server, judge, proposable};
use serde::de::DeserializeOwned;
use zbus::fdo::DBusProxy;

use crate::App;
use crate::core::live::Person;
use crate::error::ApiError;
use crate::events::signals::spawn;
use crate::identity::Visitor;
use crate::services::actor_of;

pub(crate) use undo::{plan, take_back, undo};
pub(crate) use work::Approvals;
use work::Work;

/// Who says yes or no.
#[derive(Debug, Clone)]
pub(crate) enum Judge {
    /// Somebody who is signed in.
    Person(Arc<Person>, Visitor),
    /// The machine's administrator, at the command line.
    Administrator(Actor),
}

impl Judge {
    pub(crate) fn actor(&self) -> Actor {
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

/// One line of the audit trail. Whoever runs the server reads it, so it names apps, containers and other servers, and of what is a person's
/// own (a file, what is searched for, what another server is told) the tool alone.
fn subject(action: &ProposedAction) -> String {
    let named = if is_of_a_server(&action.tool) { &[][..] } else { &["app", "container", "name"] };
    let named = named.iter().find_map(|key| action.arguments.get(key)?.as_str()).unwrap_or_default();
    let text = format!("{} {named}", action.tool);
    text.trim_end().chars().filter(|letter| !letter.is_control()).take(200).collect()
}

async fn parsed<T: DeserializeOwned + Send + 'static>(document: Document) -> Result<T, ApiError> {
    let parsed = tokio::task::spawn_blocking(move || document.parse()).await;
    Ok(parsed.map_err(|error| ApiError::internal(&error))??)
}

/// Refuses what is not what the person saw, and what they have no right to, or a rule against.
async fn admit(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
    action: &ProposedAction,
) -> Result<(), ApiError> {
    if proposal.action != *action {
        return Err(changed());
    }
    let what = proposable(&action.tool).ok_or_else(|| ApiError::invalid("this can't be done here"))?;
    let settled = settled(app, actor, &action.tool, proposal).await?;
    if judge(actor.role, actor.username.as_str(), what, settled, true) == Verdict::Deny {
        return Err(ApiError::denied("you may not do this, or have a rule against it"));
    }
    carry_out::verb(action)?;
    Ok(())
}

fn changed() -> ApiError {
    ApiError::conflict("this is not what is proposed any more; look again").with_code("changed")
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
    let proposal: Proposal = parsed(app.services.approvals.get(&actor, id).await?).await?;
    admit(app, &actor, &proposal, &seen).await?;
    if always && proposable(&seen.tool).is_some_and(|what| !what.may_settle) {
        return Err(ApiError::invalid(
            "this has to be looked at each time, so it can't be allowed beforehand",
        ));
    }
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

/// Begins what was agreed to, if nobody has.
async fn perform(app: &App, actor: &Actor, id: &str, agreed: &ProposedAction) -> Result<(), ApiError> {
    let verb = carry_out::verb(agreed)?;
    let doing = Work::Doing(id.to_owned());
    if !app.approvals.take(&doing) {
        return Err(ApiError::conflict("it was agreed to and is being done"));
    }
    let begun = match app.services.approvals.begin(actor, id).await {
        Ok(document) => parsed(document).await,
        Err(error) => Err(error.into()),
    };
    let begun: Result<Proposal, ApiError> = begun;
    let notes = begun.as_ref().map(|begun| begun.notes.clone()).unwrap_or_default();
    let refusal = match begun {
        Ok(Proposal { action, .. }) if action == *agreed => None,
        Ok(_) => {
            work::finish(app, &doing, "failed", "it was changed after it was agreed to, so it was not done")
                .await;
            Some(changed())
        }
        Err(error) => Some(error),
    };
    if let Some(refusal) = refusal {
        app.approvals.doing().remove(&doing);
        return Err(refusal);
    }
    match carry_out::consented(&app.services, &work::acting(actor), &verb, &notes).await {
        Ok(()) if verb.takes_its_time() => {
            let (app, actor) = (app.clone(), actor.clone());
            app.tasks.clone().spawn(async move {
                tokio::select! {
                    // The next life says that nobody knows how it ended.
                    () = app.shutdown.cancelled() => false,
                    told = work::carry(&app, &actor, &doing, &verb) => told,
                }
            });
            true
        }
        Ok(()) => work::carry(app, actor, &doing, &verb).await,
        Err(error) => work::finish(app, &doing, "failed", &error.message).await,
    };
    Ok(())
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
                let Some(what) = work.approvals.of_job(args.id()) else { continue };
                work::look_at(&work, &what, args.id()).await;
                if matches!(what, Work::Undoing(_)) {
                    undo::go_on(&work).await;
                }
            }
        });
    }
    let bus = DBusProxy::new(&app.services.connection).await?;
    for service in [names::NEXUS, names::APPS, names::FILES] {
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
    for OpenProposal { actor, proposal } in open(app).await {
        if only.is_some_and(|only| only != proposal.id) {
            continue;
        }
        match proposal.state {
            ProposalState::Waiting => by_rule(app, &actor, &proposal).await,
            ProposalState::Working => {
                let doing = Work::Doing(proposal.id.clone());
                let now = undo::person_now(app, &actor);
                work::take_up(app, now.as_ref(), &doing, proposal.job.as_deref(), &proposal.action).await;
            }
            _ => {}
        }
    }
    if only.is_none() {
        undo::go_on(app).await;
    }
}

/// Everything that goes on.
async fn open(app: &App) -> Vec<OpenProposal> {
    let open = match app.services.approvals.open().await {
        Ok(document) => tokio::task::spawn_blocking(move || document.parse::<Vec<OpenProposal>>()).await,
        Err(error) => {
            tracing::debug!(%error, "what is proposed can't be read; it is when the agent is back");
            return Vec::new();
        }
    };
    match open {
        Ok(Ok(open)) => open,
        Ok(Err(error)) => {
            tracing::error!(%error, "what is proposed can't be read");
            Vec::new()
        }
        Err(error) => {
            tracing::error!(%error, "what is proposed can't be read");
            Vec::new()
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
