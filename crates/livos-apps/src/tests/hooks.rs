//! Scripts of apps for moments of their lives, on a real Docker Engine: what they do, and what they try in vain.

use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;

use livos_bus::codes;
use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{BollardEngine, Engine, LabelFilter, NetworkConfig};
use livos_service::config::PortRange;

use super::support::{Service, World, admin};
use crate::ports::{Patience, ThisMachine};

const SHARED: &str = "umbrel_main_network";

/// What umbrel's apps do in their scripts.
const PRE_START: &str = r#"#!/usr/bin/env bash
set -euo pipefail
HERE="$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")"
[[ "$HERE" == "$APP_DATA_DIR" && ${#APP_PASSWORD} == 64 ]]
mkdir -p "$HERE/data/deep"
echo "start" >> "$HERE/data/log"
[[ -f "$HERE/made.conf" ]] || echo "of=$APP_ID" > "$HERE/made.conf"
sed -i 's/of=/made for /' "$HERE/made.conf"
chown -R 1234:1235 "$HERE/data"
"${UMBREL_ROOT}/scripts/app" ls-installed | grep --quiet '^low$'
"${UMBREL_ROOT}/scripts/app" compose "$APP_ID" up --detach helper
said=$("${UMBREL_ROOT}/scripts/app" compose "$APP_ID" run --rm -e TINY_EXIT=0 helper "two  words" 2>/dev/null)
printf '%s\n' "$said" > "$HERE/data/said"
if "${UMBREL_ROOT}/scripts/app" compose "$APP_ID" run --rm -e TINY_EXIT=3 helper; then exit 1; else [[ $? == 3 ]]; fi
if "${UMBREL_ROOT}/scripts/app" compose low stop 2> "$HERE/data/refused"; then exit 1; fi
"#;

/// What scripts try before the start, and the words with which each ends.
const HOSTILE: [(&str, &str, &str); 12] = [
    ("says", "echo 'the disk is on fire' >&2; exit 7", "ended with 7: the disk is on fire"),
    ("dawdles", "sleep 600", "took too long"),
    ("outside", "echo x > /usr/x", "Read-only file system"),
    ("other", "cat \"$APP_DATA_DIR/../low/secret\"", "No such file"),
    ("calls", "set -e; (echo > /dev/tcp/127.0.0.1/REGISTRY) 2>/dev/null", "ended with 1"),
    ("device", "mknod \"$APP_DATA_DIR/sda\" b 8 0", "Operation not permitted"),
    ("swaps", "set -e; mv \"$APP_DATA_DIR/data\" \"$APP_DATA_DIR/x\"", "busy"),
    ("links", "ln -s /etc/passwd \"$APP_DATA_DIR/made.conf\"", "as it may lead elsewhere"),
    (
        "sneaks",
        "set -e; ln -s / \"$APP_DATA_DIR/made.conf\"; \"$UMBREL_ROOT/scripts/app\" compose sneaks up -d",
        "mounts made.conf, which the script may change",
    ),
    ("floods", "head -c 200000 /dev/zero | tr '\\0' x > /run/livos/ask; sleep 600", "cannot be read"),
    ("babbles", "echo 'mark nonsense' > /run/livos/ask; sleep 600", "cannot be read"),
    ("docker", "docker ps", "ended with "),
];

fn hook(world: &World, id: &str, name: &str, script: &str) {
    let folder = world.directory.path().join("store").join(id).join("hooks");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), script).unwrap();
}

async fn offer(world: &World, service: &Service, image: &str, containers: &str) -> livos_bus::JobInfo {
    world.umbrel("site", "dependencies: [low]", image, containers, "");
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let accept = service.request("site").await.accept;
    let answers = std::collections::HashMap::new();
    let request = livos_bus::UpdateRequest { app: "site".into(), answers, accept };
    let job = service.manager.update(&admin(), &request).await.unwrap();
    service.ended(&job).await
}

const MOUNTS: &str = "    volumes: ['${APP_DATA_DIR}/data:/data', '${APP_DATA_DIR}/made.conf:/made.conf:ro']";
const HELPER: &str = "  helper:\n    image: IMAGE\n    volumes: ['${APP_DATA_DIR}/data:/data']";

#[tokio::test(flavor = "multi_thread")]
async fn hooks_do_what_umbrels_do_and_hostile_ones_get_nowhere() {
    let Some(docker) = tokio::task::spawn_blocking(|| PrivateDocker::start_or_skip().unwrap()).await.unwrap()
    else {
        return;
    };
    let docker = Arc::new(docker);
    let pushing = Arc::clone(&docker);
    let push = move || {
        for tag in ["1", "2", "3"] {
            pushing.push("demo/tiny", tag, &TinyImage::new().env("TINY_TEXT", tag)).unwrap();
        }
    };
    tokio::task::spawn_blocking(push).await.unwrap();
    let engine: Arc<dyn Engine> = Arc::new(BollardEngine::new(&docker.socket_path().display().to_string()));
    let image = docker.reference("demo/tiny", "1");
    let containers = format!("{MOUNTS}\n{}", HELPER.replace("IMAGE", &image));
    let mut world = World::new();
    world.real = Some((Arc::clone(&engine), Arc::new(ThisMachine)));
    world.config.apps.gateway_ports = PortRange { first: 47_500, last: 47_549 };
    world.config.apps.upstream_ports = PortRange { first: 47_550, last: 47_559 };
    world.patience =
        Patience { settle: Duration::from_millis(200), hook: Duration::from_secs(8), ..world.patience };
    world.umbrel("low", "", &image, "", "");
    world.umbrel("site", "dependencies: [low]", &image, &containers, "");
    hook(&world, "site", "pre-install", "echo install >> \"$APP_DATA_DIR/data/log\"");
    hook(&world, "site", "pre-start", PRE_START);
    // What is mounted while containers run cannot be swapped, and its text can be changed.
    let swap = "set -e; cd \"$APP_DATA_DIR\"; echo \"$0\" | sed 's,.*/,,' >> data/log; echo more >> made.conf; ! rm made.conf";
    for name in ["post-start", "post-install", "pre-stop", "post-update"] {
        hook(&world, "site", name, swap);
    }
    let checks = "until \"$UMBREL_ROOT/scripts/app\" compose site exec -T main /tiny --check > data/checked; do sleep 0.1; done";
    hook(&world, "site", "post-install", &format!("{swap}\n{checks}"));
    hook(&world, "site", "post-stop", "set -e; echo post-stop >> \"$APP_DATA_DIR/data/log\"");
    let registry = docker.registry_addr().port().to_string();
    for (id, script, _) in HOSTILE {
        world.umbrel(id, "", &image, MOUNTS, "");
        hook(&world, id, "pre-start", &script.replace("REGISTRY", &registry));
    }
    let shared = NetworkConfig { name: SHARED.to_owned(), ..NetworkConfig::default() };
    engine.create_network(&shared).await.unwrap();
    let service = world.service().await;
    let asked = service.catalogue_app("site").await.permissions;
    assert!(asked.iter().any(|permission| permission.code.starts_with("scripts-")), "{asked:?}");
    for id in ["low", "site"] {
        let job = service.install(id).await;
        assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    }
    let data = world.data_of("site");
    let read = |name: &str| std::fs::read_to_string(data.join(name)).unwrap_or_default();
    assert_eq!(read("data/log"), "install\nstart\npost-start\npost-install\n");
    assert!(read("made.conf").starts_with("made for site\nmore\n"), "{}", read("made.conf"));
    assert!(read("data/said").contains("argument two  words"), "{}", read("data/said"));
    assert!(!read("data/said").contains("stderr"), "{}", read("data/said"));
    assert!(read("data/refused").contains("may not work on low"), "{}", read("data/refused"));
    assert_eq!(read("data/checked"), "well\n", "a command in its own container");
    let about = std::fs::metadata(data.join("data/deep")).unwrap();
    assert_eq!((about.uid(), about.gid()), (1234, 1235));
    assert_eq!(std::fs::read_dir(data.join("hooks")).unwrap().count(), 0, "no script lies on disk");

    for verb in ["stop", "start"] {
        let job = match verb {
            "stop" => service.manager.stop(&admin(), "site", false).await.unwrap(),
            _ => service.manager.start(&admin(), "site").await.unwrap(),
        };
        let job = service.ended(&job).await;
        assert_eq!(job.state, "succeeded", "{verb}: {}", job.error_message);
    }
    assert!(read("data/log").ends_with("post-install\npre-stop\npost-stop\nstart\npost-start\n"));
    let before = read("data/log");

    // A newer version whose script fails is as if it had never been.
    hook(&world, "site", "post-update", "echo no longer >> \"$APP_DATA_DIR/data/log\"; exit 4");
    let job = offer(&world, &service, &docker.reference("demo/tiny", "2"), &containers).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", codes::SCRIPT_FAILED));
    assert!(job.error_message.contains("post-update of SITE failed"), "{}", job.error_message);
    assert!(!read("data/log").contains("no longer"));
    assert!(read("data/log").starts_with(&before));
    assert_eq!(service.app("site").await.state, "running", "{}", service.app("site").await.detail);
    hook(&world, "site", "post-update", "echo updated >> \"$APP_DATA_DIR/data/log\"");
    let job = offer(&world, &service, &docker.reference("demo/tiny", "3"), &containers).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert!(read("data/log").ends_with("start\npost-start\nupdated\n"), "{}", read("data/log"));

    std::fs::write(world.data_of("low").join("secret"), "not for others").unwrap();
    for (id, _, words) in HOSTILE {
        let job = service.install(id).await;
        assert_eq!(job.state, "failed", "{id}");
        assert!(job.error_message.contains(words), "{id}: {}", job.error_message);
        assert!(!job.error_message.contains("not for others"));
        let left = engine.list_containers(&LabelFilter::equals("io.livos.app", id)).await.unwrap();
        assert!(left.is_empty(), "{id}: {left:?}");
        assert!(!world.data_of(id).exists(), "{id}");
    }
    // A script that fails when the app is stopped says so, and does not keep it running.
    world.umbrel("clings", "", &image, "", "");
    hook(&world, "clings", "pre-stop", "exit 5");
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    assert_eq!(service.install("clings").await.state, "succeeded");
    let job = service.manager.stop(&admin(), "clings", false).await.unwrap();
    assert_eq!(service.ended(&job).await.error_code, codes::SCRIPT_FAILED);
    assert_eq!(service.app("clings").await.state, "stopped");
    for id in ["clings", "site", "low"] {
        let job = service.manager.remove(&admin(), id, false, false).await.unwrap();
        assert_eq!(service.ended(&job).await.state, "succeeded", "{id}");
    }
    assert!(engine.remove_network(SHARED).await.unwrap());
    service.stop().await;
}
