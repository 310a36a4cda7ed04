//! What calls cost, and that no budget is ever overdrawn: by any order of events, at once, or by dying.

use livos_bus::spending::{Budget, BudgetRequest, ModelPrice};
use livos_llm::{Request, Usage};
use proptest::prelude::*;

use super::*;
use crate::Error;
use crate::core::money::{self, Price, Prices, dollars};
use crate::core::step::Step;
use crate::store::Store;
use crate::store::spending::{DAY, Reserved, Settlement, Short, Wanted};

/// Three dollars a million tokens read, fifteen a million written.
const PRICE: ModelPrice =
    ModelPrice { input: 3_000_000, output: 15_000_000, cached: 300_000, cache_written: 3_750_000 };

fn asks() -> Step {
    Step::Turn { model: "m".to_owned(), told: None, upto: 0 }
}

fn ends() -> Step {
    Step::Titled { title: String::new() }
}

fn wants(person: &str, tokens: u64, money: Option<u64>) -> Wanted<'_> {
    Wanted { person, username: person, cause: "chat", model: "m", tokens, money }
}

fn of(person: &str, cause: &str, tokens: Option<u64>, money: Option<u64>) -> Budget {
    Budget { person: person.to_owned(), cause: cause.to_owned(), tokens, money }
}

/// A store with one conversation.
async fn books() -> (TempDir, Store) {
    let home = TempDir::new().unwrap();
    let store = Store::open(home.path()).await.unwrap();
    assert!(store.create("c", "ada", NOW, 9).await.unwrap());
    (home, store)
}

async fn reserve(store: &Store, wanted: Wanted<'_>, at: i64) -> Result<i64, Short> {
    match store.reserve("c", 1, asks(), wanted, at).await.unwrap() {
        Reserved::Yes(entry) => Ok(entry.seq),
        Reserved::No(short) => Err(short),
    }
}

async fn settle(store: &Store, turn: i64, settlement: Settlement) {
    store.settle("c", 1, turn, ends(), settlement, NOW).await.unwrap();
}

/// Tokens and money that one of a person's budgets counts today.
async fn used(store: &Store, person: &str, at: i64) -> (u64, u64) {
    let limits = store.limits(person, &[""], at).await.unwrap();
    limits.first().map_or((0, 0), |(_, tokens, money)| (*tokens, *money))
}

fn written(output: u64) -> Usage {
    Usage { output, ..Usage::default() }
}

#[derive(Debug, Clone)]
enum Event {
    Ask(u64, u64),
    Use(usize, u64),
    Lose(usize),
    Fail(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..60_u64, 0..60_u64).prop_map(|(tokens, money)| Event::Ask(tokens, money)),
        1 => (any::<usize>(), 0..=100_u64).prop_map(|(which, share)| Event::Use(which, share)),
        1 => any::<usize>().prop_map(Event::Lose),
        1 => any::<usize>().prop_map(Event::Fail),
    ]
}

#[test]
fn in_any_order_of_events_the_books_are_right_and_no_budget_is_overdrawn() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_home, store) = runtime.block_on(books());
    let case = std::sync::atomic::AtomicU64::new(0);
    let strategy = (0..200_u64, 0..200_u64, prop::collection::vec(event(), 0..25));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(48));
    let checked = runner.run(&strategy, |(cap_tokens, cap_money, events)| {
        // Everybody has budgets of their own, so every case begins with empty books.
        let person = format!("p{}", case.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        runtime.block_on(async {
            let budget = of(&person, "", Some(cap_tokens), Some(cap_money));
            assert!(store.set_budget(&budget, 1_000_000).await.unwrap());
            let (mut tokens, mut money) = (0, 0);
            let mut out: Vec<(i64, u64, u64)> = Vec::new();
            for event in events {
                match event {
                    Event::Ask(wanted, cost) => {
                        let fits = tokens + wanted <= cap_tokens && money + cost <= cap_money;
                        let granted = reserve(&store, wants(&person, wanted, Some(cost)), NOW).await;
                        assert_eq!(granted.is_ok(), fits, "{granted:?}");
                        if let Ok(turn) = granted {
                            (tokens, money) = (tokens + wanted, money + cost);
                            out.push((turn, wanted, cost));
                        }
                    }
                    _ if out.is_empty() => {}
                    Event::Use(which, share) => {
                        let (turn, wanted, cost) = out.swap_remove(which % out.len());
                        let (took, paid) = (wanted * share / 100, cost * share / 100);
                        settle(&store, turn, Settlement::Used(written(took), Some(paid))).await;
                        (tokens, money) = (tokens - wanted + took, money - cost + paid);
                        // What is settled stays so.
                        settle(&store, turn, Settlement::Nothing).await;
                    }
                    Event::Lose(which) => {
                        let (turn, ..) = out.swap_remove(which % out.len());
                        settle(&store, turn, Settlement::InFull).await;
                    }
                    Event::Fail(which) => {
                        let (turn, wanted, cost) = out.swap_remove(which % out.len());
                        settle(&store, turn, Settlement::Nothing).await;
                        (tokens, money) = (tokens - wanted, money - cost);
                    }
                }
                let counted = used(&store, &person, NOW).await;
                assert_eq!(counted, (tokens, money));
                assert!(counted.0 <= cap_tokens && counted.1 <= cap_money);
            }
        });
        Ok(())
    });
    checked.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_at_the_same_moment_do_not_overdraw_a_budget() {
    let (_home, store) = books().await;
    store.set_budget(&of("", "", Some(100), None), 9).await.unwrap();
    let asked: Vec<_> = (0..40)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { reserve(&store, wants("ada", 10, None), NOW).await.is_ok() })
        })
        .collect();
    let granted = futures_util::future::join_all(asked).await;
    assert_eq!(granted.into_iter().filter(|granted| *granted.as_ref().unwrap()).count(), 10);
    assert_eq!(used(&store, "ada", NOW).await.0, 100);
}

