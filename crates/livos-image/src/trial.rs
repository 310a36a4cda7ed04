//! A new version on trial: whether it may stay, and what is said about it afterwards.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::error::About as _;
use crate::place::BootPartition;
use crate::running::Appliance;
use crate::{Result, SlotVersion};

/// Programs that each must end well; what they print says why they did not.
const CHECKS: &str = "/usr/lib/livos/health.d";
/// Time for one of them.
const CHECK_TIME: Duration = Duration::from_secs(360);
/// Time for the apps that ran before to run again.
const APPS_TIME: Duration = Duration::from_secs(180);

const ATTEMPT: &str = "attempt.json";
const REPORT: &str = "report.json";
const VERDICT: &str = "verdict.json";

/// An upgrade that was begun: written before the boot entry, read after the reboot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// To what.
    pub version: String,
    /// From what.
    pub from: String,
}

/// Why a version may not stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Verdict {
    version: String,
    reasons: Vec<String>,
}

/// How the last upgrade ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was to be started.
    pub version: String,
    /// What ran before.
    pub from: String,
    /// It runs and stays; otherwise the machine went back by itself.
    pub kept: bool,
    /// Why not, a sentence each.
    pub reasons: Vec<String>,
    /// When that was seen, UTC seconds.
    pub at: i64,
}

impl Report {
    /// The last one.
    pub fn read(state: &Path) -> Result<Option<Self>> {
        read(&state.join(REPORT))
    }
}

/// Remembers that the next boot is a trial.
pub fn begin(state: &Path, attempt: &Attempt) -> Result<()> {
    for name in [VERDICT, REPORT] {
        remove(&state.join(name))?;
    }
    write(&state.join(ATTEMPT), attempt)
}

/// Asks every check; gives back what is wrong.
pub fn judge(appliance: &Appliance) -> Result<Vec<String>> {
    let mut reasons = Vec::new();
    for check in checks(Path::new(CHECKS))? {
        reasons.extend(ask(&check, CHECK_TIME)?);
    }
    if reasons.is_empty() {
        reasons.extend(crate::apps::missing(&appliance.state, APPS_TIME)?);
    }
    if !reasons.is_empty() {
        let verdict = Verdict { version: appliance.version.to_string(), reasons: reasons.clone() };
        write(&appliance.state.join(VERDICT), &verdict)?;
    }
    Ok(reasons)
}

/// Remembers why a version may not stay, for the one that starts instead.
pub(crate) fn condemn(state: &Path, version: &SlotVersion, reason: &str) -> Result<()> {
    write(&state.join(VERDICT), &Verdict { version: version.to_string(), reasons: vec![reason.to_owned()] })
}

/// The running version came up well, now.
pub fn bless(appliance: &Appliance, now: SystemTime) -> Result<()> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let first_time = !appliance.boot.is_blessed(&appliance.version);
    let report = match conclude(&appliance.boot, &appliance.state, &appliance.version, now)? {
        Some(report) => Some(report),
        None => gone_bad(&appliance.boot, &appliance.state, &appliance.version, now)?,
    };
    appliance.boot.bless(&appliance.version)?;
    let note = crate::databases::proved(&appliance.state, &appliance.version)?;
    if let Some(mut report) = report {
        if !report.kept {
            report.reasons.extend(note);
        }
        if let Some(version) = report.version.parse().ok().filter(|_| !report.kept) {
            appliance.boot.give_up(&version)?;
        }
        write(&appliance.state.join(REPORT), &report)?;
        remove(&appliance.state.join(ATTEMPT))?;
    }
    crate::apps::forget(&appliance.state)?;
    let startable: Vec<_> = appliance.boot.entries()?.into_iter().map(|name| name.version).collect();
    if let Err(error) = crate::databases::forget_others(&appliance.state, &startable) {
        // It only takes up room.
        eprintln!("livos-slot: databases of versions that are gone stay: {error}");
    }
    // What was wrong with it once is not any more.
    let of_this = |verdict: Verdict| verdict.version == appliance.version.to_string();
    if first_time || read::<Verdict>(&appliance.state.join(VERDICT))?.is_some_and(of_this) {
        remove(&appliance.state.join(VERDICT))?;
    }
    Ok(())
}

