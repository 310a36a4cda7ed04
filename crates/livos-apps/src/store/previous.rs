//! What an app was before an update.

use std::path::PathBuf;

use livos_types::AppId;
use serde::{Deserialize, Serialize};

use super::{App, Phase, Rows, failed, write_app};
use crate::Error;

/// Which of an app's places for what it was. A change of one kind does not take the place of the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Slot {
    /// For the change that runs.
    Pending,
    /// For going back by hand to what was before the last update.
    Version,
    /// For going back by hand to what was before the last change of settings.
    Settings,
}

impl Slot {
    pub(crate) const ALL: [Self; 3] = [Self::Pending, Self::Version, Self::Settings];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Version => "version",
            Self::Settings => "settings",
        }
    }

    /// One that a person can go back to, by its name.
    pub(crate) fn kept(name: &str) -> Option<Self> {
        [Self::Version, Self::Settings].into_iter().find(|slot| slot.as_str() == name)
    }
}

/// What else is needed to be the old version again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keeping {
    /// The copy of the app's folder.
    pub(crate) folder: PathBuf,
    pub(crate) volumes: Vec<KeptVolume>,
    /// Volumes without a name are among them. They were not always.
    #[serde(default)]
    pub(crate) unnamed: bool,
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
        for slot in Slot::ALL {
            found.extend(self.previous(id, slot).await?);
        }
        Ok(found)
    }

    /// What an app can be brought back to by hand, the latest first.
    pub(crate) async fn ways_back(&self, id: &AppId) -> Result<Vec<(Slot, Previous)>, Error> {
        let names: Vec<String> = sqlx::query_scalar(
            "select slot from previous where app = ? and slot <> 'pending' order by number desc, slot",
        )
        .bind(id.as_str())
        .fetch_all(self.0.reader())
        .await
        .map_err(failed("read what an app was"))?;
        let mut ways = Vec::new();
        for slot in names.iter().filter_map(|name| Slot::kept(name)) {
            ways.extend(self.previous(id, slot).await?.map(|previous| (slot, previous)));
        }
        Ok(ways)
    }

    /// What an app is on its way back to.
    pub(crate) async fn chosen_way(&self, id: &AppId) -> Result<Option<Slot>, Error> {
        let name: Option<String> =
            sqlx::query_scalar("select slot from previous where app = ? and chosen = 1")
                .bind(id.as_str())
                .fetch_optional(self.0.reader())
                .await
                .map_err(failed("read what an app was"))?;
        Ok(name.as_deref().and_then(Slot::kept))
    }

    /// The app is on its way back to this from now on, whatever happens.
    pub(crate) async fn choose_way(&self, id: &AppId, slot: Slot) -> Result<(), Error> {
        let failed = failed("begin to go back");
        let mut transaction = self.0.writer().begin_with("begin immediate").await.map_err(&failed)?;
        sqlx::query("update previous set chosen = (slot = ?) where app = ?")
            .bind(slot.as_str())
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("update apps set phase = ? where id = ?")
            .bind(Phase::RollingBack.as_str())
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
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
    pub(crate) async fn commit_update(&self, app: &App, slot: Slot) -> Result<(), Error> {
        let failed = failed("finish an update");
        let mut transaction = self.0.writer().begin_with("begin immediate").await.map_err(&failed)?;
        write_app(&mut transaction, app).await?;
        for statement in [
            "delete from previous where app = ?1 and slot = ?2",
            "update previous
             set slot = ?2, number = 1 + (select max(number) from previous where app = ?1)
             where app = ?1 and slot = 'pending'",
        ] {
            sqlx::query(statement)
                .bind(app.id.as_str())
                .bind(slot.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// The app is again what it was, which need not be kept any longer, and neither need what it was after that.
    pub(crate) async fn commit_return(&self, app: &App, slot: Slot) -> Result<(), Error> {
        let failed = failed("finish going back");
        let mut transaction = self.0.writer().begin_with("begin immediate").await.map_err(&failed)?;
        write_app(&mut transaction, app).await?;
        sqlx::query(
            "delete from previous
             where app = ?1 and (slot = ?2 or (?2 <> 'pending' and slot <> 'pending' and number >=
                 (select number from previous where app = ?1 and slot = ?2)))",
        )
        .bind(app.id.as_str())
        .bind(slot.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }
}

#[cfg(test)]
mod tests {
    use livos_store::Database;
    use livos_types::AppId;

    use super::super::{MIGRATIONS, Rows};

    #[tokio::test]
    async fn what_was_kept_before_there_were_two_ways_is_the_one_that_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("apps.db");
        let old = Database::open(&path, &MIGRATIONS[..5]).await.unwrap();
        for (app, was) in [("updated", "old"), ("set", "new")] {
            sqlx::query(
                "insert into apps (id, name, store, version, icon, phase, wanted, spec, source, host, upstream_port,
                                   gateway_port, kept, installed_at)
                 values (?, '', '', '', '', 'installed', 'running', '{}', 'new', '', 0, 0, '[]', 0)",
            )
            .bind(app)
            .execute(old.writer())
            .await
            .unwrap();
            for slot in ["kept", "pending"] {
                sqlx::query("insert into previous values (?, ?, 1, json_object('source', ?), '{}', 7)")
                    .bind(app)
                    .bind(slot)
                    .bind(was)
                    .execute(old.writer())
                    .await
                    .unwrap();
            }
        }
        old.close().await;
        let rows = Rows(Database::open(&path, MIGRATIONS).await.unwrap());
        for (app, slot) in [("updated", "version"), ("set", "settings")] {
            let id = AppId::new(app).unwrap();
            let slots: Vec<String> =
                sqlx::query_scalar("select slot from previous where app = ? order by slot")
                    .bind(id.as_str())
                    .fetch_all(rows.0.reader())
                    .await
                    .unwrap();
            let mut wanted = ["pending", slot];
            wanted.sort_unstable();
            assert_eq!(slots, wanted);
        }
    }
}
