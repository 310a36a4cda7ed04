//! A shell in a container: typed at, resized, and hung up when nobody is there.

use std::os::fd::OwnedFd;

use livos_bus::{ErrorKind, TerminalProxy, codes};
use livos_docker::{ContainerConfig, Engine, EngineError, FakeImage};
use livos_types::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::support::{Service, World, actor, admin, soon, until};

async fn container(world: &World, name: &str) -> String {
    world.engine.publish(FakeImage::new("some/thing:1"));
    let progress = tokio::sync::watch::Sender::new(livos_docker::PullProgress::default());
    world.engine.pull("some/thing:1", None, &progress).await.unwrap();
    let config =
        ContainerConfig { image: "some/thing:1".into(), name: name.into(), ..ContainerConfig::default() };
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    id
}

async fn open(proxy: &TerminalProxy<'_>, container: &str) -> livos_bus::Result<(UnixStream, String)> {
    let (socket, id) = proxy.open(&admin(), container, 90, 30).await?;
    let socket = std::os::unix::net::UnixStream::from(OwnedFd::from(socket));
    socket.set_nonblocking(true).unwrap();
    Ok((UnixStream::from_std(socket).unwrap(), id))
}

async fn says(socket: &mut UnixStream, typed: &str, wanted: &str) {
    socket.write_all(typed.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    soon(wanted, async {
        while !String::from_utf8_lossy(&seen).contains(wanted) {
            assert_ne!(socket.read_buf(&mut seen).await.unwrap(), 0);
        }
    })
    .await;
}

async fn prepared() -> (World, Service, TerminalProxy<'static>, String) {
    let world = World::new();
    let service = world.service().await;
    let id = container(&world, "thing").await;
    let proxy = TerminalProxy::new(&service.client).await.unwrap();
    (world, service, proxy, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_is_typed_at_and_hung_up_when_nobody_is_there() {
    let (world, _service, proxy, id) = prepared().await;
    let (mut socket, name) = open(&proxy, &id).await.unwrap();
    // Its number is for us alone.
    says(&mut socket, "echo here\r", "echo here\r\nhere\r\n").await;
    proxy.resize(&admin(), &name, 120, 40).await.unwrap();
    says(&mut socket, "size\r", "120 by 40").await;
    drop(socket);
    until("the hanging up", async || {
        let commands = world.engine.terminal_commands();
        commands.last().is_some_and(|command| command.last().is_some_and(|word| word == "kill -HUP 7"))
    })
    .await;
    assert_eq!(proxy.resize(&admin(), &name, 80, 24).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(proxy.exit_code(&admin(), &name).await.unwrap_err().kind, ErrorKind::NotFound);
    // One that ends by itself closes the socket, and nobody has to be hung up. With which code is known by then.
    for code in [0, 7] {
        let (mut socket, name) = open(&proxy, &id).await.unwrap();
        socket.write_all(format!("exit {code}\r").as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        soon("the end", socket.read_to_end(&mut rest)).await.unwrap();
        assert_eq!(proxy.exit_code(&admin(), &name).await.unwrap(), code);
        let member = actor("linus", Role::Member);
        assert_eq!(proxy.exit_code(&member, &name).await.unwrap_err().kind, ErrorKind::Denied);
    }
    assert_eq!(world.engine.terminal_commands().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_is_for_admins_there_are_few_and_none_where_there_is_none() {
    let (world, _service, proxy, id) = prepared().await;
    let member = actor("linus", Role::Member);
    assert_eq!(proxy.open(&member, &id, 80, 24).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(proxy.open(&admin(), "../thing", 80, 24).await.unwrap_err().kind, ErrorKind::Invalid);
    let gone = proxy.open(&admin(), &"f".repeat(64), 80, 24).await.unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound, "{gone:?}");
    let broken = EngineError::Conflict { subject: "container".into(), detail: "is not running".into() };
    world.engine.fail_next("open_terminal", "", broken);
    assert_eq!(proxy.open(&admin(), &id, 80, 24).await.unwrap_err().kind, ErrorKind::Conflict);
    let mut open_ones = Vec::new();
    for _ in 0..8 {
        open_ones.push(open(&proxy, &id).await.unwrap());
    }
    let full = proxy.open(&admin(), &id, 80, 24).await.unwrap_err();
    assert!(full.kind == ErrorKind::Conflict && full.message.contains("8 shells"), "{full:?}");
    open_ones.pop();
    until("a free place", async || open(&proxy, &id).await.is_ok()).await;
    assert_ne!(full.code, codes::UNSUPPORTED);
}
