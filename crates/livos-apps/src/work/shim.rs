//! What a hook asks while it runs: its `scripts/app` writes into one pipe and reads from another.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use livos_bus::codes;
use livos_docker::{LogOptions, LogSource, RemoveContainer, RestartPolicy, RunIn};
use rustix::fs::{CWD, FileType, Mode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

use super::Apps;
use super::hooks::{Running, certain, once_name};
use super::sandbox::{hex, unhex};
use crate::core::blueprint::{Blueprint, LABEL_SERVICE, PlannedContainer, container_name};
use crate::core::shim::{self, Ask, Once};
use crate::error::{engine, refused};
use crate::{Error, data};

/// A question is some words.
const QUESTION_LIMIT: usize = 64 * 1024;
/// What is handed on of a container's output.
const OUTPUT_LIMIT: usize = 32 * 1024;
const ASK: &str = "ask";
const ANSWER: &str = "answer";

/// Our ends of the two pipes.
pub(super) struct Talk {
    ask: pipe::Receiver,
    answer: pipe::Sender,
    read: Vec<u8>,
    folder: PathBuf,
}

impl Drop for Talk {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::debug!(%error, "the pipes of a script stay until its next run");
        }
    }
}

/// What `scripts/app` says and ends with.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    code: u8,
    out: Vec<u8>,
    complaints: Vec<u8>,
}

impl Talk {
    /// Makes the pipes anew in a folder of ours.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let failed = |source: std::io::Error| Error::Files {
            doing: "make the pipes in",
            path: folder.to_owned(),
            source,
        };
        data::remove(folder)?;
        livos_service::fs::create_directory(folder, 0o700)?;
        for name in [ASK, ANSWER] {
            let mode = Mode::from_raw_mode(0o600);
            rustix::fs::mknodat(CWD, folder.join(name), FileType::Fifo, mode, 0)
                .map_err(|errno| failed(errno.into()))?;
        }
        // Both ends are ours, so that neither ends when a program inside does.
        let both = || {
            let mut options = pipe::OpenOptions::new();
            options.read_write(true);
            options
        };
        Ok(Self {
            ask: both().open_receiver(folder.join(ASK)).map_err(failed)?,
            answer: both().open_sender(folder.join(ANSWER)).map_err(failed)?,
            read: Vec::new(),
            folder: folder.to_owned(),
        })
    }

    /// The next question, and the word that marks its answer.
    async fn next(&mut self) -> Result<(String, Vec<String>), Error> {
        let unclear = || refused(codes::SCRIPT_FAILED, "the app's script asks for what cannot be read");
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                let line = String::from_utf8(line).map_err(|_| unclear())?;
                let mut words = line.split_whitespace();
                let mark = words.next().unwrap_or_default().to_owned();
                let word = |word: &str| String::from_utf8(unhex(word.strip_prefix('x')?)?).ok();
                let words = words.map(word).collect::<Option<Vec<_>>>().ok_or_else(unclear)?;
                return Ok((mark, words));
            }
            if self.read.len() > QUESTION_LIMIT {
                return Err(unclear());
            }
            let mut piece = [0; 4096];
            let length = self.ask.read(&mut piece).await.map_err(lost)?;
            self.read.extend_from_slice(piece.get(..length).unwrap_or_default());
        }
    }

    async fn say(&mut self, mark: &str, answer: &Answer) -> Result<(), Error> {
        let line = format!("{mark} {} x{} x{}\n", answer.code, hex(&answer.out), hex(&answer.complaints));
        self.answer.write_all(line.as_bytes()).await.map_err(lost)
    }
}

fn lost(source: std::io::Error) -> Error {
    Error::Files { doing: "talk with the app's script over", path: ASK.into(), source }
}

