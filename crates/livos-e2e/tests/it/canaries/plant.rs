//! Putting canaries where secrets are.

use std::io::Write as _;
use std::process::{Command, Stdio};

use livos_docker::testing::TinyImage;
use livos_testkit::Client;
use reqwest::Method;
use serde_json::{Value, json};

use super::routes::{Things, ids};
use super::search::{Canaries, Kind};
use super::{CONVERSATIONS, SOON, Scene};

/// What is the owner's alone, and comes to where it lies by what the model says.
pub(super) struct Said {
    remembered: String,
    subagent: String,
    scheduled: String,
    noted: String,
}

impl Said {
    pub(super) fn new(canaries: &Canaries) -> Self {
        let make = |name| canaries.make(Kind::Private, name);
        Self {
            remembered: make("what was remembered"),
            subagent: make("what a subagent is told"),
            scheduled: make("what was scheduled"),
            noted: make("what another server was told"),
        }
    }

    /// What the model says, and to whom.
    pub(super) fn fixtures(&self) -> Value {
        let calling = |text: &str, calls: &[(&str, Value)], answer: &str| {
            let calls: Vec<Value> = calls
                .iter()
                .enumerate()
                .map(|(number, (name, arguments))| {
                    json!({ "id": format!("call_{number}"), "name": name, "arguments": arguments })
                })
                .collect();
            let content = if calls.is_empty() { answer } else { "I will." };
            [
                json!({ "match": { "userMessage": text, "hasToolResult": false },
                    "response": { "content": content, "toolCalls": calls } }),
                json!({ "match": { "userMessage": text, "hasToolResult": true }, "response": { "content": answer } }),
            ]
        };
        let none = json!({});
        let subagent = json!({ "id": "keeper", "name": "Keeper", "description": self.subagent, "instructions": self.subagent });
        let looks = [
            ("memory_search", json!({ "query": "Kanari7 what was remembered key" })),
            ("files", json!({ "operation": "list" })),
            ("files", json!({ "operation": "search", "query": "Kanari7" })),
            ("status", none.clone()),
            ("sysinfo", json!({ "topic": "all" })),
            ("apps_list", none.clone()),
            ("docker_list", none.clone()),
            ("schedule_list", none.clone()),
            ("subagent_list", none.clone()),
            ("skill_list", none),
            ("skill_use", json!({ "name": "mine" })),
        ];
        let mut all = vec![
            json!({ "match": { "userMessage": "Answer with the word OK." }, "response": { "content": "OK" } }),
        ];
        all.push(
            json!({ "match": { "userMessage": "to yourself" }, "response": { "content": "It stays here." } }),
        );
        for (text, calls, answer) in [
            (
                "remember where it is",
                &[("memory_add", json!({ "content": self.remembered }))][..],
                "I remember it.",
            ),
            ("keep somebody for me", &[("subagent_create", subagent)], "There is one now."),
            (
                "ask me later",
                &[("cron", json!({ "task": self.scheduled, "delay": 30, "unit": "days" }))],
                "I will ask.",
            ),
            (
                "write it down there",
                &[("notes__write_down", json!({ "text": self.noted }))],
                "It is written down.",
            ),
            ("what do you know", &looks, "That is all."),
        ] {
            all.extend(calling(text, calls, answer));
        }
        Value::from(all)
    }
}

impl Scene {
    /// Puts one into every place of the owner's; what can be asked for by then.
    pub(super) async fn plant(&self, owner: &Client) -> Things {
        let make = |kind, name| self.canaries.make(kind, name);
        self.plant_keys(owner).await;

        let text = make(Kind::Private, "a file");
        owner.upload("home", "", "private.txt", text.as_bytes()).await.expect("uploaded");
        let name = format!("{}.txt", make(Kind::Private, "the name of a file"));
        owner.upload("home", "", &name, b"x").await.expect("uploaded");
        let (about, skill) = (make(Kind::Private, "what a skill is for"), make(Kind::Private, "a skill"));
        let skill = format!("---\nname: mine\ndescription: \"{about}\"\n---\n{skill}\n");
        let taken =
            owner.post("/api/v1/assistant/skills", &json!({ "text": skill })).await.expect("an answer");
        assert!(taken.status < 300, "{}", taken.text());

        let said = make(Kind::Private, "what was said");
        let id = self.talk(owner, &format!("keep {said} to yourself"), "It stays here").await;
        let title = json!({ "title": make(Kind::Private, "the title of a conversation") });
        let path = format!("{CONVERSATIONS}/{id}");
        assert_eq!(owner.patch(&path, &title).await.expect("an answer").status, 204);
        self.talk(owner, "remember where it is", "I remember it").await;
        self.talk(owner, "keep somebody for me", "There is one now").await;
        self.talk(owner, "ask me later", "I will ask").await;
        self.plant_with_another_server(owner).await;

        let mut things = vec![("/skills/", "mine".to_owned())];
        for (path, list, key, place) in [
            (CONVERSATIONS, "conversations", "id", "/conversations/"),
            ("/api/v1/assistant/subagents", "subagents", "id", "/subagents/"),
        ] {
            let all = owner.get(path).await.expect("an answer").json();
            let found = ids(&all[list], key);
            assert!(!found.is_empty(), "{path}: {all}");
            things.extend(found.into_iter().map(|id| (place, id)));
        }
        things.extend((1..=6).map(|run| ("/runs/", run.to_string())));
        Things(things)
    }

