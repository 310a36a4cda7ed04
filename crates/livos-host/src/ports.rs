//! What the daemon asks of the operating system.

use crate::Error;

/// The machine as the kernel and the distribution describe it, in their own words.
pub trait Machine: Send + Sync + 'static {
    /// The text of a file such as `/proc/meminfo`; `None` if there is none.
    fn text(&self, path: &'static str) -> Result<Option<String>, Error>;
    /// Kernel release and architecture.
    fn kernel(&self) -> (String, String);
    /// Processors this system may use.
    fn cpus(&self) -> u32;
    /// How large the file system at `mount` is, and how much of it is free; `None` if it doesn't say.
    fn file_system(&self, mount: &str) -> Option<FileSystem>;
}

/// Room on a file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSystem {
    /// All of it.
    pub total: u64,
    /// What people may still use.
    pub free: u64,
}
