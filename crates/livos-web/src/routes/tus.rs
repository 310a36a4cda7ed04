//! Uploads: the tus 1.0 protocol, word for word.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use livos_bus::{Actor, UploadInfo, UploadRequest};
use livos_types::{RelPath, RootId, check_component};

use crate::App;
use crate::core::etag::http_date;
use crate::core::tus::{self, Checksum};
use crate::error::ApiError;
use crate::http::json;
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};
use crate::uploads::{self, Ended, Finished, Received};

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Every request but OPTIONS says which version it speaks.
fn speaks(headers: &HeaderMap) -> Result<(), ApiError> {
    if text(headers, "tus-resumable") == Some(tus::VERSION) {
        return Ok(());
    }
    Err(ApiError::status(412, "invalid", "send ‘Tus-Resumable: 1.0.0’; this server speaks no other version"))
}

/// An answer, with what every answer of the protocol carries.
fn answer(outcome: Result<Response, ApiError>) -> Response {
    let mut response = outcome.unwrap_or_else(IntoResponse::into_response);
    let headers = response.headers_mut();
    headers.insert(RESUMABLE, HeaderValue::from_static(tus::VERSION));
    headers.insert("tus-version", HeaderValue::from_static(tus::VERSION));
    response
}

fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn progress(response: Response, offset: u64, expires_at: i64) -> Response {
    let response = with(response, OFFSET, &offset.to_string());
    if expires_at > 0 { with(response, EXPIRES, &http_date(expires_at)) } else { response }
}

fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, ApiError> {
    let Some(value) = headers.get("upload-checksum") else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(Checksum::parse);
    parsed
        .map(Some)
        .ok_or_else(|| ApiError::invalid("‘Upload-Checksum’ is sha1 or sha256 and the digest in base64"))
}

fn is_piece(headers: &HeaderMap) -> bool {
    text(headers, "content-type").is_some_and(|kind| kind.eq_ignore_ascii_case(tus::MEDIA_TYPE))
}

/// One's own unfinished uploads
#[utoipa::path(get, path = "/api/v1/uploads", tag = "uploads", responses((status = 200, description = "Uploads", body = Vec<UploadInfo>)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    Ok(json::ok(&app.services.uploads.list(&actor_of(&signed_in.person)).await?))
}

/// What this server can do (tus)
#[utoipa::path(options, path = "/api/v1/uploads", tag = "uploads", responses((status = 204, description = "Tus-Version, Tus-Extension, Tus-Checksum-Algorithm")))]
pub(crate) async fn options() -> Response {
    let response = with(super::done(), HeaderName::from_static("tus-extension"), tus::EXTENSIONS);
    answer(Ok(with(response, HeaderName::from_static("tus-checksum-algorithm"), tus::ALGORITHMS)))
}

/// Begin an upload (tus)
///
/// `Upload-Metadata`: `root`, `path` (the folder), `filename`, `on_conflict` (`keep_both`, `replace`, `skip`),
/// `relative_path` (below the folder, with the file's name; missing folders are made) and `modified_at` (UTC seconds).
#[utoipa::path(post, path = "/api/v1/uploads", tag = "uploads", params(
    ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ("Upload-Length" = u64, Header, description = "Bytes"),
    ("Upload-Metadata" = String, Header, description = "key base64,key base64"),
), responses((status = 201, description = "Location: where to send the bytes")))]
pub(crate) async fn create(State(app): State<App>, signed_in: SignedIn, request: Request) -> Response {
    answer(begin(app, &signed_in, request).await)
}

async fn begin(app: App, signed_in: &SignedIn, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    speaks(&parts.headers)?;
    let size = text(&parts.headers, "upload-length").and_then(tus::number);
    let size = size.ok_or_else(|| {
        ApiError::invalid("‘Upload-Length’ is the number of bytes; it must be known at the beginning")
    })?;
    let wanted = wanted(text(&parts.headers, "upload-metadata").unwrap_or_default(), size)?;
    let checksum = checksum(&parts.headers)?;
    let actor = actor_of(&signed_in.person);
    let upload = app.services.uploads.create(&actor, &wanted).await?;
    let location = format!("/api/v1/uploads/{}", upload.id);
    let (id, expires_at) = (upload.id, upload.expires_at);
    let with_upload = is_piece(&parts.headers);
    // An empty file is complete as soon as it is begun.
    let offset = if with_upload || size == 0 {
        let body = if with_upload { body } else { Body::empty() };
        receive(app, actor, id, 0, body, checksum, None).await?.0
    } else {
        0
    };
    let response = with(StatusCode::CREATED.into_response(), header::LOCATION, &location);
    Ok(progress(response, offset, expires_at))
}

