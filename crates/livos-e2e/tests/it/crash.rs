//! kill -9 of anything: the system comes back by itself and nothing is lost.

use std::time::Duration;

use livos_testkit::Stack;
use livos_testkit::site::{BUS, CADDY, DAEMONS};

const SOON: Duration = Duration::from_secs(40);

#[tokio::test]
async fn any_unit_killed_at_idle_comes_back() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    owner.upload("home", "", "note.txt", b"kept").await.expect("uploaded");
    for unit in DAEMONS.into_iter().chain([CADDY, BUS]) {
        stack.crash(unit).await.unwrap_or_else(|error| panic!("{unit}: {error:#}\n{}", stack.last_words()));
        let what = format!("the file is there after {unit} died");
        livos_testkit::wait_for(SOON, &what, async || {
            let note = owner.get("/api/v1/files/content?root=home&path=note.txt").await.ok()?;
            (note.status == 200 && note.bytes == b"kept").then_some(())
        })
        .await
        .unwrap_or_else(|error| panic!("{error:#}\n{}", stack.last_words()));
    }
    stack.stop().await;
}

#[tokio::test]
async fn an_upload_goes_on_after_any_unit_died_in_its_middle() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|number| (number % 253) as u8).collect();
    for unit in DAEMONS.into_iter().chain([CADDY, BUS]) {
        let name = format!("{unit}.bin");
        let address = owner.begin_upload("home", "", &name, bytes.len()).await.expect("begun");
        let offset = owner.send_part(&address, 0, &bytes[..400_000]).await.expect("the first part");
        assert_eq!(offset, 400_000);
        stack.crash(unit).await.unwrap_or_else(|error| panic!("{unit}: {error:#}\n{}", stack.last_words()));
        let what = format!("the upload is known after {unit} died");
        let offset = livos_testkit::wait_for(SOON, &what, async || owner.upload_offset(&address).await.ok())
            .await
            .unwrap_or_else(|error| panic!("{error:#}\n{}", stack.last_words()));
        assert!(offset <= 400_000 && !stack.site.data().join("home").join(&name).exists(), "{offset}");
        let end = owner.send_part(&address, offset, &bytes[offset..]).await.expect("the rest");
        assert_eq!(end, bytes.len());
        let path = format!("/api/v1/files/content?root=home&path={name}");
        assert_eq!(owner.get(&path).await.expect("downloaded").bytes, bytes, "{unit}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn the_event_stream_resumes_after_the_edge_died() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let mut events = owner.events(None).await.expect("a stream");
    let hello = events.until(SOON, |event| event.name == "hello").await.expect("a greeting");
    stack.crash("livos-web").await.expect("it comes back");
    let mut again = owner.events(Some(&hello.id)).await.expect("a stream");
    // Another life, another epoch: what was missed is unknown, and the page is told so.
    again.until(SOON, |event| event.name == "reset").await.expect("a reset");
    owner.get("/api/v1/files/list?root=home&path=").await.expect("listed").expect(200).expect("a listing");
    std::fs::write(stack.site.data().join("home/after.txt"), b"x").expect("written");
    again.until(SOON, |event| event.name == "dir").await.expect("events flow again");
    stack.stop().await;
}
