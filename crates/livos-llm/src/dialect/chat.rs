//! OpenAI's chat completions, as OpenAI and as everybody else speaks them.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::Calls;
use super::{Reader, Said, Written, broke_off, parse, refused, stop};
use crate::http::{Address, Sent, reported};
use crate::mend::mended;
use crate::{
    AnswerPart, Error, Event, Image, Message, PersonPart, Request, ResultPart, StopReason, Thinking,
    ToolCall, ToolResult, Usage,
};

pub(super) fn write(address: &Address, model: &str, request: &Request) -> Result<Written, Error> {
    let mut messages: Vec<Value> = Vec::new();
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": request.system }));
    }
    for message in mended(request, &[])? {
        match message {
            Message::Person(parts) => messages.push(json!({ "role": "user", "content": content(&parts) })),
            Message::Answer(parts) => messages.push(answer(&parts)),
            Message::Results(results) => add_results(&mut messages, &results),
        }
    }
    let mut body = json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    // OpenAI's thinking models refuse the old name, and most of the others don't know the new one.
    let limit = if address.host() == "api.openai.com" { "max_completion_tokens" } else { "max_tokens" };
    body[limit] = request.limits.output_tokens.max(1).into();
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            let function =
                json!({ "name": tool.name, "description": tool.description, "parameters": tool.schema });
            json!({ "type": "function", "function": function })
        });
        body["tools"] = tools.collect();
    }
    match request.thinking {
        Thinking::Unset => {}
        Thinking::Low => body["reasoning_effort"] = "low".into(),
        Thinking::Medium => body["reasoning_effort"] = "medium".into(),
        Thinking::High => body["reasoning_effort"] = "high".into(),
    }
    // Who types a bare host means the usual place.
    let path = if address.is_bare() { "/v1/chat/completions" } else { "/chat/completions" };
    Ok(Written { path: path.into(), body: super::body(&body) })
}

/// Plain text as long as it is only text: small servers take nothing else.
fn content(parts: &[PersonPart]) -> Value {
    let texts: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            PersonPart::Text(text) => Some(text.as_str()),
            PersonPart::Image(_) => None,
        })
        .collect();
    match texts {
        Some(texts) => texts.join("\n\n").into(),
        None => parts
            .iter()
            .map(|part| match part {
                PersonPart::Text(text) => json!({ "type": "text", "text": text }),
                PersonPart::Image(image) => picture(image),
            })
            .collect(),
    }
}

fn picture(image: &Image) -> Value {
    let url = format!("data:{};base64,{}", image.mime.as_str(), image.base64());
    json!({ "type": "image_url", "image_url": { "url": url } })
}

fn answer(parts: &[AnswerPart]) -> Value {
    let mut text = String::new();
    let mut calls: Vec<Value> = Vec::new();
    for part in parts {
        match part {
            AnswerPart::Text { text: more } => text.push_str(more),
            AnswerPart::Call(call) => calls.push(called(call)),
            AnswerPart::Thinking { .. } => {}
        }
    }
    let mut message = json!({ "role": "assistant", "content": text });
    if !calls.is_empty() {
        if text.is_empty() {
            message["content"] = Value::Null;
        }
        message["tool_calls"] = calls.into();
    }
    message
}

fn called(call: &ToolCall) -> Value {
    let function = json!({ "name": call.name, "arguments": call.arguments.to_string() });
    json!({ "id": super::short_call_id(&call.call), "type": "function", "function": function })
}

/// A result is text in this dialect; pictures follow as if the person had shown them.
fn add_results(messages: &mut Vec<Value>, results: &[ToolResult]) {
    let mut pictures: Vec<Value> = Vec::new();
    for result in results {
        let mut texts: Vec<&str> = Vec::new();
        if result.failed {
            texts.push("The tool failed:");
        }
        for part in &result.parts {
            match part {
                ResultPart::Text(text) => texts.push(text),
                ResultPart::Image(image) => {
                    texts.push("(A picture; it follows after the results.)");
                    pictures.push(picture(image));
                }
            }
        }
        let id = super::short_call_id(&result.call);
        messages.push(json!({ "role": "tool", "tool_call_id": id, "content": texts.join("\n") }));
    }
    if !pictures.is_empty() {
        pictures.insert(
            0,
            json!({ "type": "text", "text": "(The pictures of the results above, in their order.)" }),
        );
        messages.push(json!({ "role": "user", "content": pictures }));
    }
}

