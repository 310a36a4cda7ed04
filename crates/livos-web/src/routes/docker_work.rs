//! Single things in Docker, how busy containers are, and what happened lately; for admins.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, header};
use livos_bus::DockerThing;
use livos_bus::documents::{DockerEvent, DockerPlan, DockerStats};

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::{self, JobStarted, Json};
use crate::http::query::Query;
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// As many as the app engine takes, so that a message on the bus stays small.
const MOST_THINGS: usize = 200;
/// So much of what was acted on is noted in the trail.
const NOTED: usize = 400;

/// What is to be done to what
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct ActBody {
    /// `start`, `stop`, `restart`, `kill` or `remove`.
    verb: String,
    /// To what.
    things: Vec<DockerThing>,
}

impl ActBody {
    fn checked(&self) -> Result<&[DockerThing], ApiError> {
        let long =
            |thing: &DockerThing| thing.kind.len() > 16 || thing.id.len() > 256 || thing.code.len() > 64;
        if self.things.is_empty() || self.things.len() > MOST_THINGS || self.things.iter().any(long) {
            return Err(ApiError::invalid(format!(
                "‘things’ are between one and {MOST_THINGS}, by kind and id"
            )));
        }
        Ok(&self.things)
    }

    fn words(&self) -> String {
        let words: Vec<_> = self.things.iter().map(|thing| format!("{} {}", thing.kind, thing.id)).collect();
        words.join(", ").chars().take(NOTED).collect()
    }
}

/// What would happen to single things in Docker
///
/// Of each: what is done to it, in words, with a code that stands for exactly that, or why it can't be done.
#[utoipa::path(post, path = "/api/v1/docker/look", tag = "docker", request_body = ActBody, responses((status = 200, description = "Thing by thing; what is gone is left out", body = DockerPlan)))]
pub(crate) async fn look(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(body): Json<ActBody>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    document::reply(app.services.docker.look(&actor, &body.verb, body.checked()?).await?, &app.buffers)
}

/// Do what was agreed to
///
/// Each thing carries the code that was read. What is not as it was shown, and what came into use, stays.
#[utoipa::path(post, path = "/api/v1/docker/act", tag = "docker", request_body = ActBody, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn act(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(body): Json<ActBody>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    let job = app.services.docker_manager.act(&actor, &body.verb, body.checked()?).await?;
    let what = format!("docker.{}", body.verb);
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), &what, &body.words(), "ok").await;
    Ok(json::accepted(job))
}

/// What running containers use
///
/// Shares of the processors are what grew between two answers.
#[utoipa::path(get, path = "/api/v1/docker/stats", tag = "docker", responses((status = 200, description = "A sample of each", body = DockerStats)))]
pub(crate) async fn stats(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.docker.stats(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// What happened in Docker lately
#[utoipa::path(get, path = "/api/v1/docker/events", tag = "docker", params(
    ("since" = Option<i64>, Query, description = "UTC seconds; all that Docker remembers if not given"),
    ("follow" = Option<String>, Query, description = "1: and what comes after"),
), responses((status = 200, description = "A line each", body = DockerEvent, content_type = "application/x-ndjson")))]
pub(crate) async fn events(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let since = query.number::<i64>("since")?.unwrap_or(0);
    let actor = actor_of(&signed_in.person);
    let lines = app.services.docker.events(&actor, since, query.flag("follow")?).await?;
    let mut response = document::text(owned(lines), &app.buffers)?;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

/// What Docker itself wrote into the machine's journal
#[utoipa::path(get, path = "/api/v1/docker/engine/log", tag = "docker", params(
    ("tail" = Option<u32>, Query, description = "The last so many lines; 500 if not given"),
), responses((status = 200, description = "Plain text", body = String, content_type = "text/plain")))]
pub(crate) async fn engine_log(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let lines = query.number::<u32>("tail")?.unwrap_or(500);
    let text = app.services.host_docker.log(&actor_of(&signed_in.person), lines).await?;
    document::plain(text, &app.buffers)
}

/// Start Docker when it is down
#[utoipa::path(post, path = "/api/v1/docker/engine/start", tag = "docker", responses((status = 204, description = "It runs, or comes up")))]
pub(crate) async fn start_engine(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
) -> Result<Response, ApiError> {
    app.services.host_docker.start(&actor_of(&signed_in.person)).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.engine.start", "", "ok").await;
    Ok(super::done())
}
