//! What tools do, in a line for people.

use livos_policy::is_of_a_server;
use serde_json::Value;

/// What a proposal does, as the first word of a line about it.
pub(super) fn verb<'a>(tool: &'a str, arguments: &Value) -> &'a str {
    match tool {
        "mcp_install" => "Add the server of tools",
        "mcp_manage" => match arguments.get("action").and_then(Value::as_str) {
            Some("enable") => "Use the server of tools",
            Some("disable") => "Don't use the server of tools",
            Some("remove") => "Remove the server of tools",
            _ => "Ask again the server of tools",
        },
        "mcp_config_raw" => "Change the servers of tools:",
        "apps_restart" => "Restart",
        "apps_start" => "Start",
        "apps_stop" => "Stop",
        "apps_install" => "Install",
        "apps_update" => "Update",
        "apps_remove" => "Remove",
        "files_write" => "Write",
        "files_move" => "Move",
        "files_trash" => "Put into the trash:",
        "service_restart" => "Restart the service",
        "docker_restart" => "Restart the container",
        "docker_exec" => "Run a command in the container",
        "docker_start" => "Start the container",
        "docker_stop" => "Stop the container",
        other => other,
    }
}

/// One line for people about what a call does.
pub(crate) fn summary(name: &str, arguments: &Value) -> String {
    let text = |key: &str| {
        let text = arguments.get(key).and_then(Value::as_str).unwrap_or_default();
        text.chars().filter(|letter| !letter.is_control()).take(80).collect::<String>()
    };
    match name {
        "status" => "Look at how the server is".to_owned(),
        "sysinfo" => "Read the machine's figures".to_owned(),
        "apps_list" => "List the installed apps".to_owned(),
        "apps_search" => format!("Look for “{}” in the stores", text("query")),
        "docker_list" => "List the containers".to_owned(),
        "docker_logs" => format!("Read the log of {}", text("app")),
        "service_list" => "Look at the server's services".to_owned(),
        "logs" => format!("Read the log of the service {}", text("service")),
        "service_restart" => format!("Restart the service {}", text("service")),
        "files" => match text("operation").as_str() {
            "read" => format!("Read {}", text("path")),
            "stat" => format!("Look at {}", text("path")),
            "search" => format!("Look for files called “{}”", text("query")),
            "list" if text("path").is_empty() => "List the shared folders".to_owned(),
            "list" => format!("List the folder {}", text("path")),
            _ => "Look into the shared folders".to_owned(),
        },
        "shell" => format!("Run {}", text("cmd").split_whitespace().collect::<Vec<_>>().join(" ")),
        "scrape" => format!("Read {}", text("url")),
        "result_read" => match text("find").as_str() {
            "" => "Read on in a long result".to_owned(),
            find => format!("Look for “{find}” in a long result"),
        },
        "mcp_list" => "List the other servers".to_owned(),
        "mcp_registry_search" => format!("Look for other servers for “{}”", text("query")),
        "web_search" => format!("Search the web for “{}”", text("query")),
        "cron" => format!("Schedule “{}”", text("task")),
        "schedule_list" => "List what is scheduled".to_owned(),
        "schedule_remove" => "Remove something scheduled".to_owned(),
        "spawn_subagent" => format!("Have a subagent do “{}”", text("task")),
        "subagent_message" => format!("Have the subagent {} do “{}”", text("id"), text("message")),
        "subagent_create" => format!("Make the subagent {}", text("id")),
        "subagent_list" => "List the subagents".to_owned(),
        "subagent_update" => format!("Change the subagent {}", text("id")),
        "subagent_delete" => format!("Delete the subagent {}", text("id")),
        "task_state" => match text("operation").as_str() {
            "save" => format!("Note down {}", text("key")),
            "load" => format!("Look at the note {}", text("key")),
            "delete" => format!("Throw the note {} away", text("key")),
            _ => "List the notes of this conversation".to_owned(),
        },
        "progress_report" => format!("Say “{}”", text("message")),
        "subagent_schedule" => match text("operation").as_str() {
            "add" => format!("Have the subagent {} do “{}” later", text("id"), text("task")),
            "remove" => format!("Remove what is scheduled for the subagent {}", text("id")),
            _ => "List what is scheduled for subagents".to_owned(),
        },
        "loop_manage" => match text("operation").as_str() {
            "start" => format!("Have the subagent {} do “{}” in a loop", text("id"), text("task")),
            "stop" => format!("Stop the loop of the subagent {}", text("id")),
            _ => "List the loops of subagents".to_owned(),
        },
        "skill_use" => format!("Read the skill {}", text("name")),
        "skill_list" => "List the skills".to_owned(),
        "skill_generate" => format!("Write the skill {}", text("name")),
        "memory_search" => format!("Look up “{}” in memory", text("query")),
        "memory_add" => "Remember something".to_owned(),
        other if is_of_a_server(other) => {
            let (server, tool) = other.split_once(livos_policy::OF).unwrap_or_default();
            format!("Use {tool} of {server}")
        }
        "mcp_config_raw" if text("operation") == "get" => "Read how the other servers are set up".to_owned(),
        "mcp_config_raw" => "Change how the other servers are set up".to_owned(),
        "mcp_install" | "mcp_manage" => format!("{} {}", verb(name, arguments), text("name")),
        change if change.starts_with("docker_") && livos_policy::proposable(change).is_some() => {
            format!("{} {}", verb(change, arguments), text("container"))
        }
        change if change.starts_with("files_") && livos_policy::proposable(change).is_some() => {
            format!("{} {}", verb(change, arguments), text("path"))
        }
        change if livos_policy::proposable(change).is_some() => {
            format!("{} {}", verb(change, arguments), text("app"))
        }
        other => other.chars().filter(|letter| !letter.is_control()).take(64).collect(),
    }
}
