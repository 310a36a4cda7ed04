//! What can go wrong, a variant per operation, and what each is on the wire.

use livos_bus::assistant::Problem;

/// A failed operation and its subject. The cause is the source, never part of the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The chassis failed.
    #[error(transparent)]
    Chassis(#[from] livos_service::Error),
    /// The bus failed.
    #[error("cannot speak on the bus")]
    Bus(#[from] zbus::Error),
    /// The contract's own helpers failed.
    #[error("cannot follow the callers")]
    Callers(#[source] livos_bus::Error),
    /// Rows could not be read or written.
    #[error(transparent)]
    Store(#[from] livos_store::Error),
    /// A row does not hold what it should.
    #[error("cannot read a row of {0}")]
    Row(&'static str, #[source] serde_json::Error),
    /// Something could not be written as JSON.
    #[error("cannot write {0}")]
    Write(&'static str, #[source] serde_json::Error),
    /// Memory failed.
    #[error("cannot use the memory")]
    Memory(#[from] livos_memory::Error),
    /// The key that seals the others is not one.
    #[error(
        "the secret nexus-seal is not 32 bytes long; restore it from a backup, or delete it and enter the keys again"
    )]
    SealingKey,
    /// A sealed key does not open.
    #[error("the key of {0} can't be unsealed; enter it again")]
    Sealed(String),
    /// No random bytes.
    #[error("there are no random bytes to be had")]
    Random,
    /// A pipe could not be made.
    #[error("cannot open a stream of events")]
    Stream(#[source] std::io::Error),

    /// No such conversation, or not this person's: both look the same from outside.
    #[error("there is no such conversation; it may have been deleted")]
    Unknown,
    /// No such proposal, or not to this person.
    #[error("there is no such proposal; its conversation may have been deleted")]
    UnknownProposal,
    /// No such run, or not this person's.
    #[error("there is no such run; its conversation may have been deleted")]
    UnknownRun,
    /// No such result, or not of this conversation.
    #[error("there is no such result in this conversation")]
    UnknownResult,
    /// Its text is gone.
    #[error("that result is not kept any more, as newer ones needed the room; use the tool again")]
    DroppedResult,
    /// No such picture, or not this person's.
    #[error("the picture is not there any more; add it again")]
    UnknownPicture,
    /// It does not fit how a proposal stands; the text says how it does.
    #[error("{0}")]
    Conflict(String),
    /// No provider of that name.
    #[error("there is no provider ‘{0}’")]
    UnknownProvider(String),
    /// Nobody makes vectors.
    #[error("nobody makes vectors of what is remembered")]
    UnknownEmbeddings,
    /// Nobody searches the web.
    #[error("no search engine is set up")]
    UnknownSearch,
    /// No server of that name.
    #[error("there is no server ‘{0}’")]
    UnknownToolServer(String),
    /// No such schedule, or not this person's.
    #[error("there is no such schedule; it may have been removed")]
    UnknownSchedule,
    /// No such skill, or not this person's.
    #[error("there is no such skill; it may have been removed")]
    UnknownSkill,
    /// No such subagent, or not this person's.
    #[error("there is no such subagent; subagent_list names those that there are")]
    UnknownSubagent,
    /// No such budget.
    #[error("there is no such budget")]
    UnknownBudget,
    /// The request makes no sense; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// A provider did not answer as it should when it was tried.
    #[error("{}", .0.message)]
    Refused(Problem),
    /// Too much of it is going on.
    #[error("too many {0}; close some and try again")]
    TooMany(&'static str),
}

impl Error {
    /// The failure as it crosses the bus: cause and next step in words, a code for what clients act upon.
    pub(crate) fn to_wire(&self) -> livos_bus::Error {
        use livos_bus::Error as Wire;
        match self {
            Self::Unknown
            | Self::UnknownProposal
            | Self::UnknownRun
            | Self::UnknownResult
            | Self::DroppedResult
            | Self::UnknownPicture
            | Self::UnknownProvider(_)
            | Self::UnknownBudget
            | Self::UnknownEmbeddings
            | Self::UnknownSchedule
            | Self::UnknownSearch
            | Self::UnknownSkill
            | Self::UnknownSubagent
            | Self::UnknownToolServer(_) => Wire::not_found(self),
            Self::Conflict(_) => Wire::conflict(self),
            Self::Invalid(_) | Self::Sealed(_) => Wire::invalid(self),
            Self::Refused(problem) => Wire::invalid(self).with_code(&problem.code),
            Self::TooMany(_) => Wire::unavailable(self),
            Self::Callers(error) => error.clone(),
            Self::Store(error) if error.is_full() => {
                Wire::unavailable("the disk is full; free some space and try again")
                    .with_code(livos_bus::codes::NO_SPACE)
            }
            Self::Memory(livos_memory::Error::Invalid(why)) => Wire::invalid(why),
            _ => Wire::internal(livos_service::chain(self)),
        }
    }
}
