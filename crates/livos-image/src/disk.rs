//! A whole disk image out of a sealed root and a boot partition.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::About as _;
use crate::gpt::{self, SECTOR, Table};
use crate::tools::Tools;
use crate::{Error, Result, RootHash, SlotVersion, slots};

const MEBIBYTE: u64 = 1024 * 1024;
/// Room for a root in each slot.
pub const ROOT_BYTES: u64 = 3 * 1024 * MEBIBYTE;
/// Room for the hashes of it.
pub const HASHES_BYTES: u64 = 64 * MEBIBYTE;
/// Room for four kernels with their initrds.
pub const ESP_BYTES: u64 = 512 * MEBIBYTE;

/// What goes onto the disk.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// What it is.
    pub version: &'a SlotVersion,
    /// The sealed root.
    pub hash: &'a RootHash,
    /// Its file system.
    pub root: &'a Path,
    /// Its hashes.
    pub hashes: &'a Path,
    /// The folder that becomes the boot partition.
    pub boot: &'a Path,
    /// GRUB's first stage (`boot.img`).
    pub bios_first: &'a Path,
    /// GRUB's second stage (`core.img`).
    pub bios_second: &'a Path,
    /// The time every file carries.
    pub epoch: u64,
}

/// Writes the image. The other slot and the data partition are not in it: the first boot makes them.
pub fn assemble(tools: &Tools, parts: &Parts<'_>, image: &Path) -> Result<()> {
    let id = |what: &str| derived(&parts.version.to_string(), what);
    let bytes = 2 * MEBIBYTE + ESP_BYTES + ROOT_BYTES + HASHES_BYTES + MEBIBYTE;
    let file = File::create(image).about("could not create", image)?;
    file.set_len(bytes).about("could not grow", image)?;
    let table = layout(parts.version, parts.hash, bytes, &id)?;

    let esp = image.with_extension("esp");
    boot_partition(tools, parts, id("fat"), &esp)?;
    let sources = [None, Some(esp.as_path()), Some(parts.root), Some(parts.hashes)];
    for (part, source) in table.partitions.iter().flatten().zip(sources) {
        if let Some(source) = source {
            write_sparse(source, &file, part.offset(), part.bytes(), image)?;
        }
    }
    std::fs::remove_file(&esp).about("could not remove", &esp)?;
    let bios = table.partitions.iter().flatten().next().map_or(0, |part| part.first);
    embed_grub(parts.bios_first, parts.bios_second, &file, bios, image)?;
    table.write(image)
}

/// The partitions of a disk with one root on it; `id` names what has no name by itself.
pub(crate) fn layout(
    version: &SlotVersion,
    hash: &RootHash,
    bytes: u64,
    id: &dyn Fn(&str) -> Uuid,
) -> Result<Table> {
    let mut table = Table::new(id("disk"), bytes);
    table.append(gpt::BIOS_BOOT, id("bios"), "livos-bios", MEBIBYTE)?;
    table.append(gpt::ESP, id("esp"), slots::ESP_LABEL, ESP_BYTES)?;
    let name = format!("livos_{version}");
    table.append(gpt::ROOT, hash.data_id(), &name, ROOT_BYTES)?;
    table.append(gpt::ROOT_VERITY, hash.tree_id(), &format!("{name}_v"), HASHES_BYTES)?;
    Ok(table)
}

