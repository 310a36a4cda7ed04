//! Names: which are ours, and what a second one of the same name is called.

use std::ffi::CString;

const UPLOAD: &[u8] = b".livos-upload-";
const PARTIAL: &[u8] = b".livos-partial-";
const MAX: usize = 255;

/// Where an upload gathers its bytes, beside its destination.
pub(crate) fn upload(id: &str) -> String {
    format!(".livos-upload-{id}")
}

/// Where a copy grows before it is shown, beside its destination.
pub(crate) fn partial(id: &str) -> String {
    format!(".livos-partial-{id}")
}

/// True for an id as [`uuid::Uuid::simple`] writes it.
pub(crate) fn is_id(text: &[u8]) -> bool {
    text.len() == 32 && text.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
}

/// Names that nobody sees and nobody may use: our own unfinished work.
pub(crate) fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".livos-")
        && [UPLOAD, PARTIAL].iter().any(|prefix| name.strip_prefix(*prefix).is_some_and(is_id))
}

/// A path that goes through such a name.
pub(crate) fn is_hidden_path(path: &str) -> bool {
    path.contains(".livos-") && path.split('/').any(|name| is_hidden(name.as_bytes()))
}

/// The names to try in turn when `name` is taken: "name (2).ext", "name (3).ext", …
pub(crate) fn alternatives(name: &[u8], is_directory: bool) -> impl Iterator<Item = Vec<u8>> {
    let (stem, extension) = if is_directory { (name, &[][..]) } else { split(name) };
    let (stem, first) = counted(stem);
    let (stem, extension) = (stem.to_vec(), extension.to_vec());
    (first..first.saturating_add(10_000)).map(move |number| {
        let tail = [format!(" ({number})").as_bytes(), &extension].concat();
        let room = MAX.saturating_sub(tail.len());
        [shortened(&stem, room), &tail].concat()
    })
}

/// The name and its extension with the dot, `.tar.gz` and the like taken as one.
fn split(name: &[u8]) -> (&[u8], &[u8]) {
    let dot_before =
        |end: usize| name.get(1..end).and_then(|part| part.iter().rposition(|b| *b == b'.')).map(|at| at + 1);
    let Some(dot) = dot_before(name.len()) else { return (name, &[]) };
    // "Mr. Smith went home" has no extension, and "..x" nothing before one.
    if name.len() - dot > 16 || name[dot..].contains(&b' ') || name[..dot].iter().all(|b| *b == b'.') {
        return (name, &[]);
    }
    let dot = dot_before(dot).filter(|at| &name[*at..dot] == b".tar").unwrap_or(dot);
    name.split_at(dot)
}

/// "Report (2)" counts on from 3 instead of becoming "Report (2) (2)".
fn counted(stem: &[u8]) -> (&[u8], u32) {
    let number = || {
        let inner = stem.strip_suffix(b")")?;
        let open = inner.iter().rposition(|b| *b == b'(')?;
        let digits = std::str::from_utf8(&inner[open + 1..]).ok()?;
        let plain = !digits.is_empty() && digits.len() < 7 && digits.bytes().all(|b| b.is_ascii_digit());
        let before = inner[..open].strip_suffix(b" ").filter(|rest| !rest.is_empty())?;
        plain.then_some((before, digits.parse::<u32>().ok()?))
    };
    match number() {
        Some((before, number)) if number >= 1 => (before, number + 1),
        _ => (stem, 2),
    }
}

/// At most `room` bytes, never cutting a character in two.
fn shortened(stem: &[u8], room: usize) -> &[u8] {
    if stem.len() <= room {
        return stem;
    }
    let mut end = room;
    while end > 0 && stem[end] & 0b1100_0000 == 0b1000_0000 {
        end -= 1;
    }
    &stem[..end]
}

/// A file name as the kernel takes it. `None` for one that contains a zero byte.
pub(crate) fn c_name(name: impl Into<Vec<u8>>) -> Option<CString> {
    CString::new(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, directory: bool, want: &[&str]) {
        let got: Vec<String> = alternatives(name.as_bytes(), directory)
            .take(want.len())
            .map(|name| String::from_utf8(name).unwrap())
            .collect();
        assert_eq!(got, want, "{name}");
    }

    #[test]
    fn a_second_one_gets_a_number_before_its_extension() {
        check("a.txt", false, &["a (2).txt", "a (3).txt"]);
        check("a", false, &["a (2)"]);
        check(".bashrc", false, &[".bashrc (2)"]);
        check("backup.tar.gz", false, &["backup (2).tar.gz"]);
        check("..x", false, &["..x (2)"]);
        check(".tar.gz", false, &[".tar (2).gz"]);
        check("Mr. Smith went home", false, &["Mr. Smith went home (2)"]);
        check("v1.2", true, &["v1.2 (2)"]);
        check("a (2).txt", false, &["a (3).txt"]);
        check("(2).txt", false, &["(2) (2).txt"]);
        check("a ().txt", false, &["a () (2).txt"]);
    }

    #[test]
    fn a_long_name_stays_a_name() {
        for name in ["ü".repeat(127) + ".txt", "x".repeat(255), "x".repeat(251) + ".txt"] {
            let next = alternatives(name.as_bytes(), false).next().unwrap();
            assert!(next.len() <= 255);
            assert!(std::str::from_utf8(&next).is_ok());
        }
    }

    #[test]
    fn only_our_own_names_are_hidden() {
        let id = "0123456789abcdef0123456789abcdef";
        assert!(is_hidden(upload(id).as_bytes()));
        assert!(is_hidden(partial(id).as_bytes()));
        for seen in [".livos-upload-", ".livos-upload-1", ".livos-notes", "livos", ".bashrc"] {
            assert!(!is_hidden(seen.as_bytes()), "{seen}");
        }
        assert!(is_hidden_path(&format!("a/{}/b", partial(id))));
        assert!(!is_hidden_path("a/.livos-x/b"));
    }
}
