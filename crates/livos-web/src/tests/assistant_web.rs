//! Whether the assistant reads the web, and who searches it, over HTTP.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use http::Method;
use livos_bus::web::SearchRequest;
use livos_bus::{Actor, Document, Error, Result};
use serde_json::json;
use zbus::interface;

use super::assistant::claimed;
use super::fakes::Fakes;

const PATH: &str = "/api/v1/assistant/web";
const CANARY: &str = "tvly-canary-53cret-0123456789";

pub(super) struct Web(pub(super) Fakes);

#[interface(name = "io.livos.Nexus1.Web")]
impl Web {
    fn show(&self, actor: Actor) -> Result<Document> {
        self.0.called("Web.Show", &actor, "");
        Document::json(&json!({ "machine": true, "house": true, "own": false, "searches": false }))
    }

    fn switch(&self, actor: Actor, on: bool) -> Result<()> {
        self.0.called("Web.Switch", &actor, &on.to_string());
        Ok(())
    }

    fn switch_own(&self, actor: Actor, on: bool) -> Result<()> {
        self.0.called("Web.SwitchOwn", &actor, &on.to_string());
        Ok(())
    }

    fn save_search(&self, actor: Actor, request: SearchRequest) -> Result<Document> {
        let SearchRequest { provider, base_url, key } = request;
        self.0.called("Web.SaveSearch", &actor, &format!("{provider} {base_url:?} {}", key.0.len()));
        if provider == "tavily" && key.0.is_empty() {
            return Err(Error::invalid("Tavily refuses the key").with_code("key_refused"));
        }
        Document::json(
            &json!({ "search": { "provider": provider, "key": "set" }, "query": "q", "found": [] }),
        )
    }

    fn remove_search(&self, actor: Actor) -> Result<()> {
        self.0.called("Web.RemoveSearch", &actor, "");
        Ok(())
    }
}

#[tokio::test]
async fn everybody_switches_it_for_themselves_and_admins_for_all() {
    let (world, mut owner) = claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    assert_eq!(ada.get(PATH).await.json()["own"], false);
    assert_eq!(ada.write(Method::PUT, &format!("{PATH}/own"), &json!({ "on": true })).await.status, 204);
    ada.write(Method::PUT, PATH, &json!({ "on": false })).await.check(403, "denied");
    assert_eq!(owner.write(Method::PUT, PATH, &json!({ "on": false })).await.status, 204);
    owner.write(Method::PUT, PATH, &json!({ "on": "no" })).await.check(400, "invalid");
    let calls = world.fakes.calls();
    for call in ["Web.Show ada", "Web.SwitchOwn ada true", "Web.Switch grace false"] {
        assert!(calls.contains(&call.to_owned()), "{call}: {calls:?}");
    }
    assert!(!calls.iter().any(|call| call.starts_with("Web.Switch ada")), "{calls:?}");
}

#[tokio::test]
async fn the_key_of_a_search_engine_goes_in_and_never_comes_out() {
    let (world, mut owner) = claimed().await;
    let path = format!("{PATH}/search");
    let body = json!({ "provider": "tavily", "key": CANARY });
    let kept = owner.write(Method::PUT, &path, &body).await;
    assert_eq!((kept.status.as_u16(), &kept.json()["search"]["key"]), (200, &json!("set")));
    owner.write(Method::PUT, &path, &json!({ "provider": "tavily" })).await.check(400, "key_refused");
    let own = json!({ "provider": "searxng", "base_url": "http://searx.home" });
    assert_eq!(owner.write(Method::PUT, &path, &own).await.status, 200);
    assert_eq!(owner.delete(&path).await.status, 204);
    let audit = owner.get("/api/v1/audit").await.text();
    assert!(audit.contains("assistant.search") && !audit.contains(CANARY), "{audit}");
    let calls = world.fakes.calls();
    assert!(calls.contains(&format!("Web.SaveSearch grace tavily \"\" {}", CANARY.len())), "{calls:?}");
    assert!(calls.contains(&"Web.SaveSearch grace searxng \"http://searx.home\" 0".to_owned()), "{calls:?}");
    for file in std::fs::read_dir(&world.state).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
    }
}
