//! What an app was before an update.

use std::path::PathBuf;

use livos_types::AppId;
use serde::{Deserialize, Serialize};

use super::{App, Rows, failed, write_app};
use crate::Error;

/// Which of an app's two places for what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// For the update that runs.
    Pending,
    /// For going back by hand.
    Kept,
}

impl Slot {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Kept => "kept",
        }
    }
}

/// What else is needed to be the old version again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keeping {
    /// The copy of the app's folder.
    pub(crate) folder: PathBuf,
    pub(crate) volumes: Vec<KeptVolume>,
    pub(crate) images: Vec<KeptImage>,
}

/// A volume and its copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptVolume {
    pub(crate) name: String,
    pub(crate) copy: String,
}

/// An image reference and what it meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptImage {
    pub(crate) reference: String,
    pub(crate) id: String,
}

/// What an app was.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Previous {
    /// Everything is kept.
    pub(crate) ready: bool,
    pub(crate) app: App,
    pub(crate) keeping: Keeping,
    /// It can be gone back to until then, UTC seconds.
    pub(crate) until: i64,
}

impl Rows {
    pub(crate) async fn previous(&self, id: &AppId, slot: Slot) -> Result<Option<Previous>, Error> {
        let row: Option<(bool, String, String, i64)> =
            sqlx::query_as("select ready, record, keeping, until from previous where app = ? and slot = ?")
                .bind(id.as_str())
                .bind(slot.as_str())
                .fetch_optional(self.0.reader())
                .await
                .map_err(failed("read what an app was"))?;
        let damaged = |source| Error::Record { app: id.to_string(), source };
        row.map(|(ready, record, keeping, until)| {
            Ok(Previous {
                ready,
                app: serde_json::from_str(&record).map_err(damaged)?,
                keeping: serde_json::from_str(&keeping).map_err(damaged)?,
                until,
            })
        })
        .transpose()
    }

    /// All that is noted of what one app was.
    pub(crate) async fn previous_of(&self, id: &AppId) -> Result<Vec<Previous>, Error> {
        let mut found = Vec::new();
        for slot in [Slot::Pending, Slot::Kept] {
            found.extend(self.previous(id, slot).await?);
        }
        Ok(found)
    }

    /// Everything that is kept of any app, to tell it from what was left over.
    pub(crate) async fn keepings(&self) -> Result<Vec<Keeping>, Error> {
        let rows: Vec<String> = sqlx::query_scalar("select keeping from previous")
            .fetch_all(self.0.reader())
            .await
            .map_err(failed("read what apps were"))?;
        rows.iter()
            .map(|text| {
                serde_json::from_str(text).map_err(|source| Error::Record { app: String::new(), source })
            })
            .collect()
    }

    pub(crate) async fn put_previous(&self, slot: Slot, previous: &Previous) -> Result<(), Error> {
        let damaged = |source| Error::Record { app: previous.app.id.to_string(), source };
        sqlx::query(
            "insert or replace into previous (app, slot, ready, record, keeping, until) values (?, ?, ?, ?, ?, ?)",
        )
        .bind(previous.app.id.as_str())
        .bind(slot.as_str())
        .bind(previous.ready)
        .bind(serde_json::to_string(&previous.app).map_err(damaged)?)
        .bind(serde_json::to_string(&previous.keeping).map_err(damaged)?)
        .bind(previous.until)
        .execute(self.0.writer())
        .await
        .map_err(failed("write what an app was"))?;
        Ok(())
    }

    pub(crate) async fn delete_previous(&self, id: &AppId, slot: Slot) -> Result<(), Error> {
        sqlx::query("delete from previous where app = ? and slot = ?")
            .bind(id.as_str())
            .bind(slot.as_str())
            .execute(self.0.writer())
            .await
            .map_err(failed("forget what an app was"))?;
        Ok(())
    }

    /// The one moment in which an update counts: the app is the new one, and what it was can be gone back to.
    pub(crate) async fn commit_update(&self, app: &App) -> Result<(), Error> {
        let failed = failed("finish an update");
        let mut transaction = self.0.writer().begin_with("begin immediate").await.map_err(&failed)?;
        write_app(&mut transaction, app).await?;
        for statement in [
            "delete from previous where app = ? and slot = 'kept'",
            "update previous set slot = 'kept' where app = ? and slot = 'pending'",
        ] {
            sqlx::query(statement).bind(app.id.as_str()).execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// The app is again what it was, which need not be kept any longer.
    pub(crate) async fn commit_return(&self, app: &App, slot: Slot) -> Result<(), Error> {
        let failed = failed("finish going back");
        let mut transaction = self.0.writer().begin_with("begin immediate").await.map_err(&failed)?;
        write_app(&mut transaction, app).await?;
        sqlx::query("delete from previous where app = ? and slot = ?")
            .bind(app.id.as_str())
            .bind(slot.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }
}
