//! The part of the daemon for apps that changes them.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use std::collections::BTreeMap;

use livos_bus::{Actor, Document, Error, InstallRequest, Result, SettingsRequest, UpdateRequest};
use serde_json::json;
use zbus::interface;

use super::fakes::Fakes;

/// What changes apps, as far as the edge can tell.
pub(super) struct AppsManager(pub(super) Fakes);

#[interface(name = "io.livos.Apps1.Manager")]
impl AppsManager {
    fn install(&self, actor: Actor, request: InstallRequest) -> String {
        self.0.called("AppsManager.Install", &actor, &request.app);
        format!("apps-{}", self.0.calls().len())
    }

    fn set_domain(&self, actor: Actor, name: String, email: String) -> Result<()> {
        self.0.called("AppsManager.SetDomain", &actor, &format!("{name:?} {email:?}"));
        if name == "attic.local" { Err(Error::invalid("nobody can look that up")) } else { Ok(()) }
    }

    fn set_always_https(&self, actor: Actor, always: bool) {
        self.0.called("AppsManager.SetAlwaysHttps", &actor, &always.to_string());
    }

    fn start(&self, actor: Actor, id: String) -> String {
        self.0.called("AppsManager.Start", &actor, &id);
        self.0.memory.lock().unwrap().starts.unwrap_or("apps-1").to_owned()
    }

    fn stop(&self, actor: Actor, id: String, _although_needed: bool) -> Result<String> {
        self.0.called("AppsManager.Stop", &actor, &id);
        Err(Error::internal("a secret path: /var/lib/secret"))
    }

    fn restart(&self, actor: Actor, id: String) -> Result<String> {
        self.0.called("AppsManager.Restart", &actor, &id);
        Err(Error::unavailable("the engine is not there"))
    }

    fn update(&self, actor: Actor, request: UpdateRequest) -> String {
        self.0.called("AppsManager.Update", &actor, &request.app);
        "apps-5".to_owned()
    }

    fn update_all(&self, actor: Actor) -> Result<Document> {
        self.0.called("AppsManager.UpdateAll", &actor, "");
        Document::json(
            &json!({ "started": [], "skipped": [{ "id": "x", "name": "X", "code": "consent_needed", "reason": "it asks for more" }] }),
        )
    }

    fn settings(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("AppsManager.Settings", &actor, &id);
        Document::json(&json!({ "inputs": [], "ports": [], "memory": [] }))
    }

    fn checks(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("AppsManager.Checks", &actor, &id);
        Document::json(&json!({ "state": "warn", "checks": [] }))
    }

    fn check_install(&self, actor: Actor, request: InstallRequest) -> Result<Document> {
        let answers: BTreeMap<_, _> = request.answers.iter().collect();
        let said = format!("{}/{} {answers:?} {}", request.store, request.app, request.docker_control);
        self.0.called("AppsManager.CheckInstall", &actor, &said);
        Document::json(&json!({ "state": "block", "checks": [] }))
    }

    fn check_update(&self, actor: Actor, request: UpdateRequest) -> Result<Document> {
        let answers: BTreeMap<_, _> = request.answers.iter().collect();
        self.0.called("AppsManager.CheckUpdate", &actor, &format!("{} {answers:?}", request.app));
        Document::json(&json!({ "state": "block", "checks": [] }))
    }

    fn compose(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("AppsManager.Compose", &actor, &id);
        Document::json(&json!({ "file": "compose.yaml", "text": "services: {}", "revision": "r1" }))
    }

    fn look_at_compose(&self, actor: Actor, id: String, text: Document) -> Result<Document> {
        let count = text.read_at_most(256 * 1024)?.len();
        self.0.called("AppsManager.LookAtCompose", &actor, &format!("{id} {count}"));
        Document::json(&json!({ "problems": [], "lines": [], "revision": "r1" }))
    }

    fn edit_compose(
        &self,
        actor: Actor,
        id: String,
        revision: String,
        accept: Vec<String>,
        text: Document,
    ) -> Result<String> {
        let count = text.read_at_most(256 * 1024)?.len();
        self.0.called("AppsManager.EditCompose", &actor, &format!("{id} {revision} {accept:?} {count}"));
        Ok("apps-8".to_owned())
    }

    fn look_at_stack(&self, actor: Actor, request: Document) -> Result<Document> {
        let count = request.read_at_most(1024 * 1024)?.len();
        self.0.called("AppsManager.LookAtStack", &actor, if count > 64 * 1024 { "long" } else { "short" });
        Document::json(&json!({ "name": "", "problems": [], "ready": true }))
    }

    fn create_stack(&self, actor: Actor, request: Document) -> Result<String> {
        let asked: serde_json::Value = request.parse()?;
        self.0.called("AppsManager.CreateStack", &actor, &format!("{} {}", asked["name"], asked["accept"]));
        Ok("apps-9".to_owned())
    }

    fn look_at_settings(&self, actor: Actor, request: SettingsRequest) -> Result<Document> {
        self.0.called("AppsManager.LookAtSettings", &actor, &format!("{} {:?}", request.app, request.ports));
        Document::json(&json!({ "services": [], "recreated": [], "permissions": [] }))
    }

    fn configure(&self, actor: Actor, request: SettingsRequest) -> String {
        self.0.called("AppsManager.Configure", &actor, &format!("{} {:?}", request.app, request.memory));
        "apps-7".to_owned()
    }

    fn pin(&self, actor: Actor, id: String, pinned: bool) {
        self.0.called("AppsManager.Pin", &actor, &format!("{id} {pinned}"));
    }

    fn skip(&self, actor: Actor, id: String, version: String) {
        self.0.called("AppsManager.Skip", &actor, &format!("{id} {version:?}"));
    }

    fn export(&self, actor: Actor, id: String, secrets: bool) -> Result<Document> {
        self.0.called("AppsManager.Export", &actor, &format!("{id} {secrets}"));
        Document::from_bytes(b"an archive".to_vec())
    }

    fn rollback(&self, actor: Actor, id: String, to: String) -> String {
        self.0.called("AppsManager.Rollback", &actor, format!("{id} {to}").trim_end());
        "apps-6".to_owned()
    }

    fn remove(&self, actor: Actor, id: String, keep_data: bool, although_needed: bool) -> String {
        self.0.called("AppsManager.Remove", &actor, &format!("{id} {keep_data} {although_needed}"));
        "apps-2".to_owned()
    }

    fn end_connections(&self) {
        self.0.note("AppsManager.EndConnections");
    }

    fn add_source(&self, actor: Actor, url: String) -> String {
        self.0.called("AppsManager.AddSource", &actor, &url);
        "apps-3".to_owned()
    }

    fn remove_source(&self, actor: Actor, store: String) {
        self.0.called("AppsManager.RemoveSource", &actor, &store);
    }

    fn refresh_source(&self, actor: Actor, store: String) -> String {
        self.0.called("AppsManager.RefreshSource", &actor, &store);
        "apps-4".to_owned()
    }
}
