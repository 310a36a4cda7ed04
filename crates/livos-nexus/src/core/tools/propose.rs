//! What the agent may not do itself: a call becomes a proposal.

use livos_bus::approvals::{Proposal, ProposalState, ProposedAction};
use livos_bus::documents::{DockerContainer, Permission};
use livos_llm::ToolCall;
use livos_policy::{Proposable, decide};
use livos_types::AppId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::words::verb;
use super::{Place, changing, command, parse, refused, services, setup};
use crate::core::Nexus;

/// How long a proposal waits for its answer, in seconds.
pub(super) const PATIENCE: i64 = 24 * 60 * 60;
/// The longest reason, in letters.
const LONGEST_REASON: usize = 500;

/// What to do it with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OnApp {
    /// The app's id, as apps_list says it.
    app: String,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// What to install.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Install {
    /// The app's id, as apps_search says it.
    app: String,
    /// The store's id; needed only when several stores have an app of this id.
    #[serde(default)]
    store: String,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// Which container.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OnContainer {
    /// The container's name or id, as docker_list says it.
    container: String,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// What is put before the person, before it has a place.
pub(super) struct Wanted {
    pub(super) arguments: Value,
    /// On what: "Jellyfin".
    pub(super) subject: String,
    pub(super) why: String,
    /// What else is agreed to.
    pub(super) notes: Vec<String>,
}

/// What is put before the person, or why it can't be.
pub(super) async fn propose(
    nexus: &Nexus,
    place: &Place<'_>,
    call: &ToolCall,
    what: &Proposable,
) -> Result<Proposal, String> {
    let actor = place.actor;
    // First, so that nothing is looked up for whoever may not have it done.
    if !decide(actor.role, actor.username.as_str(), what.needs).is_allowed() {
        return Err(format!(
            "{} has the role {} on this server and may not do this, so it is not proposed; only an admin may",
            actor.username, actor.role
        ));
    }
    let arguments = call.arguments.clone();
    let wanted = match what.tool {
        "apps_install" => install(nexus, place, parse(arguments)?).await?,
        "apps_update" => update(nexus, place, parse(arguments)?).await?,
        "files_write" => changing::write(nexus, place, parse(arguments)?).await?,
        "files_move" => changing::rename(nexus, place, parse(arguments)?).await?,
        "files_trash" => changing::trash(nexus, place, parse(arguments)?).await?,
        "service_restart" => services::restart(&parse(arguments)?)?,
        "mcp_install" => setup::install(nexus, parse(arguments)?).await?,
        "mcp_manage" => setup::manage(nexus, parse(arguments)?).await?,
        "mcp_config_raw" => setup::change(nexus, parse(arguments)?).await?,
        "docker_exec" => command::exec(nexus, place, parse(arguments)?).await?,
        "docker_start" | "docker_stop" | "docker_restart" => {
            on_container(nexus, place, parse(arguments)?).await?
        }
        _ => on_app(nexus, place, parse(arguments)?).await?,
    };
    let summary = format!("{} {}", verb(what.tool, &wanted.arguments), wanted.subject);
    let action = ProposedAction { tool: what.tool.to_owned(), arguments: wanted.arguments };
    let now = nexus.clock.now();
    let proposal = Proposal {
        // Its place in the log, so that the same call is the same proposal.
        id: format!("{}-{}-{}", place.conversation, place.turn, place.number),
        conversation: place.conversation.to_owned(),
        run: place.run,
        action,
        summary,
        subject: wanted.subject,
        why: wanted.why,
        notes: wanted.notes,
        subagent: None,
        asked_in: None,
        state: ProposalState::Waiting,
        tainted: place.tainted,
        at: now,
        expires_at: now.saturating_add(PATIENCE),
        job: None,
        outcome: None,
        undo: None,
        undone: false,
        undoing: None,
    };
    let undo = what.undone_by().map(|(verb, arguments)| proposal.inverse(verb, arguments));
    Ok(Proposal { undo, ..proposal })
}

/// The reason, on one line.
pub(super) fn reason(why: &str) -> Result<String, String> {
    let why: String = why.split_whitespace().collect::<Vec<_>>().join(" ");
    let why: String = why.chars().filter(|letter| !letter.is_control()).take(LONGEST_REASON).collect();
    if why.is_empty() { Err("say why it should be done".to_owned()) } else { Ok(why) }
}

async fn on_app(nexus: &Nexus, place: &Place<'_>, asked: OnApp) -> Result<Wanted, String> {
    let id = AppId::new(asked.app.as_str()).map_err(|error| error.to_string())?;
    let why = reason(&asked.why)?;
    let subject = name_of(nexus, place, &id).await?;
    Ok(Wanted { arguments: json!({ "app": id }), subject, why, notes: Vec::new() })
}

