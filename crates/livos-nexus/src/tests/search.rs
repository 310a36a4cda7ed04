//! Searching the web: each engine as its public documentation says it answers, who is asked when, and the switches.

mod asking;

use livos_bus::web::{SearchRequest, SearchTried};
use livos_llm::Key;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use super::*;
use crate::Error;
use crate::core::web::search::{Engine, Hit, Kind};

const KEY: &str = "tvly-canary-53cret-0123456789";
/// Where the engines of these tests are, in the house.
const HOME: &str = "10.0.0.5";
const SEARXNG: &str = "http://searx.home:8080/found/";

/// Engines that are at the same place for everybody are at one of the tests' own here.
pub(super) fn places(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Searxng => None,
        Kind::Brave => Some("http://brave.home"),
        Kind::Tavily => Some("http://tavily.home"),
    }
}

/// How an engine feels today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    /// Whatever is asked, this is the answer.
    Says(&'static str),
    Silent,
}

struct Engines {
    task: JoinHandle<()>,
    address: SocketAddr,
    /// Heads and bodies of all requests.
    asked: Arc<Mutex<Vec<String>>>,
    mood: Arc<Mutex<Mood>>,
}

impl Drop for Engines {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = value(head, "content-length").parse().unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        let count = stream.read(&mut buffer).await.unwrap();
        if count == 0 {
            return text;
        }
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        // Somebody who wants to speak TLS is not spoken to.
        if !text.starts_with(['G', 'P']) {
            return String::new();
        }
    }
}

fn value(head: &str, name: &str) -> String {
    let line = |line: &str| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    };
    head.lines().find_map(line).unwrap_or_default()
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

const STRONG: &str = "<strong>Ada</strong>&#x27;s &amp; Bob&#x27;s garden";

/// What the three answer, by where they are asked.
fn answer(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let target = head.split(' ').nth(1).unwrap();
    let url = Url::parse(&format!("http://x{target}")).unwrap();
    let pair =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let many = |query: &str, text: &str, body: &str| -> Vec<Value> {
        let result = |number: usize| {
            json!({ "title": format!("{query} {number}"), "url": format!("https://site.example/{number}?a=(b)|c"),
                text: body, "score": 0.9, "engine": "x" })
        };
        std::iter::once(json!({ "title": "home", "url": "http://192.168.1.1/", text: "router" }))
            .chain((1..=20).map(result))
            .collect()
    };
    match value(head, "host").as_str() {
        // https://docs.searxng.org/dev/search_api.html
        "searx.home:8080" => {
            assert!(head.starts_with("GET /found/search?"), "{head}");
            if pair("format").as_deref() != Some("json") {
                return reply("403 Forbidden", "", "<!doctype html>");
            }
            let query = pair("q").unwrap();
            let (results, away) = match query.as_str() {
                "nothing" => (Vec::new(), json!([])),
                "away" => (Vec::new(), json!([["google", "CAPTCHA"], ["bing", "timeout"]])),
                query => (many(query, "content", "Ada's & Bob's garden"), json!([])),
            };
            reply(
                "200 OK",
                "",
                &json!({ "query": query, "number_of_results": 0, "results": results, "answers": [], "unresponsive_engines": away }).to_string(),
            )
        }
        // https://api.search.brave.com/app/documentation/web-search
        "brave.home" => {
            assert!(head.starts_with("GET /res/v1/web/search?"), "{head}");
            let limits = "X-RateLimit-Limit: 1, 15000\r\nX-RateLimit-Remaining: 1, 1000\r\nX-RateLimit-Reset: 1, 1419704\r\n";
            if value(head, "x-subscription-token") != KEY {
                let why = json!({ "type": "ErrorResponse", "error": { "id": "1", "status": 422, "code": "SUBSCRIPTION_TOKEN_INVALID", "detail": format!("The provided subscription token is invalid: {}", value(head, "x-subscription-token")) } });
                return reply("422 Unprocessable Entity", "", &why.to_string());
            }
            let query = pair("q").unwrap();
            let count: usize = pair("count").unwrap().parse().unwrap();
            assert!((1..=20).contains(&count));
            if query == "nothing" {
                return reply("200 OK", limits, r#"{"type":"search","query":{"original":"nothing"}}"#);
            }
            let web = json!({ "type": "search", "results": many(&query, "description", STRONG) });
            reply(
                "200 OK",
                limits,
                &json!({ "type": "search", "query": { "original": query }, "web": web }).to_string(),
            )
        }
        // https://docs.tavily.com/documentation/api-reference/endpoint/search
        "tavily.home" => {
            assert!(head.starts_with("POST /search "), "{head}");
            if value(head, "authorization") != format!("Bearer {KEY}") {
                let why = json!({ "detail": { "error": format!("Unauthorized: missing or invalid API key. {}", value(head, "authorization")) } });
                return reply("401 Unauthorized", "", &why.to_string());
            }
            assert_eq!(value(head, "content-type"), "application/json");
            let asked: Value = serde_json::from_str(body).unwrap();
            assert!(
                (1..=20).contains(&asked["max_results"].as_u64().unwrap())
                    && asked["search_depth"] == "basic"
            );
            let query = asked["query"].as_str().unwrap();
            let results =
                if query == "nothing" { Vec::new() } else { many(query, "content", "Ada's & Bob's garden") };
            reply(
                "200 OK",
                "",
                &json!({ "query": query, "answer": null, "images": [], "results": results, "response_time": 1.1 }).to_string(),
            )
        }
        "site.example" => {
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\npage".to_owned()
        }
        other => panic!("nobody is at {other}"),
    }
}

async fn engines() -> Engines {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let mood = Arc::new(Mutex::new(Mood::Well));
    let (seen, feels) = (Arc::clone(&asked), Arc::clone(&mood));
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read(&mut stream).await;
            if request.is_empty() {
                continue;
            }
            seen.lock().unwrap().push(request.clone());
            let mood = *feels.lock().unwrap();
            let bytes = match mood {
                Mood::Well => answer(&request),
                Mood::Says(text) => text.to_owned(),
                Mood::Silent => {
                    held.push(stream);
                    continue;
                }
            };
            // Whoever has had enough hangs up.
            let _ = stream.write_all(bytes.as_bytes()).await;
        }
    });
    Engines { task, address, asked, mood }
}

