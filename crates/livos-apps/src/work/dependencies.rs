//! Apps that need other apps: what is there for them, what these export, and who needs whom.

use std::collections::{BTreeMap, HashMap, HashSet};

use livos_bus::{codes, documents};
use livos_manifest::{Format, Provider};
use livos_store::{Job, JobContext};
use livos_types::{AppId, JobId, JobState, StoreId};

use super::Apps;
use super::install::InstallJob;
use crate::Error;
use crate::core::needs::{self, Offer, Offers, Present, State};
use crate::error::refused;
use crate::store::{App, Entry, Phase};

/// Who serves as an app that is needed.
pub(super) enum Serves {
    Installed(Box<App>),
    Coming { job: JobId, name: String },
}

/// Installed apps and those on their way, by the ids that they serve for.
pub(super) struct Around(HashMap<String, Serves>);

/// What an app was planned with.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// What other apps and its own script export, as far as it is known.
    pub(super) exports: BTreeMap<String, String>,
    /// That is all; otherwise more comes when it is installed.
    pub(super) complete: bool,
    /// The port that its page has, when that is chosen.
    pub(super) page: Option<u16>,
}

pub(super) fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// In whose place an installed app serves.
fn implements(app: &App) -> Vec<String> {
    if app.spec.format != Format::Umbrel {
        return Vec::new();
    }
    serde_json::from_str::<livos_manifest::Entry>(&app.source)
        .map(|entry| entry.listing.implements)
        .unwrap_or_default()
}

fn is_there(app: &App) -> bool {
    !matches!(app.phase, Phase::Installing | Phase::Removing)
}

pub(crate) fn offers(entries: &[Entry]) -> Offers {
    let list = entries.iter().map(|entry| Offer {
        store: entry.store.clone(),
        id: entry.id.clone(),
        name: entry.name.clone(),
        installable: entry.installable,
        dependencies: words(&entry.dependencies),
        implements: words(&entry.implements),
    });
    Offers::new(list.collect())
}

impl Around {
    pub(super) fn get(&self, id: &str) -> Option<&Serves> {
        self.0.get(id)
    }

    pub(super) fn present(&self) -> Present {
        let told = |serves: &Serves| match serves {
            Serves::Installed(app) => (app.name.clone(), State::Installed),
            Serves::Coming { name, .. } => (name.clone(), State::Installing),
        };
        self.0.iter().map(|(id, serves)| (id.clone(), told(serves))).collect()
    }

    /// What these apps export, and those that they need: the outer ones win.
    pub(super) fn exports(&self, dependencies: &[String]) -> BTreeMap<String, String> {
        fn add(
            around: &Around,
            dependencies: &[String],
            seen: &mut HashSet<String>,
            all: &mut BTreeMap<String, String>,
        ) {
            for id in dependencies {
                if let Some(Serves::Installed(app)) = around.get(id)
                    && seen.insert(app.id.to_string())
                {
                    add(around, &app.spec.dependencies, seen, all);
                    all.extend(app.exports.own.clone());
                }
            }
        }
        let mut all = BTreeMap::new();
        add(self, dependencies, &mut HashSet::new(), &mut all);
        all
    }
}

impl Apps {
    /// What there is that others may need.
    pub(super) async fn around(&self) -> Result<Around, Error> {
        let mut around = HashMap::new();
        let jobs = self.queue.list().await?;
        // Oldest first: where two are on their way, the one that is waited for comes first.
        for job in jobs.iter().rev().filter(|job| job.kind == "app.install" && !job.state.is_final()) {
            let Ok(request) = serde_json::from_str::<InstallJob>(&job.payload) else { continue };
            let Some(entry) = self.rows.entry(&request.store, &request.app).await? else { continue };
            for id in std::iter::once(entry.line.id.clone()).chain(words(&entry.line.implements)) {
                around
                    .entry(id)
                    .or_insert_with(|| Serves::Coming { job: job.id.clone(), name: entry.line.name.clone() });
            }
        }
        let apps: Vec<App> = self.rows.apps().await?.into_iter().filter(is_there).collect();
        for app in &apps {
            for id in implements(app) {
                around.insert(id, Serves::Installed(Box::new(app.clone())));
            }
        }
        // An app itself before one that serves in its place.
        for app in apps {
            around.insert(app.id.to_string(), Serves::Installed(Box::new(app)));
        }
        Ok(Around(around))
    }

