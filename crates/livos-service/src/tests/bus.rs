//! Through the D-Bus face, peer to peer.

use std::sync::Mutex;

use futures_util::StreamExt;
use livos_bus::{Actor, Caller, Callers, ErrorKind, JobInfo, JobsProxy, ServiceProxy, Via, names};
use livos_types::{JobId, Role, UserId};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use zbus::{Connection, Guid, connection::Builder};

use crate::jobs::{JobFuture, JobSource, serve_jobs};
use crate::status::{Health, serve_status};

async fn pair() -> (Connection, Connection) {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let server = Builder::unix_stream(ours).server(Guid::generate()).p2p();
    let client = Builder::unix_stream(theirs).p2p();
    tokio::try_join!(server.build(), client.build()).unwrap()
}

fn job(number: i64, started_by: &str) -> JobInfo {
    JobInfo {
        id: format!("apps-{number}"),
        kind: "app.install".into(),
        subject: "x".into(),
        title: "Install X".into(),
        state: "running".into(),
        step: String::new(),
        step_index: 0,
        step_count: 0,
        done: 0,
        total: 0,
        unit: String::new(),
        rate: 0,
        detail: String::new(),
        error_code: String::new(),
        error_message: String::new(),
        started_by: started_by.into(),
        created_at: 1,
        started_at: 1,
        finished_at: 0,
        cancellable: true,
        retryable: false,
    }
}

struct TwoJobs {
    changes: broadcast::Sender<JobId>,
    cancelled: Mutex<Vec<JobId>>,
}

impl JobSource for std::sync::Arc<TwoJobs> {
    fn list(&self) -> JobFuture<'_, Vec<JobInfo>> {
        Box::pin(async { Ok(vec![job(2, "grace"), job(1, "ada")]) })
    }
    fn get<'a>(&'a self, id: &'a JobId) -> JobFuture<'a, Option<JobInfo>> {
        Box::pin(
            async move { Ok(self.list().await?.into_iter().find(|job| job.job_id().as_ref() == Some(id))) },
        )
    }
    fn cancel<'a>(&'a self, id: &'a JobId) -> JobFuture<'a, ()> {
        Box::pin(async move {
            self.cancelled.lock().unwrap().push(id.clone());
            Ok(())
        })
    }
    fn retry<'a>(&'a self, _: &'a JobId) -> JobFuture<'a, ()> {
        Box::pin(async { Err(livos_bus::Error::conflict("it has not failed")) })
    }
    fn dismiss<'a>(&'a self, _: &'a JobId) -> JobFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    fn log<'a>(&'a self, id: &'a JobId) -> JobFuture<'a, String> {
        Box::pin(async move { Ok(format!("log of {id}\n")) })
    }
    fn changes(&self) -> broadcast::Receiver<JobId> {
        self.changes.subscribe()
    }
}

struct Served {
    jobs: JobsProxy<'static>,
    source: std::sync::Arc<TwoJobs>,
    shutdown: CancellationToken,
    _connections: (Connection, Connection),
}

async fn served(caller: Caller) -> Served {
    let (server, client) = pair().await;
    let source =
        std::sync::Arc::new(TwoJobs { changes: broadcast::channel(16).0, cancelled: Mutex::default() });
    let shutdown = CancellationToken::new();
    let announcing =
        serve_jobs(&server, names::APPS, source.clone(), Callers::peer(caller), shutdown.clone())
            .await
            .unwrap();
    tokio::spawn(announcing);
    let jobs = JobsProxy::builder(&client)
        .destination(names::APPS.bus_name)
        .path(names::APPS.path)
        .build()
        .await
        .unwrap();
    Served { jobs, source, shutdown, _connections: (server, client) }
}

fn actor(user: &str, role: Role) -> Actor {
    Actor { user: UserId::new(user).unwrap(), role, via: Via::Web, ..Actor::command_line().unwrap() }
}

