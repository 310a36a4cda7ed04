//! Secrets: given by the service manager, or made at first start and kept with mode 0600.

use std::path::{Path, PathBuf};

use rand::TryRngCore;

use crate::{Error, fs};

/// Bytes that never show up in a log: `Debug` prints only how many there are.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Wraps bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the one who needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Secret({} bytes)", self.0.len())
    }
}

/// Where a service finds its secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    credentials: Option<PathBuf>,
    directory: PathBuf,
}

impl Secrets {
    /// `credentials` is the service manager's directory (never written), `directory` ours.
    #[must_use]
    pub fn new(credentials: Option<PathBuf>, directory: PathBuf) -> Self {
        Self { credentials, directory }
    }

    /// A secret that someone else provides; `None` when nobody did.
    pub fn get(&self, name: &str) -> Result<Option<Secret>, Error> {
        check_name(name)?;
        for directory in self.credentials.iter().chain(std::iter::once(&self.directory)) {
            if let Some(secret) = read(name, &directory.join(name))? {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }

    /// A secret of ours: read, or made of `length` random bytes the first time.
    ///
    /// Two processes that race for it end up with the same bytes.
    pub fn get_or_create(&self, name: &str, length: usize) -> Result<Secret, Error> {
        let path = self.directory.join(name);
        let secret = match self.get(name)? {
            Some(secret) => secret,
            None => {
                fs::create_directory(&self.directory, 0o700)?;
                let mut bytes = vec![0; length];
                rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|source| Error::Write {
                    path: path.clone(),
                    source: std::io::Error::other(source),
                })?;
                if fs::atomic_create(&path, &bytes, 0o600)? {
                    return Ok(Secret(bytes));
                }
                read(name, &path)?
                    .ok_or_else(|| Error::ShortSecret { name: name.to_owned(), path: path.clone() })?
            }
        };
        // An empty or truncated key would be a guessable one.
        if secret.0.len() < length.min(16) {
            return Err(Error::ShortSecret { name: name.to_owned(), path });
        }
        Ok(secret)
    }
}

fn read(name: &str, path: &Path) -> Result<Option<Secret>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(Secret(bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::ReadSecret { name: name.to_owned(), path: path.to_owned(), source }),
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || name.len() > 64 || !name.chars().all(allowed) {
        return Err(Error::SecretName(name.to_owned()));
    }
    Ok(())
}
