//! The sockets that apps get in the place of Docker's when they may only look.
//!
//! Each app has its own, in a folder that nobody else sees; whoever can reach it is that app. Nothing wakes up while
//! nobody is connected.

use std::collections::HashMap;
use std::convert::Infallible;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderName};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use livos_service::CancellationToken;
use livos_types::AppId;
use serde_json::{Map, Value};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::DropGuard;

use crate::Error;
use crate::core::blueprint::LABEL_APP;
use crate::core::docker_view::{self, Asked, REFUSED};
use crate::error::refused;

/// A dashboard follows the figures and the log of every container; whatever is beyond that waits.
const CONNECTIONS: usize = 128;
/// How many answers are read and changed at the same time, for all apps together.
const REWRITING: usize = 2;
/// An answer that is longer is no description of a container.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;
/// So many changed answers an app may leave unread; whoever reads none of them waits for itself alone.
const UNREAD: usize = 4;
/// A request is a line and some headers.
const LONGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// Whoever is connected says something within this time, or is asked to come again.
const SPEAKS_WITHIN: Duration = Duration::from_secs(60);
/// Docker measures disks for some of its answers.
const ANSWERS_WITHIN: Duration = Duration::from_secs(120);
/// The file in an app's folder.
const NAME: &str = "docker.sock";

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// All of them. Clones share them.
#[derive(Clone)]
pub(crate) struct DockerViews(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    /// Docker's own.
    engine: PathBuf,
    /// What marks the containers of this LivOS.
    installation: (&'static str, String),
    rewriting: Semaphore,
    open: Mutex<HashMap<AppId, Open>>,
}

/// A socket that is served.
struct Open {
    /// It is made anew, so that whoever had mounted an older one cannot reach it.
    renewed: bool,
    /// What is served ends with it.
    _ends: DropGuard,
}

impl DockerViews {
    pub(crate) fn new(folder: PathBuf, engine: &str, installation: (&'static str, String)) -> Self {
        let engine = PathBuf::from(engine.strip_prefix("unix://").unwrap_or(engine));
        let rewriting = Semaphore::new(REWRITING);
        Self(Arc::new(Shared { folder, engine, installation, rewriting, open: Mutex::default() }))
    }

    /// Where an app's socket is.
    pub(crate) fn path(&self, app: &AppId) -> PathBuf {
        self.0.folder.join(app.as_str()).join(NAME)
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<AppId, Open>> {
        // Nothing is left half-done in there.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves an app's socket, if it is not served already.
    pub(crate) fn open(&self, app: &AppId) -> Result<(), Error> {
        let mut all = self.all();
        if all.contains_key(app) {
            return Ok(());
        }
        let failed = |what: &str, error: std::io::Error| {
            refused("files", format!("the app's view of Docker cannot be {what}: {error}"))
        };
        let folder = self.0.folder.join(app.as_str());
        livos_service::fs::create_directory(&self.0.folder, 0o700)?;
        livos_service::fs::create_directory(&folder, 0o700)?;
        let path = folder.join(NAME);
        // The one of an earlier run is nobody's any more; one cannot listen at it again.
        let renewed = match std::fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed("made anew", error)),
        };
        let listener = listen(&folder).map_err(|error| failed("made", error))?;
        let ends = CancellationToken::new();
        let unread = Arc::new(Semaphore::new(UNREAD));
        let view = Arc::new(View { app: app.clone(), shared: Arc::clone(&self.0), unread });
        tokio::spawn(view.serve(listener, ends.clone()));
        all.insert(app.clone(), Open { renewed, _ends: ends.drop_guard() });
        Ok(())
    }

    /// Serves it no more.
    pub(crate) fn close(&self, app: &AppId) -> Result<(), Error> {
        drop(self.all().remove(app));
        match std::fs::remove_dir_all(self.0.folder.join(app.as_str())) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(refused("files", format!("the app's view of Docker cannot be removed: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Whether containers that ran before we did have to be started again to reach it.
    pub(crate) fn is_renewed(&self, app: &AppId) -> bool {
        self.all().get(app).is_some_and(|open| open.renewed)
    }

    /// Its containers do not run, and mount the new one when they start.
    pub(crate) fn forget_renewed(&self, app: &AppId) {
        if let Some(open) = self.all().get_mut(app) {
            open.renewed = false;
        }
    }
}

/// Through the folder's descriptor, as the name of a socket may have 107 bytes and no more.
fn listen(folder: &Path) -> std::io::Result<UnixListener> {
    let folder = std::fs::File::open(folder)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(NAME);
    let listener = UnixListener::bind(&path)?;
    // The users in the app's containers are not known here; nobody else comes as far as this.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

/// What one app sees.
struct View {
    app: AppId,
    shared: Arc<Shared>,
    /// One for each changed answer that has not been written yet.
    unread: Arc<Semaphore>,
}

/// A changed answer, which counts until its last byte is written.
struct Unread {
    bytes: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Unread {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl View {
    async fn serve(self: Arc<Self>, listener: UnixListener, ends: CancellationToken) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await.ok()?;
                Some((listener.accept().await, place))
            };
            let (accepted, place) = tokio::select! {
                () = ends.cancelled() => return,
                next = next => match next { Some(next) => next, None => return },
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, app = %self.app, "an app cannot connect to its view of Docker");
                    // There are too many open files; trying at once would do nothing else.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            let (view, ends) = (Arc::clone(&self), ends.clone());
            tokio::spawn(async move {
                let answering = service_fn(move |request| {
                    let view = Arc::clone(&view);
                    async move { Ok::<_, Infallible>(view.answer(request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(SPEAKS_WITHIN)
                    .max_headers(MOST_HEADERS)
                    .max_buf_size(LONGEST_HEAD)
                    .serve_connection(TokioIo::new(stream), answering);
                tokio::select! {
                    () = ends.cancelled() => {}
                    // What is wrong with a connection is the app's business.
                    _ = connection => {}
                }
                drop(place);
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let uri = request.uri();
        let plain = uri.scheme().is_none() && uri.authority().is_none() && request.body().is_end_stream();
        let asked = docker_view::judge(request.method().as_str(), uri.path(), uri.query());
        let upgrades = request.headers().contains_key(header::UPGRADE);
        let Some(asked) = asked.filter(|_| plain && !upgrades) else {
            return said(StatusCode::FORBIDDEN, REFUSED);
        };
        let asking = tokio::time::timeout(ANSWERS_WITHIN, self.ask(request.method(), &asked));
        match asking.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::debug!(error = livos_service::chain(&*error), app = %self.app, "Docker was not reached");
                said(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Docker cannot be reached at the moment; try again later.",
                )
            }
            Err(_) => said(StatusCode::GATEWAY_TIMEOUT, "Docker did not answer in time; try again later."),
        }
    }

    /// Asks Docker on a connection of its own.
    async fn ask(
        &self,
        method: &Method,
        asked: &Asked,
    ) -> Result<Response<Body>, Box<dyn std::error::Error + Send + Sync>> {
        let stream = UnixStream::connect(&self.shared.engine).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the answer, or with whoever reads it.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(&asked.target)
            .header(header::HOST, "docker")
            .body(Empty::<Bytes>::new())?;
        let (mut head, body) = sender.send_request(request).await?.into_parts();
        for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TRAILER] {
            head.headers.remove(name);
        }
        head.headers.remove(HeaderName::from_static("keep-alive"));
        if !asked.hides || method == Method::HEAD || head.status != StatusCode::OK {
            return Ok(Response::from_parts(head, body.boxed_unsync()));
        }
        let place = Arc::clone(&self.unread).acquire_owned().await?;
        let _turn = self.shared.rewriting.acquire().await?;
        let whole = Limited::new(body, LONGEST_ANSWER).collect().await?.to_bytes();
        let mut answer: Value = serde_json::from_slice(&whole)?;
        drop(whole);
        docker_view::hide(&mut answer, &|labels| self.is_own(labels));
        head.headers.remove(header::CONTENT_LENGTH);
        let changed = Bytes::from_owner(Unread { bytes: serde_json::to_vec(&answer)?, _place: place });
        Ok(Response::from_parts(head, full(changed)))
    }

    fn is_own(&self, labels: &Map<String, Value>) -> bool {
        let (installation, number) = &self.shared.installation;
        let has = |key: &str, value: &str| labels.get(key).and_then(Value::as_str) == Some(value);
        has(LABEL_APP, self.app.as_str()) && has(installation, number)
    }
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// As Docker says what is wrong.
fn said(status: StatusCode, message: &str) -> Response<Body> {
    let mut response =
        Response::new(full(Bytes::from(serde_json::json!({ "message": message }).to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    // What follows may be the rest of what was refused.
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    response
}
