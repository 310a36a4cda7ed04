//! What must not come out, and looking for it in everything that does.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use livos_bus::names;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Who may see something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It lets somebody in. Nobody is told it again, and it lies nowhere as it is.
    Key,
    /// The same, but the server must know it again: its own database has it.
    Kept,
    /// An app is to have it as it is: it lies in the app's folder and in the app's own processes.
    Apps,
    /// It is one person's own.
    Private,
}

/// Something that must not come out.
#[derive(Debug, Clone)]
pub(super) struct Canary {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) kind: Kind,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Canaries(Arc<Mutex<Vec<Canary>>>);

impl Canaries {
    /// Makes one up. It is a good password, and no part of anything else.
    pub(super) fn make(&self, kind: Kind, name: &str) -> String {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let word = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let text = format!("Kanari7{word}x{}y{number}z", std::process::id());
        self.add(kind, name, &text);
        text
    }

    /// One that the product has made.
    pub(super) fn add(&self, kind: Kind, name: &str, text: &str) {
        assert!(text.len() >= 8, "{name} is too short to be looked for: {text:?}");
        let canary = Canary { name: name.to_owned(), text: text.to_owned(), kind };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(canary);
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Those of these kinds that are in some bytes.
    pub(super) fn within(&self, bytes: &[u8], kinds: &[Kind]) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(bytes);
        let found = all.iter().filter(|canary| kinds.contains(&canary.kind) && text.contains(&canary.text));
        found.map(|canary| canary.name.clone()).collect()
    }
}

const APART_FROM_APPS: &[Kind] = &[Kind::Key, Kind::Kept, Kind::Private];
pub(super) const ALL: &[Kind] = &[Kind::Key, Kind::Kept, Kind::Apps, Kind::Private];

/// Looks at the arguments and the environment of every process, again and again.
pub(super) struct Processes {
    over: Arc<AtomicBool>,
    thread: JoinHandle<(BTreeSet<String>, u64)>,
}

impl Processes {
    pub(super) fn watch(canaries: &Canaries) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (canaries, ended) = (canaries.clone(), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            let (mut found, mut looks) = (BTreeSet::new(), 0);
            while !ended.load(Ordering::Relaxed) {
                for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let kinds = if is_an_apps(&process.path()) { APART_FROM_APPS } else { ALL };
                    for (file, kinds) in [("cmdline", ALL), ("environ", kinds)] {
                        let bytes = std::fs::read(process.path().join(file)).unwrap_or_default();
                        for canary in canaries.within(&bytes, kinds) {
                            found.insert(format!("{canary} in {file} of {}", words(&process.path())));
                        }
                    }
                }
                looks += 1;
                // Processes come and go all the time and tell nobody; this looks again and again until it is told to end.
                std::thread::sleep(Duration::from_millis(20));
            }
            (found, looks)
        });
        Self { over, thread }
    }

    /// What was seen until now.
    pub(super) fn end(self) -> Vec<String> {
        self.over.store(true, Ordering::Relaxed);
        let (found, looks) = self.thread.join().expect("no panic");
        assert!(looks > 20, "it has looked only {looks} times");
        found.into_iter().collect()
    }
}

/// Whether a process is in a container: it sees other mounts than we do. One that is gone by now is in none.
fn is_an_apps(process: &Path) -> bool {
    let mounts = |process: &Path| std::fs::read_link(process.join("ns/mnt")).ok();
    mounts(process).is_some_and(|theirs| Some(theirs) != mounts(Path::new("/proc/self")))
}

fn words(process: &Path) -> String {
    let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    format!("{} ({})", process.display(), name.trim())
}

/// Every file below a folder: what lets somebody in lies in none; what is one person's, and what has to be known again, only
/// where nobody but its owner can get to. `open` is whether others get to the folder.
pub(super) fn files(root: &Path, open: bool, canaries: &Canaries, looked_at: &mut usize) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let about = entry.metadata().expect("a kind");
        let mode = about.permissions().mode();
        if about.is_dir() {
            wrong.extend(files(&entry.path(), open && mode & 0o001 != 0, canaries, looked_at));
        } else if about.is_file() {
            let bytes = std::fs::read(entry.path()).expect("readable");
            let open = open && mode & 0o004 != 0;
            let kinds: &[Kind] = if open { ALL } else { &[Kind::Key] };
            for canary in canaries.within(&bytes, kinds) {
                let how = if open { "others may read" } else { "it lies as it is in" };
                wrong.push(format!("{canary}: {how} {}", entry.path().display()));
            }
            *looked_at += 1;
        }
    }
    wrong
}

/// What every object on the bus says of itself.
pub(super) async fn bus(address: &str, canaries: &Canaries) -> Vec<String> {
    let connection = livos_testkit::connect(address).await.expect("a connection");
    let (mut wrong, mut objects, mut properties) = (Vec::new(), 0, 0);
    for service in names::SERVICES {
        let mut paths = vec!["/".to_owned()];
        while let Some(path) = paths.pop() {
            let called = connection.call_method(
                Some(service.bus_name),
                path.as_str(),
                Some("org.freedesktop.DBus.Introspectable"),
                "Introspect",
                &(),
            );
            let Ok(answer) = called.await else { continue };
            let described: String = answer.body().deserialize().expect("a description");
            objects += 1;
            let base = path.trim_end_matches('/');
            paths.extend(named(&described, "node").map(|child| format!("{base}/{child}")));
            let mut said = described.clone();
            for interface in named(&described, "interface").filter(|name| name.starts_with(names::PREFIX)) {
                let of = (interface,);
                let called = connection.call_method(
                    Some(service.bus_name),
                    path.as_str(),
                    Some("org.freedesktop.DBus.Properties"),
                    "GetAll",
                    &of,
                );
                if let Ok(answer) = called.await {
                    said += &String::from_utf8_lossy(answer.body().data());
                    properties += 1;
                }
            }
            for canary in canaries.within(said.as_bytes(), ALL) {
                wrong.push(format!("{canary}: {} {path} says it", service.bus_name));
            }
        }
    }
    assert!(objects > 10 && properties > 10, "{objects} objects, {properties} interfaces");
    wrong
}

/// The names of some elements in a description.
fn named<'a>(described: &'a str, element: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!("<{element} name=\"");
    described.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>().into_iter()
}

/// What Caddy says that it is set up with.
pub(super) async fn caddy(socket: &Path, canaries: &Canaries) -> Vec<String> {
    let mut stream = tokio::net::UnixStream::connect(socket).await.expect("Caddy listens");
    let request = "GET /config/ HTTP/1.1\r\nHost: caddy\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("\"apps\""), "{text}");
    canaries.within(&answer, ALL).into_iter().map(|canary| format!("{canary}: Caddy has it")).collect()
}

/// Listens to somebody's event stream.
pub(super) struct Heard {
    text: Arc<Mutex<String>>,
    task: tokio::task::JoinHandle<()>,
}

impl Heard {
    pub(super) async fn listen(client: &livos_testkit::Client) -> Self {
        let mut events = client.events(None).await.expect("a stream");
        let text = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&text);
        let task = tokio::spawn(async move {
            while let Ok(event) = events.next().await {
                let line = format!("{} {} {}\n", event.id, event.name, event.data);
                kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&line);
            }
        });
        Self { text, task }
    }

    /// All of it.
    pub(super) fn end(self) -> String {
        self.task.abort();
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert!(text.contains("hello"), "nothing was heard: {text}");
        text
    }
}
