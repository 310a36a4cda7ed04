//! Waiting for what becomes of a proposal, as long as a client has patience for it.

use std::time::Duration;

use futures_util::StreamExt as _;
use livos_bus::approvals::{Proposal, ProposalState};
use livos_bus::{Error, Result};
use rmcp::RoleServer;
use rmcp::model::{CallToolResult, ContentBlock, ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Desk, WAIT, failed, in_words, parsed};

/// Clients give a call up after a minute.
const PATIENCE: Duration = Duration::from_secs(45);

/// Tells a client that wants to know how far a call is.
pub(super) struct Progress {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
}

impl Progress {
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        Self { peer: context.peer.clone(), token: context.meta.get_progress_token() }
    }

    async fn say(&self, step: u32, message: String) {
        let Some(token) = self.token.clone() else { return };
        let news = ProgressNotificationParam::new(token, f64::from(step)).with_message(message);
        if let Err(error) = self.peer.notify_progress(news).await {
            tracing::debug!(%error, "a client was not told how far its call is");
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitArguments {
    id: String,
}

impl Desk {
    /// The tool that waits.
    pub(super) async fn wait_for(&self, arguments: &Value, progress: &Progress) -> CallToolResult {
        let asked = match WaitArguments::deserialize(arguments) {
            Ok(asked) => asked,
            Err(error) => return failed(format!("the arguments do not fit: {error}")),
        };
        // Only what was asked with this key: another program's is none of its business.
        if !asked.id.starts_with(&format!("{}-", self.who.key())) || asked.id.len() > 96 {
            return failed("there is no such approval; it may have been deleted with its conversation");
        }
        self.until_over(&asked.id, progress).await
    }

    /// Waits until a proposal is over, or patience is.
    pub(super) async fn until_over(&self, id: &str, progress: &Progress) -> CallToolResult {
        match self.watch(id, progress).await {
            // Before anybody is told what a program in a container wrote.
            Ok(proposal) if proposal.action.tool == "docker_exec" && !proposal.state.is_open() => {
                match self.who.taint(&self.app).await {
                    Ok(()) => self.told(&proposal),
                    Err(error) => failed(error.message),
                }
            }
            Ok(proposal) => self.told(&proposal),
            Err(error) => failed(format!(
                "what becomes of it is not known just now: {}. Call {WAIT} with the id {id} later",
                in_words(&error)
            )),
        }
    }

    async fn watch(&self, id: &str, progress: &Progress) -> Result<Proposal> {
        let actor = self.who.actor();
        // Before the first look, so that no change falls between.
        let chat = &self.app.services.chat;
        let mut changes = chat
            .receive_conversation_changed_with_args(&[(0, actor.user.as_str()), (1, self.who.key())])
            .await
            .map_err(Error::from)?;
        let patience = tokio::time::sleep(PATIENCE);
        tokio::pin!(patience);
        let (mut before, mut step) = (None, 0);
        loop {
            let proposal: Proposal = parsed(self.app.services.approvals.get(&actor, id).await?).await?;
            if !proposal.state.is_open() {
                return Ok(proposal);
            }
            if before != Some(proposal.state) {
                before = Some(proposal.state);
                step += 1;
                progress.say(step, self.stands(&proposal)).await;
            }
            tokio::select! {
                () = &mut patience => return Ok(proposal),
                change = changes.next() => if change.is_none() { return Ok(proposal) },
            }
        }
    }

    /// How it stands while it is not over.
    fn stands(&self, proposal: &Proposal) -> String {
        let summary = &proposal.summary;
        if proposal.state == ProposalState::Working {
            return format!("“{summary}” is being done.");
        }
        format!("“{summary}” {}.", self.who.asked())
    }

    fn told(&self, proposal: &Proposal) -> CallToolResult {
        let outcome = || proposal.outcome.clone().unwrap_or_else(|| proposal.summary.clone());
        let mut result = match proposal.state {
            ProposalState::Done => CallToolResult::success(vec![ContentBlock::text(outcome())]),
            state if state.is_open() => {
                let stands = self.stands(proposal);
                let text = format!(
                    "Not done yet: {stands} Call {WAIT} with the id {} to go on waiting.",
                    proposal.id
                );
                CallToolResult::success(vec![ContentBlock::text(text)])
            }
            ProposalState::Expired => failed("Nobody answered in time; it was not done."),
            ProposalState::Withdrawn => failed("It was stopped before anybody answered; it was not done."),
            ProposalState::Denied => failed(format!("It was not done: {}.", outcome())),
            _ => failed(outcome()),
        };
        result.structured_content =
            Some(json!({ "approval": proposal.id, "state": proposal.state.as_str() }));
        result
    }
}
