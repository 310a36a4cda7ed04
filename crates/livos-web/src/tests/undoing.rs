//! Undoing a run, over HTTP: what can be put back, that this is done once and the latest first, and what is left alone.

use std::time::Duration;

use livos_bus::JobInfo;
use livos_bus::approvals::{Proposal, ProposalState as State, ProposedAction};
use serde_json::{Value, json};

use super::approvals::{ID, NEXT, PATH, action, claimed, done, ended, put, put_as};
use super::fakes::job;
use super::world::{Client, World, eventually};

const RUN: &str = "/api/v1/assistant/runs/1/undo";

/// What was done by this job.
async fn did(world: &World, client: &mut Client, tool: &str, id: &str, by: &str) {
    put_as(world, client, tool, id).await;
    let change = |proposal: &mut Proposal| {
        (proposal.state, proposal.job) = (State::Done, Some(by.to_owned()));
        Ok(())
    };
    world.fakes.kept.change(id, change).unwrap();
}

fn stands(world: &World, state: &str) {
    let app = json!({
        "id": "jellyfin", "name": "Jellyfin", "store": "s", "version": "1", "icon": "", "state": state, "detail": "",
        "host": "", "port": 0, "path": "/", "installed_at": 0, "default_username": "", "services": [],
    });
    world.fakes.memory.lock().unwrap().apps = vec![app];
}

fn runs(world: &World, id: &str, about: JobInfo) {
    world.fakes.memory.lock().unwrap().jobs.insert(id.to_owned(), JobInfo { id: id.to_owned(), ..about });
}

/// A job that somebody else has done with the app.
fn by_hand() -> JobInfo {
    JobInfo { kind: "app.stop".to_owned(), subject: "jellyfin".to_owned(), ..ended("succeeded") }
}

async fn plan(client: &mut Client) -> Vec<Value> {
    client.get(RUN).await.json()["steps"].as_array().unwrap().clone()
}

/// The states, and what is ready, as it is to be sent back.
fn ready(steps: &[Value]) -> (Vec<String>, Value) {
    let states = steps.iter().map(|step| step["state"].as_str().unwrap().to_owned()).collect();
    let steps: Vec<Value> = steps
        .iter()
        .filter(|step| step["state"] == "ready")
        .map(|step| json!({ "id": step["id"], "undo": step["undo"] }))
        .collect();
    (states, json!({ "steps": steps }))
}

async fn until(world: &World, id: &str, wanted: State) {
    let until = async {
        while world.fakes.kept.get(id).undoing.is_none_or(|undoing| undoing.state != wanted) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until).await.unwrap_or_else(|_| {
        panic!("{id} does not become {wanted:?}: {:?}", world.fakes.kept.get(id).undoing)
    });
}

/// Two stops by one run.
async fn two(world: &World, owner: &mut Client) {
    stands(world, "stopped");
    did(world, owner, "apps_stop", ID, "apps-1").await;
    did(world, owner, "apps_stop", NEXT, "apps-2").await;
    runs(world, "apps-7", job("apps-7", "grace", 1));
    world.fakes.memory.lock().unwrap().starts = Some("apps-7");
}

