//! `livos keys`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::{KeyInfo, KeyRequest, KeysProxy};
use serde_json::json;

use crate::arguments::KeysVerb;
use crate::bus::Bus;
use crate::output::{Output, table, time};

pub(crate) async fn run(bus: &Bus, verb: &KeysVerb, output: Output) -> Result<ExitCode> {
    let keys = KeysProxy::new(&bus.connection).await?;
    match verb {
        KeysVerb::List => {
            let list = keys.list().await?;
            output.print(&list, |list| {
                if list.is_empty() {
                    return "There are no keys.".to_owned();
                }
                let head = ["ID", "USER", "NAME", "MAY", "LAST USED (UTC)", "ENDS (UTC)"];
                table(&head, list.iter().map(row).collect())
            })?;
        }
        KeysVerb::Create(asked) => {
            let request = KeyRequest {
                username: asked.username.clone(),
                name: asked.name.clone(),
                acts: asked.act,
                days: asked.days,
            };
            let (id, key) = keys.create(&request).await?;
            output.print(&json!({ "id": id, "key": key }), |_| {
                format!("{key}\nKeep it now, it is not shown again. `livos keys revoke {id}` ends it.")
            })?;
        }
        KeysVerb::Revoke { id } => keys.revoke(id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn row(key: &KeyInfo) -> Vec<String> {
    let or = |at: i64, none: &str| if at == 0 { none.to_owned() } else { time(at) };
    let may = if key.acts { "read, act" } else { "read" };
    vec![
        key.id.clone(),
        key.username.clone(),
        key.name.clone(),
        may.to_owned(),
        or(key.used_at, "never"),
        or(key.expires_at, "never"),
    ]
}
