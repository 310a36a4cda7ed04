//! Language models behind one port.
//!
//! [`Model`] answers a [`Request`] with a stream of [`Event`]s; dropping the stream is how to stop it.
//! Whoever runs a conversation sees only this port: which company answers, in which dialect, after how many
//! attempts, is decided when the model is put together.

mod collect;
mod dialect;
mod embeddings;
mod error;
mod event;
mod fail_over;
mod http;
mod key;
mod mend;
mod model;
mod remote;
mod request;
#[cfg(feature = "testing")]
pub mod scripted;

pub use collect::Collected;
pub use dialect::Dialect;
pub use embeddings::{Embedded, Embeds, RemoteEmbeddings, makes_vectors};
pub use error::Error;
pub use event::{Event, StopReason, Usage};
pub use fail_over::{FailOver, RandomFn, Retry, Tiers, may_ask_another};
pub use http::{Client, MillisFn, Sent, Splitter, is_of_the_house};
pub use key::Key;
pub use model::{Answer, Model, check};
pub use remote::{Endpoint, Remote};
pub use request::{
    AnswerPart, Image, ImageKind, Issuer, Limits, Message, PersonPart, Request, ResultPart, Signature,
    Thinking, Tier, Tool, ToolCall, ToolResult,
};
