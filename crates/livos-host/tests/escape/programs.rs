//! The same attempts from a program that is spoken with, which has a folder that stays, and may have the network.

use std::os::fd::OwnedFd;
use std::path::Path;

use livos_bus::HostProgramsProxy;
use livos_bus::assistant::ProviderKey;
use livos_bus::sandbox::{ProgramRequest, SandboxFrame, SandboxHow};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use zbus::Connection;

use super::outside::{self, Outside};
use super::table::{ATTEMPTS, Wall};
use super::{Backend, DEADLINE, Said, excerpt, judge};

/// What a program may do and a command not, or is held by limits of its own.
const OTHERWISE: &[&str] = &["printenv"];
/// What a program with the network has no kind of socket for.
const SOCKETS: &[&str] =
    &["an abstract socket", "a socket in a folder", "the bus of the machine", "the journal of the machine"];

/// What the network is there for, once it is granted.
const GRANTED: &[&str] = &[
    "curl x | sh",
    "a reverse shell",
    "TCP to this machine",
    "UDP to this machine",
    "IPv6",
    "a name is looked up",
    "what the network is",
];

/// A program at work.
struct Program {
    input: pipe::Sender,
    output: pipe::Receiver,
    said: pipe::Receiver,
}

fn request(name: &str, command: &[&str], network: bool) -> ProgramRequest {
    ProgramRequest {
        name: name.to_owned(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        environment: vec![("LIVOS_TEST_KEY".to_owned(), ProviderKey("canary-in-a-variable".to_owned()))],
        network,
    }
}

impl Backend {
    async fn try_serve(&self, request: &ProgramRequest) -> Result<Program, String> {
        let (input, output, said): (OwnedFd, OwnedFd, OwnedFd) = match self {
            Self::Own { sandbox, .. } => {
                let spoken = sandbox.serve(request).await.map_err(|error| error.to_string())?;
                (spoken.input, spoken.output, spoken.said)
            }
            Self::Daemon(_) => {
                let bus = Connection::system().await.expect("the system bus");
                let proxy = HostProgramsProxy::new(&bus).await.expect("a proxy");
                let (input, output, said) = proxy.start(request).await.map_err(|error| error.to_string())?;
                (input.into(), output.into(), said.into())
            }
        };
        Ok(Program {
            input: pipe::Sender::from_owned_fd(input).expect("a pipe"),
            output: pipe::Receiver::from_owned_fd(output).expect("a pipe"),
            said: pipe::Receiver::from_owned_fd(said).expect("a pipe"),
        })
    }

    async fn serve(&self, name: &str, command: &[&str], network: bool) -> Program {
        let request = request(name, command, network);
        let started = self.try_serve(&request);
        tokio::time::timeout(DEADLINE, started).await.expect("an answer").expect("it starts")
    }

    async fn forget(&self, name: &str) {
        match self {
            Self::Own { sandbox, .. } => sandbox.forget(name).await.expect("forgotten"),
            Self::Daemon(_) => {
                let bus = Connection::system().await.expect("the system bus");
                let proxy = HostProgramsProxy::new(&bus).await.expect("a proxy");
                proxy.forget(name).await.expect("forgotten");
            }
        }
    }
}

impl Program {
    /// A line that it writes.
    async fn line(&mut self) -> String {
        let reading = async {
            let mut line = Vec::new();
            loop {
                match self.output.read_u8().await {
                    Ok(b'\n') | Err(_) => break,
                    Ok(byte) => line.push(byte),
                }
            }
            String::from_utf8_lossy(&line).into_owned()
        };
        tokio::time::timeout(DEADLINE, reading).await.expect("a line")
    }

    /// All that it writes to its end, both outputs, while nothing comes in.
    async fn rest(self) -> Said {
        let Self { input, mut output, mut said } = self;
        drop(input);
        let (mut text, mut bytes) = (Vec::new(), Vec::new());
        let reading = async { tokio::join!(output.read_to_end(&mut text), said.read_to_end(&mut bytes)) };
        let (one, two) = tokio::time::timeout(DEADLINE, reading).await.expect("an end");
        one.and(two).expect("read");
        let (mut cut, mut end) = (0, None);
        while let Some(frame) = SandboxFrame::decode(&mut bytes).expect("frames") {
            match frame {
                SandboxFrame::Output(output) => text.extend(output),
                SandboxFrame::Cut(count) => cut += count,
                SandboxFrame::End(how) => end = Some(how),
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        Said { end: end.unwrap_or_else(|| panic!("no end after: {text}")), text, cut }
    }
}

async fn attempted(backend: &Backend, network: bool, chosen: impl Fn(&str, Wall) -> bool) {
    let outside = Outside::new();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for attempt in ATTEMPTS {
        let command = outside.fill(attempt.command);
        if !chosen(attempt.name, attempt.wall) || command.contains('\n') {
            continue;
        }
        count += 1;
        let all = format!("exec 2>&1; cd /work; {command}");
        let said = backend.serve("escape", &["sh", "-c", &all], network).await.rest().await;
        let why = judge(attempt, &said).or_else(|| {
            said.text.contains("canary-in-a-variable").then(|| "its variables are shown".to_owned())
        });
        if let Some(why) = why {
            wrong.push(format!(
                "{} [{:?}]: {why}\n{:?} {}",
                attempt.name,
                attempt.wall,
                said.end,
                excerpt(&said)
            ));
        }
        if let Some(why) = outside.harmed(&said.text) {
            wrong.push(format!("{} GOT OUT: {why}\n{:?} {}", attempt.name, said.end, excerpt(&said)));
        }
    }
    println!("{count} attempts");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 10, "{count} attempts");
}

#[tokio::test]
async fn no_attempt_of_a_program_gets_out() {
    let Some(backend) = Backend::new().await else { return };
    attempted(&backend, false, |name, wall| wall != Wall::Limit && !OTHERWISE.contains(&name)).await;
}

/// The network is granted and nothing else. Where systemd runs, this machine itself is not a part of it.
#[tokio::test]
async fn no_attempt_of_a_program_with_the_network_gets_out() {
    let Some(backend) = Backend::new().await else { return };
    attempted(&backend, true, |name, wall| {
        wall != Wall::Limit && !OTHERWISE.contains(&name) && ![GRANTED, SOCKETS].concat().contains(&name)
    })
    .await;
    let outside = Outside::new();
    for name in SOCKETS {
        let attempt = ATTEMPTS.iter().find(|attempt| attempt.name == *name).expect("it is in the table");
        let command = outside.fill(attempt.command);
        let said = backend.serve("escape", &["sh", "-c", &command], true).await.rest().await;
        let refused = said.end.code == 97 || said.text.contains("not supported");
        assert!(refused && outside.harmed(&said.text).is_none(), "{name}: {said:?}");
    }
    // Where bubblewrap runs, this machine is a part of its network.
    if matches!(backend, Backend::Daemon(_)) {
        for name in ["TCP to this machine", "UDP to this machine"] {
            let attempt = ATTEMPTS.iter().find(|attempt| attempt.name == name).expect("it is in the table");
            let command = outside.fill(attempt.command);
            let said = backend.serve("escape", &["sh", "-c", &command], true).await.rest().await;
            assert_eq!(outside.harmed(&said.text), None, "{name}: {}", said.text);
        }
    }
}

#[tokio::test]
async fn a_program_is_spoken_with_and_its_folder_stays() {
    let Some(backend) = Backend::new().await else { return };
    let script =
        "while read -r line; do echo \"got $line\"; echo \"wrong $line\" >&2; done; echo bye; exit 3";
    let mut program = backend.serve("spoken", &["sh", "-c", script], false).await;
    for line in ["one", "two"] {
        program.input.write_all(format!("{line}\n").as_bytes()).await.expect("it reads");
        assert_eq!(program.line().await, format!("got {line}"));
    }
    let said = program.rest().await;
    assert_eq!(said.text, "bye\nwrong one\nwrong two\n");
    assert_eq!((said.end.how, said.end.code), (SandboxHow::Exited, 3));

    let keep = "echo \"$HOME $LIVOS_TEST_KEY\"; pwd; echo kept >here; cat /proc/*/cmdline";
    let said = backend.serve("spoken", &["sh", "-c", keep], false).await.rest().await;
    assert!(said.text.starts_with("/state canary-in-a-variable\n/state\n"), "{}", said.text);
    assert_eq!(said.text.matches("canary-in").count(), 1, "in no list of processes: {}", said.text);
    let look = ["sh", "-c", "cat here; ls -A /work"];
    assert_eq!(backend.serve("spoken", &look, false).await.rest().await.text, "kept\n");
    let other = backend.serve("other", &look, false).await.rest().await;
    assert!(other.text.contains("No such file"), "each has its own: {}", other.text);
    backend.forget("spoken").await;
    let said = backend.serve("spoken", &look, false).await.rest().await;
    assert!(said.text.contains("No such file"), "it was emptied: {}", said.text);
    // What it has closed to everybody is opened and goes, too.
    let closed = ["sh", "-c", "mkdir -p a/b && echo x >a/b/c && chmod 000 a/b a && echo closed"];
    assert_eq!(backend.serve("spoken", &closed, false).await.rest().await.text, "closed\n");
    backend.forget("spoken").await;
    let left = backend.serve("spoken", &["ls", "-A", "/state"], false).await.rest().await;
    assert_eq!(left.text, "", "nothing is left");
    let asked = [
        "perl",
        "-e",
        "use Socket; socket(my $s, 2, 1, 0); bind($s, sockaddr_in(0, INADDR_ANY)); $! = 0; listen($s, 1) or print \"fails: $!\\n\"",
    ];
    let said = backend.serve("other", &asked, true).await.rest().await;
    assert!(said.text.contains("not permitted"), "nobody can ask it: {said:?}");
    backend.forget("spoken").await;
    backend.forget("other").await;
}

#[tokio::test]
async fn a_program_that_nobody_wants_any_more_is_ended_with_all_that_it_started() {
    let Some(backend) = Backend::new().await else { return };
    let marker = outside::marker("program");
    let script = format!(
        "(setsid sh -c 'while :; do sleep 1; : {marker}; done' &) ; echo begun; trap '' TERM; sleep 100"
    );
    let mut program = backend.serve("left", &["sh", "-c", &script], false).await;
    assert_eq!(program.line().await, "begun");
    outside::until(|| outside::is_running(&marker), "it runs").await;
    let Program { input, output, said } = program;
    drop(said);
    outside::until(|| !outside::is_running(&marker), "all of it is gone").await;
    drop((input, output));
    // Its folder is free for the next, and that begins when nothing of the first is left.
    assert_eq!(backend.serve("left", &["echo", "again"], false).await.rest().await.text, "again\n");
    backend.forget("left").await;
}

#[tokio::test]
async fn what_can_not_be_a_program_is_refused_with_what_to_do() {
    let Some(backend) = Backend::new().await else { return };
    for (name, command, words) in [
        ("x", &["no-such-program"][..], "not on this server"),
        ("x", &["/root/server"][..], "only /usr is there"),
        ("x", &[][..], "1 to 64 words"),
        ("x", &["sh\n"][..], "one line"),
        ("../x", &["sh"][..], "no name"),
        ("", &["sh"][..], "no name"),
    ] {
        let why = backend.try_serve(&request(name, command, false)).await.err().expect("refused");
        assert!(why.contains(words), "{command:?}: {why}");
    }
    assert!(Path::new("/usr/bin/sh").exists());
}

/// A server that others wrote, fetched and spoken with in the sandbox: `LIVOS_MCP_NPX` is the name of an npm package.
#[tokio::test]
async fn a_server_that_others_wrote_answers() {
    let Some(package) = std::env::var("LIVOS_MCP_NPX").ok() else {
        eprintln!("SKIPPED: LIVOS_MCP_NPX is not set");
        return;
    };
    let Some(backend) = Backend::new().await else { return };
    for what in ["fetched", "kept"] {
        let mut program = backend.serve("others", &["npx", "-y", &package], true).await;
        let hello = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"test\",\"version\":\"1\"}}}\n";
        program.input.write_all(hello.as_bytes()).await.expect("it reads");
        let line = program.line().await;
        let wrong = if line.is_empty() { program.rest().await.text } else { String::new() };
        assert!(line.contains("protocolVersion"), "{what}: {line} {wrong}");
    }
    backend.forget("others").await;
}
