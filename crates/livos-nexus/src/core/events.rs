//! What happens on the server, for schedules that wait for it.
//!
//! Nothing is asked again and again: the other daemons' signals say that something changed, and only then is looked at
//! what. While nobody waits for anything, no signal is listened to either.

mod journal;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use livos_bus::Actor;
use livos_bus::schedules::{EventKind, ScheduleEvent};
use livos_policy::{Action, decide};

use super::Nexus;
use super::schedules::OFTEN;
use crate::error::Error;
use crate::ports::Happening;
use crate::store::schedules::Schedule;

/// The longest name of something, in bytes.
const LONGEST: usize = 255;
/// How long is waited after the signals broke off.
const AGAIN: Duration = Duration::from_secs(60);

/// What was seen of something: its state, and what else is waited for.
type Seen = HashMap<String, (String, String)>;

/// How things stood when they were looked at last.
#[derive(Debug, Default)]
struct Before {
    apps: Option<Seen>,
    containers: Option<Seen>,
}

/// Something that happened.
struct Came {
    kind: EventKind,
    subject: String,
    words: String,
}

/// What is waited for, if this person may know of it.
pub(super) fn checked(actor: &Actor, wanted: &ScheduleEvent) -> Result<ScheduleEvent, Error> {
    let subject = wanted.subject.trim();
    let of_the_journal = wanted.kind == EventKind::JournalLine;
    if of_the_journal && subject.len() <= LONGEST {
        journal::rule("", subject)?;
    } else if subject.len() > LONGEST
        || subject.chars().any(|letter| letter.is_control() || letter.is_whitespace())
    {
        return Err(Error::Invalid(
            "an app, container or unit is named by its id, which is one word".to_owned(),
        ));
    }
    let needs = match wanted.kind {
        EventKind::AppProblem | EventKind::AppStopped | EventKind::AppStarted | EventKind::AppUpdate => {
            Action::UseApps
        }
        EventKind::ContainerStopped | EventKind::ContainerUnhealthy => Action::ReadDocker,
        EventKind::UnitFailed | EventKind::JournalLine => Action::ReadSystemDetail,
    };
    if !decide(actor.role, actor.username.as_str(), needs).is_allowed() {
        return Err(Error::Invalid("only an admin of this server may wait for that".to_owned()));
    }
    Ok(ScheduleEvent { kind: wanted.kind, subject: subject.to_owned() })
}

