//! What a server may do to us, and what comes of it.

use std::time::Duration;

use futures_util::StreamExt as _;
use livos_llm::{Dialect, Error, Event, Limits, Model as _, Request, StopReason};

use crate::contract::{follow, request, said};
use crate::server::{Act, Hostile, KEY, answer, send, streaming};

const BOTH: [Dialect; 2] = [Dialect::Anthropic, Dialect::ChatCompletions];

/// What is left when one connection did `acts`: the words, and why it failed.
async fn after(dialect: Dialect, acts: Vec<Act>) -> (String, Option<Error>) {
    let server = Hostile::start(vec![acts]).await;
    let (collected, _, failure) = follow(&server.remote(dialect), request("say it")).await;
    (said(&collected), failure)
}

fn chunk(delta: &str, finish: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n")
}

fn word(text: &str) -> String {
    chunk(&format!("{{\"content\":\"{text}\"}}"), "null")
}

fn end() -> String {
    format!("{}data: [DONE]\n\n", chunk("{}", "\"stop\""))
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_stays_here() {
    let elsewhere = Hostile::start(vec![vec![streaming(), send(word("x")), send(end())]]).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        for dialect in BOTH {
            let head = format!("location: {}/v1/messages\r\n", elsewhere.url);
            let (_, failure) = after(dialect, vec![answer(status, &head, "")]).await;
            let Some(Error::Refused { message, .. }) = failure else { panic!("{failure:?}") };
            assert!(message.contains(&elsewhere.url), "it says where to: {message}");
        }
    }
    assert!(elsewhere.asked().is_empty(), "nobody was asked elsewhere");
}

#[tokio::test]
async fn a_key_that_is_repeated_is_not_passed_on() {
    let body = format!("{{\"error\":{{\"message\":\"Incorrect API key: {KEY}\"}}}}");
    for dialect in BOTH {
        for acts in [
            vec![answer("401 Unauthorized", "content-type: application/json\r\n", &body)],
            vec![answer("500 Oh", "", &format!("what is {KEY}?"))],
            vec![streaming(), send(format!("data: {body}\n\n"))],
            vec![streaming(), send(format!("event: error\ndata: {{\"type\":\"error\",{}\n\n", &body[1..]))],
        ] {
            let (_, failure) = after(dialect, acts).await;
            let text = format!("{failure:?} {}", failure.as_ref().unwrap());
            assert!(!text.contains(KEY) && !text.contains("canary"), "{text}");
        }
    }
    let server = Hostile::start(vec![vec![]]).await;
    assert!(!format!("{:?}", server.remote(Dialect::Anthropic)).contains("canary"));
}

#[tokio::test]
async fn a_body_without_end_is_left() {
    let wide = vec![b'x'; 64 * 1024];
    let comments = b": keep-alive\n\n".repeat(4096);
    let words = word("never the end of it").repeat(1024).into_bytes();
    for flood in [wide.clone(), comments, words] {
        let server = Hostile::start(vec![vec![streaming(), Act::Flood(flood)]]).await;
        let (.., failure) = follow(&server.remote(Dialect::ChatCompletions), request("say it")).await;
        assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
        server.over.acquire().await.unwrap().forget();
    }
    // An explanation is read as far as it is short.
    let explains = send("HTTP/1.1 500 Oh\r\nconnection: close\r\n\r\n");
    let (_, failure) = after(Dialect::Anthropic, vec![explains, Act::Flood(wide)]).await;
    let Some(Error::Overloaded { message, .. }) = failure else { panic!("{failure:?}") };
    assert!(message.len() < 1000, "{message}");
}

#[tokio::test]
async fn a_head_without_end_is_left() {
    let head = send("HTTP/1.1 200 OK\r\n");
    let (_, failure) =
        after(Dialect::Anthropic, vec![head, Act::Flood(b"x-more: yes\r\n".repeat(1000))]).await;
    assert!(matches!(failure, Some(Error::Unreachable { .. })), "{failure:?}");
}

#[tokio::test]
async fn characters_may_be_cut_anywhere() {
    let text = format!("{}{}", word("Grüße aus 東京 👋"), end());
    let acts: Vec<Act> = text.as_bytes().chunks(1).map(send).collect();
    let (words, failure) = after(Dialect::ChatCompletions, [vec![streaming()], acts].concat()).await;
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!(words, "Grüße aus 東京 👋");
}

