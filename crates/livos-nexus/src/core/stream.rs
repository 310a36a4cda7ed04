//! A conversation as a stream of server-sent events, written into a pipe at its reader's pace.
//!
//! What is settled carries its step as `id`, so that a reader who was away goes on where it was. What is being
//! written carries none: on a new stream it is sent whole first, and then piece by piece.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use livos_bus::Actor;
use livos_bus::assistant::QueuedMessage;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Nexus;
use super::chat::streaming;
use super::live::Room;
use super::page::{Change, Page, answer_key, thinking_key};
use crate::error::Error;

/// A reader that hears nothing for this long begins to doubt the connection; and one that is gone is found out.
const PING: Duration = Duration::from_secs(15);

/// A stream being written.
struct Writer {
    nexus: Arc<Nexus>,
    room: Arc<Room>,
    news: watch::Receiver<(u64, u64)>,
    page: Page,
    queued: Vec<QueuedMessage>,
    /// The turn whose words were sent, and how many bytes of thinking and of text.
    sent: (i64, usize, usize),
    _permit: OwnedSemaphorePermit,
}

impl Nexus {
    /// Opens a stream of what comes after a step.
    pub(crate) async fn events(
        self: &Arc<Self>,
        actor: &Actor,
        id: &str,
        after: i64,
    ) -> Result<OwnedFd, Error> {
        self.may_watch(actor, id).await?;
        let permit = Arc::clone(&self.streams).try_acquire_owned();
        let permit = permit.map_err(|_| Error::TooMany("conversations are being watched"))?;
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
            .map_err(|error| Error::Stream(error.into()))?;
        let pipe = pipe::Sender::from_owned_fd(write).map_err(Error::Stream)?;
        let room = self.rooms.of(id);
        let news = room.watch();
        let writer = Writer {
            nexus: Arc::clone(self),
            room,
            news,
            page: Page::default(),
            queued: Vec::new(),
            sent: (0, 0, 0),
            _permit: permit,
        };
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                ended = writer.run(pipe, after) => match ended {
                    Ok(()) => {}
                    Err(Failed::Pipe(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
                    Err(Failed::Pipe(error)) => tracing::debug!(%error, "a stream of events ended"),
                    Err(Failed::Store(error)) => {
                        tracing::error!(error = livos_service::chain(&error), "a stream of events ended");
                    }
                },
            }
        });
        Ok(read)
    }
}

/// What ends a stream.
enum Failed {
    Pipe(std::io::Error),
    Store(Error),
}

impl Writer {
    async fn run(mut self, mut pipe: pipe::Sender, after: i64) -> Result<(), Failed> {
        let mut frames = String::new();
        // Marked as seen before reading, so that what comes meanwhile is read afterwards.
        let mut seen = *self.news.borrow_and_update();
        if !self.settled(after, &mut frames).await.map_err(Failed::Store)? {
            return Ok(());
        }
        if after > self.page.seq {
            // From another life of this conversation's database.
            frame(&mut frames, Some(self.page.seq), "reset", &json!({}));
        }
        loop {
            self.streamed(&mut frames);
            if !frames.is_empty() {
                pipe.write_all(frames.as_bytes()).await.map_err(Failed::Pipe)?;
                frames.clear();
            }
            match tokio::time::timeout(PING, self.news.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ok(()),
                Err(_) => frames.push_str(": ping\n\n"),
            }
            let news = *self.news.borrow_and_update();
            if news.0 != seen.0 && !self.settled(0, &mut frames).await.map_err(Failed::Store)? {
                return pipe.write_all(frames.as_bytes()).await.map_err(Failed::Pipe);
            }
            seen = news;
        }
    }

    /// Tells what was written down since, as far as it comes after a step. False when the conversation is gone.
    async fn settled(&mut self, after: i64, frames: &mut String) -> Result<bool, Error> {
        let (store, id) = (&self.nexus.store, &self.room.id);
        if store.conversation(id).await?.is_none() {
            frame(frames, None, "reset", &json!({}));
            return Ok(false);
        }
        for entry in store.steps(id, self.page.seq).await? {
            let changes = self.page.apply(&entry);
            if entry.seq <= after {
                continue;
            }
            for change in changes {
                let (name, data) = match change {
                    Change::Item(item) => ("item", json!(item)),
                    Change::Running(running) => ("state", json!({ "running": running })),
                    Change::Title(title) => ("title", json!({ "title": title })),
                };
                frame(frames, Some(entry.seq), name, &data);
            }
        }
        let queued = store.queued(id).await?;
        if queued != self.queued {
            frame(frames, None, "queued", &json!({ "queued": queued }));
            self.queued = queued;
        }
        Ok(true)
    }

    /// Tells what is being written and was not told yet.
    fn streamed(&mut self, frames: &mut String) {
        let now = self.nexus.clock.now();
        let (page, sent) = (&self.page, &mut self.sent);
        self.room.with_stream(|stream| {
            if stream.turn == 0 || !page.awaits(stream.turn) {
                return;
            }
            if sent.0 != stream.turn {
                *sent = (stream.turn, 0, 0);
            }
            let items = streaming(stream, now);
            let parts = [
                (&stream.thinking, thinking_key(stream.turn), &mut sent.1),
                (&stream.text, answer_key(stream.turn), &mut sent.2),
            ];
            for (text, key, told) in parts {
                match text.get(*told..) {
                    None | Some("") => {}
                    Some(_) if *told == 0 => {
                        let whole = items.iter().map(|item| json!(item)).find(|item| item["key"] == *key);
                        frame(frames, None, "item", &whole.unwrap_or(Value::Null));
                    }
                    Some(more) => {
                        let data = json!({ "run": stream.run, "item": key, "text": more });
                        frame(frames, None, "delta", &data);
                    }
                }
                *told = text.len();
            }
        });
    }
}

fn frame(frames: &mut String, id: Option<i64>, name: &str, data: &Value) {
    if let Some(id) = id {
        frames.push_str(&format!("id: {id}\n"));
    }
    // JSON has no line breaks of its own.
    frames.push_str(&format!("event: {name}\ndata: {data}\n\n"));
}
