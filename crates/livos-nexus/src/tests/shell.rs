//! Commands in the sandbox, as far as the agent knows it.

use livos_bus::sandbox::{SandboxEnd, SandboxHow};

use super::*;

fn command(id: &str, cmd: &str) -> Reply {
    Reply::calls(vec![call(id, "shell", json!({ "cmd": cmd }))])
}

fn ends(how: SandboxHow, code: i32) -> SandboxFrame {
    SandboxFrame::End(SandboxEnd { how, code, milliseconds: 1234 })
}

fn says(life: &Life, frames: Vec<SandboxFrame>) {
    *life.house.says.lock().unwrap() = Some(Says { frames, keep: None });
}

/// What became of the only tool that was used.
fn outcome(seen: &Conversation) -> (String, String) {
    let tool = seen.items.iter().find_map(|item| match item {
        Item::Tool { output, problem, summary, .. } => Some((
            output.clone().or(problem.as_ref().map(|problem| problem.message.clone())).unwrap_or_default(),
            summary.clone(),
        )),
        _ => None,
    });
    tool.expect("a tool was used")
}

#[tokio::test]
async fn a_command_is_run_for_its_person_and_told_whole() {
    let life = Life::new(vec![command("a", "echo hi;\n echo ho"), Reply::text("So.")]).await;
    let output = |text: &str| SandboxFrame::Output(text.as_bytes().to_vec());
    says(&life, vec![output("hi\n"), SandboxFrame::Cut(70), output("ho"), ends(SandboxHow::Exited, 3)]);
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "x").await;
    let (text, summary) = outcome(&life.done(&member(), &id).await);
    assert_eq!(text, "hi\n\n[… 70 bytes left out …]\nho\n[exit status 3, after 1.2 s]");
    assert_eq!(summary, "Run echo hi; echo ho");
    assert_eq!(life.house.asked(), ["echo hi;\n echo ho, 30 s, for ada"]);
}

#[tokio::test]
async fn how_a_command_ended_is_said_in_words() {
    for (how, code, words) in [
        (SandboxHow::Signalled, 11, "signal 11"),
        (SandboxHow::Time, 0, "its 30 s were over"),
        (SandboxHow::Memory, 9, "no memory left"),
        (SandboxHow::Output, 0, "wrote too much"),
        (SandboxHow::Stopped, 0, "the sandbox stopped"),
    ] {
        let life = Life::new(vec![command("a", "x"), Reply::text("So.")]).await;
        says(&life, vec![ends(how, code)]);
        let id = life.talk(&owner()).await;
        life.say(&owner(), &id, "x").await;
        let (text, _) = outcome(&life.done(&owner(), &id).await);
        assert!(text.contains(words), "{how:?}: {text}");
    }
}

#[tokio::test]
async fn without_a_sandbox_nothing_is_run_and_why_is_said() {
    let life = Life::new(vec![command("a", "id"), Reply::text("I can't.")]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    let (text, _) = outcome(&life.done(&owner(), &id).await);
    assert!(text.contains("bwrap is not there"), "{text}");
}

#[tokio::test]
async fn a_sandbox_that_breaks_off_is_no_end_of_a_command() {
    let life = Life::new(vec![command("a", "id"), Reply::text("Hm.")]).await;
    says(&life, vec![SandboxFrame::Output(b"half".to_vec())]);
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    let seen = life.done(&owner(), &id).await;
    assert!(lines(&seen).contains(&"tool failed: shell (failed)".to_owned()), "{:?}", lines(&seen));
}

#[tokio::test]
async fn stopping_a_run_closes_the_pipe_of_its_command() {
    let life = Life::new(vec![command("a", "sleep 100")]).await;
    let keep = Arc::new(Mutex::new(None));
    let frames = vec![SandboxFrame::Output(b"begun\n".to_vec())];
    *life.house.says.lock().unwrap() = Some(Says { frames, keep: Some(Arc::clone(&keep)) });
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    within(async {
        while keep.lock().unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    life.nexus.stop(&owner(), &id).await.unwrap();
    life.done(&owner(), &id).await;
    let pipe = keep.lock().unwrap().take().unwrap();
    let written = std::fs::File::from(pipe).write_all(b"x").expect_err("nobody reads");
    assert_eq!(written.kind(), std::io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn what_a_command_says_after_a_log_was_read_stays_foreign() {
    let add = call("m", "memory_add", json!({ "content": "The answer is 42." }));
    let life = Life::new(vec![
        Reply::calls(vec![log_call("l")]),
        command("a", "echo 42"),
        Reply::calls(vec![add]),
        Reply::text("ok"),
    ])
    .await;
    says(&life, vec![ends(SandboxHow::Exited, 0)]);
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    life.done(&owner(), &id).await;
    let kept = life.nexus.memory.list("grace", None, None, 10).await.unwrap();
    assert_eq!(kept[0].origin, livos_memory::Origin::Untrusted, "{kept:?}");
}
