//! The rows of the app engine.

use std::collections::BTreeMap;

use livos_manifest::AppSpec;
use livos_store::{Database, Migration};
use livos_types::{AppId, StoreId};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::core::overlay::Overlay;
use crate::work::Exported;

mod adopted;
mod exposure;
mod mounts;
mod pictures;
mod pins;
mod previous;
mod skips;
mod unnamed;

pub(crate) use adopted::Adopted;
pub(crate) use previous::{Keeping, KeptImage, KeptVolume, Previous, Slot};
pub(crate) use unnamed::Unnamed;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration::new("0001_apps", include_str!("../migrations/0001_apps.sql")),
    Migration::new("0002_updates", include_str!("../migrations/0002_updates.sql")),
    Migration::new("0003_dependencies", include_str!("../migrations/0003_dependencies.sql")),
    Migration::new("0004_settings", include_str!("../migrations/0004_settings.sql")),
    Migration::new("0005_adopted", include_str!("../migrations/0005_adopted.sql")),
    Migration::new("0006_ways_back", include_str!("../migrations/0006_ways_back.sql")),
    Migration::new("0007_unnamed_volumes", include_str!("../migrations/0007_unnamed_volumes.sql")),
    Migration::new("0008_places", include_str!("../migrations/0008_places.sql")),
    Migration::new("0009_docker_access", include_str!("../migrations/0009_docker_access.sql")),
    Migration::new("0010_pictures", include_str!("../migrations/0010_pictures.sql")),
    Migration::new("0011_offers", include_str!("../migrations/0011_offers.sql")),
    Migration::new("0012_exposure", include_str!("../migrations/0012_exposure.sql")),
];

/// Where an app stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    Installing,
    Installed,
    /// The old containers are going or gone, the new ones not yet known to work.
    Updating,
    /// On the way back to what it was before its last update.
    RollingBack,
    Removing,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Self::Installing => "installing",
            Self::Installed => "installed",
            Self::Updating => "updating",
            Self::RollingBack => "rolling_back",
            Self::Removing => "removing",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "installed" => Self::Installed,
            "updating" => Self::Updating,
            "rolling_back" => Self::RollingBack,
            "removing" => Self::Removing,
            _ => Self::Installing,
        }
    }
}

/// What was there before an installation began, and stays when it is undone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The app's data directory.
    pub(crate) data: bool,
    /// Volumes by name.
    pub(crate) volumes: Vec<String>,
}

/// An app that is installed, or on its way in or out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct App {
    pub(crate) id: AppId,
    pub(crate) name: String,
    pub(crate) store: StoreId,
    pub(crate) version: String,
    pub(crate) icon: String,
    pub(crate) phase: Phase,
    /// The owner wants it to run.
    pub(crate) wanted: bool,
    pub(crate) spec: AppSpec,
    /// The app's own files as JSON, verbatim.
    pub(crate) source: String,
    /// Name and port under which the edge serves it; empty if it has no page.
    pub(crate) host: String,
    /// The loopback port on which it answers the edge; 0 if it has no page.
    pub(crate) upstream_port: u16,
    /// Its port on every address of the machine; 0 if it has no page.
    pub(crate) gateway_port: u16,
    pub(crate) kept: Kept,
    pub(crate) problem: String,
    pub(crate) installed_at: i64,
    /// What the owner answered.
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, String>,
    /// What its script exports, and what it was given by the apps that it needs.
    #[serde(default)]
    pub(crate) exports: Exported,
    /// What the owner wants otherwise than its store.
    #[serde(default)]
    pub(crate) overlay: Overlay,
}

#[derive(sqlx::FromRow)]
struct AppRow {
    id: String,
    name: String,
    store: String,
    version: String,
    icon: String,
    phase: String,
    wanted: String,
    spec: String,
    source: String,
    host: String,
    upstream_port: u16,
    gateway_port: u16,
    kept: String,
    problem: String,
    installed_at: i64,
    answers: String,
    exports: String,
    overlay: String,
}

