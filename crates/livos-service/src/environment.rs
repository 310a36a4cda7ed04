//! What the process environment says, read once at the edge.

use std::path::PathBuf;
use std::time::Duration;

/// The environment variables that the chassis heeds. `LIVOS_*` settings are kept apart, as pairs.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `LIVOS_*` variables, for [`crate::Config::load`].
    pub settings: Vec<(String, String)>,
    /// `LIVOS_CONFIG`: the configuration file.
    pub config_file: Option<PathBuf>,
    /// `NOTIFY_SOCKET`: where the service manager listens.
    pub notify_socket: Option<String>,
    /// `WATCHDOG_USEC`, when it is meant for this process.
    pub watchdog: Option<Duration>,
    /// `JOURNAL_STREAM`: device and inode of the stream that the journal reads.
    pub journal_stream: Option<(u64, u64)>,
    /// `CREDENTIALS_DIRECTORY`: where the service manager puts secrets.
    pub credentials_directory: Option<PathBuf>,
    /// `LISTEN_FDS`, when the descriptors are meant for this process.
    pub listen_fds: u32,
}

impl Environment {
    /// Picks what is known out of `variables`; `pid` is this process.
    pub fn from_vars(variables: impl IntoIterator<Item = (String, String)>, pid: u32) -> Self {
        let mut environment = Self::default();
        let mut watchdog_usec = None;
        let mut watchdog_pid = None;
        let mut listen_pid = None;
        for (name, value) in variables {
            match name.as_str() {
                "LIVOS_CONFIG" => environment.config_file = Some(PathBuf::from(value)),
                "NOTIFY_SOCKET" => environment.notify_socket = Some(value),
                "WATCHDOG_USEC" => watchdog_usec = value.parse::<u64>().ok(),
                "WATCHDOG_PID" => watchdog_pid = value.parse::<u32>().ok(),
                "LISTEN_PID" => listen_pid = value.parse::<u32>().ok(),
                "LISTEN_FDS" => environment.listen_fds = value.parse().unwrap_or(0),
                "CREDENTIALS_DIRECTORY" => environment.credentials_directory = Some(PathBuf::from(value)),
                "JOURNAL_STREAM" => {
                    environment.journal_stream = value
                        .split_once(':')
                        .and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
                }
                _ if name.starts_with("LIVOS_") => environment.settings.push((name, value)),
                _ => {}
            }
        }
        if watchdog_pid.is_none_or(|for_pid| for_pid == pid) {
            environment.watchdog = watchdog_usec.filter(|micros| *micros > 0).map(Duration::from_micros);
        }
        if listen_pid != Some(pid) {
            environment.listen_fds = 0;
        }
        environment
    }

    /// Reads the environment of this process; names or values that are not UTF-8 are passed over.
    #[must_use]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_vars(variables, std::process::id())
    }
}
