//! Files on their way in.
//!
//! An upload is a hidden file beside its destination, as long as what has arrived: how far it is needs no
//! row, and survives whatever dies. What cannot fit is refused before the first byte, but no space is set
//! aside: a promise to send something must not keep it from everybody else. A disk that fills up meanwhile
//! stops the upload, which goes on when there is room. Its row is written before the file and removed after
//! it, so no file is ever without one.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use livos_bus::{Actor, EntryInfo, UploadInfo, UploadRequest};
use livos_types::{RelPath, RootId, unescape_name};
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, SeekFrom};
use rustix::io::Errno;

use crate::core::fs::place::Place;
use crate::core::fs::rename::{self, OnConflict, Placed};
use crate::core::fs::{Kind, facts_at, facts_of, modified, names, space, sync_directory};
use crate::core::places::{Places, Wish, look};
use crate::core::{Faults, Files, check_new_name, check_new_path, new_id, threads};
use crate::error::{Error, at};
use crate::store::Upload;

/// So many unfinished uploads one person may have.
const UNFINISHED: i64 = 5_000;
/// The time an upload is kept is pushed on by use, but not written for less than this.
const NOT_WORTH_WRITING: i64 = 3_600;

const GONE: Error = Error::Unknown("such upload");

impl Files {
    /// Begins an upload: folders and the hidden file.
    pub(crate) async fn create_upload(
        &self,
        actor: &Actor,
        request: UploadRequest,
    ) -> Result<UploadInfo, Error> {
        let upload = self.check_upload(actor, &request)?;
        let relative =
            RelPath::new(request.relative_path).map_err(|error| Error::Invalid(error.to_string()))?;
        check_new_path(&relative)?;
        self.expire_uploads().await?;
        if self.store.count_uploads(&upload.owner).await? >= UNFINISHED {
            return Err(Error::TooMany("uploads are unfinished"));
        }
        let upload = self.prepare(actor.clone(), upload, relative).await?;
        self.store.put_upload(&upload).await?;
        self.faults.reach("upload: noted").await;
        let (places, begun) = (Arc::clone(&self.places), upload.clone());
        let made = threads::short(move || begin(&places, &begun)).await;
        if let Err(error) = made {
            self.store.remove_upload(&upload.id).await?;
            return Err(error);
        }
        Ok(info(upload, 0))
    }

    fn check_upload(&self, actor: &Actor, request: &UploadRequest) -> Result<Upload, Error> {
        let invalid = |error: &dyn std::fmt::Display| Error::Invalid(error.to_string());
        check_new_name(&request.name)?;
        let rule = OnConflict::parse(&request.on_conflict).ok_or_else(|| {
            Error::Invalid("say what to do about a name that is taken: keep_both, replace or skip".to_owned())
        })?;
        if i64::try_from(request.size).is_err() {
            return Err(Error::Invalid("no file can be that large".to_owned()));
        }
        Ok(Upload {
            id: new_id(),
            owner: actor.user.to_string(),
            root: RootId::new(request.root.as_str()).map_err(|error| invalid(&error))?,
            path: RelPath::new(request.path.as_str()).map_err(|error| invalid(&error))?,
            name: request.name.clone(),
            size: request.size,
            on_conflict: rule.as_str().to_owned(),
            modified_at: request.modified_at,
            expires_at: self.clock.now().saturating_add(self.keep_uploads),
        })
    }

