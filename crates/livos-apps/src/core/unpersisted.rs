//! What an app wrote into its container's own layer, which goes with the container.
//!
//! The rule, in short: a file that is not empty counts, but for
//!
//! - what is made anew at every start or can be done without: what lies in `/tmp`, `/run`, `/dev`, `/proc`, `/sys` and
//!   the like below `/var`, in a folder that is named after a cache, a log or temporary files, and what is called
//!   `*.pid`, `*.sock`, `*.lock`, `*.log`, `*.pyc`, `*.swp`, `*.tmp` or like the history of a shell;
//! - the machine's own settings and programs, which an image or its first steps bring along: files right in `/etc`,
//!   some folders there, and the folders of programs and libraries;
//! - what something is mounted on.
//!
//! What counts is told by the folders it lies in, each without those inside it.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use livos_bus::documents::Permission;
use sha2::{Digest, Sha256};

const PASSING: [&str; 11] = [
    "/tmp",
    "/run",
    "/dev",
    "/proc",
    "/sys",
    "/var/tmp",
    "/var/run",
    "/var/lock",
    "/var/cache",
    "/var/log",
    "/var/spool",
];
const SYSTEM: [&str; 23] = [
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/share",
    "/usr/include",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/local/lib",
    "/usr/local/share",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/nginx",
    "/etc/apache2",
    "/etc/s6-overlay",
];
const FOLDERS: [&str; 13] = [
    "cache",
    "caches",
    ".cache",
    "_cache",
    "__pycache__",
    "node_modules",
    ".npm",
    "tmp",
    ".tmp",
    "temp",
    "log",
    "logs",
    ".pm2",
];
const ENDINGS: [&str; 7] = [".pid", ".sock", ".lock", ".log", ".pyc", ".swp", ".tmp"];
/// More files of one container are not measured.
pub(crate) const MEASURED: usize = 200;
/// More folders of one container are not named.
const NAMED: usize = 8;
/// Characters of a path that are shown.
const LONGEST: usize = 120;

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a file there would be missed.
fn counts(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    !(PASSING.iter().chain(&SYSTEM).any(|passing| is_below(path, passing))
        || matches!(folder, "/etc")
        || path == "/.dockerenv"
        || folder.split('/').any(|part| FOLDERS.iter().any(|known| part.eq_ignore_ascii_case(known)))
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || (name.starts_with('.') && name.ends_with("_history")))
}

/// What may be a file that counts, of the paths that the engine tells, in order. Some are empty folders.
pub(crate) fn candidates<'a>(changed: &'a [String], mounted: &[&str]) -> Vec<&'a str> {
    let parent = |path: &'a String| path.rsplit_once('/').map(|(folder, _)| folder);
    let folders: HashSet<&str> = changed.iter().filter_map(parent).collect();
    let on_mount = |path: &str| mounted.iter().any(|mount| is_below(path, mount.trim_end_matches('/')));
    let paths = changed.iter().map(String::as_str);
    paths.filter(|path| counts(path) && !on_mount(path) && !folders.contains(path)).collect()
}

/// Says what a container's layer holds that would be missed: path and bytes of each file. `more` were not measured.
pub(crate) fn loss(service: &str, files: &[(String, u64)], more: bool) -> Option<Permission> {
    let mut folders: BTreeMap<&str, u64> = BTreeMap::new();
    for (path, bytes) in files.iter().filter(|(_, bytes)| *bytes > 0) {
        let folder = match path.rsplit_once('/') {
            Some(("", _)) | None => path.as_str(),
            Some((folder, _)) => folder,
        };
        *folders.entry(folder).or_default() += bytes;
    }
    let outer: Vec<&str> = folders.keys().copied().collect();
    let top = |folder: &str| outer.iter().copied().find(|outer| is_below(folder, outer));
    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    for (folder, bytes) in &folders {
        *told.entry(top(folder).unwrap_or(folder)).or_default() += bytes;
    }
    if told.is_empty() {
        return more.then(|| unseen(service));
    }
    let mut digest = Sha256::new().chain_update(service);
    let mut list = String::new();
    for (number, (folder, bytes)) in told.iter().enumerate() {
        // Sizes grow while somebody reads; the places are what is agreed to.
        digest.update([0]);
        digest.update(folder);
        if number < NAMED {
            let comma = if number > 0 { ", " } else { "" };
            // Writing to a text cannot fail.
            let _ = write!(list, "{comma}{} ({})", shown(folder), size(*bytes));
        }
    }
    if told.len() > NAMED || more {
        list.push_str(" and more");
    }
    let hex = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    Some(Permission {
        code: format!("unpersisted-{hex}"),
        text: format!(
            "{service} keeps data in its container only, where no folder or volume is, and it is lost with the \
             container: {list}"
        ),
        risk: "high".to_owned(),
    })
}

