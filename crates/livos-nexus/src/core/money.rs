//! What asking a model costs. A price is known or it is not; none is guessed.

use livos_bus::spending::{KnownPrice, ModelPrice};
use livos_llm::{Request, Usage};
use serde::Deserialize;

use super::pictures;
use super::progress::total;
use crate::error::Error;
use crate::store::spending::Short;

/// A million.
const MILLION: u64 = 1_000_000;
/// The least bytes that a token stands for in what people and servers write. Some tokens stand for fewer, so this is
/// an estimate, and what was really used is what counts in the end.
pub(crate) const BYTES_A_TOKEN: u64 = 3;
/// What providers put around a request.
const AROUND: u64 = 64;
/// The largest price that can be entered: ten thousand dollars a million tokens.
pub(crate) const DEAREST: u64 = 10_000 * MILLION;

/// A price as the list has it, in dollars.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    host: String,
    model: String,
    input: f64,
    output: f64,
    cached: f64,
    cache_written: f64,
    up_to: Option<u64>,
    date: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(rename = "comment")]
    _comment: String,
    prices: Vec<Line>,
}

/// The price list that LivOS brings along.
#[derive(Debug)]
pub(crate) struct Prices(Vec<(String, String, Price)>);

/// What a model costs, and up to which size of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) known: KnownPrice,
    up_to: Option<u64>,
}

impl Prices {
    /// Reads the list.
    pub(crate) fn known() -> Result<Self, Error> {
        let list: List = serde_json::from_str(include_str!("../../prices.json"))
            .map_err(|error| Error::Row("the price list", error))?;
        let lines = list.prices.into_iter().map(|line| {
            let price = ModelPrice {
                input: millionths(line.input),
                output: millionths(line.output),
                cached: millionths(line.cached),
                cache_written: millionths(line.cache_written),
            };
            let known = KnownPrice { price, date: Some(line.date) };
            (line.host, line.model, Price { known, up_to: line.up_to })
        });
        Ok(Self(lines.collect()))
    }

    /// What a model costs there. The same name at another address is another offer.
    pub(crate) fn of(&self, base_url: &str, model: &str) -> Option<&Price> {
        let host = base_url.strip_prefix("https://")?.split('/').next()?;
        let found = self.0.iter().find(|(at, name, _)| {
            at.eq_ignore_ascii_case(host) && model.strip_prefix(name.as_str()).is_some_and(is_a_date)
        });
        found.map(|(_, _, price)| price)
    }
}

/// A model is also offered as it was on some day: `claude-sonnet-4-5-20250929`, `gpt-5-2025-08-07`.
fn is_a_date(rest: &str) -> bool {
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    rest.is_empty()
        || (rest.starts_with('-')
            && digits == 8
            && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "prices are a few dollars")]
fn millionths(dollars: f64) -> u64 {
    (dollars * 1e6).round() as u64
}

impl Price {
    /// One that an admin entered.
    pub(crate) fn entered(price: ModelPrice) -> Self {
        Self { known: KnownPrice { price, date: None }, up_to: None }
    }

    /// What this costs, in millionths of a dollar, the last begun one included.
    pub(crate) fn cost(&self, usage: &Usage) -> Option<u64> {
        let read = usage.input.saturating_add(usage.cached).saturating_add(usage.cache_written);
        if self.up_to.is_some_and(|most| read > most) {
            return None;
        }
        let price = &self.known.price;
        let sum: u128 = [
            (usage.input, price.input),
            (usage.cached, price.cached),
            (usage.cache_written, price.cache_written),
            (usage.output, price.output),
        ]
        .into_iter()
        .map(|(tokens, price)| u128::from(tokens) * u128::from(price))
        .fold(0, u128::saturating_add);
        Some(u64::try_from(sum.div_ceil(u128::from(MILLION))).unwrap_or(u64::MAX))
    }

    /// The most that a request can cost: nobody knows beforehand what its provider has in a cache.
    fn most(&self, input: u64, output: u64) -> Option<u64> {
        let price = &self.known.price;
        if price.cache_written > price.input {
            self.cost(&Usage { cache_written: input, output, ..Usage::default() })
        } else {
            self.cost(&Usage { input, output, ..Usage::default() })
        }
    }
}

