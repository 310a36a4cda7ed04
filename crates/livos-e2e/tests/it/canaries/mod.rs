//! No secret comes out. A canary is put into every place that holds one: passwords, sessions, keys of programs, of
//! providers and of other servers, what an app is given, what one person has said and had remembered. Then everything that
//! comes out is searched: the logs at their most talkative, arguments and environments of all processes, every answer of
//! the API to others, what the model is told on behalf of others, the bus, Caddy and the disk.

mod plant;
mod routes;
mod search;

use std::time::Duration;

use livos_docker::testing::PrivateDocker;
use livos_testkit::{Client, Options, Stack};
use serde_json::{Value, json};

use crate::assistant::server::Server;
use crate::tools::Tools;
use plant::Said;
use routes::Things;
use search::{ALL, Canaries, Heard, Kind, Processes};

const SOON: Duration = Duration::from_secs(60);
const CONVERSATIONS: &str = "/api/v1/assistant/conversations";
/// What nobody may be told, not even whose it is.
const KEYS: &[Kind] = &[Kind::Key, Kind::Kept];

struct Scene {
    stack: Stack,
    canaries: Canaries,
    model: Server,
    tools: Tools,
    docker: Option<PrivateDocker>,
    password: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_comes_out_anywhere() {
    let canaries = Canaries::default();
    let Some(model) = Server::saying(&Said::new(&canaries).fixtures()) else { return };
    let processes = Processes::watch(&canaries);
    let docker =
        tokio::task::spawn_blocking(PrivateDocker::start_or_skip).await.expect("no panic").expect("Docker");
    let options = Options {
        docker: docker.as_ref().map(PrivateDocker::socket_path),
        log_level: "trace".to_owned(),
        ..Options::default()
    };
    let stack = Stack::with(options).await.expect("LivOS runs");
    let tools = Tools::start(Duration::ZERO).await;
    let password = canaries.make(Kind::Key, "the owner's password");
    let scene = Scene { stack, canaries, model, tools, docker, password };

    let (owner, others) = scene.people().await;
    // Others listen from the beginning.
    let mut heard = Vec::new();
    for (who, other) in &others {
        heard.push((*who, Heard::listen(other).await));
    }
    let mut things = scene.plant(&owner).await;
    scene.plant_in_an_app(&owner, &mut things).await;
    scene.plant_at_the_command_line().await;
    scene.plant_in_what_is_refused(&owner).await;
    let asked = scene.model.journal().await.len();
    for (who, other) in &others {
        scene.talk(other, &format!("what do you know, asks {who}"), "That is all").await;
    }

    let mut wrong = scene.answers(&owner, &others, &things).await;
    for (who, heard) in heard {
        let found = scene.canaries.within(heard.end().as_bytes(), ALL).into_iter();
        wrong.extend(found.map(|canary| format!("{canary}: {who} hears it as an event")));
    }
    wrong.extend(scene.prompts(asked).await);
    wrong.extend(search::bus(&scene.stack.site.bus_address(), &scene.canaries).await);
    let admin = scene.stack.site.runtime().join("caddy-admin.sock");
    wrong.extend(search::caddy(&admin, &scene.canaries).await);
    wrong.extend(processes.end());
    wrong.extend(scene.at_rest().await);
    assert!(wrong.is_empty(), "{} secrets came out:\n{}", wrong.len(), wrong.join("\n"));
}

impl Scene {
    /// The owner, whose secrets most of them are, another admin, and a member.
    async fn people(&self) -> (Client, Vec<(&'static str, Client)>) {
        let owner = self.stack.client().expect("a client");
        let code = self.stack.claim_code().await.expect("a code");
        owner.claim(&code, "owner", &self.password).await.expect("claimed");
        self.keep_session(&owner, "the owner");
        let mut others = Vec::new();
        for (who, role) in [("anna", "admin"), ("ben", "member")] {
            let password = self.canaries.make(Kind::Key, &format!("the password of {who}"));
            let body = json!({ "username": who, "name": who, "role": role, "password": password });
            owner.post("/api/v1/users", &body).await.expect("added").expect(201).expect("a person");
            let other = self.stack.client().expect("a client");
            other.sign_in(who, &password).await.expect("they get in");
            self.keep_session(&other, who);
            others.push((who, other));
        }
        (owner, others)
    }

    fn keep_session(&self, client: &Client, who: &str) {
        let cookies = client.cookies();
        assert!(cookies.len() >= 2, "{who} has only {cookies:?}");
        for (name, value) in cookies {
            self.canaries.add(Kind::Key, &format!("the cookie {name} of {who}"), &value);
        }
    }

    async fn begin(&self, client: &Client) -> String {
        let made = client.post(CONVERSATIONS, &json!({})).await.expect("begun");
        let made = made.expect(201).expect("a conversation");
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Says something and waits until the answer is there; where it was said.
    async fn talk(&self, client: &Client, text: &str, answer: &str) -> String {
        let id = self.begin(client).await;
        self.say(client, &id, text).await;
        self.answered(client, &id, answer).await;
        id
    }

    async fn say(&self, client: &Client, id: &str, text: &str) {
        let path = format!("{CONVERSATIONS}/{id}/messages");
        client.post(&path, &json!({ "text": text })).await.expect("said").expect(202).expect("a run");
    }

    async fn answered(&self, client: &Client, id: &str, answer: &str) -> Value {
        let path = format!("{CONVERSATIONS}/{id}");
        let seen = livos_testkit::wait_for(SOON, &format!("it is answered {answer:?}"), async || {
            let seen = client.get(&path).await.ok()?.expect(200).ok()?;
            (seen["running"] == false).then_some(seen)
        })
        .await
        .unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack.last_words()));
        let last = &seen["items"].as_array().expect("items").last().expect("an answer")["text"];
        assert!(last.as_str().is_some_and(|last| last.contains(answer)), "{seen:#}");
        seen
    }

