use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use futures_util::StreamExt;
use zbus::message::Header;
use zbus::names::{BusName, UniqueName, WellKnownName};
use zbus::{Connection, fdo};

use crate::actor::{Actor, Via};
use crate::error::{Error, Result};
use crate::names::{self, Service};

/// Who sent a call, by the well-known name it owns or the user it runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The edge, which knows the people and says for whom it calls.
    Web,
    /// The app engine.
    Apps,
    /// The file service.
    Files,
    /// The host service.
    Host,
    /// The agent, which reads and proposes but never writes.
    Nexus,
    /// The machine's administrator at a command line: root, or the user whose daemons these are.
    Administrator,
    /// Anybody else.
    Stranger,
}

impl Caller {
    fn of(service: Service) -> Self {
        match service.short {
            "web" => Self::Web,
            "apps" => Self::Apps,
            "files" => Self::Files,
            "host" => Self::Host,
            "nexus" => Self::Nexus,
            _ => Self::Stranger,
        }
    }
}

/// Answers "who is calling?" without a round trip for the daemons, whose names it follows.
///
/// The bus policy decides which user may own which name; this only looks at who does. Without a bus
/// (peer to peer, in tests) there is no sender, and the one peer is what [`Callers::peer`] says.
#[derive(Debug, Clone)]
pub struct Callers(Arc<Inner>);

#[derive(Debug)]
enum Inner {
    Bus { connection: Connection, known: RwLock<Known> },
    Peer(Caller),
}

#[derive(Debug, Default)]
struct Known {
    /// Unique name → daemon, kept true by `NameOwnerChanged`.
    daemons: HashMap<String, Caller>,
    /// Unique name → what its user id said. Unique names are never used twice.
    others: HashMap<String, Caller>,
}

/// More strangers than this at once are asked about again rather than remembered.
const REMEMBERED: usize = 256;

impl Callers {
    /// Starts following the daemons' names on this bus. Ends with the connection.
    pub async fn follow(connection: &Connection) -> Result<Self> {
        let bus = fdo::DBusProxy::new(connection).await?;
        // Subscribe before asking, so that no change falls between.
        let mut changes = bus.receive_name_owner_changed().await?;
        let callers = Self(Arc::new(Inner::Bus { connection: connection.clone(), known: RwLock::default() }));
        for service in names::SERVICES {
            let name = BusName::from(WellKnownName::from_static_str_unchecked(service.bus_name));
            match bus.get_name_owner(name).await {
                Ok(owner) => callers.set_owner(service, Some(owner.as_str())),
                Err(fdo::Error::NameHasNoOwner(_)) => callers.set_owner(service, None),
                Err(error) => return Err(zbus::Error::from(error).into()),
            }
        }
        let weak = Arc::downgrade(&callers.0);
        tokio::spawn(async move {
            while let Some(change) = changes.next().await {
                let Some(inner) = weak.upgrade() else { return };
                let Ok(args) = change.args() else { continue };
                let callers = Self(inner);
                let name = args.name().as_str();
                if let Some(service) = names::SERVICES.into_iter().find(|service| service.bus_name == name) {
                    callers.set_owner(service, args.new_owner().as_ref().map(UniqueName::as_str));
                } else if name.starts_with(':') && args.new_owner().is_none() {
                    callers.forget(name);
                }
            }
        });
        Ok(callers)
    }

    /// For a connection without a bus: its one peer is `caller`.
    pub fn peer(caller: Caller) -> Self {
        Self(Arc::new(Inner::Peer(caller)))
    }

    fn set_owner(&self, service: Service, owner: Option<&str>) {
        let Inner::Bus { known, .. } = &*self.0 else { return };
        let Ok(mut known) = known.write() else { return };
        let caller = Caller::of(service);
        known.daemons.retain(|_, daemon| *daemon != caller);
        if let Some(owner) = owner {
            known.others.remove(owner);
            known.daemons.insert(owner.to_owned(), caller);
        }
    }

    fn forget(&self, unique: &str) {
        let Inner::Bus { known, .. } = &*self.0 else { return };
        if let Ok(mut known) = known.write() {
            known.others.remove(unique);
        }
    }

    /// Who sent the message with this header.
    pub async fn who(&self, header: &Header<'_>) -> Result<Caller> {
        let (connection, known) = match &*self.0 {
            Inner::Peer(caller) => return Ok(*caller),
            Inner::Bus { connection, known } => (connection, known),
        };
        let sender = header.sender().ok_or_else(|| Error::denied("a call without a sender"))?;
        {
            let known = known.read().map_err(|_| Error::internal("the table of callers is poisoned"))?;
            if let Some(caller) =
                known.daemons.get(sender.as_str()).or_else(|| known.others.get(sender.as_str()))
            {
                return Ok(*caller);
            }
        }
        let bus = fdo::DBusProxy::new(connection).await?;
        // A daemon's first call may overtake the news that it took its name, so ask before judging.
        for service in names::SERVICES {
            let name = BusName::from(WellKnownName::from_static_str_unchecked(service.bus_name));
            if bus.get_name_owner(name).await.is_ok_and(|owner| owner.as_str() == sender.as_str()) {
                self.set_owner(service, Some(sender.as_str()));
                return Ok(Caller::of(service));
            }
        }
        let uid = bus
            .get_connection_unix_user(BusName::from(sender.to_owned()))
            .await
            .map_err(|error| Error::from(zbus::Error::from(error)))?;
        let own = rustix::process::geteuid().as_raw();
        let caller = if uid == 0 || uid == own { Caller::Administrator } else { Caller::Stranger };
        if let Ok(mut known) = known.write() {
            // A daemon that connects asks first and takes its name later: never remember it as a person.
            if known.others.len() < REMEMBERED && !known.daemons.contains_key(sender.as_str()) {
                known.others.insert(sender.to_string(), caller);
            }
        }
        Ok(caller)
    }

    /// Lets through who may read for a person: those who may speak for one, and the agent, as long as it says
    /// that it is the one who asks. Only interfaces that change nothing may use this.
    pub async fn require_reader(&self, header: &Header<'_>, actor: &Actor) -> Result<Caller> {
        match self.who(header).await? {
            caller @ (Caller::Web | Caller::Administrator) => Ok(caller),
            Caller::Nexus if actor.via == Via::Nexus => Ok(Caller::Nexus),
            _ => Err(Error::denied("only the web edge and the agent may read for a person")),
        }
    }

    /// Lets only the edge and the administrator through: those who may speak for a person.
    pub async fn require_speaker(&self, header: &Header<'_>) -> Result<Caller> {
        match self.who(header).await? {
            caller @ (Caller::Web | Caller::Administrator) => Ok(caller),
            _ => Err(Error::denied("only the web edge may act for a person")),
        }
    }
}
