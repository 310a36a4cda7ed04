//! Conversations as people use them. Each belongs to one person and does not exist for anybody else.

use std::sync::Arc;

use livos_bus::Actor;
use livos_bus::assistant::{AnswerState, Conversation, ConversationInfo, Item, Tier};
use livos_llm::Thinking;

use super::Nexus;
use super::live::Stream;
use super::page::{Page, answer_key, thinking_key};
use super::pictures::MOST as MOST_PICTURES;
use crate::error::Error;
use crate::store::inbox::{Said, Sent};

/// The longest message, in bytes.
const LONGEST: usize = 32 * 1024;
/// The longest title, in letters.
const LONGEST_TITLE: usize = 200;
/// Messages that may wait in one conversation.
const MOST_WAITING: i64 = 20;
/// Conversations one person may have.
pub(crate) const MOST: u32 = 5000;

impl Nexus {
    /// The conversation, if it is this person's.
    pub(super) async fn owned(&self, actor: &Actor, id: &str) -> Result<ConversationInfo, Error> {
        let found = self.store.conversation(id).await?;
        found
            .filter(|found| found.person == actor.user.as_str())
            .map(|found| found.info)
            .ok_or(Error::Unknown)
    }

    /// A person's conversations.
    pub(crate) async fn conversations(&self, actor: &Actor) -> Result<Vec<ConversationInfo>, Error> {
        self.store.conversations(actor.user.as_str()).await
    }