/// The running version must not be started again if it never proved itself; whether it was so.
pub fn give_up(appliance: &Appliance) -> Result<bool> {
    if appliance.boot.is_blessed(&appliance.version) {
        return Ok(false);
    }
    appliance.boot.give_up(&appliance.version)?;
    Ok(true)
}

/// What there is to say about an upgrade once a version runs and is well; nothing if there was none.
fn conclude(boot: &BootPartition, state: &Path, running: &SlotVersion, now: i64) -> Result<Option<Report>> {
    let Some(attempt) = read::<Attempt>(&state.join(ATTEMPT))? else { return Ok(None) };
    let kept = attempt.version == running.to_string();
    let verdict = read::<Verdict>(&state.join(VERDICT))?.filter(|verdict| verdict.version == attempt.version);
    let begun = state.join("seeded").join(&attempt.version).exists();
    let tried = match attempt.version.parse() {
        Ok(version) => was_tried(boot, &version)?,
        Err(_) => false,
    };
    let reasons = match (kept, verdict) {
        (true, _) => Vec::new(),
        (false, Some(verdict)) => verdict.reasons,
        (false, None) if !tried && begun => vec![format!(
            "LivOS {} was started and not judged: the power failed, or LivOS {running} was chosen. Update again to get \
             it.",
            attempt.version
        )],
        (false, None) if !tried => vec![format!(
            "LivOS {} was not started: the power failed while it was put in place, or LivOS {running} was chosen. \
             Update again to get it.",
            attempt.version
        )],
        (false, None) if begun => vec![format!(
            "LivOS {} started but stopped before it could be judged, {} times.",
            attempt.version,
            crate::entry::TRIES
        )],
        (false, None) => vec![format!(
            "LivOS {} did not start: its kernel or its root is damaged. It was tried {} times.",
            attempt.version,
            crate::entry::TRIES
        )],
    };
    Ok(Some(Report { version: attempt.version, from: attempt.from, kept, reasons, at: now }))
}

/// Whether the boot loader started a version until it had no more tries. One that was only passed over, because somebody
/// chose another one, has failed at nothing.
fn was_tried(boot: &BootPartition, version: &SlotVersion) -> Result<bool> {
    let counts =
        boot.entries()?.into_iter().filter(|name| name.version == *version).filter_map(|name| name.count);
    let passed_over = counts.into_iter().any(|count| (count.left, count.done) == (0, 0));
    Ok(boot.is_spent(version)? && !passed_over)
}

/// What there is to say when another version, which was good, does not start any more.
fn gone_bad(boot: &BootPartition, state: &Path, running: &SlotVersion, now: i64) -> Result<Option<Report>> {
    for name in boot.entries()? {
        let failed = name.count.is_some() && was_tried(boot, &name.version)?;
        let verdict = read::<Verdict>(&state.join(VERDICT))?
            .filter(|verdict| verdict.version == name.version.to_string() && name.version != *running);
        if boot.is_blessed(&name.version) && failed && (verdict.is_some() || name.version > *running) {
            let known = |report: &Report| !report.kept && report.version == name.version.to_string();
            if Report::read(state)?.as_ref().is_some_and(known) {
                return Ok(None);
            }
            return Ok(Some(Report {
                version: name.version.to_string(),
                from: running.to_string(),
                kept: false,
                reasons: verdict
                    .map_or_else(|| vec![starts_no_more(&name.version)], |verdict| verdict.reasons),
                at: now,
            }));
        }
    }
    Ok(None)
}

fn starts_no_more(version: &SlotVersion) -> String {
    format!(
        "LivOS {version} ran before and does not start any more: its kernel or its root is damaged on the disk. \
         It was tried {} times.",
        crate::entry::TRIES
    )
}

