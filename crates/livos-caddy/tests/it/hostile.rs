//! Whatever names, paths and addresses say: they stay values, or are refused.

use std::path::PathBuf;

use livos_caddy::{AppRoute, Edge, render};
use livos_types::AppId;
use proptest::prelude::*;
use serde_json::Value;

use crate::documents::{app, edge};

/// Strings with a taste for JSON, templates and placeholders.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        "[a-z.]{1,20}",
        "[\"\\\\{}%\\[\\],: a-z/]{0,40}",
        Just("\"],\"admin\":{\"disabled\":true},\"x\":[\"".to_owned()),
        Just("{{ storage_dir }}".to_owned()),
        Just("{% raw %}".to_owned()),
        Just("{http.request.header.X}".to_owned()),
        Just("a\u{2028}b</script>".to_owned()),
    ]
}

proptest! {
    #[test]
    fn values_stay_values(
        id in nasty(),
        host in nasty(),
        upstream in prop_oneof![nasty(), Just("127.0.0.1:43001".to_owned())],
        open in nasty(),
        storage in prop_oneof![nasty(), "/[a-z\"\\\\ ]{1,20}"],
    ) {
        let Ok(id) = AppId::new(id) else { return Ok(()) };
        let mut wanted = AppRoute { host_names: vec![host], upstream, open_paths: vec![open], ..app("x") };
        wanted.id = id;
        let edge = Edge { storage_dir: PathBuf::from(&storage), apps: vec![wanted.clone()], ..edge() };
        let Ok(document) = render(&edge) else { return Ok(()) };
        check(&document, &wanted, &storage)?;
    }

    #[test]
    fn accepted_values_arrive_as_they_are(
        host in "[a-z0-9][a-z0-9.-]{0,30}",
        open in "/[!-z]{0,30}",
        storage in "/[a-z\"\\\\' %#]{1,30}",
        port in 1_u16..,
    ) {
        let open = open.replace(['\\', '{', '}'], "");
        let wanted = AppRoute {
            host_names: vec![host],
            upstream: format!("app:{port}"),
            open_paths: vec![open],
            ..app("an_app.2")
        };
        let edge = Edge { storage_dir: PathBuf::from(&storage), apps: vec![wanted.clone()], ..edge() };
        check(&render(&edge).unwrap(), &wanted, &storage)?;
    }
}

fn check(document: &str, app: &AppRoute, storage: &str) -> Result<(), TestCaseError> {
    let document: Value = serde_json::from_str(document).unwrap();
    let at = |path: &str| document.pointer(path).cloned().unwrap_or_default();
    let keys = |value: &Value| {
        value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    prop_assert_eq!(keys(&document), ["admin", "apps", "logging", "storage"]);
    prop_assert_eq!(at("/admin/listen"), "{env.CADDY_ADMIN}");
    prop_assert_eq!(at("/storage/root"), storage);
    prop_assert_eq!(at("/admin/origins"), serde_json::json!(["caddy"]));
    prop_assert_eq!(keys(&at("/apps/http/servers")), ["desktop"]);
    let routes = "/apps/http/servers/desktop/routes";
    prop_assert_eq!(at(routes).as_array().map(Vec::len), Some(2));
    prop_assert_eq!(at(&format!("{routes}/0/match")), serde_json::json!([{ "host": app.host_names }]));
    let own = format!("{routes}/0/handle/0/routes");
    prop_assert_eq!(at(&own).as_array().map(Vec::len), Some(6));
    prop_assert_eq!(at(&format!("{own}/2/match/0/not/0/path")), serde_json::json!(app.open_paths));
    let set = at(&format!("{own}/2/handle/0/headers/request/set"));
    prop_assert_eq!(&set["X-Livos-App"], &serde_json::json!([app.id.as_str()]));
    prop_assert_eq!(
        at(&format!("{own}/5/handle/0/upstreams")),
        serde_json::json!([{ "dial": app.upstream }])
    );
    Ok(())
}
