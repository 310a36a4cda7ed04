//! Keys that people give to other programs. In memory, like sign-ins: asking costs no query and ending is immediate.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use livos_types::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::keys::random_token;

/// What a key begins with, so that people and scanners know one when they see it.
const PREFIX: &str = "livos_";
/// 256 bits in base 64, after the prefix.
const LETTERS: usize = 43;
/// Calls that a key may save up, and how many it gets back in a second.
const BURST: i64 = 60;
const PER_SECOND: i64 = 2;
/// Calls of one key under way at once, and of all of them.
const AT_ONCE: usize = 8;
const AT_ONCE_OF_ALL: usize = 64;
/// How often it is written down that a key is in use, in seconds.
const NOTED_EVERY: i64 = 60;
/// How long a key is not trusted to act by a rule after a stranger's words were read with it, in seconds.
const WARY: i64 = 24 * 60 * 60;

/// A fresh key.
pub(crate) fn generate() -> String {
    format!("{PREFIX}{}", random_token())
}

/// True for what could be one; nothing else is worth a look.
pub(crate) fn could_be(text: &str) -> bool {
    text.len() == PREFIX.len() + LETTERS && text.starts_with(PREFIX)
}

/// A key without what it opens with.
#[derive(Debug)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) user: UserId,
    /// What they call it.
    pub(crate) name: String,
    /// It may do more than look.
    pub(crate) acts: bool,
    /// UTC seconds.
    pub(crate) created_at: i64,
    /// UTC seconds; 0 if it does not end by itself.
    pub(crate) expires_at: i64,
    /// Cancelled when it is revoked; what goes on with it ends with it.
    pub(crate) ended: CancellationToken,
    used_at: AtomicI64,
    noted_at: AtomicI64,
    tainted_at: AtomicI64,
    pace: Mutex<Pace>,
    places: Arc<Semaphore>,
}

/// How fast a key may be used.
#[derive(Debug, Clone, Copy)]
struct Pace {
    left: i64,
    at: i64,
}

/// A key as it is made or read from the database.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) id: String,
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) acts: bool,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) used_at: i64,
    pub(crate) tainted_at: i64,
}

