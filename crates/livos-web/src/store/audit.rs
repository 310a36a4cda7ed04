//! The audit trail: who did what, from where, when, and how it went.

use livos_store::Error;

use super::Store;

/// Entries kept.
const KEPT: i64 = 20_000;

/// An entry.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) at: i64,
    pub(crate) user_id: String,
    pub(crate) actor: String,
    pub(crate) address: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) outcome: String,
}

/// An entry to write.
#[derive(Debug)]
pub(crate) struct NewEntry<'a> {
    pub(crate) at: i64,
    pub(crate) user_id: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) address: &'a str,
    pub(crate) action: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) outcome: &'a str,
}

impl Store {
    /// Writes an entry. Every 256th takes the oldest away with it.
    pub(crate) async fn add_audit(&self, new: &NewEntry<'_>) -> Result<(), Error> {
        let failed = Error::query("write the audit trail");
        let done = sqlx::query(
            "insert into audit (at, user_id, actor, address, action, subject, outcome) values (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.at)
        .bind(new.user_id)
        .bind(new.actor)
        .bind(new.address)
        .bind(new.action)
        .bind(new.subject)
        .bind(new.outcome)
        .execute(self.writer())
        .await
        .map_err(&failed)?;
        if done.last_insert_rowid() % 256 == 0 {
            sqlx::query("delete from audit where id <= ?")
                .bind(done.last_insert_rowid() - KEPT)
                .execute(self.writer())
                .await
                .map_err(&failed)?;
        }
        Ok(())
    }

    /// Entries before one, newest first.
    pub(crate) async fn audit(&self, before: i64, limit: i64) -> Result<Vec<Entry>, Error> {
        sqlx::query_as("select * from audit where id < ? order by id desc limit ?")
            .bind(before)
            .bind(limit)
            .fetch_all(self.reader())
            .await
            .map_err(Error::query("read the audit trail"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_trail_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        // Rather than write 20,000 rows, let the numbers begin high.
        sqlx::query("insert into sqlite_sequence (name, seq) values ('audit', 25000)")
            .execute(store.writer())
            .await
            .unwrap();
        sqlx::query("insert into audit (id, at, user_id, actor, address, action, subject, outcome) values (3, 0, '', '', '', 'old', '', '')")
            .execute(store.writer())
            .await
            .unwrap();
        for at in 0..300 {
            let entry =
                NewEntry { at, user_id: "", actor: "", address: "", action: "x", subject: "", outcome: "ok" };
            store.add_audit(&entry).await.unwrap();
        }
        let entries = store.audit(i64::MAX, 1000).await.unwrap();
        assert_eq!(entries.len(), 300);
        assert!(entries.iter().all(|entry| entry.action == "x"));
        assert_eq!(store.audit(entries[1].id, 1).await.unwrap()[0].id, entries[2].id);
    }
}
