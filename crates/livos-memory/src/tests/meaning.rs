//! Finding by meaning, with an embedder that knows three things.

use std::sync::Mutex;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{NOW, note};
use crate::{EmbedError, Embedder, Found, Meaning, Memory, Query, Strategy, Unembedded};

const THINGS: [&[&str]; 3] = [&["beagle", "animal", "pet"], &["lake", "swim"], &["violin", "instrument"]];

#[derive(Debug)]
struct Thinker {
    model: &'static str,
    /// Numbers that every vector has besides.
    more: usize,
    fails: Mutex<bool>,
    /// A batch with this in it is not taken.
    refuses: &'static str,
}

impl Thinker {
    fn new(model: &'static str) -> Self {
        Self { model, more: 1, fails: Mutex::new(false), refuses: "endless" }
    }
}

impl Embedder for Thinker {
    fn model(&self) -> &str {
        self.model
    }

    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, Unembedded>> {
        let fails = *self.fails.lock().unwrap();
        let vector = |text: &String| {
            let has = |words: &&[&str]| f32::from(u8::from(words.iter().any(|word| text.contains(word))));
            THINGS.iter().map(has).chain(vec![0.1; self.more]).collect()
        };
        if texts.iter().any(|text| text.contains(self.refuses)) {
            let refused = Unembedded { why: "too long".to_owned(), of_these: true };
            return async move { Err(refused) }.boxed();
        }
        let vectors =
            if fails { Err(Unembedded::new("busy")) } else { Ok(texts.iter().map(vector).collect()) };
        async move { vectors }.boxed()
    }
}

async fn embed(memory: &Memory, thinker: &Thinker) -> usize {
    let (mut made, mut next) = (0, None);
    loop {
        let progress = memory.embed_some(thinker, next).await.unwrap();
        made += progress.made;
        next = progress.next;
        if next.is_none() {
            return made;
        }
    }
}

async fn search(memory: &Memory, person: &str, text: &str, thinker: &Thinker) -> Found {
    let query = Query { person, text, limit: 5, now: NOW, strategy: Strategy::Full, embedder: Some(thinker) };
    memory.search(&query).await.unwrap()
}

fn turns(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.entry.text.as_str()).collect()
}

async fn three() -> Memory {
    let memory = Memory::in_memory().await.unwrap();
    let texts = ["We adopted a beagle.", "We went to the lake.", "I bought a violin."];
    let entries: Vec<_> =
        texts.iter().map(|text| note("p1", &text[text.len() - 5..], 0, "ann", text)).collect();
    memory.add(&entries).await.unwrap();
    memory
}

#[tokio::test]
async fn what_shares_no_word_with_the_question_is_found() {
    let memory = three().await;
    let thinker = Thinker::new("one");
    // Nothing has a vector yet: words alone, and no failure.
    let found = search(&memory, "p1", "Which pet?", &thinker).await;
    assert_eq!((turns(&found), &found.meaning), (Vec::new(), &Meaning::Off));
    assert_eq!(embed(&memory, &thinker).await, 3);
    assert_eq!(embed(&memory, &thinker).await, 0, "nothing is made twice");
    for (question, first) in [
        ("Which animal?", "We adopted a beagle."),
        ("Did anybody swim?", "We went to the lake."),
        ("Which instrument?", "I bought a violin."),
        // Words still count.
        ("violin", "I bought a violin."),
    ] {
        let found = search(&memory, "p1", question, &thinker).await;
        assert_eq!(turns(&found)[0], first, "{question}");
        assert_eq!(found.meaning, Meaning::Used);
    }
    // What is remembered later is found once it has a vector, by whoever has read the others already.
    memory.add(&[note("p1", "later", 0, "ann", "My pet is loud.")]).await.unwrap();
    assert_eq!(embed(&memory, &thinker).await, 1);
    assert!(turns(&search(&memory, "p1", "Which animal?", &thinker).await).contains(&"My pet is loud."));
    memory.rest();
    assert!(turns(&search(&memory, "p1", "Which animal?", &thinker).await).contains(&"My pet is loud."));
}

