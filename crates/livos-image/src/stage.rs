//! The appliance's own upgrade: apt in a copy of the running root, then sealed and placed.
//!
//! Runs in a mount namespace of its own (`livos-slot` sees to that), so whatever ends it leaves no mount
//! behind. Nothing counts before the boot entry does: until then the running version starts again.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compose;
use crate::error::About as _;
use crate::gpt::Table;
use crate::place::Kernel;
use crate::running::Appliance;
use crate::seal::{self, Packing};
use crate::tools::{self, Tools};
use crate::trial::{self, Attempt};
use crate::{Error, Result, SlotVersion, bundle, held, slots};

/// The verified root without anything over it; the initrd puts it there.
const LOWER: &str = "/run/livos/lower";
const DATABASE: &str = "usr/lib/sysimage/dpkg/status";
/// Packages that the initrd holds parts of.
const IN_INITRD: [&str; 4] = ["dracut", "systemd", "btrfs-progs", "cryptsetup-bin"];
/// What of the appliance's own is in it; its package has a new version with every release.
const OURS_IN_INITRD: [&str; 3] =
    ["usr/lib/dracut/modules.d/50livos", "usr/lib/dracut/dracut.conf.d/50-livos.conf", "usr/sbin/livos-slot"];
/// Where apt sees what is to stay as it is.
const HELD: &str = "/run/livos-held";
/// Where apt sees a bundle.
const OFFER: &str = "/run/livos-offer";
/// Room for what packages unpack before they are sealed.
const ROOM: u64 = 1024 * 1024 * 1024;

/// What is to be new.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Packages to install or upgrade; everything that is newer, if there are none.
    pub packages: Vec<String>,
    /// A folder with package files for those, instead of the sources of apt.
    pub bundle: Option<PathBuf>,
    /// LivOS itself stays as it is.
    pub without_livos: bool,
    /// A bundle, or the folder that it was unpacked in, which is all that apt knows then.
    pub from: Option<PathBuf>,
}

/// Composes the next version and places it in the other slot. `say` hears each step.
pub fn stage(appliance: &Appliance, order: &Order, say: &mut dyn FnMut(&str)) -> Result<SlotVersion> {
    let _lock = lock()?;
    has_proved_itself(appliance)?;
    let folder = Path::new("/var/lib/livos/stage");
    crate::space::require(Path::new("/var/lib"), "the data disk", ROOM)?;
    say("preparing");
    let stage = Stage::prepare(appliance, folder)?;

    say("packages");
    let before = stage.database()?;
    stage.apt(order)?;
    let installed = stage.database()?;
    if installed == before {
        stage.remove()?;
        return Err(Error::Nothing);
    }
    let version = next_version(appliance, &installed)?;
    compose::describe(&stage.root, &version)?;

    say("kernel");
    let kernel = stage.kernel(appliance, &before, &installed)?;
    stage.clear()?;

    // From here on there is nothing to go back to but the running version.
    say("sealing");
    appliance.boot.make_room(Some(&appliance.version))?;
    let mut table = Table::read(&appliance.disk)?;
    let target = slots::inactive(&table, &appliance.hash)?;
    let (data, hashes) = slots::devices(&appliance.disk, target);
    let here = Tools::here();
    let epoch = newest(&stage.root.join(DATABASE))?;
    let hash = seal::seal(&here, &stage.root, &version, &Packing::quick(epoch), &data, &hashes)?;

    say("placing");
    slots::name(&mut table, target, &version, &hash)?;
    table.write(&appliance.disk)?;
    stage.keep_settings(&version)?;
    let attempt = Attempt { version: version.to_string(), from: appliance.version.to_string() };
    trial::begin(&appliance.state, &attempt)?;
    let files = Kernel { linux: &kernel.0, initrd: &kernel.1, options: &appliance.options };
    appliance.boot.place(&version, &hash, files, Some(&appliance.version))?;
    stage.remove()?;
    Ok(version)
}

