//! Programs that are spoken with as long as somebody wants them: they have a folder that stays, and the network only
//! where that was granted.

use std::collections::HashMap;
use std::convert::Infallible;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use livos_bus::sandbox::ProgramRequest;
use livos_service::CancellationToken;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe;
use tokio::sync::{Mutex as Turn, OnceCell, OwnedMutexGuard, Semaphore};
use tokio::time::timeout;

use super::policy::{MOST_FILES, MOST_STATE, Policy, STATE};
use super::{Backend, Ends, Sandbox, own_pipe, relay};
use crate::Error;

/// Programs at once.
const AT_ONCE: usize = 20;
/// The most words, and the most variables of one.
const WORDS: usize = 64;
const VARIABLES: usize = 32;
/// The longest line that says all of it, in bytes.
const LONGEST: usize = 32 * 1024;
/// The longest name, in letters.
const NAME: usize = 40;
/// How long an end of a program may take before the next of its name begins, and how long one may take to begin.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked how full the disk is while a program runs, and what has to be left there, in bytes.
const LOOK: Duration = Duration::from_secs(10);
const LEFT: u64 = 256 * 1024 * 1024;
/// The same in files.
const FILES_LEFT: u64 = 20_000;
/// A folder that stays is its owner's to close, and opened again before anybody looks into it.
const OPEN: &str = "chmod -R u+rwX /state/. 2>/dev/null; ";
/// Where programs are looked for.
const PLACES: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// Those at work.
#[derive(Debug)]
pub(super) struct Programs {
    at_once: Arc<Semaphore>,
    /// Whoever is at work in a folder that stays: one at a time.
    folders: Mutex<HashMap<String, Arc<Turn<()>>>>,
    /// The walls around programs were found, without a network and with it.
    proven: [OnceCell<()>; 2],
}

impl Default for Programs {
    fn default() -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            folders: Mutex::default(),
            proven: [OnceCell::new(), OnceCell::new()],
        }
    }
}

/// What is spoken with a program by: what it reads, what it writes, and frames of what it says besides.
#[derive(Debug)]
pub struct Spoken {
    /// To it.
    pub input: OwnedFd,
    /// From it.
    pub output: OwnedFd,
    /// What went wrong, and how it ended. It ends when this is closed.
    pub said: OwnedFd,
}

impl Sandbox {
    /// Starts a program.
    pub async fn serve(self: &Arc<Self>, request: &ProgramRequest) -> Result<Spoken, Error> {
        let line = line(request).map_err(Error::Command)?;
        check_name(&request.name)?;
        is_there(request.command.first().map(String::as_str).unwrap_or_default()).map_err(Error::Command)?;
        if is_nearly_full(&self.state) {
            return Err(Error::NoSandbox(
                "the disk is nearly full; free some space and try again".to_owned(),
            ));
        }
        let permit = Arc::clone(&self.programs.at_once);
        let permit = permit.try_acquire_owned().map_err(|_| Error::BusyPrograms(AT_ONCE))?;
        let backend = self.backend.get_or_try_init(async || self.proven().await).await?;
        // systemd says nothing where it can't keep a program from the machine itself.
        let unified = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        if request.network && matches!(backend, Backend::Systemd(_)) && !unified {
            return Err(Error::NoSandbox(
                "the network can't be granted here without this server itself: its kernel has the older control groups"
                    .to_owned(),
            ));
        }
        let folder = self.folder(&request.name).await?;
        let policy = Policy::serving(&request.name, request.network);
        let [without, with] = &self.programs.proven;
        let proven = if request.network { with } else { without };
        proven.get_or_try_init(async || self.prove(backend, &policy).await).await?;
        let (input, to) = own_pipe()?;
        let (from, output) = own_pipe()?;
        let (wrong, errors) = own_pipe()?;
        let mut to = pipe::Sender::from_owned_fd(to).map_err(Error::SandboxPipe)?;
        let running = self.start(backend, &policy, Ends { input, output, errors }, wrong).await?;
        let (said, frames) = own_pipe()?;
        let frames = pipe::Sender::from_owned_fd(frames).map_err(Error::SandboxPipe)?;
        let (stop, sandbox) = (self.shutdown.child_token(), Arc::clone(self));
        self.tasks.spawn(async move {
            let relaying = relay::relay(running, frames, policy.seconds, stop.clone());
            let relayed = tokio::select! {
                relayed = relaying => relayed,
                never = until_full(&sandbox.state, &stop) => match never {},
            };
            if let Err(error) = relayed {
                tracing::error!(error = livos_service::chain(&error), "a program in the sandbox was lost");
            }
            // What it filled does not stay with nobody to look at it.
            if !sandbox.shutdown.is_cancelled()
                && let Err(error) = sandbox.tidy(&policy, stop.is_cancelled()).await
            {
                tracing::warn!(
                    error = livos_service::chain(&error),
                    "what a program kept could not be looked at"
                );
            }
            drop((permit, folder));
        });
        // One that ended before it had read this says so in its frames.
        match timeout(PATIENCE, to.write_all(line.as_bytes())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a program did not read what it is"),
            Err(_) => return Err(Error::NoSandbox("a program did not begin".to_owned())),
        }
        let input = to.into_nonblocking_fd().map_err(Error::SandboxPipe)?;
        Ok(Spoken { input, output: from, said })
    }