    /// Begins one.
    pub(crate) async fn create(&self, actor: &Actor) -> Result<ConversationInfo, Error> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        if !self.store.create(&id, actor.user.as_str(), self.clock.now(), MOST).await? {
            return Err(Error::TooMany("conversations"));
        }
        self.tell(actor.user.as_str(), &id);
        self.owned(actor, &id).await
    }

    /// All of one.
    pub(crate) async fn conversation(&self, actor: &Actor, id: &str) -> Result<Conversation, Error> {
        let info = self.owned(actor, id).await?;
        let room = self.rooms.of(id);
        // The stream first: what is settled in between is in the steps then, and not shown twice.
        let stream = room.with_stream(Stream::clone);
        let page = Page::of(&self.store.steps(id, 0).await?);
        let (seq, awaits) = (page.seq, page.awaits(stream.turn));
        let mut items = page.into_items();
        if stream.turn != 0 && awaits {
            items.extend(streaming(&stream, self.clock.now()));
        }
        let queued = self.store.queued(id).await?;
        Ok(Conversation { info, seq, items, queued })
    }

    /// Gives one a title.
    pub(crate) async fn rename(&self, actor: &Actor, id: &str, title: &str) -> Result<(), Error> {
        self.owned(actor, id).await?;
        let title = title.trim();
        if title.is_empty() || title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
            return Err(Error::Invalid(format!("a title has 1 to {LONGEST_TITLE} letters, on one line")));
        }
        self.store.rename(id, title, self.clock.now()).await?;
        self.rooms.of(id).settled();
        self.tell(actor.user.as_str(), id);
        Ok(())
    }

    /// Keeps one on top, or not.
    pub(crate) async fn pin(&self, actor: &Actor, id: &str, on: bool) -> Result<(), Error> {
        self.owned(actor, id).await?;
        self.store.pin(id, on).await?;
        self.tell(actor.user.as_str(), id);
        Ok(())
    }

    /// Puts one away, or takes it out again.
    pub(crate) async fn archive(&self, actor: &Actor, id: &str, on: bool) -> Result<(), Error> {
        self.owned(actor, id).await?;
        self.store.archive(id, on).await?;
        self.tell(actor.user.as_str(), id);
        Ok(())
    }

    /// Which model answers in one, from the next message on.
    pub(crate) async fn set_tier(&self, actor: &Actor, id: &str, tier: Tier) -> Result<(), Error> {
        self.owned(actor, id).await?;
        self.store.set_tier(id, tier).await?;
        self.tell(actor.user.as_str(), id);
        Ok(())
    }

    /// How hard the model thinks in one, from the next message on: `low`, `medium`, `high`, or `""`.
    pub(crate) async fn set_thinking(&self, actor: &Actor, id: &str, thinking: &str) -> Result<(), Error> {
        self.owned(actor, id).await?;
        if thinking_of(thinking).is_none() {
            return Err(Error::Invalid(
                "a model thinks low, medium or high, or as its provider thinks best".to_owned(),
            ));
        }
        self.store.set_thinking(id, thinking).await?;
        self.tell(actor.user.as_str(), id);
        Ok(())
    }

    /// Stops one and forgets it.
    pub(crate) async fn remove(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<(), Error> {
        self.owned(actor, id).await?;
        self.drop_conversation(actor.user.as_str(), id).await
    }

    /// Somebody's account is gone: so are their conversations, what was remembered for them and their skills, and what they
    /// scheduled, that for good after a day. What they spent stays in the books.
    pub(crate) async fn forget(self: &Arc<Self>, person: &str) -> Result<(), Error> {
        // What ran until then may have made another.
        for _ in 0..3 {
            for conversation in self.store.conversations(person).await? {
                self.drop_conversation(person, &conversation.id).await?;
            }
        }
        // Last, as what ran until now may have written any of it.
        self.forget_schedules(person).await?;
        self.store.forget_skills(person).await?;
        self.memory.reset(person, None).await?;
        self.store.switch_web(person, true).await?;
        Ok(())
    }

    async fn drop_conversation(self: &Arc<Self>, person: &str, id: &str) -> Result<(), Error> {
        let runs = self.store.runs_of(id).await?;
        let (waited, made) = self.store.remove(id, self.clock.now()).await?;
        let room = self.rooms.of(id);
        room.stop();
        room.settled();
        for made in made {
            let room = self.rooms.of(&made);
            room.stop();
            room.settled();
        }
        // Nobody waits any more for what was asked from here, and nothing more can be.
        for (conversation, run) in self.store.at_work_for(id, None).await? {
            self.stop_run(&conversation, run).await?;
        }
        // One that waits for its person never comes to its end, where it would have said good-bye.
        for run in runs {
            self.servers.leave(run);
        }
        for conversation in waited {
            let room = self.rooms.of(&conversation);
            room.settled();
            self.wake(room);
        }
        self.tell(person, id);
        Ok(())
    }

    /// Takes a message in; it is answered when its turn comes, whatever happens to whoever sent it.
    pub(crate) async fn send(
        self: &Arc<Self>,
        actor: &Actor,
        id: &str,
        text: &str,
        pictures: &[String],
        key: &str,
    ) -> Result<i64, Error> {
        self.owned(actor, id).await?;
        if (text.trim().is_empty() && pictures.is_empty()) || text.len() > LONGEST {
            return Err(Error::Invalid("a message has at least one letter and at most 32 KiB".to_owned()));
        }
        let again = |(index, id): (usize, &String)| pictures.iter().take(index).any(|before| before == id);
        if pictures.len() > MOST_PICTURES || pictures.iter().enumerate().any(again) {
            return Err(Error::Invalid(format!("a message has at most {MOST_PICTURES} pictures, each once")));
        }
        if key.len() > 128 {
            return Err(Error::Invalid("a key has at most 128 letters".to_owned()));
        }
        match self.store.send(id, actor, Said { text, pictures }, key, self.clock.now(), MOST_WAITING).await?
        {
            Sent::Full => Err(Error::TooMany("messages wait in this conversation")),
            Sent::Before(run) => Ok(run),
            Sent::New(run) => {
                let room = self.rooms.of(id);
                room.settled();
                self.tell(actor.user.as_str(), id);
                self.wake(room);
                Ok(run)
            }
        }
    }

    /// Ends the running answer.
    pub(crate) async fn stop(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<(), Error> {
        self.owned(actor, id).await?;
        self.store.mark_stop(id).await?;
        let room = self.rooms.of(id);
        room.stop();
        // A run that waits for an answer has nobody at work on it.
        self.wake(room);
        Ok(())
    }

    /// Whether this person may watch it; its room if so.
    pub(crate) async fn may_watch(&self, actor: &Actor, id: &str) -> Result<(), Error> {
        self.owned(actor, id).await.map(drop)
    }
}

/// How hard a model thinks, by the word for it.
pub(crate) fn thinking_of(word: &str) -> Option<Thinking> {
    match word {
        "" => Some(Thinking::Unset),
        "low" => Some(Thinking::Low),
        "medium" => Some(Thinking::Medium),
        "high" => Some(Thinking::High),
        _ => None,
    }
}

/// What a running answer has so far.
pub(crate) fn streaming(stream: &Stream, now: i64) -> Vec<Item> {
    let mut items = Vec::new();
    let (seq, run) = (stream.turn, stream.run);
    if !stream.thinking.is_empty() {
        items.push(Item::Thinking { key: thinking_key(seq), seq, run, text: stream.thinking.clone() });
    }
    if !stream.text.is_empty() {
        items.push(Item::Answer {
            key: answer_key(seq),
            seq,
            run,
            text: stream.text.clone(),
            at: now,
            state: AnswerState::Streaming,
            problem: None,
            usage: None,
        });
    }
    items
}
