//! Lines of the journal as they are written, for whoever waits for some of them.
//!
//! Nobody reads the journal while nobody waits: the program that follows it is started for one reader and ended with
//! the reader's end of the pipe.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use livos_bus::Error;
use livos_bus::schedules::{JournalLine, JournalRule};
use livos_service::CancellationToken;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Interest};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// How many may be waited for at once.
const MOST: usize = 64;
/// The longest name of a unit, and the longest words, in bytes.
const LONGEST: usize = 255;
/// What is told of a line, in letters.
const TOLD: usize = 300;
/// Between two lines that are told for one rule.
const QUIET: Duration = Duration::from_secs(60);
/// What LivOS' own agent writes is no reason to ask it: it would answer itself.
const OWN: &str = "livos-nexus.service";

/// A rule, and what it has told.
#[derive(Debug)]
pub(crate) struct Waiting {
    rule: JournalRule,
    words: String,
    last: Option<Instant>,
    left_out: u32,
}

impl Waiting {
    pub(crate) fn new(rule: JournalRule) -> Self {
        Self { words: rule.text.to_lowercase(), rule, last: None, left_out: 0 }
    }

    /// What is told of a line, if it is one of those and not too soon after another.
    pub(crate) fn take(&mut self, line: &Line, now: Instant) -> Option<JournalLine> {
        let fits = line.priority <= self.rule.priority
            && (if self.rule.unit.is_empty() { line.unit != OWN } else { line.unit == self.rule.unit })
            && line.text.to_lowercase().contains(&self.words);
        if !fits {
            return None;
        }
        if self.last.is_some_and(|last| now.duration_since(last) < QUIET) {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.last = Some(now);
        let text = line.text.chars().filter(|letter| !letter.is_control()).take(TOLD).collect();
        let left_out = std::mem::take(&mut self.left_out);
        Some(JournalLine { id: self.rule.id.clone(), unit: line.unit.clone(), line: text, left_out })
    }
}

/// A line of the journal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) unit: String,
    pub(crate) priority: u8,
    pub(crate) text: String,
}

/// Reads one as the program writes it; nothing of one that has no text.
pub(crate) fn line_of(json: &[u8]) -> Option<Line> {
    let all: Value = serde_json::from_slice(json).ok()?;
    let text = match all.get("MESSAGE")? {
        Value::String(text) => text.clone(),
        // Whatever is no text is written byte by byte.
        Value::Array(bytes) => {
            let bytes = bytes.iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok());
            String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
        }
        _ => return None,
    };
    let field = |name: &str| all.get(name).and_then(Value::as_str).unwrap_or_default();
    // What systemd says of a unit is that unit's. Anybody else may write whatever they like into that field.
    let unit = match field("_SYSTEMD_UNIT") {
        "init.scope" if !field("UNIT").is_empty() => field("UNIT"),
        unit => unit,
    };
    // Without one it is as usual.
    let priority = field("PRIORITY").parse().unwrap_or(6);
    Some(Line { unit: unit.to_owned(), priority, text })
}

/// Follows the journal for these until the pipe or the daemon is closed.
pub(crate) fn follow(
    program: &Path,
    rules: Vec<JournalRule>,
    stop: CancellationToken,
) -> livos_bus::Result<OwnedFd> {
    if rules.is_empty() || rules.len() > MOST {
        return Err(Error::invalid(format!("1 to {MOST} rules can be waited for at once")));
    }
    for JournalRule { unit, text, .. } in &rules {
        if text.is_empty()
            || text.len() > LONGEST
            || unit.len() > LONGEST
            || unit.contains(char::is_whitespace)
        {
            return Err(Error::invalid("a rule names a unit, or none, and words of at most 255 bytes"));
        }
    }
    let failed = |error: std::io::Error| {
        tracing::warn!(%error, "the journal can't be followed");
        Error::unavailable("the journal of this machine can't be followed; is journalctl installed?")
    };
    let (to, from) = pipe::pipe().map_err(failed)?;
    let child = started(program, &rules).map_err(failed)?;
    let from = from.into_blocking_fd().map_err(failed)?;
    let waiting = rules.into_iter().map(Waiting::new).collect();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            told = tell(child, waiting, to) => {
                if let Err(error) = told {
                    tracing::warn!(%error, "the journal is not followed any more");
                }
            }
        }
    });
    Ok(from)
}

fn started(program: &Path, rules: &[JournalRule]) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command.args(["--quiet", "--no-pager", "--follow", "--lines=0", "--output=json"]);
    command.arg("--output-fields=MESSAGE,PRIORITY,UNIT,_SYSTEMD_UNIT");
    let priority = rules.iter().map(|rule| rule.priority.min(7)).max().unwrap_or(7);
    command.arg(format!("--priority={priority}"));
    // Where each names one, the others' lines wake nobody.
    if rules.iter().all(|rule| !rule.unit.is_empty()) {
        command.args(rules.iter().map(|rule| format!("--unit={}", rule.unit)));
    }
    command.env_clear().env("LC_ALL", "C.UTF-8").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

async fn tell(mut child: Child, mut waiting: Vec<Waiting>, mut to: pipe::Sender) -> std::io::Result<()> {
    let said = child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    // The program leaves out fields of more than 4 KiB, so a line has an end.
    let mut lines = BufReader::new(said).split(b'\n');
    loop {
        let json = tokio::select! {
            // The reading end is closed.
            _ = to.ready(Interest::ERROR) => return Ok(()),
            next = lines.next_segment() => match next? {
                Some(json) => json,
                None => return Err(std::io::Error::other("the program that reads the journal ended")),
            },
        };
        let Some(line) = line_of(&json) else { continue };
        let now = Instant::now();
        for one in &mut waiting {
            let Some(told) = one.take(&line, now) else { continue };
            let mut bytes = serde_json::to_vec(&told)?;
            bytes.push(b'\n');
            if to.write_all(&bytes).await.is_err() {
                return Ok(());
            }
        }
    }
}
