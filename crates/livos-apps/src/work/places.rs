//! Where an app has its place among the ports of the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use livos_bus::{codes, documents};
use livos_docker::Protocol;
use livos_manifest::AppSpec;
use livos_store::JobContext;
use livos_types::AppId;

use super::Apps;
use crate::Error;
use crate::core::blueprint::Blueprint;
use crate::core::overlay::{Overlay, PAGE, movable, page_port, port_key};
use crate::core::ports;
use crate::error::refused;
use crate::store::{App, Phase};

/// Ports of the machine, and the name of the app that has each.
pub(super) type Promised = BTreeMap<(u16, Protocol), String>;

fn no_port(error: ports::NoPort) -> Error {
    refused(codes::PORT_TAKEN, error.to_string())
}

impl Apps {
    /// All apps but this one as they are, and as those will be that are being changed: until that has ended, both
    /// may be what they have.
    pub(super) async fn others(&self, id: &AppId) -> Result<Vec<App>, Error> {
        let mut others = self.rows.apps().await?;
        // What one goes back to lies in the rows, because that goes on after a crash, when nothing is reserved any more.
        for index in 0..others.len() {
            let app = &others[index];
            if app.phase == Phase::RollingBack
                && let Some(slot) = self.rows.chosen_way(&app.id).await?
                && let Some(kept) = self.rows.previous(&app.id, slot).await?
            {
                others.push(kept.app);
            }
        }
        others.extend(self.reserved().values().cloned());
        others.retain(|other| other.id != *id);
        Ok(others)
    }

    /// What an app is to become has its ports, although its row does not say so yet.
    pub(super) fn reserve(&self, new: &App) {
        self.reserved().insert(new.id.clone(), new.clone());
    }

    /// It has become that, or never will.
    pub(super) fn unreserve(&self, id: &AppId) {
        self.reserved().remove(id);
    }

    fn reserved(&self) -> std::sync::MutexGuard<'_, BTreeMap<AppId, App>> {
        // Nothing is left half-done in there.
        self.reserved.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The loopback port on which the app's page answers Caddy.
    pub(super) fn choose_upstream(&self, spec: &AppSpec, others: &[App]) -> Result<Option<u16>, Error> {
        let Some(main) = &spec.main else { return Ok(None) };
        if main.on_host {
            return Ok(Some(main.container_port));
        }
        let taken: BTreeSet<u16> = others.iter().map(|app| app.upstream_port).collect();
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let free = |port| self.ports.machine.port_is_free(loopback, port, Protocol::Tcp);
        ports::allocate(self.config.apps.upstream_ports, None, &taken, &free).map(Some).map_err(no_port)
    }

    /// The port of its own that the app's page has on every address: the one that its store promises, which is what
    /// people know it by, or else any.
    pub(super) fn choose_gateway(&self, spec: &AppSpec, promised: &Promised) -> Result<Option<u16>, Error> {
        let Some(main) = &spec.main else { return Ok(None) };
        // A page on the machine's own network has its port already.
        let on_host = Some(main.container_port).filter(|_| main.on_host);
        let own = movable(spec).filter_map(|(_, port)| port.host_port).chain(on_host);
        let taken: BTreeSet<u16> = promised.keys().map(|(port, _)| *port).chain(own).collect();
        let bind = self.bind_address();
        let free = |port| self.ports.machine.port_is_free(bind, port, Protocol::Tcp);
        let upstream = self.config.apps.upstream_ports;
        // Caddy's own may be away for a moment.
        let caddy = &self.config.caddy;
        let of_caddy = |port: u16| {
            let listens = |address: &String| address.rsplit(':').next() == Some(port.to_string().as_str());
            port == caddy.http_port || caddy.listen.iter().any(listens)
        };
        let ours = |port: u16| (upstream.first..=upstream.last).contains(&port) || of_caddy(port);
        let wanted = main.port.filter(|port| !ours(*port));
        ports::allocate(self.config.apps.gateway_ports, wanted, &taken, &free).map(Some).map_err(no_port)
    }

