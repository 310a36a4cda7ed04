//! Apps as a catalogue lists them: metadata, and the text a plan is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::formats::{casaos, livinity, plain, provider_name, runtipi, umbrel, umbrel_exports};
use crate::hook::Hook;
use crate::plan::{NeedsInput, Plan};
use crate::spec::{AppSpec, Format, InputKind, Provider};

pub use crate::dir::load;

/// A directory of apps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The format most of its apps have.
    pub format: Format,
    /// Its apps, by id.
    pub entries: Vec<Entry>,
    /// Directories and files that were skipped, and why.
    pub problems: Vec<String>,
}

/// One app of a catalogue. Can be stored and planned again later: it holds all the text it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Catalogue format.
    pub format: Format,
    /// Name of its directory.
    pub folder: String,
    /// Its directory relative to the catalogue's (`apps/demo`; empty = the catalogue's itself). Files that an
    /// app brings along beside its manifest lie there.
    #[serde(default)]
    pub path: String,
    /// What the store shows.
    pub listing: Listing,
    /// The files a plan is made from.
    pub source: Source,
    /// Why not even the metadata could be read.
    pub error: Option<String>,
}

/// What the store shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// App id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// One line.
    pub tagline: String,
    /// Long text, Markdown.
    pub description: String,
    /// The catalogue's category.
    pub category: String,
    /// The catalogue's version text.
    pub version: String,
    /// Who writes the software.
    pub developer: String,
    /// Home page, or empty.
    pub website: String,
    /// URL, or a path relative to the app's directory, or empty.
    pub icon: String,
    /// Screenshot URLs.
    pub gallery: Vec<String>,
    /// What is new.
    pub release_notes: String,
    /// For the first sign-in inside the app.
    pub default_username: String,
    /// For the first sign-in inside the app.
    pub default_password: String,
    /// Claimed architectures in Docker's names; empty = not stated.
    pub architectures: Vec<String>,
    /// Apps that must be installed first.
    pub dependencies: Vec<String>,
    /// Apps in whose place this one serves: whoever needs one of them is content with this one.
    #[serde(default)]
    pub implements: Vec<String>,
    /// Where its source is, or empty.
    #[serde(default)]
    pub repository: String,
    /// Where its documentation is, or empty.
    #[serde(default)]
    pub documentation: String,
    /// Where to ask for help, or empty.
    #[serde(default)]
    pub support: String,
    /// Its licence's name, or empty.
    #[serde(default)]
    pub licence: String,
    /// The catalogue itself doesn't offer it any more.
    pub hidden: bool,
}

/// The files of one app, by name relative to its directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Name → text. Only the files that planning looks at.
    pub files: BTreeMap<String, String>,
    /// Relative path of an icon beside the manifest, or empty.
    #[serde(default)]
    pub icon: String,
}

/// Variables an app offers to those that depend on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exports {
    /// Name → value.
    pub variables: BTreeMap<String, String>,
    /// The whole script was understood; otherwise a shell would know more.
    pub complete: bool,
}

/// Umbrel's manifest.
pub(crate) const UMBREL_APP: &str = "umbrel-app.yml";
/// That of LivOS' catalogue as it was: umbrel's with variables of its own.
pub(crate) const LIVINITY_APP: &str = "livinity-app.yml";

/// Names of compose files, in the order in which compose itself looks for them.
pub(crate) const COMPOSE_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

impl Source {
    /// A file's text.
    pub(crate) fn text(&self, file: &str) -> Result<&str> {
        self.files.get(file).map(String::as_str).ok_or_else(|| Error::Missing { file: file.to_owned() })
    }

    /// The manifest of an app of umbrel's kind.
    pub(crate) fn umbrel_manifest(&self) -> &'static str {
        if self.files.contains_key(LIVINITY_APP) && !self.files.contains_key(UMBREL_APP) {
            LIVINITY_APP
        } else {
            UMBREL_APP
        }
    }

    /// The compose file there is.
    pub(crate) fn compose_file(&self) -> &'static str {
        COMPOSE_FILES.into_iter().find(|name| self.files.contains_key(*name)).unwrap_or("docker-compose.yml")
    }
}

impl Entry {
    /// Reads the metadata. Never fails: an unreadable manifest gives an entry that says why.
    #[must_use]
    pub fn new(format: Format, folder: &str, source: Source) -> Self {
        let listing = match format {
            Format::Umbrel => umbrel::listing(&source),
            Format::Casaos => casaos::listing(&source, folder),
            Format::Runtipi => runtipi::listing(&source),
            Format::Livinity => livinity::listing(&source),
            Format::Compose => plain::listing(&source, folder),
        };
        let (listing, error) = match listing {
            Ok(mut listing) => {
                if listing.name.is_empty() {
                    listing.name.clone_from(&listing.id);
                }
                (listing, None)
            }
            Err(error) => {
                let id = crate::formats::slug(folder);
                (Listing { name: folder.to_owned(), id, ..Listing::default() }, Some(error.to_string()))
            }
        };
        Entry { format, folder: folder.to_owned(), path: String::new(), listing, source, error }
    }

