//! From events to the message they make.

use crate::{AnswerPart, Event, StopReason, Usage};

/// An answer put together from its events; what there is of it is good at any moment.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    parts: Vec<AnswerPart>,
    before: Usage,
    attempt: Usage,
    stop: Option<StopReason>,
    model: Option<String>,
}

impl Collected {
    /// Adds the next event.
    pub fn push(&mut self, event: &Event) {
        match event {
            Event::Started { model } => {
                self.before = self.usage();
                self.attempt = Usage::default();
                self.model = Some(model.clone());
            }
            Event::Text(more) => match self.parts.last_mut() {
                Some(AnswerPart::Text { text }) => text.push_str(more),
                _ => self.parts.push(AnswerPart::Text { text: more.clone() }),
            },
            Event::Thinking(more) => match self.parts.last_mut() {
                Some(AnswerPart::Thinking { text, signature: None }) => text.push_str(more),
                _ => self.parts.push(AnswerPart::Thinking { text: more.clone(), signature: None }),
            },
            Event::ThinkingSigned(proof) => match self.parts.last_mut() {
                Some(AnswerPart::Thinking { signature: signature @ None, .. }) => {
                    *signature = Some(proof.clone());
                }
                _ => self
                    .parts
                    .push(AnswerPart::Thinking { text: String::new(), signature: Some(proof.clone()) }),
            },
            Event::CallComplete(call) => self.parts.push(AnswerPart::Call(call.clone())),
            Event::Usage(usage) => self.attempt = *usage,
            Event::Stopped(reason) => self.stop = Some(*reason),
            Event::Retrying { .. } | Event::CallStarted { .. } | Event::CallArguments { .. } => {}
        }
    }

    /// What goes into [`crate::Message::Answer`]: whole calls only.
    #[must_use]
    pub fn parts(&self) -> &[AnswerPart] {
        &self.parts
    }

    /// Everything used, attempts that came to nothing included.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            input: self.before.input.saturating_add(self.attempt.input),
            cached: self.before.cached.saturating_add(self.attempt.cached),
            cache_written: self.before.cache_written.saturating_add(self.attempt.cache_written),
            output: self.before.output.saturating_add(self.attempt.output),
        }
    }

    /// Why it ended, if it did.
    #[must_use]
    pub fn stop(&self) -> Option<StopReason> {
        self.stop
    }

    /// Who answered.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }
}
