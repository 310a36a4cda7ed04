//! One tab's stream: reads the log at its own pace, so a slow tab costs no memory and gets a reset instead.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use livos_service::CancellationToken;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Events;
use crate::core::live::{Live, OpenStream, Person};
use crate::identity::SignedIn;

/// A client that hears nothing for this long begins to doubt the connection, so something is said.
pub(crate) const PING: Duration = Duration::from_secs(15);
/// Events sent in one piece.
const BATCH: usize = 64;

/// What a stream needs from the rest.
pub(crate) trait Source: Send + Sync + 'static {
    /// The log.
    fn events(&self) -> &Events;
    /// Who is signed in.
    fn live(&self) -> &Live;
}

struct State<S> {
    source: Arc<S>,
    signed_in: SignedIn,
    shutdown: CancellationToken,
    newest: watch::Receiver<u64>,
    cursor: u64,
    ready: VecDeque<String>,
    ping_at: Instant,
    over: bool,
    _counted: OpenStream,
}

/// The events this person may see, from `last_event_id` on if the log still has them.
pub(crate) fn open<S: Source>(
    source: Arc<S>,
    signed_in: SignedIn,
    counted: OpenStream,
    last_event_id: Option<&str>,
    shutdown: CancellationToken,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + 'static {
    let events = source.events();
    let newest = events.newest.subscribe();
    let wanted = last_event_id.map(|id| number_of(id, events.epoch()));
    let (cursor, gap) = match wanted {
        None => (events.last(), false),
        Some(Some(number)) if events.after(number, 1).is_ok() => (number, false),
        Some(_) => (events.last(), true),
    };
    let hello = json!({ "version": env!("CARGO_PKG_VERSION"), "epoch": events.epoch() }).to_string();
    let mut ready = VecDeque::from([frame(events.epoch(), cursor, "hello", &hello)]);
    if gap {
        ready.push_back(frame(events.epoch(), cursor, "reset", "{}"));
    }
    let ping_at = Instant::now() + PING;
    let state =
        State { source, signed_in, shutdown, newest, cursor, ready, ping_at, over: false, _counted: counted };
    futures_util::stream::unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Some((Ok(Bytes::from(piece)), state))
    })
}

impl<S: Source> State<S> {
    async fn next(&mut self) -> Option<String> {
        loop {
            if !self.ready.is_empty() {
                self.ping_at = Instant::now() + PING;
                return Some(self.ready.drain(..).collect());
            }
            if self.over {
                return None;
            }
            self.read();
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                biased;
                () = self.signed_in.session.ended.cancelled() => self.sign_out(),
                () = self.shutdown.cancelled() => return None,
                changed = self.newest.changed() => if changed.is_err() { return None },
                () = tokio::time::sleep_until(self.ping_at) => {
                    self.ready.push_back("event: ping\ndata: {}\n\n".to_owned());
                }
            }
        }
    }

    fn sign_out(&mut self) {
        let epoch = self.source.events().epoch().to_owned();
        self.ready.push_back(frame(&epoch, self.cursor, "signed_out", "{}"));
        self.over = true;
    }

    /// Takes what is new from the log.
    fn read(&mut self) {
        // The role may have changed since the stream was opened.
        let Some(person) = self.person() else { return self.sign_out() };
        let source = Arc::clone(&self.source);
        let events = source.events();
        // Marked as seen before reading, so that what comes meanwhile wakes this up again.
        self.newest.mark_unchanged();
        loop {
            let Ok(batch) = events.after(self.cursor, BATCH) else {
                self.cursor = events.last();
                self.ready.push_back(frame(events.epoch(), self.cursor, "reset", "{}"));
                return;
            };
            let Some(last) = batch.last().map(|event| event.number) else { return };
            self.cursor = last;
            for event in batch.iter().filter(|event| event.audience.includes(&person)) {
                self.ready.push_back(frame(events.epoch(), event.number, event.name, &event.data));
            }
            if !self.ready.is_empty() {
                return;
            }
        }
    }

    fn person(&self) -> Option<Arc<Person>> {
        let ended = self.signed_in.session.ended.is_cancelled();
        self.source.live().person(&self.signed_in.person.id).filter(|person| !ended && !person.disabled)
    }
}

fn frame(epoch: &str, number: u64, name: &str, data: &str) -> String {
    format!("id: {epoch}-{number}\nevent: {name}\ndata: {data}\n\n")
}

/// The number in an id of this run; an id of another run has none.
fn number_of(id: &str, epoch: &str) -> Option<u64> {
    id.strip_prefix(epoch)?.strip_prefix('-')?.parse().ok()
}
