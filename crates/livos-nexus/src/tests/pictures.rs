//! Pictures that a person shows: what is taken for one, what a model sees of it, and when it is gone.

use livos_bus::assistant::{Picture, ReplayCheck};
use livos_llm::{Error as ModelError, Image, Message, PersonPart};

use super::*;
use crate::Error;
use crate::core::pictures::{LEFT_OUT, LONGEST, looked_at};

/// A PNG whose head says how large it is, and `more` bytes of what nobody here looks into.
fn png(width: u32, height: u32, more: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    file.extend(width.to_be_bytes());
    file.extend(height.to_be_bytes());
    file.extend(b"\x08\x06\0\0\0\0\0\0\0");
    file.extend(more);
    file
}

/// What the model was told last, in the order in which it was: words, and `<kind length>` for a picture.
fn told(life: &Life) -> Vec<String> {
    let request = life.script.requests().pop().unwrap();
    let part = |part: &PersonPart| match part {
        PersonPart::Text(text) => text.split_once("] ").map_or(text.as_str(), |(_, text)| text).to_owned(),
        PersonPart::Image(Image { mime, bytes }) => format!("<{} {}>", mime.as_str(), bytes.len()),
    };
    let parts = request.messages.iter().filter_map(|message| match message {
        Message::Person(parts) => Some(parts.iter().map(part)),
        Message::Answer(_) | Message::Results(_) => None,
    });
    parts.flatten().collect()
}

async fn give(life: &Life, id: &str, file: &[u8]) -> Picture {
    life.nexus.add_picture(&owner(), id, file).await.unwrap()
}

async fn show(life: &Life, id: &str, text: &str, pictures: &[&Picture]) -> i64 {
    let pictures: Vec<String> = pictures.iter().map(|picture| picture.id.clone()).collect();
    let run = life.nexus.send(&owner(), id, text, &pictures, "").await.unwrap();
    life.done(&owner(), id).await;
    run
}

