//! Scripts of apps on a real Docker Engine: what they export arrives, and what they try in vain.

use std::sync::Arc;
use std::time::Duration;

use livos_bus::codes;
use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{BollardEngine, Engine, LabelFilter, NetworkConfig};
use livos_service::config::PortRange;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::{World, admin, until};
use crate::ports::{Machine, Patience, ThisMachine};

const UPSTREAM: u16 = 47_450;
const SHARED: &str = "umbrel_main_network";

const USUAL: &str = r#"
export APP_LOW_KEY=$(derive_entropy "env-${app_entropy_identifier}-KEY" | head -c16)
export APP_LOW_SAME=$(derive_entropy "env-${app_entropy_identifier}-KEY")
NAMES=()
for name in one two; do
	NAMES+=( "--${name}" )
done
export APP_LOW_COMMAND=$(IFS=" "; echo "${NAMES[@]}")
installed_apps=$("${UMBREL_ROOT}/scripts/app" ls-installed)
if echo "$installed_apps" | grep --quiet 'nobody'; then
	export APP_LOW_COMMAND="wrong"
fi
case $(hostname) in
	"") export APP_LOW_HOST="none" ;;
	*) export APP_LOW_HOST="$(hostname) $(hostname --all-ip-addresses)" ;;
esac
file="${EXPORTS_TOR_DATA_DIR}/app-${EXPORTS_APP_ID}/hostname"
export APP_LOW_ONION="$(cat "${file}" 2>/dev/null || echo "notyetset.onion")"
export APP_SEED="mine"
echo "noise that nobody asked for"
"#;

/// What scripts try, and the words with which each ends.
const HOSTILE: [(&str, &str, &str); 12] = [
    ("fork", ":(){ :|:& };:\nsleep 60\n", "failed: "),
    ("endless", "while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done\n", "failed: "),
    ("dawdles", "while :; do :; done\n", "took too long"),
    ("loud", "for i in 1 2 3 4; do head -c 300000 /dev/zero | tr '\\0' x; done\n", "says too much"),
    ("greedy", "x=$(head -c 400000000 /dev/zero | tr '\\0' x)\nexport X=${#x}\n", "failed: "),
    ("writes", "echo x > \"${EXPORTS_APP_DIR}/new\"\n", "Read-only file system"),
    ("climbs", "cat \"${EXPORTS_APP_DIR}/../low/secret\" > /dev/null\n", "No such file"),
    ("follows", "cat \"${EXPORTS_APP_DIR}/link\" > /dev/null\n", "No such file"),
    ("calls", "(echo > /dev/tcp/127.0.0.1/REGISTRY) 2>/dev/null\n", "ended with 1"),
    ("leaves", "exit 0\n", "ended before it was through"),
    ("forges", "printf 'ask zz\\n' >&9\nX=$(true)\n", "without a name"),
    ("exports", "for i in $(seq 400); do export \"X_$i=1\"; done\n", "exports too much"),
];

async fn get(path: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", UPSTREAM)).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text.split("\r\n\r\n").nth(1).unwrap_or_default().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_script_exports_arrives_in_the_other_app_and_hostile_ones_get_nowhere() {
    let Some(docker) = tokio::task::spawn_blocking(|| PrivateDocker::start_or_skip().unwrap()).await.unwrap()
    else {
        return;
    };
    let docker = Arc::new(docker);
    let pushing = Arc::clone(&docker);
    tokio::task::spawn_blocking(move || pushing.push("demo/tiny", "1", &TinyImage::new()).unwrap())
        .await
        .unwrap();
    let engine: Arc<dyn Engine> = Arc::new(BollardEngine::new(&docker.socket_path().display().to_string()));
    let image = docker.reference("demo/tiny", "1");
    let mut world = World::new();
    world.real = Some((Arc::clone(&engine), Arc::new(ThisMachine)));
    world.config.apps.gateway_ports = PortRange { first: 47_400, last: 47_449 };
    world.config.apps.upstream_ports = PortRange { first: UPSTREAM, last: UPSTREAM };
    world.patience =
        Patience { settle: Duration::from_millis(200), script: Duration::from_secs(4), ..world.patience };
    world.umbrel("low", "", &image, "", USUAL);
    let text = "${APP_LOW_KEY}|${APP_LOW_SAME}|$APP_LOW_COMMAND|$APP_LOW_HOST|$APP_LOW_ONION|${APP_SEED}";
    let proxy = "  app_proxy:\n    environment:\n      APP_HOST: web_main_1\n      APP_PORT: 8080";
    let container = format!("    environment:\n      TINY_TEXT: \"{text}\"\n{proxy}");
    world.umbrel("web", "dependencies: [low]", &image, &container, "");
    let registry = docker.registry_addr().port().to_string();
    for (id, script, _) in HOSTILE {
        world.umbrel(id, "", &image, "", &script.replace("REGISTRY", &registry));
        std::fs::create_dir_all(world.data_of(id)).unwrap();
        std::os::unix::fs::symlink(world.data_of("low").join("secret"), world.data_of(id).join("link"))
            .unwrap();
    }
    // The network that these apps share has fixed addresses, which another engine on this machine may have, too.
    let shared = NetworkConfig { name: SHARED.to_owned(), ..NetworkConfig::default() };
    engine.create_network(&shared).await.unwrap();
    let service = world.service().await;
    for id in ["low", "web"] {
        let job = service.install(id).await;
        assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    }
    std::fs::write(world.data_of("low").join("secret"), "not for others").unwrap();
    until("the page", async || ThisMachine.answers(UPSTREAM).await).await;
    let told = get("/").await;
    let parts: Vec<&str> = told.split('|').collect();
    let [key, same, command, host, onion, seed] = parts[..] else { panic!("{told}") };
    assert!(key.len() == 16 && same.len() == 64 && same.starts_with(key), "{told}");
    assert!(!same.starts_with("00000000"), "a placeholder is no secret: {told}");
    assert_eq!((command, onion), ("--one --two", "notyetset.onion"));
    assert!(host.ends_with("192.0.2.7") || host.contains(&ThisMachine.address()), "{host}");
    // What is everybody's own is not another's to give.
    assert!(seed.len() == 64 && seed != "mine", "{seed}");

    for (id, _, words) in HOSTILE {
        assert!(service.catalogue_app(id).await.app.installable, "{id}");
        let job = service.install(id).await;
        assert_eq!(
            (job.state.as_str(), job.error_code.as_str()),
            ("failed", codes::SCRIPT_FAILED),
            "{id}: {}",
            job.error_message
        );
        assert!(job.error_message.contains(words), "{id}: {}", job.error_message);
        assert!(!job.error_message.contains("not for others"));
        let left = engine.list_containers(&LabelFilter::equals("io.livos.app", id)).await.unwrap();
        assert!(left.is_empty(), "{id}");
    }
    let apps = service.installed().await;
    assert_eq!(apps.iter().map(|app| app.id.as_str()).collect::<Vec<_>>(), ["low", "web"]);
    for (id, although) in [("web", false), ("low", false)] {
        let job = service.manager.remove(&admin(), id, false, although).await.unwrap();
        assert_eq!(service.ended(&job).await.state, "succeeded");
    }
    assert!(engine.remove_network(SHARED).await.unwrap());
    service.stop().await;
}
