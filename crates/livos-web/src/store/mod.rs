//! Rows: accounts, sessions, settings, the audit trail, stored outcomes.

mod accounts;
mod audit;
mod devices;
mod keys;
mod outcomes;
mod rules;
mod sessions;
mod wishes;

use std::path::Path;

use livos_store::{Database, Error, Migration};

pub(crate) use accounts::{Account, NewAccount};
pub(crate) use audit::{Entry, NewEntry};
pub(crate) use keys::KeyRow;
pub(crate) use outcomes::Outcome;
pub(crate) use sessions::{NewSession, SessionRow};
pub(crate) use wishes::{NewWish, WishRow};

const MIGRATIONS: &[Migration] = &[
    Migration::new("0001_accounts", include_str!("../../migrations/0001_accounts.sql")),
    Migration::new("0002_former_usernames", include_str!("../../migrations/0002_former_usernames.sql")),
    Migration::new("0003_devices", include_str!("../../migrations/0003_devices.sql")),
    Migration::new("0004_assistant_rules", include_str!("../../migrations/0004_assistant_rules.sql")),
    Migration::new("0005_wishes", include_str!("../../migrations/0005_wishes.sql")),
    Migration::new("0006_keys", include_str!("../../migrations/0006_keys.sql")),
    Migration::new("0007_farewells", include_str!("../../migrations/0007_farewells.sql")),
];

/// The edge's database.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    database: Database,
}

impl Store {
    /// Opens or makes `web.db` in the state directory.
    pub(crate) async fn open(directory: &Path) -> Result<Self, Error> {
        Ok(Self { database: Database::open(&directory.join("web.db"), MIGRATIONS).await? })
    }

    /// Closes it in order.
    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    fn writer(&self) -> &sqlx::SqlitePool {
        self.database.writer()
    }

    fn reader(&self) -> &sqlx::SqlitePool {
        self.database.reader()
    }
}
