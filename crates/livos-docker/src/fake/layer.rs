//! What a fake container wrote into itself: the files of the archives that were copied into it.

use std::collections::BTreeMap;

use super::state::Container;

const BLOCK: usize = 512;

/// Path and bytes of every file that lies in no mount.
pub(super) fn files(container: &Container) -> BTreeMap<String, u64> {
    let mounted = |path: &str| {
        container.info.mounts.iter().any(|mount| {
            path.strip_prefix(mount.target.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let all = container.archives.iter().flat_map(|(folder, archive)| {
        let folder = folder.trim_end_matches('/');
        entries(archive).into_iter().map(move |(name, bytes)| (format!("{folder}/{name}"), bytes))
    });
    all.filter(|(path, _)| !mounted(path)).collect()
}

/// The same paths with the folders they lie in, as the engine lists them.
pub(super) fn changed(container: &Container) -> Vec<String> {
    let mut paths = Vec::new();
    for file in files(container).into_keys() {
        let folders = file.match_indices('/').skip(1).map(|(at, _)| file[..at].to_owned());
        paths.extend(folders);
        paths.push(file);
    }
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// Name and bytes of the files of an archive of ours.
fn entries(archive: &[u8]) -> Vec<(String, u64)> {
    let text = |field: &[u8]| {
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(&field[..end]).into_owned()
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(header) = archive.get(at..at + BLOCK).filter(|header| header[0] != 0) {
        let size = u64::from_str_radix(text(&header[124..136]).trim(), 8).unwrap_or(0);
        let (prefix, name) = (text(&header[345..500]), text(&header[..100]));
        if header[156] == b'0' {
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            found.push((path, size));
        }
        at += BLOCK + usize::try_from(size).unwrap_or(0).next_multiple_of(BLOCK);
    }
    found
}
