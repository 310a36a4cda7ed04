//! Everything in Docker, for admins.

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::documents::{DockerDetail, DockerOverview, DockerVariable, ReclaimReply};

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::{self, JobStarted, Json};
use crate::http::query::Query;
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// The most lines of a log asked for at once.
const MOST_LINES: u32 = 10_000;

/// The full id of a container, which is all that is ever asked with.
pub(super) fn checked(id: &str) -> Result<&str, ApiError> {
    if id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(id);
    }
    Err(ApiError::invalid("the id of a container has 64 hexadecimal digits"))
}

/// Everything in Docker
#[utoipa::path(get, path = "/api/v1/docker", tag = "docker", responses((status = 200, description = "Containers, images, volumes and networks, whoever made them", body = DockerOverview)))]
pub(crate) async fn overview(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.docker.overview(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// One container
#[utoipa::path(get, path = "/api/v1/docker/containers/{id}", tag = "docker", params(("id" = String, Path, description = "The container's full id")), responses((status = 200, description = "The container; secrets are hidden", body = DockerDetail)))]
pub(crate) async fn container(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    document::reply(app.services.docker.container(&actor, checked(&id)?).await?, &app.buffers)
}

/// What to look after
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct AdoptBody {
    /// `stack` or `container`.
    kind: String,
    /// The compose project's name, or the container's full id.
    subject: String,
}

/// What is looked after now
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AdoptReply {
    /// Its id beside the apps.
    id: String,
}

/// Look after what LivOS did not make, without touching it
#[utoipa::path(post, path = "/api/v1/docker/adopted", tag = "docker", request_body = AdoptBody, responses((status = 201, description = "It is looked after", body = AdoptReply)))]
pub(crate) async fn adopt(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(body): Json<AdoptBody>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    let id = app.services.docker_manager.adopt(&actor, &body.kind, &body.subject).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.adopt", &id, "ok").await;
    Ok(json::reply(http::StatusCode::CREATED, &AdoptReply { id }))
}

/// Give back what was adopted, as it is
#[utoipa::path(delete, path = "/api/v1/docker/adopted/{id}", tag = "docker", params(("id" = String, Path, description = "Its id")), responses((status = 204, description = "It is given back")))]
pub(crate) async fn release(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = super::apps::checked(&id)?;
    app.services.docker_manager.release(&actor_of(&signed_in.person), id.as_str()).await?;
    app.identity
        .audit(Some(&signed_in.person), Some(&edge.visitor), "docker.release", id.as_str(), "ok")
        .await;
    Ok(super::done())
}

/// The environment of a container, secrets and all
#[utoipa::path(get, path = "/api/v1/docker/containers/{id}/environment", tag = "docker", params(("id" = String, Path, description = "The container's full id")), responses((status = 200, description = "Its variables", body = Vec<DockerVariable>)))]
pub(crate) async fn environment(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let found = app.services.docker_manager.environment(&actor_of(&signed_in.person), id).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.secrets", id, "ok").await;
    document::reply(found, &app.buffers)
}

/// What a container writes
#[utoipa::path(get, path = "/api/v1/docker/containers/{id}/logs", tag = "docker", params(
    ("id" = String, Path, description = "The container's full id"),
    ("tail" = Option<u32>, Query, description = "The last lines; 200 if not given"),
    ("follow" = Option<String>, Query, description = "1: and what comes after"),
), responses((status = 200, description = "Text", body = String, content_type = "text/plain")))]
pub(crate) async fn logs(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let tail = query.number::<u32>("tail")?.unwrap_or(200).min(MOST_LINES);
    let actor = actor_of(&signed_in.person);
    let log = app.services.docker.logs(&actor, checked(&id)?, tail, query.flag("follow")?).await?;
    document::text(owned(log), &app.buffers)
}

/// How a container that is no app's is started or stopped
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct ContainerBody {
    /// The person knows that LivOS did not make it and something else may rely on it.
    #[serde(default)]
    sure: bool,
}

/// Start a container that is no app's
#[utoipa::path(post, path = "/api/v1/docker/containers/{id}/start", tag = "docker", params(("id" = String, Path, description = "The container's full id")), request_body = ContainerBody, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn start(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<ContainerBody>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let job = app.services.docker_manager.start(&actor_of(&signed_in.person), id, body.sure).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.start", id, "ok").await;
    Ok(json::accepted(job))
}

/// Stop a container that is no app's
#[utoipa::path(post, path = "/api/v1/docker/containers/{id}/stop", tag = "docker", params(("id" = String, Path, description = "The container's full id")), request_body = ContainerBody, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn stop(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<ContainerBody>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let job = app.services.docker_manager.stop(&actor_of(&signed_in.person), id, body.sure).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.stop", id, "ok").await;
    Ok(json::accepted(job))
}

/// Stop and start a container that is no app's
#[utoipa::path(post, path = "/api/v1/docker/containers/{id}/restart", tag = "docker", params(("id" = String, Path, description = "The container's full id")), request_body = ContainerBody, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn restart(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<ContainerBody>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let job = app.services.docker_manager.restart(&actor_of(&signed_in.person), id, body.sure).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.restart", id, "ok").await;
    Ok(json::accepted(job))
}

/// What could be removed to get room
#[utoipa::path(get, path = "/api/v1/docker/reclaim", tag = "docker", responses((status = 200, description = "What nothing uses, line by line", body = ReclaimReply)))]
pub(crate) async fn reclaimable(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.docker.reclaimable(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// What is to be removed
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct ReclaimBody {
    /// The codes of the lines that are agreed to.
    codes: Vec<String>,
}

/// Remove what nothing uses
#[utoipa::path(post, path = "/api/v1/docker/reclaim", tag = "docker", request_body = ReclaimBody, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn reclaim(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(body): Json<ReclaimBody>,
) -> Result<Response, ApiError> {
    let codes: Vec<&str> = body.codes.iter().map(String::as_str).collect();
    let job = app.services.docker_manager.reclaim(&actor_of(&signed_in.person), &codes).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.reclaim", &job, "ok").await;
    Ok(json::accepted(job))
}
