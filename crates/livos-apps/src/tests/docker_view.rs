//! What an app sees of a real Docker Engine through the socket that it gets.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{BollardEngine, Engine};
use livos_service::config::PortRange;
use serde_json::Value;

use super::support::{World, admin, soon, until};
use crate::ports::{Patience, ThisMachine};

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    soon("the daemon's help", tokio::task::spawn_blocking(work)).await.unwrap()
}

/// Sends these bytes and reads until the other side has nothing more to say.
async fn send(socket: &Path, bytes: impl Into<Vec<u8>>) -> Option<String> {
    let (socket, bytes) = (socket.to_owned(), bytes.into());
    blocking(move || {
        let mut stream = UnixStream::connect(socket).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // It may have been refused before all of it was sent.
        drop(stream.write_all(&bytes));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        Some(String::from_utf8_lossy(&answer).into_owned())
    })
    .await
}

/// The status and the body of an answer.
async fn get(socket: &Path, path: &str) -> (u16, String) {
    let answer = send(socket, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
    let answer = answer.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let plain = !head.to_lowercase().contains("transfer-encoding: chunked");
    let body = if plain { body.to_owned() } else { dechunked(body) };
    (status, body)
}

fn dechunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        whole.push_str(&rest[..length]);
        body = &rest[length + 2..];
        if length == 0 {
            break;
        }
    }
    whole
}

