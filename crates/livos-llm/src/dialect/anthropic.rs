//! Anthropic's messages.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::Calls;
use super::{Reader, Said, Written, broke_off, parse, refused, stop};
use crate::http::{Address, Sent};
use crate::mend::mended;
use crate::{
    AnswerPart, Error, Event, Image, Issuer, Message, PersonPart, Request, ResultPart, Signature, StopReason,
    Thinking, ToolResult, Usage,
};

const OWN: &[Issuer] = &[Issuer::Anthropic, Issuer::AnthropicRedacted];

/// The least that may be set aside for thinking.
const LEAST_THINKING: u32 = 1024;

pub(super) fn write(address: &Address, model: &str, request: &Request) -> Result<Written, Error> {
    let messages = mended(request, OWN)?;
    let mut written: Vec<Value> = Vec::with_capacity(messages.len());
    for message in &messages {
        let (role, mut blocks) = match message {
            Message::Person(parts) => ("user", parts.iter().map(person_block).collect()),
            Message::Results(results) => ("user", results.iter().map(result_block).collect()),
            Message::Answer(parts) => ("assistant", parts.iter().map(answer_block).collect::<Vec<Value>>()),
        };
        // Results and what a person says after them are one turn.
        match written.last_mut() {
            Some(last) if last["role"] == role => {
                if let Some(content) = last["content"].as_array_mut() {
                    content.append(&mut blocks);
                }
            }
            _ => written.push(json!({ "role": role, "content": blocks })),
        }
    }
    // Everything up to here is the same next time: read from the provider's cache at a tenth of the price.
    if let Some(block) =
        written.last_mut().and_then(|last| last["content"].as_array_mut()).and_then(|all| all.last_mut())
    {
        block["cache_control"] = cache();
    }
    let mut body = json!({
        "model": model,
        "max_tokens": request.limits.output_tokens.max(1),
        "stream": true,
        "messages": written,
    });
    if !request.system.is_empty() {
        body["system"] = json!([{ "type": "text", "text": request.system, "cache_control": cache() }]);
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(
            |tool| json!({ "name": tool.name, "description": tool.description, "input_schema": tool.schema }),
        );
        body["tools"] = tools.collect();
    }
    think(&mut body, model, request, &messages);
    let path = if address.ends_with("v1") { "/messages" } else { "/v1/messages" };
    Ok(Written { path: path.into(), body: super::body(&body) })
}

fn cache() -> Value {
    json!({ "type": "ephemeral" })
}

fn person_block(part: &PersonPart) -> Value {
    match part {
        PersonPart::Text(text) => json!({ "type": "text", "text": text }),
        PersonPart::Image(image) => image_block(image),
    }
}

fn image_block(image: &Image) -> Value {
    let source = json!({ "type": "base64", "media_type": image.mime.as_str(), "data": image.base64() });
    json!({ "type": "image", "source": source })
}

fn result_block(result: &ToolResult) -> Value {
    let parts = result.parts.iter().map(|part| match part {
        ResultPart::Text(text) if text.trim().is_empty() => json!({ "type": "text", "text": "(nothing)" }),
        ResultPart::Text(text) => json!({ "type": "text", "text": text }),
        ResultPart::Image(image) => image_block(image),
    });
    let parts: Vec<Value> = parts.collect();
    json!({ "type": "tool_result", "tool_use_id": call_id(&result.call), "content": parts, "is_error": result.failed })
}

fn answer_block(part: &AnswerPart) -> Value {
    match part {
        AnswerPart::Text { text } => json!({ "type": "text", "text": text }),
        AnswerPart::Thinking { text, signature } => match signature {
            Some(Signature { issuer: Issuer::AnthropicRedacted, value }) => {
                json!({ "type": "redacted_thinking", "data": value })
            }
            proof => {
                let proof = proof.as_ref().map(|proof| proof.value.as_str()).unwrap_or_default();
                json!({ "type": "thinking", "thinking": text, "signature": proof })
            }
        },
        AnswerPart::Call(call) => {
            json!({ "type": "tool_use", "id": call_id(&call.call), "name": call.name, "input": call.arguments })
        }
    }
}

/// Other providers' names of calls may have signs in them that this one refuses.
fn call_id(call: &str) -> String {
    call.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' }).collect()
}

fn think(body: &mut Value, model: &str, request: &Request, messages: &[Message]) {
    let (effort, share) = match request.thinking {
        Thinking::Unset => return,
        Thinking::Low => ("low", 4),
        Thinking::Medium => ("medium", 2),
        Thinking::High => ("high", 1),
    };
    if !wants_a_budget(model) {
        body["thinking"] = json!({ "type": "adaptive" });
        body["output_config"] = json!({ "effort": effort });
        return;
    }
    // Thinking counts as output, and something has to be left to answer with.
    let most = request.limits.output_tokens;
    let budget = (most / share).min(most.saturating_sub(LEAST_THINKING));
    if budget >= LEAST_THINKING && begun_with_thinking(messages) {
        body["thinking"] = json!({ "type": "enabled", "budget_tokens": budget });
    }
}