    /// Looks whether it may and can be, and makes the folders below the destination.
    async fn prepare(&self, actor: Actor, mut upload: Upload, relative: RelPath) -> Result<Upload, Error> {
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let failed = at(Error::Upload, &upload.name);
            let place = places.enter(&actor, &upload.root, Wish::Write)?;
            let mut directory = place.directory(&upload.path).map_err(&failed)?;
            must_fit(&directory, &upload, 0)?;
            if !relative.is_root() {
                let text = format!("{}/{relative}", upload.path);
                upload.path = RelPath::new(text.trim_start_matches('/'))
                    .map_err(|error| Error::Invalid(error.to_string()))?;
                directory = place.make(&upload.path).map_err(&failed)?;
            }
            let name = kernel_name(&upload.name)?;
            match facts_at(&directory, &name) {
                Ok(_) if upload.on_conflict == OnConflict::Skip.as_str() => Err(Error::Exists(upload.name)),
                Ok(facts)
                    if facts.kind == Kind::Directory
                        && upload.on_conflict == OnConflict::Replace.as_str() =>
                {
                    Err(Error::Exists(upload.name))
                }
                Ok(_) | Err(Errno::NOENT) => Ok(upload),
                Err(error) => Err(failed(error)),
            }
        })
        .await
    }

    /// The upload and a descriptor that stands at its end. Until that is closed, nobody else gets one.
    pub(crate) async fn open_upload(&self, actor: &Actor, id: &str) -> Result<(UploadInfo, OwnedFd), Error> {
        let upload = self.own_upload(actor, id).await?;
        let (places, person, wanted) = (Arc::clone(&self.places), actor.clone(), upload.clone());
        let opened = threads::short(move || {
            let (_, directory) = home_of(&places, &person, &wanted)?;
            let file = open_hidden(&directory, &wanted, OFlags::WRONLY)?;
            // The lock belongs to the open file that travels to the writer: it ends when the writer closes
            // it or dies, and it keeps two tabs from writing into each other.
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Err(Error::UploadBusy),
                Err(error) => return Err(at(Error::Upload, &wanted.name)(error)),
            }
            let offset =
                rustix::fs::seek(&file, SeekFrom::End(0)).map_err(at(Error::Upload, &wanted.name))?;
            must_fit(&file, &wanted, offset)?;
            Ok((offset, file))
        })
        .await;
        let (offset, file) = self.or_forget(opened, id).await?;
        let expires_at = self.clock.now().saturating_add(self.keep_uploads);
        if expires_at - upload.expires_at > NOT_WORTH_WRITING {
            self.store.keep_upload(id, expires_at).await?;
        }
        Ok((info(upload, offset), file))
    }

    /// How far an upload is.
    pub(crate) async fn get_upload(&self, actor: &Actor, id: &str) -> Result<UploadInfo, Error> {
        let upload = self.own_upload(actor, id).await?;
        let offset = self.offset(actor, &upload).await;
        let offset = self.or_forget(offset, id).await?;
        Ok(info(upload, offset))
    }

    /// This person's unfinished uploads.
    pub(crate) async fn uploads(&self, actor: &Actor) -> Result<Vec<UploadInfo>, Error> {
        self.expire_uploads().await?;
        let mut found = Vec::new();
        for upload in self.store.uploads_of(actor.user.as_str()).await? {
            match self.offset(actor, &upload).await {
                Ok(offset) => found.push(info(upload, offset)),
                Err(error) => {
                    tracing::debug!(upload = upload.id, error = livos_service::chain(&error), "left out");
                }
            }
        }
        Ok(found)
    }

    async fn offset(&self, actor: &Actor, upload: &Upload) -> Result<u64, Error> {
        let (places, actor, upload) = (Arc::clone(&self.places), actor.clone(), upload.clone());
        threads::short(move || {
            let (_, directory) = home_of(&places, &actor, &upload)?;
            let facts = facts_at(&directory, hidden(&upload)?).map_err(at(Error::Upload, &upload.name))?;
            Ok(facts.size)
        })
        .await
    }

    /// All bytes are there: onto the disk, then the name.
    pub(crate) async fn commit_upload(&self, actor: &Actor, id: &str) -> Result<EntryInfo, Error> {
        let upload = self.own_upload(actor, id).await?;
        let (places, person, faults) = (Arc::clone(&self.places), actor.clone(), self.faults.clone());
        // On a thread of its own: the disk may need seconds for what has not reached it yet.
        let finished = threads::long("commit", move || finish(&places, &person, &upload, &faults)).await;
        let finished = self.or_forget(finished, id).await;
        if !matches!(&finished, Err(error) if !matches!(error, Error::Exists(_))) {
            self.store.remove_upload(id).await?;
        }
        if let Ok(entry) = &finished {
            self.note_changed(actor.user.as_str(), entry).await;
        }
        finished
    }

    /// Throws an upload away.
    pub(crate) async fn cancel_upload(&self, actor: &Actor, id: &str) -> Result<(), Error> {
        let upload = self.own_upload(actor, id).await?;
        self.throw_away(upload).await
    }

    /// Throws away what nobody has gone on with. Looked at when something else is asked, never by a timer.
    pub(crate) async fn expire_uploads(&self) -> Result<(), Error> {
        for upload in self.store.expired_uploads(self.clock.now()).await? {
            tracing::info!(upload = upload.id, name = upload.name, "an unfinished upload has expired");
            self.throw_away(upload).await?;
        }
        Ok(())
    }

    async fn throw_away(&self, upload: Upload) -> Result<(), Error> {
        let id = upload.id.clone();
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let failed = at(Error::Upload, &upload.name);
            let directory = match places.place(&upload.root)?.directory(&upload.path) {
                Ok(directory) => directory,
                // Its folder went, and it went with it.
                Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
                Err(error) => return Err(failed(error)),
            };
            match rustix::fs::unlinkat(&directory, hidden(&upload)?, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => Ok(()),
                Err(error) => Err(failed(error)),
            }
        })
        .await?;
        Ok(self.store.remove_upload(&id).await?)
    }

    async fn own_upload(&self, actor: &Actor, id: &str) -> Result<Upload, Error> {
        let found = self.store.upload(id).await?;
        found.filter(|upload| upload.owner == actor.user.as_str()).ok_or(GONE)
    }

    /// An upload whose file is gone is none.
    async fn or_forget<T>(&self, outcome: Result<T, Error>, id: &str) -> Result<T, Error> {
        match outcome {
            Err(error) if matches!(error.errno(), Some(Errno::NOENT | Errno::NOTDIR)) => {
                self.store.remove_upload(id).await?;
                Err(GONE)
            }
            other => other,
        }
    }
}

