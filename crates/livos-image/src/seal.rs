//! A tree becomes a file system that nobody can change unnoticed.

use std::fs::File;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::About as _;
use crate::tools::Tools;
use crate::{Error, Result, RootHash, SlotVersion, erofs, gpt};

/// Where the kernel and the running system put things; their content is no part of a root.
const NOT_IN_A_ROOT: &str = "^(dev|proc|sys|run|tmp)/.*";

/// How a root is packed.
#[derive(Debug, Clone)]
pub struct Packing {
    /// Compression as `mkfs.erofs -z` takes it.
    pub compression: String,
    /// The time every file carries.
    pub epoch: u64,
}

impl Packing {
    /// Small: for what is downloaded and flashed.
    pub fn release(epoch: u64) -> Self {
        Self { compression: "lz4hc,9".to_owned(), epoch }
    }

    /// Quick: for what is composed on the appliance, or only to be tested.
    pub fn quick(epoch: u64) -> Self {
        Self { compression: "lz4".to_owned(), epoch }
    }
}

/// Packs `tree` into `data`, writes the hashes of it to `hashes` (files or partitions of at most the
/// given sizes), waits for the disk, and reads all of it back.
pub fn seal(
    tools: &Tools,
    tree: &Path,
    version: &SlotVersion,
    packing: &Packing,
    data: &Path,
    hashes: &Path,
) -> Result<RootHash> {
    let id = |what: &str| {
        let digest = Sha256::digest(format!("livos {version} {what}"));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    };
    pack(tools, tree, packing, id("root"), data)?;
    let hash = hash(tools, version, id("tree"), data, hashes)?;
    for path in [data, hashes] {
        forget_cached(path)?;
    }
    check(tools, &hash, data, hashes)?;
    Ok(hash)
}

fn pack(tools: &Tools, tree: &Path, packing: &Packing, id: Uuid, data: &Path) -> Result<()> {
    let mut command = tools.command("mkfs.erofs");
    // With it, files that are older keep their own time, whatever is said here.
    command.env_remove("SOURCE_DATE_EPOCH");
    command
        .arg(format!("-z{}", packing.compression))
        .args(["-C65536", "-Eztailpacking", "--all-time"])
        .arg(format!("-T{}", packing.epoch))
        .arg(format!("-U{id}"))
        .arg(format!("--exclude-regex={NOT_IN_A_ROOT}"))
        .args([data, tree]);
    crate::tools::run("mkfs.erofs", &mut command)?;
    Ok(())
}

fn hash(tools: &Tools, version: &SlotVersion, id: Uuid, data: &Path, hashes: &Path) -> Result<RootHash> {
    let (bytes, block) = erofs::size(data)?;
    if block != 4096 {
        return Err(Error::Verify(format!("blocks of {block} bytes instead of 4096")));
    }
    let salt: RootHash = RootHash::from_bytes(Sha256::digest(format!("livos {version} salt")).into());
    let mut command = tools.command("veritysetup");
    command
        .args(["format", "--hash=sha256", "--data-block-size=4096", "--hash-block-size=4096"])
        .arg(format!("--data-blocks={}", bytes / block))
        .arg(format!("--salt={salt}"))
        .arg(format!("--uuid={id}"))
        .args([data, hashes]);
    let said = crate::tools::run("veritysetup", &mut command)?;
    let found = said.lines().find_map(|line| line.strip_prefix("Root hash:"));
    found.ok_or_else(|| Error::Verify("veritysetup named no root hash".to_owned()))?.trim().parse()
}

/// Waits until everything is on the disk, and drops it from memory, so that the check reads the disk.
pub(crate) fn forget_cached(path: &Path) -> Result<()> {
    let file = File::options().read(true).write(true).open(path).about("could not open", path)?;
    file.sync_all().about("could not write", path)?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).about("could not flush", path)
}

/// Reads a whole sealed root and holds it against its hash.
pub fn check(tools: &Tools, hash: &RootHash, data: &Path, hashes: &Path) -> Result<()> {
    // A program that can't be had says nothing about what it was to look at.
    let wrong = |error: Error| match error {
        Error::Program { .. } => Error::Verify(error.to_string()),
        other => other,
    };
    verify(tools, hash, data, hashes).map_err(wrong)?;
    let mut consistent = tools.command("fsck.erofs");
    crate::tools::run("fsck.erofs", consistent.arg(data)).map_err(wrong)?;
    Ok(())
}

/// Reads every block of a root and holds it against the hash.
pub(crate) fn verify(tools: &Tools, hash: &RootHash, data: &Path, hashes: &Path) -> Result<()> {
    let mut verify = tools.command("veritysetup");
    verify.arg("verify").args([data, hashes]).arg(hash.to_string());
    crate::tools::run("veritysetup", &mut verify)?;
    Ok(())
}

/// Megabytes that a slot's two partitions must have for a file system of this size.
pub fn fits(data: &Path, hashes: &Path, bytes: u64) -> Result<()> {
    // A tree of SHA-256 over 4096-byte blocks has 1/128 of their size, and a little for its upper levels.
    let tree = bytes / 127 + 64 * 1024;
    for (path, needed) in [(data, bytes), (hashes, tree)] {
        let file = File::open(path).about("could not open", path)?;
        let free = gpt::length(&file, path)?;
        if free < needed {
            let megabytes = |bytes: u64| bytes.div_ceil(1024 * 1024);
            return Err(Error::Space {
                place: path.display().to_string(),
                free: megabytes(free),
                needed: megabytes(needed),
            });
        }
    }
    Ok(())
}
