//! Servers that are programs: how they are started, spoken with, let go, and what becomes of those that mean no good.

use std::os::fd::OwnedFd;

use livos_bus::sandbox::{ProgramRequest, SandboxEnd, SandboxHow};
use livos_bus::tool_servers::ServersImported;
use tokio::io::Interest;
use tokio::net::unix::pipe;

use super::*;
use crate::ports::Pipes;

/// What a program does with a message.
pub(in crate::tests) enum Act {
    /// What the protocol says.
    Proper,
    /// It writes this.
    Say(String),
    /// It writes this to its other output, and ends.
    Fall(&'static str),
    /// The same, once this was told.
    Late(Arc<Notify>),
    /// It does not even read any more.
    Hang,
}

type Acts = Arc<dyn Fn(&Value, usize) -> Act + Send + Sync>;

/// The programs that were started, by tasks of the tests' own.
#[derive(Default)]
pub(in crate::tests) struct Started {
    pub(in crate::tests) requests: Mutex<Vec<ProgramRequest>>,
    pub(in crate::tests) forgotten: Mutex<Vec<String>>,
    asked: Arc<Mutex<Vec<Value>>>,
    acts: Mutex<Option<Acts>>,
    pub(super) alive: Arc<Mutex<usize>>,
    refuses: Mutex<Option<String>>,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Started")
    }
}

impl Started {
    pub(in crate::tests) fn start(&self, request: &ProgramRequest) -> livos_bus::Result<Pipes> {
        if let Some(why) = self.refuses.lock().unwrap().clone() {
            return Err(livos_bus::Error::invalid(why));
        }
        self.requests.lock().unwrap().push(request.clone());
        let (theirs, input) = pair();
        let (output, mine) = pair();
        let (said, frames) = pair();
        // One that others wrote is a process; the sandbox around it is another crate's to test.
        if request.command[0] == "node" {
            let child = tokio::process::Command::new("node")
                .args(&request.command[1..])
                .stdin(theirs)
                .stdout(mine)
                .stderr(std::process::Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            let alive = Arc::clone(&self.alive);
            *alive.lock().unwrap() += 1;
            tokio::spawn(async move {
                lives(child, frames).await;
                *alive.lock().unwrap() -= 1;
            });
            return Ok(Pipes { input, output, said });
        }
        let (asked, acts) = (Arc::clone(&self.asked), self.acts.lock().unwrap().clone());
        let alive = Arc::clone(&self.alive);
        *alive.lock().unwrap() += 1;
        tokio::spawn(async move {
            run(theirs, mine, frames, &asked, acts).await;
            *alive.lock().unwrap() -= 1;
        });
        Ok(Pipes { input, output, said })
    }

    fn act(&self, acts: impl Fn(&Value, usize) -> Act + Send + Sync + 'static) {
        *self.acts.lock().unwrap() = Some(Arc::new(acts));
    }

    fn methods(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|one| one["method"].as_str().unwrap_or("answer").to_owned()).collect()
    }

    fn count(&self, method: &str) -> usize {
        self.methods().iter().filter(|one| *one == method).count()
    }
}

fn pair() -> (OwnedFd, OwnedFd) {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap()
}

/// A process, until it ends or what ends it is closed.
async fn lives(mut child: tokio::process::Child, frames: OwnedFd) {
    let mut frames = pipe::Sender::from_owned_fd(frames).unwrap();
    tokio::select! {
        status = child.wait() => {
            let code = status.unwrap().code().unwrap_or_default();
            let end = SandboxEnd { how: SandboxHow::Exited, code, milliseconds: 1 };
            // Nobody may be there any more to hear it.
            let _ = frames.write_all(&SandboxFrame::End(end).encode().unwrap()).await;
        }
        _ = frames.ready(Interest::ERROR) => child.kill().await.unwrap(),
    }
}

