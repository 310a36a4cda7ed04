//! Routes and names to Caddy's JSON.
//!
//! Pure: an [`Edge`] goes in, a whole Caddy document comes out, made from the templates in `/caddy` and parsed
//! back into typed structs, so that nothing leaves this crate that isn't a document of the shape we know.
//! Sending it is `livos-apps`' business, starting Caddy with a [`bootstrap`] the unit's or the runner's.

mod check;
mod document;
mod edge;
mod render;

pub use check::is_name;
pub use edge::{Acme, AppRoute, Edge, Https, UpstreamScheme, WebUpstream};
pub use render::{bootstrap, render};

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that Caddy would misread.
    #[error("{what} can't be {value:?}")]
    Invalid {
        /// Which value.
        what: &'static str,
        /// What it was.
        value: String,
    },
    /// Two apps, or an app and the desktop, want the same.
    #[error("{what} {value} is given out twice")]
    Duplicate {
        /// Host name or port.
        what: &'static str,
        /// Which one.
        value: String,
    },
    /// The template can't be filled in.
    #[error("the Caddy template can't be filled in")]
    Template(#[source] minijinja::Error),
    /// What came out isn't a Caddy document as we know it.
    #[error("the filled-in template isn't a Caddy document")]
    Document(#[source] serde_json::Error),
}
