//! What a command or a program in the sandbox has, said once for every backend.
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
    /// Whose folder stays, at [`STATE`].
    pub(crate) state: Option<String>,
    /// It has the network of this machine, except the machine itself.
    pub(crate) network: bool,
    /// Kinds of sockets that there are, with their numbers.
    pub(crate) families: &'static [(&'static str, u32)],
    /// What reads what is to be run, and runs it.
    pub(crate) runner: &'static str,
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
    /// The same, besides.
    pub(crate) refused_also: &'static [(&'static str, i64)],
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

/// The same for a program, whose input goes on behind that: a shell reads a line from a pipe to its very end and no
/// further.
pub(crate) const SERVER_RUNNER: &str = "IFS= read -r livos_line && eval \"$livos_line\"";

/// Where a folder is that stays.
pub(crate) const STATE: &str = "/state";
/// The most that it may hold before a program starts, in KiB; with more, it is emptied.
pub(crate) const MOST_STATE: u64 = 1024 * 1024;
/// The same in files and folders.
pub(crate) const MOST_FILES: u64 = 100_000;
/// The longest that a program may run, in seconds. One that is needed longer is started again.
const MOST_SERVING: u32 = 6 * 60 * 60;
const MIB: u64 = 1024 * 1024;

impl Policy {
    /// Speaking with somebody for as long as they want: a folder that stays, more room than a command, and the network
    /// only where an admin has granted it.
    pub(crate) fn serving(name: &str, network: bool) -> Self {
        let computing = Self::computing(1);
        Self {
            readable_if_there: if network {
                &["/etc/alternatives", "/etc/ssl/certs", "/etc/resolv.conf"]
            } else {
                computing.readable_if_there
            },
            state: Some(name.to_owned()),
            network,
            // Not both: sockets without a place in a folder belong to the network, and so to everybody on it.
            families: if network { &[("AF_INET", 2), ("AF_INET6", 10)] } else { computing.families },
            // It may ask others; nobody has granted it to be asked, by everybody at home.
            refused_also: if network { super::filter::LISTENING } else { &[] },
            runner: SERVER_RUNNER,
            environment: &[
                ("PATH", "/usr/local/bin:/usr/bin:/bin"),
                ("HOME", STATE),
                ("TMPDIR", "/work"),
                ("LANG", "C.UTF-8"),
            ],
            memory: 768 * MIB,
            processes: 128,
            file_bytes: 256 * MIB,
            open_files: 1024,
            seconds: MOST_SERVING,
            ..computing
        }
    }

    /// Computing, and nothing else. No network, no files of anybody.
    pub(crate) fn computing(seconds: u32) -> Self {
        Self {
            readable: &["/usr"],
            readable_if_there: &["/etc/alternatives"],
            links: &[("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib"), ("lib64", "usr/lib64")],
            state: None,
            network: false,
            families: &[("AF_UNIX", 1)],
            runner: RUNNER,
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
            refused_also: &[],
            seconds: seconds.clamp(1, MOST_SECONDS),
        }
    }
}
