//! Jobs that come back by the clock on the wall of some time zone.

use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use croner::Cron;

use super::NewJob;
use crate::Error;

/// A job that is added again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its name, unique in the queue.
    pub name: String,
    /// When: "30 3 * * *".
    pub cron: String,
    /// Where the clock hangs: "Europe/Berlin".
    pub time_zone: String,
    /// What is added. If the one before has not ended, that time is left out.
    pub job: NewJob,
}

impl Schedule {
    /// The first time after `now_ms`. Times that the machine was off for come once, not once each.
    ///
    /// Where clocks go forward, a time that doesn't exist that day comes when the gap ends; where
    /// they go back, a fixed time comes once.
    pub(crate) fn next_after_ms(&self, now_ms: i64) -> Result<i64, Error> {
        let wrong = |reason: String| Error::Schedule { name: self.name.clone(), reason };
        next_of_cron(&self.cron, &self.time_zone, now_ms).map_err(wrong)
    }
}

/// The first time of `cron` after `now_ms`, on the clock of a time zone; or in words, why there is none.
///
/// Where clocks go forward, a time that doesn't exist that day comes when the gap ends; where they go back, a fixed
/// time comes once.
pub fn next_of_cron(cron: &str, time_zone: &str, now_ms: i64) -> Result<i64, String> {
    let zone =
        chrono_tz::Tz::from_str(time_zone).map_err(|_| format!("there is no time zone {time_zone:?}"))?;
    let parsed = Cron::from_str(cron).map_err(|error| format!("{cron:?}: {error}"))?;
    let now = Utc
        .timestamp_millis_opt(now_ms)
        .single()
        .ok_or_else(|| "the clock is out of range".to_owned())?
        .with_timezone(&zone);
    let next =
        parsed.find_next_occurrence(&now, false).map_err(|error| format!("it never comes: {error}"))?;
    Ok(next.timestamp_millis())
}

/// UTC seconds as people and sort(1) read them.
pub(super) fn timestamp(at: i64) -> String {
    DateTime::from_timestamp(at, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
