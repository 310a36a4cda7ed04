//! A compose file as its owner edits it: how large it may be, what stands for it, what is different in it.

use livos_bus::documents::ComposeLine;
use sha2::{Digest, Sha256};
use similar::{ChangeTag, TextDiff};

/// The largest one of all known catalogues has 100 KB.
pub(crate) const MOST_BYTES: usize = 128 * 1024;
/// Comparing takes at most as many steps as the square of this.
const MOST_LINES: usize = 5_000;
/// Lines that are shown around what differs.
const AROUND: usize = 3;

/// What stands for a text.
pub(crate) fn revision(text: &str) -> String {
    Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text can be one at all.
pub(crate) fn check_size(text: &str) -> Result<(), String> {
    if text.len() > MOST_BYTES {
        return Err(format!("the file has {} bytes; at most {MOST_BYTES} are read", text.len()));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        return Err(format!("the file has {lines} lines; at most {MOST_LINES} are read"));
    }
    if text.trim().is_empty() {
        return Err("the file is empty".to_owned());
    }
    Ok(())
}

/// Why something in a file keeps it from being used, by its place.
pub(crate) fn unsupported(place: &str) -> String {
    match place.rsplit('.').next() {
        Some("build") => format!(
            "{place}: images are not built here; build it elsewhere and name the finished one under `image`"
        ),
        Some("include") => format!("{place}: other compose files are not read; put everything into this one"),
        _ => format!("{place} is not supported here"),
    }
}

/// The lines that differ, with some around them.
pub(crate) fn difference(before: &str, after: &str) -> Vec<ComposeLine> {
    let number = |index: Option<usize>| index.and_then(|at| u32::try_from(at + 1).ok()).unwrap_or(0);
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(AROUND) {
        if !lines.is_empty() {
            lines.push(ComposeLine { kind: "gap".into(), before: 0, after: 0, text: String::new() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let kind = match change.tag() {
                ChangeTag::Equal => "same",
                ChangeTag::Delete => "removed",
                ChangeTag::Insert => "added",
            };
            lines.push(ComposeLine {
                kind: kind.to_owned(),
                before: number(change.old_index()),
                after: number(change.new_index()),
                text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
            });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_with_lines_around_it() {
        let before: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let after = before.replace("line 5\n", "five\n").replace("line 18\n", "line 18\nmore\n");
        let shown: Vec<String> = difference(&before, &after)
            .iter()
            .map(|line| format!("{} {} {} {}", line.kind, line.before, line.after, line.text))
            .collect();
        let wanted = [
            "same 2 2 line 2",
            "same 3 3 line 3",
            "same 4 4 line 4",
            "removed 5 0 line 5",
            "added 0 5 five",
            "same 6 6 line 6",
            "same 7 7 line 7",
            "same 8 8 line 8",
            "gap 0 0 ",
            "same 16 16 line 16",
            "same 17 17 line 17",
            "same 18 18 line 18",
            "added 0 19 more",
            "same 19 20 line 19",
            "same 20 21 line 20",
        ];
        assert_eq!(shown, wanted);
        assert_eq!(difference(&before, &before), []);
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert_eq!(check_size("services: {}\n"), Ok(()));
        for text in ["x".repeat(MOST_BYTES + 1), "\n".repeat(MOST_LINES + 1), " \n".to_owned()] {
            assert!(check_size(&text).is_err());
        }
        assert_ne!(revision("a"), revision("b"));
    }
}