fn checks(folder: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        found.push(entry.about("could not read", folder)?.path());
    }
    found.sort();
    Ok(found)
}

/// Runs one check; gives back what it says is wrong.
fn ask(check: &Path, time: Duration) -> Result<Vec<String>> {
    let name = check.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = tempfile_in_run(&name)?;
    let out = fs::File::create(&output).about("could not create", &output)?;
    let child = Command::new(check).stdin(Stdio::null()).stdout(out).process_group(0).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Ok(vec![format!("The check {name} can't be run: {error}.")]),
    };
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().about("could not wait for", check)? {
            break Some(status);
        }
        if begun.elapsed() > time {
            let group = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            child.wait().about("could not wait for", check)?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let said = fs::read_to_string(&output).unwrap_or_default();
    remove(&output)?;
    let lines: Vec<String> =
        said.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    Ok(match status {
        Some(status) if status.success() => Vec::new(),
        Some(_) if !lines.is_empty() => lines,
        Some(status) => vec![format!("The check {name} failed ({status}) and said nothing.")],
        None => vec![format!("The check {name} did not end within {} seconds.", time.as_secs())],
    })
}

fn tempfile_in_run(name: &str) -> Result<PathBuf> {
    let folder = std::env::var_os("RUNTIME_DIRECTORY").map_or_else(std::env::temp_dir, PathBuf::from);
    Ok(folder.join(format!("livos-check-{}-{name}", std::process::id())))
}

pub(crate) fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        // A file that can't be read is one that was never written whole.
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).about("could not read", path),
    }
}