async fn run(
    input: OwnedFd,
    output: OwnedFd,
    frames: OwnedFd,
    asked: &Mutex<Vec<Value>>,
    acts: Option<Acts>,
) {
    let mut input = pipe::Receiver::from_owned_fd(input).unwrap();
    let mut output = pipe::Sender::from_owned_fd(output).unwrap();
    let mut frames = pipe::Sender::from_owned_fd(frames).unwrap();
    let mut end = SandboxEnd { how: SandboxHow::Exited, code: 0, milliseconds: 1 };
    let mut wrong = "";
    {
        let speaking = async {
            let mut bytes = Vec::new();
            while input.read_buf(&mut bytes).await.unwrap() > 0 {
                while let Some(at) = bytes.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = bytes.drain(..=at).collect();
                    let message: Value = serde_json::from_slice(&line).unwrap();
                    let count = {
                        let mut asked = asked.lock().unwrap();
                        asked.push(message.clone());
                        asked.len()
                    };
                    let act = acts.as_ref().map_or(Act::Proper, |acts| acts(&message, count));
                    let said = match act {
                        Act::Proper => proper(&message),
                        Act::Say(text) => text,
                        Act::Late(told) => {
                            told.notified().await;
                            proper(&message)
                        }
                        Act::Fall(words) => {
                            wrong = words;
                            end.code = 1;
                            return;
                        }
                        Act::Hang => std::future::pending().await,
                    };
                    if output.write_all(said.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        };
        tokio::select! {
            () = speaking => {}
            // Whoever started it has closed what ends it.
            _ = frames.ready(Interest::ERROR) => return,
        }
    }
    drop(output);
    let said = [SandboxFrame::Output(wrong.as_bytes().to_vec()), SandboxFrame::End(end)];
    let bytes: Vec<u8> = said.iter().flat_map(|frame| frame.encode().unwrap()).collect();
    // Nobody may be there any more to hear it.
    let _ = frames.write_all(&bytes).await;
}

fn line(message: &Value, result: &Value) -> String {
    format!("{}\n", json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }))
}

/// What https://modelcontextprotocol.io/specification/2025-06-18/basic/transports says of stdio.
fn proper(message: &Value) -> String {
    match message["method"].as_str() {
        Some("initialize") => line(
            message,
            &json!({ "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
                "serverInfo": { "name": "notes", "version": "1.2" } }),
        ),
        Some("tools/list") => line(message, &json!({ "tools": [tool("search", "Looks for a note.")] })),
        Some("tools/call") => {
            let said = format!("you said {}", message["params"]["arguments"]["text"].as_str().unwrap());
            line(message, &json!({ "content": [{ "type": "text", "text": said }] }))
        }
        Some("ping") => line(message, &json!({})),
        _ => String::new(),
    }
}

