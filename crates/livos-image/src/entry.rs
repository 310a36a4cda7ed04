//! Boot entries: how one is named, counted and written. Pure.
//!
//! The name carries the count, as the Boot Loader Specification has it: `livos_0.1.0-2+3.conf` may be
//! tried three times, `+2-1` twice more, `+0-3` no more. systemd-boot counts down before it starts an
//! entry; a system that came up well sets the count back (`bless`). Every version is counted on every
//! boot, not only on its first: that is how a slot that rots later still gives way to the other one.

use std::fmt;
use std::str::FromStr;

use crate::{Error, RootHash, SlotVersion};

/// How often in a row a version may fail to come up.
pub const TRIES: u32 = 3;

const PREFIX: &str = "livos_";

/// The name of an entry's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryName {
    /// Which version it starts.
    pub version: SlotVersion,
    /// How often it may still be tried, and how often it was in vain.
    pub count: Option<Count>,
}

/// `+left-done`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Tries left.
    pub left: u32,
    /// Tries in vain.
    pub done: u32,
}

impl EntryName {
    /// The name of a version that has all its tries.
    pub fn fresh(version: &SlotVersion) -> Self {
        Self { version: version.clone(), count: Some(Count { left: TRIES, done: 0 }) }
    }

    /// The name of a version that must not be tried again.
    pub fn spent(version: &SlotVersion, done: u32) -> Self {
        Self { version: version.clone(), count: Some(Count { left: 0, done }) }
    }

    /// Whether the boot loader still starts it by itself.
    pub fn is_spent(&self) -> bool {
        self.count.is_some_and(|count| count.left == 0)
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{PREFIX}{}", self.version)?;
        match self.count {
            None => {}
            Some(Count { left, done: 0 }) => write!(out, "+{left}")?,
            Some(Count { left, done }) => write!(out, "+{left}-{done}")?,
        }
        out.write_str(".conf")
    }
}

impl FromStr for EntryName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let wrong = || Error::Invalid(format!("{name:?} is not the name of a boot entry of ours"));
        let middle =
            name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(".conf")).ok_or_else(wrong)?;
        let (version, count) = match middle.split_once('+') {
            None => (middle, None),
            Some((version, count)) => {
                let (left, done) = count.split_once('-').unwrap_or((count, "0"));
                let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
                (version, Some(Count { left: number(left)?, done: number(done)? }))
            }
        };
        Ok(Self { version: version.parse().map_err(|_| wrong())?, count })
    }
}

/// What a kernel has to be told to start a slot. There is no device name and no slot letter in it: the
/// partitions are found by the root hash.
pub fn command_line(version: &SlotVersion, hash: &RootHash, extra: &str) -> String {
    let mut line = format!(
        "root=/dev/mapper/root rootfstype=erofs ro roothash={hash} \
         systemd.verity_root_options=panic-on-corruption livos.version={version} \
         gpt panic=10 systemd.crash_reboot=yes rd.shell=0 rd.emergency=reboot systemd.gpt_auto=0 \
         systemd.default_device_timeout_sec=300"
    );
    if !extra.is_empty() {
        line.push(' ');
        line.push_str(extra);
    }
    line
}

/// The folder of a version's kernel and initrd on the boot partition.
pub fn folder(version: &SlotVersion) -> String {
    format!("livos/{version}")
}

/// An entry for systemd-boot.
pub fn loader_entry(version: &SlotVersion, command_line: &str) -> String {
    let folder = folder(version);
    // The number alone is the version here: it alone says which is newer.
    format!(
        "title LivOS {version}\nsort-key livos\nversion {}\nlinux /{folder}/linux\ninitrd /{folder}/initrd\n\
         options {command_line}\n",
        version.generation()
    )
}

/// The entry that is never counted: where to start when no other is left, or when the power failed while
/// a name was being changed.
pub fn last_resort(version: &SlotVersion, command_line: &str) -> String {
    loader_entry(version, command_line)
        .replace("title LivOS", "title LivOS (last resort)")
        .replace("sort-key livos\n", "sort-key zz-livos\n")
}

/// The same for GRUB, read by its `source`. A version has no character that means something to GRUB.
pub fn grub_entry(command_line: &str) -> String {
    format!("set options=\"{command_line}\"\n")
}

/// GRUB's own script. It counts like systemd-boot does, in its environment block: `next` may be tried
/// `left` times, then `other` starts.
pub const GRUB_SCRIPT: &str = "\
# Written by livos-slot. The choice is in grubenv.
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set next=
set left=0
set other=
load_env
set pick=$next
if [ \"$left\" = 3 ]; then set left=2; save_env left
elif [ \"$left\" = 2 ]; then set left=1; save_env left
elif [ \"$left\" = 1 ]; then set left=0; save_env left
elif [ -n \"$other\" ]; then set pick=$other
fi
echo \"LivOS $pick (tries left: $left)\"
source /livos/$pick/grub.cfg
linux /livos/$pick/linux $options
initrd /livos/$pick/initrd
boot
# Only if that failed: the other one, rather than nothing.
if [ -n \"$other\" ]; then
  source /livos/$other/grub.cfg
  linux /livos/$other/linux $options
  initrd /livos/$other/initrd
  boot
fi
sleep 10
reboot
";

/// systemd-boot's settings.
pub const LOADER_SETTINGS: &str = "timeout 1\neditor no\nauto-firmware no\nconsole-mode keep\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn version() -> SlotVersion {
        "0.1.0-2".parse().unwrap()
    }

    #[test]
    fn names_say_how_often_an_entry_may_be_tried() {
        for (name, count) in [
            ("livos_0.1.0-2.conf", None),
            ("livos_0.1.0-2+3.conf", Some(Count { left: 3, done: 0 })),
            ("livos_0.1.0-2+2-1.conf", Some(Count { left: 2, done: 1 })),
            ("livos_0.1.0-2+0-3.conf", Some(Count { left: 0, done: 3 })),
        ] {
            let entry: EntryName = name.parse().unwrap();
            assert_eq!(entry, EntryName { version: version(), count });
            assert_eq!(entry.to_string(), name);
        }
        assert!(EntryName::spent(&version(), 1).is_spent());
        assert!(!EntryName::fresh(&version()).is_spent());
    }

    #[test]
    fn other_files_are_not_our_entries() {
        for name in [
            "debian.conf",
            "livos_.conf",
            "livos_0.1.0-2.conf.tmp",
            "livos_0.1.0-2+x.conf",
            "livos_last.conf",
        ] {
            assert!(name.parse::<EntryName>().is_err(), "{name} was accepted");
        }
    }

    #[test]
    fn an_entry_names_kernel_initrd_and_hash() {
        let hash = RootHash::from_bytes([0xab; 32]);
        let line = command_line(&version(), &hash, "console=ttyS0");
        assert!(line.contains(&format!("roothash={}", "ab".repeat(32))));
        assert!(line.ends_with(" console=ttyS0"));
        assert!(!line.contains("  ") && !line.contains('"'));
        let entry = loader_entry(&version(), &line);
        assert!(entry.contains("\nversion 2\n") && entry.contains("\nlinux /livos/0.1.0-2/linux\n"));
        assert!(last_resort(&version(), &line).contains("sort-key zz-livos\n"));
    }

    #[test]
    fn grub_counts_down_as_many_tries_as_we_give() {
        assert!(GRUB_SCRIPT.contains(&format!("[ \"$left\" = {TRIES} ]")));
    }
}