    /// What lets somebody in.
    async fn plant_keys(&self, owner: &Client) {
        let make = |name| self.canaries.make(Kind::Key, name);
        let provider = json!({ "dialect": "anthropic", "label": "Mock", "base_url": self.model.url,
            "model": "claude-sonnet-4-5", "key": make("the provider's key") });
        let kept = owner.put("/api/v1/assistant/providers/mock", &provider).await.expect("an answer");
        kept.expect(200).expect("kept");
        self.tools.offer(owner, "notes", &make("the key of another server")).await;

        let key = json!({ "name": "Program", "access": "act", "password": self.password });
        let made = owner.post("/api/v1/me/keys", &key).await.expect("an answer").expect(201).expect("a key");
        let key = made["key"].as_str().expect("a key").to_owned();
        self.canaries.add(Kind::Key, "the key of a program", &key);
        let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        let program = self.stack.client().expect("a client");
        let request = program.request(Method::POST, "/mcp").json(&ping).bearer_auth(&key);
        let request = request.header("Accept", "application/json, text/event-stream");
        assert_eq!(program.send(request).await.expect("an answer").status, 200, "the key is one");

        let offer =
            owner.post("/api/v1/me/totp", &json!({})).await.expect("an answer").expect(200).expect("one");
        let secret = offer["secret"].as_str().expect("a secret");
        self.canaries.add(Kind::Kept, "the secret of the second factor", secret);
        let new = make("a new password");
        let change = json!({ "current": self.password, "new": new });
        let changed = owner.put("/api/v1/me/password", &change).await.expect("an answer");
        assert!(changed.status < 300, "{}", changed.text());
        // It may have begun the session anew.
        self.keep_session(owner, "the owner");
    }

