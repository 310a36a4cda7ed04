//! What is under way ends with the right to it.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::world::{Client, World, eventually};

/// Nobody reads this much.
const HUGE: u64 = 1 << 40;

/// How the right of the member `ada` ends.
#[derive(Debug, Clone, Copy)]
enum End {
    SwitchedOff,
    OtherRole,
    Revoked,
    Removed,
}

const ENDS: [End; 4] = [End::SwitchedOff, End::OtherRole, End::Revoked, End::Removed];

async fn end(how: End, owner: &mut Client, ada: &Client) {
    let session = ada.clone().get("/api/v1/session").await.json();
    let user = format!("/api/v1/users/{}", session["user"]["id"].as_str().unwrap());
    let reply = match how {
        End::SwitchedOff => owner.write(Method::PATCH, &user, &json!({ "disabled": true })).await,
        End::OtherRole => owner.write(Method::PATCH, &user, &json!({ "role": "member" })).await,
        End::Removed => owner.delete(&user).await,
        End::Revoked => {
            let id = session["session_id"].as_str().unwrap();
            ada.clone().delete(&format!("/api/v1/sessions/{id}")).await
        }
    };
    assert!(reply.status.is_success(), "{how:?}: {}", reply.text());
}

/// An answer that is being read.
async fn open(client: &mut Client, path: &str) -> Body {
    let request = client.request(Method::GET, path).body(Body::empty()).unwrap();
    let response = client.open(request).await;
    assert_eq!(response.status(), 200, "{path}");
    let mut body = response.into_body();
    next(&mut body).await.expect("it begins");
    body
}

async fn next(body: &mut Body) -> Result<Bytes, axum::Error> {
    let frame = tokio::time::timeout(Duration::from_secs(20), body.frame()).await.expect("something happens");
    frame.expect("it does not end as if it were whole").map(|frame| frame.into_data().unwrap())
}

#[tokio::test]
async fn a_download_and_a_log_break_off() {
    for how in ENDS {
        let (world, mut owner) = World::claimed().await;
        let mut ada = world.person(&mut owner, "ada", "admin").await;
        std::fs::File::create(world.fakes.folder.join("huge")).unwrap().set_len(HUGE).unwrap();
        let content = "/api/v1/files/content?root=shared&path=huge";
        let mut download = open(&mut ada, content).await;
        let mut log = open(&mut ada, "/api/v1/apps/jellyfin/logs?follow=1").await;
        let mut other = open(&mut owner, content).await;
        next(&mut download).await.unwrap();

        end(how, &mut owner, &ada).await;
        assert!(next(&mut download).await.is_err(), "{how:?}: the download goes on");
        assert!(next(&mut log).await.is_err(), "{how:?}: the log goes on");
        next(&mut other).await.expect("others are not concerned");
        if matches!(how, End::OtherRole) {
            drop(open(&mut ada, content).await);
        }
    }
}

#[tokio::test]
async fn an_upload_breaks_off_and_keeps_what_arrived() {
    for how in ENDS {
        let (world, mut owner) = World::claimed().await;
        let mut ada = world.person(&mut owner, "ada", "admin").await;
        let about = "root aG9tZS5hZGE=,filename YQ==";
        let begin = ada
            .request(Method::POST, "/api/v1/uploads")
            .header("tus-resumable", "1.0.0")
            .header("upload-length", "1000")
            .header("upload-metadata", about);
        let created = ada.send(begin.body(Body::empty()).unwrap()).await;
        assert_eq!(created.status, 201, "{}", created.text());
        let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
        let piece = ada
            .request(Method::PATCH, created.header("location"))
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", "0")
            .header("content-type", "application/offset+octet-stream")
            .body(Body::from_stream(ReceiverStream::new(receiver)))
            .unwrap();
        let mut sending = ada.clone();
        let sent = tokio::spawn(async move { sending.send(piece).await });
        sender.send(Ok(Bytes::from_static(b"abc"))).await.unwrap();
        // Taken out of the channel, so it is on its way into the file.
        drop(sender.reserve().await.unwrap());

        end(how, &mut owner, &ada).await;
        let file = world.fakes.upload_file("u1");
        eventually("what arrived is written", async || {
            (std::fs::read(&file).unwrap() == b"abc").then_some(())
        })
        .await;
        // What the client goes on to send is not taken in.
        sender.send(Ok(Bytes::from_static(b"def"))).await.ok();
        drop(sender);
        let answer = tokio::time::timeout(Duration::from_secs(20), sent).await.expect("it ends").unwrap();
        assert!(answer.header("upload-offset") == "3", "{how:?}: {} {}", answer.status, answer.text());
        assert_eq!(std::fs::read(&file).unwrap(), b"abc", "{how:?}");
    }
}