impl Apps {
    /// Answers until it is dropped, or there is nothing more to answer with.
    pub(super) async fn converse(&self, running: &Running<'_>, talk: &mut Talk) -> Result<Infallible, Error> {
        loop {
            let (mark, words) = talk.next().await?;
            let answer = match shim::parse(&running.app.id, &words) {
                Ok(ask) => self.answer(running, ask).await,
                Err(why) => Err(refused(codes::SCRIPT_FAILED, why)),
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if error.is_engine_down() => return Err(error),
                Err(error) => {
                    let (_, message) = error.explain();
                    Answer { code: 1, complaints: format!("{message}\n").into_bytes(), ..Answer::default() }
                }
            };
            talk.say(&mark, &answer).await?;
        }
    }

    async fn answer(&self, running: &Running<'_>, ask: Ask) -> Result<Answer, Error> {
        // The script may have made what the containers are made of.
        let app = running.app;
        let upstream = Some(app.upstream_port).filter(|port| *port > 0);
        let blueprint = || self.blueprint(&app.id, &app.spec, upstream);
        match ask {
            Ask::Installed => {
                let mut out = self.rows.app_ids().await?.join("\n").into_bytes();
                out.push(b'\n');
                Ok(Answer { out, ..Answer::default() })
            }
            Ask::Up { services, alone } => self.up(running, &blueprint()?, &services, alone).await,
            Ask::Stop { services } => self.down(running, &blueprint()?, &services).await,
            Ask::Restart { services } => {
                let blueprint = blueprint()?;
                self.down(running, &blueprint, &services).await?;
                self.up(running, &blueprint, &services, true).await
            }
            Ask::Run(once) => self.run_once(running, &blueprint()?, &once).await,
            Ask::Exec(once) => self.run_inside(running, &blueprint()?, once).await,
        }
    }

    /// A command in one of the app's own containers. It takes no longer than the script may: what is still running
    /// then goes on in its container, whose owner it is.
    async fn run_inside(
        &self,
        running: &Running<'_>,
        blueprint: &Blueprint,
        once: Once,
    ) -> Result<Answer, Error> {
        wanted(blueprint, std::slice::from_ref(&once.service), true)?;
        let name = container_name(&running.app.id, &once.service);
        let what = RunIn {
            patience: None,
            command: once.command,
            user: once.user,
            working_dir: once.workdir,
            env: once.env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            most_output: OUTPUT_LIMIT,
        };
        let ran = self.ports.engine.run_in(&name, &what).await;
        let ran = ran.map_err(engine(format!("cannot run a command in {}", once.service)))?;
        Ok(Answer { code: u8::try_from(ran.code).unwrap_or(1), out: ran.stdout, complaints: ran.stderr })
    }

    async fn up(
        &self,
        running: &Running<'_>,
        blueprint: &Blueprint,
        services: &[String],
        alone: bool,
    ) -> Result<Answer, Error> {
        let data_dir = self.data_dir(&running.app.id);
        let containers = wanted(blueprint, services, alone)?;
        for container in &containers {
            running.may_start(container, &data_dir)?;
        }
        let containers = containers.into_iter().cloned().collect();
        let these = Blueprint { containers, ..certain(blueprint, &data_dir) };
        self.create_all(running.app, &these, running.job).await?;
        let named = |service: &str| these.containers.iter().any(|container| container.service == service);
        drop(self.start_some(&running.app.id, &these, &named, running.job).await?);
        Ok(Answer::default())
    }

    async fn down(
        &self,
        running: &Running<'_>,
        blueprint: &Blueprint,
        services: &[String],
    ) -> Result<Answer, Error> {
        for container in wanted(blueprint, services, true)?.into_iter().rev() {
            let name = container_name(&running.app.id, &container.service);
            let doing = || format!("cannot stop {}", container.service);
            // What was never made does not run.
            if self.ports.engine.inspect_container(&name).await.map_err(engine(doing()))?.is_some() {
                self.ports.engine.stop_container(&name, None).await.map_err(engine(doing()))?;
            }
        }
        Ok(Answer::default())
    }