    /// What an app of a store needs, in the order in which it can be installed.
    pub(super) async fn needs_of(
        &self,
        entry: &Entry,
        dependencies: &[String],
        around: &Around,
    ) -> Result<Vec<documents::AppDependency>, Error> {
        if dependencies.is_empty() {
            return Ok(Vec::new());
        }
        let offers = offers(&self.rows.entries().await?);
        let needs = offers.needs(&entry.id, dependencies, &entry.store, &around.present());
        let choice = |at: &usize| {
            let offer = &offers.list[*at];
            Some(documents::AppChoice {
                store: StoreId::new(offer.store.as_str()).ok()?,
                id: AppId::new(offer.id.as_str()).ok()?,
                name: offer.name.clone(),
            })
        };
        Ok(needs
            .into_iter()
            .map(|need| documents::AppDependency {
                choices: need.choices.iter().filter_map(choice).collect(),
                state: need.state.as_str().to_owned(),
                id: need.id,
                name: need.name,
            })
            .collect())
    }

    /// What an app can be planned with before its installation has begun.
    pub(super) fn known_so_far(dependencies: &[String], around: &Around) -> Known {
        Known { exports: around.exports(dependencies), ..Known::default() }
    }

    /// What an app is planned with when it is installed: its own script has run.
    pub(super) async fn known_now(
        &self,
        id: &AppId,
        name: &str,
        entry: &livos_manifest::Entry,
        context: &livos_manifest::Context,
    ) -> Result<Exported, Error> {
        let dependencies = &entry.listing.dependencies;
        let around = self.around().await?;
        let there = |needed: &&String| !matches!(around.get(needed), Some(Serves::Installed(_)));
        let missing: Vec<&str> = dependencies.iter().filter(there).map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(needs_first(name, &missing));
        }
        let given = around.exports(dependencies);
        let context = livos_manifest::Context { exports: given.clone(), ..context.clone() };
        let own = self.own_exports(id, entry, &context).await?;
        Ok(Exported { own, given })
    }

    /// Refuses what needs an app that is neither there nor on its way.
    pub(super) fn refuse_missing(name: &str, dependencies: &[String], around: &Around) -> Result<(), Error> {
        let missing: Vec<&str> =
            dependencies.iter().filter(|id| around.get(id).is_none()).map(String::as_str).collect();
        if missing.is_empty() { Ok(()) } else { Err(needs_first(name, &missing)) }
    }

    /// Waits until everything that an app needs is installed.
    pub(super) async fn wait_for_needs(&self, request: &InstallJob, job: &JobContext) -> Result<(), Error> {
        let Some(entry) = self.rows.entry(&request.store, &request.app).await? else { return Ok(()) };
        for id in words(&entry.line.dependencies) {
            loop {
                let around = self.around().await?;
                match around.get(&id) {
                    Some(Serves::Installed(_)) => break,
                    Some(Serves::Coming { job: other, name }) if other != job.id() => {
                        job.log(format!("waiting for {name}, which is being installed"));
                        job.progress(|progress| progress.detail = format!("waiting for {name}"));
                        let ended = self.queue.finished(other).await?;
                        refuse_failed(&entry.line.name, name, ended.as_ref())?;
                    }
                    _ => return Err(needs_first(&entry.line.name, &[&id])),
                }
            }
        }
        job.progress(|progress| progress.detail.clear());
        Ok(())
    }

    /// Waits until what an app needs has been started, as far as that was begun before.
    pub(super) async fn wait_for_starts(&self, app: &App, job: &JobContext) -> Result<(), Error> {
        if app.spec.dependencies.is_empty() {
            return Ok(());
        }
        let around = self.around().await?;
        for id in &app.spec.dependencies {
            let Some(Serves::Installed(needed)) = around.get(id) else { continue };
            let jobs = self.queue.list().await?;
            let before = |other: &&Job| {
                other.subject == needed.id.as_str()
                    && matches!(other.kind.as_str(), "app.start" | "app.restart")
                    && !other.state.is_final()
                    && other.id.number() < job.id().number()
            };
            if let Some(starting) = jobs.iter().find(before) {
                job.progress(|progress| progress.detail = format!("waiting for {}", needed.name));
                let ended = self.queue.finished(&starting.id).await?;
                if ended.is_some_and(|ended| ended.state != JobState::Succeeded) {
                    job.log(format!("{}, which it needs, did not start; going on without", needed.name));
                }
            }
        }
        job.progress(|progress| progress.detail.clear());
        Ok(())
    }

    /// Refuses to take an app away from those that need it. `running` counts only those that should run.
    pub(crate) async fn refuse_needed(&self, app: &App, running: bool) -> Result<(), Error> {
        let apps: Vec<App> = self.rows.apps().await?;
        let serves = |other: &App, id: &str| {
            is_there(other) && (other.id.as_str() == id || implements(other).iter().any(|own| own == id))
        };
        let only_this = |id: &String| {
            serves(app, id) && !apps.iter().any(|other| other.id != app.id && serves(other, id))
        };
        let names: Vec<&str> = apps
            .iter()
            .filter(|other| other.id != app.id && other.phase != Phase::Removing)
            .filter(|other| !running || other.wanted)
            .filter(|other| other.spec.dependencies.iter().any(only_this))
            .map(|other| other.name.as_str())
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let (need, names) = (if names.len() == 1 { "needs" } else { "need" }, names.join(" and "));
        Err(refused(
            codes::NEEDED_BY_OTHERS,
            format!("{names} {need} {}, and will not work without it; confirm to go on", app.name),
        ))
    }

    /// The installed apps, each after those that it needs.
    pub(super) fn in_order(apps: &[App]) -> Vec<&App> {
        let serving: Vec<(&App, Vec<String>)> = apps.iter().map(|app| (app, implements(app))).collect();
        let needs = |app: &App| {
            let served = |id: &String| {
                let by = serving.iter().find(|(other, own)| other.id.as_str() == id || own.contains(id));
                by.map(|(other, _)| other.id.to_string())
            };
            app.spec.dependencies.iter().filter_map(served).collect()
        };
        needs::in_order(apps, |app| app.id.as_str(), needs)
    }
}