/// What an installed app is called.
async fn name_of(nexus: &Nexus, place: &Place<'_>, id: &AppId) -> Result<String, String> {
    let apps = nexus.house.apps(place.actor).await.map_err(|error| refused(&error))?;
    let app = apps.into_iter().find(|app| app.id == *id);
    Ok(app.ok_or_else(|| format!("no app ‘{id}’ is installed; apps_list says which are"))?.name)
}

async fn update(nexus: &Nexus, place: &Place<'_>, asked: OnApp) -> Result<Wanted, String> {
    let id = AppId::new(asked.app.as_str()).map_err(|error| error.to_string())?;
    let why = reason(&asked.why)?;
    let subject = name_of(nexus, place, &id).await?;
    let update = nexus.house.update_of(place.actor, id.as_str()).await.map_err(|error| refused(&error))?;
    if !update.error.is_empty() {
        return Err(format!("{subject} cannot be updated: {}", update.error));
    }
    if update.inputs.iter().any(|input| input.required && input.default.is_empty()) {
        return Err(format!(
            "{subject} asks something before it is updated, which its person answers in the App Store"
        ));
    }
    let (accept, notes) = permissions(update.permissions);
    Ok(Wanted { arguments: json!({ "app": id, "to": update.to, "accept": accept }), subject, why, notes })
}

async fn install(nexus: &Nexus, place: &Place<'_>, asked: Install) -> Result<Wanted, String> {
    let id = AppId::new(asked.app.as_str()).map_err(|error| error.to_string())?;
    let why = reason(&asked.why)?;
    let offers = nexus.house.offers(place.actor).await.map_err(|error| refused(&error))?;
    let fits: Vec<_> = offers
        .into_iter()
        .filter(|offer| offer.id == id && (asked.store.is_empty() || offer.store.as_str() == asked.store))
        .collect();
    let offer = match &fits[..] {
        [offer] => offer,
        [] => return Err(format!("no store has an app ‘{id}’; apps_search says what there is")),
        more => {
            let stores: Vec<&str> = more.iter().map(|offer| offer.store.as_str()).collect();
            return Err(format!("several stores have ‘{id}’; say which of {}", stores.join(", ")));
        }
    };
    if offer.installed {
        return Err(format!("{} is installed already", offer.name));
    }
    let (house, store) = (&nexus.house, offer.store.as_str());
    let found = house.offer(place.actor, store, id.as_str()).await.map_err(|error| refused(&error))?;
    if !found.error.is_empty() || !found.unsupported.is_empty() {
        return Err(format!(
            "{} cannot run here: {} {}",
            offer.name,
            found.error,
            found.unsupported.join("; ")
        ));
    }
    let needs_answer = found.inputs.iter().any(|input| input.required && input.default.is_empty());
    if needs_answer || !found.dependencies.is_empty() {
        return Err(format!(
            "{} asks something before it is installed, or needs another app; its person does that in the App Store",
            offer.name
        ));
    }
    let (accept, notes) = permissions(found.permissions);
    let arguments =
        json!({ "app": id, "store": offer.store, "version": found.app.version, "accept": accept });
    Ok(Wanted { arguments, subject: offer.name.clone(), why, notes })
}

/// What is agreed to, and the sentences that it stands for.
fn permissions(all: Vec<Permission>) -> (Vec<String>, Vec<String>) {
    all.into_iter().map(|one| (one.code, one.text)).unzip()
}

/// The container of this name, or whose id begins so.
pub(super) async fn container(
    nexus: &Nexus,
    place: &Place<'_>,
    named: &str,
) -> Result<DockerContainer, String> {
    let containers = nexus.house.containers(place.actor).await.map_err(|error| refused(&error))?;
    let wanted = named.trim_start_matches('/');
    let found = containers
        .into_iter()
        .find(|one| one.name == wanted || (wanted.len() >= 12 && one.id.starts_with(wanted)));
    found.ok_or_else(|| {
        "there is no container of this name or id; docker_list says which there are".to_owned()
    })
}

async fn on_container(nexus: &Nexus, place: &Place<'_>, asked: OnContainer) -> Result<Wanted, String> {
    let why = reason(&asked.why)?;
    let found = container(nexus, place, &asked.container).await?;
    if matches!(found.owner.kind.as_str(), "app" | "adopted") {
        let owner = found.owner.name;
        return Err(format!(
            "{} belongs to the app {owner}; use apps_start, apps_stop or apps_restart",
            found.name
        ));
    }
    let notes = vec![format!(
        "The container {} was not made by this LivOS, and something else may rely on it.",
        found.name
    )];
    Ok(Wanted { arguments: json!({ "container": found.id }), subject: found.name, why, notes })
}
