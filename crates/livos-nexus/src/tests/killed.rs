//! The daemon dies at every place it can, and goes on where it was.

use super::*;

#[tokio::test]
async fn an_answer_that_was_half_written_is_asked_for_again_and_says_so() {
    let life = Life::new(vec![Reply::text("Half of it").then_hold(Arc::new(Notify::new()))]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.say(&owner(), &id, "two").await;
    life.until(&owner(), &id, |seen| seen.items.len() == 2).await;
    let life = life.again(vec![Reply::text("Whole."), Reply::text("And two.")]).await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(
        lines(&seen),
        [
            "person: one",
            "answer failed:  (interrupted)",
            "answer done: Whole.",
            "person: two",
            "answer done: And two."
        ]
    );
    let told = format!("{:?}", life.script.requests()[0].messages);
    assert!(told.contains("one") && !told.contains("Half"), "{told}");
}

#[tokio::test]
async fn tools_that_only_look_are_used_again_and_those_that_had_answered_are_not() {
    let quick = call("a", "sysinfo", json!({}));
    let life = Life::new(vec![Reply::calls(vec![quick, log_call("b")])]).await;
    *life.house.hold.lock().unwrap() = Some(Arc::new(Notify::new()));
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.until(&owner(), &id, |seen| lines(seen).contains(&"tool done: sysinfo".to_owned())).await;
    let life = life.again(vec![Reply::text("So.")]).await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(
        lines(&seen),
        ["person: one", "tool done: sysinfo", "tool done: docker_logs", "answer done: So."]
    );
    assert_eq!(life.script.requests().len(), 1, "the model is not asked again for what it had said");
}

#[tokio::test]
async fn what_was_remembered_before_dying_is_remembered_once() {
    let add = call("a", "memory_add", json!({ "content": "The spare key hangs in the shed." }));
    let life = Life::new(vec![Reply::calls(vec![add.clone(), log_call("b")])]).await;
    *life.house.hold.lock().unwrap() = Some(Arc::new(Notify::new()));
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let seen =
        life.until(&owner(), &id, |seen| lines(seen).contains(&"tool done: memory_add".to_owned())).await;
    // As if the daemon had died after doing it and before writing that down.
    let result = seen.items.iter().find_map(|item| match item {
        Item::Tool { name, seq, .. } if name == "memory_add" => Some(*seq),
        _ => None,
    });
    sqlx::query("delete from steps where conversation = ? and seq = ?")
        .bind(&id)
        .bind(result.unwrap())
        .execute(life.nexus.store.database().writer())
        .await
        .unwrap();
    let life = life.again(vec![Reply::text("ok")]).await;
    life.done(&owner(), &id).await;
    assert_eq!(life.nexus.memory.list("grace", None, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_stop_that_was_asked_for_holds_after_dying() {
    let life = Life::new(vec![Reply::text("Half").then_hold(Arc::new(Notify::new()))]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.until(&owner(), &id, |seen| seen.items.len() == 2).await;
    // Written down, and then the daemon dies before it acts on it.
    life.nexus.store.mark_stop(&id).await.unwrap();
    let life = life.again(Vec::new()).await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer stopped: ");
    assert!(life.script.requests().is_empty());
}

#[tokio::test]
async fn a_message_that_was_taken_in_is_answered_in_the_next_life() {
    let life = Life::new(Vec::new()).await;
    let id = life.talk(&owner()).await;
    // Taken in, and then the daemon dies before anybody sees to it.
    let said = crate::store::inbox::Said { text: "hello", pictures: &[] };
    life.nexus.store.send(&id, &owner(), said, "k", NOW, 9).await.unwrap();
    let life = life.again(vec![Reply::text("Hello.")]).await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen), ["person: hello", "answer done: Hello."]);
    let again = life.again(Vec::new()).await;
    assert_eq!(again.see(&owner(), &id).await.items, seen.items, "and only once");
}

#[tokio::test]
async fn a_task_that_was_handed_over_is_done_once_whoever_dies_when() {
    let task = call("s", "spawn_subagent", json!({ "task": "Look." }));
    let holding = || Reply::text("Half").then_hold(Arc::new(Notify::new()));
    let life = Life::new(vec![Reply::calls(vec![task]), holding()]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let work = |seen: &Conversation| {
        seen.items.iter().find_map(|item| match item {
            Item::Tool { subagent, .. } => subagent.clone(),
            _ => None,
        })
    };
    let seen = life.until(&owner(), &id, |seen| work(seen).is_some()).await;
    let child = work(&seen).unwrap().conversation;
    life.until(&owner(), &child, |seen| seen.items.len() == 2).await;
    // While the subagent's model speaks.
    let life = life.again(vec![holding()]).await;
    life.until(&owner(), &child, |seen| seen.items.len() == 3).await;
    assert_eq!(life.nexus.conversations(&owner()).await.unwrap().len(), 2, "it is not handed over again");
    // As if the daemon had died before it was handed over: the call is made anew.
    let (nexus, store) = (&life.nexus, life.nexus.store.database());
    nexus.shutdown.cancel();
    nexus.tasks.close();
    within(nexus.tasks.wait()).await;
    sqlx::query("delete from steps where conversation = ? and body like '%handed_over%'")
        .bind(&id)
        .execute(store.writer())
        .await
        .unwrap();
    sqlx::query("delete from conversations where id = ?").bind(&child).execute(store.writer()).await.unwrap();
    // The subagent answers, and the one who waits for it is asked what comes of that.
    let life = life.again(vec![Reply::text("Seen."), holding()]).await;
    let seen = life.until(&owner(), &id, |seen| seen.items.len() == 3).await;
    assert_eq!(lines(&seen)[1], "tool done: spawn_subagent");
    let life = life.again(vec![Reply::text("So.")]).await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[2..], ["answer failed:  (interrupted)", "answer done: So."]);
    assert_eq!(life.script.requests().len(), 1, "the subagent is not asked again");
}

#[tokio::test]
async fn a_stop_holds_for_whoever_works_for_it_after_dying() {
    let task = call("s", "spawn_subagent", json!({ "task": "Look." }));
    let holding = Reply::text("Half").then_hold(Arc::new(Notify::new()));
    let life = Life::new(vec![Reply::calls(vec![task]), holding]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.until(&owner(), &id, |seen| matches!(seen.items.last(), Some(Item::Tool { subagent: Some(_), .. })))
        .await;
    life.nexus.store.mark_stop(&id).await.unwrap();
    let life = life.again(vec![Reply::text("Half").then_hold(Arc::new(Notify::new()))]).await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[1..], ["tool failed: spawn_subagent (failed)", "answer stopped: "]);
}
