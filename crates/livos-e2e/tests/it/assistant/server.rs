//! The model server. Its packages are those of livos-llm's contract tests.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use livos_e2e::skip;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Server {
    pub(crate) url: String,
    process: Child,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Server {
    /// `None` where there is no Node, which is said.
    pub(crate) fn start() -> Option<Self> {
        Self::begin(None)
    }

    /// One that says what these fixtures have, instead of what stands in the script.
    pub(crate) fn saying(fixtures: &Value) -> Option<Self> {
        Self::begin(Some(fixtures))
    }

    /// Every request until now, the oldest first.
    pub(crate) async fn journal(&self) -> Vec<Value> {
        let url = format!("{}/__aimock/journal?limit=10000", self.url);
        let client = livos_testkit::Client::new(&self.url).expect("a client");
        let all = client.get(&url).await.expect("an answer").expect(200).expect("a journal");
        all.as_array().expect("a list").clone()
    }

    fn begin(fixtures: Option<&Value>) -> Option<Self> {
        if Command::new("node").arg("--version").stdout(Stdio::null()).status().is_err() {
            skip("NODE", "there is no node for the model server").expect("it may be skipped");
            return None;
        }
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let packages = here.with_file_name("livos-llm").join("tests/it/aimock");
        install(&packages);
        let folder = tempfile::tempdir().expect("a folder");
        // Node looks for packages beside the script.
        let script = here.join("tests/it/assistant/server.mjs");
        std::fs::copy(script, folder.path().join("server.mjs")).expect("copied");
        std::os::unix::fs::symlink(packages.join("node_modules"), folder.path().join("node_modules"))
            .expect("linked");
        let mut node = Command::new("node");
        node.arg("server.mjs");
        if let Some(fixtures) = fixtures {
            std::fs::write(folder.path().join("fixtures.json"), fixtures.to_string()).expect("written");
            node.arg("fixtures.json");
        }
        let mut process = node
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut url = String::new();
        let output = process.stdout.take().expect("an output");
        BufReader::new(output).read_line(&mut url).expect("it says where it listens");
        let server = Self { url: url.trim().to_owned(), process, _folder: folder };
        assert!(
            server.url.starts_with("http://127.0.0.1:"),
            "it says {:?} instead of where it listens",
            server.url
        );
        Some(server)
    }
}

/// The packages of the lock file, put there once; tests that run at the same time wait for each other.
fn install(folder: &Path) {
    let lock =
        std::fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("aimock.lock")).expect("a lock");
    lock.lock().expect("locked");
    let wanted = std::fs::read(folder.join("package-lock.json")).expect("the lock file");
    let stamp = folder.join("node_modules/.livos-stamp");
    if std::fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return;
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"];
    let done = Command::new("npm").args(arguments).current_dir(folder).status().expect("npm starts");
    assert!(done.success(), "the model server's packages could not be installed");
    std::fs::write(stamp, wanted).expect("noted");
}
