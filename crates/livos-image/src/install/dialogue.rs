//! What somebody at a screen or a serial line is asked before a disk is written over.

use std::io::{BufRead, Write};

use super::Progress;
use super::disks::{Disk, Livos};
use crate::{Error, Result};

/// What has to be typed before a LivOS with somebody's data goes.
const ERASE: &str = "erase livos";

/// The machine, as far as the dialogue needs it.
pub trait Machine {
    /// Its disks as they are now.
    fn disks(&mut self) -> Result<Vec<Disk>>;
    /// Writes over one of them.
    fn install(&mut self, disk: &Disk, progress: Progress<'_>) -> Result<()>;
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The disk is written, and somebody has read that.
    Installed,
    /// Nobody is there any more.
    Left,
}

/// Asks until a disk is written; `before` is said first.
pub fn ask(
    machine: &mut dyn Machine,
    version: &str,
    before: &str,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<End> {
    let mut screen = Screen { input, output };
    screen.say(&format!("\n\n  LivOS {version} installs itself on a disk of this machine.\n"))?;
    if !before.is_empty() {
        screen.say(&format!("\n  {before}\n"))?;
    }
    loop {
        let disks = machine.disks()?;
        screen.list(&disks)?;
        let Some(line) = screen.read("\n  Which disk? Type its name, or press Enter to look again: ")? else {
            return Ok(End::Left);
        };
        let Some(disk) = disks.iter().find(|disk| disk.name == line) else {
            if !line.is_empty() {
                screen.say(&format!("\n  There is no disk of the name {line:?}.\n"))?;
            }
            continue;
        };
        if let Some(reason) = &disk.refused {
            screen.say(&format!("\n  {} is not written over: {reason}.\n", disk.name))?;
            continue;
        }
        match screen.agree(disk)? {
            None => return Ok(End::Left),
            Some(false) => continue,
            Some(true) => {}
        }
        screen.say("\n")?;
        let written = {
            let mut progress = |step: &str, percent: u8| {
                // What nobody can read any more is no reason to leave a disk half written.
                let _ = screen.say(&format!("\r  {step}: {percent} %      "));
            };
            machine.install(disk, &mut progress)
        };
        match written {
            Ok(()) => {}
            Err(error) => {
                screen.say(&format!("\n\n  LivOS was not installed: {}.\n", explained(&error)))?;
                continue;
            }
        }
        screen.say(&format!("\n\n  LivOS {version} is on {}.\n\n", disk.name))?;
        let end = screen.read(
            "  Press Enter to switch this machine off. Then remove the medium, and switch it on again: the screen\n  \
             shows how to reach it.\n",
        )?;
        return Ok(if end.is_some() { End::Installed } else { End::Left });
    }
}

/// An error with what caused it.
pub(super) fn explained(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}

struct Screen<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

impl Screen<'_> {
    fn say(&mut self, text: &str) -> Result<()> {
        let said = self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush());
        said.map_err(|source| Error::File { action: "could not write to", path: "the screen".into(), source })
    }

    /// A line that somebody types; nothing, when the line is closed.
    fn read(&mut self, question: &str) -> Result<Option<String>> {
        self.say(question)?;
        let mut line = Vec::new();
        let read = self.input.read_until(b'\n', &mut line);
        let length = read.map_err(|source| Error::File {
            action: "could not read from",
            path: "the keyboard".into(),
            source,
        })?;
        Ok((length > 0).then(|| String::from_utf8_lossy(&line).trim().to_owned()))
    }

    fn list(&mut self, disks: &[Disk]) -> Result<()> {
        let (offered, spared): (Vec<&Disk>, Vec<&Disk>) =
            disks.iter().partition(|disk| disk.refused.is_none());
        if offered.is_empty() {
            self.say("\n  There is no disk here that LivOS could be installed on. Plug one in.\n")?;
        } else {
            self.say(
                "\n  Everything on the disk that you choose is erased. Nothing is changed before that.\n\n",
            )?;
        }
        for disk in offered {
            self.say(&format!("    {disk}\n              {}\n", disk.summary()))?;
        }
        for disk in spared {
            let reason = disk.refused.as_deref().unwrap_or_default();
            self.say(&format!("\n  Not offered: {} {}, because {reason}.\n", disk.name, disk.model))?;
        }
        Ok(())
    }