/// None of those that were measured would be missed; nobody knows about the rest.
fn unseen(service: &str) -> Permission {
    let digest = Sha256::new().chain_update(service).chain_update([0]).finalize();
    let hex = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    Permission {
        code: format!("unpersisted-{hex}"),
        text: format!(
            "{service} has made more files in its container than could be looked at, where no folder or volume is, \
             and they are lost with the container"
        ),
        risk: "high".to_owned(),
    }
}

/// An app names its folders as it likes.
fn shown(path: &str) -> String {
    let plain = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    let mut text: String = path.chars().take(LONGEST).map(plain).collect();
    if path.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(changed: &[&str], mounted: &[&str]) -> Vec<String> {
        let changed: Vec<String> = changed.iter().map(|path| (*path).to_owned()).collect();
        candidates(&changed, mounted).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn what_every_start_makes_anew_does_not_count() {
        let passing = [
            "/.dockerenv",
            "/dev/console",
            "/etc/hosts",
            "/etc/passwd",
            "/etc/nginx/conf.d/default.conf",
            "/etc/ssl/certs/x.pem",
            "/root/.ash_history",
            "/root/.cache/pip/x",
            "/run/app.pid",
            "/tmp/x",
            "/usr/lib/python3/x.py",
            "/usr/local/bin/tool",
            "/var/log/app/today",
            "/app/logs/today",
            "/app/Cache/x",
            "/app/server.pid",
            "/app/__pycache__/a.pyc",
            "/app/node_modules/.vite/x",
        ];
        assert_eq!(kept(&passing, &[]), Vec::<String>::new());
        let kept_ones =
            ["/app/data.db", "/etc/app/config.yml", "/srv/x", "/temperature/x", "/usr/src/app/db.sqlite"];
        assert_eq!(kept(&kept_ones, &[]), kept_ones);
    }

    #[test]
    fn folders_and_what_is_mounted_are_no_files() {
        let changed = [
            "/app",
            "/app/data",
            "/app/data/a",
            "/config.yml",
            "/data",
            "/data-of-mine",
            "/srv",
            "/srv/media",
        ];
        assert_eq!(
            kept(&changed, &["/data", "/srv/media/", "/config.yml"]),
            ["/app/data/a", "/data-of-mine"]
        );
    }

    #[test]
    fn the_places_are_said_with_their_sizes_and_only_the_places_are_agreed_to() {
        let file = |path: &str, bytes| (path.to_owned(), bytes);
        assert_eq!(loss("web", &[file("/app/empty", 0)], false), None);
        let files = [
            file("/app/data/a", 1_500_000),
            file("/app/data/deep/b", 700_000),
            file("/app/x", 0),
            file("/y", 12),
        ];
        let said = loss("web", &files, false).unwrap();
        assert!(said.text.ends_with(": /app/data (2 MB), /y (12 bytes)"), "{}", said.text);
        let grown = [file("/app/data/a", 9_000_000), file("/y", 13)];
        let again = loss("web", &grown, true).unwrap();
        assert!(again.text.ends_with(" and more"), "{}", again.text);
        assert_eq!(again.code, said.code);
        let rude = loss("web", &[file(&format!("/a\u{1b}[2J{}/x", "y".repeat(500)), 1)], false).unwrap();
        assert!(rude.text.len() < 400 && !rude.text.contains('\u{1b}'), "{}", rude.text);
        assert_ne!(loss("db", &grown, false).unwrap().code, said.code);
        assert_ne!(loss("web", &[file("/app/data/a", 1)], false).unwrap().code, said.code);
    }
}