    async fn run_once(
        &self,
        running: &Running<'_>,
        blueprint: &Blueprint,
        once: &Once,
    ) -> Result<Answer, Error> {
        let app = running.app;
        let data_dir = self.data_dir(&app.id);
        let chosen = wanted(blueprint, std::slice::from_ref(&once.service), true)?;
        let [planned] = chosen.as_slice() else {
            return Err(refused(codes::SCRIPT_FAILED, "the app has no such service"));
        };
        running.may_start(planned, &data_dir)?;
        let needed: Vec<String> = planned.after.iter().map(|gate| gate.service.clone()).collect();
        if once.alone || needed.is_empty() {
            let none = Blueprint { containers: Vec::new(), ..certain(blueprint, &data_dir) };
            self.create_all(app, &none, running.job).await?;
        } else {
            self.up(running, blueprint, &needed, false).await?;
        }
        let mut config = planned.config.clone();
        config.name = once_name(&app.id);
        config.labels.remove(LABEL_SERVICE);
        config.restart = RestartPolicy::No;
        // They belong to the container that stays.
        config.ports.clear();
        for network in &mut config.networks {
            (network.ipv4, network.ipv6, network.mac_address) = (None, None, None);
            network.aliases.clear();
        }
        config.mac_address = None;
        if let Some(entrypoint) = &once.entrypoint {
            config.entrypoint = Some(vec![entrypoint.clone()]);
            config.command = Some(Vec::new());
        }
        if !once.command.is_empty() {
            config.command = Some(once.command.clone());
        }
        config.user = once.user.clone().or(config.user);
        config.working_dir = once.workdir.clone().or(config.working_dir);
        config.env.extend(once.env.iter().map(|(name, value)| (name.clone(), Some(value.clone()))));
        let doing = format!("cannot run {}", once.service);
        let remove = RemoveContainer { force: true, anonymous_volumes: true };
        let name = config.name.as_str();
        self.ports.engine.remove_container(name, remove).await.map_err(engine(&*doing))?;
        self.ports.engine.create_container(&config).await.map_err(engine(&*doing))?;
        self.ports.engine.start_container(name).await.map_err(engine(&*doing))?;
        let code = self.ports.engine.wait_container(name).await.map_err(engine(&*doing))?;
        let mut answer = Answer { code: u8::try_from(code).unwrap_or(1), ..Answer::default() };
        let mut log = self.ports.engine.logs(name, LogOptions::default()).await.map_err(engine(&*doing))?;
        let mut read = 0;
        while let Some(chunk) = log.next().await {
            let chunk = chunk.map_err(engine(&*doing))?;
            let to = if chunk.source == LogSource::Stdout { &mut answer.out } else { &mut answer.complaints };
            to.extend_from_slice(&chunk.bytes);
            to.truncate(OUTPUT_LIMIT);
            read += chunk.bytes.len();
            if read > 8 * OUTPUT_LIMIT {
                break;
            }
        }
        self.ports.engine.remove_container(name, remove).await.map_err(engine(&*doing))?;
        Ok(answer)
    }
}

/// These services or all, and those that they wait for.
fn wanted<'a>(
    blueprint: &'a Blueprint,
    services: &[String],
    alone: bool,
) -> Result<Vec<&'a PlannedContainer>, Error> {
    let all = &blueprint.containers;
    let known = |name: &&String| all.iter().any(|container| container.service == **name);
    if let Some(unknown) = services.iter().find(|name| !known(name)) {
        return Err(refused(codes::SCRIPT_FAILED, format!("the app has no service {unknown}")));
    }
    let mut names: Vec<&str> = services.iter().map(String::as_str).collect();
    if names.is_empty() {
        names = all.iter().map(|container| container.service.as_str()).collect();
    }
    if !alone {
        // Each container stands after those that it waits for.
        for container in all.iter().rev() {
            if names.contains(&container.service.as_str()) {
                names.extend(container.after.iter().map(|gate| gate.service.as_str()));
            }
        }
    }
    Ok(all.iter().filter(|container| names.contains(&container.service.as_str())).collect())
}
