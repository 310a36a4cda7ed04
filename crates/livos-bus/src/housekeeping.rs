//! Documents of what sits around the apps: updates of all of them at once.

use serde::{Deserialize, Serialize};

/// Derives what every document has, and a schema when the edge wants one.
macro_rules! document {
    ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            pub struct $name { $($body)* }
        )*
    };
}

document! {
    /// What became of the wish to update every app.
    pub struct UpdatesReply {
        /// The updates that were begun, one job each.
        pub started: Vec<UpdateStarted>,
        /// The apps that have an update and keep their version for now.
        pub skipped: Vec<UpdateSkipped>,
    }

    /// An update that was begun.
    pub struct UpdateStarted {
        /// The app.
        pub id: String,
        /// Its name.
        pub name: String,
        /// The job.
        pub job_id: String,
    }

    /// An update that was not begun.
    pub struct UpdateSkipped {
        /// The app.
        pub id: String,
        /// Its name.
        pub name: String,
        /// For machines: `consent_needed`, `input_needed`, `unsupported`, …
        pub code: String,
        /// Why, and what to do, in words.
        pub reason: String,
    }
}