#[tokio::test]
async fn a_run_is_undone_the_latest_first_and_each_of_it_once() {
    let (world, mut owner) = claimed().await;
    two(&world, &mut owner).await;
    let steps = plan(&mut owner).await;
    assert_eq!((steps[0]["id"].as_str(), &steps[0]["undo"]), (Some(NEXT), &json!(action("apps_start"))));
    let (states, body) = ready(&steps);
    assert_eq!(states, ["ready", "ready"]);
    assert_eq!(done(&world, "AppsManager."), 0, "looking changes nothing");
    assert_eq!(owner.post(RUN, &body).await.status, 202);
    until(&world, NEXT, State::Working).await;
    assert_eq!(world.fakes.kept.get(ID).undoing.unwrap().state, State::Waiting, "it waits for its turn");
    owner.post(RUN, &body).await.check(409, "changed");
    assert_eq!(done(&world, "AppsManager.Start grace jellyfin"), 1);
    world.fakes.memory.lock().unwrap().starts = Some("apps-8");
    runs(&world, "apps-8", ended("succeeded"));
    world.fakes.job("apps-7", Some(ended("succeeded"))).await;
    until(&world, ID, State::Done).await;
    assert_eq!(done(&world, "AppsManager."), 2, "{:?}", world.fakes.calls());
    assert_eq!(ready(&plan(&mut owner).await).0, ["undone", "undone"]);
    let audit = owner.get("/api/v1/audit").await.text();
    assert!(audit.contains("assistant.undo") && audit.contains("assistant.undone"), "{audit}");
}

#[tokio::test]
async fn killed_in_the_middle_it_goes_on_and_repeats_nothing() {
    let (world, mut owner) = claimed().await;
    two(&world, &mut owner).await;
    let (_, body) = ready(&plan(&mut owner).await);
    assert_eq!(owner.post(RUN, &body).await.status, 202);
    until(&world, NEXT, State::Working).await;
    // While its job goes on, which ends before the next life is there.
    runs(&world, "apps-7", ended("succeeded"));
    world.fakes.memory.lock().unwrap().starts = Some("apps-8");
    runs(&world, "apps-8", ended("succeeded"));
    let world = world.restarted().await;
    until(&world, ID, State::Done).await;
    assert_eq!(world.fakes.kept.get(NEXT).undoing.unwrap().state, State::Done);
    assert_eq!(done(&world, "AppsManager.Start"), 2, "each once");
    // Between beginning and noting the job: nobody knows, and it is not begun again by itself.
    let back = |proposal: &mut Proposal| {
        proposal.undone = false;
        let undoing = proposal.undoing.as_mut().unwrap();
        (undoing.state, undoing.job) = (State::Working, None);
        Ok(())
    };
    world.fakes.kept.change(ID, back).unwrap();
    let world = world.restarted().await;
    until(&world, ID, State::Unknown).await;
    assert_eq!(done(&world, "AppsManager.Start"), 2);
}

#[tokio::test]
async fn what_was_changed_since_is_left_alone_and_says_so() {
    let (world, mut owner) = claimed().await;
    stands(&world, "stopped");
    did(&world, &mut owner, "apps_stop", ID, "apps-3").await;
    runs(&world, "apps-4", by_hand());
    let steps = plan(&mut owner).await;
    assert!(steps[0]["why"].as_str().unwrap().contains("was changed since"), "{steps:?}");
    assert_eq!(ready(&steps).0, ["impossible"]);
    let body = json!({ "steps": [{ "id": ID, "undo": action("apps_start") }] });
    owner.post(RUN, &body).await.check(409, "changed");
    owner
        .post(&format!("{PATH}/undo"), &json!({ "action": action("apps_stop") }))
        .await
        .check(409, "conflict");
    // What was done before, and what came to nothing, is no change.
    world.fakes.memory.lock().unwrap().jobs.clear();
    runs(&world, "apps-2", by_hand());
    runs(&world, "apps-5", JobInfo { state: "failed".to_owned(), ..by_hand() });
    assert_eq!(ready(&plan(&mut owner).await).0, ["ready"]);
    for (state, why) in [("running", "runs again already"), ("updating", "being worked on")] {
        stands(&world, state);
        let steps = plan(&mut owner).await;
        assert!(steps[0]["why"].as_str().unwrap().contains(why), "{steps:?}");
    }
    world.fakes.memory.lock().unwrap().apps.clear();
    assert!(plan(&mut owner).await[0]["why"].as_str().unwrap().contains("not installed any more"));
    assert_eq!(done(&world, "AppsManager."), 0);
}

