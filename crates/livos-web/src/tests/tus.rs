//! The tus 1.0 protocol, case by case.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use sha2::Digest as _;

use super::world::{Client, Reply, World};

async fn send(
    client: &mut Client,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Reply {
    let mut request = client.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(body.into()).unwrap()).await
}

fn metadata(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value))).collect::<Vec<_>>().join(",")
}

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
const PIECE: (&str, &str) = ("content-type", "application/offset+octet-stream");

async fn begin(client: &mut Client, size: u64) -> String {
    let about = metadata(&[("root", "home"), ("path", "Docs"), ("filename", "a.txt")]);
    let size = size.to_string();
    let reply = send(
        client,
        Method::POST,
        "/api/v1/uploads",
        &[TUS, ("upload-length", &size), ("upload-metadata", &about)],
        "",
    )
    .await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.header("tus-resumable"), "1.0.0");
    reply.header("location").to_owned()
}

async fn patch(
    client: &mut Client,
    at: &str,
    offset: u64,
    body: impl Into<Body>,
    extra: &[(&str, &str)],
) -> Reply {
    let offset = offset.to_string();
    let mut headers = vec![TUS, PIECE, ("upload-offset", offset.as_str())];
    headers.extend(extra);
    send(client, Method::PATCH, at, &headers, body).await
}

async fn head(client: &mut Client, at: &str) -> Reply {
    send(client, Method::HEAD, at, &[TUS], "").await
}

fn content(world: &World, id: &str) -> Vec<u8> {
    std::fs::read(world.fakes.upload_file(id)).unwrap()
}

#[tokio::test]
async fn a_file_arrives_in_pieces() {
    let (world, mut owner) = World::claimed().await;
    let at = begin(&mut owner, 11).await;
    assert_eq!(at, "/api/v1/uploads/u1");
    let reply = head(&mut owner, &at).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("upload-offset"), reply.header("upload-length")),
        (200, "0", "11")
    );
    assert_eq!(
        (reply.header("cache-control"), reply.header("upload-expires")),
        ("no-store", "Sun, 06 Nov 1994 08:49:37 GMT")
    );

    let reply = patch(&mut owner, &at, 0, "hello ", &[]).await;
    assert_eq!((reply.status.as_u16(), reply.header("upload-offset")), (204, "6"));
    assert_eq!(owner.get("/api/v1/uploads").await.json()[0]["offset"], 6);
    patch(&mut owner, &at, 5, "xx", &[]).await.check(409, "conflict");
    patch(&mut owner, &at, 7, "xx", &[]).await.check(409, "conflict");
    let reply = patch(&mut owner, &at, 6, "world", &[]).await;
    assert_eq!((reply.status.as_u16(), reply.header("upload-offset")), (204, "11"));
    assert_eq!(world.fakes.memory.lock().unwrap().committed, ["u1"]);
    assert_eq!(content(&world, "u1"), b"hello world");
    // The last answer may have been lost: the client asks and learns that it is done.
    let reply = head(&mut owner, &at).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("upload-offset"), reply.header("upload-length")),
        (200, "11", "11")
    );
}

