//! Apps that members ask the admins for.

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::documents::CatalogApp;
use livos_types::{AppId, StoreId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::http::json::{self, Json};
use crate::identity::SignedIn;
use crate::services::actor_of;
use crate::store::{NewWish, WishRow};

/// An app that somebody asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Wish {
    /// Its number.
    id: i64,
    /// Whose it is: an account's id.
    user: String,
    /// What that person is called.
    by: String,
    /// The store.
    store: String,
    /// The app in it.
    app: String,
    /// What the store calls it.
    name: String,
    /// `open`, `granted` or `declined`.
    state: String,
    /// UTC seconds.
    asked_at: i64,
    /// UTC seconds; 0 while it is open.
    settled_at: i64,
}

impl From<WishRow> for Wish {
    fn from(row: WishRow) -> Self {
        let WishRow { id, user_id: user, by, store, app, name, state, asked_at, settled_at } = row;
        Self { id, user, by, store, app, name, state, asked_at, settled_at }
    }
}

/// Apps that were asked for
///
/// An admin sees what waits for an answer, a member what they asked for themselves, also what was answered within the
/// last 30 days.
#[utoipa::path(get, path = "/api/v1/store/wishes", tag = "store", responses((status = 200, description = "The oldest first", body = Vec<Wish>)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    let person = &signed_in.person;
    let of = (!person.role.is_admin()).then(|| person.id.as_str());
    let wishes = app.identity.store().wishes(of).await?;
    Ok(json::ok(&wishes.into_iter().map(Wish::from).collect::<Vec<_>>()))
}

/// An app to ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WishBody {
    /// The store.
    store: String,
    /// The app in it.
    app: String,
}

/// Ask the admins for an app
///
/// Once more is no more. Each admin is told.
#[utoipa::path(post, path = "/api/v1/store/wishes", tag = "store", request_body = WishBody, responses((status = 204, description = "Asked")))]
pub(crate) async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<WishBody>,
) -> Result<Response, ApiError> {
    let store = StoreId::new(asked.store).map_err(ApiError::invalid)?;
    let id = AppId::new(asked.app).map_err(ApiError::invalid)?;
    let person = &signed_in.person;
    let document = app.services.catalog.get(&actor_of(person), store.as_str(), id.as_str()).await?;
    let offered: CatalogApp = document.parse()?;
    let (user, name) = (person.id.as_str(), offered.app.name.as_str());
    let new = NewWish { user, store: store.as_str(), app: id.as_str(), name };
    let added = app.identity.store().add_wish(&new, app.identity.now()).await?;
    added.ok_or_else(|| {
        ApiError::conflict("you have asked for 50 apps; wait for an answer, or take some back")
    })?;
    app.events.wishes(&person.id);
    Ok(super::done())
}

/// Take a wish back, or decline it
///
/// Whose it is takes it back; an admin declines it, which the person is told.
#[utoipa::path(delete, path = "/api/v1/store/wishes/{id}", tag = "store", params(("id" = i64, Path, description = "The wish")), responses((status = 204, description = "Gone, or declined")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let gone = || ApiError::not_found("there is no such wish; it may have been answered or taken back");
    let id: i64 = id.parse().map_err(|_| gone())?;
    let store = app.identity.store();
    let person = &signed_in.person;
    let wish = store.wish(id).await?.ok_or_else(gone)?;
    if wish.user_id == person.id.as_str() {
        store.remove_wish(id).await?;
    } else if !person.role.is_admin() || !store.decline_wish(id, app.identity.now()).await? {
        // Also for somebody else's: who asked for what is nobody's business.
        return Err(gone());
    } else {
        let subject = format!("{} for {}", wish.app, wish.by);
        app.identity.audit(Some(person), Some(&edge.visitor), "wish.decline", &subject, "ok").await;
    }
    told(&app, &wish.user_id);
    Ok(super::done())
}

/// An app is being installed, which grants what was asked for.
pub(super) async fn grant(app: &App, store: &str, id: &str) {
    match app.identity.store().grant_wishes(store, id, app.identity.now()).await {
        Ok(users) => users.iter().for_each(|user| told(app, user)),
        // The wish stays open, and an admin can still answer it.
        Err(error) => {
            tracing::warn!(%error, app = id, "could not note that an app somebody asked for is coming");
        }
    }
}

fn told(app: &App, user: &str) {
    if let Ok(user) = UserId::new(user) {
        app.events.wishes(&user);
    }
}
