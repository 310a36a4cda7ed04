//! Tool calls that come in pieces, some of them at once.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;

use crate::mend::calls;
use crate::{Error, Event, Message, Signature, ToolCall};

/// The most calls of one answer.
const MOST: usize = 128;

/// The longest name of a call or tool.
const NAME: usize = 256;

/// The longest arguments of one call.
const ARGUMENTS: usize = 4 * 1024 * 1024;

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    turn: usize,
    /// Names given before in this conversation: a result must mean one call.
    used: HashSet<String>,
    open: Vec<Open>,
    made: usize,
}

#[derive(Debug)]
struct Open {
    /// What the server tells this call from others by.
    key: u64,
    call: String,
    name: String,
    arguments: String,
    signature: Option<Signature>,
}

impl Calls {
    pub(super) fn after(messages: &[Message]) -> Self {
        let mut used = HashSet::new();
        for message in messages {
            if let Message::Answer(parts) = message {
                used.extend(calls(parts).map(|call| call.call.clone()));
            }
        }
        Self { turn: messages.len(), used, ..Self::default() }
    }

    /// Whether any was begun.
    pub(super) fn any(&self) -> bool {
        self.made > 0
    }

    /// Begins a call. A server that gives no name, or one that it gave before, gets one from us.
    pub(super) fn start(
        &mut self,
        key: u64,
        given: Option<&str>,
        name: &str,
        out: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        if self.made >= MOST {
            return Err(Error::malformed(format!("it calls more than {MOST} tools")));
        }
        let given = given.unwrap_or_default();
        if name.is_empty() || name.len() > NAME || given.len() > NAME {
            return Err(Error::malformed("a tool call has no name, or one that is none"));
        }
        self.made += 1;
        let mut call = given.to_owned();
        let mut number = self.made;
        while call.is_empty() || self.used.contains(&call) {
            call = format!("call-{}-{number}", self.turn);
            number += 1;
        }
        self.used.insert(call.clone());
        out.push_back(Event::CallStarted { call: call.clone(), name: name.to_owned() });
        self.open.push(Open { key, call, name: name.to_owned(), arguments: String::new(), signature: None });
        Ok(())
    }

    pub(super) fn is_open(&self, key: u64) -> bool {
        self.open.iter().any(|open| open.key == key)
    }

    /// Whether nothing is known of its arguments yet.
    pub(super) fn is_bare(&self, key: u64) -> bool {
        self.open.iter().any(|open| open.key == key && open.arguments.is_empty())
    }

    /// Whether its arguments could be all there are.
    pub(super) fn is_whole(&self, key: u64) -> bool {
        self.open.iter().any(|open| open.key == key && open.is_whole())
    }

    /// Somebody's proof that a call is theirs.
    pub(super) fn sign(&mut self, key: u64, signature: Signature) {
        if let Some(open) = self.open.iter_mut().find(|open| open.key == key) {
            open.signature = Some(signature);
        }
    }

    /// More arguments; for a call that was never begun there are none.
    pub(super) fn arguments(&mut self, key: u64, text: &str, out: &mut VecDeque<Event>) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let open = self.open.iter_mut().find(|open| open.key == key);
        let open =
            open.ok_or_else(|| Error::malformed("arguments come for a tool call that was not begun"))?;
        if open.arguments.len() + text.len() > ARGUMENTS {
            return Err(Error::malformed(format!("a tool call is longer than {} MiB", ARGUMENTS >> 20)));
        }
        open.arguments.push_str(text);
        out.push_back(Event::CallArguments { call: open.call.clone(), text: text.to_owned() });
        Ok(())
    }

    /// A call is told to be whole. One that isn't waits for why: an answer that is cut short closes its calls, too.
    pub(super) fn close(&mut self, key: u64, out: &mut VecDeque<Event>) -> Result<(), Error> {
        match self.open.iter().position(|open| open.key == key && open.is_whole()) {
            Some(index) => complete(self.open.remove(index), out),
            None => Ok(()),
        }
    }

    /// All that are still open are whole.
    pub(super) fn complete_all(&mut self, out: &mut VecDeque<Event>) -> Result<(), Error> {
        self.open.drain(..).try_for_each(|open| complete(open, out))
    }

    /// The answer was cut short: calls that are not whole are dropped.
    pub(super) fn complete_what_is_whole(&mut self, out: &mut VecDeque<Event>) -> Result<(), Error> {
        self.open.drain(..).filter(Open::is_whole).try_for_each(|open| complete(open, out))
    }
}

impl Open {
    /// No arguments at all may mean none, or that they were still to come.
    fn is_whole(&self) -> bool {
        serde_json::from_str::<serde_json::Map<String, Value>>(&self.arguments).is_ok()
    }
}

fn complete(open: Open, out: &mut VecDeque<Event>) -> Result<(), Error> {
    let text = open.arguments.trim();
    let arguments = match serde_json::from_str(if text.is_empty() { "{}" } else { text }) {
        Ok(object @ Value::Object(_)) => object,
        Ok(Value::Null) => Value::Object(serde_json::Map::new()),
        _ => return Err(Error::malformed("the arguments of a tool call are no JSON object")),
    };
    out.push_back(Event::CallComplete(ToolCall {
        call: open.call,
        name: open.name,
        arguments,
        signature: open.signature,
    }));
    Ok(())
}