/// A version on trial is followed by nothing: the slot that would be written to is where the machine goes if it fails.
fn has_proved_itself(appliance: &Appliance) -> Result<()> {
    let running = &appliance.version;
    let way_back = appliance.boot.entries()?.into_iter().map(|name| name.version);
    let way_back =
        way_back.filter(|version| version != running).find(|version| appliance.boot.is_blessed(version));
    match way_back {
        Some(before) if !appliance.boot.is_blessed(running) => {
            Err(Error::OnTrial { running: running.clone(), before })
        }
        _ => Ok(()),
    }
}

fn lock() -> Result<OwnedFd> {
    let path = Path::new("/run/livos/stage.lock");
    let file = File::create(path).about("could not create", path)?;
    let operation = rustix::fs::FlockOperation::NonBlockingLockExclusive;
    rustix::fs::flock(&file, operation).map_err(|_| Error::Busy)?;
    Ok(file.into())
}

/// Newer than everything that this machine ever started.
fn next_version(appliance: &Appliance, database: &str) -> Result<SlotVersion> {
    let known = appliance.boot.entries()?.into_iter().map(|name| name.version.generation());
    let tried = fs::read_dir(appliance.state.join("etc")).into_iter().flatten().filter_map(|entry| {
        entry.ok()?.file_name().to_str()?.parse::<SlotVersion>().ok().map(|version| version.generation())
    });
    let last = known.chain(tried).max().unwrap_or(0).max(appliance.version.generation());
    let release = field(database, "livos", "Version: ").map(SlotVersion::release_of);
    SlotVersion::new(release.as_deref().unwrap_or(appliance.version.release()), last + 1)
}

/// A field of a package in dpkg's database.
fn field<'a>(database: &'a str, package: &str, field: &str) -> Option<&'a str> {
    let line = format!("Package: {package}");
    let paragraph = database.split("\n\n").find(|paragraph| paragraph.lines().any(|found| found == line))?;
    paragraph.lines().find_map(|line| line.strip_prefix(field))
}

/// Whether a package in the initrd has another version.
fn packages_change(before: &str, after: &str) -> bool {
    IN_INITRD.iter().any(|package| field(before, package, "Version: ") != field(after, package, "Version: "))
}

