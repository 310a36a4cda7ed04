//! Vectors of what is remembered: who makes them, and what becomes of a question when nobody does.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use livos_bus::assistant::EmbeddingsReply;
use livos_llm::{Embedded, Embeds};
use livos_memory::{NewEntry, Origin};

use super::*;
use crate::Error;

/// Knows two things: pets and water. What it is given it writes down.
#[derive(Debug, Default)]
pub(super) struct FakeEmbeds {
    pub(super) given: Mutex<Vec<String>>,
    pub(super) fails: Mutex<Option<livos_llm::Error>>,
    /// A batch with this in it is refused.
    pub(super) refuses: Mutex<Option<&'static str>>,
    /// While it is there, what is asked for waits for it.
    pub(super) hold: Mutex<Option<Arc<Notify>>>,
    pub(super) waits: Notify,
}

impl Embeds for FakeEmbeds {
    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Embedded, livos_llm::Error>> {
        let refused = *self.refuses.lock().unwrap();
        let refused = refused.filter(|word| texts.iter().any(|text| text.contains(word)));
        let outcome = match self.fails.lock().unwrap().clone() {
            Some(error) => Err(error),
            None if refused.is_some() => {
                Err(livos_llm::Error::Refused { status: 400, message: "too long".to_owned() })
            }
            None => {
                Ok(Embedded { vectors: texts.iter().map(|text| vector(text)).collect(), tokens: Some(10) })
            }
        };
        self.given.lock().unwrap().extend(texts);
        let hold = self.hold.lock().unwrap().clone();
        async move {
            if let Some(hold) = hold {
                self.waits.notify_one();
                hold.notified().await;
            }
            outcome
        }
        .boxed()
    }
}

fn vector(text: &str) -> Vec<f32> {
    let about = |words: &[&str]| f32::from(u8::from(words.iter().any(|word| text.contains(word))));
    vec![about(&["beagle", "animal"]), about(&["lake", "swim"]), 0.1]
}

/// An agent with a provider that makes vectors, while somebody makes them.
async fn life(replies: Vec<Reply>) -> Life {
    let life = quiet().await;
    replies.into_iter().for_each(|reply| life.script.push(reply));
    life.nexus.tasks.spawn(Arc::clone(&life.nexus).embed_as_needed());
    life
}

/// The same while nobody makes any.
async fn quiet() -> Life {
    let life = Life::open(TempDir::new().unwrap(), Scripted::new("s", Vec::new()), Bounds::default()).await;
    life.script.push(Reply::text("OK"));
    let request = ProviderRequest { dialect: "chat_completions".to_owned(), ..provider("sk-1") };
    life.nexus.providers.save(request).await.unwrap();
    life
}

fn overloaded() -> livos_llm::Error {
    livos_llm::Error::Overloaded { retry_after: None, message: "busy".to_owned() }
}

async fn shown(life: &Life) -> EmbeddingsReply {
    life.nexus.embeddings_shown().await.unwrap()
}