/// What an app exports itself, and what those it needs exported when it was planned.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Exported {
    pub(crate) own: BTreeMap<String, String>,
    pub(crate) given: BTreeMap<String, String>,
}

impl Exported {
    /// Everything together; an app's own win.
    pub(crate) fn all(&self) -> BTreeMap<String, String> {
        let mut all = self.given.clone();
        all.extend(self.own.clone());
        all
    }
}

fn needs_first(name: &str, missing: &[&str]) -> Error {
    let (apps, them) = if missing.len() == 1 { ("the app", "it") } else { ("the apps", "them") };
    refused(
        codes::DEPENDENCY_NEEDED,
        format!("{name} needs {apps} {}; install {them} first", missing.join(" and ")),
    )
}

fn refuse_failed(name: &str, needed: &str, ended: Option<&Job>) -> Result<(), Error> {
    match ended {
        Some(job) if job.state == JobState::Failed => Err(refused(
            codes::DEPENDENCY_NEEDED,
            format!("{name} needs {needed}, which could not be installed: {}", job.error_message),
        )),
        Some(job) if job.state == JobState::Cancelled => Err(refused(
            codes::DEPENDENCY_NEEDED,
            format!("{name} needs {needed}, whose installation was cancelled; install {needed} first"),
        )),
        // It is there, or it is gone, which the next look finds out.
        _ => Ok(()),
    }
}

/// What an app needs that its store does not bring: a setting of its own script, without that script.
pub(super) fn missing_settings(spec: &livos_manifest::AppSpec, entry: &livos_manifest::Entry) -> Vec<String> {
    if entry.exports_script().is_some() {
        return Vec::new();
    }
    // What bears no name of the app's own may come from an app that it needs.
    let prefix = entry.id().to_ascii_uppercase().replace(['-', '.'], "_");
    let own = |name: &str| name.strip_prefix("APP_").unwrap_or(name).starts_with(&prefix);
    let names: Vec<&str> = spec
        .unresolved
        .iter()
        .filter(|variable| variable.provider == Provider::Own)
        .filter(|variable| entry.listing.dependencies.is_empty() || own(&variable.name))
        .map(|variable| variable.name.as_str())
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "needs the settings {}, which a script would make that its store does not have",
        names.join(", ")
    )]
}