/// Models up to 4.5 are told how many tokens to think; later ones decide, and are told how hard. The list of the
/// former is closed.
fn wants_a_budget(model: &str) -> bool {
    const OLD: &[&str] = &["claude-3", "-4-20", "-4-0", "-4-1", "-4-5", "-4.1", "-4.5"];
    OLD.iter().any(|part| model.contains(part))
}

/// Such a model refuses to think on after a call that another model made without thinking.
fn begun_with_thinking(messages: &[Message]) -> bool {
    messages.iter().all(|message| match message {
        Message::Answer(parts) => {
            crate::mend::calls(parts).next().is_none()
                || matches!(parts.first(), Some(AnswerPart::Thinking { .. }))
        }
        _ => true,
    })
}

/// An answer being read.
pub(super) struct Reading {
    calls: Calls,
    signature: String,
    usage: Usage,
    reason: Option<StopReason>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Sort {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        index: u64,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    ContentBlockStop {
        index: u64,
    },
    MessageDelta {
        delta: Ending,
        usage: Option<Tokens>,
    },
    MessageStop,
    Error,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
    },
    RedactedThinking {
        data: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(rename = "input_json_delta")]
    Input { partial_json: String },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Ending {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

impl Reading {
    pub(super) fn new(calls: Calls) -> Self {
        Self { calls, signature: String::new(), usage: Usage::default(), reason: None }
    }

    /// Counts are running totals; one that isn't told again hasn't changed.
    fn count(&mut self, tokens: Option<Tokens>, out: &mut VecDeque<Event>) {
        let Some(tokens) = tokens else { return };
        let usage = &mut self.usage;
        usage.input = tokens.input_tokens.unwrap_or(usage.input);
        usage.output = tokens.output_tokens.unwrap_or(usage.output);
        usage.cached = tokens.cache_read_input_tokens.unwrap_or(usage.cached);
        usage.cache_written = tokens.cache_creation_input_tokens.unwrap_or(usage.cache_written);
        out.push_back(Event::Usage(*usage));
    }

    fn begin(&mut self, index: u64, block: Block, out: &mut VecDeque<Event>) -> Result<(), Error> {
        match block {
            Block::Text { text } if !text.is_empty() => out.push_back(Event::Text(text)),
            Block::Thinking { thinking } if !thinking.is_empty() => out.push_back(Event::Thinking(thinking)),
            Block::RedactedThinking { data } => {
                let proof = Signature { issuer: Issuer::AnthropicRedacted, value: data };
                out.push_back(Event::ThinkingSigned(proof));
            }
            Block::ToolUse { id, name, input } => {
                self.calls.start(index, Some(&id), &name, out)?;
                // Some who speak this dialect give all arguments at once.
                if input.as_object().is_some_and(|input| !input.is_empty()) {
                    self.calls.arguments(index, &input.to_string(), out)?;
                }
            }
            Block::Text { .. } | Block::Thinking { .. } | Block::Other => {}
        }
        Ok(())
    }

    fn more(&mut self, index: u64, delta: Delta, out: &mut VecDeque<Event>) -> Result<(), Error> {
        match delta {
            Delta::Text { text } if !text.is_empty() => out.push_back(Event::Text(text)),
            Delta::Thinking { thinking } if !thinking.is_empty() => out.push_back(Event::Thinking(thinking)),
            Delta::Signature { signature } => self.signature.push_str(&signature),
            // What a block has that we don't know is left out with the block.
            Delta::Input { partial_json } if self.calls.is_open(index) => {
                self.calls.arguments(index, &partial_json, out)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut VecDeque<Event>) -> Result<(), Said> {
        let reason = self.reason.ok_or_else(broke_off)?;
        if reason == StopReason::Limit {
            self.calls.complete_what_is_whole(out)?;
        } else {
            self.calls.complete_all(out)?;
        }
        out.push_back(stop(reason, self.calls.any()));
        Err(Said::Everything)
    }
}

impl Reader for Reading {
    fn read(&mut self, sent: &Sent, out: &mut VecDeque<Event>) -> Result<(), Said> {
        match parse(&sent.data)? {
            Sort::MessageStart { message } => self.count(message.usage, out),
            Sort::ContentBlockStart { index, content_block } => self.begin(index, content_block, out)?,
            Sort::ContentBlockDelta { index, delta } => self.more(index, delta, out)?,
            Sort::ContentBlockStop { index } => {
                if !self.signature.is_empty() {
                    let value = std::mem::take(&mut self.signature);
                    out.push_back(Event::ThinkingSigned(Signature { issuer: Issuer::Anthropic, value }));
                }
                self.calls.close(index, out)?;
            }
            Sort::MessageDelta { delta, usage } => {
                self.count(usage, out);
                self.reason = match delta.stop_reason.as_deref() {
                    None => self.reason,
                    Some("tool_use") => Some(StopReason::ToolCalls),
                    Some("max_tokens" | "model_context_window_exceeded") => Some(StopReason::Limit),
                    Some("refusal") => return Err(Said::Error(refused())),
                    Some(_) => Some(StopReason::End),
                };
            }
            Sort::MessageStop => return self.finish(out),
            Sort::Error => return Err(Said::Fault(sent.data.clone())),
            Sort::Other => {}
        }
        Ok(())
    }

    fn end(&mut self, out: &mut VecDeque<Event>) -> Result<(), Said> {
        self.finish(out)
    }
}
