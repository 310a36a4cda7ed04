//! Files that an app brings along: those beside its manifest, laid into its folder before its first start, and
//! templates among them with the app's variables filled in.
//!
//! They are gathered in a folder of our own first, while the app is planned: what is a file there must not be made
//! a folder later. What is in the app's folder already stays as it is, but for what is made of a template, which is
//! made anew by every version.
//!
//! Of a Runtipi app it is what lies in its `data`, which comes into the `data` of the app's folder; what is made of its
//! templates belongs to the app from then on, and stays.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use livos_manifest::{Context, Entry, Format};
use livos_types::{AppId, StoreId};

use super::Apps;
use crate::core::source::{self, Origin};
use crate::error::refused;
use crate::store::App;
use crate::{Error, data};

/// More than this is no configuration any more.
const FILES_LIMIT: usize = 1000;
const BYTES_LIMIT: u64 = 64 * 1024 * 1024;
const DEPTH_LIMIT: usize = 12;
/// What is rendered is some text.
const TEMPLATE_LIMIT: usize = 1024 * 1024;
/// The values that a compose file is given, beside it.
pub(super) const ENV_FILE: &str = ".env";
const TEMPLATE: &str = ".template";
/// The folder of a Runtipi app's own files, in its store and in the app's folder.
const DATA: &str = "data";
/// Where gathered files lie that stay away from what is there, and those that take its place.
const PLAIN: &str = "plain";
const RENDERED: &str = "rendered";

/// What lies in an umbrel app's directory and is read by us, or run: not its data.
const OWN: [&str; 6] =
    ["umbrel-app.yml", "livinity-app.yml", "docker-compose.yml", "exports.sh", "hooks", ".git"];

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Files { doing, path, source }
}

impl Apps {
    /// Where an app's files wait until its folder is there.
    pub(super) fn seeds_dir(&self, id: &AppId) -> PathBuf {
        self.state.join("seeds").join(id.as_str())
    }

    /// The file that will lie at `path` in the app's folder, while it waits to be laid there.
    pub(super) fn seed_for(&self, id: &AppId, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(self.data_dir(id)).ok()?;
        let is_file = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
        let waits = |kind| Some(self.seeds_dir(id).join(kind).join(below)).filter(|seed| is_file(seed));
        waits(RENDERED).or_else(|| waits(PLAIN).filter(|_| std::fs::symlink_metadata(path).is_err()))
    }

    /// Gathers the files that an app of a store brings along.
    pub(super) async fn gather_seeds(
        &self,
        id: &AppId,
        store: &StoreId,
        entry: &Entry,
        context: &Context,
    ) -> Result<(), Error> {
        let to = self.seeds_dir(id);
        self.drop_seeds(id).await?;
        if store.is_own() {
            return Self::gather_own(&to, entry);
        }
        if entry.path.is_empty() {
            return Ok(());
        }
        let (folder, below, depth) = match entry.format {
            Format::Umbrel => (PathBuf::from(&entry.path), "", 0),
            Format::Runtipi => (Path::new(&entry.path).join(DATA), DATA, 1),
            _ => return Ok(()),
        };
        let Some(known) = self.rows.source(store).await? else { return Ok(()) };
        let root = match source::parse(&known.url).map_err(Error::Source)? {
            Origin::Directory(path) => PathBuf::from(path),
            Origin::Git(_) => self.copy_of(store),
        };
        let (entry, context) = (entry.clone(), context.clone());
        tokio::task::spawn_blocking(move || {
            let root = root.canonicalize().map_err(failed("read the store in", &root))?;
            let brings_none = || {
                let about = std::fs::symlink_metadata(root.join(&folder));
                about.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
            };
            if depth > 0 && brings_none() {
                return Ok(());
            }
            let mut gathering =
                Gathering { entry: &entry, context: &context, root: &root, to: &to, files: 0, bytes: 0 };
            gathering.folder(&folder, Path::new(below), depth)
        })
        .await
        .map_err(|_| refused("internal", "gathering the app's files was interrupted"))?
    }

    /// Of what its owner made, the `.env` lies in the app's folder, where `env_file` looks for it.
    fn gather_own(to: &Path, entry: &Entry) -> Result<(), Error> {
        let Some(text) = entry.source.files.get(ENV_FILE) else { return Ok(()) };
        let folder = to.join(PLAIN);
        livos_service::fs::create_directory(&folder, 0o755)?;
        livos_service::fs::atomic_write(&folder.join(ENV_FILE), text.as_bytes(), 0o644)?;
        Ok(())
    }

