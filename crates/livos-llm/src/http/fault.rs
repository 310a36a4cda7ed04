//! What a provider says when it doesn't answer.

use std::time::Duration;

use http::{HeaderMap, header};
use serde_json::Value;

use crate::{Error, Key};

/// The longest sentence that is passed on.
const MESSAGE: usize = 500;

/// The longest wait that is believed.
const WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// An explanation, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reported {
    /// The HTTP status that it stands for, if it says so.
    status: Option<u16>,
    /// Codes and types, in lower case.
    code: String,
    message: String,
}

/// Reads the forms that explanations have: `{"error": {…}}`, `{"error": "…"}`, the same in a list, or `{"message": "…"}`.
pub(crate) fn reported(text: &str) -> Option<Reported> {
    let value: Value = serde_json::from_str(text).ok()?;
    let value = value.get(0).unwrap_or(&value);
    let inner = match value.get("error") {
        Some(Value::Null) | None if value.get("message").or(value.get("detail")).is_none() => return None,
        Some(Value::Null) | None => value,
        Some(inner) => inner,
    };
    let mut found = Reported::default();
    for name in ["type", "code", "status"] {
        match inner.get(name) {
            Some(Value::String(word)) => found.code = format!("{} {}", found.code, word.to_ascii_lowercase()),
            Some(Value::Number(number)) => {
                found.status = number.as_u64().and_then(|status| status.try_into().ok());
            }
            _ => {}
        }
    }
    // Gemini says what it means further down.
    if let Some(Value::Array(details)) = inner.get("details") {
        for reason in details.iter().filter_map(|detail| detail.get("reason")?.as_str()) {
            found.code = format!("{} {}", found.code, reason.to_ascii_lowercase());
        }
    }
    let message = inner.get("message").or(inner.get("detail")).unwrap_or(inner);
    found.message = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
    Some(found)
}

/// What to make of a status and its explanation.
pub(crate) fn fault(
    status: u16,
    retry_after: Option<Duration>,
    text: &str,
    model: &str,
    key: Option<&Key>,
) -> Error {
    let known = reported(text);
    let explained = known.is_some();
    let found = known.unwrap_or_else(|| Reported { message: text.to_owned(), ..Reported::default() });
    let status = match status {
        // Said in the middle of an answer, or under an OK.
        200 => found.status.or_else(|| status_of(&found.code)).unwrap_or(500),
        status => status,
    };
    let message = match tidy(&found.message, key) {
        message if message.is_empty() || !explained && message.starts_with('<') => format!("status {status}"),
        message => message,
    };
    let says = |words: &[&str]| {
        let text = found.message.to_ascii_lowercase();
        words.iter().any(|word| text.contains(word) || found.code.contains(word))
    };
    let asked_wrongly = matches!(status, 400 | 403 | 404 | 413 | 422);
    if status == 402 || says(&["insufficient_quota", "credit balance is too low", "billing_error"]) {
        Error::NoCredit { message }
    } else if status == 401 || asked_wrongly && says(&["api_key_invalid", "invalid_api_key"]) {
        Error::KeyRefused { message }
    } else if status == 413 || asked_wrongly && says(TOO_LONG) {
        Error::ContextTooLong { message }
    } else if asked_wrongly && says(REFUSALS) {
        Error::ContentRefused { message }
    } else if (asked_wrongly || matches!(status, 415 | 500)) && says(NO_PICTURES) {
        // Ollama calls it a fault of its own.
        Error::PictureRefused { message }
    } else if status == 403 {
        Error::KeyRefused { message }
    } else if status == 404 && explained && says(&["model"]) || asked_wrongly && says(NO_MODEL) {
        Error::ModelMissing { model: model.to_owned(), message }
    } else if status == 429 {
        Error::RateLimited { retry_after, message }
    } else if status == 408 || status >= 500 {
        Error::Overloaded { retry_after, message }
    } else {
        Error::Refused { status, message }
    }
}

