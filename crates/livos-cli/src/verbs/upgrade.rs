//! `livos upgrade`

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt as _;
use livos_bus::documents::UpdateStatus;
use livos_bus::{ErrorKind, HostUpdateProxy};

use super::apps::{ask, can_ask};
use crate::arguments::{AutomaticHour, UpgradeArguments};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job::Line;
use crate::output::{Output, bytes, plain};

/// What was asked for is taken up within this time, or nobody is there to take it up.
const TAKEN_UP_WITHIN: Duration = Duration::from_secs(60);
/// Nothing was heard for so long: longer than any step says nothing.
const SILENCE: Duration = Duration::from_secs(900);

pub(crate) async fn run(bus: &Bus, arguments: &UpgradeArguments, output: Output) -> Result<ExitCode> {
    let updates = HostUpdateProxy::builder(&bus.connection)
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
        .await?;
    let follower = Follower { bus, updates, output };
    let now = follower.status().await?;
    if let Some(AutomaticHour(hour)) = arguments.automatic {
        let (on, hour) = (hour.is_some(), hour.unwrap_or(now.automatic.hour));
        follower.updates.set_automatic(&bus.actor, on, hour).await?;
        output.print(&follower.status().await?, automatic)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(file) = &arguments.from {
        follower.offer(file).await?;
    }
    // Somebody else has begun; how it ends is of interest all the same.
    let begun = !matches!(now.state.as_str(), "idle" | "receiving" | "checking" | "asked");
    if begun && !arguments.check && arguments.from.is_none() {
        return follower.end().await;
    }
    // A file that somebody chose waits for a word; who looks for updates does not want it.
    let waits_in_file = !now.from_file.is_empty() && !arguments.check;
    if now.state == "idle" && arguments.from.is_none() && !waits_in_file {
        follower.updates.check(&bus.actor).await?;
    }
    let found = follower.follow().await?;
    if !found.problem.code.is_empty() {
        bail!("{}", plain(&found.problem.message));
    }
    if arguments.check || !waits(&found) {
        output.print(&found, describe)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.yes {
        if !can_ask(output) {
            return Err(Usage(format!("{}. Agree with --yes", what_waits(&found))).into());
        }
        eprintln!("{}", describe(&found));
        if !matches!(ask("Update LivOS? [y/N] ")?.to_lowercase().as_str(), "y" | "yes") {
            return Err(Usage("not done".to_owned()).into());
        }
    }
    follower.updates.start(&bus.actor, &found.available).await?;
    follower.end().await
}

/// Watches an update, also while the daemon that tells of it is restarted by it.
struct Follower<'a> {
    bus: &'a Bus,
    updates: HostUpdateProxy<'a>,
    output: Output,
}

impl Follower<'_> {
    async fn status(&self) -> livos_bus::Result<UpdateStatus> {
        self.updates.status(&self.bus.actor).await?.parse()
    }

    /// Hands over a file, as somebody who may read it: its name means nothing to the daemon.
    async fn offer(&self, path: &Path) -> Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = File::open(path).with_context(|| format!("{} can't be opened", path.display()))?;
        if !file.metadata().with_context(|| format!("{} can't be read", path.display()))?.is_file() {
            bail!("{} is no file; give the path of a livos-VERSION.bundle", path.display());
        }
        Ok(self.updates.offer(&self.bus.actor, &name, (&file).into()).await?)
    }

    /// What there is to say once nothing goes on any more.
    async fn follow(&self) -> Result<UpdateStatus> {
        // Listen first: what happens after the first look must not be missed.
        let mut changes = self.updates.receive_update_changed().await?;
        let mut owners = self.updates.inner().receive_owner_changed().await?;
        let mut line = Line::new(self.output);
        loop {
            let patience = match self.status().await {
                Ok(status) if status.state == "idle" => {
                    line.clear()?;
                    return Ok(status);
                }
                Ok(status) => {
                    line.show(&going_on(&status))?;
                    if status.state == "asked" { TAKEN_UP_WITHIN } else { SILENCE }
                }
                // The update restarts the daemon; that it has a new owner is told.
                Err(error) if error.kind == ErrorKind::Unavailable => SILENCE,
                Err(error) => return Err(error.into()),
            };
            let heard = async {
                tokio::select! {
                    change = changes.next() => change.is_some(),
                    owner = owners.next() => owner.is_some(),
                }
            };
            match tokio::time::timeout(patience, heard).await {
                Ok(true) => {}
                Ok(false) => bail!("the bus went away; `livos upgrade` again shows how it went"),
                Err(_) if patience == TAKEN_UP_WITHIN => {
                    bail!("nobody takes it up; `systemctl start livos-update.path` does")
                }
                Err(_) => bail!("nothing is heard of it any more; see `journalctl -u livos-update`"),
            }
        }
    }

    /// Follows an update to its end and says how it ended.
    async fn end(&self) -> Result<ExitCode> {
        let status = self.follow().await?;
        if !status.problem.code.is_empty() {
            bail!("{}", plain(&status.problem.message));
        }
        self.output.print(&status, outcome)?;
        Ok(if status.last.result == "done" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A newer LivOS, or on an appliance newer packages of its system.
fn waits(status: &UpdateStatus) -> bool {
    !status.available.is_empty() || (status.kind == "appliance" && !status.packages.is_empty())
}

fn what_waits(status: &UpdateStatus) -> String {
    match status.available.as_str() {
        "" => format!("Newer packages of the system are there ({})", status.packages.len()),
        version => format!("LivOS {} is there", plain(version)),
    }
}

fn automatic(status: &UpdateStatus) -> String {
    match status.automatic.on {
        true => format!("LivOS updates by itself between {0}:00 and {0}:59.", status.automatic.hour),
        false => "LivOS updates when somebody asks for it.".to_owned(),
    }
}

fn describe(status: &UpdateStatus) -> String {
    if !waits(status) {
        return match status.kind.as_str() {
            "none" => format!("LivOS {}", plain(&status.installed)),
            _ => format!("LivOS {} is the newest version.", plain(&status.installed)),
        };
    }
    let mut lines = vec![match status.available.as_str() {
        "" => format!("LivOS {} stays; its system gets newer packages", plain(&status.installed)),
        version => format!("LivOS {} to {}", plain(&status.installed), plain(version)),
    }];
    lines.extend(status.notes.lines().map(plain));
    lines.push(String::new());
    for package in &status.packages {
        let from = if package.from.is_empty() { "new" } else { &package.from };
        lines.push(format!("  {}: {} to {}", plain(&package.name), plain(from), plain(&package.to)));
    }
    let then = match status.kind.as_str() {
        "appliance" => {
            "The server starts again, and comes back to this version if the new one does not work."
        }
        _ => "LivOS restarts for a moment; apps keep running.",
    };
    lines.push(match status.from_file.as_str() {
        "" => format!("{} to download. {then}", bytes(status.download_bytes)),
        file => format!("All of it is in {}. {then}", plain(file)),
    });
    lines.join("\n")
}

fn going_on(status: &UpdateStatus) -> String {
    let doing = match status.state.as_str() {
        "receiving" => "Reading the file",
        "checking" => "Looking for updates",
        "downloading" => "Downloading",
        "saving" => "Saving the databases",
        "installing" => "Installing",
        "judging" => "Waiting until LivOS is well",
        "returning" => "Going back to the version before",
        _ => "Starting",
    };
    let mut text = doing.to_owned();
    if status.percent > 0 {
        text += &format!(" {} %", status.percent);
    }
    if !status.detail.is_empty() {
        text += &format!("  {}", plain(&status.detail));
    }
    text.chars().take(78).collect()
}

fn outcome(status: &UpdateStatus) -> String {
    let last = &status.last;
    let mut lines = vec![match last.result.as_str() {
        "done" => format!("LivOS {} runs.", plain(&last.to)),
        "returned" => {
            let data = if status.kind == "packages" { ", with the data it had before" } else { "" };
            format!("LivOS {} did not work, so {} is back{data}.", plain(&last.to), plain(&last.from))
        }
        "failed" => format!("LivOS {} did not work, and going back failed.", plain(&last.to)),
        _ => "Nothing was updated.".to_owned(),
    }];
    lines.extend(last.reasons.iter().map(|reason| format!("  {}", plain(reason))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::{UpdateOutcome, UpdatePackage, UpdateStatus};

    use super::{describe, going_on, outcome};

    #[test]
    fn an_update_is_described_before_and_after() {
        let mut status = UpdateStatus {
            kind: "packages".to_owned(),
            installed: "0.1.0".to_owned(),
            available: "0.2.0".to_owned(),
            notes: "- News\u{1b}[31m.".to_owned(),
            packages: vec![UpdatePackage {
                name: "livos".to_owned(),
                from: "0.1.0".to_owned(),
                to: "0.2.0".to_owned(),
            }],
            download_bytes: 1536,
            ..UpdateStatus::default()
        };
        let text = describe(&status);
        for wanted in ["LivOS 0.1.0 to 0.2.0", "News\u{fffd}[31m.", "livos: 0.1.0 to 0.2.0", "1.5 KiB"] {
            assert!(text.contains(wanted), "{text}");
        }
        status.from_file = "livos-0.2.0.bundle".to_owned();
        let text = describe(&status);
        assert!(text.contains("All of it is in livos-0.2.0.bundle.") && !text.contains("download"), "{text}");
        status.kind = "appliance".to_owned();
        assert!(describe(&status).contains("The server starts again"));
        status.available.clear();
        assert!(describe(&status).starts_with("LivOS 0.1.0 stays; its system gets newer packages"));
        status.kind = "packages".to_owned();
        assert_eq!(describe(&status), "LivOS 0.1.0 is the newest version.");
        status.last = UpdateOutcome {
            result: "returned".to_owned(),
            from: "0.1.0".to_owned(),
            to: "0.2.0".to_owned(),
            reasons: vec!["livos-web does not run.".to_owned()],
            at: 0,
        };
        let text = outcome(&status);
        assert!(text.starts_with("LivOS 0.2.0 did not work, so 0.1.0 is back"), "{text}");
        assert!(text.ends_with("  livos-web does not run."), "{text}");
    }

    #[test]
    fn progress_is_a_line() {
        let mut status = UpdateStatus { state: "installing".to_owned(), ..UpdateStatus::default() };
        assert_eq!(going_on(&status), "Installing");
        (status.percent, status.detail) = (42, "Unpacking livos\n".to_owned());
        assert_eq!(going_on(&status), "Installing 42 %  Unpacking livos\u{fffd}");
    }
}
