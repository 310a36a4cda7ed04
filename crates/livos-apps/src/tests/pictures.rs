//! Pictures that stores name by an address, with a world outside of our own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use livos_bus::ErrorKind;
use livos_docker::FakeImage;
use livos_types::{AppId, Role};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::support::{Service, World, actor, admin};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nof the demo";
const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'/>";

/// What is found under which path of the web.
type Web = Arc<Mutex<BTreeMap<&'static str, Vec<u8>>>>;

/// Serves `web` to everybody who goes anywhere.
async fn outside(world: &World, web: &Web) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    *world.network.server.lock().unwrap() = Some(listener.local_addr().unwrap());
    world.network.name("pictures.example", &["93.184.216.34"]);
    world.network.name("attic.example", &["192.168.1.9"]);
    let web = Arc::clone(web);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            let mut header = String::new();
            while stream.read_line(&mut header).await.unwrap() > 2 {
                header.clear();
            }
            let path = line.split(' ').nth(1).unwrap_or_default();
            let found = web.lock().unwrap().get(path).cloned();
            let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
            let body = found.unwrap_or_default();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
            // Whoever has had enough hangs up.
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        }
    });
}

fn app(world: &World, id: &str, icon: &str) {
    let folder = world.directory.path().join("store/Apps").join(id);
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "name: {id}\nservices: {{web: {{image: 'x:1', ports: ['80:80']}}}}\n\
         x-casaos: {{main: web, title: {{en_us: {id}}}, icon: '{icon}',\n  \
         screenshot_link: ['http://pictures.example/shot.png', 'http://127.0.0.1/near.png', '{icon}']}}\n"
    );
    std::fs::write(folder.join("docker-compose.yml"), text).unwrap();
}

async fn icons(service: &Service) -> BTreeMap<String, String> {
    service.store().await.apps.into_iter().map(|app| (app.id.to_string(), app.icon)).collect()
}

async fn refresh(service: &Service) -> String {
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    job.id
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_stores_name_are_fetched_once_and_served_from_here() {
    let world = World::new();
    let web: Web = Arc::default();
    web.lock().unwrap().extend([
        ("/demo.png", PNG.to_vec()),
        ("/other.svg", SVG.to_vec()),
        ("/page.html", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("/large.png", [PNG, &vec![0; 512 * 1024]].concat()),
    ]);
    outside(&world, &web).await;
    app(&world, "demo", "http://pictures.example/demo.png");
    app(&world, "other", "http://pictures.example/other.svg");
    app(&world, "same", "http://pictures.example/demo.png");
    for (id, icon) in [
        ("page", "http://pictures.example/page.html"),
        ("large", "http://pictures.example/large.png"),
        ("missing", "http://pictures.example/missing.png"),
        // Where a store must not send us.
        ("attic", "http://attic.example/demo.png"),
        ("near", "http://127.0.0.1/demo.png"),
        ("file", "file:///etc/hostname"),
    ] {
        app(&world, id, icon);
    }
    let service = world.service().await;
    let found = icons(&service).await;
    let served = |id: &str| found[id].starts_with("/api/v1/store/icons/");
    assert!(served("demo") && served("other"), "{found:?}");
    assert_eq!(found["demo"], found["same"]);
    for none in ["page", "large", "missing", "attic", "near", "file"] {
        assert!(!served(none), "{none}: {found:?}");
    }
    assert!(world.network.went().iter().all(|place| place.ip().to_string() == "93.184.216.34"));

    // Once here, it is here: nobody is asked again, and it stays when it is gone there.
    web.lock().unwrap().clear();
    let before = world.network.went().len();
    refresh(&service).await;
    assert_eq!(icons(&service).await["demo"], found["demo"]);
    let asked_again = world.network.went().len() - before;
    // The three that were no pictures are tried again, because they may be some now.
    assert_eq!(asked_again, 3);

    // An installed app keeps its picture without its store; without both the picture goes.
    world.engine.publish(FakeImage::new("x:1"));
    assert_eq!(service.install("demo").await.state, "succeeded");
    // A job that began before its picture was there writes down what it knew then.
    let rows = &service.apps.as_ref().unwrap().rows;
    let id = AppId::new("demo").unwrap();
    let mut row = rows.app(&id).await.unwrap().unwrap();
    "http://pictures.example/demo.png".clone_into(&mut row.icon);
    rows.put_app(&row).await.unwrap();
    refresh(&service).await;
    service.manager.remove_source(&admin(), "store").await.unwrap();
    let name = found["demo"].rsplit('/').next().unwrap().to_owned();
    assert_eq!(service.app("demo").await.icon, found["demo"]);
    let kept = || std::fs::read_dir(world.directory.path().join("state/apps/icons")).unwrap().count();
    assert_eq!(kept(), 1);
    service.catalog.icon(&admin(), &name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_a_page_are_fetched_when_they_are_asked_for() {
    let world = World::new();
    let web: Web = Arc::default();
    web.lock().unwrap().extend([("/shot.png", PNG.to_vec()), ("/page.html", b"<p>".to_vec())]);
    outside(&world, &web).await;
    app(&world, "demo", "http://pictures.example/page.html");
    let service = world.service().await;
    let before = world.network.went().len();
    let page = service.catalogue_app("demo").await;
    // What lies at home is none, and is not counted.
    assert_eq!(page.pictures, ["pictures.example", "pictures.example"]);
    assert_eq!(world.network.went().len(), before);
    let member = actor("alan", Role::Member);
    let (file, media_type) = service.catalog.picture(&member, "store", "demo", 0).await.unwrap();
    let mut bytes = Vec::new();
    File::from(OwnedFd::from(file)).read_to_end(&mut bytes).unwrap();
    assert_eq!((bytes.as_slice(), media_type.as_str()), (PNG, "image/png"));
    let none = service.catalog.picture(&member, "store", "demo", 1).await.unwrap_err();
    assert!(none.message.contains("is none"), "{none:?}");
    for (app, number) in [("demo", 2), ("demo", u32::MAX), ("other", 0)] {
        let error = service.catalog.picture(&member, "store", app, number).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{app} {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_internet_a_store_is_read_all_the_same() {
    let world = World::new();
    for number in 0..40 {
        app(&world, &format!("app{number}"), &format!("https://gone.example/{number}.png"));
    }
    let service = world.service().await;
    assert_eq!(service.store().await.apps.len(), 40);
    let job = refresh(&service).await;
    let log = service.log(&job).await;
    let tried = log.lines().filter(|line| line.contains("gone.example")).count();
    // A host that is away is not asked for every app.
    assert!((3..=6).contains(&tried), "{tried}: {log}");
    service.stop().await;

    let mut world = world;
    world.config.apps.pictures = false;
    let service = world.service().await;
    let log = service.log(&refresh(&service).await).await;
    assert!(!log.contains("gone.example"), "{log}");
}
