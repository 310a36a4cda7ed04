//! OpenAI's responses.
//!
//! Nothing is stored at the provider: thinking comes back sealed, and goes along with the conversation.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::Calls;
use super::{Reader, Said, Written, broke_off, parse, refused, stop};
use crate::http::{Address, Sent, tidy};
use crate::mend::mended;
use crate::{
    AnswerPart, Error, Event, Image, Issuer, Message, PersonPart, Request, ResultPart, Signature, StopReason,
    Thinking, ToolResult, Usage,
};

/// The least that may be asked for.
const LEAST_OUTPUT: u32 = 16;

pub(super) fn write(address: &Address, model: &str, request: &Request) -> Result<Written, Error> {
    let mut input: Vec<Value> = Vec::new();
    for message in mended(request, &[Issuer::Responses])? {
        match message {
            Message::Person(parts) => {
                let content: Vec<Value> = parts.iter().map(person_part).collect();
                input.push(json!({ "type": "message", "role": "user", "content": content }));
            }
            Message::Answer(parts) => input.extend(parts.iter().map(answer_item)),
            Message::Results(results) => input.extend(results.iter().map(result_item)),
        }
    }
    let mut body = json!({
        "model": model,
        "input": input,
        "stream": true,
        "store": false,
        "max_output_tokens": request.limits.output_tokens.max(LEAST_OUTPUT),
    });
    if !request.system.is_empty() {
        body["instructions"] = request.system.as_str().into();
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            // Strict schemas allow no optional argument.
            json!({
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.schema,
                "strict": false,
            })
        });
        body["tools"] = tools.collect();
    }
    if thinks(model) {
        body["include"] = json!(["reasoning.encrypted_content"]);
    }
    let effort = match request.thinking {
        Thinking::Unset => None,
        Thinking::Low => Some("low"),
        Thinking::Medium => Some("medium"),
        Thinking::High => Some("high"),
    };
    if let Some(effort) = effort {
        body["reasoning"] = json!({ "effort": effort, "summary": "auto" });
    }
    let path = if address.is_bare() { "/v1/responses" } else { "/responses" };
    Ok(Written { path: path.into(), body: super::body(&body) })
}

/// The models that don't are a closed list, and refuse to be asked for it.
fn thinks(model: &str) -> bool {
    !["gpt-3", "gpt-4"].iter().any(|old| model.contains(old))
}

fn person_part(part: &PersonPart) -> Value {
    match part {
        PersonPart::Text(text) => json!({ "type": "input_text", "text": text }),
        PersonPart::Image(image) => picture(image),
    }
}

fn picture(image: &Image) -> Value {
    json!({ "type": "input_image", "image_url": format!("data:{};base64,{}", image.mime.as_str(), image.base64()) })
}

fn answer_item(part: &AnswerPart) -> Value {
    match part {
        AnswerPart::Text { text } => {
            let content = json!([{ "type": "output_text", "text": text }]);
            json!({ "type": "message", "role": "assistant", "content": content })
        }
        AnswerPart::Thinking { text, signature } => {
            let summary =
                if text.is_empty() { json!([]) } else { json!([{ "type": "summary_text", "text": text }]) };
            let sealed = signature.as_ref().map(|proof| proof.value.as_str());
            json!({ "type": "reasoning", "summary": summary, "encrypted_content": sealed })
        }
        AnswerPart::Call(call) => json!({
            "type": "function_call",
            "call_id": super::short_call_id(&call.call),
            "name": call.name,
            "arguments": call.arguments.to_string(),
        }),
    }
}

/// Plain text as long as it is only text, which more servers take.
fn result_item(result: &ToolResult) -> Value {
    let mut texts: Vec<&str> = Vec::new();
    if result.failed {
        texts.push("The tool failed:");
    }
    let mut pictures: Vec<Value> = Vec::new();
    for part in &result.parts {
        match part {
            ResultPart::Text(text) => texts.push(text),
            ResultPart::Image(image) => pictures.push(picture(image)),
        }
    }
    let text = texts.join("\n");
    let output: Value = if pictures.is_empty() {
        text.into()
    } else {
        pictures.insert(0, json!({ "type": "input_text", "text": text }));
        pictures.into()
    };
    json!({ "type": "function_call_output", "call_id": super::short_call_id(&result.call), "output": output })
}