impl AppRow {
    fn into_app(self) -> Result<App, Error> {
        let damaged = |source| Error::Record { app: self.id.clone(), source };
        let wrong = |error: livos_types::InvalidId| damaged(serde::de::Error::custom(error));
        Ok(App {
            id: AppId::new(self.id.as_str()).map_err(wrong)?,
            store: StoreId::new(self.store.as_str()).map_err(wrong)?,
            spec: serde_json::from_str(&self.spec).map_err(damaged)?,
            kept: serde_json::from_str(&self.kept).map_err(damaged)?,
            answers: serde_json::from_str(&self.answers).map_err(damaged)?,
            exports: if self.exports == "{}" {
                Exported::default()
            } else {
                serde_json::from_str(&self.exports).map_err(damaged)?
            },
            overlay: serde_json::from_str(&self.overlay).map_err(damaged)?,
            phase: Phase::parse(&self.phase),
            wanted: self.wanted == "running",
            name: self.name,
            version: self.version,
            icon: self.icon,
            source: self.source,
            host: self.host,
            upstream_port: self.upstream_port,
            gateway_port: self.gateway_port,
            problem: self.problem,
            installed_at: self.installed_at,
        })
    }
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Source {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) label: String,
    pub(crate) format: String,
    pub(crate) refreshed_at: i64,
    pub(crate) error: String,
}

/// A line in the list of a store.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Entry {
    pub(crate) store: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) tagline: String,
    pub(crate) category: String,
    pub(crate) version: String,
    pub(crate) developer: String,
    pub(crate) icon: String,
    pub(crate) format: String,
    /// Since when its store offers it; 0 if since that was first read.
    pub(crate) added_at: i64,
    /// Once what it needs is there.
    pub(crate) installable: bool,
    /// Ids of the apps it needs, with a space between.
    pub(crate) dependencies: String,
    /// Ids of those in whose place it can serve.
    pub(crate) implements: String,
}

/// An entry with the files it was read from.
#[derive(Debug, Clone)]
pub(crate) struct FullEntry {
    pub(crate) line: Entry,
    /// The app's own files as JSON.
    pub(crate) source: String,
}

async fn write_app(connection: &mut sqlx::SqliteConnection, app: &App) -> Result<(), Error> {
    let record = |source| Error::Record { app: app.id.to_string(), source };
    sqlx::query(
        "insert or replace into apps (id, name, store, version, icon, phase, wanted, spec, source, host,
                                      upstream_port, gateway_port, kept, problem, installed_at, answers, exports,
                                      overlay)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(app.id.as_str())
    .bind(&app.name)
    .bind(app.store.as_str())
    .bind(&app.version)
    .bind(&app.icon)
    .bind(app.phase.as_str())
    .bind(if app.wanted { "running" } else { "stopped" })
    .bind(serde_json::to_string(&app.spec).map_err(record)?)
    .bind(&app.source)
    .bind(&app.host)
    .bind(app.upstream_port)
    .bind(app.gateway_port)
    .bind(serde_json::to_string(&app.kept).map_err(record)?)
    .bind(&app.problem)
    .bind(app.installed_at)
    .bind(serde_json::to_string(&app.answers).map_err(record)?)
    .bind(serde_json::to_string(&app.exports).map_err(record)?)
    .bind(serde_json::to_string(&app.overlay).map_err(record)?)
    .execute(connection)
    .await
    .map_err(failed("write an app"))?;
    Ok(())
}

/// Reads and writes the rows.
#[derive(Debug, Clone)]
pub(crate) struct Rows(pub(crate) Database);

fn failed(operation: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |source| livos_store::Error::query(operation)(source).into()
}

impl Rows {
    pub(crate) async fn apps(&self) -> Result<Vec<App>, Error> {
        let rows: Vec<AppRow> = sqlx::query_as("select * from apps order by name, id")
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read the installed apps"))?;
        rows.into_iter().map(AppRow::into_app).collect()
    }