const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "exceed_context_size",
    "request_too_large",
    "context length",
    "context window",
    "maximum context",
    "prompt is too long",
    "exceeds the maximum number of tokens",
];

const REFUSALS: &[&str] =
    &["content_policy_violation", "content_filter", "content management policy", "flagged"];

/// How a model that is blind is told of, and a picture that is broken, or too large for one that is not.
const NO_PICTURES: &[&str] = &[
    "support image",
    "supports image",
    "support vision",
    "image input is not supported",
    "images are not supported",
    "image_url is only supported",
    "required for image input",
    "multimodal",
    "mmproj",
    "image_parse_error",
    "invalid_image",
    "unsupported image",
    "process image",
    "process input image",
    "image exceeds",
    "image dimensions exceed",
];

const NO_MODEL: &[&str] = &["model_not_found", "is not a valid model", "model_not_available"];

/// The status that a word stands for, where there is only the word.
fn status_of(code: &str) -> Option<u16> {
    const WORDS: &[(&str, u16)] = &[
        ("authentication_error", 401),
        ("unauthenticated", 401),
        ("permission", 403),
        ("not_found", 404),
        ("request_too_large", 413),
        ("rate_limit", 429),
        ("resource_exhausted", 429),
        ("timeout", 504),
        ("overloaded", 529),
        ("unavailable", 503),
        ("invalid_request", 400),
        ("invalid_argument", 400),
        ("context_length_exceeded", 400),
        ("content_filter", 400),
    ];
    WORDS.iter().find(|(word, _)| code.contains(word)).map(|(_, status)| *status)
}

