//! A real app on a real Docker Engine, from the catalogue to the browser's door.

use std::time::Duration;

use livos_docker::testing::PrivateDocker;
use livos_e2e::{Catalogue, TINY_APP};
use livos_testkit::site::{BUS, CADDY, DAEMONS};
use livos_testkit::{Client, Options, Stack};
use reqwest::Method;
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(120);

struct Scene {
    stack: Stack,
    owner: Client,
    docker: PrivateDocker,
    catalogue: Catalogue,
}

async fn scene(padding: usize) -> Option<Scene> {
    let docker = tokio::task::spawn_blocking(PrivateDocker::start_or_skip)
        .await
        .expect("no panic")
        .expect("Docker")?;
    let catalogue = Catalogue::tiny(&docker, padding).expect("a catalogue");
    let options = Options {
        docker: Some(docker.socket_path()),
        sources: vec![catalogue.source()],
        ..Options::default()
    };
    let stack = Stack::with(options).await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let scene = Scene { stack, owner, docker, catalogue };
    scene.offered(TINY_APP).await;
    Some(scene)
}

impl Scene {
    /// Waits until the store has read its source; the app as the store shows it.
    async fn offered(&self, id: &str) -> Value {
        livos_testkit::wait_for(WITHIN, &format!("the store offers {id}"), async || {
            let store = self.owner.get("/api/v1/store/apps").await.ok()?.expect(200).ok()?;
            store["apps"].as_array()?.iter().find(|app| app["id"] == id).cloned()
        })
        .await
        .unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack.last_words()))
    }

    /// Starts to install it, agreeing to everything.
    async fn begin(&self, id: &str) -> String {
        let offered = self.offered(id).await;
        let store = offered["store"].as_str().expect("a store").to_owned();
        let app = self
            .owner
            .get(&format!("/api/v1/store/apps/{store}/{id}"))
            .await
            .expect("an app")
            .expect(200)
            .expect("an app");
        let accept: Vec<&Value> =
            app["permissions"].as_array().into_iter().flatten().map(|asked| &asked["code"]).collect();
        let body = json!({ "store": store, "app": id, "answers": {}, "accept": accept });
        let job = self.owner.post("/api/v1/apps", &body).await.expect("begun").expect(202).expect("a job");
        job["job_id"].as_str().expect("an id").to_owned()
    }

    async fn ended(&self, job: &str) -> Value {
        let job = self.owner.job_ended(job, WITHIN).await;
        job.unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack.last_words()))
    }

    async fn install(&self, id: &str) {
        let job = self.ended(&self.begin(id).await).await;
        assert_eq!(job["state"], "succeeded", "{job}\n{}", self.stack.last_words());
    }

    async fn app(&self, id: &str) -> Option<Value> {
        let answer = self.owner.get(&format!("/api/v1/apps/{id}")).await.ok()?;
        (answer.status == 200).then(|| answer.json())
    }

    async fn in_state(&self, id: &str, state: &str) -> Value {
        livos_testkit::wait_for(WITHIN, &format!("{id} is {state}"), async || {
            self.app(id).await.filter(|app| app["state"] == state)
        })
        .await
        .unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack.last_words()))
    }

    /// Names of containers, running or not, by the engine's own word.
    fn containers(&self) -> Vec<String> {
        let socket = format!("unix://{}", self.docker.socket_path().display());
        let output = std::process::Command::new("docker")
            .args(["-H", &socket, "ps", "-a", "--format", "{{.Names}}"])
            .output()
            .expect("docker runs");
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// Asks for a page of the app as a browser would, through Caddy, by the app's name.
    async fn visit(&self, client: &Client, path: &str, cookie: &str) -> livos_testkit::Answer {
        let url = format!("http://127.0.0.1:{}{path}", self.stack.site.port);
        let host = format!("{TINY_APP}.localhost:{}", self.stack.site.port);
        let mut request =
            client.request(Method::GET, &url).header("Host", host).header("Accept", "text/html");
        if !cookie.is_empty() {
            request = request.header("Cookie", cookie);
        }
        client.send(request).await.expect("an answer")
    }
}

