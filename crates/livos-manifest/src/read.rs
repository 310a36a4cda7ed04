//! Text to tree, within limits.
//!
//! The limits are far above any honest manifest (the largest known one has 0.1 MB) and far below what costs
//! noticeable time or memory: aliases are charged with everything they repeat.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag, options};

use crate::error::{Error, Result};
use crate::node::{Map, Node};
use crate::place::Position;

/// Bytes of one document.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 50_000;
const MAX_TEXT: usize = 4 * 1024 * 1024;
const MAX_ANCHORS: usize = 1_000;

/// These two characters mark unresolved variables inside a plan; a manifest has no business with them.
pub(crate) const OPEN: char = '\u{FDD0}';
pub(crate) const CLOSE: char = '\u{FDD1}';

fn limit(file: &str, limit: impl Into<String>) -> Error {
    Error::Limit { file: file.to_owned(), limit: limit.into() }
}

fn check_text(file: &str, text: &str) -> Result<()> {
    if text.len() > MAX_BYTES {
        return Err(limit(file, format!("it has {} bytes, at most {MAX_BYTES} are read", text.len())));
    }
    check_characters(file, text)
}

/// Escapes can write what the text itself may not contain, so scalars are checked again.
fn check_characters(file: &str, text: &str) -> Result<()> {
    if text.contains([OPEN, CLOSE, '\0']) {
        return Err(limit(file, "it contains characters that are not text (NUL, U+FDD0 or U+FDD1)"));
    }
    Ok(())
}

/// Reads a JSON document.
pub(crate) fn json(file: &str, text: &str) -> Result<Node> {
    check_text(file, text)?;
    let node: Node =
        serde_json::from_str(text.trim_start_matches('\u{FEFF}')).map_err(|error| Error::Json {
            file: file.to_owned(),
            reason: error.to_string(),
            at: Some(Position { line: error.line(), column: error.column() }),
        })?;
    let mut budget = Budget::default();
    budget.charge(file, &node)?;
    Ok(node)
}

pub(crate) fn settings() -> Options {
    options! { emit_comments: false, flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH }
}

/// Reads a YAML document: anchors, aliases, merge keys, YAML 1.2 core tags.
pub(crate) fn yaml(file: &str, text: &str) -> Result<Node> {
    Ok(yaml_with_tags(file, text)?.0)
}

/// The same, and whether compose's tags `!reset` or `!override` are in it.
pub(crate) fn yaml_with_tags(file: &str, text: &str) -> Result<(Node, bool)> {
    check_text(file, text)?;
    let mut builder = Builder {
        file,
        stack: Vec::new(),
        anchors: HashMap::new(),
        budget: Budget::default(),
        root: None,
        tagged: false,
        reset: Vec::new(),
    };
    for next in Parser::new_from_str_with_options(text, settings()) {
        let (event, span) = next.map_err(|error| {
            let at = Some(Position::from(error.marker()));
            let reason = error.to_string();
            if reason.contains("nest") || reason.contains("depth") || reason.contains("recursion") {
                limit(file, format!("it is nested deeper than {MAX_DEPTH} levels ({reason})"))
            } else {
                Error::Yaml { file: file.to_owned(), reason, at }
            }
        })?;
        let at = Position::from(&span.start);
        builder.event(event).map_err(|error| match error {
            Error::Yaml { file, reason, .. } => {
                Error::Yaml { file, reason: format!("{reason} (line {})", at.line), at: Some(at) }
            }
            other => other,
        })?;
    }
    Ok((builder.root.unwrap_or(Node::Null), builder.tagged))
}

/// What has been read or repeated so far.
#[derive(Default)]
pub(crate) struct Budget {
    pub(crate) nodes: usize,
    text: usize,
}

