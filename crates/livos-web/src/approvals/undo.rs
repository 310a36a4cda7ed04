//! Taking back what a run has changed: what of it can be put back, as things are now, and the doing of it, the latest
//! first, as that was agreed to and in the same way as a proposal is done.

use std::collections::BTreeMap;

use livos_bus::approvals::{
    OpenProposal, Proposal, ProposalState, ProposedAction, RunChanges, UndoAgreed, UndoPlan, UndoState,
    UndoStep,
};
use livos_bus::{Actor, Document, ErrorKind};
use livos_policy::{Proposable, Undo, Verdict, judge, proposable};

use super::carry_out;
use super::stands::{Now, obstacle};
use super::work::{self, Work};
use super::{Judge, changed, open, parsed, settled, subject};
use crate::App;
use crate::error::ApiError;
use crate::services::actor_of;

/// The model of a running run would go on as if it still held.
const RUNNING: &str = "the run has not ended; stop it, or wait for its end";

/// What would take a proposal back. Known here, whatever the agent would call it.
fn inverse(what: &Proposable, done: &Proposal) -> Result<ProposedAction, &'static str> {
    match what.undo {
        Undo::By(verb, arguments) => Ok(done.inverse(verb, arguments)),
        Undo::Nothing(why) => Err(why),
    }
}

/// What a run of this person's has changed, and what of it can be put back. Nothing is touched.
pub(crate) async fn plan(app: &App, actor: &Actor, run: i64) -> Result<UndoPlan, ApiError> {
    let changes: RunChanges = parsed(app.services.approvals.changes(actor, run).await?).await?;
    let now = Now::look(app, &changes).await?;
    let mut steps = Vec::with_capacity(changes.proposals.len());
    // What is put back before it is as it will be then, and not as it is now.
    let mut before: Vec<About> = Vec::new();
    for proposal in &changes.proposals {
        let step = step(app, actor, proposal, &now, &before).await?;
        if matches!(step.state, UndoState::Ready | UndoState::Working) {
            before.extend(touched(&proposal.action));
        }
        steps.push(step);
    }
    if changes.running {
        for step in steps.iter_mut().filter(|step| step.state == UndoState::Ready) {
            (step.state, step.undo) = (UndoState::Impossible, None);
            RUNNING.clone_into(&mut step.why);
        }
    }
    Ok(UndoPlan { conversation: changes.conversation, steps })
}

/// What an action is about: of which kind and where, and its name or path there.
type About = (String, String);

fn touched(action: &ProposedAction) -> Vec<About> {
    let kind = action.tool.split('_').next().unwrap_or_default();
    let text = |name: &str| action.arguments.get(name).and_then(serde_json::Value::as_str);
    let place = format!("{kind} {}", text("root").unwrap_or_default());
    let about =
        ["app", "container", "path", "to"].into_iter().filter(|name| kind == "files" || *name != "to");
    about.filter_map(|name| Some((place.clone(), text(name)?.to_owned()))).collect()
}

/// Whether one is the other, or is in it.
fn meets(one: &About, other: &About) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    one.0 == other.0 && (within(&one.1, &other.1) || within(&other.1, &one.1))
}

async fn step(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
    now: &Now,
    before: &[About],
) -> Result<UndoStep, ApiError> {
    let told = proposal.undoing.as_ref().and_then(|undoing| undoing.outcome.clone()).unwrap_or_default();
    let (state, undo, why) = if proposal.undone {
        (UndoState::Undone, None, told)
    } else if proposal.is_taken_back() {
        (UndoState::Working, None, String::new())
    } else {
        match possible(app, actor, proposal, now, before).await? {
            Ok(undo) => (UndoState::Ready, Some(undo), told),
            Err(why) => (UndoState::Impossible, None, why),
        }
    };
    let Proposal { id, action, summary, subject, .. } = proposal.clone();
    Ok(UndoStep { id, action, summary, subject, state, undo, why })
}

