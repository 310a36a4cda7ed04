//! On the appliance a whole new system is composed beside the running one, and the next start tries it. `livos-slot`
//! does that; how the trial ends is written down by it, too, in whatever starts.

use livos_bus::documents::{UpdateOutcome, UpdateProblem};
use serde::Deserialize;

use super::engine::{STEPS, explained, problem, refused};
use super::{Engine, Tried};
use crate::Error;

/// There on the appliance, whose root can't be changed.
const MARK: &str = "usr/lib/systemd/system/livos-health.service";

/// What `livos-slot stage` says of its progress.
#[derive(Debug, Deserialize)]
struct Said {
    #[serde(default)]
    step: String,
}

impl Engine {
    pub(super) fn is_appliance(&self) -> bool {
        self.programs.at(MARK).exists()
    }

    /// Composes the newer version and starts it. Broken off, it begins anew: nothing counts before the very end.
    pub(super) fn compose(&mut self, version: &str) -> Result<(), Error> {
        self.status.problem = UpdateProblem::default();
        self.status.last = UpdateOutcome::default();
        if self.programs.version()?.as_deref() == Some(version) {
            // It was placed before the power failed, and has been started since: its trial says how it fares. Where
            // only packages of the system were newer, none is any more, and that is what is found.
            self.rest()?;
            return self.folder.forget_request();
        }
        self.remember_try()?;
        self.place_and_restart(version, &[])
    }

    /// Composes whatever is newer but LivOS.
    pub(super) fn compose_without(&mut self, failed: String) -> Result<(), Error> {
        self.status.problem = UpdateProblem::default();
        self.status.last = UpdateOutcome::default();
        let all = self.programs.clone();
        self.programs = all.without_livos(&self.folder)?;
        let packages = self.programs.whole_plan()?.unwrap_or_default().packages;
        self.remember(&Tried { version: String::new(), packages, without: failed })?;
        let outcome = self.place_and_restart("", &["--without-livos"]);
        self.programs = all;
        outcome
    }

    fn place_and_restart(&mut self, version: &str, how: &[&str]) -> Result<(), Error> {
        match self.place(version, how) {
            Ok(()) => {
                // Stays until what starts has said how it fares.
                self.say("judging", STEPS)?;
                // First, or a version that fails would be asked for again and again.
                self.folder.forget_request()?;
                if let Err(error) = self.programs.ask("systemctl", &["reboot", "--no-block"]) {
                    // It is tried all the same, whenever the machine starts.
                    self.status.problem = problem(&error);
                    self.rest()?;
                }
                Ok(())
            }
            Err(error) => {
                self.nothing_changed(&error)?;
                self.folder.forget_request()
            }
        }
    }

    fn place(&mut self, version: &str, how: &[&str]) -> Result<(), Error> {
        self.say("checking", 1)?;
        self.may_go_on()?;
        self.refresh()?;
        let plan = self.plan().map_err(|error| self.explained(error))?.unwrap_or_default();
        if plan.version != version || plan.packages.is_empty() {
            let message = match version {
                "" => "What was newer is no longer on offer. Look again.".to_owned(),
                _ => format!("{version} is no longer the newest version on offer. Look again."),
            };
            return Err(refused("changed", message));
        }
        self.may_go_on()?;
        let programs = self.programs.clone();
        let offer = self.programs.offer.as_ref().map(|folder| folder.to_string_lossy().into_owned());
        let from: Vec<&str> = offer.iter().flat_map(|folder| ["--from", folder]).collect();
        let shell = ["-c", "exec livos-slot stage --json \"$@\" >&3", "livos-slot"];
        let staged = programs.follow("sh", &[&shell[..], how, &from[..]].concat(), |line| {
            if let Ok(said) = serde_json::from_str::<Said>(line)
                && let Some((state, step, percent)) = progress(&said.step)
            {
                self.say(state, step)?;
                self.status.percent = percent;
                // Killed in the middle of it, apt would go on by itself.
                self.status.cancellable = false;
                self.folder.write_status(&self.status)?;
            }
            Ok(true)
        });
        staged.map(|_| ()).map_err(|error| match error {
            Error::Failed { said, .. } => {
                explained(Error::Failed { program: "livos-slot stage".to_owned(), said })
            }
            other => other,
        })
    }
}

/// A step of `livos-slot` as the states that people see.
fn progress(step: &str) -> Option<(&'static str, u32, u8)> {
    Some(match step {
        "preparing" => ("downloading", 2, 0),
        "packages" => ("downloading", 2, 10),
        "kernel" => ("installing", 4, 0),
        "sealing" => ("installing", 4, 20),
        "placing" => ("installing", 4, 90),
        _ => return None,
    })
}
