//! The real Caddy with our documents.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::documents::app;
use crate::site::{DEADLINE, Message, Site, ask, caddy_is_missing, send};

const HOST: (&str, &str) = ("Host", "notes.localhost");
const GOOD: (&str, &str) = ("Cookie", "livos_app_notes=good");

fn last(seen: &crate::site::Seen) -> Message {
    seen.lock().unwrap().last().cloned().unwrap()
}

#[tokio::test]
async fn the_bootstrap_shows_the_desktop_under_any_name() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::boot().await;
    for host in ["livos.local", "192.0.2.7", "notes.localhost"] {
        let answer = ask(site.address, "POST /api/v1/x?a=1", &[("Host", host)], "body").await;
        assert_eq!((answer.status(), answer.body.as_str()), (200, "from web"));
        let seen = last(&site.web);
        assert_eq!((seen.first.as_str(), seen.body.as_str()), ("POST /api/v1/x?a=1 HTTP/1.1", "body"));
        assert_eq!((seen.header("host"), seen.header("x-forwarded-host")), (host, host));
        assert_eq!((seen.header("x-forwarded-for"), seen.header("x-forwarded-proto")), ("127.0.0.1", "http"));
    }
    site.stop().await;
}

#[tokio::test]
async fn the_gate_denies_redirects_and_permits() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::start().await;
    for address in [site.address, site.gateway()] {
        let answer = ask(address, "GET /private", &[HOST], "").await;
        assert_eq!((answer.status(), answer.header("location")), (302, "http://livos.test/open/notes"));
        let answer = ask(address, "GET /private", &[HOST, ("Cookie", "livos_app_notes=member")], "").await;
        assert_eq!((answer.status(), answer.body.as_str()), (403, "not me"));
        assert!(site.app.lock().unwrap().is_empty(), "nothing came through");

        let answer = ask(address, "POST /private?a=b", &[HOST, GOOD], "words").await;
        assert_eq!((answer.status(), answer.body.as_str()), (200, "app got words"));
        let asked = last(&site.web);
        assert_eq!((asked.first.as_str(), asked.body.as_str()), ("GET /api/v1/gate HTTP/1.1", ""));
        assert_eq!(asked.header("x-livos-app"), "notes");
        assert_eq!(
            (asked.header("x-forwarded-method"), asked.header("x-forwarded-uri")),
            ("POST", "/private?a=b")
        );
        assert_eq!(asked.header("x-forwarded-host"), "notes.localhost");
        assert_eq!(last(&site.app).first, "POST /private?a=b HTTP/1.1");
        site.app.lock().unwrap().clear();
    }
    site.stop().await;
}

#[tokio::test]
async fn livos_own_paths_on_an_app_go_to_web() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::start().await;
    let forged = ("X-Livos-App", "vault");
    let answer = ask(site.address, "GET /.livos/enter?ticket=1", &[HOST, forged], "").await;
    assert_eq!(answer.body, "from web");
    let seen = last(&site.web);
    assert_eq!(
        (seen.first.as_str(), seen.header("x-livos-app")),
        ("GET /.livos/enter?ticket=1 HTTP/1.1", "notes")
    );
    assert!(site.app.lock().unwrap().is_empty());
    site.stop().await;
}

#[tokio::test]
async fn forged_headers_reach_nobody() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::start().await;
    let forged = [
        ("X-Livos-App", "vault"),
        ("X-Livos-User", "owner"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.test"),
        ("X-Forwarded-Uri", "/open"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Forwarded-Prefix", "/x"),
        ("Forwarded", "for=203.0.113.9"),
        ("X-Real-IP", "203.0.113.9"),
    ];
    let check = |message: &Message, own: &[(&str, &str)]| {
        for (name, _) in forged {
            let name = name.to_ascii_lowercase();
            let want = own.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
            assert_eq!(message.header(&name), want, "{name} in {message:?}");
        }
    };
    let forwarded =
        |host| [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "http"), ("x-forwarded-host", host)];
    ask(site.address, "GET /desktop", &[&forged[..], &[("Host", "livos.local")]].concat(), "").await;
    check(&last(&site.web), &forwarded("livos.local"));

    ask(site.address, "GET /notes", &[&forged[..], &[HOST, GOOD]].concat(), "").await;
    check(&last(&site.app), &forwarded("notes.localhost"));
    let gate = [("x-livos-app", "notes"), ("x-forwarded-uri", "/notes"), ("x-forwarded-method", "GET")];
    check(&last(&site.web), &[&forwarded("notes.localhost")[..], &gate].concat());
    site.stop().await;
}

