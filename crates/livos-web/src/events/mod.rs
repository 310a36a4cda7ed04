//! What happens, told to every open tab: D-Bus signals in, one log, as many readers as there are streams.

pub(crate) mod signals;
pub(crate) mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use livos_bus::JobInfo;
use livos_bus::names::{self, Service};
use livos_service::Clock;
use livos_types::{RootId, UserId};
use serde_json::json;
use tokio::sync::watch;

use crate::core::event_log::{Audience, Event, EventLog, Gap};

/// The log of events and who waits for the next one.
#[derive(Debug)]
pub(crate) struct Events {
    log: Mutex<EventLog>,
    /// The number of the newest event.
    newest: watch::Sender<u64>,
    /// Tells this run of the server from another: numbers begin again with each.
    epoch: String,
    clock: Arc<dyn Clock>,
    /// Which daemons own their names.
    present: RwLock<HashMap<&'static str, bool>>,
}

impl Events {
    /// An empty log.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let epoch = format!("{:x}{:04x}", clock.now_millis(), rand::random::<u16>());
        Self {
            log: Mutex::default(),
            newest: watch::Sender::new(0),
            epoch,
            clock,
            present: RwLock::default(),
        }
    }

    /// This run of the server.
    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
    }

    fn push(&self, name: &'static str, subject: String, data: String, audience: Audience) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let number = log.push(self.clock.now(), name, subject, data, audience);
        // Under the lock, so that nobody is told of a smaller number after a greater one.
        self.newest.send_replace(number);
    }

    fn after(&self, number: u64, limit: usize) -> Result<Vec<Arc<Event>>, Gap> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).after(number, limit)
    }

    fn last(&self) -> u64 {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).last()
    }

    /// A job moved.
    pub(crate) fn job(&self, job: &JobInfo) {
        let Ok(data) = serde_json::to_string(job) else { return };
        let owner = UserId::new(job.started_by.as_str()).ok();
        self.push("job", format!("job {}", job.id), data, Audience::PersonAndAdmins(owner));
    }

    /// A job is gone. Those who saw it are told.
    pub(crate) fn job_removed(&self, id: &str) {
        let subject = format!("job {id}");
        let seen_by = {
            let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            log.newest(&subject).map(|event| event.audience.clone())
        };
        self.push(
            "job_removed",
            subject,
            json!({ "id": id }).to_string(),
            seen_by.unwrap_or(Audience::Everyone),
        );
    }

    /// An app changed.
    pub(crate) fn app(&self, id: &str) {
        self.push("app", format!("app {id}"), json!({ "id": id }).to_string(), Audience::Everyone);
    }

    /// What the stores offer changed.
    pub(crate) fn catalog(&self) {
        self.push("catalog", "catalog".to_owned(), "{}".to_owned(), Audience::Everyone);
    }

    /// Something in Docker changed, which only admins see.
    pub(crate) fn docker(&self) {
        self.push("docker", "docker".to_owned(), "{}".to_owned(), Audience::Admins);
    }

    /// A folder changed.
    pub(crate) fn dir(&self, root: &str, path: &str) {
        let Ok(place) = RootId::new(root) else { return };
        let data = json!({ "root": root, "path": path }).to_string();
        self.push("dir", format!("dir {root} {path}"), data, Audience::Place(place));
    }

    /// A person's settings changed.
    pub(crate) fn settings(&self, user: &UserId) {
        self.push("settings", format!("settings {user}"), "{}".to_owned(), Audience::Person(user.clone()));
    }

    /// One of a person's conversations changed, or is gone.
    pub(crate) fn assistant(&self, user: &str, conversation: &str) {
        let Ok(person) = UserId::new(user) else { return };
        let data = json!({ "conversation": conversation }).to_string();
        self.push("assistant", format!("assistant {conversation}"), data, Audience::Person(person));
    }

    /// Something that a person had scheduled was answered in this conversation.
    pub(crate) fn reminder(&self, user: &str, conversation: &str) {
        let Ok(person) = UserId::new(user) else { return };
        let data = json!({ "conversation": conversation }).to_string();
        self.push("reminder", format!("reminder {conversation}"), data, Audience::Person(person));
    }

    /// How LivOS stands with its own updates changed.
    pub(crate) fn update(&self) {
        self.push("update", "update".to_owned(), "{}".to_owned(), Audience::Admins);
    }

    /// A person asked for an app, or was answered.
    pub(crate) fn wishes(&self, user: &UserId) {
        let audience = Audience::PersonAndAdmins(Some(user.clone()));
        self.push("wishes", format!("wishes {user}"), "{}".to_owned(), audience);
    }

    /// Somebody was added, changed or removed.
    pub(crate) fn users(&self) {
        self.push("users", "users".to_owned(), "{}".to_owned(), Audience::Admins);
    }

    /// A daemon came or went. Says nothing when that is no news.
    pub(crate) fn service(&self, service: Service, up: bool) {
        let before = self.present.write().unwrap_or_else(PoisonError::into_inner).insert(service.short, up);
        if before.is_some_and(|before| before != up) {
            let data = json!({ "name": service.short, "state": state_word(up) }).to_string();
            self.push("service", format!("service {}", service.short), data, Audience::Everyone);
        }
    }

    /// How the daemons are, as far as the bus knows. The edge itself is fine, or nobody would read this.
    pub(crate) fn health(&self) -> Vec<(&'static str, &'static str)> {
        let present = self.present.read().unwrap_or_else(PoisonError::into_inner);
        let up = |service: &Service| {
            *service == names::WEB || present.get(service.short).copied().unwrap_or(false)
        };
        names::SERVICES.iter().map(|service| (service.short, state_word(up(service)))).collect()
    }
}

fn state_word(up: bool) -> &'static str {
    if up { "ok" } else { "down" }
}
