use std::io::{Read, Seek, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zbus::{OwnedFd, Type};

use crate::error::{Error, Result};

/// Bytes up to this count travel in the message itself; more of them by descriptor.
pub const INLINE_LIMIT: usize = 32 * 1024;

/// A JSON representation that its owner wrote and the edge passes on unread.
///
/// Short ones stand in the message, long ones in a descriptor (a sealed memory file or a pipe) that is read
/// to its end. So a folder of ten files costs one message, and one of 100,000 never breaks the 64 KiB rule.
#[derive(Debug, Serialize, Deserialize, Type)]
pub struct Document {
    /// The bytes, when `stream` is empty.
    pub inline: Vec<u8>,
    /// No element, or exactly one descriptor to read instead.
    pub stream: Vec<OwnedFd>,
}

impl Document {
    /// Wraps bytes, choosing the way they travel.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        if bytes.len() <= INLINE_LIMIT {
            return Ok(Self { inline: bytes, stream: Vec::new() });
        }
        let failed = |error: std::io::Error| {
            Error::internal(format!("cannot pass a document of {} bytes: {error}", bytes.len()))
        };
        let memory = rustix::fs::memfd_create(
            "livos-document",
            rustix::fs::MemfdFlags::CLOEXEC | rustix::fs::MemfdFlags::ALLOW_SEALING,
        )
        .map_err(|error| failed(error.into()))?;
        let mut file = std::fs::File::from(memory);
        file.write_all(&bytes).and_then(|()| file.rewind()).map_err(failed)?;
        // A sealed file cannot shrink under the reader's feet.
        rustix::fs::fcntl_add_seals(
            &file,
            rustix::fs::SealFlags::SHRINK | rustix::fs::SealFlags::WRITE | rustix::fs::SealFlags::GROW,
        )
        .map_err(|error| failed(error.into()))?;
        Ok(Self { inline: Vec::new(), stream: vec![std::os::fd::OwnedFd::from(file).into()] })
    }

    /// Wraps a descriptor that ends when the document does.
    pub fn from_descriptor(descriptor: std::os::fd::OwnedFd) -> Self {
        Self { inline: Vec::new(), stream: vec![descriptor.into()] }
    }

    /// Writes a value as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        Self::from_bytes(serde_json::to_vec(value).map_err(Error::internal)?)
    }

    /// The descriptor to read, if the bytes are not inline.
    pub fn into_parts(self) -> (Vec<u8>, Option<std::os::fd::OwnedFd>) {
        (self.inline, self.stream.into_iter().next().map(Into::into))
    }

    /// Reads the whole document. Blocks when it is a pipe whose writer is slow.
    pub fn read(self) -> Result<Vec<u8>> {
        match self.into_parts() {
            (inline, None) => Ok(inline),
            (_, Some(descriptor)) => {
                let mut bytes = Vec::new();
                std::fs::File::from(descriptor)
                    .read_to_end(&mut bytes)
                    .map_err(|error| Error::internal(format!("cannot read a document: {error}")))?;
                Ok(bytes)
            }
        }
    }

    /// Reads the whole document from somebody who may mean harm: it has at most so many bytes and nobody is waited
    /// for, so a pipe is none.
    pub fn read_at_most(self, most: usize) -> Result<Vec<u8>> {
        let too_long = || Error::invalid(format!("it is longer than {most} bytes"));
        let bytes = match self.into_parts() {
            (inline, None) => inline,
            (_, Some(descriptor)) => {
                let failed = |error| Error::internal(format!("cannot read a document: {error}"));
                let file = std::fs::File::from(descriptor);
                if !file.metadata().map_err(failed)?.is_file() {
                    return Err(Error::invalid("a document that is sent has to be a file"));
                }
                let mut bytes = Vec::new();
                let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
                file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
                bytes
            }
        };
        if bytes.len() > most { Err(too_long()) } else { Ok(bytes) }
    }

    /// Reads and parses the whole document.
    pub fn parse<T: DeserializeOwned>(self) -> Result<T> {
        serde_json::from_slice(&self.read()?).map_err(Error::internal)
    }
}
