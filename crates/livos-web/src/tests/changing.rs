//! The part of the file daemon that changes files.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use livos_bus::{Actor, Document, EntryInfo, Error, Location, Result, TransferRequest};
use serde_json::Value;
use zbus::interface;

use super::fakes::{Fakes, FilesReader};

/// What changes files, as far as the edge can tell.
pub(super) struct FilesManager(pub(super) Fakes);

#[interface(name = "io.livos.Files1.Manager")]
impl FilesManager {
    fn create_directory(&self, actor: Actor, root: String, path: String) -> EntryInfo {
        self.0.called("FilesManager.CreateDirectory", &actor, &format!("{root}:{path}"));
        FilesReader(self.0.clone()).entry(root, &path, 0)
    }

    fn rename(&self, actor: Actor, root: String, path: String, name: String) -> Result<EntryInfo> {
        self.0.called("FilesManager.Rename", &actor, &format!("{root}:{path} {name}"));
        Err(Error::conflict("something of that name is already there").with_code("exists"))
    }

    #[zbus(name = "Move")]
    fn transfer(&self, actor: Actor, request: TransferRequest) -> String {
        self.0.called("FilesManager.Move", &actor, &request.on_conflict);
        "files-1".to_owned()
    }

    fn copy(&self, actor: Actor, request: TransferRequest) -> String {
        self.0.called("FilesManager.Copy", &actor, &request.on_conflict);
        "files-2".to_owned()
    }

    fn trash(&self, actor: Actor, items: Vec<Location>) -> Vec<String> {
        self.0.called("FilesManager.Trash", &actor, &items.len().to_string());
        vec!["t1".to_owned()]
    }

    fn restore(&self, actor: Actor, ids: Vec<String>) -> Vec<EntryInfo> {
        self.0.called("FilesManager.Restore", &actor, &ids.join(","));
        Vec::new()
    }

    fn delete(&self, actor: Actor, ids: Vec<String>) -> String {
        self.0.called("FilesManager.Delete", &actor, &ids.join(","));
        "files-3".to_owned()
    }

    fn change(&self, actor: Actor, id: String, change: Document) -> Result<String> {
        let change: Value = change.parse()?;
        self.0.called("FilesManager.Change", &actor, &format!("{id} {change}"));
        Ok("‘a.txt’ was written".to_owned())
    }

    fn stands_against(&self, actor: Actor, id: String) -> String {
        self.0.called("FilesManager.StandsAgainst", &actor, &id);
        self.0.memory.lock().unwrap().against.clone()
    }

    fn put_back(&self, actor: Actor, id: String) -> String {
        self.0.called("FilesManager.PutBack", &actor, &id);
        "‘a.txt’ is as it was before".to_owned()
    }
}
