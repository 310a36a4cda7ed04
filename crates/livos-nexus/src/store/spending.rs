//! What was spent, and what is set aside for calls that are out.
//!
//! A row is written together with the step that asks a model, and settled together with the step that says how that
//! went. So whatever dies in between, the log says which rows are open; one whose end nobody knows counts in full,
//! because the call may have been made.

use livos_bus::spending::{Budget, Spent};
use livos_llm::Usage;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{Store, append, failed};
use crate::core::progress::total;
use crate::core::step::{Entry, Step};
use crate::error::Error;

/// Seconds of a day; days begin at midnight UTC.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// What counts of a row, in tokens and in money.
const TOKENS: &str = "coalesce(tokens, reserved_tokens)";
const MONEY: &str = "case when tokens is null then coalesce(reserved_money, 0) else coalesce(money, 0) end";

/// Who would spend how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) person: &'a str,
    pub(crate) username: &'a str,
    /// What made Nexus ask: a chat or a schedule.
    pub(crate) cause: &'a str,
    pub(crate) model: &'a str,
    pub(crate) tokens: u64,
    /// Nothing where the price is not known.
    pub(crate) money: Option<u64>,
}

/// Whether there is enough left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reserved {
    /// It is set aside, and the step is written.
    Yes(Entry),
    /// It is not.
    No(Short),
}

/// Which budget does not suffice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Short {
    pub(crate) budget: Budget,
    /// It is the money that does not suffice, not the tokens.
    pub(crate) money: bool,
    /// Or nobody knows, because the price is not known.
    pub(crate) unpriced: bool,
    pub(crate) limit: u64,
    pub(crate) used: u64,
    pub(crate) wanted: u64,
    /// Seconds until it begins anew.
    pub(crate) renews_in: u64,
}

/// How a call ended, for the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// It took this much.
    Used(Usage, Option<u64>),
    /// Nobody knows: as much as was set aside.
    InFull,
    /// It was never made.
    Nothing,
}

/// Calls of one kind added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) person: String,
    pub(crate) username: String,
    pub(crate) cause: String,
    pub(crate) model: String,
    pub(crate) spent: Spent,
}

