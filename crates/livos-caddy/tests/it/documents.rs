//! Snapshots. `UPDATE_SNAPSHOTS=1` writes them anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use livos_caddy::{Acme, AppRoute, Edge, Error, Https, UpstreamScheme, WebUpstream, bootstrap, render};
use livos_types::AppId;

pub(crate) fn edge() -> Edge {
    Edge {
        storage_dir: PathBuf::from("/var/lib/caddy"),
        listen: vec![":80".to_owned()],
        http_port: 80,
        gateway_bind: String::new(),
        web: WebUpstream::Unix(PathBuf::from("/run/livos/web.sock")),
        apps: Vec::new(),
        https: None,
        domain: None,
    }
}

pub(crate) fn app(id: &str) -> AppRoute {
    AppRoute {
        id: AppId::new(id).unwrap(),
        host_names: vec![format!("{id}.localhost")],
        gateway_port: None,
        upstream: "127.0.0.1:43001".to_owned(),
        upstream_scheme: UpstreamScheme::Http,
        auth: true,
        open_paths: Vec::new(),
    }
}

/// HTTPS for a house, with names on the internet if the edge has a domain.
pub(crate) fn https(port: u16) -> Https {
    Https {
        port,
        authority: "LivOS on \"attic\"".to_owned(),
        home_names: vec!["attic".to_owned(), "attic.local".to_owned()],
        always: false,
        acme: Acme::default(),
    }
}

/// Compares with the snapshot, and has the real Caddy look at it where there is one.
fn check(name: &str, document: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name).with_extension("json");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, document).unwrap();
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(want == document, "{} differs; UPDATE_SNAPSHOTS=1 accepts this:\n{document}", path.display());
    if crate::site::caddy_is_missing() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("caddy.json");
    // Only the place that validation writes to is another one.
    let storage = dir.path().join("storage");
    std::fs::write(&file, document.replace("/var/lib/caddy", storage.to_str().unwrap())).unwrap();
    let output = Command::new("caddy")
        .args(["validate", "--config"])
        .arg(&file)
        .env("HOME", dir.path())
        .env("XDG_DATA_HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_bootstrap_is_the_desktop_alone() {
    let mut edge = edge();
    edge.apps = vec![app("jellyfin")];
    check("bootstrap", &bootstrap(&edge).unwrap());
}

#[test]
fn apps_have_names_and_ports() {
    let mut edge = edge();
    edge.listen = vec!["127.0.0.1:8080".to_owned(), "[::1]:8080".to_owned()];
    edge.http_port = 8080;
    edge.gateway_bind = "127.0.0.1".to_owned();
    edge.web = WebUpstream::Tcp("127.0.0.1:8081".to_owned());
    edge.apps = vec![
        AppRoute { gateway_port: Some(42001), ..app("jellyfin") },
        AppRoute {
            host_names: Vec::new(),
            gateway_port: Some(42002),
            upstream: "127.0.0.1:43002".to_owned(),
            upstream_scheme: UpstreamScheme::Https,
            open_paths: vec!["/api/*".to_owned(), "/health".to_owned()],
            ..app("unifi")
        },
        AppRoute { auth: false, ..app("open") },
    ];
    check("apps", &render(&edge).unwrap());
}

#[test]
fn https_has_names_of_the_house_and_of_the_internet() {
    let mut edge = edge();
    edge.listen = vec![":80".to_owned()];
    edge.domain = Some("home.example.org".to_owned());
    let names = vec!["jellyfin.attic.local".to_owned(), "jellyfin.home.example.org".to_owned()];
    edge.apps = vec![AppRoute { host_names: names, ..app("jellyfin") }];
    let acme = Acme {
        directory: "https://ca.example.org/acme/directory".to_owned(),
        email: "ada@example.org".to_owned(),
        roots: None,
        // Validation writes where the snapshot says storage is.
        log: Some("/var/lib/caddy/certificates.log".into()),
    };
    edge.https = Some(Https { always: true, acme, ..https(443) });
    check("https", &render(&edge).unwrap());
    // What begins before anybody knows of apps has no domain to ask for either.
    edge.https = None;
    let plain = render(&edge).unwrap();
    assert!(
        !plain.contains("307") && plain.contains("away at the moment"),
        "nobody is sent to what is not there"
    );
}

#[test]
fn what_caddy_would_misread_is_refused() {
    let bad = |change: fn(&mut Edge)| {
        let mut edge = edge();
        edge.apps = vec![app("a")];
        change(&mut edge);
        render(&edge).unwrap_err()
    };
    let invalid: [fn(&mut Edge); 21] = [
        |edge| edge.domain = Some("*.example.org".to_owned()),
        |edge| edge.https = Some(https(0)),
        |edge| edge.https = Some(Https { home_names: Vec::new(), ..https(443) }),
        |edge| edge.https = Some(Https { home_names: vec!["{env.HOME}".to_owned()], ..https(443) }),
        |edge| edge.https = Some(Https { authority: "{time.now}".to_owned(), ..https(443) }),
        |edge| {
            edge.https =
                Some(Https { acme: Acme { email: "{env.X}".to_owned(), ..Acme::default() }, ..https(443) });
        },
        |edge| {
            edge.https =
                Some(Https { acme: Acme { log: Some("x.log".into()), ..Acme::default() }, ..https(443) });
        },
        |edge| edge.listen.clear(),
        |edge| edge.listen = vec![":80-90".to_owned()],
        |edge| edge.listen = vec!["unix//tmp/x".to_owned()],
        |edge| edge.listen = vec!["{env.HOME}:80".to_owned()],
        |edge| edge.storage_dir = PathBuf::from("relative"),
        |edge| edge.storage_dir = PathBuf::from("/run/{env.X}"),
        |edge| edge.web = WebUpstream::Tcp("127.0.0.1".to_owned()),
        |edge| edge.gateway_bind = "0.0.0.0:1,:2".to_owned(),
        |edge| edge.apps[0].host_names = vec!["*.localhost".to_owned()],
        |edge| edge.apps[0].host_names = vec!["{http.request.host}".to_owned()],
        |edge| edge.apps[0].upstream = "unix//run/livos/web.sock".to_owned(),
        |edge| edge.apps[0].upstream = "127.0.0.1:0".to_owned(),
        |edge| edge.apps[0].open_paths = vec!["api".to_owned()],
        |edge| edge.apps[0].gateway_port = Some(0),
    ];
    for (index, change) in invalid.into_iter().enumerate() {
        let error = bad(change);
        assert!(matches!(error, Error::Invalid { .. }), "{index}: {error:?}");
    }
    let twice: [fn(&mut Edge); 3] = [
        |edge| edge.apps[0].gateway_port = Some(80),
        |edge| edge.apps.push(app("a")),
        |edge| {
            edge.apps = ["a", "b"].map(|id| AppRoute { gateway_port: Some(42001), ..app(id) }).into();
        },
    ];
    for change in twice {
        assert!(matches!(bad(change), Error::Duplicate { .. }));
    }
}
