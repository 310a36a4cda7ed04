//! Variable interpolation as the compose specification defines it, over every string value of a tree.
//!
//! Interpolation happens after parsing, so a value can never add structure. Keys are left alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::node::{Map, Node};
use crate::read::{CLOSE, OPEN};
use crate::spec::{Provider, Unresolved};

const MAX_PRODUCED: usize = 4 * 1024 * 1024;
const MAX_NESTING: usize = 16;

/// What is known about a variable.
pub(crate) enum Lookup {
    /// Its value, possibly empty.
    Value(String),
    /// Somebody will give it later.
    Pending(Provider),
    /// Nobody knows it: empty, as in compose.
    Unset,
}

/// Where variables come from.
pub(crate) trait Scope {
    /// `optional` is true when the text gives a default or an alternative for a missing value.
    fn lookup(&self, name: &str, optional: bool) -> Lookup;
}

/// Interpolates and remembers what was missing.
pub(crate) struct Interpolator<'a> {
    scope: &'a dyn Scope,
    unresolved: BTreeMap<String, (Provider, BTreeSet<String>)>,
    undefined: BTreeSet<String>,
    known: BTreeMap<String, String>,
    produced: usize,
}

/// What an interpolation has come across.
pub(crate) struct Variables {
    /// Somebody will give these later.
    pub(crate) unresolved: Vec<Unresolved>,
    /// Nobody knows these.
    pub(crate) undefined: BTreeSet<String>,
    /// These had a value.
    pub(crate) known: BTreeMap<String, String>,
}

impl<'a> Interpolator<'a> {
    pub(crate) fn new(scope: &'a dyn Scope) -> Self {
        Interpolator {
            scope,
            unresolved: BTreeMap::new(),
            undefined: BTreeSet::new(),
            known: BTreeMap::new(),
            produced: 0,
        }
    }

    /// Every string value of the tree, in place.
    pub(crate) fn tree(&mut self, place: &str, node: &mut Node) -> Result<()> {
        match node {
            Node::Null => Ok(()),
            Node::Scalar { text, plain } => {
                if text.contains('$') {
                    *text = self.text(place, text)?;
                    *plain = false;
                }
                Ok(())
            }
            Node::Seq(items) => items
                .iter_mut()
                .enumerate()
                .try_for_each(|(index, item)| self.tree(&format!("{place}[{index}]"), item)),
            Node::Map(Map(entries)) => entries.iter_mut().try_for_each(|(key, item)| {
                // Extensions are nobody's configuration: they may hold any text, `$` included.
                if key.starts_with("x-") {
                    return Ok(());
                }
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                self.tree(&place, item)
            }),
        }
    }

    /// One string.
    pub(crate) fn text(&mut self, place: &str, text: &str) -> Result<String> {
        let out = self.expand(place, text, 0)?;
        self.produced = self.produced.saturating_add(out.len());
        if self.produced > MAX_PRODUCED {
            return Err(Error::Limit {
                file: place.to_owned(),
                limit: format!("interpolation produces more than {MAX_PRODUCED} bytes"),
            });
        }
        Ok(out)
    }

    /// A variable that is passed on by name (`- KEY`, `KEY:`); `None` = leave it out.
    pub(crate) fn pass_on(&mut self, place: &str, name: &str) -> Option<String> {
        match self.look_up(name, true) {
            Lookup::Value(value) => Some(value),
            Lookup::Pending(provider) => Some(self.pending(place, name, provider)),
            Lookup::Unset => None,
        }
    }

    fn look_up(&mut self, name: &str, optional: bool) -> Lookup {
        let found = self.scope.lookup(name, optional);
        if let Lookup::Value(value) = &found {
            self.known.entry(name.to_owned()).or_insert_with(|| value.clone());
        }
        found
    }

    /// The variables that were used.
    pub(crate) fn finish(self) -> Variables {
        let unresolved = self
            .unresolved
            .into_iter()
            .map(|(name, (provider, used_in))| Unresolved {
                name,
                provider,
                used_in: used_in.into_iter().collect(),
            })
            .collect();
        Variables { unresolved, undefined: self.undefined, known: self.known }
    }

