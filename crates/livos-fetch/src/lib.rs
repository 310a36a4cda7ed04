//! One file of the public web, and nothing of the household.
//!
//! Whoever follows an address that a stranger wrote (a page that a model wants to read, a picture that a store names)
//! goes this way. What is judged is the address that is connected to, at every redirect; size, unpacking and the way there
//! are bounded, and a request carries nothing but the address. How long it may take is up to who asks. What went wrong is
//! said in a sentence for people, because that is all that anybody does with it.

mod address;
mod get;
mod network;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

pub use address::{HOUSEHOLD, LONGEST, admit, parse, reachable};
pub use get::{Answered, Connection, HEAD, TRIES, Wanted, get, host_of};
pub use network::{Coming, Internet, Network};
pub use tls::{Tls, certificates};
