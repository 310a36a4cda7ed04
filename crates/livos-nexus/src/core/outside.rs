//! Calls by a person's other programs. They use the same tools as the agent, with the same results and the same rights;
//! what would change something is proposed in a conversation of the key they came with.

use std::sync::Arc;
use std::time::Duration;

use livos_bus::approvals::Proposal;
use livos_bus::tools::{ToolAnswer, ToolInfo, ToolRequest};
use livos_bus::{Actor, Via};
use livos_llm::ToolCall;
use serde_json::Value;

use super::Nexus;
use super::approvals::Move;
use super::results::cut;
use super::tools::{self, Did, Place};
use super::web::known::Known;
use crate::error::Error;
use crate::store::proposals::{Asked, Kept, Outside};

/// The longest arguments, in bytes.
const LONGEST: usize = 64 * 1024;
/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;
/// The longest name of a key, in letters.
const LONGEST_LABEL: usize = 64;

fn offered() -> impl Iterator<Item = livos_llm::Tool> {
    tools::all().into_iter().filter(|tool| !tools::for_conversations(&tool.name))
}

/// What there is to use.
pub(crate) fn tools() -> Vec<ToolInfo> {
    let info = |tool: livos_llm::Tool| ToolInfo {
        looks: tools::looks(&tool.name),
        interrupts: tools::interrupts(&tool.name),
        name: tool.name,
        description: tool.description,
        schema: tool.schema,
    };
    offered().map(info).collect()
}

impl Nexus {
    /// Uses a tool for a program.
    pub(crate) async fn call_outside(
        self: &Arc<Self>,
        actor: &Actor,
        request: ToolRequest,
    ) -> Result<ToolAnswer, Error> {
        let arguments = checked(&request)?;
        let name = request.tool.as_str();
        if !tools::looks(name) && !request.acts {
            return Ok(said(format!("this key may only look, and {name} does more"), true));
        }
        let actor = Actor { via: Via::Nexus, ..actor.clone() };
        let changes = livos_policy::proposable(name).is_some();
        let place = Place {
            actor: &actor,
            conversation: &request.key,
            run: 0,
            // A call stands in no log, so nothing repeats it, and it needs a place that no other call has.
            turn: i64::from(rand::random::<u32>()),
            number: 0,
            // Who knows whose words a program wants remembered.
            tainted: request.tainted || !changes,
            heard: true,
            scheduled: false,
            skills: &[],
            used: &[],
            above: &[],
            known: &Known::default(),
            strangers: true,
            agreed: None,
        };
        let call = ToolCall {
            call: String::new(),
            name: name.to_owned(),
            arguments: arguments.clone(),
            signature: None,
        };
        let patience = Duration::from_secs(tools::patience(name, self.bounds.tool_seconds));
        let outcome = match tokio::time::timeout(patience, tools::execute(self, &place, &call)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("this took longer than {} s", patience.as_secs())),
        };
        if name == "memory_search" {
            self.rest();
        }
        match outcome {
            Ok(Did::Said(text) | Did::Repeats(text, _) | Did::Read(_, text)) => {
                // Nothing is kept of it here, so there is nothing to read on in.
                let text = cut(&text, LONGEST_ANSWER, "");
                Ok(ToolAnswer { text, failed: false, foreign: tools::taints(name), proposal: None })
            }
            Ok(Did::Proposes(proposal)) => self.propose_outside(&actor, &request, call, *proposal).await,
            Ok(Did::HandsOver(_) | Did::Reports(_) | Did::Lost(_)) => {
                Ok(said("programs have no subagents, and are none".to_owned(), true))
            }
            Err(why) => Ok(said(tools::bounded(why), true)),
        }
    }

    async fn propose_outside(
        self: &Arc<Self>,
        actor: &Actor,
        request: &ToolRequest,
        call: ToolCall,
        proposal: Proposal,
    ) -> Result<ToolAnswer, Error> {
        let now = self.clock.now();
        // No run waits for these, so nobody else sees that their time is over.
        for old in self.store.open_proposals().await? {
            let Proposal { id, conversation, state, expires_at, .. } = &old.proposal;
            if *conversation == request.key && state.asks() && now >= *expires_at {
                match self.move_any(id, Move::Expire).await {
                    // Somebody answered it in this moment; that holds.
                    Ok(_) | Err(Error::Conflict(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let text = format!("{}, by its key: {}", request.label, proposal.summary);
        let outside = Outside {
            label: &request.label,
            text,
            call,
            kept: Kept { actor: actor.clone(), call: String::new(), proposal },
            at: now,
        };
        let proposal = match self.store.propose_outside(outside).await? {
            Asked::Full => {
                let why = "too much of this program waits for an answer already; it was not asked for";
                return Ok(said(why.to_owned(), true));
            }
            Asked::Before(proposal) => proposal,
            Asked::New(proposal) => {
                self.rooms.of(&request.key).settled();
                self.tell(actor.user.as_str(), &request.key);
                self.tell_approval(&proposal.id);
                proposal
            }
        };
        Ok(ToolAnswer { proposal: Some(proposal), ..said(String::new(), false) })
    }
}

fn said(text: String, failed: bool) -> ToolAnswer {
    ToolAnswer { text, failed, foreign: false, proposal: None }
}

/// The arguments, if the call is one.
fn checked(request: &ToolRequest) -> Result<Value, Error> {
    let ToolRequest { key, label, tool, arguments, .. } = request;
    if key.len() != 32 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::Invalid("a key's id has 32 hex digits".to_owned()));
    }
    if label.is_empty() || label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
        return Err(Error::Invalid(format!("a key's name has 1 to {LONGEST_LABEL} letters, on one line")));
    }
    if !offered().any(|known| known.name == *tool) {
        return Err(Error::Invalid("there is no tool of that name".to_owned()));
    }
    if arguments.len() > LONGEST {
        return Err(Error::Invalid(format!("a tool takes at most {LONGEST} bytes of arguments")));
    }
    let arguments: Value = serde_json::from_str(arguments)
        .map_err(|error| Error::Invalid(format!("the arguments are no JSON: {error}")))?;
    if !arguments.is_object() {
        return Err(Error::Invalid("the arguments of a tool are a JSON object".to_owned()));
    }
    Ok(arguments)
}
