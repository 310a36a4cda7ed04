//! From a proposal to the call of another daemon that does it.

use livos_bus::approvals::ProposedAction;
use livos_bus::{Actor, Error, Result};
use livos_policy::is_of_a_server;
use livos_types::AppId;
use serde::Deserialize;

use crate::services::Services;

/// What a proposal is, once it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verb {
    /// Something with an app.
    App(OnApp, AppId),
    /// The agent looks at something outside, or asks another server; agreeing is all that is done here.
    ByAgent,
}

/// What is done with an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnApp {
    Start,
    Stop,
    Restart,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    app: String,
}

/// Reads a proposal. What is not understood to the last word is not done.
pub(super) fn verb(action: &ProposedAction) -> Result<Verb> {
    let app = || -> Result<AppId> {
        // A list would be read as well, by the order of what is in it.
        if !action.arguments.is_object() {
            return Err(Error::invalid("the arguments have no names"));
        }
        let on: Arguments = serde_json::from_value(action.arguments.clone()).map_err(Error::invalid)?;
        AppId::new(on.app.as_str()).map_err(Error::invalid)
    };
    let page = || -> Result<()> {
        if !action.arguments.is_object() {
            return Err(Error::invalid("the arguments have no names"));
        }
        let page: Page = serde_json::from_value(action.arguments.clone()).map_err(Error::invalid)?;
        let is_address = ["https://", "http://"].iter().any(|scheme| page.url.starts_with(scheme));
        if is_address { Ok(()) } else { Err(Error::invalid("that is no address")) }
    };
    let search = || -> Result<()> {
        if !action.arguments.is_object() {
            return Err(Error::invalid("the arguments have no names"));
        }
        let search: Search = serde_json::from_value(action.arguments.clone()).map_err(Error::invalid)?;
        if search.query.is_empty() { Err(Error::invalid("there is nothing to search for")) } else { Ok(()) }
    };
    let of_a_server = || -> Result<()> {
        // What they may be, the agent holds against what the server says of itself.
        if action.arguments.is_object() { Ok(()) } else { Err(Error::invalid("the arguments have no names")) }
    };
    match action.tool.as_str() {
        tool if is_of_a_server(tool) => of_a_server().map(|()| Verb::ByAgent),
        "scrape" => page().map(|()| Verb::ByAgent),
        "web_search" => search().map(|()| Verb::ByAgent),
        "apps_start" => Ok(Verb::App(OnApp::Start, app()?)),
        "apps_stop" => Ok(Verb::App(OnApp::Stop, app()?)),
        "apps_restart" => Ok(Verb::App(OnApp::Restart, app()?)),
        other => Err(Error::invalid(format!("nothing is known of a tool called {other}"))),
    }
}

/// Does it, as this person; answers the job that goes on with it, if one does.
pub(super) async fn begin(services: &Services, actor: &Actor, verb: &Verb) -> Result<Option<String>> {
    let apps = &services.apps_manager;
    let job = match verb {
        Verb::ByAgent => return Ok(None),
        Verb::App(OnApp::Start, app) => apps.start(actor, app.as_str()).await,
        Verb::App(OnApp::Stop, app) => apps.stop(actor, app.as_str(), false).await,
        Verb::App(OnApp::Restart, app) => apps.restart(actor, app.as_str()).await,
    };
    job.map(Some)
}

#[cfg(test)]
mod tests {
    use livos_policy::PROPOSABLE;
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_may_be_proposed_can_be_done_and_nothing_else() {
        let action = |tool: &str, arguments| ProposedAction { tool: tool.to_owned(), arguments };
        for what in PROPOSABLE {
            let fits = match what.tool {
                "scrape" => json!({ "url": "https://example.org/" }),
                "web_search" => json!({ "query": "garden" }),
                _ => json!({ "app": "jellyfin" }),
            };
            verb(&action(what.tool, fits)).unwrap();
            for wrong in [
                json!({ "url": "file:///etc/passwd" }),
                json!({ "url": "https://example.org/", "more": 1 }),
                json!(["https://example.org/"]),
                json!({ "query": "" }),
                json!({ "query": "garden", "more": 1 }),
                json!(["garden"]),
                json!({}),
                json!({ "app": "../x" }),
                json!({ "app": "x", "more": 1 }),
                json!(["jellyfin"]),
                json!(null),
            ] {
                verb(&action(what.tool, wrong.clone())).unwrap_err();
            }
        }
        assert_eq!(verb(&action("notes__search", json!({ "any": 1 }))).unwrap(), Verb::ByAgent);
        verb(&action("notes__search", json!(["any"]))).unwrap_err();
        verb(&action("__search", json!({}))).unwrap_err();
        verb(&action("apps_remove", json!({ "app": "jellyfin" }))).unwrap_err();
    }
}
