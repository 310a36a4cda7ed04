//! Whose something in Docker is, and which of its settings are nobody's business.

use std::collections::BTreeMap;

use livos_bus::documents::{DockerOwner, DockerVariable};

use super::blueprint::LABEL_APP;

/// What Docker Compose writes on what it makes.
pub(crate) const LABEL_PROJECT: &str = "com.docker.compose.project";
const LABEL_SERVICE: &str = "com.docker.compose.service";
const LABEL_FILES: &str = "com.docker.compose.project.config_files";
/// What newer daemons write on a volume that nobody named.
const LABEL_ANONYMOUS: &str = "com.docker.volume.anonymous";
/// Networks that Docker has by itself.
const BUILT_IN: [&str; 3] = ["bridge", "host", "none"];

/// Labels by key.
pub(crate) type Labels = BTreeMap<String, String>;

/// Whose something with these labels is. `own` says whether it is of this LivOS, `app_name` what an app is called.
pub(crate) fn owner(
    labels: &Labels,
    own: impl Fn(&Labels) -> bool,
    app_name: impl Fn(&str) -> Option<String>,
) -> DockerOwner {
    let owner =
        |kind: &str, id: &str, name: String| DockerOwner { kind: kind.to_owned(), id: id.to_owned(), name };
    match (labels.get(LABEL_APP), labels.get(LABEL_PROJECT)) {
        (Some(app), _) if own(labels) => owner("app", app, app_name(app).unwrap_or_else(|| app.clone())),
        (Some(app), _) => owner("livos", app, app.clone()),
        (None, Some(project)) => owner("stack", project, project.clone()),
        (None, None) => owner("nobody", "", String::new()),
    }
}

/// Docker's own networks belong to Docker.
pub(crate) fn is_built_in(network: &str) -> bool {
    BUILT_IN.contains(&network)
}

/// The owner of what Docker has by itself.
pub(crate) fn docker() -> DockerOwner {
    DockerOwner { kind: "docker".to_owned(), id: String::new(), name: "Docker".to_owned() }
}

/// The compose service of a container.
pub(crate) fn service(labels: &Labels) -> &str {
    let own = labels.get(super::blueprint::LABEL_SERVICE).or_else(|| labels.get(LABEL_SERVICE));
    own.map_or("", String::as_str)
}

/// The compose file of a container, as Compose noted it.
pub(crate) fn compose_file(labels: &Labels) -> &str {
    labels.get(LABEL_FILES).map_or("", String::as_str)
}

/// Whether nobody gave a volume its name.
pub(crate) fn is_anonymous(name: &str, labels: &Labels) -> bool {
    labels.contains_key(LABEL_ANONYMOUS)
        || (name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A container's environment; what looks like a secret keeps its name only, unless it is asked for.
pub(crate) fn environment(pairs: &[String], with_secrets: bool) -> Vec<DockerVariable> {
    let variable = |pair: &String| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let hidden = !with_secrets && is_secret(name, value);
        DockerVariable {
            name: name.to_owned(),
            value: if hidden { String::new() } else { value.to_owned() },
            hidden,
        }
    };
    pairs.iter().map(variable).collect()
}

/// Better one too many: whoever wants to see a value can ask for it.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    const WORDS: [&str; 15] = [
        "PASS",
        "PWD",
        "SECRET",
        "TOKEN",
        "KEY",
        "CREDENTIAL",
        "AUTH",
        "PRIVATE",
        "SALT",
        "SEED",
        "COOKIE",
        "SESSION",
        "DSN",
        "CERT",
        "PIN",
    ];
    if value.is_empty() {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    // The current folder is the one harmless thing of that name.
    let named = upper != "PWD" && WORDS.iter().any(|word| upper.contains(word));
    // `postgres://name:password@host`
    let in_address = value
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?']).next()?.rsplit_once('@'))
        .is_some_and(|(person, _)| person.contains(':'));
    named || in_address || looks_random(value)
}

/// A long word of letters and digits without a meaning: a key, whatever it is called.
fn looks_random(value: &str) -> bool {
    let word = value.len() >= 24
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-'));
    word && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !value.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn everything_has_an_owner() {
        let own = |labels: &Labels| labels.get("io.livos.installation").is_some_and(|id| id == "us");
        let name = |app: &str| (app == "jellyfin").then(|| "Jellyfin".to_owned());
        for (pairs, kind, id, called) in [
            (
                &[("io.livos.app", "jellyfin"), ("io.livos.installation", "us")][..],
                "app",
                "jellyfin",
                "Jellyfin",
            ),
            (&[("io.livos.app", "gone"), ("io.livos.installation", "us")], "app", "gone", "gone"),
            (
                &[("io.livos.app", "jellyfin"), ("io.livos.installation", "them")],
                "livos",
                "jellyfin",
                "jellyfin",
            ),
            (&[("com.docker.compose.project", "old")], "stack", "old", "old"),
            (&[("maintainer", "x")], "nobody", "", ""),
        ] {
            let owner = owner(&labels(pairs), own, name);
            assert_eq!((owner.kind.as_str(), owner.id.as_str(), owner.name.as_str()), (kind, id, called));
        }
    }

    #[test]
    fn volumes_without_a_name_are_known() {
        assert!(is_anonymous(&"0a".repeat(32), &Labels::new()));
        assert!(is_anonymous("x", &labels(&[("com.docker.volume.anonymous", "")])));
        assert!(!is_anonymous("jellyfin_config", &Labels::new()));
    }

    #[test]
    fn what_looks_like_a_secret_is_hidden() {
        for secret in [
            "DB_PASSWORD=x",
            "API_KEY=1",
            "jwt_secret=a",
            "X=postgres://app:word@db/app",
            "HASH=0123456789abcdef0123456789",
            "VAPID=BNbxGYNMhEIi9zrneh7mqV4oUanjLUK3m",
        ] {
            let found = &environment(&[secret.to_owned()], false)[0];
            assert!(found.hidden && found.value.is_empty(), "{secret}");
            let found = &environment(&[secret.to_owned()], true)[0];
            assert!(!found.hidden && !found.value.is_empty(), "{secret}");
        }
        for open in [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/bin",
            "TZ=Europe/Berlin",
            "PUID=1000",
            "URL=http://db:80/x",
            "EMPTY_PASSWORD=",
            "LANG=C.UTF-8",
            "PWD=/srv",
            "WORD",
        ] {
            assert!(!environment(&[open.to_owned()], false)[0].hidden, "{open}");
        }
    }
}
