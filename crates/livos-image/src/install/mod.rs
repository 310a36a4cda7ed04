//! LivOS goes from a medium onto a disk: by a seed disk, or by somebody who is asked.

pub mod dialogue;
pub mod disks;
pub mod wish;
mod write;

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use disks::{Disk, choose};
use wish::{Then, Wish};

use crate::error::About as _;
use crate::live::Medium;
use crate::{Error, Result, cloud, tools};

/// Told what is done, and how much of it in hundredths.
pub type Progress<'a> = &'a mut dyn FnMut(&str, u8);

/// Why the seed disk was not obeyed: said again to whoever comes to the console.
const REFUSED: &str = "/run/livos/install-refused";

/// Writes LivOS over a disk: everything that is on it goes.
pub fn install(medium: &Medium, disk: &Disk, progress: Progress<'_>) -> Result<()> {
    let _only = lock()?;
    // Somebody may have taken their time to answer: what is there now must be what they saw.
    if !disks::look(Some(&medium.folder))?.contains(disk) || disk.refused.is_some() {
        return Err(Error::Invalid(format!(
            "{} is not what it was any more; nothing was written",
            disk.name
        )));
    }
    let source = write::Source {
        version: &medium.version,
        hash: &medium.hash,
        // Read through verity: a bad medium is noticed here.
        root: Path::new("/dev/mapper/root"),
        hashes: &medium.file(crate::live::HASHES),
        boot: &medium.file(crate::live::BOOT),
        grub: crate::live::GRUB.map(|name| medium.file(name)),
    };
    let random = Path::new("/proc/sys/kernel/random/uuid");
    let name = fs::read_to_string(random).about("could not read", random)?;
    write::write(&source, disk, name.trim(), progress)
}

/// A screen and a serial line may ask at the same time.
fn lock() -> Result<OwnedFd> {
    let path = Path::new("/run/livos/install.lock");
    let file = File::create(path).about("could not create", path)?;
    let operation = rustix::fs::FlockOperation::NonBlockingLockExclusive;
    rustix::fs::flock(&file, operation)
        .map_err(|_| Error::Invalid("LivOS is being installed at the other console".to_owned()))?;
    Ok(file.into())
}

/// Does what a seed disk asks for. Gives back what becomes of the machine, or nothing where none asks.
pub fn unattended(medium: &Medium, say: &mut dyn FnMut(&str)) -> Result<Option<Then>> {
    let done = obey(medium, say);
    if let Err(error) = &done {
        let text = format!("The seed disk was not obeyed: {}.", dialogue::explained(error));
        fs::write(REFUSED, text).about("could not write", REFUSED)?;
    }
    done
}

/// What the console has to be told first.
pub fn refusal() -> String {
    fs::read_to_string(REFUSED).unwrap_or_default()
}

fn obey(medium: &Medium, say: &mut dyn FnMut(&str)) -> Result<Option<Then>> {
    let Some(device) = seed_disk() else { return Ok(None) };
    let Some(wish) = read_seed(&device)? else {
        say("the seed disk does not ask for an installation");
        return Ok(None);
    };
    let disks = disks::look(Some(&medium.folder))?;
    if disks.iter().flat_map(|disk| &disk.contents).filter(|content| is_seed(content)).count() > 1 {
        return Err(Error::Invalid("there is more than one seed disk".to_owned()));
    }
    let follow = |path: &str| Some(fs::canonicalize(path).ok()?.to_string_lossy().into_owned());
    let disk = choose(&disks, &wish.disk, &follow)?;
    wish.allows(disk)?;
    say(&format!("the seed disk asks for LivOS {} on {disk}", medium.version));
    let mut last = String::new();
    install(medium, disk, &mut |step, percent| {
        let line = format!("{step}: {} %", percent / 10 * 10);
        if line != last {
            say(&line);
            last = line;
        }
    })?;
    say(&format!("LivOS {} is on {}", medium.version, disk.name));
    Ok(Some(wish.then))
}

fn is_seed(content: &disks::Content) -> bool {
    content.label.eq_ignore_ascii_case(cloud::LABEL)
}

fn seed_disk() -> Option<PathBuf> {
    let names = [cloud::LABEL.to_owned(), cloud::LABEL.to_lowercase()];
    names.iter().map(|name| Path::new("/dev/disk/by-label").join(name)).find(|path| path.exists())
}

fn read_seed(device: &Path) -> Result<Option<Wish>> {
    let folder = Path::new("/run/livos/seed");
    fs::create_dir_all(folder).about("could not create", folder)?;
    let mut mount = Command::new("mount");
    mount.args(["-t", "iso9660,vfat", "-o", "ro,nosuid,nodev,noexec"]).arg(device).arg(folder);
    tools::run("mount", &mut mount)?;
    let wish = Wish::read(folder);
    tools::run("umount", Command::new("umount").arg(folder))?;
    wish
}

/// Switches the machine off, or starts it again.
pub fn end(then: Then) -> Result<()> {
    // Not while the other console writes.
    let _only = lock()?;
    let verb = match then {
        Then::Poweroff => "poweroff",
        Then::Reboot => "reboot",
    };
    tools::run("systemctl", Command::new("systemctl").args([verb, "--no-block"]))?;
    Ok(())
}