#[tokio::test]
async fn what_is_no_answer_is_refused() {
    for (text, sort) in [
        ("data: not json\n\n", "Malformed"),
        ("data: {\"choices\":7}\n\n", "Malformed"),
        ("data: \u{fffd}\n\n", "Malformed"),
        ("", "CutOff"),
        ("data: [DONE]\n\n", "CutOff"),
        ("data: {\"choices\":[]}\n\n", "CutOff"),
    ] {
        let (_, failure) = after(Dialect::ChatCompletions, vec![streaming(), send(text)]).await;
        assert!(format!("{failure:?}").starts_with(&format!("Some({sort}")), "{text}: {failure:?}");
    }
    let (_, failure) = after(Dialect::ChatCompletions, vec![streaming(), send(b"data: \xff\xfe\n\n")]).await;
    assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
    let (_, failure) = after(Dialect::Anthropic, vec![send("I don't speak HTTP\r\n\r\n")]).await;
    assert!(matches!(failure, Some(Error::Unreachable { .. })), "{failure:?}");
    let page = answer("200 OK", "content-type: text/html; charset=utf-8\r\n", "<html>Welcome</html>");
    let (_, failure) = after(Dialect::Anthropic, vec![page]).await;
    assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
    let packed =
        send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: deflate, gzip\r\n\r\n");
    let (_, failure) = after(Dialect::Anthropic, vec![packed]).await;
    assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
}

#[tokio::test]
async fn deep_json_does_not_reach_the_stack() {
    let deep = "[".repeat(100_000);
    let (_, failure) =
        after(Dialect::ChatCompletions, vec![streaming(), send(format!("data: {deep}\n\n"))]).await;
    assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
    let arguments = format!("{{\\\"x\\\":{deep}");
    let call = format!(
        "{{\"tool_calls\":[{{\"index\":0,\"id\":\"1\",\"function\":{{\"name\":\"f\",\"arguments\":\"{arguments}\"}}}}]}}"
    );
    let acts = vec![streaming(), send(chunk(&call, "null")), send(end())];
    let (_, failure) = after(Dialect::ChatCompletions, acts).await;
    assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
}

#[tokio::test]
async fn a_fault_in_the_middle_is_what_it_is() {
    let fault = "data: {\"error\":{\"code\":429,\"message\":\"slow down\"}}\n\n";
    let (words, failure) =
        after(Dialect::ChatCompletions, vec![streaming(), send(word("So")), send(fault)]).await;
    assert!(words == "So" && matches!(failure, Some(Error::CutOff { .. })), "{words} {failure:?}");
    // Before anything was said it is worth another attempt.
    let (_, failure) = after(Dialect::ChatCompletions, vec![streaming(), send(fault)]).await;
    assert!(matches!(failure, Some(Error::RateLimited { .. })), "{failure:?}");
    let fault = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n";
    let (_, failure) = after(Dialect::Anthropic, vec![streaming(), send(fault)]).await;
    assert!(matches!(failure, Some(Error::Overloaded { .. })), "{failure:?}");
    // Under an OK, in one piece.
    let whole = answer(
        "200 OK",
        "content-type: application/json\r\n",
        "{\"error\":{\"code\":429,\"message\":\"x\"}}",
    );
    let (_, failure) = after(Dialect::ChatCompletions, vec![whole]).await;
    assert!(matches!(failure, Some(Error::RateLimited { .. })), "{failure:?}");
}

#[tokio::test]
async fn a_wait_is_told_as_date_too() {
    let head = "retry-after: Thu, 01 Jan 1970 00:01:30 GMT\r\ncontent-type: application/json\r\n";
    let (_, failure) =
        after(Dialect::Anthropic, vec![answer("429 Too Many", head, "{\"error\":\"slow\"}")]).await;
    assert_eq!(failure.and_then(|error| error.retry_after()), Some(Duration::from_secs(90)));
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let quick = Duration::from_millis(40);
    let ask = async |acts: Vec<Act>, limits: Limits| {
        let server = Hostile::start(vec![acts]).await;
        let request = Request { limits, ..request("say it") };
        let (.., failure) = follow(&server.remote(Dialect::ChatCompletions), request).await;
        // The other side is told by the end of the connection.
        server.over.acquire().await.unwrap().forget();
        failure
    };
    let failure = ask(vec![Act::Wait], Limits { first: quick, ..Limits::default() }).await;
    assert!(matches!(failure, Some(Error::TimedOut { begun: false, .. })), "{failure:?}");
    let acts = vec![streaming(), send(word("So")), Act::Wait];
    let failure = ask(acts, Limits { silence: quick, ..Limits::default() }).await;
    assert!(matches!(failure, Some(Error::TimedOut { begun: true, .. })), "{failure:?}");
    let acts = vec![streaming(), Act::Flood(b": still here\n".to_vec())];
    let failure = ask(acts, Limits { whole: quick, ..Limits::default() }).await;
    assert!(matches!(failure, Some(Error::TimedOut { .. } | Error::Malformed { .. })), "{failure:?}");
}