#[tokio::test]
async fn an_app_never_sees_a_livos_cookie() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::start().await;
    for (sent, want) in [
        ("livos_app_notes=good", None),
        ("a=1; livos_app_notes=good; b=2", Some("a=1; b=2")),
        ("livos_app_notes=good; a=1", Some("a=1")),
        ("__Host-livos_access=x; livos_app_notes=good; a=1; __Secure-livos_refresh=y", Some("a=1")),
        ("livos_access=x.y.z;livos_app_notes=good;  LIVOS_refresh=q; a=1; livos_x", Some("a=1")),
        ("not_livos_x=1; livos_app_notes=good; mylivos_=2", Some("not_livos_x=1; mylivos_=2")),
        ("a=\"livos_b\"; livos_app_notes=good", Some("a=\"livos_b\"")),
    ] {
        let answer = ask(site.address, "GET /", &[HOST, ("Cookie", sent)], "").await;
        assert_eq!(answer.status(), 200, "{sent}");
        let seen = last(&site.app);
        assert_eq!(seen.headers.get("cookie").map(String::as_str), want, "{sent}");
        assert_eq!(last(&site.web).header("cookie"), sent, "the gate sees them all");
    }
    site.stop().await;
}

#[tokio::test]
async fn an_app_sets_its_own_cookies_and_none_of_livos() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::start().await;
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for (set, want) in [
        ("sid=1; Path=/; HttpOnly", "sid=1; Path=/; HttpOnly"),
        ("a=livos_access; Path=/", "a=livos_access; Path=/"),
        ("mylivos_x=1", "mylivos_x=1"),
        ("__Host-livos_access=x.y.z; Path=/; Secure", ""),
        ("__Secure-livos_refresh=x; Secure", ""),
        ("__Host-own=1; Path=/; Secure", "__Host-own=1; Path=/; Secure"),
        ("livos_access=x.y.z; Path=/api/v1", ""),
        ("LIVOS_refresh=x; Domain=localhost", ""),
        ("livos_app_notes=x", ""),
        ("livos_", ""),
        ("\tlivos_device=x", ""),
        // A cookie without a name is sent back as its value alone.
        ("=livos_access=x.y.z; Path=/", ""),
        (" = livos_access=x.y.z; Path=/", ""),
    ] {
        for address in [site.address, site.gateway()] {
            let answer = ask(address, "GET /", &[HOST, GOOD, ("X-Set", set)], "").await;
            assert_eq!((answer.status(), answer.header("set-cookie")), (200, want), "{set}");
            let opening = [&[HOST, GOOD, ("X-Set", set)], &upgrade[..]].concat();
            let answer = ask(address, "GET /socket", &opening, "").await;
            // Cookies are told apart by case; ours are in lower case.
            let (status, cookie) = match want {
                "" if set.contains("livos_") => (502, ""),
                _ => (101, set),
            };
            assert_eq!(
                (answer.status(), answer.header("set-cookie")),
                (status, cookie),
                "{set}, a WebSocket"
            );
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn websockets_pass_the_gate() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::start().await;
    let upgrade = [
        HOST,
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let answer = ask(site.address, "GET /socket", &upgrade, "").await;
    assert_eq!(answer.status(), 302, "not without signing in");
    let mut socket = TcpStream::connect(site.address).await.unwrap();
    let answer = send(&mut socket, "GET /socket", &[&upgrade[..], &[GOOD]].concat(), "").await;
    assert_eq!(answer.status(), 101);
    assert_eq!(last(&site.web).header("upgrade"), "", "the question to the gate is a plain one");
    socket.write_all(b"\x81\x05hello").await.unwrap();
    let mut echo = [0; 7];
    socket.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"\x81\x05hello");
    site.stop().await;
}

#[tokio::test]
async fn websockets_end_when_the_same_document_is_loaded_anew() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::start().await;
    let upgrade = [HOST, GOOD, ("Connection", "Upgrade"), ("Upgrade", "websocket")];
    let mut socket = TcpStream::connect(site.address).await.unwrap();
    assert_eq!(send(&mut socket, "GET /socket", &upgrade, "").await.status(), 101);
    assert_eq!(site.load(&site.edge).await.status(), 200);
    socket.write_all(b"still here").await.unwrap();
    let mut echo = [0; 10];
    socket.read_exact(&mut echo).await.expect("a document that Caddy has changes nothing");
    assert_eq!(site.load_anew().await.status(), 200);
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "it is still open");
    // Whoever may still use the app comes back, as browsers do: at the moment of the change a new connection may be lost.
    assert_eq!(ask(site.address, "GET /socket", &upgrade, "").await.status(), 101);
    site.stop().await;
}