impl Nexus {
    /// Sees what happens until shutdown, as far as somebody waits for it.
    pub(crate) async fn watch_events(self: Arc<Self>) {
        loop {
            let watched = async {
                let well = match self.store.waiting_for_events().await {
                    Ok(all) if all.is_empty() => {
                        self.watch_anew.notified().await;
                        true
                    }
                    Ok(_) => self.follow_events().await.map_or_else(
                        |error| {
                            tracing::warn!(%error, "what happens can't be seen; it is tried again in a minute");
                            false
                        },
                        |()| true,
                    ),
                    Err(error) => {
                        let error = livos_service::chain(&error);
                        tracing::error!(
                            error,
                            "what is waited for can't be read; it is tried again in a minute"
                        );
                        false
                    }
                };
                if !well {
                    // Nobody says when signals can be had again, or the rows.
                    tokio::select! {
                        () = self.watch_anew.notified() => {}
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = watched => {}
            }
        }
    }

    /// Follows the signals until somebody waits for something else, or they break off.
    async fn follow_events(&self) -> livos_bus::Result<()> {
        let mut happening = pin!(self.house.happenings().await?);
        let mut followed = self.follow_journal(None).await;
        let mut before = Before::default();
        // How things stand now is nothing that happened.
        self.look(Happening::Apps, &mut before).await;
        self.look(Happening::Containers, &mut before).await;
        loop {
            let next = tokio::select! {
                biased;
                () = self.watch_anew.notified() => {
                    if self.store.waiting_for_events().await.is_ok_and(|all| all.is_empty()) {
                        return Ok(());
                    }
                    followed = self.follow_journal(Some(followed)).await;
                    // Somebody may wait for what nobody has looked at yet.
                    for what in [Happening::Apps, Happening::Containers] {
                        self.look(what, &mut before).await;
                    }
                    continue;
                }
                next = happening.next() => next,
                line = followed.next() => match line {
                    Some(line) => Some(line),
                    None => {
                        followed = self.follow_journal(None).await;
                        continue;
                    }
                },
            };
            match next {
                Some(what) => self.look(what, &mut before).await,
                None => return Err(livos_bus::Error::unavailable("the signals of the bus ended")),
            }
        }
    }

    /// Looks what a signal means, and has come what waits for that.
    async fn look(&self, what: Happening, before: &mut Before) {
        let waiting = match self.store.waiting_for_events().await {
            Ok(waiting) => waiting,
            Err(error) => {
                let error = livos_service::chain(&error);
                return tracing::error!(error, "what is waited for can't be read; something may be missed");
            }
        };
        let came = match what {
            Happening::Apps => self.changed_apps(&waiting, before).await,
            Happening::Containers => self.changed_containers(&waiting, before).await,
            Happening::UnitFailed(unit) => Ok(vec![Came {
                kind: EventKind::UnitFailed,
                words: format!("the unit {unit} failed"),
                subject: unit,
            }]),
            Happening::JournalLine(line) => Ok(vec![Came {
                kind: EventKind::JournalLine,
                words: journal::in_words(&line),
                // The schedule that waits for it.
                subject: line.id,
            }]),
        };
        let came = match came {
            Ok(came) => came,
            Err(error) => {
                return tracing::warn!(%error, "what changed can't be seen; something may be missed");
            }
        };
        for one in &waiting {
            let Some(event) = &one.event else { continue };
            let fits = |came: &&Came| {
                if came.kind == EventKind::JournalLine {
                    return came.subject == one.id && event.kind == came.kind;
                }
                came.kind == event.kind && (event.subject.is_empty() || event.subject == came.subject)
            };
            for came in came.iter().filter(fits) {
                if let Err(error) =
                    self.store.has_happened(&one.id, &came.words, self.clock.now(), OFTEN).await
                {
                    let error = livos_service::chain(&error);
                    tracing::error!(schedule = one.id, error, "what happened was not written down");
                }
                self.alarm.notify_one();
            }
        }
    }

    async fn changed_apps(&self, waiting: &[Schedule], before: &mut Before) -> livos_bus::Result<Vec<Came>> {
        use EventKind::{AppProblem, AppStarted, AppStopped, AppUpdate};
        let Some(actor) = looks_as(waiting, &[AppProblem, AppStopped, AppStarted, AppUpdate]) else {
            before.apps = None;
            return Ok(Vec::new());
        };
        let apps = self.house.apps(actor).await?;
        let now: Seen = apps.into_iter().map(|app| (app.id.to_string(), (app.state, app.update))).collect();
        let mut came = Vec::new();
        for (id, (state, update)) in &now {
            // One that nobody had seen before was installed, which is an answer to what a person did.
            let Some((was, offered)) = before.apps.as_ref().and_then(|before| before.get(id)) else {
                continue;
            };
            let kind = match state.as_str() {
                "problem" => Some((AppProblem, "has a problem")),
                "stopped" => Some((AppStopped, "was stopped")),
                "running" => Some((AppStarted, "runs")),
                _ => None,
            };
            if let Some((kind, words)) = kind.filter(|_| state != was) {
                came.push(Came {
                    kind,
                    subject: id.clone(),
                    words: format!("the app {id} {words}; it was {was} before"),
                });
            }
            if !update.is_empty() && update != offered {
                let words = format!("a newer version of the app {id} is offered");
                came.push(Came { kind: AppUpdate, subject: id.clone(), words });
            }
        }
        before.apps = Some(merged(before.apps.take(), now));
        Ok(came)
    }

    async fn changed_containers(
        &self,
        waiting: &[Schedule],
        before: &mut Before,
    ) -> livos_bus::Result<Vec<Came>> {
        use EventKind::{ContainerStopped, ContainerUnhealthy};
        let Some(actor) = looks_as(waiting, &[ContainerStopped, ContainerUnhealthy]) else {
            before.containers = None;
            return Ok(Vec::new());
        };
        let containers = self.house.containers(actor).await?;
        let now: Seen = containers.into_iter().map(|one| (one.name, (one.state, one.health))).collect();
        let mut came = Vec::new();
        for (name, (state, health)) in &now {
            let Some((was, felt)) = before.containers.as_ref().and_then(|before| before.get(name)) else {
                continue;
            };
            if was == "running" && matches!(state.as_str(), "exited" | "dead") {
                let words = format!("the container {name} runs no more");
                came.push(Came { kind: ContainerStopped, subject: name.clone(), words });
            }
            if health == "unhealthy" && felt != "unhealthy" {
                let words = format!("the container {name} is unhealthy by its own check");
                came.push(Came { kind: ContainerUnhealthy, subject: name.clone(), words });
            }
        }
        before.containers = Some(now);
        Ok(came)
    }
}

/// Between two lasting states an app is on its way, which is not what it is compared with later.
fn merged(before: Option<Seen>, mut now: Seen) -> Seen {
    for (id, (was, _)) in before.into_iter().flatten() {
        if let Some((state, _)) = now.get_mut(&id)
            && !matches!(state.as_str(), "running" | "stopped" | "problem")
        {
            *state = was;
        }
    }
    now
}

/// As whom it is looked: somebody who waits for one of these.
fn looks_as<'a>(waiting: &'a [Schedule], kinds: &[EventKind]) -> Option<&'a Actor> {
    let wants = |one: &&Schedule| one.event.as_ref().is_some_and(|event| kinds.contains(&event.kind));
    waiting.iter().filter(wants).find_map(|one| one.looks_as.as_ref())
}
