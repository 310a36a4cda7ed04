//! Documents of the settings of an installed app.

use serde::{Deserialize, Serialize};

use crate::documents::{AppInput, Permission};

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
    /// What can be changed about an installed app.
    pub struct AppSettings {
        /// What it asked when it was installed, with what was answered.
        pub inputs: Vec<AppSetting>,
        /// The ports it publishes.
        pub ports: Vec<PortSetting>,
        /// The memory of its services.
        pub memory: Vec<MemorySetting>,
    }

    /// A question with its answer.
    pub struct AppSetting {
        /// The question.
        pub input: AppInput,
        /// The answer; `""` if there is none, or if it is a secret.
        pub value: String,
        /// It was answered.
        pub set: bool,
        /// Its answer is kept, but never shown.
        pub secret: bool,
    }

    /// A published port.
    pub struct PortSetting {
        /// What to send back: `8096/tcp`, or `page` for the port that the app's page has on every address.
        pub key: String,
        /// The service that is behind it.
        pub service: String,
        /// The port in its container.
        pub inside: u16,
        /// The port that the store asks for; 0 if any would do.
        pub store: u16,
        /// The port that it has.
        pub port: u16,
    }

    /// The most memory that a service gets.
    pub struct MemorySetting {
        /// The service.
        pub service: String,
        /// Bytes, as the store says; 0 if there is no limit.
        pub store: u64,
        /// Bytes, as it is; 0 if there is no limit.
        pub limit: u64,
    }

    /// What other settings would change.
    pub struct AppChange {
        /// The services that would differ.
        pub services: Vec<ServiceChange>,
        /// The services whose containers are made anew; empty if nothing changes.
        pub recreated: Vec<String>,
        /// What the app would ask for beyond what was agreed to.
        pub permissions: Vec<Permission>,
    }

    /// What would differ about a service.
    pub struct ServiceChange {
        /// The service.
        pub service: String,
        /// One by one.
        pub changes: Vec<SettingChange>,
    }

    /// One thing that would differ.
    pub struct SettingChange {
        /// `variable`, `variable_added`, `variable_removed`, `port`, `memory`, `image`, `added`, `removed` or `other`.
        pub kind: String,
        /// The variable, the port by its key, or the name of something else.
        pub name: String,
        /// What it is; `""` for variables, which may be secrets.
        pub from: String,
        /// What it would be.
        pub to: String,
    }
}
