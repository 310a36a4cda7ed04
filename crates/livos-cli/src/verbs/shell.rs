//! `livos apps shell` and `livos docker shell`

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::documents::{DockerContainer, DockerOverview};
use livos_bus::{DockerReaderProxy, ErrorKind, TerminalProxy};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};

use super::apps::read;
use crate::bus::Bus;
use crate::exit::Usage;
use crate::output::plain;

pub(super) async fn run(bus: &Bus, app: &str, service: Option<&str>) -> Result<ExitCode> {
    let reader = DockerReaderProxy::new(&bus.connection).await?;
    let all: DockerOverview = read(reader.overview(&bus.actor).await?).await?;
    open(bus, &find(&all.containers, app, service)?.id).await
}

/// In the container with this id, until it ends.
pub(super) async fn open(bus: &Bus, container: &str) -> Result<ExitCode> {
    if !isatty(rustix::stdio::stdin()) || !isatty(rustix::stdio::stdout()) {
        return Err(Usage("a shell needs a terminal".to_owned()).into());
    }
    let terminal = TerminalProxy::new(&bus.connection).await?;
    let (columns, rows) = size();
    let (socket, id) = terminal.open(&bus.actor, container, columns, rows).await?;
    let socket = UnixStream::from(OwnedFd::from(socket));
    socket.set_nonblocking(false)?;
    let raw = Raw::begin()?;
    let mut ended = carry(socket)?;
    let mut resized = signal(SignalKind::window_change())?;
    loop {
        tokio::select! {
            _ended = &mut ended => break,
            _changed = resized.recv() => {
                let (columns, rows) = size();
                // A shell that has just ended has no size any more, and the loop ends with it.
                drop(terminal.resize(&bus.actor, &id, columns, rows).await);
            }
        }
    }
    drop(raw);
    match terminal.exit_code(&bus.actor, &id).await {
        // The kernel has eight bits for it, so this loses nothing.
        Ok(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))),
        Err(error) if error.kind == ErrorKind::NotFound => Err(anyhow::anyhow!(
            "the shell is gone, most likely with its container; its exit code is not known"
        )),
        Err(error) => Err(error.into()),
    }
}

/// The container of a service that runs; of an app's only one if none is named.
fn find<'a>(all: &'a [DockerContainer], app: &str, service: Option<&str>) -> Result<&'a DockerContainer> {
    let of_app = |one: &&DockerContainer| {
        matches!(one.owner.kind.as_str(), "app" | "adopted") && one.owner.id == app && one.state == "running"
    };
    let running: Vec<&DockerContainer> = all.iter().filter(of_app).collect();
    let wanted = |one: &&&DockerContainer| service.is_none_or(|service| one.service == service);
    let mut chosen = running.iter().filter(wanted);
    let services = || {
        let names: Vec<String> = running.iter().map(|one| plain(&one.service)).collect();
        names.join(", ")
    };
    match (chosen.next(), chosen.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            Err(Usage(format!("{app} runs several services; say which: {}", services())).into())
        }
        (None, _) if running.is_empty() => {
            Err(livos_bus::Error::not_found(format!("nothing of an app {app} runs; start it first")).into())
        }
        (None, _) => Err(livos_bus::Error::not_found(format!(
            "{app} has no such service that runs; these do: {}",
            services()
        ))
        .into()),
    }
}

fn size() -> (u16, u16) {
    tcgetwinsize(rustix::stdio::stdout()).map_or((80, 24), |size| (size.ws_col, size.ws_row))
}

/// Carries the bytes both ways, on threads of their own: a terminal can only be read by waiting for it. Ends with the
/// shell.
fn carry(socket: UnixStream) -> Result<tokio::sync::oneshot::Receiver<()>> {
    let (done, ended) = tokio::sync::oneshot::channel();
    let mut typed = socket.try_clone().context("cannot share the shell's socket")?;
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        let mut stdin = std::io::stdin().lock();
        while let Ok(count) = stdin.read(&mut buffer) {
            if count == 0 || typed.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        // The shell is hung up when nobody types any more; it may be gone already.
        drop(typed.shutdown(Shutdown::Both));
    });
    let mut said = socket;
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        let mut stdout = std::io::stdout().lock();
        while let Ok(count) = said.read(&mut buffer) {
            if count == 0 || stdout.write_all(&buffer[..count]).and_then(|()| stdout.flush()).is_err() {
                break;
            }
        }
        // Nobody waits any more when the program ends by a signal.
        let _ = done.send(());
    });
    Ok(ended)
}

/// The terminal hands on every key as it is; as it was before when this goes.
struct Raw(Termios);

impl Raw {
    fn begin() -> Result<Self> {
        let before = tcgetattr(rustix::stdio::stdin()).context("cannot look at the terminal")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &raw)
            .context("cannot change the terminal")?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // There is nobody to tell: what would be told it on is this terminal.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::{DockerContainer, DockerOwner};

    use super::find;

    fn container(app: &str, service: &str, state: &str) -> DockerContainer {
        DockerContainer {
            id: format!("{app}-{service}"),
            name: format!("{app}-{service}-1"),
            owner: DockerOwner { kind: "app".into(), id: app.into(), name: app.to_uppercase() },
            service: service.into(),
            image: "x".into(),
            state: state.into(),
            health: String::new(),
            created_at: 0,
            started_at: 0,
            ports: Vec::new(),
        }
    }

    #[test]
    fn the_container_is_found_or_what_there_is_is_said() {
        let all = [
            container("one", "web", "running"),
            container("one", "job", "exited"),
            container("two", "web", "running"),
            container("two", "db", "running"),
        ];
        let check = |app: &str, service: Option<&str>| match find(&all, app, service) {
            Ok(found) => found.id.clone(),
            Err(error) => error.to_string(),
        };
        assert_eq!(check("one", None), "one-web");
        assert_eq!(check("two", Some("db")), "two-db");
        assert!(check("two", None).contains("say which: web, db"));
        assert!(check("two", Some("x")).contains("these do: web, db"));
        assert!(check("one", Some("job")).contains("no such service"));
        assert!(check("three", None).contains("start it first"));
    }
}
