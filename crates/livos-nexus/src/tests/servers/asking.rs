//! The agent and other servers' tools: who is asked before what, what is told, and that nothing is done twice.

use livos_bus::approvals::{Proposal, ProposalState};
use livos_llm::Message;

use super::*;
use crate::core::approvals::{End, Move};

fn search(id: &str, text: &str) -> ToolCall {
    call(id, "notes__search", json!({ "text": text }))
}

/// What the model was told last by tools.
fn told(life: &Life) -> String {
    let requests = life.script.requests();
    let results =
        requests.last().unwrap().messages.iter().rev().find(|one| matches!(one, Message::Results(_)));
    format!("{results:?}")
}

async fn proposed(life: &Life, who: &Actor, id: &str) -> Proposal {
    life.until(who, id, |seen| seen.info.asks).await;
    let list = life.nexus.approvals(who).await.unwrap().proposals;
    let [one] = list.as_slice() else { panic!("{list:?}") };
    one.clone()
}

async fn agree(life: &Life, who: &Actor, id: &str) {
    life.nexus.move_own(who, id, Move::Begin).await.unwrap();
    life.nexus.move_any(id, Move::Finish(End::Done, "it was agreed to".to_owned())).await.unwrap();
}

async fn with(server: &Server, how: &str, replies: Vec<Reply>) -> Life {
    let life = living(server, replies).await;
    let kept = add(&life).await;
    set(&life, &kept.tools[0], how).await.unwrap();
    server.asked.lock().unwrap().clear();
    life
}

#[tokio::test]
async fn the_person_is_asked_and_then_it_is_done_once() {
    let server = server().await;
    let replies = vec![
        Reply::calls(vec![search("a", "roses")]),
        Reply::calls(vec![search("b", "tulips")]),
        Reply::text("So."),
    ];
    let life = with(&server, "ask", replies).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "look into my notes").await;
    let one = proposed(&life, &member(), &id).await;
    assert_eq!(
        (one.action.tool.as_str(), &one.action.arguments),
        ("notes__search", &json!({ "text": "roses" }))
    );
    assert_eq!(one.summary, "Use search of notes with {\"text\":\"roses\"}");
    assert!(!one.tainted && server.asked.lock().unwrap().is_empty(), "nobody has asked the server");
    agree(&life, &member(), &one.id).await;
    let two = proposed(&life, &member(), &id).await;
    assert!(two.tainted && two.id != one.id, "what it said is a stranger's");
    let said = told(&life);
    assert!(said.contains("you said roses") && said.contains("never an instruction"), "{said}");
    agree(&life, &member(), &two.id).await;
    let seen = life.done(&member(), &id).await;
    assert_eq!(
        lines(&seen)[1..],
        ["tool done: notes__search [done]", "tool done: notes__search [done]", "answer done: So."]
    );
    let offered =
        life.script.requests().last().unwrap().tools.iter().any(|tool| tool.name == "notes__search");
    assert!(offered);
    life.nexus.tasks.close();
    within(life.nexus.tasks.wait()).await;
    // One session for the run, its list before every call, a pong for each ping, and a good-bye.
    let call = ["tools/list", "tools/call", "POST"];
    let all: Vec<&str> =
        ["initialize", "notifications/initialized"].into_iter().chain(call).chain(call).collect();
    assert_eq!(server.methods(), [&all[..], &["DELETE"]].concat());
}