#[test]
fn what_a_file_is_its_bytes_say() {
    let kind = |file: &[u8]| looked_at(file).map(|picture| (picture.kind, picture.width, picture.height));
    assert_eq!(kind(&png(3, 2, b"")).unwrap(), ("image/png".to_owned(), 3, 2));
    assert_eq!(kind(b"GIF89a\x05\0\x04\0\0\0\0").unwrap(), ("image/gif".to_owned(), 5, 4));
    let jpeg =
        b"\xff\xd8\xff\xe0\0\x04\0\0\xff\xc0\0\x11\x08\0\x07\0\x09\x03\x01\x22\0\x02\x11\x01\x03\x11\x01";
    assert_eq!(kind(jpeg).unwrap(), ("image/jpeg".to_owned(), 9, 7));
    let webp = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x0b\0\0\x0c\0\0\0\0\0\0";
    assert_eq!(kind(webp).unwrap(), ("image/webp".to_owned(), 12, 13));
    for (file, why) in [
        (b"".to_vec(), "no PNG"),
        (b"<svg onload=alert(1) xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "no PNG"),
        (b"<!doctype html>\x89PNG\r\n\x1a\n".to_vec(), "no PNG"),
        (b"BM\x1a\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0".to_vec(), "no PNG"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIH".to_vec(), "damaged"),
        (b"\xff\xd8\xff\xe0\xff\xff\0\0\0\0\0\0".to_vec(), "damaged"),
        (png(0, 2, b""), "pixels"),
        (png(8001, 2, b""), "pixels"),
        (png(u32::MAX, u32::MAX, b""), "pixels"),
        (png(2, 2, &vec![0; LONGEST]), "3.75 MB"),
    ] {
        let said = looked_at(&file).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    }
    assert_ne!(looked_at(&png(3, 2, b"a")).unwrap().id, looked_at(&png(3, 2, b"b")).unwrap().id);
}

#[tokio::test]
async fn a_picture_is_shown_to_the_model_and_to_its_person() {
    let life = Life::new(vec![Reply::text("A cat."), Reply::text("Two.")]).await;
    let id = life.talk(&owner()).await;
    let file = png(30, 20, b"cat");
    let cat = give(&life, &id, &file).await;
    assert_eq!(give(&life, &id, &file).await, cat, "the same again is the same");
    let run = show(&life, &id, "what is this?", &[&cat]).await;
    let length = file.len();
    assert_eq!(told(&life), ["what is this?".to_owned(), format!("<image/png {length}>")]);
    let seen = life.see(&owner(), &id).await;
    let Item::Person { pictures, .. } = &seen.items[0] else { panic!("{seen:?}") };
    assert_eq!(pictures, std::slice::from_ref(&cat));
    assert_eq!(life.nexus.picture(&owner(), &id, &cat.id).await.unwrap(), (cat.clone(), file));
    let theirs = life.nexus.picture(&member(), &id, &cat.id).await;
    assert!(matches!(theirs, Err(Error::Unknown)), "{theirs:?}");
    // What it was told is made again from the log, in which there are no bytes.
    let again = life.nexus.replay(&owner(), run).await.unwrap();
    assert!(again.same && again.steps.iter().any(|step| step.check == ReplayCheck::Same), "{again:?}");
    // It stays in the conversation, also after a death, and a picture needs no words.
    let life = life.again(vec![Reply::text("Two.")]).await;
    let dog = give(&life, &id, &png(2, 2, b"dog")).await;
    let run = show(&life, &id, "", &[&dog]).await;
    assert_eq!(told(&life).len(), 4, "{:?}", told(&life));
    assert!(told(&life)[1].starts_with("<image/png"), "{:?}", told(&life));
    assert!(life.nexus.replay(&owner(), run).await.unwrap().same);
    // What the person showed is nobody else's word.
    assert!(!crate::core::strangers::heard(&life.nexus.store.steps(&id, 0).await.unwrap()));
    life.nexus.remove(&owner(), &id).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from pictures")
        .fetch_one(life.nexus.store.database().reader())
        .await
        .unwrap();
    assert_eq!(left, 0, "they go with the conversation");
}

#[tokio::test]
async fn a_model_that_takes_no_pictures_answers_without_them_and_says_why() {
    let message = || "this model does not support image input".to_owned();
    for refusal in [
        ModelError::PictureRefused { message: message() },
        ModelError::Refused { status: 400, message: message() },
    ] {
        let life = Life::new(vec![
            Reply::fail(refusal),
            Reply::text("I can't look at it."),
            Reply::text("I see a cat."),
        ])
        .await;
        let id = life.talk(&owner()).await;
        let cat = give(&life, &id, &png(3, 2, b"")).await;
        let run = show(&life, &id, "what is this?", &[&cat]).await;
        let seen = life.see(&owner(), &id).await;
        assert_eq!(
            lines(&seen),
            ["person: what is this?", "answer failed:  (picture)", "answer done: I can't look at it."]
        );
        let Item::Answer { problem: Some(problem), .. } = &seen.items[1] else { panic!("{seen:?}") };
        assert!(
            problem.message.contains(&message()) && problem.message.contains("Settings, AI"),
            "{problem:?}"
        );
        assert!(told(&life)[1].starts_with("[a picture that you can't look at"), "{:?}", told(&life));
        assert!(life.nexus.replay(&owner(), run).await.unwrap().same);
        // Another model may have been chosen meanwhile.
        show(&life, &id, "and now?", &[]).await;
        assert!(told(&life)[1].starts_with("<image/png"), "{:?}", told(&life));
    }
    // Without a picture it is a refusal like any other.
    let life = Life::new(vec![Reply::fail(ModelError::Refused { status: 400, message: message() })]).await;
    let id = life.talk(&owner()).await;
    show(&life, &id, "hello", &[]).await;
    let seen = life.see(&owner(), &id).await;
    assert_eq!(lines(&seen), ["person: hello", "answer failed:  (internal)"]);
}

#[tokio::test]
async fn older_pictures_are_left_out_of_what_a_model_is_told() {
    let life = Life::new((0..4).map(|_| Reply::text("I see.")).collect()).await;
    let id = life.talk(&owner()).await;
    let mut all = Vec::new();
    for number in 0..12_u8 {
        all.push(give(&life, &id, &png(2, 2, &[number])).await);
    }
    for four in all.chunks(4) {
        let four: Vec<&Picture> = four.iter().collect();
        show(&life, &id, "look", &four).await;
    }
    let said = told(&life);
    let out = said.iter().filter(|part| *part == LEFT_OUT).count();
    let shown = said.iter().filter(|part| part.starts_with('<')).count();
    assert_eq!((out, shown), (4, 8), "{said:?}");
    let run = show(&life, &id, "and?", &[]).await;
    assert!(life.nexus.replay(&owner(), run).await.unwrap().same);
}

#[tokio::test]
async fn pictures_are_bounded_and_belong_to_one_conversation() {
    let life = Life::new(vec![Reply::text("I see.")]).await;
    let id = life.talk(&owner()).await;
    let other = life.talk(&owner()).await;
    let hers = life.talk(&member()).await;
    let cat = give(&life, &id, &png(2, 2, b"cat")).await;
    let send = async |to: &str, ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        life.nexus.send(&owner(), to, "look", &ids, "").await
    };
    for (to, ids) in [(&other, [cat.id.as_str()].as_slice()), (&id, &["no such"])] {
        let refused = send(to, ids).await;
        assert!(matches!(refused, Err(Error::UnknownPicture)), "{refused:?}");
    }
    for ids in [[cat.id.as_str(); 2].as_slice(), &["a", "b", "c", "d", "e"]] {
        assert!(matches!(send(&id, ids).await, Err(Error::Invalid(_))), "{ids:?}");
    }
    let foreign = life.nexus.add_picture(&owner(), &hers, &png(2, 2, b"")).await;
    assert!(matches!(foreign, Err(Error::Unknown)), "{foreign:?}");
    // So many may wait, and those that were never sent are forgotten after a day.
    for number in 0..15_u8 {
        give(&life, &id, &png(2, 2, &[number])).await;
    }
    let full = life.nexus.add_picture(&owner(), &id, &png(9, 9, b"")).await;
    assert!(matches!(full, Err(Error::Invalid(_))), "{full:?}");
    show(&life, &id, "look", &[&cat]).await;
    life.clock.set(NOW + 25 * 60 * 60);
    give(&life, &id, &png(9, 9, b"")).await;
    let left: Vec<(String, bool)> = sqlx::query_as("select id, sent from pictures order by sent")
        .fetch_all(life.nexus.store.database().reader())
        .await
        .unwrap();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(left[1], (cat.id.clone(), true));
    let forgotten = send(&id, &[&looked_at(&png(2, 2, &[1])).unwrap().id]).await;
    assert!(matches!(forgotten, Err(Error::UnknownPicture)), "{forgotten:?}");
}

#[tokio::test]
async fn a_picture_counts_and_goes_with_what_is_condensed() {
    let life = Life::new(vec![Reply::text("I see.")]).await;
    let id = life.talk(&owner()).await;
    let cat = give(&life, &id, &png(2, 2, b"cat")).await;
    show(&life, &id, "look", &[&cat]).await;
    let entries = life.nexus.store.steps(&id, 0).await.unwrap();
    assert!(crate::core::condense::size(&entries).unwrap() > 4_800, "more than its name");
    let upto = entries.last().unwrap().seq;
    let (text, _) = crate::core::condense::notes(&entries, upto, 0, "UTC").text(9_000);
    assert!(text.contains(&format!("look {LEFT_OUT}")), "{text}");
}