#[tokio::test]
async fn what_somebody_changes_while_it_waits_for_its_turn_is_left_alone() {
    let (world, mut owner) = claimed().await;
    two(&world, &mut owner).await;
    let (_, body) = ready(&plan(&mut owner).await);
    assert_eq!(owner.post(RUN, &body).await.status, 202);
    until(&world, NEXT, State::Working).await;
    runs(&world, "apps-9", by_hand());
    world.fakes.job("apps-7", Some(ended("succeeded"))).await;
    until(&world, ID, State::Failed).await;
    let told = world.fakes.kept.get(ID).undoing.unwrap().outcome.unwrap();
    assert!(told.contains("was changed since"), "{told}");
    assert_eq!(done(&world, "AppsManager."), 1);
}

#[tokio::test]
async fn only_its_person_undoes_a_run_with_the_rights_they_have_then() {
    let (world, mut owner) = claimed().await;
    let mut anna = world.person(&mut owner, "anna", "admin").await;
    let mut max = world.person(&mut owner, "max", "member").await;
    stands(&world, "stopped");
    did(&world, &mut owner, "apps_stop", ID, "apps-1").await;
    let (_, body) = ready(&plan(&mut owner).await);
    for client in [&mut anna, &mut max] {
        client.get(RUN).await.check(404, "not_found");
        client.post(RUN, &body).await.check(404, "not_found");
    }
    let other =
        json!({ "steps": [{ "id": ID, "undo": { "tool": "apps_start", "arguments": { "app": "x" } } }] });
    owner.post(RUN, &other).await.check(409, "changed");
    let unknown = json!({ "steps": [{ "id": NEXT, "undo": action("apps_start") }] });
    owner.post(RUN, &unknown).await.check(409, "changed");
    // Done while they were an admin; they are none now.
    did(&world, &mut max, "apps_stop", ID, "apps-1").await;
    let steps = plan(&mut max).await;
    assert!(steps[0]["why"].as_str().unwrap().contains("you may not do this"), "{steps:?}");
    max.post(RUN, &body).await.check(409, "changed");
    assert_eq!(done(&world, "AppsManager."), 0);
}

#[tokio::test]
async fn what_cannot_be_put_back_says_why_beside_what_can() {
    let (world, mut owner) = claimed().await;
    stands(&world, "stopped");
    did(&world, &mut owner, "apps_stop", ID, "apps-1").await;
    did(&world, &mut owner, "apps_restart", NEXT, "apps-2").await;
    let steps = plan(&mut owner).await;
    assert_eq!(ready(&steps).0, ["impossible", "ready"]);
    assert!(steps[0]["why"].as_str().unwrap().contains("restart leaves nothing to put back"), "{steps:?}");
}

#[tokio::test]
async fn one_thing_is_taken_back_by_its_person() {
    let (world, mut owner) = claimed().await;
    put(&world, &mut owner, "apps_stop").await;
    stands(&world, "stopped");
    world.fakes.memory.lock().unwrap().starts = Some("apps-7");
    runs(&world, "apps-7", ended("succeeded"));
    let (undo, path) = (json!({ "action": action("apps_stop") }), format!("{PATH}/undo"));
    owner.post(&path, &undo).await.check(409, "conflict");
    did(&world, &mut owner, "apps_stop", ID, "apps-1").await;
    owner.post(&path, &json!({ "action": action("apps_start") })).await.check(409, "changed");
    let begun = owner.post(&path, &undo).await;
    assert_eq!((begun.status.as_u16(), begun.json()), (202, json!({ "job_id": "apps-7" })));
    assert!(world.fakes.calls().contains(&"AppsManager.Start grace jellyfin".to_owned()));
    owner.post(&path, &undo).await.check(409, "conflict");
    put(&world, &mut owner, "apps_restart").await;
    owner.post(&path, &json!({ "action": action("apps_restart") })).await.check(400, "invalid");
    let page =
        ProposedAction { tool: "scrape".to_owned(), arguments: json!({ "url": "https://example.org/" }) };
    owner.post(&path, &json!({ "action": page })).await.check(400, "invalid");
    assert_eq!(done(&world, "AppsManager."), 1);
}