#[tokio::test]
async fn apps_without_a_gate_and_open_paths_are_open() {
    if caddy_is_missing() {
        return;
    }
    let mut site = Site::start().await;
    site.edge.apps[0].open_paths = vec!["/api/*".to_owned()];
    assert_eq!(site.load(&site.edge).await.status(), 200);
    site.until(200, "GET /api/feed", &[HOST]).await;
    for path in ["/", "/apix", "/other/api/", "/api/../private", "/api/%2e%2e/private", "/api/..%2fprivate"] {
        let answer = ask(site.address, &format!("GET {path}"), &[HOST], "").await;
        assert_eq!(answer.status(), 302, "{path}");
    }
    site.edge.apps[0].auth = false;
    assert_eq!(site.load(&site.edge).await.status(), 200);
    site.until(200, "GET /", &[HOST]).await;
    site.stop().await;
}

#[tokio::test]
async fn a_new_document_drops_no_client() {
    if caddy_is_missing() {
        return;
    }
    let mut site = Site::start().await;
    for round in 0..5 {
        // An upload that is half way through when the document changes goes on and is answered.
        let mut socket = TcpStream::connect(site.address).await.unwrap();
        let head = "POST / HTTP/1.1\r\nHost: notes.localhost\r\nCookie: livos_app_notes=good\r\nContent-Length: 9\r\n\r\nhalf ";
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut another = app(&format!("app-{round}"));
        another.upstream.clone_from(&site.edge.apps[0].upstream);
        site.edge.apps.push(another);
        let (loaded, meanwhile) =
            tokio::join!(site.load(&site.edge), ask(site.address, "GET /", &[HOST, GOOD], ""));
        assert_eq!((loaded.status(), meanwhile.status()), (200, 200), "round {round}");
        socket.write_all(b"half").await.unwrap();
        let answer = Message::read(&mut socket).await.expect("the connection is still there");
        assert_eq!((answer.status(), answer.body.as_str()), (200, "app got half half"), "round {round}");
    }
    // The new app has its gate, and another app's cookie doesn't open it.
    site.until(302, "GET /", &[("Host", "app-4.localhost"), GOOD]).await;
    site.stop().await;
}

#[tokio::test]
async fn a_refused_document_changes_nothing() {
    if caddy_is_missing() {
        return;
    }
    let site = Site::start().await;
    let broken = livos_caddy::render(&site.edge).unwrap().replace("static_response", "no_such_handler");
    assert_eq!(site.load_text(&broken).await.status(), 400);
    assert_eq!(ask(site.address, "GET /", &[HOST, GOOD], "").await.status(), 200);
    assert_eq!(site.load(&site.edge).await.status(), 200, "and the admin socket is still there");
    site.stop().await;
}

#[tokio::test]
async fn while_web_is_away_a_friendly_page_waits() {
    if caddy_is_missing() {
        return;
    }
    let mut site = Site::start().await;
    site.stop_web().await;
    let desktop = [("Host", "livos.local")];
    let (page, api, app) = tokio::join!(
        ask(site.address, "GET /", &desktop, ""),
        ask(site.address, "GET /api/v1/session", &desktop, ""),
        ask(site.address, "GET /", &[HOST, GOOD], ""),
    );
    assert_eq!((page.status(), page.header("content-type")), (503, "text/html; charset=utf-8"));
    assert!(page.body.contains("<h1>Starting your server</h1>"), "{}", page.body);
    assert!(
        page.body.contains("http-equiv=\"refresh\"") && page.body.contains("{ margin: 0;"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<script") && page.header("cache-control") == "no-store");
    assert_eq!((api.status(), api.header("retry-after")), (503, "2"));
    assert!(api.body.starts_with("{\"code\":\"unavailable\""), "{}", api.body);
    assert_eq!(app.status(), 503);
    assert!(app.body.contains("<h1>Starting the app</h1>"), "{}", app.body);

    site.start_web();
    assert_eq!(ask(site.address, "GET /", &desktop, "").await.body, "from web");

    // A short absence isn't even seen.
    site.stop_web().await;
    let asking = tokio::spawn({
        let address = site.address;
        async move { ask(address, "GET /", &[("Host", "livos.local")], "").await }
    });
    site.start_web();
    assert_eq!(asking.await.unwrap().body, "from web");
    site.stop().await;
}