impl Budget {
    pub(crate) fn add(&mut self, file: &str, nodes: usize, text: usize) -> Result<()> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.text = self.text.saturating_add(text);
        if self.nodes > MAX_NODES {
            return Err(limit(file, format!("it has more than {MAX_NODES} values, repeated ones included")));
        }
        if self.text > MAX_TEXT {
            return Err(limit(
                file,
                format!("it has more than {MAX_TEXT} bytes of text, repeated text included"),
            ));
        }
        Ok(())
    }

    fn charge(&mut self, file: &str, node: &Node) -> Result<()> {
        self.count(file, node, &|text| check_characters(file, text))
    }

    /// Charges a value that has been looked at before.
    pub(crate) fn repeat(&mut self, file: &str, node: &Node) -> Result<()> {
        self.count(file, node, &|_| Ok(()))
    }

    /// A copy of a value, charged before it is made.
    pub(crate) fn repeated(&mut self, file: &str, node: &Node) -> Result<Node> {
        self.repeat(file, node)?;
        Ok(node.clone())
    }

    fn count(&mut self, file: &str, node: &Node, check: &dyn Fn(&str) -> Result<()>) -> Result<()> {
        match node {
            Node::Null => self.add(file, 1, 0),
            Node::Scalar { text, .. } => {
                check(text)?;
                self.add(file, 1, text.len())
            }
            Node::Seq(items) => {
                self.add(file, 1, 0)?;
                items.iter().try_for_each(|item| self.count(file, item, check))
            }
            Node::Map(map) => {
                self.add(file, 1, 0)?;
                map.iter().try_for_each(|(key, item)| {
                    self.add(file, 1, key.len())?;
                    self.count(file, item, check)
                })
            }
        }
    }
}

enum Open {
    Seq {
        anchor: usize,
        items: Vec<Node>,
    },
    Map {
        anchor: usize,
        entries: Vec<(String, Node)>,
        seen: HashMap<String, usize>,
        merges: Vec<Node>,
        key: Option<Key>,
    },
}

enum Key {
    Name(String),
    Merge,
}

struct Builder<'a> {
    file: &'a str,
    stack: Vec<Open>,
    anchors: HashMap<usize, Node>,
    budget: Budget,
    root: Option<Node>,
    /// `!reset` or `!override` was seen.
    tagged: bool,
    /// How deep the open lists and mappings with `!reset` lie.
    reset: Vec<usize>,
}