    /// Whether the page of an app cannot have this port.
    pub(super) fn refuse_gateway(
        &self,
        app: &App,
        spec: &AppSpec,
        promised: &Promised,
        wanted: u16,
    ) -> Result<(), Error> {
        let own = wanted == app.upstream_port
            || movable(spec).any(|(_, port)| {
                port.host_port == Some(wanted) && port.protocol == livos_manifest::Protocol::Tcp
            });
        let by = match promised.get(&(wanted, Protocol::Tcp)) {
            Some(name) => format!("the app {name}"),
            None if own => format!("another part of {}", app.name),
            None if self.ports.machine.port_is_free(self.bind_address(), wanted, Protocol::Tcp) => {
                return Ok(());
            }
            None => "another program on this machine".to_owned(),
        };
        Err(refused(
            codes::PORT_TAKEN,
            format!(
                "the page of {} cannot have port {wanted}, as that belongs to {by}; choose another one",
                app.name
            ),
        ))
    }

    pub(super) fn bind_address(&self) -> IpAddr {
        self.config.apps.bind.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }

    /// The ports that apps have on this machine, running or not, and whose they are.
    pub(super) fn promised(&self, apps: &[App]) -> Promised {
        let mut promised = Promised::new();
        for app in apps {
            let upstream = Some(app.upstream_port).filter(|port| *port > 0);
            if let Ok(blueprint) = self.blueprint(&app.id, &app.spec, upstream) {
                for (_, binding) in ports::published(&blueprint) {
                    if let Some(port) = binding.host_port {
                        promised.insert((port, binding.protocol), app.name.clone());
                    }
                }
            }
            for port in [app.gateway_port, app.upstream_port].into_iter().filter(|port| *port > 0) {
                promised.insert((port, Protocol::Tcp), app.name.clone());
            }
        }
        promised
    }

    /// Ports that the app publishes and cannot have.
    pub(super) fn refuse_collisions(
        &self,
        spec: &AppSpec,
        blueprint: &Blueprint,
        promised: &Promised,
        own: &BTreeSet<(u16, Protocol)>,
    ) -> Result<(), Error> {
        let taken: BTreeSet<_> = promised.keys().copied().collect();
        let bind = self.bind_address();
        // What the app has already is taken by itself.
        let free = |port, protocol| {
            own.contains(&(port, protocol)) || self.ports.machine.port_is_free(bind, port, protocol)
        };
        let collisions = ports::collisions(blueprint, &taken, &free);
        // A page on the machine's own network publishes nothing, but wants its port all the same.
        let page = spec.main.as_ref().filter(|main| main.on_host).map(|main| ports::Collision {
            service: main.service.clone(),
            port: main.container_port,
            protocol: Protocol::Tcp,
        });
        let page = page
            .filter(|page| taken.contains(&(page.port, page.protocol)) || !free(page.port, page.protocol));
        let Some(ports::Collision { service, port, protocol }) = collisions.into_iter().chain(page).next()
        else {
            return Ok(());
        };
        let by = match promised.get(&(port, protocol)) {
            Some(name) => format!("the app {name}, which must be given another port or removed first"),
            None => "another program on this machine, which must be stopped first".to_owned(),
        };
        let why = Self::why_it_stays(spec, port, protocol).map(|why| format!("; {why}")).unwrap_or_default();
        Err(refused(
            codes::PORT_TAKEN,
            format!("{service} needs port {port}/{protocol}, but that belongs to {by}{why}"),
        ))
    }

    /// Why a port that is taken was not moved out of the way.
    fn why_it_stays(spec: &AppSpec, number: u16, protocol: Protocol) -> Option<String> {
        let own = movable(spec)
            .map(|(_, port)| port)
            .find(|port| port.host_port == Some(number) && port.protocol.as_str() == protocol.as_str());
        match own {
            Some(port) if port.moved_from.is_some() => None,
            Some(port) => ports::stays(spec, port).map(|why| format!("{number} stays, as {}", why.text())),
            None if spec.main.as_ref().is_some_and(|main| main.on_host) => {
                Some(format!("{number} stays, as the app uses the machine's own network"))
            }
            None => None,
        }
    }

