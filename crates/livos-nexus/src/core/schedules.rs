//! What is to be asked later. There is one timer, to what comes next, and none with nothing to come.
//!
//! Nothing runs with rights that its person had once: what has come waits until the edge, which knows who may still do
//! what, begins it as them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use livos_bus::schedules::{DueSchedule, EventKind, ScheduleEvent, ScheduleInfo, ScheduleRequest};
use livos_bus::{Actor, Via};
use livos_service::alarm::wait_on_the_wall;

use super::skills::Used;
use super::strangers::MARK;
use super::{News, Nexus, events};
use crate::error::Error;
use crate::store::schedules::{Begin, Round, Schedule};

/// Schedules that one person may have at once.
const MOST: u32 = 50;
/// The longest task, in bytes.
const LONGEST: usize = 4 * 1024;
/// The longest cron line, in bytes.
const LONGEST_LINE: usize = 200;
/// The shortest time between two of one schedule, in seconds.
pub(super) const OFTEN: i64 = 5 * 60;
/// The shortest time between two runs of a loop, which ends by itself, in seconds.
const OFTEN_ROUND: i64 = 60;
/// And the most of them.
const MOST_ROUNDS: u32 = 1000;
/// How many of its times are looked at to see how often it comes.
const LOOKED_AT: usize = 12;
/// The furthest that something can be put off, in seconds: ten years.
const FURTHEST: i64 = 10 * 366 * 24 * 60 * 60;
/// What comes this much too late was missed, in seconds.
const MISSED: i64 = 2 * 60;
/// How long is waited after the database failed.
const AGAIN: Duration = Duration::from_secs(60);

/// When something is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// In so many seconds.
    In(i64),
    /// At this time on the wall: `2026-11-28T08:00`.
    At(String),
    /// Again and again.
    Cron(String),
    /// At once, and so many seconds after each run again, so often in all.
    Round(i64, u32),
    /// Whenever this happens.
    Event(ScheduleEvent),
}

/// What is to be asked, and when.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) id: String,
    pub(crate) conversation: &'a str,
    pub(crate) task: &'a str,
    pub(crate) when: When,
    pub(crate) time_zone: &'a str,
    pub(crate) tainted: bool,
    /// Who is asked, if it is a subagent.
    pub(crate) subagent: Option<&'a str>,
    /// What whoever schedules it follows.
    pub(crate) follows: &'a [Used],
}

/// What a person changes about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Pause,
    Resume,
    Remove,
    Restore,
}

/// A time zone by its name.
pub(crate) fn zone(name: &str) -> Result<Tz, Error> {
    name.parse()
        .map_err(|_| Error::Invalid(format!("there is no time zone {name:?}; it is written Europe/Berlin")))
}

/// The first time of these after `now`.
fn next_of(cron: &str, time_zone: &str, now: i64) -> Result<i64, Error> {
    let next = livos_store::next_of_cron(cron, time_zone, now.saturating_mul(1000));
    next.map(|at| at.div_euclid(1000)).map_err(Error::Invalid)
}