    pub(crate) async fn app(&self, id: &AppId) -> Result<Option<App>, Error> {
        let row: Option<AppRow> = sqlx::query_as("select * from apps where id = ?")
            .bind(id.as_str())
            .fetch_optional(self.0.reader())
            .await
            .map_err(failed("read an installed app"))?;
        row.map(AppRow::into_app).transpose()
    }

    /// Ids of everything that is installed or on its way.
    pub(crate) async fn app_ids(&self) -> Result<Vec<String>, Error> {
        sqlx::query_scalar("select id from apps")
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read the installed apps"))
    }

    pub(crate) async fn put_app(&self, app: &App) -> Result<(), Error> {
        let mut connection = self.0.writer().acquire().await.map_err(failed("write an app"))?;
        write_app(&mut connection, app).await
    }

    pub(crate) async fn set_wanted(&self, id: &AppId, wanted: bool) -> Result<(), Error> {
        sqlx::query("update apps set wanted = ?, problem = '' where id = ?")
            .bind(if wanted { "running" } else { "stopped" })
            .bind(id.as_str())
            .execute(self.0.writer())
            .await
            .map_err(failed("write an app"))?;
        Ok(())
    }

    pub(crate) async fn set_phase(&self, id: &AppId, phase: Phase) -> Result<(), Error> {
        sqlx::query("update apps set phase = ? where id = ?")
            .bind(phase.as_str())
            .bind(id.as_str())
            .execute(self.0.writer())
            .await
            .map_err(failed("write an app"))?;
        Ok(())
    }

    pub(crate) async fn set_problem(&self, id: &AppId, problem: &str) -> Result<(), Error> {
        sqlx::query("update apps set problem = ? where id = ?")
            .bind(problem)
            .bind(id.as_str())
            .execute(self.0.writer())
            .await
            .map_err(failed("write an app"))?;
        Ok(())
    }

