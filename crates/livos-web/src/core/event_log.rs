//! What happened lately, for every stream to read at its own pace and again after a reconnect.
//!
//! A newer event about the same thing replaces the older one (only a job's latest progress matters), so
//! the log is bounded by how many things changed, not by how often.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use livos_policy::{Action, decide};
use livos_types::{RootId, UserId};

use super::live::Person;

/// Events kept whatever their age.
const KEPT: usize = 4096;
/// Seconds that events are kept for, if there are not too many of them.
const KEPT_FOR: i64 = 600;
/// Never more than this.
const LIMIT: usize = 4 * KEPT;

/// Who may learn of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody who is signed in.
    Everyone,
    /// Those who run the server.
    Admins,
    /// One person.
    Person(UserId),
    /// One person, and those who see everybody's jobs.
    PersonAndAdmins(Option<UserId>),
    /// Those who may read files in this place.
    Place(RootId),
}

impl Audience {
    /// True when this person belongs to it.
    pub(crate) fn includes(&self, person: &Person) -> bool {
        let may = |action: Action<'_>| decide(person.role, person.username.as_str(), action).is_allowed();
        match self {
            Self::Everyone => true,
            Self::Admins => person.role.is_admin(),
            Self::Person(user) => *user == person.id,
            Self::PersonAndAdmins(user) => user.as_ref() == Some(&person.id) || may(Action::SeeAllJobs),
            Self::Place(root) => may(Action::ReadFiles(root)),
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its number, rising from 1.
    pub(crate) number: u64,
    /// What kind of thing happened.
    pub(crate) name: &'static str,
    /// JSON.
    pub(crate) data: String,
    /// Who may learn of it.
    pub(crate) audience: Audience,
    at: i64,
    subject: String,
}

/// The log was asked for what it no longer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap;

/// The log.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    events: BTreeMap<u64, Arc<Event>>,
    newest_of: HashMap<String, u64>,
    last: u64,
    /// Everything after this number is here, or was replaced by something that is.
    complete_after: u64,
}

impl EventLog {
    /// Adds an event about `subject`; returns its number.
    pub(crate) fn push(
        &mut self,
        at: i64,
        name: &'static str,
        subject: String,
        data: String,
        audience: Audience,
    ) -> u64 {
        self.last += 1;
        if let Some(older) = self.newest_of.insert(subject.clone(), self.last) {
            self.events.remove(&older);
        }
        let event = Event { number: self.last, name, data, audience, at, subject };
        self.events.insert(self.last, Arc::new(event));
        while let Some((number, oldest)) = self.events.first_key_value() {
            let crowded = self.events.len() > KEPT && at - oldest.at > KEPT_FOR;
            if !crowded && self.events.len() <= LIMIT {
                break;
            }
            self.complete_after = *number;
            if let Some((_, gone)) = self.events.pop_first() {
                self.newest_of.remove(&gone.subject);
            }
        }
        self.last
    }

    /// The number of the newest event.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// The newest event about `subject`.
    pub(crate) fn newest(&self, subject: &str) -> Option<Arc<Event>> {
        self.newest_of.get(subject).and_then(|number| self.events.get(number)).cloned()
    }

    /// What came after `number`, oldest first, at most `limit` of them.
    pub(crate) fn after(&self, number: u64, limit: usize) -> Result<Vec<Arc<Event>>, Gap> {
        if number < self.complete_after || number > self.last {
            return Err(Gap);
        }
        Ok(self.events.range(number + 1..).take(limit).map(|(_, event)| Arc::clone(event)).collect())
    }
}

#[cfg(test)]
mod tests {
    use livos_types::Role;

    use super::*;
    use crate::core::live::person;

    fn add(log: &mut EventLog, at: i64, subject: &str) -> u64 {
        log.push(at, "app", subject.to_owned(), String::new(), Audience::Everyone)
    }

    fn numbers(log: &EventLog, after: u64) -> Result<Vec<u64>, Gap> {
        log.after(after, 100_000).map(|events| events.iter().map(|event| event.number).collect())
    }

    #[test]
    fn what_was_missed_is_read_again_in_order() {
        let mut log = EventLog::default();
        for subject in ["a", "b", "c"] {
            add(&mut log, 0, subject);
        }
        assert_eq!(numbers(&log, 0), Ok(vec![1, 2, 3]));
        assert_eq!(numbers(&log, 2), Ok(vec![3]));
        assert_eq!(numbers(&log, 3), Ok(vec![]));
        assert_eq!(numbers(&log, 4), Err(Gap), "a number from the future is of another log");
    }

    #[test]
    fn only_the_latest_about_a_thing_is_kept() {
        let mut log = EventLog::default();
        for _ in 0..10_000 {
            add(&mut log, 0, "job apps-1");
        }
        add(&mut log, 0, "b");
        assert_eq!(numbers(&log, 0), Ok(vec![10_000, 10_001]));
        assert_eq!(numbers(&log, 5), Ok(vec![10_000, 10_001]), "nothing is missing, it was replaced");
    }

    #[test]
    fn ten_minutes_are_kept_and_memory_is_bounded() {
        let mut log = EventLog::default();
        for n in 0..6000 {
            add(&mut log, 0, &n.to_string());
        }
        assert_eq!(numbers(&log, 0).map(|n| n.len()), Ok(6000), "all within ten minutes");
        add(&mut log, 601, "later");
        assert_eq!(numbers(&log, 0), Err(Gap));
        assert_eq!(log.events.len(), 4096);
        assert_eq!(log.newest_of.len(), 4096);
        for n in 0..30_000 {
            add(&mut log, 601, &format!("x{n}"));
        }
        assert!(log.events.len() <= LIMIT);
        assert_eq!(numbers(&log, log.last() - 10).map(|n| n.len()), Ok(10));
    }

    #[test]
    fn events_reach_those_they_concern() {
        let (owner, admin, member) =
            (person("own", Role::Owner), person("adm", Role::Admin), person("mem", Role::Member));
        let sees = |audience: &Audience| [&owner, &admin, &member].map(|person| audience.includes(person));
        let place = |id: &str| Audience::Place(RootId::new(id).unwrap());
        assert_eq!(sees(&Audience::Everyone), [true, true, true]);
        assert_eq!(sees(&Audience::Admins), [true, true, false]);
        assert_eq!(sees(&Audience::Person(member.id.clone())), [false, false, true]);
        assert_eq!(sees(&Audience::PersonAndAdmins(Some(member.id.clone()))), [true, true, true]);
        assert_eq!(sees(&Audience::PersonAndAdmins(Some(owner.id.clone()))), [true, true, false]);
        assert_eq!(sees(&Audience::PersonAndAdmins(None)), [true, true, false]);
        assert_eq!(sees(&place("home")), [true, false, false]);
        assert_eq!(sees(&place("home.mem")), [false, false, true]);
        assert_eq!(sees(&place("shared")), [true, true, true]);
    }
}
