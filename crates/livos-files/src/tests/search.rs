//! Finding names below a folder.

use tokio_util::sync::CancellationToken;

use super::*;
use crate::core::places::Wish;
use crate::core::search::{Bounds, search};

fn house_with_files(house: &House) {
    for path in ["home/Holiday.JPG", "home/a/holiday notes.txt", "home/a/b/c/My HOLIDAY/x", "home/other"] {
        house.write(path, "");
    }
}

async fn check(house: &House, path: &str, query: &str, want: &[&str]) {
    let reply = house.files.search(owner(), root("home"), rel(path), query.to_owned()).await.unwrap();
    let mut found: Vec<_> = reply.entries.iter().map(|entry| entry.path.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, want, "{query} in ‘{path}’");
    assert!(reply.complete);
}

#[tokio::test]
async fn names_are_found_at_any_depth_in_any_case() {
    let house = House::new().await;
    house_with_files(&house);
    std::os::unix::fs::symlink("a", house.path("home/holiday-link")).unwrap();
    let all = ["Holiday.JPG", "a/b/c/My HOLIDAY", "a/holiday notes.txt", "holiday-link"];
    check(&house, "", "holiday", &all).await;
    check(&house, "a", "HOLI", &["a/b/c/My HOLIDAY", "a/holiday notes.txt"]).await;
    check(&house, "", "nothing like it", &[]).await;
    assert_eq!(refusal(house.files.search(owner(), root("home"), rel(""), "  ".to_owned()).await), "invalid");
    assert_eq!(
        refusal(house.files.search(owner(), root("home"), rel("x"), "a".to_owned()).await),
        "not_found"
    );
}

#[tokio::test]
async fn a_search_keeps_its_bounds_and_says_so() {
    let house = House::new().await;
    house_with_files(&house);
    let place = house.files.places.enter(&owner(), &root("home"), Wish::Read).unwrap();
    let run = |bounds: Bounds, stop: &CancellationToken| {
        search(&place, &root("home"), &rel(""), "holiday", bounds, stop).unwrap()
    };
    let free = CancellationToken::new();
    let few = run(Bounds { finds: 2, ..Bounds::default() }, &free);
    assert_eq!((few.entries.len(), few.complete), (2, false));
    assert!(!run(Bounds { time: Duration::ZERO, ..Bounds::default() }, &free).complete);
    assert!(!run(Bounds { names: 1, ..Bounds::default() }, &free).complete);
    let stopped = CancellationToken::new();
    stopped.cancel();
    let reply = run(Bounds::default(), &stopped);
    assert!(reply.entries.is_empty() && !reply.complete);
}

#[tokio::test]
async fn a_new_search_ends_the_one_before() {
    let house = House::new().await;
    house_with_files(&house);
    let stop = CancellationToken::new();
    house.files.searches.lock().unwrap().insert("grace".to_owned(), stop.clone());
    check(&house, "", "other", &["other"]).await;
    assert!(stop.is_cancelled());
    assert!(house.files.searches.lock().unwrap().is_empty());
}