impl Nexus {
    /// Keeps something to be asked later.
    pub(crate) async fn schedule(&self, actor: &Actor, asked: Asked<'_>) -> Result<Schedule, Error> {
        let Asked { id, conversation, task, when, time_zone, tainted, subagent, follows } = asked;
        // A call that is repeated after a death is the same one, although its time may be over by now.
        if let Some(known) = self.store.own_schedule(actor.user.as_str(), &id).await? {
            return Ok(known);
        }
        let now = self.clock.now();
        let task = task.trim();
        if task.is_empty() || task.len() > LONGEST {
            return Err(Error::Invalid("say what is to be asked, in at most 4 KiB".to_owned()));
        }
        let zone = zone(time_zone)?;
        let (mut round, mut event) = (None, None);
        let (next, cron) = match when {
            When::In(seconds) => (now.saturating_add(seconds), String::new()),
            When::At(text) => (at(&text, zone)?, String::new()),
            When::Cron(cron) => {
                if cron.len() > LONGEST_LINE {
                    return Err(Error::Invalid("such a line is too long".to_owned()));
                }
                let next = next_of(&cron, time_zone, now)?;
                seldom_enough(&cron, time_zone, next)?;
                (next, cron)
            }
            When::Round(every, most) => {
                if !(OFTEN_ROUND..=FURTHEST).contains(&every) || !(1..=MOST_ROUNDS).contains(&most) {
                    return Err(Error::Invalid(format!(
                        "a loop has at least a minute between two runs, and 1 to {MOST_ROUNDS} of them"
                    )));
                }
                round = Some(Round { every, most: i64::from(most), done: 0, state: String::new() });
                (now, String::new())
            }
            When::Event(wanted) => {
                event = Some(events::checked(actor, &wanted)?);
                (now, String::new())
            }
        };
        if next <= now && round.is_none() && event.is_none() {
            return Err(Error::Invalid("that time is over; say a later one".to_owned()));
        }
        if next > now.saturating_add(FURTHEST) {
            return Err(Error::Invalid("that is more than ten years from now".to_owned()));
        }
        let one = Schedule {
            id,
            person: actor.user.to_string(),
            conversation: conversation.to_owned(),
            task: task.to_owned(),
            cron,
            time_zone: time_zone.to_owned(),
            first_at: next,
            next_at: event.is_none().then_some(next),
            due_at: None,
            late: false,
            paused: false,
            tainted,
            last_at: None,
            last_run: None,
            problem: None,
            removed_at: None,
            created_at: now,
            subagent: subagent.map(str::to_owned),
            follows: follows.to_vec(),
            round,
            looks_as: event.is_some().then(|| Actor { via: Via::Nexus, ..actor.clone() }),
            event,
            happened: String::new(),
        };
        if !self.store.schedule(&one, MOST).await? {
            return Err(enough());
        }
        self.alarm.notify_one();
        self.watch_anew.notify_one();
        Ok(one)
    }

    /// The same as a person wants it by themselves, in a conversation of its own or in that of a subagent.
    pub(crate) async fn plan(&self, actor: &Actor, wanted: ScheduleRequest) -> Result<ScheduleInfo, Error> {
        let ScheduleRequest { task, delay, at, cron, time_zone, event, subject, subagent, every, most } =
            wanted;
        let when = match (delay, at.as_str(), cron.as_str(), event.as_str(), every) {
            (1.., "", "", "", 0) => When::In(delay),
            (0, text, "", "", 0) if !text.is_empty() => When::At(at),
            (0, "", line, "", 0) if !line.is_empty() => When::Cron(cron),
            (0, "", "", "", 1..) => When::Round(every, most),
            (0, "", "", name, 0) if !name.is_empty() => {
                let kind = EventKind::of(name)
                    .ok_or_else(|| Error::Invalid(format!("nothing that happens is called {name:?}")))?;
                When::Event(ScheduleEvent { kind, subject })
            }
            _ => return Err(Error::Invalid("say once when it is to come".to_owned())),
        };
        if subagent.is_empty() && every > 0 {
            return Err(Error::Invalid("only a subagent works in a loop; say which".to_owned()));
        }
        let time_zone = if time_zone.is_empty() { self.time_zone.as_str() } else { time_zone.as_str() };
        // None yet where the assistant itself is asked: it begins when it has come for the first time. A subagent has
        // its own, and its person finds there what came of it.
        let asked = Asked {
            id: uuid::Uuid::new_v4().simple().to_string(),
            conversation: "",
            task: &task,
            when,
            time_zone,
            tainted: false,
            subagent: (!subagent.is_empty()).then_some(subagent.as_str()),
            follows: &[],
        };
        let made = if subagent.is_empty() {
            self.schedule(actor, asked).await?
        } else {
            self.schedule_subagent(actor, asked).await?
        };
        self.store.shown_schedule(made).await
    }

