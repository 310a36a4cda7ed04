//! Slows guessing down: free tries first, then a wait that doubles.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// How patient a limiter is. Times in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// Failures without a wait.
    pub(crate) free: u32,
    /// The first wait.
    pub(crate) base: i64,
    /// The longest wait.
    pub(crate) longest: i64,
    /// Without a new failure for this long, all is forgotten.
    pub(crate) forget: i64,
}

/// Sign-ins from one address.
pub(crate) const ADDRESS: Rule = Rule { free: 20, base: 2, longest: 900, forget: 3600 };
/// Sign-ins to one account.
pub(crate) const ACCOUNT: Rule = Rule { free: 5, base: 2, longest: 900, forget: 86_400 };
/// Keys that are none, from one address. Nobody guesses 256 bits, but a program that goes on with a revoked key is noise.
pub(crate) const WRONG_KEY: Rule = Rule { free: 20, base: 2, longest: 60, forget: 3600 };
/// The claim code: five tries, then a minute each.
pub(crate) const CLAIM: Rule = Rule { free: 5, base: 60, longest: 60, forget: 3600 };

/// Failures so far, and until when to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// Failures counted.
    pub(crate) failures: u32,
    /// No attempt before this time.
    pub(crate) until: i64,
    last: i64,
}

/// Where somebody tries to get into an account. Each door is counted by itself: what strangers guess at the one
/// that is open to everybody does not keep those out who come through a door of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Door {
    username: String,
    /// A device or session that has proved the password before; empty: anybody.
    own: String,
}

impl Door {
    /// For anybody.
    pub(crate) fn front(username: &str) -> Self {
        Self { username: username.to_owned(), own: String::new() }
    }

    /// For one device or session.
    pub(crate) fn own(username: &str, own: &str) -> Self {
        Self { username: username.to_owned(), own: own.to_owned() }
    }

    /// Anybody can come here.
    pub(crate) fn is_front(&self) -> bool {
        self.own.is_empty()
    }
}

/// Keys remembered; beyond this the one that failed longest ago makes room.
const CAPACITY: usize = 4096;

/// Counts failures per key, in bounded memory.
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    rule: Rule,
    standings: Mutex<HashMap<K, Standing>>,
}

impl<K: Eq + Hash + Clone> Limiter<K> {
    /// An empty one.
    pub(crate) fn new(rule: Rule) -> Self {
        Self { rule, standings: Mutex::default() }
    }

    /// Takes an attempt, or says how many seconds to wait. It counts as a failure until
    /// [`Limiter::forgive`] or [`Limiter::refund`]: many at once get no more tries than one by one.
    pub(crate) fn attempt(&self, key: K, now: i64) -> Result<Standing, i64> {
        let mut standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut standing = standings.get(&key).copied().unwrap_or_default();
        if now < standing.until {
            return Err(standing.until - now);
        }
        if now - standing.last > self.rule.forget {
            standing = Standing::default();
        }
        standing.failures = standing.failures.saturating_add(1);
        standing.last = now;
        standing.until = if standing.failures < self.rule.free {
            0
        } else {
            let doublings = (standing.failures - self.rule.free).min(30);
            now + self.rule.base.saturating_mul(1 << doublings).min(self.rule.longest)
        };
        if standings.len() >= CAPACITY && !standings.contains_key(&key) {
            make_room(&mut standings, now, self.rule.forget);
        }
        standings.insert(key, standing);
        Ok(standing)
    }

    /// The attempt was right: nothing is held against this key any more.
    pub(crate) fn forgive(&self, key: &K) {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// The attempt was no failure, but what came before it still counts.
    pub(crate) fn refund(&self, key: &K) {
        let mut standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(standing) = standings.get_mut(key) {
            standing.failures = standing.failures.saturating_sub(1);
            standing.until = 0;
        }
    }

    /// Puts back what was remembered across a restart.
    pub(crate) fn restore(&self, key: K, failures: u32, until: i64) {
        let mut standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        standings.insert(key, Standing { failures, until, last: until });
    }
}

fn make_room<K: Eq + Hash + Clone>(standings: &mut HashMap<K, Standing>, now: i64, forget: i64) {
    standings.retain(|_, standing| now - standing.last <= forget);
    if standings.len() >= CAPACITY {
        let oldest = standings.iter().min_by_key(|(_, standing)| standing.last).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            standings.remove(&oldest);
        }
    }
}

/// Who an address stands for: a household gets a whole IPv6 /64, so that is what is counted.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let segments = address.segments();
            IpAddr::from([segments[0], segments[1], segments[2], segments[3], 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_then_waits_that_double() {
        let limiter = Limiter::new(ACCOUNT);
        for _ in 0..5 {
            assert!(limiter.attempt("ada", 100).is_ok());
        }
        assert_eq!(limiter.attempt("ada", 100), Err(2));
        assert!(limiter.attempt("bob", 100).is_ok(), "others are not concerned");
        assert!(limiter.attempt("ada", 102).is_ok());
        assert_eq!(limiter.attempt("ada", 102), Err(4));
        assert!(limiter.attempt("ada", 106).is_ok());
        assert_eq!(limiter.attempt("ada", 107), Err(7));
        let mut now = 106;
        for _ in 0..20 {
            now += 900;
            limiter.attempt("ada", now).ok();
        }
        assert_eq!(limiter.attempt("ada", now), Err(900), "never longer than a quarter of an hour");
    }

    #[test]
    fn success_forgives_and_a_day_forgets() {
        let limiter = Limiter::new(ACCOUNT);
        for _ in 0..5 {
            limiter.attempt("ada", 0).unwrap();
        }
        limiter.forgive(&"ada");
        assert!(limiter.attempt("ada", 0).is_ok());
        for _ in 0..4 {
            limiter.attempt("ada", 0).unwrap();
        }
        assert!(limiter.attempt("ada", 86_500).is_ok());
        assert!(limiter.attempt("ada", 86_500).is_ok(), "the old failures are gone");
    }

    #[test]
    fn a_refund_takes_back_one_attempt_only() {
        let limiter = Limiter::new(Rule { free: 2, ..ACCOUNT });
        limiter.attempt("ada", 0).unwrap();
        limiter.attempt("ada", 0).unwrap();
        limiter.refund(&"ada");
        assert!(limiter.attempt("ada", 0).is_ok());
        assert!(limiter.attempt("ada", 0).is_err());
    }

    #[test]
    fn memory_stays_bounded() {
        let limiter = Limiter::new(ADDRESS);
        for key in 0..10_000 {
            limiter.attempt(key, key).ok();
        }
        assert!(limiter.standings.lock().unwrap().len() <= CAPACITY);
        assert!(limiter.standings.lock().unwrap().contains_key(&9_999));
    }

    #[test]
    fn a_wait_survives_a_restart() {
        let limiter = Limiter::new(ACCOUNT);
        limiter.restore("ada", 9, 500);
        assert_eq!(limiter.attempt("ada", 400), Err(100));
        assert_eq!(limiter.attempt("ada", 500).map(|standing| standing.failures), Ok(10));
    }

    #[test]
    fn an_ipv6_household_is_one_address() {
        let of = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
