//! Pictures of apps: taken out of a store when it is read, or fetched (`pictures`), and kept under a name made of their
//! content.
//!
//! So one that is known can be kept by a browser for good, several stores share one, and an installed app has its
//! picture when its store is gone. Whatever a store calls a picture, it is one only if its bytes say so.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use sha2::{Digest, Sha256};

use super::Apps;
use crate::Error;

/// The largest picture that is kept, in bytes.
pub(super) const MOST: usize = 512 * 1024;
/// Where an address on this server begins.
const ADDRESS: &str = "/api/v1/store/icons/";

/// What a picture's bytes begin with, what such a file is called, and its media type.
const KINDS: [(&[u8], &str, &str); 4] = [
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"GIF8", "gif", "image/gif"),
    (b"RIFF", "webp", "image/webp"),
];
const SVG: (&str, &str) = ("svg", "image/svg+xml");

impl Apps {
    pub(super) fn icons(&self) -> PathBuf {
        self.state.join("icons")
    }

    /// A picture that was kept, and its media type.
    pub(crate) fn icon(&self, name: &str) -> Result<Option<(OwnedFd, &'static str)>, Error> {
        let Some(media_type) = media_type(name) else { return Ok(None) };
        let path = self.icons().join(name);
        match File::open(&path) {
            Ok(file) => Ok(Some((file.into(), media_type))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Files { doing: "open", path, source }),
        }
    }

    /// Removes the pictures that no store and no installed app has any more.
    pub(super) async fn sweep_icons(&self) -> Result<(), Error> {
        let (icons, used) = (self.icons(), self.rows.icons().await?);
        self.rows.sweep_pictures(&used).await?;
        tokio::task::spawn_blocking(move || sweep(&icons, &used))
            .await
            .map_err(|_| crate::error::refused("internal", "interrupted"))?
    }
}

/// Where a browser finds a picture, or what its store wrote if it is not here.
pub(super) fn address(icon: &str) -> String {
    if media_type(icon).is_some() { format!("{ADDRESS}{icon}") } else { icon.to_owned() }
}

/// Keeps the picture that lies at `relative` in an app's folder of a store; its name, unless it is none.
pub(super) fn take(icons: &Path, folder: &Path, relative: &str) -> Result<Option<String>, Error> {
    match read(folder, relative) {
        Some(bytes) => keep(icons, &bytes),
        None => Ok(None),
    }
}

/// Keeps a picture; its name, unless it is none.
pub(super) fn keep(icons: &Path, bytes: &[u8]) -> Result<Option<String>, Error> {
    let Some((ending, _)) = kind(bytes) else { return Ok(None) };
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{digest}.{ending}");
    let path = icons.join(&name);
    if !path.exists() {
        livos_service::fs::create_directory(icons, 0o700)?;
        livos_service::fs::atomic_write(&path, bytes, 0o600)?;
    }
    Ok(Some(name))
}

/// A file of a store, which is somebody else's folder: no link is followed, and nothing above it is reached.
fn read(folder: &Path, relative: &str) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let root = rustix::fs::open(folder, flags | OFlags::DIRECTORY, Mode::empty()).ok()?;
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let file = rustix::fs::openat2(&root, relative, flags, Mode::empty(), within).ok()?;
    let file = File::from(file);
    let about = file.metadata().ok()?;
    if !about.is_file() || about.len() > MOST as u64 {
        return None;
    }
    let mut bytes = Vec::new();
    // It may have grown since.
    file.take(MOST as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= MOST).then_some(bytes)
}

/// What a picture is, by its first bytes: how such a file ends, and its media type.
pub(super) fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    for (begin, ending, media_type) in KINDS {
        let is_webp = || bytes.get(8..12) == Some(b"WEBP");
        if bytes.starts_with(begin) && (ending != "webp" || is_webp()) {
            return Some((ending, media_type));
        }
    }
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(1024)).unwrap_or_default());
    let head = head.trim_start_matches('\u{feff}').trim_start();
    (head.starts_with("<svg") || head.starts_with("<?xml") && head.contains("<svg")).then_some(SVG)
}