#[tokio::test]
async fn dropping_an_answer_ends_it_at_the_other_side() {
    for acts in [vec![Act::Wait], vec![streaming(), send(word("So")), Act::Wait]] {
        let server = Hostile::start(vec![acts.clone()]).await;
        let mut answer = server.remote(Dialect::ChatCompletions).answer(request("say it"));
        if acts.len() > 1 {
            while !matches!(answer.next().await, Some(Ok(Event::Text(_)))) {}
        } else {
            // Asked, and not yet answered.
            let asked = async {
                while server.asked().is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! { _ = answer.next() => panic!("nothing was said"), () = asked => {} }
        }
        drop(answer);
        server.over.acquire().await.unwrap().forget();
    }
}

#[tokio::test]
async fn nothing_is_sent_before_somebody_listens() {
    let server = Hostile::start(vec![vec![Act::Wait]]).await;
    drop(server.remote(Dialect::Anthropic).answer(request("say it")));
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn calls_are_told_apart_however_a_server_counts() {
    let one = |index: &str, id: &str, name: &str, arguments: &str| {
        let call = format!(
            "{{\"index\":{index},\"id\":{id},\"function\":{{\"name\":{name},\"arguments\":{arguments}}}}}"
        );
        chunk(&format!("{{\"tool_calls\":[{call}]}}"), "null")
    };
    for pieces in [
        // As OpenAI does, interleaved.
        vec![
            one("0", "\"a\"", "\"look\"", "\"{\""),
            one("1", "\"b\"", "\"count\"", "\"\""),
            one("0", "null", "null", "\"}\""),
        ],
        // All under one number.
        vec![one("0", "\"a\"", "\"look\"", "\"{}\""), one("0", "\"b\"", "\"count\"", "\"{}\"")],
        // Without numbers, and with the names repeated.
        vec![
            one("null", "\"a\"", "\"look\"", "\"{\""),
            one("null", "\"a\"", "\"look\"", "\"}\""),
            one("null", "\"b\"", "\"count\"", "null"),
        ],
        // Without numbers and without names.
        vec![one("0", "null", "\"look\"", "\"{}\""), one("0", "null", "\"count\"", "\"{}\"")],
        // With one name for both, and with none.
        vec![one("0", "\"a\"", "\"look\"", "\"{}\""), one("1", "\"a\"", "\"count\"", "\"{}\"")],
        vec![one("0", "null", "\"look\"", "\"{}\""), one("1", "\"\"", "\"count\"", "\"{}\"")],
    ] {
        let acts = vec![streaming(), send(pieces.concat()), send(end())];
        let server = Hostile::start(vec![acts]).await;
        let (collected, events, failure) =
            follow(&server.remote(Dialect::ChatCompletions), request("x")).await;
        assert!(failure.is_none(), "{pieces:?}: {failure:?}");
        let names: Vec<&str> = events
            .iter()
            .filter_map(|event| match event {
                Event::CallComplete(call) => Some(call.name.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(names, ["look", "count"], "{pieces:?}");
        assert_eq!(collected.stop(), Some(StopReason::ToolCalls), "whatever the server calls it");
    }
}

#[tokio::test]
async fn a_call_that_is_cut_short_is_none() {
    let start = "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"look\",\"input\":{}}}\n\n";
    let half = "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"at\\\":\\\"\"}}\n\n";
    let close = "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
    let stop = |reason: &str| {
        format!(
            "data: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{reason}\"}}}}\n\ndata: {{\"type\":\"message_stop\"}}\n\n"
        )
    };
    let ask = async |pieces: String| {
        let server = Hostile::start(vec![vec![streaming(), send(pieces)]]).await;
        follow(&server.remote(Dialect::Anthropic), request("x")).await
    };
    for pieces in [[start, half, close].concat(), [start, close].concat()] {
        let (collected, _, failure) = ask(format!("{pieces}{}", stop("max_tokens"))).await;
        assert!(failure.is_none() && collected.parts().is_empty(), "{failure:?} {:?}", collected.parts());
        assert_eq!(collected.stop(), Some(StopReason::Limit));
    }
    let (.., failure) = ask(format!("{}{}", [start, half, close].concat(), stop("tool_use"))).await;
    assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
    let (collected, _, failure) = ask(format!("{}{}", [start, close].concat(), stop("tool_use"))).await;
    assert!(failure.is_none() && collected.parts().len() == 1, "no arguments are none: {failure:?}");
}

#[tokio::test]
async fn too_many_calls_are_refused() {
    let call = |index: usize| {
        chunk(
            &format!(
                "{{\"tool_calls\":[{{\"index\":{index},\"id\":\"c{index}\",\"function\":{{\"name\":\"look\"}}}}]}}"
            ),
            "null",
        )
    };
    let calls: String = (0..200).map(call).collect();
    let (_, failure) = after(Dialect::ChatCompletions, vec![streaming(), send(calls), send(end())]).await;
    assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
}
