//! What is between us and a server, whichever way it is spoken to.

use std::pin::Pin;

use livos_bus::assistant::Problem;
use serde_json::Value;

use super::wire::words;
use crate::core::problem;

/// What comes in a while.
pub(super) type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The way to one server, in one session.
pub(super) trait Transport: std::fmt::Debug + Send + Sync {
    /// What it is called in a sentence.
    fn name(&self) -> String;
    /// Asks something and waits for the answer. `id` is the message's own.
    fn ask<'a>(&'a self, message: &'a Value, id: u64) -> Pending<'a, Result<Value, Fault>>;
    /// Says something that has no answer.
    fn tell<'a>(&'a self, message: &'a Value) -> Pending<'a, Result<(), Fault>>;
    /// Both speak this version of the protocol from here on.
    fn speak(&self, version: &'static str);
    /// Ends the session.
    fn leave(&self) -> Pending<'_, ()>;
    /// Without what it was given as keys: servers like to repeat what they were told.
    fn without_keys(&self, text: &str) -> String;
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// It does not know the session any more, so it has done nothing.
    Gone,
    /// What was asked was not done.
    Refused(Problem),
    /// Nobody knows what the server did.
    Unknown(Problem),
}

impl Fault {
    pub(super) fn into_problem(self) -> Problem {
        match self {
            Self::Gone => problem::of("unreachable", "the server forgot who is asking; try again"),
            Self::Refused(problem) | Self::Unknown(problem) => problem,
        }
    }
}

/// What an answer says that is none.
pub(super) fn said_no(error: &Value, without_keys: impl Fn(&str) -> String) -> Fault {
    let why = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let why = words(&without_keys(why), 500);
    let why = if why.is_empty() { "without a reason".to_owned() } else { why };
    let said = problem::of("refused", format!("the server says no: {why}"));
    // Only these say that the question itself was not taken; any other may come after something was done.
    match error.get("code").and_then(Value::as_i64) {
        Some(-32700 | -32602 | -32601 | -32600) => Fault::Refused(said),
        _ => Fault::Unknown(said),
    }
}

/// Without those of these keys that are long enough to be none but themselves.
pub(super) fn without<'a>(keys: impl Iterator<Item = &'a str>, text: &str) -> String {
    let parts = keys.flat_map(|key| [key, key.strip_prefix("Bearer ").unwrap_or(key)]);
    // What is shorter is no key, and may be a part of any word.
    parts.filter(|key| key.len() >= 8).fold(text.to_owned(), |text, key| text.replace(key, "[key]"))
}

/// Does this to every text in an answer, names included.
pub(super) fn clean(value: &mut Value, without_keys: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = without_keys(text),
        Value::Array(all) => all.iter_mut().for_each(|one| clean(one, without_keys)),
        Value::Object(fields) => {
            let taken = std::mem::take(fields);
            for (name, mut one) in taken {
                clean(&mut one, without_keys);
                fields.insert(without_keys(&name), one);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
