//! One contract for all three ways, each on a file system that has it.

#![expect(clippy::expect_used, reason = "this whole program is a test")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use livos_snapshot::{Error, Method, method, remove, restore, space_needed, take};

fn ran(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// A file system in a file, mounted for the time of a test.
struct Mounted {
    folder: tempfile::TempDir,
}

impl Mounted {
    fn new(make: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let (image, at) = (folder.path().join("image"), folder.path().join("at"));
        fs::create_dir(&at).expect("made");
        fs::File::create(&image).and_then(|file| file.set_len(400 * 1024 * 1024)).expect("an image");
        let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let mut arguments = make[1..].to_vec();
        let image = path(&image);
        arguments.push(&image);
        if !ran(make[0], &arguments) || !ran("mount", &["-o", "loop", &image, &path(&at)]) {
            eprintln!("skipped: {} cannot be made and mounted here", make[0]);
            return None;
        }
        Some(Self { folder })
    }

    fn at(&self) -> PathBuf {
        self.folder.path().join("at")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        ran("umount", &[self.at().to_str().expect("UTF-8")]);
    }
}

/// Every kind of file, in `folder`, which exists.
fn fill(folder: &Path) {
    let at = |name: &str| folder.join(name);
    fs::write(at("text"), "hello").expect("written");
    fs::write(at("big"), vec![7; 3_000_000]).expect("written");
    fs::create_dir_all(at("deep/er")).expect("made");
    fs::write(at("deep/er/name with\nnewline"), "x").expect("written");
    fs::write(at("-rf"), "a name like an option").expect("written");
    fs::hard_link(at("text"), at("deep/same")).expect("linked");
    symlink("/etc/passwd", at("outside")).expect("linked");
    symlink("nowhere", at("broken")).expect("linked");
    fs::set_permissions(at("big"), fs::Permissions::from_mode(0o600)).expect("changed");
    fs::set_permissions(at("deep"), fs::Permissions::from_mode(0o1770)).expect("changed");
    let sparse = fs::File::create(at("sparse")).expect("made");
    sparse.set_len(50_000_000).expect("sized");
    assert!(ran("mkfifo", &[at("pipe").to_str().expect("UTF-8")]));
    if is_root() {
        std::os::unix::fs::lchown(at("text"), Some(1234), Some(4321)).expect("given");
        std::os::unix::fs::lchown(at("broken"), Some(999), Some(999)).expect("given");
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}

/// Everything below a folder, in words, but for the times of folders that are being written to.
fn picture(folder: &Path) -> Vec<String> {
    fn walk(base: &Path, path: &Path, out: &mut Vec<String>) {
        let about = fs::symlink_metadata(path).expect("there");
        let name = path.strip_prefix(base).expect("below").display().to_string();
        let content = if about.is_symlink() {
            fs::read_link(path).expect("a link").display().to_string()
        } else if about.is_file() {
            let bytes = fs::read(path).expect("read");
            format!("{} bytes, sum {}", bytes.len(), bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>())
        } else {
            String::new()
        };
        let links = if about.is_dir() { 0 } else { about.nlink() };
        let changed = if name.is_empty() { 0 } else { about.mtime_nsec() };
        out.push(format!(
            "{name:?} {:o} {}:{} {links} {changed} {content}",
            about.mode(),
            about.uid(),
            about.gid()
        ));
        if about.is_dir() {
            let mut names: Vec<_> =
                fs::read_dir(path).expect("listed").map(|entry| entry.expect("an entry").path()).collect();
            names.sort();
            for name in names {
                walk(base, &name, out);
            }
        }
    }
    let mut out = Vec::new();
    walk(folder, folder, &mut out);
    out
}

/// What every way must do, `source` being an empty folder of the file system in question.
fn contract(source: &Path, beside: &Path, wanted: Method) {
    fill(source);
    let before = picture(source);
    assert_eq!(method(source, beside).expect("a way"), wanted);
    let needed = space_needed(wanted, source).expect("a number");
    assert_eq!(needed > 3_000_000, wanted == Method::Copy, "{needed}");
    assert!(needed < 40_000_000, "holes count nothing: {needed}");
    let snapshot = beside.join("kept");
    assert_eq!(take(source, &snapshot).expect("kept"), wanted);
    assert_eq!(picture(&snapshot), before);
    assert!(
        fs::metadata(snapshot.join("sparse")).expect("there").blocks() * 512 < 10_000_000,
        "the hole was filled"
    );
    // A second one of that name is refused, and the first stays.
    assert!(take(source, &snapshot).is_err());
    assert_eq!(fs::read(snapshot.join("text")).expect("there"), b"hello");

    // Everything changes; the snapshot doesn't, and puts it back, twice.
    fs::write(source.join("text"), "changed").expect("written");
    fs::remove_file(source.join("big")).expect("removed");
    fs::remove_file(source.join("outside")).expect("removed");
    symlink("/tmp", source.join("outside")).expect("linked");
    fs::write(source.join("new"), "new").expect("written");
    fs::remove_dir_all(source.join("deep")).expect("removed");
    for _ in 0..2 {
        restore(&snapshot, source).expect("put back");
        assert_eq!(picture(source), before);
    }
    // A restore that was cut off in the middle is simply done again.
    fs::remove_file(source.join("text")).expect("removed");
    fs::write(source.join("deep/half"), "half").expect("written");
    restore(&snapshot, source).expect("put back");
    assert_eq!(picture(source), before);

    remove(&snapshot).expect("removed");
    assert!(!snapshot.exists());
    remove(&snapshot).expect("gone is fine");
    assert_eq!(picture(source), before);
}

#[test]
fn a_plain_copy_keeps_the_contract() {
    let Some(system) = Mounted::new(&["mkfs.ext4", "-q", "-F"]) else { return };
    let (source, beside) = (system.at().join("source"), system.at().join("beside"));
    fs::create_dir(&source).expect("made");
    fs::create_dir(&beside).expect("made");
    contract(&source, &beside, Method::Copy);
}

#[test]
fn shared_blocks_keep_the_contract() {
    let Some(system) = Mounted::new(&["mkfs.xfs", "-q", "-f", "-m", "reflink=1"]) else { return };
    let (source, beside) = (system.at().join("source"), system.at().join("beside"));
    fs::create_dir(&source).expect("made");
    fs::create_dir(&beside).expect("made");
    contract(&source, &beside, Method::Reflink);
}

#[test]
fn btrfs_keeps_the_contract_with_and_without_a_subvolume() {
    let Some(system) = Mounted::new(&["mkfs.btrfs", "-q", "-f"]) else { return };
    let (source, beside) = (system.at().join("source"), system.at().join("beside"));
    fs::create_dir(&beside).expect("made");
    assert!(ran("btrfs", &["subvolume", "create", source.to_str().expect("UTF-8")]));
    contract(&source, &beside, Method::Btrfs);
    let plain = system.at().join("plain");
    fs::create_dir(&plain).expect("made");
    contract(&plain, &beside, Method::Reflink);
}

#[test]
fn a_copy_that_would_not_fit_is_refused_before_it_begins() {
    let Some(system) = Mounted::new(&["mkfs.ext4", "-q", "-F"]) else { return };
    let source = system.at().join("source");
    fs::create_dir(&source).expect("made");
    fs::write(source.join("big"), vec![7; 200_000_000]).expect("written");
    let snapshot = system.at().join("kept");
    let error = take(&source, &snapshot).expect_err("too big");
    assert!(matches!(error, Error::NoSpace { needed, .. } if needed >= 200_000_000), "{error}");
    assert!(!snapshot.exists());
}

#[test]
fn a_failed_copy_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing");
    assert!(take(&missing, &folder.path().join("kept")).is_err());
    assert!(restore(&missing, folder.path()).is_err(), "nothing is emptied for a snapshot that isn't there");
    fs::write(folder.path().join("stays"), "").expect("written");
    assert!(restore(&missing, folder.path()).is_err());
    assert!(folder.path().join("stays").exists());
}