impl Builder<'_> {
    fn invalid(&self, reason: impl Into<String>) -> Error {
        Error::Yaml { file: self.file.to_owned(), reason: reason.into(), at: None }
    }

    fn open(&mut self, open: Open) -> Result<()> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(limit(self.file, format!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        self.budget.add(self.file, 1, 0)?;
        if let Some(Open::Map { key: None, .. }) = self.stack.last() {
            return Err(self.invalid("a list or mapping can't be a key here"));
        }
        self.stack.push(open);
        Ok(())
    }

    fn event(&mut self, event: Event<'_>) -> Result<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.budget.add(self.file, 1, text.len())?;
                check_characters(self.file, &text)?;
                let node = self.scalar(&text, style, tag.as_deref())?;
                let merge = node == Node::Scalar { text: "<<".into(), plain: true };
                if merge && matches!(self.stack.last(), Some(Open::Map { key: None, .. })) {
                    if let Some(Open::Map { key, .. }) = self.stack.last_mut() {
                        *key = Some(Key::Merge);
                    }
                    return Ok(());
                }
                self.finish(anchor, node)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref())?;
                self.open(Open::Seq { anchor, items: Vec::new() })?;
                self.note_reset(tag.as_deref());
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref())?;
                self.open(Open::Map {
                    anchor,
                    entries: Vec::new(),
                    seen: HashMap::new(),
                    merges: Vec::new(),
                    key: None,
                })?;
                self.note_reset(tag.as_deref());
                Ok(())
            }
            Event::SequenceEnd => match self.stack.pop() {
                Some(Open::Seq { anchor, items }) => {
                    let node = self.unless_reset(Node::Seq(items));
                    self.finish(anchor, node)
                }
                _ => Err(self.invalid("unexpected end of a list")),
            },
            Event::MappingEnd => match self.stack.pop() {
                Some(Open::Map { anchor, entries, seen, merges, .. }) => {
                    let map = self.merge(entries, seen, merges)?;
                    let node = self.unless_reset(Node::Map(map));
                    self.finish(anchor, node)
                }
                _ => Err(self.invalid("unexpected end of a mapping")),
            },
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned().ok_or_else(|| {
                    self.invalid("an alias refers to something that contains it, or to nothing")
                })?;
                self.budget.charge(self.file, &node)?;
                self.finish(0, node)
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(self.invalid("there is more than one document; only one is read"))
            }
            _ => Ok(()),
        }
    }

    /// Tags change what a value is. Core tags are understood, compose's own are named, others are refused.
    fn check_tag(&mut self, tag: Option<&Tag>) -> Result<()> {
        match tag {
            None => Ok(()),
            Some(tag) if matches!(tag.core_suffix(), Some("map" | "seq")) => Ok(()),
            // In a single file there is nothing to override, so the value simply counts. Whoever joins files asks
            // whether there were such.
            Some(tag) if matches!(tag.original().as_str(), "!override" | "!reset") => {
                self.tagged = true;
                Ok(())
            }
            Some(tag) => Err(self.invalid(format!("the tag {} is not supported", tag.original()))),
        }
    }

    /// What is reset is not there, whatever it holds.
    fn note_reset(&mut self, tag: Option<&Tag>) {
        if tag.is_some_and(|tag| tag.original() == "!reset") {
            self.reset.push(self.stack.len());
        }
    }

    /// The list or mapping that was just closed.
    fn unless_reset(&mut self, node: Node) -> Node {
        if self.reset.last() == Some(&(self.stack.len() + 1)) {
            self.reset.pop();
            return Node::Null;
        }
        node
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node> {
        let plain = style == ScalarStyle::Plain;
        if let Some(tag) = tag {
            self.tagged |= matches!(tag.original().as_str(), "!reset" | "!override");
            return match (tag.core_suffix(), tag.original().as_str()) {
                // A key written `!!merge <<` is the merge key itself.
                (_, "!!merge") if text == "<<" => Ok(Node::Scalar { text: text.to_owned(), plain: true }),
                (Some("str"), _) | (_, "!") => Ok(Node::text(text)),
                (Some("null"), _) | (_, "!reset") => Ok(Node::Null),
                (Some("int" | "float" | "bool"), _) => {
                    Ok(Node::Scalar { text: text.to_owned(), plain: true })
                }
                (_, "!override") => Ok(Node::Scalar { text: text.to_owned(), plain }),
                (_, other) => Err(self.invalid(format!("the tag {other} is not supported"))),
            };
        }
        if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            return Ok(Node::Null);
        }
        Ok(Node::Scalar { text: text.to_owned(), plain })
    }

    /// Puts a finished value where it belongs.
    fn finish(&mut self, anchor: usize, node: Node) -> Result<()> {
        if anchor != 0 {
            if self.anchors.len() >= MAX_ANCHORS {
                return Err(limit(self.file, format!("it has more than {MAX_ANCHORS} anchors")));
            }
            // The anchor keeps a copy of its own, so it is charged like an alias.
            self.budget.charge(self.file, &node)?;
            self.anchors.insert(anchor, node.clone());
        }
        let duplicate = match self.stack.last_mut() {
            None => {
                self.root = Some(node);
                None
            }
            Some(Open::Seq { items, .. }) => {
                items.push(node);
                None
            }
            Some(Open::Map { entries, seen, merges, key, .. }) => match key.take() {
                None => match node {
                    Node::Scalar { text, .. } => {
                        *key = Some(Key::Name(text));
                        None
                    }
                    Node::Null => {
                        *key = Some(Key::Name("null".into()));
                        None
                    }
                    _ => Some("a list or mapping can't be a key here".to_owned()),
                },
                Some(Key::Merge) => {
                    merges.push(node);
                    None
                }
                Some(Key::Name(name)) => {
                    if seen.contains_key(&name) {
                        Some(format!("the key “{name}” is given twice"))
                    } else {
                        seen.insert(name.clone(), entries.len());
                        entries.push((name, node));
                        None
                    }
                }
            },
        };
        duplicate.map_or(Ok(()), |reason| Err(self.invalid(reason)))
    }

    /// `<<`: what the mapping says itself wins, then the first source that says it.
    fn merge(
        &mut self,
        mut entries: Vec<(String, Node)>,
        mut seen: HashMap<String, usize>,
        merges: Vec<Node>,
    ) -> Result<Map> {
        for source in merges {
            let sources = match source {
                Node::Map(map) => vec![map],
                Node::Seq(items) => items
                    .into_iter()
                    .map(|item| match item {
                        Node::Map(map) => Ok(map),
                        _ => Err(self.invalid("<< needs mappings")),
                    })
                    .collect::<Result<_>>()?,
                Node::Null => Vec::new(),
                Node::Scalar { .. } => return Err(self.invalid("<< needs a mapping")),
            };
            for (name, node) in sources.into_iter().flat_map(|map| map.0) {
                if !seen.contains_key(&name) {
                    seen.insert(name.clone(), entries.len());
                    entries.push((name, node));
                }
            }
        }
        Ok(Map(entries))
    }
}