/// The agent would write a file.
async fn put_file(world: &World, client: &mut Client, id: &str) -> ProposedAction {
    put_as(world, client, "files_write", id).await;
    let arguments = json!({ "root": "home", "path": "Docs/a.txt", "revision": "1", "text": "x" });
    let action = ProposedAction { tool: "files_write".to_owned(), arguments };
    let change = |proposal: &mut Proposal| {
        proposal.action = action.clone();
        Ok(())
    };
    world.fakes.kept.change(id, change).unwrap();
    action
}

#[tokio::test]
async fn a_file_is_written_under_its_proposals_id_and_put_back_by_it() {
    let (world, mut owner) = claimed().await;
    let action = put_file(&world, &mut owner, ID).await;
    let yes = json!({ "decision": "approve", "action": action });
    assert_eq!(owner.post(PATH, &yes).await.status, 204);
    assert_eq!(world.fakes.kept.get(ID).state, State::Done);
    let change = json!({
        "kind": "write", "root": "home", "path": "Docs/a.txt", "revision": "1", "to": "", "text": "x",
    });
    assert!(world.fakes.calls().contains(&format!("FilesManager.Change grace {ID} {change}")));
    let audit = owner.get("/api/v1/audit").await.text();
    assert!(audit.contains("files_write") && !audit.contains("a.txt"), "other admins read it: {audit}");
    let steps = plan(&mut owner).await;
    assert_eq!(steps[0]["undo"], json!({ "tool": "files_put_back", "arguments": { "change": ID } }));
    let (_, body) = ready(&steps);
    "‘a.txt’ was changed since".clone_into(&mut world.fakes.memory.lock().unwrap().against);
    assert_eq!(ready(&plan(&mut owner).await).0, ["impossible"]);
    owner.post(RUN, &body).await.check(409, "changed");
    world.fakes.memory.lock().unwrap().against.clear();
    // Nobody's else, whatever its name.
    let other = json!({ "steps": [{ "id": ID, "undo": { "tool": "files_put_back", "arguments": { "change": NEXT } } }] });
    owner.post(RUN, &other).await.check(409, "changed");
    assert_eq!(owner.post(RUN, &body).await.status, 202);
    until(&world, ID, State::Done).await;
    assert_eq!(done(&world, "FilesManager.PutBack"), 1);
    assert!(world.fakes.calls().contains(&format!("FilesManager.PutBack grace {ID}")));
}