fn info(upload: Upload, offset: u64) -> UploadInfo {
    UploadInfo {
        id: upload.id,
        root: upload.root.into(),
        path: upload.path.into(),
        name: upload.name,
        size: upload.size,
        offset,
        expires_at: upload.expires_at,
    }
}

fn kernel_name(name: &str) -> Result<CString, Error> {
    names::c_name(unescape_name(name))
        .ok_or_else(|| Error::Invalid("a name cannot contain a zero byte".to_owned()))
}

fn hidden(upload: &Upload) -> Result<CString, Error> {
    kernel_name(&names::upload(&upload.id))
}

/// The folder an upload goes to, its person still being allowed there.
fn home_of(places: &Places, actor: &Actor, upload: &Upload) -> Result<(Place, OwnedFd), Error> {
    let place = places.enter(actor, &upload.root, Wish::Write)?;
    let directory = place.directory(&upload.path).map_err(at(Error::Upload, &upload.name))?;
    Ok((place, directory))
}

fn open_hidden(directory: &OwnedFd, upload: &Upload, flags: OFlags) -> Result<OwnedFd, Error> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let failed = at(Error::Upload, &upload.name);
    let file = rustix::fs::openat(directory, hidden(upload)?, flags, Mode::empty()).map_err(&failed)?;
    // Nobody but us knows the name, but a folder shared with an app is not ours alone.
    match facts_of(&file).map_err(&failed)?.kind {
        Kind::File => Ok(file),
        _ => Err(failed(Errno::NOENT)),
    }
}

fn begin(places: &Places, upload: &Upload) -> Result<(), Error> {
    let failed = at(Error::Upload, &upload.name);
    let directory = places.place(&upload.root)?.directory(&upload.path).map_err(&failed)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(&directory, hidden(upload)?, flags, Mode::RUSR | Mode::WUSR).map_err(&failed)?;
    Ok(())
}

/// Whether there is room now for what has not arrived yet.
fn must_fit(place: &OwnedFd, upload: &Upload, offset: u64) -> Result<(), Error> {
    let needed = upload.size.saturating_sub(offset);
    let (_, free) = space(place).map_err(at(Error::Upload, &upload.name))?;
    if needed > free { Err(Error::NoSpace { needed, free }) } else { Ok(()) }
}

fn finish(places: &Places, actor: &Actor, upload: &Upload, faults: &Faults) -> Result<EntryInfo, Error> {
    let failed = at(Error::Upload, &upload.name);
    let (place, directory) = home_of(places, actor, upload)?;
    let file = open_hidden(&directory, upload, OFlags::WRONLY)?;
    let offset = facts_of(&file).map_err(&failed)?.size;
    if offset != upload.size {
        return Err(Error::UploadIncomplete { offset, size: upload.size });
    }
    rustix::fs::fchmod(&file, Mode::from_raw_mode(0o644)).map_err(&failed)?;
    if upload.modified_at > 0 {
        rustix::fs::futimens(&file, &modified(upload.modified_at, 0)).map_err(&failed)?;
    }
    // Whoever is told "it is there" may delete their own copy, so it has to be there after a power cut.
    rustix::fs::fdatasync(&file).map_err(&failed)?;
    faults.pass("upload: synced");
    let rule = OnConflict::parse(&upload.on_conflict).unwrap_or(OnConflict::KeepBoth);
    let (from, wanted) = (hidden(upload)?, kernel_name(&upload.name)?);
    let name = match rename::place(&directory, &from, &directory, &wanted, rule).map_err(&failed)? {
        Placed::As(name) => name,
        Placed::Skipped => {
            rustix::fs::unlinkat(&directory, &from, AtFlags::empty()).map_err(&failed)?;
            return Err(Error::Exists(upload.name.clone()));
        }
        // A folder has taken the name since. The file is worth more than the wish to replace.
        Placed::InTheWay => rename::rename_beside(&directory, &from, &directory, &wanted).map_err(&failed)?,
    };
    faults.pass("upload: placed");
    sync_directory(&directory).map_err(&failed)?;
    let path = upload.path.join(&rename::shown(&name)).map_err(|error| Error::Invalid(error.to_string()))?;
    look(&place, &upload.root, &path)
}