impl Store {
    /// Sets aside what a call may take, and writes down that it is made, in one transaction: calls that are out at the
    /// same time can't use the same tokens twice.
    pub(crate) async fn reserve(
        &self,
        conversation: &str,
        run: i64,
        step: Step,
        wanted: Wanted<'_>,
        at: i64,
    ) -> Result<Reserved, Error> {
        const OPERATION: &str = "set tokens aside";
        let day = at.div_euclid(DAY);
        let mut transaction = self.begin(OPERATION).await?;
        for budget in binding(&mut transaction, wanted.person, &["", wanted.cause]).await? {
            let used = used(&mut transaction, wanted.person, &budget.cause, day).await?;
            if let Some(short) = short(budget, used, &wanted, at) {
                return Ok(Reserved::No(short));
            }
        }
        let entry = append(&mut transaction, conversation, run, step, at).await?;
        sqlx::query(
            "insert into spending
                 (person, username, cause, conversation, turn, model, day, at, reserved_tokens, reserved_money)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(wanted.person)
        .bind(wanted.username)
        .bind(wanted.cause)
        .bind(conversation)
        .bind(entry.seq)
        .bind(wanted.model)
        .bind(day)
        .bind(at)
        .bind(row(wanted.tokens))
        .bind(wanted.money.map(row))
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(Reserved::Yes(entry))
    }

    /// Writes down how a call went, and what it took. The books are kept even if the conversation is gone.
    pub(crate) async fn settle(
        &self,
        conversation: &str,
        run: i64,
        turn: i64,
        step: Step,
        settlement: Settlement,
        at: i64,
    ) -> Result<Entry, Error> {
        const OPERATION: &str = "write down what was used";
        let mut transaction = self.begin(OPERATION).await?;
        let query = match settlement {
            Settlement::InFull => sqlx::query(
                "update spending set tokens = reserved_tokens, money = reserved_money
                 where conversation = ?1 and turn = ?2 and tokens is null",
            )
            .bind(conversation)
            .bind(turn),
            Settlement::Nothing => sqlx::query(
                "update spending set tokens = 0, money = 0
                 where conversation = ?1 and turn = ?2 and tokens is null",
            )
            .bind(conversation)
            .bind(turn),
            Settlement::Used(usage, cost) => sqlx::query(
                "update spending set tokens = ?3, money = coalesce(?4, reserved_money), input = ?5, cached = ?6,
                     cache_written = ?7, output = ?8
                 where conversation = ?1 and turn = ?2 and tokens is null",
            )
            .bind(conversation)
            .bind(turn)
            .bind(row(total(&usage)))
            .bind(cost.map(row))
            .bind(row(usage.input))
            .bind(row(usage.cached))
            .bind(row(usage.cache_written))
            .bind(row(usage.output)),
        };
        query.execute(&mut *transaction).await.map_err(failed(OPERATION))?;
        let appended = append(&mut transaction, conversation, run, step, at).await;
        if matches!(appended, Ok(_) | Err(Error::Unknown)) {
            transaction.commit().await.map_err(failed(OPERATION))?;
        }
        appended
    }

    /// What was spent from one day to another, both included: by everybody, or by one person.
    pub(crate) async fn spent(&self, days: (i64, i64), person: Option<&str>) -> Result<Vec<Sum>, Error> {
        const OPERATION: &str = "add up what was used";
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            // Of a group with one maximum, the other columns are those of that row.
            "select person, username, cause, model, max(at), count(*) as calls, sum({TOKENS}) as tokens,
                 sum({MONEY}) as money,
                 sum(case when tokens is null then reserved_money is null else money is null end) as unpriced
             from spending where day between ?1 and ?2 and (?3 is null or person = ?3)
             group by person, cause, model order by money desc, tokens desc, cause, model"
        )))
        .bind(days.0)
        .bind(days.1)
        .bind(person)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed(OPERATION))?;
        rows.iter().map(sum).collect::<sqlx::Result<_>>().map_err(failed(OPERATION))
    }

    /// The budgets that bind a person, with what they used of each on the day.
    pub(crate) async fn limits(
        &self,
        person: &str,
        causes: &[&str],
        at: i64,
    ) -> Result<Vec<(Budget, u64, u64)>, Error> {
        let mut transaction = self.database().reader().begin().await.map_err(failed("read budgets"))?;
        let mut limits = Vec::new();
        for budget in binding(&mut transaction, person, causes).await? {
            let (tokens, money) = used(&mut transaction, person, &budget.cause, at.div_euclid(DAY)).await?;
            limits.push((budget, tokens, money));
        }
        Ok(limits)
    }

    /// All budgets.
    pub(crate) async fn budgets(&self) -> Result<Vec<Budget>, Error> {
        let rows = sqlx::query("select * from budgets order by person, cause")
            .fetch_all(self.database().reader())
            .await
            .map_err(failed("list budgets"))?;
        rows.iter().map(budget).collect::<sqlx::Result<_>>().map_err(failed("list budgets"))
    }

    /// Sets one, unless there are `most` of them; false then.
    pub(crate) async fn set_budget(&self, budget: &Budget, most: u32) -> Result<bool, Error> {
        let kept = sqlx::query(
            "insert into budgets (person, cause, tokens, money) select ?1, ?2, ?3, ?4
             where (select count(*) from budgets where (person, cause) <> (?1, ?2)) < ?5
             on conflict (person, cause) do update set tokens = ?3, money = ?4",
        )
        .bind(&budget.person)
        .bind(&budget.cause)
        .bind(budget.tokens.map(row))
        .bind(budget.money.map(row))
        .bind(most)
        .execute(self.database().writer())
        .await
        .map_err(failed("set a budget"))?;
        Ok(kept.rows_affected() == 1)
    }

    /// Forgets one; false if there is none.
    pub(crate) async fn remove_budget(&self, person: &str, cause: &str) -> Result<bool, Error> {
        let gone = sqlx::query("delete from budgets where person = ? and cause = ?")
            .bind(person)
            .bind(cause)
            .execute(self.database().writer())
            .await
            .map_err(failed("forget a budget"))?;
        Ok(gone.rows_affected() == 1)
    }
}