#[tokio::test]
async fn killed_before_it_knew_a_change_of_files_is_asked_for_again_by_its_id() {
    let (world, mut owner) = claimed().await;
    put_file(&world, &mut owner, ID).await;
    let begun = |proposal: &mut Proposal| {
        proposal.state = State::Working;
        Ok(())
    };
    world.fakes.kept.change(ID, begun).unwrap();
    let world = world.restarted().await;
    let until_done = async {
        while world.fakes.kept.get(ID).state != State::Done {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until_done).await.expect("it is done");
    assert_eq!(done(&world, "FilesManager.Change"), 1);
}

/// Something that is proposed with these arguments.
async fn put_action(
    world: &World,
    client: &mut Client,
    tool: &str,
    arguments: Value,
    notes: &[&str],
) -> ProposedAction {
    put(world, client, tool).await;
    let action = ProposedAction { tool: tool.to_owned(), arguments };
    let change = |proposal: &mut Proposal| {
        proposal.action = action.clone();
        proposal.notes = notes.iter().map(|&note| note.to_owned()).collect();
        Ok(())
    };
    world.fakes.kept.change(ID, change).unwrap();
    action
}

fn offers(world: &World) {
    let app = json!({
        "app": { "store": "main", "id": "immich", "name": "Immich", "tagline": "", "category": "", "version": "2",
            "developer": "", "icon": "", "source_label": "", "format": "livos", "installable": true, "installed": false },
        "description": "", "website": "", "release_notes": "", "default_username": "", "default_password": "",
        "dependencies": [], "permissions": [{ "code": "c1", "text": "It reads your photos.", "risk": "low" }],
        "inputs": [], "services": [], "unsupported": [], "error": "", "gone": false,
    });
    world.fakes.memory.lock().unwrap().offered.insert("immich".to_owned(), app);
}

#[tokio::test]
async fn an_app_is_installed_only_as_its_sentences_were_read() {
    let (world, mut owner) = claimed().await;
    offers(&world);
    let arguments = |version: &str, accept: &[&str]| json!({ "app": "immich", "store": "main", "version": version, "accept": accept });
    for (arguments, notes) in [
        // Another version by now, a code that nobody offers, and one whose sentence was not on the card.
        (arguments("1", &["c1"]), &["It reads your photos."][..]),
        (arguments("2", &["c2"]), &["It reads your photos."]),
        (arguments("2", &["c1"]), &["It does nothing at all."]),
        (arguments("2", &["c1"]), &[]),
    ] {
        let action = put_action(&world, &mut owner, "apps_install", arguments, notes).await;
        assert_eq!(owner.post(PATH, &json!({ "decision": "approve", "action": action })).await.status, 204);
        assert_eq!(world.fakes.kept.get(ID).state, State::Failed, "{action:?}");
    }
    assert_eq!(done(&world, "AppsManager.Install"), 0);
    let action =
        put_action(&world, &mut owner, "apps_install", arguments("2", &["c1"]), &["It reads your photos."])
            .await;
    let always = json!({ "decision": "approve", "action": action, "always": true });
    owner.post(PATH, &always).await.check(400, "invalid");
    assert_eq!(owner.post(PATH, &json!({ "decision": "approve", "action": action })).await.status, 204);
    assert_eq!(done(&world, "AppsManager.Install grace immich"), 1);
    // No update is offered, so none is the one that was agreed to.
    let arguments = json!({ "app": "jellyfin", "to": "2", "accept": [] });
    let action = put_action(&world, &mut owner, "apps_update", arguments, &[]).await;
    assert_eq!(owner.post(PATH, &json!({ "decision": "approve", "action": action })).await.status, 204);
    assert_eq!((world.fakes.kept.get(ID).state, done(&world, "AppsManager.Update ")), (State::Failed, 0));
}

#[tokio::test]
async fn an_app_that_was_updated_or_installed_anew_since_stays() {
    let (world, mut owner) = claimed().await;
    stands(&world, "running");
    let way = json!([{ "kind": "version", "version": "1", "at": 5, "until": i64::MAX, "also": [] }]);
    let stand = |key: &str, value: Value| world.fakes.memory.lock().unwrap().apps[0][key] = value;
    let update = json!({ "app": "jellyfin", "to": "2", "accept": [] });
    put_action(&world, &mut owner, "apps_update", update, &[]).await;
    let by = |job: &str| {
        let job = job.to_owned();
        move |proposal: &mut Proposal| {
            (proposal.state, proposal.job) = (State::Done, Some(job));
            Ok(())
        }
    };
    world.fakes.kept.change(ID, by("apps-5")).unwrap();
    stand("ways_back", way.clone());
    stand("version", json!("2"));
    assert_eq!(ready(&plan(&mut owner).await).0, ["ready"]);
    // Its person has updated it once more, and nobody knows of that job any more.
    stand("version", json!("3"));
    assert!(plan(&mut owner).await[0]["why"].as_str().unwrap().contains("was changed since"));
    stand("version", json!("2"));
    stand("ways_back", json!([]));
    assert!(plan(&mut owner).await[0]["why"].as_str().unwrap().contains("for a week"));

    let install = json!({ "app": "jellyfin", "store": "s", "version": "2", "accept": [] });
    put_action(&world, &mut owner, "apps_install", install, &[]).await;
    world.fakes.kept.change(ID, by("apps-6")).unwrap();
    assert!(plan(&mut owner).await[0]["why"].as_str().unwrap().contains("installed anew since"));
    runs(&world, "apps-6", JobInfo { created_at: 10, finished_at: 20, ..ended("succeeded") });
    stand("installed_at", json!(15));
    assert_eq!(ready(&plan(&mut owner).await).0, ["ready"]);
    stand("installed_at", json!(30));
    assert_eq!(ready(&plan(&mut owner).await).0, ["impossible"]);
    stand("installed_at", json!(15));
    stand("store", json!("other"));
    assert_eq!(ready(&plan(&mut owner).await).0, ["impossible"]);
}

#[tokio::test]
async fn a_container_is_acted_on_by_its_id() {
    let (world, mut owner) = claimed().await;
    let container = "b".repeat(64);
    let action = put_action(
        &world,
        &mut owner,
        "docker_restart",
        json!({ "container": container }),
        &["It is not LivOS'."],
    )
    .await;
    let always = json!({ "decision": "approve", "action": action, "always": true });
    owner.post(PATH, &always).await.check(400, "invalid");
    assert_eq!(owner.post(PATH, &json!({ "decision": "approve", "action": action })).await.status, 204);
    assert!(world.fakes.calls().contains(&format!("DockerManager.Restart grace {container} true")));
}

#[tokio::test]
async fn a_command_is_run_as_it_was_agreed_to_and_its_end_told() {
    let container = "c".repeat(64);
    for (word, told) in [
        (
            "ls",
            "It ended with exit code 3.\nIt wrote:\na\nIt wrote as errors:\nno b\n[It wrote more than that.]",
        ),
        ("lost", "LivOS could not find out whether this was begun"),
    ] {
        let (world, mut owner) = claimed().await;
        let arguments = json!({ "container": container, "cmd": [word], "seconds": 9 });
        let action = put_action(&world, &mut owner, "docker_exec", arguments, &["It can change it."]).await;
        let always = json!({ "decision": "approve", "action": action, "always": true });
        owner.post(PATH, &always).await.check(400, "invalid");
        assert_eq!(owner.post(PATH, &json!({ "decision": "approve", "action": action })).await.status, 204);
        let outcome = eventually("its end", async || world.fakes.kept.get(ID).outcome).await;
        assert_eq!(outcome, told);
        assert!(world.fakes.calls().contains(&format!("DockerManager.Run grace {container} [\"{word}\"] 9")));
    }
}

#[tokio::test]
async fn other_servers_are_set_up_as_it_was_agreed_to() {
    let new = |name: &str| json!({ "name": name, "url": "", "command": ["uvx", "x"], "network": false });
    let manage = |action: &str, at: &str| json!({ "name": "notes", "action": action, "at": at });
    let at = "http://10.0.0.5/mcp";
    let config =
        json!({ "mcpServers": { "weather": { "command": "uvx", "args": ["weather"], "network": true } } });
    let config = json!({ "json": config.to_string() });
    let away = json!({ "name": "away", "url": "http://nowhere", "command": [], "network": false });
    for (tool, arguments, state, told, called) in [
        (
            "mcp_install",
            new("weather"),
            State::Done,
            "0 tools",
            "ToolServers.Save grace weather  [\"uvx\", \"x\"] false",
        ),
        ("mcp_install", new("notes"), State::Failed, "added since", ""),
        ("mcp_install", away, State::Failed, "Settings, AI", "ToolServers.Save grace away http://nowhere"),
        (
            "mcp_manage",
            manage("disable", at),
            State::Done,
            "is disabled",
            "ToolServers.Switch grace notes false",
        ),
        ("mcp_manage", manage("restart", at), State::Done, "answers", "ToolServers.Look grace notes"),
        ("mcp_manage", manage("remove", at), State::Done, "was removed", "ToolServers.Remove grace notes"),
        ("mcp_manage", manage("remove", "http://10.0.0.6/mcp"), State::Failed, "another place", ""),
        (
            "mcp_config_raw",
            config,
            State::Done,
            "kept: notes",
            "ToolServers.Import grace 78 [\"abc+network\"]",
        ),
    ] {
        let (world, mut owner) = claimed().await;
        let action = put_action(&world, &mut owner, tool, arguments, &[]).await;
        assert_eq!(owner.post(PATH, &json!({ "decision": "approve", "action": action })).await.status, 204);
        let outcome = eventually("its end", async || world.fakes.kept.get(ID).outcome).await;
        assert!(outcome.contains(told), "{tool}: {outcome}");
        assert_eq!(world.fakes.kept.get(ID).state, state, "{outcome}");
        let calls = world.fakes.calls();
        let changes =
            |call: &&String| call.starts_with("ToolServers.") && !call.starts_with("ToolServers.List");
        let changed: Vec<&String> = calls.iter().filter(changes).collect();
        assert_eq!(changed.last().map_or("", |call| call.as_str()), called);
    }
}

#[tokio::test]
async fn a_service_is_restarted_as_its_person() {
    let (world, mut owner) = claimed().await;
    let notes = ["Every app and container is stopped."];
    let arguments = json!({ "service": "docker.service" });
    let action = put_action(&world, &mut owner, "service_restart", arguments, &notes).await;
    assert_eq!(owner.post(PATH, &json!({ "decision": "approve", "action": action })).await.status, 204);
    assert!(world.fakes.calls().contains(&"HostServices.Restart grace docker.service".to_owned()));
}

#[tokio::test]
async fn a_change_of_files_is_not_asked_for_again_for_an_account_that_is_switched_off() {
    let (world, mut owner) = claimed().await;
    let mut max = world.person(&mut owner, "max", "member").await;
    let id = max.get("/api/v1/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
    put_file(&world, &mut max, ID).await;
    let begun = |proposal: &mut Proposal| {
        proposal.state = State::Working;
        Ok(())
    };
    world.fakes.kept.change(ID, begun).unwrap();
    let off = json!({ "disabled": true });
    let path = format!("/api/v1/users/{id}");
    assert!(owner.write(http::Method::PATCH, &path, &off).await.status.is_success());
    let world = world.restarted().await;
    let failed = async {
        while world.fakes.kept.get(ID).state != State::Failed {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), failed).await.expect("it is given up");
    assert_eq!(done(&world, "FilesManager.Change"), 0);
}

#[tokio::test]
async fn what_is_put_back_before_is_looked_at_when_its_turn_comes() {
    let (world, mut owner) = claimed().await;
    for (id, tool, arguments) in [
        (ID, "files_write", json!({ "root": "home", "path": "Docs/in/a.txt", "revision": "1", "text": "x" })),
        (NEXT, "files_move", json!({ "root": "home", "path": "Docs/in", "to": "Docs/out", "revision": "1" })),
    ] {
        put_as(&world, &mut owner, tool, id).await;
        let change = |proposal: &mut Proposal| {
            proposal.action = ProposedAction { tool: tool.to_owned(), arguments: arguments.clone() };
            proposal.state = State::Done;
            Ok(())
        };
        world.fakes.kept.change(id, change).unwrap();
    }
    assert_eq!(ready(&plan(&mut owner).await).0, ["ready", "ready"]);
    let asked = world.fakes.calls();
    assert!(asked.contains(&format!("FilesManager.StandsAgainst grace {NEXT}")), "{asked:?}");
    assert!(
        !asked.contains(&format!("FilesManager.StandsAgainst grace {ID}")),
        "it is not where it was written"
    );
}
