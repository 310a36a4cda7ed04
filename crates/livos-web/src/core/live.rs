//! Who is signed in right now. In memory, so that asking costs nothing and ending is immediate.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use livos_types::{Role, UserId, Username};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A person, as everything but the password check needs them.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Their account.
    pub(crate) id: UserId,
    /// What they sign in with.
    pub(crate) username: Username,
    /// What they are called.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// A second factor is asked for.
    pub(crate) totp_enabled: bool,
    /// They may not sign in.
    pub(crate) disabled: bool,
    /// Their password was made by somebody else.
    pub(crate) temporary_password: bool,
    /// UTC seconds.
    pub(crate) created_at: i64,
    /// Cancelled when they may no longer do what they may as they are here; what was begun with these rights
    /// ends with them.
    pub(crate) rights: CancellationToken,
}

/// A sign-in that goes on.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its id.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) user: UserId,
    /// Cancelled when it ends; what streams to this session ends with it.
    pub(crate) ended: CancellationToken,
    /// UTC seconds after which it is not good any more.
    pub(crate) expires_at: AtomicI64,
    /// UTC seconds of the last request.
    pub(crate) seen_at: AtomicI64,
    /// Counts refresh tokens; only the newest is good.
    pub(crate) generation: AtomicI64,
    /// When the newest refresh token was made.
    pub(crate) rotated_at: AtomicI64,
    /// An app may have connections open that this session was let in for.
    pub(crate) in_apps: AtomicBool,
    /// The newest refresh token has certainly arrived: a request came with its access token.
    pub(crate) arrived: AtomicBool,
    streams: AtomicUsize,
}

/// Event streams a session may have open; each is a tab.
const STREAMS: usize = 32;

/// A session's open event stream; counts until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenStream(Arc<Session>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Session {
    /// A session that has just begun or been read from the database.
    pub(crate) fn new(id: String, user: UserId, generation: i64, rotated_at: i64, expires_at: i64) -> Self {
        Self {
            id,
            user,
            ended: CancellationToken::new(),
            expires_at: expires_at.into(),
            seen_at: rotated_at.into(),
            generation: generation.into(),
            rotated_at: rotated_at.into(),
            in_apps: AtomicBool::new(false),
            arrived: AtomicBool::new(false),
            streams: AtomicUsize::new(0),
        }
    }

    /// Counts another stream; `None` when there are too many already.
    pub(crate) fn open_stream(self: &Arc<Self>) -> Option<OpenStream> {
        let counted = OpenStream(Arc::clone(self));
        // Counted first, so that many at once do not all see the last free place.
        (self.streams.fetch_add(1, Ordering::Relaxed) < STREAMS).then_some(counted)
    }

    /// Notes a request that came with an access token of this generation.
    pub(crate) fn seen(&self, generation: i64, now: i64) {
        self.seen_at.store(now, Ordering::Relaxed);
        if generation == self.generation.load(Ordering::Relaxed) && !self.arrived.load(Ordering::Relaxed) {
            self.arrived.store(true, Ordering::Relaxed);
        }
    }
}

/// The table of live sessions and of people.
#[derive(Debug, Default)]
pub(crate) struct Live {
    sessions: RwLock<HashMap<String, Arc<Session>>>,
    people: RwLock<HashMap<UserId, Arc<Person>>>,
    left_apps: Notify,
}

impl Live {
    /// A session that is still good, and its person.
    pub(crate) fn find(&self, id: &str, now: i64) -> Option<(Arc<Session>, Arc<Person>)> {
        let session = self.session(id)?;
        if now >= session.expires_at.load(Ordering::Relaxed) {
            self.end(id);
            return None;
        }
        let person = self.person(&session.user).filter(|person| !person.disabled)?;
        Some((session, person))
    }

    /// A session, good or not.
    pub(crate) fn session(&self, id: &str) -> Option<Arc<Session>> {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Lets a session in.
    pub(crate) fn admit(&self, session: Session) -> Arc<Session> {
        let session = Arc::new(session);
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(session.id.clone(), Arc::clone(&session));
        session
    }

    /// Ends a session at once, with every stream that hangs on it.
    pub(crate) fn end(&self, id: &str) {
        let removed = self.sessions.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Some(session) = removed {
            self.close(&session);
        }
    }

    fn close(&self, session: &Session) {
        session.ended.cancel();
        if session.in_apps.load(Ordering::SeqCst) {
            self.left_apps.notify_one();
        }
    }

    /// Done when a session has ended that had been let into an app, also if that was before.
    pub(crate) async fn left_apps(&self) {
        self.left_apps.notified().await;
    }

    /// Ends all sessions of a person but one.
    pub(crate) fn end_all(&self, user: &UserId, except: Option<&str>) {
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|id, session| {
            let stays = session.user != *user || Some(id.as_str()) == except;
            if !stays {
                self.close(session);
            }
            stays
        });
    }

