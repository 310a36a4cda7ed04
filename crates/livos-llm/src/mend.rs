//! A stored conversation, made into one that a provider takes.
//!
//! Providers refuse a call without a result, a result without a call, empty words, and thinking that they did not
//! sign. All of these happen: a run is stopped, a conversation is cut, a model is changed.

use std::collections::HashSet;

use crate::{AnswerPart, Error, Issuer, Message, PersonPart, Request, ToolResult};

/// What a model is told of a call that was interrupted.
const NO_RESULT: &str = "There is no result: the call was interrupted, and it isn't known how far it came.";

/// What stands for a beginning that is no longer there.
const LEFT_OUT: &str = "(What was said before is left out.)";

/// The messages of a request as they can be sent to somebody who can check the signatures of `issuers`.
pub(crate) fn mended(request: &Request, issuers: &[Issuer]) -> Result<Vec<Message>, Error> {
    request.validate()?;
    let mut mended: Vec<Message> = Vec::with_capacity(request.messages.len());
    // The calls of the last answer: each gets one result, then none is open any more.
    let mut open: Vec<String> = Vec::new();
    for message in &request.messages {
        match message {
            Message::Results(results) => {
                if !open.is_empty() {
                    mended.push(Message::Results(answered(&open, results)));
                    open.clear();
                }
            }
            Message::Person(parts) => {
                interrupt(&mut mended, &mut open);
                let said =
                    |part: &&PersonPart| !matches!(part, PersonPart::Text(text) if text.trim().is_empty());
                let parts = parts.iter().filter(said).cloned();
                match mended.last_mut() {
                    Some(Message::Person(before)) => before.extend(parts),
                    _ => mended.push(Message::Person(parts.collect())),
                }
            }
            Message::Answer(parts) => {
                interrupt(&mut mended, &mut open);
                let parts: Vec<AnswerPart> = parts.iter().filter_map(|part| own(part, issuers)).collect();
                open = calls(&parts).map(|call| call.call.clone()).collect();
                if parts.iter().all(|part| matches!(part, AnswerPart::Thinking { .. })) {
                    continue;
                }
                if mended.is_empty() {
                    mended.push(Message::person(LEFT_OUT));
                }
                mended.push(Message::Answer(parts));
            }
        }
    }
    mended.retain(|message| !matches!(message, Message::Person(parts) if parts.is_empty()));
    match mended.last() {
        Some(Message::Person(_) | Message::Results(_)) => Ok(mended),
        _ => Err(Error::Request("there is nothing to answer".to_owned())),
    }
}

pub(crate) fn calls(parts: &[AnswerPart]) -> impl Iterator<Item = &crate::ToolCall> {
    parts.iter().filter_map(|part| match part {
        AnswerPart::Call(call) => Some(call),
        _ => None,
    })
}

fn interrupt(mended: &mut Vec<Message>, open: &mut Vec<String>) {
    if !open.is_empty() {
        mended.push(Message::Results(answered(open, &[])));
        open.clear();
    }
}

/// One result for each call, in the order of the calls.
fn answered(open: &[String], results: &[ToolResult]) -> Vec<ToolResult> {
    let mut used = HashSet::new();
    open.iter()
        .map(|call| {
            let fits = |(index, result): &(usize, &ToolResult)| result.call == *call && !used.contains(index);
            let found = results.iter().enumerate().find(fits);
            let Some((index, result)) = found else { return ToolResult::failure(call, NO_RESULT) };
            used.insert(index);
            result.clone()
        })
        .collect()
}