    /// Lays what was gathered into the app's folder.
    pub(super) async fn lay_seeds(&self, app: &App) -> Result<(), Error> {
        let owner = app.spec.data_owner.unwrap_or_else(|| self.owner());
        let (apps_dir, data_dir) = (self.apps_dir(), self.data_dir(&app.id));
        for (kind, replace) in [(PLAIN, false), (RENDERED, true)] {
            let from = self.seeds_dir(&app.id).join(kind);
            if !from.is_dir() {
                continue;
            }
            self.make_own_folder(&app.id, &apps_dir).await?;
            let (all, base, to) = (from.clone(), apps_dir.clone(), data_dir.clone());
            let laying = move || data::lay(&all, &to, data::Laying { base: &base, owner, replace });
            let laid = tokio::task::spawn_blocking(laying)
                .await
                .map_err(|_| refused("internal", "laying out the app's files was interrupted"))??;
            self.finish_folders(&app.id, &data_dir, &laid.prepared, owner).await?;
            if !laid.complete {
                // Some of it belongs to others, who let only root in.
                self.lay_as_root(&app.id, &from, &data_dir, owner, replace).await?;
            }
        }
        self.drop_seeds(&app.id).await
    }

    /// Forgets what was gathered.
    pub(super) async fn drop_seeds(&self, id: &AppId) -> Result<(), Error> {
        let seeds = self.seeds_dir(id);
        tokio::task::spawn_blocking(move || data::remove(&seeds))
            .await
            .map_err(|_| refused("internal", "interrupted"))?
            .map(drop)
    }
}

struct Gathering<'a> {
    entry: &'a Entry,
    context: &'a Context,
    /// The store, and the folder that is filled.
    root: &'a Path,
    to: &'a Path,
    files: usize,
    bytes: u64,
}

impl Gathering<'_> {
    /// Gathers a folder of the store, which comes to `below` the app's own, without following a link.
    fn folder(&mut self, of_store: &Path, below: &Path, depth: usize) -> Result<(), Error> {
        let doing = "read the app's files in";
        let from = self.root.join(of_store);
        let about = std::fs::symlink_metadata(&from).map_err(failed(doing, &from))?;
        if !about.is_dir() || depth > DEPTH_LIMIT {
            return Err(self.odd("its folders are links, or too deep"));
        }
        if depth > 0 {
            livos_service::fs::create_directory(&self.to.join(PLAIN).join(below), 0o755)?;
        }
        let items = std::fs::read_dir(&from).map_err(failed(doing, &from))?;
        for item in items {
            let item = item.map_err(failed(doing, &from))?;
            let name = item.file_name();
            let known = name.to_str().is_some_and(|name| OWN.contains(&name));
            if depth == 0 && known || name == ".gitkeep" {
                continue;
            }
            self.files += 1;
            if self.files > FILES_LIMIT {
                return Err(self.odd(&format!("it has more than {FILES_LIMIT} files")));
            }
            let kind = item.file_type().map_err(failed(doing, &item.path()))?;
            if kind.is_dir() {
                self.folder(&of_store.join(&name), &below.join(&name), depth + 1)?;
            } else if kind.is_file() {
                self.file(&of_store.join(&name), &below.join(&name))?;
            } else {
                return Err(self.odd("there are links among its files"));
            }
        }
        Ok(())
    }

    fn file(&mut self, of_store: &Path, below: &Path) -> Result<(), Error> {
        let (bytes, runs) = data::read_bytes(self.root, of_store, BYTES_LIMIT.saturating_sub(self.bytes))
            .map_err(|reason| self.odd(&format!("{}: {reason}", below.display())))?;
        self.bytes += bytes.len() as u64;
        let name = below.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (to, bytes) = match name.strip_suffix(TEMPLATE).filter(|name| !name.is_empty()) {
            Some(name) if bytes.len() <= TEMPLATE_LIMIT => {
                let text = String::from_utf8(bytes)
                    .map_err(|_| self.odd(&format!("the template {} is no text", below.display())))?;
                let text = self.entry.render(self.context, &text);
                let kind = if self.entry.format == Format::Umbrel { RENDERED } else { PLAIN };
                (self.to.join(kind).join(below.with_file_name(name)), text.into_bytes())
            }
            Some(_) => return Err(self.odd(&format!("the template {} is too long", below.display()))),
            None => (self.to.join(PLAIN).join(below), bytes),
        };
        let doing = "copy the app's file to";
        if let Some(folder) = to.parent() {
            livos_service::fs::create_directory(folder, 0o755)?;
        }
        std::fs::write(&to, bytes).map_err(failed(doing, &to))?;
        let mode = if runs { 0o755 } else { 0o644 };
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(mode)).map_err(failed(doing, &to))
    }

    fn odd(&self, why: &str) -> Error {
        refused(
            livos_bus::codes::UNSUPPORTED,
            format!("the files that {} brings along cannot be used: {why}", self.entry.listing.name),
        )
    }
}