    /// A person by account.
    pub(crate) fn person(&self, id: &UserId) -> Option<Arc<Person>> {
        self.people.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Everybody, in the order they came.
    pub(crate) fn people(&self) -> Vec<Arc<Person>> {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        let mut people: Vec<_> = people.values().cloned().collect();
        people.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        people
    }

    /// Adds a person, or puts what is known of one up to date. When their role is another or they are switched
    /// off, what they had under way ends: whoever still holds the person as they were holds their old rights.
    pub(crate) fn put_person(&self, mut person: Person) -> Arc<Person> {
        let mut people = self.people.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = people.get(&person.id) {
            if before.role == person.role && before.disabled == person.disabled {
                person.rights = before.rights.clone();
            } else {
                before.rights.cancel();
            }
        }
        let person = Arc::new(person);
        people.insert(person.id.clone(), Arc::clone(&person));
        person
    }

    /// Forgets a person; their sessions end.
    pub(crate) fn remove_person(&self, id: &UserId) {
        let gone = self.people.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Some(person) = gone {
            person.rights.cancel();
        }
        self.end_all(id, None);
    }
}

#[cfg(test)]
pub(crate) fn person(name: &str, role: Role) -> Person {
    Person {
        id: UserId::new(name).unwrap(),
        username: Username::new(name).unwrap(),
        name: name.to_owned(),
        role,
        totp_enabled: false,
        disabled: false,
        temporary_password: false,
        created_at: 0,
        rights: CancellationToken::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Live {
        let live = Live::default();
        for name in ["ada", "bob"] {
            let person = live.put_person(person(name, Role::Member));
            for number in 1..3 {
                live.admit(Session::new(format!("{name}{number}"), person.id.clone(), 0, 100, 1000));
            }
        }
        live
    }

    #[test]
    fn ending_is_immediate_and_reaches_streams() {
        let live = live();
        let (session, person) = live.find("ada1", 100).unwrap();
        assert_eq!(person.username.as_str(), "ada");
        live.end("ada1");
        assert!(session.ended.is_cancelled());
        assert!(live.find("ada1", 100).is_none());
        assert!(live.find("ada2", 100).is_some());
    }

    #[test]
    fn a_session_has_so_many_streams_and_no_more() {
        let (session, _) = live().find("ada1", 100).unwrap();
        let mut open: Vec<_> = (0..STREAMS).map(|_| session.open_stream().unwrap()).collect();
        assert!(session.open_stream().is_none());
        assert!(session.open_stream().is_none(), "a refusal takes no place");
        open.pop();
        assert!(session.open_stream().is_some());
    }

    #[test]
    fn time_ends_a_session_too() {
        let live = live();
        assert!(live.find("ada1", 999).is_some());
        let (session, _) = live.find("ada1", 999).unwrap();
        assert!(live.find("ada1", 1000).is_none());
        assert!(session.ended.is_cancelled());
    }

    #[test]
    fn a_password_change_keeps_the_session_that_made_it() {
        let live = live();
        live.end_all(&UserId::new("ada").unwrap(), Some("ada2"));
        assert!(live.find("ada1", 100).is_none());
        assert!(live.find("ada2", 100).is_some());
        assert!(live.find("bob1", 100).is_some());
    }

    #[test]
    fn a_disabled_or_removed_person_is_out() {
        let live = live();
        live.put_person(Person { disabled: true, ..person("ada", Role::Member) });
        assert!(live.find("ada1", 100).is_none());
        live.remove_person(&UserId::new("bob").unwrap());
        assert!(live.session("bob1").is_none());
    }

    #[test]
    fn rights_end_when_they_are_others_and_not_before() {
        let live = live();
        let (_, before) = live.find("ada1", 100).unwrap();
        live.put_person(Person { name: "Ada L.".to_owned(), ..person("ada", Role::Member) });
        assert!(!before.rights.is_cancelled(), "a new name takes nothing away");
        live.put_person(person("ada", Role::Admin));
        assert!(before.rights.is_cancelled());
        let (_, after) = live.find("ada1", 100).unwrap();
        assert!(!after.rights.is_cancelled(), "what begins now has the new rights");
        live.put_person(Person { disabled: true, ..person("ada", Role::Admin) });
        assert!(after.rights.is_cancelled());
        let (_, bob) = live.find("bob1", 100).unwrap();
        live.remove_person(&bob.id);
        assert!(bob.rights.is_cancelled());
    }
}