#[tokio::test]
async fn the_words_of_the_protocol_are_checked() {
    let (world, mut owner) = World::claimed().await;
    let options = send(&mut owner, Method::OPTIONS, "/api/v1/uploads", &[], "").await;
    assert_eq!(options.status, 204);
    assert_eq!(
        (options.header("tus-version"), options.header("tus-checksum-algorithm")),
        ("1.0.0", "sha1,sha256")
    );
    assert_eq!(
        options.header("tus-extension"),
        "creation,creation-with-upload,termination,checksum,expiration"
    );

    let about = metadata(&[("root", "home"), ("filename", "a")]);
    let create = |extra: Vec<(&'static str, String)>| {
        let mut headers = vec![
            ("upload-metadata".to_owned(), about.clone()),
            ("upload-length".to_owned(), "5".to_owned()),
            ("tus-resumable".to_owned(), "1.0.0".to_owned()),
        ];
        for (name, value) in extra {
            headers.retain(|(other, _)| other != name);
            if !value.is_empty() {
                headers.push((name.to_owned(), value));
            }
        }
        headers
    };
    for (extra, status) in [
        (vec![("tus-resumable", String::new())], 412),
        (vec![("tus-resumable", "0.2.2".to_owned())], 412),
        (vec![("upload-length", String::new())], 400),
        (vec![("upload-length", "-1".to_owned())], 400),
        (vec![("upload-length", "99999999999999999999".to_owned())], 400),
        (vec![("upload-length", String::new()), ("upload-defer-length", "1".to_owned())], 400),
        (vec![("upload-metadata", "filename ***".to_owned())], 400),
        (vec![("upload-metadata", metadata(&[("root", "home"), ("filename", "../a")]))], 400),
        (vec![("upload-metadata", metadata(&[("root", "home"), ("filename", "")]))], 400),
        (vec![("upload-metadata", metadata(&[("root", "home"), ("filename", "a\0b")]))], 400),
        (vec![("upload-metadata", metadata(&[("root", "../x"), ("filename", "a")]))], 400),
        (
            vec![(
                "upload-metadata",
                metadata(&[("root", "home"), ("path", "a/../../b"), ("filename", "a")]),
            )],
            400,
        ),
        (
            vec![(
                "upload-metadata",
                metadata(&[("root", "home"), ("relative_path", "/etc/a"), ("filename", "a")]),
            )],
            400,
        ),
        (
            vec![(
                "upload-metadata",
                metadata(&[("root", "home"), ("on_conflict", "explode"), ("filename", "a")]),
            )],
            400,
        ),
        (vec![("upload-checksum", "crc32 AAAA".to_owned())], 400),
        (vec![("upload-length", "9000000000000000".to_owned())], 507),
    ] {
        let headers = create(extra.clone());
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = send(&mut owner, Method::POST, "/api/v1/uploads", &headers, "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("tus-resumable"), reply.header("tus-version")),
            (status, "1.0.0", "1.0.0"),
            "{extra:?}"
        );
    }
    assert!(world.fakes.memory.lock().unwrap().uploads.is_empty());

    let at = begin(&mut owner, 5).await;
    send(&mut owner, Method::PATCH, &at, &[PIECE, ("upload-offset", "0")], "x").await.check(412, "invalid");
    send(&mut owner, Method::PATCH, &at, &[TUS, ("content-type", "text/plain"), ("upload-offset", "0")], "x")
        .await
        .check(415, "invalid");
    send(&mut owner, Method::PATCH, &at, &[TUS, PIECE], "x").await.check(400, "invalid");
    assert_eq!(patch(&mut owner, &at, 0, "x", &[("upload-checksum", "md5 AAAA")]).await.status, 400);
    patch(&mut owner, &at, 0, "123456", &[("content-length", "6")]).await.check(413, "too_large");
    assert_eq!(content(&world, "u1"), b"");
    send(&mut owner, Method::DELETE, &at, &[], "").await.check(412, "invalid");
    patch(&mut owner, "/api/v1/uploads/none", 0, "x", &[]).await.check(404, "not_found");
    assert_eq!(head(&mut owner, "/api/v1/uploads/none").await.status, 404);
}

#[tokio::test]
async fn a_checksum_that_does_not_hold_keeps_nothing() {
    let (world, mut owner) = World::claimed().await;
    let at = begin(&mut owner, 11).await;
    assert_eq!(patch(&mut owner, &at, 0, "hello ", &[]).await.status, 204);
    let right = format!("sha256 {}", STANDARD.encode(sha2::Sha256::digest("world")));
    let reply = patch(&mut owner, &at, 6, "w0rld", &[("upload-checksum", &right)]).await;
    reply.check(460, "checksum_mismatch");
    assert_eq!(content(&world, "u1"), b"hello ");
    assert_eq!(head(&mut owner, &at).await.header("upload-offset"), "6");
    assert_eq!(patch(&mut owner, &at, 6, "world", &[("upload-checksum", &right)]).await.status, 204);
    assert_eq!(content(&world, "u1"), b"hello world");
}

#[tokio::test]
async fn a_piece_that_was_never_verified_is_cut_off_after_a_crash() {
    let (world, mut owner) = World::claimed().await;
    let at = begin(&mut owner, 11).await;
    assert_eq!(patch(&mut owner, &at, 0, "hello ", &[]).await.status, 204);
    // As if the server had been killed in the middle of a piece with a checksum.
    world.app.identity.store().begin_unverified("u1", 6).await.unwrap();
    std::fs::write(world.fakes.upload_file("u1"), "hello wxx").unwrap();
    assert_eq!(head(&mut owner, &at).await.header("upload-offset"), "6");
    assert_eq!(content(&world, "u1"), b"hello ");
    assert_eq!(patch(&mut owner, &at, 6, "world", &[]).await.status, 204);
}