impl ApiKey {
    fn new(parts: Parts) -> Self {
        let Parts { id, user, name, acts, created_at, expires_at, used_at, tainted_at } = parts;
        Self {
            id,
            user,
            name,
            acts,
            created_at,
            expires_at,
            ended: CancellationToken::new(),
            used_at: used_at.into(),
            noted_at: used_at.into(),
            tainted_at: tainted_at.into(),
            pace: Mutex::new(Pace { left: BURST, at: 0 }),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    fn is_over(&self, now: i64) -> bool {
        self.expires_at != 0 && now >= self.expires_at
    }

    /// UTC seconds of its last use; 0 if never.
    pub(crate) fn used_at(&self) -> i64 {
        self.used_at.load(Ordering::Relaxed)
    }

    /// UTC seconds when what a stranger may have written was last read with it.
    pub(crate) fn tainted_at(&self) -> i64 {
        self.tainted_at.load(Ordering::Relaxed)
    }

    /// Notes that something foreign was read.
    pub(crate) fn taint(&self, now: i64) {
        self.tainted_at.store(now, Ordering::Relaxed);
    }

    /// Something foreign was read with it not long ago.
    pub(crate) fn is_tainted(&self, now: i64) -> bool {
        let at = self.tainted_at();
        at != 0 && now < at.saturating_add(WARY)
    }

    /// Notes a use; true when it is time to write it down.
    pub(crate) fn note_use(&self, now: i64) -> bool {
        self.used_at.store(now, Ordering::Relaxed);
        let noted = self.noted_at.load(Ordering::Relaxed);
        now.saturating_sub(noted) >= NOTED_EVERY
            && self.noted_at.compare_exchange(noted, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Takes a call, or says how many seconds to wait.
    fn take(&self, now: i64) -> Result<(), i64> {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let earned = now.saturating_sub(pace.at).max(0).saturating_mul(PER_SECOND);
        let left = pace.left.saturating_add(earned).min(BURST);
        *pace = Pace { left: (left - 1).max(0), at: now.max(pace.at) };
        if left > 0 { Ok(()) } else { Err(1) }
    }
}

/// A call under way; counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

/// Every key there is.
#[derive(Debug)]
pub(crate) struct Keyring {
    /// By what is stored of them.
    keys: RwLock<HashMap<String, Arc<ApiKey>>>,
    places: Arc<Semaphore>,
}

impl Default for Keyring {
    fn default() -> Self {
        Self { keys: RwLock::default(), places: Arc::new(Semaphore::new(AT_ONCE_OF_ALL)) }
    }
}

impl Keyring {
    /// Adds a key.
    pub(crate) fn put(&self, hash: String, parts: Parts) -> Arc<ApiKey> {
        let key = Arc::new(ApiKey::new(parts));
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(hash, Arc::clone(&key));
        key
    }

    /// The key that this is stored of, if it is still good.
    pub(crate) fn find(&self, hash: &str, now: i64) -> Option<Arc<ApiKey>> {
        let found = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned();
        found.filter(|key| !key.is_over(now))
    }

    /// All of them, or one person's; the newest first.
    pub(crate) fn list(&self, of: Option<&UserId>) -> Vec<Arc<ApiKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = keys.values().filter(|key| of.is_none_or(|user| key.user == *user));
        let mut list: Vec<_> = wanted.cloned().collect();
        list.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
        list
    }

    /// Ends a key at once.
    pub(crate) fn end(&self, id: &str) {
        self.retain(|key| key.id != id);
    }

    /// Ends all keys of a person.
    pub(crate) fn end_all(&self, user: &UserId) {
        self.retain(|key| key.user != *user);
    }

    fn retain(&self, stays: impl Fn(&ApiKey) -> bool) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, key| {
            let stays = stays(key);
            if !stays {
                key.ended.cancel();
            }
            stays
        });
    }

    /// Begins a call with a key, or says how many seconds to wait.
    pub(crate) fn enter(&self, key: &ApiKey, now: i64) -> Result<Place, i64> {
        key.take(now)?;
        let own = Arc::clone(&key.places).try_acquire_owned().map_err(|_| 1)?;
        let all = Arc::clone(&self.places).try_acquire_owned().map_err(|_| 1)?;
        Ok(Place { _own: own, _all: all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(id: &str, user: &str) -> Parts {
        Parts {
            id: id.to_owned(),
            user: UserId::new(user).unwrap(),
            name: "Desk".to_owned(),
            acts: false,
            created_at: 0,
            expires_at: 0,
            used_at: 0,
            tainted_at: 0,
        }
    }

    #[test]
    fn keys_look_like_keys() {
        assert!(could_be(&generate()));
        assert_ne!(generate(), generate());
        for other in ["", "livos_", &"x".repeat(49), "livos_short", &format!("{}x", generate())] {
            assert!(!could_be(other), "{other}");
        }
    }

    #[test]
    fn a_key_ends_at_its_time_when_it_is_revoked_and_with_its_person() {
        let ring = Keyring::default();
        ring.put("a".to_owned(), Parts { expires_at: 100, ..parts("1", "ada") });
        let second = ring.put("b".to_owned(), parts("2", "ada"));
        ring.put("c".to_owned(), parts("3", "bob"));
        assert!(ring.find("a", 99).is_some() && ring.find("a", 100).is_none() && ring.find("x", 0).is_none());
        assert_eq!(ring.list(Some(&UserId::new("ada").unwrap())).len(), 2, "one that is over is still shown");
        ring.end("2");
        assert!(second.ended.is_cancelled() && ring.find("b", 0).is_none());
        ring.end_all(&UserId::new("ada").unwrap());
        assert_eq!(ring.list(None).iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["3"]);
    }

    #[test]
    fn a_key_has_its_pace() {
        let ring = Keyring::default();
        let key = ring.put("a".to_owned(), parts("1", "ada"));
        for _ in 0..BURST {
            drop(ring.enter(&key, 1000).unwrap());
        }
        assert_eq!(ring.enter(&key, 1000).unwrap_err(), 1);
        for _ in 0..PER_SECOND {
            drop(ring.enter(&key, 1001).unwrap());
        }
        ring.enter(&key, 1001).unwrap_err();
        ring.enter(&key, 900).unwrap_err();
        drop(ring.enter(&key, 2000).unwrap());
    }

    #[test]
    fn so_many_at_once_and_no_more() {
        let ring = Keyring::default();
        let keys: Vec<_> =
            (0..20).map(|number| ring.put(number.to_string(), parts(&number.to_string(), "ada"))).collect();
        let mut under_way: Vec<_> = (0..AT_ONCE).map(|_| ring.enter(&keys[0], 0).unwrap()).collect();
        ring.enter(&keys[0], 0).unwrap_err();
        for key in &keys[1..] {
            under_way.extend((0..AT_ONCE).filter_map(|_| ring.enter(key, 0).ok()));
        }
        assert_eq!(under_way.len(), AT_ONCE_OF_ALL);
        under_way.pop();
        assert!(ring.enter(&keys[19], 0).is_ok());
    }

    #[test]
    fn uses_are_written_down_now_and_then_and_a_taint_wears_off() {
        let ring = Keyring::default();
        let key = ring.put("a".to_owned(), parts("1", "ada"));
        assert!(key.note_use(1000) && !key.note_use(1059) && key.note_use(1060));
        assert_eq!(key.used_at(), 1060);
        assert!(!key.is_tainted(1000));
        key.taint(1000);
        assert!(key.is_tainted(1000) && key.is_tainted(1000 + WARY - 1) && !key.is_tainted(1000 + WARY));
    }
}
