//! A server that is a program here: lines of JSON through its input and output. What it writes is a stranger's, so each
//! line, all of them, and everything that it asks has a bound, and what goes beyond ends it.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use livos_bus::sandbox::{ProgramRequest, SandboxEnd, SandboxFrame, SandboxHow};
use livos_service::CancellationToken;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::sync::{Mutex as Turn, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::pipes::{IDLE, Programs};
use super::transport::{Fault, Pending, Transport, said_no, without};
use super::wire::{MESSAGES, MOST, QUESTIONS, answer_to, words};
use crate::core::problem;
use crate::ports::Pipes;

/// The most that is read after one question, in bytes.
const FLOOD: usize = 4 * MOST;
/// Lines that wait for a program to read them.
const UNREAD: usize = 64;
/// What is kept of what it writes besides, in bytes, and how much of it is told, in letters.
const WRONG: usize = 4096;
const TOLD: usize = 400;
/// How long its end may take once its output has ended, or it was let go.
const GRACE: Duration = Duration::from_secs(6);
/// How long it may take to answer when it is greeted: it may have to fetch itself first.
const FIRST: Duration = Duration::from_secs(180);
/// How long it may take to say that it is there, when it left somebody without an answer.
const THERE: Duration = Duration::from_secs(10);

/// A program, as one session sees it. Several may speak with the same.
#[derive(Debug)]
pub(super) struct Piped {
    programs: Arc<Programs>,
    name: String,
    request: ProgramRequest,
    bound: Turn<Option<Arc<Process>>>,
    /// What our numbers are in the program.
    numbers: Mutex<HashMap<u64, u64>>,
}

impl Piped {
    pub(super) fn new(programs: Arc<Programs>, name: String, request: ProgramRequest) -> Self {
        Self { programs, name, request, bound: Turn::default(), numbers: Mutex::default() }
    }

    /// The program that this session began with. Another one knows nothing of it.
    async fn process(&self) -> Result<Arc<Process>, Fault> {
        let mut bound = self.bound.lock().await;
        match &*bound {
            Some(process) if process.is_alive() => Ok(Arc::clone(process)),
            Some(_) => Err(Fault::Gone),
            None => {
                let process = self.programs.at_work(&self.name, &self.request).await?;
                *bound = Some(Arc::clone(&process));
                Ok(process)
            }
        }
    }

    fn numbers<T>(&self, change: impl FnOnce(&mut HashMap<u64, u64>) -> T) -> T {
        change(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn method(message: &Value) -> &str {
    message.get("method").and_then(Value::as_str).unwrap_or_default()
}

impl Transport for Piped {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ask<'a>(&'a self, message: &'a Value, id: u64) -> Pending<'a, Result<Value, Fault>> {
        Box::pin(async move {
            let process = self.process().await?;
            // It is greeted once in its life, whoever comes after.
            if method(message) == "initialize" {
                return process.greet(message).await;
            }
            let noted = |number| {
                self.numbers(|numbers| numbers.insert(id, number));
            };
            let said = process.ask(message, noted).await;
            self.numbers(|numbers| numbers.remove(&id));
            if said.is_ok() && method(message) == "tools/call" {
                process.useful.store(true, Ordering::Relaxed);
            }
            said
        })
    }

    fn tell<'a>(&'a self, message: &'a Value) -> Pending<'a, Result<(), Fault>> {
        Box::pin(async move {
            let process = self.process().await?;
            let mut message = message.clone();
            match method(&message) {
                "notifications/initialized" if process.ready.swap(true, Ordering::Relaxed) => return Ok(()),
                "notifications/cancelled" => {
                    let id = message.pointer("/params/requestId").and_then(Value::as_u64);
                    let number = id.and_then(|id| self.numbers(|numbers| numbers.remove(&id)));
                    let Some(number) = number else { return Ok(()) };
                    message["params"]["requestId"] = number.into();
                }
                _ => {}
            }
            process.write(&message)
        })
    }

    fn speak(&self, _: &'static str) {}

    /// It stays for whoever comes next, for a while.
    fn leave(&self) -> Pending<'_, ()> {
        Box::pin(async {})
    }

    fn without_keys(&self, text: &str) -> String {
        without_keys(&self.request, text)
    }
}

fn without_keys(request: &ProgramRequest, text: &str) -> String {
    without(request.environment.iter().map(|(_, value)| value.0.as_str()), text)
}

/// A program at work.
pub(super) struct Process {
    name: String,
    request: ProgramRequest,
    to: mpsc::Sender<String>,
    waiting: Mutex<Option<HashMap<u64, oneshot::Sender<Value>>>>,
    next: AtomicU64,
    /// What it answered when it was greeted, and whether it was told that it was heard.
    hello: Arc<Turn<Option<Value>>>,
    ready: AtomicBool,
    /// It has answered a call.
    useful: AtomicBool,
    /// What it wrote since something was asked: bytes, lines and questions of its own.
    heard: [AtomicUsize; 3],
    /// What it wrote besides, the last of it.
    wrong: Mutex<Vec<u8>>,
    /// Why it is not there any more, and since when.
    end: Mutex<Option<(String, Instant)>>,
    let_go: CancellationToken,
    ended: CancellationToken,
    idle: Mutex<Option<AbortHandle>>,
    tasks: livos_service::TaskTracker,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Process").field("name", &self.name).finish_non_exhaustive()
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    pub(super) fn start(
        programs: &Programs,
        name: String,
        request: ProgramRequest,
        pipes: Pipes,
    ) -> std::io::Result<Arc<Self>> {
        let input = pipe::Sender::from_owned_fd(pipes.input)?;
        let output = pipe::Receiver::from_owned_fd(pipes.output)?;
        let said = pipe::Receiver::from_owned_fd(pipes.said)?;
        let (to, lines) = mpsc::channel(UNREAD);
        let process = Arc::new(Self {
            name,
            request,
            to,
            waiting: Mutex::new(Some(HashMap::new())),
            next: AtomicU64::new(1),
            hello: Arc::default(),
            ready: AtomicBool::new(false),
            useful: AtomicBool::new(false),
            heard: Default::default(),
            wrong: Mutex::default(),
            end: Mutex::default(),
            // A daemon that stops lets its programs go.
            let_go: programs.shutdown.child_token(),
            ended: CancellationToken::new(),
            idle: Mutex::default(),
            tasks: programs.tasks.clone(),
        });
        programs.tasks.spawn(Arc::clone(&process).live(input, output, said, lines));
        Ok(process)
    }

    pub(super) fn is(&self, request: &ProgramRequest) -> bool {
        self.request == *request
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.let_go.is_cancelled() && held(&self.waiting).is_some()
    }

    /// It ended by itself.
    pub(super) fn has_fallen(&self) -> bool {
        !self.let_go.is_cancelled() && !self.is_alive()
    }

    pub(super) fn was_useful(&self) -> bool {
        self.useful.load(Ordering::Relaxed)
    }

    pub(super) fn ended_at(&self) -> Instant {
        held(&self.end).as_ref().map_or_else(Instant::now, |(_, at)| *at)
    }

    pub(super) fn let_go(&self) {
        self.let_go.cancel();
    }

    /// From its first line to its end.
    async fn live(
        self: Arc<Self>,
        mut input: pipe::Sender,
        mut output: pipe::Receiver,
        said: pipe::Receiver,
        mut lines: mpsc::Receiver<String>,
    ) {
        let writing = async {
            while let Some(line) = lines.recv().await {
                if input.write_all(line.as_bytes()).await.is_err() {
                    // It reads no more, and says why by its end.
                    std::future::pending::<()>().await;
                }
            }
        };
        let mut watching = Box::pin(self.watch(said));
        let mut reading = Box::pin(self.read(&mut output));
        let why = tokio::select! {
            end = &mut watching => {
                // What it wrote before that counts. All of it is dead, so this comes to its end.
                let rest = timeout(GRACE, &mut reading).await;
                Some(rest.ok().flatten().unwrap_or(end))
            }
            why = &mut reading => why,
            () = self.let_go.cancelled() => None,
            () = writing => None,
        };
        // Its input is closed, which asks it to end.
        drop(input);
        let why = match why {
            Some(why) => why,
            None => {
                timeout(GRACE, &mut watching).await.unwrap_or_else(|_| "it does not end by itself".to_owned())
            }
        };
        // And this ends it: the pipe is in there.
        drop(watching);
        if !self.let_go.is_cancelled() {
            tracing::info!(name = self.name, why, "a program that is a server of tools has fallen");
        }
        *held(&self.end) = Some((why, Instant::now()));
        held(&self.waiting).take();
        self.ended.cancel();
    }

    /// Follows what it writes besides; how it ended.
    async fn watch(&self, mut said: pipe::Receiver) -> String {
        let mut bytes = Vec::new();
        loop {
            match said.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => return "the sandbox stopped".to_owned(),
                Ok(_) => {}
            }
            loop {
                match SandboxFrame::decode(&mut bytes) {
                    Ok(Some(SandboxFrame::Output(output))) => {
                        let mut wrong = held(&self.wrong);
                        wrong.extend(output);
                        let over = wrong.len().saturating_sub(WRONG);
                        wrong.drain(..over);
                    }
                    Ok(Some(SandboxFrame::Cut(_))) => {}
                    Ok(Some(SandboxFrame::End(end))) => return in_words(&end),
                    Ok(None) => break,
                    Err(error) => {
                        tracing::error!(%error, "the sandbox is not understood");
                        return "the sandbox stopped".to_owned();
                    }
                }
            }
        }
    }

    /// Reads its lines. Why it can't go on; nothing when its output has ended, and its end says more.
    async fn read(&self, output: &mut pipe::Receiver) -> Option<String> {
        let (mut bytes, mut looked) = (Vec::new(), 0);
        loop {
            match output.read_buf(&mut bytes).await {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return None,
            }
            while let Some(at) =
                bytes.get(looked..).and_then(|new| new.iter().position(|byte| *byte == b'\n'))
            {
                let line: Vec<u8> = bytes.drain(..=looked + at).collect();
                looked = 0;
                if self.is_too_much(line.len()) {
                    return Some("it wrote more than is read of one".to_owned());
                }
                self.take(&line);
            }
            looked = bytes.len();
            if looked > MOST {
                return Some("it wrote a line that is longer than any may be".to_owned());
            }
        }
    }

    fn is_too_much(&self, length: usize) -> bool {
        let [bytes, lines, _] = &self.heard;
        bytes.fetch_add(length, Ordering::Relaxed) + length > FLOOD
            || lines.fetch_add(1, Ordering::Relaxed) >= MESSAGES
    }

    /// A line of it. One that is no message is passed over: some write to the wrong output what they do.
    fn take(&self, line: &[u8]) {
        let Ok(message) = serde_json::from_slice::<Value>(line) else { return };
        let id = message.get("id").cloned();
        match (message.get("method").and_then(Value::as_str), id) {
            (Some(method), Some(id)) if id.is_u64() || id.is_string() || id.is_i64() => {
                let [_, _, questions] = &self.heard;
                let few = questions.fetch_add(1, Ordering::Relaxed) < QUESTIONS;
                // A server that asks and does not read goes without an answer.
                if few && let Err(fault) = self.write(&answer_to(method, &id)) {
                    tracing::debug!(problem = fault.into_problem().message, "a question is not answered");
                }
            }
            (None, Some(id)) => {
                let asked = id.as_u64().and_then(|id| held(&self.waiting).as_mut()?.remove(&id));
                // Whoever asked may be gone.
                if let Some(asked) = asked {
                    drop(asked.send(message));
                }
            }
            _ => {}
        }
    }

    fn write(&self, message: &Value) -> Result<(), Fault> {
        self.to.try_send(format!("{message}\n")).map_err(|_| {
            let why = format!("{} does not read what it is told", self.name);
            Fault::Refused(problem::of("unreachable", why))
        })
    }

    /// Greets it, once in its life. That goes on when whoever asked does not wait any more: it may be fetching itself, and
    /// whoever comes next finds it ready.
    async fn greet(self: &Arc<Self>, message: &Value) -> Result<Value, Fault> {
        let mut hello = Arc::clone(&self.hello).lock_owned().await;
        if let Some(hello) = &*hello {
            return Ok(hello.clone());
        }
        let (process, message) = (Arc::clone(self), message.clone());
        let greeting = self.tasks.spawn(async move {
            let Ok(said) = timeout(FIRST, process.ask(&message, |_| {})).await else {
                process.let_go();
                let why = format!("{} was not ready within {} s", process.name, FIRST.as_secs());
                return Err(Fault::Refused(problem::of("unreachable", why)));
            };
            let said = said?;
            *hello = Some(said.clone());
            Ok(said)
        });
        greeting.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a program could not be greeted");
            Err(Fault::Refused(problem::internal()))
        })
    }

    /// Asks something. `noted` is told under which number.
    async fn ask(self: &Arc<Self>, message: &Value, noted: impl FnOnce(u64)) -> Result<Value, Fault> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = message.clone();
        message["id"] = number.into();
        let (answer, answered) = oneshot::channel();
        match held(&self.waiting).as_mut() {
            Some(waiting) => waiting.insert(number, answer),
            None => return Err(Fault::Gone),
        };
        self.keep();
        let mut asking = Asking { process: Arc::clone(self), number, over: false };
        self.heard.iter().for_each(|heard| heard.store(0, Ordering::Relaxed));
        if let Err(fault) = self.write(&message) {
            asking.over = self.is_alive();
            return Err(fault);
        }
        noted(number);
        let said = answered.await;
        asking.over = true;
        let Ok(mut said) = said else { return Err(Fault::Unknown(self.why())) };
        if let Some(error) = said.get("error") {
            return Err(said_no(error, |text| without_keys(&self.request, text)));
        }
        match said.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(Fault::Unknown(problem::of(
                "unreachable",
                format!("{} does not answer as a server of tools", self.name),
            ))),
        }
    }

    /// Why it is not there any more, with the last that it wrote.
    fn why(&self) -> livos_bus::assistant::Problem {
        let name = &self.name;
        let end = held(&self.end).as_ref().map(|(why, _)| why.clone());
        let why = end.unwrap_or_else(|| "it ended".to_owned());
        let wrong = String::from_utf8_lossy(&held(&self.wrong)).into_owned();
        let wrong = words(&without_keys(&self.request, &wrong), WRONG);
        let last: String = wrong.chars().skip(wrong.chars().count().saturating_sub(TOLD)).collect();
        let last = if last.is_empty() { String::new() } else { format!("; the last it wrote: {last}") };
        let network = if !self.request.network && !self.ready.load(Ordering::Relaxed) {
            "; it has no network, without which it can't fetch anything either"
        } else {
            ""
        };
        problem::of("unreachable", format!("{name} is not at work any more: {why}{network}{last}"))
    }

    /// Somebody needs it.
    fn keep(&self) {
        if let Some(idle) = held(&self.idle).take() {
            idle.abort();
        }
    }

    /// Nobody does: once a while has passed in which nobody came, it is let go.
    fn rest(self: &Arc<Self>) {
        if held(&self.waiting).as_ref().is_none_or(|waiting| !waiting.is_empty()) {
            return;
        }
        let (process, until) = (Arc::clone(self), Instant::now() + IDLE);
        let resting = self.tasks.spawn(async move {
            tokio::select! {
                () = sleep_until(until) => process.let_go(),
                () = process.let_go.cancelled() => {}
                () = process.ended.cancelled() => {}
            }
        });
        if let Some(before) = held(&self.idle).replace(resting.abort_handle()) {
            before.abort();
        }
    }

    /// Somebody went without an answer. One that is stuck is ended.
    fn doubt(self: &Arc<Self>) {
        let process = Arc::clone(self);
        self.tasks.spawn(async move {
            let ping = json!({ "jsonrpc": "2.0", "method": "ping" });
            let answered = tokio::select! {
                answered = timeout(THERE, process.ping(&ping)) => answered.is_ok(),
                () = process.let_go.cancelled() => return,
                () = process.ended.cancelled() => return,
            };
            if !answered {
                tracing::info!(name = process.name, "a program that is stuck is ended");
                process.let_go();
            }
            process.rest();
        });
    }

    /// Any answer will do; it is no use of the program, so it keeps it from nothing.
    async fn ping(&self, ping: &Value) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        if let Some(waiting) = held(&self.waiting).as_mut() {
            waiting.insert(number, answer);
        }
        let mut ping = ping.clone();
        ping["id"] = number.into();
        if self.write(&ping).is_err() || answered.await.is_err() {
            // It is stuck, or about to be known as ended.
            std::future::pending::<()>().await;
        }
    }
}

/// A question that waits.
struct Asking {
    process: Arc<Process>,
    number: u64,
    over: bool,
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(waiting) = held(&self.process.waiting).as_mut() {
            waiting.remove(&self.number);
        }
        if !self.over && self.process.is_alive() {
            self.process.doubt();
        }
        self.process.rest();
    }
}

fn in_words(end: &SandboxEnd) -> String {
    match end.how {
        SandboxHow::Exited => format!("it ended with status {}", end.code),
        SandboxHow::Signalled => format!("it was ended by signal {}", end.code),
        SandboxHow::Time => "it ran for as long as one may".to_owned(),
        SandboxHow::Memory => "it took more memory than one may".to_owned(),
        SandboxHow::Output => "it wrote more about itself than is read of one".to_owned(),
        SandboxHow::Stopped => "the sandbox stopped".to_owned(),
    }
}
