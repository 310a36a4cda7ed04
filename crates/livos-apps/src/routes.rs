//! The addresses of apps, told to Caddy as one document.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use livos_service::{CancellationToken, Config, Health};
use tokio::sync::{Mutex, Notify};

use crate::Error;
use crate::core::exposure::Chosen;
use crate::edge_document::render;
use crate::ports::Ports;
use crate::signs::Attempts;
use crate::store::{App, Phase, Rows};

/// Changes that come together are told together: each one costs open WebSockets with Caddy 2.6.
const TOGETHER: Duration = Duration::from_millis(250);

/// So often Caddy is told again because it says that it runs with something else. One that says so for ever has words of
/// its own for what it was told.
const TOLD_AGAIN: u8 = 3;

/// Whether Caddy refuses everything because somebody else has this port.
fn is_taken(error: &Error, port: u16) -> bool {
    let Error::EdgeRefused(reason) = error else { return false };
    reason.contains("address already in use") && reason.contains(&format!(":{port}: bind"))
}

/// Whether an app has this port for itself, also while it does not run.
fn publishes(app: &App, port: u16) -> bool {
    let mut published = app.spec.services.iter().flat_map(|service| &service.ports);
    port > 0 && (app.gateway_port == port || published.any(|one| one.host_port == Some(port)))
}

/// The app whose port somebody else has.
fn port_taken_of<'a>(apps: &'a mut [App], error: &Error) -> Option<&'a mut App> {
    apps.iter_mut().find(|app| app.gateway_port > 0 && is_taken(error, app.gateway_port))
}

/// Keeps Caddy's configuration as the installed apps need it.
#[derive(Clone)]
pub(crate) struct Routes(Arc<Inner>);

struct Inner {
    config: Config,
    ports: Ports,
    rows: Rows,
    /// The last good document, with which Caddy starts by itself.
    file: PathBuf,
    health: Health,
    /// What Caddy has been told, as far as we know.
    told: Mutex<Option<String>>,
    /// How often it was told since it last said that it runs with that.
    unheard: AtomicU8,
    /// The next document is loaded even if it is the same.
    anew: AtomicBool,
    wake: Notify,
    /// How this server is reached.
    chosen: RwLock<Chosen>,
    /// Another program, or an app, has the port of HTTPS.
    https_taken: AtomicBool,
    /// Whether that is tried again: at the start and when somebody asks. Whoever has the port would otherwise lose it to us
    /// in the moment in which they restart.
    try_https: AtomicBool,
}

impl Routes {
    pub(crate) fn new(
        config: &Config,
        ports: Ports,
        rows: Rows,
        file: PathBuf,
        health: Health,
        chosen: Chosen,
    ) -> Self {
        Self(Arc::new(Inner {
            config: config.clone(),
            ports,
            rows,
            file,
            health,
            told: Mutex::default(),
            unheard: AtomicU8::new(0),
            anew: AtomicBool::new(false),
            wake: Notify::new(),
            chosen: RwLock::new(chosen),
            https_taken: AtomicBool::new(false),
            try_https: AtomicBool::new(true),
        }))
    }

