//! What lies in a container is listed and handed out, by its own programs or by the engine, and only to admins.

use std::io::Read as _;
use std::os::fd::OwnedFd;

use livos_bus::documents::ContainerFolder;
use livos_bus::{DockerManagerProxy, ErrorKind};
use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{
    Archive, BollardEngine, ContainerConfig, Engine, FakeImage, Permissions, PullProgress, RanIn,
};
use livos_types::Role;

use super::support::{World, actor, admin};

fn names(folder: &ContainerFolder) -> Vec<(&str, &str, u64)> {
    folder.entries.iter().map(|one| (one.name.as_str(), one.kind.as_str(), one.size)).collect()
}

async fn folder(proxy: &DockerManagerProxy<'_>, id: &str, path: &str) -> livos_bus::Result<ContainerFolder> {
    proxy.folder(&admin(), id, path).await?.parse()
}

async fn file(proxy: &DockerManagerProxy<'_>, id: &str, path: &str) -> livos_bus::Result<(Vec<u8>, u64)> {
    let (pipe, _, size) = proxy.file(&admin(), id, path).await?;
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        std::fs::File::from(OwnedFd::from(pipe)).read_to_end(&mut bytes).unwrap();
        bytes
    });
    Ok((read.await.unwrap(), size))
}

/// Some files, the last of them longer than a piece.
fn packed() -> bytes::Bytes {
    let mut archive = Archive::new();
    archive.directory("app", Permissions::root(0o755)).unwrap();
    archive.directory("app/deep", Permissions::root(0o755)).unwrap();
    archive.file("app/config.ini", Permissions::root(0o644), b"word = hush").unwrap();
    archive.file("app/deep/large", Permissions::root(0o644), &vec![7; 300_000]).unwrap();
    archive.finish()
}

/// What holds for a container that has those files in /srv and no programs to list them with.
async fn looked_through(proxy: &DockerManagerProxy<'_>, id: &str) {
    let found = folder(proxy, id, "/srv//app/").await.unwrap();
    assert_eq!(names(&found), [("deep", "folder", 0), ("config.ini", "file", 11)]);
    assert_eq!((found.path.as_str(), found.more), ("/srv/app", false));
    assert_eq!(found.entries[0].mode, "drwxr-xr-x");
    assert_eq!(file(proxy, id, "/srv/app/config.ini").await.unwrap(), (b"word = hush".to_vec(), 11));
    assert_eq!(file(proxy, id, "/srv/app/deep/large").await.unwrap(), (vec![7; 300_000], 300_000));
    for (path, kind) in
        [("/srv/none", ErrorKind::NotFound), ("srv", ErrorKind::Invalid), ("/srv/../etc", ErrorKind::Invalid)]
    {
        assert_eq!(folder(proxy, id, path).await.unwrap_err().kind, kind, "{path}");
    }
    for path in ["/srv/app", "/srv/app/none", "/srv/none/x"] {
        assert!(file(proxy, id, path).await.is_err(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_looked_into_by_its_own_programs_or_by_the_engine() {
    let world = World::new();
    let service = world.service().await;
    world.engine.publish(FakeImage::new("some/thing:1"));
    let progress = tokio::sync::watch::Sender::new(PullProgress::default());
    world.engine.pull("some/thing:1", None, &progress).await.unwrap();
    let config =
        ContainerConfig { image: "some/thing:1".into(), name: "thing".into(), ..ContainerConfig::default() };
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.put_archive(&id, "/srv", packed()).await.unwrap();
    let proxy = DockerManagerProxy::new(&service.client).await.unwrap();
    // It does not run, and then it runs and has no such program.
    looked_through(&proxy, &id).await;
    world.engine.start_container(&id).await.unwrap();
    world.engine.answer_in("thing", RanIn { code: 127, ..RanIn::default() });
    looked_through(&proxy, &id).await;
    let text = "81a4 5 1 0 0 /srv/app/./own\n41ed 1 1 0 0 /srv/app/./folder\n";
    world.engine.answer_in("thing", RanIn { code: 0, stdout: text.into(), ..RanIn::default() });
    let found = folder(&proxy, &id, "/srv/app").await.unwrap();
    assert_eq!(names(&found), [("folder", "folder", 0), ("own", "file", 5)]);
    let asked = world.engine.ran_in().pop().unwrap().1;
    assert_eq!((asked.command[0].as_str(), asked.command[1].as_str()), ("find", "/srv/app/."));
    assert!(proxy.folder(&admin(), &"f".repeat(64), "/").await.is_err());
    // Who may not see its environment may not see its files.
    let member = actor("linus", Role::Member);
    assert_eq!(proxy.folder(&member, &id, "/").await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(proxy.file(&member, &id, "/srv/app/config.ini").await.unwrap_err().kind, ErrorKind::Denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_of_a_real_docker_is_looked_into() {
    let Some(docker) = tokio::task::spawn_blocking(|| PrivateDocker::start_or_skip().unwrap()).await.unwrap()
    else {
        return;
    };
    let docker = std::sync::Arc::new(docker);
    let pushing = std::sync::Arc::clone(&docker);
    tokio::task::spawn_blocking(move || pushing.push("demo/tiny", "1", &TinyImage::new()).unwrap())
        .await
        .unwrap();
    let engine: std::sync::Arc<dyn Engine> =
        std::sync::Arc::new(BollardEngine::new(&docker.socket_path().display().to_string()));
    let mut world = World::new();
    world.real = Some((std::sync::Arc::clone(&engine), std::sync::Arc::new(crate::ports::ThisMachine)));
    let service = world.service().await;
    let image = docker.reference("demo/tiny", "1");
    let progress = tokio::sync::watch::Sender::new(PullProgress::default());
    engine.pull(&image, None, &progress).await.unwrap();
    let config = ContainerConfig { image, name: "tiny".into(), ..ContainerConfig::default() };
    let id = engine.create_container(&config).await.unwrap();
    let mut srv = Archive::new();
    srv.directory("srv", Permissions::root(0o755)).unwrap();
    engine.put_archive(&id, "/", srv.finish()).await.unwrap();
    engine.put_archive(&id, "/srv", packed()).await.unwrap();
    let proxy = DockerManagerProxy::new(&service.client).await.unwrap();
    looked_through(&proxy, &id).await;
    engine.start_container(&id).await.unwrap();
    // Its image has one program, which is no `find`.
    looked_through(&proxy, &id).await;
    let root = folder(&proxy, &id, "/").await.unwrap();
    assert!(
        root.path == "/" && names(&root).iter().any(|(name, kind, _)| (*name, *kind) == ("tiny", "file")),
        "{root:?}"
    );
    engine
        .remove_container(&id, livos_docker::RemoveContainer { force: true, anonymous_volumes: true })
        .await
        .unwrap();
}
