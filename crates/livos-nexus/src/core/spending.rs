//! What people spent, and what they may.

use chrono::{Datelike as _, Months, NaiveDate};
use livos_bus::Actor;
use livos_bus::spending::{Budget, BudgetRequest, Limit, PersonSpending, SpendingPart, SpendingReply, Spent};
use livos_policy::{Action, decide};
use livos_types::UserId;

use super::Nexus;
use crate::error::Error;
use crate::store::spending::{DAY, Sum};

/// What a budget can be for, everything together first.
pub(crate) const CAUSES: [&str; 3] = ["", "chat", "schedule"];
/// So many budgets can be set.
const MOST: u32 = 1000;
/// The largest budget: a million dollars, or a million million tokens.
const LARGEST: i64 = 1_000_000_000_000;

impl Nexus {
    /// A month: everybody's for those who run the server, one's own for everybody else.
    pub(crate) async fn spending(&self, actor: &Actor, month: &str) -> Result<SpendingReply, Error> {
        let now = self.clock.now();
        let (month, days) = days_of(month, now)?;
        let all = decide(actor.role, actor.username.as_str(), Action::ManageAssistant).is_allowed();
        let me = actor.user.as_str();
        let mut people: Vec<PersonSpending> = Vec::new();
        for sum in self.store.spent(days, (!all).then_some(me)).await? {
            add(&mut people, sum);
        }
        if !people.iter().any(|person| person.person == me) {
            people.push(nobody(me, actor.username.as_str()));
        }
        for person in &mut people {
            let limits = self.store.limits(&person.person, &CAUSES, now).await?;
            let limit = |(budget, used_tokens, used_money)| Limit { budget, used_tokens, used_money };
            person.limits = limits.into_iter().map(limit).collect();
        }
        people.sort_by_key(|person| std::cmp::Reverse((person.sum.money, person.sum.tokens)));
        let renews_at = now.div_euclid(DAY).saturating_add(1).saturating_mul(DAY);
        let budgets = if all { self.store.budgets().await? } else { Vec::new() };
        Ok(SpendingReply { month, renews_at, people, budgets })
    }

    /// Sets what may be spent.
    pub(crate) async fn set_budget(&self, request: &BudgetRequest) -> Result<(), Error> {
        if !request.person.is_empty() {
            UserId::new(request.person.as_str()).map_err(|error| Error::Invalid(error.to_string()))?;
        }
        if !CAUSES.contains(&request.cause.as_str()) {
            return Err(Error::Invalid(format!(
                "{:?} is nothing that a budget can be for; it is chat or schedule, or everything",
                request.cause
            )));
        }
        if request.tokens > LARGEST || request.money > LARGEST {
            return Err(Error::Invalid(
                "that is too large for a budget; leave it out for no limit".to_owned(),
            ));
        }
        // A negative number is how the bus says that there is no limit.
        let limit = |number: i64| u64::try_from(number).ok();
        let budget = Budget {
            person: request.person.clone(),
            cause: request.cause.clone(),
            tokens: limit(request.tokens),
            money: limit(request.money),
        };
        if self.store.set_budget(&budget, MOST).await? {
            Ok(())
        } else {
            Err(Error::Invalid(format!("{MOST} budgets are enough; remove one first")))
        }
    }

    /// Forgets a budget.
    pub(crate) async fn remove_budget(&self, person: &str, cause: &str) -> Result<(), Error> {
        if self.store.remove_budget(person, cause).await? { Ok(()) } else { Err(Error::UnknownBudget) }
    }
}

fn nobody(person: &str, username: &str) -> PersonSpending {
    PersonSpending {
        person: person.to_owned(),
        username: username.to_owned(),
        sum: Spent::default(),
        parts: Vec::new(),
        limits: Vec::new(),
    }
}

fn add(people: &mut Vec<PersonSpending>, sum: Sum) {
    let place = people.iter().position(|person| person.person == sum.person).unwrap_or(people.len());
    if place == people.len() {
        people.push(nobody(&sum.person, &sum.username));
    }
    let Some(person) = people.get_mut(place) else { return };
    let (to, more) = (&mut person.sum, sum.spent);
    to.calls = to.calls.saturating_add(more.calls);
    to.tokens = to.tokens.saturating_add(more.tokens);
    to.money = to.money.saturating_add(more.money);
    to.unpriced = to.unpriced.saturating_add(more.unpriced);
    person.parts.push(SpendingPart { cause: sum.cause, model: sum.model, sum: more });
}

/// The name of a month, this one for `""`, and its first and last day.
fn days_of(month: &str, now: i64) -> Result<(String, (i64, i64)), Error> {
    let wrong = || Error::Invalid("a month is written like 2026-11".to_owned());
    let first = if month.is_empty() {
        let today = chrono::DateTime::from_timestamp(now, 0).ok_or_else(wrong)?.date_naive();
        today.with_day(1).ok_or_else(wrong)?
    } else if month.len() == 7 {
        NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").map_err(|_| wrong())?
    } else {
        return Err(wrong());
    };
    let next = first.checked_add_months(Months::new(1)).ok_or_else(wrong)?;
    let day = |date: NaiveDate| i64::from(date.to_epoch_days());
    Ok((first.format("%Y-%m").to_string(), (day(first), day(next) - 1)))
}
