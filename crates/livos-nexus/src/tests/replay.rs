//! A run once more, from its log alone: the same decisions, the same words told, and whatever was changed in it is seen.

use livos_bus::assistant::{Replay, ReplayCheck};

use super::*;
use crate::Error;

async fn replay(life: &Life, run: i64) -> Replay {
    life.nexus.replay(&owner(), run).await.unwrap()
}

#[tokio::test]
async fn a_run_is_gone_through_again_with_no_model_and_no_tool() {
    let life = Life::new(vec![
        Reply::calls(vec![call("a", "status", json!({})), log_call("b")]).then_text("I look."),
        Reply::calls(vec![call("c", "spawn_subagent", json!({ "task": "Look closer." }))]),
        Reply::text("It has no memory."),
        Reply::text("Jellyfin has no memory left."),
        Reply::text("Yes."),
    ])
    .await;
    let id = life.talk(&owner()).await;
    let first = life.say(&owner(), &id, "why is it slow?").await;
    life.done(&owner(), &id).await;
    let second = life.say(&owner(), &id, "are you sure?").await;
    life.done(&owner(), &id).await;
    let (asked, looked) = (life.script.requests().len(), life.house.asked().len());
    for run in [first, second] {
        let again = replay(&life, run).await;
        assert!(again.same && again.over, "{again:?}");
        let told = again.steps.iter().filter(|step| step.check == ReplayCheck::Same).count();
        assert_eq!(told, if run == first { 3 } else { 1 }, "{again:?}");
        assert_eq!(again, replay(&life, run).await, "and again the same");
    }
    assert_eq!((life.script.requests().len(), life.house.asked().len()), (asked, looked), "nobody is asked");
    assert!(matches!(life.nexus.replay(&member(), first).await, Err(Error::UnknownRun)), "it is not theirs");
    // Another life makes the same of it.
    let life = life.again(Vec::new()).await;
    assert!(replay(&life, first).await.same);
}

#[tokio::test]
async fn whatever_was_changed_in_a_log_is_seen() {
    let life =
        Life::new(vec![Reply::calls(vec![call("a", "status", json!({}))]), Reply::text("All is well.")])
            .await;
    let id = life.talk(&owner()).await;
    let run = life.say(&owner(), &id, "how is it?").await;
    life.done(&owner(), &id).await;
    assert!(replay(&life, run).await.same);
    let write = |sql: &'static str| {
        let store = life.nexus.store.clone();
        async move { sqlx::query(sql).execute(store.database().writer()).await.unwrap() }
    };
    write("update steps set body = replace(body, 'attic', 'cellar') where body ->> '$.kind' = 'result'")
        .await;
    let again = replay(&life, run).await;
    let differs: Vec<_> = again.steps.iter().filter(|step| step.check == ReplayCheck::Differs).collect();
    assert!(!again.same && differs.len() == 1 && differs[0].what.ends_with("was asked"), "{again:?}");
    write("update steps set body = replace(body, 'cellar', 'attic') where body ->> '$.kind' = 'result'")
        .await;
    write("update steps set body = replace(body, '\"call\":\"a\"', '\"call\":\"z\"') where body ->> '$.kind' = 'result'")
        .await;
    assert!(!replay(&life, run).await.same, "nobody called for that");
}