async fn json(socket: &Path, path: &str) -> Value {
    let (status, body) = get(socket, path).await;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// A stream that goes on; its answer's head has been read when this returns.
async fn follow(socket: &Path, path: &str) -> UnixStream {
    let (socket, path) = (socket.to_owned(), path.to_owned());
    blocking(move || {
        let mut stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        stream
    })
    .await
}

/// Reads on until these words have come.
async fn reads(mut stream: UnixStream, words: &'static str) {
    blocking(move || {
        let mut all = Vec::new();
        while !String::from_utf8_lossy(&all).contains(words) {
            let mut some = [0; 4096];
            let length = stream.read(&mut some).unwrap();
            assert!(length > 0, "it ended with {}", String::from_utf8_lossy(&all));
            all.extend(&some[..length]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_sees_what_runs_and_changes_nothing() {
    let Some(docker) = tokio::task::spawn_blocking(|| PrivateDocker::start_or_skip().unwrap()).await.unwrap()
    else {
        return;
    };
    let docker = Arc::new(docker);
    blocking({
        let docker = Arc::clone(&docker);
        move || docker.push("demo/tiny", "1", &TinyImage::new().env("OF_IMAGE", "topsecret")).unwrap()
    })
    .await;
    let real = docker.socket_path();
    let engine: Arc<dyn Engine> = Arc::new(BollardEngine::new(&real.display().to_string()));
    let mut world = World::new();
    world.real = Some((Arc::clone(&engine), Arc::new(ThisMachine)));
    world.config.apps.docker = format!("unix://{}", real.display());
    world.config.apps.gateway_ports = PortRange { first: 47200, last: 47249 };
    world.config.apps.upstream_ports = PortRange { first: 47250, last: 47299 };
    world.patience = Patience { settle: Duration::from_millis(200), ..world.patience };
    let image = docker.reference("demo/tiny", "1");
    let app = |id: &str, more: &str| {
        world.app(
            id,
            &format!("services:\n  web:\n    image: {image}\n    restart: unless-stopped\n    stop_grace_period: 1s\n    {more}\n"),
        );
    };
    // A user of the container's own, as dashboards have.
    app(
        "look",
        "user: '1000:1000'\n    environment: {OWN: shown}\n    volumes: ['/var/run/docker.sock:/d/docker.sock:ro']",
    );
    app("other", "environment: {PASSWORD: topsecret}");
    let service = world.service().await;
    for id in ["other", "look"] {
        let job = service.install(id).await;
        assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    }
    let socket = world.directory.path().join("state/apps/docker-views/look/docker.sock");

    // What a dashboard shows.
    assert_eq!(get(&socket, "/_ping").await, (200, "OK".to_owned()));
    assert!(json(&socket, "/v1.41/version").await["Version"].is_string());
    let names = json(&socket, "/containers/json?all=1").await.to_string();
    assert!(names.contains("/other-web-1") && names.contains("/look-web-1"), "{names}");
    for path in ["/info", "/networks", "/images/json", "/volumes", "/system/df"] {
        json(&socket, path).await;
    }
    let figures = json(&socket, "/containers/other-web-1/stats?stream=0&one-shot=1").await;
    assert!(figures["memory_stats"].is_object(), "{figures}");
    assert!(json(&socket, "/containers/other-web-1/top").await["Processes"].is_array());

    // What others keep to themselves is not among it.
    let other = json(&socket, "/containers/other-web-1/json").await;
    assert_eq!(other["State"]["Running"], true);
    assert!(other["Config"]["Env"].to_string().contains("PASSWORD=hidden"), "{}", other["Config"]["Env"]);
    let of_image = json(&socket, &format!("/images/{image}/json")).await;
    for seen in [&other, &of_image] {
        assert!(!seen.to_string().contains("topsecret"), "{seen}");
    }
    let own = json(&socket, "/containers/look-web-1/json").await;
    assert!(own["Config"]["Env"].to_string().contains("OWN=shown"), "{}", own["Config"]["Env"]);
    assert_eq!(get(&socket, "/containers/nobody/json").await.0, 404);

    // What would change something is refused, whichever way it is written.
    let long = "x".repeat(64 * 1024);
    for (what, request) in [
        ("a stop", "POST /containers/other-web-1/stop HTTP/1.1\r\nHost: x\r\n\r\n".to_owned()),
        ("a removal", "DELETE /containers/other-web-1?force=1 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned()),
        (
            "a command",
            "POST /containers/other-web-1/exec HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}".to_owned(),
        ),
        (
            "an upgrade",
            "GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n".to_owned(),
        ),
        ("another host", "GET http://docker/_ping HTTP/1.1\r\nHost: x\r\n\r\n".to_owned()),
        ("a tunnel", "CONNECT docker:80 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned()),
        (
            "a request in a body",
            "GET /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: 61\r\n\r\nPOST /containers/other-web-1/stop HTTP/1.1\r\nHost: docker\r\n\r\n"
                .to_owned(),
        ),
        (
            "a request in chunks",
            "GET /_ping HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST /containers/other-web-1/stop HTTP/1.1\r\nHost: x\r\n\r\n"
                .to_owned(),
        ),
        (
            "two lengths",
            "GET /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nPOST ".to_owned(),
        ),
        ("another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("a long head", format!("GET /_ping HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n")),
        ("a long path", format!("GET /containers/{long}/json HTTP/1.1\r\nHost: x\r\n\r\n")),
        ("no request", "\0\0\0\0\r\n\r\n".to_owned()),
    ] {
        let answer = send(&socket, request).await.unwrap();
        assert!(!answer.contains(" 200 ") && !answer.contains(" 101 "), "{what}: {answer}");
    }
    let (status, said) = get(&socket, "/containers/other-web-1/archive?path=/").await;
    assert!(status == 403 && said.contains(r#"{"message":"LivOS lets this app look"#), "{said}");
    assert_eq!(json(&socket, "/containers/other-web-1/json").await["State"]["Running"], true);

    // What happens is told while it happens.
    let log = follow(&socket, "/containers/other-web-1/logs?follow=1&stdout=1&stderr=1").await;
    let events = follow(&socket, "/events").await;
    let restarted = service.manager.restart(&admin(), "other").await.unwrap();
    reads(events, r#""Action":"die""#).await;
    drop(log);
    assert_eq!(service.ended(&restarted).await.state, "succeeded");

    // From inside of the container it is the same; also after the daemon was away.
    let inside = async || -> Option<PathBuf> {
        let found = engine.inspect_container("look-web-1").await.ok()??;
        let pid = json_of(&real, "/containers/look-web-1/json").await["State"]["Pid"].as_u64()?;
        (found.state == livos_docker::ContainerState::Running && pid > 0)
            .then(|| PathBuf::from(format!("/proc/{pid}/root/d/docker.sock")))
    };
    let answers = async || match inside().await {
        Some(path) => {
            send(&path, "GET /_ping HTTP/1.0\r\n\r\n").await.is_some_and(|text| text.contains("200 OK"))
        }
        None => false,
    };
    assert!(answers().await);
    service.crash().await;
    assert!(!answers().await);
    let service = world.service().await;
    until("the app to see Docker again", answers).await;
    until("it to run", async || service.app("look").await.state == "running").await;

    let job = service.manager.remove(&admin(), "look", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(!socket.exists());
    service.stop().await;
}

/// What Docker itself says.
async fn json_of(real: &Path, path: &str) -> Value {
    json(real, path).await
}
