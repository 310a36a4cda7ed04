//! Failures in words that a person can act upon.

use livos_bus::assistant::Problem;
use livos_llm::Error;

/// A problem without a time to wait.
pub(crate) fn of(code: &str, message: impl Into<String>) -> Problem {
    Problem { code: code.to_owned(), message: message.into(), retry_after: None }
}

/// A limit was reached.
pub(crate) fn limit(message: impl Into<String>) -> Problem {
    of("limit", message)
}

/// The daemon died in the middle.
pub(crate) fn interrupted() -> Problem {
    of("interrupted", "LivOS was stopped while this answer was being written; it was asked for again")
}

/// The model of a tier did not answer, and the usual one does.
pub(crate) fn elsewhere(model: &str, why: &Problem) -> Problem {
    of("interrupted", format!("{model} did not answer: {}. The usual model answers instead", why.message))
}

/// Whether it may be the pictures that a model does not take. Who says no in words of its own is asked without them as well:
/// then it says what else there is.
pub(crate) fn may_be_pictures(error: &Error) -> bool {
    match error {
        Error::PictureRefused { .. } => true,
        Error::Refused { status, .. } => matches!(status, 400 | 415 | 422),
        _ => false,
    }
}

/// A model does not take the pictures.
pub(crate) fn unseen(model: &str, error: &Error) -> Problem {
    let message = format!(
        "{model} did not take the picture, so it answers without it: {error}. Choose a model that looks at pictures, with \
         /model or in Settings, AI"
    );
    of("picture", message)
}

/// A model read only the end of what it was told, and did not say so.
pub(crate) fn window(model: &str, read: u64, told: u64) -> Problem {
    let message = format!(
        "{model} read {read} tokens of about {told}, so it does not know the rest, and may not know which tools it has; \
         give it a larger context, for Ollama with OLLAMA_CONTEXT_LENGTH=32768, and more memory if it needs that"
    );
    of("window", message)
}

/// Something of ours went wrong; the log says what.
pub(crate) fn internal() -> Problem {
    of("internal", "Nexus failed at this; its log says why. Try again")
}

/// Why a model did not answer.
pub(crate) fn of_model(error: &Error) -> Problem {
    let retry_after = error.retry_after().map(|wait| wait.as_secs().max(1));
    let (code, message) = match error {
        Error::KeyRefused { .. } => ("key_refused", format!("{error}; enter a valid key")),
        Error::NoCredit { .. } => ("limit", format!("{error}; add credit there, or choose another provider")),
        Error::RateLimited { .. } => ("rate_limited", format!("{error}; try again later")),
        Error::Overloaded { .. } => ("rate_limited", format!("{error}; try again in a while")),
        Error::Unreachable { .. } => (
            "unreachable",
            format!("{}; check the address and this server's network", livos_service::chain(error)),
        ),
        Error::TimedOut { .. } => ("unreachable", format!("{error}; try again")),
        Error::ModelMissing { .. } => ("model_missing", format!("{error}; choose another model")),
        Error::ContextTooLong { .. } => ("limit", format!("{error}; begin a new conversation")),
        Error::ContentRefused { .. } => ("limit", format!("{error}; ask for it in other words")),
        Error::PictureRefused { .. } => {
            ("picture", format!("{error}; choose a model that looks at pictures"))
        }
        Error::CutOff { .. } => ("interrupted", format!("{error}; try again")),
        Error::Malformed { .. } => {
            ("unreachable", format!("{error}; check the address and the kind of provider"))
        }
        Error::Refused { status: 404, .. } => ("unreachable", format!("{error}; check the address")),
        Error::Refused { .. } => ("internal", error.to_string()),
        Error::Endpoint(_) => ("unreachable", error.to_string()),
        Error::Request(_) => ("internal", error.to_string()),
    };
    Problem { code: code.to_owned(), message, retry_after }
}