#[tokio::test]
async fn nobody_finds_another_persons_memory_by_its_meaning_nor_what_was_forgotten() {
    let memory = three().await;
    let thinker = Thinker::new("one");
    memory.add(&[note("p2", "s", 0, "cat", "A secret beagle.")]).await.unwrap();
    embed(&memory, &thinker).await;
    assert_eq!(turns(&search(&memory, "p2", "Which animal?", &thinker).await), ["A secret beagle."]);
    assert!(!turns(&search(&memory, "p1", "Which animal?", &thinker).await).contains(&"A secret beagle."));
    assert!(search(&memory, "p3", "Which animal?", &thinker).await.hits.is_empty());
    let theirs = memory.list("p2", None, None, 1).await.unwrap();
    assert!(memory.forget("p2", theirs[0].id).await.unwrap());
    assert!(search(&memory, "p2", "Which animal?", &thinker).await.hits.is_empty());
    assert_eq!(memory.reset("p1", None).await.unwrap(), 3);
    assert_eq!(memory.embedded("one").await.unwrap(), (0, 0), "vectors go with what they are of");
}

#[tokio::test]
async fn a_failure_is_said_and_words_still_find() {
    let memory = three().await;
    let thinker = Thinker::new("one");
    embed(&memory, &thinker).await;
    *thinker.fails.lock().unwrap() = true;
    let found = search(&memory, "p1", "the violin", &thinker).await;
    assert_eq!(turns(&found), ["I bought a violin."]);
    assert_eq!(found.meaning, Meaning::Failed("busy".to_owned()));
    memory.add(&[note("p1", "later", 0, "ann", "My pet is loud.")]).await.unwrap();
    assert!(matches!(memory.embed_some(&thinker, None).await, Err(EmbedError::Embedder(_))));
}

#[tokio::test]
async fn vectors_of_one_model_are_never_compared_with_those_of_another() {
    let memory = three().await;
    let (one, mut two) = (Thinker::new("one"), Thinker::new("two"));
    two.more = 5;
    embed(&memory, &one).await;
    assert_eq!(search(&memory, "p1", "Which animal?", &two).await.meaning, Meaning::Off);
    assert_eq!(embed(&memory, &two).await, 3);
    assert_eq!(turns(&search(&memory, "p1", "Which animal?", &two).await)[0], "We adopted a beagle.");
    assert_eq!(memory.embedded("one").await.unwrap(), (3, 0));
    // A model that changed its mind about how long its vectors are is not believed.
    two.more = 6;
    let found = search(&memory, "p1", "the violin", &two).await;
    assert!(matches!(found.meaning, Meaning::Failed(_)), "{found:?}");
    assert_eq!(turns(&found), ["I bought a violin."]);
}

#[tokio::test]
async fn more_than_a_batch_is_made_batch_by_batch() {
    let memory = Memory::in_memory().await.unwrap();
    let entries: Vec<_> =
        (0..150).map(|at| note("p1", "s", at, "ann", &format!("Day {at} at the lake."))).collect();
    memory.add(&entries).await.unwrap();
    let thinker = Thinker::new("one");
    let first = memory.embed_some(&thinker, None).await.unwrap();
    assert!(first.made < 150 && first.next.is_some(), "{first:?}");
    assert_eq!(embed(&memory, &thinker).await, 150 - first.made);
    assert_eq!(memory.embedded("one").await.unwrap(), (150, 150));
}