/// An answer being read.
pub(super) struct Reading {
    calls: Calls,
    /// The server's number of a call, the name it gave, and ours: some servers give one number to several calls.
    begun: Vec<(u64, String)>,
    last_at: Vec<(u64, u64)>,
    usage: Option<Usage>,
    reason: Option<StopReason>,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u64,
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct Delta {
    content: Option<String>,
    /// DeepSeek, vLLM, llama.cpp.
    reasoning_content: Option<String>,
    /// OpenRouter, Ollama.
    reasoning: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<u64>,
    id: Option<String>,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    prompt_tokens_details: Option<PromptTokens>,
}

#[derive(Deserialize)]
struct PromptTokens {
    cached_tokens: Option<u64>,
}

impl Reading {
    pub(super) fn new(calls: Calls) -> Self {
        Self { calls, begun: Vec::new(), last_at: Vec::new(), usage: None, reason: None }
    }

    fn choice(&mut self, choice: Choice, out: &mut VecDeque<Event>) -> Result<(), Error> {
        let delta = choice.delta.unwrap_or_default();
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        // A server that fills both says the same twice.
        if let Some(text) = said(delta.reasoning_content).or_else(|| said(delta.reasoning)) {
            out.push_back(Event::Thinking(text));
        }
        if let Some(text) = said(delta.content) {
            out.push_back(Event::Text(text));
        }
        if let Some(message) = said(delta.refusal) {
            return Err(Error::ContentRefused { message: crate::http::tidy(&message, None) });
        }
        for call in delta.tool_calls.into_iter().flatten() {
            self.call(call, out)?;
        }
        self.reason = match choice.finish_reason.as_deref() {
            None | Some("") => self.reason,
            Some("tool_calls" | "function_call") => Some(StopReason::ToolCalls),
            Some("length") => Some(StopReason::Limit),
            Some("content_filter") => return Err(refused()),
            Some("error") => return Err(broke_off()),
            Some(_) => Some(StopReason::End),
        };
        Ok(())
    }

    fn call(&mut self, delta: CallDelta, out: &mut VecDeque<Event>) -> Result<(), Error> {
        let index = delta.index.unwrap_or_default();
        let id = delta.id.filter(|id| !id.is_empty());
        let (name, arguments) =
            delta.function.map_or((None, None), |function| (function.name, function.arguments));
        let name = name.filter(|name| !name.is_empty());
        let known = self.last_at.iter().rev().find(|(at, _)| *at == index).map(|(_, key)| *key);
        let same = |key: &u64| {
            let begun = usize::try_from(*key).ok().and_then(|key| self.begun.get(key));
            // A new call under an old number: some servers don't count, and some don't name calls either.
            match &id {
                Some(id) => begun.is_some_and(|(_, begun)| begun == id),
                None => name.is_none() || !self.calls.is_whole(*key),
            }
        };
        let key = match (known.filter(same), name) {
            (Some(key), _) => key,
            (None, Some(name)) => {
                let key = self.begun.len() as u64;
                self.calls.start(key, id.as_deref(), &name, out)?;
                self.begun.push((index, id.unwrap_or_default()));
                self.last_at.push((index, key));
                key
            }
            (None, None) => return Err(Error::malformed("a tool call has no name")),
        };
        self.calls.arguments(key, arguments.as_deref().unwrap_or_default(), out)
    }

    fn finish(&mut self, out: &mut VecDeque<Event>) -> Result<(), Said> {
        let reason = self.reason.ok_or_else(broke_off)?;
        if reason == StopReason::Limit {
            self.calls.complete_what_is_whole(out)?;
        } else {
            self.calls.complete_all(out)?;
        }
        out.extend(self.usage.map(Event::Usage));
        out.push_back(stop(reason, self.calls.any()));
        Err(Said::Everything)
    }
}

impl Reader for Reading {
    fn read(&mut self, sent: &Sent, out: &mut VecDeque<Event>) -> Result<(), Said> {
        let data = sent.data.trim();
        if data == "[DONE]" {
            return self.finish(out);
        }
        if data.is_empty() {
            return Ok(());
        }
        // Cheap to rule out: hardly any piece has the word in it.
        if data.contains("\"error\"") && reported(data).is_some() {
            return Err(Said::Fault(sent.data.clone()));
        }
        let chunk: Chunk = parse(data)?;
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            self.choice(choice, out)?;
        }
        if let Some(tokens) = chunk.usage {
            let cached =
                tokens.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or_default();
            self.usage = Some(Usage {
                input: tokens.prompt_tokens.saturating_sub(cached),
                cached,
                cache_written: 0,
                output: tokens.completion_tokens,
            });
        }
        Ok(())
    }

    fn end(&mut self, out: &mut VecDeque<Event>) -> Result<(), Said> {
        self.finish(out)
    }
}
