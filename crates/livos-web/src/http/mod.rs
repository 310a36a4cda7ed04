//! HTTP without resources: who asks, what may be asked, and how bytes and errors are sent.

pub(crate) mod access;
pub(crate) mod buffers;
pub(crate) mod content;
pub(crate) mod cookies;
pub(crate) mod document;
pub(crate) mod drain;
pub(crate) mod edge;
pub(crate) mod file_stream;
pub(crate) mod handover;
pub(crate) mod headers;
pub(crate) mod held;
pub(crate) mod json;
pub(crate) mod outcomes;
pub(crate) mod programs;
pub(crate) mod query;
pub(crate) mod respond;
pub(crate) mod websocket;
