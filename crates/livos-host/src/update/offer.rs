//! A version that comes as a file, for a machine that reaches no archive.
//!
//! It is unpacked where apt may read it, and apt takes it for the only archive there is until something else is looked
//! for. Whether it is to be believed is for apt to say, by the key that it has for LivOS anyway; what comes after is
//! the same update as any other.

use std::fs::File;
use std::path::PathBuf;

use livos_bus::documents::UpdateProblem;
use livos_image::bundle;
use livos_service::chain;
use serde::{Deserialize, Serialize};

use super::engine::{Engine, enough_room, explained, problem, refused};
use super::{Folder, files, remove_file};
use crate::Error;

/// Where it is unpacked: apt's helper without rights looks in, so it is not below the daemons' state.
const PLACE: &str = "var/cache/livos-upgrade";
/// So long a file that somebody chose waits for their word, before the night looks for something else.
const WAITS: i64 = 24 * 60 * 60;
/// More is no bundle.
pub(crate) const LARGEST: u64 = 8 << 30;

/// A bundle that is unpacked and was found good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Offer {
    /// What the file was called.
    name: String,
    at: i64,
}

impl Folder {
    /// The file itself, from when all of it is here until it is unpacked.
    pub(crate) fn offered(&self) -> PathBuf {
        self.0.join("offered")
    }

    /// Of a daemon that ended while it took one over.
    pub(crate) fn forget_part(&self) -> Result<(), Error> {
        remove_file(&self.offered().with_extension("part"))
    }

    fn offer(&self) -> Result<Option<Offer>, Error> {
        self.read("offer.json")
    }
}

impl Engine {
    /// From here on apt knows the file that was chosen, if there is one, and nothing else.
    pub(super) fn use_offer(&mut self) -> Result<(), Error> {
        let is_there = self.folder.offer()?.is_some();
        self.programs.offer = is_there.then(|| self.programs.at(PLACE));
        Ok(())
    }

    /// Unpacks the file that was handed over, has apt verify it, and writes down what it brings.
    pub(super) fn take_in(&mut self, name: &str) -> Result<(), Error> {
        self.drop_offer()?;
        self.forget_what_waits();
        self.status.problem = UpdateProblem::default();
        self.say("checking", 1)?;
        if let Err(error) = self.read_in(name) {
            tracing::warn!(name, "the file is refused: {}", chain(&error));
            self.drop_offer()?;
            self.forget_what_waits();
            self.status.problem = problem(&error);
        }
        self.rest()?;
        self.folder.forget_request()
    }

    fn read_in(&mut self, name: &str) -> Result<(), Error> {
        let path = self.folder.offered();
        let gone = |_| refused("damaged", "The file was not taken over whole. Choose it again.");
        let file = File::open(&path).map_err(gone)?;
        // One that this program would die of is not tried again.
        remove_file(&path)?;
        self.may_go_on()?;
        let key = bundle::key(&self.programs.root).ok_or_else(|| {
            refused(
                "no_key",
                "This machine has no key for LivOS' archive, so it can't tell whether the file is genuine. Bring \
                 livos-archive-keyring.gpg from where LivOS comes from to /usr/share/keyrings, and try again.",
            )
        })?;
        let place = self.programs.at(PLACE);
        let cache = self.programs.at("var/cache");
        let size = file.metadata().map_err(files("could not read", &path))?.len();
        enough_room(&cache, size)?;
        bundle::unpack(file, &place).map_err(|error| in_words(&error))?;
        let key = self.programs.at(&key.to_string_lossy().replacen('/', "", 1));
        bundle::arrange(&place, &place, &key).map_err(|error| in_words(&error))?;
        let offer = Offer { name: name.to_owned(), at: self.clock.now() };
        self.folder.write("offer.json", &offer)?;
        self.use_offer()?;
        self.refresh()?;

        let plan = self.plan().map_err(|error| self.of_offer(error, name))?;
        let Some(plan) = plan else { return Err(self.nothing_newer(name)?) };
        self.may_fit(&plan)?;
        self.may_go_on()?;
        if let Some(package) = self.programs.spoilt(&plan, self.is_appliance())? {
            return Err(damaged(&package));
        }
        self.status.checked_at = self.clock.now();
        self.status.available = plan.version;
        self.status.notes = plan.news;
        self.status.packages = plan.packages;
        self.status.download_bytes = 0;
        name.clone_into(&mut self.status.from_file);
        Ok(())
    }

