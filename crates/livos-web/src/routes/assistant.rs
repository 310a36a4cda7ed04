//! Conversations with the agent. Whose each is, the agent's daemon knows; here it only passes through.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use livos_bus::assistant::{
    AssistantStatus, Conversation, ConversationInfo, ConversationsReply, Replay, Tier, WholeResult,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::json::{self, Json};
use crate::http::query::Query;
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// Ids are the daemon's own; what can't be one is not looked for.
pub(super) fn checked(id: &str) -> Result<&str, ApiError> {
    if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(id);
    }
    Err(ApiError::not_found("there is no such conversation; it may have been deleted"))
}

/// Whether the assistant can answer
#[utoipa::path(get, path = "/api/v1/assistant/status", tag = "assistant", responses((status = 200, description = "Its state", body = AssistantStatus)))]
pub(crate) async fn status(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    match app.services.chat.status(&actor_of(&signed_in.person)).await {
        Ok(status) => document::reply(status, &app.buffers),
        Err(error) if error.kind == livos_bus::ErrorKind::Unavailable => {
            let state = "unavailable".to_owned();
            Ok(json::ok(&AssistantStatus { state, model: None, tiers: Vec::new() }))
        }
        Err(error) => Err(error.into()),
    }
}

/// One's own conversations
#[utoipa::path(get, path = "/api/v1/assistant/conversations", tag = "assistant", responses((status = 200, description = "The latest first", body = ConversationsReply)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.chat.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Begin a conversation
#[utoipa::path(post, path = "/api/v1/assistant/conversations", tag = "assistant", responses((status = 201, description = "Begun", body = ConversationInfo)))]
pub(crate) async fn create(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    let made = app.services.chat.create(&actor_of(&signed_in.person)).await?;
    let mut response = document::reply(made, &app.buffers)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// A conversation with all that was said
#[utoipa::path(get, path = "/api/v1/assistant/conversations/{id}", tag = "assistant", params(("id" = String, Path, description = "The conversation")), responses((status = 200, description = "The conversation", body = Conversation)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let found = app.services.chat.get(&actor_of(&signed_in.person), checked(&id)?).await?;
    document::reply(found, &app.buffers)
}

/// What to change of a conversation; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversationPatch {
    /// Its title.
    title: Option<String>,
    /// Keep it on top.
    pinned: Option<bool>,
    /// Put it away.
    archived: Option<bool>,
    /// Which model answers in it, from the next message on.
    tier: Option<Tier>,
    /// How hard that thinks: `low`, `medium` or `high`; `""` for as its provider thinks best.
    thinking: Option<String>,
}

/// Rename, pin or archive a conversation, or choose its model
#[utoipa::path(patch, path = "/api/v1/assistant/conversations/{id}", tag = "assistant", params(("id" = String, Path, description = "The conversation")), request_body = ConversationPatch, responses((status = 204, description = "Changed")))]
pub(crate) async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(patch): Json<ConversationPatch>,
) -> Result<Response, ApiError> {
    let (chat, actor, id) = (&app.services.chat, actor_of(&signed_in.person), checked(&id)?);
    if let Some(title) = patch.title {
        chat.rename(&actor, id, &title).await?;
    }
    if let Some(on) = patch.pinned {
        chat.pin(&actor, id, on).await?;
    }
    if let Some(on) = patch.archived {
        chat.archive(&actor, id, on).await?;
    }
    if let Some(tier) = patch.tier {
        chat.set_tier(&actor, id, tier.as_str()).await?;
    }
    if let Some(thinking) = patch.thinking {
        chat.set_thinking(&actor, id, &thinking).await?;
    }
    Ok(super::done())
}

/// Delete a conversation
#[utoipa::path(delete, path = "/api/v1/assistant/conversations/{id}", tag = "assistant", params(("id" = String, Path, description = "The conversation")), responses((status = 204, description = "Gone")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    app.services.chat.remove(&actor_of(&signed_in.person), id).await?;
    app.identity.store().forget_rules(signed_in.person.id.as_str(), id).await?;
    Ok(super::done())
}

/// A message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageRequest {
    /// What to say, at most 32 KiB; `""` with a picture.
    text: String,
    /// The ids of what to show with it, at most four.
    #[serde(default)]
    pictures: Vec<String>,
}

