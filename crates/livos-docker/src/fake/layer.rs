//! What a fake container wrote into itself: the files of the archives that were copied into it.

use std::collections::BTreeMap;

use super::state::Container;
use crate::archive::{Archive, Permissions};

const BLOCK: usize = 512;

/// Path and bytes of every file that lies in no mount.
pub(super) fn files(container: &Container) -> BTreeMap<String, u64> {
    let mounted = |path: &str| {
        container.info.mounts.iter().any(|mount| {
            path.strip_prefix(mount.target.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let all = contents(container).into_iter().map(|(path, bytes)| (path, bytes.len() as u64));
    all.filter(|(path, _)| !mounted(path)).collect()
}

/// Path and contents of every file that was copied into it.
fn contents(container: &Container) -> BTreeMap<String, &[u8]> {
    let all = container.archives.iter().flat_map(|(folder, archive)| {
        let folder = folder.trim_end_matches('/');
        entries(archive).into_iter().map(move |(name, bytes)| (format!("{folder}/{name}"), bytes))
    });
    all.collect()
}

/// What lies at a path, packed as the engine does it; `None` if nothing lies there.
pub(super) fn archive(container: &Container, path: &str) -> Option<bytes::Bytes> {
    let all = contents(container);
    let path = path.strip_suffix("/.").unwrap_or(path);
    let mut packed = Archive::new();
    if let Some(bytes) = all.get(path) {
        packed.file(path.rsplit('/').next()?, Permissions::root(0o644), bytes).ok()?;
        return Some(packed.finish());
    }
    let below = format!("{}/", path.trim_end_matches('/'));
    packed.directory("./", Permissions::root(0o755)).ok()?;
    let mut any = false;
    for (file, bytes) in &all {
        let Some(rest) = file.strip_prefix(&below) else { continue };
        any = true;
        let folders = rest.match_indices('/').map(|(at, _)| &rest[..at]);
        for folder in folders {
            packed.directory(&format!("./{folder}/"), Permissions::root(0o755)).ok()?;
        }
        packed.file(&format!("./{rest}"), Permissions::root(0o644), bytes).ok()?;
    }
    any.then(|| packed.finish())
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

/// Name and contents of the files of an archive of ours.
fn entries(archive: &[u8]) -> Vec<(String, &[u8])> {
    let text = |field: &[u8]| {
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(&field[..end]).into_owned()
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(header) = archive.get(at..at + BLOCK).filter(|header| header[0] != 0) {
        let size = usize::from_str_radix(text(&header[124..136]).trim(), 8).unwrap_or(0);
        let (prefix, name) = (text(&header[345..500]), text(&header[..100]));
        if header[156] == b'0' {
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            found.push((path, archive.get(at + BLOCK..at + BLOCK + size).unwrap_or_default()));
        }
        at += BLOCK + size.next_multiple_of(BLOCK);
    }
    found
}
