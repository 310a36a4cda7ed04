//! The real machine.

use std::path::PathBuf;
use std::thread;

use crate::{Error, FileSystem, Machine};

/// Reads `/proc` and `/etc` and asks the kernel.
#[derive(Debug, Clone, Default)]
pub struct Linux {
    /// Everything is read below this; empty for the machine itself.
    root: PathBuf,
}

impl Machine for Linux {
    fn text(&self, path: &'static str) -> Result<Option<String>, Error> {
        let path = if self.root.as_os_str().is_empty() {
            PathBuf::from(path)
        } else {
            self.root.join(path.trim_start_matches('/'))
        };
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    fn kernel(&self) -> (String, String) {
        let about = rustix::system::uname();
        (about.release().to_string_lossy().into_owned(), about.machine().to_string_lossy().into_owned())
    }

    fn cpus(&self) -> u32 {
        thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
    }

    fn file_system(&self, mount: &str) -> Option<FileSystem> {
        let about = rustix::fs::statvfs(mount).ok()?;
        Some(FileSystem {
            total: about.f_blocks.saturating_mul(about.f_frsize),
            free: about.f_bavail.saturating_mul(about.f_frsize),
        })
    }
}
