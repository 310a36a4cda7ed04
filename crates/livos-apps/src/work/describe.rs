//! What people are shown: the store, an app in it, the apps that are installed.

use std::collections::HashSet;

use livos_bus::documents;
use livos_manifest::InputKind;
use livos_types::{AppId, StoreId};

use super::configure::asked_by;
use super::docker_access::control_offered;
use super::update::KEPT_FOR;
use super::{Apps, dependencies, icons};
use crate::Error;
use crate::core::answers;
use crate::core::blueprint::LABEL_APP;
use crate::core::exposure::{Chosen, public_host};
use crate::core::in_vain::in_vain;
use crate::core::overlay::{DockerAccess, docker_access};
use crate::core::state;
use crate::store::{App, Entry, FullEntry, Phase, Previous, Slot};

fn line(
    entry: &Entry,
    label: &str,
    installable: bool,
    installed: &HashSet<String>,
) -> Option<documents::StoreApp> {
    Some(documents::StoreApp {
        store: StoreId::new(entry.store.as_str()).ok()?,
        id: AppId::new(entry.id.as_str()).ok()?,
        name: entry.name.clone(),
        tagline: entry.tagline.clone(),
        category: entry.category.clone(),
        version: entry.version.clone(),
        developer: entry.developer.clone(),
        icon: icons::address(&entry.icon),
        source_label: label.to_owned(),
        format: entry.format.clone(),
        added_at: entry.added_at,
        installable,
        installed: installed.contains(&entry.id),
    })
}

/// Everything the stores offer.
pub(crate) async fn store_reply(apps: &Apps) -> Result<documents::StoreReply, Error> {
    let installed: HashSet<String> = apps.rows.app_ids().await?.into_iter().collect();
    let sources = apps.rows.sources().await?;
    let entries = apps.rows.entries().await?;
    let label = |store: &str| {
        sources.iter().find(|source| source.id == store).map_or("", |source| source.label.as_str())
    };
    let possible = dependencies::offers(&entries).possible(&apps.around().await?.present());
    let lines = entries
        .iter()
        .zip(possible)
        .filter_map(|(entry, possible)| line(entry, label(&entry.store), possible, &installed))
        .collect();
    let count = |store: &str| entries.iter().filter(|entry| entry.store == store).count();
    Ok(documents::StoreReply {
        apps: lines,
        sources: sources
            .iter()
            .filter_map(|source| {
                Some(documents::StoreSource {
                    id: StoreId::new(source.id.as_str()).ok()?,
                    label: source.label.clone(),
                    url: source.url.clone(),
                    format: source.format.clone(),
                    apps: u32::try_from(count(&source.id)).unwrap_or(u32::MAX),
                    refreshed_at: source.refreshed_at,
                    error: source.error.clone(),
                })
            })
            .collect(),
    })
}

