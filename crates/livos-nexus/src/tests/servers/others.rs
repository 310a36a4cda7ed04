//! The contract against a server that others wrote: `LIVOS_MCP_SERVER` is the `dist/index.js` of the npm package
//! `@modelcontextprotocol/server-everything`. Without it, the same holds for the tests' own.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::*;

/// A port that was free a moment ago: the server takes none that the kernel chooses.
async fn free() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

async fn everything() -> Option<(Child, SocketAddr)> {
    let script = std::env::var_os("LIVOS_MCP_SERVER")?;
    let port = free().await;
    let mut child = Command::new("node")
        .arg(script)
        .arg("streamableHttp")
        .env("PORT", port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    within(async {
        while let Some(line) = said.next_line().await.unwrap() {
            if line.contains("listening on port") {
                break;
            }
        }
    })
    .await;
    // Whatever it says later is read by nobody, and must not stop it.
    tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
    Some((child, SocketAddr::from(([127, 0, 0, 1], port))))
}

#[tokio::test]
async fn a_server_that_others_wrote_is_listed_and_used() {
    let Some((_child, address)) = everything().await else {
        eprintln!("skipped: LIVOS_MCP_SERVER is not set");
        return;
    };
    let life = living_at(
        address,
        vec![
            Reply::calls(vec![
                call("a", "notes__echo", json!({ "message": "hello" })),
                call("b", "notes__get-sum", json!({ "a": 2, "b": 40 })),
                call("c", "notes__get-tiny-image", json!({})),
            ]),
            Reply::text("So."),
        ],
    )
    .await;
    let kept = add(&life).await;
    assert!(kept.tools.iter().all(|tool| tool.state == "new"), "{:?}", kept.tools);
    for tool in &kept.tools {
        set(&life, tool, "look").await.unwrap();
    }
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "go").await;
    let seen = life.done(&member(), &id).await;
    let said = format!("{:?}", life.script.requests().last().unwrap().messages);
    assert!(
        said.contains("Echo: hello") && said.contains("42") && said.contains("image/png"),
        "{said} {seen:?}"
    );
}

#[tokio::test]
async fn a_program_that_others_wrote_is_spoken_with() {
    let Some(script) = std::env::var("LIVOS_MCP_SERVER").ok() else {
        eprintln!("skipped: LIVOS_MCP_SERVER is not set");
        return;
    };
    let life = Life::new(Vec::new()).await;
    let kept =
        life.nexus.servers.save(programs::program(&["node", &script, "stdio"], false, "")).await.unwrap();
    for tool in &kept.tools {
        set(&life, tool, "look").await.unwrap();
    }
    let mut said = Vec::new();
    for (run, name, arguments) in [
        (1, "notes__echo", json!({ "message": "hello" })),
        (2, "notes__get-sum", json!({ "a": 2, "b": 40 })),
        (1, "notes__echo", json!({ "message": "again" })),
    ] {
        let tool = life.nexus.servers.find(name).await.unwrap().unwrap();
        said.push(format!("{:?}", within(life.nexus.servers.call(run, &tool, &arguments)).await.unwrap()));
    }
    assert!(
        said[0].contains("Echo: hello") && said[1].contains("42") && said[2].contains("again"),
        "{said:?}"
    );
    let started = &life.house.programs;
    assert_eq!(started.requests.lock().unwrap().len(), 1, "one for all runs");
    life.nexus.servers.remove("notes").await.unwrap();
    programs::until("it is ended", || *started.alive.lock().unwrap() == 0).await;
}