/// Reads what the client says about the file.
fn wanted(metadata: &str, size: u64) -> Result<UploadRequest, ApiError> {
    let pairs = tus::metadata(metadata).ok_or_else(|| {
        ApiError::invalid("‘Upload-Metadata’ is ‘key base64’ pairs with commas between, each key once")
    })?;
    let get = |key: &str| pairs.get(key).map(String::as_str).unwrap_or_default();
    let root = RootId::new(get("root")).map_err(ApiError::invalid)?;
    let path = RelPath::new(get("path")).map_err(ApiError::invalid)?;
    let name = get("filename");
    check_component(name).map_err(ApiError::invalid)?;
    let below = RelPath::new(get("relative_path")).map_err(ApiError::invalid)?;
    // Browsers give the path below the folder with the file's own name at its end.
    let folders = if below.name() == Some(name) { below.parent().unwrap_or_default() } else { below };
    let on_conflict = match get("on_conflict") {
        "" => "keep_both",
        word @ ("keep_both" | "replace" | "skip") => word,
        _ => return Err(ApiError::invalid("‘on_conflict’ is keep_both, replace or skip")),
    };
    let modified_at = match get("modified_at") {
        "" => 0,
        text => text.parse().map_err(|_| ApiError::invalid("‘modified_at’ is a number of UTC seconds"))?,
    };
    Ok(UploadRequest {
        root: root.into(),
        path: path.into(),
        relative_path: folders.into(),
        name: name.to_owned(),
        size,
        on_conflict: on_conflict.to_owned(),
        modified_at,
    })
}

/// How far an upload is (tus)
#[utoipa::path(head, path = "/api/v1/uploads/{id}", tag = "uploads", params(("id" = String, Path, description = "The upload")), responses((status = 200, description = "Upload-Offset, Upload-Length")))]
pub(crate) async fn offset(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(standing(&app, &signed_in, &id, &headers).await)
}

async fn standing(
    app: &App,
    signed_in: &SignedIn,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    speaks(headers)?;
    let fresh = |offset: u64, size: u64, expires_at| {
        let response = with(StatusCode::OK.into_response(), LENGTH, &size.to_string());
        let response = with(response, header::CACHE_CONTROL, "no-store");
        progress(response, offset, expires_at)
    };
    if let Some(finished) = app.uploads.finished(id, signed_in.person.id.as_str()) {
        return Ok(fresh(finished.size, finished.size, 0));
    }
    let actor = actor_of(&signed_in.person);
    // Whose it is comes first: taking over stops a writer.
    app.services.uploads.get(&actor, id).await?;
    let _writing = app.uploads.take_over(id).await;
    let (upload, offset) = match app.identity.store().unverified(id).await? {
        None => {
            let upload = app.services.uploads.get(&actor, id).await?;
            let offset = upload.offset;
            (upload, offset)
        }
        Some(_) => {
            let (upload, file) = app.services.uploads.open(&actor, id).await?;
            let offset = drop_unverified(app, &upload, &owned(file)).await?;
            (upload, offset)
        }
    };
    Ok(fresh(offset, upload.size, upload.expires_at))
}

/// Cuts off a piece whose checksum was never compared, because the server was stopped in the middle of it.
async fn drop_unverified(
    app: &App,
    upload: &UploadInfo,
    file: &std::os::fd::OwnedFd,
) -> Result<u64, ApiError> {
    let store = app.identity.store();
    let Some(begins) = store.unverified(&upload.id).await? else { return Ok(upload.offset) };
    let begins = u64::try_from(begins).unwrap_or(0);
    if upload.offset > begins {
        cut(file, begins)?;
    }
    store.end_unverified(&upload.id).await?;
    Ok(upload.offset.min(begins))
}

fn cut(file: &std::os::fd::OwnedFd, at: u64) -> Result<(), ApiError> {
    rustix::fs::ftruncate(file, at).map_err(|error| ApiError::internal(&std::io::Error::from(error)))
}

/// Send bytes (tus)
#[utoipa::path(patch, path = "/api/v1/uploads/{id}", tag = "uploads", params(
    ("id" = String, Path, description = "The upload"),
    ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ("Upload-Offset" = u64, Header, description = "Where these bytes begin"),
    ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256 and the digest in base64"),
), request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"), responses((status = 204, description = "Upload-Offset: what is in the file now"), (status = 460, description = "The checksum is another; nothing of it was kept")))]
pub(crate) async fn append(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(piece(app, &signed_in, id, request).await)
}

async fn piece(app: App, signed_in: &SignedIn, id: String, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    speaks(&parts.headers)?;
    if !is_piece(&parts.headers) {
        return Err(ApiError::status(415, "invalid", format!("send bytes as {}", tus::MEDIA_TYPE)));
    }
    let offset = text(&parts.headers, "upload-offset").and_then(tus::number);
    let offset = offset.ok_or_else(|| ApiError::invalid("‘Upload-Offset’ says where the bytes begin"))?;
    let checksum = checksum(&parts.headers)?;
    let length = text(&parts.headers, "content-length").and_then(tus::number);
    let actor = actor_of(&signed_in.person);
    let (offset, expires_at) = receive(app, actor, id, offset, body, checksum, length).await?;
    Ok(progress(super::done(), offset, expires_at))
}

