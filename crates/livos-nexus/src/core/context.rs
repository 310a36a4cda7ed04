//! What a model is told: the steps of a conversation as messages.

use livos_llm::{AnswerPart, Message, PersonPart, ToolResult};

use super::step::{Entry, Step};

/// The conversation so far, as a model is asked with it. Neighbours of one kind become one message, since some
/// providers take no two in a row.
pub(crate) fn messages(entries: &[Entry]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for entry in entries {
        match &entry.step {
            Step::Asked { text } => {
                let part = PersonPart::Text(text.clone());
                match messages.last_mut() {
                    Some(Message::Person(parts)) => parts.push(part),
                    _ => messages.push(Message::Person(vec![part])),
                }
            }
            Step::Answered { parts, .. } => add_answer(&mut messages, parts.clone()),
            Step::BrokenOff { text, .. } if !text.is_empty() => {
                add_answer(&mut messages, vec![AnswerPart::Text { text: text.clone() }]);
            }
            Step::Result { call, text, failed, .. } => {
                let make = if *failed { ToolResult::failure } else { ToolResult::text };
                let result = make(call.clone(), text.clone());
                match messages.last_mut() {
                    Some(Message::Results(results)) => results.push(result),
                    _ => messages.push(Message::Results(vec![result])),
                }
            }
            Step::Titled { .. }
            | Step::Turn { .. }
            | Step::BrokenOff { .. }
            | Step::Proposal { .. }
            | Step::Ended { .. } => {}
        }
    }
    messages
}

fn add_answer(messages: &mut Vec<Message>, parts: Vec<AnswerPart>) {
    match messages.last_mut() {
        _ if parts.is_empty() => {}
        Some(Message::Answer(before)) => before.extend(parts),
        _ => messages.push(Message::Answer(parts)),
    }
}