    /// The app's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.listing.id
    }

    /// What it exports to `target` (its own id, or that of an app that depends on it), as far as that is known
    /// without running a script. Meant for `Context::exports`: dependencies first, then the app itself.
    #[must_use]
    pub fn exports(&self, target: &str, context: &Context) -> Exports {
        match (self.format, self.source.files.get("exports.sh")) {
            (Format::Umbrel, Some(script)) => umbrel_exports::evaluate(script, self.id(), target, context),
            (Format::Umbrel, None) => Exports::default(),
            _ => Exports { complete: true, ..Exports::default() },
        }
    }

    /// The script that says what the app exports, if it has one.
    #[must_use]
    pub fn exports_script(&self) -> Option<&str> {
        let script = self.source.files.get("exports.sh").map(String::as_str);
        script.filter(|_| self.format == Format::Umbrel)
    }

    /// The script that is to run at a moment of the app's life, if it has one.
    #[must_use]
    pub fn hook(&self, hook: Hook) -> Option<&str> {
        let script = self.source.files.get(&hook.file()).map(String::as_str);
        script.filter(|_| self.format == Format::Umbrel)
    }

    /// What a shell is given that runs [`Entry::exports_script`]; `context.exports` is what the apps it depends on
    /// export. Never the device's seed.
    #[must_use]
    pub fn exports_environment(&self, context: &Context) -> BTreeMap<String, String> {
        umbrel_exports::environment(self, context)
    }

    /// A template that the app brings along, with its variables filled in. Those that nobody knows are empty in an
    /// umbrel app's and stay as they are in a Runtipi app's, as on these systems.
    #[must_use]
    pub fn render(&self, context: &Context, template: &str) -> String {
        match self.format {
            Format::Runtipi => runtipi::render(self, context, template),
            _ => umbrel_exports::render(self, context, template),
        }
    }

    /// What `derive_entropy` gives this app's script for a label.
    #[must_use]
    pub fn entropy(&self, context: &Context, label: &str) -> String {
        crate::secrets::entropy(&context.device_seed, &[self.id()], label)
    }

    /// What installing it here would create.
    #[must_use]
    pub fn plan(&self, context: &Context) -> Plan {
        let outcome = if let Some(error) = &self.error {
            Err(Error::field(format!("the app in “{}”", self.folder), error.clone()))
        } else {
            match self.format {
                Format::Umbrel => umbrel::plan(self, context),
                Format::Casaos => casaos::plan(self, context),
                Format::Runtipi => runtipi::plan(self, context),
                Format::Livinity => livinity::plan(self, context),
                Format::Compose => plain::plan(self, context),
            }
        };
        match outcome {
            Ok(spec) => Plan {
                id: spec.id.clone(),
                format: self.format,
                complete: spec.unsupported.is_empty(),
                unsupported: spec.unsupported.clone(),
                needs_input: needs_input(&spec, context),
                error: None,
                error_at: None,
                spec: Some(spec),
            },
            Err(error) => Plan {
                id: self.listing.id.clone(),
                format: self.format,
                complete: false,
                unsupported: Vec::new(),
                needs_input: match &error {
                    Error::Required { place, name, message } => vec![NeedsInput {
                        key: name.clone(),
                        label: message.clone(),
                        from: provider_name(&Provider::Owner),
                        used_in: vec![place.clone()],
                    }],
                    _ => Vec::new(),
                },
                error_at: self.position(&error),
                error: Some(self.error.clone().unwrap_or_else(|| error.to_string())),
                spec: None,
            },
        }
    }
}

/// Questions without an answer, and variables that somebody else must give.
fn needs_input(spec: &AppSpec, context: &Context) -> Vec<NeedsInput> {
    let mut needs: Vec<NeedsInput> = spec
        .unresolved
        .iter()
        .map(|variable| NeedsInput {
            key: variable.name.clone(),
            label: match &variable.provider {
                Provider::App(app) => format!("exported by the app “{app}”, which must be installed"),
                Provider::Own => "exported by the app's own exports.sh".to_owned(),
                Provider::Owner => spec
                    .inputs
                    .iter()
                    .find(|input| input.key == variable.name)
                    .map_or_else(|| variable.name.clone(), |input| input.label.clone()),
            },
            from: provider_name(&variable.provider),
            used_in: variable.used_in.clone(),
        })
        .collect();
    // A required question counts even when no container uses the answer.
    for input in &spec.inputs {
        let answered = context.answers.get(&input.key).is_some_and(|answer| !answer.is_empty());
        let settled = answered || input.default.as_ref().is_some_and(|text| !text.is_empty());
        let asked = input.required && input.kind != InputKind::Boolean;
        if asked && !settled && !needs.iter().any(|need| need.key == input.key) {
            needs.push(NeedsInput {
                key: input.key.clone(),
                label: input.label.clone(),
                from: provider_name(&Provider::Owner),
                used_in: Vec::new(),
            });
        }
    }
    needs
}