/// `name=value` of every cookie that an answer sets.
fn cookies(answer: &livos_testkit::Answer) -> String {
    let lines = answer.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
    lines.filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn an_app_is_installed_opened_behind_sign_in_and_removed() {
    let Some(scene) = scene(0).await else { return };
    let mut events = scene.owner.events(None).await.expect("a stream");
    scene.install(TINY_APP).await;
    events
        .until(WITHIN, |event| event.name == "job" && event.data["state"] == "succeeded")
        .await
        .expect("the job's end is told");
    let app = scene.in_state(TINY_APP, "running").await;

    // A stranger is sent to the sign-in page, not to the app.
    let stranger = scene.stack.client().expect("a client");
    let refused = scene.visit(&stranger, "/", "").await;
    assert!([302, 303, 307, 401].contains(&refused.status), "{} {}", refused.status, refused.text());

    // The owner opens it: a ticket, the app's own cookie, the app.
    let open = scene.owner.get(&format!("/open/{TINY_APP}")).await.expect("a way in");
    assert_eq!(open.status, 302, "{} (app {app})", open.text());
    let target = open.header("location").expect("an address").to_owned();
    let (_, rest) = target.split_once("://").expect("an address");
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let entered = scene.visit(&stranger, path, "").await;
    assert!([302, 303].contains(&entered.status), "{} {}", entered.status, entered.text());
    let cookie = cookies(&entered);
    assert!(!cookie.is_empty() && !cookie.contains("livos_access"), "{cookie}");
    let page = scene.visit(&stranger, "/", &cookie).await;
    assert_eq!(page.status, 200, "{}", page.text());
    // What the app was sent has nothing of ours in it.
    let session = scene.owner.cookies();
    let with_session = format!("{cookie}; livos_access={}", session["livos_access"]);
    let echoed = scene.visit(&stranger, "/headers", &with_session).await;
    assert!(!echoed.text().contains(session["livos_access"].as_str()), "the app saw the session");
    // The ticket was for once.
    let again = scene.visit(&stranger, path, "").await;
    assert!(cookies(&again).is_empty(), "a ticket worked twice: {}", cookies(&again));

    let logs = scene.owner.get(&format!("/api/v1/apps/{TINY_APP}/logs?tail=50")).await.expect("logs");
    assert_eq!(logs.status, 200);

    for (verb, state) in [("stop", "stopped"), ("start", "running"), ("restart", "running")] {
        let job =
            scene.owner.post(&format!("/api/v1/apps/{TINY_APP}/{verb}"), &json!({})).await.expect("begun");
        let job = job.expect(202).expect("a job");
        let job = scene.ended(job["job_id"].as_str().expect("an id")).await;
        assert_eq!(job["state"], "succeeded", "{verb}: {job}");
        scene.in_state(TINY_APP, state).await;
    }

    let data = scene.stack.site.data().join("apps").join(TINY_APP);
    assert!(data.is_dir(), "{}", data.display());
    let job = scene
        .owner
        .delete(&format!("/api/v1/apps/{TINY_APP}?data=delete"))
        .await
        .expect("begun")
        .expect(202)
        .expect("a job");
    let job = scene.ended(job["job_id"].as_str().expect("an id")).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    assert!(!data.exists() && scene.containers().is_empty() && scene.app(TINY_APP).await.is_none());
    scene.stack.stop().await;
}

#[tokio::test]
async fn what_cannot_be_installed_leaves_nothing_and_says_why() {
    let Some(scene) = scene(0).await else { return };
    let foreign = scene.docker.push_tiny_image("foreign", "1", "s390x").expect("pushed");
    scene.catalogue.add("foreign", "Foreign", &foreign).expect("added");
    scene.catalogue.add("absent", "Absent", &scene.docker.reference("absent", "9")).expect("added");
    let sources = scene.owner.get("/api/v1/store/apps").await.expect("store").expect(200).expect("a store");
    let source = sources["sources"][0]["id"].as_str().expect("an id").to_owned();
    let job = scene
        .owner
        .post(&format!("/api/v1/store/sources/{source}/refresh"), &json!({}))
        .await
        .expect("begun");
    scene.ended(job.expect(202).expect("a job")["job_id"].as_str().expect("an id")).await;
    for (app, code) in [("absent", "image_not_found"), ("foreign", "wrong_architecture")] {
        scene.offered(app).await;
        let job = scene.ended(&scene.begin(app).await).await;
        assert_eq!(
            (job["state"].as_str(), job["error_code"].as_str()),
            (Some("failed"), Some(code)),
            "{job}"
        );
        assert!(job["error_message"].as_str().is_some_and(|message| !message.is_empty()), "{job}");
        assert!(scene.app(app).await.is_none() && scene.containers().is_empty(), "{app} left something");
        assert!(!scene.stack.site.data().join("apps").join(app).exists(), "{app} left a folder");
    }
    scene.stack.stop().await;
}

#[tokio::test]
async fn whatever_dies_in_the_middle_of_an_install_nothing_half_installed_stays() {
    let Some(scene) = scene(48 << 20).await else { return };
    for unit in DAEMONS.into_iter().chain([CADDY, BUS, "dockerd"]) {
        let job = scene.begin(TINY_APP).await;
        let path = format!("/api/v1/jobs/{job}");
        livos_testkit::wait_for(WITHIN, "the download runs", async || {
            let job = scene.owner.get(&path).await.ok()?.json();
            // A fast machine may have finished it: then there is no middle left.
            let under_way =
                job["step"] == "downloading" || !matches!(job["state"].as_str(), Some("queued" | "running"));
            under_way.then_some(())
        })
        .await
        .expect("it runs");
        if unit == "dockerd" {
            scene.docker.kill_daemon().expect("killed");
            scene.docker.start_daemon().expect("it comes back");
        } else {
            scene
                .stack
                .crash(unit)
                .await
                .unwrap_or_else(|error| panic!("{unit}: {error:#}\n{}", scene.stack.last_words()));
        }
        let job = scene.ended(&job).await;
        match job["state"].as_str() {
            Some("succeeded") => {
                scene.in_state(TINY_APP, "running").await;
                let job =
                    scene.owner.delete(&format!("/api/v1/apps/{TINY_APP}?data=delete")).await.expect("begun");
                scene.ended(job.expect(202).expect("a job")["job_id"].as_str().expect("an id")).await;
            }
            Some("failed") => {
                assert!(
                    job["error_message"].as_str().is_some_and(|message| !message.is_empty()),
                    "{unit}: {job}"
                );
            }
            state => panic!("{unit}: {state:?}: {job}"),
        }
        assert!(
            scene.app(TINY_APP).await.is_none() && scene.containers().is_empty(),
            "{unit}: {:?}",
            scene.containers()
        );
        // Next time there must be something to download again.
        scene.forget_images();
    }
    scene.stack.stop().await;
}

#[tokio::test]
async fn an_installed_app_outlives_every_crash() {
    let Some(scene) = scene(0).await else { return };
    scene.install(TINY_APP).await;
    scene.in_state(TINY_APP, "running").await;
    for unit in DAEMONS.into_iter().chain([CADDY, BUS]) {
        scene
            .stack
            .crash(unit)
            .await
            .unwrap_or_else(|error| panic!("{unit}: {error:#}\n{}", scene.stack.last_words()));
        scene.in_state(TINY_APP, "running").await;
        let stranger = scene.stack.client().expect("a client");
        livos_testkit::wait_for(WITHIN, &format!("the app's door is back after {unit} died"), async || {
            let status = scene.visit(&stranger, "/", "").await.status;
            [302, 303, 307, 401].contains(&status).then_some(())
        })
        .await
        .expect("its door is there");
    }
    scene.docker.kill_daemon().expect("killed");
    scene.docker.start_daemon().expect("it comes back");
    scene.in_state(TINY_APP, "running").await;
    scene.stack.stop().await;
}

impl Scene {
    fn forget_images(&self) {
        let socket = format!("unix://{}", self.docker.socket_path().display());
        let done = std::process::Command::new("docker")
            .args(["-H", &socket, "image", "prune", "-a", "-f"])
            .output()
            .expect("docker runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}
