//! A person's file as an answer: ranges, validators, and no way for it to act as a page of ours.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use livos_bus::EntryInfo;

use super::buffers::Buffers;
use super::handover::FilePart;
use super::headers::CONTENT_POLICY;
use crate::core::etag::{http_date, if_range_holds, none_match_hits};
use crate::core::range::{self, Part};
use crate::error::ApiError;

/// Answers with a file, or the part of it that was asked for.
pub(crate) fn serve(
    entry: &EntryInfo,
    file: OwnedFd,
    method: &Method,
    asked: &HeaderMap,
    download: bool,
    buffers: &Buffers,
) -> Result<Response, ApiError> {
    let failed = |error: rustix::io::Errno| ApiError::internal(&std::io::Error::from(error));
    let stat = rustix::fs::fstat(&file).map_err(failed)?;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    let tag = format!("\"{:x}-{size:x}-{:x}.{:x}\"", stat.st_ino, stat.st_mtime, stat.st_mtime_nsec);
    let modified = http_date(stat.st_mtime);
    let text = |name: header::HeaderName| asked.get(name).and_then(|value| value.to_str().ok());

    let mut response = Response::default();
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, &tag);
    set(header::LAST_MODIFIED, &modified);
    set(header::ACCEPT_RANGES, "bytes");
    // May be kept, must be asked for again each time: it is one person's, and it changes.
    set(header::CACHE_CONTROL, "private, no-cache");
    set(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY);

    let unchanged = match text(header::IF_NONE_MATCH) {
        Some(tags) => none_match_hits(tags, &tag),
        None => text(header::IF_MODIFIED_SINCE) == Some(modified.as_str()),
    };
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }

    let (media_type, inline) = shown_as(&entry.media_type);
    set(header::CONTENT_TYPE, media_type);
    set(header::CONTENT_DISPOSITION, &disposition(&entry.name, inline && !download));
    // A range is for what the client has part of; if that has changed, it gets everything.
    let ranged = *method == Method::GET
        && text(header::IF_RANGE).is_none_or(|known| if_range_holds(known, &tag, &modified));
    let part = match text(header::RANGE).filter(|_| ranged) {
        Some(wanted) => range::parse(wanted, size),
        None => Part::Whole,
    };
    let (from, to) = match part {
        Part::Whole => (0, size),
        Part::Range(from, to) => {
            set(header::CONTENT_RANGE, &format!("bytes {from}-{}/{size}", to.saturating_sub(1)));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            (from, to)
        }
        Part::Unsatisfiable => {
            let error =
                ApiError::status(416, "range", format!("the file has {size} bytes; ask for a part of them"));
            let mut response = error.into_response();
            if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
                response.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            return Ok(response);
        }
    };
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(to - from));
    if *method != Method::HEAD {
        let part = FilePart { file: Arc::new(file), from, to, buffers: buffers.clone() };
        *response.body_mut() = Body::from_stream(part.stream());
        response.extensions_mut().insert(part);
    }
    Ok(response)
}

/// As what a file is sent, and whether a browser may show it instead of saving it.
///
/// What could carry script is only ever saved; other text is shown as plain text.
fn shown_as(media_type: &str) -> (&str, bool) {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    let active = ["html", "xml", "svg", "javascript", "ecmascript"].iter().any(|word| kind.contains(word));
    match kind.split_once('/') {
        _ if active => (kind, false),
        Some(("image" | "audio" | "video", _)) => (kind, true),
        Some(("text", _)) => ("text/plain; charset=utf-8", true),
        Some(("application", "pdf" | "json")) => (kind, true),
        Some(_) => (kind, false),
        None => ("application/octet-stream", false),
    }
}

/// `Content-Disposition` (RFC 6266): a plain name for old clients, the real one for all others.
pub(crate) fn disposition(name: &str, inline: bool) -> String {
    let real = String::from_utf8_lossy(&livos_types::unescape_name(name)).into_owned();
    let plain: String = real
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    let encoded = real.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    });
    let kind = if inline { "inline" } else { "attachment" };
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_carry_script_is_only_saved() {
        for kind in [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/xml",
            "text/javascript",
            "application/zip",
            "",
            "x",
        ] {
            assert!(!shown_as(kind).1, "{kind}");
        }
        for kind in ["image/png", "video/mp4", "audio/mpeg", "application/pdf"] {
            assert_eq!(shown_as(kind), (kind, true));
        }
        assert_eq!(shown_as("text/css"), ("text/plain; charset=utf-8", true));
    }

    #[test]
    fn any_name_survives_the_header() {
        assert_eq!(
            disposition("a b.txt", false),
            "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"
        );
        assert_eq!(
            disposition("ä\"\r\n;文.txt", true),
            "inline; filename=\"____;_.txt\"; filename*=UTF-8''%C3%A4%22%0D%0A%3B%E6%96%87.txt"
        );
    }
}