pub(crate) fn write<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text =
        serde_json::to_string_pretty(value).map_err(std::io::Error::from).about("could not write", path)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).about("could not create", folder)?;
    }
    crate::place::replace(path, text.as_bytes())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).about("could not remove", path)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn attempt(state: &Path) {
        begin(state, &Attempt { version: "0.2.0-2".to_owned(), from: "0.1.0-1".to_owned() }).unwrap();
    }

    /// A boot partition on which the version on trial has this count.
    fn boot_with(folder: &Path, count: &str) -> BootPartition {
        let boot = BootPartition::at(folder.join("esp"));
        boot.prepare().unwrap();
        fs::write(folder.join(format!("esp/loader/entries/livos_0.2.0-2{count}.conf")), "").unwrap();
        boot
    }

    #[test]
    fn the_new_version_runs_and_is_kept() {
        let state = tempfile::tempdir().unwrap();
        attempt(state.path());
        let boot = boot_with(state.path(), "+2-1");
        let report = conclude(&boot, state.path(), &"0.2.0-2".parse().unwrap(), 7).unwrap().unwrap();
        assert!(report.kept && report.reasons.is_empty() && report.at == 7);
    }

    #[test]
    fn a_return_says_why() {
        let state = tempfile::tempdir().unwrap();
        let old: SlotVersion = "0.1.0-1".parse().unwrap();
        let boot = boot_with(state.path(), "+0-3");
        assert_eq!(conclude(&boot, state.path(), &old, 7).unwrap(), None);

        attempt(state.path());
        let dead = conclude(&boot, state.path(), &old, 7).unwrap().unwrap();
        assert!(!dead.kept && dead.reasons[0].contains("did not start"), "{dead:?}");

        fs::create_dir(state.path().join("seeded")).unwrap();
        fs::write(state.path().join("seeded/0.2.0-2"), "").unwrap();
        let hung = conclude(&boot, state.path(), &old, 7).unwrap().unwrap();
        assert!(hung.reasons[0].contains("before it could be judged"), "{hung:?}");

        let reasons = vec!["Photos ran before and doesn't run now.".to_owned()];
        let verdict = Verdict { version: "0.2.0-2".to_owned(), reasons: reasons.clone() };
        write(&state.path().join(VERDICT), &verdict).unwrap();
        assert_eq!(conclude(&boot, state.path(), &old, 7).unwrap().unwrap().reasons, reasons);
    }

    #[test]
    fn what_was_never_started_is_not_said_to_have_failed() {
        let old: SlotVersion = "0.1.0-1".parse().unwrap();
        // The power failed before there was an entry, or before anything started it.
        // Or somebody chose the earlier one, before it was started or in the middle of its trial.
        for (entry, begun, says) in [
            (None, false, "was not started"),
            (Some("+3"), false, "was not started"),
            (Some("+0"), false, "was not started"),
            (Some("+0"), true, "was started and not judged"),
            (Some("+2-1"), true, "was started and not judged"),
            (Some("+0-3"), true, "stopped before it could be judged"),
        ] {
            let state = tempfile::tempdir().unwrap();
            attempt(state.path());
            let boot = boot_with(state.path(), entry.unwrap_or("+3"));
            if entry.is_none() {
                boot.make_room(None).unwrap();
            }
            if begun {
                fs::create_dir_all(state.path().join("seeded/0.2.0-2")).unwrap();
            }
            let report = conclude(&boot, state.path(), &old, 7).unwrap().unwrap();
            assert!(!report.kept && report.reasons[0].contains(says), "{entry:?}: {report:?}");
        }
    }

    #[test]
    fn a_good_version_that_starts_no_more_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let (linux, initrd) = (folder.path().join("linux"), folder.path().join("initrd"));
        fs::write(&linux, "a kernel").unwrap();
        fs::write(&initrd, "an initrd").unwrap();
        let boot = BootPartition::at(folder.path().join("esp"));
        boot.prepare().unwrap();
        let (old, new): (SlotVersion, SlotVersion) = ("0.1.0-1".parse().unwrap(), "0.2.0-2".parse().unwrap());
        for (version, running) in [(&old, None), (&new, Some(&old))] {
            let kernel = crate::place::Kernel { linux: &linux, initrd: &initrd, options: "" };
            boot.place(version, &crate::RootHash::from_bytes([1; 32]), kernel, running).unwrap();
            boot.bless(version).unwrap();
        }
        assert_eq!(gone_bad(&boot, folder.path(), &old, 7).unwrap(), None);
        let entries = folder.path().join("esp/loader/entries");
        let (fresh, spent) = (entries.join("livos_0.2.0-2+3.conf"), entries.join("livos_0.2.0-2+0-3.conf"));
        fs::rename(&fresh, &spent).unwrap();
        let report = gone_bad(&boot, folder.path(), &old, 7).unwrap().unwrap();
        assert!(
            !report.kept && report.version == "0.2.0-2" && report.reasons[0].contains("damaged"),
            "{report:?}"
        );
        // Said once.
        write(&folder.path().join(REPORT), &report).unwrap();
        assert_eq!(gone_bad(&boot, folder.path(), &old, 8).unwrap(), None);
        remove(&folder.path().join(REPORT)).unwrap();
        // Nothing of the kind when somebody chose the earlier one.
        fs::rename(&spent, &fresh).unwrap();
        boot.choose(&old, &new).unwrap();
        assert_eq!(gone_bad(&boot, folder.path(), &old, 7).unwrap(), None);
    }

    #[test]
    fn a_check_that_fails_is_quoted_and_one_that_hangs_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let script = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let time = Duration::from_secs(20);
        assert_eq!(ask(&script("well", "echo all well"), time).unwrap(), [""; 0]);
        assert_eq!(ask(&script("ill", "echo no page; exit 1"), time).unwrap(), ["no page"]);
        assert!(ask(&script("mute", "exit 2"), time).unwrap()[0].contains("said nothing"));
        let hung = ask(&script("hung", "sleep 1000"), Duration::from_millis(300)).unwrap();
        assert!(hung[0].contains("did not end"), "{hung:?}");
        assert!(ask(&folder.path().join("absent"), time).unwrap()[0].contains("can't be run"));
    }
}
