//! Providers of models. Their keys lie here sealed.

use livos_bus::assistant::{Problem, Tier};
use livos_bus::spending::ModelPrice;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Store, failed};
use crate::error::Error;

/// A provider as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) dialect: String,
    pub(crate) label: String,
    pub(crate) base_url: String,
    pub(crate) model: String,
    /// The key, sealed.
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) default: bool,
    /// What it is used for beside that.
    pub(crate) tier: Tier,
    pub(crate) checked_at: Option<i64>,
    pub(crate) problem: Option<Problem>,
    /// What an admin says that its model costs.
    pub(crate) price: Option<ModelPrice>,
}

fn provider(row: &SqliteRow) -> Result<Provider, Error> {
    let read = || -> sqlx::Result<(Provider, Option<String>, Option<String>)> {
        let provider = Provider {
            id: row.try_get("id")?,
            dialect: row.try_get("dialect")?,
            label: row.try_get("label")?,
            base_url: row.try_get("base_url")?,
            model: row.try_get("model")?,
            sealed: row.try_get("sealed")?,
            default: row.try_get("is_default")?,
            tier: super::tier(row)?,
            checked_at: row.try_get("checked_at")?,
            problem: None,
            price: None,
        };
        Ok((provider, row.try_get("problem")?, row.try_get("price")?))
    };
    let (mut provider, problem, price) = read().map_err(failed("read a provider"))?;
    if let Some(problem) = problem {
        provider.problem = serde_json::from_str(&problem).map_err(|error| Error::Row("a provider", error))?;
    }
    if let Some(price) = price {
        provider.price = Some(serde_json::from_str(&price).map_err(|error| Error::Row("a price", error))?);
    }
    Ok(provider)
}

impl Store {
    /// All of them, in the order in which they were added.
    pub(crate) async fn providers(&self) -> Result<Vec<Provider>, Error> {
        let rows = sqlx::query("select * from providers order by position")
            .fetch_all(self.database().reader())
            .await
            .map_err(failed("list providers"))?;
        rows.iter().map(provider).collect()
    }

    /// Keeps one. The first becomes the default. What was said of another model's price does not hold any more.
    pub(crate) async fn keep_provider(&self, provider: &Provider) -> Result<(), Error> {
        sqlx::query(
            "insert into providers
                 (id, position, dialect, label, base_url, model, sealed, checked_at, is_default)
             values (?1, 1 + (select coalesce(max(position), 0) from providers), ?2, ?3, ?4, ?5, ?6, ?7,
                 not exists (select 1 from providers))
             on conflict (id) do update set dialect = ?2, label = ?3, base_url = ?4, model = ?5, sealed = ?6,
                 checked_at = ?7, problem = null,
                 price = case when model = ?5 and base_url = ?4 then price end",
        )
        .bind(&provider.id)
        .bind(&provider.dialect)
        .bind(&provider.label)
        .bind(&provider.base_url)
        .bind(&provider.model)
        .bind(&provider.sealed)
        .bind(provider.checked_at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("keep a provider"))
    }

    /// How it went with one just now.
    pub(crate) async fn note_provider(
        &self,
        id: &str,
        problem: Option<&Problem>,
        at: i64,
    ) -> Result<(), Error> {
        let text = problem.map(serde_json::to_string).transpose();
        let text = text.map_err(|error| Error::Write("a problem", error))?;
        sqlx::query(
            "update providers set problem = ?2, checked_at = case when ?2 is null then ?3 else checked_at end
             where id = ?1",
        )
        .bind(id)
        .bind(text)
        .bind(at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("note a provider's problem"))
    }

    /// Keeps what its model costs, or forgets it; false if there is no such provider.
    pub(crate) async fn set_price(&self, id: &str, price: Option<&ModelPrice>) -> Result<bool, Error> {
        let text = price.map(serde_json::to_string).transpose();
        let text = text.map_err(|error| Error::Write("a price", error))?;
        let changed = sqlx::query("update providers set price = ?2 where id = ?1")
            .bind(id)
            .bind(text)
            .execute(self.database().writer())
            .await
            .map_err(failed("keep a price"))?;
        Ok(changed.rows_affected() == 1)
    }

    /// Forgets one; false if there is none. The next one becomes the default.
    pub(crate) async fn remove_provider(&self, id: &str) -> Result<bool, Error> {
        const OPERATION: &str = "forget a provider";
        let mut transaction = self.begin(OPERATION).await?;
        let gone =
            sqlx::query("delete from providers where id = ?").bind(id).execute(&mut *transaction).await;
        let gone = gone.map_err(failed(OPERATION))?.rows_affected() == 1;
        sqlx::query(
            "update providers set is_default = 1
             where position = (select min(position) from providers)
               and not exists (select 1 from providers where is_default)",
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(gone)
    }

    /// Makes one the default; false if there is none.
    pub(crate) async fn set_default_provider(&self, id: &str) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update providers set is_default = (id = ?1) where exists (select 1 from providers where id = ?1)",
        )
        .bind(id)
        .execute(self.database().writer())
        .await
        .map_err(failed("choose a provider"))?;
        Ok(changed.rows_affected() > 0)
    }

    /// Makes one the one of a tier, and no other; false if there is none.
    pub(crate) async fn set_provider_tier(&self, id: &str, tier: Tier) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update providers set tier = case when id = ?1 then ?2 when tier = ?2 then '' else tier end
             where exists (select 1 from providers where id = ?1)",
        )
        .bind(id)
        .bind(if tier.is_usual() { "" } else { tier.as_str() })
        .execute(self.database().writer())
        .await
        .map_err(failed("choose a provider"))?;
        Ok(changed.rows_affected() > 0)
    }
}
