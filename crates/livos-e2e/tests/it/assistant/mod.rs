//! The assistant, against a server that speaks the providers' protocols and that we did not write.

pub(crate) mod server;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use livos_testkit::{Client, Stack};
use serde_json::{Value, json};

use server::Server;

const SOON: Duration = Duration::from_secs(60);
const CANARY: &str = "sk-canary-53cret-9876543210";
const CONVERSATIONS: &str = "/api/v1/assistant/conversations";

fn provider(dialect: &str, base_url: &str) -> Value {
    json!({ "dialect": dialect, "label": "Mock", "base_url": base_url, "model": "claude-sonnet-4-5", "key": CANARY })
}

async fn connect(owner: &Client, server: &Server) {
    let body = provider("anthropic", &server.url);
    let kept = owner.put("/api/v1/assistant/providers/mock", &body).await.expect("an answer");
    assert_eq!(kept.expect(200).expect("it answers")["key"], "set");
}

async fn talk(client: &Client, text: &str) -> String {
    let made =
        client.post(CONVERSATIONS, &json!({})).await.expect("begun").expect(201).expect("a conversation");
    let id = made["id"].as_str().expect("an id").to_owned();
    say(client, &id, text).await;
    id
}

async fn say(client: &Client, id: &str, text: &str) {
    let path = format!("{CONVERSATIONS}/{id}/messages");
    client.post(&path, &json!({ "text": text })).await.expect("said").expect(202).expect("a run");
}

async fn until(
    stack: &Stack,
    client: &Client,
    id: &str,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    livos_testkit::wait_for(SOON, what, async || {
        let seen = client.get(&format!("{CONVERSATIONS}/{id}")).await.ok()?;
        // While its daemon is away there is nothing to see.
        let seen = (seen.status == 200).then(|| seen.json())?;
        wanted(&seen).then_some(seen)
    })
    .await
    .unwrap_or_else(|error| panic!("{error:#}\n{}", stack.last_words()))
}

fn kinds(conversation: &Value) -> Vec<String> {
    let items = conversation["items"].as_array().expect("items");
    let word = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    items
        .iter()
        .map(|item| format!("{} {}", word(item, "kind"), word(item, "state")).trim().to_owned())
        .collect()
}

#[tokio::test]
async fn a_question_is_looked_into_and_answered_and_no_death_loses_it() {
    let Some(server) = Server::start() else { return };
    let mut stack =
        Stack::with(livos_testkit::Options { log_level: "trace".to_owned(), ..Default::default() })
            .await
            .expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let status = owner.get("/api/v1/assistant/status").await.expect("status").expect(200).expect("an answer");
    assert_eq!(status["state"], "no_provider");

    // What does not answer is not kept, and says why; the key is not repeated.
    let wrong = provider("anthropic", "http://127.0.0.1:1");
    let refused = owner.put("/api/v1/assistant/providers/mock", &wrong).await.expect("an answer");
    assert!(refused.status == 400 && !refused.text().contains(CANARY), "{}", refused.text());
    connect(&owner, &server).await;

    let id = talk(&owner, "why is my server slow?").await;
    let seen = until(&stack, &owner, &id, "the answer", |seen| seen["running"] == false).await;
    assert_eq!(
        kinds(&seen),
        ["person", "answer done", "tool done", "tool done", "tool failed", "answer done"],
        "{seen:#}"
    );
    let output = seen["items"][2]["output"].as_str().expect("the tool's words");
    assert!(output.contains("Docker can't be used") && output.contains("up for"), "{output}");
    assert!(
        seen["items"][4]["problem"]["message"].as_str().is_some_and(|why| why.contains("not installed")),
        "{seen:#}"
    );

    // Killed in the middle of its words: asked for again, and it says so.
    say(&owner, &id, "count slowly").await;
    let streaming = |seen: &Value| kinds(seen).last().is_some_and(|kind| kind == "answer streaming");
    until(&stack, &owner, &id, "the answer begins", streaming).await;
    stack.crash("livos-nexus").await.expect("it comes back");
    let seen = until(&stack, &owner, &id, "the answer after all", |seen| seen["running"] == false).await;
    assert_eq!(kinds(&seen)[6..], ["person", "answer failed", "answer done"], "{seen:#}");
    assert_eq!(seen["items"][7]["problem"]["code"], "interrupted");
    assert!(seen["items"][8]["text"].as_str().is_some_and(|text| text.ends_with("60, done")), "{seen:#}");

    // Another person's conversations do not exist, whatever the role of who looks.
    let password =
        json!({ "username": "anna", "name": "Anna", "role": "admin", "password": "correct horse battery" });
    owner.post("/api/v1/users", &password).await.expect("added").expect(201).expect("a person");
    let anna = stack.client().expect("a client");
    anna.sign_in("anna", "correct horse battery").await.expect("anna gets in");
    assert_eq!(anna.get(&format!("{CONVERSATIONS}/{id}")).await.expect("an answer").status, 404);
    assert_eq!(anna.get(CONVERSATIONS).await.expect("a list").json()["conversations"], json!([]));

    // At the most talkative log level, in every state and every answer: no key.
    let providers = owner.get("/api/v1/assistant/providers").await.expect("an answer").text();
    assert!(providers.contains("\"set\"") && !providers.contains(CANARY), "{providers}");
    let root = stack.keep();
    stack.stop().await;
    let mut looked_at = 0;
    search(&root, &mut looked_at);
    assert!(looked_at > 10, "only {looked_at} files were there to look at");
    std::fs::remove_dir_all(&root).expect("removed");
}