/// The answer that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunStarted {
    /// Its number.
    pub(super) run: i64,
}

/// Say something
///
/// The answer comes over the conversation's events. While one is being made, messages wait in order.
#[utoipa::path(post, path = "/api/v1/assistant/conversations/{id}/messages", tag = "assistant", params(("id" = String, Path, description = "The conversation")), request_body = MessageRequest, responses((status = 202, description = "It will be answered", body = RunStarted)))]
pub(crate) async fn send(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(asked): Json<MessageRequest>,
) -> Result<Response, ApiError> {
    // The daemon keeps it, too: a message that was taken in is known there when this one died before it answered.
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let actor = actor_of(&signed_in.person);
    let MessageRequest { text, pictures } = asked;
    let run = app.services.chat.send(&actor, checked(&id)?, &text, &pictures, key).await?;
    Ok(json::reply(StatusCode::ACCEPTED, &RunStarted { run }))
}

/// Stop the answer that is being made
///
/// Messages that wait are then taken up in their turn.
#[utoipa::path(post, path = "/api/v1/assistant/conversations/{id}/stop", tag = "assistant", params(("id" = String, Path, description = "The conversation")), responses((status = 204, description = "It ends")))]
pub(crate) async fn stop(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.services.chat.stop(&actor_of(&signed_in.person), checked(&id)?).await?;
    Ok(super::done())
}

/// Go through a run once more
///
/// From its log alone: no model is asked and no tool used. Each step is held against what had to come, and what a model was
/// told against the digest that was kept of it.
#[utoipa::path(get, path = "/api/v1/assistant/runs/{run}/replay", tag = "assistant", params(("run" = i64, Path, description = "The run, as items say it")), responses((status = 200, description = "Its steps", body = Replay)))]
pub(crate) async fn replay(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(run): Path<i64>,
) -> Result<Response, ApiError> {
    document::reply(app.services.chat.replay(&actor_of(&signed_in.person), run).await?, &app.buffers)
}

/// All that a tool said
///
/// Of an item whose `output` was cut, by the name that it has as `kept`.
#[utoipa::path(get, path = "/api/v1/assistant/conversations/{id}/results/{reference}", tag = "assistant", params(
    ("id" = String, Path, description = "The conversation"),
    ("reference" = String, Path, description = "The result, as the item names it"),
), responses((status = 200, description = "What it said", body = WholeResult)))]
pub(crate) async fn whole_result(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((id, reference)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    document::reply(app.services.chat.whole_result(&actor, checked(&id)?, &reference).await?, &app.buffers)
}

/// A conversation as it goes on
///
/// Server-sent events: `item` (new, or in place of the one with its `key`), `delta` (`run`, `item`, `text`: more of an
/// item), `queued`, `state`, `title`, and `reset` (read everything again). What is settled has an id, with which
/// `Last-Event-ID` or `after` go on where a stream broke. Closing it changes nothing.
#[utoipa::path(get, path = "/api/v1/assistant/conversations/{id}/events", tag = "assistant", params(
    ("id" = String, Path, description = "The conversation"),
    ("after" = Option<i64>, Query, description = "The `seq` of what is known already; everything without it"),
), responses((status = 200, description = "item, delta, queued, state, title, reset", body = String, content_type = "text/event-stream")))]
pub(crate) async fn events(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let last =
        headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|id| id.parse().ok());
    let after = match last {
        Some(last) => last,
        None => query.number::<i64>("after")?.unwrap_or(0),
    };
    let pipe = app.services.chat.events(&actor_of(&signed_in.person), checked(&id)?, after.max(0)).await?;
    let counted = signed_in.session.open_stream().ok_or_else(|| ApiError::rate_limited(15))?;
    // The guard lets go of the body, and so of the pipe, when the right to read it ends.
    let (body, _) = document::body(owned(pipe), &app.buffers)?;
    let body = axum::body::Body::new(http_body_util::BodyExt::map_frame(body, move |frame| {
        let _held = &counted;
        frame
    }));
    let mut response = body.into_response();
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // For proxies that collect answers before they pass them on.
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}