pub(super) fn program(command: &[&str], network: bool, variables: &str) -> ToolServerRequest {
    ToolServerRequest {
        name: "notes".to_owned(),
        url: String::new(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        network,
        headers: ProviderKey(variables.to_owned()),
    }
}

const COMMAND: [&str; 3] = ["npx", "-y", "notes@1"];

async fn refused(life: &Life) -> String {
    match within(life.nexus.servers.save(program(&COMMAND, false, ""))).await {
        Err(Error::Refused(problem)) => problem.message,
        other => panic!("{other:?}"),
    }
}

/// Calls the tool, past the agent.
async fn used(life: &Life, run: i64) -> String {
    let tool = life.nexus.servers.find("notes__search").await.unwrap().expect("it is agreed to");
    let said = within(life.nexus.servers.call(run, &tool, &json!({ "text": "roses" }))).await;
    format!("{:?}", said.unwrap())
}

pub(super) async fn until(what: &str, so: impl Fn() -> bool) {
    within(async {
        while !so() {
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert!(so(), "{what}");
}

async fn agreed() -> Life {
    let life = Life::new(Vec::new()).await;
    let kept = life.nexus.servers.save(program(&COMMAND, false, "")).await.unwrap();
    set(&life, &kept.tools[0], "look").await.unwrap();
    life
}

#[tokio::test]
async fn a_program_is_tried_as_it_was_typed_and_its_variables_are_never_shown() {
    let life = Life::new(Vec::new()).await;
    let started = &life.house.programs;
    let variables = json!({ "API_KEY": KEY, "EMPTY": "" }).to_string();
    let kept = life.nexus.servers.save(program(&COMMAND, true, &variables)).await.unwrap();
    assert_eq!((kept.title.as_str(), kept.url.as_str()), ("notes 1.2", ""));
    assert_eq!(kept.headers, ["API_KEY", "EMPTY"]);
    let shown = kept.program.clone().unwrap();
    assert_eq!((shown.command, shown.network), (COMMAND.map(str::to_owned).to_vec(), true));
    assert_eq!(kept.tools[0].state, "new", "nothing is used by that");
    {
        let requests = started.requests.lock().unwrap();
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        assert_eq!((request.name.starts_with("notes_"), request.network), (true, true));
        assert_eq!(request.command, COMMAND);
        assert_eq!(request.environment[0], ("API_KEY".to_owned(), ProviderKey(KEY.to_owned())));
        assert!(!format!("{request:?}").contains(KEY), "what is logged has no key");
    }
    assert_eq!(started.methods(), ["initialize", "notifications/initialized", "tools/list"]);

    let export = life.nexus.servers.export().await.unwrap();
    let one = &export["mcpServers"]["notes"];
    assert_eq!(one["command"], "npx");
    assert_eq!(one["args"], json!(["-y", "notes@1"]));
    assert_eq!((&one["network"], &one["env"]["API_KEY"]), (&json!(true), &json!("••••••••")));
    let list = serde_json::to_string(&life.nexus.servers.list().await.unwrap()).unwrap();
    assert!(!export.to_string().contains(KEY) && !list.contains(KEY));
    for file in std::fs::read_dir(life.home.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
    }

    // Our own file is taken back without asking, with the keys that are here.
    let again = life.nexus.servers.import(&ProviderKey(export.to_string()), &[]).await.unwrap();
    assert_eq!((again.kept.as_slice(), again.asking.len()), (&["notes".to_owned()][..], 0), "{again:?}");
    assert_eq!(started.requests.lock().unwrap().len(), 1, "it is still at work");

    set(&life, &kept.tools[0], "look").await.unwrap();
    // Another word, or the network, and it is another server: nothing is agreed to and no key goes along.
    for (command, network) in [(&["npx", "-y", "notes@2"][..], true), (&COMMAND[..], false)] {
        let other = life.nexus.servers.save(program(command, network, "")).await.unwrap();
        assert!(other.headers.is_empty() && other.tools[0].state == "new", "{other:?}");
        assert!(started.requests.lock().unwrap().last().unwrap().environment.is_empty());
        set(&life, &other.tools[0], "look").await.unwrap();
    }
    life.nexus.servers.remove("notes").await.unwrap();
    // Each has a folder of its own, and what is not kept any more leaves nothing.
    until("what they kept is removed", || started.forgotten.lock().unwrap().len() == 3).await;
    let folders: std::collections::HashSet<String> =
        started.forgotten.lock().unwrap().iter().cloned().collect();
    assert_eq!(folders.len(), 3, "{folders:?}");
    until("nothing is at work", || *started.alive.lock().unwrap() == 0).await;
}

#[tokio::test]
async fn what_is_no_program_is_refused_before_anything_is_started() {
    let life = Life::new(Vec::new()).await;
    let long = "a".repeat(5000);
    for (command, variables) in [
        (&[""][..], ""),
        (&[" "][..], ""),
        (&["npx", "a\nb"][..], ""),
        (&["npx", "a\u{200b}"][..], ""),
        (&["npx", "--key=${KEY}"][..], ""),
        (&["npx", "<folder>"][..], ""),
        (&["npx", &long][..], ""),
        (&["npx"; 65][..], ""),
        (&COMMAND[..], "KEY=1"),
        (&COMMAND[..], r#"{"A B":"c"}"#),
        (&COMMAND[..], r#"{"1A":"c"}"#),
        (&COMMAND[..], r#"{"A":1}"#),
        (&COMMAND[..], r#"{"A":"b\nc"}"#),
        (&COMMAND[..], r#"{"A":"<your key>"}"#),
        (&COMMAND[..], r#"{"A":"••••••••"}"#),
    ] {
        let refused = life.nexus.servers.save(program(command, false, variables)).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{command:?} {variables}: {refused:?}");
    }
    let both = ToolServerRequest { url: URL.to_owned(), ..program(&COMMAND, false, "") };
    assert!(matches!(life.nexus.servers.save(both).await, Err(Error::Invalid(_))));
    assert!(life.house.programs.requests.lock().unwrap().is_empty());
    // What the sandbox says is passed on.
    *life.house.programs.refuses.lock().unwrap() = Some("npx is not on this server; install it".to_owned());
    assert_eq!(refused(&life).await, "npx is not on this server; install it");
}

#[tokio::test]
async fn programs_of_a_file_are_started_once_what_they_are_was_agreed_to() {
    let life = Life::new(Vec::new()).await;
    let started = &life.house.programs;
    let config = json!({ "mcpServers": {
        "Notes": { "command": "npx", "args": ["-y", "notes@1"], "env": { "KEY": KEY } },
        "wide": { "command": "uvx", "args": ["wide"], "network": true },
        "odd": { "command": ["npx"] },
        "args": { "command": "npx", "args": "x" },
        "folder": { "command": "npx", "cwd": "/srv" },
        "gap": { "command": "npx", "args": ["${HOME}"] },
    } });
    let config = ProviderKey(config.to_string());
    let import = async |agreed: &[String]| -> ServersImported {
        life.nexus.servers.import(&config, agreed).await.unwrap()
    };
    let first = import(&[]).await;
    assert!(first.kept.is_empty() && started.requests.lock().unwrap().is_empty(), "{first:?}");
    let refused: Vec<&str> = first.refused.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(refused, ["args", "folder", "gap", "odd"]);
    let [notes, wide] = first.asking.as_slice() else { panic!("{first:?}") };
    assert_eq!((notes.name.as_str(), notes.variables.as_slice()), ("notes", &["KEY".to_owned()][..]));
    assert_eq!((notes.program.network, wide.program.network), (false, true));
    assert!(!format!("{first:?}").contains(KEY));
    // The one gets the network, the other is still asked about.
    let second = import(&[format!("{}+network", notes.digest)]).await;
    assert_eq!((second.kept.as_slice(), second.asking.len()), (&["notes".to_owned()][..], 1), "{second:?}");
    let third = import(&[wide.digest.clone(), notes.digest.clone()]).await;
    assert_eq!(third.kept, ["notes", "wide"]);
    let requests = started.requests.lock().unwrap().clone();
    let name = |one: &ProgramRequest| one.name.split('_').next().unwrap().to_owned();
    let networks: Vec<(String, bool)> = requests.iter().map(|one| (name(one), one.network)).collect();
    assert!(
        networks.contains(&("notes".to_owned(), true)) && networks.contains(&("wide".to_owned(), false)),
        "{networks:?}"
    );
}

#[tokio::test]
async fn runs_share_a_program_and_it_is_let_go_when_nobody_asks_any_more() {
    let life = agreed().await;
    let started = &life.house.programs;
    for run in [1, 2] {
        assert!(used(&life, run).await.contains("you said roses"));
    }
    life.nexus.servers.leave(1);
    assert_eq!((started.requests.lock().unwrap().len(), started.count("initialize")), (1, 1));
    assert_eq!(started.count("notifications/initialized"), 1, "it is greeted once");
    let ids: Vec<Value> = started.asked.lock().unwrap().iter().map(|one| one["id"].clone()).collect();
    let numbers: Vec<u64> = ids.iter().filter_map(Value::as_u64).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "no number twice: {numbers:?}");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(121)).await;
    tokio::time::resume();
    until("it is let go", || *started.alive.lock().unwrap() == 0).await;
    // A run that goes on finds another one at work.
    assert!(used(&life, 2).await.contains("you said roses"));
    assert_eq!((started.requests.lock().unwrap().len(), started.count("initialize")), (2, 2));
    life.nexus.servers.switch("notes", false).await.unwrap();
    until("it is off", || *started.alive.lock().unwrap() == 0).await;
}

#[tokio::test]
async fn one_that_falls_says_its_last_words_and_is_started_again_later_each_time() {
    let life = agreed().await;
    let started = &life.house.programs;
    let falls = |message: &Value, _| {
        if message["method"] == "tools/call" { Act::Fall("Traceback\nkey not found\n") } else { Act::Proper }
    };
    life.nexus.servers.switch("notes", false).await.unwrap();
    until("it is off", || *started.alive.lock().unwrap() == 0).await;
    started.act(falls);
    life.nexus.servers.switch("notes", true).await.unwrap();
    let said = used(&life, 1).await;
    assert!(said.starts_with("Unknown") && said.contains("status 1"), "nobody knows what it did: {said}");
    assert!(said.contains("Traceback key not found"), "{said}");
    let problem = life.nexus.servers.list().await.unwrap().servers[0].problem.clone().unwrap();
    assert!(problem.message.contains("key not found"), "{problem:?}");
    assert!(used(&life, 1).await.starts_with("Unknown"), "it is started again at once");
    let began = started.requests.lock().unwrap().len();
    let said = used(&life, 1).await;
    assert!(said.starts_with("Not") && said.contains("again and again"), "{said}");
    assert_eq!(started.requests.lock().unwrap().len(), began, "not yet");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6)).await;
    tokio::time::resume();
    assert!(used(&life, 1).await.starts_with("Unknown"));
    // Somebody who looks on does not wait.
    life.nexus.servers.look("notes").await.unwrap();
    assert_eq!(started.requests.lock().unwrap().len(), began + 2);
}

#[tokio::test]
async fn one_that_is_stuck_is_ended() {
    let life = agreed().await;
    let started = &life.house.programs;
    life.nexus.servers.switch("notes", false).await.unwrap();
    until("it is off", || *started.alive.lock().unwrap() == 0).await;
    life.nexus.servers.switch("notes", true).await.unwrap();
    started.act(|message, _| if message["method"] == "tools/call" { Act::Hang } else { Act::Proper });
    let asking = async {
        until("it is asked", || started.count("tools/call") == 1).await;
        // What is waited for from here on takes no time of ours.
        tokio::time::pause();
    };
    let tool = life.nexus.servers.find("notes__search").await.unwrap().unwrap();
    let arguments = json!({ "text": "roses" });
    let (said, ()) = tokio::join!(life.nexus.servers.call(1, &tool, &arguments), asking);
    let said = format!("{:?}", said.unwrap());
    assert!(said.starts_with("Unknown") && said.contains("within 60 s"), "{said}");
    until("it is ended", || *started.alive.lock().unwrap() == 0).await;
}

#[tokio::test]
async fn one_that_fetches_itself_first_is_ready_when_somebody_comes_again() {
    let life = Life::new(Vec::new()).await;
    let started = &life.house.programs;
    let fetched = Arc::new(Notify::new());
    let late = Arc::clone(&fetched);
    started.act(move |message, _| match message["method"].as_str() {
        Some("initialize") => Act::Late(Arc::clone(&late)),
        _ => Act::Proper,
    });
    let once_asked = async {
        until("it is greeted", || started.count("initialize") == 1).await;
        tokio::time::pause();
    };
    let (why, ()) = tokio::join!(refused(&life), once_asked);
    assert!(why.contains("try again in a moment"), "{why}");
    tokio::time::resume();
    assert_eq!(*started.alive.lock().unwrap(), 1, "it goes on");
    fetched.notify_one();
    assert!(life.nexus.servers.save(program(&COMMAND, false, "")).await.is_ok());
    assert_eq!((started.requests.lock().unwrap().len(), started.count("initialize")), (1, 1));
}

#[tokio::test]
async fn what_a_hostile_one_writes_has_an_end() {
    let ping = json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" });
    let sampling = json!({ "jsonrpc": "2.0", "id": 7, "method": "sampling/createMessage", "params": {} });
    let life = Life::new(Vec::new()).await;
    let started = &life.house.programs;
    // Words that are no message, answers to nothing, and questions are passed over.
    let noise = format!(
        "npm notice new version\n\n[]\nnull\n{{}}\n\u{fffd}\n{ping}\n{sampling}\n{}\n{}\n",
        json!({ "jsonrpc": "2.0", "id": 99, "result": {} }),
        json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }),
    );
    started.act(move |message, _| Act::Say(format!("{noise}{}", proper(message))));
    assert!(life.nexus.servers.save(program(&COMMAND, false, "")).await.is_ok());
    until("they are answered", || started.count("answer") >= 2).await;
    let asked = started.asked.lock().unwrap().clone();
    let answer =
        |id: &Value| asked.iter().find(|one| one["id"] == *id && one.get("method").is_none()).cloned();
    assert_eq!(answer(&json!("p")).unwrap()["result"], json!({}));
    assert_eq!(answer(&json!(7)).unwrap()["error"]["message"], "not offered");
    life.nexus.servers.remove("notes").await.unwrap();

    let flood = "x\n".repeat(2000);
    let questions = format!("{ping}\n").repeat(900);
    let wide = "x".repeat(2 * 1024 * 1024);
    for (what, words) in [(flood, "more than is read"), (wide, "longer than any may be")] {
        started.act(move |_, _| Act::Say(what.clone()));
        let why = refused(&life).await;
        assert!(why.contains(words), "{why}");
        until("it is ended", || *started.alive.lock().unwrap() == 0).await;
    }
    let before = started.count("answer");
    started.act(move |message, _| match message["method"].as_str() {
        Some("initialize") => Act::Say(format!("{questions}{}", proper(message))),
        _ => Act::Proper,
    });
    assert!(life.nexus.servers.save(program(&COMMAND, false, "")).await.is_ok());
    assert!(started.count("answer") - before <= 8, "it is not talked to without end");
    life.nexus.servers.remove("notes").await.unwrap();

    for (says, words) in [
        ("{\"jsonrpc\":\"2.0\",\"id\":1}\n", "does not answer as a server"),
        ("{\"id\":1,\"error\":{\"code\":1,\"message\":\"no\"}}\n", "says no: no"),
        ("{\"id\":1,\"result\":{\"protocolVersion\":\"1999\"}}\n", "version \"1999\""),
    ] {
        started.act(move |_, _| Act::Say(says.to_owned()));
        let why = refused(&life).await;
        assert!(why.contains(words), "{why}");
        until("it is ended", || *started.alive.lock().unwrap() == 0).await;
    }
    started.act(|_, _| Act::Fall("sh: 1: npx: not found"));
    let why = refused(&life).await;
    assert!(why.contains("npx: not found") && why.contains("no network"), "{why}");
}

#[tokio::test]
async fn a_daemon_that_stops_leaves_none_behind() {
    let life = agreed().await;
    let started = Arc::clone(&life.house);
    assert!(used(&life, 1).await.contains("you said"));
    life.nexus.shutdown.cancel();
    life.nexus.tasks.close();
    within(life.nexus.tasks.wait()).await;
    until("nothing is at work", || *started.programs.alive.lock().unwrap() == 0).await;
}
