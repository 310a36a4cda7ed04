//! A terminal in memory. Behind it is the same small program as in the test image: `echo` says what follows, `size` how
//! large the terminal is, `exit` ends with what follows. A shell that is to say its number says it first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::engine::{Terminal, TerminalSize};
use crate::error::{EngineError, Result};

#[derive(Debug)]
struct Program {
    size: TerminalSize,
    code: Option<i64>,
}

/// All there ever were.
#[derive(Debug, Default)]
pub(super) struct Terminals {
    programs: BTreeMap<String, Arc<Mutex<Program>>>,
    /// What was run, in order.
    pub(super) commands: Vec<Vec<String>>,
}

impl Terminals {
    pub(super) fn open(&mut self, command: &[&str], size: TerminalSize) -> Terminal {
        let id = format!("{:064x}", self.programs.len() + 1);
        self.commands.push(command.iter().map(|&word| word.to_owned()).collect());
        let program = Arc::new(Mutex::new(Program { size, code: None }));
        self.programs.insert(id.clone(), Arc::clone(&program));
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let says_number = command.get(1).is_some_and(|word| *word == "-c");
        tokio::spawn(async move {
            let code = run(theirs, &program, says_number).await.unwrap_or(129);
            program.lock().unwrap_or_else(PoisonError::into_inner).code = Some(code);
        });
        let (output, input) = tokio::io::split(ours);
        Terminal { id, output: Box::new(output), input: Box::new(input) }
    }

    fn program(&self, id: &str) -> Result<&Mutex<Program>> {
        let gone = || EngineError::NotFound { subject: format!("terminal {id}") };
        self.programs.get(id).map(AsRef::as_ref).ok_or_else(gone)
    }

    pub(super) fn resize(&self, id: &str, size: TerminalSize) -> Result<()> {
        self.program(id)?.lock().unwrap_or_else(PoisonError::into_inner).size = size;
        Ok(())
    }

    pub(super) fn exit_code(&self, id: &str) -> Result<Option<i64>> {
        Ok(self.program(id)?.lock().unwrap_or_else(PoisonError::into_inner).code)
    }
}

async fn run(
    stream: tokio::io::DuplexStream,
    program: &Mutex<Program>,
    says_number: bool,
) -> std::io::Result<i64> {
    let (input, mut output) = tokio::io::split(stream);
    if says_number {
        output.write_all(b"7\r\n").await?;
    }
    let mut lines = BufReader::new(input).split(b'\r');
    while let Some(line) = lines.next_segment().await? {
        let line = String::from_utf8_lossy(&line).into_owned();
        // A terminal shows what is typed.
        let mut said = format!("{line}\r\n");
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("exit", code) => return Ok(code.parse().unwrap_or(0)),
            ("echo", words) => said.push_str(&format!("{words}\r\n")),
            ("size", _) => {
                let size = program.lock().unwrap_or_else(PoisonError::into_inner).size;
                said.push_str(&format!("{} by {}\r\n", size.columns, size.rows));
            }
            _ => {}
        }
        output.write_all(said.as_bytes()).await?;
    }
    Ok(129)
}
