use std::fmt;

use zbus::DBusError as _;
use zbus::message::{Header, Message};
use zbus::names::ErrorName;

/// What a call across the bus answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The six things that can go wrong on the wire. Each has one HTTP status at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request makes no sense: 400.
    Invalid,
    /// Not for this caller or this person: 403.
    Denied,
    /// There is no such thing: 404.
    NotFound,
    /// It does not fit what is there now: 409.
    Conflict,
    /// What is needed is not there at the moment: 503.
    Unavailable,
    /// A fault of ours: 500. Its text is for the log and never reaches a client.
    Internal,
}

impl ErrorKind {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Invalid, "io.livos.Error.Invalid", "invalid"),
        (Self::Denied, "io.livos.Error.Denied", "denied"),
        (Self::NotFound, "io.livos.Error.NotFound", "not_found"),
        (Self::Conflict, "io.livos.Error.Conflict", "conflict"),
        (Self::Unavailable, "io.livos.Error.Unavailable", "unavailable"),
        (Self::Internal, "io.livos.Error.Internal", "internal"),
    ];

    fn bus_name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, ..)| *kind == self)
            .map_or("io.livos.Error.Internal", |(_, name, _)| name)
    }

    /// The word that stands for this kind where no finer code is given.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("internal", |(.., word)| word)
    }
}

/// Finer codes that a client acts upon. Everything else is known by its kind's word.
pub mod codes {
    /// The disk, or the person's share of it, is full. HTTP 507.
    pub const NO_SPACE: &str = "no_space";
    /// The machine has less memory than the app is to have.
    pub const NO_MEMORY: &str = "no_memory";
    /// Something of that name is already there.
    pub const EXISTS: &str = "exists";
    /// What somebody changed was changed by somebody else before; it has to be read again.
    pub const CHANGED_MEANWHILE: &str = "changed_meanwhile";
    /// A folder is not empty, or is being moved into itself.
    pub const INTO_ITSELF: &str = "into_itself";
    /// Docker cannot be used; the message says why.
    pub const ENGINE_UNAVAILABLE: &str = "engine_unavailable";
    /// A port that is asked for is taken.
    pub const PORT_TAKEN: &str = "port_taken";
    /// The image is not made for this machine.
    pub const WRONG_ARCHITECTURE: &str = "wrong_architecture";
    /// The image does not exist in its registry.
    pub const IMAGE_NOT_FOUND: &str = "image_not_found";
    /// A registry did not answer.
    pub const REGISTRY_UNREACHABLE: &str = "registry_unreachable";
    /// A registry refuses more downloads for a while.
    pub const REGISTRY_LIMIT: &str = "registry_limit";
    /// An app did not become healthy in time.
    pub const UNHEALTHY: &str = "unhealthy";
    /// Permissions that the app asks for were not accepted.
    pub const CONSENT_NEEDED: &str = "consent_needed";
    /// An answer that the app needs is missing or malformed.
    pub const INPUT_NEEDED: &str = "input_needed";
    /// The app cannot run here; the message names what is unsupported.
    pub const UNSUPPORTED: &str = "unsupported";
    /// Another app must be installed first; the message says which.
    pub const DEPENDENCY_NEEDED: &str = "dependency_needed";
    /// Other apps need this one; the message says which.
    pub const NEEDED_BY_OTHERS: &str = "needed_by_others";
    /// A script of the app failed or was ended.
    pub const SCRIPT_FAILED: &str = "script_failed";
    /// A daemon died in the middle and the work was undone.
    pub const INTERRUPTED: &str = "interrupted";
}

/// A failure as it crosses the bus: a kind, a code for machines, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Which of the six.
    pub kind: ErrorKind,
    /// A stable code; the kind's own word when nothing finer is known.
    pub code: String,
    /// What failed, why, and what to do next, in words.
    pub message: String,
}

impl Error {
    fn of(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self { kind, code: kind.as_str().to_owned(), message: message.to_string() }
    }

    /// The request makes no sense.
    pub fn invalid(message: impl fmt::Display) -> Self {
        Self::of(ErrorKind::Invalid, message)
    }

    /// Not for this caller or this person.
    pub fn denied(message: impl fmt::Display) -> Self {
        Self::of(ErrorKind::Denied, message)
    }

    /// There is no such thing.
    pub fn not_found(message: impl fmt::Display) -> Self {
        Self::of(ErrorKind::NotFound, message)
    }

    /// It does not fit what is there now.
    pub fn conflict(message: impl fmt::Display) -> Self {
        Self::of(ErrorKind::Conflict, message)
    }

    /// What is needed is not there at the moment.
    pub fn unavailable(message: impl fmt::Display) -> Self {
        Self::of(ErrorKind::Unavailable, message)
    }

    /// A fault of ours; the text goes to the log.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self::of(ErrorKind::Internal, message)
    }

    /// The same failure with a finer code (see [`codes`]).
    #[must_use]
    pub fn with_code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.code);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl zbus::DBusError for Error {
    fn create_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.name()).build(&(&self.message, &self.code))
    }

    fn name(&self) -> ErrorName<'_> {
        ErrorName::from_static_str_unchecked(self.kind.bus_name())
    }

    fn description(&self) -> Option<&str> {
        Some(&self.message)
    }
}

impl From<zbus::Error> for Error {
    fn from(error: zbus::Error) -> Self {
        let zbus::Error::MethodError(name, description, reply) = &error else {
            return match error {
                zbus::Error::InputOutput(_) => Self::unavailable("the connection to the bus is gone"),
                // zbus hands over the errors of the bus itself in a form of their own.
                zbus::Error::FDO(standard) => {
                    Self::of_the_bus(standard.name().as_str(), standard.description())
                        .unwrap_or_else(|| Self::internal(standard))
                }
                other => Self::internal(other),
            };
        };
        if let Some((kind, _, word)) =
            ErrorKind::ALL.into_iter().find(|(_, bus_name, _)| *bus_name == name.as_str())
        {
            let body = reply.body();
            let (message, code) = body
                .deserialize::<(String, String)>()
                .unwrap_or_else(|_| (description.clone().unwrap_or_default(), word.to_owned()));
            return Self { kind, code, message };
        }
        Self::of_the_bus(name.as_str(), description.as_deref()).unwrap_or_else(|| Self::internal(&error))
    }
}

impl Error {
    /// What an error of the bus itself means to a caller of a service; `None` when it is a fault of ours.
    fn of_the_bus(name: &str, description: Option<&str>) -> Option<Self> {
        match name {
            "org.freedesktop.DBus.Error.ServiceUnknown"
            | "org.freedesktop.DBus.Error.NameHasNoOwner"
            | "org.freedesktop.DBus.Error.NoReply"
            | "org.freedesktop.DBus.Error.Disconnected"
            | "org.freedesktop.DBus.Error.TimedOut"
            | "org.freedesktop.DBus.Error.Timeout" => Some(Self::unavailable(
                "a part of LivOS is not running; it is restarted by itself, try again in a moment",
            )),
            "org.freedesktop.DBus.Error.AccessDenied" => {
                Some(Self::denied("the bus does not allow this call"))
            }
            "org.freedesktop.DBus.Error.InvalidArgs" => {
                Some(Self::invalid(description.unwrap_or("invalid arguments")))
            }
            _ => None,
        }
    }
}
