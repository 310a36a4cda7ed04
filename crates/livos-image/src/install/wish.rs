//! What a seed disk asks the installer for. Pure but for `read`.
//!
//! ```yaml
//! #cloud-config
//! livos:
//!   install:
//!     disk: only       # or a path below /dev/disk, or a serial number
//!     then: poweroff   # or reboot
//!     erase: livos     # only where a LivOS that nobody lives in may be written over
//! ```
//! A word that means nothing is refused: it may have been meant to spare a disk.

use std::path::Path;

use serde_json::Value;

use super::disks::{Disk, Livos, Which};
use crate::{Error, Result, cloud};

/// To be done without a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Which disk.
    pub disk: Which,
    /// What becomes of the machine.
    pub then: Then,
    /// A LivOS that never started may go.
    pub erase_livos: bool,
}

/// When the disk is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The machine switches itself off: a medium that stays in would start the installer again.
    Poweroff,
    /// It starts again.
    Reboot,
}

impl Wish {
    /// What the seed disk in this folder asks for, if anything.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        Self::parse(&cloud::text(folder, "user-data")?)
    }

    /// Understands `user-data`.
    pub fn parse(user: &str) -> Result<Option<Self>> {
        let invalid = |text: String| Err(Error::Invalid(format!("livos.install of the seed disk: {text}")));
        let all = cloud::user_data(user)?;
        let Some(install) = all.get("livos").and_then(|livos| livos.get("install")) else { return Ok(None) };
        let Value::Object(words) = install else { return invalid("it is no list of settings".to_owned()) };
        let mut wish = Self { disk: Which::Only, then: Then::Poweroff, erase_livos: false };
        let mut named = false;
        for (word, value) in words {
            let value = value.as_str().unwrap_or_default();
            match (word.as_str(), value) {
                ("disk", "only") => named = true,
                ("disk", path) if path.starts_with("/dev/disk/") => {
                    (wish.disk, named) = (Which::Path(path.to_owned()), true);
                }
                ("disk", serial) if !serial.is_empty() && !serial.contains('/') => {
                    (wish.disk, named) = (Which::Serial(serial.to_owned()), true);
                }
                ("then", "poweroff") => wish.then = Then::Poweroff,
                ("then", "reboot") => wish.then = Then::Reboot,
                ("erase", "livos") => wish.erase_livos = true,
                ("disk" | "then" | "erase", other) => return invalid(format!("{word} can't be {other:?}")),
                _ => return invalid(format!("{word:?} means nothing")),
            }
        }
        if wish.erase_livos && wish.then == Then::Reboot {
            return invalid(
                "erase: livos goes with then: poweroff alone; it would start over for ever".to_owned(),
            );
        }
        if named { Ok(Some(wish)) } else { invalid("it does not say on which disk".to_owned()) }
    }

    /// Whether this disk may be written over without a question.
    pub fn allows(&self, disk: &Disk) -> Result<()> {
        let refuse = |reason: &str| Err(Error::Invalid(format!("{}: {reason}", disk.name)));
        match disk.livos {
            // A seed that stays plugged in would erase a household's files on the day the machine starts from the medium.
            Livos::Data => refuse("there is a LivOS with data on it, which no seed disk erases"),
            Livos::Fresh if !self.erase_livos => {
                refuse("there is a LivOS on it already; the seed disk would have to say `erase: livos`")
            }
            Livos::No if self.disk == Which::Only && !disk.contents.is_empty() => refuse(
                "there is something on it; the seed disk would have to name it by its serial number or path",
            ),
            Livos::No | Livos::Fresh => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::disks::tests::disks;
    use super::*;

    fn parse(words: &str) -> Result<Option<Wish>> {
        Wish::parse(&format!("#cloud-config\nhostname: attic\nlivos:\n  install:\n{words}"))
    }

    #[test]
    fn a_seed_says_which_disk_and_what_then() {
        let wish = parse("    disk: only\n").unwrap().unwrap();
        assert_eq!(wish, Wish { disk: Which::Only, then: Then::Poweroff, erase_livos: false });
        let wish = parse("    disk: /dev/disk/by-id/x\n    then: reboot\n").unwrap().unwrap();
        assert_eq!(wish.disk, Which::Path("/dev/disk/by-id/x".to_owned()));
        assert_eq!((wish.then, wish.erase_livos), (Then::Reboot, false));
        assert_eq!(parse("    disk: 0123\n").unwrap().unwrap().disk, Which::Serial("0123".to_owned()));
        for nothing in ["", "#cloud-config\nhostname: attic\n", "#cloud-config\nlivos: {}\n"] {
            assert_eq!(Wish::parse(nothing).unwrap(), None);
        }
    }

    #[test]
    fn what_is_not_understood_writes_nothing() {
        for words in [
            "    then: reboot\n",
            "    disk: \"\"\n",
            "    disk: /etc/passwd\n",
            "    disk: /dev/sda\n",
            "    disk: only\n    erase: livos\n    then: reboot\n",
            "    disk: [sda, sdb]\n",
            "    disk: only\n    then: sleep\n",
            "    disk: only\n    erase: everything\n",
            "    disk: only\n    keep: /home\n",
            "    - sda\n",
        ] {
            assert!(parse(words).unwrap_err().to_string().contains("livos.install"), "{words}");
        }
        assert!(Wish::parse("livos:\n  install:\n    disk: only\n").is_err());
    }

    #[test]
    fn a_livos_is_not_written_over_unless_the_seed_says_so() {
        let disks = disks();
        let wish = parse("    disk: only\n").unwrap().unwrap();
        let named = |name: &str| disks.iter().find(|disk| disk.name == name).unwrap();
        wish.allows(named("vda")).unwrap();
        assert!(wish.allows(named("nvme0n1")).unwrap_err().to_string().contains("there is something on it"));
        let named_one = Wish { disk: Which::Serial("S1".to_owned()), ..wish };
        named_one.allows(named("nvme0n1")).unwrap();
        let erases = Wish { erase_livos: true, ..named_one };
        assert!(erases.allows(named("sdb")).unwrap_err().to_string().contains("no seed disk erases"));
        let fresh = Disk { livos: Livos::Fresh, ..named("sdb").clone() };
        erases.allows(&fresh).unwrap();
        let spares = Wish { erase_livos: false, ..erases };
        assert!(spares.allows(&fresh).unwrap_err().to_string().contains("erase: livos"));
    }
}