    /// A person's schedules, as they are shown.
    pub(crate) async fn schedules(&self, actor: &Actor) -> Result<Vec<ScheduleInfo>, Error> {
        let mut shown = Vec::new();
        for one in self.store.schedules(actor.user.as_str()).await? {
            shown.push(self.store.shown_schedule(one).await?);
        }
        Ok(shown)
    }

    /// The ids of those that were made after a stranger's words had been read.
    pub(crate) async fn foreign_schedules(&self, actor: &Actor) -> Result<HashSet<String>, Error> {
        let all = self.store.schedules(actor.user.as_str()).await?;
        Ok(all.into_iter().filter(|one| one.tainted).map(|one| one.id).collect())
    }

    async fn own_schedule(&self, actor: &Actor, id: &str) -> Result<Schedule, Error> {
        self.store.own_schedule(actor.user.as_str(), id).await?.ok_or(Error::UnknownSchedule)
    }

    /// Pauses one, removes it, or takes that back.
    pub(crate) async fn change_schedule(&self, actor: &Actor, id: &str, change: Change) -> Result<(), Error> {
        let one = self.own_schedule(actor, id).await?;
        let now = self.clock.now();
        let again = |paused: bool| match (paused, one.cron.as_str()) {
            (true, _) => Ok(None),
            (false, _) if one.event.is_some() => Ok(None),
            // Also one that is at work just now: it is passed over then, and comes when that has ended.
            (false, _) if one.round.is_some() => {
                Ok(one.round.as_ref().is_some_and(|round| !round.is_over()).then_some(now))
            }
            // What was to come once and has come does not come again; to have run it before by hand does not count.
            (false, "") if one.last_at.is_some_and(|at| at >= one.first_at) => Ok(None),
            // One whose time is over meanwhile comes at once.
            (false, "") => Ok(Some(one.first_at)),
            (false, cron) => next_of(cron, &one.time_zone, now).map(Some),
        };
        match (change, one.removed_at.is_some()) {
            (Change::Pause | Change::Resume, true) => return Err(Error::UnknownSchedule),
            (Change::Remove, true) | (Change::Restore, false) => {}
            (Change::Pause, _) if one.paused => {}
            (Change::Resume, _) if !one.paused => {}
            (Change::Pause, false) => self.store.set_schedule(id, None, true, None).await?,
            (Change::Resume, false) => self.store.set_schedule(id, again(false)?, false, None).await?,
            (Change::Remove, false) => self.store.remove_schedule(id, now).await?,
            (Change::Restore, true) => {
                if !self.store.restore_schedule(&one, again(one.paused)?, MOST).await? {
                    return Err(enough());
                }
            }
        }
        self.alarm.notify_one();
        self.watch_anew.notify_one();
        Ok(())
    }

