//! The steps of an update, each of which may be broken off anywhere and is taken up again.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use livos_bus::documents::{UpdateOutcome, UpdateProblem, UpdateStatus};
use livos_service::{Clock, chain};
use livos_snapshot::databases;
use livos_snapshot::files::remove_folder;

use super::apt::{self, Plan};
use super::programs::Programs;
use super::{Attempt, Folder, Phase, Request, Tried};
use crate::Error;

/// The steps that people see: preparing, downloading, saving, installing, judging.
pub(super) const STEPS: u32 = 5;
/// A phase that was begun so often and never ended will not end.
const TRIES: u32 = 3;
/// Time for somebody else who is changing packages.
const OTHERS: Duration = Duration::from_secs(600);
/// Room that must be left, for logs and for whatever else writes meanwhile.
const SPARE: u64 = 64 << 20;

/// How patient the engine is.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// A new version must be well within this time.
    pub judge: Duration,
    /// And is asked this often.
    pub pause: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { judge: Duration::from_secs(180), pause: Duration::from_secs(2) }
    }
}

/// Does what was asked for.
#[derive(Debug)]
pub struct Engine {
    pub(super) folder: Folder,
    /// Where every daemon has its state.
    state: PathBuf,
    pub(super) programs: Programs,
    timing: Timing,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: UpdateStatus,
    /// What was brought before what goes on.
    pub(super) tried_before: Option<Tried>,
}

/// Somebody wants it to stop.
pub(super) fn cancelled() -> Error {
    refused("cancelled", "Stopped as asked; nothing was changed.")
}

pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Error {
    Error::Refused { code, message: message.into() }
}

impl Engine {
    /// For the daemons whose state is below `state`.
    pub fn new(
        state: &Path,
        programs: Programs,
        timing: Timing,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let folder = Folder::open(&state.join("host"))?;
        let status = folder.status()?;
        Ok(Self { folder, state: state.to_owned(), programs, timing, clock, status, tried_before: None })
    }

    /// Takes up what was begun, then does what is asked for, until nothing is.
    pub fn run(&mut self) -> Result<(), Error> {
        let Some(_lock) = self.folder.lock()? else { return Ok(()) };
        loop {
            self.use_offer()?;
            if let Some(attempt) = self.folder.attempt()? {
                if !self.go_on(attempt)? {
                    return Ok(());
                }
                continue;
            }
            match self.folder.request()? {
                Some(Request::Check) => {
                    self.check()?;
                    self.folder.forget_request()?;
                }
                Some(Request::Automatic) => self.begin_by_itself()?,
                Some(Request::Offered(name)) => self.take_in(&name)?,
                Some(Request::System { without }) => self.compose_without(without)?,
                Some(Request::Install(version)) if self.is_appliance() => self.compose(&version)?,
                Some(Request::Install(version)) => self.begin(version)?,
                None => return Ok(()),
            }
        }
    }

    // --- looking --------------------------------------------------------------------------------

    pub(super) fn check(&mut self) -> Result<(), Error> {
        self.drop_offer()?;
        self.status.problem = UpdateProblem::default();
        self.say("checking", 1)?;
        let outcome = self.look();
        if let Err(error) = outcome {
            self.status.problem = problem(&error);
        }
        self.rest()
    }

    /// Asks the archive, and writes down what there is.
    fn look(&mut self) -> Result<Option<Plan>, Error> {
        let unreachable = self.refresh()?;
        let plan = self.plan()?;
        self.status.checked_at = self.clock.now();
        let known = plan.clone().unwrap_or_default();
        self.status.available = known.version;
        self.status.notes = known.news;
        self.status.packages = known.packages;
        self.status.download_bytes = known.download_bytes;
        match (plan, unreachable) {
            (None, Some(why)) => Err(refused(
                "offline",
                format!("An archive could not be reached, so a newer version may be there: {why}"),
            )),
            (plan, _) => Ok(plan),
        }
    }

    /// What is newer: LivOS, and on an appliance the rest of the system, which nothing else upgrades.
    pub(super) fn plan(&self) -> Result<Option<Plan>, Error> {
        if self.is_appliance() { self.programs.whole_plan() } else { self.programs.plan() }
    }

    /// Reads the lists; answers what was out of reach.
    pub(super) fn refresh(&mut self) -> Result<Option<String>, Error> {
        if self.programs.offer.is_some() {
            return self.read_offer().map(|()| None);
        }
        let programs = self.programs.clone();
        let outcome = programs.refresh(|line| self.heard(line, true));
        match outcome {
            Ok(said) => Ok(apt::unreachable(&said)),
            Err(error) => Err(explained(error)),
        }
    }

    // --- changing -------------------------------------------------------------------------------