impl Engines {
    fn network(&self) -> FakeNetwork {
        let network = FakeNetwork::default();
        self.be_reached(&network);
        network
    }

    fn be_reached(&self, network: &FakeNetwork) {
        *network.server.lock().unwrap() = Some(self.address);
        for name in ["searx.home", "brave.home", "tavily.home"] {
            network.name(name, &[HOME]);
        }
        network.name("site.example", &["93.184.216.34"]);
    }

    async fn ask(
        &self,
        kind: Kind,
        key: &str,
        query: &str,
        most: usize,
    ) -> Result<Vec<Hit>, (String, String, Option<u64>)> {
        let key = (kind != Kind::Searxng).then(|| Key::new(key).unwrap());
        let engine = Engine::new(kind, places(kind).unwrap_or(SEARXNG), key).unwrap();
        let tls = livos_fetch::Tls::of_the_machine();
        let found = engine.search(&self.network(), &tls, query, most, NOW).await;
        found.map_err(|problem| (problem.code, problem.message, problem.retry_after))
    }

    /// What this answer is taken for.
    async fn when(&self, kind: Kind, says: &'static str) -> (String, String, Option<u64>) {
        *self.mood.lock().unwrap() = Mood::Says(says);
        let failed = self.ask(kind, KEY, "garden", 5).await.unwrap_err();
        *self.mood.lock().unwrap() = Mood::Well;
        failed
    }

    fn queries(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let query = |request: &String| {
            let url = Url::parse(&format!("http://x{}", request.split(' ').nth(1)?)).ok()?;
            url.query_pairs().find(|(key, _)| key == "q").map(|(_, value)| value.into_owned())
        };
        asked.iter().filter_map(query).collect()
    }
}