fn own(part: &AnswerPart, issuers: &[Issuer]) -> Option<AnswerPart> {
    match part {
        AnswerPart::Text { text } if text.trim().is_empty() => None,
        AnswerPart::Thinking { signature, .. } => {
            signature.as_ref().filter(|proof| issuers.contains(&proof.issuer)).map(|_| part.clone())
        }
        AnswerPart::Call(call) => {
            let mut call = call.clone();
            call.signature = call.signature.filter(|proof| issuers.contains(&proof.issuer));
            Some(AnswerPart::Call(call))
        }
        AnswerPart::Text { .. } => Some(part.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Signature, ToolCall};

    fn call(name: &str) -> AnswerPart {
        AnswerPart::Call(ToolCall {
            call: name.to_owned(),
            name: "look".to_owned(),
            arguments: serde_json::json!({}),
            signature: None,
        })
    }

    fn thought(issuer: Option<Issuer>) -> AnswerPart {
        let signature = issuer.map(|issuer| Signature { issuer, value: "proof".to_owned() });
        AnswerPart::Thinking { text: "hm".to_owned(), signature }
    }

    fn say(text: &str) -> AnswerPart {
        AnswerPart::Text { text: text.to_owned() }
    }

    /// One word a message, so that a case reads like a conversation.
    #[track_caller]
    fn check(messages: Vec<Message>, expected: &str) {
        let request = Request { messages, ..Request::default() };
        let found: Vec<String> = mended(&request, &[Issuer::Anthropic]).unwrap().iter().map(word).collect();
        assert_eq!(found.join(" | "), expected);
    }

    fn word(message: &Message) -> String {
        let words: Vec<String> = match message {
            Message::Person(parts) => parts.iter().map(|part| format!("{part:?}")).collect(),
            Message::Answer(parts) => parts
                .iter()
                .map(|part| match part {
                    AnswerPart::Text { text } => text.clone(),
                    AnswerPart::Thinking { .. } => "(hm)".to_owned(),
                    AnswerPart::Call(call) => format!("{}?", call.call),
                })
                .collect(),
            Message::Results(results) => results
                .iter()
                .map(|result| format!("{}{}", result.call, if result.failed { "-" } else { "+" }))
                .collect(),
        };
        words.join(" ")
    }

    #[test]
    fn what_is_whole_stays_as_it_is() {
        check(
            vec![
                Message::person("a"),
                Message::Answer(vec![thought(Some(Issuer::Anthropic)), say("b"), call("1"), call("2")]),
                Message::Results(vec![ToolResult::text("1", "x"), ToolResult::text("2", "y")]),
            ],
            "Text(\"a\") | (hm) b 1? 2? | 1+ 2+",
        );
    }

    #[test]
    fn a_call_without_result_says_that_it_was_interrupted() {
        let asked = || vec![Message::person("a"), Message::Answer(vec![call("1"), call("2")])];
        let with = |more: Vec<Message>| [asked(), more].concat();
        check(with(vec![Message::person("b")]), "Text(\"a\") | 1? 2? | 1- 2- | Text(\"b\")");
        check(
            with(vec![Message::Results(vec![ToolResult::text("2", "y"), ToolResult::text("9", "z")])]),
            "Text(\"a\") | 1? 2? | 1- 2+",
        );
        check(
            with(vec![Message::Answer(vec![say("c")]), Message::person("b")]),
            "Text(\"a\") | 1? 2? | 1- 2- | c | Text(\"b\")",
        );
    }

    #[test]
    fn a_result_without_call_is_left_out() {
        check(vec![Message::Results(vec![ToolResult::text("1", "x")]), Message::person("a")], "Text(\"a\")");
    }

    #[test]
    fn calls_of_one_name_get_one_result_each() {
        check(
            vec![
                Message::person("a"),
                Message::Answer(vec![call("1"), call("1")]),
                Message::Results(vec![ToolResult::text("1", "x"), ToolResult::failure("1", "y")]),
            ],
            "Text(\"a\") | 1? 1? | 1+ 1-",
        );
    }

    #[test]
    fn thinking_of_others_and_empty_words_are_left_out() {
        check(
            vec![
                Message::person("a"),
                Message::Answer(vec![thought(Some(Issuer::Gemini)), thought(None), say(" "), say("b")]),
                Message::person(" "),
                Message::Answer(vec![thought(Some(Issuer::Anthropic))]),
                Message::person("c"),
            ],
            "Text(\"a\") | b | Text(\"c\")",
        );
    }

    #[test]
    fn a_conversation_that_lost_its_beginning_gets_one() {
        check(
            vec![Message::Answer(vec![say("b")]), Message::person("c")],
            "Text(\"(What was said before is left out.)\") | b | Text(\"c\")",
        );
    }

    #[test]
    fn nothing_to_answer_is_a_mistake() {
        for messages in [
            vec![],
            vec![Message::person(" ")],
            vec![Message::person("a"), Message::Answer(vec![say("b")])],
            vec![Message::Results(vec![ToolResult::text("1", "x")])],
        ] {
            let request = Request { messages, ..Request::default() };
            assert!(matches!(mended(&request, &[]), Err(Error::Request(_))), "{request:?}");
        }
    }
}