    /// What becomes of the ports that an app publishes and cannot have, and the overlay that says so.
    pub(super) fn move_away(
        &self,
        spec: &AppSpec,
        overlay: &Overlay,
        promised: &Promised,
        page: Option<u16>,
        own: &BTreeSet<(u16, Protocol)>,
    ) -> Result<(Overlay, Vec<documents::MovedPort>), Error> {
        let page = page.map(|port| (port, Protocol::Tcp));
        let taken: BTreeSet<(u16, Protocol)> = promised.keys().copied().chain(page).collect();
        let bind = self.bind_address();
        let free = |port, protocol| self.ports.machine.port_is_free(bind, port, protocol);
        let moved =
            ports::move_away(spec, self.config.apps.gateway_ports, &taken, own, &free).map_err(no_port)?;
        let mut overlay = overlay.clone();
        let given = moved.iter().filter_map(|port| Some((port.key.clone(), port.given?)));
        overlay.ports.extend(given);
        let told = moved.into_iter().map(|port| documents::MovedPort {
            asked: port.asked.0,
            given: port.given.unwrap_or(0),
            by: promised.get(&port.asked).cloned().unwrap_or_default(),
            key: port.key,
        });
        Ok((overlay, told.collect()))
    }

    /// That its page has another port than its store promises, if that is so.
    pub(super) fn moved_page(
        spec: &AppSpec,
        gateway: Option<u16>,
        promised: &Promised,
    ) -> Option<documents::MovedPort> {
        let asked = spec.main.as_ref()?.port?;
        let given = page_port(spec, gateway).filter(|port| *port != asked)?;
        let by = promised.get(&(asked, Protocol::Tcp)).cloned().unwrap_or_default();
        Some(documents::MovedPort { key: PAGE.to_owned(), asked, given, by })
    }

    /// Where the ports of an app are that its store wants elsewhere: of an installed one, or of one that would be
    /// installed now.
    pub(super) async fn moved_ports(
        &self,
        id: &AppId,
        spec: &AppSpec,
    ) -> Result<Vec<documents::MovedPort>, Error> {
        if let Some(app) = self.rows.app(id).await? {
            let moved = movable(&app.spec).filter_map(|(_, port)| {
                Some(documents::MovedPort {
                    key: port_key(port)?,
                    asked: port.moved_from?,
                    given: port.host_port?,
                    by: String::new(),
                })
            });
            let page = Self::moved_page(&app.spec, Some(app.gateway_port), &Promised::new());
            return Ok(page.into_iter().chain(moved).collect());
        }
        let promised = self.promised(&self.others(id).await?);
        let gateway = self.choose_gateway(spec, &promised)?;
        let (_, moved) = self.move_away(spec, &Overlay::default(), &promised, gateway, &BTreeSet::new())?;
        Ok(Self::moved_page(spec, gateway, &promised).into_iter().chain(moved).collect())
    }

    /// Ports that the new version publishes, the old one does not, and it cannot have.
    pub(super) fn refuse_new_collisions(
        &self,
        app: &App,
        spec: &AppSpec,
        blueprint: &Blueprint,
        promised: &Promised,
    ) -> Result<(), Error> {
        self.refuse_collisions(spec, blueprint, promised, &self.ports_of(app))
    }

    /// Where what a newer version publishes goes that it cannot have.
    pub(super) async fn make_room(
        &self,
        app: &App,
        spec: &AppSpec,
        overlay: &Overlay,
    ) -> Result<(Overlay, Vec<documents::MovedPort>), Error> {
        let others = self.others(&app.id).await?;
        let page = self.page_for(app, spec, overlay).await?;
        self.move_away(spec, overlay, &self.promised(&others), page, &self.ports_of(app))
    }

    /// The ports that an app publishes as it is.
    fn ports_of(&self, app: &App) -> BTreeSet<(u16, Protocol)> {
        let upstream = Some(app.upstream_port).filter(|port| *port > 0);
        // A page on the machine's own network publishes nothing and listens all the same.
        let page = app
            .spec
            .main
            .as_ref()
            .filter(|main| main.on_host)
            .map(|main| (main.container_port, Protocol::Tcp));
        let published = match self.blueprint(&app.id, &app.spec, upstream) {
            Ok(old) => ports::published(&old).filter_map(|(_, b)| Some((b.host_port?, b.protocol))).collect(),
            Err(_) => BTreeSet::new(),
        };
        published.into_iter().chain(page).collect()
    }
}

/// What a job says about ports that are not the ones its store asks for.
pub(super) fn tell_moved(job: &JobContext, moved: &[documents::MovedPort]) {
    for port in moved.iter().filter(|port| port.given > 0) {
        let who = if port.by.is_empty() { "somebody else" } else { &port.by };
        let what = if port.key == PAGE { "its page" } else { "it" };
        job.log(format!("{who} has port {}, so {what} gets {}", port.asked, port.given));
    }
}