/// Writes a body to an upload; answers how far it is and when it expires.
async fn receive(
    app: App,
    actor: Actor,
    id: String,
    offset: u64,
    body: Body,
    checksum: Option<Checksum>,
    length: Option<u64>,
) -> Result<(u64, i64), ApiError> {
    app.services.uploads.get(&actor, &id).await?;
    let writing = app.uploads.take_over(&id).await;
    let (upload, file) = app.services.uploads.open(&actor, &id).await?;
    let file = owned(file);
    let begins = drop_unverified(&app, &upload, &file).await?;
    if offset != begins {
        return Err(ApiError::conflict(format!("the upload is at byte {begins}; go on from there")));
    }
    let room = upload.size.saturating_sub(begins);
    if length.is_some_and(|length| length > room) {
        return Err(ApiError::too_large("this is more than the upload was to have in all"));
    }
    if checksum.is_some() {
        let begins = i64::try_from(begins).unwrap_or(i64::MAX);
        app.identity.store().begin_unverified(&id, begins).await?;
    }
    let again = file.try_clone().map_err(|error| ApiError::internal(&error))?;
    let (intake, outlet) = uploads::channel(file, begins, checksum);
    let stop = writing.stop();
    // Goes on when this request is dropped, and holds the right to write until all is settled.
    let settled = app.tasks.clone().spawn(async move {
        let received = outlet.drain().await;
        let outcome = settle(&app, &actor, &upload, begins, &again, received).await;
        drop(writing);
        outcome
    });
    intake.take(body, room, &stop).await;
    settled.await.map_err(|error| ApiError::internal(&error))?
}

/// What follows from what was received.
async fn settle(
    app: &App,
    actor: &Actor,
    upload: &UploadInfo,
    begins: u64,
    file: &std::os::fd::OwnedFd,
    received: Received,
) -> Result<(u64, i64), ApiError> {
    if let Some(verified) = received.verified {
        if !verified {
            cut(file, begins)?;
        }
        app.identity.store().end_unverified(&upload.id).await?;
        if !verified {
            return Err(unverified(received.ended));
        }
    }
    finish(app, actor, upload, received).await
}

fn unverified(ended: Ended) -> ApiError {
    match ended {
        Ended::Complete => ApiError::status(
            460,
            "checksum_mismatch",
            "the bytes are not those the checksum was made of; send them again",
        ),
        Ended::TooLong => ApiError::too_large("this is more than the upload was to have in all"),
        Ended::Failed(error) => failed(&error),
        Ended::BrokenOff => ApiError::invalid("the body broke off before its checksum could be compared"),
    }
}

fn failed(error: &std::io::Error) -> ApiError {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => ApiError::status(
            507,
            livos_bus::codes::NO_SPACE,
            "the disk is full; make room and go on with the upload",
        ),
        Kind::FileTooLarge => ApiError::too_large("the disk's file system cannot hold a file of this size"),
        _ => ApiError::internal(error),
    }
}

async fn finish(
    app: &App,
    actor: &Actor,
    upload: &UploadInfo,
    received: Received,
) -> Result<(u64, i64), ApiError> {
    match received.ended {
        Ended::Failed(error) => return Err(failed(&error)),
        Ended::TooLong => return Err(ApiError::too_large("this is more than the upload was to have in all")),
        Ended::Complete | Ended::BrokenOff => {}
    }
    if received.offset == upload.size {
        app.services.uploads.commit(actor, &upload.id).await?;
        let user = actor.user.to_string();
        app.uploads.finish(Finished { id: upload.id.clone(), user, size: upload.size });
        return Ok((received.offset, 0));
    }
    Ok((received.offset, upload.expires_at))
}

/// Give an upload up (tus)
#[utoipa::path(delete, path = "/api/v1/uploads/{id}", tag = "uploads", params(("id" = String, Path, description = "The upload")), responses((status = 204, description = "Gone")))]
pub(crate) async fn cancel(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(give_up(&app, &signed_in, &id, &headers).await)
}

async fn give_up(
    app: &App,
    signed_in: &SignedIn,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    speaks(headers)?;
    let actor = actor_of(&signed_in.person);
    app.services.uploads.get(&actor, id).await?;
    let _writing = app.uploads.take_over(id).await;
    app.services.uploads.cancel(&actor, id).await?;
    app.identity.store().end_unverified(id).await?;
    Ok(super::done())
}

/// For clients that can send nothing but POST (tus)
///
/// `X-HTTP-Method-Override` is PATCH, DELETE or HEAD.
#[utoipa::path(post, path = "/api/v1/uploads/{id}", tag = "uploads", params(
    ("id" = String, Path, description = "The upload"),
    ("X-HTTP-Method-Override" = String, Header, description = "The method that is meant"),
), responses((status = 204, description = "As the method that is meant")))]
pub(crate) async fn overridden(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let outcome = match text(request.headers(), "x-http-method-override") {
        Some("PATCH") => piece(app, &signed_in, id, request).await,
        Some("DELETE") => give_up(&app, &signed_in, &id, request.headers()).await,
        Some("HEAD") => standing(&app, &signed_in, &id, request.headers()).await,
        _ => Err(ApiError::status(
            405,
            "invalid",
            "say in X-HTTP-Method-Override what is meant: PATCH, DELETE or HEAD",
        )),
    };
    answer(outcome)
}
