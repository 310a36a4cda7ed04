//! What is going on in a conversation just now: its consumer, the answer that is being written, and who watches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use livos_llm::Event;
use livos_service::CancellationToken;
use tokio::sync::watch;

/// An answer on its way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    /// The turn it is for; 0 when there is none.
    pub(crate) turn: i64,
    /// The run.
    pub(crate) run: i64,
    /// What was thought so far.
    pub(crate) thinking: String,
    /// What was said so far.
    pub(crate) text: String,
    /// Something else came since the last words, so the next ones begin a paragraph, as they will when settled.
    gap: bool,
    /// The same for the thinking.
    thinking_gap: bool,
}

impl Stream {
    /// Takes the next event; true if there is something new to see.
    fn push(&mut self, event: &Event) -> bool {
        let (to, gap, other, more) = match event {
            Event::Text(more) => (&mut self.text, &mut self.gap, &mut self.thinking_gap, more),
            Event::Thinking(more) => (&mut self.thinking, &mut self.thinking_gap, &mut self.gap, more),
            Event::CallComplete(_) => {
                (self.gap, self.thinking_gap) = (true, true);
                return false;
            }
            Event::ThinkingSigned(_) => {
                self.thinking_gap = true;
                return false;
            }
            _ => return false,
        };
        if more.is_empty() {
            return false;
        }
        if std::mem::take(gap) && !to.is_empty() {
            to.push_str("\n\n");
        }
        to.push_str(more);
        *other = true;
        true
    }
}

/// Whether somebody sees to the messages of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Consumer {
    /// Nobody.
    #[default]
    Away,
    /// Somebody, who will look again before going.
    There { look_again: bool },
}

#[derive(Debug, Default)]
struct State {
    stream: Stream,
    consumer: Consumer,
    stop: Option<CancellationToken>,
    /// The run that is worked on, once it is known.
    run: Option<i64>,
}

/// One conversation that is looked at or worked on.
#[derive(Debug)]
pub(crate) struct Room {
    /// The conversation.
    pub(crate) id: String,
    state: Mutex<State>,
    /// Rises with whatever there is to see; the first number for what is written down, the second for the stream.
    news: watch::Sender<(u64, u64)>,
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of changes from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<(u64, u64)> {
        self.news.subscribe()
    }

    /// Something was written down.
    pub(crate) fn settled(&self) {
        self.news.send_modify(|(settled, _)| *settled += 1);
    }

    /// An answer begins.
    pub(crate) fn begin(&self, turn: i64, run: i64) {
        self.lock().stream = Stream { turn, run, ..Stream::default() };
    }

    /// More of the answer.
    pub(crate) fn push(&self, event: &Event) {
        if self.lock().stream.push(event) {
            self.news.send_modify(|(_, streamed)| *streamed += 1);
        }
    }

    /// The answer is written down, or is none.
    pub(crate) fn end(&self) -> Stream {
        std::mem::take(&mut self.lock().stream)
    }

    /// Looks at the answer on its way.
    pub(crate) fn with_stream<T>(&self, look: impl FnOnce(&Stream) -> T) -> T {
        look(&self.lock().stream)
    }

    /// Whoever gets true has to see to the messages, until [`Room::may_leave`] says otherwise.
    pub(crate) fn enter(&self) -> bool {
        let mut state = self.lock();
        let enters = state.consumer == Consumer::Away;
        state.consumer = Consumer::There { look_again: !enters };
        enters
    }

    /// Whether the consumer may go: not if a message came since it looked.
    pub(crate) fn may_leave(&self) -> bool {
        let mut state = self.lock();
        let again = state.consumer == Consumer::There { look_again: true };
        state.consumer = if again { Consumer::There { look_again: false } } else { Consumer::Away };
        !again
    }

    /// Sets or takes away what stops the run.
    pub(crate) fn set_stop(&self, stop: Option<CancellationToken>) {
        let mut state = self.lock();
        (state.stop, state.run) = (stop, None);
    }

    /// Says which run that is.
    pub(crate) fn works_on(&self, run: i64) {
        self.lock().run = Some(run);
    }

    /// Stops this run, if it is the one that is worked on.
    pub(crate) fn stop_run(&self, run: i64) {
        let state = self.lock();
        if let Some(stop) = state.stop.as_ref().filter(|_| state.run == Some(run)) {
            stop.cancel();
        }
    }

    /// Stops the run, if there is one.
    pub(crate) fn stop(&self) {
        if let Some(stop) = &self.lock().stop {
            stop.cancel();
        }
    }
}

/// The conversations that are looked at or worked on.
#[derive(Debug, Default)]
pub(crate) struct Rooms(Mutex<HashMap<String, Weak<Room>>>);

impl Rooms {
    /// The one for a conversation.
    pub(crate) fn of(&self, id: &str) -> Arc<Room> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(id).and_then(Weak::upgrade) {
            return room;
        }
        rooms.retain(|_, room| room.strong_count() > 0);
        let room =
            Arc::new(Room { id: id.to_owned(), state: Mutex::default(), news: watch::Sender::new((0, 0)) });
        rooms.insert(id.to_owned(), Arc::downgrade(&room));
        room
    }
}
