//! Browsers somebody has signed in with before.

use livos_store::Error;

use super::Store;

/// Devices remembered of a person; the one seen longest ago makes room.
const DEVICES: i64 = 20;

impl Store {
    /// Whether the person who signs in as this has done so with this device.
    pub(crate) async fn is_device_of(&self, username: &str, hash: &str) -> Result<bool, Error> {
        sqlx::query("select 1 from devices join users on users.id = user_id where username = ? and hash = ?")
            .bind(username)
            .bind(hash)
            .fetch_optional(self.writer())
            .await
            .map(|row| row.is_some())
            .map_err(Error::query("look for a device"))
    }

    /// Remembers a device of a person.
    pub(crate) async fn keep_device(&self, user: &str, hash: &str, now: i64) -> Result<(), Error> {
        let failed = Error::query("remember a device");
        let mut transaction = self.writer().begin().await.map_err(&failed)?;
        sqlx::query(
            "insert into devices (user_id, hash, seen_at) values (?, ?, ?)
             on conflict (user_id, hash) do update set seen_at = excluded.seen_at",
        )
        .bind(user)
        .bind(hash)
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        sqlx::query(
            "delete from devices where user_id = ? and hash not in
             (select hash from devices where user_id = ? order by seen_at desc, hash = ? desc limit ?)",
        )
        .bind(user)
        .bind(user)
        .bind(hash)
        .bind(DEVICES)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Forgets all devices of a person.
    pub(crate) async fn forget_devices(&self, user: &str) -> Result<(), Error> {
        sqlx::query("delete from devices where user_id = ?")
            .bind(user)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("forget devices"))
    }
}