    fn pending(&mut self, place: &str, name: &str, provider: Provider) -> String {
        self.unresolved
            .entry(name.to_owned())
            .or_insert_with(|| (provider, BTreeSet::new()))
            .1
            .insert(place.to_owned());
        format!("{OPEN}{name}{CLOSE}")
    }

    fn expand(&mut self, place: &str, text: &str, nesting: usize) -> Result<String> {
        let invalid = || Error::Interpolation {
            place: place.to_owned(),
            reason: "invalid interpolation format; write $$ for a literal $".to_owned(),
        };
        if nesting > MAX_NESTING {
            return Err(Error::Interpolation {
                place: place.to_owned(),
                reason: format!("defaults are nested deeper than {MAX_NESTING} levels"),
            });
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                let end = closing_brace(after).ok_or_else(invalid)?;
                out.push_str(&self.braced(place, &after[..end], nesting)?);
                rest = &after[end + 1..];
            } else {
                let length = name_length(rest);
                if length == 0 {
                    // `$(`, `$?`, `$1` and a `$` at the end are nothing to compose: they stay.
                    out.push('$');
                    continue;
                }
                let value = self.value(place, &rest[..length]);
                out.push_str(&value.unwrap_or_default());
                rest = &rest[length..];
            }
            if out.len() > MAX_PRODUCED {
                return Err(Error::Limit {
                    file: place.to_owned(),
                    limit: format!("interpolation produces more than {MAX_PRODUCED} bytes"),
                });
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// The inside of `${…}`.
    fn braced(&mut self, place: &str, inside: &str, nesting: usize) -> Result<String> {
        let length = name_length(inside);
        let (name, operation) = inside.split_at(length);
        if length == 0 {
            return Err(Error::Interpolation {
                place: place.to_owned(),
                reason: format!("“${{{inside}}}” names no variable"),
            });
        }
        if operation.is_empty() {
            return Ok(self.value(place, name).unwrap_or_default());
        }
        let (no_empty, operation) = match operation.strip_prefix(':') {
            Some(operation) => (true, operation),
            None => (false, operation),
        };
        let Some(operator @ ('-' | '+' | '?')) = operation.chars().next() else {
            return Err(Error::Interpolation {
                place: place.to_owned(),
                reason: format!("“${{{inside}}}” is not a known form of interpolation"),
            });
        };
        let word = &operation[1..];
        let (value, pending) = match self.look_up(name, operator != '?') {
            Lookup::Value(value) => (Some(value), false),
            Lookup::Pending(provider) => (Some(self.pending(place, name, provider)), true),
            Lookup::Unset => (None, false),
        };
        let value = value.filter(|value| !(no_empty && value.is_empty()));
        match (operator, value) {
            (_, Some(value)) if pending => Ok(value),
            ('-' | '?', Some(value)) => Ok(value),
            ('-', None) | ('+', Some(_)) => self.expand(place, word, nesting + 1),
            ('+', None) => Ok(String::new()),
            (_, None) => {
                let message = self.expand(place, word, nesting + 1)?;
                Err(Error::Required { place: place.to_owned(), name: name.to_owned(), message })
            }
            (_, Some(value)) => Ok(value),
        }
    }

    fn value(&mut self, place: &str, name: &str) -> Option<String> {
        match self.look_up(name, false) {
            Lookup::Value(value) => Some(value),
            Lookup::Pending(provider) => Some(self.pending(place, name, provider)),
            Lookup::Unset => {
                self.undefined.insert(name.to_owned());
                None
            }
        }
    }
}

fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
        return 0;
    }
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

/// Where the brace that is already open closes; braces inside are counted.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a text still waits for a variable.
pub(crate) fn is_pending(text: &str) -> bool {
    text.contains(OPEN)
}

/// The inner marks of unresolved variables become `${NAME}`.
pub(crate) fn show_pending(text: &str) -> String {
    text.replace(OPEN, "${").replace(CLOSE, "}")
}
