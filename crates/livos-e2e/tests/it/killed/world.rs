//! What the runs change, and counting it.

use std::path::PathBuf;
use std::time::Duration;

use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_testkit::{Client, Options, Stack};
use reqwest::Method;
use serde_json::{Value, json};

use super::scripts::{Effect, Script};
use super::{CONVERSATIONS, WITHIN};
use crate::assistant::server::Server;
use crate::tools::Tools;

pub(super) struct World {
    pub(super) stack: Stack,
    pub(super) owner: Client,
    docker: Option<PrivateDocker>,
    tools: Tools,
    key: String,
}

impl World {
    pub(super) async fn start(model: &Server) -> Self {
        let docker = tokio::task::spawn_blocking(PrivateDocker::start_or_skip)
            .await
            .expect("no panic")
            .expect("Docker");
        let options = Options {
            docker: docker.as_ref().map(PrivateDocker::socket_path),
            restless: true,
            ..Options::default()
        };
        let stack = Stack::with(options).await.expect("LivOS runs");
        let owner = stack.owner().await.expect("claimed");
        let tools = Tools::start(Duration::from_millis(300)).await;
        tools.offer(&owner, "notes", "a-key-of-no-worth").await;
        let provider = json!({ "dialect": "anthropic", "label": "Mock", "base_url": model.url, "model": "m", "key": "k-of-no-worth" });
        let kept = owner.put("/api/v1/assistant/providers/mock", &provider).await.expect("an answer");
        kept.expect(200).expect("kept");
        let key = json!({ "name": "Counter", "access": "act", "password": "correct horse battery" });
        let made = owner.post("/api/v1/me/keys", &key).await.expect("an answer").expect(201).expect("a key");
        let key = made["key"].as_str().expect("a key").to_owned();
        std::fs::create_dir_all(stack.site.data().join("home/Docs")).expect("a folder");
        let share = json!({ "root": "home", "path": "Docs", "writes": true });
        let shared = owner.put("/api/v1/files/shares", &share).await.expect("an answer");
        assert!(shared.status < 300, "{}", shared.text());
        let world = Self { stack, owner, docker, tools, key };
        if let Some(docker) = &world.docker {
            docker.push("tiny", "1", &TinyImage::new()).expect("pushed");
        }
        world
    }

    pub(super) async fn begin(&self) -> String {
        let made = self.owner.post(CONVERSATIONS, &json!({})).await.expect("an answer");
        made.expect(201).expect("a conversation")["id"].as_str().expect("an id").to_owned()
    }

    fn docs(&self, name: &str) -> PathBuf {
        self.stack.site.data().join("home/Docs").join(name)
    }

    /// Puts there what a run is to find.
    pub(super) async fn prepare(&self, script: &Script, mark: &str) {
        for (effect, end) in [(Effect::Rewritten, "old"), (Effect::Trashed, "gone"), (Effect::Moved, "from")]
        {
            if script.has(effect) {
                std::fs::write(self.docs(&format!("{mark}-{end}.txt")), "before").expect("written");
            }
        }
        if let Some(docker) =
            self.docker.as_ref().filter(|_| script.has(Effect::Restarted) || script.has(Effect::Stopped))
        {
            let name = format!("{mark}-up");
            let image = docker.reference("tiny", "1");
            self.docker(&["run", "-d", "--name", &name, &image]).expect("it runs");
        }
    }

