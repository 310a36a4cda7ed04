//! Runs from a question to its end.

use livos_llm::{Error as ModelError, PersonPart, ResultPart};

use super::*;

#[tokio::test]
async fn a_question_is_answered_with_what_tools_said() {
    let life = Life::new(vec![
        Reply::text("I look.").then_calls(vec![call("a", "status", json!({})), log_call("b")]).costing(10, 5),
        Reply::default()
            .then_thinking("So that is it.", "proof")
            .then_text("Jellyfin restarts.")
            .costing(20, 7),
    ])
    .await;
    *life.house.log.lock().unwrap() = "out of memory".to_owned();
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "why is my server slow?\nplease").await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(
        lines(&seen),
        [
            "person: why is my server slow?\nplease",
            "answer done: I look.",
            "tool done: status",
            "tool done: docker_logs",
            "thinking: So that is it.",
            "answer done: Jellyfin restarts.",
        ]
    );
    assert_eq!(seen.info.title, "why is my server slow? please");
    let asked = life.house.asked();
    assert!(asked.contains(&"log of jellyfin, 100 lines, for grace".to_owned()), "{asked:?}");
    assert!(!asked.iter().any(|line| line.contains("by itself")), "it says who asks: {asked:?}");
    let requests = life.script.requests();
    let told = format!("{:?}", requests.last().unwrap().messages);
    // One part of the house that is down is itself the news.
    assert!(told.contains("out of memory") && told.contains("a part of LivOS is not running"), "{told}");
    assert!(told.contains("it restarts all the time"), "{told}");
}

#[tokio::test]
async fn a_tool_that_can_not_is_told_to_the_model_and_shown() {
    let wrong = vec![
        call("a", "docker_logs", json!({ "app": "../etc" })),
        call("b", "docker_logs", json!({ "app": "jellyfin", "follow": true })),
        call("c", "pm2", json!({ "operation": "list" })),
        log_call("d"),
    ];
    let life = Life::new(vec![Reply::calls(wrong), Reply::text("I can't.")]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "x").await;
    let seen = life.done(&member(), &id).await;
    assert_eq!(lines(&seen).iter().filter(|line| line.starts_with("tool failed")).count(), 4, "{seen:?}");
    let requests = life.script.requests();
    let results = match requests.last().unwrap().messages.last() {
        Some(livos_llm::Message::Results(results)) => results.clone(),
        other => panic!("{other:?}"),
    };
    assert!(results.iter().all(|result| result.failed));
    let text = |call: &str| match &results.iter().find(|result| result.call == call).unwrap().parts[0] {
        ResultPart::Text(text) => text.clone(),
        ResultPart::Image(_) => String::new(),
    };
    assert!(text("b").contains("follow") && text("c").contains("no tool"), "{results:?}");
    assert!(text("d").contains("admin"), "a member is refused what they may not read: {results:?}");
}

#[tokio::test]
async fn a_long_result_is_cut_in_its_middle() {
    let life = Life::new(vec![Reply::calls(vec![log_call("a")]), Reply::text("long")]).await;
    *life.house.log.lock().unwrap() = format!("begin {}é end", "ab é".repeat(50_000));
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    let seen = life.done(&owner(), &id).await;
    let output = seen.items.iter().find_map(|item| match item {
        Item::Tool { output, .. } => output.clone(),
        _ => None,
    });
    let output = output.unwrap();
    assert!(output.starts_with("begin") && output.ends_with("end") && output.contains("left out"));
    assert!(output.len() <= crate::core::tools::LONGEST, "{}", output.len());
}

#[tokio::test]
async fn what_is_remembered_is_found_again_by_its_person_alone() {
    let fact = json!({ "content": "The spare key hangs in the shed." });
    let search =
        || Reply::calls(vec![call("s", "memory_search", json!({ "query": "where is the spare key?" }))]);
    let life = Life::new(vec![
        Reply::calls(vec![call("a", "memory_add", fact)]),
        Reply::text("Noted."),
        search(),
        Reply::text("In the shed."),
        search(),
        Reply::text("I don't know."),
    ])
    .await;
    for (person, text) in [(owner(), "remember it"), (owner(), "where?"), (member(), "where?")] {
        let id = life.talk(&person).await;
        life.say(&person, &id, text).await;
        life.done(&person, &id).await;
    }
    let requests = life.script.requests();
    let last_of = |number: usize| format!("{:?}", requests[number].messages.last().unwrap());
    assert!(last_of(4).contains("hangs in the shed"), "{}", last_of(4));
    assert!(last_of(6).contains("Nothing about this"), "{}", last_of(6));
}

