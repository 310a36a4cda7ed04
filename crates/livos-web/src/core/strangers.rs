//! How many requests with a body are listened to before it is known whose they are.
//!
//! A body is bytes in our memory that somebody else decides about. Who is signed in can be told off; of
//! everybody else only so many are heard at once, and none of them can take all the places.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Heard at once.
pub(crate) const PLACES: usize = 32;
/// Of these, from one network.
pub(crate) const PLACES_OF_ONE: usize = 8;

/// Who is being heard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strangers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A place among them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    strangers: Strangers,
    network: IpAddr,
}

impl Strangers {
    /// A place, if there is one for this network.
    pub(crate) fn hear(&self, network: IpAddr) -> Option<Place> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = heard.values().sum();
        let own = heard.get(&network).copied().unwrap_or(0);
        if all >= PLACES || own >= PLACES_OF_ONE {
            return None;
        }
        heard.insert(network, own + 1);
        Some(Place { strangers: self.clone(), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut heard = self.strangers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = heard.get_mut(&self.network) {
            *own -= 1;
            if *own == 0 {
                heard.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    #[test]
    fn no_network_takes_all_places_and_each_is_free_again() {
        let strangers = Strangers::default();
        let mut heard: Vec<Place> = std::iter::from_fn(|| strangers.hear(network(0))).collect();
        assert_eq!(heard.len(), PLACES_OF_ONE);
        for number in 1..=255 {
            heard.extend(strangers.hear(network(number)));
        }
        assert_eq!(heard.len(), PLACES);
        heard.remove(0);
        heard.push(strangers.hear(network(0)).unwrap());
        assert!(strangers.hear(network(9)).is_none());
        drop(heard);
        assert!(strangers.0.lock().unwrap().is_empty());
    }
}
