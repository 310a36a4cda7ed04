//! What the edge answers on the bus, to the machine's administrator alone.

mod accounts;
mod approvals;
mod keys;
mod mcp;

use livos_bus::{Caller, Callers, Error, Result};
use zbus::message::Header;

use crate::error::ApiError;

pub(crate) use accounts::Accounts;
pub(crate) use approvals::Approvals;
pub(crate) use keys::Keys;
pub(crate) use mcp::Mcp;

async fn require_administrator(callers: &Callers, header: &Header<'_>) -> Result<()> {
    match callers.who(header).await? {
        Caller::Administrator => Ok(()),
        _ => Err(Error::denied("this is for the machine's administrator; run it as root")),
    }
}

fn on_the_wire(error: ApiError) -> Error {
    let kind = match error.status {
        400 => Error::invalid(error.message),
        403 => Error::denied(error.message),
        404 => Error::not_found(error.message),
        409 => Error::conflict(error.message),
        429 | 503 | 507 => Error::unavailable(error.message),
        _ => Error::internal(error.message),
    };
    kind.with_code(&error.code)
}
