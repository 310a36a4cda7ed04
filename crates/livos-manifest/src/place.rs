//! The file that says which containers an app has: to read, to replace, and to find a place in.

use std::borrow::Cow;

use granit_parser::{Event, Marker, Parser};
use serde::{Deserialize, Serialize};

use crate::catalogue::Entry;
use crate::error::Error;
use crate::formats::{livinity, runtipi};
use crate::read;
use crate::spec::Format;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl From<&Marker> for Position {
    fn from(marker: &Marker) -> Self {
        Position { line: marker.line(), column: marker.col() + 1 }
    }
}

impl Entry {
    /// Name and text of the file that says which containers the app has.
    #[must_use]
    pub fn compose(&self) -> Option<(&str, Cow<'_, str>)> {
        if self.format == Format::Livinity {
            return livinity::compose(&self.source).map(|text| ("docker-compose.yml", Cow::Owned(text)));
        }
        let name = self.compose_name();
        self.source.files.get(name).map(|text| (name, Cow::Borrowed(text.as_str())))
    }

    /// The same app with another text in that file's place; `None` if it has no such file.
    #[must_use]
    pub fn with_compose(mut self, text: &str) -> Option<Entry> {
        if self.format == Format::Livinity {
            livinity::set_compose(&mut self.source, text)?;
            return Some(self);
        }
        let name = self.compose_name();
        text.clone_into(self.source.files.get_mut(name)?);
        Some(self)
    }

    fn compose_name(&self) -> &'static str {
        if self.format == Format::Runtipi && self.source.files.contains_key(runtipi::DYNAMIC) {
            return runtipi::DYNAMIC;
        }
        self.source.compose_file()
    }

    /// Where in that file an error lies, if it says so and the place can be found.
    pub(crate) fn position(&self, error: &Error) -> Option<Position> {
        match error {
            Error::Yaml { at, .. } | Error::Json { at, .. } => *at,
            Error::Field { place, .. }
            | Error::Interpolation { place, .. }
            | Error::Required { place, .. } => find(&self.compose()?.1, place),
            _ => None,
        }
    }
}

enum Frame {
    Seq { path: usize, index: usize },
    Map { path: usize, has_key: bool },
}

/// Where in a YAML or JSON text a dotted place lies (`services.web.ports[0]`), or the innermost part of it that is
/// there. What follows the place, as in `services.web.privileged: …`, may stand behind it.
#[must_use]
pub fn find(text: &str, place: &str) -> Option<Position> {
    if text.len() > read::MAX_BYTES {
        return None;
    }
    let mut path = String::new();
    let mut stack: Vec<Frame> = Vec::new();
    let mut best: Option<(usize, Position)> = None;
    for next in Parser::new_from_str_with_options(text, read::settings()) {
        // Behind an error there is nothing to be found.
        let Ok((event, span)) = next else { break };
        if matches!(event, Event::SequenceEnd | Event::MappingEnd) {
            stack.pop();
            continue;
        }
        let name = match &event {
            Event::Scalar(text, ..) => Some(text.as_ref()),
            Event::SequenceStart(..) | Event::MappingStart(..) | Event::Alias(..) => None,
            _ => continue,
        };
        let named = match stack.last_mut() {
            None => false,
            Some(Frame::Seq { path: length, index }) => {
                path.truncate(*length);
                path.push_str(&format!("[{index}]"));
                *index += 1;
                true
            }
            Some(Frame::Map { path: length, has_key: has_key @ false }) => {
                path.truncate(*length);
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name.unwrap_or_default());
                *has_key = true;
                true
            }
            Some(Frame::Map { has_key, .. }) => {
                *has_key = false;
                false
            }
        };
        let longer = best.is_none_or(|(length, _)| path.len() > length);
        if named && longer && leads_to(&path, place) {
            best = Some((path.len(), Position::from(&span.start)));
        }
        match event {
            Event::SequenceStart(..) => stack.push(Frame::Seq { path: path.len(), index: 0 }),
            Event::MappingStart(..) => stack.push(Frame::Map { path: path.len(), has_key: false }),
            _ => {}
        }
    }
    best.map(|(_, position)| position)
}

fn leads_to(path: &str, place: &str) -> bool {
    place.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', ':', ' ']))
}