    fn begin(&mut self, version: String) -> Result<(), Error> {
        self.remember_try()?;
        self.status.problem = UpdateProblem::default();
        self.status.last = UpdateOutcome::default();
        let from = self.programs.version()?.unwrap_or_default();
        self.folder.write_attempt(&Attempt {
            from,
            to: version,
            phase: Phase::Preparing,
            tries: 0,
            before: Vec::new(),
            reasons: Vec::new(),
        })
    }

    /// One attempt, from the phase it is in to its end. False when the machine goes down first.
    fn go_on(&mut self, mut attempt: Attempt) -> Result<bool, Error> {
        loop {
            attempt.tries += 1;
            self.folder.write_attempt(&attempt)?;
            let again = attempt.tries > 1;
            let outcome = if attempt.tries > TRIES {
                Err(refused("failed", format!("It was broken off {TRIES} times.")))
            } else {
                match attempt.phase {
                    Phase::Preparing => self.prepare(&mut attempt).map(|()| Some(Phase::Saving)),
                    Phase::Saving => self.save().map(|()| Some(Phase::Installing)),
                    Phase::Installing => self.install(&attempt, again).map(|()| Some(Phase::Judging)),
                    Phase::Judging => {
                        let Some(reasons) = self.judge(&attempt.before)? else { return Ok(false) };
                        if reasons.is_empty() {
                            return self.keep(&attempt).map(|()| true);
                        }
                        attempt.reasons = reasons;
                        Ok(Some(Phase::Returning))
                    }
                    Phase::Returning => self.put_back(&attempt).map(|()| None),
                }
            };
            let next = match (outcome, attempt.phase) {
                (Ok(Some(next)), _) => next,
                (Ok(None), _) => {
                    let Some(reasons) = self.judge(&attempt.before)? else { return Ok(false) };
                    return self.returned(&attempt, &reasons).map(|()| true);
                }
                (Err(error), Phase::Preparing | Phase::Saving) => {
                    return self.abandon(attempt.phase, &error).map(|()| true);
                }
                (Err(error), Phase::Installing) if self.is_untouched(&attempt)? => {
                    return self.abandon(attempt.phase, &error).map(|()| true);
                }
                (Err(error), Phase::Installing | Phase::Judging) => {
                    attempt.reasons.push(sentence(&error));
                    Phase::Returning
                }
                (Err(error), Phase::Returning) => return self.failed(&attempt, &error).map(|()| true),
            };
            attempt.phase = next;
            attempt.tries = 0;
        }
    }

    /// Everything that needs no change: a plan, room, the packages, and the way back.
    fn prepare(&mut self, attempt: &mut Attempt) -> Result<(), Error> {
        self.say("checking", 1)?;
        self.may_go_on()?;
        if !self.programs.unfinished()?.is_empty() {
            return Err(refused(
                "unfinished",
                "An earlier installation on this machine was broken off. End it with \
                    `sudo dpkg --configure -a`, then update again.",
            ));
        }
        self.refresh()?;
        let plan = self.programs.plan().map_err(|error| self.explained(error))?.unwrap_or_default();
        if plan.version != attempt.to {
            return Err(refused(
                "changed",
                format!("{} is no longer the newest version on offer. Look again.", attempt.to),
            ));
        }
        self.may_fit(&plan)?;
        self.say("downloading", 2)?;
        let programs = self.programs.clone();
        let downloaded = programs.download(&plan.wanted, |line| self.heard(line, true));
        downloaded.map_err(|error| self.explained(error))?;
        self.may_go_on()?;
        programs.keep(&programs.installed()?, &self.folder.kept())?;
        attempt.before = programs.unwell()?;
        if let Some(who) = programs.who_is_changing()? {
            return Err(locked(&who));
        }
        self.may_go_on()
    }

    pub(super) fn may_go_on(&self) -> Result<(), Error> {
        if self.folder.is_cancelled() { Err(cancelled()) } else { Ok(()) }
    }