/// What a request is expected to take at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Estimate {
    pub(crate) input: u64,
    pub(crate) tokens: u64,
    pub(crate) money: Option<u64>,
}

/// Estimates it.
pub(crate) fn estimate(request: &Request, price: Option<&Price>) -> Result<Estimate, Error> {
    let messages =
        serde_json::to_vec(&request.messages).map_err(|error| Error::Write("a question", error))?;
    let tools = request
        .tools
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + tool.schema.to_string().len());
    let bytes = request.system.len() + messages.len() + tools.sum::<usize>();
    let shown = pictures::tokens(&request.messages);
    let input = tokens_of(bytes).saturating_add(AROUND).saturating_add(shown);
    let output = u64::from(request.limits.output_tokens);
    let money = price.and_then(|price| price.most(input, output));
    Ok(Estimate { input, tokens: input.saturating_add(output), money })
}

/// How many tokens so much text is, about.
fn tokens_of(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX).div_ceil(BYTES_A_TOKEN)
}

/// What an answer that broke off took: what was told of it, and what was seen of it if that is more.
pub(crate) fn broken(told: &Usage, estimate: &Estimate, said: usize) -> Usage {
    let read = told.input.saturating_add(told.cached).saturating_add(told.cache_written);
    Usage {
        input: if read == 0 { estimate.input } else { told.input },
        output: told.output.max(tokens_of(said)),
        ..*told
    }
}

/// How much of a question was read, if that is so little of it that the rest was left out. A token stands for three bytes
/// at least in the estimate and for four in most texts, so less than two fifths is no way of counting.
pub(crate) fn unread(told: &Usage, estimate: &Estimate) -> Option<u64> {
    let read = told.input.saturating_add(told.cached).saturating_add(told.cache_written);
    (read > 0 && read.saturating_mul(5) < estimate.input.saturating_mul(2)).then_some(read)
}

/// Whether a provider said no before it did anything that costs.
pub(crate) fn is_free(error: &livos_llm::Error, told: &Usage, said: usize) -> bool {
    use livos_llm::Error as Model;
    total(told) == 0
        && said == 0
        && !matches!(error, Model::TimedOut { .. } | Model::CutOff { .. } | Model::Malformed { .. })
}

/// A budget in the words of whoever it stops.
pub(crate) fn refusal(short: &Short) -> String {
    let whose = if short.budget.person.is_empty() { "the budget that everybody has" } else { "your budget" };
    let of = match short.budget.cause.as_str() {
        "" => String::new(),
        "chat" => " for conversations".to_owned(),
        "schedule" => " for what runs on a schedule".to_owned(),
        other => format!(" for {other}"),
    };
    let why = match (short.unpriced, short.money) {
        (true, _) => {
            return format!(
                "{whose}{of} limits money, and what this model costs is not known, so it was not asked; an admin can \
                 enter its price in Settings, AI, or choose another model"
            );
        }
        (false, true) => {
            let (limit, used, wants) = (dollars(short.limit), dollars(short.used), dollars(short.wanted));
            format!(
                "{used} of {limit} are spent or set aside today, and this question may cost up to {wants}"
            )
        }
        (false, false) => {
            let (limit, used, wants) = (short.limit, short.used, short.wanted);
            format!(
                "{used} of {limit} tokens are used or set aside today, and this question may take up to {wants}"
            )
        }
    };
    format!(
        "{whose}{of} does not suffice: {why}. It begins anew at 00:00 UTC; an admin of this server can raise it in \
         Settings, AI"
    )
}

/// Money for people: $1.50, and no zero where there is something.
pub(crate) fn dollars(millionths: u64) -> String {
    if millionths == 0 || millionths >= 10_000 {
        let cents = millionths.div_ceil(10_000);
        return format!("${}.{:02}", cents / 100, cents % 100);
    }
    let hundredths = millionths.div_ceil(100);
    format!("$0.{hundredths:04}")
}
