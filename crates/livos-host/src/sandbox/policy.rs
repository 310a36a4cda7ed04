//! What a command in the sandbox has, said once for every backend.
//!
//! The root is built of what is named here, so that whatever is not named does not exist: no home, no state of a
//! daemon, no socket, no device but the harmless ones. Each backend renders all of this or refuses to run.

/// What a command has.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// Folders of this machine that can be read and are always there.
    pub(crate) readable: &'static [&'static str],
    /// The same, if they are there.
    pub(crate) readable_if_there: &'static [&'static str],
    /// Links of the root: name, and where it leads.
    pub(crate) links: &'static [(&'static str, &'static str)],
    /// The one folder that can be written, empty at first and gone at the end.
    pub(crate) work: &'static str,
    /// The most that fits into it, in bytes.
    pub(crate) work_bytes: u64,
    /// All of the environment.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// Bytes of memory, work folder included. There is no swap.
    pub(crate) memory: u64,
    /// Processes and threads.
    pub(crate) processes: u64,
    /// Hundredths of one processor.
    pub(crate) cpu_percent: u64,
    /// The largest file, in bytes.
    pub(crate) file_bytes: u64,
    /// Open files of a process.
    pub(crate) open_files: u64,
    /// Calls of the kernel that fail, by name; see `filter.rs` for their numbers.
    pub(crate) refused_calls: &'static [(&'static str, i64)],
    /// How long it may run.
    pub(crate) seconds: u32,
}

/// The longest time, in seconds.
pub(crate) const MOST_SECONDS: u32 = 120;
/// The longest command, in bytes.
pub(crate) const LONGEST_COMMAND: usize = 32 * 1024;
/// A command that has written this much is ended: nobody reads it.
pub(crate) const MOST_OUTPUT: u64 = 16 * 1024 * 1024;

/// Reads the command from its input, so that it stands in no list of processes, and runs it without any input.
pub(crate) const RUNNER: &str = "livos_command=$(cat) && exec </dev/null && eval \"$livos_command\"";

impl Policy {
    /// The one there is: computing, and nothing else. No network, no files of anybody.
    pub(crate) fn computing(seconds: u32) -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            readable: &["/usr"],
            readable_if_there: &["/etc/alternatives"],
            links: &[("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib"), ("lib64", "usr/lib64")],
            work: "/work",
            work_bytes: 64 * MIB,
            environment: &[
                ("PATH", "/usr/local/bin:/usr/bin:/bin"),
                ("HOME", "/work"),
                ("TMPDIR", "/work"),
                ("LANG", "C.UTF-8"),
            ],
            memory: 256 * MIB,
            processes: 64,
            cpu_percent: 100,
            file_bytes: 32 * MIB,
            open_files: 256,
            refused_calls: super::filter::REFUSED,
            seconds: seconds.clamp(1, MOST_SECONDS),
        }
    }
}
