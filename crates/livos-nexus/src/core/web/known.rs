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
use crate::core::{strangers, subagents, tools};

/// The most addresses of pages that are kept of one conversation.
const MOST: usize = 10_000;
/// The longest line that a person is taken to have written themselves, in bytes.
const LINE: usize = 500;

/// What a conversation knows when a call is made.
#[derive(Debug, Default)]
pub(crate) struct Known {
    strangers: bool,
    /// What the person wrote or agreed to: always kept, so that no page can push it out.
    own: HashSet<String>,
    /// What stood in pages.
    read: HashSet<String>,
    /// Lines that the person wrote, and what they agreed to have searched for, as words.
    lines: Vec<String>,
}

impl Known {
    /// `asked_by_strangers`: one had a say in what was asked. The turn is the one that makes the call: what is called for
    /// beside it was not heard yet.
    pub(crate) fn of(entries: &[Entry], asked_by_strangers: bool, turn: i64) -> Self {
        let heard = asked_by_strangers || strangers::heard(entries.iter().filter(|entry| entry.seq < turn));
        let mut known = Self { strangers: heard, ..Self::default() };
        let mut web: HashSet<&str> = HashSet::new();
        for entry in entries {
            match &entry.step {
                // What was scheduled is the model's words and not the person's. What it asks a subagent for is as good as
                // its own calls are: those need no question either, before a stranger's words.
                Step::Asked { text, scheduled: None, by, .. } if !subagents::was_tainted(by.as_ref()) => {
                    known.take_written(text);
                    // What is longer was pasted, and may be anybody's.
                    let written = text.lines().filter(|line| line.len() <= LINE);
                    known.lines.extend(written.map(words));
                }
                Step::Answered { parts, .. } => {
                    let calls = parts.iter().filter_map(|part| match part {
                        AnswerPart::Call(call) => Some(call),
                        AnswerPart::Text { .. } | AnswerPart::Thinking { .. } => None,
                    });
                    for call in calls {
                        if tools::reads_web(&call.name) {
                            web.insert(call.call.as_str());
                        }
                    }
                }
                // A refusal may repeat what was asked for.
                Step::Result { call, text, failed: false, .. } if web.contains(call.as_str()) => {
                    take(text, &mut |address| known.insert_read(address));
                }
                Step::Proposal { proposal, .. }
                    if proposal.state == ProposalState::Done && tools::reads_web(&proposal.action.tool) =>
                {
                    let agreed = proposal.action.arguments.get("url").and_then(|url| url.as_str());
                    known.insert_own(agreed.unwrap_or_default());
                    let agreed = proposal.action.arguments.get("query").and_then(|query| query.as_str());
                    known.lines.extend(agreed.map(words));
                }
                _ => {}
            }
        }
        known
    }

    /// Whether this address may be read without asking.
    pub(crate) fn admits(&self, url: &url::Url) -> bool {
        !self.strangers || self.own.contains(url.as_str()) || self.read.contains(url.as_str())
    }

    /// Whether these words may be searched for without asking: whoever searches is told them, and those whom it asks.
    /// The person wrote them, one after the other on a line, or has agreed to them.
    pub(crate) fn admits_query(&self, query: &str) -> bool {
        let query = words(query);
        let query =
            query.trim_matches(|letter: char| letter.is_ascii_punctuation() || "“”„«»".contains(letter));
        !self.strangers || (!query.is_empty() && self.lines.iter().any(|line| stands(line, query)))
    }

    fn insert_read(&mut self, text: &str) {
        if self.read.len() < MOST
            && let Ok(url) = address::parse(text)
        {
            self.read.insert(url.into());
        }
    }

    fn insert_own(&mut self, text: &str) {
        if let Ok(url) = address::parse(text) {
            self.own.insert(url.into());
        }
    }

