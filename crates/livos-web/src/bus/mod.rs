//! What the edge answers on the bus: accounts, for the machine's administrator.

mod accounts;

pub(crate) use accounts::Accounts;