#[tokio::test]
async fn budgets_are_of_a_person_a_cause_and_a_day() {
    let (_home, store) = books().await;
    store.set_budget(&of("", "", Some(100), None), 9).await.unwrap();
    store.set_budget(&of("", "schedule", Some(30), None), 9).await.unwrap();
    store.set_budget(&of("grace", "", None, None), 9).await.unwrap();
    let scheduled = |person, tokens| Wanted { cause: "schedule", ..wants(person, tokens, None) };
    reserve(&store, scheduled("ada", 30), NOW).await.unwrap();
    let short = reserve(&store, scheduled("ada", 1), NOW).await.unwrap_err();
    assert_eq!((short.budget.cause.as_str(), short.used, short.limit), ("schedule", 30, 30));
    // Chats have what is left of everything together.
    let short = reserve(&store, wants("ada", 71, None), NOW).await.unwrap_err();
    assert_eq!((short.budget.cause.as_str(), short.used), ("", 30));
    reserve(&store, wants("ada", 70, None), NOW).await.unwrap();
    // Somebody else has as much, and who has a budget of their own has that.
    reserve(&store, wants("bob", 100, None), NOW).await.unwrap();
    reserve(&store, wants("grace", 5_000, None), NOW).await.unwrap();
    reserve(&store, scheduled("grace", 31), NOW).await.unwrap_err();
    // The next day begins at midnight.
    let midnight = (NOW / DAY + 1) * DAY;
    assert_eq!(reserve(&store, wants("ada", 1, None), midnight - 1).await.unwrap_err().renews_in, 1);
    reserve(&store, wants("ada", 100, None), midnight).await.unwrap();
    assert!(!store.set_budget(&of("x", "", None, None), 3).await.unwrap(), "only so many");
    assert!(store.set_budget(&of("grace", "", Some(1), None), 3).await.unwrap(), "changed");
}

#[tokio::test]
async fn a_call_costs_what_its_tokens_cost() {
    let life = Life::new(vec![Reply::text("Hello.").costing(1000, 100), Reply::text("Again.")]).await;
    life.nexus.providers.set_price("p", Some(&PRICE)).await.unwrap();
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "hello").await;
    let seen = life.done(&member(), &id).await;
    let Some(Item::Answer { usage: Some(usage), .. }) = seen.items.last() else { panic!("{seen:?}") };
    assert_eq!((usage.input, usage.output, usage.cost), (1000, 100, Some(4_500)));
    let month = life.nexus.spending(&owner(), "").await.unwrap();
    let [ada, grace] = month.people.as_slice() else { panic!("{month:?}") };
    assert_eq!(
        (ada.username.as_str(), ada.sum.calls, ada.sum.tokens, ada.sum.money),
        ("ada", 1, 1100, 4_500)
    );
    assert_eq!((grace.username.as_str(), grace.sum.calls), ("grace", 0));
    assert_eq!((ada.parts[0].cause.as_str(), ada.parts[0].model.as_str()), ("chat", "Scripted"));
    // Who does not run the server sees nobody else's, and another month is empty.
    life.say(&owner(), &life.talk(&owner()).await, "hello").await;
    let own = life.nexus.spending(&member(), "").await.unwrap();
    assert_eq!((own.people.len(), own.people[0].sum.money), (1, 4_500));
    assert_eq!(life.nexus.spending(&member(), "2026-12").await.unwrap().people[0].sum.calls, 0);
    // The books outlive the conversation.
    life.nexus.remove(&member(), &id).await.unwrap();
    assert_eq!(life.nexus.spending(&member(), "").await.unwrap().people[0].sum.money, 4_500);
}

