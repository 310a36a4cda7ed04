//! The other daemons, as far as the edge can tell.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use livos_bus::names::{APPS, FILES, HOST, NEXUS};
use livos_bus::{
    Actor, DiskInfo, Document, EngineStatus, EntryInfo, Error, HostInfo, HostLoad, JobInfo, Result, RootInfo,
    TrashedItem, UploadInfo, UploadRequest,
};
use serde_json::{Value, json};
use zbus::object_server::SignalEmitter;
use zbus::{Connection, interface};

use super::world::Bus;

/// What the fakes know and what was asked of them.
#[derive(Default)]
pub(super) struct Memory {
    /// Every call: "Apps1.Install grace jellyfin".
    pub(super) calls: Vec<String>,
    pub(super) jobs: BTreeMap<String, JobInfo>,
    pub(super) uploads: BTreeMap<String, UploadInfo>,
    pub(super) committed: Vec<String>,
    /// Bytes of the listing that is answered; a small one when 0.
    pub(super) large: usize,
    pub(super) apps: Vec<Value>,
    /// What stores offer, by the app's id.
    pub(super) offered: BTreeMap<String, Value>,
    /// The job that starts an app; `apps-1` if none is named.
    pub(super) starts: Option<&'static str>,
    /// Why a change of files can't be put back.
    pub(super) against: String,
    /// How updates stand.
    update: Value,
    /// The agent forgets nobody.
    pub(super) nexus_is_ill: bool,
    pub(super) followed: Vec<std::io::PipeWriter>,
    /// What was scheduled and has come.
    pub(super) due: Vec<livos_bus::schedules::DueSchedule>,
}

#[derive(Clone)]
pub(super) struct Fakes {
    pub(super) connection: Connection,
    pub(super) memory: Arc<Mutex<Memory>>,
    pub(super) folder: PathBuf,
    pub(super) kept: super::proposals::Kept,
    /// Told of every call.
    noted: tokio::sync::watch::Sender<()>,
}

impl Fakes {
    pub(super) async fn start(bus: &Bus, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let fakes = Self {
            connection: bus.connect().await,
            memory: Arc::default(),
            folder: folder.to_owned(),
            kept: super::proposals::Kept::default(),
            noted: tokio::sync::watch::Sender::default(),
        };
        fakes.serve().await;
        for service in [APPS, FILES, HOST] {
            fakes.connection.request_name(service.bus_name).await.unwrap();
        }
        fakes
    }

    /// The file daemon after a restart, with a job that ended on its way up.
    pub(super) async fn successor(&self, bus: &Bus, job: JobInfo) -> Self {
        let fakes = Self {
            connection: bus.connect().await,
            memory: Arc::default(),
            folder: self.folder.clone(),
            kept: self.kept.clone(),
            noted: self.noted.clone(),
        };
        fakes.memory.lock().unwrap().jobs.insert(job.id.clone(), job);
        fakes.serve().await;
        fakes.connection.request_name(FILES.bus_name).await.unwrap();
        fakes
    }

