//! The built desktop: files with hashed names for ever, `index.html` for every page of it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::App;
use crate::core::etag::none_match_hits;
use crate::error::ApiError;
use crate::http::buffers::Buffers;
use crate::http::file_stream::FileStream;
use crate::http::query::decode;
use crate::pages;

/// Everything that is no route.
pub(crate) async fn serve(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return ApiError::not_found("there is no such resource; /api/v1/openapi.json lists all there are")
            .into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::status(405, "invalid", "this can only be read").into_response();
    }
    // Below the first level only the hashed files are files. The rest are places inside a window, such as
    // a folder with dots, spaces or letters of any script in its name.
    let plain = |part: &str| decode(part).is_some_and(|name| !matches!(name.as_str(), "." | ".."));
    let place =
        !path.starts_with("/assets/") && path.trim_matches('/').contains('/') && path.split('/').all(plain);
    let Some(segments) = (if place { Some(Vec::new()) } else { segments(path) }) else {
        return pages::notice(
            StatusCode::NOT_FOUND,
            "There is no such page",
            "The address is not one of LivOS's.",
            ("/", "Back to LivOS"),
        );
    };
    let root = &app.site.ui_dir;
    let exact = segments.iter().fold(root.clone(), |at, segment| at.join(segment));
    let hashed = segments.first().is_some_and(|first| first == "assets");
    let is_file = segments.last().is_some_and(|last| last.contains('.'));
    let found = if segments.is_empty() { None } else { file(&exact, &request, hashed, &app.buffers) };
    let answer = match found {
        Some(answer) => Some(answer),
        None if hashed || is_file => None,
        None => file(&root.join("index.html"), &request, false, &app.buffers),
    };
    match answer {
        Some(Ok(response)) => response,
        Some(Err(error)) => ApiError::internal(&error).into_response(),
        None if hashed || is_file => StatusCode::NOT_FOUND.into_response(),
        None => pages::notice(
            StatusCode::OK,
            "LivOS is running",
            "Its desktop has not been built on this machine. The server itself works; this is how it is doing:",
            ("/api/v1/health", "Health"),
        ),
    }
}

/// The parts of a path, each a plain name; `None` for anything that could lead out of the folder.
fn segments(path: &str) -> Option<Vec<String>> {
    let parts = path.split('/').filter(|part| !part.is_empty()).map(|part| {
        let name = decode(part)?;
        let plain = !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@+ ".contains(&byte));
        plain.then_some(name)
    });
    parts.collect()
}

/// Answers with a file; `None` when there is none.
fn file(path: &Path, request: &Request, hashed: bool, buffers: &Buffers) -> Option<io::Result<Response>> {
    let headers = request.headers();
    let candidates =
        [("br", ".br"), ("gzip", ".gz")].into_iter().filter(|(coding, _)| accepts(headers, coding));
    let mut chosen = None;
    for (coding, suffix) in candidates {
        let mut packed = OsString::from(path);
        packed.push(suffix);
        if let Some(file) = open(&PathBuf::from(packed)) {
            chosen = Some((file, Some(coding)));
            break;
        }
    }
    let (file, coding) = match chosen {
        Some(chosen) => chosen,
        None => (open(path)?, None),
    };
    Some(answer(file, path, coding, request, hashed, buffers))
}

fn open(path: &Path) -> Option<std::fs::File> {
    let file = std::fs::File::open(path).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|part| {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        name.trim() == coding && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn answer(
    file: std::fs::File,
    path: &Path,
    coding: Option<&'static str>,
    request: &Request,
    hashed: bool,
    buffers: &Buffers,
) -> io::Result<Response> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata()?;
    let tag = format!("\"{:x}-{:x}.{:x}\"", metadata.len(), metadata.mtime(), metadata.mtime_nsec());
    let mut response = Response::default();
    let headers = response.headers_mut();
    let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(value) = HeaderValue::try_from(tag.as_str()) {
        headers.insert(header::ETAG, value);
    }
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| none_match_hits(known, &tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(metadata.len()));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    if *request.method() != Method::HEAD {
        *response.body_mut() =
            Body::from_stream(FileStream::new(Arc::new(file.into()), 0, metadata.len(), buffers.clone()));
    }
    Ok(response)
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        for bad in [
            "/..",
            "/a/../b",
            "/%2e%2e/etc/passwd",
            "/a%2fb",
            "/a%5cb",
            "/a\\b",
            "/%00",
            "/%c0%ae",
            "/.git/config",
            "/a/.env",
            "/~root",
        ] {
            assert_eq!(segments(bad), None, "{bad}");
        }
        assert_eq!(segments("/assets/index-B_1x.js").unwrap(), ["assets", "index-B_1x.js"]);
        assert_eq!(segments("/").unwrap(), Vec::<String>::new());
        assert_eq!(segments("//a//b/").unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_coding_is_used_when_it_is_accepted() {
        let with = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            headers
        };
        assert!(accepts(&with("gzip, deflate, br"), "br"));
        assert!(accepts(&with("br;q=0.5"), "br"));
        assert!(!accepts(&with("br;q=0"), "br"));
        assert!(!accepts(&with("gzip"), "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }
}
