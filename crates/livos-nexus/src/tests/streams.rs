//! A conversation as a stream: whole for whoever comes late, and the same for whoever was away.

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;

use super::*;

#[derive(Debug, Clone, PartialEq)]
struct Event {
    id: Option<i64>,
    name: String,
    data: Value,
}

struct Reader(Lines<BufReader<Receiver>>);

impl Reader {
    async fn open(life: &Life, person: &Actor, id: &str, after: i64) -> Self {
        let pipe = life.nexus.events(person, id, after).await.unwrap();
        Self(BufReader::new(Receiver::from_owned_fd(pipe).unwrap()).lines())
    }

    async fn next(&mut self) -> Option<Event> {
        let mut event = Event { id: None, name: String::new(), data: Value::Null };
        while let Some(line) = within(self.0.next_line()).await.unwrap() {
            if let Some(id) = line.strip_prefix("id: ") {
                event.id = Some(id.parse().unwrap());
            } else if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut event.name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                event.data = serde_json::from_str(data).unwrap();
            } else if line.is_empty() && !event.name.is_empty() {
                return Some(event);
            }
        }
        None
    }

    /// Everything up to the end of the run.
    async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            let last = event.name == "state" && event.data["running"] == false;
            events.push(event);
            if last {
                break;
            }
        }
        events
    }
}

/// The items that a page has after these events, as a page makes them.
fn replay(events: &[Event], items: &mut Vec<Value>) {
    for event in events {
        match event.name.as_str() {
            "item" => match items.iter_mut().find(|item| item["key"] == event.data["key"]) {
                Some(item) => *item = event.data.clone(),
                None => items.push(event.data.clone()),
            },
            "delta" => {
                let item =
                    items.iter_mut().find(|item| item["key"] == event.data["item"]).expect("a known item");
                let text =
                    format!("{}{}", item["text"].as_str().unwrap(), event.data["text"].as_str().unwrap());
                item["text"] = json!(text);
            }
            _ => {}
        }
    }
}

fn replies() -> Vec<Reply> {
    vec![
        Reply::text("I look — at “it”.").then_calls(vec![log_call("a"), call("b", "sysinfo", json!({}))]),
        Reply::default().then_thinking("Hm, so.", "proof").then_text("Ünd that is\nall."),
    ]
}

#[tokio::test]
async fn a_stream_makes_the_same_page_as_reading_it_does() {
    let life = Life::new(replies()).await;
    let id = life.talk(&owner()).await;
    let mut reader = Reader::open(&life, &owner(), &id, 0).await;
    life.say(&owner(), &id, "why?").await;
    let events = reader.rest().await;
    let page = life.done(&owner(), &id).await;
    let mut items = Vec::new();
    replay(&events, &mut items);
    assert_eq!(json!(items), json!(page.items));
    assert!(events.iter().any(|event| event.name == "title"));
    let last = events.iter().filter_map(|event| event.id).max().unwrap();
    assert_eq!(last, page.seq);
    // Whoever comes back with any step has the same page in the end.
    for after in 0..=page.seq {
        let mut items = Vec::new();
        let seen: Vec<Event> =
            events.iter().filter(|event| event.id.is_some_and(|id| id <= after)).cloned().collect();
        replay(&seen, &mut items);
        let mut again = Reader::open(&life, &owner(), &id, after).await;
        if after < page.seq {
            replay(&again.rest().await, &mut items);
        }
        assert_eq!(json!(items), json!(page.items), "after {after}");
    }
}

#[tokio::test]
async fn whoever_comes_while_it_is_written_gets_what_there_is_and_then_the_rest() {
    let hold = Arc::new(Notify::new());
    let life =
        Life::new(vec![Reply::text("Half of it").then_hold(Arc::clone(&hold)).then_text(", and the rest.")])
            .await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "why?").await;
    let half = life
        .until(&owner(), &id, |seen| lines(seen).contains(&"answer streaming: Half of it".to_owned()))
        .await;
    let mut items: Vec<Value> = half.items.iter().map(|item| json!(item)).collect();
    let mut reader = Reader::open(&life, &owner(), &id, half.seq).await;
    let first = reader.next().await.unwrap();
    assert_eq!((first.name.as_str(), first.id), ("item", None), "{first:?}");
    assert_eq!(first.data["text"], "Half of it");
    replay(&[first], &mut items);
    hold.notify_waiters();
    let rest = reader.rest().await;
    assert!(rest.iter().any(|event| event.name == "delta"), "{rest:?}");
    replay(&rest, &mut items);
    assert_eq!(json!(items), json!(life.done(&owner(), &id).await.items));
}

#[tokio::test]
async fn messages_that_wait_are_shown_as_such() {
    let hold = Arc::new(Notify::new());
    let life = Life::new(vec![Reply::text("a").then_hold(Arc::clone(&hold)), Reply::text("b")]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.until(&owner(), &id, |seen| seen.items.len() == 2).await;
    let mut reader = Reader::open(&life, &owner(), &id, 0).await;
    life.say(&owner(), &id, "two").await;
    let queued = async |reader: &mut Reader| loop {
        let event = reader.next().await.unwrap();
        if event.name == "queued" {
            return event.data["queued"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["text"].clone())
                .collect::<Vec<_>>();
        }
    };
    assert_eq!(queued(&mut reader).await, ["two"]);
    hold.notify_waiters();
    assert!(queued(&mut reader).await.is_empty());
}

#[tokio::test]
async fn a_stream_from_nowhere_or_of_what_is_gone_says_reset() {
    let life = Life::new(Vec::new()).await;
    let id = life.talk(&owner()).await;
    let mut reader = Reader::open(&life, &owner(), &id, 99).await;
    assert_eq!(reader.next().await.unwrap().name, "reset");
    life.nexus.remove(&owner(), &id).await.unwrap();
    assert_eq!(reader.next().await.unwrap().name, "reset");
    assert_eq!(reader.next().await, None, "and ends");
}

#[tokio::test]
async fn streams_are_counted_and_given_back() {
    let life = Life::new(Vec::new()).await;
    let id = life.talk(&owner()).await;
    let mut readers = Vec::new();
    for _ in 0..64 {
        readers.push(Reader::open(&life, &owner(), &id, 0).await);
    }
    assert!(matches!(life.nexus.events(&owner(), &id, 0).await, Err(crate::Error::TooMany(_))));
    drop(readers);
    // What is written next finds nobody there.
    life.nexus.rename(&owner(), &id, "title").await.unwrap();
    let free = within(life.nexus.streams.acquire_many(64)).await;
    assert!(free.is_ok());
}
