//! `livos assistant servers`

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use livos_bus::ToolServersProxy;
use livos_bus::assistant::ProviderKey;
use livos_bus::tool_servers::{
    RegistryReply, RegistryServer, ServerAsking, ServerProgram, ServerToolInfo, ServerToolRequest,
    ServersImported, ToolServerInfo, ToolServerRequest, ToolServersReply,
};
use serde_json::Value;

use super::apps::read;
use super::assistant::{key, text};
use crate::arguments::ServersVerb;
use crate::bus::Bus;
use crate::exit::Usage;
use crate::output::{Output, plain, table};

pub(crate) async fn run(bus: &Bus, verb: &ServersVerb, output: Output) -> Result<ExitCode> {
    let servers = ToolServersProxy::new(&bus.connection).await?;
    let actor = &bus.actor;
    match verb {
        ServersVerb::List => {
            let reply: ToolServersReply = read(servers.list(actor).await?).await?;
            output.print(&reply.servers, |all| {
                if all.is_empty() {
                    return "There are none. `livos assistant servers add --help` says how to add one."
                        .to_owned();
                }
                table(&["NAME", "WHERE", "KEYS", "TOOLS", ""], all.iter().map(row).collect())
            })?;
        }
        ServersVerb::Add {
            name,
            url,
            command,
            network,
            variables_file,
            key_file,
            headers_file,
            arguments,
        } => {
            let headers = match command {
                Some(_) => variables(variables_file.as_deref())?,
                None => headers(key_file.as_deref(), headers_file.as_deref())?,
            };
            let request = ToolServerRequest {
                name: name.clone(),
                url: url.clone().unwrap_or_default(),
                command: command.iter().chain(arguments).cloned().collect(),
                network: *network,
                headers,
            };
            let kept: ToolServerInfo = read(servers.save(actor, &request).await?).await?;
            output.print(&kept, tried)?;
        }
        ServersVerb::Look { name } => {
            let now: ToolServerInfo = read(servers.look(actor, name).await?).await?;
            output.print(&now, tried)?;
        }
        ServersVerb::Tools { name } => {
            let one = of(read(servers.list(actor).await?).await?, name)?;
            output.print(&one.tools, |tools| tools.iter().map(whole).collect())?;
        }
        ServersVerb::Enable { name, tool, digest, without_asking } => {
            let how = if *without_asking { "look" } else { "ask" };
            let one = of(read(servers.list(actor).await?).await?, name)?;
            let request = ServerToolRequest {
                server: name.clone(),
                tool: tool.clone(),
                digest: meant(&one, tool, digest)?,
                how: how.to_owned(),
            };
            servers.set_tool(actor, &request).await?;
        }
        ServersVerb::Disable { name, tool } => {
            let (server, tool, how) = (name.clone(), tool.clone(), "off".to_owned());
            servers.set_tool(actor, &ServerToolRequest { server, tool, digest: String::new(), how }).await?;
        }
        ServersVerb::On { name } => servers.switch(actor, name, true).await?,
        ServersVerb::Off { name } => servers.switch(actor, name, false).await?,
        ServersVerb::Remove { name } => servers.remove(actor, name).await?,
        ServersVerb::Search { words, registry } => {
            let reply: RegistryReply = read(servers.search(actor, words, registry).await?).await?;
            output.print(&reply, found)?;
        }
        ServersVerb::Export => {
            let file: Value = read(servers.export(actor).await?).await?;
            output.print(&file, |file| serde_json::to_string_pretty(file).unwrap_or_default())?;
        }
        ServersVerb::Import { file, agree, agree_network } => {
            let config = ProviderKey(text(file, "file")?);
            let with = agree_network.iter().map(|digest| format!("{digest}+network"));
            let agreed: Vec<String> = agree.iter().cloned().chain(with).collect();
            let came: ServersImported = read(servers.import(actor, &config, &agreed).await?).await?;
            output.print(&came, imported)?;
            if !came.refused.is_empty() || !came.asking.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A key, and other headers from lines of `Name: value`. Without either, those that there are stay.
fn headers(key_file: Option<&Path>, headers_file: Option<&Path>) -> Result<ProviderKey> {
    if key_file.is_none() && headers_file.is_none() {
        return Ok(ProviderKey::default());
    }
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    if let Some(file) = headers_file {
        for line in text(file, "headers")?.lines().filter(|line| !line.trim().is_empty()) {
            let Some((name, value)) = line.split_once(':') else {
                return Err(
                    Usage("each line of the headers is a name, a colon and a value".to_owned()).into()
                );
            };
            headers.insert(name.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    if let Some(file) = key_file {
        headers.insert("authorization".to_owned(), format!("Bearer {}", key(file)?));
    }
    Ok(ProviderKey(serde_json::to_string(&headers)?))
}

/// Variables from lines of `NAME=value`. Without them, those that there are stay.
fn variables(file: Option<&Path>) -> Result<ProviderKey> {
    let Some(file) = file else { return Ok(ProviderKey::default()) };
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for line in text(file, "variables")?.lines().filter(|line| !line.trim().is_empty()) {
        let Some((name, value)) = line.split_once('=') else {
            return Err(
                Usage("each line of the variables is a name, an equals sign and a value".to_owned()).into()
            );
        };
        variables.insert(name.trim().to_owned(), value.to_owned());
    }
    Ok(ProviderKey(serde_json::to_string(&variables)?))
}

/// A command as one would type it, so that every word of it can be told from the next.
fn typed(program: &ServerProgram) -> String {
    let word = |word: &String| {
        let bare = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
        let word = plain(word);
        if !word.is_empty() && word.chars().all(bare) {
            word
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    let command = program.command.iter().map(word).collect::<Vec<_>>().join(" ");
    if program.network { format!("{command} (with the network)") } else { command }
}

/// Where it is, in a word or a line.
fn place(one: &ToolServerInfo) -> String {
    one.program.as_ref().map_or_else(|| plain(&one.url), typed)
}

fn of(reply: ToolServersReply, name: &str) -> Result<ToolServerInfo> {
    let found = reply.servers.into_iter().find(|one| one.name == name);
    found.ok_or_else(|| Usage(format!("there is no server called {name}")).into())
}

/// What was looked at under this id, whole.
fn meant(one: &ToolServerInfo, tool: &str, digest: &str) -> Result<String> {
    let found = one.tools.iter().find(|known| known.name == tool);
    let found = found.ok_or_else(|| Usage(format!("{} has no tool called {tool}", one.name)))?;
    if digest.len() >= 8 && found.digest.starts_with(digest) {
        return Ok(found.digest.clone());
    }
    Err(Usage(format!(
        "{tool} is not what was shown under {digest}; look at it again with `livos assistant servers tools {}`",
        plain(&one.name)
    ))
    .into())
}

fn row(one: &ToolServerInfo) -> Vec<String> {
    let used = one.tools.iter().filter(|tool| matches!(tool.state.as_str(), "ask" | "look")).count();
    let changed = one.tools.iter().filter(|tool| tool.state == "changed").count();
    let note = match (&one.problem, one.on, changed) {
        (Some(problem), ..) => problem.message.clone(),
        (None, false, _) => "off".to_owned(),
        (None, true, 0) => String::new(),
        (None, true, changed) => format!("{changed} changed; look at them again"),
    };
    let keys = if one.headers.is_empty() { "none".to_owned() } else { one.headers.join(", ") };
    vec![one.name.clone(), place(one), keys, format!("{used} of {}", one.tools.len()), note]
}

fn tried(one: &ToolServerInfo) -> String {
    format!(
        "{} answers as {} and has {} tools. None is used before you enable it: `livos assistant servers tools {}` shows \
         them.",
        place(one),
        plain(&one.title),
        one.tools.len(),
        plain(&one.name)
    )
}

/// All of a tool, as it is to be judged.
fn whole(tool: &ServerToolInfo) -> String {
    let state = match (tool.state.as_str(), &tool.refused) {
        ("refused", Some(why)) => format!("can't be used: {why}"),
        ("ask", _) => "used, and asked about each time".to_owned(),
        ("look", _) => "used without asking until a stranger's words were read".to_owned(),
        ("changed", _) => "changed since it was agreed to, so it is not used".to_owned(),
        ("gone", _) => "not there any more".to_owned(),
        ("off", _) => "not used".to_owned(),
        _ => "new, and not used".to_owned(),
    };
    let mut page = format!("{}: {}\n", plain(&tool.name), plain(&state));
    page += &format!("  id: {}\n", plain(&tool.digest.chars().take(12).collect::<String>()));
    if let Some(before) = &tool.before {
        page += &indented("before", &before.description);
        page += &indented("arguments before", &before.schema);
    }
    if tool.says_it_looks {
        page += "  Its server says that it changes nothing, which nobody here can check.\n";
    }
    page += &indented("says", &tool.description);
    page += &indented("arguments", &tool.schema);
    page.push('\n');
    page
}

fn indented(what: &str, text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("    {}\n", plain(line))).collect();
    format!("  {what}:\n{lines}")
}

fn found(reply: &RegistryReply) -> String {
    let row = |one: &RegistryServer| {
        let program = ServerProgram { command: one.command.clone(), network: false };
        let place = if one.command.is_empty() { one.url.clone() } else { typed(&program) };
        vec![one.name.clone(), place, one.headers.join(", "), one.description.clone()]
    };
    let mut text = if reply.found.is_empty() {
        "Nothing was found that can be used here.\n".to_owned()
    } else {
        table(&["NAME", "WHERE", "WANTS", "WHAT FOR"], reply.found.iter().map(row).collect())
    };
    if reply.others > 0 {
        text += &format!("{} more are containers, or want something filled in.\n", reply.others);
    }
    text + "Anybody may enter anything there; add only what you know.\n"
}

fn imported(came: &ServersImported) -> String {
    let kept =
        came.kept.iter().map(|name| format!("{}: added; none of its tools is used yet\n", plain(name)));
    let refused =
        came.refused.iter().map(|one| format!("{}: not added: {}\n", plain(&one.name), plain(&one.why)));
    let asking = came.asking.iter().map(asking);
    kept.chain(refused).chain(asking).collect()
}

fn asking(one: &ServerAsking) -> String {
    let wants = if one.program.network { "the file wants it" } else { "the file does not ask for it" };
    let program = ServerProgram { network: false, ..one.program.clone() };
    let variables = if one.variables.is_empty() { "none".to_owned() } else { one.variables.join(", ") };
    format!(
        "{}: not started yet. It would run on this server, shut in:\n    {}\n  variables: {}\n  network: {wants}\n  \
         To have it run, import the file again with --agree {digest}, or with --agree-network {digest} if it may use the \
         network\n",
        plain(&one.name),
        typed(&program),
        plain(&variables),
        digest = plain(&one.digest)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> ToolServerInfo {
        let tool = ServerToolInfo {
            name: "search".to_owned(),
            known_as: "notes__search".to_owned(),
            description: "Looks\u{1b}[2J for a note.".to_owned(),
            schema: "{}".to_owned(),
            says_it_looks: true,
            digest: "0123456789abcdef".to_owned(),
            state: "changed".to_owned(),
            refused: None,
            before: None,
        };
        ToolServerInfo {
            name: "notes".to_owned(),
            url: "http://10.0.0.5/mcp".to_owned(),
            program: None,
            title: "Notes 1".to_owned(),
            headers: vec!["authorization".to_owned()],
            on: true,
            checked_at: 0,
            problem: None,
            tools: vec![tool],
        }
    }

    #[test]
    fn a_tool_is_enabled_only_by_what_was_looked_at() {
        let one = server();
        assert_eq!(meant(&one, "search", "0123456789ab").ok().as_deref(), Some("0123456789abcdef"));
        for (tool, digest) in
            [("search", ""), ("search", "0123"), ("search", "f123456789ab"), ("other", "0123456789ab")]
        {
            assert!(meant(&one, tool, digest).is_err(), "{tool} {digest}");
        }
        assert_eq!(row(&one)[3..], ["0 of 1", "1 changed; look at them again"]);
        let shown = whole(&one.tools[0]);
        assert!(shown.contains("id: 0123456789ab") && !shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn a_command_is_shown_so_that_its_words_can_be_told_apart() {
        let words = ["npx", "-y", "@a/b@1.0", "two words", "it's", "", "a;b"];
        let command = words.iter().map(|word| (*word).to_owned()).collect();
        let program = ServerProgram { command, network: true };
        assert_eq!(typed(&program), "npx -y @a/b@1.0 'two words' 'it'\\''s' '' 'a;b' (with the network)");
        let one = ServerAsking {
            name: "notes".to_owned(),
            program,
            variables: vec!["KEY".to_owned()],
            digest: "abc".to_owned(),
        };
        let shown = asking(&one);
        assert!(shown.contains("npx -y") && shown.contains("--agree-network abc"), "{shown}");
    }

    #[test]
    fn headers_come_from_files_alone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (key, lines) = (folder.path().join("key"), folder.path().join("headers"));
        std::fs::write(&key, "abc\n")?;
        std::fs::write(&lines, "X-House: attic\n\nAuthorization: other\n")?;
        assert_eq!(headers(None, None)?.0, "");
        assert_eq!(
            headers(Some(&key), Some(&lines))?.0,
            r#"{"authorization":"Bearer abc","x-house":"attic"}"#
        );
        std::fs::write(&lines, "X-House attic")?;
        assert!(headers(None, Some(&lines)).is_err());
        std::fs::write(&lines, "KEY=a=b\n\n MODE= x\n")?;
        assert_eq!(variables(Some(&lines))?.0, r#"{"KEY":"a=b","MODE":" x"}"#);
        std::fs::write(&lines, "KEY")?;
        assert!(variables(Some(&lines)).is_err());
        assert_eq!(variables(None)?.0, "");
        Ok(())
    }
}
