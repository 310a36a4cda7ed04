//! What the agent proposes, for the person it was proposed to and nobody else.

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::approvals::{ProposalsReply, ProposedAction, UndoAgreed, UndoPlan};
use livos_policy::{Verdict, proposable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::approvals::{self, Judge};
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::{self, JobStarted, Json};
use crate::identity::SignedIn;
use crate::services::actor_of;

fn checked(id: &str) -> Result<&str, ApiError> {
    if (1..=96).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(id);
    }
    Err(ApiError::not_found("there is no such proposal; its conversation may have been deleted"))
}

fn judge_of(signed_in: &SignedIn, edge: &Edge) -> Judge {
    Judge::Person(std::sync::Arc::clone(&signed_in.person), edge.visitor.clone())
}

/// What waits for one's answer
#[utoipa::path(get, path = "/api/v1/assistant/approvals", tag = "assistant", responses((status = 200, description = "The oldest first; also what is being done just now", body = ProposalsReply)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.approvals.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    /// Do it.
    Approve,
    /// Don't.
    Deny,
}

/// An answer to a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalBody {
    /// Yes or no.
    decision: Decision,
    /// What is agreed to, exactly as it was shown; 409 `changed` when it is another.
    #[serde(default)]
    action: Option<ProposedAction>,
    /// Nor ask again for this tool in this conversation.
    #[serde(default)]
    always: bool,
}

/// Answer a proposal
///
/// What is agreed to is begun at once, with the person's own rights, and the conversation says how it ended.
#[utoipa::path(post, path = "/api/v1/assistant/approvals/{id}", tag = "assistant", params(("id" = String, Path, description = "The proposal")), request_body = ApprovalBody, responses((status = 204, description = "Answered")))]
pub(crate) async fn answer(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<ApprovalBody>,
) -> Result<Response, ApiError> {
    let (id, by) = (checked(&id)?, judge_of(&signed_in, &edge));
    match (body.decision, body.action) {
        (Decision::Approve, Some(action)) => approvals::approve(&app, by, id, action, body.always).await?,
        (Decision::Approve, None) => return Err(ApiError::invalid("say what is agreed to, as ‘action’")),
        (Decision::Deny, _) => approvals::deny(&app, &by, id).await?,
    }
    Ok(super::done())
}

/// What is to be taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoBody {
    /// What was done, exactly as it was shown.
    action: ProposedAction,
}

/// Take back what was done
#[utoipa::path(post, path = "/api/v1/assistant/approvals/{id}/undo", tag = "assistant", params(("id" = String, Path, description = "The proposal")), request_body = UndoBody, responses((status = 202, description = "A job was begun", body = JobStarted), (status = 204, description = "It is taken back")))]
pub(crate) async fn undo(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<UndoBody>,
) -> Result<Response, ApiError> {
    let job = approvals::undo(&app, judge_of(&signed_in, &edge), checked(&id)?, &body.action).await?;
    Ok(job.map_or_else(super::done, json::accepted))
}

/// What a run changed, and what of it can be put back
///
/// As things are now; nothing is touched. What somebody has changed since is not put back, and says so.
#[utoipa::path(get, path = "/api/v1/assistant/runs/{run}/undo", tag = "assistant", params(("run" = i64, Path, description = "The run, as items say it")), responses((status = 200, description = "The latest first", body = UndoPlan)))]
pub(crate) async fn undo_plan(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(run): Path<i64>,
) -> Result<Response, ApiError> {
    Ok(json::ok(&approvals::plan(&app, &actor_of(&signed_in.person), run).await?))
}

/// What is to be put back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoRunBody {
    /// Those that are ready, exactly as they were shown; 409 `changed` when one is not any more.
    steps: Vec<UndoAgreed>,
}

/// Undo a run
///
/// One after the other, the latest first, with the rights that the person has then. Each is put back once, also when
/// the server is stopped in the middle; how each went is in the plan and in the conversation.
#[utoipa::path(post, path = "/api/v1/assistant/runs/{run}/undo", tag = "assistant", params(("run" = i64, Path, description = "The run")), request_body = UndoRunBody, responses((status = 202, description = "It was begun", body = UndoPlan)))]
pub(crate) async fn undo_run(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(run): Path<i64>,
    Json(body): Json<UndoRunBody>,
) -> Result<Response, ApiError> {
    let plan = approvals::take_back(&app, judge_of(&signed_in, &edge), run, body.steps).await?;
    Ok(json::reply(http::StatusCode::ACCEPTED, &plan))
}

/// Something that a person settled beforehand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rule {
    /// For what: `apps_restart`.
    tool: String,
    /// In which conversation; `""` for all of them.
    conversation: String,
    /// `allow` or `deny`; otherwise one is asked.
    verdict: String,
}

/// One's rules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulesReply {
    /// All of them.
    rules: Vec<Rule>,
}

/// What one has settled beforehand
#[utoipa::path(get, path = "/api/v1/assistant/rules", tag = "assistant", responses((status = 200, description = "One's own rules", body = RulesReply)))]
pub(crate) async fn rules(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    let rows = app.identity.store().rules(signed_in.person.id.as_str()).await?;
    let rules = rows.into_iter().map(|row| Rule {
        tool: row.tool,
        conversation: row.conversation,
        verdict: row.verdict,
    });
    Ok(json::ok(&RulesReply { rules: rules.collect() }))
}

/// A rule as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleBody {
    /// In which conversation; all of them without it.
    #[serde(default)]
    conversation: String,
    /// `allow`, `deny`, or `ask`, which is how it is without a rule.
    verdict: String,
}

/// Settle something beforehand, or ask again
///
/// Of the rule for a conversation and the one for all of them, the stricter holds. After a stranger's words were read,
/// one is asked whatever they say, but for reading the web, which needs asking only then.
#[utoipa::path(put, path = "/api/v1/assistant/rules/{tool}", tag = "assistant", params(("tool" = String, Path, description = "For what")), request_body = RuleBody, responses((status = 204, description = "Settled")))]
pub(crate) async fn set_rule(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(tool): Path<String>,
    Json(body): Json<RuleBody>,
) -> Result<Response, ApiError> {
    let what =
        proposable(&tool).ok_or_else(|| ApiError::not_found("nothing of that name is ever proposed"))?;
    let verdict: Verdict = body.verdict.parse().map_err(ApiError::invalid)?;
    if verdict == Verdict::Allow && !what.may_settle {
        return Err(ApiError::invalid(
            "this has to be looked at each time, so it can't be allowed beforehand",
        ));
    }
    let conversation = body.conversation.as_str();
    if !conversation.is_empty() {
        super::assistant::checked(conversation)?;
    }
    let kept = (verdict != Verdict::Ask).then(|| verdict.as_str());
    let user = signed_in.person.id.as_str();
    if !app.identity.store().set_rule(user, &tool, conversation, kept).await? {
        return Err(ApiError::conflict("there are too many rules; remove some"));
    }
    let where_ = if conversation.is_empty() { "everywhere" } else { conversation };
    let subject = format!("{tool} {verdict} in {where_}", verdict = verdict.as_str());
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "assistant.rule", &subject, "ok").await;
    Ok(super::done())
}
