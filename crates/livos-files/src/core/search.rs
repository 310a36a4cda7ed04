//! Finding names below a folder, nearest first, within bounds.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use livos_bus::documents::SearchReply;
use livos_types::{RelPath, RootId, escape_name};
use tokio_util::sync::CancellationToken;

use crate::core::fs::place::Place;
use crate::core::fs::walk::{self, Walk};
use crate::core::fs::{Kind, facts_at};
use crate::core::places::describe;
use crate::error::{Error, at};

/// How much a search may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) finds: usize,
    pub(crate) names: usize,
    pub(crate) time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { finds: 500, names: 2_000_000, time: Duration::from_secs(5) }
    }
}

/// Everything below `path` whose name contains `query` in any case. A bound that is reached makes the
/// answer incomplete, not an error; a folder that cannot be read is passed over.
pub(crate) fn search(
    place: &Place,
    root: &RootId,
    path: &RelPath,
    query: &str,
    bounds: Bounds,
    stop: &CancellationToken,
) -> Result<SearchReply, Error> {
    let needle = Needle::new(query)?;
    let top = place.directory(path).map_err(at(Error::Search, path.as_str()))?;
    let until = Instant::now() + bounds.time;
    let mut reply = SearchReply { entries: Vec::new(), complete: true };
    let mut seen = 0;
    let mut walk = Walk::new(top.as_fd());
    while let Some((_, step)) = walk.next() {
        let Ok(step) = step else { continue };
        if stop.is_cancelled() || Instant::now() >= until || seen >= bounds.names {
            reply.complete = false;
            return Ok(reply);
        }
        seen += step.entries.len();
        for entry in &step.entries {
            if needle.is_in(entry.name.to_bytes()) {
                if reply.entries.len() >= bounds.finds {
                    reply.complete = false;
                    return Ok(reply);
                }
                let Ok(facts) = facts_at(&step.directory, &entry.name) else { continue };
                let below = escape_name(&walk::join(&step.path, entry.name.to_bytes()));
                let text = if path.is_root() { below } else { format!("{path}/{below}") };
                // A path too long to be named cannot be opened either.
                let Ok(found) = RelPath::new(text) else { continue };
                reply.entries.push(describe(place, root, &found, &facts));
            }
            if entry.kind == Kind::Directory {
                walk.enter(walk::join(&step.path, entry.name.to_bytes()));
            }
        }
    }
    Ok(reply)
}

/// What is looked for, in lower case.
struct Needle {
    text: String,
    ascii: bool,
}

impl Needle {
    fn new(query: &str) -> Result<Self, Error> {
        let text = query.trim().to_lowercase();
        if text.is_empty() || text.len() > 255 {
            return Err(Error::Invalid("type 1 to 255 characters to search for".to_owned()));
        }
        Ok(Self { ascii: text.is_ascii(), text })
    }

    fn is_in(&self, name: &[u8]) -> bool {
        if self.ascii && name.is_ascii() {
            let needle = self.text.as_bytes();
            return name.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle));
        }
        escape_name(name).to_lowercase().contains(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_in_any_language() {
        for (query, name, found) in [
            ("JPG", "holiday.jpg", true),
            ("straße", "STRASSE", false),
            ("ÜBER", "übersicht.txt", true),
            ("ё", "Ёлка", true),
            ("b c", "a B C d", true),
            ("x", "", false),
        ] {
            assert_eq!(Needle::new(query).unwrap().is_in(name.as_bytes()), found, "{query} in {name}");
        }
        assert!(Needle::new(" ").is_err());
        assert!(Needle::new("é").unwrap().is_in("caf\u{e9}".as_bytes()));
    }
}
