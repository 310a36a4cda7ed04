//! Whether an address may be read without asking.
//!
//! Whoever reads an address tells its owner everything that stands in it. As long as only the person and what is on
//! this server were heard, nobody else can want that. From the first word of a stranger on, an address that the model
//! has put together itself may carry what it was told here; so from then on only those are read that the person
//! wrote, that stood letter by letter in what a tool read from the web, or that the person has agreed to.

use std::collections::HashSet;

use livos_bus::approvals::ProposalState;
use livos_llm::AnswerPart;

use super::address;
use crate::core::step::{Entry, Step};
use crate::core::tools;

/// The most addresses that are kept of one conversation.
const MOST: usize = 10_000;

/// What a conversation knows when a call is made.
#[derive(Debug, Default)]
pub(crate) struct Known {
    strangers: bool,
    addresses: HashSet<String>,
}

impl Known {
    /// `strangers`: a stranger had a say in what was asked. The turn is the one that makes the call: what is called for
    /// beside it was not heard yet.
    pub(crate) fn of(entries: &[Entry], strangers: bool, turn: i64) -> Self {
        let mut known = Self { strangers, addresses: HashSet::new() };
        let (mut web, mut memory): (HashSet<&str>, HashSet<&str>) = Default::default();
        for entry in entries {
            match &entry.step {
                // What was scheduled is the model's words and not the person's.
                Step::Asked { text, scheduled: None } => known.take_written(text),
                Step::Answered { parts, .. } => {
                    let calls = parts.iter().filter_map(|part| match part {
                        AnswerPart::Call(call) => Some(call),
                        AnswerPart::Text { .. } | AnswerPart::Thinking { .. } => None,
                    });
                    for call in calls {
                        known.strangers |= entry.seq < turn && tools::taints(&call.name);
                        if tools::reads_web(&call.name) {
                            web.insert(call.call.as_str());
                        }
                        if call.name == "memory_search" {
                            memory.insert(call.call.as_str());
                        }
                    }
                }
                // A refusal may repeat what was asked for.
                Step::Result { call, text, failed: false, .. } if web.contains(call.as_str()) => {
                    known.take(text);
                }
                // What a stranger had remembered in another conversation is a stranger's in this one.
                Step::Result { call, text, .. } if memory.contains(call.as_str()) => {
                    known.strangers |= entry.seq < turn && tools::recalls_strangers(text);
                }
                Step::Proposal { proposal, .. }
                    if proposal.state == ProposalState::Done && tools::reads_web(&proposal.action.tool) =>
                {
                    let agreed = proposal.action.arguments.get("url").and_then(|url| url.as_str());
                    known.insert(agreed.unwrap_or_default());
                }
                _ => {}
            }
        }
        known
    }

    /// Whether this address may be read without asking.
    pub(crate) fn admits(&self, url: &url::Url) -> bool {
        !self.strangers || self.addresses.contains(url.as_str())
    }

    fn insert(&mut self, text: &str) {
        if self.addresses.len() < MOST
            && let Ok(url) = address::parse(text)
        {
            self.addresses.insert(url.into());
        }
    }

    /// Every address that stands in a text.
    fn take(&mut self, text: &str) {
        for scheme in ["https://", "http://"] {
            for (at, _) in text.match_indices(scheme) {
                let rest = &text[at..];
                let end = rest.find(|letter: char| letter.is_whitespace() || "<>\"`|".contains(letter));
                let rest = &rest[..end.unwrap_or(rest.len())];
                let mut whole = rest.trim_end_matches(END);
                // A bracket that was opened in it is a part of it.
                if whole.matches('(').count() > whole.matches(')').count()
                    && rest[whole.len()..].starts_with(')')
                {
                    whole = &rest[..=whole.len()];
                }
                self.insert(whole);
                if let Some((before, _)) = whole.split_once([')', '(', ']', '\'']) {
                    self.insert(before.trim_end_matches(END));
                }
            }
        }
    }

    /// And those that a person writes without what comes before them.
    fn take_written(&mut self, text: &str) {
        self.take(text);
        for word in text.split(|letter: char| letter.is_whitespace() || "<>\"'()[]`|,;".contains(letter)) {
            let word = word.trim_end_matches(END);
            if word.contains('.') && !word.contains("://") && !word.contains('@') {
                self.insert(&format!("https://{word}"));
                self.insert(&format!("http://{word}"));
            }
        }
    }
}

/// What ends a sentence and no address.
const END: [char; 8] = ['.', ',', ';', ':', '!', '?', ')', ']'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_where_they_stand() {
        let mut known = Known { strangers: true, ..Known::default() };
        known.take("[a](https://a.example/x?y=1#z) and (https://b.example/it_(1)), http://c.example.");
        known.take_written("Look at d.example/page, please.");
        for (text, admits) in [
            ("https://a.example/x?y=1", true),
            ("https://a.example/x?y=2", false),
            ("https://a.example/x", false),
            ("https://b.example/it_(1)", true),
            ("http://c.example/", true),
            ("https://c.example/", false),
            ("https://d.example/page", true),
            ("http://d.example/page#part", true),
            ("https://d.example/page?more", false),
        ] {
            assert_eq!(known.admits(&address::parse(text).unwrap()), admits, "{text}");
        }
        assert!(Known::default().admits(&address::parse("https://anything.example").unwrap()));
    }
}