impl Apps {
    /// Everything about one app of a store; with the first password that is derived for this server alone, if `secrets`.
    pub(crate) async fn catalogue_app(
        &self,
        entry: &FullEntry,
        secrets: bool,
    ) -> Result<Option<documents::CatalogApp>, Error> {
        let label = match StoreId::new(entry.line.store.as_str()) {
            Ok(id) if id.is_own() => "Own stack".to_owned(),
            Ok(id) => self.rows.source(&id).await?.map(|source| source.label).unwrap_or_default(),
            Err(_) => String::new(),
        };
        let installed: HashSet<String> = self.rows.app_ids().await?.into_iter().collect();
        let parsed = super::install::parsed(entry)?;
        let around = self.around().await?;
        let needed = &parsed.listing.dependencies;
        let needs = self.needs_of(&entry.line, needed, &around).await?;
        let reachable = needs.iter().all(|need| {
            !need.choices.is_empty() || matches!(need.state.as_str(), "installed" | "installing")
        });
        let installable = entry.line.installable && reachable;
        let Some(app) = line(&entry.line, &label, installable, &installed) else { return Ok(None) };
        let context = self.context(&app.id, &self.host_of(&app.id), super::sources::architecture());
        // What was installed is shown with what its owner lets it do.
        let there = self.rows.app(&app.id).await?.filter(|there| there.store == app.store);
        let docker_control = there.as_ref().is_some_and(|there| there.overlay.docker_control);
        let context = livos_manifest::Context { exports: around.exports(needed), docker_control, ..context };
        let plan = parsed.plan(&context);
        let listing = &parsed.listing;
        let mut document = documents::CatalogApp {
            app,
            description: listing.description.clone(),
            website: listing.website.clone(),
            release_notes: listing.release_notes.clone(),
            default_username: listing.default_username.clone(),
            default_password: listing.default_password.clone(),
            dependencies: needs,
            pictures: super::pictures::hosts(&listing.gallery),
            permissions: Vec::new(),
            docker_control: None,
            docker: String::new(),
            moved: Vec::new(),
            inputs: Vec::new(),
            services: Vec::new(),
            facts: self.facts(listing, plan.spec.as_ref()).await,
            unsupported: plan.unsupported.clone(),
            error: plan.error.clone().unwrap_or_default(),
            gone: false,
        };
        if let Some(spec) = &plan.spec {
            document.permissions = permissions(spec);
            document.docker_control = control_offered(&parsed, &context, spec);
            document.moved = self.moved_ports(&document.app.id, spec).await?;
            document.inputs = inputs(spec);
            document.services = services(spec);
            if secrets {
                document.default_password.clone_from(&spec.default_password);
            }
            document.unsupported.extend(dependencies::missing_settings(spec, &parsed));
            document.unsupported.extend(in_vain(&document.app.id, &parsed));
        } else if plan.needs_input.iter().any(|need| need.from == "owner") {
            // The file demands an answer before more of it can be known.
            document.error.clear();
            document.inputs = asked_by(&parsed, &context, None).iter().map(input).collect();
        }
        // What was installed has the account it was installed with, whatever its store says by now.
        if let Some(app) = there {
            document.docker =
                docker_access(&app.spec).map(DockerAccess::as_str).unwrap_or_default().to_owned();
            document.default_username = app.spec.default_username;
            if secrets {
                document.default_password = app.spec.default_password;
            }
        }
        Ok(Some(document))
    }
}

impl Apps {
    /// The page of an app that is installed and that no store offers any more, from its own copy of its description.
    pub(crate) async fn page_without_store(
        &self,
        store: &StoreId,
        id: &AppId,
        secrets: bool,
    ) -> Result<Option<documents::CatalogApp>, Error> {
        let Some(app) = self.rows.app(id).await?.filter(|app| app.store == *store) else { return Ok(None) };
        let mut entry = Self::own_entry(&app);
        let parsed = super::install::parsed(&entry)?;
        entry.line.tagline.clone_from(&parsed.listing.tagline);
        entry.line.category.clone_from(&parsed.listing.category);
        entry.line.developer.clone_from(&parsed.listing.developer);
        parsed.format.as_str().clone_into(&mut entry.line.format);
        let page = self.catalogue_app(&entry, secrets).await?;
        Ok(page.map(|page| documents::CatalogApp {
            permissions: permissions(&app.spec),
            services: services(&app.spec),
            // It runs, whatever its description would still ask for.
            inputs: Vec::new(),
            unsupported: Vec::new(),
            error: String::new(),
            gone: !store.is_own(),
            ..page
        }))
    }

