//! The picture behind a person's desktop: one file each, replaced as a whole.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use livos_bus::{Actor, EntryInfo};
use livos_types::{RelPath, RootId};

use crate::core::fs::{facts_of, sync_directory};
use crate::core::{Files, picture, threads};
use crate::error::{Error, at};

/// The wallpapers, in the daemon's own state.
#[derive(Debug)]
pub(crate) struct Wallpapers {
    folder: PathBuf,
    /// Pictures take memory, so they take turns.
    turn: tokio::sync::Mutex<()>,
}

impl Wallpapers {
    pub(crate) fn new(state: &Path) -> Self {
        Self { folder: state.join("wallpapers"), turn: tokio::sync::Mutex::default() }
    }

    fn of(&self, actor: &Actor) -> PathBuf {
        self.folder.join(format!("{}.jpg", actor.user))
    }
}

impl Files {
    /// The picture and a descriptor to read it.
    pub(crate) async fn wallpaper(&self, actor: &Actor) -> Result<(EntryInfo, OwnedFd), Error> {
        let path = self.wallpapers.of(actor);
        threads::short(move || {
            let file = File::open(path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Error::Unknown("wallpaper of yours"),
                _ => Error::Wallpaper(error),
            })?;
            Ok((shown(&file)?, file.into()))
        })
        .await
    }

    /// Makes a picture of this person's their wallpaper.
    pub(crate) async fn set_wallpaper(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
    ) -> Result<EntryInfo, Error> {
        let target = self.wallpapers.of(&actor);
        let (_, file) = self.open(actor, root, path).await?;
        let _turn = self.wallpapers.turn.lock().await;
        threads::long("wallpaper", move || {
            let made = picture::wallpaper(file.into()).map_err(Error::Invalid)?;
            write(&target, &made).map_err(Error::Wallpaper)?;
            shown(&File::open(&target).map_err(Error::Wallpaper)?)
        })
        .await
    }

    /// Throws it away.
    pub(crate) async fn clear_wallpaper(&self, actor: &Actor) -> Result<(), Error> {
        let path = self.wallpapers.of(actor);
        let _turn = self.wallpapers.turn.lock().await;
        threads::short(move || match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::Wallpaper(error)),
            _ => Ok(()),
        })
        .await
    }
}

/// Beside it first, then in its place: a crash leaves the old one or the new one.
fn write(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(folder) = target.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
    std::fs::create_dir_all(folder)?;
    let growing = target.with_extension("new");
    let mut file = File::create(&growing)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&growing, target)?;
    Ok(sync_directory(&File::open(folder)?)?)
}

fn shown(file: &File) -> Result<EntryInfo, Error> {
    let facts = facts_of(file).map_err(at(Error::Stat, "the wallpaper"))?;
    Ok(EntryInfo {
        root: String::new(),
        path: String::new(),
        name: "wallpaper.jpg".to_owned(),
        kind: facts.kind.as_str().to_owned(),
        size: facts.size,
        modified_at: facts.modified_at,
        media_type: "image/jpeg".to_owned(),
        writable: true,
        revision: facts.revision(),
    })
}
