//! A model at a provider.

use std::collections::VecDeque;

use futures_util::{StreamExt as _, stream};

use crate::dialect::{Dialect, Reader, Said};
use crate::http::{Address, Body, Client, Post, Sent, Splitter, fault};
use crate::{Answer, Error, Event, Key, Model, Request};

/// Which model, where, and in which dialect.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What people call the provider.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Where it lies: `https://api.anthropic.com`, `https://api.openai.com/v1`, `http://127.0.0.1:11434/v1`.
    ///
    /// Without `https` it must lie in the house.
    pub base_url: String,
    /// What the provider calls the model.
    pub model: String,
    /// The key, where one is needed.
    pub key: Option<Key>,
}

/// A model at a provider; one attempt a request.
#[derive(Debug, Clone)]
pub struct Remote {
    client: Client,
    address: Address,
    endpoint: Endpoint,
    name: String,
}

impl Remote {
    /// Refuses an address that can't be one, or where a key would be read on the way.
    pub fn new(client: &Client, endpoint: Endpoint) -> Result<Self, Error> {
        let address = Address::parse(&endpoint.base_url)?;
        let model = &endpoint.model;
        if model.is_empty() || model.len() > 256 || model.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            return Err(Error::Endpoint("a model's name is one word".to_owned()));
        }
        let name = format!("{}: {model}", endpoint.name);
        Ok(Self { client: client.clone(), address, endpoint, name })
    }

    async fn ask(&self, request: &Request) -> Result<Body, Error> {
        let Endpoint { dialect, model, key, .. } = &self.endpoint;
        let written = dialect.write(&self.address, model, request)?;
        let post = Post {
            address: &self.address,
            path: &written.path,
            model,
            key: key.as_ref(),
            key_header: dialect.key_header(),
            headers: dialect.headers(),
            accept: "text/event-stream",
            body: written.body,
        };
        self.client.post(post, &request.limits).await
    }
}

impl Model for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    fn answer(&self, request: Request) -> Answer {
        let state = State::Asked(Box::new((self.clone(), request)));
        stream::unfold(state, |state| async move { next(state).await }).boxed()
    }
}

enum State {
    Asked(Box<(Remote, Request)>),
    Answering(Box<Answering>),
    Over,
}

struct Answering {
    remote: Remote,
    body: Body,
    splitter: Splitter,
    sent: VecDeque<Sent>,
    reader: Box<dyn Reader>,
    events: VecDeque<Event>,
    /// Whether anything was said that can't be taken back.
    begun: bool,
    /// What to say after the events, before it is over.
    last: Option<Option<Error>>,
}

async fn next(state: State) -> Option<(Result<Event, Error>, State)> {
    let mut answering = match state {
        State::Over => return None,
        State::Asked(asked) => {
            let (remote, request) = *asked;
            return match remote.ask(&request).await {
                Err(error) => Some((Err(error), State::Over)),
                Ok(body) => {
                    let model = remote.name.clone();
                    let reader = remote.endpoint.dialect.reader(&request);
                    let answering = Answering {
                        remote,
                        body,
                        splitter: Splitter::default(),
                        sent: VecDeque::new(),
                        reader,
                        events: VecDeque::new(),
                        begun: false,
                        last: None,
                    };
                    Some((Ok(Event::Started { model }), State::Answering(Box::new(answering))))
                }
            };
        }
        State::Answering(answering) => answering,
    };
    loop {
        if let Some(event) = answering.events.pop_front() {
            answering.begun |= event.is_said();
            let over = answering.events.is_empty() && matches!(answering.last, Some(None));
            return Some((Ok(event), if over { State::Over } else { State::Answering(answering) }));
        }
        match answering.last.take() {
            Some(Some(error)) => return Some((Err(error), State::Over)),
            Some(None) => return None,
            None => {}
        }
        if let Err(said) = answering.read().await {
            answering.last = Some(answering.conclude(said));
        }
    }
}

impl Answering {
    /// Reads until there is something to say.
    async fn read(&mut self) -> Result<(), Said> {
        if let Some(sent) = self.sent.pop_front() {
            return self.reader.read(&sent, &mut self.events);
        }
        match self.body.next().await? {
            Some(bytes) => Ok(self.splitter.push(&bytes, &mut self.sent)?),
            None => self.reader.end(&mut self.events),
        }
    }

    fn conclude(&self, said: Said) -> Option<Error> {
        let begun = self.begun || self.events.iter().any(Event::is_said);
        let endpoint = &self.remote.endpoint;
        let error = match said {
            Said::Everything => return None,
            Said::Error(error) => error,
            Said::Fault(text) => fault(200, None, &text, &endpoint.model, endpoint.key.as_ref()),
        };
        Some(match error {
            // Trying again would not be trying the same: something was said already.
            Error::RateLimited { message, .. }
            | Error::Overloaded { message, .. }
            | Error::Refused { message, .. }
                if begun =>
            {
                Error::CutOff { message }
            }
            error => error,
        })
    }
}
