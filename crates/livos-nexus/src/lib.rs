//! The agent: conversations, the loop between a model and its tools, what it remembers, who the models come from.
//!
//! The only daemon that talks to model providers and reads untrusted text, and so the one that never gets a write
//! interface of another: what it has of the house ([`ports`]) only looks.

mod bus;
mod core;
mod error;
mod ports;
mod store;

#[cfg(test)]
mod tests;

pub use error::Error;

use std::path::Path;
use std::sync::Arc;

use livos_bus::{Callers, names};
use livos_fetch::{Internet, Network, Tls};
use livos_llm::Model;
use livos_service::clock::millis_fn;
use livos_service::{CancellationToken, Chassis, Clock, Secret, TaskTracker};
use tokio::sync::mpsc;

use crate::core::embeddings::{ConnectEmbeds, Vectors};
use crate::core::progress::Bounds;
use crate::core::providers::{Connect, Providers};
use crate::core::seal::Seal;
use crate::core::searching::{Places, Searching};
use crate::core::servers::{self, Servers};
use crate::core::web::Web;
use crate::core::web::search::Kind;
use crate::core::{News, Nexus, Parts};
use crate::ports::{House, OverBus};
use crate::store::Store;

/// Where the process of the package `livos-embeddings` is started by whoever connects.
const EMBEDDINGS: &str = "/run/livos/embeddings.sock";

/// Serves the bus until shutdown.
pub async fn run(chassis: Chassis) -> Result<(), Error> {
    let secret = chassis.secrets.get_or_create("nexus-seal", 32)?;
    let (changes, changed) = mpsc::unbounded_channel();
    let client = livos_llm::Client::new(millis_fn(&chassis.clock));
    let nexus = open(Ground {
        state: &chassis.state_dir(),
        secret: &secret,
        connect: remote(&client),
        vectors: Vectors::new(remote_embeds(&client), EMBEDDINGS.into()),
        tls: client.tls(),
        network: Arc::new(Internet),
        web: chassis.config.nexus.web,
        search: Kind::place,
        house: Arc::new(OverBus::new(&chassis.bus).await?),
        clock: Arc::clone(&chassis.clock),
        bounds: Bounds::default(),
        tasks: chassis.tasks.clone(),
        shutdown: chassis.shutdown.clone(),
        changes,
        time_zone: time_zone_of(Path::new("/etc/localtime")),
    })
    .await?;
    let callers = Callers::follow(&chassis.bus).await.map_err(Error::Callers)?;
    let signals = bus::serve(&chassis.bus, &nexus, callers, changed).await?;
    chassis.tasks.spawn(signals);
    chassis.ready(names::NEXUS).await?;
    nexus.resume().await?;
    chassis.tasks.spawn(Arc::clone(&nexus).keep_time());
    chassis.tasks.spawn(Arc::clone(&nexus).embed_as_needed());
    chassis.tasks.spawn(Arc::clone(&nexus).watch_events());
    chassis.shutdown.cancelled().await;
    Ok(())
}

/// What the service stands on.
struct Ground<'a> {
    /// The directory of its own state.
    state: &'a Path,
    /// Seals the providers' keys.
    secret: &'a Secret,
    connect: Connect,
    vectors: Vectors,
    tls: Arc<Tls>,
    network: Arc<dyn Network>,
    /// Whether pages of the web are read.
    web: bool,
    /// Where search engines are.
    search: Places,
    house: Arc<dyn House>,
    clock: Arc<dyn Clock>,
    bounds: Bounds,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    changes: mpsc::UnboundedSender<News>,
    /// Where the clock of this server hangs.
    time_zone: String,
}

/// A machine's time zone is where its link leads; UTC where there is none.
fn time_zone_of(link: &Path) -> String {
    let name = std::fs::read_link(link).ok().and_then(|target| {
        let target = target.to_str()?.to_owned();
        target.split_once("/zoneinfo/").map(|(_, name)| name.to_owned())
    });
    name.filter(|name| crate::core::schedules::zone(name).is_ok()).unwrap_or_else(|| "UTC".to_owned())
}

async fn open(ground: Ground<'_>) -> Result<Arc<Nexus>, Error> {
    let store = Store::open(ground.state).await?;
    let seal = Seal::new(ground.secret)?;
    let providers = Providers::new(store.clone(), seal, ground.connect, Arc::clone(&ground.clock))?;
    let searching = Searching::new(
        store.clone(),
        Seal::new(ground.secret)?,
        Arc::clone(&ground.network),
        Arc::clone(&ground.tls),
        Arc::clone(&ground.clock),
        ground.search,
    );
    let servers = Servers::new(
        store.clone(),
        Seal::new(ground.secret)?,
        servers::Ground {
            network: Arc::clone(&ground.network),
            tls: Arc::clone(&ground.tls),
            house: Arc::clone(&ground.house),
            clock: Arc::clone(&ground.clock),
            tasks: ground.tasks.clone(),
            shutdown: ground.shutdown.clone(),
        },
    );
    Ok(Arc::new(Nexus::new(Parts {
        store,
        searching,
        servers,
        providers,
        vectors: ground.vectors,
        house: ground.house,
        web: Web::new(ground.web, ground.network, ground.tls),
        clock: ground.clock,
        bounds: ground.bounds,
        tasks: ground.tasks,
        shutdown: ground.shutdown,
        changes: ground.changes,
        time_zone: ground.time_zone,
        bundled: core::skills::bundled::all()?,
    })))
}

/// Models at the other end of the network.
fn remote(client: &livos_llm::Client) -> Connect {
    let client = client.clone();
    let random: livos_llm::RandomFn = Arc::new(rand::random::<u64>);
    Arc::new(move |endpoint| {
        let model: Arc<dyn Model> = Arc::new(livos_llm::Remote::new(&client, endpoint)?);
        let retrying =
            livos_llm::FailOver::new(vec![model], livos_llm::Retry::default(), Arc::clone(&random))?;
        Ok(Arc::new(retrying))
    })
}

/// The same for vectors. One attempt: what fails is tried again when something is remembered next.
fn remote_embeds(client: &livos_llm::Client) -> ConnectEmbeds {
    let client = client.clone();
    Arc::new(move |endpoint| {
        let limits = livos_llm::Limits::default();
        Ok(Arc::new(livos_llm::RemoteEmbeddings::new(&client, endpoint, limits)?))
    })
}
