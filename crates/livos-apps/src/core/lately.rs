//! What of Docker's events is told to people.

use bytes::Bytes;
use livos_bus::documents::DockerEvent;
use livos_docker::{EngineEvent, EventSubject};

/// An event as people are told of it; `None` for what says nothing to them.
pub(crate) fn told(event: &EngineEvent) -> Option<DockerEvent> {
    // Commands in containers are mostly their health checks, many a minute, and may carry secrets in their words.
    if event.action.starts_with("exec_") || event.action == "top" {
        return None;
    }
    // What stands behind a colon is a command or a path, but for the verdict of a health check.
    let action = match event.action.split_once(':') {
        Some(("health_status", _)) | None => event.action.as_str(),
        Some((action, _)) => action,
    };
    let kind = match event.subject {
        EventSubject::Container => "container",
        EventSubject::Image => "image",
        EventSubject::Network => "network",
        EventSubject::Volume => "volume",
        EventSubject::Other => "other",
    };
    let container = event.attributes.get("container").filter(|_| event.subject == EventSubject::Network);
    Some(DockerEvent {
        at: event.at,
        kind: kind.to_owned(),
        action: action.to_owned(),
        id: event.id.clone(),
        name: event.name.clone(),
        exit_code: event.exit_code().unwrap_or(-1),
        container: container.cloned().unwrap_or_default(),
    })
}

/// The same as a line of JSON.
pub(crate) fn line(event: &EngineEvent) -> Option<Bytes> {
    // A document of texts and numbers can always be written.
    let mut line = serde_json::to_vec(&told(event)?).ok()?;
    line.push(b'\n');
    Some(line.into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn event(subject: EventSubject, action: &str, attributes: &[(&str, &str)]) -> EngineEvent {
        let attributes: BTreeMap<_, _> =
            attributes.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        let name = attributes.get("name").cloned().unwrap_or_default();
        EngineEvent { subject, action: action.to_owned(), id: "1".to_owned(), name, attributes, at: 7 }
    }

    #[test]
    fn commands_and_labels_are_not_told() {
        let secret = "exec_create: sh -c PASSWORD=hush";
        assert_eq!(told(&event(EventSubject::Container, secret, &[])), None);
        let attributes = [("name", "web"), ("exitCode", "137"), ("label", "hush")];
        let died = told(&event(EventSubject::Container, "die", &attributes)).unwrap();
        assert_eq!((died.name.as_str(), died.exit_code), ("web", 137));
        let line = line(&event(EventSubject::Container, "archive-path: hush", &attributes)).unwrap();
        assert!(!String::from_utf8(line.to_vec()).unwrap().contains("hush"));
        let health = told(&event(EventSubject::Container, "health_status: healthy", &[])).unwrap();
        assert_eq!(health.action, "health_status: healthy");
        let joined =
            told(&event(EventSubject::Network, "connect", &[("name", "net"), ("container", "ab")])).unwrap();
        assert_eq!((joined.kind.as_str(), joined.container.as_str()), ("network", "ab"));
    }
}