    /// Room for the packages, unpacked beside what is there, and for the way back.
    pub(super) fn may_fit(&self, plan: &Plan) -> Result<(), Error> {
        let installed = plan.installed_bytes;
        let state = databases::size(&self.state)?.saturating_add(installed);
        let needs = [
            (self.programs.at("usr"), installed),
            (self.programs.at("var/cache/apt/archives"), plan.download_bytes),
            (self.folder.path().to_owned(), state),
        ];
        // What lies on one file system takes from the same room.
        let mut disks: Vec<(u64, &Path, u64)> = Vec::new();
        for (path, need) in &needs {
            let Ok(about) = fs::metadata(path) else { continue };
            match disks.iter_mut().find(|(device, ..)| *device == about.dev()) {
                Some(disk) => disk.2 = disk.2.saturating_add(*need),
                None => disks.push((about.dev(), path, *need)),
            }
        }
        for (_, path, need) in disks {
            enough_room(path, need)?;
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), Error> {
        self.say("saving", 3)?;
        self.programs.stop_daemons()?;
        Ok(databases::save(&self.state, &self.folder.databases())?)
    }

    fn install(&mut self, attempt: &Attempt, again: bool) -> Result<(), Error> {
        self.say("installing", 4)?;
        let programs = self.programs.clone();
        if again {
            self.wait_for_others()?;
            programs.configure()?;
        }
        if programs.version()?.as_deref() != Some(attempt.to.as_str()) {
            // What was broken off may be no version at all, for which there is no plan.
            let wanted = match programs.plan() {
                Ok(Some(plan)) if plan.version == attempt.to => plan.wanted,
                _ => vec![format!("{}={}", apt::LIVOS, attempt.to)],
            };
            programs.install(&wanted, |line| self.heard(line, false)).map_err(explained)?;
        }
        match programs.version()? {
            Some(version) if version == attempt.to => Ok(()),
            _ => Err(refused("failed", format!("apt ended well, but {} is not installed.", attempt.to))),
        }
    }

    /// dpkg may still be at work when this program was killed: it brings packages to an end by itself.
    fn wait_for_others(&self) -> Result<(), Error> {
        let begun = Instant::now();
        while let Some(who) = self.programs.who_is_changing()? {
            if begun.elapsed() > OTHERS {
                return Err(locked(&who));
            }
            std::thread::sleep(self.timing.pause);
        }
        Ok(())
    }

    /// apt failed before it changed anything.
    fn is_untouched(&self, attempt: &Attempt) -> Result<bool, Error> {
        Ok(self.programs.version()?.is_some_and(|version| version == attempt.from)
            && self.programs.unfinished()?.is_empty())
    }

    /// Waits until LivOS is as well as before; else says what is wrong. `None` when the machine goes down.
    fn judge(&mut self, before: &[String]) -> Result<Option<Vec<String>>, Error> {
        if self.status.state != "returning" {
            self.say("judging", 5)?;
        }
        self.programs.start_daemons()?;
        let begun = Instant::now();
        loop {
            if self.programs.is_going_down()? {
                return Ok(None);
            }
            let mut reasons = self.programs.unwell()?;
            reasons.retain(|reason| !before.contains(reason));
            if reasons.is_empty() || begun.elapsed() >= self.timing.judge {
                return Ok(Some(reasons));
            }
            std::thread::sleep(self.timing.pause);
        }
    }

    fn put_back(&mut self, attempt: &Attempt) -> Result<(), Error> {
        self.say("returning", STEPS)?;
        for reason in &attempt.reasons {
            tracing::warn!("LivOS {} does not stay: {reason}", attempt.to);
        }
        self.wait_for_others()?;
        self.programs.stop_daemons()?;
        databases::restore(&self.folder.databases(), &self.state)?;
        let programs = self.programs.clone();
        if programs.version()?.as_deref() != Some(attempt.from.as_str()) {
            programs.put_back(&self.folder.kept(), |line| self.heard(line, false)).map_err(explained)?;
        }
        programs.configure()
    }

    // --- how it ends ----------------------------------------------------------------------------

    /// Nothing was changed; what was stopped goes on.
    fn abandon(&mut self, phase: Phase, error: &Error) -> Result<(), Error> {
        if phase != Phase::Preparing {
            self.programs.start_daemons()?;
        }
        self.nothing_changed(error)?;
        self.folder.forget_attempt()
    }

    /// Says why. It is as if it had not been begun.
    pub(super) fn nothing_changed(&mut self, error: &Error) -> Result<(), Error> {
        tracing::warn!("nothing was changed: {}", chain(error));
        self.status.problem = problem(error);
        let before = self.tried_before.take();
        self.folder.set_tried(before.as_ref())?;
        self.rest()
    }

    fn keep(&mut self, attempt: &Attempt) -> Result<(), Error> {
        // Without them the next update looks for them elsewhere: no reason to give up a version that works.
        if let Err(error) = self.programs.keep_new(&self.programs.installed()?, &self.folder.kept()) {
            tracing::warn!("the new packages are not kept: {}", chain(&error));
        }
        self.end(attempt, "done", Vec::new())?;
        Ok(remove_folder(&self.folder.databases())?)
    }

    fn returned(&mut self, attempt: &Attempt, unwell: &[String]) -> Result<(), Error> {
        if unwell.is_empty() {
            let reasons = attempt.reasons.clone();
            return self.end(attempt, "returned", reasons);
        }
        let mut reasons = attempt.reasons.clone();
        reasons.push(format!("{} was put back, but is not well: {}", attempt.from, unwell.join(" ")));
        self.end(attempt, "failed", reasons)
    }

    fn failed(&mut self, attempt: &Attempt, error: &Error) -> Result<(), Error> {
        self.programs.start_daemons()?;
        let mut reasons = attempt.reasons.clone();
        reasons.push(format!(
            "{} could not be put back: {} Put it back by hand with `sudo dpkg -i {}/*.deb`; the databases as they \
             were are in {}.",
            attempt.from,
            sentence(error),
            self.folder.kept().display(),
            self.folder.databases().display()
        ));
        self.end(attempt, "failed", reasons)
    }

    fn end(&mut self, attempt: &Attempt, result: &str, reasons: Vec<String>) -> Result<(), Error> {
        tracing::info!(result, from = attempt.from, to = attempt.to, "the update has ended");
        self.status.last = UpdateOutcome {
            result: result.to_owned(),
            from: attempt.from.clone(),
            to: attempt.to.clone(),
            reasons,
            at: self.clock.now(),
        };
        if result == "done" {
            self.drop_offer()?;
        }
        self.rest()?;
        self.folder.forget_attempt()
    }

    // --- what is said ---------------------------------------------------------------------------

    pub(super) fn say(&mut self, state: &str, step: u32) -> Result<(), Error> {
        state.clone_into(&mut self.status.state);
        self.status.step = step;
        self.status.steps = STEPS;
        self.status.percent = 0;
        self.status.detail.clear();
        self.status.cancellable = matches!(state, "checking" | "downloading");
        self.folder.write_status(&self.status)
    }

    pub(super) fn rest(&mut self) -> Result<(), Error> {
        self.say("idle", 0)?;
        self.status.installed = self.programs.version()?.unwrap_or_default();
        if self.status.available == self.status.installed {
            self.status.available.clear();
            self.status.packages.clear();
            self.status.download_bytes = 0;
            self.status.from_file.clear();
        }
        self.folder.write_status(&self.status)
    }

    /// A line of progress; answers whether to go on.
    pub(super) fn heard(&mut self, line: &str, may_stop: bool) -> Result<bool, Error> {
        if let Some((percent, words)) = apt::progress(line)
            && (percent, &words) != (self.status.percent, &self.status.detail)
        {
            self.status.percent = percent;
            self.status.detail = words;
            self.folder.write_status(&self.status)?;
        }
        Ok(!(may_stop && self.folder.is_cancelled()))
    }
}

/// Refuses with figures where there is less room than that, and some to spare.
pub(super) fn enough_room(path: &Path, need: u64) -> Result<(), Error> {
    let about = rustix::fs::statvfs(path)
        .map_err(|error| super::files("could not ask for the room on", path)(error.into()))?;
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let need = need.saturating_add(SPARE);
    if free >= need {
        return Ok(());
    }
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(refused(
        "no_space",
        format!(
            "There is not enough room on the disk of {}: {} MiB are needed and {} MiB are free. Make room, then \
             update again.",
            path.display(),
            mib(need),
            mib(free)
        ),
    ))
}

fn locked(who: &str) -> Error {
    refused("locked", format!("Packages are being changed by {who}. Try again when that has ended."))
}

/// What apt says, as what it means.
pub(super) fn explained(error: Error) -> Error {
    let Error::Failed { said, .. } = &error else { return error };
    if let Some((_, who)) = said.split_once("held by process ") {
        // "1234 (apt-get)", and more after it.
        let who = who.split_once(')').map_or(who, |(who, _)| who);
        let (id, name) = who.split_once(" (").unwrap_or((who, "another program"));
        return locked(&format!("{name} (process {id})"));
    }
    if said.contains("Failed to fetch") {
        return refused("offline", format!("An archive could not be reached: {said}"));
    }
    if said.contains("enough free space") || said.contains("No space left") {
        return refused("no_space", format!("There is not enough room: {said}"));
    }
    error
}

pub(super) fn problem(error: &Error) -> UpdateProblem {
    let code = match error {
        Error::Refused { code, .. } => code,
        _ => "failed",
    };
    UpdateProblem { code: code.to_owned(), message: sentence(error) }
}

fn sentence(error: &Error) -> String {
    let text = chain(error);
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_apt_says_is_put_into_words() {
        let of = |said: &str| {
            problem(&explained(Error::Failed { program: "apt-get".to_owned(), said: said.to_owned() }))
        };
        let held = of("Could not get lock /var/lib/apt/lists/lock. It is held by process 77 (aptd)");
        assert_eq!(held.code, "locked");
        assert!(held.message.contains("aptd (process 77)"), "{held:?}");
        assert_eq!(of("Failed to fetch http://x  Could not connect").code, "offline");
        assert_eq!(of("You don't have enough free space in /var/").code, "no_space");
        assert_eq!(of("Held packages were changed").code, "failed");
    }
}