    pub(crate) async fn delete_app(&self, id: &AppId) -> Result<(), Error> {
        let failed = failed("remove an app");
        let mut transaction = self.0.writer().begin_with("begin immediate").await.map_err(&failed)?;
        for statement in [
            "delete from apps where id = ?",
            "delete from pins where app = ?",
            "delete from skips where app = ?",
            "delete from places where app = ?",
        ] {
            sqlx::query(statement).bind(id.as_str()).execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    pub(crate) async fn sources(&self) -> Result<Vec<Source>, Error> {
        sqlx::query_as(
            "select id, url, label, format, refreshed_at, error from sources order by added_at, id",
        )
        .fetch_all(self.0.reader())
        .await
        .map_err(failed("read the stores"))
    }

    pub(crate) async fn source(&self, id: &StoreId) -> Result<Option<Source>, Error> {
        sqlx::query_as("select id, url, label, format, refreshed_at, error from sources where id = ?")
            .bind(id.as_str())
            .fetch_optional(self.0.reader())
            .await
            .map_err(failed("read a store"))
    }

    pub(crate) async fn add_source(
        &self,
        id: &StoreId,
        url: &str,
        label: &str,
        now: i64,
    ) -> Result<(), Error> {
        sqlx::query("insert into sources (id, url, label, added_at) values (?, ?, ?, ?)")
            .bind(id.as_str())
            .bind(url)
            .bind(label)
            .bind(now)
            .execute(self.0.writer())
            .await
            .map_err(failed("add a store"))?;
        Ok(())
    }

    pub(crate) async fn delete_source(&self, id: &StoreId) -> Result<(), Error> {
        sqlx::query("delete from sources where id = ?")
            .bind(id.as_str())
            .execute(self.0.writer())
            .await
            .map_err(failed("remove a store"))?;
        Ok(())
    }

    pub(crate) async fn source_failed(&self, id: &StoreId, error: &str) -> Result<(), Error> {
        sqlx::query("update sources set error = ? where id = ?")
            .bind(error)
            .bind(id.as_str())
            .execute(self.0.writer())
            .await
            .map_err(failed("write a store"))?;
        Ok(())
    }

    /// Replaces what a store offers, all at once.
    pub(crate) async fn replace_entries(
        &self,
        id: &StoreId,
        format: &str,
        entries: &[FullEntry],
        now: i64,
    ) -> Result<(), Error> {
        let failed = failed("write a store");
        let mut transaction = self.0.writer().begin_with("begin immediate").await.map_err(&failed)?;
        let known = sqlx::query("update sources set format = ?, refreshed_at = ?, error = '' where id = ?")
            .bind(format)
            .bind(now)
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        // It was removed while it was read.
        if known.rows_affected() == 0 {
            return Ok(());
        }
        sqlx::query("delete from entries where store = ?")
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        // Of a store that is read for the first time nothing is new.
        let read_before: bool =
            sqlx::query_scalar("select exists (select 1 from first_seen where store = ?)")
                .bind(id.as_str())
                .fetch_one(&mut *transaction)
                .await
                .map_err(&failed)?;
        let seen_at = if read_before { now } else { 0 };
        for (position, entry) in entries.iter().enumerate() {
            sqlx::query(
                "insert or ignore into entries (store, id, position, name, tagline, category, version, developer,
                                                icon, format, installable, dependencies, implements, source)
                 values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(id.as_str())
            .bind(&entry.line.id)
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(&entry.line.name)
            .bind(&entry.line.tagline)
            .bind(&entry.line.category)
            .bind(&entry.line.version)
            .bind(&entry.line.developer)
            .bind(&entry.line.icon)
            .bind(&entry.line.format)
            .bind(entry.line.installable)
            .bind(&entry.line.dependencies)
            .bind(&entry.line.implements)
            .bind(&entry.source)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            sqlx::query("insert or ignore into first_seen (store, app, at) values (?, ?, ?)")
                .bind(id.as_str())
                .bind(&entry.line.id)
                .bind(seen_at)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    pub(crate) async fn entries(&self) -> Result<Vec<Entry>, Error> {
        sqlx::query_as(
            "select e.store, e.id, e.name, e.tagline, e.category, e.version, e.developer, e.icon, e.format,
                    e.installable, e.dependencies, e.implements, coalesce(f.at, 0) as added_at
             from entries e join sources s on s.id = e.store
                  left join first_seen f on f.store = e.store and f.app = e.id
             order by s.added_at, s.id, e.position",
        )
        .fetch_all(self.0.reader())
        .await
        .map_err(failed("read the stores' apps"))
    }

    pub(crate) async fn entry(&self, store: &StoreId, id: &AppId) -> Result<Option<FullEntry>, Error> {
        let failed = failed("read a store's app");
        let line: Option<Entry> = sqlx::query_as(
            "select store, id, name, tagline, category, version, developer, icon, format, installable,
                    dependencies, implements,
                    coalesce((select at from first_seen f where f.store = entries.store and f.app = entries.id), 0)
                        as added_at
             from entries where store = ? and id = ?",
        )
        .bind(store.as_str())
        .bind(id.as_str())
        .fetch_optional(self.0.reader())
        .await
        .map_err(&failed)?;
        let Some(line) = line else { return Ok(None) };
        let source = sqlx::query_scalar("select source from entries where store = ? and id = ?")
            .bind(store.as_str())
            .bind(id.as_str())
            .fetch_optional(self.0.reader())
            .await
            .map_err(&failed)?;
        Ok(source.map(|source| FullEntry { line, source }))
    }

    /// Whether something that happens once has happened, noting that it has now.
    pub(crate) async fn first_time(&self, what: &str) -> Result<bool, Error> {
        let done = sqlx::query("insert or ignore into facts (name, value) values (?, '')")
            .bind(what)
            .execute(self.0.writer())
            .await
            .map_err(failed("note a fact"))?;
        Ok(done.rows_affected() > 0)
    }
}
