//! The daemons: stopping them, starting them, and whether they are well.

use super::programs::Programs;
use crate::Error;

/// Everybody with a database, and the socket that would start one of them again. The machine's daemon has none and
/// goes on telling how far it is.
const STOPPED: [&str; 5] = [
    "livos-web.socket",
    "livos-web.service",
    "livos-nexus.service",
    "livos-apps.service",
    "livos-files.service",
];
/// These bring up whatever is enabled.
const STARTED: [&str; 2] = ["livos-web.socket", "livos.target"];
/// A question about health that takes longer than this many seconds has its answer.
const ANSWER_WITHIN: &str = "120";

impl Programs {
    pub(super) fn stop_daemons(&self) -> Result<(), Error> {
        self.ask("systemctl", &[&["stop"], &STOPPED[..]].concat()).map(drop)
    }

    /// Whether they came up is for [`Self::unwell`] to say.
    pub(super) fn start_daemons(&self) -> Result<(), Error> {
        let (well, _, said) = self.try_ask("systemctl", &[&["start"], &STARTED[..]].concat())?;
        if !well {
            tracing::warn!("not everything starts: {}", said.trim());
        }
        Ok(())
    }

    /// The machine is going down: that nothing runs any more says nothing about a version.
    pub(super) fn is_going_down(&self) -> Result<bool, Error> {
        Ok(self.try_ask("systemctl", &["is-system-running"])?.1.trim() == "stopping")
    }

    /// What is wrong with LivOS now, a sentence each.
    pub(super) fn unwell(&self) -> Result<Vec<String>, Error> {
        let health = self.health.to_string_lossy();
        let (well, text, said) = self.try_ask("timeout", &[ANSWER_WITHIN, &health])?;
        if well {
            return Ok(Vec::new());
        }
        let lines = |text: &str| -> Vec<String> {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        let mut reasons = lines(&text);
        if reasons.is_empty() {
            reasons = lines(&said);
        }
        if reasons.is_empty() {
            reasons.push("Whether LivOS works could not be found out.".to_owned());
        }
        Ok(reasons)
    }
}
