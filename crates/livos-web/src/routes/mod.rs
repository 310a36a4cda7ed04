//! One file per resource. [`table`] is the list of all routes and of who may use them.

mod app_checks;
mod app_compose;
mod app_settings;
mod approvals;
mod apps;
mod assistant;
mod assistant_web;
mod audit;
mod docker;
mod docker_files;
mod docker_shell;
mod docker_work;
mod embeddings;
mod events;
mod exposure;
mod files;
mod gate;
mod jobs;
mod keys;
mod mcp;
mod me;
pub(crate) mod openapi;
mod outcomes;
mod personal;
mod pictures;
mod providers;
mod schedules;
mod server;
mod sessions;
mod setup;
mod skills;
mod spending;
mod stacks;
mod store;
mod subagents;
mod system;
mod tool_servers;
mod transfers;
mod tus;
mod updates;
mod users;
mod wishes;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use utoipa_axum::routes;

use crate::App;
use crate::error::ApiError;
use crate::http::access::Table;

pub(crate) use users::entry as account_view;

/// Every route there is.
pub(crate) fn table(app: &App) -> Table {
    Table::new(app.clone(), openapi::base())
        .open(routes!(server::health))
        .open(routes!(server::version))
        .open(routes!(openapi::document))
        .open(routes!(setup::state))
        .open(routes!(setup::claim))
        .open(routes!(setup::account))
        .open(routes!(sessions::sign_in))
        .open(routes!(sessions::refresh))
        .signed_in(routes!(sessions::current, sessions::sign_out))
        .signed_in(routes!(sessions::list))
        .signed_in(routes!(sessions::revoke))
        .signed_in(routes!(me::rename))
        .signed_in(routes!(me::password))
        .signed_in(routes!(me::offer_totp, me::disable_totp))
        .signed_in(routes!(me::confirm_totp))
        .signed_in(routes!(me::recovery_codes))
        .signed_in(routes!(me::settings, me::patch_settings))
        .signed_in(routes!(keys::list, keys::create))
        .signed_in(routes!(keys::revoke))
        .admin(routes!(users::list, users::add))
        .admin(routes!(users::change, users::remove))
        .admin(routes!(audit::list))
        .signed_in(routes!(outcomes::get))
        .signed_in(routes!(jobs::list))
        .signed_in(routes!(jobs::get, jobs::dismiss))
        .signed_in(routes!(jobs::cancel))
        .signed_in(routes!(jobs::retry))
        .signed_in(routes!(jobs::log))
        .signed_in(routes!(files::roots))
        .signed_in(routes!(files::list))
        .signed_in(routes!(files::stat))
        .signed_in(routes!(files::content, files::content_head))
        .signed_in(routes!(files::archive))
        .signed_in(routes!(files::search))
        .signed_in(routes!(files::create_directory))
        .signed_in(routes!(files::rename))
        .signed_in(routes!(personal::favourites, personal::add_favourite, personal::remove_favourite))
        .signed_in(routes!(personal::shares, personal::share, personal::unshare))
        .signed_in(routes!(personal::recents, personal::opened, personal::clear_recents))
        .signed_in(routes!(personal::wallpaper, personal::set_wallpaper, personal::clear_wallpaper))
        .signed_in(routes!(transfers::move_items))
        .signed_in(routes!(transfers::copy_items))
        .signed_in(routes!(transfers::trashed, transfers::trash, transfers::empty_trash))
        .signed_in(routes!(transfers::restore))
        .signed_in(routes!(transfers::delete_trashed))
        .signed_in(routes!(tus::list, tus::create, tus::options))
        .signed_in(routes!(tus::offset, tus::append, tus::cancel, tus::overridden))
        .signed_in(routes!(store::list))
        .signed_in(routes!(store::get))
        .signed_in(routes!(app_checks::before_install))
        .signed_in(routes!(store::icon))
        .signed_in(routes!(store::picture))
        .signed_in(routes!(store::sources))
        .admin(routes!(store::add_source))
        .admin(routes!(store::remove_source))
        .admin(routes!(store::refresh_source))
        .signed_in(routes!(wishes::list, wishes::add))
        .signed_in(routes!(wishes::remove))
        .signed_in(routes!(apps::list))
        .admin(routes!(apps::install))
        .signed_in(routes!(apps::get))
        .admin(routes!(apps::remove))
        .admin(routes!(apps::start))
        .admin(routes!(apps::stop))
        .admin(routes!(apps::restart))
        .signed_in(routes!(apps::update_of))
        .admin(routes!(apps::update))
        .admin(routes!(apps::update_all))
        .admin(routes!(app_checks::with_answers))
        .admin(routes!(app_checks::before_change))
        .admin(routes!(app_checks::update_with_answers))
        .admin(routes!(app_settings::get, app_settings::set))
        .admin(routes!(app_settings::look))
        .admin(routes!(app_compose::get, app_compose::set))
        .admin(routes!(app_compose::check))
        .admin(routes!(stacks::create))
        .admin(routes!(stacks::check))
        .admin(routes!(app_settings::pin, app_settings::unpin))
        .admin(routes!(app_settings::skip, app_settings::unskip))
        .admin(routes!(apps::export))
        .admin(routes!(apps::rollback))
        .admin(routes!(apps::logs))
        .signed_in(routes!(apps::engine))
        .admin(routes!(docker::overview))
        .admin(routes!(docker::container))
        .admin(routes!(docker::environment))
        .admin(routes!(docker_files::folder))
        .admin(routes!(docker_files::file))
        .admin(routes!(docker::adopt))
        .admin(routes!(docker::release))
        .admin(routes!(docker::logs))
        .admin(routes!(docker_shell::open))
        .admin(routes!(docker::start))
        .admin(routes!(docker::stop))
        .admin(routes!(docker::restart))
        .admin(routes!(docker::reclaimable, docker::reclaim))
        .admin(routes!(docker_work::look))
        .admin(routes!(docker_work::act))
        .admin(routes!(docker_work::stats))
        .admin(routes!(docker_work::events))
        .admin(routes!(docker_work::engine_log))
        .admin(routes!(docker_work::start_engine))
        .signed_in(routes!(system::get))
        .signed_in(routes!(system::load))
        .admin(routes!(updates::get, updates::start))
        .admin(routes!(updates::check))
        .admin(routes!(updates::file))
        .admin(routes!(updates::cancel))
        .admin(routes!(updates::automatic))
        .open(routes!(exposure::certificate))
        .open(routes!(exposure::profile))
        .open(routes!(exposure::page))
        .signed_in(routes!(exposure::get))
        .admin(routes!(exposure::set_always))
        .admin(routes!(exposure::set_domain, exposure::remove_domain))
        .signed_in(routes!(events::stream))
        .signed_in(routes!(assistant::status))
        .signed_in(routes!(assistant::list, assistant::create))
        .signed_in(routes!(assistant::get, assistant::change, assistant::remove))
        .signed_in(routes!(assistant::send))
        .signed_in(routes!(pictures::add))
        .signed_in(routes!(pictures::get))
        .signed_in(routes!(assistant::stop))
        .signed_in(routes!(assistant::events))
        .signed_in(routes!(approvals::list))
        .signed_in(routes!(approvals::answer))
        .signed_in(routes!(approvals::undo))
        .signed_in(routes!(approvals::undo_plan, approvals::undo_run))
        .signed_in(routes!(assistant::replay))
        .signed_in(routes!(assistant::whole_result))
        .signed_in(routes!(approvals::rules))
        .signed_in(routes!(approvals::set_rule))
        .admin(routes!(providers::list))
        .admin(routes!(providers::save, providers::remove))
        .admin(routes!(providers::set_default))
        .admin(routes!(providers::set_tier))
        .admin(routes!(embeddings::get, embeddings::set, embeddings::remove))
        .signed_in(routes!(assistant_web::get))
        .admin(routes!(assistant_web::switch))
        .signed_in(routes!(assistant_web::switch_own))
        .admin(routes!(assistant_web::save_search, assistant_web::remove_search))
        .admin(routes!(tool_servers::list))
        .admin(routes!(tool_servers::save, tool_servers::remove))
        .admin(routes!(tool_servers::look))
        .admin(routes!(tool_servers::switch))
        .admin(routes!(tool_servers::set_tool))
        .admin(routes!(tool_servers::search))
        .admin(routes!(tool_servers::export, tool_servers::import))
        .with_key(routes!(mcp::post, mcp::get, mcp::delete))
        .signed_in(routes!(spending::month))
        .signed_in(routes!(schedules::list, schedules::create))
        .signed_in(routes!(schedules::change, schedules::remove))
        .signed_in(routes!(schedules::restore))
        .signed_in(routes!(schedules::run))
        .signed_in(routes!(skills::list, skills::add))
        .signed_in(routes!(skills::get, skills::change, skills::remove))
        .signed_in(routes!(skills::discard))
        .signed_in(routes!(subagents::list, subagents::create))
        .signed_in(routes!(subagents::get, subagents::update, subagents::pause, subagents::remove))
        .signed_in(routes!(subagents::run))
        .admin(routes!(spending::set_budget, spending::remove_budget))
        .admin(routes!(spending::set_price, spending::forget_price))
        .open(routes!(gate::check))
        .open(routes!(gate::open))
        .open(routes!(gate::enter))
}

/// 204.
fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Sends a browser on.
fn redirect(to: &str) -> Result<Response, ApiError> {
    let to =
        HeaderValue::try_from(to).map_err(|_| ApiError::invalid("the address to go on to is not one"))?;
    let mut response = StatusCode::FOUND.into_response();
    response.headers_mut().insert(header::LOCATION, to);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
