//! The loop: ask the model, do what it calls for, ask again. Every step is written down before the next is taken.

mod condensing;
mod results;
mod told;
mod waiting;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use livos_bus::approvals::ProposedAction;
use livos_bus::assistant::{Problem, Tier};
use livos_bus::{Actor, Via};
use livos_llm::{Collected, Event, Request, StopReason, Thinking, ToolCall};
use livos_service::CancellationToken;
use tokio::time::Instant as Moment;

use super::live::Room;
use super::money::Price;
use super::progress::{self, Bounds, Next};
use super::providers::Chosen;
use super::skills::{Offered, Used};
use super::step::{Break, Ending, Entry, Step};
use super::subagents::Brief;
use super::tools::Did;
use super::{News, Nexus, chat, context, money, pictures, problem, replay, skills, subagents, tools};
use crate::error::Error;
use crate::store::inbox::Message;
use crate::store::spending::{Reserved, Settlement, Wanted};
use condensing::Condense;
use results::Came;

/// How a consumer's attempt at the next message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// There was no message.
    Nothing,
    /// The run is over.
    Ended,
    /// The run goes on when what it proposed is answered.
    Waiting,
    /// The daemon stops.
    Undone,
}

/// A run at work.
struct Run<'a> {
    nexus: &'a Arc<Nexus>,
    room: &'a Room,
    number: i64,
    actor: Actor,
    /// What it was asked by, for whose budget it counts.
    cause: String,
    /// A stranger may have had a say in what is asked.
    tainted: bool,
    /// Skills as they were when it was taken up: what changes meanwhile is for the next message.
    skills: Vec<Offered>,
    /// What it follows, if it is a subagent's.
    brief: Option<Brief>,
    /// The conversation that waits for what it says, if one does.
    asked_in: Option<String>,
    /// The run that does.
    asked_by: Option<i64>,
    /// The conversation in which its outcome is told, if nobody waits for it.
    reports_to: Option<String>,
    /// Which model is asked.
    tier: Tier,
    /// How hard it thinks.
    thinking: Thinking,
    bounds: Bounds,
    entries: Vec<Entry>,
    stop: CancellationToken,
    until: Moment,
}

/// Why something was not waited for to its end.
enum Cut {
    Stopped,
    TooLong,
    Shutdown,
}

impl Nexus {
    /// Answers the first message of a conversation.
    pub(crate) async fn answer_next(self: &Arc<Self>, room: &Room) -> Result<Left, Error> {
        let stop = CancellationToken::new();
        // Before the message counts as taken up, so that whoever stops it then finds something to stop.
        room.set_stop(Some(stop.clone()));
        let left = self.answer_message(room, stop).await;
        room.set_stop(None);
        left
    }

    async fn answer_message(self: &Arc<Self>, room: &Room, stop: CancellationToken) -> Result<Left, Error> {
        let Some(message) = self.store.take_up(&room.id, self.clock.now()).await? else {
            return Ok(Left::Nothing);
        };
        room.settled();
        let person = message.actor.user.to_string();
        self.tell(&person, &room.id);
        room.works_on(message.run);
        // Whoever stops one run alone may have looked before that was said.
        if message.stop || (message.asked_in.is_some() && self.store.is_to_stop(message.run).await?) {
            stop.cancel();
        }
        let entries = self.store.steps(&room.id, 0).await?;
        let until = Moment::now() + Duration::from_secs(self.bounds.seconds);
        let actor = Actor { via: Via::Nexus, ..message.actor };
        let tier = message.brief.as_ref().map_or(message.tier, |brief| brief.tier);
        // A level that an upgrade does not know any more is as the provider thinks best.
        let thinking = chat::thinking_of(&message.thinking).unwrap_or_default();
        let Message { run: number, cause, brief, asked_in, asked_by, reports_to, .. } = message;
        let tainted = message.tainted || brief.as_ref().is_some_and(|brief| brief.tainted);
        let mut skills = self.offered_skills(&actor).await?;
        let mut bounds = self.bounds;
        if let Some(brief) = &brief {
            let may = |name: &String| brief.skills.as_ref().is_none_or(|skills| skills.contains(name));
            skills.retain(|one| may(&one.skill.name));
            bounds.turns = bounds.turns.min(usize::try_from(brief.turns).unwrap_or(usize::MAX));
        }
        let mut run = Run {
            nexus: self,
            room,
            number,
            actor,
            cause,
            tainted,
            skills,
            brief,
            asked_in,
            asked_by,
            reports_to,
            tier,
            thinking,
            bounds,
            entries,
            stop,
            until,
        };
        let left = match run.go().await {
            Err(error) if !matches!(error, Error::Unknown) => {
                let error = livos_service::chain(&error);
                tracing::error!(
                    conversation = room.id,
                    run = run.number,
                    error,
                    "an answer could not be worked on"
                );
                run.end(Ending::Failed, Some(problem::internal())).await
            }
            left => left,
        };
        room.end();
        self.tell(&person, &room.id);
        left
    }
}

