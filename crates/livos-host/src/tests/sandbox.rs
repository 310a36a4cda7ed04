use std::sync::Arc;

use livos_bus::sandbox::ProgramRequest;
use livos_bus::{Actor, Caller, Callers, ErrorKind, HostProgramsProxy, HostSandboxProxy, Via, names};
use livos_service::{CancellationToken, TaskTracker};
use zbus::Connection;
use zbus::connection::Builder;

use crate::bus::{Programs, Sandbox};

/// Both ends of a connection without a bus; the service takes its peer for `caller`.
async fn pair(caller: Caller) -> (Connection, Connection) {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let server = Builder::unix_stream(ours).server(zbus::Guid::generate()).p2p().build();
    let client = Builder::unix_stream(theirs).p2p().build();
    let (server, client) = tokio::join!(server, client);
    let (server, client) = (server.expect("the service's end"), client.expect("our end"));
    let state = std::path::Path::new("/nonexistent");
    let commands = crate::sandbox::Sandbox::new(None, state, TaskTracker::new(), CancellationToken::new());
    let commands = Arc::new(commands);
    let programs = Programs { sandbox: Arc::clone(&commands), callers: Callers::peer(caller) };
    server.object_server().at(names::HOST.path, programs).await.expect("served");
    let sandbox = Sandbox { commands, callers: Callers::peer(caller) };
    server.object_server().at(names::HOST.path, sandbox).await.expect("served");
    (server, client)
}

async fn refusal(caller: Caller, via: Via) -> ErrorKind {
    let (_server, client) = pair(caller).await;
    let actor = Actor { via, ..Actor::command_line().expect("somebody") };
    let sandbox = HostSandboxProxy::new(&client).await.expect("a proxy");
    // Whoever is let in is refused for the command, which is none.
    sandbox.run(&actor, "", 1).await.map(drop).expect_err("refused").kind
}

#[tokio::test]
async fn only_the_agent_as_itself_and_the_administrator_may_run_a_command() {
    for caller in [Caller::Web, Caller::Apps, Caller::Files, Caller::Host, Caller::Stranger] {
        assert_eq!(refusal(caller, Via::Nexus).await, ErrorKind::Denied, "{caller:?}");
    }
    assert_eq!(refusal(Caller::Nexus, Via::Web).await, ErrorKind::Denied);
    assert_eq!(refusal(Caller::Nexus, Via::Nexus).await, ErrorKind::Invalid);
    assert_eq!(refusal(Caller::Administrator, Via::Cli).await, ErrorKind::Invalid);
}

#[tokio::test]
async fn only_the_agent_and_the_administrator_may_start_a_program() {
    let none = ProgramRequest {
        name: "notes".to_owned(),
        command: Vec::new(),
        environment: Vec::new(),
        network: false,
    };
    let callers = [
        (Caller::Web, ErrorKind::Denied),
        (Caller::Apps, ErrorKind::Denied),
        (Caller::Files, ErrorKind::Denied),
        (Caller::Host, ErrorKind::Denied),
        (Caller::Stranger, ErrorKind::Denied),
        // Whoever is let in is refused for the program, which is none.
        (Caller::Nexus, ErrorKind::Invalid),
        (Caller::Administrator, ErrorKind::Invalid),
    ];
    for (caller, kind) in callers {
        let (_server, client) = pair(caller).await;
        let programs = HostProgramsProxy::new(&client).await.expect("a proxy");
        assert_eq!(programs.start(&none).await.map(drop).expect_err("refused").kind, kind, "{caller:?}");
        assert_eq!(programs.forget("../x").await.expect_err("refused").kind, kind, "{caller:?}");
    }
}