/// Whether two files, or two folders with all in them, are the same.
fn same(one: &Path, other: &Path) -> Result<bool> {
    let names = |folder: &Path| -> Result<Option<Vec<std::ffi::OsString>>> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries.collect::<std::io::Result<Vec<_>>>().about("could not read", folder)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(None),
            Err(error) => return Err(error).about("could not read", folder),
        };
        let mut names: Vec<_> = entries.iter().map(fs::DirEntry::file_name).collect();
        names.sort();
        Ok(Some(names))
    };
    if !one.exists() || !other.exists() {
        return Ok(one.exists() == other.exists());
    }
    match (names(one)?, names(other)?) {
        (None, None) => {
            let bytes = |file: &Path| fs::read(file).about("could not read", file);
            Ok(bytes(one)? == bytes(other)?)
        }
        (Some(here), Some(there)) if here == there => {
            for name in here {
                if !same(&one.join(&name), &other.join(&name))? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Every file of a sealed root carries one time; the database's own is as good as any, and says when.
fn newest(path: &Path) -> Result<u64> {
    let about = fs::metadata(path).about("could not read", path)?;
    let since = about.modified().about("could not read", path)?.duration_since(std::time::UNIX_EPOCH);
    Ok(since.map_or(0, |since| since.as_secs()))
}

struct Stage {
    folder: PathBuf,
    root: PathBuf,
    settings: PathBuf,
}

impl Stage {
    fn prepare(appliance: &Appliance, folder: &Path) -> Result<Self> {
        let stage = Self {
            folder: folder.to_owned(),
            root: folder.join("root"),
            settings: appliance.state.join("etc/.staged"),
        };
        // Of one that was cut off.
        stage.remove()?;
        let (upper, work) = (folder.join("upper"), folder.join("work"));
        for path in [&stage.root, &upper, &work] {
            fs::create_dir_all(path).about("could not create", path)?;
        }
        // Who may look at the root is told by its topmost folder.
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&upper, mode).about("could not change", &upper)?;
        overlay(Path::new(LOWER), &upper, &work, &stage.root)?;

        // A copy of the local changes to /etc: dpkg must see them, and the old version must keep its own.
        let current = appliance.state.join("etc").join(appliance.version.to_string()).join("upper");
        fs::create_dir_all(stage.settings.join("work")).about("could not create", &stage.settings)?;
        let copy = stage.settings.join("upper");
        tools::run("cp", Command::new("cp").args(["-a", "--reflink=auto"]).arg(&current).arg(&copy))?;
        overlay(&Path::new(LOWER).join("etc"), &copy, &stage.settings.join("work"), &stage.root.join("etc"))?;

        for shared in ["/var/cache/apt", "/var/lib/apt/lists"] {
            fs::create_dir_all(Path::new(shared).join("partial")).about("could not create", shared)?;
            mount(&["--bind", shared], &stage.inside(shared))?;
        }
        mount(&["--rbind", "/dev"], &stage.inside("/dev"))?;
        mount(&["-t", "proc", "proc"], &stage.inside("/proc"))?;
        mount(&["-t", "sysfs", "-o", "ro", "sysfs"], &stage.inside("/sys"))?;
        for empty in ["/run", "/tmp"] {
            mount(&["-t", "tmpfs", "tmpfs"], &stage.inside(empty))?;
        }
        let resolver = Path::new("/run/systemd/resolve/stub-resolv.conf");
        if resolver.exists() {
            let there = stage.inside("/run/systemd/resolve");
            fs::create_dir_all(&there).about("could not create", &there)?;
            fs::copy(resolver, there.join("stub-resolv.conf")).about("could not copy", resolver)?;
        }
        Ok(stage)
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn database(&self) -> Result<String> {
        let path = self.root.join(DATABASE);
        fs::read_to_string(&path).about("could not read", path)
    }

    /// A program inside the stage.
    fn chroot(&self, program: &str) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.root).arg(program);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", "/root");
        // The initrd is made when everything is in place, and services start after the reboot.
        command.env("DEBIAN_FRONTEND", "noninteractive").env("INITRD", "No").env("LIVOS_STAGE", "1");
        command.stdin(std::process::Stdio::null());
        command
    }

    fn apt(&self, order: &Order) -> Result<()> {
        let policy = self.inside("/usr/sbin/policy-rc.d");
        fs::write(&policy, "#!/bin/sh\nexit 101\n").about("could not write", &policy)?;
        fs::set_permissions(&policy, fs::Permissions::from_mode(0o755)).about("could not change", &policy)?;
        let mut words: Vec<String> = Vec::new();
        let mut sources = order.from.as_ref().map_or_else(|| Ok(Vec::new()), |from| self.offer(from))?;
        if order.without_livos {
            let path = self.inside(HELD);
            fs::write(&path, held::preferences(&self.database()?)).about("could not write", path)?;
            sources.extend(held::words(Path::new(HELD)));
        }
        if let Some(bundle) = &order.bundle {
            let there = self.inside("/run/bundle");
            fs::create_dir_all(&there).about("could not create", &there)?;
            mount(&["--bind", &bundle.to_string_lossy()], &there)?;
            for file in fs::read_dir(bundle).about("could not read", bundle)? {
                let name = file.about("could not read", bundle)?.file_name().to_string_lossy().into_owned();
                if name.ends_with(".deb") {
                    words.push(format!("/run/bundle/{name}"));
                }
            }
        } else {
            tools::run("apt-get update", self.chroot("apt-get").args(&sources).args(["update", "-q"]))?;
        }
        words.extend(order.packages.iter().cloned());
        let verb: &[&str] =
            if words.is_empty() { &["upgrade", "--with-new-pkgs"] } else { &["install", "--"] };
        let mut apt = self.chroot("apt-get");
        apt.args(&sources).args([
            "-y",
            "-q",
            "-o",
            "Dpkg::Options::=--force-confdef",
            "-o",
            "Dpkg::Options::=--force-confold",
        ]);
        if order.bundle.is_some() {
            apt.args(["--no-download", "--allow-downgrades"]);
        }
        tools::run("apt-get", apt.args(verb).args(&words))?;
        fs::remove_file(&policy).about("could not remove", policy)
    }

    /// Shows apt a bundle; answers the words that make it the only archive there is.
    fn offer(&self, from: &Path) -> Result<Vec<String>> {
        let key = bundle::key(&self.root).ok_or(Error::NoKey)?;
        let unpacked = if from.is_dir() { from.to_owned() } else { self.folder.join("offer") };
        if from.is_file() {
            let file = File::open(from).about("could not open", from)?;
            let size = file.metadata().about("could not read", from)?.len();
            crate::space::require(&self.folder, "the data disk", size.saturating_add(ROOM))?;
            bundle::unpack(file, &unpacked)?;
        }
        // In a folder of the memory's, so that nothing of it is in what is sealed.
        let (seen, there) = (Path::new(OFFER), self.inside(OFFER));
        let archive = there.join("archive");
        fs::create_dir_all(&archive).about("could not create", &archive)?;
        mount(&["--bind", &unpacked.join("archive").to_string_lossy()], &archive)?;
        bundle::arrange(&there, seen, &key)?;
        Ok(bundle::words(seen))
    }

    /// The kernel and the initrd of the new version: those that run, unless something in them is new.
    fn kernel(&self, appliance: &Appliance, before: &str, after: &str) -> Result<(PathBuf, PathBuf)> {
        let running = compose::kernel_version(Path::new(LOWER))?;
        let kernel = compose::kernel_version(&self.root)?;
        let (linux, initrd) = (self.folder.join("linux"), self.folder.join("initrd"));
        let mut anew = kernel != running || packages_change(before, after);
        for ours in OURS_IN_INITRD {
            anew = anew || !same(&Path::new(LOWER).join(ours), &self.root.join(ours))?;
        }
        if !anew {
            for (from, to) in [
                (appliance.boot.linux(&appliance.version), &linux),
                (appliance.boot.initrd(&appliance.version), &initrd),
            ] {
                fs::copy(&from, to).about("could not copy", from)?;
            }
            return Ok((linux, initrd));
        }
        compose::make_initrd(&mut self.chroot("dracut"), &kernel)?;
        let made = self.inside(compose::INITRD);
        fs::copy(&made, &initrd).about("could not copy", made)?;
        let image = self.root.join(format!("boot/vmlinuz-{kernel}"));
        fs::copy(&image, &linux).about("could not copy", image)?;
        Ok((linux, initrd))
    }

    /// Takes away what must not be in the root: the mounts, and the traces of apt.
    fn clear(&self) -> Result<()> {
        for path in ["/run", "/tmp", "/sys", "/proc", "/dev", "/var/lib/apt/lists", "/var/cache/apt", "/etc"]
        {
            let mut umount = Command::new("umount");
            tools::run("umount", umount.arg("--recursive").arg(self.inside(path)))?;
        }
        for file in ["/var/log/apt", "/var/cache/debconf", "/var/cache/ldconfig/aux-cache"] {
            let path = self.inside(file);
            let removed = match fs::symlink_metadata(&path) {
                Ok(about) if about.is_dir() => fs::remove_dir_all(&path),
                Ok(_) => fs::remove_file(&path),
                Err(_) => Ok(()),
            };
            removed.about("could not remove", path)?;
        }
        Ok(())
    }

    /// The local changes to /etc are the new version's from now on; those of versions that are gone go.
    fn keep_settings(&self, version: &SlotVersion) -> Result<()> {
        let all = self.settings.parent().unwrap_or(&self.settings);
        let target = all.join(version.to_string());
        fs::rename(&self.settings, &target).about("could not rename", &target)?;
        let open = File::open(all).about("could not open", all)?;
        rustix::fs::syncfs(&open).about("could not write", all)
    }

    fn remove(&self) -> Result<()> {
        // Unmounted with its namespace, or by `clear`; what is still mounted is this root.
        if tools::run("mountpoint", Command::new("mountpoint").arg("-q").arg(&self.root)).is_ok() {
            tools::run("umount", Command::new("umount").arg("--recursive").arg(&self.root))?;
        }
        for folder in [&self.folder, &self.settings] {
            let mut remove = Command::new("rm");
            tools::run("rm", remove.args(["-rf", "--one-file-system", "--"]).arg(folder))?;
        }
        Ok(())
    }
}

fn mount(words: &[&str], target: &Path) -> Result<()> {
    tools::run("mount", Command::new("mount").args(words).arg(target))?;
    Ok(())
}

fn overlay(lower: &Path, upper: &Path, work: &Path, target: &Path) -> Result<()> {
    let options = format!(
        "lowerdir={},upperdir={},workdir={},redirect_dir=off,metacopy=off,index=off",
        lower.display(),
        upper.display(),
        work.display()
    );
    mount(&["-t", "overlay", "-o", &options, "overlay"], target)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str =
        "Package: dracut\nVersion: 106-6\n\nPackage: livos\nStatus: install ok installed\nVersion: 0.1.0-1\n";

    #[test]
    fn fields_are_of_the_package_that_was_asked_for() {
        assert_eq!(field(BEFORE, "livos", "Version: "), Some("0.1.0-1"));
        assert_eq!(field(BEFORE, "liv", "Version: "), None);
    }

    #[test]
    fn nothing_takes_the_place_of_the_way_back() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["linux", "initrd"].map(|name| folder.path().join(name));
        files.iter().for_each(|file| fs::write(file, "bytes").unwrap());
        let boot = crate::place::BootPartition::at(folder.path().join("esp"));
        boot.prepare().unwrap();
        let (old, new): (SlotVersion, SlotVersion) = ("0.1.0-1".parse().unwrap(), "0.2.0-2".parse().unwrap());
        let appliance = |version: &SlotVersion| Appliance {
            version: version.clone(),
            hash: crate::RootHash::from_bytes([1; 32]),
            disk: PathBuf::new(),
            boot: boot.clone(),
            state: PathBuf::new(),
            options: String::new(),
        };
        let place = |version, running| {
            let kernel = Kernel { linux: &files[0], initrd: &files[1], options: "" };
            boot.place(version, &crate::RootHash::from_bytes([1; 32]), kernel, running).unwrap();
        };
        // A machine that was just set up has nothing to go back to, and may be upgraded at once.
        place(&old, None);
        has_proved_itself(&appliance(&old)).unwrap();
        boot.bless(&old).unwrap();
        place(&new, Some(&old));
        has_proved_itself(&appliance(&old)).unwrap();
        let refused = has_proved_itself(&appliance(&new)).unwrap_err();
        assert!(matches!(refused, Error::OnTrial { .. }), "{refused}");
        boot.bless(&new).unwrap();
        has_proved_itself(&appliance(&new)).unwrap();
    }

    #[test]
    fn the_initrd_is_made_anew_when_something_in_it_is_new() {
        assert!(!packages_change(BEFORE, &BEFORE.replace("0.1.0-1", "0.2.0-1")));
        assert!(packages_change(BEFORE, &BEFORE.replace("106-6", "106-7")));
    }

    #[test]
    fn what_the_initrd_holds_of_ours_is_compared_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        for tree in [&one, &other] {
            fs::create_dir_all(tree.join("part")).unwrap();
            fs::write(tree.join("part/file"), "text").unwrap();
        }
        assert!(same(&one, &other).unwrap());
        fs::write(other.join("part/file"), "other").unwrap();
        assert!(!same(&one, &other).unwrap());
        fs::write(other.join("part/file"), "text").unwrap();
        fs::write(other.join("more"), "").unwrap();
        assert!(!same(&one, &other).unwrap());
        assert!(!same(&one, &folder.path().join("absent")).unwrap());
        assert!(same(&folder.path().join("absent"), &folder.path().join("gone")).unwrap());
    }
}
