use std::path::PathBuf;

/// What can fail here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bus doesn't say who calls.
    #[error("the callers on the bus could not be followed")]
    Callers(#[source] livos_bus::Error),
    /// The interface could not be put on the bus.
    #[error("the host interface could not be served")]
    Serve {
        /// Why.
        #[source]
        source: Box<zbus::Error>,
    },
    /// The name could not be taken, or the service manager not told.
    #[error("the host daemon could not announce itself")]
    Ready(#[source] livos_service::Error),
    /// A file of the kernel or the distribution can't be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the kernel lacks what it has always had.
    #[error("{path} has no {what}")]
    Missing {
        /// The file.
        path: &'static str,
        /// What was looked for.
        what: &'static str,
    },
    /// The folder of the updates can't be watched.
    #[error("the folder of the updates can't be watched")]
    Watch(#[source] std::io::Error),
    /// A file or folder of the updates can't be used.
    #[error("{what} {}", path.display())]
    Files {
        /// What was tried: "could not copy".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The way back can't be kept, or not be gone.
    #[error(transparent)]
    Keep(#[from] livos_snapshot::Error),
    /// What is known of an update can't be written down.
    #[error("what is known of the update could not be written down")]
    Write(#[source] livos_service::Error),
    /// A program could not be started, or not be heard.
    #[error("{program} could not be run")]
    Run {
        /// Its name.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A program failed.
    #[error("{program} failed: {said}")]
    Failed {
        /// Its name.
        program: String,
        /// What it wrote last.
        said: String,
    },
    /// An update can't go on, and nothing was changed.
    #[error("{message}")]
    Refused {
        /// A word for machines, as in `UpdateProblem`.
        code: &'static str,
        /// The cause and what to do, in words.
        message: String,
    },
    /// Commands can't be run here.
    #[error("commands can't be run on this machine: {0}")]
    NoSandbox(String),
    /// A command that is none.
    #[error("{0}")]
    Command(String),
    /// Too many commands run.
    #[error("{0} commands are running already; try again when one of them has ended")]
    Busy(usize),
    /// Too many programs run.
    #[error("{0} programs are spoken with already; try again when one of them is not needed any more")]
    BusyPrograms(usize),
    /// A pipe of the sandbox broke.
    #[error("a pipe of the sandbox can't be used")]
    SandboxPipe(#[source] std::io::Error),
    /// What a command says can't be passed on.
    #[error("what a command says can't be passed on")]
    SandboxFrame(#[source] livos_bus::Error),
    /// systemd does not do what it is asked.
    #[error("systemd does not do what it is asked")]
    Systemd(#[source] Box<zbus::Error>),
}