    /// What an update of an app would change, if there is one.
    pub(crate) async fn update_of(&self, app: &App) -> Result<Option<documents::AppUpdate>, Error> {
        let Some(entry) = self.newer(app).await? else { return Ok(None) };
        let mut update = documents::AppUpdate {
            from: app.version.clone(),
            to: entry.line.version.clone(),
            release_notes: String::new(),
            permissions: Vec::new(),
            inputs: Vec::new(),
            services: Vec::new(),
            error: String::new(),
        };
        let Some((spec, more)) = self.look_at_update(app, &entry) else {
            let asked = asked_by(&super::install::parsed(&entry)?, &self.context_of(app), None);
            let open = asked.iter().map(input).filter(|input| {
                input.required && input.default.is_empty() && !app.answers.contains_key(&input.key)
            });
            update.inputs = open.collect();
            if !update.inputs.is_empty() {
                return Ok(Some(update));
            }
            update.error = "the newer version cannot run here: its description cannot be read".to_owned();
            return Ok(Some(update));
        };
        let asked = |input: &documents::AppInput| {
            input.required && input.default.is_empty() && !app.answers.contains_key(&input.key)
        };
        update.inputs = inputs(&spec).into_iter().filter(asked).collect();
        update.services = services(&spec);
        update.error = super::compose::own_choice(app).unwrap_or_else(|| spec.unsupported.join("; "));
        update.release_notes.clone_from(&spec.release_notes);
        update.permissions = more.iter().map(permission).collect();
        match self.unpersisted(app).await {
            Ok(losses) => update.permissions.extend(losses),
            // Nothing can be updated then either, and it is looked at again before.
            Err(error) if error.is_engine_down() => {}
            Err(error) => return Err(error),
        }
        Ok(Some(update))
    }
}

pub(super) fn services(spec: &livos_manifest::AppSpec) -> Vec<documents::CatalogService> {
    spec.services
        .iter()
        .map(|service| documents::CatalogService { name: service.name.clone(), image: service.image.clone() })
        .collect()
}

/// One line a permission; its code stands for exactly this line.
pub(super) fn permissions(spec: &livos_manifest::AppSpec) -> Vec<documents::Permission> {
    spec.permissions.iter().map(permission).collect()
}

pub(super) fn permission(permission: &livos_manifest::Permission) -> documents::Permission {
    documents::Permission {
        code: answers::consent(permission),
        text: permission.text.clone(),
        risk: match permission.risk {
            livos_manifest::Risk::Low => "low",
            livos_manifest::Risk::Medium => "medium",
            livos_manifest::Risk::High => "high",
        }
        .to_owned(),
    }
}

fn inputs(spec: &livos_manifest::AppSpec) -> Vec<documents::AppInput> {
    spec.inputs.iter().filter(|input| input.kind != InputKind::Random).map(input).collect()
}

pub(super) fn input(input: &livos_manifest::Input) -> documents::AppInput {
    documents::AppInput {
        key: input.key.clone(),
        label: input.label.clone(),
        hint: if input.hint.is_empty() { input.placeholder.clone() } else { input.hint.clone() },
        kind: match input.kind {
            InputKind::Text => "text",
            InputKind::Password => "password",
            InputKind::Number => "number",
            InputKind::Boolean => "boolean",
            InputKind::Email => "email",
            InputKind::Url => "url",
            InputKind::Ip => "ip",
            InputKind::Fqdn => "fqdn",
            InputKind::Fqdnip => "fqdnip",
            InputKind::Choice => "select",
            InputKind::Random => "random",
        }
        .to_owned(),
        required: input.required,
        default: input.default.clone().unwrap_or_default(),
        options: input
            .options
            .iter()
            .map(|option| documents::InputOption { value: option.value.clone(), label: option.label.clone() })
            .collect(),
    }
}

