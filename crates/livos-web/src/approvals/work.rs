//! What goes on: proposals that are being done, and such as are being taken back. Each ends once, whoever notices it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use livos_bus::approvals::ProposedAction;
use livos_bus::{Actor, ErrorKind, JobInfo, Via, names};
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

use super::carry_out::{self, Begun, Verb};
use crate::App;
use crate::events::signals::everything;

/// The longest words about an outcome, in letters.
const LONGEST: usize = 500;

/// The same about what a program wrote, in bytes: the agent takes no more.
const MOST_WRITTEN: usize = 16 * 1024;

/// Something that goes on with a proposal, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Work {
    /// It is done.
    Doing(String),
    /// It is taken back.
    Undoing(String),
}

/// What this process is doing: each piece of work, and the job that does it once there is one.
#[derive(Debug, Default)]
pub(crate) struct Approvals(Mutex<HashMap<Work, Option<String>>>);

impl Work {
    fn id(&self) -> &str {
        let (Self::Doing(id) | Self::Undoing(id)) = self;
        id
    }
}

impl Approvals {
    pub(super) fn doing(&self) -> MutexGuard<'_, HashMap<Work, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True for the one who may begin it.
    pub(super) fn take(&self, work: &Work) -> bool {
        match self.doing().entry(work.clone()) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(None);
                true
            }
        }
    }

    /// What can't be told yet is known again by its job; without one, nobody knows it.
    fn put_off(&self, work: &Work) {
        let mut doing = self.doing();
        if doing.get(work).is_some_and(Option::is_none) {
            doing.remove(work);
        }
    }

    pub(super) fn of_job(&self, job: &str) -> Option<Work> {
        self.doing().iter().find(|(_, own)| own.as_deref() == Some(job)).map(|(work, _)| work.clone())
    }
}

pub(super) fn acting(actor: &Actor) -> Actor {
    Actor { via: Via::Nexus, ..actor.clone() }
}

/// Does what has been noted as begun. True when it has ended, and that is told.
pub(super) async fn carry(app: &App, actor: &Actor, work: &Work, verb: &Verb) -> bool {
    match carry_out::begin(&app.services, &acting(actor), verb, work.id()).await {
        Ok(Begun::Done(text)) => finish(app, work, "done", &text).await,
        Ok(Begun::Wrote(text)) => finish_with(app, work, "done", &text, MOST_WRITTEN).await,
        Ok(Begun::Job(job)) => {
            app.approvals.doing().insert(work.clone(), Some(job.clone()));
            note_job(app, work, &job).await;
            look_at(app, work, &job).await
        }
        // It may have been begun before the connection broke. What may be repeated is, when they are back.
        Err(error)
            if verb.may_repeat()
                && error.code == ErrorKind::Unavailable.as_str()
                && !files_are_there(app).await =>
        {
            tracing::warn!(?work, %error, "whoever does this is away; it is done when they are back");
            app.approvals.doing().remove(work);
            false
        }
        // Asked once more, it is not done twice.
        Err(error)
            if error.kind == ErrorKind::Internal
                || error.code == ErrorKind::Unavailable.as_str()
                || (error.kind == ErrorKind::Unavailable && !verb.may_repeat()) =>
        {
            tracing::warn!(?work, %error, "it is not known whether this was begun");
            finish(app, work, "unknown", "LivOS could not find out whether this was begun").await
        }
        Err(error) => finish(app, work, "failed", &error.message).await,
    }
}

/// Whether anybody is there to be asked again; whoever is not comes back with a signal.
async fn files_are_there(app: &App) -> bool {
    let Ok(bus) = DBusProxy::new(&app.services.connection).await else { return false };
    let Ok(name) = BusName::try_from(names::FILES.bus_name) else { return false };
    bus.name_has_owner(name).await.unwrap_or(false)
}

/// Writes down which job does it, so that the next life of this daemon knows.
async fn note_job(app: &App, work: &Work, job: &str) {
    let approvals = &app.services.approvals;
    let noted = match work {
        Work::Doing(id) => approvals.started(id, job).await,
        Work::Undoing(id) => approvals.started_undo(id, job).await,
    };
    if let Err(error) = noted {
        tracing::debug!(?work, %error, "the agent is away; it hears of this job when it is back");
    }
}

/// Tells how it ended; true once that is told. What can't be told now is told when the agent is back.
pub(super) async fn finish(app: &App, work: &Work, how: &str, text: &str) -> bool {
    let words: String = text.chars().take(LONGEST).collect();
    finish_with(app, work, how, &words, usize::MAX).await
}

/// The same with so many bytes of words.
async fn finish_with(app: &App, work: &Work, how: &str, text: &str, most: usize) -> bool {
    let text = &text[..text.floor_char_boundary(most)];
    let approvals = &app.services.approvals;
    let told = match work {
        Work::Doing(id) => approvals.finish(id, how, text).await,
        Work::Undoing(id) => approvals.finish_undo(id, how, text).await,
    };
    let told = match told {
        Err(error) if error.kind == ErrorKind::Unavailable => {
            tracing::debug!(?work, %error, "the agent is away; it hears of this outcome when it is back");
            app.approvals.put_off(work);
            return false;
        }
        Err(error) => {
            tracing::debug!(?work, %error, "nobody waits for this outcome");
            false
        }
        Ok(()) => true,
    };
    app.approvals.doing().remove(work);
    told
}

/// Tells it if its job has ended; true once that is told.
pub(super) async fn look_at(app: &App, work: &Work, job: &str) -> bool {
    let Some(actor) = everything() else { return false };
    let Some((_, jobs)) = app.services.jobs().iter().find(|(service, _)| *service == names::APPS) else {
        return false;
    };
    match jobs.get(&actor, job).await {
        Ok(job) => match ended(&job) {
            Some((how, text)) => finish(app, work, how, &text).await,
            None => false,
        },
        Err(error) if error.kind == ErrorKind::NotFound => {
            finish(app, work, "unknown", "its job is gone, so how it ended is not known").await
        }
        // When it is back, its jobs are looked at again.
        Err(error) => {
            tracing::debug!(?work, job, %error, "a job could not be read");
            false
        }
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

/// Goes on with what an earlier life of this daemon, or another task, has begun; true when it has ended. `known` is the
/// job in its row.
pub(super) async fn take_up(
    app: &App,
    actor: Option<&Actor>,
    work: &Work,
    known: Option<&str>,
    action: &ProposedAction,
) -> bool {
    let doing = app.approvals.doing().get(work).cloned();
    match (doing, known) {
        // This process is about to say.
        (Some(None), _) => false,
        (Some(Some(job)), known) => {
            if known.is_none() {
                note_job(app, work, &job).await;
            }
            look_at(app, work, &job).await
        }
        (None, Some(job)) => {
            app.approvals.doing().insert(work.clone(), Some(job.to_owned()));
            look_at(app, work, job).await
        }
        // An earlier life of this daemon ended between beginning it and writing down that it had.
        (None, None) => match carry_out::verb(action) {
            // Agreeing was all there was to do, and it was done.
            Ok(Verb::ByAgent) => finish(app, work, "done", carry_out::AGREED).await,
            Ok(verb) if verb.may_repeat() => match actor {
                Some(actor) if app.approvals.take(work) => carry(app, actor, work, &verb).await,
                Some(_) => false,
                None => {
                    finish(app, work, "failed", "the account that wanted this may not do it any more").await
                }
            },
            _ => {
                finish(app, work, "unknown", "LivOS was stopped before it knew whether this was begun").await
            }
        },
    }
}
