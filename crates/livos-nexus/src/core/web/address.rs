//! Which addresses are read: those of the public web, and of them those that a skill names.

pub(crate) use livos_fetch::{LONGEST, parse};

/// Whether a host is one of those that a skill names: `example.org`, or `*.example.org` for those below it.
pub(crate) fn is_named(host: &str, names: &[String]) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    names.iter().any(|name| {
        let name = name.to_ascii_lowercase();
        match name.strip_prefix("*.") {
            Some(below) => host.strip_suffix(below).is_some_and(|rest| rest.ends_with('.')),
            None => host == name,
        }
    })
}
