//! Nobody gets in where they should not: by the table, route by route.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Method, header};
use serde_json::Value;

use super::world::World;
use crate::http::access::Access;

/// What may be asked without a sign-in. Anything else here is a decision to be made in review.
const OPEN: [&str; 14] = [
    "GET /.livos/enter",
    "GET /api/v1/certificate",
    "GET /api/v1/certificate/profile",
    "GET /api/v1/gate",
    "GET /api/v1/health",
    "GET /api/v1/openapi.json",
    "GET /api/v1/setup",
    "GET /api/v1/version",
    "GET /open/{app}",
    "GET /trust",
    "POST /api/v1/session",
    "POST /api/v1/session/refresh",
    "POST /api/v1/setup/account",
    "POST /api/v1/setup/claim",
];

/// What a member is refused.
const ADMIN: [&str; 86] = [
    "DELETE /api/v1/apps/{id}",
    "DELETE /api/v1/apps/{id}/pin",
    "DELETE /api/v1/apps/{id}/skip",
    "DELETE /api/v1/assistant/budgets/{who}/{cause}",
    "DELETE /api/v1/assistant/embeddings",
    "DELETE /api/v1/assistant/providers/{id}",
    "DELETE /api/v1/assistant/providers/{id}/price",
    "DELETE /api/v1/assistant/tool-servers/{name}",
    "DELETE /api/v1/assistant/web/search",
    "DELETE /api/v1/docker/adopted/{id}",
    "DELETE /api/v1/exposure/domain",
    "DELETE /api/v1/store/sources/{id}",
    "DELETE /api/v1/users/{id}",
    "GET /api/v1/apps/{id}/checks",
    "GET /api/v1/apps/{id}/compose",
    "GET /api/v1/apps/{id}/export",
    "GET /api/v1/apps/{id}/logs",
    "GET /api/v1/apps/{id}/settings",
    "GET /api/v1/assistant/embeddings",
    "GET /api/v1/assistant/providers",
    "GET /api/v1/assistant/tool-server-file",
    "GET /api/v1/assistant/tool-server-registry",
    "GET /api/v1/assistant/tool-servers",
    "GET /api/v1/audit",
    "GET /api/v1/docker",
    "GET /api/v1/docker/containers/{id}",
    "GET /api/v1/docker/containers/{id}/environment",
    "GET /api/v1/docker/containers/{id}/logs",
    "GET /api/v1/docker/containers/{id}/shell",
    "GET /api/v1/docker/events",
    "GET /api/v1/docker/reclaim",
    "GET /api/v1/docker/stats",
    "GET /api/v1/system/updates",
    "GET /api/v1/users",
    "PATCH /api/v1/users/{id}",
    "POST /api/v1/apps",
    "POST /api/v1/apps/{id}/compose/check",
    "POST /api/v1/apps/{id}/restart",
    "POST /api/v1/apps/{id}/rollback",
    "POST /api/v1/apps/{id}/settings/look",
    "POST /api/v1/apps/{id}/start",
    "POST /api/v1/apps/{id}/stop",
    "POST /api/v1/apps/{id}/update",
    "POST /api/v1/assistant/tool-server-file",
    "POST /api/v1/assistant/tool-servers/{name}/look",
    "POST /api/v1/docker/adopted",
    "POST /api/v1/docker/containers/{id}/restart",
    "POST /api/v1/docker/containers/{id}/start",
    "POST /api/v1/docker/containers/{id}/stop",
    "POST /api/v1/docker/act",
    "GET /api/v1/docker/containers/{id}/file",
    "GET /api/v1/docker/containers/{id}/files",
    "GET /api/v1/docker/engine/log",
    "POST /api/v1/docker/engine/start",
    "POST /api/v1/docker/look",
    "POST /api/v1/docker/reclaim",
    "POST /api/v1/stacks",
    "POST /api/v1/stacks/check",
    "POST /api/v1/apps/{id}/checks",
    "POST /api/v1/store/apps/{store}/{id}/checks",
    "POST /api/v1/store/sources",
    "POST /api/v1/store/sources/{id}/refresh",
    "POST /api/v1/store/updates",
    "POST /api/v1/system/updates",
    "POST /api/v1/system/updates/cancel",
    "POST /api/v1/system/updates/check",
    "POST /api/v1/system/updates/file",
    "POST /api/v1/users",
    "PUT /api/v1/apps/{id}/compose",
    "PUT /api/v1/apps/{id}/pin",
    "PUT /api/v1/apps/{id}/settings",
    "PUT /api/v1/apps/{id}/skip",
    "PUT /api/v1/assistant/budgets/{who}/{cause}",
    "PUT /api/v1/assistant/embeddings",
    "PUT /api/v1/assistant/providers/{id}",
    "PUT /api/v1/assistant/providers/{id}/default",
    "PUT /api/v1/assistant/providers/{id}/price",
    "PUT /api/v1/assistant/providers/{id}/tier",
    "PUT /api/v1/assistant/tool-servers/{name}",
    "PUT /api/v1/assistant/tool-servers/{name}/on",
    "PUT /api/v1/assistant/tool-servers/{name}/tools",
    "PUT /api/v1/assistant/web",
    "PUT /api/v1/assistant/web/search",
    "PUT /api/v1/exposure/domain",
    "PUT /api/v1/exposure/https",
    "PUT /api/v1/system/updates/automatic",
];

