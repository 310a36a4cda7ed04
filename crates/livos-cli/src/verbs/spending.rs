//! `livos assistant usage` and `livos assistant budget`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::spending::{Budget, BudgetRequest, SpendingReply};
use livos_bus::{AccountsProxy, SpendingProxy};

use super::apps::read;
use crate::arguments::BudgetVerb;
use crate::bus::Bus;
use crate::exit::Usage;
use crate::output::{Output, table, time};

/// The budget of those who have none of their own.
const EVERYONE: &str = "everyone";

pub(crate) async fn usage(bus: &Bus, month: Option<&str>, output: Output) -> Result<ExitCode> {
    let spending = SpendingProxy::new(&bus.connection).await?;
    let reply: SpendingReply = read(spending.month(&bus.actor, month.unwrap_or_default()).await?).await?;
    output.print(&reply, |reply| {
        let mut rows = Vec::new();
        for person in &reply.people {
            for part in &person.parts {
                rows.push(vec![
                    person.username.clone(),
                    part.cause.clone(),
                    part.model.clone(),
                    part.sum.calls.to_string(),
                    part.sum.tokens.to_string(),
                    dollars(part.sum.money),
                    unpriced(part.sum.unpriced),
                ]);
            }
        }
        if rows.is_empty() {
            return format!("No model was asked in {}.", reply.month);
        }
        let mut text = table(&["WHO", "FOR", "MODEL", "CALLS", "TOKENS", "US$", ""], rows);
        let all: u64 = reply.people.iter().map(|person| person.sum.money).fold(0, u64::saturating_add);
        text += &format!("{} in {} altogether.\n", dollars(all), reply.month);
        text
    })?;
    Ok(ExitCode::SUCCESS)
}

fn unpriced(calls: u64) -> String {
    if calls == 0 { String::new() } else { format!("and {calls} calls whose price is not known") }
}

pub(crate) async fn budget(bus: &Bus, verb: &BudgetVerb, output: Output) -> Result<ExitCode> {
    let spending = SpendingProxy::new(&bus.connection).await?;
    match verb {
        BudgetVerb::List => {
            let reply: SpendingReply = read(spending.month(&bus.actor, "").await?).await?;
            let names = AccountsProxy::new(&bus.connection).await?.list().await?;
            let who = |id: &str| match names.iter().find(|user| user.id == id) {
                _ if id.is_empty() => EVERYONE.to_owned(),
                Some(user) => user.username.clone(),
                None => id.to_owned(),
            };
            output.print(&reply.budgets, |budgets| {
                if budgets.is_empty() {
                    return "No budget is set; nobody is limited.".to_owned();
                }
                let row = |budget: &Budget| {
                    let cause = if budget.cause.is_empty() { "everything" } else { &budget.cause };
                    let tokens = budget.tokens.map_or_else(|| "any".to_owned(), |tokens| tokens.to_string());
                    let money = budget.money.map_or_else(|| "any".to_owned(), dollars);
                    vec![who(&budget.person), cause.to_owned(), tokens, money]
                };
                let mut text =
                    table(&["WHO", "FOR", "TOKENS A DAY", "US$ A DAY"], budgets.iter().map(row).collect());
                text += &format!("They begin anew at {} UTC.\n", time(reply.renews_at));
                text
            })?;
        }
        BudgetVerb::Set { who, r#for, tokens, dollars } => {
            let number =
                |limit: Option<u64>| limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
            let budget = BudgetRequest {
                person: person(bus, who).await?,
                cause: r#for.clone().unwrap_or_default(),
                tokens: number(*tokens),
                money: number(dollars.map(|dollars| dollars.0)),
            };
            spending.set_budget(&bus.actor, &budget).await?;
        }
        BudgetVerb::Remove { who, r#for } => {
            let person = person(bus, who).await?;
            spending.remove_budget(&bus.actor, &person, r#for.as_deref().unwrap_or_default()).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Somebody's id by their user name. The command line itself has a budget like everybody, and no account.
async fn person(bus: &Bus, who: &str) -> Result<String> {
    if who == EVERYONE {
        return Ok(String::new());
    }
    if who == bus.actor.username.as_str() {
        return Ok(bus.actor.user.to_string());
    }
    let users = AccountsProxy::new(&bus.connection).await?.list().await?;
    let found = users.into_iter().find(|user| user.username == who);
    let missing = || Usage(format!("there is nobody called {who}; `livos users list` says who there is"));
    Ok(found.ok_or_else(missing)?.id)
}

/// 1500000 is "1.50", and what is there is never nothing.
pub(crate) fn dollars(millionths: u64) -> String {
    let (whole, part) = (millionths / 1_000_000, millionths % 1_000_000);
    let text = format!("{part:06}");
    let part = text.trim_end_matches('0');
    format!("{whole}.{part:0<2}")
}

#[cfg(test)]
mod tests {
    use super::dollars;
    use crate::arguments::assistant::Dollars;

    #[test]
    fn money_is_written_as_it_is_read() {
        for (millionths, text) in
            [(0, "0.00"), (1, "0.000001"), (1_500_000, "1.50"), (125_000, "0.125"), (12_000_000, "12.00")]
        {
            assert_eq!(dollars(millionths), text);
            assert_eq!(text.parse(), Ok(Dollars(millionths)));
        }
        assert_eq!("3".parse(), Ok(Dollars(3_000_000)));
        for wrong in ["", ".", "1.", ".5", "-1", "1,5", "$1", "1.0000001", "99999999999999999999"] {
            assert!(wrong.parse::<Dollars>().is_err(), "{wrong}");
        }
    }
}
