//! `kill -9` of the agent's daemon at moments that nobody has chosen, in the middle of twenty different runs: no message is
//! lost, nothing is done twice, and every run ends or says why it can't.
//!
//! The moments follow from a seed, `LIVOS_TEST_SEED`. In an ordinary run each of the twenty is killed once; with
//! `LIVOS_TEST_ALL` five times, which makes a hundred.

mod scripts;
mod world;

use std::time::Duration;

use livos_testkit::{Client, Stack};
use serde_json::{Value, json};

use crate::assistant::server::Server;
use crate::moments::{Chance, number};
use scripts::{Effect, SCRIPTS, Script, mark, second};
use world::World;

const WITHIN: Duration = Duration::from_secs(180);
const CONVERSATIONS: &str = "/api/v1/assistant/conversations";
const APPROVALS: &str = "/api/v1/assistant/approvals";
const SEED: u64 = 505;
/// How often each round of a script is killed.
const USUAL: &[u64] = &[1];
const ALL: &[u64] = &[1, 2, 1, 1];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_dies_no_message_is_lost_nothing_is_done_twice_and_every_run_ends() {
    let rounds = if std::env::var_os("LIVOS_TEST_ALL").is_some() { ALL } else { USUAL };
    let seed = number("LIVOS_TEST_SEED", SEED);
    let mut chance = Chance(seed);
    let Some(model) = Server::saying(&scripts::fixtures(rounds.len())) else { return };
    let world = World::start(&model).await;
    let (mut kills, mut whole, mut runs) = (0, 0, 0);
    for (place, script) in SCRIPTS.iter().enumerate() {
        let id = world.begin().await;
        for (round, times) in rounds.iter().enumerate() {
            let moments: Vec<Duration> = (0..*times).map(|_| chance.within(script.takes)).collect();
            let what = format!("seed {seed}, {}, round {round}, dies after {moments:?}", script.name);
            let mark = mark(place, round);
            let marks = if script.twice { vec![mark.clone(), second(&mark)] } else { vec![mark] };
            for mark in &marks {
                world.prepare(script, mark).await;
            }
            let run = Run { world: &world, id: &id, what: &what };
            // Until the last kill is over, whoever waits may be waiting for what is to come.
            tokio::join!(run.talk(&marks), run.kill(&moments));
            let seen = run.ended().await;
            kills += times;
            for mark in &marks {
                // A subagent's work is a run as well.
                runs += if script.has(Effect::HandedOver) { 2 } else { 1 };
                whole += u64::from(run.judge(script, mark, &seen).await);
            }
            println!("{what}: fine");
        }
    }
    // Runs are counted by the server: what was begun twice would show, wherever.
    let id = world.begin().await;
    let last = Run { world: &world, id: &id, what: "the last" };
    last.talk(&["last".to_owned()]).await;
    let seen = last.ended().await;
    assert_eq!(seen["items"][0]["run"], runs + 1, "as many runs as were asked for: {seen:#}");
    println!("{kills} kills in {} scripts; {whole} runs did all that was asked", SCRIPTS.len());
    assert!(kills >= 20 && whole * 2 > kills, "most runs come to their end: {whole} of {kills}");
    world.end().await;
}

/// A round of a script.
struct Run<'a> {
    world: &'a World,
    id: &'a str,
    what: &'a str,
}

