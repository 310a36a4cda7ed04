//! What is different between an app as it is and as it would be, for people.
//!
//! Variables and everything that may hold one are told by name only: a password must not be read out of a comparison.

use std::collections::{BTreeMap, BTreeSet};

use livos_bus::documents::{ServiceChange, SettingChange};
use livos_manifest::{AppSpec, ServiceSpec};

use super::overlay::port_key;

pub(crate) fn change(
    kind: &str,
    name: &str,
    from: impl Into<String>,
    to: impl Into<String>,
) -> SettingChange {
    SettingChange { kind: kind.to_owned(), name: name.to_owned(), from: from.into(), to: to.into() }
}

/// Every service that would differ, with what does.
pub(crate) fn difference(old: &AppSpec, new: &AppSpec) -> Vec<ServiceChange> {
    let mut changes = Vec::new();
    for service in &new.services {
        let found = match old.service(&service.name) {
            None => vec![change("added", "", "", service.image.as_str())],
            Some(before) => service_difference(before, service),
        };
        if !found.is_empty() {
            changes.push(ServiceChange { service: service.name.clone(), changes: found });
        }
    }
    for service in old.services.iter().filter(|service| new.service(&service.name).is_none()) {
        let gone = vec![change("removed", "", service.image.as_str(), "")];
        changes.push(ServiceChange { service: service.name.clone(), changes: gone });
    }
    changes
}

fn service_difference(old: &ServiceSpec, new: &ServiceSpec) -> Vec<SettingChange> {
    let mut changes = Vec::new();
    if old.image != new.image {
        changes.push(change("image", "", old.image.as_str(), new.image.as_str()));
    }
    let names: BTreeSet<&String> = old.environment.keys().chain(new.environment.keys()).collect();
    for name in names {
        let kind = match (old.environment.get(name), new.environment.get(name)) {
            (Some(before), Some(after)) if before == after => continue,
            (Some(_), Some(_)) => "variable",
            (None, _) => "variable_added",
            (_, None) => "variable_removed",
        };
        changes.push(change(kind, name, "", ""));
    }
    let ports = |service: &ServiceSpec| -> BTreeMap<String, String> {
        let shown = |port: &livos_manifest::PortSpec| {
            let given = port.host_port.map(|port| port.to_string()).unwrap_or_default();
            let key = port_key(port);
            (key.unwrap_or_else(|| format!("{}/{}", port.container_port, port.protocol.as_str())), given)
        };
        service.ports.iter().map(shown).collect()
    };
    let (before, after) = (ports(old), ports(new));
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let (from, to) = (before.get(key), after.get(key));
        if from != to {
            changes.push(change(
                "port",
                key,
                from.cloned().unwrap_or_default(),
                to.cloned().unwrap_or_default(),
            ));
        }
    }
    let memory = |service: &ServiceSpec| {
        service.resources.memory_limit.map(|bytes| bytes.to_string()).unwrap_or_default()
    };
    if memory(old) != memory(new) {
        changes.push(change("memory", "", memory(old), memory(new)));
    }
    changes.extend(others(old, new).into_iter().map(|name| change("other", &name, "", "")));
    changes
}

/// What else differs, by the name it has in the description.
fn others(old: &ServiceSpec, new: &ServiceSpec) -> Vec<String> {
    let plain = |service: &ServiceSpec| {
        let mut service = service.clone();
        service.image.clear();
        service.environment.clear();
        service.ports.clear();
        service.resources.memory_limit = None;
        service.resources.memory_reservation = None;
        service.resources.memory_swap_limit = None;
        serde_json::to_value(service).unwrap_or_default()
    };
    let (old, new) = (plain(old), plain(new));
    let fields = new.as_object().into_iter().flatten();
    fields.filter(|(name, value)| old.get(name) != Some(value)).map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::overlay::Overlay;

    fn spec(compose: &str, overlay: &Overlay) -> AppSpec {
        let source = livos_manifest::Source {
            files: [("docker-compose.yml".to_owned(), compose.to_owned())].into(),
            ..livos_manifest::Source::default()
        };
        let entry = livos_manifest::Entry::new(livos_manifest::Format::Compose, "demo", source);
        let context =
            livos_manifest::Context { ports: overlay.moved(), ..livos_manifest::Context::default() };
        let mut spec = entry.plan(&context).spec.unwrap();
        overlay.apply(&mut spec);
        spec
    }

    const COMPOSE: &str = "services:
  web:
    image: web:1
    environment: {PASSWORD: 'one secret', KEPT: same}
    ports: ['8096:80', '8097:81', '53:53/udp']
";

    #[test]
    fn what_differs_is_told_without_a_value_of_a_variable() {
        let old = spec(COMPOSE, &Overlay::default());
        let overlay = Overlay::default().with(
            &[("8097/tcp".to_owned(), 9000)].into(),
            &[("web".to_owned(), 64 << 20)].into(),
            &[].into(),
        );
        overlay.check(&old).unwrap();
        let new = COMPOSE
            .replace("one secret", "two secrets")
            .replace("image: web:1", "image: web:2\n    tty: true");
        let found = difference(&old, &spec(&new, &overlay));
        assert!(!format!("{found:?}").contains("secret"), "{found:?}");
        let found: Vec<_> = found[0]
            .changes
            .iter()
            .map(|one| (one.kind.as_str(), one.name.as_str(), one.from.as_str(), one.to.as_str()))
            .collect();
        let wanted = [
            ("image", "", "web:1", "web:2"),
            ("variable", "PASSWORD", "", ""),
            ("port", "8097/tcp", "8097", "9000"),
            ("memory", "", "", "67108864"),
            ("other", "tty", "", ""),
        ];
        assert_eq!(found, wanted);
        assert_eq!(difference(&old, &old), []);
    }

    #[test]
    fn services_come_and_go() {
        let old = spec(COMPOSE, &Overlay::default());
        let new = spec(&COMPOSE.replace("  web:", "  page:"), &Overlay::default());
        let found: Vec<_> = difference(&old, &new)
            .into_iter()
            .map(|one| (one.service, one.changes[0].kind.clone()))
            .collect();
        let wanted = [("page", "added"), ("web", "removed")];
        assert_eq!(found, wanted.map(|(one, other)| (one.to_owned(), other.to_owned())));
    }

    #[test]
    fn what_an_app_does_not_have_cannot_be_changed() {
        let spec = spec(COMPOSE, &Overlay::default());
        let with = |ports: &[(&str, u16)], memory: &[(&str, u64)]| {
            Overlay::default().with(
                &ports.iter().map(|&(key, port)| (key.to_owned(), port)).collect(),
                &memory.iter().map(|&(service, bytes)| (service.to_owned(), bytes)).collect(),
                &std::collections::HashMap::new(),
            )
        };
        assert_eq!(with(&[("53/udp", 5353)], &[]).check(&spec), Ok(()));
        assert!(with(&[("53/tcp", 5353)], &[]).check(&spec).is_err());
        assert_eq!(with(&[("page", 9000)], &[]).check(&spec), Ok(()));
        assert!(with(&[("8096/tcp", 9000)], &[]).check(&spec).is_err(), "that of the page is Caddy's");
        assert!(with(&[], &[("web", 1024)]).check(&spec).is_err());
        assert!(with(&[], &[("db", 64 << 20)]).check(&spec).is_err());
        // What the store says anyway is nothing to remember.
        assert_eq!(with(&[("53/udp", 53), ("8097/tcp", 0), ("page", 0)], &[("web", 0)]), Overlay::default());
    }
}