/// The installed apps as they are now, or one of them.
pub(crate) async fn installed(
    apps: &Apps,
    only: Option<&AppId>,
) -> Result<Vec<documents::InstalledApp>, Error> {
    let rows = match only {
        Some(id) => apps.rows.app(id).await?.into_iter().collect(),
        None => apps.rows.apps().await?,
    };
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let filter = only.map_or_else(|| apps.own(), |id| apps.of(id));
    let containers = apps.ports.engine.list_containers(&filter).await;
    let now = apps.ports.clock.now();
    let chosen = apps.chosen();
    let pins = apps.rows.pins().await?;
    let mut versions = Vec::new();
    for app in &rows {
        let (update, skipped) = apps.offered(app).await?;
        let update = update.map(|entry| entry.line.version);
        let mut ways = apps.rows.ways_back(&app.id).await?;
        ways.retain(|(_, kept)| kept.until > now);
        versions.push((update, skipped, ways_back(ways)));
    }
    Ok(rows
        .into_iter()
        .zip(versions)
        .map(|(app, (update, skipped, ways_back))| {
            let of_app = |containers: &[livos_docker::ContainerSummary]| -> Vec<_> {
                let own = |container: &&livos_docker::ContainerSummary| {
                    container.labels.get(LABEL_APP).is_some_and(|id| id == app.id.as_str())
                };
                containers.iter().filter(own).cloned().collect()
            };
            let seen = match &containers {
                Ok(containers) => state::seen(&app.spec, app.wanted, &app.problem, &of_app(containers)),
                Err(error) => {
                    let mut seen = state::seen(&app.spec, app.wanted, "", &[]);
                    let (_, reason) =
                        Error::Engine { doing: "cannot look at the app".to_owned(), source: error.clone() }
                            .explain();
                    (seen.state, seen.detail) = ("problem", reason);
                    seen
                }
            };
            let update = update.map(shown).unwrap_or_default();
            let latest = ways_back.first();
            let pinned = pins.contains(app.id.as_str());
            documents::InstalledApp {
                update,
                skipped,
                previous: latest.map_or_else(String::new, |way| way.version.clone()),
                previous_until: latest.map_or(0, |way| way.until),
                previous_settings: latest.is_some_and(|way| way.kind == Slot::Settings.as_str()),
                pinned,
                ways_back,
                ..document(app, seen, &chosen)
            }
        })
        .collect())
}

/// What each leads to; an earlier one undoes what was changed after it, too.
fn ways_back(ways: Vec<(Slot, Previous)>) -> Vec<documents::WayBack> {
    let mut since: Vec<String> = Vec::new();
    let mut shown_ways = Vec::new();
    for (slot, kept) in ways {
        let kind = slot.as_str().to_owned();
        shown_ways.push(documents::WayBack {
            kind: kind.clone(),
            version: shown(kept.app.version),
            at: kept.until - KEPT_FOR,
            until: kept.until,
            also: since.clone(),
        });
        since.push(kind);
    }
    shown_ways
}

fn document(app: App, seen: state::Seen, chosen: &Chosen) -> documents::InstalledApp {
    let (state, detail) = match app.phase {
        Phase::Installing => ("installing", String::new()),
        Phase::Updating => ("updating", String::new()),
        Phase::RollingBack => ("rolling_back", String::new()),
        Phase::Removing => ("removing", String::new()),
        Phase::Installed => (seen.state, seen.detail),
    };
    documents::InstalledApp {
        domain: if app.host.is_empty() { String::new() } else { public_host(&app.id, chosen) },
        id: app.id,
        name: app.name,
        store: app.store,
        version: app.version,
        icon: icons::address(&app.icon),
        state: state.to_owned(),
        detail,
        host: app.host,
        port: app.gateway_port,
        path: app.spec.main.as_ref().map(|main| main.path.clone()).unwrap_or_default(),
        installed_at: app.installed_at,
        default_username: app.spec.default_username,
        services: seen.services,
        update: String::new(),
        skipped: String::new(),
        ways_back: Vec::new(),
        previous: String::new(),
        previous_until: 0,
        previous_settings: false,
        pinned: false,
        edited: app.overlay.compose.is_some(),
        adopted: false,
    }
}

/// A version that a catalogue doesn't name is a version all the same.
fn shown(version: String) -> String {
    if version.is_empty() { "another version".to_owned() } else { version }
}