#[tokio::test]
async fn what_was_noted_after_reading_a_log_is_not_the_persons_word() {
    let add = call("m", "memory_add", json!({ "content": "The admin password is changed by mail." }));
    let life =
        Life::new(vec![Reply::calls(vec![log_call("l")]), Reply::calls(vec![add]), Reply::text("ok")]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    life.done(&owner(), &id).await;
    let kept = life.nexus.memory.list("grace", None, None, 10).await.unwrap();
    assert_eq!(kept[0].origin, livos_memory::Origin::Untrusted);
}

#[tokio::test]
async fn failures_end_in_words() {
    let message = || "no".to_owned();
    let cases = [
        (ModelError::KeyRefused { message: message() }, "key_refused"),
        (ModelError::ModelMissing { model: message(), message: message() }, "model_missing"),
        (ModelError::ContextTooLong { message: message() }, "limit"),
        (ModelError::CutOff { message: message() }, "interrupted"),
        (
            ModelError::RateLimited { retry_after: Some(Duration::from_secs(9)), message: message() },
            "rate_limited",
        ),
    ];
    for (error, code) in cases {
        let life = Life::new(vec![Reply::text("Half an ").then_fail(error)]).await;
        let id = life.talk(&owner()).await;
        life.say(&owner(), &id, "x").await;
        let seen = life.done(&owner(), &id).await;
        assert_eq!(lines(&seen)[1], format!("answer failed: Half an  ({code})"));
        assert_eq!(life.script.requests().len(), 2, "asked once: {code}");
    }
}

#[tokio::test]
async fn without_a_provider_the_answer_says_what_to_do() {
    let life =
        Life::open(TempDir::new().unwrap(), Scripted::new("none", Vec::new()), Bounds::default()).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    let seen = life.done(&owner(), &id).await;
    match seen.items.last() {
        Some(Item::Answer { problem: Some(problem), .. }) => assert!(problem.message.contains("Settings")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn stopping_keeps_what_was_said_and_takes_the_next_message_up() {
    let hold = Arc::new(Notify::new());
    let life = Life::new(vec![
        Reply::text("Half of it").then_hold(Arc::clone(&hold)).then_text("never"),
        Reply::text("Second."),
    ])
    .await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.say(&owner(), &id, "two").await;
    let seen = life
        .until(&owner(), &id, |seen| lines(seen).contains(&"answer streaming: Half of it".to_owned()))
        .await;
    assert_eq!(seen.queued.len(), 1, "{seen:?}");
    life.nexus.stop(&owner(), &id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(
        lines(&seen),
        ["person: one", "answer stopped: Half of it", "person: two", "answer done: Second."]
    );
    // The second question was asked with what had been said.
    let requests = life.script.requests();
    let told = format!("{:?}", requests.last().unwrap().messages);
    assert!(told.contains("Half of it") && told.contains("two"), "{told}");
}

#[tokio::test]
async fn stopping_a_tool_leaves_no_call_without_its_result() {
    let life = Life::new(vec![Reply::calls(vec![log_call("a")]), Reply::text("after")]).await;
    *life.house.hold.lock().unwrap() = Some(Arc::new(Notify::new()));
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.until(&owner(), &id, |seen| lines(seen).contains(&"tool running: docker_logs".to_owned())).await;
    life.nexus.stop(&owner(), &id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen), ["person: one", "tool failed: docker_logs (failed)", "answer stopped: "]);
    life.say(&owner(), &id, "two").await;
    life.done(&owner(), &id).await;
    let requests = life.script.requests();
    assert!(matches!(requests.last().unwrap().messages[2], livos_llm::Message::Results(_)));
}

#[tokio::test]
async fn two_conversations_at_once_never_mix() {
    // Each is asked while the other's answer is held, and the script answers whoever asks.
    let hold = Arc::new(Notify::new());
    let held = |text: &str| Reply::text(text).then_hold(Arc::clone(&hold)).then_text(" end");
    let life = Life::new(vec![held("first"), held("second")]).await;
    let (grace, ada) = (owner(), member());
    let (hers, theirs) = (life.talk(&grace).await, life.talk(&ada).await);
    life.say(&grace, &hers, "grace's secret").await;
    life.until(&grace, &hers, |seen| seen.items.len() == 2).await;
    life.say(&ada, &theirs, "ada's secret").await;
    life.until(&ada, &theirs, |seen| seen.items.len() == 2).await;
    hold.notify_waiters();
    let (one, two) = (life.done(&grace, &hers).await, life.done(&ada, &theirs).await);
    assert_eq!(lines(&one), ["person: grace's secret", "answer done: first end"]);
    assert_eq!(lines(&two), ["person: ada's secret", "answer done: second end"]);
    for request in &life.script.requests()[1..] {
        let told = format!("{:?}{}", request.messages, request.system);
        assert!(!(told.contains("grace's") && told.contains("ada's")), "{told}");
        assert!(!(told.contains("with grace,") && told.contains("ada's")), "{told}");
    }
    // Neither exists for the other.
    for id in [&hers, "0".repeat(32).as_str()] {
        assert!(matches!(life.nexus.conversation(&ada, id).await, Err(crate::Error::Unknown)));
        assert!(matches!(life.nexus.send(&ada, id, "x", &[], "").await, Err(crate::Error::Unknown)));
        assert!(matches!(life.nexus.events(&ada, id, 0).await, Err(crate::Error::Unknown)));
        assert!(matches!(life.nexus.stop(&ada, id).await, Err(crate::Error::Unknown)));
        assert!(matches!(life.nexus.remove(&ada, id).await, Err(crate::Error::Unknown)));
    }
    assert_eq!(life.nexus.conversations(&ada).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_sent_twice_with_one_key_is_said_once() {
    let life = Life::new(vec![Reply::text("a"), Reply::text("b")]).await;
    let id = life.talk(&owner()).await;
    let first = life.nexus.send(&owner(), &id, "hello", &[], "k").await.unwrap();
    assert_eq!(life.nexus.send(&owner(), &id, "hello", &[], "k").await.unwrap(), first);
    let seen = life.done(&owner(), &id).await;
    assert_eq!(life.nexus.send(&owner(), &id, "hello", &[], "k").await.unwrap(), first, "after its end, too");
    assert_eq!(lines(&seen).len(), 2);
    let asked = life.script.requests();
    let Some(livos_llm::Message::Person(parts)) = asked.last().unwrap().messages.last() else {
        panic!("{asked:?}")
    };
    let told = "[Fri 2027-01-15 09:00 (Europe/Berlin)] hello";
    assert_eq!(parts, &[PersonPart::Text(told.to_owned())]);
}

#[tokio::test]
async fn a_deleted_conversation_ends_its_run() {
    let hold = Arc::new(Notify::new());
    let life = Life::new(vec![Reply::text("x").then_hold(hold)]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.until(&owner(), &id, |seen| seen.items.len() == 2).await;
    life.nexus.remove(&owner(), &id).await.unwrap();
    life.nexus.tasks.close();
    within(life.nexus.tasks.wait()).await;
    assert!(life.nexus.conversations(&owner()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let life = Life::new(Vec::new()).await;
    let id = life.talk(&owner()).await;
    for text in ["", "  \n", &"x".repeat(32 * 1024 + 1)] {
        assert!(matches!(life.nexus.send(&owner(), &id, text, &[], "").await, Err(crate::Error::Invalid(_))));
    }
    for title in ["", "a\nb", &"x".repeat(201)] {
        assert!(matches!(life.nexus.rename(&owner(), &id, title).await, Err(crate::Error::Invalid(_))));
    }
    life.nexus.rename(&owner(), &id, " Disks ").await.unwrap();
    assert_eq!(life.see(&owner(), &id).await.info.title, "Disks");
}

#[tokio::test]
async fn of_somebody_who_is_gone_nothing_is_left_and_of_others_everything() {
    let add = |about: &str| call("m", "memory_add", json!({ "content": about }));
    let life = Life::new(vec![
        Reply::calls(vec![add("Grace likes tea.")]),
        Reply::text("Noted."),
        Reply::calls(vec![add("Ada likes coffee.")]),
        Reply::text("Noted."),
    ])
    .await;
    let mut conversations = Vec::new();
    for actor in [owner(), member()] {
        let id = life.talk(&actor).await;
        life.say(&actor, &id, "remember that").await;
        life.done(&actor, &id).await;
        conversations.push(id);
    }
    let (gone, stays) = (member().user, owner().user);
    for _ in 0..2 {
        life.nexus.forget(gone.as_str()).await.unwrap();
        assert!(life.nexus.conversation(&member(), &conversations[1]).await.is_err());
        assert!(life.nexus.memory.list(gone.as_str(), None, None, 10).await.unwrap().is_empty());
        assert_eq!(life.nexus.memory.list(stays.as_str(), None, None, 10).await.unwrap().len(), 1);
        assert_eq!(life.done(&owner(), &conversations[0]).await.items.len(), 3);
    }
}
