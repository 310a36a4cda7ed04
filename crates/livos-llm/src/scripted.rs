//! A model that says what a test wrote down.
//!
//! It keeps the contract of [`crate::Model`], which is tested with the same cases as the real dialects.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt as _, stream};
use tokio::sync::Notify;

use crate::mend::mended;
use crate::{Answer, Error, Event, Issuer, Model, Request, Signature, StopReason, ToolCall, Usage};

/// How long the pieces are that things are said in, in characters.
const PIECE: usize = 7;

/// One step of an answer.
#[derive(Debug, Clone)]
pub enum Step {
    /// Says this.
    Event(Event),
    /// Fails with this, and is over.
    Fail(Error),
    /// Says nothing more until it is told to go on.
    Hold(Arc<Notify>),
}

/// One answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    steps: Vec<Step>,
    usage: Usage,
    called: bool,
    stop: Option<StopReason>,
    /// Why there is not even the beginning of an answer.
    refused: Option<Error>,
}

impl Reply {
    /// Says `text`, in pieces.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::default().then_text(text)
    }

    /// Calls tools, all at once.
    #[must_use]
    pub fn calls(calls: Vec<ToolCall>) -> Self {
        Self::default().then_calls(calls)
    }

    /// Fails before it says anything.
    #[must_use]
    pub fn fail(error: Error) -> Self {
        Self { refused: Some(error), ..Self::default() }
    }

    /// Says exactly this.
    #[must_use]
    pub fn steps(steps: Vec<Step>) -> Self {
        Self { steps, ..Self::default() }
    }

    /// Then says `text`, in pieces.
    #[must_use]
    pub fn then_text(mut self, text: &str) -> Self {
        self.steps.extend(pieces(text).map(Event::Text).map(Step::Event));
        self
    }

    /// Then thinks, and signs it.
    #[must_use]
    pub fn then_thinking(mut self, text: &str, proof: &str) -> Self {
        self.steps.extend(pieces(text).map(Event::Thinking).map(Step::Event));
        let proof = Signature { issuer: Issuer::Anthropic, value: proof.to_owned() };
        self.steps.push(Step::Event(Event::ThinkingSigned(proof)));
        self
    }

    /// Then calls tools, all at once.
    #[must_use]
    pub fn then_calls(mut self, calls: Vec<ToolCall>) -> Self {
        self.called |= !calls.is_empty();
        let mut say = |event| self.steps.push(Step::Event(event));
        for call in &calls {
            say(Event::CallStarted { call: call.call.clone(), name: call.name.clone() });
        }
        for call in &calls {
            for text in pieces(&call.arguments.to_string()) {
                say(Event::CallArguments { call: call.call.clone(), text });
            }
        }
        for call in calls {
            say(Event::CallComplete(call));
        }
        self
    }

    /// Then says nothing more until `go_on` is notified.
    #[must_use]
    pub fn then_hold(mut self, go_on: Arc<Notify>) -> Self {
        self.steps.push(Step::Hold(go_on));
        self
    }

    /// Then fails.
    #[must_use]
    pub fn then_fail(mut self, error: Error) -> Self {
        self.steps.push(Step::Fail(error));
        self
    }

    /// What it costs.
    #[must_use]
    pub fn costing(mut self, input: u64, output: u64) -> Self {
        self.usage = Usage { input, output, ..Usage::default() };
        self
    }

    /// Why it ends, if not because everything is said.
    #[must_use]
    pub fn stopping(mut self, reason: StopReason) -> Self {
        self.stop = Some(reason);
        self
    }

    fn items(self, model: String) -> VecDeque<Step> {
        if let Some(error) = self.refused {
            return VecDeque::from([Step::Fail(error)]);
        }
        let usual = if self.called { StopReason::ToolCalls } else { StopReason::End };
        let mut items = VecDeque::from([Step::Event(Event::Started { model })]);
        items.extend(self.steps);
        items.push_back(Step::Event(Event::Usage(self.usage)));
        items.push_back(Step::Event(Event::Stopped(self.stop.unwrap_or(usual))));
        items
    }
}

/// Answers with one reply after another, to whatever it is asked.
#[derive(Debug, Clone)]
pub struct Scripted {
    name: String,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// The replies, first to last.
    #[must_use]
    pub fn new(name: &str, replies: Vec<Reply>) -> Self {
        Self {
            name: name.to_owned(),
            replies: Arc::new(Mutex::new(replies.into())),
            requests: Arc::default(),
        }
    }

    /// Adds a reply.
    pub fn push(&self, reply: Reply) {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).push_back(reply);
    }

    /// What it was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn reply(&self, request: Request) -> Reply {
        let fits = mended(&request, &[Issuer::Anthropic]);
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        if let Err(error) = fits {
            return Reply::fail(error);
        }
        let next = self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.unwrap_or_else(|| Reply::fail(Error::Request("the script is at its end".to_owned())))
    }
}

impl Model for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn answer(&self, request: Request) -> Answer {
        let scripted = self.clone();
        // Like a real one, it is asked when somebody begins to listen.
        let steps = stream::once(async move { scripted.reply(request).items(scripted.name) });
        steps
            .flat_map(|items| {
                stream::unfold(items, |mut items| async move {
                    loop {
                        match items.pop_front()? {
                            Step::Event(event) => return Some((Ok(event), items)),
                            Step::Fail(error) => return Some((Err(error), VecDeque::new())),
                            Step::Hold(go_on) => go_on.notified().await,
                        }
                    }
                })
            })
            .boxed()
    }
}

fn pieces(text: &str) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = characters.chunks(PIECE).map(|piece| piece.iter().collect()).collect();
    pieces.into_iter()
}