    /// Everybody asks for everything.
    async fn answers(&self, owner: &Client, others: &[(&str, Client)], things: &Things) -> Vec<String> {
        let ask = async |client: &Client, who: &str, kinds: &[Kind]| {
            routes::ask(&self.stack, client, who, kinds, things, &self.canaries).await
        };
        let mut wrong = ask(owner, "the owner", KEYS).await;
        for (who, other) in others {
            wrong.extend(ask(other, who, ALL).await);
        }
        wrong.extend(ask(&self.stack.client().expect("a client"), "a stranger", ALL).await);
        wrong
    }

    /// What the model was told: keys never, and what is the owner's not on behalf of others, who asked after so many.
    async fn prompts(&self, owners: usize) -> Vec<String> {
        let all = self.model.journal().await;
        assert!(owners > 5 && all.len() >= owners + 4, "{owners} of {}", all.len());
        let mut wrong = Vec::new();
        for (number, request) in all.iter().enumerate() {
            let (kinds, of) = if number < owners { (KEYS, "the owner") } else { (ALL, "others") };
            let told = request["body"].to_string();
            assert!(told.len() > 50, "{request}");
            let found = self.canaries.within(told.as_bytes(), kinds).into_iter();
            wrong.extend(found.map(|canary| format!("{canary}: the model is told it on behalf of {of}")));
        }
        wrong
    }

    /// Logs and files, once all is quiet.
    async fn at_rest(self) -> Vec<String> {
        let (canaries, log) = (self.canaries, self.stack.site.places().log);
        let mut stack = self.stack;
        let root = stack.keep();
        stack.stop().await;
        let (mut wrong, mut logs) = (Vec::new(), 0);
        for entry in std::fs::read_dir(&log).expect("logs").flatten() {
            let bytes = std::fs::read(entry.path()).expect("readable");
            logs += usize::from(bytes.len() > 200);
            let found = canaries.within(&bytes, ALL).into_iter();
            wrong.extend(found.map(|canary| format!("{canary}: it is in {}", entry.path().display())));
        }
        let mut looked_at = 0;
        // Its logs have been searched, and the folder of the test itself is closed to everybody.
        std::fs::remove_dir_all(&log).expect("removed");
        wrong.extend(search::files(&root, true, &canaries, &mut looked_at));
        println!("{} canaries, {logs} logs, {looked_at} files", canaries.count());
        assert!(
            logs >= 6 && looked_at > 20 && canaries.count() >= 25,
            "there was hardly anything to look at"
        );
        std::fs::remove_dir_all(&root).expect("removed");
        wrong
    }
}
