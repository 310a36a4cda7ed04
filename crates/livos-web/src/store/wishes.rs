//! Apps that members asked the admins for.

use livos_store::Error;

use super::Store;

/// Open wishes one person may have.
const MOST: i64 = 50;
/// Seconds a settled wish is kept.
const KEPT_FOR: i64 = 30 * 86_400;

/// A wish, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct WishRow {
    pub(crate) id: i64,
    pub(crate) user_id: String,
    /// What the person is called.
    pub(crate) by: String,
    pub(crate) store: String,
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) asked_at: i64,
    /// 0 while it is open.
    pub(crate) settled_at: i64,
}

/// An app somebody asks for.
#[derive(Debug)]
pub(crate) struct NewWish<'a> {
    pub(crate) user: &'a str,
    pub(crate) store: &'a str,
    pub(crate) app: &'a str,
    pub(crate) name: &'a str,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select wishes.id, user_id, users.name as by, store, app, wishes.name, state, asked_at, settled_at
             from wishes join users on users.id = wishes.user_id where ",
            $which
        )
    };
}

impl Store {
    /// What one person asked for, or what waits for an answer from the admins; the oldest first.
    pub(crate) async fn wishes(&self, of: Option<&str>) -> Result<Vec<WishRow>, Error> {
        sqlx::query_as(select!(
            "user_id = ?1 or (?1 is null and state = 'open') order by asked_at, wishes.id"
        ))
        .bind(of)
        .fetch_all(self.reader())
        .await
        .map_err(Error::query("list wishes"))
    }

    /// One wish.
    pub(crate) async fn wish(&self, id: i64) -> Result<Option<WishRow>, Error> {
        sqlx::query_as(select!("wishes.id = ?"))
            .bind(id)
            .fetch_optional(self.writer())
            .await
            .map_err(Error::query("read a wish"))
    }

    /// Asks, also once more for what was settled. `None` when the person asks for too much already.
    pub(crate) async fn add_wish(&self, new: &NewWish<'_>, now: i64) -> Result<Option<i64>, Error> {
        let failed = Error::query("add a wish");
        let mut transaction = self.writer().begin().await.map_err(&failed)?;
        sqlx::query("delete from wishes where state <> 'open' and settled_at <= ?")
            .bind(now - KEPT_FOR)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let id: Option<i64> = sqlx::query_scalar(
            "insert into wishes (user_id, store, app, name, state, asked_at, settled_at)
             select ?1, ?2, ?3, ?4, 'open', ?5, 0
             where (select count(*) from wishes where user_id = ?1 and state = 'open') < ?6
             on conflict do update set name = excluded.name, state = 'open', settled_at = 0,
                 asked_at = case state when 'open' then asked_at else excluded.asked_at end
             returning id",
        )
        .bind(new.user)
        .bind(new.store)
        .bind(new.app)
        .bind(new.name)
        .bind(now)
        .bind(MOST)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(id)
    }

    /// Forgets a wish.
    pub(crate) async fn remove_wish(&self, id: i64) -> Result<(), Error> {
        sqlx::query("delete from wishes where id = ?")
            .bind(id)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("remove a wish"))
    }

    /// An admin says no for now. False when somebody was faster.
    pub(crate) async fn decline_wish(&self, id: i64, now: i64) -> Result<bool, Error> {
        let done = sqlx::query(
            "update wishes set state = 'declined', settled_at = ? where id = ? and state = 'open'",
        )
        .bind(now)
        .bind(id)
        .execute(self.writer())
        .await
        .map_err(Error::query("decline a wish"))?;
        Ok(done.rows_affected() > 0)
    }

    /// An admin installs an app: whoever asked for it has it now. Answers whose wishes these were.
    pub(crate) async fn grant_wishes(&self, store: &str, app: &str, now: i64) -> Result<Vec<String>, Error> {
        sqlx::query_scalar(
            "update wishes set state = 'granted', settled_at = ? where store = ? and app = ? and state = 'open'
             returning user_id",
        )
        .bind(now)
        .bind(store)
        .bind(app)
        .fetch_all(self.writer())
        .await
        .map_err(Error::query("grant wishes"))
    }
}