/// For each of these causes a person's own budget, or else the one that everybody has.
async fn binding(
    transaction: &mut Transaction<'_, Sqlite>,
    person: &str,
    causes: &[&str],
) -> Result<Vec<Budget>, Error> {
    let mut found = Vec::new();
    for cause in causes {
        let row = sqlx::query(
            "select * from budgets where cause = ?2 and person in (?1, '') order by person = '' limit 1",
        )
        .bind(person)
        .bind(*cause)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed("read budgets"))?;
        if let Some(row) = row {
            let budget = budget(&row).map_err(failed("read budgets"))?;
            // One without limits is there to be in the place of the one that everybody has.
            if budget.tokens.is_some() || budget.money.is_some() {
                found.push(budget);
            }
        }
    }
    Ok(found)
}

async fn used(
    transaction: &mut Transaction<'_, Sqlite>,
    person: &str,
    cause: &str,
    day: i64,
) -> Result<(u64, u64), Error> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "select coalesce(sum({TOKENS}), 0) as tokens, coalesce(sum({MONEY}), 0) as money
         from spending where day = ?1 and person = ?2 and (?3 = '' or cause = ?3)"
    )))
    .bind(day)
    .bind(person)
    .bind(cause)
    .fetch_one(&mut **transaction)
    .await
    .map_err(failed("add up what was used"))?;
    let read = || Ok((number(&row, "tokens")?, number(&row, "money")?));
    read().map_err(failed("add up what was used"))
}

/// Says in what a budget does not suffice, if so.
fn short(budget: Budget, used: (u64, u64), wanted: &Wanted<'_>, at: i64) -> Option<Short> {
    let left = DAY.saturating_sub(at.rem_euclid(DAY));
    let renews_in = u64::try_from(left).unwrap_or_default();
    let short = |budget, money, limit, used, wanted| {
        Some(Short { budget, money, unpriced: false, limit, used, wanted, renews_in })
    };
    if let Some(limit) = budget.tokens
        && used.0.saturating_add(wanted.tokens) > limit
    {
        return short(budget, false, limit, used.0, wanted.tokens);
    }
    let limit = budget.money?;
    match wanted.money {
        Some(money) if used.1.saturating_add(money) > limit => short(budget, true, limit, used.1, money),
        Some(_) => None,
        None => {
            Some(Short { budget, money: true, unpriced: true, limit, used: used.1, wanted: 0, renews_in })
        }
    }
}

fn budget(row: &SqliteRow) -> sqlx::Result<Budget> {
    Ok(Budget {
        person: row.try_get("person")?,
        cause: row.try_get("cause")?,
        tokens: row.try_get::<Option<i64>, _>("tokens")?.map(count),
        money: row.try_get::<Option<i64>, _>("money")?.map(count),
    })
}

fn sum(row: &SqliteRow) -> sqlx::Result<Sum> {
    Ok(Sum {
        person: row.try_get("person")?,
        username: row.try_get("username")?,
        cause: row.try_get("cause")?,
        model: row.try_get("model")?,
        spent: Spent {
            calls: number(row, "calls")?,
            tokens: number(row, "tokens")?,
            money: number(row, "money")?,
            unpriced: number(row, "unpriced")?,
        },
    })
}

fn number(row: &SqliteRow, column: &str) -> sqlx::Result<u64> {
    row.try_get::<i64, _>(column).map(count)
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// The largest number of one row, so that a sum of any number of rows there can be still is one: SQLite refuses to add
/// beyond 64 bits.
const LARGEST: i64 = 1_000_000_000_000;

/// As SQLite counts.
fn row(number: u64) -> i64 {
    i64::try_from(number).map_or(LARGEST, |number| number.min(LARGEST))
}