/// What takes it back, if that is possible, allowed, and nobody has changed it since.
async fn possible(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
    now: &Now,
    before: &[About],
) -> Result<Result<ProposedAction, String>, ApiError> {
    let Some(what) = proposable(&proposal.action.tool) else {
        return Ok(Err("this version of LivOS does not know how".to_owned()));
    };
    let undo = match inverse(what, proposal) {
        Ok(undo) => undo,
        Err(why) => return Ok(Err(why.to_owned())),
    };
    let rules = settled(app, actor, &undo.tool, proposal).await?;
    if judge(actor.role, actor.username.as_str(), what, rules, true) == Verdict::Deny {
        return Ok(Err("you may not do this, or have a rule against it".to_owned()));
    }
    let verb = carry_out::verb(&undo)?;
    let about = touched(&proposal.action);
    let later = about.iter().any(|one| before.iter().any(|other| meets(one, other)));
    let against = obstacle(app, actor, proposal, &verb, now, later).await?;
    Ok(against.map_or(Ok(undo), Err))
}

/// Has exactly these put back. It goes on when this answers; the plan says how it went.
pub(crate) async fn take_back(
    app: &App,
    by: Judge,
    run: i64,
    agreed: Vec<UndoAgreed>,
) -> Result<UndoPlan, ApiError> {
    let actor = by.actor();
    let seen = plan(app, &actor, run).await?;
    // In the order in which it was shown, whatever the order of the answer.
    let mut steps: Vec<UndoAgreed> = Vec::with_capacity(agreed.len());
    for step in &seen.steps {
        let Some(wanted) = agreed.iter().find(|wanted| wanted.id == step.id) else { continue };
        if step.state != UndoState::Ready || step.undo.as_ref() != Some(&wanted.undo) {
            return Err(changed());
        }
        steps.push(wanted.clone());
    }
    if steps.len() != agreed.len() {
        return Err(changed());
    }
    begin(app, &by, &actor, steps).await?;
    plan(app, &actor, run).await
}

/// Takes back one thing that was done; answers the job, if one does it.
pub(crate) async fn undo(
    app: &App,
    by: Judge,
    id: &str,
    seen: &ProposedAction,
) -> Result<Option<String>, ApiError> {
    let actor = by.actor();
    let proposal: Proposal = parsed(app.services.approvals.get(&actor, id).await?).await?;
    let what = proposable(&seen.tool).ok_or_else(|| ApiError::invalid("this can't be done here"))?;
    if let Undo::Nothing(why) = what.undo {
        return Err(ApiError::invalid(why));
    }
    if proposal.action != *seen {
        return Err(changed());
    }
    let undo = inverse(what, &proposal).map_err(ApiError::invalid)?;
    let rules = settled(app, &actor, &undo.tool, &proposal).await?;
    if judge(actor.role, actor.username.as_str(), what, rules, true) == Verdict::Deny {
        return Err(ApiError::denied("you may not do this, or have a rule against it"));
    }
    if proposal.state != ProposalState::Done || proposal.undone || proposal.is_taken_back() {
        return Err(ApiError::conflict("this was not done, or has been taken back already"));
    }
    let changes: RunChanges = parsed(app.services.approvals.changes(&actor, proposal.run).await?).await?;
    if changes.running {
        return Err(ApiError::conflict(RUNNING));
    }
    let now = Now::look(app, &changes).await?;
    if let Err(why) = possible(app, &actor, &proposal, &now, &[]).await? {
        return Err(ApiError::conflict(why));
    }
    begin(app, &by, &actor, vec![UndoAgreed { id: id.to_owned(), undo }]).await?;
    let after: Proposal = parsed(app.services.approvals.get(&actor, id).await?).await?;
    Ok(after.undoing.and_then(|undoing| undoing.job))
}

