//! Single things in Docker: what would happen is said, exactly that is done, and what somebody needs stays.

use std::os::fd::OwnedFd;

use livos_bus::documents::{DockerEvent, DockerPlan, DockerStats, DockerStep};
use livos_bus::{DockerManagerProxy, DockerReaderProxy, DockerThing, ErrorKind, codes};
use livos_docker::{
    ContainerConfig, Engine, EngineError, FakeImage, Mount, MountKind, NetworkConfig, NetworkJoin,
    PullProgress, UnusableBecause, VolumeConfig,
};
use livos_store::NewJob;
use livos_types::Role;

use super::support::{Service, World, actor, admin, soon, until};

struct Docker {
    reader: DockerReaderProxy<'static>,
    manager: DockerManagerProxy<'static>,
}

impl Docker {
    async fn of(service: &Service) -> Self {
        Self {
            reader: DockerReaderProxy::new(&service.client).await.unwrap(),
            manager: DockerManagerProxy::new(&service.client).await.unwrap(),
        }
    }

    async fn look(&self, verb: &str, things: &[(&str, &str)]) -> Vec<DockerStep> {
        let things: Vec<_> = things.iter().map(|&(kind, id)| thing(kind, id, "")).collect();
        let plan: DockerPlan = self.reader.look(&admin(), verb, &things).await.unwrap().parse().unwrap();
        plan.steps
    }

    async fn act(&self, verb: &str, steps: &[DockerStep]) -> livos_bus::Result<String> {
        let agreed: Vec<_> = steps.iter().map(|step| thing(&step.kind, &step.id, &step.code)).collect();
        self.manager.act(&admin(), verb, &agreed).await
    }
}

fn thing(kind: &str, id: &str, code: &str) -> DockerThing {
    DockerThing { kind: kind.to_owned(), id: id.to_owned(), code: code.to_owned() }
}

async fn pull(world: &World, name: &str) -> String {
    world.engine.publish(FakeImage::new(name));
    let progress = tokio::sync::watch::Sender::new(PullProgress::default());
    world.engine.pull(name, None, &progress).await.unwrap().id
}

/// A container of somebody else that runs, with a volume and on a network of its own.
async fn foreign(world: &World, name: &str) -> String {
    pull(world, "foreign/web:1").await;
    let network = format!("{name}-net");
    let made = NetworkConfig { name: network.clone(), ..NetworkConfig::default() };
    world.engine.create_network(&made).await.unwrap();
    let volume = MountKind::Volume { name: Some(format!("{name}-data")), no_copy: false, subpath: None };
    let config = ContainerConfig {
        image: "foreign/web:1".to_owned(),
        name: name.to_owned(),
        labels: [("com.docker.compose.project".to_owned(), "old".to_owned())].into(),
        networks: vec![NetworkJoin { network, ..NetworkJoin::default() }],
        mounts: vec![Mount { target: "/data".to_owned(), kind: volume, read_only: false }],
        ..ContainerConfig::default()
    };
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    id
}

#[tokio::test]
async fn what_is_agreed_to_goes_one_by_one_in_the_order_of_who_needs_whom() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    let id = foreign(&world, "old-web-1").await;
    let image = world.engine.image("foreign/web:1").await.unwrap().unwrap().id;
    let network = world.engine.network("old-web-1-net").await.unwrap().unwrap().id;
    let others = [("image", image.as_str()), ("volume", "old-web-1-data"), ("network", &network)];
    let steps = docker.look("remove", &others).await;
    let refused: Vec<_> = steps.iter().map(|step| step.refused.as_str()).collect();
    assert_eq!(
        refused,
        [
            "old-web-1 was made from it: remove what was made first.",
            "old-web-1 uses it: remove what uses it first.",
            "old-web-1 is on it: remove what is on it first.",
        ]
    );
    let error = docker.act("remove", &steps[..1]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.message.contains("old-web-1 was made from it"), "{}", error.message);

    let steps = docker.look("remove", &[("container", &id)]).await;
    assert_eq!(
        (steps[0].detail.as_str(), steps[0].for_good),
        (
            "It runs, and is stopped first. It goes with what it wrote into itself. Its volumes stay. \
             The project old may rely on it, or make it anew.",
            true
        )
    );
    let job = service.ended(&docker.act("remove", &steps).await.unwrap()).await;
    assert_eq!((job.state.as_str(), job.title.as_str()), ("succeeded", "Remove the container old-web-1"));
    assert!(world.engine.inspect_container(&id).await.unwrap().is_none());
    assert!(world.engine.volume("old-web-1-data").await.unwrap().is_some(), "its volumes stay");

    let steps = docker.look("remove", &others).await;
    assert!(steps.iter().all(|step| step.refused.is_empty()), "{steps:?}");
    let job = service.ended(&docker.act("remove", &steps).await.unwrap()).await;
    assert_eq!((job.state.as_str(), job.title.as_str()), ("succeeded", "Remove 3 things in Docker"));
    assert_eq!(job.detail, "3 of 3 removed");
    assert!(world.engine.image("foreign/web:1").await.unwrap().is_none());
    assert!(world.engine.volume("old-web-1-data").await.unwrap().is_none());
    assert!(world.engine.network("old-web-1-net").await.unwrap().is_none());
    // What is gone is left out, and nothing is left to agree to.
    assert_eq!(docker.look("remove", &others).await, []);
    assert_eq!(docker.act("remove", &steps).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn what_an_app_has_or_needs_is_the_apps_business() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    let docker = Docker::of(&service).await;
    let all: livos_bus::documents::DockerOverview =
        docker.reader.overview(&admin()).await.unwrap().parse().unwrap();
    let image = |needed: &str| all.images.iter().find(|one| one.kept_for == [needed]).unwrap().id.clone();
    let container = all.containers.iter().find(|one| one.name == "demo-web-1").unwrap();
    let network = all.networks.iter().find(|one| one.owner.id == "demo").unwrap();
    let things = [
        ("container", container.id.as_str()),
        ("volume", "demo_rows"),
        ("network", network.id.as_str()),
        ("image", &image("demo")),
    ];
    let steps = docker.look("remove", &things).await;
    for (step, why) in steps.iter().zip([
        "remove that in the App Store",
        "remove that in the App Store",
        "remove that in the App Store",
        "made from it",
    ]) {
        assert!(step.refused.contains(why), "{step:?}");
        let error = docker.act("remove", std::slice::from_ref(step)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict, "{step:?}");
    }
    for verb in ["stop", "kill", "restart"] {
        let steps = docker.look(verb, &things[..1]).await;
        assert!(steps[0].refused.contains("in the App Store"), "{steps:?}");
        assert_eq!(docker.act(verb, &steps).await.unwrap_err().kind, ErrorKind::Conflict);
    }
    assert_eq!(service.app("demo").await.state, "running");
}