/// No file below here has the key in it.
fn search(folder: &Path, looked_at: &mut usize) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            search(&entry.path(), looked_at);
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).expect("readable");
            let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(!found, "the key lies in {}", entry.path().display());
            *looked_at += 1;
        }
    }
}

#[tokio::test]
async fn a_command_is_run_in_the_sandbox_and_sees_nothing_of_the_machine() {
    let Some(server) = Server::start() else { return };
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    connect(&owner, &server).await;
    let id = talk(&owner, "what is six times seven").await;
    let seen = until(&stack, &owner, &id, "the answer", |seen| seen["running"] == false).await;
    let tool = &seen["items"][1];
    if let Some(why) = tool["problem"]["message"].as_str().filter(|why| why.contains("on this machine")) {
        livos_e2e::skip("SANDBOX", why).expect("it may be skipped");
        return;
    }
    assert_eq!(kinds(&seen), ["person", "tool done", "answer done"], "{seen:#}");
    let output = tool["output"].as_str().expect("its words");
    assert!(output.starts_with("42\n") && output.contains("[exit status"), "{output}");
    assert!(!output.contains("root:") && output.matches("No such file").count() == 2, "{output}");
}

#[tokio::test]
async fn the_command_line_sets_a_provider_up_and_asks() {
    let Some(server) = Server::start() else { return };
    let stack = Stack::start().await.expect("LivOS runs");
    let livos = |arguments: &[&str], input: &str| {
        let mut command = Command::new(stack.site.programs.join("livos"));
        command.args(["--bus", &stack.site.bus_address()]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let input = input.to_owned();
        tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().expect("it starts");
            child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("read");
            let output = child.wait_with_output().expect("it ends");
            (
                output.status.code(),
                String::from_utf8_lossy(&output.stdout).into_owned(),
                String::from_utf8_lossy(&output.stderr).into_owned(),
            )
        })
    };
    let unknown =
        livos(&["assistant", "providers", "set", "mock", "--model", "m"], "").await.expect("no panic");
    assert!(unknown.0 == Some(2) && unknown.2.contains("--dialect"), "{unknown:?}");
    let set = ["assistant", "providers", "set", "mock", "--model", "gpt-4o", "--dialect", "chat_completions"];
    let base_url = format!("{}/v1", server.url);
    let set = [&set[..], &["--base-url", &base_url, "--key-file", "-"]].concat();
    let kept = livos(&set, &format!("{CANARY}\n")).await.expect("no panic");
    assert_eq!(kept.0, Some(0), "{kept:?}");
    let list = livos(&["assistant", "providers", "list"], "").await.expect("no panic");
    assert!(list.1.contains("gpt-4o") && list.1.contains("set") && !list.1.contains(CANARY), "{list:?}");

    let answer = livos(&["ask", "why is my server slow?"], "").await.expect("no panic");
    assert_eq!(answer.0, Some(0), "{answer:?}");
    assert!(answer.1.contains("I will look.\n") && answer.1.ends_with("can be the cause.\n"), "{answer:?}");
    assert!(
        answer.2.contains("· Look at how the server is\n"),
        "tools are told of beside the answer: {answer:?}"
    );
    let again = livos(&["ask", "--continue", "--json", "-"], "count slowly").await.expect("no panic");
    assert_eq!(again.0, Some(0), "{again:?}");
    let events: Vec<Value> = again.1.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let last = events.last().expect("events");
    assert!(last["data"]["text"].as_str().is_some_and(|text| text.ends_with("done")), "{last}");
    assert!(events.iter().any(|event| event["event"] == "delta"), "it came as it was said");
    assert!(
        !events.iter().any(|event| event["data"]["text"] == "why is my server slow?"),
        "only the new answer"
    );

    let gone = livos(&["assistant", "providers", "remove", "mock"], "").await.expect("no panic");
    assert_eq!(gone.0, Some(0), "{gone:?}");
    let without = livos(&["ask", "hello"], "").await.expect("no panic");
    assert!(without.0 == Some(1) && without.2.contains("no model is connected"), "{without:?}");
    stack.stop().await;
}
