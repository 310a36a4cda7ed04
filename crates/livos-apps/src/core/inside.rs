//! What lies in a container: paths that may be asked for, and what a listing says.

use livos_bus::documents::ContainerEntry;

/// More in one folder nobody looks through.
pub(crate) const MOST_ENTRIES: usize = 5000;
/// No path of Linux is longer.
const PATH_LIMIT: usize = 4096;

/// A path in a container, in the one form that it has; `""` is its root.
pub(crate) fn path_in(text: &str) -> Result<String, &'static str> {
    if text.len() > PATH_LIMIT || text.contains('\0') {
        return Err("this is no path");
    }
    if !text.starts_with('/') {
        return Err("a path in a container begins with /");
    }
    let mut path = String::new();
    for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            return Err("a path in a container has no ..");
        }
        path.push('/');
        path.push_str(part);
    }
    Ok(path)
}

/// What `find` is asked for in a folder, and each line of its answer: mode, bytes, time, user, group and path.
pub(crate) fn question(path: &str) -> Vec<String> {
    let folder = format!("{path}/.");
    let stat = ["-exec", "stat", "-c", "%f %s %Y %u %g %n", "--", "{}", "+"];
    let find = ["find", folder.as_str(), "-mindepth", "1", "-maxdepth", "1"];
    find.into_iter().chain(stat).map(str::to_owned).collect()
}

/// An answer to that. Whoever wrote the container's programs may have it say anything, so what is no line is left out.
pub(crate) fn answer(path: &str, text: &[u8]) -> Vec<ContainerEntry> {
    let before = format!("{path}/./");
    let text = String::from_utf8_lossy(text);
    let line = |line: &str| {
        let mut parts = line.splitn(6, ' ');
        let mode = u32::from_str_radix(parts.next()?, 16).ok()?;
        let size = parts.next()?.parse().ok()?;
        let modified_at = parts.next()?.parse().ok()?;
        let (user, group) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let name = parts.next()?.strip_prefix(&before)?;
        (!name.is_empty() && !name.contains('/')).then(|| entry(name, mode, size, modified_at, (user, group)))
    };
    // What is cut off at its end is no line.
    text.split_inclusive('\n').filter_map(|whole| line(whole.strip_suffix('\n')?)).collect()
}

/// An entry, by what the kernel says of it.
pub(crate) fn entry(
    name: &str,
    mode: u32,
    size: u64,
    modified_at: i64,
    (user, group): (u64, u64),
) -> ContainerEntry {
    let (kind, letter) = match mode & 0o170_000 {
        0o040_000 => ("folder", 'd'),
        0o100_000 => ("file", '-'),
        0o120_000 => ("link", 'l'),
        0o060_000 => ("other", 'b'),
        0o020_000 => ("other", 'c'),
        0o010_000 => ("other", 'p'),
        _ => ("other", 's'),
    };
    let bits = (0..9).map(|at| {
        let letter = ['r', 'w', 'x'][at % 3];
        if mode & (0o400 >> at) == 0 { '-' } else { letter }
    });
    ContainerEntry {
        name: name.to_owned(),
        kind: kind.to_owned(),
        size: if kind == "file" { size } else { 0 },
        modified_at,
        mode: std::iter::once(letter).chain(bits).collect(),
        owner: format!("{user}:{group}"),
    }
}

/// Folders first, each by name; whether some had to be left out.
pub(crate) fn in_order(entries: &mut Vec<ContainerEntry>) -> bool {
    entries.sort_by(|one, other| {
        let rank = |entry: &ContainerEntry| entry.kind != "folder";
        rank(one).cmp(&rank(other)).then_with(|| one.name.cmp(&other.name))
    });
    entries.dedup_by(|one, other| one.name == other.name);
    let more = entries.len() > MOST_ENTRIES;
    entries.truncate(MOST_ENTRIES);
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form_and_stays_where_it_is() {
        for (text, path) in
            [("/", ""), ("//etc/./hosts/", "/etc/hosts"), ("/a b/…", "/a b/…"), ("/..a", "/..a")]
        {
            assert_eq!(path_in(text).as_deref(), Ok(path), "{text}");
        }
        for text in ["", "etc", "/etc/../root", "/..", "/a\0b"] {
            assert!(path_in(text).is_err(), "{text}");
        }
        assert!(path_in(&format!("/{}", "a".repeat(PATH_LIMIT))).is_err());
    }

    #[test]
    fn an_answer_is_read_line_by_line_and_what_is_none_is_left_out() {
        let text = "81a4 12 1767225600 0 5 /etc/./hosts\n41ed 4096 1 0 0 /etc/./ssl\na1ff 3 1 0 0 /etc/./a link\n\
                    nonsense\n81a4 x 1 0 0 /etc/./no\n81a4 1 1 0 0 /etc/./a/b\n81a4 1 1 0 0 /root/x\n81a4 1 1 0 0 /etc/./cut";
        let mut found = answer("/etc", text.as_bytes());
        assert!(!in_order(&mut found));
        let told: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.kind.as_str(), one.mode.as_str())).collect();
        assert_eq!(
            told,
            [
                ("ssl", "folder", "drwxr-xr-x"),
                ("a link", "link", "lrwxrwxrwx"),
                ("hosts", "file", "-rw-r--r--")
            ]
        );
        assert_eq!(
            (found[2].size, found[2].modified_at, found[2].owner.as_str()),
            (12, 1_767_225_600, "0:5")
        );
        let root = answer("", b"81a4 1 1 0 0 /./tiny\n");
        assert_eq!(root[0].name, "tiny");
    }
}
