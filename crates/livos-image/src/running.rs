//! The appliance that runs: which slot it started from, and where its boot partition and state are.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::About as _;
use crate::gpt::Table;
use crate::place::BootPartition;
use crate::seal;
use crate::tools::Tools;
use crate::trial::Report;
use crate::{Error, Result, RootHash, SlotVersion, slots};

/// The running system as its kernel was told.
#[derive(Debug, Clone)]
pub struct Appliance {
    /// What runs.
    pub version: SlotVersion,
    /// Its root.
    pub hash: RootHash,
    /// The disk that it is on.
    pub disk: PathBuf,
    /// The boot partition of that disk.
    pub boot: BootPartition,
    /// Where the appliance keeps what it knows about its slots.
    pub state: PathBuf,
    /// More words on the kernel's command line, which the next version gets too.
    pub options: String,
}

/// What `livos-slot status` shows.
#[derive(Debug, Serialize)]
pub struct Status {
    /// What runs.
    pub running: SlotVersion,
    /// Its root.
    pub hash: RootHash,
    /// It has proved itself.
    pub blessed: bool,
    /// What can be started, the newest first.
    pub versions: Vec<Startable>,
    /// How the last upgrade ended.
    pub report: Option<Report>,
    /// What there is to know about the databases that it goes on with.
    pub databases: Option<String>,
}

/// A version on the boot partition.
#[derive(Debug, Serialize)]
pub struct Startable {
    /// Which.
    pub version: SlotVersion,
    /// How often it may still be tried.
    pub tries: u32,
    /// It has proved itself.
    pub blessed: bool,
}

impl Appliance {
    /// The system that this program runs on.
    pub fn here() -> Result<Self> {
        let path = Path::new("/proc/cmdline");
        let line = fs::read_to_string(path).about("could not read", path)?;
        let (version, hash, options) = parse(&line)?;
        let link = Path::new("/run/livos/disk");
        let disk =
            fs::read_link(link).map_err(|_| Error::NotAppliance("its disk is not known".to_owned()))?;
        let (boot, state) = (BootPartition::at("/efi"), PathBuf::from("/var/lib/livos/slots"));
        Ok(Self { version, hash, disk, boot, state, options })
    }

    /// What there is to say about the slots.
    pub fn status(&self) -> Result<Status> {
        let entries = self.boot.entries()?;
        let versions = entries.into_iter().map(|name| Startable {
            blessed: self.boot.is_blessed(&name.version),
            tries: name.count.map_or(crate::entry::TRIES, |count| count.left),
            version: name.version,
        });
        Ok(Status {
            running: self.version.clone(),
            hash: self.hash,
            blessed: self.boot.is_blessed(&self.version),
            versions: versions.collect(),
            report: Report::read(&self.state)?,
            databases: crate::databases::note(&self.state)?,
        })
    }

    /// Reads the whole running root and holds it against its hash.
    pub fn verify(&self) -> Result<()> {
        self.verify_slot(&self.hash)
    }

    /// The same for any version on this disk.
    pub fn verify_version(&self, version: &SlotVersion) -> Result<()> {
        if *version == self.version { self.verify() } else { self.verify_slot(&self.boot.hash(version)?) }
    }

    fn verify_slot(&self, hash: &RootHash) -> Result<()> {
        let table = Table::read(&self.disk)?;
        let slot = slots::holding(&table, hash)
            .ok_or_else(|| Error::Slot("the root is not on its disk any more".to_owned()))?;
        let (data, hashes) = slots::devices(&self.disk, slot);
        seal::check(&Tools::here(), hash, &data, &hashes)
    }
}

/// What of a command line is ours, and what else is on it.
fn parse(line: &str) -> Result<(SlotVersion, RootHash, String)> {
    let missing = |what: &str| Error::NotAppliance(format!("no {what} on the kernel's command line"));
    let value =
        |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let version: SlotVersion = value("livos.version").ok_or_else(|| missing("version"))?.parse()?;
    let hash: RootHash = value("roothash").ok_or_else(|| missing("root hash"))?.parse()?;
    let ours = crate::entry::command_line(&version, &hash, "");
    // Boot loaders add words of their own; what a virtualiser adds on every start must not pile up.
    let mut others: Vec<&str> = Vec::new();
    for word in line.split_whitespace() {
        let known = ours.split(' ').any(|ours| ours == word) || others.contains(&word);
        if !known && !word.starts_with("initrd=") && !word.starts_with("BOOT_IMAGE=") {
            others.push(word);
        }
    }
    Ok((version, hash, others.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_was_told_what_runs() {
        let hash = RootHash::from_bytes([3; 32]);
        let version = "0.1.0-4".parse().unwrap();
        let line = format!(
            "BOOT_IMAGE=/livos/0.1.0-4/linux {} initrd=\\livos\\0.1.0-4\\initrd console=tty0\n",
            crate::entry::command_line(&version, &hash, "console=tty0 console=ttyS0,115200")
        );
        let found = parse(&line).unwrap();
        assert_eq!(found, (version, hash, "console=tty0 console=ttyS0,115200".to_owned()));
        assert!(matches!(parse("root=/dev/sda1 ro"), Err(Error::NotAppliance(_))));
    }
}
