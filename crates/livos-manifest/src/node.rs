//! A document as a tree in which every scalar still has the text it was written with.
//!
//! `0644`, `012`, `1.10` and `yes` mean different things to different YAML readers; here they stay text until
//! the field that uses them says what it wants.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Null,
    /// `plain` tells `true` from `"true"`.
    Scalar {
        text: String,
        plain: bool,
    },
    Seq(Vec<Node>),
    Map(Map),
}

/// A mapping in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Map(pub(crate) Vec<(String, Node)>);

impl Map {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// Adds or replaces.
    pub(crate) fn set(&mut self, key: &str, node: Node) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some(slot) => slot.1 = node,
            None => self.0.push((key.to_owned(), node)),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        let index = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(index).1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(key, node)| (key.as_str(), node))
    }

    /// The text of a scalar, empty for everything else: for descriptive fields.
    pub(crate) fn text(&self, key: &str) -> String {
        self.get(key).and_then(Node::as_str).unwrap_or_default().trim().to_owned()
    }

    /// A sequence of scalars, empty for everything else: for descriptive fields.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Some(Node::Seq(items)) => items.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
            Some(Node::Scalar { text, .. }) if !text.is_empty() => vec![text.clone()],
            _ => Vec::new(),
        }
    }

    pub(crate) fn map(&self, key: &str) -> Option<&Map> {
        self.get(key).and_then(Node::as_map)
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key).and_then(Node::as_bool).unwrap_or(false)
    }
}

impl Node {
    pub(crate) fn text(text: impl Into<String>) -> Node {
        Node::Scalar { text: text.into(), plain: false }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Node::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match self {
            Node::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_seq(&self) -> Option<&[Node]> {
        match self {
            Node::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// YAML 1.2 booleans, and the words that YAML 1.1 and compose accept where a boolean is wanted.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.as_str()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "1" => Some(true),
            "false" | "no" | "off" | "n" | "0" => Some(false),
            _ => None,
        }
    }

    /// What kind of thing this is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Node::Null => "nothing",
            Node::Scalar { .. } => "a single value",
            Node::Seq(_) => "a list",
            Node::Map(_) => "a mapping",
        }
    }
}

/// Reads JSON. Depth is limited by `serde_json` itself, size by the caller.
impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

fn plain(value: &impl ToString) -> Node {
    Node::Scalar { text: value.to_string(), plain: true }
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(plain(&value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(plain(&value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(plain(&value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(plain(&value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::text(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        let mut index = std::collections::HashMap::new();
        while let Some((key, node)) = access.next_entry::<String, Node>()? {
            match index.get(&key) {
                // Like every JSON reader the catalogues were written against: the last one wins.
                Some(&at) => {
                    let slot: &mut (String, Node) = &mut entries[at];
                    slot.1 = node;
                }
                None => {
                    index.insert(key.clone(), entries.len());
                    entries.push((key, node));
                }
            }
        }
        Ok(Node::Map(Map(entries)))
    }
}
