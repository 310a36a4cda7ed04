//! Signals from the bus become events. Each kind is followed by a task of its own, so that a daemon that is
//! slow to say how its job stands holds nothing else up.

use std::sync::Arc;

use futures_util::StreamExt as _;
use livos_bus::names::{self, Service};
use livos_bus::{Actor, ErrorKind, JobsProxy, Via};
use livos_service::{CancellationToken, TaskTracker};
use zbus::fdo::DBusProxy;
use zbus::names::{BusName, WellKnownName};

use super::Events;
use crate::core::updating;
use crate::services::Services;

/// Follows everything there is to follow, until `shutdown`.
pub(crate) async fn follow(
    events: &Arc<Events>,
    services: &Services,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
) -> zbus::Result<()> {
    for (service, jobs) in services.jobs() {
        let signals = jobs.receive_job_changed().await?;
        let work = follow_jobs(Arc::clone(events), jobs.clone(), signals);
        spawn(tasks, shutdown, work);
        tracing::debug!(service = service.short, "following its jobs");
    }
    let mut apps = services.apps.receive_app_changed().await?;
    let sink = Arc::clone(events);
    spawn(tasks, shutdown, async move {
        while let Some(signal) = apps.next().await {
            if let Ok(args) = signal.args() {
                sink.app(args.id());
            }
        }
    });
    let mut catalog = services.catalog.receive_catalog_changed().await?;
    let sink = Arc::clone(events);
    spawn(tasks, shutdown, async move {
        while catalog.next().await.is_some() {
            sink.catalog();
        }
    });
    let mut docker = services.docker.receive_docker_changed().await?;
    let sink = Arc::clone(events);
    spawn(tasks, shutdown, async move {
        while docker.next().await.is_some() {
            sink.docker();
        }
    });
    let mut folders = services.files.receive_dir_changed().await?;
    let sink = Arc::clone(events);
    spawn(tasks, shutdown, async move {
        while let Some(signal) = folders.next().await {
            if let Ok(args) = signal.args() {
                sink.dir(args.root(), args.path());
            }
        }
    });
    let mut conversations = services.chat.receive_conversation_changed().await?;
    let sink = Arc::clone(events);
    spawn(tasks, shutdown, async move {
        while let Some(signal) = conversations.next().await {
            if let Ok(args) = signal.args() {
                sink.assistant(args.user(), args.id());
            }
        }
    });
    let mut answered = services.schedules.receive_schedule_answered().await?;
    let sink = Arc::clone(events);
    spawn(tasks, shutdown, async move {
        while let Some(signal) = answered.next().await {
            if let Ok(args) = signal.args() {
                sink.reminder(args.user(), args.conversation());
            }
        }
    });
    let updates = services.host_update.receive_update_changed().await?;
    spawn(tasks, shutdown, follow_updates(Arc::clone(events), services.clone(), updates));
    follow_names(events, services, tasks, shutdown).await
}

/// An update that is under way is a job to everybody who may see it; its end is told once.
async fn follow_updates(events: Arc<Events>, services: Services, signals: livos_bus::UpdateChangedStream) {
    let mut batches = signals.ready_chunks(256);
    // This daemon is restarted by an update, so the one that goes on may have begun before.
    let mut went_on = false;
    loop {
        if let Some(actor) = everything()
            && let Some(job) = services.update_job(&actor).await
        {
            let goes_on = updating::goes_on(&job);
            if goes_on || went_on {
                events.job(&job);
            }
            went_on = goes_on;
        }
        if batches.next().await.is_none() {
            return;
        }
        events.update();
    }
}

pub(crate) fn spawn(
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
    work: impl Future<Output = ()> + Send + 'static,
) {
    let shutdown = shutdown.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
    });
}

async fn follow_jobs(events: Arc<Events>, jobs: JobsProxy<'static>, signals: livos_bus::JobChangedStream) {
    // What arrived while the last answer was awaited is looked up once a job, however often it moved.
    let mut batches = signals.ready_chunks(256);
    while let Some(batch) = batches.next().await {
        let mut ids: Vec<String> = Vec::with_capacity(batch.len());
        for signal in &batch {
            if let Ok(args) = signal.args() {
                let id = args.id().to_string();
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        for id in ids {
            look_up(&events, &jobs, &id).await;
        }
    }
}

async fn look_up(events: &Events, jobs: &JobsProxy<'static>, id: &str) {
    let Some(actor) = everything() else { return };
    match jobs.get(&actor, id).await {
        Ok(job) => events.job(&job),
        Err(error) if error.kind == ErrorKind::NotFound => events.job_removed(id),
        // The daemon is gone for the moment; when it comes back, its jobs are listed again.
        Err(error) => tracing::debug!(job = id, %error, "a job that changed could not be read"),
    }
}

/// Reads jobs for everybody; the audience of each event decides who gets to see it.
pub(crate) fn everything() -> Option<Actor> {
    Actor::command_line().map(|actor| Actor { via: Via::Web, ..actor })
}

async fn follow_names(
    events: &Arc<Events>,
    services: &Services,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
) -> zbus::Result<()> {
    let bus = DBusProxy::new(&services.connection).await?;
    for service in names::SERVICES.into_iter().filter(|service| *service != names::WEB) {
        let mut changes = bus.receive_name_owner_changed_with_args(&[(0, service.bus_name)]).await?;
        // Subscribed first, asked second: nothing falls between.
        let name = BusName::from(WellKnownName::from_static_str_unchecked(service.bus_name));
        events.service(service, bus.name_has_owner(name).await?);
        let (sink, services) = (Arc::clone(events), services.clone());
        spawn(tasks, shutdown, async move {
            while let Some(change) = changes.next().await {
                let Ok(args) = change.args() else { continue };
                let up = args.new_owner().is_some();
                sink.service(service, up);
                if up {
                    came_back(&sink, &services, service).await;
                }
            }
        });
    }
    Ok(())
}

/// A daemon that starts may have ended jobs on the way up, before anybody could hear it.
async fn came_back(events: &Events, services: &Services, service: Service) {
    let Some((_, jobs)) = services.jobs().iter().find(|(other, _)| *other == service) else { return };
    let Some(actor) = everything() else { return };
    match jobs.list(&actor).await {
        Ok(list) => list.iter().rev().for_each(|job| events.job(job)),
        Err(error) => {
            tracing::debug!(service = service.short, %error, "no jobs from a service that came back");
        }
    }
}
