//! Gemini.

use std::collections::{HashMap, VecDeque};

use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::Calls;
use super::{Reader, Said, Written, broke_off, parse, refused, stop};
use crate::http::{Address, Sent, reported};
use crate::mend::mended;
use crate::{
    AnswerPart, Error, Event, Image, Issuer, Message, PersonPart, Request, ResultPart, Signature, StopReason,
    Thinking, ToolCall, ToolResult, Usage,
};

/// What Gemini 3 takes in place of its own signature, for a call that another model made.
const OF_ANOTHER_MODEL: &str = "skip_thought_signature_validator";

pub(super) fn write(address: &Address, model: &str, request: &Request) -> Result<Written, Error> {
    let model = model.trim_start_matches("models/");
    if !model.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err(Error::Endpoint(format!("{model:?} is not a model's name here")));
    }
    let signed = !is_before_3(model);
    let mut contents: Vec<Value> = Vec::new();
    // A result is told by the name of its tool.
    let mut names: HashMap<String, String> = HashMap::new();
    for message in mended(request, &[Issuer::Gemini])? {
        let (role, mut parts): (&str, Vec<Value>) = match message {
            Message::Person(parts) => ("user", parts.iter().map(person_part).collect()),
            Message::Results(results) => {
                ("user", results.iter().flat_map(|result| result_parts(result, &names)).collect())
            }
            Message::Answer(parts) => {
                names.extend(crate::mend::calls(&parts).map(|call| (call.call.clone(), call.name.clone())));
                ("model", answer_parts(&parts, signed))
            }
        };
        match contents.last_mut() {
            Some(last) if last["role"] == role => {
                if let Some(before) = last["parts"].as_array_mut() {
                    before.append(&mut parts);
                }
            }
            _ => contents.push(json!({ "role": role, "parts": parts })),
        }
    }
    let mut body = json!({
        "contents": contents,
        "generationConfig": { "maxOutputTokens": request.limits.output_tokens.max(1) },
    });
    if !request.system.is_empty() {
        body["systemInstruction"] = json!({ "parts": [{ "text": request.system }] });
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({ "name": tool.name, "description": tool.description, "parametersJsonSchema": tool.schema })
        });
        let tools: Vec<Value> = tools.collect();
        body["tools"] = json!([{ "functionDeclarations": tools }]);
    }
    if let Some(thinking) = thinking(model, request) {
        body["generationConfig"]["thinkingConfig"] = thinking;
    }
    let version = if address.is_bare() { "/v1beta" } else { "" };
    let path = format!("{version}/models/{model}:streamGenerateContent?alt=sse");
    Ok(Written { path: path.into(), body: super::body(&body) })
}

/// Models before 3 are a closed list.
fn is_before_3(model: &str) -> bool {
    ["gemini-1", "gemini-2", "gemma"].iter().any(|old| model.contains(old))
}

fn thinking(model: &str, request: &Request) -> Option<Value> {
    let (level, share) = match request.thinking {
        Thinking::Unset => return None,
        Thinking::Low => ("low", 8),
        Thinking::Medium => ("medium", 4),
        Thinking::High => ("high", 2),
    };
    if !is_before_3(model) {
        return Some(json!({ "thinkingLevel": level, "includeThoughts": true }));
    }
    // 2.5 counts tokens, with bounds that all of its models have; older ones don't think.
    let budget = (request.limits.output_tokens / share).clamp(512, 24_576);
    model.contains("gemini-2.5").then(|| json!({ "thinkingBudget": budget, "includeThoughts": true }))
}

fn person_part(part: &PersonPart) -> Value {
    match part {
        PersonPart::Text(text) => json!({ "text": text }),
        PersonPart::Image(image) => picture(image),
    }
}

fn picture(image: &Image) -> Value {
    json!({ "inlineData": { "mimeType": image.mime.as_str(), "data": image.base64() } })
}

fn result_parts(result: &ToolResult, names: &HashMap<String, String>) -> Vec<Value> {
    let mut texts: Vec<&str> = Vec::new();
    let mut pictures: Vec<Value> = Vec::new();
    for part in &result.parts {
        match part {
            ResultPart::Text(text) => texts.push(text),
            ResultPart::Image(image) => {
                texts.push("(A picture; it follows.)");
                pictures.push(picture(image));
            }
        }
    }
    let what = if result.failed { "error" } else { "output" };
    let response = json!({
        "id": result.call,
        "name": names.get(&result.call).map(String::as_str).unwrap_or_default(),
        "response": { what: texts.join("\n") },
    });
    pictures.insert(0, json!({ "functionResponse": response }));
    pictures
}