#[tokio::test]
async fn an_unknown_price_is_said_and_not_guessed() {
    let life = Life::new(vec![Reply::text("Hello.").costing(1000, 100)]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "hello").await;
    let seen = life.done(&member(), &id).await;
    let Some(Item::Answer { usage: Some(usage), .. }) = seen.items.last() else { panic!("{seen:?}") };
    assert_eq!(usage.cost, None);
    let sum = life.nexus.spending(&member(), "").await.unwrap().people[0].sum;
    assert_eq!((sum.tokens, sum.money, sum.unpriced), (1100, 0, 1));
    // A budget of money can't be kept without it, so nobody is asked.
    let budget = BudgetRequest { person: String::new(), cause: String::new(), tokens: -1, money: 1_000_000 };
    life.nexus.set_budget(&budget).await.unwrap();
    let asked = life.script.requests().len();
    life.say(&member(), &id, "again").await;
    let seen = life.done(&member(), &id).await;
    let Some(Item::Answer { problem: Some(problem), .. }) = seen.items.last() else { panic!("{seen:?}") };
    assert!(problem.message.contains("is not known") && problem.message.contains("Settings"), "{problem:?}");
    assert_eq!((life.script.requests().len(), problem.retry_after), (asked, None));
}

#[tokio::test]
async fn an_empty_budget_is_refused_before_the_call_and_says_which_until_when_and_who() {
    let life = Life::new(vec![Reply::text("Hello.").costing(95_000, 100), Reply::text("Tomorrow.")]).await;
    let budget = BudgetRequest { person: "ada".into(), cause: "chat".into(), tokens: 100_000, money: -1 };
    life.nexus.set_budget(&budget).await.unwrap();
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "hello").await;
    life.done(&member(), &id).await;
    let asked = life.script.requests().len();
    life.say(&member(), &id, "again").await;
    let seen = life.done(&member(), &id).await;
    let Some(Item::Answer { problem: Some(problem), .. }) = seen.items.last() else { panic!("{seen:?}") };
    for words in ["your budget for conversations", "95100 of 100000 tokens", "00:00 UTC", "an admin"] {
        assert!(problem.message.contains(words), "{words} in {}", problem.message);
    }
    assert_eq!((problem.code.as_str(), life.script.requests().len()), ("limit", asked));
    let wait = i64::try_from(problem.retry_after.unwrap()).unwrap();
    assert_eq!((NOW + wait) % DAY, 0);
    life.clock.advance(Duration::from_secs(wait.unsigned_abs()));
    life.say(&member(), &id, "again").await;
    assert_eq!(lines(&life.done(&member(), &id).await).last().unwrap(), "answer done: Tomorrow.");
}

#[tokio::test]
async fn what_never_reached_a_model_costs_nothing_and_what_broke_off_costs_what_was_seen() {
    let refused = livos_llm::Error::KeyRefused { message: "no".to_owned() };
    let cut = livos_llm::Error::CutOff { message: "gone".to_owned() };
    let half = "word ".repeat(600);
    let life = Life::new(vec![Reply::fail(refused), Reply::text(&half).then_fail(cut)]).await;
    life.nexus.providers.set_price("p", Some(&PRICE)).await.unwrap();
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "one").await;
    life.done(&member(), &id).await;
    let sum = async || life.nexus.spending(&member(), "").await.unwrap().people[0].sum;
    assert_eq!((sum().await.tokens, sum().await.money, sum().await.unpriced), (0, 0, 0));
    life.say(&member(), &id, "two").await;
    life.done(&member(), &id).await;
    assert!(sum().await.tokens > 1000 && sum().await.money > 15_000, "{:?}", sum().await);
}

#[tokio::test]
async fn a_provider_that_does_not_tell_is_believed_to_have_used_all_that_was_set_aside() {
    let life = Life::new(vec![Reply::text("Hello.")]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "hello").await;
    life.done(&member(), &id).await;
    let tokens = life.nexus.spending(&member(), "").await.unwrap().people[0].sum.tokens;
    assert!(tokens > 8192, "{tokens}");
}

#[tokio::test]
async fn dying_between_setting_aside_and_settling_counts_in_full_and_is_settled_by_the_log() {
    let life = Life::new(vec![Reply::text("Half of it").then_hold(Arc::new(Notify::new()))]).await;
    let budget = BudgetRequest { person: String::new(), cause: String::new(), tokens: 1_000_000, money: -1 };
    life.nexus.set_budget(&budget).await.unwrap();
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "one").await;
    life.until(&member(), &id, |seen| seen.items.len() == 2).await;
    let aside = used(&life.nexus.store, "ada", NOW).await.0;
    assert!(aside > 8192, "{aside}");
    let open = async |life: &Life| -> i64 {
        let count = "select count(*) from spending where tokens is null";
        sqlx::query_scalar(count).fetch_one(life.nexus.store.database().reader()).await.unwrap()
    };
    assert_eq!(open(&life).await, 1);
    let life = life.again(vec![Reply::text("Whole.").costing(7, 3)]).await;
    life.done(&member(), &id).await;
    assert_eq!(open(&life).await, 0);
    assert_eq!(used(&life.nexus.store, "ada", NOW).await.0, aside + 10);
}

