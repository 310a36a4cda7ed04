//! What a person shares of their files with Nexus, through every daemon: the same that the fake in `livos-nexus` keeps.

use livos_bus::documents::{SearchReply, SharedFolder, SharedListing, SharedPiece};
use livos_bus::tools::{ToolAnswer, ToolRequest};
use livos_bus::{Actor, ErrorKind, FilesSharedProxy, PersonalProxy, ToolsProxy};
use livos_testkit::Stack;
use serde_json::{Value, json};

async fn use_files(tools: &ToolsProxy<'_>, actor: &Actor, arguments: Value) -> ToolAnswer {
    let request = ToolRequest {
        key: "0123456789abcdef0123456789abcdef".to_owned(),
        label: "A test".to_owned(),
        acts: false,
        tainted: false,
        tool: "files".to_owned(),
        arguments: arguments.to_string(),
    };
    tools.call(actor, &request).await.expect("an answer").parse().expect("a tool's answer")
}

#[tokio::test]
async fn nexus_reads_what_a_person_shares_until_they_stop() {
    let stack = Stack::start().await.expect("LivOS runs");
    stack.owner().await.expect("claimed");
    let home = stack.site.data().join("home");
    std::fs::create_dir(home.join("Notes")).expect("a folder");
    std::fs::write(home.join("Notes/plan.txt"), "Plant the tree.").expect("written");
    std::fs::write(home.join("Notes/long.txt"), "line\n".repeat(10_000)).expect("written");
    std::fs::write(home.join("secret.txt"), "secret").expect("written");
    let bus = livos_testkit::connect(&stack.site.bus_address()).await.expect("the bus");
    let me = Actor::command_line().expect("the administrator");
    let personal = PersonalProxy::new(&bus).await.expect("a proxy");
    let tools = ToolsProxy::new(&bus).await.expect("a proxy");

    let read = json!({ "operation": "read", "path": "home/Notes/plan.txt" });
    let nothing = use_files(&tools, &me, read.clone()).await;
    assert!(nothing.text.contains("No folder is shared"), "{nothing:?}");
    personal.set_share(&me, "home", "Notes", true).await.expect("shared");
    let plan = use_files(&tools, &me, read.clone()).await;
    assert!(plan.text.ends_with("Plant the tree.") && plan.foreign && !plan.failed, "{plan:?}");
    let found = use_files(&tools, &me, json!({ "operation": "search", "query": "PLAN" })).await;
    assert!(found.text.contains("home/Notes/plan.txt (15 bytes)"), "{found:?}");
    let secret = use_files(&tools, &me, json!({ "operation": "read", "path": "home/secret.txt" })).await;
    let missing = use_files(&tools, &me, json!({ "operation": "read", "path": "home/nothing.txt" })).await;
    assert!(secret.failed && !secret.text.contains("does not exist"), "{secret:?}");
    assert_eq!(secret.text.replace("secret", "nothing"), missing.text);

    let shared = FilesSharedProxy::new(&bus).await.expect("a proxy");
    let folders: Vec<SharedFolder> = shared.folders(&me).await.expect("folders").parse().expect("a list");
    assert_eq!((folders.len(), folders[0].path.as_str(), folders[0].missing), (1, "Notes", false));
    let listing: SharedListing =
        shared.list(&me, "home", "Notes").await.expect("names").parse().expect("a list");
    let names: Vec<&str> = listing.entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!((names, listing.complete), (vec!["long.txt", "plan.txt"], true));
    assert_eq!(shared.stat(&me, "home", "Notes/plan.txt").await.expect("a file").size, 15);
    let piece = shared.read(&me, "home", "Notes/plan.txt", 6, 4).await.expect("a piece");
    let piece: SharedPiece = piece.parse().expect("a piece");
    assert_eq!((piece.text.as_str(), piece.offset, piece.end, piece.more), ("the ", 6, 10, true));
    let long = shared.read(&me, "home", "Notes/long.txt", 0, 60_000).await.expect("a piece");
    let long: SharedPiece = long.parse().expect("a piece");
    assert_eq!((long.text.len(), long.size, long.more), (50_000, 50_000, false));
    for (root, path) in [("", ""), ("home", "Notes")] {
        let found: SearchReply =
            shared.search(&me, root, path, "plan").await.expect("finds").parse().expect("finds");
        assert_eq!((found.entries.len(), found.entries[0].path.as_str()), (1, "Notes/plan.txt"));
    }
    for path in ["secret.txt", "", "Note", "nothing"] {
        let refused = shared.list(&me, "home", path).await.expect_err("it is not shared");
        assert_eq!(refused.kind, ErrorKind::Denied, "{path}");
    }
    let refused = shared.list(&me, "home", "Notes/x").await.expect_err("it is not there");
    assert_eq!(refused.kind, ErrorKind::NotFound);

    personal.set_share(&me, "home", "Notes", false).await.expect("not shared any more");
    let nothing = use_files(&tools, &me, read).await;
    assert!(nothing.text.contains("No folder is shared"), "{nothing:?}");
    stack.stop().await;
}