    /// Has apt read the list of the bundle, and hold it against the key.
    pub(super) fn read_offer(&mut self) -> Result<(), Error> {
        let programs = self.programs.clone();
        let said = programs.refresh(|line| self.heard(line, true)).map_err(as_told)?;
        // A list that can't be had is no failure to some apts.
        if said.contains("Failed to fetch") || said.contains("GPG error") {
            return Err(as_told(Error::Failed { program: "apt-get update".to_owned(), said }));
        }
        Ok(())
    }

    /// What apt says, of whatever it takes for the archive.
    pub(super) fn explained(&self, error: Error) -> Error {
        if self.programs.offer.is_some() { as_told(error) } else { explained(error) }
    }

    /// What apt says of a bundle that it believes.
    fn of_offer(&self, error: Error, name: &str) -> Error {
        match error {
            Error::Refused { code: "no_archive", .. } => refused(
                "wrong_machine",
                format!(
                    "‘{name}’ brings no LivOS for this machine’s processor ({}). Get the file for it.",
                    self.programs.ask("dpkg", &["--print-architecture"]).unwrap_or_default().trim()
                ),
            ),
            error => as_told(error),
        }
    }

    fn nothing_newer(&self, name: &str) -> Result<Error, Error> {
        let installed = self.programs.version()?.unwrap_or_default();
        let brought = self.programs.brought()?;
        let brought =
            if brought.is_empty() { "nothing that is newer".to_owned() } else { format!("LivOS {brought}") };
        Ok(refused(
            "older",
            format!(
                "‘{name}’ brings {brought}, and {installed} is installed. Get a newer file if there is one."
            ),
        ))
    }

    /// A person's file is left to wait for a while, also at night.
    pub(super) fn offer_waits(&self) -> Result<bool, Error> {
        Ok(self.folder.offer()?.is_some_and(|offer| self.clock.now().saturating_sub(offer.at) < WAITS))
    }

    /// apt knows the archives again.
    pub(super) fn drop_offer(&mut self) -> Result<(), Error> {
        self.folder.remove("offer.json")?;
        self.programs.offer = None;
        if !self.status.from_file.is_empty() {
            self.forget_what_waits();
        }
        bundle::remove(&self.programs.at(PLACE)).map_err(|error| in_words(&error))
    }

    fn forget_what_waits(&mut self) {
        self.status.available.clear();
        self.status.notes.clear();
        self.status.packages.clear();
        self.status.from_file.clear();
        self.status.download_bytes = 0;
    }
}

/// What can be wrong with the file itself.
fn in_words(error: &livos_image::Error) -> Error {
    use livos_image::Error as Of;
    match error {
        Of::NotABundle(why) => refused(
            "not_a_bundle",
            format!("This is no bundle of LivOS: {why}. Choose a file that is called livos-VERSION.bundle."),
        ),
        Of::Damaged(why) => refused("damaged", format!("The file is damaged: {why}. Copy it here again.")),
        Of::File { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
            refused("no_space", "The disk became full while the file was unpacked. Make room, and try again.")
        }
        _ => refused("failed", format!("The file could not be unpacked: {}.", chain(error))),
    }
}

fn damaged(what: &str) -> Error {
    refused(
        "damaged",
        format!("The file is damaged: what is in it is not what was signed. Copy it here again. ({what})"),
    )
}

/// What apt finds wrong with it, as what it means.
fn as_told(error: Error) -> Error {
    let Error::Failed { said, .. } = &error else { return error };
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["not valid yet"]) {
        return refused(
            "clock",
            format!(
                "By this machine’s clock the file was signed in the future. Set the clock, and try again. ({said})"
            ),
        );
    }
    if has(&["is expired"]) {
        return refused(
            "expired",
            format!("The file’s signature counts no more. Get a newer file. ({said})"),
        );
    }
    if has(&["is not signed", "GPG error", "signatures", "OpenPGP", "Clearsigned"]) {
        return refused(
            "untrusted",
            format!(
                "The file is not signed by the key that this machine trusts for LivOS, or was changed since. Get it \
                 from where LivOS comes from. ({said})"
            ),
        );
    }
    if has(&[
        "Hash Sum mismatch",
        "unexpected size",
        "Failed to fetch",
        "Failed to stat",
        "does not have a Release",
    ]) {
        return damaged(said);
    }
    explained(error)
}
