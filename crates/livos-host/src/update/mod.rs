//! LivOS brings itself to a newer version by apt, and back if that does not work.
//!
//! The daemon is small and has no network: it writes down what is asked for, and `livos-update.path` starts the
//! program `livos-update`, which does it and writes down how it goes. Both meet in one folder:
//!
//! * `request.json`: what is asked for; stays until it was done or has become an attempt.
//! * `attempt.json`: an update that was begun. As long as it is there, it is taken up again after whatever happened.
//! * `status.json`: what there is to say, an `UpdateStatus`.
//! * `cancel`: somebody wants it to stop.
//! * `automatic.json`: whether it updates by itself, and when. `tried.json`: what was brought last.
//! * `offered`: a file that somebody chose to upgrade from; `offer.json`: it is unpacked, verified, and waits.
//! * `kept/`, `databases/`: the way back.

mod appliance;
mod apt;
mod engine;
mod keep;
mod night;
mod offer;
mod programs;
mod receive;
mod services;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use livos_bus::documents::{UpdateAutomatic, UpdatePackage, UpdateStatus};
use livos_service::fs::{atomic_write, create_directory};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use engine::{Engine, Timing};
pub use programs::Programs;
pub(crate) use receive::{Receiving, receive};

use crate::Error;

/// There where packages brought LivOS.
pub(crate) const UNIT: &str = "/usr/lib/systemd/system/livos-update.path";
/// The hour of the machine's clock in which a household sleeps.
const AUTOMATIC_HOUR: u8 = 4;

/// What the daemon asks the program for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Is there a newer version?
    Check,
    /// Bring LivOS to this one; on an appliance, whatever is newer if there is no newer LivOS.
    Install(String),
    /// Bring an appliance whatever is newer but LivOS, whose newer version failed here.
    System { without: String },
    /// Its hour has come: look, and bring what there is.
    Automatic,
    /// Take in the file that was handed over under this name, and say what it brings.
    Offered(String),
}

/// How far an update has come. What it says is begun, not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    /// Nothing is changed yet, and everything here may be done again.
    Preparing,
    /// The daemons are stopped and their databases copied.
    Saving,
    /// apt changes packages.
    Installing,
    /// The new version runs; whether it may stay is being found out.
    Judging,
    /// The old version is put back.
    Returning,
}

/// An update that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Attempt {
    from: String,
    to: String,
    phase: Phase,
    /// How often this phase was begun.
    tries: u32,
    /// What was wrong before, and so is not the new version's fault.
    before: Vec<String>,
    /// Why it goes back.
    reasons: Vec<String>,
}

/// What was brought last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Tried {
    version: String,
    packages: Vec<UpdatePackage>,
    /// A version of LivOS that was left out, because it failed before.
    #[serde(default)]
    without: String,
}

/// Whether packages brought LivOS, so that it can bring itself to a newer version.
pub(crate) fn is_installed() -> bool {
    Path::new(UNIT).exists()
}

/// The folder in which the daemon and the program meet.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Below the state of `livos-host`; made if it is not there.
    pub(crate) fn open(state: &Path) -> Result<Self, Error> {
        let folder = state.join("update");
        create_directory(&folder, 0o700).map_err(Error::Write)?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn status(&self) -> Result<UpdateStatus, Error> {
        Ok(self.read("status.json")?.unwrap_or_default())
    }

    fn write_status(&self, status: &UpdateStatus) -> Result<(), Error> {
        self.write("status.json", status)
    }

    pub(crate) fn request(&self) -> Result<Option<Request>, Error> {
        self.read("request.json")
    }

    pub(crate) fn ask(&self, request: &Request) -> Result<(), Error> {
        self.remove("cancel")?;
        self.write("request.json", request)
    }

    /// Asks, unless something is asked for already; answers whether it did.
    fn ask_if_none(&self, request: &Request) -> Result<bool, Error> {
        self.write("request.next", request)?;
        let (next, path) = (self.0.join("request.next"), self.0.join("request.json"));
        let linked = fs::hard_link(&next, &path);
        self.remove("request.next")?;
        match linked {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            linked => linked.map(|()| true).map_err(files("could not write", &path)),
        }
    }

    /// What was asked for is this, more exactly. Who has said stop meanwhile has said it of this.
    fn refine(&self, request: &Request) -> Result<(), Error> {
        self.write("request.json", request)
    }

    fn forget_request(&self) -> Result<(), Error> {
        self.remove("request.json")
    }

    fn attempt(&self) -> Result<Option<Attempt>, Error> {
        self.read("attempt.json")
    }

    fn write_attempt(&self, attempt: &Attempt) -> Result<(), Error> {
        self.write("attempt.json", attempt)
    }

    /// It has ended: nothing is left to take up again.
    fn forget_attempt(&self) -> Result<(), Error> {
        self.remove("cancel")?;
        if matches!(self.request()?, Some(Request::Install(_) | Request::Automatic)) {
            self.forget_request()?;
        }
        self.remove("attempt.json")
    }

    pub(crate) fn cancel(&self) -> Result<(), Error> {
        atomic_write(&self.0.join("cancel"), b"", 0o600).map_err(Error::Write)
    }

    fn is_cancelled(&self) -> bool {
        self.0.join("cancel").exists()
    }

    /// When it updates by itself; every night, until somebody says otherwise.
    pub(crate) fn automatic(&self) -> Result<UpdateAutomatic, Error> {
        Ok(self.read("automatic.json")?.unwrap_or(UpdateAutomatic { on: true, hour: AUTOMATIC_HOUR }))
    }

    pub(crate) fn set_automatic(&self, wanted: UpdateAutomatic) -> Result<(), Error> {
        self.write("automatic.json", &wanted)
    }

    /// What was brought last, by whomever, and is not brought automatically if it did not stay.
    fn tried(&self) -> Result<Option<Tried>, Error> {
        self.read("tried.json")
    }

    fn set_tried(&self, tried: Option<&Tried>) -> Result<(), Error> {
        match tried {
            Some(tried) => self.write("tried.json", tried),
            None => self.remove("tried.json"),
        }
    }

    fn kept(&self) -> PathBuf {
        self.0.join("kept")
    }

    fn databases(&self) -> PathBuf {
        self.0.join("databases")
    }

    /// Held as long as the program runs; `None` when another one does.
    fn lock(&self) -> Result<Option<File>, Error> {
        let path = self.0.join("lock");
        let file = File::create(&path).map_err(files("could not open", &path))?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(files("could not lock", &path)(error.into())),
        }
    }

    /// A file that is no JSON is one that nobody here wrote: as good as none.
    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let path = self.0.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let path = self.0.join(name);
        let bytes = serde_json::to_vec_pretty(value)
            .map_err(|error| files("could not write", &path)(error.into()))?;
        atomic_write(&path, &bytes, 0o600).map_err(Error::Write)
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        remove_file(&self.0.join(name))
    }
}

/// For `map_err`: what was tried with which file.
fn files(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Files { what, path, source }
}

fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(files("could not remove", path)(error)),
        _ => Ok(()),
    }
}
