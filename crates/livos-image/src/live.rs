//! The medium that LivOS is installed from: what is where on it, and how it starts. Pure but for `Medium::here`.
//!
//! It holds no second copy of the image: its root is the one that a slot holds, and is verified the same way; its
//! boot partition is a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::About as _;
use crate::{Error, Result, RootHash, SlotVersion, entry};

/// Everything of ours, on the medium.
pub const FOLDER: &str = "livos";
/// The root in it; kept apart from its hashes like in a slot.
pub const ROOT: &str = "root.erofs";
/// The hashes of it.
pub const HASHES: &str = "root.verity";
/// What the boot partition is made of.
pub const BOOT: &str = "boot";
/// GRUB's two stages for a BIOS.
pub const GRUB: [&str; 2] = ["grub-first.img", "grub-second.img"];

/// What the medium is called. A part of the hash is in it: another medium with another LivOS may be plugged in, too.
pub fn label(hash: &RootHash) -> String {
    let hash = hash.to_string().to_uppercase();
    format!("LIVOS_{}", hash.get(..12).unwrap_or_default())
}

/// What a kernel has to be told to start the installer. Nothing restarts by itself: somebody shall read what went
/// wrong. With `gpt` the kernel takes the second copy of a partition table whose first is torn.
pub fn command_line(version: &SlotVersion, hash: &RootHash, extra: &str) -> String {
    format!(
        "root=/dev/mapper/root rootfstype=erofs ro livos.live={} livos.roothash={hash} livos.version={version} \
         gpt systemd.unit=livos-installer.target systemd.mask=systemd-repart.service systemd.gpt_auto=0 rd.shell=0 \
         rd.emergency=halt systemd.default_device_timeout_sec=300 quiet {extra}",
        label(hash)
    )
}

/// The first that GRUB reads, wherever it was started from: where the rest is.
pub fn grub_first_script(hash: &RootHash) -> String {
    format!("search --no-floppy --set=root --label {}\nset prefix=($root)/boot/grub\n", label(hash))
}

/// GRUB's script on the medium. A version has no character that means something to GRUB.
pub fn grub_script(version: &SlotVersion, hash: &RootHash, extra: &str) -> String {
    let files = format!("/{FOLDER}/{BOOT}/{}", entry::folder(version));
    format!(
        "serial --unit=0 --speed=115200\nterminal_input console serial\nterminal_output console serial\n\
         echo \"LivOS {version} is loaded, to be installed ...\"\nlinux {files}/linux {}\ninitrd {files}/initrd\nboot\n",
        command_line(version, hash, extra)
    )
}

/// The medium that this machine was started from.
#[derive(Debug, Clone)]
pub struct Medium {
    /// Where it is mounted.
    pub folder: PathBuf,
    /// What is on it.
    pub version: SlotVersion,
    /// Its root.
    pub hash: RootHash,
}

impl Medium {
    /// As the kernel was told.
    pub fn here() -> Result<Self> {
        let path = Path::new("/proc/cmdline");
        Self::parse(&fs::read_to_string(path).about("could not read", path)?)
    }

    fn parse(line: &str) -> Result<Self> {
        let value = |name: &str| {
            let found = line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| {
                Error::Invalid(
                    "this machine was not started from a medium that LivOS is installed from".to_owned(),
                )
            })
        };
        value("livos.live")?;
        let (version, hash) = (value("livos.version")?.parse()?, value("livos.roothash")?.parse()?);
        Ok(Self { folder: PathBuf::from("/run/livos/medium"), version, hash })
    }

    /// A file of ours on it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(FOLDER).join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_knows_what_it_was_told() {
        let (version, hash) = ("0.1.0-1".parse().unwrap(), RootHash::from_bytes([0xab; 32]));
        let script = grub_script(&version, &hash, "console=ttyS0");
        assert!(script.contains("linux /livos/boot/livos/0.1.0-1/linux root=/dev/mapper/root"), "{script}");
        let line = script.lines().find(|line| line.starts_with("linux ")).unwrap();
        let medium = Medium::parse(line).unwrap();
        assert_eq!((medium.version, medium.hash), (version, hash));
        assert!(grub_first_script(&hash).contains("--label LIVOS_ABABABABABAB\n"));
    }

    #[test]
    fn an_appliance_is_no_medium() {
        let line = entry::command_line(&"0.1.0-1".parse().unwrap(), &RootHash::from_bytes([1; 32]), "");
        let error = Medium::parse(&line).unwrap_err();
        assert!(error.to_string().contains("not started from a medium"), "{error}");
    }
}
