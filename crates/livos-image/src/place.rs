//! A sealed root gets its kernel, its initrd and a boot entry on the boot partition.
//!
//! Kernel and initrd are there once per version, and both boot loaders use them. The rename of the entry
//! is what makes a version count: everything it needs is on the disk by then, and read back.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::entry::{self, EntryName};
use crate::error::About as _;
use crate::grubenv::GrubEnvironment;
use crate::{Error, Result, RootHash, SlotVersion};

const ENTRIES: &str = "loader/entries";
const GRUBENV: &str = "grub/grubenv";
const LAST_RESORT: &str = "loader/entries/livos-last-resort.conf";
const BLESSED: &str = "blessed";
const OPTIONS: &str = "options";

/// The boot partition, mounted somewhere (or a folder that becomes one).
#[derive(Debug, Clone)]
pub struct BootPartition {
    folder: PathBuf,
}

/// What a version needs to start.
#[derive(Debug, Clone, Copy)]
pub struct Kernel<'a> {
    /// The kernel.
    pub linux: &'a Path,
    /// Its initrd.
    pub initrd: &'a Path,
    /// More words for its command line.
    pub options: &'a str,
}

impl BootPartition {
    /// The boot partition at this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn files_of(&self, version: &SlotVersion) -> PathBuf {
        self.path(&entry::folder(version))
    }

    /// The kernel of a version that is here.
    pub fn linux(&self, version: &SlotVersion) -> PathBuf {
        self.files_of(version).join("linux")
    }

    /// The initrd of a version that is here.
    pub fn initrd(&self, version: &SlotVersion) -> PathBuf {
        self.files_of(version).join("initrd")
    }

    /// Prepares an empty boot partition: the settings and GRUB's script.
    pub fn prepare(&self) -> Result<()> {
        for name in [ENTRIES, "grub", "livos"] {
            let folder = self.path(name);
            fs::create_dir_all(&folder).about("could not create", folder)?;
        }
        write(&self.path("loader/loader.conf"), entry::LOADER_SETTINGS.as_bytes())?;
        write(&self.path("grub/grub.cfg"), entry::GRUB_SCRIPT.as_bytes())?;
        self.save_environment(&GrubEnvironment::default())
    }

    /// All our counted entries, the newest first.
    pub fn entries(&self) -> Result<Vec<EntryName>> {
        let folder = self.path(ENTRIES);
        let mut found = Vec::new();
        for file in fs::read_dir(&folder).about("could not read", &folder)? {
            let file = file.about("could not read", &folder)?;
            found.extend(file.file_name().to_str().and_then(|name| name.parse::<EntryName>().ok()));
        }
        found.sort_by(|one, other| other.version.cmp(&one.version));
        Ok(found)
    }

    /// Puts a version on the boot partition so that the next boot tries it; `running` is where the boot
    /// goes if it fails. What neither of them needs is removed first.
    pub fn place(
        &self,
        version: &SlotVersion,
        hash: &RootHash,
        kernel: Kernel<'_>,
        running: Option<&SlotVersion>,
    ) -> Result<()> {
        if running == Some(version) {
            return Err(Error::Slot(format!("{version} is the version that runs")));
        }
        self.make_room(running)?;
        self.check_space(&[kernel.linux, kernel.initrd])?;
        let folder = self.files_of(version);
        fs::create_dir_all(&folder).about("could not create", &folder)?;
        copy(kernel.linux, &folder.join("linux"))?;
        copy(kernel.initrd, &folder.join("initrd"))?;
        let line = entry::command_line(version, hash, kernel.options);
        write(&folder.join(OPTIONS), line.as_bytes())?;
        write(&folder.join("grub.cfg"), entry::grub_entry(&line).as_bytes())?;
        sync_folder(&folder)?;

        let name = EntryName::fresh(version).to_string();
        replace(&self.path(ENTRIES).join(name), entry::loader_entry(version, &line).as_bytes())?;
        let mut environment = self.environment();
        set_order(&mut environment, Some(version), running);
        self.save_environment(&environment)
    }

    /// Whether a version has proved itself once.
    pub fn is_blessed(&self, version: &SlotVersion) -> bool {
        self.files_of(version).join(BLESSED).exists()
    }

    /// The running version came up well: it has all its tries again, and is the last resort.
    pub fn bless(&self, running: &SlotVersion) -> Result<()> {
        let folder = self.files_of(running);
        let options = folder.join(OPTIONS);
        let line = fs::read_to_string(&options).about("could not read", &options)?;
        let fresh = EntryName::fresh(running);
        let text = entry::loader_entry(running, &line);
        let names = self.entries()?;
        match names.iter().find(|name| name.version == *running) {
            Some(name) if *name == fresh => {}
            Some(name) => self.rename(name, &fresh)?,
            // The power went while the boot loader was renaming it.
            None => replace(&self.path(ENTRIES).join(fresh.to_string()), text.as_bytes())?,
        }
        if !self.is_blessed(running) {
            write(&folder.join(BLESSED), b"")?;
            sync_folder(&folder)?;
        }
        let last_resort = entry::last_resort(running, &line);
        if fs::read_to_string(self.path(LAST_RESORT)).ok().as_deref() != Some(last_resort.as_str()) {
            replace(&self.path(LAST_RESORT), last_resort.as_bytes())?;
        }
        let other = names
            .iter()
            .find(|name| name.version != *running && !name.is_spent() && self.is_blessed(&name.version));
        let mut environment = self.environment();
        set_order(&mut environment, Some(running), other.map(|name| &name.version));
        self.save_environment(&environment)
    }

    /// A version must not be tried again.
    pub fn give_up(&self, version: &SlotVersion) -> Result<()> {
        for name in self.entries()?.iter().filter(|name| name.version == *version && !name.is_spent()) {
            let done = name.count.map_or(0, |count| count.done) + 1;
            self.rename(name, &EntryName::spent(version, done))?;
        }
        let mut environment = self.environment();
        if environment.get("next") == version.to_string() {
            environment.set("left", "0");
            self.save_environment(&environment)?;
        }
        Ok(())
    }

    /// Makes an earlier version the one to start next.
    pub fn choose(&self, version: &SlotVersion, running: &SlotVersion) -> Result<()> {
        if !self.is_blessed(version) {
            return Err(Error::Slot(format!("{version} never came up, or is gone")));
        }
        let fresh = EntryName::fresh(version);
        for name in self.entries()? {
            if name.version == *version && name != fresh {
                self.rename(&name, &fresh)?;
            } else if name.version > *version && !name.is_spent() {
                // Newer ones go first unless they are out of tries.
                self.rename(&name, &EntryName::spent(&name.version, 0))?;
            }
        }
        let mut environment = self.environment();
        set_order(&mut environment, Some(version), Some(running));
        self.save_environment(&environment)
    }

    /// Whether the boot loader has used up a version's tries.
    pub fn is_spent(&self, version: &SlotVersion) -> Result<bool> {
        let environment = self.environment();
        let by_grub = environment.get("next") == version.to_string() && environment.get("left") == "0";
        let by_name = self.entries()?.iter().any(|name| name.version == *version && name.is_spent());
        Ok(by_grub || by_name)
    }

    /// Whether a version that runs was started before that, in a row, and did not come up.
    pub fn failed_before(&self, running: &SlotVersion) -> Result<bool> {
        let environment = self.environment();
        let left: u32 = environment.get("left").parse().unwrap_or(entry::TRIES);
        let by_grub = environment.get("next") == running.to_string() && left + 1 < entry::TRIES;
        let names = self.entries()?;
        let mut counts = names.iter().filter(|name| name.version == *running).filter_map(|name| name.count);
        Ok(by_grub || counts.any(|count| count.done > 1))
    }

    /// The root of a version that is here.
    pub fn hash(&self, version: &SlotVersion) -> Result<RootHash> {
        let path = self.files_of(version).join(OPTIONS);
        let line = fs::read_to_string(&path).about("could not read", &path)?;
        let hash = line.split_whitespace().find_map(|word| word.strip_prefix("roothash="));
        hash.ok_or_else(|| Error::Slot(format!("{version} has no root hash")))?.parse()
    }

    /// Removes every version but this one: its entry first, so that no entry ever lacks its files.
    pub fn make_room(&self, keep: Option<&SlotVersion>) -> Result<()> {
        if keep.is_some_and(|keep| !self.files_of(keep).join("linux").exists()) {
            return Err(Error::Slot("the running version is not on the boot partition".to_owned()));
        }
        for name in self.entries()?.iter().filter(|name| Some(&name.version) != keep) {
            let file = self.path(ENTRIES).join(name.to_string());
            fs::remove_file(&file).about("could not remove", file)?;
        }
        sync_folder(&self.path(ENTRIES))?;
        let mut environment = self.environment();
        set_order(&mut environment, keep, None);
        self.save_environment(&environment)?;
        let folder = self.path("livos");
        for version in fs::read_dir(&folder).about("could not read", &folder)? {
            let version = version.about("could not read", &folder)?;
            if keep.map(ToString::to_string).as_deref() != version.file_name().to_str() {
                fs::remove_dir_all(version.path()).about("could not remove", version.path())?;
            }
        }
        Ok(())
    }

    fn check_space(&self, files: &[&Path]) -> Result<()> {
        let mut needed = 1024 * 1024;
        for file in files {
            needed += fs::metadata(file).about("could not read", *file)?.len();
        }
        crate::space::require(&self.folder, "the boot partition", needed)
    }

    fn rename(&self, from: &EntryName, to: &EntryName) -> Result<()> {
        let folder = self.path(ENTRIES);
        let (from, to) = (folder.join(from.to_string()), folder.join(to.to_string()));
        fs::rename(&from, &to).about("could not rename", from)?;
        sync_folder(&folder)
    }

    fn environment(&self) -> GrubEnvironment {
        GrubEnvironment::parse(&fs::read(self.path(GRUBENV)).unwrap_or_default())
    }

    /// Written in place like GRUB does: two sectors that always exist, and no rename that could lose them.
    fn save_environment(&self, environment: &GrubEnvironment) -> Result<()> {
        let path = self.path(GRUBENV);
        let bytes = environment.render()?;
        if fs::read(&path).is_ok_and(|old| old == bytes) {
            return Ok(());
        }
        let mut file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .about("could not open", &path)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).about("could not write", path)
    }
}