    /// And those that a person writes without what comes before them.
    fn take_written(&mut self, text: &str) {
        take(text, &mut |address| self.insert_own(address));
        for word in text.split(|letter: char| letter.is_whitespace() || "<>\"'()[]`|,;".contains(letter)) {
            let word = word.trim_end_matches(END);
            if word.contains('.') && !word.contains("://") && !word.contains('@') {
                self.insert_own(&format!("https://{word}"));
                self.insert_own(&format!("http://{word}"));
            }
        }
    }
}

/// A line, however its letters are cased and spaced.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether a line has these words. A part of a word is none.
fn stands(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + words.len()..]);
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    })
}

/// Every address that stands in a text.
fn take(text: &str, insert: &mut dyn FnMut(&str)) {
    for scheme in ["https://", "http://"] {
        for (at, _) in text.match_indices(scheme) {
            // What is longer is no address, and is not looked through again for each that begins in it.
            let rest = &text[at..];
            let rest = &rest[..rest.floor_char_boundary(address::LONGEST + 4)];
            let end = rest.find(|letter: char| letter.is_whitespace() || "<>\"`|".contains(letter));
            let rest = &rest[..end.unwrap_or(rest.len())];
            if rest.len() > address::LONGEST {
                continue;
            }
            let mut whole = rest.trim_end_matches(END);
            // A bracket that was opened in it is a part of it.
            if whole.matches('(').count() > whole.matches(')').count() && rest[whole.len()..].starts_with(')')
            {
                whole = &rest[..=whole.len()];
            }
            insert(whole);
            if let Some((before, _)) = whole.split_once([')', '(', ']', '\'']) {
                insert(before.trim_end_matches(END));
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
        take(
            "[a](https://a.example/x?y=1#z) and (https://b.example/it_(1)), http://c.example.",
            &mut |address| known.insert_read(address),
        );
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

    #[test]
    fn no_page_can_push_out_what_the_person_wrote_or_agreed_to() {
        let mut known = Known { strangers: true, ..Known::default() };
        let many: String = (0..=MOST).map(|number| format!("http://a.example/{number} ")).collect();
        take(&many, &mut |address| known.insert_read(address));
        known.take_written("And b.example/mine?");
        known.insert_own("https://c.example/agreed");
        for (text, admits) in [
            ("http://a.example/0", true),
            (&*format!("http://a.example/{MOST}"), false),
            ("https://b.example/mine", true),
            ("https://c.example/agreed", true),
        ] {
            assert_eq!(known.admits(&address::parse(text).unwrap()), admits, "{text}");
        }
    }

    #[test]
    fn what_the_person_wrote_may_be_searched_for() {
        let mut known = Known { strangers: true, ..Known::default() };
        known.lines = ["Please search for the  Best heat-pumps of 2026.", "C++ or Rust?"].map(words).to_vec();
        for (query, admits) in [
            ("best heat-pumps of 2026", true),
            ("\"heat-pumps\"", true),
            ("c++ or rust", true),
            ("heat-pump", false),
            ("est heat", false),
            ("best pumps", false),
            ("best heat-pumps of 2026 password hunter2", false),
            ("\"\"", false),
        ] {
            assert_eq!(known.admits_query(query), admits, "{query}");
        }
        assert!(Known::default().admits_query("anything"));
    }

    #[test]
    fn an_address_that_is_taken_once_is_taken_again() {
        let brackets = |count| format!("https://a.example/{}", "(".repeat(count));
        let longest = (address::LONGEST - brackets(0).len()) / "%28".len();
        let url = address::parse(&brackets(longest)).unwrap();
        assert_eq!(address::parse(url.as_str()).unwrap(), url);
        assert!(address::parse(&brackets(longest + 1)).is_err());
    }

    #[test]
    fn what_is_too_long_for_an_address_is_none_in_part() {
        let mut known = Known { strangers: true, ..Known::default() };
        let long = format!("https://a.example/{}", "é".repeat(address::LONGEST));
        take(&format!("{long} https://b.example/"), &mut |address| known.insert_read(address));
        assert_eq!(known.read.iter().map(String::as_str).collect::<Vec<_>>(), ["https://b.example/"]);
    }
}