impl Run<'_> {
    fn stack(&self) -> &Stack {
        &self.world.stack
    }

    fn owner(&self) -> &Client {
        &self.world.owner
    }

    async fn until<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        livos_testkit::wait_for(WITHIN, &format!("{}: {what}", self.what), look)
            .await
            .unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack().last_words()))
    }

    /// Says it as the page does: again, with the same key, until it is taken in.
    async fn talk(&self, marks: &[String]) {
        for mark in marks {
            let path = format!("{CONVERSATIONS}/{}/messages", self.id);
            let body = json!({ "text": Script::asks(mark) });
            self.until("the message is taken in", async || {
                let request = self.owner().request(reqwest::Method::POST, &path).json(&body);
                let answer = self.owner().send(request.header("Idempotency-Key", mark)).await.ok()?;
                assert!(answer.status == 202 || answer.status >= 500, "{}: {}", self.what, answer.text());
                (answer.status == 202).then_some(())
            })
            .await;
        }
        self.ended().await;
    }

    async fn kill(&self, moments: &[Duration]) {
        for moment in moments {
            // The moment is what is tried; nothing is expected of it.
            tokio::time::sleep(*moment).await;
            let starts = self.stack().kill("livos-nexus").expect("killed");
            let back = self.stack().back("livos-nexus", starts).await;
            back.unwrap_or_else(|error| panic!("{}: {error:#}\n{}", self.what, self.stack().last_words()));
        }
    }

    /// Waits until nothing is being worked on or waits in the conversation, and answers what is asked meanwhile: yes, and
    /// no where nobody knows whether it was done already.
    async fn ended(&self) -> Value {
        self.until("the run ends", async || {
            self.answer().await;
            let answer = self.owner().get(&format!("{CONVERSATIONS}/{}", self.id)).await.ok()?;
            let seen = (answer.status == 200).then(|| answer.json())?;
            let over = seen["running"] == false && seen["queued"].as_array().is_none_or(Vec::is_empty);
            over.then_some(seen)
        })
        .await
    }

    async fn answer(&self) {
        let Ok(answer) = self.owner().get(APPROVALS).await else { return };
        for asked in answer.json()["proposals"].as_array().into_iter().flatten() {
            let decision = match asked["state"].as_str() {
                Some("waiting") => "approve",
                Some("unknown") => "deny",
                _ => continue,
            };
            let path = format!("{APPROVALS}/{}", asked["id"].as_str().expect("an id"));
            let body = json!({ "decision": decision, "action": asked["action"] });
            // Whether it is taken is seen by whether it is asked again.
            drop(self.owner().post(&path, &body).await);
        }
    }

    /// What came of a message, and whether all of it was done.
    async fn judge(&self, script: &Script, mark: &str, seen: &Value) -> bool {
        let items = seen["items"].as_array().expect("items");
        let asks = Script::asks(mark);
        let asked: Vec<&Value> =
            items.iter().filter(|item| item["kind"] == "person" && item["text"] == asks.as_str()).collect();
        assert_eq!(asked.len(), 1, "{}: the message is there once: {seen:#}", self.what);
        let of_run: Vec<&Value> = items.iter().filter(|item| item["run"] == asked[0]["run"]).collect();
        let last = of_run.last().expect("an end");
        let said = last["text"].as_str().is_some_and(|text| text.ends_with(&format!("that was {mark}.")));
        let says_why =
            of_run.iter().any(|item| item["problem"]["message"].as_str().is_some_and(|why| !why.is_empty()));
        assert!(
            (last["state"] == "done" && said) || says_why,
            "{}: it ends, or says why not: {of_run:#?}",
            self.what
        );
        let mut done = said;
        for (turn, (effect, name, arguments)) in script.calls().enumerate() {
            let input = arguments(mark);
            // A turn that was broken off is asked for again; what it had called for by then was not done.
            let used: Vec<&&Value> = of_run
                .iter()
                .filter(|item| item["kind"] == "tool" && item["name"] == *name && item["input"] == input)
                .collect();
            assert!(used.len() <= 1, "{}: {name} is used {} times: {of_run:#?}", self.what, used.len());
            let state = used.first().map_or("", |item| item["state"].as_str().unwrap_or_default());
            let count = self.world.count(*effect, used.first().map(|used| **used), mark).await;
            let (least, most) = if state == "done" { (1, 1) } else { (0, 1) };
            if let Some(count) = count {
                assert!(
                    (least..=most).contains(&count),
                    "{}: {name} ({turn}) is {state:?} and was done {count} times: {of_run:#?}",
                    self.what
                );
            }
            if state != "done" {
                let why = used.first().is_none_or(|item| item["problem"]["message"].is_string());
                assert!(why || says_why, "{}: {name} does not say why: {of_run:#?}", self.what);
                println!(
                    "  {name} is {state:?}, done {count:?} times: {}",
                    used.first().map_or("", |item| item["problem"]["message"].as_str().unwrap_or_default())
                );
            }
            done &= state == "done";
        }
        done
    }
}
