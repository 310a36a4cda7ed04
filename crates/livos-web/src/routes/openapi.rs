//! The description of this API, from which the desktop's types are made.

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema as _};

use crate::App;
use crate::http::access::{Access, Line};
use crate::http::json;
use crate::http::respond::ErrorBody;
use crate::routes::docker_shell::{ShellNews, ShellScreen};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "LivOS",
        description = "The HTTP API of a LivOS server, as its own desktop uses it.",
        license(name = "AGPL-3.0-only", identifier = "AGPL-3.0-only")
    ),
    components(schemas(ErrorBody, ShellNews, ShellScreen))
)]
struct Base;

/// The document without its routes.
pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// Adds what is the same for every route: how errors look, and what a sign-in is.
pub(crate) fn complete(document: &mut OpenApi, lines: &[Line]) {
    let components = document.components.get_or_insert_default();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("livos_access")));
    components.add_security_scheme("session", cookie);
    components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let access =
                lines.iter().find(|line| line.method == method && line.path == *path).map(|line| line.access);
            operation.operation_id = Some(operation_id(method, path));
            let error = ResponseBuilder::new()
                .description("What went wrong, and what to do next")
                .content(
                    "application/json",
                    ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name()))).build(),
                )
                .build();
            operation.responses.responses.insert("default".to_owned(), RefOr::T(error));
            let needed = match access {
                Some(Access::Open) => Vec::new(),
                Some(Access::Key) => vec![SecurityRequirement::new("key", Vec::<String>::new())],
                _ => vec![SecurityRequirement::new("session", Vec::<String>::new())],
            };
            operation.security = Some(needed);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("PUT", item.put.as_mut()),
        ("POST", item.post.as_mut()),
        ("DELETE", item.delete.as_mut()),
        ("OPTIONS", item.options.as_mut()),
        ("HEAD", item.head.as_mut()),
        ("PATCH", item.patch.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

/// `get_files_list` for GET /api/v1/files/list.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let words: Vec<&str> =
        path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("{}_{}", method.to_ascii_lowercase(), words.join("_"))
}

/// The description of this API as OpenAPI 3.1
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "server", responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(crate) async fn document(State(app): State<App>) -> Response {
    json::bytes_reply(StatusCode::OK, app.openapi.get().cloned().unwrap_or_else(|| Bytes::from_static(b"{}")))
}
