//! The world a test happens in.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use livos_service::{CancellationToken, Clock, ManualClock, TaskTracker};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;
use zbus::Connection;

use super::fakes::Fakes;
use crate::core::gate::Tickets;
use crate::core::password::Cost;
use crate::core::strangers::Strangers;
use crate::events::Events;
use crate::http::access::Line;
use crate::http::buffers::Buffers;
use crate::http::edge::Peer;
use crate::identity::{Identity, Parts};
use crate::services::Services;
use crate::{App, Site, Web};

/// The time at which every test begins.
pub(super) const BEGIN: i64 = 1_800_000_000;
pub(super) const PASSWORD: &str = "correct horse battery";

/// A dbus-daemon that ends with the test.
pub(super) struct Bus {
    child: Child,
    pub(super) address: String,
    _home: TempDir,
}

impl Bus {
    pub(super) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("bus.conf");
        let rules = "<policy context='default'><allow send_destination='*' eavesdrop='false'/><allow own='*'/>\
                     <allow receive_sender='*'/></policy>";
        let text = format!(
            "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' \
             'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'><busconfig><type>session</type>\
             <listen>unix:path={}</listen><auth>EXTERNAL</auth>{rules}</busconfig>",
            home.path().join("bus.sock").display()
        );
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned(), _home: home }
    }

    pub(super) async fn connect(&self) -> Connection {
        zbus::connection::Builder::address(self.address.as_str()).build().await.unwrap()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(super) struct World {
    pub(super) app: App,
    pub(super) router: Router,
    pub(super) lines: Vec<Line>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) fakes: Fakes,
    pub(super) state: PathBuf,
    pub(super) bus: Bus,
    pub(super) home: TempDir,
}

impl World {
    /// A server nobody has claimed.
    pub(super) async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let bus = Bus::start();
        let clock = Arc::new(ManualClock::at(BEGIN));
        let fakes = Fakes::start(&bus, &home.path().join("files")).await;
        let state = home.path().join("state");
        let ui = home.path().join("ui");
        std::fs::create_dir_all(&state).unwrap();
        std::fs::create_dir_all(ui.join("assets")).unwrap();
        let app = open(&state, ui, &bus, Arc::clone(&clock)).await;
        let (router, lines) = crate::router(&app);
        Self { app, router, lines, clock, fakes, state, bus, home }
    }

    /// A server with an owner, who is signed in.
    pub(super) async fn claimed() -> (Self, Client) {
        let world = Self::new().await;
        let mut owner = world.client();
        let body =
            json!({ "code": world.claim_code(), "name": "Grace", "username": "grace", "password": PASSWORD });
        let reply = owner.post("/api/v1/setup/account", &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        owner.csrf = reply.json()["csrf"].as_str().unwrap().to_owned();
        (world, owner)
    }

    /// The same state in a new process, as it were.
    pub(super) async fn restarted(self) -> Self {
        let Self { app, clock, fakes, state, bus, home, .. } = self;
        app.shutdown.cancel();
        app.tasks.close();
        app.tasks.wait().await;
        app.identity.close().await;
        let app = open(&state, home.path().join("ui"), &bus, Arc::clone(&clock)).await;
        let (router, lines) = crate::router(&app);
        Self { app, router, lines, clock, fakes, state, bus, home }
    }

    pub(super) fn claim_code(&self) -> String {
        std::fs::read_to_string(self.state.join("claim-code")).unwrap().trim().to_owned()
    }

    pub(super) fn client(&self) -> Client {
        Client {
            router: self.router.clone(),
            cookies: BTreeMap::new(),
            csrf: String::new(),
            address: "192.0.2.7".parse().unwrap(),
            host: "livos.test".to_owned(),
        }
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds));
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Adds a person of this role and signs them in.
    pub(super) async fn person(&self, owner: &mut Client, username: &str, role: &str) -> Client {
        let body = json!({ "username": username, "name": username, "role": role, "password": PASSWORD });
        let reply = owner.post("/api/v1/users", &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let mut client = self.client();
        client.sign_in(username, PASSWORD).await;
        client
    }

    pub(super) fn ui(&self) -> PathBuf {
        self.home.path().join("ui")
    }
}

async fn open(state: &std::path::Path, ui_dir: PathBuf, bus: &Bus, clock: Arc<ManualClock>) -> App {
    let identity = Identity::open(Parts {
        directory: state.to_owned(),
        secret: b"the same in every run of this test".to_vec(),
        cost: Cost { memory: 64, passes: 1 },
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
    })
    .await
    .unwrap();
    let connection = bus.connect().await;
    let app = Arc::new(Web {
        identity,
        services: Services::new(&connection).await.unwrap(),
        events: Arc::new(Events::new(clock)),
        tickets: Tickets::default(),
        uploads: Arc::default(),
        approvals: crate::approvals::Approvals::default(),
        buffers: Buffers::default(),
        strangers: Strangers::default(),
        site: Site { name: "Test house".to_owned(), ui_dir, public_url: String::new(), http_port: 80 },
        openapi: OnceLock::new(),
        tasks: TaskTracker::new(),
        shutdown: CancellationToken::new(),
    });
    crate::events::signals::follow(&app.events, &app.services, &app.tasks, &app.shutdown).await.unwrap();
    crate::approvals::follow(&app).await.unwrap();
    crate::schedules::follow(&app).await.unwrap();
    crate::leaving::follow(&app).await.unwrap();
    app
}

/// A browser: keeps cookies, sends the CSRF token, and says where it is.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) router: Router,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) csrf: String,
    pub(super) address: IpAddr,
    pub(super) host: String,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    #[track_caller]
    pub(super) fn check(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code().as_str()), (status, code), "{}", self.text());
    }
}

impl Client {
    pub(super) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut builder = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header("x-forwarded-for", self.address.to_string())
            .header("user-agent", "Test/1.0");
        if !cookies.is_empty() {
            builder = builder.header(header::COOKIE, cookies.join("; "));
        }
        if !self.csrf.is_empty() {
            builder = builder.header("x-csrf-token", &self.csrf);
        }
        builder
    }

    /// Sends a request and returns the answer before its body was read.
    pub(super) async fn open(&mut self, request: Request<Body>) -> Response {
        let mut request = request;
        request.extensions_mut().insert(Peer { address: None, is_proxy: true });
        let response = self.router.clone().oneshot(request).await.unwrap();
        for set in response.headers().get_all(header::SET_COOKIE) {
            let (pair, attributes) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    pub(super) async fn send(&mut self, request: Request<Body>) -> Reply {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        Reply { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn write(&mut self, method: Method, path: &str, body: &Value) -> Reply {
        let request = self.request(method, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Reply {
        self.write(Method::POST, path, body).await
    }

    pub(super) async fn delete(&mut self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn try_sign_in(&mut self, username: &str, password: &str, totp: Option<&str>) -> Reply {
        let body = json!({ "username": username, "password": password, "totp": totp });
        let reply = self.post("/api/v1/session", &body).await;
        if reply.status == 200 {
            self.csrf = reply.json()["csrf"].as_str().unwrap().to_owned();
        }
        reply
    }

    pub(super) async fn sign_in(&mut self, username: &str, password: &str) {
        let reply = self.try_sign_in(username, password, None).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

/// Waits for something that is on its way.
pub(super) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), looking)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"))
}