    /// Empties the folder of a program that has ended if it holds too much, or in any case.
    async fn tidy(&self, policy: &Policy, empty: bool) -> Result<(), Error> {
        let backend = self.backend.get_or_try_init(async || self.proven().await).await?;
        let bounded = if empty { format!("find {STATE}/ -mindepth 1 -delete") } else { within_bounds() };
        let policy = Policy { network: false, ..policy.clone() };
        self.say(backend, &policy, &format!("{OPEN}{bounded}")).await.map(drop)
    }

    /// Empties a folder that stays.
    pub async fn forget(&self, name: &str) -> Result<(), Error> {
        check_name(name)?;
        let backend = self.backend.get_or_try_init(async || self.proven().await).await?;
        let _folder = self.folder(name).await?;
        let command = format!("{OPEN}find {STATE}/ -mindepth 1 -delete");
        let said = self.say(backend, &Policy::serving(name, false), &command).await?;
        if said.trim().is_empty() {
            return Ok(());
        }
        Err(Error::Failed { program: "find".to_owned(), said: said.chars().take(500).collect() })
    }

    /// Waits for the folder: whoever was at work in it is about to end.
    async fn folder(&self, name: &str) -> Result<OwnedMutexGuard<()>, Error> {
        let turn = {
            let mut folders = self.programs.folders.lock().unwrap_or_else(PoisonError::into_inner);
            folders.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(folders.entry(name.to_owned()).or_default())
        };
        let waited = timeout(PATIENCE, turn.lock_owned()).await;
        waited.map_err(|_| Error::Command(format!("{name} runs already")))
    }
}

/// Ends a program while the disk is nearly full, whoever fills it: files of a folder that stays have no other bound
/// while it runs. This looks only as long as a program does.
async fn until_full(state: &Path, stop: &CancellationToken) -> Infallible {
    loop {
        tokio::time::sleep(LOOK).await;
        if is_nearly_full(state) {
            tracing::warn!("a program is ended, as the disk is nearly full");
            stop.cancel();
            return std::future::pending().await;
        }
    }
}

/// In bytes or in files. What can't be looked at says nothing about how full it is.
fn is_nearly_full(state: &Path) -> bool {
    rustix::fs::statvfs(state).is_ok_and(|disk| {
        disk.f_bavail.saturating_mul(disk.f_frsize) < LEFT || (disk.f_files > 0 && disk.f_favail < FILES_LEFT)
    })
}

/// Empties a folder that holds too much, in a shell.
fn within_bounds() -> String {
    format!(
        "set -- $(du -sk {STATE}/ 2>/dev/null) $(find {STATE}/ | head -n {MOST_FILES} | wc -l); \
         [ \"${{1:-0}}\" -le {MOST_STATE} ] && [ \"${{3:-0}}\" -lt {MOST_FILES} ] || find {STATE}/ -mindepth 1 -delete; "
    )
}

fn check_name(name: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (1..=NAME).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err(Error::Command(format!("{name:?} is no name for a program's folder")))
}

