//! What can go wrong: [`Error`] ends the daemon, [`ApiError`] answers a request.

use std::path::PathBuf;

/// Why the edge cannot run. The cause is the source, never part of the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The chassis.
    #[error("the daemon cannot stand")]
    Chassis(#[from] livos_service::Error),
    /// The database.
    #[error("the accounts cannot be read")]
    Store(#[from] livos_store::Error),
    /// An account in the database is damaged.
    #[error("the account {id} in the database is damaged")]
    Account {
        /// Which.
        id: String,
    },
    /// Nothing listens.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The address to listen on makes no sense.
    #[error("{0:?} is not an address to listen on; use unix:/path, tcp:127.0.0.1:8081 or systemd")]
    ListenAddress(String),
    /// The claim code cannot be read or removed.
    #[error("cannot use the claim code in {path}")]
    ClaimCode {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The bus does not let us listen or answer.
    #[error("cannot use the bus")]
    Bus(#[source] Box<livos_bus::Error>),
}

impl From<livos_bus::Error> for Error {
    fn from(error: livos_bus::Error) -> Self {
        Self::Bus(Box::new(error))
    }
}

impl From<zbus::Error> for Error {
    fn from(error: zbus::Error) -> Self {
        Self::Bus(Box::new(error.into()))
    }
}

/// A refusal or failure as a client gets to see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// HTTP status.
    pub(crate) status: u16,
    /// For machines.
    pub(crate) code: String,
    /// For people: what, why, what next.
    pub(crate) message: String,
    /// Seconds to wait before trying again.
    pub(crate) retry_after: Option<i64>,
}

impl ApiError {
    fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), retry_after: None }
    }

    /// 400.
    pub(crate) fn invalid(message: impl std::fmt::Display) -> Self {
        Self::new(400, "invalid", message.to_string())
    }

    /// 403.
    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "denied", message)
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "not_found", message)
    }

    /// 409.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "conflict", message)
    }

    /// 401: nobody is signed in.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(401, "unauthenticated", "sign in first")
    }

    /// 401: no key, or none that is good.
    pub(crate) fn bad_key() -> Self {
        Self::new(
            401,
            "unauthenticated",
            "send a key of this server as ‘Authorization: Bearer livos_…’; keys are made in Settings, under Other programs",
        )
    }

    /// 403: the request is for a name that is not this server's, or from a page that is not its own.
    pub(crate) fn foreign(message: impl Into<String>) -> Self {
        Self::new(403, "foreign", message)
    }

    /// 401: the access token is too old.
    pub(crate) fn token_expired() -> Self {
        Self::new(401, "token_expired", "the sign-in has to be renewed")
    }

    /// 401: the second factor is missing.
    pub(crate) fn totp_required() -> Self {
        Self::new(401, "totp_required", "enter the code from your authenticator app, or a recovery code")
    }

    /// 401: name, password or code is wrong; never which.
    pub(crate) fn bad_credentials() -> Self {
        Self::new(401, "bad_credentials", "the user name, the password or the code is wrong")
    }

    /// 403: the request may come from another site.
    pub(crate) fn csrf() -> Self {
        Self::new(
            403,
            "csrf",
            "this request did not come from LivOS's own page; reload the page and try again",
        )
    }

    /// 503: too many ask at once.
    pub(crate) fn crowded() -> Self {
        Self::new(503, "unavailable", "too many ask at once without being signed in; try again in a moment")
            .retry_after(1)
    }

    /// 429.
    pub(crate) fn rate_limited(seconds: i64) -> Self {
        let mut error =
            Self::new(429, "rate_limited", format!("too many attempts; try again in {seconds} s"));
        error.retry_after = Some(seconds);
        error
    }

    /// 413.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(413, "too_large", message)
    }

    /// Another status of the HTTP or tus vocabulary.
    pub(crate) fn status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self::new(status, code, message)
    }

    /// The same with a finer code.
    pub(crate) fn with_code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.code);
        self
    }

    /// The same with a time to wait.
    pub(crate) fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 500. The cause goes to the log, here and once.
    pub(crate) fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = livos_service::chain(cause), "a request failed");
        Self::new(500, "internal", "something went wrong in LivOS; the log of livos-web says what")
    }
}

impl From<livos_store::Error> for ApiError {
    fn from(error: livos_store::Error) -> Self {
        if error.is_full() {
            tracing::error!(error = livos_service::chain(&error), "the system disk is full");
            return Self::new(507, "no_space", "the system disk is full; make room and try again");
        }
        Self::internal(&error)
    }
}

impl From<crate::core::password::PasswordError> for ApiError {
    fn from(error: crate::core::password::PasswordError) -> Self {
        match error {
            crate::core::password::PasswordError::Busy => Self::rate_limited(2),
            other => Self::internal(&other),
        }
    }
}

impl From<livos_bus::Error> for ApiError {
    fn from(error: livos_bus::Error) -> Self {
        use livos_bus::ErrorKind as Kind;
        let status = match error.kind {
            _ if error.code == livos_bus::codes::NO_SPACE => 507,
            Kind::Invalid => 400,
            Kind::Denied => 403,
            Kind::NotFound => 404,
            Kind::Conflict => 409,
            Kind::Unavailable => 503,
            Kind::Internal => return Self::internal(&error),
        };
        Self::new(status, &error.code, error.message)
    }
}