#[tokio::test]
async fn every_engine_is_asked_and_understood_as_its_documentation_says() {
    let engines = engines().await;
    for kind in Kind::ALL {
        let found = engines.ask(kind, KEY, "größe & 100% \"garden\"", 3).await.unwrap();
        assert_eq!(found.len(), 3, "{kind:?}");
        let first = &found[0];
        assert_eq!(first.url.as_str(), "https://site.example/1?a=%28b%29|c", "{kind:?}: nothing at home");
        assert_eq!(first.title, "größe & 100% \"garden\" 1", "{kind:?}");
        assert_eq!(first.snippet, "Ada's & Bob's garden", "{kind:?}");
        assert_eq!(engines.ask(kind, KEY, "garden", 99).await.unwrap().len(), 10, "{kind:?}");
        assert_eq!(engines.ask(kind, KEY, "nothing", 5).await.unwrap(), [], "{kind:?}");
        // What none of them may do.
        for (says, what) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html", "not the answer of"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "not the answer of"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{}", "can't be searched"),
            (
                "HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n",
                "points elsewhere",
            ),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "there is no search at"),
            ("HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", "try again later"),
            ("nonsense\r\n\r\n", "can't be searched"),
        ] {
            let (code, message, _) = engines.when(kind, says).await;
            assert!(code == "unreachable" && message.contains(what), "{kind:?} {says}: {code} {message}");
        }
        let (code, message, wait) =
            engines.when(kind, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!((code.as_str(), wait), ("rate_limited", Some(7)), "{kind:?}: {message}");
        let dated =
            "HTTP/1.1 429 Slow\r\nRetry-After: Fri, 15 Jan 2027 08:01:00 GMT\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(engines.when(kind, dated).await.2, Some(60), "{kind:?}");
    }
    for kind in [Kind::Brave, Kind::Tavily] {
        let (code, message, _) = engines.ask(kind, "other-key", "garden", 5).await.unwrap_err();
        assert_eq!(code, "key_refused", "{message}");
        assert!(
            message.contains("invalid") && message.contains("[key]") && !message.contains("other-key"),
            "{message}"
        );
    }
    let (code, message, _) = engines.ask(Kind::Searxng, KEY, "away", 5).await.unwrap_err();
    assert!(code == "unreachable" && message.contains("google: CAPTCHA, bing: timeout"), "{message}");
    let (code, message, _) =
        engines.when(Kind::Searxng, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
    assert!(code == "unreachable" && message.contains("settings.yml"), "{message}");
    let (code, message, _) =
        engines.when(Kind::Searxng, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").await;
    assert!(code == "unreachable" && message.contains("sign-in"), "{message}");
    let month = "HTTP/1.1 429 Too Many\r\nX-RateLimit-Remaining: 1, 0\r\nX-RateLimit-Reset: 1, 1419704\r\nContent-Length: 0\r\n\r\n";
    let (code, _, wait) = engines.when(Kind::Brave, month).await;
    assert_eq!((code.as_str(), wait), ("limit", Some(1_419_704)));
    let second = "HTTP/1.1 429 Too Many\r\nX-RateLimit-Remaining: 0, 900\r\nX-RateLimit-Reset: 1, 1419704\r\nContent-Length: 0\r\n\r\n";
    let (code, _, wait) = engines.when(Kind::Brave, second).await;
    assert_eq!((code.as_str(), wait), ("rate_limited", Some(1)));
    for status in ["432", "433"] {
        let says = if status == "432" {
            "HTTP/1.1 432 Plan\r\nContent-Length: 0\r\n\r\n"
        } else {
            "HTTP/1.1 433 Paid\r\nContent-Length: 0\r\n\r\n"
        };
        assert_eq!(engines.when(Kind::Tavily, says).await.0, "limit");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_answer_is_not_waited_for() {
    let engines = engines().await;
    *engines.mood.lock().unwrap() = Mood::Silent;
    let (code, message, _) = engines.ask(Kind::Searxng, KEY, "garden", 5).await.unwrap_err();
    assert!(code == "unreachable" && message.contains("did not answer within 15 s"), "{message}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let engines = engines().await;
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", 2 << 20, " ".repeat(2 << 20));
    let (code, message, _) = engines.when(Kind::Searxng, long.leak()).await;
    assert!(code == "unreachable" && message.contains("longer than 1 MiB"), "{message}");
}

#[tokio::test]
async fn what_would_be_read_on_the_way_is_not_sent() {
    let engines = engines().await;
    let engine = Engine::new(Kind::Searxng, "http://site.example/", None).unwrap();
    let tls = livos_fetch::Tls::of_the_machine();
    let problem = engine.search(&engines.network(), &tls, "garden", 5, NOW).await.unwrap_err();
    assert!(problem.message.contains("use https"), "{}", problem.message);
    assert!(engines.asked.lock().unwrap().is_empty());
    for kind in [Kind::Brave, Kind::Tavily] {
        assert!(kind.place().unwrap().starts_with("https://"));
        assert!(Engine::new(kind, kind.place().unwrap(), None).unwrap_err().contains("wants a key"));
    }
    for wrong in [
        "",
        "searx.home",
        "ftp://a.example",
        "http://me:secret@a.example",
        "http://a.example/?key=x",
        "https://a.example/#x",
    ] {
        Engine::new(Kind::Searxng, wrong, None).unwrap_err();
    }
}

fn wanted(kind: Kind, key: &str) -> SearchRequest {
    let base_url = if kind == Kind::Searxng { SEARXNG } else { "" };
    SearchRequest {
        provider: kind.word().to_owned(),
        base_url: base_url.to_owned(),
        key: ProviderKey(key.to_owned()),
    }
}

/// A life whose SearXNG is this one.
async fn living(engines: &Engines, replies: Vec<Reply>) -> Life {
    let life = Life::new(replies).await;
    engines.be_reached(&life.network);
    life.nexus.save_search(wanted(Kind::Searxng, "")).await.unwrap();
    life
}

#[tokio::test]
async fn an_engine_is_tried_before_it_is_kept_and_its_key_lies_sealed_for_one_place() {
    let engines = engines().await;
    let life = Life::open(TempDir::new().unwrap(), Scripted::new("s", Vec::new()), Bounds::default()).await;
    engines.be_reached(&life.network);
    let nexus = &life.nexus;
    let error = nexus.save_search(wanted(Kind::Tavily, "tvly-wrong")).await.unwrap_err();
    assert_eq!(error.to_wire().code, "key_refused");
    assert!(!error.to_string().contains("tvly-wrong"), "{error}");
    assert!(
        nexus.save_search(wanted(Kind::Tavily, "")).await.unwrap_err().to_string().contains("wants a key")
    );
    assert!(!nexus.web_shown(&owner()).await.unwrap().searches);
    let tried: SearchTried = nexus.save_search(wanted(Kind::Tavily, KEY)).await.unwrap();
    assert_eq!((tried.found.len(), tried.found[0].title.as_str()), (3, "home server 1"));
    // The same again is a test of what is kept.
    let again = nexus.save_search(wanted(Kind::Tavily, "")).await.unwrap();
    assert_eq!((again.search.key.as_str(), again.search.base_url.as_str()), ("set", "http://tavily.home"));
    // A key is not handed to another engine.
    let other = nexus.save_search(wanted(Kind::Brave, "")).await.unwrap_err();
    assert!(matches!(other, Error::Invalid(_)), "{other}");
    let shown = nexus.web_shown(&owner()).await.unwrap();
    assert_eq!(shown.search.as_ref().unwrap().provider, "tavily");
    assert_eq!(nexus.web_shown(&member()).await.unwrap().search, None);
    let all = format!("{tried:?}{again:?}{shown:?}{:?}", wanted(Kind::Tavily, KEY));
    assert!(!all.contains(KEY), "{all}");
    // Nor does a row that was changed behind our back make the key go there.
    let writer = nexus.store.database().writer().clone();
    let before = engines.asked.lock().unwrap().len();
    sqlx::query("update search set base_url = 'http://brave.home'").execute(&writer).await.unwrap();
    assert!(nexus.searching.search("garden", 5).await.unwrap_err().contains("enter it again"));
    assert_eq!(engines.asked.lock().unwrap().len(), before);
    nexus.store.database().close().await;
    let mut files = 0;
    for file in std::fs::read_dir(life.home.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
        files += 1;
    }
    assert!(files > 0);
}

#[tokio::test]
async fn another_engine_takes_the_place_of_the_first_and_what_goes_wrong_is_shown() {
    let engines = engines().await;
    let life = living(&engines, Vec::new()).await;
    let nexus = &life.nexus;
    nexus.save_search(wanted(Kind::Brave, KEY)).await.unwrap();
    let error = nexus.save_search(SearchRequest {
        base_url: "http://nowhere.home".to_owned(),
        ..wanted(Kind::Searxng, "")
    });
    assert!(error.await.unwrap_err().to_string().contains("is not known"));
    let shown = async || nexus.web_shown(&owner()).await.unwrap().search;
    assert_eq!(shown().await.unwrap().provider, "brave", "what works is not lost to what does not");
    *engines.mood.lock().unwrap() = Mood::Says("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    assert!(nexus.searching.search("garden", 5).await.unwrap_err().contains("refuses the key"));
    assert_eq!(shown().await.unwrap().problem.unwrap().code, "key_refused");
    *engines.mood.lock().unwrap() = Mood::Well;
    assert_eq!(nexus.searching.search("garden", 5).await.unwrap().len(), 5);
    assert_eq!(shown().await.unwrap().problem, None);
    nexus.remove_search().await.unwrap();
    assert_eq!(shown().await, None);
    assert!(matches!(nexus.remove_search().await, Err(Error::UnknownSearch)));
    assert!(nexus.searching.search("garden", 5).await.unwrap_err().contains("Settings"));
}
