//! A disk is written over. What makes it start comes last: a disk that was written in part does not start.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Progress;
use super::disks::Disk;
use crate::error::About as _;
use crate::gpt::{self, Table};
use crate::tools::{self, Tools};
use crate::{Error, Result, RootHash, SlotVersion, disk, place, seal};

const CHUNK: usize = 4 * 1024 * 1024;
/// So often the disk is waited for: what is shown is what is written.
const WAIT_EVERY: u64 = 64 * 1024 * 1024;

/// What goes onto the disk.
pub(super) struct Source<'a> {
    pub(super) version: &'a SlotVersion,
    pub(super) hash: &'a RootHash,
    pub(super) root: &'a Path,
    pub(super) hashes: &'a Path,
    pub(super) boot: &'a Path,
    pub(super) grub: [PathBuf; 2],
}

/// Writes all of it; `name` is what no other installation has.
pub(super) fn write(source: &Source<'_>, disk: &Disk, name: &str, progress: Progress<'_>) -> Result<()> {
    let path = Path::new(&disk.path);
    let whole = File::options().read(true).write(true).open(path).about("could not open", path)?;
    // Keeps udev from looking while the table is in the making.
    rustix::fs::flock(&whole, rustix::fs::FlockOperation::LockExclusive).about("could not lock", path)?;
    let id = |what: &str| disk::derived(name, what);
    let table = disk::layout(source.version, source.hash, gpt::length(&whole, path)?, &id)?;

    progress("preparing", 0);
    wipe(disk)?;
    table.write(path)?;
    tools::run("partx", Command::new("partx").arg("--update").arg(path))?;
    progress("preparing", 100);

    let device = |number: usize| gpt::device(path, number);
    let (esp, root, hashes) = (device(2), device(3), device(4));
    copy(source.root, &root, disk::ROOT_BYTES, &mut |percent| progress("writing", percent))?;
    copy(source.hashes, &hashes, disk::HASHES_BYTES, &mut |_| ())?;

    progress("checking", 0);
    seal::forget_cached(&root)?;
    seal::forget_cached(&hashes)?;
    seal::verify(&Tools::here(), source.hash, &root, &hashes)
        .map_err(|error| Error::Verify(super::dialogue::explained(&error)))?;
    progress("checking", 100);

    progress("making it start", 0);
    disk::format_boot(&Tools::here(), id("fat"), &esp)?;
    fill_boot(source.boot, &esp)?;
    let bios = table.partitions.iter().flatten().next().map_or(0, |part| part.first);
    disk::embed_grub(&source.grub[0], &source.grub[1], &whole, bios, path)?;
    whole.sync_all().about("could not write", path)?;
    if Table::read(path)?.partitions != table.partitions {
        return Err(Error::Verify("the partition table".to_owned()));
    }
    progress("making it start", 100);
    Ok(())
}

/// Nothing of what was there may be found again: first what is in the partitions, then their table.
fn wipe(disk: &Disk) -> Result<()> {
    for path in disk.contents.iter().map(|content| &content.path).chain([&disk.path]) {
        tools::run("wipefs", Command::new("wipefs").args(["--all", "--force", "--quiet"]).arg(path))?;
    }
    Ok(())
}

/// All of it, zeros too: what the disk held before must not show through.
fn copy(from: &Path, to: &Path, room: u64, progress: &mut dyn FnMut(u8)) -> Result<()> {
    let mut source = File::open(from).about("could not open", from)?;
    let length = gpt::length(&source, from)?;
    if length > room {
        let megabytes = |bytes: u64| bytes.div_ceil(1024 * 1024);
        let place = to.display().to_string();
        return Err(Error::Space { place, free: megabytes(room), needed: megabytes(length) });
    }
    std::io::Seek::rewind(&mut source).about("could not read", from)?;
    let mut target = File::options().write(true).open(to).about("could not open", to)?;
    let mut buffer = vec![0_u8; CHUNK];
    let (mut done, mut waited) = (0_u64, 0_u64);
    loop {
        let read = source.read(&mut buffer).about("could not read", from)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        target.write_all(chunk).about("could not write", to)?;
        done += read as u64;
        if done - waited >= WAIT_EVERY {
            target.sync_data().about("could not write", to)?;
            waited = done;
            progress(u8::try_from(done * 100 / length.max(1)).unwrap_or(100));
        }
    }
    target.sync_all().about("could not write", to)?;
    if done != length {
        return Err(Error::Verify(format!("{} ended early", from.display())));
    }
    progress(100);
    Ok(())
}

fn fill_boot(from: &Path, esp: &Path) -> Result<()> {
    let folder = Path::new("/run/livos/install-boot");
    std::fs::create_dir_all(folder).about("could not create", folder)?;
    tools::run("mount", Command::new("mount").args(["-t", "vfat"]).arg(esp).arg(folder))?;
    let copied = place::copy_all(from, folder);
    let away = tools::run("umount", Command::new("umount").arg(folder));
    copied?;
    away?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_covers_what_was_there_before() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let mut content = vec![0_u8; CHUNK + 5];
        content[CHUNK] = 7;
        std::fs::write(&from, &content).unwrap();
        std::fs::write(&to, vec![0xff_u8; 2 * CHUNK]).unwrap();
        let mut last = 0;
        copy(&from, &to, 2 * CHUNK as u64, &mut |percent| last = percent).unwrap();
        let written = std::fs::read(&to).unwrap();
        assert!(written[..content.len()] == content && last == 100);
        let refused = copy(&from, &to, CHUNK as u64, &mut |_| ()).unwrap_err();
        assert!(matches!(refused, Error::Space { .. }), "{refused}");
    }

    /// Whatever the disk's size, the parts lie where those of the image lie, and the first boot finds room behind.
    #[test]
    fn the_least_disk_has_room_for_what_the_first_boot_makes() {
        let (version, hash) = ("0.1.0-1".parse().unwrap(), RootHash::from_bytes([5; 32]));
        let bytes = super::super::disks::LEAST_BYTES;
        let table = disk::layout(&version, &hash, bytes, &|what| disk::derived("x", what)).unwrap();
        let last = table.partitions.iter().flatten().next_back().unwrap();
        let left = bytes - last.offset() - last.bytes();
        assert!(left > disk::ROOT_BYTES + disk::HASHES_BYTES + (2 << 30));
        assert_eq!(crate::slots::holding(&table, &hash).map(|slot| (slot.data, slot.hashes)), Some((3, 4)));
    }

    /// Two disks in one machine must not carry the same names.
    #[test]
    fn every_installation_has_names_of_its_own() {
        assert_ne!(disk::derived("one", "disk"), disk::derived("two", "disk"));
        assert_eq!(disk::derived("one", "disk"), disk::derived("one", "disk"));
    }
}