#[tokio::test]
async fn status_tells_what_is_degraded() {
    let (server, client) = pair().await;
    let health = Health::default();
    serve_status(&server, names::APPS, "1.2.3", 77, &health).await.unwrap();
    let proxy = ServiceProxy::builder(&client)
        .destination(names::APPS.bus_name)
        .path(names::APPS.path)
        .build()
        .await
        .unwrap();
    let status = proxy.status().await.unwrap();
    assert_eq!((status.name.as_str(), status.version.as_str(), status.started_at), ("apps", "1.2.3", 77));
    assert_eq!((status.state.as_str(), status.detail.as_str()), ("ok", ""));
    health.degraded("Docker does not answer");
    let status = proxy.status().await.unwrap();
    assert_eq!((status.state.as_str(), status.detail.as_str()), ("degraded", "Docker does not answer"));
}

#[tokio::test]
async fn a_member_sees_and_controls_only_what_they_started() {
    let served = served(Caller::Web).await;
    let ada = actor("ada", Role::Member);
    let ids = |jobs: Vec<JobInfo>| jobs.into_iter().map(|job| job.id).collect::<Vec<_>>();
    assert_eq!(ids(served.jobs.list(&ada).await.unwrap()), ["apps-1"]);
    assert_eq!(ids(served.jobs.list(&actor("bob", Role::Admin)).await.unwrap()), ["apps-2", "apps-1"]);
    served.jobs.cancel(&ada, "apps-1").await.unwrap();
    for foreign in ["apps-2", "apps-9", "files-1", "../x", ""] {
        assert_eq!(
            served.jobs.cancel(&ada, foreign).await.unwrap_err().kind,
            ErrorKind::NotFound,
            "{foreign:?}"
        );
        assert_eq!(
            served.jobs.log(&ada, foreign).await.unwrap_err().kind,
            ErrorKind::NotFound,
            "{foreign:?}"
        );
    }
    assert_eq!(*served.source.cancelled.lock().unwrap(), [JobId::new("apps", 1)]);
    // Whoever may no longer install may not do it by trying an old job again.
    assert_eq!(served.jobs.retry(&ada, "apps-1").await.unwrap_err().kind, ErrorKind::Denied);
    let bob = actor("bob", Role::Admin);
    assert_eq!(served.jobs.retry(&bob, "apps-1").await.unwrap_err().kind, ErrorKind::Conflict);
}

#[tokio::test]
async fn nobody_but_the_edge_and_the_administrator_may_ask() {
    let served = served(Caller::Nexus).await;
    let owner = actor("ada", Role::Owner);
    assert_eq!(served.jobs.list(&owner).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(served.jobs.cancel(&owner, "apps-1").await.unwrap_err().kind, ErrorKind::Denied);
}

#[tokio::test]
async fn a_log_comes_as_a_descriptor_that_ends() {
    let served = served(Caller::Web).await;
    let descriptor = served.jobs.log(&actor("ada", Role::Member), "apps-1").await.unwrap();
    let file = std::fs::File::from(std::os::fd::OwnedFd::from(descriptor));
    assert_eq!(std::io::read_to_string(file).unwrap(), "log of apps-1\n");
}

#[tokio::test]
async fn a_burst_of_changes_is_two_signals_and_the_last_one_is_told() {
    let served = served(Caller::Web).await;
    let mut signals = served.jobs.receive_job_changed().await.unwrap();
    for _ in 0..10 {
        served.source.changes.send(JobId::new("apps", 1)).unwrap();
    }
    // The first comes at once, the other nine joined into one when the quiet time is over.
    assert_eq!(signals.next().await.unwrap().args().unwrap().id, "apps-1");
    assert_eq!(signals.next().await.unwrap().args().unwrap().id, "apps-1");
    served.source.changes.send(JobId::new("apps", 2)).unwrap();
    assert_eq!(signals.next().await.unwrap().args().unwrap().id, "apps-2");
    served.shutdown.cancel();
}
