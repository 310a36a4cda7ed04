//! A name on the internet: a real Caddy gets its certificates from a real ACME server, which is another Caddy.
//!
//! ACME is done on ports 80 and 443 and by name, so both run in a network and behind an `/etc/hosts` of their own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use livos_caddy::{Acme, AppRoute, Https};
use tokio::net::TcpStream;

use crate::documents::https;
use crate::secure::{shake, shake_soon};
use crate::site::{DEADLINE, Site, ask, caddy_is_missing, send};

const DOMAIN: &str = "home.example.org";
const APP: &str = "notes.home.example.org";

/// Runs the test of this name where nothing but it is.
fn apart(test: &str) {
    let hosts = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(hosts.path(), format!("127.0.0.1 localhost ca.test {DOMAIN} {APP}\n")).unwrap();
    let script = "ip link set lo up && mount --bind \"$1\" /etc/hosts && exec \"$2\" --exact \"$3\" --ignored --nocapture";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c", script, "sh"])
        .arg(hosts.path())
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // A machine without namespaces for its users says so before anything of ours runs.
    if !said.contains("running 1 test") && std::env::var_os("LIVOS_REQUIRE_CADDY").is_none() {
        eprintln!("SKIPPED: {said}");
        return;
    }
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn the_domain_and_its_apps_get_certificates_by_acme() {
    if !caddy_is_missing() {
        apart("acme::certificates");
    }
}

#[test]
fn why_there_is_none_is_written_down() {
    if !caddy_is_missing() {
        apart("acme::refusal");
    }
}

/// An ACME server at `https://ca.test:9443`, and the file of its authority.
async fn authority(dir: &Path) -> (tokio::process::Child, std::path::PathBuf) {
    let document = serde_json::json!({
        "admin": { "disabled": true },
        "storage": { "module": "file_system", "root": dir.join("ca") },
        "apps": {
            "pki": { "certificate_authorities": { "local": { "install_trust": false } } },
            "tls": {
                "certificates": { "automate": ["ca.test"] },
                "automation": { "policies": [{ "issuers": [{ "module": "internal" }] }] },
            },
            "http": {
                "http_port": 9080,
                "https_port": 9443,
                "servers": { "ca": {
                    "listen": ["127.0.0.1:9443"],
                    "automatic_https": { "disable": true },
                    "protocols": ["h1", "h2"],
                    "tls_connection_policies": [{}],
                    "routes": [{ "handle": [{ "handler": "acme_server" }] }],
                } },
            },
        },
    });
    let file = dir.join("ca.json");
    std::fs::write(&file, document.to_string()).unwrap();
    let caddy = tokio::process::Command::new("caddy")
        .args(["run", "--config"])
        .arg(&file)
        .env("HOME", dir)
        .env("XDG_DATA_HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .stdin(Stdio::null())
        .stderr(std::fs::File::create(dir.join("ca.log")).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let root = dir.join("ca/pki/authorities/local/root.crt");
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Ok(pem) = std::fs::read_to_string(&root)
            && shake(([127, 0, 0, 1], 9443).into(), "ca.test", &pem).await.is_ok()
        {
            return (caddy, root);
        }
        let log = std::fs::read_to_string(dir.join("ca.log")).unwrap();
        assert!(Instant::now() < deadline, "the ACME server does not start: {log}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// A site on ports 80 and 443 with a domain, whose certificates this authority gives.
async fn site(roots: Option<std::path::PathBuf>, dir: &Path) -> Site {
    let mut site = Site::boot().await;
    site.edge.listen.push("127.0.0.1:80".to_owned());
    site.edge.http_port = 80;
    site.edge.domain = Some(DOMAIN.to_owned());
    let acme = Acme {
        directory: "https://ca.test:9443/acme/local/directory".to_owned(),
        email: "ada@example.org".to_owned(),
        roots,
        log: Some(dir.join("certificates.log")),
    };
    site.edge.https = Some(Https { acme, ..https(443) });
    let route = site.edge.apps.remove(0);
    let host_names = vec!["notes.attic.local".to_owned(), APP.to_owned()];
    site.edge.apps = vec![AppRoute { host_names, ..route }];
    let answer = site.load(&site.edge).await;
    assert_eq!(answer.status(), 200, "{}", answer.body);
    site
}

#[tokio::test]
#[ignore = "runs in a network of its own, started by another test"]
async fn certificates() {
    let dir = tempfile::tempdir().unwrap();
    let (mut caddy, root) = authority(dir.path()).await;
    let world = std::fs::read_to_string(&root).unwrap();
    let site = site(Some(root), dir.path()).await;
    let secure = ([127, 0, 0, 1], 443).into();
    let mut socket = shake_soon(secure, DOMAIN, &world).await;
    assert_eq!(send(&mut socket, "GET /", &[("Host", DOMAIN)], "").await.body, "from web");
    let seen = site.web.lock().unwrap().last().cloned().unwrap();
    assert_eq!((seen.header("x-livos-domain"), seen.header("x-forwarded-proto")), (DOMAIN, "https"));

    let mut socket = shake_soon(secure, APP, &world).await;
    let visitor = [("Host", APP), ("Cookie", "livos_app_notes=good")];
    assert_eq!(send(&mut socket, "GET /", &visitor, "").await.body, "app got ");
    // The house is still there, by its own authority.
    let house = site.authority().await;
    shake_soon(secure, "attic.local", &house).await;
    shake_soon(secure, "127.0.0.1", &house).await;
    // Plain HTTP: sent on under the domain's names, and as ever under the house's.
    let plain = ([127, 0, 0, 1], 80).into();
    for (host, to) in [(DOMAIN, "https://home.example.org/a?b"), (APP, "https://notes.home.example.org/a?b")]
    {
        let answer = ask(plain, "GET /a?b", &[("Host", host)], "").await;
        assert_eq!((answer.status(), answer.header("location")), (307, to));
    }
    assert_eq!(ask(plain, "GET /", &[("Host", "attic.local")], "").await.body, "from web");
    caddy.kill().await.unwrap();
    site.stop().await;
}

#[tokio::test]
#[ignore = "runs in a network of its own, started by another test"]
async fn refusal() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody listens where the directory should be.
    let site = site(None, dir.path()).await;
    assert!(TcpStream::connect("127.0.0.1:9443").await.is_err());
    let deadline = Instant::now() + DEADLINE;
    let line = loop {
        let log = std::fs::read_to_string(dir.path().join("certificates.log")).unwrap_or_default();
        if let Some(line) = log.lines().find(|line| line.contains(DOMAIN)) {
            break line.to_owned();
        }
        assert!(Instant::now() < deadline, "{log}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(line["error"].as_str().unwrap().contains("connection refused"), "{line}");
    assert_eq!(line["level"], "error");
    site.stop().await;
}
