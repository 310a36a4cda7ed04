//! The command line against running daemons.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use livos_testkit::Stack;
use serde_json::Value;

/// Nothing here takes this long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `livos` without stopping what this thread supervises.
async fn livos(stack: &Stack, arguments: &[&str]) -> Output {
    let mut command = Command::new(stack.site.programs.join("livos"));
    command.args(["--bus", &stack.site.bus_address()]).args(arguments);
    tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs")
}

async fn json(stack: &Stack, arguments: &[&str]) -> Value {
    let output = livos(stack, &[arguments, &["--json"]].concat()).await;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test]
async fn the_administrator_sees_and_manages() {
    let stack = Stack::start().await.expect("LivOS runs");
    stack.owner().await.expect("claimed");

    let status = json(&stack, &["status"]).await;
    let states: Vec<&str> = status["services"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(states, ["web", "apps", "files", "host", "nexus"]);
    assert!(status["machine"]["memory_total"].as_u64().is_some_and(|bytes| bytes > 0), "{status}");
    assert_eq!(status["docker"]["usable"], false);

    std::fs::write(stack.site.data().join("home/note.txt"), b"hello").expect("written");
    let listing = json(&stack, &["files", "ls", "home"]).await;
    assert_eq!(listing["entries"][0][0], "note.txt");
    let missing = livos(&stack, &["files", "ls", "home/nothing"]).await;
    assert_eq!(missing.status.code(), Some(4), "{}", String::from_utf8_lossy(&missing.stderr));

    let shares = json(&stack, &["files", "shares"]).await;
    assert_eq!(shares, serde_json::json!([]));
    assert_eq!(livos(&stack, &["files", "share", "home/note.txt"]).await.status.code(), Some(2));
    std::fs::create_dir(stack.site.data().join("home/Notes")).expect("a folder");
    assert!(livos(&stack, &["files", "share", "home/Notes/"]).await.status.success());
    let shares = json(&stack, &["files", "shares"]).await;
    assert_eq!((&shares[0]["path"], &shares[0]["missing"]), (&"Notes".into(), &false.into()));
    assert!(livos(&stack, &["files", "unshare", "home/Notes"]).await.status.success());
    assert_eq!(json(&stack, &["files", "shares"]).await, serde_json::json!([]));

    let added = json(&stack, &["users", "add", "anna", "--name", "Anna"]).await;
    let password = added["password"].as_str().expect("a password").to_owned();
    let anna = stack.client().expect("a client");
    anna.sign_in("anna", &password).await.expect("anna gets in");
    assert!(livos(&stack, &["users", "disable", "anna"]).await.status.success());
    let again = stack.client().expect("a client");
    again.sign_in("anna", &password).await.expect_err("anna is disabled");
    assert_eq!(anna.get("/api/v1/session").await.expect("an answer").status, 401, "and signed out");
    assert!(livos(&stack, &["users", "enable", "anna"]).await.status.success());
    let reset = json(&stack, &["users", "reset-password", "anna"]).await;
    again.sign_in("anna", reset["password"].as_str().expect("a password")).await.expect("the new one works");
    let users = json(&stack, &["users", "list"]).await;
    assert_eq!(users.as_array().map(Vec::len), Some(2), "{users}");

    let key = json(&stack, &["keys", "create", "anna", "--name", "Terminal", "--days", "30"]).await;
    assert!(key["key"].as_str().is_some_and(|text| text.starts_with("livos_")), "{key}");
    let keys = json(&stack, &["keys", "list"]).await;
    assert_eq!(
        (&keys[0]["id"], &keys[0]["username"], &keys[0]["acts"]),
        (&key["id"], &"anna".into(), &false.into())
    );
    let id = key["id"].as_str().expect("an id").to_owned();
    assert!(livos(&stack, &["keys", "revoke", &id]).await.status.success());
    assert_eq!(livos(&stack, &["keys", "revoke", &id]).await.status.code(), Some(4));

    assert_eq!(json(&stack, &["apps", "list"]).await, serde_json::json!([]));
    assert!(json(&stack, &["jobs"]).await.is_array());
    // What runs from a checkout is no package that apt could replace.
    let upgrade = livos(&stack, &["upgrade", "--check"]).await;
    let said = String::from_utf8_lossy(&upgrade.stderr).into_owned();
    assert_eq!(upgrade.status.code(), Some(1), "{said}");
    assert!(said.contains("not installed from packages"), "{said}");
    let unknown = livos(&stack, &["apps", "start", "nothing"]).await;
    assert_eq!(unknown.status.code(), Some(4), "{}", String::from_utf8_lossy(&unknown.stderr));
    stack.stop().await;
}

#[tokio::test]
async fn a_program_has_the_tools_over_its_standard_input_and_output() {
    let stack = Stack::start().await.expect("LivOS runs");
    stack.owner().await.expect("claimed");
    let mut command = Command::new(stack.site.programs.join("livos"));
    command.args(["--bus", &stack.site.bus_address(), "mcp"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let talk = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("it runs");
        let mut to = child.stdin.take().expect("an input");
        let mut from = BufReader::new(child.stdout.take().expect("an output")).lines();
        let mut said = Vec::new();
        for (message, answers) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#,
                true,
            ),
            (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, false),
            (
                r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"status","arguments":{}}}"#,
                true,
            ),
        ] {
            writeln!(to, "{message}").expect("written");
            if answers {
                said.push(from.next().expect("an answer").expect("read"));
            }
        }
        drop(to);
        (said, child.wait().expect("it ends").success())
    });
    let (said, ended_well) =
        tokio::time::timeout(PATIENCE, talk).await.expect("it answers").expect("no panic");
    assert!(said[0].contains("\"livos\"") && said[1].contains("up for"), "{said:?}");
    assert!(ended_well, "it ends when its input does");
    stack.stop().await;
}
