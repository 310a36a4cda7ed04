//! The decisions of the edge, without HTTP, SQL or D-Bus in any signature.

pub(crate) mod access_token;
pub(crate) mod api_keys;
pub(crate) mod claim;
pub(crate) mod etag;
pub(crate) mod event_log;
pub(crate) mod gate;
pub(crate) mod hosts;
pub(crate) mod keys;
pub(crate) mod limiter;
pub(crate) mod live;
pub(crate) mod merge;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod range;
pub(crate) mod recovery;
pub(crate) mod strangers;
pub(crate) mod totp;
pub(crate) mod tus;
pub(crate) mod updating;