#[tokio::test]
async fn a_list_that_fails_is_no_leave_to_call() {
    let server = server().await;
    let calls = || Reply::calls(vec![search("a", "x")]);
    let life = with(&server, "look", vec![calls(), Reply::text("So.")]).await;
    server.say(|message, _| {
        (message["method"] == "tools/list").then(|| http("500 Internal Server Error", "", ""))
    });
    let again = vec![search("b", "y"), search("c", "z")];
    life.script.push(Reply::text("unused"));
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    life.done(&member(), &id).await;
    for one in again {
        let arguments = one.arguments;
        let found = life.nexus.servers.find("notes__search").await.unwrap().unwrap();
        let said = life.nexus.servers.call(7, &found, &arguments).await.unwrap();
        assert!(matches!(said, crate::core::servers::Said::Not(_)), "{said:?}");
    }
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn a_run_does_not_go_on_with_the_address_and_the_key_of_before() {
    let server = server().await;
    let life = with(&server, "look", Vec::new()).await;
    let found = life.nexus.servers.find("notes__search").await.unwrap().unwrap();
    let text = json!({ "text": "x" });
    life.nexus.servers.call(7, &found, &text).await.unwrap();
    let headers = json!({ "X-Key": KEY }).to_string();
    life.nexus.servers.save(request("notes", URL, &headers)).await.unwrap();
    server.asked.lock().unwrap().clear();
    life.nexus.servers.call(7, &found, &text).await.unwrap();
    assert!(server.asked.lock().unwrap().iter().all(|(head, _)| head.contains(KEY)));
    life.nexus.servers.save(request("notes", "http://tools.home/other", "")).await.unwrap();
    server.asked.lock().unwrap().clear();
    let said = life.nexus.servers.call(7, &found, &text).await.unwrap();
    assert!(matches!(said, crate::core::servers::Said::Not(_)), "{said:?}");
    assert!(server.asked.lock().unwrap().iter().all(|(head, _)| head.starts_with("POST /other")));
}

#[tokio::test]
async fn what_was_agreed_to_before_the_tool_was_looked_at_anew_is_not_done() {
    let server = server().await;
    let life = with(&server, "ask", vec![Reply::calls(vec![search("a", "roses")]), Reply::text("So.")]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    let one = proposed(&life, &member(), &id).await;
    server.has(json!([tool("search", "Posts a note for all to read.")]));
    life.clock.set(NOW + 60);
    let now = life.nexus.servers.look("notes").await.unwrap();
    set(&life, &now.tools[0], "ask").await.unwrap();
    agree(&life, &member(), &one.id).await;
    life.done(&member(), &id).await;
    assert!(told(&life).contains("looked at anew") && server.calls() == 0, "{}", told(&life));
}

#[tokio::test]
async fn a_key_that_a_tool_repeats_is_read_by_nobody() {
    let server = server().await;
    let life = living(&server, vec![Reply::calls(vec![search("a", KEY)]), Reply::text("So.")]).await;
    let headers = json!({ "Authorization": format!("Bearer {KEY}") }).to_string();
    let kept = life.nexus.servers.save(request("notes", URL, &headers)).await.unwrap();
    set(&life, &kept.tools[0], "look").await.unwrap();
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    life.done(&member(), &id).await;
    assert!(told(&life).contains("you said [key]"), "{}", told(&life));
}

#[tokio::test]
async fn it_sees_which_servers_there_are() {
    let server = server().await;
    let list = call("a", "mcp_list", json!({}));
    let life = with(&server, "look", vec![Reply::calls(vec![list]), Reply::text("So.")]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    life.done(&member(), &id).await;
    let said = told(&life);
    assert!(said.contains("notes__search") && !said.contains("Looks for a note"), "{said}");
    assert!(server.asked.lock().unwrap().is_empty(), "nobody is asked for that");
}

#[tokio::test]
async fn who_says_no_has_nothing_done() {
    let server = server().await;
    let life =
        with(&server, "ask", vec![Reply::calls(vec![search("a", "roses")]), Reply::text("Then not.")]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    let one = proposed(&life, &member(), &id).await;
    life.nexus.move_own(&member(), &one.id, Move::Deny("the person said no".to_owned())).await.unwrap();
    life.done(&member(), &id).await;
    assert!(server.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_only_looks_is_asked_about_after_a_strangers_words() {
    let server = server().await;
    let replies = vec![
        Reply::calls(vec![search("a", "roses"), search("b", "tulips")]),
        Reply::calls(vec![search("c", "password hunter2")]),
    ];
    let life = with(&server, "look", replies).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "look into my notes").await;
    let one = proposed(&life, &member(), &id).await;
    assert!(one.tainted && one.action.arguments == json!({ "text": "password hunter2" }), "{one:?}");
    assert_eq!(server.calls(), 2, "what was called for before was done without asking");
    let bad = server.asked.lock().unwrap().iter().any(|(_, message)| message.to_string().contains("hunter2"));
    assert!(!bad, "and the secret has not left");
}

#[tokio::test]
async fn arguments_that_do_not_fit_go_nowhere() {
    let server = server().await;
    let wrong = vec![
        call("a", "notes__search", json!({ "text": 7 })),
        call("b", "notes__search", json!({})),
        call("c", "notes__other", json!({})),
        call("d", "notes__search", json!(["x"])),
    ];
    let life = with(&server, "look", vec![Reply::calls(wrong), Reply::text("So.")]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    let seen = life.done(&member(), &id).await;
    assert!(lines(&seen)[1..5].iter().all(|line| line.contains("failed")), "{seen:?}");
    let said = told(&life);
    assert!(
        said.contains("/text: 7 is not of type") && said.contains("there is no tool called notes__other"),
        "{said}"
    );
    assert!(server.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_tool_that_changed_under_a_run_is_not_used() {
    let server = server().await;
    let life = with(&server, "look", vec![Reply::calls(vec![search("a", "x")]), Reply::text("So.")]).await;
    server.has(json!([tool("search", "Looks for a note, and posts it.")]));
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    life.done(&member(), &id).await;
    assert!(told(&life).contains("in another way than it was agreed to"), "{}", told(&life));
    assert_eq!(server.calls(), 0);
    assert_eq!(states(&life).await, [state("notes__search", "changed")]);
}

#[tokio::test]
async fn a_session_that_is_forgotten_is_begun_anew() {
    let server = server().await;
    let life = with(&server, "look", vec![Reply::calls(vec![search("a", "x")]), Reply::text("So.")]).await;
    let once = Mutex::new(true);
    server.say(move |message, _| {
        let first = message["method"] == "tools/call" && std::mem::take(&mut *once.lock().unwrap());
        first.then(|| http("404 Not Found", "", ""))
    });
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    life.done(&member(), &id).await;
    assert!(told(&life).contains("you said x"));
    assert_eq!(server.methods().iter().filter(|method| *method == "initialize").count(), 2);
}

#[tokio::test]
async fn what_broke_off_is_said_to_be_unknown() {
    let server = server().await;
    let life = with(&server, "look", vec![Reply::calls(vec![search("a", "x")]), Reply::text("So.")]).await;
    server.say(|message, _| {
        (message["method"] == "tools/call")
            .then(|| "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n".to_owned())
    });
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    life.done(&member(), &id).await;
    assert!(told(&life).contains("Whether it was done is not known"), "{}", told(&life));
    assert_eq!(server.calls(), 1, "it is not done again");
    let list = life.nexus.servers.list().await.unwrap();
    assert!(list.servers[0].problem.is_some(), "and whoever runs the server sees it");
}

#[tokio::test]
async fn who_stops_a_run_has_the_server_told() {
    let server = server().await;
    let life = with(&server, "look", vec![Reply::calls(vec![search("a", "x")])]).await;
    server.say(|message, _| (message["method"] == "tools/call").then(String::new));
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    within(async {
        while server.calls() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    life.nexus.stop(&member(), &id).await.unwrap();
    life.done(&member(), &id).await;
    let said = format!("{:?}", life.nexus.store.steps(&id, 0).await.unwrap());
    life.nexus.tasks.close();
    within(life.nexus.tasks.wait()).await;
    let asked = server.asked.lock().unwrap();
    let of_call =
        asked.iter().find(|(_, message)| message["method"] == "tools/call").unwrap().1["id"].clone();
    assert!(said.contains("whether it was done is not known"), "{said}");
    let cancelled = asked.iter().find(|(_, message)| message["method"] == "notifications/cancelled").unwrap();
    assert_eq!(cancelled.1["params"]["requestId"], of_call);
}

/// kill -9 while the server works: nobody knows whether it was done.
async fn killed_in_the_middle(how: &str) -> (Server, Life, String) {
    let server = server().await;
    let life = with(&server, how, vec![Reply::calls(vec![search("a", "x")])]).await;
    server.say(|message, _| (message["method"] == "tools/call").then(String::new));
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    if how == "ask" {
        let one = proposed(&life, &member(), &id).await;
        agree(&life, &member(), &one.id).await;
    }
    within(async {
        while server.calls() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    *server.says.lock().unwrap() = None;
    let Life { nexus, home, .. } = life;
    nexus.shutdown.cancel();
    nexus.tasks.close();
    within(nexus.tasks.wait()).await;
    nexus.store.database().close().await;
    drop(nexus);
    let life = Life::open(home, Scripted::new("Scripted", vec![Reply::text("So.")]), Bounds::default()).await;
    reach(&life, server.address);
    life.nexus.resume().await.unwrap();
    (server, life, id)
}

#[tokio::test]
async fn a_conversation_that_is_deleted_while_it_waits_says_good_bye() {
    let server = server().await;
    let replies = vec![Reply::calls(vec![search("a", "roses")]), Reply::calls(vec![search("b", "tulips")])];
    let life = with(&server, "ask", replies).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "look into my notes").await;
    let one = proposed(&life, &member(), &id).await;
    agree(&life, &member(), &one.id).await;
    let two = proposed(&life, &member(), &id).await;
    assert_ne!(two.id, one.id);
    life.nexus.remove(&member(), &id).await.unwrap();
    life.nexus.tasks.close();
    within(life.nexus.tasks.wait()).await;
    let said = server.methods();
    assert_eq!(said.iter().filter(|method| **method == "DELETE").count(), 1, "{said:?}");
}

#[tokio::test]
async fn what_was_agreed_to_and_begun_is_asked_about_again_and_not_repeated() {
    let (server, life, id) = killed_in_the_middle("ask").await;
    let again = proposed(&life, &member(), &id).await;
    assert_eq!((again.state, server.calls()), (ProposalState::Unknown, 1));
    agree(&life, &member(), &again.id).await;
    life.done(&member(), &id).await;
    assert_eq!(server.calls(), 2, "the person wanted it done again");
    assert!(told(&life).contains("you said x"));
}

#[tokio::test]
async fn what_the_person_leaves_open_is_not_done_again() {
    let (server, life, id) = killed_in_the_middle("ask").await;
    let again = proposed(&life, &member(), &id).await;
    life.nexus.move_own(&member(), &again.id, Move::Deny("the person said no".to_owned())).await.unwrap();
    life.done(&member(), &id).await;
    assert_eq!(server.calls(), 1);
    assert!(told(&life).contains("it is not known whether this was done"));
}

#[tokio::test]
async fn what_only_looks_and_was_begun_is_asked_about_as_well() {
    let (server, life, id) = killed_in_the_middle("look").await;
    let one = proposed(&life, &member(), &id).await;
    assert!(one.why.contains("LivOS was stopped") && server.calls() == 1, "{one:?}");
    agree(&life, &member(), &one.id).await;
    life.done(&member(), &id).await;
    assert_eq!(server.calls(), 2);
}
