//! Documents of the settings and the compose file of an installed app.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::documents::{AppInput, CatalogService, Check, MovedPort, Permission};

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
        /// What it may do in Docker: `view`, `control`, or `""` if it does not ask for Docker.
        #[serde(default)]
        pub docker: String,
        /// The images of its services, of which another version can be chosen.
        #[serde(default)]
        pub images: Vec<ImageSetting>,
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

    /// Which version of its image a service has.
    pub struct ImageSetting {
        /// The service.
        pub service: String,
        /// The image without its tag.
        pub image: String,
        /// The tag that the store says.
        pub store: String,
        /// The tag that it has; another one than the store's means that the app is not updated.
        pub tag: String,
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

    /// The file that says which containers an app has.
    pub struct AppCompose {
        /// Its name.
        pub file: String,
        /// The text that counts.
        pub text: String,
        /// The text of its store, word for word.
        pub store: String,
        /// The text that counts is the owner's, not the store's.
        pub edited: bool,
        /// What stands for the text that counts, to be sent back with another one.
        pub revision: String,
        /// The most bytes that it may have.
        pub most: u32,
        /// A compose file of everything that LivOS makes of it: moved ports, limits, folders. No secret is in it.
        pub runs: String,
    }

    /// What another compose file would do.
    pub struct ComposeCheck {
        /// What is wrong with it or worth a word.
        pub problems: Vec<ComposeProblem>,
        /// The lines that differ, with some around them.
        pub lines: Vec<ComposeLine>,
        /// What would be different; nothing if it cannot be.
        pub change: Option<AppChange>,
        /// The volumes that the app would not use any more. They stay, with what is in them.
        pub volumes: Vec<String>,
        /// What stands for the text that counts now.
        pub revision: String,
    }

    /// Something about a compose file.
    pub struct ComposeProblem {
        /// The line, from 1; 0 if it is about the whole file.
        pub line: u32,
        /// The column in characters, from 1; 0 if it is about the whole file.
        pub column: u32,
        /// It keeps the file from being used.
        pub error: bool,
        /// What it is, in words.
        pub text: String,
    }

    /// A line of a comparison.
    pub struct ComposeLine {
        /// `same`, `removed`, `added`, or `gap` for lines that are left out.
        pub kind: String,
        /// Its number before, from 1; 0 if it was not there.
        pub before: u32,
        /// Its number after, from 1; 0 if it will not be there.
        pub after: u32,
        /// The line.
        pub text: String,
    }

    /// A compose file that is to become an app.
    pub struct StackRequest {
        /// What it is to be called; becomes its id.
        pub name: String,
        /// The compose file.
        pub compose: String,
        /// What lies beside it as `.env`, or `""`.
        #[serde(default)]
        pub env: String,
        /// What the person answered, by variable.
        #[serde(default)]
        pub answers: HashMap<String, String>,
        /// The codes of the permissions they agreed to.
        #[serde(default)]
        pub accept: Vec<String>,
    }

    /// What would become of a compose file. Nothing is touched.
    pub struct StackCheck {
        /// What is wrong with the name, or `""`.
        pub name: String,
        /// What is wrong with the file or worth a word.
        pub problems: Vec<ComposeProblem>,
        /// What it can reach; not known while there are errors, or a question without which nothing can be said.
        pub permissions: Vec<Permission>,
        /// Ports that it would get in the place of those that it asks for.
        pub moved: Vec<MovedPort>,
        /// What must or may be decided.
        pub inputs: Vec<AppInput>,
        /// What will run.
        pub services: Vec<CatalogService>,
        /// What was looked at on this machine: Docker, memory, disks, what is downloaded.
        #[serde(default)]
        pub checks: Vec<Check>,
        /// It can be installed once it is agreed to.
        pub ready: bool,
        /// The most bytes that the compose file may have.
        pub most: u32,
    }
}