impl Run<'_> {
    async fn go(&mut self) -> Result<Left, Error> {
        loop {
            match progress::next(&self.entries, self.number, &self.bounds) {
                Next::NoteInterruption => {
                    let step = Step::BrokenOff {
                        text: String::new(),
                        thinking: String::new(),
                        usage: livos_llm::Usage::default(),
                        cost: None,
                        by: Break::Interrupted,
                        problem: Some(problem::interrupted()),
                    };
                    // Nobody knows any more what the provider did for it.
                    self.settle(self.turn(), step, Settlement::InFull).await?;
                }
                Next::Call(turn, calls) => {
                    if let Some(left) = self.call(turn, calls).await? {
                        return Ok(left);
                    }
                }
                Next::Wait(..) => {
                    if let Some(left) = self.wait().await? {
                        return Ok(left);
                    }
                }
                Next::Ask => {
                    if self.stop.is_cancelled() {
                        return self.end(Ending::Stopped, None).await;
                    }
                    if let Some(left) = self.ask().await? {
                        return Ok(left);
                    }
                }
                Next::Condense => {
                    if let Some(left) = self.tell_less().await? {
                        return Ok(left);
                    }
                }
                Next::NoteCondensed(turn, upto) => self.note_condensed(turn, upto).await?,
                Next::End(how, problem) => return self.end(how, problem).await,
                Next::Over => return Ok(Left::Ended),
            }
        }
    }

    async fn append(&mut self, step: Step) -> Result<i64, Error> {
        let now = self.nexus.clock.now();
        let entry = self.nexus.store.append(&self.room.id, self.number, step, now).await?;
        let seq = entry.seq;
        self.entries.push(entry);
        self.room.settled();
        Ok(seq)
    }

    /// Writes down how a turn ended, and what it took.
    async fn settle(&mut self, turn: i64, step: Step, settlement: Settlement) -> Result<(), Error> {
        let now = self.nexus.clock.now();
        let store = &self.nexus.store;
        let entry = store.settle(&self.room.id, self.number, turn, step, settlement, now).await?;
        self.entries.push(entry);
        self.room.settled();
        Ok(())
    }

    /// The step that asked the model last.
    fn turn(&self) -> i64 {
        let asks = |entry: &&Entry| entry.run == self.number && matches!(entry.step, Step::Turn { .. });
        self.entries.iter().rev().find(asks).map_or(0, |entry| entry.seq)
    }

    async fn end(&mut self, how: Ending, problem: Option<Problem>) -> Result<Left, Error> {
        let now = self.nexus.clock.now();
        if self.has_asked_subagents() {
            // Nobody waits any more for what they would say.
            for (conversation, run) in self.nexus.store.at_work_for(&self.room.id, Some(self.number)).await? {
                self.nexus.stop_run(&conversation, run).await?;
            }
        }
        let why = problem.as_ref().or_else(|| self.broken_by()).map(|problem| problem.message.as_str());
        let foreign = self.tainted || self.has_heard_strangers();
        let told = subagents::outcome(&self.entries, self.number, how, why, foreign);
        let store = &self.nexus.store;
        let ended = store.end(&self.room.id, self.number, how, problem.clone(), &told, now).await?;
        self.room.settled();
        self.nexus.servers.leave(self.number);
        for conversation in ended.woken {
            let room = self.nexus.rooms.of(&conversation);
            room.settled();
            self.nexus.wake(room);
        }
        if self.is_scheduled() && self.asked_in.is_none() {
            // Nobody may have been there to see it. Nobody listens any more only while the daemon stops.
            let person = self.actor.user.as_str();
            if let Some(asked) = &ended.told_in {
                self.nexus.rooms.of(asked).settled();
                self.nexus.tell(person, asked);
            }
            let place = ended.told_in.unwrap_or_else(|| self.room.id.clone());
            // Nobody listening is fine.
            let _ = self.nexus.changes.send(News::Answered(person.to_owned(), place));
            // It may have been one run of a loop.
            self.nexus.alarm.notify_one();
        }
        Ok(Left::Ended)
    }

    /// Waits for something, unless the run is to end first.
    async fn unless_cut<T>(&self, work: impl Future<Output = T>) -> Result<T, Cut> {
        tokio::select! {
            biased;
            () = self.nexus.shutdown.cancelled() => Err(Cut::Shutdown),
            () = self.stop.cancelled() => Err(Cut::Stopped),
            () = tokio::time::sleep_until(self.until) => Err(Cut::TooLong),
            done = work => Ok(done),
        }
    }

    async fn ask(&mut self) -> Result<Option<Left>, Error> {
        if let Some(problem) = self.all_used().await? {
            return self.end(Ending::Failed, Some(problem)).await.map(Some);
        }
        self.catch_up().await?;
        let Chosen { id: provider, model, price, special, at_home } = match self.chosen().await? {
            Ok(chosen) => chosen,
            Err(problem) => return self.end(Ending::Failed, Some(problem)).await.map(Some),
        };
        let mut request = Request {
            system: self.system(),
            messages: context::messages(self.told(), &self.nexus.time_zone),
            tools: self.tools().await?,
            thinking: self.thinking,
            ..Request::default()
        };
        let estimate = money::estimate(&request, price.as_ref())?;
        if estimate.input > self.nexus.bounds.told {
            match self.condense(&*model, price.as_ref()).await? {
                Condense::Done => return Ok(None),
                Condense::Undone => return Ok(Some(Left::Undone)),
                Condense::Nothing => {}
            }
        }
        let wanted = self.wanted(model.name(), &estimate);
        let told = Some(replay::digest(&request.messages)?);
        // Counted and kept is which pictures are told, and not their bytes.
        let shows = pictures::tokens(&request.messages) > 0;
        self.nexus.show(&self.room.id, &mut request.messages).await?;
        let upto = self.entries.last().map_or(0, |entry| entry.seq);
        let step = Step::Turn { model: model.name().to_owned(), told, upto };
        let now = self.nexus.clock.now();
        let reserved = self.nexus.store.reserve(&self.room.id, self.number, step, wanted, now).await?;
        let turn = match reserved {
            Reserved::Yes(entry) => {
                let turn = entry.seq;
                self.entries.push(entry);
                turn
            }
            Reserved::No(short) => {
                let retry_after = (!short.unpriced).then_some(short.renews_in);
                let problem = Problem { retry_after, ..problem::limit(money::refusal(&short)) };
                return self.end(Ending::Failed, Some(problem)).await.map(Some);
            }
        };
        self.room.settled();
        self.room.begin(turn, self.number);
        let mut answer = model.answer(request);
        let mut collected = Collected::default();
        let (mut free, mut begun) = (false, false);
        let broken = loop {
            match self.unless_cut(answer.next()).await {
                Ok(Some(Ok(event))) => {
                    begun |= event.is_said();
                    collected.push(&event);
                    self.room.push(&event);
                    if let Event::Stopped(_) = event {
                        break None;
                    }
                }
                Ok(Some(Err(error))) => {
                    let said = self.room.with_stream(|stream| stream.text.len() + stream.thinking.len());
                    free = money::is_free(&error, &collected.usage(), said);
                    if said == 0 && matches!(error, livos_llm::Error::ContextTooLong { .. }) {
                        break Some((Break::TooLong, Some(problem::of_model(&error))));
                    }
                    // Not once anything was said or called for: nobody says it twice.
                    if special && !begun && livos_llm::may_ask_another(&error) {
                        break Some((Break::Elsewhere, Some(problem::of_model(&error))));
                    }
                    if shows && !begun && problem::may_be_pictures(&error) {
                        break Some((Break::Unseen, Some(problem::unseen(model.name(), &error))));
                    }
                    break Some((Break::Failed, Some(problem::of_model(&error))));
                }
                Ok(None) => {
                    break Some((
                        Break::Failed,
                        Some(problem::of("interrupted", "the answer broke off; try again")),
                    ));
                }
                Err(Cut::Stopped) => break Some((Break::Stopped, None)),
                Err(Cut::TooLong) => break Some((Break::Failed, Some(self.too_long()))),
                Err(Cut::Shutdown) => return Ok(Some(Left::Undone)),
            }
        };
        // Ends the request, and what it still costs.
        drop(answer);
        match broken {
            None => {
                let unread = at_home.then(|| money::unread(&collected.usage(), &estimate)).flatten();
                let unread = unread.map(|read| problem::window(model.name(), read, estimate.input));
                self.nexus.providers.note(&provider, unread.as_ref()).await;
                self.answered(turn, &collected, price.as_ref()).await?;
            }
            Some((by, mut problem)) => {
                if matches!(by, Break::Failed | Break::Elsewhere) {
                    self.nexus.providers.note(&provider, problem.as_ref()).await;
                }
                if by == Break::Elsewhere {
                    problem = problem.map(|why| problem::elsewhere(model.name(), &why));
                }
                let (text, thinking) =
                    self.room.with_stream(|stream| (stream.text.clone(), stream.thinking.clone()));
                let usage = money::broken(&collected.usage(), &estimate, text.len() + thinking.len());
                let cost = price.as_ref().and_then(|price| price.cost(&usage));
                let (usage, cost, settlement) = if free {
                    (livos_llm::Usage::default(), None, Settlement::Nothing)
                } else {
                    (usage, cost, Settlement::Used(usage, cost))
                };
                let step = Step::BrokenOff { text, thinking, usage, cost, by, problem };
                self.settle(turn, step, settlement).await?;
            }
        }
        self.room.end();
        Ok(None)
    }

    /// What a question wants set aside.
    fn wanted<'a>(&'a self, model: &'a str, estimate: &money::Estimate) -> Wanted<'a> {
        Wanted {
            person: self.actor.user.as_str(),
            username: self.actor.username.as_str(),
            cause: &self.cause,
            model,
            tokens: estimate.tokens,
            money: estimate.money,
        }
    }

    async fn answered(
        &mut self,
        turn: i64,
        collected: &Collected,
        price: Option<&Price>,
    ) -> Result<(), Error> {
        let mut parts = collected.parts().to_vec();
        let most = self.nexus.bounds.calls;
        let mut seen = 0;
        parts.retain(|part| {
            seen += usize::from(matches!(part, livos_llm::AnswerPart::Call(_)));
            seen <= most || !matches!(part, livos_llm::AnswerPart::Call(_))
        });
        let stop = collected.stop().unwrap_or(StopReason::End);
        let usage = collected.usage();
        // A provider that does not tell is believed to have used what was set aside.
        let told = progress::total(&usage) > 0;
        let cost = price.filter(|_| told).and_then(|price| price.cost(&usage));
        let settlement = if told { Settlement::Used(usage, cost) } else { Settlement::InFull };
        self.settle(turn, Step::Answered { parts, usage, cost, stop }, settlement).await
    }

    /// Does what the model called for, all at once. What was stopped is written down as such.
    async fn call(&mut self, turn: i64, calls: Vec<(usize, ToolCall)>) -> Result<Option<Left>, Error> {
        let (nexus, actor, conversation, run) =
            (self.nexus, self.actor.clone(), self.room.id.clone(), self.number);
        let tainted = self.is_tainted() || calls.iter().any(|(_, call)| tools::taints(&call.name));
        let (actor, conversation, scheduled) = (&actor, conversation.as_str(), self.is_scheduled());
        let (offered, before) = (self.skills.clone(), skills::used(&self.entries, run, turn));
        let follows = self.brief.iter().flat_map(|brief| &brief.follows);
        let before: Vec<Used> = follows.chain(before).cloned().collect();
        let brief = self.brief.clone();
        let brief = brief.as_ref();
        // What was condensed can be read again; what it narrows stays narrowed.
        let gone = context::condensed(self.told()).map_or(0, |condensed| condensed.upto);
        let above = self.entries.iter().filter(|entry| entry.seq > gone);
        let above: Vec<String> = skills::used(above, run, turn).map(|used| used.name.clone()).collect();
        let (skills, used, above) = (offered.as_slice(), before.as_slice(), above.as_slice());
        let heard = self.has_heard_strangers();
        let known = &self.known(turn, &calls);
        let strangers = self.has_heard_before(turn, &calls);
        let agreed: Vec<Option<(ProposedAction, i64)>> =
            calls.iter().map(|(number, call)| self.agreed_to(turn, *number, call)).collect();
        let mut working: FuturesUnordered<_> = calls
            .iter()
            .zip(&agreed)
            .map(|((number, call), agreed)| async move {
                let number = *number;
                let place = tools::Place {
                    actor,
                    conversation,
                    run,
                    turn,
                    number,
                    tainted,
                    heard: heard || tainted,
                    scheduled,
                    skills,
                    used,
                    above,
                    known,
                    strangers,
                    agreed: agreed.as_ref(),
                };
                let patience = Duration::from_secs(tools::patience(&call.name, nexus.bounds.tool_seconds));
                let begun = Instant::now();
                let work = async {
                    let barred = brief.and_then(|brief| brief.forbids(&call.name));
                    match barred.or_else(|| skills::forbids(used.iter(), &call.name)) {
                        Some(why) => Err(why),
                        None => tools::execute(nexus, &place, call).await,
                    }
                };
                let outcome = match tokio::time::timeout(patience, work).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(format!("this took longer than {} s", patience.as_secs())),
                };
                (call.call.clone(), outcome, u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX))
            })
            .collect();
        let mut open: Vec<String> = calls.iter().map(|(_, call)| call.call.clone()).collect();
        let mut ready = VecDeque::new();
        let cut = loop {
            let next = match ready.pop_front() {
                Some(done) => Ok(Some(done)),
                None => self.unless_cut(working.next()).await,
            };
            match next {
                Ok(Some((call, outcome, duration_ms))) => {
                    open.retain(|open| *open != call);
                    let (text, failed, skill, foreign) = match outcome {
                        Ok(Did::Proposes(proposal)) => {
                            beside(&mut working, &mut ready, self.propose(call, *proposal)).await?;
                            continue;
                        }
                        Ok(Did::HandsOver(task)) => {
                            let handed = self.hand_over(&call, *task);
                            match beside(&mut working, &mut ready, handed).await? {
                                Ok(()) => continue,
                                Err(why) => (why, true, None, false),
                            }
                        }
                        Ok(Did::Reports(text)) => {
                            let reported = self.report_progress(call, text);
                            beside(&mut working, &mut ready, reported).await?;
                            continue;
                        }
                        Ok(Did::Lost(noted)) => {
                            beside(&mut working, &mut ready, self.ask_again(turn, &calls, &call, &noted))
                                .await?;
                            continue;
                        }
                        Ok(Did::Said(text)) => (text, false, None, false),
                        Ok(Did::Repeats(text, foreign)) => (text, false, None, foreign),
                        Ok(Did::Read(skill, text)) => (text, false, Some(skill), false),
                        Err(why) => (why, true, None, false),
                    };
                    let came = Came { call, text, failed, duration_ms, skill, foreign };
                    beside(&mut working, &mut ready, self.came(turn, &calls, tainted, came)).await?;
                }
                Ok(None) => return Ok(None),
                Err(cut) => break cut,
            }
        };
        drop(working);
        let (why, how, problem) = match cut {
            Cut::Shutdown => return Ok(Some(Left::Undone)),
            Cut::Stopped => ("the person stopped this", Ending::Stopped, None),
            Cut::TooLong => ("there was no time left for this", Ending::Failed, Some(self.too_long())),
        };
        for call in open {
            let text = if self.may_be_done(turn, &calls, &call).await? {
                format!("{why}; whether it was done is not known, so look before you say how it stands")
            } else {
                why.to_owned()
            };
            let came = Came { call, text, failed: true, duration_ms: 0, skill: None, foreign: false };
            self.came(turn, &calls, tainted, came).await?;
        }
        if matches!(progress::next(&self.entries, self.number, &self.bounds), Next::Wait(..)) {
            // What else was called for waits for somebody, and is to come to its own end first.
            return Ok(None);
        }
        self.end(how, problem).await.map(Some)
    }
}

/// Does something while the others go on, and keeps what comes of them meanwhile.
///
/// One that is not polled may hold what this needs: a tool that writes has the one connection that can.
async fn beside<F: Future, T>(
    others: &mut FuturesUnordered<F>,
    ready: &mut VecDeque<F::Output>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            Some(other) = others.next(), if !others.is_empty() => ready.push_back(other),
        }
    }
}
