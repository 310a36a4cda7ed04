//! Every question that the API answers, asked by one person about the things of another.

use std::time::{Duration, Instant};

use livos_testkit::{Client, Stack};
use reqwest::Method;
use serde_json::Value;

use super::search::{Canaries, Kind};

/// How long a stream is listened to that says nothing, and one that goes on and on; what it has to say at once, it has said
/// by then.
const QUIET: Duration = Duration::from_millis(400);
const LISTEN: Duration = Duration::from_secs(2);

/// Things to ask for, by the part of a route that they belong to.
pub(super) struct Things(pub(super) Vec<(&'static str, String)>);

impl Things {
    /// A route as it is asked for, once for each thing there is to be asked for; none where there is none.
    fn fill(&self, route: &str) -> Vec<String> {
        let Some((before, after)) = route.split_once('{') else { return vec![route.to_owned()] };
        let (_, after) = after.split_once('}').expect("a name in braces");
        let of_it = self.0.iter().filter(|(place, _)| before.ends_with(place));
        of_it.flat_map(|(_, thing)| self.fill(&format!("{before}{thing}{after}"))).collect()
    }
}

/// Queries without which a route has nothing to tell.
const QUERIES: &[(&str, &[&str])] = &[
    ("/files/content", &["?root=home&path=private.txt", "?root=home&path=private.txt&inline=1"]),
    ("/files/archive", &["?root=home&path="]),
    ("/files/list", &["?root=home&path=", "?root=home&path=/"]),
    ("/files/search", &["?root=home&path=&q=Kanari7"]),
    ("/files/stat", &["?root=home&path=private.txt"]),
    ("/assistant/tool-server-registry", &["?search=Kanari7"]),
    ("/docker/look", &[""]),
];

/// Routes whose very purpose it is to hand out what an app was given, to those who run the server; each use is in the audit
/// trail.
const HANDS_OUT: &[&str] = &["/environment", "/compose", "/export"];

/// Asks all of it, and says who was told what they must not know. `kinds` is what they must not know.
pub(super) async fn ask(
    stack: &Stack,
    client: &Client,
    who: &str,
    kinds: &[Kind],
    things: &Things,
    canaries: &Canaries,
) -> Vec<String> {
    let document = client.get("/api/v1/openapi.json").await.expect("a document").expect(200).expect("open");
    let (mut wrong, mut asked, mut answered, mut left_out) = (Vec::new(), 0, 0, Vec::new());
    for (route, methods) in document["paths"].as_object().expect("paths") {
        if methods.get("get").is_none() {
            continue;
        }
        let paths = things.fill(route);
        if paths.is_empty() {
            left_out.push(route.as_str());
        }
        let queries = QUERIES.iter().find(|(end, _)| route.ends_with(end)).map_or(&[""][..], |(_, all)| all);
        for path in paths {
            for query in queries {
                let path = format!("{path}{query}");
                let (status, told) = told(client, &path).await;
                asked += 1;
                answered += u32::from(status < 400);
                let hands_out = HANDS_OUT.iter().any(|end| route.ends_with(end));
                let kinds: Vec<Kind> =
                    kinds.iter().copied().filter(|kind| !hands_out || *kind != Kind::Apps).collect();
                for canary in canaries.within(&told, &kinds) {
                    wrong.push(format!("{canary}: {who} is told it by GET {path} ({status})"));
                }
            }
        }
    }
    assert!(asked > 60, "only {asked} questions were asked\n{}", stack.last_words());
    println!("{who}: {asked} questions, {answered} answered; nothing to ask for in {left_out:?}");
    wrong
}

/// What comes of a question, head and all; of a stream, what it says at once.
async fn told(client: &Client, path: &str) -> (u16, Vec<u8>) {
    let request = client.request(Method::GET, path).header("Accept", "*/*");
    let mut response = request.timeout(Duration::from_secs(60)).send().await.expect("an answer");
    let status = response.status().as_u16();
    let mut told: Vec<u8> = Vec::new();
    for (name, value) in response.headers() {
        // A cookie of one's own is for oneself.
        if name != "set-cookie" {
            told.extend(format!("{name}: ").bytes().chain(value.as_bytes().iter().copied()));
        }
    }
    let end = Instant::now() + LISTEN;
    while let Ok(Ok(Some(bytes))) = tokio::time::timeout(QUIET, response.chunk()).await {
        told.extend_from_slice(&bytes);
        if Instant::now() > end {
            break;
        }
    }
    (status, told)
}

/// The ids in a list.
pub(super) fn ids(list: &Value, key: &str) -> Vec<String> {
    let all = list.as_array().into_iter().flatten();
    all.filter_map(|one| one[key].as_str().map(str::to_owned)).collect()
}