fn answer_parts(parts: &[AnswerPart], signed: bool) -> Vec<Value> {
    let first = crate::mend::calls(parts).next().map(|call| &call.call);
    let part = |part: &AnswerPart| match part {
        AnswerPart::Text { text } => Some(json!({ "text": text })),
        // Here it is the calls that are signed.
        AnswerPart::Thinking { .. } => None,
        AnswerPart::Call(call) => Some(call_part(call, signed && first == Some(&call.call))),
    };
    parts.iter().filter_map(part).collect()
}

fn call_part(call: &ToolCall, must_be_signed: bool) -> Value {
    let mut part = json!({ "functionCall": { "id": call.call, "name": call.name, "args": call.arguments } });
    let proof = call.signature.as_ref().map(|proof| proof.value.as_str());
    if let Some(proof) = proof.or(must_be_signed.then_some(OF_ANOTHER_MODEL)) {
        part["thoughtSignature"] = proof.into();
    }
    part
}

/// An answer being read.
pub(super) struct Reading {
    calls: Calls,
    begun: u64,
    usage: Option<Usage>,
    reason: Option<StopReason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    #[serde(default)]
    candidates: Vec<Candidate>,
    usage_metadata: Option<Tokens>,
    prompt_feedback: Option<Feedback>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    index: u64,
    content: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    function_call: Option<Call>,
    thought_signature: Option<String>,
}

#[derive(Deserialize)]
struct Call {
    id: Option<String>,
    name: String,
    args: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    prompt_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

impl Reading {
    pub(super) fn new(calls: Calls) -> Self {
        Self { calls, begun: 0, usage: None, reason: None }
    }

    fn part(&mut self, part: Part, out: &mut VecDeque<Event>) -> Result<(), Error> {
        match part.text.filter(|text| !text.is_empty()) {
            Some(text) if part.thought => out.push_back(Event::Thinking(text)),
            Some(text) => out.push_back(Event::Text(text)),
            None => {}
        }
        if let Some(call) = part.function_call {
            self.begun += 1;
            let key = self.begun;
            self.calls.start(key, call.id.as_deref(), &call.name, out)?;
            let arguments = call.args.unwrap_or_else(|| json!({}));
            self.calls.arguments(key, &arguments.to_string(), out)?;
            if let Some(value) = part.thought_signature {
                self.calls.sign(key, Signature { issuer: Issuer::Gemini, value });
            }
            self.calls.close(key, out)?;
        }
        Ok(())
    }

    fn count(&mut self, tokens: &Tokens) {
        let cached = tokens.cached_content_token_count.unwrap_or_default();
        let answered = tokens.candidates_token_count.unwrap_or_default();
        self.usage = Some(Usage {
            input: tokens.prompt_token_count.unwrap_or_default().saturating_sub(cached),
            cached,
            cache_written: 0,
            output: answered.saturating_add(tokens.thoughts_token_count.unwrap_or_default()),
        });
    }
}

impl Reader for Reading {
    fn read(&mut self, sent: &Sent, out: &mut VecDeque<Event>) -> Result<(), Said> {
        // Cheap to rule out: hardly any piece has the word in it.
        if sent.data.contains("\"error\"") && is_fault(&sent.data) {
            return Err(Said::Fault(sent.data.clone()));
        }
        let chunk: Chunk = parse(&sent.data)?;
        if chunk.prompt_feedback.and_then(|feedback| feedback.block_reason).is_some() {
            return Err(Said::Error(refused()));
        }
        if let Some(tokens) = &chunk.usage_metadata {
            self.count(tokens);
        }
        for candidate in chunk.candidates.into_iter().filter(|candidate| candidate.index == 0) {
            for part in candidate.content.into_iter().flat_map(|content| content.parts) {
                self.part(part, out)?;
            }
            self.reason = match candidate.finish_reason.as_deref() {
                None | Some("") => self.reason,
                Some("MAX_TOKENS") => Some(StopReason::Limit),
                Some("MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL") => {
                    return Err(Said::Error(Error::malformed("the model began a tool call that is none")));
                }
                Some(
                    "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY",
                ) => {
                    return Err(Said::Error(refused()));
                }
                Some(_) => Some(StopReason::End),
            };
        }
        Ok(())
    }

    /// This dialect has no last event: a reason, and then the end of the body.
    fn end(&mut self, out: &mut VecDeque<Event>) -> Result<(), Said> {
        let reason = self.reason.ok_or_else(broke_off)?;
        self.calls.complete_all(out)?;
        out.extend(self.usage.map(Event::Usage));
        out.push_back(stop(reason, self.calls.any()));
        Err(Said::Everything)
    }
}

fn is_fault(data: &str) -> bool {
    reported(data).is_some()
}