#[tokio::test]
async fn what_is_no_longer_as_it_was_shown_stays() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    let id = foreign(&world, "old-web-1").await;
    let steps = docker.look("remove", &[("container", &id)]).await;
    world.engine.stop_container(&id, None).await.unwrap();
    let error = docker.act("remove", &steps).await.unwrap_err();
    assert!(error.message.contains("no longer as it was shown"), "{}", error.message);
    // What was agreed to for one verb is not agreed to for another.
    let steps = docker.look("start", &[("container", &id)]).await;
    let error = docker.act("remove", &steps).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(world.engine.inspect_container(&id).await.unwrap().is_some());
}

#[tokio::test]
async fn of_several_each_has_its_outcome() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    let ids = [foreign(&world, "one").await, foreign(&world, "two").await];
    let things = [("container", ids[0].as_str()), ("container", ids[1].as_str())];
    let steps = docker.look("kill", &things).await;
    let stubborn = EngineError::Conflict { subject: "container".into(), detail: "it does not listen".into() };
    world.engine.fail_next("kill_container", &ids[1], stubborn);
    let job = service.ended(&docker.act("kill", &steps).await.unwrap()).await;
    assert_eq!((job.state.as_str(), job.title.as_str()), ("failed", "End 2 containers"));
    assert!(job.error_message.starts_with("1 of 2 ended. two: "), "{}", job.error_message);
    let log = service.log(&job.id).await;
    assert!(log.contains("one: ended") && log.contains("two stays as it is"), "{log}");
    // Again: what is done already is left out by the one who looks, and said.
    let steps = docker.look("kill", &things).await;
    assert_eq!(steps[0].refused, "It doesn't run.");
    let job = service.ended(&docker.act("kill", &steps[1..]).await.unwrap()).await;
    assert_eq!(job.state, "succeeded");
}

/// The end of a job that is tried again after a while.
async fn at_last(world: &World, service: &Service, job: &str) -> livos_bus::JobInfo {
    until("the next attempt", async || {
        world.clock.advance(std::time::Duration::from_secs(1));
        service.apps().queue.clock_changed();
        service.job(job).await.finished_at > 0
    })
    .await;
    service.job(job).await
}

#[tokio::test]
async fn what_was_cut_short_in_the_middle_is_brought_to_its_end() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    let away = || EngineError::Unavailable { because: UnusableBecause::NotRunning, source: None };
    // Docker goes away between the stop and the removal.
    let id = foreign(&world, "old-web-1").await;
    let steps = docker.look("remove", &[("container", &id)]).await;
    world.engine.fail_next("remove_container", &id, away());
    let job = at_last(&world, &service, &docker.act("remove", &steps).await.unwrap()).await;
    assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""));
    assert!(world.engine.inspect_container(&id).await.unwrap().is_none());
    let stops = world.engine.calls().iter().filter(|call| **call == format!("stop_container {id}")).count();
    assert_eq!(stops, 1, "it was stopped by the first attempt and removed by the second");
    // And between the loss of one name of an image and that of the other.
    let image = world.engine.image("foreign/web:1").await.unwrap().unwrap().id;
    world.engine.tag_image("foreign/web:1", "foreign/web:2").await.unwrap();
    let steps = docker.look("remove", &[("image", &image)]).await;
    assert!(steps[0].detail.contains("All its names go: "), "{steps:?}");
    world.engine.fail_next("remove_image", "foreign/web:2", away());
    let job = at_last(&world, &service, &docker.act("remove", &steps).await.unwrap()).await;
    assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""));
    assert!(world.engine.image(&image).await.unwrap().is_none());
}