    /// How often something was done, by what `used` tells of it; nothing where that can't be told.
    pub(super) async fn count(&self, effect: Effect, used: Option<&Value>, mark: &str) -> Option<usize> {
        let there = |end: &str, text: &str| {
            let found = std::fs::read_to_string(self.docs(&format!("{mark}-{end}.txt")));
            usize::from(found.is_ok_and(|found| found == text))
        };
        Some(match effect {
            Effect::Nothing => return None,
            Effect::Remembered => self.remembered(mark).await,
            Effect::Scheduled => {
                self.listed("/api/v1/assistant/schedules", "schedules", &format!("{mark}.")).await
            }
            // Once more would have put the first into the trash.
            Effect::Written => there("new", mark) + self.trashed(&format!("{mark}-new.txt")).await,
            Effect::Rewritten => {
                let before = self.trashed(&format!("{mark}-old.txt")).await;
                assert_eq!(before, there("old", mark), "what was there before lies in the trash");
                before
            }
            Effect::Moved => {
                assert_eq!(there("from", "before") + there("to", "before"), 1, "it is at one of the places");
                there("to", "before")
            }
            Effect::Trashed => {
                let trashed = self.trashed(&format!("{mark}-gone.txt")).await;
                assert_eq!(trashed + there("gone", "before"), 1, "it is at one of the places");
                trashed
            }
            Effect::Restarted => self.restarts(mark)?,
            Effect::Stopped => usize::from(!self.runs(mark)?),
            Effect::Noted => self.tools.written().iter().filter(|text| *text == mark).count(),
            Effect::HandedOver => self.handed_over(used, mark).await,
            Effect::Kept => self.listed("/api/v1/assistant/subagents", "subagents", mark).await,
            Effect::Skilled => self.listed("/api/v1/assistant/skills", "skills", mark).await,
        })
    }

    async fn get(&self, path: &str) -> Value {
        self.owner.get(path).await.expect("an answer").expect(200).expect("it answers")
    }

    /// Entries of a list in which something stands.
    async fn listed(&self, path: &str, list: &str, what: &str) -> usize {
        let all = self.get(path).await;
        let entries = all[list].as_array().unwrap_or_else(|| panic!("{path}: {all}"));
        entries.iter().filter(|entry| entry.to_string().contains(what)).count()
    }

    async fn trashed(&self, name: &str) -> usize {
        let all = self.get("/api/v1/files/trash").await;
        // Its entries are wherever the answer has its list.
        let lists =
            all.as_object().map(|all| all.values().filter_map(Value::as_array).flatten().collect::<Vec<_>>());
        let entries = lists.or_else(|| all.as_array().map(|all| all.iter().collect())).expect("a list");
        entries.iter().filter(|entry| entry["name"] == name).count()
    }

    /// How often a subagent was given such a task, in the conversation in which it works.
    async fn handed_over(&self, used: Option<&Value>, mark: &str) -> usize {
        let Some(work) = used.and_then(|used| used["subagent"]["conversation"].as_str()) else { return 0 };
        let said = self.get(&format!("{CONVERSATIONS}/{work}")).await;
        let task = format!("Look into part {mark}.");
        let items = said["items"].as_array().expect("items").iter();
        items.filter(|item| item["kind"] == "person" && item["text"] == task.as_str()).count()
    }

    /// What a search finds, as another program asks for it.
    async fn remembered(&self, mark: &str) -> usize {
        let call = json!({ "name": "memory_search", "arguments": { "query": mark } });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call });
        let said = livos_testkit::wait_for(WITHIN, "memory is searched", async || {
            let request = self.owner.request(Method::POST, "/mcp").json(&body).bearer_auth(&self.key);
            let request = request.header("Accept", "application/json, text/event-stream");
            let answer = self.owner.send(request).await.ok()?;
            (answer.status == 200).then(|| answer.text())
        })
        .await
        .expect("an answer");
        said.matches(&format!("is {mark}.")).count()
    }

    fn docker(&self, words: &[&str]) -> Option<String> {
        let socket = format!("unix://{}", self.docker.as_ref()?.socket_path().display());
        let output = std::process::Command::new("docker").args(["-H", &socket]).args(words).output();
        let output = output.expect("docker runs");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// How often Docker has restarted a container.
    fn restarts(&self, mark: &str) -> Option<usize> {
        // It tells of whole seconds, so the one that has begun is waited for.
        let until = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_secs() + 1;
        let (name, until) = (format!("container={mark}-up"), until.to_string());
        let words =
            ["events", "--since", "24h", "--until", &until, "--filter", &name, "--filter", "event=restart"];
        Some(self.docker(&words)?.lines().count())
    }

    /// Whether a container runs.
    fn runs(&self, mark: &str) -> Option<bool> {
        let said = self.docker(&["inspect", "--format", "{{.State.Running}}", &format!("{mark}-up")])?;
        Some(said.trim() == "true")
    }

    pub(super) async fn end(self) {
        self.stack.stop().await;
    }
}