/// Notes what was agreed to, and begins with it.
async fn begin(app: &App, by: &Judge, actor: &Actor, steps: Vec<UndoAgreed>) -> Result<(), ApiError> {
    app.services.approvals.take_back(actor, Document::json(&steps)?).await?;
    for step in &steps {
        by.audit(app, "assistant.undo", &subject(&step.undo)).await;
    }
    let work = app.clone();
    // Goes on when the client hangs up.
    let work = app.tasks.spawn(async move { go_on(&work).await });
    work.await.map_err(|error| ApiError::internal(&error))
}

/// Goes on with all that is being taken back: of each lot the next, until one has to wait for its job.
pub(super) async fn go_on(app: &App) {
    loop {
        let mut next: BTreeMap<String, OpenProposal> = BTreeMap::new();
        for one in open(app).await.into_iter().filter(|one| one.proposal.is_taken_back()) {
            let Some(undoing) = &one.proposal.undoing else { continue };
            let turn = |other: &OpenProposal| other.proposal.undoing.as_ref().map(|undoing| undoing.turn);
            if next.get(&undoing.together).is_none_or(|known| turn(known) > Some(undoing.turn)) {
                next.insert(undoing.together.clone(), one);
            }
        }
        let mut ended = false;
        for one in next.values() {
            ended |= put_back(app, one).await;
        }
        if !ended {
            return;
        }
    }
}

/// Takes one thing a step further; true when that was its last.
async fn put_back(app: &App, OpenProposal { actor, proposal }: &OpenProposal) -> bool {
    let Some(undoing) = &proposal.undoing else { return false };
    let work = Work::Undoing(proposal.id.clone());
    if undoing.state == ProposalState::Working {
        let now = person_now(app, actor);
        return work::take_up(app, now.as_ref(), &work, undoing.job.as_deref(), &undoing.action).await;
    }
    if !app.approvals.take(&work) {
        return false;
    }
    let fail = async |why: &str| work::finish(app, &work, "failed", why).await;
    let Some(actor) = person_now(app, actor) else {
        return fail("the account that wanted this may not do it any more").await;
    };
    // As things are now: it waited for its turn.
    match still_possible(app, &actor, proposal).await {
        Ok(Ok(undo)) if undo == undoing.action => {}
        Ok(Ok(_)) => return fail("this would not be what was agreed to").await,
        Ok(Err(why)) => return fail(&why).await,
        // Whoever has to be asked is away; when they are back, this goes on.
        Err(error) if error.code == ErrorKind::Unavailable.as_str() => {
            app.approvals.doing().remove(&work);
            return false;
        }
        Err(error) => return fail(&error.message).await,
    }
    let verb = match carry_out::verb(&undoing.action) {
        Ok(verb) => verb,
        Err(error) => return fail(&error.message).await,
    };
    if let Err(error) = app.services.approvals.begin_undo(&proposal.id).await {
        tracing::debug!(proposal = proposal.id, %error, "this is taken back by somebody else, or later");
        app.approvals.doing().remove(&work);
        return false;
    }
    let person = app.identity.live().person(&actor.user);
    app.identity.audit(person.as_deref(), None, "assistant.undone", &subject(&undoing.action), "ok").await;
    work::carry(app, &actor, &work, &verb).await
}

async fn still_possible(
    app: &App,
    actor: &Actor,
    proposal: &Proposal,
) -> Result<Result<ProposedAction, String>, ApiError> {
    let mut changes: RunChanges = parsed(app.services.approvals.changes(actor, proposal.run).await?).await?;
    changes.proposals.retain(|one| one.id == proposal.id);
    let now = Now::look(app, &changes).await?;
    possible(app, actor, proposal, &now, &[]).await
}

/// With the rights they have now.
pub(super) fn person_now(app: &App, then: &Actor) -> Option<Actor> {
    if let Some(administrator) = Actor::command_line().filter(|one| one.user == then.user) {
        return Some(administrator);
    }
    app.identity.live().person(&then.user).filter(|person| !person.disabled).map(|person| actor_of(&person))
}