/// What takes a key, and no sign-in.
const KEY: [&str; 3] = ["DELETE /mcp", "GET /mcp", "POST /mcp"];

fn names(world: &World, access: Access) -> BTreeSet<String> {
    let lines = world.lines.iter().filter(|line| line.access == access);
    lines.map(|line| format!("{} {}", line.method, line.path)).collect()
}

fn concrete(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "apps-1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn the_table_the_document_and_the_lists_say_the_same() {
    let world = World::new().await;
    assert_eq!(names(&world, Access::Open), OPEN.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(names(&world, Access::Admin), ADMIN.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(names(&world, Access::Key), KEY.iter().map(|&name| name.to_owned()).collect());

    let document: Value = serde_json::from_slice(world.app.openapi.get().unwrap()).unwrap();
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (method, path)))
        .map(|(method, path)| format!("{} {path}", method.to_uppercase()))
        .collect();
    let there: BTreeSet<String> =
        world.lines.iter().map(|line| format!("{} {}", line.method, line.path)).collect();
    assert_eq!(described, there);
    assert_eq!(world.lines.len(), there.len(), "no route stands there twice");
}

#[tokio::test]
async fn without_a_sign_in_every_other_route_answers_401_and_asks_nobody() {
    let (world, _) = World::claimed().await;
    let before = world.fakes.calls().len();
    for line in world.lines.iter().filter(|line| line.access != Access::Open) {
        let mut stranger = world.client();
        let method: Method = line.method.parse().unwrap();
        let request = stranger
            .request(method.clone(), &concrete(&line.path))
            .header(header::CONTENT_TYPE, "application/json");
        let reply = stranger.send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(reply.status, 401, "{} {}", line.method, line.path);
        if method != Method::HEAD {
            reply.check(401, "unauthenticated");
            assert_eq!(reply.json()["request_id"], reply.header("x-request-id"));
        }
    }
    assert_eq!(world.fakes.calls().len(), before);
}

#[tokio::test]
async fn a_member_is_refused_what_admins_do() {
    let (world, mut owner) = World::claimed().await;
    let mut member = world.person(&mut owner, "ada", "member").await;
    let before = world.fakes.calls().len();
    for line in world.lines.iter().filter(|line| line.access == Access::Admin) {
        let request = member.request(line.method.parse().unwrap(), &concrete(&line.path));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        member.send(request.body(Body::from("{}")).unwrap()).await.check(403, "denied");
    }
    assert_eq!(world.fakes.calls().len(), before);
}

#[tokio::test]
async fn every_write_of_a_signed_in_page_needs_its_token() {
    let (world, owner) = World::claimed().await;
    for line in world.lines.iter().filter(|line| !matches!(line.access, Access::Open | Access::Key)) {
        if matches!(line.method, "GET" | "HEAD" | "OPTIONS") {
            continue;
        }
        for token in ["", "wrong", &world.app.identity.csrf_token("another session")] {
            let mut client = owner.clone();
            client.csrf = token.to_owned();
            let request = client.request(line.method.parse().unwrap(), &concrete(&line.path));
            client.send(request.body(Body::from("{}")).unwrap()).await.check(403, "csrf");
        }
    }
}

#[tokio::test]
async fn what_another_site_sends_changes_nothing() {
    let (_world, owner) = World::claimed().await;
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://app.livos.test"),
        ("origin", "http://livos.test:8443"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for path in ["/api/v1/session", "/api/v1/setup/claim", "/api/v1/me/settings"] {
            let mut client = owner.clone();
            let method = if path.ends_with("settings") { Method::PATCH } else { Method::POST };
            let request = client
                .request(method, path)
                .header(name, value)
                .header(header::CONTENT_TYPE, "application/json");
            client.send(request.body(Body::from("{}")).unwrap()).await.check(403, "csrf");
        }
    }
    let mut client = owner.clone();
    let request = client.request(Method::PATCH, "/api/v1/me/settings").header("origin", "http://livos.test");
    let request =
        request.header("sec-fetch-site", "same-origin").header(header::CONTENT_TYPE, "application/json");
    assert_eq!(client.send(request.body(Body::from("{}")).unwrap()).await.status, 200);
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_names_every_operation_once() {
    let world = World::new().await;
    let reply = world.client().get("/api/v1/openapi.json").await;
    let document: Value = reply.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
            assert!(operation["responses"].as_object().unwrap().len() > 1, "{method} {path}");
            let needs = operation["security"].as_array().unwrap();
            let open = OPEN.contains(&format!("{} {path}", method.to_uppercase()).as_str());
            assert_eq!(needs.is_empty(), open, "{method} {path}");
        }
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    let (_world, mut owner) = World::claimed().await;
    for path in ["/", "/api/v1/health", "/api/v1/session", "/api/v1/nothing", "/open/x", "/assets/none.js"] {
        let reply = owner.get(path).await;
        assert_eq!(reply.header("content-security-policy"), crate::http::headers::PAGE_POLICY, "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
        assert!(reply.header("permissions-policy").contains("camera=()"));
        assert_eq!(reply.header("x-request-id").len(), 16);
        if path.starts_with("/api/") {
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        }
    }
    owner.get("/api/v1/nothing").await.check(404, "not_found");
    owner.delete("/api/v1/health").await.check(405, "invalid");
}