#[tokio::test]
async fn one_that_is_down_is_not_said_to_be_restarted_and_one_that_cannot_be_measured_is_left_out() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    let ids = [foreign(&world, "one").await, foreign(&world, "two").await];
    let trouble = EngineError::TimedOut { operation: "measure".to_owned(), limit: std::time::Duration::ZERO };
    world.engine.fail_next("usage", &ids[0], trouble);
    let stats: DockerStats = docker.reader.stats(&admin()).await.unwrap().parse().unwrap();
    let measured: Vec<_> = stats.samples.iter().map(|sample| sample.id.as_str()).collect();
    assert_eq!(measured, [ids[1].as_str()]);

    world.engine.stop_container(&ids[0], None).await.unwrap();
    let steps = docker.look("restart", &[("container", &ids[0])]).await;
    assert_eq!(steps[0].refused, "It doesn't run: start it instead.");
    assert_eq!(docker.act("restart", &steps).await.unwrap_err().kind, ErrorKind::Conflict);
}

#[tokio::test]
async fn a_full_disk_does_not_stand_in_the_way_of_removing() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    for name in ["one", "two"] {
        let volume = VolumeConfig { name: name.to_owned(), ..VolumeConfig::default() };
        world.engine.create_volume(&volume).await.unwrap();
    }
    let steps = docker.look("remove", &[("volume", "one"), ("volume", "two")]).await;
    let apps = service.apps();
    sqlx::query("pragma max_page_count = 1").execute(apps.rows.0.writer()).await.unwrap();
    for length in [2000, 300, 1] {
        soon("the database to be full", async {
            for number in 0.. {
                let job = NewJob::new("docker.start", format!("never:{length}:{number}"), "x".repeat(length));
                if apps.enqueue(NewJob { run_at_ms: 4_000_000_000_000, ..job }).await.is_err() {
                    return;
                }
            }
        })
        .await;
    }
    let error = docker.act("remove", &steps).await.unwrap_err();
    assert_eq!(error.code, codes::NO_SPACE, "{}", error.message);
    assert!(world.engine.volume("one").await.unwrap().is_none(), "room was made all the same");
    assert!(world.engine.volume("two").await.unwrap().is_none());
}

#[tokio::test]
async fn what_runs_is_measured_and_what_happened_is_told_without_its_secrets() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    let id = foreign(&world, "old-web-1").await;
    let stats: DockerStats = docker.reader.stats(&admin()).await.unwrap().parse().unwrap();
    assert_eq!((stats.samples.len(), stats.samples[0].id.as_str()), (1, id.as_str()));
    assert!(stats.samples[0].memory > 0 && stats.samples[0].machine_ns > 0);
    world.engine.kill_container(&id, "SIGKILL").await.unwrap();
    let stats: DockerStats = docker.reader.stats(&admin()).await.unwrap().parse().unwrap();
    assert_eq!(stats.samples, []);

    let lines = docker.reader.events(&admin(), 0, false).await.unwrap();
    let text = std::io::read_to_string(std::fs::File::from(OwnedFd::from(lines))).unwrap();
    let events: Vec<DockerEvent> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let story: Vec<_> =
        events.iter().filter(|event| event.id == id).map(|event| event.action.as_str()).collect();
    assert!(story.starts_with(&["create", "start"]) && story.contains(&"die"), "{story:?}");
    assert!(events.iter().any(|event| event.exit_code == 137));

    world.engine.go_down(UnusableBecause::NotRunning);
    let error = docker.reader.events(&admin(), 0, true).await.unwrap_err();
    assert_eq!(error.code, codes::ENGINE_UNAVAILABLE);
}

#[tokio::test]
async fn members_and_nonsense_get_nowhere() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    let member = actor("ada", Role::Member);
    let some = [thing("volume", "x", "")];
    for denied in [
        docker.reader.look(&member, "remove", &some).await.map(drop),
        docker.reader.stats(&member).await.map(drop),
        docker.reader.events(&member, 0, false).await.map(drop),
        docker.manager.act(&member, "remove", &some).await.map(drop),
    ] {
        assert_eq!(denied.unwrap_err().kind, ErrorKind::Denied);
    }
    let many = vec![thing("volume", "x", ""); 201];
    for (verb, things) in [
        ("destroy", &some[..]),
        ("remove", &[]),
        ("remove", &many),
        ("stop", &some),
        ("remove", &[thing("host", "x", "")]),
        ("remove", &[thing("volume", "", "")]),
        ("remove", &[thing("volume", "a\nb", "")]),
    ] {
        let error = docker.manager.act(&admin(), verb, things).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{verb} {things:?}");
        assert_eq!(
            docker.reader.look(&admin(), verb, things).await.map(drop).unwrap_err().kind,
            ErrorKind::Invalid
        );
    }
}