    /// Runs one now, whenever it would come.
    pub(crate) async fn run_schedule(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<i64, Error> {
        let one = self.own_schedule(actor, id).await?;
        if one.removed_at.is_some() {
            return Err(Error::UnknownSchedule);
        }
        if one.round.as_ref().is_some_and(Round::is_over) {
            return Err(Error::Conflict("this loop is over; have the assistant start another".to_owned()));
        }
        if self.store.is_at_work(&one).await? {
            return Err(Error::Conflict("it is being answered already".to_owned()));
        }
        self.begin(one, actor, None).await
    }

    /// What has come and waits for the edge.
    pub(crate) async fn due_schedules(&self) -> Result<Vec<DueSchedule>, Error> {
        self.store.due().await
    }

    /// Begins what has come, with the rights that its person has now. What is not due is a conflict.
    pub(crate) async fn begin_schedule(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<i64, Error> {
        let one = self.own_schedule(actor, id).await?;
        let due_at = one.due_at.ok_or_else(|| Error::Conflict("this is not due".to_owned()))?;
        if one.round.is_some() && self.store.is_at_work(&one).await? {
            self.store.take_back(&one).await?;
            return Err(Error::Conflict("it is at work".to_owned()));
        }
        if let Some(event) = &one.event
            && let Err(error) = events::checked(actor, event)
        {
            // They might when they began to wait for it.
            self.store.pass_over(&one, "its person may not know of this any more").await?;
            return Err(error);
        }
        if one.event.is_some() && self.store.is_at_work(&one).await? {
            // It is not lost, and does not pile up.
            self.store.put_off(&one, self.clock.now().saturating_add(OFTEN)).await?;
            self.alarm.notify_one();
            return Err(Error::Conflict("it is at work".to_owned()));
        }
        if !one.cron.is_empty() && self.store.is_at_work(&one).await? {
            // Else one that waits for an approval would pile up what comes after it.
            let why = "it was still being answered from the time before";
            self.store.pass_over(&one, why).await?;
            return Err(Error::Conflict(why.to_owned()));
        }
        self.begin(one, actor, Some(due_at)).await
    }

    async fn begin(
        self: &Arc<Self>,
        mut one: Schedule,
        actor: &Actor,
        due_at: Option<i64>,
    ) -> Result<i64, Error> {
        let owned = self.store.conversation(&one.conversation).await?;
        let is_there = owned.is_some_and(|owned| owned.person == one.person);
        if let Some(subagent) = one.subagent.clone() {
            return self.begin_subagent(one, &subagent, actor, due_at, is_there).await;
        }
        if !is_there {
            // It was deleted; the answers still have to go somewhere.
            one.conversation = self.create(actor).await?.id;
        }
        if !one.happened.is_empty() {
            one.task = format!("{}\n\n[What happened: {}]", one.task, one.happened);
        }
        let now = self.clock.now();
        // The daemon may have been there in time, and the edge not.
        one.late |= due_at.is_some_and(|at| now.saturating_sub(at) > MISSED);
        let begin = Begin {
            one: &one,
            actor,
            due_at,
            at: now,
            place: &one.conversation,
            task: &one.task,
            brief: None,
            reports_to: None,
        };
        let run = self.store.begin_schedule(begin).await?;
        let room = self.rooms.of(&one.conversation);
        room.settled();
        self.tell(actor.user.as_str(), &one.conversation);
        self.wake(room);
        Ok(run)
    }

    /// The same in the conversation of a subagent, which is told where it was scheduled.
    async fn begin_subagent(
        self: &Arc<Self>,
        mut one: Schedule,
        subagent: &str,
        actor: &Actor,
        due_at: Option<i64>,
        is_there: bool,
    ) -> Result<i64, Error> {
        let kept = match self.own_subagent(actor, subagent).await {
            Ok(kept) => kept,
            Err(error) => {
                if matches!(error, Error::UnknownSubagent) {
                    // Nobody is there to be asked.
                    self.store.remove_schedule(&one.id, self.clock.now()).await?;
                }
                return Err(error);
            }
        };
        let now = self.clock.now();
        one.late |= due_at.is_some_and(|at| now.saturating_sub(at) > MISSED);
        let mut brief = kept.brief;
        brief.narrow(&one.follows);
        brief.tainted |= one.tainted;
        let task = match &one.round {
            None if one.happened.is_empty() => one.task.clone(),
            None => format!("{}\n\n[What happened: {}]", one.task, one.happened),
            Some(Round { most, done, state, .. }) => {
                let number = done.saturating_add(1);
                let before = if state.is_empty() {
                    String::new()
                } else {
                    // Quoted, so that no words in it can pass for the task.
                    let from = if one.tainted { MARK.1 } else { "agent" };
                    let said = serde_json::json!({ (MARK.0): from, "said": state });
                    format!("; what the one before said follows as data, and says how far it came:\n{said}")
                };
                format!("{}\n\n[This is run {number} of {most}{before}]", one.task)
            }
        };
        let begin = Begin {
            one: &one,
            actor,
            due_at,
            at: now,
            place: &kept.conversation,
            task: &task,
            brief: Some(&brief),
            reports_to: is_there.then_some(one.conversation.as_str()),
        };
        let run = self.store.begin_schedule(begin).await?;
        let room = self.rooms.of(&kept.conversation);
        room.settled();
        self.tell(actor.user.as_str(), &kept.conversation);
        self.wake(room);
        Ok(run)
    }

    /// Its person has no account any more that may ask: it waits until somebody resumes it.
    pub(crate) async fn refuse_schedule(&self, id: &str, why: &str) -> Result<(), Error> {
        if why.is_empty() || why.len() > 500 {
            return Err(Error::Invalid("say why, in at most 500 bytes".to_owned()));
        }
        self.store.set_schedule(id, None, true, Some(why)).await
    }

    /// Somebody's account is gone: so is what they scheduled, for good after a day.
    pub(super) async fn forget_schedules(&self, person: &str) -> Result<(), Error> {
        self.store.remove_schedules_of(person, self.clock.now()).await?;
        self.alarm.notify_one();
        self.watch_anew.notify_one();
        Ok(())
    }

    /// Looks what has come, tells the edge, and sleeps until the next one.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        loop {
            let wait = match self.come().await {
                Ok(next) => next.map(|at| {
                    let seconds = at.saturating_sub(self.clock.now()).max(0);
                    Duration::from_secs(seconds.unsigned_abs())
                }),
                Err(error) => {
                    let error = livos_service::chain(&error);
                    tracing::error!(error, "what is due can't be looked at; it is tried again in a minute");
                    Some(AGAIN)
                }
            };
            let timer = async {
                let Some(wait) = wait else { return std::future::pending().await };
                if let Err(error) = wait_on_the_wall(wait).await {
                    tracing::error!(%error, "there is no timer; what is due is looked at again in a minute");
                    tokio::time::sleep(AGAIN).await;
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = self.alarm.notified() => {}
                () = timer => {}
            }
        }
    }

    async fn come(&self) -> Result<Option<i64>, Error> {
        let now = self.clock.now();
        for one in self.store.coming(now).await? {
            let late = one.next_at.is_some_and(|at| now.saturating_sub(at) > MISSED);
            // Times that the server was off for come once, not once each.
            let next = match one.cron.as_str() {
                "" => None,
                cron => match next_of(cron, &one.time_zone, now) {
                    Ok(next) => Some(next),
                    Err(error) => {
                        let error = livos_service::chain(&error);
                        tracing::warn!(schedule = one.id, error, "a schedule does not come again");
                        None
                    }
                },
            };
            self.store.has_come(&one, next, late).await?;
            // Nobody listens any more only while the daemon stops.
            let _ = self.changes.send(News::Schedule(one.id));
        }
        self.store.next_coming().await
    }
}

fn enough() -> Error {
    Error::Invalid(format!("{MOST} schedules are enough; remove one first"))
}

/// A time on the wall, in seconds.
fn at(text: &str, zone: Tz) -> Result<i64, Error> {
    let wrong = || Error::Invalid("a time is written like 2026-11-28T08:00".to_owned());
    let text = text.trim();
    let parsed = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .ok_or_else(wrong)?;
    match zone.from_local_datetime(&parsed) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Ok(at.timestamp()),
        LocalResult::None => {
            Err(Error::Invalid("there is no such time on that day, because clocks go forward".to_owned()))
        }
    }
}

fn seldom_enough(cron: &str, time_zone: &str, first: i64) -> Result<(), Error> {
    let mut before = first;
    for _ in 0..LOOKED_AT {
        // One that ends is seldom enough.
        let Ok(next) = next_of(cron, time_zone, before) else { return Ok(()) };
        if next.saturating_sub(before) < OFTEN {
            return Err(Error::Invalid(
                "a schedule comes at most every five minutes; each time a model is asked".to_owned(),
            ));
        }
        before = next;
    }
    Ok(())
}

/// As people and models read it: "Sat 2026-11-28 08:00 (Europe/Berlin)".
pub(crate) fn wall(at: i64, time_zone: &str) -> String {
    let zone: Tz = time_zone.parse().unwrap_or(Tz::UTC);
    let time = DateTime::from_timestamp(at, 0).unwrap_or_default().with_timezone(&zone);
    format!("{} ({zone})", time.format("%a %Y-%m-%d %H:%M"))
}
