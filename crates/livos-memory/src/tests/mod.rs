//! Remembering, finding, forgetting, through the crate's own face.

mod meaning;

use crate::{Memory, NewEntry, Origin, Query, Strategy, eval};

const NOW: i64 = 1_700_000_000;

fn note(person: &str, session: &str, position: i64, speaker: &str, text: &str) -> NewEntry {
    NewEntry {
        person: person.to_owned(),
        source: "chat".to_owned(),
        session: session.to_owned(),
        position,
        turn: format!("{session}:{position}"),
        speaker: speaker.to_owned(),
        text: text.to_owned(),
        at: NOW - 86_400,
        origin: Origin::Owner,
        importance: 0.5,
    }
}

async fn talk() -> Memory {
    let memory = Memory::in_memory().await.unwrap();
    let turns = [
        ("ann", "We went to the lake with the children last weekend."),
        ("ben", "Nice! Was the water warm?"),
        ("ann", "Freezing, but nobody minded."),
        ("ben", "I started pottery lessons, my first bowl is crooked."),
        ("ann", "You should show it to me."),
        ("ben", "The backup drive is in the blue box under the stairs."),
    ];
    let entries: Vec<NewEntry> =
        (0..).zip(turns).map(|(at, (speaker, text))| note("p1", "s1", at, speaker, text)).collect();
    assert_eq!(memory.add(&entries).await.unwrap(), 6);
    memory
}

async fn ask(memory: &Memory, person: &str, text: &str) -> Vec<String> {
    let query = Query { person, text, limit: 3, now: NOW, strategy: Strategy::Full, embedder: None };
    memory.search(&query).await.unwrap().hits.into_iter().map(|hit| hit.entry.turn).collect()
}

#[tokio::test]
async fn finds_what_was_said_in_other_words() {
    let memory = talk().await;
    for (question, turn) in [
        ("Where is the backup disk?", "s1:5"),
        ("What did the kids do at the lake?", "s1:0"),
        ("Does Ben make ceramics?", "s1:3"),
        // The answer is beside the word that finds it.
        ("Was the lake cold?", "s1:0"),
    ] {
        assert_eq!(ask(&memory, "p1", question).await.first().map(String::as_str), Some(turn), "{question}");
    }
}

#[tokio::test]
async fn a_kind_of_thing_is_found_by_what_belongs_to_it() {
    let memory = Memory::in_memory().await.unwrap();
    let told = [
        "We buried the hamster under the plum tree.",
        "An old lady taught me the cello when I was six.",
        "He broke his wrist on the ice and wore a sling.",
        "The tax office wrote again about the garage.",
        "Monday is the day when the bins go out.",
    ];
    let entries: Vec<NewEntry> = told.iter().map(|text| note("p1", &text[..12], 0, "ann", text)).collect();
    memory.add(&entries).await.unwrap();
    for (question, place) in [
        ("Which pet did they have?", 0),
        ("What instrument did she learn?", 1),
        // No stemmer knows that whoever teaches taught.
        ("Who used to teach her?", 1),
        ("What injury happened to him?", 2),
    ] {
        let found = ask(&memory, "p1", question).await;
        assert_eq!(found.first(), Some(&entries[place].turn), "{question}");
    }
}

#[tokio::test]
async fn the_rarest_word_for_a_thing_is_not_the_most_telling() {
    let memory = Memory::in_memory().await.unwrap();
    let mut told = vec!["The tortoise in the shop window looked bored.".to_owned()];
    told.extend((1..8).map(|week| format!("In week {week} the dog had a bath.")));
    told.push("Our neighbours gave the dog a new name, it is Pepper now.".to_owned());
    let entries: Vec<NewEntry> =
        (0..).zip(&told).map(|(at, text)| note("p1", &format!("s{at}"), 0, "ann", text)).collect();
    memory.add(&entries).await.unwrap();
    let found = ask(&memory, "p1", "Which new name did the pet get?").await;
    assert_eq!(found.first().map(String::as_str), Some("s8:0"));
}

#[tokio::test]
async fn a_short_word_in_letters_of_two_bytes_is_no_beginning() {
    let memory = Memory::in_memory().await.unwrap();
    let told =
        [note("p1", "s1", 0, "ann", "Наш кот спит."), note("p1", "s2", 0, "ann", "Который теперь час?")];
    memory.add(&told).await.unwrap();
    assert_eq!(ask(&memory, "p1", "кот").await, ["s1:0"]);
}

#[tokio::test]
async fn a_pasted_page_and_the_last_place_there_is_do_no_harm() {
    let memory = Memory::in_memory().await.unwrap();
    let told = note("p1", "s1", i64::MAX, "ann", "The hamster sleeps all day.");
    memory.add(&[told, note("p1", "s1", i64::MIN, "ann", "The bins go out.")]).await.unwrap();
    let mut page: String = (0..300).map(|number| format!("page{number} ")).collect();
    page.push_str("hamster");
    assert_eq!(ask(&memory, "p1", &page).await[0], format!("s1:{}", i64::MAX));
}

#[tokio::test]
async fn a_find_comes_with_what_was_said_around_it() {
    let memory = talk().await;
    let query = Query {
        person: "p1",
        text: "crooked bowl",
        limit: 1,
        now: NOW,
        strategy: Strategy::Full,
        embedder: None,
    };
    let hits = memory.search(&query).await.unwrap().hits;
    assert_eq!(hits[0].turns().collect::<Vec<_>>(), ["s1:2", "s1:3", "s1:4"]);
}

