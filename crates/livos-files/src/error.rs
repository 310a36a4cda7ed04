//! What can go wrong, a variant per operation, and what each is on the wire.

use std::io;

use livos_bus::codes;
use livos_types::RootId;
use rustix::io::Errno;

/// A failed operation and its subject. The cause is the source, never part of the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data directory could not be opened or made.
    #[error("cannot open the data directory {0}; check that it exists and belongs to this user")]
    Data(String, #[source] io::Error),
    /// Nothing can be watched.
    #[error("cannot watch folders for changes")]
    Watch(#[source] io::Error),
    /// The chassis failed.
    #[error(transparent)]
    Chassis(#[from] livos_service::Error),
    /// The bus failed.
    #[error("cannot speak on the bus")]
    Bus(#[source] Box<zbus::Error>),
    /// The contract's own helpers failed.
    #[error("cannot follow the callers")]
    Callers(#[source] livos_bus::Error),
    /// Rows could not be read or written.
    #[error(transparent)]
    Store(#[from] livos_store::Error),
    /// A thread could not be started, or ended early.
    #[error("cannot start the work")]
    Worker(#[source] io::Error),

    /// The place is not for this person, or there is none of that name: both look the same from outside.
    #[error("‘{0}’ is not a place that you may enter")]
    NoEntry(RootId),
    /// The person may look but not touch.
    #[error("you may not change anything in ‘{0}’")]
    ReadOnly(RootId),
    /// It lies in no folder that is shared with Nexus, there or not.
    #[error("‘{0}’ is in no folder that is shared with Nexus; the person shares one in the Files window")]
    NotShared(String),
    /// It lies in no folder where Nexus may change files.
    #[error("‘{0}’ is in no folder where Nexus may change files; its person allows that in the Files window")]
    NotWritable(String),
    /// It is not as it was when somebody agreed to change it; the text says how.
    #[error("{0}")]
    Conflict(String),
    /// A file whose words there are none to read.
    #[error("‘{path}’ is no text that can be read: {media_type}, {size} bytes")]
    NotText {
        /// The file.
        path: String,
        /// By its extension.
        media_type: &'static str,
        /// Bytes.
        size: u64,
    },
    /// The request makes no sense; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// No such upload, trashed file or job item, or not this person's.
    #[error("there is no {0}; it may be finished, or was thrown away")]
    Unknown(&'static str),
    /// The name is taken and the rule says to leave what is there.
    #[error("‘{0}’ already exists; choose another name, or to replace it or keep both")]
    Exists(String),
    /// The destination lies inside what is moved or copied.
    #[error("‘{0}’ cannot be put into itself")]
    IntoItself(String),
    /// It does not fit.
    #[error("this needs {needed} bytes, and only {free} are free")]
    NoSpace {
        /// Bytes asked for.
        needed: u64,
        /// Bytes there are.
        free: u64,
    },
    /// An upload is being written already.
    #[error("somebody is writing to this upload; try again when that has ended")]
    UploadBusy,
    /// An upload has not arrived whole.
    #[error("{offset} of {size} bytes have arrived; send the rest first")]
    UploadIncomplete {
        /// Bytes that are there.
        offset: u64,
        /// Bytes there will be.
        size: u64,
    },
    /// It lies on another disk than the trash.
    #[error("‘{0}’ is on another disk than the trash; move it to Home first, or delete it there")]
    TrashElsewhere(String),
    /// Too much of it is going on.
    #[error("too many {0} at once; try again in a moment")]
    TooMany(&'static str),

    /// A place could not be opened.
    #[error("cannot open the place ‘{0}’")]
    Enter(String, #[source] io::Error),
    /// A folder could not be listed.
    #[error("cannot list ‘{0}’")]
    List(String, #[source] io::Error),
    /// An entry could not be looked at.
    #[error("cannot look at ‘{0}’")]
    Stat(String, #[source] io::Error),
    /// A file could not be opened.
    #[error("cannot open ‘{0}’")]
    Open(String, #[source] io::Error),
    /// An archive could not be made.
    #[error("cannot pack ‘{0}’")]
    Archive(String, #[source] io::Error),
    /// A folder could not be shared, or is not there to be looked into.
    #[error("cannot look into the shared folder ‘{0}’")]
    Share(String, #[source] io::Error),
    /// A search could not start.
    #[error("cannot search ‘{0}’")]
    Search(String, #[source] io::Error),
    /// A folder could not be made.
    #[error("cannot create ‘{0}’")]
    CreateDirectory(String, #[source] io::Error),
    /// An entry could not be renamed.
    #[error("cannot rename ‘{0}’")]
    Rename(String, #[source] io::Error),
    /// An entry could not be moved.
    #[error("cannot move ‘{0}’")]
    Move(String, #[source] io::Error),
    /// An entry could not be copied.
    #[error("cannot copy ‘{0}’")]
    Copy(String, #[source] io::Error),
    /// An entry could not be moved to the trash.
    #[error("cannot move ‘{0}’ to the trash")]
    Trash(String, #[source] io::Error),
    /// An entry could not be put back.
    #[error("cannot restore ‘{0}’")]
    Restore(String, #[source] io::Error),
    /// An entry could not be deleted.
    #[error("cannot delete ‘{0}’")]
    Delete(String, #[source] io::Error),
    /// A wallpaper could not be kept or read.
    #[error("cannot keep the wallpaper")]
    Wallpaper(#[source] io::Error),
    /// An upload could not be begun, written or finished.
    #[error("cannot upload ‘{0}’")]
    Upload(String, #[source] io::Error),
}

/// What every failed system call becomes: `at(Error::List, path)` names the operation and its subject.
pub(crate) fn at(make: fn(String, io::Error) -> Error, subject: &str) -> impl Fn(Errno) -> Error + use<> {
    let subject = subject.to_owned();
    move |errno| make(subject.clone(), errno.into())
}

impl Error {
    /// The error number beneath, if the file system refused.
    pub(crate) fn errno(&self) -> Option<Errno> {
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            if let Some(found) = error.downcast_ref::<io::Error>() {
                return Errno::from_io_error(found);
            }
            source = error.source();
        }
        None
    }

    /// The failure as it crosses the bus: cause and next step in words, a code for what clients act upon.
    pub(crate) fn to_wire(&self) -> livos_bus::Error {
        use livos_bus::Error as Wire;
        match self {
            Self::NoEntry(_) | Self::ReadOnly(_) | Self::NotShared(_) | Self::NotWritable(_) => {
                Wire::denied(self)
            }
            Self::Conflict(_) => Wire::conflict(self),
            Self::Invalid(_) | Self::NotText { .. } => Wire::invalid(self),
            Self::Unknown(_) => Wire::not_found(self),
            Self::Exists(_) => Wire::conflict(self).with_code(codes::EXISTS),
            Self::IntoItself(_) => Wire::conflict(self).with_code(codes::INTO_ITSELF),
            Self::NoSpace { .. } => Wire::unavailable(self).with_code(codes::NO_SPACE),
            Self::UploadBusy | Self::UploadIncomplete { .. } | Self::TrashElsewhere(_) => {
                Wire::conflict(self)
            }
            Self::TooMany(_) => Wire::unavailable(self),
            Self::Callers(error) => error.clone(),
            Self::Store(error) if error.is_full() => full(self),
            Self::Worker(_) => Wire::unavailable("too much is going on at once; try again in a moment"),
            // Their causes speak of our own files and sockets, not of what the person asked for.
            Self::Data(..) | Self::Watch(_) | Self::Chassis(_) | Self::Bus(_) | Self::Store(_) => {
                Wire::internal(livos_service::chain(self))
            }
            _ => match self.errno() {
                Some(errno) => refused(self, errno),
                None => Wire::internal(livos_service::chain(self)),
            },
        }
    }
}

fn full(error: &Error) -> livos_bus::Error {
    livos_bus::Error::unavailable(format!("{error}: the disk is full; free some space and try again"))
        .with_code(codes::NO_SPACE)
}

/// A system's refusal in words.
fn refused(error: &Error, errno: Errno) -> livos_bus::Error {
    use livos_bus::Error as Wire;
    let say = |why: &str| format!("{error}: {why}");
    match errno {
        Errno::NOENT => Wire::not_found(say("it does not exist, or not any more")),
        Errno::ACCESS | Errno::PERM => Wire::denied(say("its owner on the disk does not allow it")),
        Errno::XDEV => Wire::denied(say("it leads out of its place")),
        Errno::ROFS => Wire::denied(say("its disk can only be read")),
        Errno::NOTDIR => Wire::invalid(say("it is not a folder")),
        Errno::ISDIR => Wire::invalid(say("it is a folder, not a file")),
        Errno::NXIO => {
            Wire::invalid(say("it is a link, a device, a socket or a pipe, and those are not opened"))
        }
        Errno::LOOP => Wire::invalid(say("its links lead in a circle")),
        Errno::NAMETOOLONG => Wire::invalid(say("its name or path is too long for the disk")),
        Errno::INVAL => Wire::invalid(say("the disk does not take this name")),
        Errno::EXIST | Errno::NOTEMPTY => {
            Wire::conflict(say("something of that name is already there")).with_code(codes::EXISTS)
        }
        Errno::BUSY => Wire::conflict(say("it is in use, or is the place itself")),
        Errno::CANCELED => Wire::conflict(say("it was cancelled")),
        Errno::NOSPC | Errno::DQUOT => full(error),
        Errno::FBIG => Wire::invalid(say("it is larger than this disk's files can be")),
        Errno::NOSYS => {
            Wire::unavailable(say("the kernel is older than 5.6 and cannot keep paths in their place"))
        }
        Errno::AGAIN => {
            Wire::unavailable(say("folders on the way are being renamed all the time; try again"))
        }
        Errno::MFILE | Errno::NFILE => {
            Wire::unavailable(say("too many files are open; try again in a moment"))
        }
        Errno::IO | Errno::STALE | Errno::NODEV => {
            Wire::unavailable(say("the disk does not answer as it should; check it and its cable"))
        }
        _ => Wire::internal(livos_service::chain(error)),
    }
}
