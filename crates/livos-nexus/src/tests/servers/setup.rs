//! Setting up other servers is proposed to admins, with nothing of a key in it.

use livos_bus::approvals::Proposal;

use super::*;

/// What a call proposes to this person, or what is told instead.
async fn check(life: &Life, who: &Actor) -> Result<Proposal, String> {
    let id = life.talk(who).await;
    life.say(who, &id, "x").await;
    life.until(who, &id, |seen| seen.info.asks || !seen.info.running).await;
    match life.nexus.approvals(who).await.unwrap().proposals.pop() {
        Some(proposal) => Ok(proposal),
        None => Err(format!("{:?}", life.script.requests().last().unwrap().messages)),
    }
}

async fn calling(server: &Server, tool: &str, arguments: Value) -> Life {
    let life = living(server, vec![Reply::calls(vec![call("a", tool, arguments)]), Reply::text("So.")]).await;
    let headers = json!({ "Authorization": format!("Bearer {KEY}") }).to_string();
    life.nexus.servers.save(request("notes", URL, &headers)).await.unwrap();
    server.asked.lock().unwrap().clear();
    life
}

#[tokio::test]
async fn a_server_is_added_as_an_admin_read_it() {
    let server = server().await;
    let program = json!({ "name": "weather", "command": ["npx", "-y", "weather"], "network": true, "why": "For rain." });
    let proposal = check(&calling(&server, "mcp_install", program.clone()).await, &owner()).await.unwrap();
    let exact = json!({ "name": "weather", "url": "", "command": ["npx", "-y", "weather"], "network": true });
    assert_eq!((&proposal.action.arguments, &proposal.undo), (&exact, &None));
    assert_eq!(proposal.summary, "Add the server of tools weather");
    assert!(
        proposal.notes[0].contains("with the network") && proposal.notes[1].contains("its key is entered")
    );
    let at = |name: &str, url: &str| json!({ "name": name, "url": url, "why": "x" });
    for (arguments, who, why) in [
        (program.clone(), member(), "only an admin may"),
        (at("notes", "http://10.0.0.7/mcp"), owner(), "already"),
        (at("Weather Now", "http://10.0.0.7/mcp"), owner(), "is no name"),
        (at("weather", "http://10.0.0.7/mcp?key=1"), owner(), "?"),
        (at("weather", ""), owner(), "address"),
        (json!({ "name": "weather", "url": URL, "env": { "KEY": "x" }, "why": "x" }), owner(), "do not fit"),
        (json!({ "name": "weather", "url": URL, "command": ["x"], "why": "x" }), owner(), "not both"),
    ] {
        let told = check(&calling(&server, "mcp_install", arguments).await, &who).await.unwrap_err();
        assert!(told.contains(why), "{why}: {told}");
    }
    assert!(server.asked.lock().unwrap().is_empty(), "nobody is asked anything before somebody has agreed");
}

#[tokio::test]
async fn a_server_is_managed_where_it_was_when_that_was_agreed_to() {
    let server = server().await;
    for (action, summary) in [
        ("disable", "Don't use the server of tools notes"),
        ("restart", "Ask again the server of tools notes"),
        ("remove", "Remove the server of tools notes"),
    ] {
        let arguments = json!({ "name": "notes", "action": action, "why": "x" });
        let proposal = check(&calling(&server, "mcp_manage", arguments).await, &owner()).await.unwrap();
        assert_eq!(proposal.action.arguments, json!({ "name": "notes", "action": action, "at": URL }));
        assert_eq!((proposal.summary.as_str(), proposal.notes.len()), (summary, 1));
    }
    for (name, action, why) in [
        ("notes", "enable", "enabled already"),
        ("other", "remove", "no server called"),
        ("notes", "erase", "do not fit"),
    ] {
        let arguments = json!({ "name": name, "action": action, "why": "x" });
        let told = check(&calling(&server, "mcp_manage", arguments).await, &owner()).await.unwrap_err();
        assert!(told.contains(why), "{told}");
    }
}

#[tokio::test]
async fn a_configuration_is_read_without_keys_and_only_its_difference_is_set() {
    let server = server().await;
    let told =
        check(&calling(&server, "mcp_config_raw", json!({ "operation": "get" })).await, &owner()).await;
    let told = told.unwrap_err();
    assert!(told.contains(URL) && told.contains("••") && !told.contains(KEY), "{told}");
    let refused =
        check(&calling(&server, "mcp_config_raw", json!({ "operation": "get" })).await, &member()).await;
    assert!(refused.unwrap_err().contains("only an admin"));

    let set = |servers: Value| json!({ "operation": "set", "json": json!({ "mcpServers": servers }).to_string(), "why": "x" });
    let masked = json!({ "type": "http", "url": URL, "headers": { "authorization": "••••••••" } });
    let weather = json!({ "command": "uvx", "args": ["weather"] });
    let wanted = set(json!({ "notes": masked, "weather": weather }));
    let proposal = check(&calling(&server, "mcp_config_raw", wanted).await, &owner()).await.unwrap();
    let exact = json!({ "mcpServers": { "weather": { "command": "uvx", "args": ["weather"] } } }).to_string();
    assert_eq!((proposal.action.arguments, proposal.subject.as_str()), (json!({ "json": exact }), "weather"));
    assert!(proposal.notes[0].contains("weather is new"), "{:?}", proposal.notes);
    let moved = set(json!({ "notes": { "url": "http://10.0.0.7/mcp" } }));
    let proposal = check(&calling(&server, "mcp_config_raw", moved).await, &owner()).await.unwrap();
    assert!(proposal.notes[0].contains(URL) && proposal.notes[0].contains("keys"), "{:?}", proposal.notes);
    for (servers, why) in [
        (json!({ "notes": masked }), "nothing in it is new"),
        (json!({ "weather": { "command": "uvx", "env": { "KEY": "hush" } } }), "no key is taken"),
        (json!({ "weather": { "command": "uvx", "cwd": "/" } }), "nothing is known of"),
        (json!({ "weather": {} }), "either a url or a command"),
    ] {
        let told =
            check(&calling(&server, "mcp_config_raw", set(servers)).await, &owner()).await.unwrap_err();
        assert!(told.contains(why), "{told}");
    }
}