/// The media type of a picture by the name that [`take`] gave it; nothing for any other name.
fn media_type(name: &str) -> Option<&'static str> {
    let (digest, ending) = name.split_once('.')?;
    let is_digest =
        digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let kinds = KINDS.iter().map(|(_, ending, media_type)| (*ending, *media_type));
    let known = kinds.chain([SVG]).find(|(known, _)| *known == ending);
    known.filter(|_| is_digest).map(|(_, media_type)| media_type)
}

fn sweep(icons: &Path, used: &HashSet<String>) -> Result<(), Error> {
    let failed = |source| Error::Files { doing: "clear the pictures in", path: icons.to_owned(), source };
    let found = match std::fs::read_dir(icons) {
        Ok(found) => found,
        // No store had one yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for file in found {
        let file = file.map_err(failed)?;
        if !file.file_name().to_str().is_some_and(|name| used.contains(name)) {
            std::fs::remove_file(file.path()).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

    #[test]
    fn a_picture_is_what_its_bytes_say() {
        assert_eq!(kind(PNG), Some(("png", "image/png")));
        assert_eq!(kind(b"RIFF\0\0\0\0WEBPVP8 "), Some(("webp", "image/webp")));
        assert_eq!(kind(b"\xef\xbb\xbf\n<svg xmlns='x'/>"), Some(SVG));
        assert_eq!(kind(b"<?xml version='1.0'?><!-- a --><svg/>"), Some(SVG));
        for none in [&b"RIFF\0\0\0\0WAVEfmt "[..], b"<!doctype html><svg/>", b"#!/bin/sh", b""] {
            assert_eq!(kind(none), None, "{none:?}");
        }
    }

    #[test]
    fn only_names_that_were_given_here_are_names() {
        let digest = "0".repeat(64);
        assert_eq!(media_type(&format!("{digest}.png")), Some("image/png"));
        for none in [
            format!("{digest}.html"),
            format!("../{digest}.png"),
            format!("{digest}.png/.."),
            format!("{}.png", "A".repeat(64)),
            "https://example.org/icon.png".to_owned(),
            String::new(),
        ] {
            assert_eq!(media_type(&none), None, "{none}");
        }
    }

    #[test]
    fn nothing_outside_a_stores_folder_is_a_picture() {
        let directory = tempfile::tempdir().unwrap();
        let (icons, folder) = (directory.path().join("icons"), directory.path().join("app"));
        std::fs::create_dir_all(folder.join("metadata")).unwrap();
        std::fs::write(directory.path().join("out.png"), PNG).unwrap();
        std::fs::write(folder.join("metadata/logo.png"), PNG).unwrap();
        std::fs::write(folder.join("large.png"), [PNG, &vec![0; 512 * 1024]].concat()).unwrap();
        std::os::unix::fs::symlink("../../out.png", folder.join("metadata/link.png")).unwrap();
        std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.join("pipe.png"), Mode::from_raw_mode(0o600)).unwrap();
        let name = take(&icons, &folder, "metadata/logo.png").unwrap().unwrap();
        assert_eq!(std::fs::read(icons.join(&name)).unwrap(), PNG);
        for none in [
            "metadata/link.png",
            "up/out.png",
            "../out.png",
            "/etc/hostname",
            "large.png",
            "pipe.png",
            "metadata",
        ] {
            assert_eq!(take(&icons, &folder, none).unwrap(), None, "{none}");
        }
        assert_eq!(address(&name), format!("/api/v1/store/icons/{name}"));
        sweep(&icons, &HashSet::from([name.clone()])).unwrap();
        assert!(icons.join(&name).exists());
        sweep(&icons, &HashSet::new()).unwrap();
        assert!(!icons.join(&name).exists());
        sweep(&directory.path().join("none"), &HashSet::new()).unwrap();
    }
}