    /// Whether somebody really means this disk; nothing, when nobody is there.
    fn agree(&mut self, disk: &Disk) -> Result<Option<bool>> {
        self.say(&format!("\n  {disk}\n  On it: {}\n", disk.summary()))?;
        if disk.livos == Livos::Data {
            self.say(
                "  It holds a LivOS with the files and apps of its people. They can't be brought back.\n",
            )?;
            let Some(line) = self.read(&format!("\n  Type \"{ERASE}\" if they shall go: "))? else {
                return Ok(None);
            };
            if line != ERASE {
                self.say("\n  Nothing was changed.\n")?;
                return Ok(Some(false));
            }
        }
        let question =
            format!("\n  Type the name of the disk once more to erase all of it ({}): ", disk.name);
        let Some(line) = self.read(&question)? else { return Ok(None) };
        if line != disk.name {
            self.say("\n  That is not its name. Nothing was changed.\n")?;
            return Ok(Some(false));
        }
        Ok(Some(true))
    }
}

#[cfg(test)]
mod tests {
    use super::super::disks::tests::disks;
    use super::*;

    struct Pretended {
        written: Vec<String>,
        fails: bool,
    }

    impl Machine for Pretended {
        fn disks(&mut self) -> Result<Vec<Disk>> {
            Ok(disks())
        }

        fn install(&mut self, disk: &Disk, progress: Progress<'_>) -> Result<()> {
            progress("writing", 40);
            self.written.push(disk.name.clone());
            if std::mem::take(&mut self.fails) {
                return Err(Error::Verify("block 7".to_owned()));
            }
            Ok(())
        }
    }

    /// (What was written over, what was said, how it ended).
    fn typed(keys: &str, fails: bool) -> (Vec<String>, String, End) {
        let mut machine = Pretended { written: Vec::new(), fails };
        let mut said = Vec::new();
        let end = ask(&mut machine, "0.1.0-1", "", &mut keys.as_bytes(), &mut said).unwrap();
        (machine.written, String::from_utf8(said).unwrap(), end)
    }

    #[test]
    fn a_disk_is_written_when_its_name_was_typed_twice() {
        let (written, said, end) = typed("vda\nvda\n\n", false);
        assert_eq!((written, end), (vec!["vda".to_owned()], End::Installed));
        assert!(said.contains("12.9 GB  virtual disk (attic)") && said.contains("writing: 40 %"), "{said}");
        assert!(said.contains("Not offered: sda Generic Stick, because the machine was started from it."));
    }

    #[test]
    fn nothing_else_writes_anything() {
        for (keys, words) in [
            ("", "Which disk?"),
            ("\n", "Which disk?"),
            ("vdb\nvdb\n", "no disk of the name \"vdb\""),
            ("/dev/vda\n/dev/vda\n", "no disk of the name"),
            ("vda\n", "once more"),
            ("vda\n\n", "That is not its name. Nothing was changed."),
            ("vda\ny\n", "That is not its name"),
            ("vda\nsdb\n", "That is not its name"),
            ("sda\nsda\n", "sda is not written over: the machine was started from it."),
            ("sdb\nsdb\nsdb\n", "They can't be brought back"),
            ("sdb\nerase livos\nvda\n", "That is not its name"),
        ] {
            let (written, said, end) = typed(keys, false);
            assert!(written.is_empty() && end == End::Left, "{keys:?} wrote {written:?}");
            assert!(said.contains(words), "{keys:?}: {said}");
        }
    }

    #[test]
    fn a_livos_with_data_goes_after_a_word_of_its_own() {
        let (written, ..) = typed("sdb\nerase livos\nsdb\n\n", false);
        assert_eq!(written, ["sdb"]);
    }

    #[test]
    fn what_failed_is_said_and_can_be_tried_again() {
        let (written, said, end) = typed("vda\nvda\nvda\nvda\n\n", true);
        assert_eq!((written.len(), end), (2, End::Installed));
        assert!(
            said.contains("LivOS was not installed: what was written does not verify: block 7."),
            "{said}"
        );
    }
}
