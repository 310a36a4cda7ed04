//! A program in a container: run by the edge, once its person has read its words and agreed.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::Place;
use super::propose::{Wanted, container, reason};
use crate::core::Nexus;

/// What to run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Exec {
    /// The container's name or id, as docker_list says it.
    container: String,
    /// The program and its arguments, a word each: ["ls", "-l", "/config"]. No shell takes them apart; where one is needed
    /// and the container has it, say so: ["sh", "-c", "…"].
    cmd: Vec<String>,
    /// How long it may take, 1 to 120.
    #[serde(default = "usual")]
    seconds: u32,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

fn usual() -> u32 {
    30
}

pub(super) async fn exec(nexus: &Nexus, place: &Place<'_>, asked: Exec) -> Result<Wanted, String> {
    let why = reason(&asked.why)?;
    if let Some(why) = livos_policy::no_command(&asked.cmd, asked.seconds) {
        return Err(why.to_owned());
    }
    let found = container(nexus, place, &asked.container).await?;
    if found.state != "running" {
        return Err(format!("{} does not run, so nothing can be run in it", found.name));
    }
    let whose = match found.owner.kind.as_str() {
        "app" | "adopted" => format!("The container belongs to the app {}.", found.owner.name),
        _ => "The container was not made by this LivOS, and something else may rely on it.".to_owned(),
    };
    let means = "It can read and change whatever the container can, and that can't be undone; what it writes is told to the model.";
    let arguments = json!({ "container": found.id, "cmd": asked.cmd, "seconds": asked.seconds });
    Ok(Wanted { arguments, subject: found.name, why, notes: vec![whose, means.to_owned()] })
}