#[tokio::test]
async fn a_conversation_that_is_deleted_while_its_model_speaks_stays_in_the_books() {
    let life = Life::new(vec![Reply::text("Half").then_hold(Arc::new(Notify::new()))]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "one").await;
    life.until(&member(), &id, |seen| seen.items.len() == 2).await;
    life.nexus.remove(&member(), &id).await.unwrap();
    within(async {
        loop {
            let settled = "select count(*) from spending where tokens > 0";
            let settled: i64 =
                sqlx::query_scalar(settled).fetch_one(life.nexus.store.database().reader()).await.unwrap();
            if settled == 1 {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_price_that_was_entered_is_of_one_model() {
    let life = Life::new(vec![Reply::text("OK"), Reply::text("OK")]).await;
    let providers = &life.nexus.providers;
    providers.set_price("p", Some(&PRICE)).await.unwrap();
    let again = ProviderRequest { label: "New name".to_owned(), ..provider("") };
    assert_eq!(providers.save(again).await.unwrap().price.unwrap().price, PRICE);
    let other = ProviderRequest { model: "m2".to_owned(), ..provider("") };
    assert_eq!(providers.save(other).await.unwrap().price, None);
    assert!(matches!(providers.set_price("q", None).await, Err(Error::UnknownProvider(_))));
}

#[test]
fn the_price_list_is_read_at_the_providers_own_address_only() {
    let prices = Prices::known().unwrap();
    let of = |url: &str, model: &str| prices.of(url, model).map(|price| price.known.price.input);
    let (anthropic, openai) = ("https://api.anthropic.com", "https://api.openai.com/v1");
    assert_eq!(of(anthropic, "claude-sonnet-4-5"), Some(3_000_000));
    assert_eq!(of(anthropic, "claude-sonnet-4-5-20250929"), Some(3_000_000));
    assert_eq!(of(openai, "gpt-5-2025-08-07"), Some(1_250_000));
    assert_eq!(of(openai, "gpt-5-mini"), Some(250_000), "not what gpt-5 costs");
    for (url, model) in [
        (anthropic, "claude-sonnet-4-5-preview"),
        (anthropic, "claude-sonnet-4"),
        (openai, "gpt-5-pro"),
        ("https://openrouter.ai/api/v1", "gpt-5"),
        ("http://api.anthropic.com", "claude-sonnet-4-5"),
        ("https://api.anthropic.com.evil.test", "claude-sonnet-4-5"),
        ("https://api.anthropic.com@evil.test", "claude-sonnet-4-5"),
    ] {
        assert_eq!(of(url, model), None, "{url} {model}");
    }
    let gemini = prices.of("https://generativelanguage.googleapis.com/v1beta", "gemini-2.5-pro").unwrap();
    let read = |input| gemini.cost(&Usage { input, ..Usage::default() });
    assert_eq!((read(200_000), read(200_001)), (Some(250_000), None), "above there is another price");
}

#[test]
fn money_is_rounded_up_and_does_not_overflow() {
    let price = Price::entered(PRICE);
    let cost = |input, output| price.cost(&Usage { input, output, ..Usage::default() });
    assert_eq!((cost(0, 0), cost(1, 0), cost(1_000_000, 1_000_000)), (Some(0), Some(3), Some(18_000_000)));
    let cheap = Price::entered(ModelPrice { input: 1, ..PRICE });
    assert_eq!(cheap.cost(&Usage { input: 1, ..Usage::default() }), Some(1));
    let dear = ModelPrice { input: u64::MAX, output: u64::MAX, cached: u64::MAX, cache_written: u64::MAX };
    let all = Usage { input: u64::MAX, output: u64::MAX, cached: u64::MAX, cache_written: u64::MAX };
    assert_eq!(Price::entered(dear).cost(&all), Some(u64::MAX));
    let words = [(0, "$0.00"), (1, "$0.0001"), (4_500, "$0.0045"), (9_999, "$0.0100"), (1_499_999, "$1.50")];
    for (millionths, text) in words {
        assert_eq!(dollars(millionths), text);
    }
    // A request is thought to cost the dearest way in which it can be read.
    let estimate = money::estimate(&Request::default(), Some(&price)).unwrap();
    let most = Usage { cache_written: estimate.input, output: 8192, ..Usage::default() };
    assert_eq!((estimate.money, estimate.tokens), (price.cost(&most), estimate.input + 8192));
}
