//! Follows what happens in Docker, so that nobody has to ask.

use std::path::Path;

use futures_util::StreamExt;
use livos_docker::{EngineEvent, EventSubject, LabelFilter};
use livos_service::CancellationToken;
use livos_store::Job;
use livos_types::AppId;

use crate::Error;
use crate::core::adoption::Kind;
use crate::core::blueprint::LABEL_APP;
use crate::core::foreign::LABEL_PROJECT;
use crate::signs::Attempts;
use crate::store::Adopted;
use crate::work::{Apps, is_helper};

/// What changes the state that people see.
fn matters(action: &str) -> bool {
    matches!(action, "start" | "die" | "stop" | "kill" | "oom" | "destroy" | "pause" | "unpause" | "restart")
        || action.starts_with("health_status")
}

/// What changes what is shown of Docker as a whole. Health checks and the like happen all the time and don't.
fn shows(event: &EngineEvent) -> bool {
    match event.subject {
        EventSubject::Container => {
            matters(&event.action) || matches!(event.action.as_str(), "create" | "rename")
        }
        EventSubject::Image => {
            matches!(event.action.as_str(), "pull" | "tag" | "untag" | "delete" | "import" | "load")
        }
        EventSubject::Network | EventSubject::Volume => !matches!(event.action.as_str(), "mount" | "unmount"),
        EventSubject::Other => false,
    }
}

/// Runs until `shutdown`. While Docker is away it waits for its socket.
pub(crate) async fn follow(apps: Apps, shutdown: CancellationToken) {
    let docker = &apps.config.apps.docker;
    let socket = Path::new(docker.strip_prefix("unix://").unwrap_or(docker));
    let own = apps.own();
    let mut attempts = Attempts::new(socket, apps.ports.patience);
    loop {
        attempts.begin();
        let status = apps.engine_status().await;
        if status.usable {
            attempts.succeeded();
            let mut events = apps.ports.engine.events(&LabelFilter::any());
            // Whatever happened while nobody listened is seen now.
            let under_way = catch_up(&apps).await;
            tell_all(&apps).await;
            let followed = async {
                while let Some(event) = events.next().await {
                    match event {
                        Ok(event) => {
                            if shows(&event) {
                                apps.docker_changed();
                            }
                            // What works on an app's files is no part of it.
                            if event.attributes.get("name").is_some_and(|name| is_helper(name)) {
                                continue;
                            }
                            let of_app = event.subject == EventSubject::Container
                                && matters(&event.action)
                                && own.matches(&event.attributes);
                            if of_app
                                && let Some(Ok(id)) =
                                    event.attributes.get(LABEL_APP).map(|id| AppId::new(id.as_str()))
                            {
                                apps.app_changed(&id);
                            }
                            if event.subject == EventSubject::Container && matters(&event.action) {
                                tell_adopted(&apps, &event).await;
                            }
                        }
                        Err(error) => {
                            tracing::warn!(
                                error = livos_service::chain(&error),
                                "Docker no longer tells what happens"
                            );
                            return;
                        }
                    }
                }
            };
            let settled = async {
                apps.settle(&under_way).await;
                // All is in order; what ends the following is Docker or the shutdown.
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = followed => {}
                () = settled => {}
            }
            tell_all(&apps).await;
        }
        // A stream that ends at once must not become a busy loop: this waits also after a success.
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = attempts.next() => {}
        }
    }
}

/// Puts in order what no job works on; returns the jobs that leave something for later.
async fn catch_up(apps: &Apps) -> Vec<Job> {
    let warn = |error: Error| {
        tracing::warn!(error = livos_service::chain(&error), "the apps could not all be put in order");
    };
    match apps.under_way().await {
        Ok(under_way) => {
            apps.reconcile(&under_way).await.unwrap_or_else(warn);
            under_way
        }
        Err(error) => {
            warn(error);
            Vec::new()
        }
    }
}

/// What was adopted changes with its containers.
async fn tell_adopted(apps: &Apps, event: &EngineEvent) {
    match apps.rows.all_adopted().await {
        Ok(all) => {
            let about = |one: &&Adopted| match one.kind {
                Kind::Stack => event.attributes.get(LABEL_PROJECT) == Some(&one.subject),
                Kind::Container => event.attributes.get("name") == Some(&one.subject),
            };
            all.iter().filter(about).for_each(|one| apps.app_changed(&one.id));
        }
        Err(error) => {
            tracing::warn!(error = livos_service::chain(&error), "a change of what was adopted is not told");
        }
    }
}

async fn tell_all(apps: &Apps) {
    apps.docker_changed();
    match apps.rows.app_ids().await {
        Ok(ids) => {
            ids.iter().filter_map(|id| AppId::new(id.as_str()).ok()).for_each(|id| apps.app_changed(&id));
        }
        Err(error) => tracing::warn!(error = livos_service::chain(&error), "the apps could not be listed"),
    }
}