/// What GRUB tries first, and what it starts when the tries are used up.
fn set_order(environment: &mut GrubEnvironment, next: Option<&SlotVersion>, other: Option<&SlotVersion>) {
    let name = |version: Option<&SlotVersion>| version.map(ToString::to_string).unwrap_or_default();
    environment.set("next", &name(next));
    environment.set("left", &entry::TRIES.to_string());
    environment.set("other", &name(other));
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create(path).about("could not create", path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).about("could not write", path)
}

/// A file appears whole, or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    write(&new, bytes)?;
    fs::rename(&new, path).about("could not rename", new)?;
    sync_folder(path.parent().unwrap_or(path))
}

/// Copies a whole boot partition, as it is on a medium, and reads every file back.
pub(crate) fn copy_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).about("could not read", from)? {
        let entry = entry.about("could not read", from)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            fs::create_dir_all(&target).about("could not create", &target)?;
            copy_all(&source, &target)?;
        } else {
            copy(&source, &target)?;
        }
    }
    sync_folder(to)
}

/// Copies, waits for the disk, and reads the copy back.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).about("could not read", from)?;
    write(to, &bytes)?;
    let file = File::open(to).about("could not open", to)?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).about("could not flush", to)?;
    let mut sum = Sha256::new();
    let mut file = file;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).about("could not read", to)? {
            0 => break,
            length => sum.update(&buffer[..length]),
        }
    }
    if sum.finalize() != Sha256::digest(&bytes) {
        return Err(Error::Verify(format!("{} is not what was written", to.display())));
    }
    Ok(())
}

pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    let open = File::open(folder).about("could not open", folder)?;
    // FAT syncs a folder only with its whole file system.
    rustix::fs::syncfs(&open).about("could not write", folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Site {
        _folder: tempfile::TempDir,
        boot: BootPartition,
        linux: PathBuf,
        initrd: PathBuf,
    }

    impl Site {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (linux, initrd) = (folder.path().join("linux"), folder.path().join("initrd"));
            fs::write(&linux, "a kernel").unwrap();
            fs::write(&initrd, "an initrd").unwrap();
            let boot = BootPartition::at(folder.path().join("esp"));
            boot.prepare().unwrap();
            Self { _folder: folder, boot, linux, initrd }
        }

        fn place(&self, new: &str, running: Option<&str>) -> Result<()> {
            let files = Kernel { linux: &self.linux, initrd: &self.initrd, options: "console=ttyS0" };
            let running = running.map(version);
            self.boot.place(&version(new), &RootHash::from_bytes([1; 32]), files, running.as_ref())
        }

        fn names(&self) -> Vec<String> {
            self.boot.entries().unwrap().iter().map(ToString::to_string).collect()
        }

        fn grub(&self) -> String {
            let block = self.boot.environment();
            format!("{} {} {}", block.get("next"), block.get("left"), block.get("other"))
        }
    }

    fn version(text: &str) -> SlotVersion {
        text.parse().unwrap()
    }

    #[test]
    fn an_upgrade_that_is_kept() {
        let site = Site::new();
        site.place("0.1.0-1", None).unwrap();
        site.boot.bless(&version("0.1.0-1")).unwrap();
        site.place("0.2.0-2", Some("0.1.0-1")).unwrap();
        assert_eq!(site.names(), ["livos_0.2.0-2+3.conf", "livos_0.1.0-1+3.conf"]);
        assert_eq!(site.grub(), "0.2.0-2 3 0.1.0-1");
        assert!(!site.boot.is_blessed(&version("0.2.0-2")));

        // systemd-boot counts down, the version comes up.
        let entries = site.boot.path(ENTRIES);
        fs::rename(entries.join("livos_0.2.0-2+3.conf"), entries.join("livos_0.2.0-2+2-1.conf")).unwrap();
        site.boot.bless(&version("0.2.0-2")).unwrap();
        assert_eq!(site.names(), ["livos_0.2.0-2+3.conf", "livos_0.1.0-1+3.conf"]);
        assert_eq!(site.grub(), "0.2.0-2 3 0.1.0-1");
        let last = fs::read_to_string(site.boot.path(LAST_RESORT)).unwrap();
        assert!(last.contains("/livos/0.2.0-2/linux"), "{last}");
    }

    #[test]
    fn an_upgrade_that_is_given_up() {
        let site = Site::new();
        site.place("0.1.0-1", None).unwrap();
        site.boot.bless(&version("0.1.0-1")).unwrap();
        site.place("0.2.0-2", Some("0.1.0-1")).unwrap();
        site.boot.give_up(&version("0.2.0-2")).unwrap();
        assert_eq!(site.names(), ["livos_0.2.0-2+0-1.conf", "livos_0.1.0-1+3.conf"]);
        assert_eq!(site.grub(), "0.2.0-2 0 0.1.0-1");
        assert!(site.boot.is_spent(&version("0.2.0-2")).unwrap());
        // The old one is up again: what failed is never chosen.
        site.boot.bless(&version("0.1.0-1")).unwrap();
        assert_eq!(site.grub(), "0.1.0-1 3 ");
        assert!(site.boot.choose(&version("0.2.0-2"), &version("0.1.0-1")).is_err());
    }

    #[test]
    fn an_earlier_version_can_be_chosen() {
        let site = Site::new();
        site.place("0.1.0-1", None).unwrap();
        site.boot.bless(&version("0.1.0-1")).unwrap();
        site.place("0.2.0-2", Some("0.1.0-1")).unwrap();
        site.boot.bless(&version("0.2.0-2")).unwrap();
        site.boot.choose(&version("0.1.0-1"), &version("0.2.0-2")).unwrap();
        assert_eq!(site.names(), ["livos_0.2.0-2+0.conf", "livos_0.1.0-1+3.conf"]);
        assert_eq!(site.grub(), "0.1.0-1 3 0.2.0-2");
    }

    /// A boot loader counts every start; more than one means that those before came to nothing.
    #[test]
    fn a_start_that_is_not_the_first_in_a_row_is_known() {
        let site = Site::new();
        site.place("0.1.0-1", None).unwrap();
        let runs = version("0.1.0-1");
        for (left, again) in [("3", false), ("2", false), ("1", true), ("0", true)] {
            let mut block = site.boot.environment();
            block.set("left", left);
            site.boot.save_environment(&block).unwrap();
            assert_eq!(site.boot.failed_before(&runs).unwrap(), again, "{left} left to GRUB");
        }
        site.boot.bless(&runs).unwrap();
        assert!(!site.boot.failed_before(&runs).unwrap());
        assert_eq!(site.boot.hash(&runs).unwrap(), RootHash::from_bytes([1; 32]));
        assert!(site.boot.hash(&version("0.2.0-2")).is_err());
    }

    #[test]
    fn an_entry_that_got_lost_comes_back() {
        let site = Site::new();
        site.place("0.1.0-1", None).unwrap();
        site.boot.bless(&version("0.1.0-1")).unwrap();
        fs::remove_file(site.boot.path(ENTRIES).join("livos_0.1.0-1+3.conf")).unwrap();
        site.boot.bless(&version("0.1.0-1")).unwrap();
        assert_eq!(site.names(), ["livos_0.1.0-1+3.conf"]);
    }

    /// The only version that could start is not taken away for another.
    #[test]
    fn what_runs_stays_whatever_is_asked() {
        let site = Site::new();
        site.place("0.1.0-1", None).unwrap();
        assert!(site.place("0.1.0-1", Some("0.1.0-1")).is_err());
        assert!(site.place("0.3.0-3", Some("0.2.0-2")).is_err());
        assert_eq!(site.names(), ["livos_0.1.0-1+3.conf"]);
        // What was placed but never started makes room for the next.
        site.place("0.2.0-2", Some("0.1.0-1")).unwrap();
        site.place("0.3.0-3", Some("0.1.0-1")).unwrap();
        assert_eq!(site.names(), ["livos_0.3.0-3+3.conf", "livos_0.1.0-1+3.conf"]);
        assert!(!site.boot.files_of(&version("0.2.0-2")).exists());
    }
}