    /// How this server is reached.
    pub(crate) fn chosen(&self) -> Chosen {
        self.0.chosen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It is reached otherwise from the next document on.
    pub(crate) fn choose(&self, chosen: Chosen) {
        *self.0.chosen.write().unwrap_or_else(PoisonError::into_inner) = chosen;
        self.0.try_https.store(true, Ordering::SeqCst);
    }

    /// Whether another program has the port of HTTPS, as far as Caddy was told lately.
    pub(crate) fn https_taken(&self) -> bool {
        self.0.https_taken.load(Ordering::SeqCst)
    }

    /// The apps' addresses may have changed: they are told soon.
    pub(crate) fn changed(&self) {
        self.0.wake.notify_one();
    }

    /// Tells Caddy now, if there is anything new to tell.
    pub(crate) async fn apply(&self) -> Result<(), Error> {
        let inner = &*self.0;
        let mut told = inner.told.lock().await;
        let all = inner.rows.apps().await?;
        let (chosen, secure_port) = (self.chosen(), inner.config.caddy.https_port);
        let of_app = all.iter().any(|app| publishes(app, secure_port));
        let mut https = !of_app && (!self.https_taken() || inner.try_https.load(Ordering::SeqCst));
        let mut apps: Vec<_> =
            all.into_iter().filter(|app| app.phase == Phase::Installed && app.upstream_port > 0).collect();
        let mut document = render(&inner.config, &apps, &chosen, https)?;
        let anew = inner.anew.swap(false, Ordering::SeqCst);
        if !anew && told.as_ref() == Some(&document) {
            return Ok(());
        }
        let mut taken = Vec::new();
        // Every refusal takes a port away, so there are no more of them than apps.
        while let Err(error) = inner.ports.edge.load(document.clone(), anew).await {
            if https && secure_port > 0 && is_taken(&error, secure_port) {
                https = false;
            } else if let Some(app) = port_taken_of(&mut apps, &error) {
                let port = std::mem::take(&mut app.gateway_port);
                taken.push(format!("{} cannot be had on port {port}, which another program uses", app.name));
            } else {
                inner.anew.fetch_or(anew, Ordering::SeqCst);
                return Err(error);
            }
            document = render(&inner.config, &apps, &chosen, https)?;
        }
        inner.https_taken.store(!https && secure_port > 0, Ordering::SeqCst);
        // When the app that has it is gone, it is nobody's.
        inner.try_https.store(of_app, Ordering::SeqCst);
        let (file, bytes) = (inner.file.clone(), document.clone().into_bytes());
        // With this one it starts where it cannot with the other, because another program has one of its ports by then.
        apps.iter_mut().for_each(|app| app.gateway_port = 0);
        let fewer = render(&inner.config, &apps, &chosen, false)?.into_bytes();
        let write = move || {
            livos_service::fs::atomic_write(&file.with_file_name("fewer-ports.json"), &fewer, 0o640)?;
            livos_service::fs::atomic_write(&file, &bytes, 0o640)
        };
        let written = tokio::task::spawn_blocking(write).await;
        if let Ok(written) = written {
            written?;
        }
        *told = Some(document);
        if !https && secure_port > 0 {
            taken.push(format!("there is no HTTPS, because another program or app uses port {secure_port}"));
        }
        if taken.is_empty() {
            inner.health.ok();
        } else {
            let taken = taken.join("; ");
            tracing::warn!(taken, "not everything has its port");
            let (app, server) =
                ("choose another port in the settings of the app", "set caddy.https_port to another one");
            inner.health.degraded(format!("{taken}; {}", if https { app } else { server }));
        }
        Ok(())
    }

    /// Tells Caddy in any case, which closes the WebSockets that go through it; if it can't be told now, as soon as it can.
    /// Whoever may still use an app opens theirs again, through the gate.
    pub(crate) async fn end_connections(&self) {
        self.0.anew.store(true, Ordering::SeqCst);
        if let Err(error) = self.apply().await {
            let error = livos_service::chain(&error);
            tracing::warn!(error, "connections of apps stay open until Caddy can be told");
            self.changed();
        }
    }

    /// Whether Caddy runs with another document than the one that it was told: it has begun anew, and maybe with fewer
    /// ports. Then it is told again, and what it could not listen on is tried again.
    async fn runs_with_another(&self) -> Result<bool, Error> {
        let inner = &*self.0;
        // Held meanwhile, so that nobody tells it in between.
        let mut told = inner.told.lock().await;
        let Some(document) = told.as_deref() else { return Ok(true) };
        let running = inner.ports.edge.running().await?;
        if serde_json::from_str::<serde_json::Value>(document).is_ok_and(|told| told == running) {
            inner.unheard.store(0, Ordering::SeqCst);
            return Ok(false);
        }
        if inner.unheard.fetch_add(1, Ordering::SeqCst) >= TOLD_AGAIN {
            inner.unheard.store(TOLD_AGAIN, Ordering::SeqCst);
            tracing::warn!(
                "Caddy goes on saying that it runs with something else; it is told after the next change"
            );
            return Ok(false);
        }
        *told = None;
        inner.try_https.store(true, Ordering::SeqCst);
        Ok(true)
    }

    /// Waits until there is something to tell: a change here, or a Caddy that has begun anew. Its socket gives signs of
    /// what we load ourselves, too; so it is asked what it runs with, once for each.
    async fn something_new(&self, attempts: &mut Attempts) {
        loop {
            tokio::select! {
                () = self.0.wake.notified() => return,
                () = attempts.sign() => {}
            }
            loop {
                match self.runs_with_another().await {
                    Ok(true) => return,
                    Ok(false) => break,
                    // Who has just made a socket may not listen yet.
                    Err(error) => {
                        tracing::debug!(
                            error = livos_service::chain(&error),
                            "Caddy does not say what it runs with"
                        );
                    }
                }
                tokio::select! {
                    () = self.0.wake.notified() => return,
                    () = attempts.next() => {}
                }
            }
            attempts.succeeded_and_watching();
        }
    }

    /// Tells Caddy at the start, after every change and whenever it has begun anew; while it does not listen, waits for
    /// its socket.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut attempts = Attempts::new(&self.0.config.caddy.admin, self.0.ports.patience);
        loop {
            attempts.begin();
            match self.apply().await {
                Ok(()) => {
                    attempts.succeeded_and_watching();
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = self.something_new(&mut attempts) => {}
                    }
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = tokio::time::sleep(TOGETHER) => {}
                    }
                }
                Err(error) => {
                    // Said once, not at every attempt.
                    if attempts.is_first() {
                        tracing::warn!(
                            error = livos_service::chain(&error),
                            "apps may not be reachable; trying again"
                        );
                    }
                    self.0.health.degraded("Caddy does not take the apps' addresses");
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = self.0.wake.notified() => {}
                        () = attempts.next() => {}
                    }
                }
            }
        }
    }
}