/// What a shell reads to become the program. It comes by the pipe, so no value of a variable is in a list of processes.
fn line(request: &ProgramRequest) -> Result<String, String> {
    if request.command.is_empty() || request.command.len() > WORDS {
        return Err(format!("a command has 1 to {WORDS} words"));
    }
    if request.environment.len() > VARIABLES {
        return Err(format!("a program is given at most {VARIABLES} variables"));
    }
    let mut line = format!("{OPEN}{}cd {STATE}; ", within_bounds());
    for (name, value) in &request.environment {
        if !is_variable(name) {
            return Err(format!("{name:?} is no name for a variable that can be chosen"));
        }
        line += &format!("export {name}={}; ", quoted(&value.0).ok_or("a variable has one line of text")?);
    }
    line += "exec";
    for word in &request.command {
        line += &format!(" {}", quoted(word).ok_or("a word of a command is one line of text")?);
    }
    line.push('\n');
    if line.len() > LONGEST {
        return Err(format!("a command and its variables have at most {} KiB", LONGEST / 1024));
    }
    Ok(line)
}

/// For a shell, as it is.
fn quoted(word: &str) -> Option<String> {
    if word.chars().any(char::is_control) {
        return None;
    }
    Some(format!("'{}'", word.replace('\'', "'\\''")))
}

fn is_variable(name: &str) -> bool {
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    begins && name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether the program can be found in the sandbox, or what to do.
fn is_there(program: &str) -> Result<(), String> {
    if program.contains('/') {
        let path = Path::new(program);
        let below = path.starts_with("/usr") || path.starts_with("/bin");
        let seen = below && path.components().all(|part| part != Component::ParentDir);
        return match (seen, Path::new(program).is_file()) {
            (true, true) => Ok(()),
            (true, false) => Err(format!("there is no program {program} on this server")),
            (false, _) => Err(format!(
                "{program} can't be seen from where programs run: only /usr is there; install it below /usr/local"
            )),
        };
    }
    // A name that begins with a dash is taken for an option of the shell.
    let named = !program.is_empty() && !program.starts_with('-') && !program.contains('=');
    if named && PLACES.iter().any(|place| Path::new(place).join(program).is_file()) {
        return Ok(());
    }
    let what = match program {
        "npx" | "npm" | "node" => "install Node.js on it (the packages nodejs and npm)",
        "uvx" | "uv" => "install uv on it, with uv and uvx in /usr/local/bin",
        "docker" | "podman" => {
            "containers can't be started from where programs run; take the server as an app"
        }
        _ => "install it there, below /usr/local",
    };
    Err(format!("{program} is not on this server (looked in {}); {what}", PLACES.join(", ")))
}

#[cfg(test)]
mod tests {
    use livos_bus::assistant::ProviderKey;

    use super::*;

    fn request(command: &[&str], environment: &[(&str, &str)]) -> ProgramRequest {
        let variable = |(name, value): &(&str, &str)| ((*name).to_owned(), ProviderKey((*value).to_owned()));
        ProgramRequest {
            name: "notes".to_owned(),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            environment: environment.iter().map(variable).collect(),
            network: false,
        }
    }

    #[test]
    fn what_is_to_be_run_is_one_line_and_every_word_stays_one() {
        let line = line(&request(&["echo", "it's", "$(id)", "; reboot"], &[("KEY", "a'b $HOME")])).unwrap();
        assert!(
            line.ends_with("export KEY='a'\\''b $HOME'; exec 'echo' 'it'\\''s' '$(id)' '; reboot'\n"),
            "{line}"
        );
        assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn what_would_be_another_line_or_another_variable_is_refused() {
        let long = "x".repeat(40_000);
        for request in [
            request(&[], &[]),
            request(&["a\nb"], &[]),
            request(&["a\0"], &[]),
            request(&["a"], &[("A", "b\nc")]),
            request(&["a"], &[("A B", "c")]),
            request(&["a"], &[("A;id", "c")]),
            request(&["a"], &[("", "c")]),
            request(&["a"], &[("1A", "c")]),
            request(&["a", &long], &[]),
            request(&["a"; 65], &[]),
        ] {
            assert!(line(&request).is_err(), "{request:?}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_said_to_be_missing_with_what_to_do() {
        assert_eq!(is_there("sh"), Ok(()));
        assert_eq!(is_there("/usr/bin/env"), Ok(()));
        for (program, words) in [
            ("no-such-program", "not on this server"),
            ("/usr/bin/no-such-program", "no program"),
            ("/home/ada/server", "only /usr is there"),
            ("./server", "only /usr is there"),
            ("/usr/../root/x", "only /usr is there"),
            ("/binx/y", "only /usr is there"),
            ("-x", "not on this server"),
            ("", "not on this server"),
        ] {
            let why = is_there(program).unwrap_err();
            assert!(why.contains(words), "{program}: {why}");
        }
    }
}