    async fn serve(&self) {
        let server = self.connection.object_server();
        for (path, service) in [(APPS.path, "apps"), (FILES.path, "files")] {
            server.at(path, Jobs { service, fakes: self.clone() }).await.unwrap();
        }
        server.at(APPS.path, Catalog(self.clone())).await.unwrap();
        server.at(APPS.path, AppsReader(self.clone())).await.unwrap();
        server.at(APPS.path, super::managing::AppsManager(self.clone())).await.unwrap();
        server.at(APPS.path, super::docker::DockerReader(self.clone())).await.unwrap();
        server.at(APPS.path, super::docker::DockerManager(self.clone())).await.unwrap();
        server.at(APPS.path, super::shell::Terminal(self.clone())).await.unwrap();
        server.at(FILES.path, FilesReader(self.clone())).await.unwrap();
        server.at(FILES.path, super::changing::FilesManager(self.clone())).await.unwrap();
        server.at(FILES.path, super::personal::Personal(self.clone())).await.unwrap();
        server.at(FILES.path, Uploads(self.clone())).await.unwrap();
        server.at(HOST.path, HostReader).await.unwrap();
        server.at(NEXUS.path, super::assistant::Chat(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::assistant::Providers(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::assistant_web::Web(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::tool_servers::ToolServers(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::spending::Spending(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::schedules::Schedules(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::skills::Skills(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::subagents::Subagents(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::proposals::Approvals(self.clone())).await.unwrap();
        server.at(NEXUS.path, super::mcp::Tools(self.clone())).await.unwrap();
        server.at(HOST.path, HostUpdate(self.clone())).await.unwrap();
        server.at(HOST.path, super::docker_work::HostDocker(self.clone())).await.unwrap();
        server.at(HOST.path, super::docker_work::HostServices(self.clone())).await.unwrap();
    }

    pub(super) fn called(&self, what: &str, actor: &Actor, rest: &str) {
        let line = format!("{what} {} {rest}", actor.username);
        self.note(line.trim_end());
    }

    /// Remembers a call, also one that is made for nobody.
    pub(super) fn note(&self, line: &str) {
        self.memory.lock().unwrap().calls.push(line.to_owned());
        self.noted.send_replace(());
    }

    /// Waits until what was called is as `look` wants it.
    pub(super) async fn until(&self, what: &str, look: impl Fn(&[String]) -> bool) {
        let mut noted = self.noted.subscribe();
        let called = async {
            while !look(&self.calls()) {
                noted.changed().await.unwrap();
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), called).await.expect(what);
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.memory.lock().unwrap().calls.clone()
    }

    pub(super) fn upload_file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("upload-{id}"))
    }

    pub(super) fn put_app(&self, id: &str, host: &str, port: u16) {
        let app = json!({ "domain": format!("{id}.home.example.org"), "id": id, "name": id, "store": "s", "version": "1", "icon": "", "state": "running", "detail": "",
            "host": host, "port": port, "path": "/web/", "installed_at": 0, "default_username": "", "services": [] });
        self.memory.lock().unwrap().apps.push(app);
    }

    pub(super) async fn update_is(&self, status: &Value) {
        self.memory.lock().unwrap().update = status.clone();
        let emitter = SignalEmitter::new(&self.connection, HOST.path).unwrap();
        HostUpdate::update_changed(&emitter).await.unwrap();
    }

    pub(super) async fn app_changed(&self, id: &str) {
        let emitter = SignalEmitter::new(&self.connection, APPS.path).unwrap();
        AppsReader::app_changed(&emitter, id).await.unwrap();
    }

    pub(super) async fn dir_changed(&self, root: &str, path: &str) {
        let emitter = SignalEmitter::new(&self.connection, FILES.path).unwrap();
        FilesReader::dir_changed(&emitter, root, path).await.unwrap();
    }

    /// Changes a job, or with `None` removes it, and says so.
    pub(super) async fn job(&self, id: &str, job: Option<JobInfo>) {
        match job {
            Some(job) => self.memory.lock().unwrap().jobs.insert(id.to_owned(), job),
            None => self.memory.lock().unwrap().jobs.remove(id),
        };
        let path = if id.starts_with("apps") { APPS.path } else { FILES.path };
        let emitter = SignalEmitter::new(&self.connection, path).unwrap();
        Jobs::job_changed(&emitter, id).await.unwrap();
    }
}

pub(super) fn job(id: &str, started_by: &str, done: u64) -> JobInfo {
    JobInfo {
        id: id.to_owned(),
        kind: "app.install".to_owned(),
        subject: "x".to_owned(),
        title: "Install X".to_owned(),
        state: "running".to_owned(),
        step: "downloading".to_owned(),
        step_index: 1,
        step_count: 3,
        done,
        total: 100,
        unit: "bytes".to_owned(),
        rate: 1,
        detail: String::new(),
        error_code: String::new(),
        error_message: String::new(),
        started_by: started_by.to_owned(),
        created_at: 0,
        started_at: 0,
        finished_at: 0,
        cancellable: true,
        retryable: false,
    }
}

pub(super) fn pipe_with(bytes: &[u8]) -> zbus::OwnedFd {
    let (reader, writer) = std::io::pipe().unwrap();
    let bytes = bytes.to_vec();
    std::thread::spawn(move || File::from(OwnedFd::from(writer)).write_all(&bytes));
    OwnedFd::from(reader).into()
}

struct Jobs {
    service: &'static str,
    fakes: Fakes,
}

#[interface(name = "io.livos.Jobs1")]
impl Jobs {
    fn list(&self, actor: Actor) -> Vec<JobInfo> {
        self.fakes.called("Jobs1.List", &actor, self.service);
        let memory = self.fakes.memory.lock().unwrap();
        let own = |job: &&JobInfo| {
            job.id.starts_with(self.service)
                && (actor.role.is_admin() || job.started_by == actor.user.as_str())
        };
        memory.jobs.values().filter(own).cloned().collect()
    }

    fn get(&self, actor: Actor, id: String) -> Result<JobInfo> {
        self.fakes.called("Jobs1.Get", &actor, &id);
        let found = self.fakes.memory.lock().unwrap().jobs.get(&id).cloned();
        found.ok_or_else(|| Error::not_found("no such job"))
    }

    fn cancel(&self, actor: Actor, id: String) {
        self.fakes.called("Jobs1.Cancel", &actor, &format!("{} {id}", self.service));
    }

    fn retry(&self, actor: Actor, id: String) {
        self.fakes.called("Jobs1.Retry", &actor, &id);
    }

    fn dismiss(&self, actor: Actor, id: String) {
        self.fakes.called("Jobs1.Dismiss", &actor, &id);
    }

    fn log(&self, actor: Actor, id: String) -> zbus::OwnedFd {
        self.fakes.called("Jobs1.Log", &actor, &id);
        pipe_with(b"step one\nstep two\n")
    }

    #[zbus(signal)]
    async fn job_changed(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;
}

struct Catalog(Fakes);

#[interface(name = "io.livos.Apps1.Catalog")]
impl Catalog {
    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("Catalog.List", &actor, "");
        Document::json(
            &json!({ "apps": [], "sources": [{ "id": "s", "label": "S", "url": "/s", "format": "umbrel", "apps": 0, "refreshed_at": 0, "error": "" }] }),
        )
    }

    fn get(&self, actor: Actor, store: String, app: String) -> Result<Document> {
        self.0.called("Catalog.Get", &actor, &format!("{store} {app}"));
        let offered = self.0.memory.lock().unwrap().offered.get(&app).cloned();
        offered.as_ref().map(Document::json).ok_or_else(|| Error::not_found("this store has no such app"))?
    }

    fn checks(&self, actor: Actor, store: String, app: String) -> Result<Document> {
        self.0.called("Catalog.Checks", &actor, &format!("{store} {app}"));
        Document::json(&json!({ "state": "ok", "checks": [] }))
    }

    fn icon(&self, actor: Actor, name: String) -> Result<(zbus::OwnedFd, String)> {
        self.0.called("Catalog.Icon", &actor, &name);
        if !name.ends_with(".svg") {
            return Err(Error::not_found("there is no such picture"));
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"<svg/>").unwrap();
        Ok((OwnedFd::from(file).into(), "image/svg+xml".to_owned()))
    }

    fn picture(
        &self,
        actor: Actor,
        store: String,
        app: String,
        number: u32,
    ) -> Result<(zbus::OwnedFd, String)> {
        self.0.called("Catalog.Picture", &actor, &format!("{store} {app} {number}"));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"<svg/>").unwrap();
        Ok((OwnedFd::from(file).into(), "image/svg+xml".to_owned()))
    }

    #[zbus(signal)]
    async fn catalog_changed(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

struct AppsReader(Fakes);

#[interface(name = "io.livos.Apps1.Reader")]
impl AppsReader {
    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("AppsReader.List", &actor, "");
        Document::json(&self.0.memory.lock().unwrap().apps)
    }

    fn get(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("AppsReader.Get", &actor, &id);
        let apps = self.0.memory.lock().unwrap();
        let found = apps.apps.iter().find(|app| app["id"] == id.as_str());
        found.map(Document::json).ok_or_else(|| Error::not_found("no such app is installed"))?
    }

    fn logs(&self, actor: Actor, id: String, service: String, tail: u32, follow: bool) -> zbus::OwnedFd {
        self.0.called("AppsReader.Logs", &actor, &format!("{id} {service:?} {tail} {follow}"));
        if follow && service.is_empty() {
            // Goes on for as long as the fake.
            let (reader, mut writer) = std::io::pipe().unwrap();
            writer.write_all(b"a line\n").unwrap();
            self.0.memory.lock().unwrap().followed.push(writer);
            return OwnedFd::from(reader).into();
        }
        pipe_with(b"a line\n")
    }

    fn update_of(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("AppsReader.UpdateOf", &actor, &id);
        Err(Error::not_found("it is up to date"))
    }

    fn exposure(&self, actor: Actor) -> Result<Document> {
        self.0.called("AppsReader.Exposure", &actor, "");
        Document::json(
            &json!({ "https": "on", "detail": "", "port": 443, "http_port": 80, "always": false, "names": ["livos.local"],
            "address": "", "authority": null, "domain": null }),
        )
    }

    fn certificate(&self) -> Result<String> {
        let none = self.0.memory.lock().unwrap().apps.is_empty();
        let pem = "-----BEGIN CERTIFICATE-----\nTGl2T1M=\n-----END CERTIFICATE-----\n".to_owned();
        if none { Err(Error::conflict("this server has no HTTPS at the moment")) } else { Ok(pem) }
    }

    fn engine(&self, _actor: Actor) -> Result<EngineStatus> {
        Err(Error::unavailable("the engine is not there"))
    }

    #[zbus(signal)]
    async fn app_changed(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;
}

pub(super) struct FilesReader(pub(super) Fakes);

impl FilesReader {
    pub(super) fn entry(&self, root: String, path: &str, size: u64) -> EntryInfo {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let media_type = match name.rsplit('.').next() {
            Some("html") => "text/html",
            Some("png") => "image/png",
            _ => "application/octet-stream",
        };
        EntryInfo {
            root,
            path: path.to_owned(),
            name,
            kind: "file".to_owned(),
            size,
            modified_at: 0,
            media_type: media_type.to_owned(),
            writable: true,
            revision: String::new(),
        }
    }
}

#[interface(name = "io.livos.Files1.Reader")]
impl FilesReader {
    fn roots(&self, actor: Actor) -> Vec<RootInfo> {
        self.0.called("FilesReader.Roots", &actor, "");
        Vec::new()
    }

    fn list(&self, actor: Actor, root: String, path: String) -> Result<Document> {
        self.0.called("FilesReader.List", &actor, &format!("{root}:{path}"));
        let filler = "x".repeat(self.0.memory.lock().unwrap().large);
        Document::json(&json!({ "root": root, "path": path, "total": 0, "revision": filler, "entries": [] }))
    }

    fn stat(&self, actor: Actor, root: String, path: String) -> EntryInfo {
        self.0.called("FilesReader.Stat", &actor, &format!("{root}:{path}"));
        self.entry(root, &path, 0)
    }

    fn open(&self, actor: Actor, root: String, path: String) -> Result<(EntryInfo, zbus::OwnedFd)> {
        self.0.called("FilesReader.Open", &actor, &format!("{root}:{path}"));
        let file =
            File::open(self.0.folder.join(&path)).map_err(|_| Error::not_found("there is no such file"))?;
        let size = file.metadata().unwrap().len();
        Ok((self.entry(root, &path, size), OwnedFd::from(file).into()))
    }

    fn archive(&self, actor: Actor, root: String, paths: Vec<String>) -> zbus::OwnedFd {
        self.0.called("FilesReader.Archive", &actor, &format!("{root}:{}", paths.join(",")));
        pipe_with(&[7; 300_000])
    }

    fn search(&self, actor: Actor, root: String, path: String, query: String) -> Result<Document> {
        self.0.called("FilesReader.Search", &actor, &format!("{root}:{path} {query}"));
        Document::json(&json!({ "entries": [], "complete": true }))
    }

    fn trashed(&self, actor: Actor) -> Vec<TrashedItem> {
        self.0.called("FilesReader.Trashed", &actor, "");
        Vec::new()
    }

    #[zbus(signal)]
    async fn dir_changed(emitter: &SignalEmitter<'_>, root: &str, path: &str) -> zbus::Result<()>;
}

struct Uploads(Fakes);

impl Uploads {
    fn find(&self, actor: &Actor, id: &str) -> Result<UploadInfo> {
        // The fake keeps whose an upload is in its place: home.<username>.
        let memory = self.0.memory.lock().unwrap();
        let own = |info: &&UploadInfo| {
            info.root == format!("home.{}", actor.username) || actor.username.as_str() == "grace"
        };
        let mut info = memory
            .uploads
            .get(id)
            .filter(own)
            .cloned()
            .ok_or_else(|| Error::not_found("there is no such upload"))?;
        info.offset = std::fs::metadata(self.0.upload_file(id)).unwrap().len();
        Ok(info)
    }
}

#[interface(name = "io.livos.Files1.Uploads")]
impl Uploads {
    fn create(&self, actor: Actor, request: UploadRequest) -> Result<UploadInfo> {
        let place = format!(
            "{}:{} {}|{}|{}",
            request.root, request.path, request.relative_path, request.name, request.on_conflict
        );
        self.0.called("Uploads.Create", &actor, &place);
        if request.size > 1 << 40 {
            return Err(Error::conflict("the disk has no room for it").with_code("no_space"));
        }
        let mut memory = self.0.memory.lock().unwrap();
        let id = format!("u{}", memory.uploads.len() + 1);
        File::create(self.0.upload_file(&id)).unwrap();
        let info = UploadInfo {
            id: id.clone(),
            root: request.root,
            path: request.path,
            name: request.name,
            size: request.size,
            offset: 0,
            expires_at: 784_111_777,
        };
        memory.uploads.insert(id, info.clone());
        Ok(info)
    }

    fn open(&self, actor: Actor, id: String) -> Result<(UploadInfo, zbus::OwnedFd)> {
        let info = self.find(&actor, &id)?;
        let file = File::options().write(true).read(true).open(self.0.upload_file(&id)).unwrap();
        Ok((info, OwnedFd::from(file).into()))
    }

    fn get(&self, actor: Actor, id: String) -> Result<UploadInfo> {
        self.find(&actor, &id)
    }

    fn list(&self, actor: Actor) -> Vec<UploadInfo> {
        let ids: Vec<String> = self.0.memory.lock().unwrap().uploads.keys().cloned().collect();
        ids.iter().filter_map(|id| self.find(&actor, id).ok()).collect()
    }

    fn commit(&self, actor: Actor, id: String) -> Result<EntryInfo> {
        let info = self.find(&actor, &id)?;
        if info.offset != info.size {
            return Err(Error::conflict("not all bytes have arrived"));
        }
        let mut memory = self.0.memory.lock().unwrap();
        memory.uploads.remove(&id);
        memory.committed.push(id);
        Ok(FilesReader(self.0.clone()).entry(info.root, &info.name, info.size))
    }

    fn cancel(&self, actor: Actor, id: String) -> Result<()> {
        self.find(&actor, &id)?;
        self.0.memory.lock().unwrap().uploads.remove(&id);
        Ok(())
    }
}

struct HostUpdate(Fakes);

#[interface(name = "io.livos.Host1.Update")]
impl HostUpdate {
    fn status(&self, _actor: Actor) -> Result<Document> {
        let status = self.0.memory.lock().unwrap().update.clone();
        Document::json(&if status.is_null() { json!({ "state": "idle" }) } else { status })
    }

    fn check(&self, actor: Actor) {
        self.0.called("HostUpdate.Check", &actor, "");
    }

    fn start(&self, actor: Actor, version: String) -> Result<()> {
        self.0.called("HostUpdate.Start", &actor, &version);
        if version == "0.2.0" { Ok(()) } else { Err(Error::conflict("that is not the one that waits")) }
    }

    fn offer(&self, actor: Actor, name: String, file: zbus::OwnedFd) -> Result<()> {
        let mut text = String::new();
        File::from(OwnedFd::from(file)).read_to_string(&mut text).unwrap();
        self.0.called("HostUpdate.Offer", &actor, &format!("{name} {text}"));
        if text == "signed" { Ok(()) } else { Err(Error::conflict("an update is already going on")) }
    }

    fn cancel(&self, actor: Actor) {
        self.0.called("HostUpdate.Cancel", &actor, "");
    }

    fn set_automatic(&self, actor: Actor, on: bool, hour: u8) {
        self.0.called("HostUpdate.SetAutomatic", &actor, &format!("{on} {hour}"));
    }

    #[zbus(signal)]
    async fn update_changed(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

struct HostReader;

#[interface(name = "io.livos.Host1.Reader")]
impl HostReader {
    fn info(&self) -> HostInfo {
        let disk =
            DiskInfo { mount: "/".into(), device: "/dev/x".into(), kind: "ext4".into(), total: 2, free: 1 };
        HostInfo {
            hostname: "house".into(),
            os: "Debian".into(),
            kernel: "6".into(),
            architecture: "x86_64".into(),
            cpus: 2,
            memory_total: 8,
            memory_available: 4,
            uptime_seconds: 1,
            disks: vec![disk],
        }
    }

    fn load(&self) -> HostLoad {
        HostLoad { cpus: 2, load: 0.5, memory_total: 8, memory_available: 4 }
    }
}
