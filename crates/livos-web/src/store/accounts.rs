//! People.

use livos_store::Error;

use super::Store;

/// A person, with what only the password check may see.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) password_hash: String,
    pub(crate) temporary: bool,
    pub(crate) disabled: bool,
    pub(crate) totp_secret: Option<String>,
    pub(crate) totp_offered: Option<String>,
    pub(crate) totp_step: i64,
    pub(crate) failures: i64,
    pub(crate) locked_until: i64,
    pub(crate) created_at: i64,
    pub(crate) last_seen_at: i64,
}

/// A person to add.
#[derive(Debug)]
pub(crate) struct NewAccount<'a> {
    pub(crate) id: &'a str,
    pub(crate) username: &'a str,
    pub(crate) name: &'a str,
    pub(crate) role: &'a str,
    pub(crate) password_hash: &'a str,
    pub(crate) temporary: bool,
    pub(crate) created_at: i64,
    pub(crate) recovery: &'a [String],
}

impl Store {
    /// Everybody.
    pub(crate) async fn accounts(&self) -> Result<Vec<Account>, Error> {
        sqlx::query_as("select * from users order by created_at, id")
            .fetch_all(self.writer())
            .await
            .map_err(Error::query("read accounts"))
    }

    /// The person with this account.
    pub(crate) async fn account(&self, id: &str) -> Result<Option<Account>, Error> {
        sqlx::query_as("select * from users where id = ?")
            .bind(id)
            .fetch_optional(self.writer())
            .await
            .map_err(Error::query("read an account"))
    }

    /// The person who signs in as this.
    pub(crate) async fn account_named(&self, username: &str) -> Result<Option<Account>, Error> {
        sqlx::query_as("select * from users where username = ?")
            .bind(username)
            .fetch_optional(self.writer())
            .await
            .map_err(Error::query("read an account"))
    }

    /// Adds a person. Fails as a conflict when the name, or the place of owner, is taken.
    pub(crate) async fn add_account(&self, new: &NewAccount<'_>) -> Result<(), Error> {
        let failed = Error::query("add an account");
        let mut transaction = self.writer().begin().await.map_err(&failed)?;
        sqlx::query(
            "insert into users (id, username, name, role, password_hash, temporary, created_at)
             values (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.id)
        .bind(new.username)
        .bind(new.name)
        .bind(new.role)
        .bind(new.password_hash)
        .bind(new.temporary)
        .bind(new.created_at)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        for hash in new.recovery {
            sqlx::query("insert into recovery_codes (user_id, hash) values (?, ?)")
                .bind(new.id)
                .bind(hash)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Changes what is not secret.
    pub(crate) async fn update_account(
        &self,
        id: &str,
        name: &str,
        role: &str,
        disabled: bool,
    ) -> Result<(), Error> {
        sqlx::query("update users set name = ?, role = ?, disabled = ? where id = ?")
            .bind(name)
            .bind(role)
            .bind(disabled)
            .bind(id)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("change an account"))
    }

    /// Removes a person with all that hangs on them; false when there is none.
    pub(crate) async fn remove_account(&self, id: &str) -> Result<bool, Error> {
        sqlx::query("delete from users where id = ?")
            .bind(id)
            .execute(self.writer())
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(Error::query("remove an account"))
    }

    /// Of whom the agent has not yet said that it has forgotten them.
    pub(crate) async fn farewells(&self) -> Result<Vec<String>, Error> {
        sqlx::query_scalar("select user_id from farewells")
            .fetch_all(self.reader())
            .await
            .map_err(Error::query("look who is to be forgotten"))
    }

    /// The agent has forgotten them.
    pub(crate) async fn forgotten(&self, id: &str) -> Result<(), Error> {
        sqlx::query("delete from farewells where user_id = ?")
            .bind(id)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("note that somebody is forgotten"))
    }

    /// Whether somebody who is gone had this user name.
    pub(crate) async fn is_former_username(&self, username: &str) -> Result<bool, Error> {
        sqlx::query("select 1 from former_usernames where username = ?")
            .bind(username)
            .fetch_optional(self.reader())
            .await
            .map(|row| row.is_some())
            .map_err(Error::query("look for a former user name"))
    }

    /// Sets a password; with it, failures are forgotten.
    pub(crate) async fn set_password(&self, id: &str, hash: &str, temporary: bool) -> Result<(), Error> {
        sqlx::query(
            "update users set password_hash = ?, temporary = ?, failures = 0, locked_until = 0 where id = ?",
        )
        .bind(hash)
        .bind(temporary)
        .bind(id)
        .execute(self.writer())
        .await
        .map(drop)
        .map_err(Error::query("set a password"))
    }

    /// Remembers failed sign-ins across a restart.
    pub(crate) async fn set_standing(&self, id: &str, failures: u32, locked_until: i64) -> Result<(), Error> {
        sqlx::query("update users set failures = ?, locked_until = ? where id = ?")
            .bind(failures)
            .bind(locked_until)
            .bind(id)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("count a failed sign-in"))
    }

    /// Keeps a secret until its first code comes.
    pub(crate) async fn offer_totp(&self, id: &str, secret: &str) -> Result<(), Error> {
        sqlx::query("update users set totp_offered = ? where id = ?")
            .bind(secret)
            .bind(id)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("keep a two-factor secret"))
    }

    /// Switches two-factor sign-in on, with fresh recovery codes, or off.
    pub(crate) async fn set_totp(&self, id: &str, secret: Option<&str>, step: i64) -> Result<(), Error> {
        sqlx::query("update users set totp_secret = ?, totp_offered = null, totp_step = ? where id = ?")
            .bind(secret)
            .bind(step)
            .bind(id)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("change two-factor sign-in"))
    }

    /// Notes that a code of this step was used; false when one that late was used already.
    pub(crate) async fn use_totp_step(&self, id: &str, step: i64) -> Result<bool, Error> {
        sqlx::query("update users set totp_step = ? where id = ? and totp_step < ?")
            .bind(step)
            .bind(id)
            .bind(step)
            .execute(self.writer())
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(Error::query("note a used code"))
    }

    /// Replaces a person's recovery codes.
    pub(crate) async fn set_recovery(&self, id: &str, hashes: &[String]) -> Result<(), Error> {
        let failed = Error::query("replace recovery codes");
        let mut transaction = self.writer().begin().await.map_err(&failed)?;
        sqlx::query("delete from recovery_codes where user_id = ?")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        for hash in hashes {
            sqlx::query("insert into recovery_codes (user_id, hash) values (?, ?)")
                .bind(id)
                .bind(hash)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Uses a recovery code up; false when there is no such code.
    pub(crate) async fn use_recovery(&self, id: &str, hash: &str) -> Result<bool, Error> {
        sqlx::query("delete from recovery_codes where user_id = ? and hash = ?")
            .bind(id)
            .bind(hash)
            .execute(self.writer())
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(Error::query("use a recovery code"))
    }

    /// A person's settings as JSON text.
    pub(crate) async fn settings(&self, id: &str) -> Result<Option<String>, Error> {
        sqlx::query_scalar("select json from settings where user_id = ?")
            .bind(id)
            .fetch_optional(self.writer())
            .await
            .map_err(Error::query("read settings"))
    }

    /// Replaces a person's settings.
    pub(crate) async fn set_settings(&self, id: &str, json: &str) -> Result<(), Error> {
        sqlx::query(
            "insert into settings (user_id, json) values (?, ?)
             on conflict (user_id) do update set json = excluded.json",
        )
        .bind(id)
        .bind(json)
        .execute(self.writer())
        .await
        .map(drop)
        .map_err(Error::query("save settings"))
    }
}