/// Somebody else's words: one line, bounded, without the key.
pub(crate) fn tidy(text: &str, key: Option<&Key>) -> String {
    let text = key.map_or_else(|| text.to_owned(), |key| key.scrub(text));
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !is_invisible(*c)));
        if line.len() > MESSAGE {
            let end = (0..=MESSAGE).rev().find(|end| line.is_char_boundary(*end)).unwrap_or_default();
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

/// Characters that turn a line around or hide in it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// How long the head of an answer says to wait.
pub(crate) fn retry_after(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let text = |value: &http::HeaderValue| value.to_str().ok().map(str::trim).map(str::to_owned);
    if let Some(millis) = headers.get("retry-after-ms").and_then(text).and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(millis).min(WAIT));
    }
    let value = headers.get(header::RETRY_AFTER).and_then(text)?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(WAIT));
    }
    let until = httpdate::parse_http_date(&value).ok()?;
    let until = until.duration_since(std::time::UNIX_EPOCH).ok()?;
    let now = Duration::from_millis(now.try_into().ok()?);
    Some(until.saturating_sub(now).min(WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the name of the variant, which is all that decides what happens next.
    #[track_caller]
    fn check(status: u16, text: &str, expected: &str) {
        let found = format!("{:?}", fault(status, None, text, "m", None));
        assert_eq!(found.split([' ', '(']).next(), Some(expected), "{found}");
    }

    #[test]
    fn each_provider_has_its_own_way_to_say_it() {
        // OpenAI
        check(401, r#"{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}"#, "KeyRefused");
        check(429, r#"{"error":{"message":"Slow down","code":"rate_limit_exceeded"}}"#, "RateLimited");
        check(429, r#"{"error":{"message":"Pay","code":"insufficient_quota"}}"#, "NoCredit");
        check(
            404,
            r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#,
            "ModelMissing",
        );
        check(404, r#"{"error":{"message":"Invalid URL (POST /v1/x)"}}"#, "Refused");
        check(400, r#"{"error":{"message":"Too long","code":"context_length_exceeded"}}"#, "ContextTooLong");
        check(400, r#"{"error":{"message":"No","code":"content_policy_violation"}}"#, "ContentRefused");
        check(503, r#"{"error":{"message":"overloaded"}}"#, "Overloaded");
        // Anthropic
        check(
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            "Overloaded",
        );
        check(
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#,
            "ModelMissing",
        );
        check(
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 3 > 2"}}"#,
            "ContextTooLong",
        );
        check(
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
            "NoCredit",
        );
        check(
            413,
            r#"{"type":"error","error":{"type":"request_too_large","message":"x"}}"#,
            "ContextTooLong",
        );
        // Gemini
        check(
            400,
            r#"[{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
            "KeyRefused",
        );
        check(429, r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"x"}}"#, "RateLimited");
        // Ollama, llama.cpp, OpenRouter, a proxy, nobody
        check(404, r#"{"error":"model 'x' not found, try pulling it first"}"#, "ModelMissing");
        check(
            400,
            r#"{"error":{"code":400,"type":"exceed_context_size_error","message":"x"}}"#,
            "ContextTooLong",
        );
        check(400, r#"{"error":{"code":400,"message":"x is not a valid model ID"}}"#, "ModelMissing");
        check(402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, "NoCredit");
        check(403, r#"{"error":{"code":403,"message":"Your input was flagged"}}"#, "ContentRefused");
        // Who can't look at pictures: Ollama, llama.cpp, OpenRouter, vLLM, OpenAI; and a picture that Anthropic can't read
        check(500, r#"{"error":"this model is missing data required for image input"}"#, "PictureRefused");
        check(
            500,
            r#"{"error":{"code":500,"message":"image input is not supported - hint: you may need to provide the mmproj"}}"#,
            "PictureRefused",
        );
        check(
            404,
            r#"{"error":{"code":404,"message":"No endpoints found that support image input"}}"#,
            "PictureRefused",
        );
        check(400, r#"{"error":{"message":"m is not a multimodal model","code":400}}"#, "PictureRefused");
        check(
            400,
            r#"{"error":{"message":"Invalid content type. image_url is only supported by certain models."}}"#,
            "PictureRefused",
        );
        check(
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Could not process image"}}"#,
            "PictureRefused",
        );
        check(404, "<html>not found: model</html>", "Refused");
        check(502, "<html>Bad gateway</html>", "Overloaded");
        check(400, "", "Refused");
    }

    #[test]
    fn in_the_middle_of_an_answer_the_word_counts() {
        check(200, r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#, "Overloaded");
        check(200, r#"{"error":{"code":429,"message":"x"}}"#, "RateLimited");
        check(200, r#"{"error":{"type":"rate_limit_error","message":"x"}}"#, "RateLimited");
        check(200, r#"{"error":{"message":"what"}}"#, "Overloaded");
        assert_eq!(reported(r#"{"error":null,"choices":[]}"#), None);
        assert_eq!(reported(r#"{"choices":[]}"#), None);
    }

    #[test]
    fn what_is_passed_on_is_short_plain_and_without_the_key() {
        let key = Key::new("sk-canary").unwrap();
        let text = format!(r#"{{"error":{{"message":"sk-canary\nis \u202ewrong {}"}}}}"#, "x ".repeat(2000));
        let Error::KeyRefused { message } = fault(401, None, &text, "m", Some(&key)) else { unreachable!() };
        assert!(message.starts_with("[key] is wrong x x"), "{message}");
        assert!(message.len() <= MESSAGE + 4);
    }

    #[test]
    fn waits_are_seconds_or_a_date_and_never_for_ever() {
        let headers = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            headers
        };
        let seconds =
            |value: &str| retry_after(&headers("retry-after", value), 1_000_000).map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:20:00 GMT"), Some(200));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("99999999999"), Some(WAIT.as_secs()));
        assert_eq!(seconds("-5"), None);
        assert_eq!(seconds("NaN"), None);
        assert_eq!(seconds("soon"), None);
        assert_eq!(retry_after(&headers("retry-after-ms", "250"), 0), Some(Duration::from_millis(250)));
    }
}
