//! Commands in containers: how they end is told, and what takes too long is ended.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use livos_bus::documents::ContainerRan;
use livos_bus::{DockerManagerProxy, ErrorKind};
use livos_docker::{ContainerConfig, Engine as _, FakeImage, PullProgress, RanIn};
use livos_types::Role;

use super::support::{World, actor, admin};
use crate::work::END_MARKED;

async fn run(
    proxy: &DockerManagerProxy<'_>,
    id: &str,
    words: &[&str],
    seconds: u32,
) -> livos_bus::Result<ContainerRan> {
    let pipe = proxy.run(&admin(), id, words, seconds).await?;
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        std::fs::File::from(OwnedFd::from(pipe)).read_to_end(&mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    });
    Ok(read.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_run_word_for_word_and_its_end_told() {
    let world = World::new();
    let service = world.service().await;
    world.engine.publish(FakeImage::new("some/thing:1"));
    let progress = tokio::sync::watch::Sender::new(PullProgress::default());
    world.engine.pull("some/thing:1", None, &progress).await.unwrap();
    let config =
        ContainerConfig { image: "some/thing:1".into(), name: "thing".into(), ..ContainerConfig::default() };
    let id = world.engine.create_container(&config).await.unwrap();
    let proxy = DockerManagerProxy::new(&service.client).await.unwrap();
    assert_eq!(run(&proxy, &id, &["ls"], 5).await.unwrap_err().kind, ErrorKind::Conflict);
    world.engine.start_container(&id).await.unwrap();

    world.engine.answer_in("thing", RanIn { code: 3, stdout: b"a\xff".to_vec(), ..RanIn::default() });
    let ran = run(&proxy, &id, &["sh", "-c", "echo 'a b'; exit 3"], 5).await.unwrap();
    assert_eq!((ran.code, ran.stdout.as_str(), ran.more), (Some(3), "a\u{fffd}", false));
    let asked = world.engine.ran_in().pop().unwrap().1;
    assert_eq!(
        (asked.command, asked.user),
        (["sh", "-c", "echo 'a b'; exit 3"].map(str::to_owned).to_vec(), None)
    );
    let mark = asked.env[0].clone();

    world.engine.answer_in("thing", RanIn { stderr: vec![b'x'; 20_000], ..RanIn::default() });
    let ran = run(&proxy, &id, &["ls"], 5).await.unwrap();
    assert!(ran.more && ran.stderr.len() == 7 * 1024, "{}", ran.stderr.len());

    // What ends it is refused as well, so it may run on.
    world.engine.answer_in("thing", RanIn { timed_out: true, ..RanIn::default() });
    let ran = run(&proxy, &id, &["sleep", "9"], 1).await.unwrap();
    assert_eq!((ran.code, ran.ended), (None, false));
    let [.., slept, ended] = &world.engine.ran_in()[..] else { panic!() };
    assert_eq!(ended.1.command.last(), slept.1.env.first());
    assert_ne!(slept.1.env[0], mark, "each has its own");

    for (words, seconds) in [(&[][..], 5), (&["ls"][..], 0), (&["ls"][..], 121)] {
        assert_eq!(run(&proxy, &id, words, seconds).await.unwrap_err().kind, ErrorKind::Invalid);
    }
    assert_eq!(run(&proxy, &"f".repeat(64), &["ls"], 5).await.unwrap_err().kind, ErrorKind::NotFound);
    let refused = proxy.run(&actor("linus", Role::Member), &id, &["ls"], 5).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Denied);
}

#[test]
fn what_has_the_mark_is_ended_and_nothing_else() {
    let mark = format!("LIVOS_COMMAND={:032x}", rand::random::<u128>());
    let sleeps = |value: &str| {
        let (name, value) = value.split_once('=').unwrap();
        Command::new("sleep").arg("60").env(name, value).stdin(Stdio::null()).spawn().unwrap()
    };
    let (mut marked, mut other) = (sleeps(&mark), sleeps(&format!("{mark}0")));
    let ended = Command::new("/bin/sh").args(["-c", END_MARKED, "end", &mark]).status().unwrap();
    assert!(ended.success());
    assert_eq!(marked.wait().unwrap().signal(), Some(9));
    assert_eq!(other.try_wait().unwrap(), None);
    other.kill().unwrap();
    other.wait().unwrap();
}
