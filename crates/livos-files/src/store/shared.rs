//! Folders that people share with Nexus.

use livos_store::Error;
use livos_types::{RelPath, RootId};

use super::Store;
use super::personal::Mark;

impl Store {
    /// The first added first.
    pub(crate) async fn shares(&self, person: &str) -> Result<Vec<Mark>, Error> {
        sqlx::query_as("select root, path, added_at as at from nexus_shares where person = ? order by added_at, root, path")
            .bind(person)
            .fetch_all(self.0.reader())
            .await
            .map_err(Error::query("read what is shared with Nexus"))
    }

    /// Adds one, unless there are `most` already; says whether it is there now.
    pub(crate) async fn add_share(&self, person: &str, mark: &Mark, most: i64) -> Result<bool, Error> {
        let added = sqlx::query(
            "insert into nexus_shares (person, root, path, added_at)
             select ?1, ?2, ?3, ?4
             where (select count(*) from nexus_shares where person = ?1) < ?5
                or exists (select 1 from nexus_shares where person = ?1 and root = ?2 and path = ?3)
             on conflict do update set added_at = added_at",
        )
        .bind(person)
        .bind(mark.root.as_str())
        .bind(mark.path.as_str())
        .bind(mark.at)
        .bind(most)
        .execute(self.0.writer())
        .await
        .map_err(Error::query("share a folder with Nexus"))?;
        Ok(added.rows_affected() > 0)
    }

    pub(crate) async fn remove_share(
        &self,
        person: &str,
        root: &RootId,
        path: &RelPath,
    ) -> Result<(), Error> {
        sqlx::query("delete from nexus_shares where person = ? and root = ? and path = ?")
            .bind(person)
            .bind(root.as_str())
            .bind(path.as_str())
            .execute(self.0.writer())
            .await
            .map_err(Error::query("stop sharing a folder with Nexus"))?;
        Ok(())
    }
}
