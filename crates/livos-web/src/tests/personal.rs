//! Favourites, recent files and the wallpaper, from the outside.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use std::fs::File;
use std::os::fd::OwnedFd;

use http::Method;
use livos_bus::{Actor, Document, EntryInfo, Error, Result};
use serde_json::json;
use zbus::interface;

use super::fakes::Fakes;
use super::world::World;

/// What livos-files keeps of each person, as far as the edge can tell.
pub(super) struct Personal(pub(super) Fakes);

#[interface(name = "io.livos.Files1.Personal")]
impl Personal {
    fn favourites(&self, actor: Actor) -> Result<Document> {
        self.0.called("Personal.Favourites", &actor, "");
        Document::json(&json!([]))
    }

    fn set_favourite(&self, actor: Actor, root: String, path: String, on: bool) {
        self.0.called("Personal.SetFavourite", &actor, &format!("{root}:{path} {on}"));
    }

    fn shares(&self, actor: Actor) -> Result<Document> {
        self.0.called("Personal.Shares", &actor, "");
        Document::json(&json!([]))
    }

    fn set_share(&self, actor: Actor, root: String, path: String, on: bool) {
        self.0.called("Personal.SetShare", &actor, &format!("{root}:{path} {on}"));
    }

    fn set_share_writes(&self, actor: Actor, root: String, path: String, on: bool) {
        self.0.called("Personal.SetShareWrites", &actor, &format!("{root}:{path} {on}"));
    }

    fn recents(&self, actor: Actor) -> Result<Document> {
        self.0.called("Personal.Recents", &actor, "");
        Document::json(&json!([]))
    }

    fn note_opened(&self, actor: Actor, root: String, path: String) {
        self.0.called("Personal.NoteOpened", &actor, &format!("{root}:{path}"));
    }

    fn clear_recents(&self, actor: Actor) {
        self.0.called("Personal.ClearRecents", &actor, "");
    }

    fn wallpaper(&self, actor: Actor) -> Result<(EntryInfo, zbus::OwnedFd)> {
        let file = File::open(self.0.folder.join(format!("{}.jpg", actor.username)))
            .map_err(|_| Error::not_found("there is no wallpaper of yours"))?;
        Ok((jpeg(), OwnedFd::from(file).into()))
    }

    fn set_wallpaper(&self, actor: Actor, root: String, path: String) -> EntryInfo {
        self.0.called("Personal.SetWallpaper", &actor, &format!("{root}:{path}"));
        let picture = format!("a picture of {}", actor.username);
        std::fs::write(self.0.folder.join(format!("{}.jpg", actor.username)), picture).unwrap();
        jpeg()
    }

    fn clear_wallpaper(&self, actor: Actor) {
        self.0.called("Personal.ClearWallpaper", &actor, "");
        std::fs::remove_file(self.0.folder.join(format!("{}.jpg", actor.username))).unwrap();
    }
}

fn jpeg() -> EntryInfo {
    EntryInfo {
        root: String::new(),
        path: String::new(),
        name: "wallpaper.jpg".to_owned(),
        kind: "file".to_owned(),
        size: 0,
        modified_at: 0,
        media_type: "image/jpeg".to_owned(),
        writable: true,
        revision: String::new(),
    }
}

#[tokio::test]
async fn favourites_and_recents_are_asked_for_as_the_person_who_has_them() {
    let (world, mut owner) = World::claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    let place = json!({ "root": "shared", "path": "a/b.txt" });
    assert_eq!(ada.write(Method::PUT, "/api/v1/files/favourites", &place).await.status.as_u16(), 204);
    assert_eq!(ada.delete("/api/v1/files/favourites?root=shared&path=a%2Fb.txt").await.status.as_u16(), 204);
    assert_eq!(ada.get("/api/v1/files/favourites").await.json(), json!([]));
    assert_eq!(ada.write(Method::PUT, "/api/v1/files/shares", &place).await.status.as_u16(), 204);
    let writes = json!({ "root": "shared", "path": "a/b.txt", "writes": true });
    assert_eq!(ada.write(Method::PUT, "/api/v1/files/shares", &writes).await.status.as_u16(), 204);
    assert_eq!(ada.delete("/api/v1/files/shares?root=shared&path=a%2Fb.txt").await.status.as_u16(), 204);
    assert_eq!(ada.get("/api/v1/files/shares").await.json(), json!([]));
    assert_eq!(ada.post("/api/v1/files/recents", &place).await.status.as_u16(), 204);
    assert_eq!(ada.get("/api/v1/files/recents").await.json(), json!([]));
    assert_eq!(ada.delete("/api/v1/files/recents").await.status.as_u16(), 204);
    let calls = world.fakes.calls();
    for call in [
        "Personal.SetFavourite ada shared:a/b.txt true",
        "Personal.SetFavourite ada shared:a/b.txt false",
        "Personal.Favourites ada",
        "Personal.SetShare ada shared:a/b.txt true",
        "Personal.SetShareWrites ada shared:a/b.txt true",
        "Personal.SetShare ada shared:a/b.txt false",
        "Personal.Shares ada",
        "Personal.NoteOpened ada shared:a/b.txt",
        "Personal.Recents ada",
        "Personal.ClearRecents ada",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call} in {calls:?}");
    }
    let before = world.fakes.calls().len();
    for path in ["../x", "/etc/passwd", "a//b", "a\u{0}b"] {
        let place = json!({ "root": "home", "path": path });
        ada.write(Method::PUT, "/api/v1/files/favourites", &place).await.check(400, "invalid");
        ada.post("/api/v1/files/recents", &place).await.check(400, "invalid");
        ada.write(Method::PUT, "/api/v1/me/wallpaper", &place).await.check(400, "invalid");
    }
    ada.delete("/api/v1/files/favourites?root=home").await.check(400, "invalid");
    assert_eq!(world.fakes.calls().len(), before);
}

#[tokio::test]
async fn a_wallpaper_is_a_picture_of_ones_own() {
    let (world, mut owner) = World::claimed().await;
    owner.get("/api/v1/me/wallpaper").await.check(404, "not_found");
    let made =
        owner.write(Method::PUT, "/api/v1/me/wallpaper", &json!({ "root": "home", "path": "sea.jpg" })).await;
    assert_eq!((made.status.as_u16(), &made.json()["media_type"]), (200, &json!("image/jpeg")));
    let picture = owner.get("/api/v1/me/wallpaper?v=1").await;
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert_eq!(picture.header("cache-control"), "private, no-cache");
    assert_eq!(picture.text(), "a picture of grace");
    let mut ada = world.person(&mut owner, "ada", "member").await;
    ada.get("/api/v1/me/wallpaper").await.check(404, "not_found");
    assert_eq!(owner.delete("/api/v1/me/wallpaper").await.status.as_u16(), 204);
    owner.get("/api/v1/me/wallpaper").await.check(404, "not_found");
}