/// A name for a part of something, always the same.
pub(crate) fn derived(something: &str, what: &str) -> Uuid {
    let digest = Sha256::digest(format!("livos {something} {what}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

fn boot_partition(tools: &Tools, parts: &Parts<'_>, id: Uuid, esp: &Path) -> Result<()> {
    let file = File::create(esp).about("could not create", esp)?;
    file.set_len(ESP_BYTES).about("could not grow", esp)?;
    // FAT has the time of the day where the builder lives.
    let tools = tools.clone().with("SOURCE_DATE_EPOCH", parts.epoch.to_string()).with("TZ", "UTC");
    format_boot(&tools, id, esp)?;
    copy_folder(&tools, parts.boot, "::", esp)
}

/// An empty file system for the boot partition.
pub(crate) fn format_boot(tools: &Tools, id: Uuid, esp: &Path) -> Result<()> {
    let serial = id.simple().to_string();
    let mut format = tools.command("mkfs.vfat");
    format.args(["--invariant", "-F32", "-n", "LIVOS-BOOT", "-i", &serial[..8]]).arg(esp);
    crate::tools::run("mkfs.vfat", &mut format)?;
    Ok(())
}

/// Copies what is in a folder, name by name: the order in which a file system lists them is its own.
fn copy_folder(tools: &Tools, from: &Path, to: &str, esp: &Path) -> Result<()> {
    let mut paths: Vec<_> = std::fs::read_dir(from)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .about("could not read", from)?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    if !files.is_empty() {
        let mut copy = tools.command("mcopy");
        copy.args(["-p", "-Q", "-m", "-i"]).arg(esp).args(&files).arg(format!("{to}/"));
        crate::tools::run("mcopy", &mut copy)?;
    }
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let to = format!("{to}/{name}");
        crate::tools::run("mmd", tools.command("mmd").arg("-i").arg(esp).arg(&to))?;
        copy_folder(tools, &folder, &to, esp)?;
    }
    Ok(())
}

/// Copies a file to a place in another; zeros stay holes.
fn write_sparse(from: &Path, to: &File, offset: u64, room: u64, image: &Path) -> Result<()> {
    let mut source = File::open(from).about("could not open", from)?;
    let length = source.seek(SeekFrom::End(0)).about("could not measure", from)?;
    if length > room {
        return Err(Error::Space {
            place: format!("the partition for {}", from.display()),
            free: room / MEBIBYTE,
            needed: length.div_ceil(MEBIBYTE),
        });
    }
    source.seek(SeekFrom::Start(0)).about("could not read", from)?;
    let mut buffer = vec![0_u8; MEBIBYTE as usize];
    let mut at = offset;
    loop {
        let length = source.read(&mut buffer).about("could not read", from)?;
        let Some(chunk) = buffer.get(..length).filter(|chunk| !chunk.is_empty()) else { return Ok(()) };
        if chunk.iter().any(|byte| *byte != 0) {
            to.write_all_at(chunk, at).about("could not write", image)?;
        }
        at += length as u64;
    }
}

/// Puts GRUB where a BIOS looks: its first stage in the MBR, its second in the partition for it. Each is
/// told where the next sector is; that is all that `grub-install` would do, and it needs no loop device.
pub(crate) fn embed_grub(first: &Path, second: &Path, file: &File, bios: u64, image: &Path) -> Result<()> {
    let read = |path: &Path| std::fs::read(path).about("could not read", path);
    let (mut first, mut second) = (read(first)?, read(second)?);
    second.resize(second.len().next_multiple_of(SECTOR as usize), 0);
    if first.len() < 440 || second.len() as u64 > MEBIBYTE || second.len() <= SECTOR as usize {
        return Err(Error::Invalid("GRUB's stages have an unexpected size".to_owned()));
    }
    first[0x5c..0x64].copy_from_slice(&bios.to_le_bytes());
    // Boot from the drive that the BIOS names, and skip the check of it.
    first[0x64] = 0xff;
    first[0x66..0x68].copy_from_slice(&[0x90, 0x90]);
    let sectors = u16::try_from(second.len() as u64 / SECTOR - 1).unwrap_or(u16::MAX);
    second[0x1f4..0x1fc].copy_from_slice(&(bios + 1).to_le_bytes());
    second[0x1fc..0x1fe].copy_from_slice(&sectors.to_le_bytes());
    second[0x1fe..0x200].copy_from_slice(&0x820_u16.to_le_bytes());
    file.write_all_at(&first[..440], 0).about("could not write", image)?;
    file.write_all_at(&second, bios * SECTOR).about("could not write", image)
}
