//! Every dialect, against a server that speaks the providers' protocols and that we didn't write.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use livos_llm::{
    Client, Dialect, Embeds as _, Endpoint, Issuer, Key, Limits, Model, Remote, RemoteEmbeddings,
};

use crate::contract::{self, World};

/// Nothing may be skipped for want of Node when this is `1`.
const REQUIRE: &str = "LIVOS_REQUIRE_NODE";

struct Server {
    url: String,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Server {
    /// `None` where there is no Node, which is said.
    fn start() -> Option<Self> {
        if Command::new("node").arg("--version").stdout(Stdio::null()).status().is_err() {
            assert!(
                std::env::var_os(REQUIRE).is_none_or(|value| value != "1"),
                "{REQUIRE}=1, but there is no node in PATH"
            );
            eprintln!("skipped: there is no node in PATH");
            return None;
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/aimock");
        install(&folder);
        let mut process = Command::new("node")
            .arg("server.mjs")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).expect("it says where it listens");
        let server = Self { url: url.trim().to_owned(), process };
        assert!(server.url.starts_with("http://127.0.0.1:"), "it says {url:?} instead of where it listens");
        Some(server)
    }
}

/// The packages of the lock file, put there once; tests that run at the same time wait for each other.
fn install(folder: &Path) {
    let lock = std::fs::File::create(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("aimock.lock")).unwrap();
    lock.lock().unwrap();
    let wanted = std::fs::read(folder.join("package-lock.json")).unwrap();
    let stamp = folder.join("node_modules/.livos-stamp");
    if std::fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return;
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"];
    let done = Command::new("npm").args(arguments).current_dir(folder).status().expect("npm starts");
    assert!(done.success(), "the model server's packages could not be installed");
    std::fs::write(stamp, wanted).unwrap();
}

struct Spoken {
    dialect: Dialect,
    model: &'static str,
    issuer: Option<Issuer>,
    url: String,
}

impl World for Spoken {
    fn model(&self, _: &str) -> Arc<dyn Model> {
        let endpoint = Endpoint {
            name: "aimock".to_owned(),
            dialect: self.dialect,
            base_url: self.url.clone(),
            model: self.model.to_owned(),
            key: Some(Key::new("sk-canary").unwrap()),
        };
        Arc::new(Remote::new(&Client::new(Arc::new(|| 0)), endpoint).unwrap())
    }

    fn issuer(&self) -> Option<Issuer> {
        self.issuer
    }
}

async fn check(dialect: Dialect, model: &'static str, path: &str, issuer: Option<Issuer>) {
    let Some(server) = Server::start() else { return };
    contract::all(&Spoken { dialect, model, issuer, url: format!("{}{path}", server.url) }).await;
}

#[tokio::test]
async fn anthropic_messages_keep_the_contract() {
    check(Dialect::Anthropic, "claude-sonnet-4-5", "", Some(Issuer::Anthropic)).await;
}

#[tokio::test]
async fn chat_completions_keep_the_contract() {
    check(Dialect::ChatCompletions, "o3", "/v1", None).await;
}

#[tokio::test]
async fn responses_keep_the_contract() {
    check(Dialect::Responses, "gpt-5", "/v1", Some(Issuer::Responses)).await;
}

#[tokio::test]
async fn gemini_keeps_the_contract() {
    // It signs calls and not thinking, which this server doesn't.
    check(Dialect::Gemini, "gemini-2.5-flash", "", None).await;
}

#[tokio::test]
async fn vectors_come_one_for_each_text() {
    let Some(server) = Server::start() else { return };
    let endpoint = |dialect| Endpoint {
        name: "aimock".to_owned(),
        dialect,
        base_url: format!("{}/v1", server.url),
        model: "text-embedding-3-small".to_owned(),
        key: Some(Key::new("sk-canary").unwrap()),
    };
    let client = Client::new(Arc::new(|| 0));
    let made = |dialect| RemoteEmbeddings::new(&client, endpoint(dialect), Limits::default());
    let remote = made(Dialect::ChatCompletions).unwrap();
    let said = remote.embed(vec!["the lake was cold".to_owned(), "東京".to_owned()]).await.unwrap();
    assert_eq!(said.vectors, [[0.25, -0.5, 1.0], [0.25, -0.5, 1.0]]);
    assert!(said.tokens.is_some(), "it says what it took");
    let error = remote.embed(vec!["of no such model".to_owned()]).await.unwrap_err();
    assert!(matches!(error, livos_llm::Error::ModelMissing { .. }), "{error}");
    // Neither has such a route, and nothing is sent to find that out.
    assert!(made(Dialect::Anthropic).is_err() && made(Dialect::Gemini).is_err());
}