#[tokio::test]
async fn an_embedder_in_another_process_speaks_in_lines() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (reading, writing) = tokio::io::split(ours);
    let other = tokio::spawn(async move {
        let (reading, mut writing) = tokio::io::split(theirs);
        let mut lines = BufReader::new(reading).lines();
        let answers =
            [r#"{"model":"m"}"#, r#"{"model":"m","vectors":[[1,2],[3,4]]}"#, r#"{"error":"no memory left"}"#];
        let mut asked = Vec::new();
        for answer in answers {
            asked.push(lines.next_line().await.unwrap().unwrap());
            writing.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
        }
        asked
    });
    let lines = crate::Lines::open(reading, writing).await.unwrap();
    assert_eq!(lines.model(), "m");
    let texts = || vec!["a".to_owned(), "b\n".to_owned()];
    assert_eq!(lines.embed(texts()).await.unwrap(), [[1.0, 2.0], [3.0, 4.0]]);
    let error = lines.embed(texts()).await.unwrap_err();
    assert!(error.to_string().contains("no memory left"), "{error}");
    // Whatever comes after a failure is nobody's answer.
    assert!(lines.embed(texts()).await.is_err());
    assert_eq!(other.await.unwrap()[1], r#"{"texts":["a","b\n"]}"#);
}

#[tokio::test]
async fn what_has_no_vector_yet_is_not_hidden_by_what_has() {
    let memory = Memory::in_memory().await.unwrap();
    let thinker = Thinker::new("one");
    memory.add(&[note("p1", "s1", 0, "ann", "We went to the lake.")]).await.unwrap();
    embed(&memory, &thinker).await;
    let later: Vec<_> = (0..9)
        .map(|at| note("p1", &format!("t{at}"), 0, "ann", &format!("The invoice number {at} is paid.")))
        .collect();
    memory.add(&later).await.unwrap();
    let found = search(&memory, "p1", "Which invoice, and did anybody swim?", &thinker).await;
    assert!(turns(&found)[0].contains("invoice"), "{:?}", turns(&found));
    // Nothing is like a question about something else.
    assert!(search(&memory, "p1", "Which instrument?", &thinker).await.hits.len() <= 1);
}

#[tokio::test]
async fn one_text_that_is_refused_costs_no_other_its_vector() {
    let memory = three().await;
    let thinker = Thinker::new("one");
    memory.add(&[note("p1", "long", 0, "ann", "An endless beagle.")]).await.unwrap();
    assert_eq!(embed(&memory, &thinker).await, 4);
    assert_eq!(embed(&memory, &thinker).await, 0, "what was refused is asked for again");
    let found = search(&memory, "p1", "Which animal?", &thinker).await;
    assert_eq!(turns(&found)[0], "We adopted a beagle.");
}

#[tokio::test]
async fn a_model_that_is_another_under_its_old_name_begins_anew() {
    let memory = three().await;
    let mut thinker = Thinker::new("one");
    embed(&memory, &thinker).await;
    memory.expect("one", 4).await.unwrap();
    assert_eq!(memory.embedded("one").await.unwrap(), (3, 3), "nothing changed");
    thinker.more = 9;
    memory.expect("one", 12).await.unwrap();
    assert_eq!(memory.embedded("one").await.unwrap(), (3, 0));
    assert_eq!(embed(&memory, &thinker).await, 3);
    assert_eq!(turns(&search(&memory, "p1", "Which animal?", &thinker).await)[0], "We adopted a beagle.");
}

#[tokio::test]
async fn a_vector_is_not_kept_for_another_entry_of_the_same_number() {
    let memory = three().await;
    let newest = memory.list("p1", None, None, 1).await.unwrap().remove(0);
    let thinker = Meddling { memory: memory.clone(), newest: newest.id, thinker: Thinker::new("one") };
    memory.embed_some(&thinker, None).await.unwrap();
    // The two that stayed; what took the third's number has none yet.
    assert_eq!(memory.embedded("one").await.unwrap(), (3, 2));
}

/// While it thinks, the newest entry is forgotten and its number given to another.
#[derive(Debug)]
struct Meddling {
    memory: Memory,
    newest: i64,
    thinker: Thinker,
}

impl Embedder for Meddling {
    fn model(&self) -> &str {
        self.thinker.model()
    }

    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, Unembedded>> {
        async move {
            assert!(self.memory.forget("p1", self.newest).await.unwrap());
            self.memory.add(&[note("p2", "s", 0, "cat", "Something else.")]).await.unwrap();
            let theirs = self.memory.list("p2", None, None, 1).await.unwrap();
            assert_eq!(theirs[0].id, self.newest, "the number is given again");
            self.thinker.embed(texts).await
        }
        .boxed()
    }
}