/// Waits until so many memories have a vector.
async fn embedded(life: &Life, wanted: u64) {
    within(async {
        while shown(life).await.embeddings.is_none_or(|info| info.embedded != wanted) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn remember(life: &Life, texts: &[&str]) {
    let entry = |(position, text): (i64, &&str)| NewEntry {
        person: "grace".to_owned(),
        source: "notes".to_owned(),
        session: format!("s{position}"),
        position,
        turn: position.to_string(),
        speaker: "Nexus".to_owned(),
        text: (*text).to_owned(),
        at: NOW,
        origin: Origin::Agent,
        importance: 0.5,
    };
    let entries: Vec<NewEntry> = (0..).zip(texts).map(entry).collect();
    life.nexus.memory.add(&entries).await.unwrap();
}

fn asks() -> Reply {
    Reply::calls(vec![call("s", "memory_search", json!({ "query": "Which animal is there?" }))])
}

/// What the model is told when it looks for an animal.
async fn told(life: &Life) -> String {
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "?").await;
    life.done(&owner(), &id).await;
    format!("{:?}", life.script.requests().last().unwrap().messages.last().unwrap())
}

#[tokio::test]
async fn nothing_leaves_the_machine_before_somebody_chose_where_to() {
    let life = life(vec![asks(), Reply::text("No.")]).await;
    remember(&life, &["We adopted a beagle."]).await;
    assert!(shown(&life).await.embeddings.is_none());
    assert_eq!(shown(&life).await.candidates[0].id, "p");
    assert!(told(&life).await.contains("Nothing about this"));
    assert!(life.embeds.given.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_means_the_same_is_found_without_a_common_word() {
    let life = life(vec![asks(), Reply::text("A dog.")]).await;
    remember(&life, &["The water bill came.", "We adopted a beagle.", "We went to the lake."]).await;
    life.nexus.set_embeddings("p", "vectors-1").await.unwrap();
    embedded(&life, 3).await;
    let told = told(&life).await;
    let place = |text: &str| told.find(text).unwrap_or(usize::MAX);
    assert!(place("beagle") < place("lake"), "{told}");
    assert!(!told.contains("Only words"), "{told}");
    let info = shown(&life).await.embeddings.unwrap();
    // The trial, one batch, one question.
    assert_eq!((info.calls, info.tokens, info.problem), (3, 30, None));
}

#[tokio::test]
async fn a_failure_leaves_words_and_is_said_and_kept() {
    let life = life(vec![
        Reply::calls(vec![call("s", "memory_search", json!({ "query": "beagle" }))]),
        Reply::text("Found."),
    ])
    .await;
    remember(&life, &["We adopted a beagle."]).await;
    life.nexus.set_embeddings("p", "vectors-1").await.unwrap();
    embedded(&life, 1).await;
    *life.embeds.fails.lock().unwrap() = Some(overloaded());
    let told = told(&life).await;
    assert!(told.contains("adopted a beagle") && told.contains("Only words could be looked for"), "{told}");
    let problem = shown(&life).await.embeddings.unwrap().problem.unwrap();
    assert_eq!(problem.code, "rate_limited");
}

#[tokio::test]
async fn a_model_is_tried_before_it_is_kept_and_goes_with_its_provider() {
    let life = life(Vec::new()).await;
    *life.embeds.fails.lock().unwrap() = Some(overloaded());
    assert!(matches!(life.nexus.set_embeddings("p", "vectors-1").await, Err(Error::Refused(_))));
    assert!(matches!(life.nexus.set_embeddings("q", "m").await, Err(Error::UnknownProvider(_))));
    assert!(matches!(life.nexus.set_embeddings("p", " ").await, Err(Error::Invalid(_))));
    assert!(shown(&life).await.embeddings.is_none());
    *life.embeds.fails.lock().unwrap() = None;
    let kept = life.nexus.set_embeddings("p", "vectors-1").await.unwrap();
    assert_eq!(kept.embeddings.unwrap().model, "vectors-1");
    let keys: Vec<_> = life.endpoints.lock().unwrap().iter().map(|one| one.key.clone()).collect();
    assert!(keys.iter().all(Option::is_some), "the provider's own key goes along");
    life.nexus.providers.remove("p").await.unwrap();
    assert!(shown(&life).await.embeddings.is_none());
    assert!(matches!(life.nexus.remove_embeddings().await, Err(Error::UnknownEmbeddings)));
}

#[tokio::test]
async fn another_model_makes_all_of_them_anew() {
    let life = life(Vec::new()).await;
    let many: Vec<String> = (0..150).map(|number| format!("Note {number} about the lake.")).collect();
    remember(&life, &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    life.nexus.set_embeddings("p", "vectors-1").await.unwrap();
    embedded(&life, 150).await;
    life.nexus.set_embeddings("p", "vectors-2").await.unwrap();
    embedded(&life, 150).await;
    // Two trials, and each note twice.
    assert_eq!(life.embeds.given.lock().unwrap().len(), 302);
}

#[tokio::test]
async fn who_was_switched_off_gets_nothing_more() {
    let life = quiet().await;
    let many: Vec<String> = (0..150).map(|number| format!("Note {number} about the lake.")).collect();
    remember(&life, &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    life.nexus.set_embeddings("p", "vectors-1").await.unwrap();
    let hold = Arc::new(Notify::new());
    *life.embeds.hold.lock().unwrap() = Some(Arc::clone(&hold));
    let switching = async {
        // The first batch is on its way.
        life.embeds.waits.notified().await;
        life.nexus.remove_embeddings().await.unwrap();
        *life.embeds.hold.lock().unwrap() = None;
        hold.notify_one();
    };
    within(async { tokio::join!(life.nexus.embed_all(), switching) }).await;
    // The trial and that batch.
    assert_eq!(life.embeds.given.lock().unwrap().len(), 65);
}

#[tokio::test]
async fn one_text_that_is_refused_keeps_no_other_from_its_vector() {
    let life = life(vec![asks(), Reply::text("A dog.")]).await;
    *life.embeds.refuses.lock().unwrap() = Some("endless");
    remember(&life, &["We adopted a beagle.", "An endless story.", "We went to the lake."]).await;
    life.nexus.set_embeddings("p", "vectors-1").await.unwrap();
    // It has one that is like nothing, so that it is not asked for again.
    embedded(&life, 3).await;
    assert!(told(&life).await.contains("beagle"));
    assert!(shown(&life).await.embeddings.unwrap().problem.is_none());
}

/// Stands for the process of livos-embeddings: answers whoever connects, and counts them.
async fn process(life: &Life) -> Arc<Mutex<usize>> {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let listener = tokio::net::UnixListener::bind(life.home.path().join("embeddings.sock")).unwrap();
    let connected: Arc<Mutex<usize>> = Arc::default();
    let count = Arc::clone(&connected);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            *count.lock().unwrap() += 1;
            let (reading, mut writing) = stream.into_split();
            let mut lines = BufReader::new(reading).lines();
            tokio::spawn(async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    let asked: Value = serde_json::from_str(&line).unwrap();
                    let texts = asked["texts"].as_array().unwrap().iter();
                    let vectors: Vec<_> = texts.map(|text| vector(text.as_str().unwrap())).collect();
                    let said = json!({ "model": "small", "vectors": vectors });
                    writing.write_all(format!("{said}\n").as_bytes()).await.unwrap();
                }
            });
        }
    });
    connected
}

#[tokio::test]
async fn this_server_makes_them_where_its_package_is_installed() {
    let life = life(vec![asks(), Reply::text("A dog.")]).await;
    let error = life.nexus.set_embeddings("this-server", "").await.unwrap_err();
    assert!(error.to_string().contains("livos-embeddings"), "{error}");
    assert!(shown(&life).await.candidates.iter().all(|one| one.id != "this-server"));
    let connected = process(&life).await;
    assert_eq!(shown(&life).await.candidates[0].id, "this-server");
    remember(&life, &["We adopted a beagle.", "We went to the lake."]).await;
    let kept = life.nexus.set_embeddings("this-server", "").await.unwrap().embeddings.unwrap();
    assert_eq!((kept.provider.as_str(), kept.model.as_str()), ("this-server", "small"));
    embedded(&life, 2).await;
    let told = told(&life).await;
    assert!(told.contains("beagle") && !told.contains("Only words"), "{told}");
    assert!(*connected.lock().unwrap() >= 1);
    assert!(life.embeds.given.lock().unwrap().is_empty(), "nobody else was asked");
    // Nobody can take the name for a provider of theirs.
    let request = ProviderRequest { id: "this-server".to_owned(), ..provider("sk-1") };
    assert!(matches!(life.nexus.providers.save(request).await, Err(Error::Invalid(_))));
}