fn broken_after(text: &'static str) -> Body {
    let pieces =
        [Ok(Bytes::from_static(text.as_bytes())), Err(std::io::Error::other("the connection broke"))];
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[tokio::test]
async fn what_arrived_before_the_connection_broke_counts() {
    let (world, mut owner) = World::claimed().await;
    let at = begin(&mut owner, 11).await;
    let reply = patch(&mut owner, &at, 0, broken_after("hello "), &[]).await;
    assert_eq!((reply.status.as_u16(), reply.header("upload-offset")), (204, "6"));
    assert_eq!(head(&mut owner, &at).await.header("upload-offset"), "6");
    let sum = format!("sha256 {}", STANDARD.encode(sha2::Sha256::digest("world")));
    patch(&mut owner, &at, 6, broken_after("wor"), &[("upload-checksum", &sum)]).await.check(400, "invalid");
    assert_eq!(content(&world, "u1"), b"hello ", "without its checksum it does not count");
    let more = Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(
        b"world and more",
    ))]));
    patch(&mut owner, &at, 6, more, &[]).await.check(413, "too_large");
    assert_eq!(content(&world, "u1"), b"hello world");
    // Everything is there; an empty piece at the end makes it a file.
    assert_eq!(patch(&mut owner, &at, 11, "", &[]).await.status, 204);
    assert_eq!(world.fakes.memory.lock().unwrap().committed, ["u1"]);
}

#[tokio::test]
async fn an_upload_begins_with_bytes_or_is_empty() {
    let (world, mut owner) = World::claimed().await;
    let about = metadata(&[
        ("root", "home"),
        ("path", "Docs"),
        ("filename", "b.txt"),
        ("relative_path", "x/y/b.txt"),
        ("on_conflict", "replace"),
    ]);
    let headers = [TUS, PIECE, ("upload-length", "5"), ("upload-metadata", about.as_str())];
    let reply = send(&mut owner, Method::POST, "/api/v1/uploads", &headers, "hel").await;
    assert_eq!((reply.status.as_u16(), reply.header("upload-offset")), (201, "3"));
    assert!(
        world.fakes.calls().contains(&"Uploads.Create grace home:Docs x/y|b.txt|replace".to_owned()),
        "{:?}",
        world.fakes.calls()
    );
    assert_eq!(patch(&mut owner, "/api/v1/uploads/u1", 3, "lo", &[]).await.status, 204);
    begin(&mut owner, 0).await;
    assert_eq!(world.fakes.memory.lock().unwrap().committed.len(), 2);
}

#[tokio::test]
async fn an_upload_is_given_up() {
    let (world, mut owner) = World::claimed().await;
    let at = begin(&mut owner, 5).await;
    assert_eq!(send(&mut owner, Method::DELETE, &at, &[TUS], "").await.status, 204);
    assert_eq!(head(&mut owner, &at).await.status, 404);
    let at = begin(&mut owner, 5).await;
    let post = |meant: &'static str| [TUS, PIECE, ("upload-offset", "0"), ("x-http-method-override", meant)];
    assert_eq!(send(&mut owner, Method::POST, &at, &post("PATCH"), "12").await.header("upload-offset"), "2");
    assert_eq!(send(&mut owner, Method::POST, &at, &post("HEAD"), "").await.header("upload-offset"), "2");
    send(&mut owner, Method::POST, &at, &post("GET"), "").await.check(405, "invalid");
    assert_eq!(send(&mut owner, Method::POST, &at, &post("DELETE"), "").await.status, 204);
    assert!(world.fakes.memory.lock().unwrap().uploads.is_empty());
}

#[tokio::test]
async fn nobody_touches_another_persons_upload() {
    let (world, mut owner) = World::claimed().await;
    let at = begin(&mut owner, 5).await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    assert_eq!(head(&mut ada, &at).await.status, 404);
    patch(&mut ada, &at, 0, "x", &[]).await.check(404, "not_found");
    send(&mut ada, Method::DELETE, &at, &[TUS], "").await.check(404, "not_found");
    patch(&mut owner, &at, 0, "12345", &[]).await;
    assert_eq!(head(&mut owner, &at).await.status, 200);
    assert_eq!(head(&mut ada, &at).await.status, 404, "nor learns that it was finished");
}