/// An answer being read.
pub(super) struct Reading {
    calls: Calls,
    /// What was refused so far, in the model's own words.
    refusal: String,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Sort {
    #[serde(rename = "response.output_item.added")]
    Added { output_index: u64, item: Item },
    #[serde(rename = "response.output_item.done")]
    Done { output_index: u64, item: Item },
    #[serde(rename = "response.output_text.delta")]
    Text { delta: String },
    #[serde(rename = "response.refusal.delta")]
    Refusal { delta: String },
    #[serde(rename = "response.reasoning_summary_part.added")]
    SummaryPart {
        #[serde(default)]
        summary_index: u64,
    },
    #[serde(rename = "response.reasoning_summary_text.delta", alias = "response.reasoning_text.delta")]
    Thinking { delta: String },
    #[serde(rename = "response.function_call_arguments.delta")]
    Arguments { output_index: u64, delta: String },
    #[serde(rename = "response.completed", alias = "response.incomplete", alias = "response.failed")]
    Over { response: Response },
    #[serde(rename = "error")]
    Error,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item {
    FunctionCall {
        #[serde(default)]
        call_id: String,
        name: String,
        #[serde(default)]
        arguments: String,
    },
    Reasoning {
        encrypted_content: Option<String>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Response {
    status: Option<String>,
    usage: Option<Tokens>,
    incomplete_details: Option<Incomplete>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    input_tokens_details: Option<InputTokens>,
}

#[derive(Deserialize)]
struct InputTokens {
    cached_tokens: Option<u64>,
}

impl Reading {
    pub(super) fn new(calls: Calls) -> Self {
        Self { calls, refusal: String::new() }
    }

    fn done(&mut self, index: u64, item: Item, out: &mut VecDeque<Event>) -> Result<(), Error> {
        match item {
            Item::FunctionCall { call_id, name, arguments } => {
                // Some who speak this dialect only say that a call is done.
                if !self.calls.is_open(index) {
                    self.calls.start(index, Some(&call_id), &name, out)?;
                }
                if self.calls.is_bare(index) {
                    self.calls.arguments(index, &arguments, out)?;
                }
                self.calls.close(index, out)
            }
            Item::Reasoning { encrypted_content: Some(value) } if !value.is_empty() => {
                out.push_back(Event::ThinkingSigned(Signature { issuer: Issuer::Responses, value }));
                Ok(())
            }
            Item::Reasoning { .. } | Item::Other => Ok(()),
        }
    }

    fn over(&mut self, response: Response, out: &mut VecDeque<Event>) -> Result<(), Said> {
        if let Some(tokens) = response.usage {
            let cached =
                tokens.input_tokens_details.and_then(|details| details.cached_tokens).unwrap_or_default();
            out.push_back(Event::Usage(Usage {
                input: tokens.input_tokens.saturating_sub(cached),
                cached,
                cache_written: 0,
                output: tokens.output_tokens,
            }));
        }
        if !self.refusal.is_empty() {
            return Err(Said::Error(Error::ContentRefused { message: tidy(&self.refusal, None) }));
        }
        let why = response.incomplete_details.and_then(|details| details.reason);
        let reason = match (response.status.as_deref(), why.as_deref()) {
            (Some("failed" | "cancelled"), _) => {
                let error = response.error.unwrap_or_else(|| "it failed without saying why".into());
                return Err(Said::Fault(json!({ "error": error }).to_string()));
            }
            (_, Some("content_filter")) => return Err(Said::Error(refused())),
            (Some("incomplete"), _) => StopReason::Limit,
            _ => StopReason::End,
        };
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
        if sent.data.trim() == "[DONE]" {
            return Err(Said::Error(broke_off()));
        }
        match parse(&sent.data)? {
            Sort::Added { output_index, item: Item::FunctionCall { call_id, name, .. } } => {
                self.calls.start(output_index, Some(&call_id), &name, out)?;
            }
            Sort::Done { output_index, item } => self.done(output_index, item, out)?,
            Sort::Text { delta } if !delta.is_empty() => out.push_back(Event::Text(delta)),
            Sort::Thinking { delta } if !delta.is_empty() => out.push_back(Event::Thinking(delta)),
            Sort::SummaryPart { summary_index: 1.. } => out.push_back(Event::Thinking("\n\n".to_owned())),
            Sort::Refusal { delta } => {
                // As much as is passed on of it.
                if self.refusal.len() < 4096 {
                    self.refusal.push_str(&delta);
                }
            }
            Sort::Arguments { output_index, delta } => self.calls.arguments(output_index, &delta, out)?,
            Sort::Over { response } => return self.over(response, out),
            Sort::Error => return Err(Said::Fault(sent.data.clone())),
            Sort::Added { .. }
            | Sort::Text { .. }
            | Sort::Thinking { .. }
            | Sort::SummaryPart { .. }
            | Sort::Other => {}
        }
        Ok(())
    }

    fn end(&mut self, _: &mut VecDeque<Event>) -> Result<(), Said> {
        Err(Said::Error(broke_off()))
    }
}
