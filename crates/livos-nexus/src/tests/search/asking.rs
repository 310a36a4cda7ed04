//! The agent and the search engine: what it is offered and told, and who is asked before what.

use livos_bus::approvals::Proposal;
use livos_llm::Message;

use super::*;
use crate::core::approvals::{End, Move};

fn search(id: &str, query: &str) -> ToolCall {
    call(id, "web_search", json!({ "query": query }))
}

fn scrape(id: &str, url: &str) -> ToolCall {
    call(id, "scrape", json!({ "url": url }))
}

/// What the model was told last by tools.
fn told(life: &Life) -> String {
    let requests = life.script.requests();
    let results =
        requests.last().unwrap().messages.iter().rev().find(|one| matches!(one, Message::Results(_)));
    format!("{results:?}")
}

fn offered(life: &Life) -> Vec<String> {
    let requests = life.script.requests();
    requests.last().unwrap().tools.iter().map(|tool| tool.name.clone()).collect()
}

async fn proposed(life: &Life, who: &Actor, id: &str) -> Proposal {
    life.until(who, id, |seen| seen.info.asks).await;
    let list = life.nexus.approvals(who).await.unwrap().proposals;
    let [one] = list.as_slice() else { panic!("{list:?}") };
    one.clone()
}

#[tokio::test]
async fn what_was_found_may_be_read_and_what_is_made_up_afterwards_is_asked_about() {
    let engines = engines().await;
    let secret = "garden password hunter2";
    let life = living(
        &engines,
        vec![
            Reply::calls(vec![search("a", "garden"), search("b", "roses of ada")]),
            Reply::calls(vec![scrape("c", "https://site.example/2?a=(b)%7Cc"), search("d", "Best  roses")]),
            Reply::calls(vec![search("e", secret)]),
            Reply::text("Done."),
        ],
    )
    .await;
    let who = member();
    let id = life.talk(&who).await;
    life.say(&who, &id, "Find the best roses for me.").await;
    let proposal = proposed(&life, &who, &id).await;
    assert_eq!(
        (proposal.action.tool.as_str(), &proposal.action.arguments, proposal.subject.as_str()),
        ("web_search", &json!({ "query": secret }), "SearXNG")
    );
    assert!(proposal.tainted && proposal.summary.contains(secret), "{proposal:?}");
    let mut queries = engines.queries().split_off(1);
    // Those of one turn go out at once, so either may come first.
    queries[..2].sort();
    assert_eq!(queries, ["garden", "roses of ada", "Best roses"], "and the secret has not left");
    assert!(
        life.network.went().iter().any(|to| to.port() == 443),
        "what was found is gone to without asking"
    );
    life.nexus.move_own(&who, &proposal.id, Move::Begin).await.unwrap();
    life.nexus.move_any(&proposal.id, Move::Finish(End::Done, "it was agreed to".to_owned())).await.unwrap();
    life.done(&who, &id).await;
    assert_eq!(engines.queries().last().unwrap(), secret, "what was agreed to is searched for");
    let told = told(&life);
    assert!(
        told.contains("Strangers wrote what follows")
            && told.contains("https://site.example/5?a=%28b%29%7Cc"),
        "{told}"
    );
}

#[tokio::test]
async fn what_it_found_makes_the_conversation_a_strangers() {
    let engines = engines().await;
    let life = living(
        &engines,
        vec![
            Reply::calls(vec![search("a", "garden")]),
            Reply::calls(vec![scrape("b", "https://site.example/made-up")]),
        ],
    )
    .await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "go").await;
    let proposal = proposed(&life, &owner(), &id).await;
    assert_eq!(proposal.action.arguments, json!({ "url": "https://site.example/made-up" }));
}

#[tokio::test]
async fn it_is_offered_only_where_somebody_searches_and_the_web_is_on() {
    let engines = engines().await;
    let life = living(&engines, Vec::new()).await;
    let web = ["scrape", "web_search"];
    let see = async |who: &Actor, expected: &[&str]| {
        life.script.push(Reply::calls(vec![search("a", "garden")]));
        life.script.push(Reply::text("So."));
        let id = life.talk(who).await;
        life.say(who, &id, "go").await;
        life.done(who, &id).await;
        let offered: Vec<String> =
            offered(&life).into_iter().filter(|name| web.contains(&name.as_str())).collect();
        assert_eq!(offered, expected);
        told(&life)
    };
    assert!(see(&member(), &web).await.contains("searched with SearXNG"));
    life.nexus.switch_own_web(&member(), false).await.unwrap();
    assert!(see(&member(), &[]).await.contains("switched that off for themselves"));
    see(&owner(), &web).await;
    let shown = life.nexus.web_shown(&member()).await.unwrap();
    assert_eq!((shown.machine, shown.house, shown.own), (true, true, false));
    life.nexus.switch_own_web(&member(), true).await.unwrap();
    life.nexus.switch_web_of_all(false).await.unwrap();
    assert!(see(&owner(), &[]).await.contains("those who run it have switched that off"));
    life.nexus.switch_web_of_all(true).await.unwrap();
    life.nexus.remove_search().await.unwrap();
    assert!(see(&owner(), &["scrape"]).await.contains("no search engine is set up"));
    // Who comes back under another account begins anew.
    life.nexus.switch_own_web(&member(), false).await.unwrap();
    life.nexus.forget(member().user.as_str()).await.unwrap();
    assert!(life.nexus.web_shown(&member()).await.unwrap().own);
}

#[tokio::test]
async fn a_search_is_bounded_before_anybody_is_asked() {
    let engines = engines().await;
    let long = "word ".repeat(60);
    let wide = call("d", "web_search", json!({ "query": "garden", "max_results": 11 }));
    let calls = vec![search("a", " \u{200b} "), search("b", &long), search("c", &"x".repeat(401)), wide];
    let life = living(&engines, vec![Reply::calls(calls), Reply::text("No.")]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "go").await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).iter().filter(|line| line.starts_with("tool failed: web_search")).count(), 4);
    assert_eq!(engines.queries().len(), 1, "but when it was set up");
}

#[tokio::test]
async fn a_skill_that_keeps_to_hosts_searches_only_if_it_says_so_and_is_told_of_those_only() {
    let engines = engines().await;
    let skill = |name: &str, rest: &str| {
        format!("---\nname: {name}\ndescription: Reads one site.\n{rest}---\nDo it.\n")
    };
    let follow = |id: &str, name: &str| call(id, "skill_use", json!({ "name": name }));
    for (name, rest, expected) in [
        ("only-there", "hosts: [site.example]\n", "does not name web_search"),
        ("and-finds", "hosts: [site.example]\ntools: [web_search]\n", "https://site.example/1"),
        ("elsewhere", "hosts: [other.example]\ntools: [web_search]\n", "Nothing was found"),
    ] {
        let life = living(
            &engines,
            vec![
                Reply::calls(vec![follow("a", name)]),
                Reply::calls(vec![search("b", "garden")]),
                Reply::text("So."),
            ],
        )
        .await;
        let added = life
            .nexus
            .add_skill(&owner(), &skill(name, rest), crate::core::skills::Source::Person)
            .await
            .unwrap();
        let revision = added.waiting.unwrap().id;
        let enable = crate::core::skills::Change::Enable(&revision);
        life.nexus.change_skill(&owner(), name, enable).await.unwrap();
        let id = life.talk(&owner()).await;
        life.say(&owner(), &id, "garden").await;
        life.done(&owner(), &id).await;
        assert!(told(&life).contains(expected), "{name}: {}", told(&life));
    }
}