#[tokio::test]
async fn nobody_finds_what_another_person_remembers() {
    let memory = talk().await;
    memory.add(&[note("p2", "s1", 0, "cat", "My pottery is secret.")]).await.unwrap();
    assert_eq!(ask(&memory, "p2", "pottery").await, ["s1:0"]);
    assert_eq!(ask(&memory, "p3", "pottery").await, [""; 0]);
    assert!(memory.list("p3", None, None, 10).await.unwrap().is_empty());
    let theirs = memory.list("p2", None, None, 10).await.unwrap();
    assert!(!memory.forget("p1", theirs[0].id).await.unwrap(), "one person forgot another's memory");
    assert_eq!(ask(&memory, "p2", "pottery").await, ["s1:0"]);
}

#[tokio::test]
async fn what_is_forgotten_is_found_no_more_not_even_beside_others() {
    let memory = talk().await;
    let all = memory.list("p1", None, None, 10).await.unwrap();
    let bowl = all.iter().find(|entry| entry.text.contains("crooked")).unwrap();
    assert!(memory.forget("p1", bowl.id).await.unwrap());
    assert!(!memory.forget("p1", bowl.id).await.unwrap());
    assert_eq!(ask(&memory, "p1", "crooked pottery").await, [""; 0]);
    // Its neighbours are neighbours now.
    let query = Query {
        person: "p1",
        text: "freezing",
        limit: 1,
        now: NOW,
        strategy: Strategy::Full,
        embedder: None,
    };
    let hits = memory.search(&query).await.unwrap().hits;
    assert_eq!(hits[0].turns().collect::<Vec<_>>(), ["s1:1", "s1:2", "s1:4"]);
    assert_eq!(memory.reset("p1", Some("another")).await.unwrap(), 0);
    assert_eq!(memory.reset("p1", Some("chat")).await.unwrap(), 5);
    assert_eq!(ask(&memory, "p1", "backup").await, [""; 0]);
}

#[tokio::test]
async fn adding_twice_adds_once_and_a_bad_entry_adds_nothing() {
    let memory = talk().await;
    assert_eq!(memory.add(&[note("p1", "s1", 0, "ann", "Something else")]).await.unwrap(), 0);
    let bad = [note("p1", "s2", 0, "ann", "Fine"), note("p1", "s2", 1, "ann", "  ")];
    assert!(memory.add(&bad).await.is_err());
    let long = "x".repeat(40_000);
    assert!(memory.add(&[note("p1", "s2", 0, "ann", &long)]).await.is_err());
    assert_eq!(memory.list("p1", None, None, 100).await.unwrap().len(), 6);
}

#[tokio::test]
async fn questions_are_never_syntax() {
    let memory = talk().await;
    for hostile in
        ["\"", "a OR b", "owner : x", "NEAR(a b)", "*", "pottery*\" OR owner:person", "-", "{body}:x", ""]
    {
        let query = Query {
            person: "p1",
            text: hostile,
            limit: 5,
            now: NOW,
            strategy: Strategy::Full,
            embedder: None,
        };
        memory.search(&query).await.unwrap();
        assert!(ask(&memory, "p2", hostile).await.is_empty(), "{hostile}");
    }
}

#[tokio::test]
async fn pages_go_on_where_the_last_ended() {
    let memory = talk().await;
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page = memory.list("p1", Some("chat"), last.as_ref(), 4).await.unwrap();
        let Some(end) = page.last() else { break };
        last = Some(end.clone());
        seen.extend(page.into_iter().map(|entry| entry.position));
    }
    assert_eq!(seen, [5, 4, 3, 2, 1, 0]);
}

#[tokio::test]
async fn the_days_a_question_names_decide_between_like_memories() {
    let memory = Memory::in_memory().await.unwrap();
    let mut entries = Vec::new();
    for (month, day) in [(1, 1_673_000_000), (5, 1_683_500_000), (9, 1_694_000_000)] {
        let mut entry = note("p1", &format!("m{month}"), 0, "ann", "We had dinner at the harbour.");
        entry.at = day;
        entries.push(entry);
    }
    memory.add(&entries).await.unwrap();
    assert_eq!(ask(&memory, "p1", "Who had dinner in May 2023?").await.first().unwrap(), "m5:0");
    assert_eq!(ask(&memory, "p1", "Who had dinner in September 2023?").await.first().unwrap(), "m9:0");
}

#[tokio::test]
async fn an_evaluation_counts_hits_by_evidence() {
    let file = r#"{"conversations":[{"id":1,"sessions":[{"id":"s","at":"2023-05-08","turns":[
        {"id":"t1","speaker":"ann","text":"The key is under the mat."},
        {"id":"t2","speaker":"ben","text":""},
        {"id":"t3","speaker":"ben","text":"I planted tulips."}]}],
        "questions":[
        {"id":"q1","text":"Where is the key?","category":2,"evidence":["t1"]},
        {"id":"q2","text":"Which flowers did Ben plant?","category":"plain","evidence":["t3"]},
        {"id":"q3","text":"What about submarines?","category":2,"evidence":["t3"]},
        {"id":"q4","text":"Not counted","category":2,"evidence":["gone"]}]}]}"#;
    let report = eval::run(file.as_bytes(), Strategy::Full, None).await.unwrap();
    assert_eq!((report.all.questions, report.skipped), (3, 1));
    assert!((report.all.hit_10 - 2.0 / 3.0).abs() < 1e-9, "{report:?}");
    assert!((report.by_category["2"].hit_1 - 0.5).abs() < 1e-9, "{report:?}");
    assert!(eval::run(b"{\"conversations\": 3}", Strategy::Full, None).await.is_err());
}