    /// A server that repeats the key that it is sent.
    async fn plant_with_another_server(&self, owner: &Client) {
        let id = self.begin(owner).await;
        self.say(owner, &id, "write it down there").await;
        let asked = livos_testkit::wait_for(SOON, "it is asked for", async || {
            let all = owner.get("/api/v1/assistant/approvals").await.ok()?.expect(200).ok()?;
            all["proposals"].as_array()?.first().cloned()
        })
        .await
        .unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack.last_words()));
        let path = format!("/api/v1/assistant/approvals/{}", asked["id"].as_str().expect("an id"));
        let yes = json!({ "decision": "approve", "action": asked["action"] });
        assert_eq!(owner.post(&path, &yes).await.expect("an answer").status, 204);
        let seen = self.answered(owner, &id, "It is written down").await;
        assert!(seen.to_string().contains("written down with"), "its words come: {seen:#}");
        assert_eq!(self.tools.written().len(), 1);
    }

    /// What an app is given.
    pub(super) async fn plant_in_an_app(&self, owner: &Client, things: &mut Things) {
        let Some(docker) = &self.docker else { return };
        docker.push("tiny", "1", &TinyImage::new().healthcheck()).expect("pushed");
        let secret = self.canaries.make(Kind::Apps, "what an app is given");
        let compose = format!(
            "services:\n  web:\n    image: {}\n    ports: [\"8080\"]\n    environment:\n      DB_PASSWORD: ${{DB_PASSWORD}}\n",
            docker.reference("tiny", "1")
        );
        let stack = json!({ "name": "own", "compose": compose, "env": format!("DB_PASSWORD={secret}\n") });
        let check = owner
            .post("/api/v1/stacks/check", &stack)
            .await
            .expect("an answer")
            .expect(200)
            .expect("looked at");
        let accept = ids(&check["permissions"], "code");
        let mut stack = stack;
        stack["accept"] = json!(accept);
        let job = owner.post("/api/v1/stacks", &stack).await.expect("an answer").expect(202).expect("a job");
        let job = job["job_id"].as_str().expect("an id").to_owned();
        let ended = owner.job_ended(&job, SOON).await.expect("it ends");
        assert_eq!(ended["state"], "succeeded", "{ended}\n{}", self.stack.last_words());
        things.0.push(("/jobs/", job));
        things.0.extend(["/apps/", "/open/"].map(|place| (place, "own".to_owned())));
        let docker = owner.get("/api/v1/docker").await.expect("an answer").expect(200).expect("what runs");
        let containers = ids(&docker["containers"], "id");
        assert!(!containers.is_empty(), "{docker}");
        things.0.extend(containers.into_iter().map(|id| ("/containers/", id)));
    }

    /// What is typed at the machine itself.
    pub(super) async fn plant_at_the_command_line(&self) {
        let key = self.canaries.make(Kind::Key, "a key at the command line");
        let verbs: [&[&str]; 3] = [
            &["assistant", "providers", "set", "mock", "--model", "gpt-4o", "--key-file", "-"],
            &["assistant", "providers", "set", "mock", "--model", "claude-sonnet-4-5", "--key-file", "-"],
            &["users", "add", "carol"],
        ];
        for verb in verbs {
            let mut command = Command::new(self.stack.site.programs.join("livos"));
            command.args(["--bus", &self.stack.site.bus_address()]).args(verb);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let input = format!("{key}\n");
            let ended = tokio::task::spawn_blocking(move || {
                let mut child = command.spawn().expect("it starts");
                child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("read");
                child.wait_with_output().expect("it ends")
            });
            let ended = ended.await.expect("no panic");
            let text = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
            assert!(ended.status.success() && !text.contains(&key), "{verb:?}: {text}");
            if verb[0] == "users" {
                // The longest word that it prints is the password it has made.
                let password = text.split_whitespace().max_by_key(|word| word.len()).expect("a password");
                self.canaries.add(Kind::Key, "the first password of somebody", password);
            }
        }
    }

    /// What was not taken: it is in no log either.
    pub(super) async fn plant_in_what_is_refused(&self, owner: &Client) {
        let make = |name| self.canaries.make(Kind::Key, name);
        let stranger = self.stack.client().expect("a client");
        for body in [
            json!({ "username": "owner", "password": make("a wrong password") }),
            json!({ "username": make("a password in place of a name"), "password": "x" }),
            json!({ "username": "owner", "password": [make("a password in a list")] }),
            json!({ "username": "owner", make("a password as a field"): "x" }),
            json!({ "username": "owner", "password": self.password, "code": make("a wrong code") }),
        ] {
            let answer = stranger.post("/api/v1/session", &body).await.expect("an answer");
            assert!((400..500).contains(&answer.status), "{}", answer.text());
        }
        let name = "/api/v1/assistant/providers";
        let nowhere = |key: &str| json!({ "dialect": "anthropic", "label": "Mock", "base_url": "http://127.0.0.1:1", "model": "m", "key": key });
        for (path, body) in [
            (format!("{name}/other"), nowhere(&make("the key of a provider that is away"))),
            (format!("{name}/other"), json!({ "key": { "key": make("a key as an object") } })),
            (
                "/api/v1/assistant/web/search".to_owned(),
                json!({ "provider": "brave", "key": make("the key of a search engine") }),
            ),
            (
                "/api/v1/assistant/tool-servers/away".to_owned(),
                json!({ "url": "http://127.0.0.1:1/mcp", "key": make("the key of a server that is away") }),
            ),
        ] {
            let answer = owner.put(&path, &body).await.expect("an answer");
            assert!(answer.status >= 400, "{path}: {}", answer.text());
            let found = self.canaries.within(answer.text().as_bytes(), super::KEYS);
            assert!(found.is_empty(), "{path} repeats {found:?}: {}", answer.text());
        }
        let key = make("a key in a file of servers");
        for text in [
            format!("{{ \"mcpServers\": {{ \"x\": {{ \"headers\": {{ \"a\": \"{key}\" ] }}"),
            json!({ "mcpServers": { "x": { "url": 7, "env": { "TOKEN": key }, "headers": { "X": key } } } }).to_string(),
            json!({ "mcpServers": { "x": { "command": "npx", "args": ["-y", "somebodys-server"], "env": { "TOKEN": key } } } }).to_string(),
        ] {
            let path = "/api/v1/assistant/tool-server-file";
            let answer = owner.post(path, &json!({ "text": text })).await.expect("an answer");
            assert!(!answer.text().contains(&key), "{}", answer.text());
        }
        // In the place of a token, a cookie and a path.
        for request in [
            stranger.request(Method::POST, "/mcp").bearer_auth(make("a wrong key")).json(&json!({})),
            stranger
                .request(Method::GET, "/api/v1/session")
                .header("Cookie", format!("livos_access={}", make("a wrong cookie"))),
        ] {
            assert_eq!(stranger.send(request).await.expect("an answer").status, 401);
        }
    }
}
