//! A SKILL.md: YAML between two lines of `---`, then instructions. Pure. Whoever wrote it is not trusted: everything is
//! bounded, and what is not understood is refused, because a misspelt `tools` would otherwise mean all of them.

use granit_parser::{Event, Parser, options};
use sha2::{Digest as _, Sha256};

/// The largest file, in bytes. What a tool answers is cut at 16 KiB, and instructions must come whole.
pub(crate) const MAX_BYTES: usize = 13 * 1024;
/// The largest front matter, in bytes.
const MAX_FRONT: usize = 4 * 1024;
const MAX_DEPTH: usize = 3;
const MAX_EVENTS: usize = 300;
/// The most entries of a list.
const MAX_LIST: usize = 32;
/// The most letters of a name, as others that read this format have it.
const MAX_NAME: usize = 64;
/// The most letters of a description.
const MAX_DESCRIPTION: usize = 1024;
/// The most letters of an entry.
const MAX_ENTRY: usize = 128;

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skill {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Words with which a person asks for it.
    pub(crate) triggers: Vec<String>,
    /// The only tools that it uses; without it, it does not narrow anything.
    pub(crate) tools: Option<Vec<String>>,
    /// The places on the network that it is about.
    pub(crate) hosts: Vec<String>,
    /// The folders that it is about.
    pub(crate) paths: Vec<String>,
    pub(crate) instructions: String,
}

/// Names a text: the same name, the same text to the last letter.
pub(crate) fn revision(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether something can be a skill's name.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(fits)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// Reads a file, or says what is wrong with it and where.
pub(crate) fn parse(text: &str) -> Result<Skill, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("it has {} bytes, and a skill at most {MAX_BYTES}", text.len()));
    }
    if let Some((line, letter)) = hidden(text) {
        return Err(format!(
            "line {line} has a character that nobody sees (U+{:04X}); take it out",
            u32::from(letter)
        ));
    }
    let text = text.replace("\r\n", "\n");
    let (front, instructions) = split(&text)?;
    let mut skill = Skill {
        name: String::new(),
        description: String::new(),
        triggers: Vec::new(),
        tools: None,
        hosts: Vec::new(),
        paths: Vec::new(),
        instructions: instructions.trim().to_owned(),
    };
    for (key, value) in fields(front)? {
        match key.as_str() {
            "name" => skill.name = one(&key, value)?,
            "description" => {
                skill.description = one(&key, value)?.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            "triggers" => skill.triggers = phrases(&key, value)?,
            "tools" | "allowed-tools" if skill.tools.is_some() => {
                return Err("tools and allowed-tools say the same; keep one".to_owned());
            }
            "tools" | "allowed-tools" => skill.tools = Some(words(&key, value)?),
            "hosts" => skill.hosts = words(&key, value)?,
            "paths" => skill.paths = phrases(&key, value)?,
            // Of the format, and nothing to us.
            "license" | "compatibility" | "metadata" => {}
            other => {
                let other: String = other.chars().take(40).collect();
                return Err(format!(
                    "there is no field {other:?}; there are name, description, triggers, tools, hosts, paths, license, \
                     compatibility and metadata"
                ));
            }
        }
    }
    checked(skill)
}

fn checked(skill: Skill) -> Result<Skill, String> {
    let lists = [&skill.triggers, &skill.hosts, &skill.paths].into_iter().chain(&skill.tools).flatten();
    // An escape can write what the text itself may not contain.
    if [&skill.name, &skill.description].into_iter().chain(lists).any(|text| hidden(text).is_some()) {
        return Err("a field has a character that nobody sees; take it out".to_owned());
    }
    if !is_name(&skill.name) {
        return Err(format!(
            "name has to be 1 to {MAX_NAME} of a-z, 0-9 and single - between them, as server-health"
        ));
    }
    if skill.description.is_empty() || skill.description.chars().count() > MAX_DESCRIPTION {
        return Err(format!("description has to say in 1 to {MAX_DESCRIPTION} letters what it is for"));
    }
    if let Some(host) = skill.hosts.iter().find(|host| !is_host(host)) {
        return Err(format!("{host:?} in hosts is no host; write example.org or *.example.org"));
    }
    let strange = |path: &&String| path.split('/').any(|part| part == ".." || part == ".");
    if let Some(path) = skill.paths.iter().find(strange) {
        return Err(format!("{path:?} in paths leads elsewhere; write it without . and .."));
    }
    if skill.instructions.is_empty() {
        return Err("there are no instructions below the second line of ---".to_owned());
    }
    Ok(skill)
}

/// A character by which a text would not be what people see of it, and its line.
pub(crate) fn hidden(text: &str) -> Option<(usize, char)> {
    let hides = |letter: char| {
        (letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
            || matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e0fff}')
    };
    let mut lines = text.split('\n').enumerate();
    lines.find_map(|(line, text)| text.chars().find(|letter| hides(*letter)).map(|letter| (line + 1, letter)))
}

fn split(text: &str) -> Result<(&str, &str), String> {
    let wrong = || "it has to begin with a line of ---, its fields, and another line of ---".to_owned();
    let rest = text.strip_prefix("---\n").ok_or_else(wrong)?;
    let end = if rest.starts_with("---\n") { 0 } else { rest.find("\n---\n").ok_or_else(wrong)? + 1 };
    if end > MAX_FRONT {
        return Err(format!("its fields have {end} bytes, and at most {MAX_FRONT} are read"));
    }
    Ok((rest.get(..end).unwrap_or_default(), rest.get(end + 4..).unwrap_or_default()))
}

/// A value of a field.
enum Value {
    Text(String),
    List(Vec<String>),
    /// Of those that mean nothing to us.
    Other,
}

/// The fields in order. What lies deeper than a list is walked over, within the bounds.
fn fields(front: &str) -> Result<Vec<(String, Value)>, String> {
    let settings =
        options! { emit_comments: false, flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    let mut found: Vec<(String, Value)> = Vec::new();
    let mut key: Option<String> = None;
    let (mut depth, mut events) = (0_usize, 0_usize);
    for next in Parser::new_from_str_with_options(front, settings) {
        let (event, _) = next.map_err(|error| format!("its fields are no YAML: {error}"))?;
        events += 1;
        if events > MAX_EVENTS {
            return Err("it has too many fields".to_owned());
        }
        let (begins, value) = match event {
            Event::Alias(..) => return Err("its fields may not refer to each other with * and &".to_owned()),
            Event::MappingEnd | Event::SequenceEnd => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::MappingStart(..) => (true, Value::Other),
            Event::SequenceStart(..) => (true, Value::List(Vec::new())),
            Event::Scalar(text, ..) => (false, Value::Text(text.into_owned())),
            _ => continue,
        };
        match (depth, key.take(), value) {
            (0, _, Value::Other) => {}
            (0, ..) => return Err("its fields are no fields; write name: and what it is called".to_owned()),
            (1, None, Value::Text(name)) => {
                if found.iter().any(|(known, _)| *known == name) {
                    return Err(format!("{name:?} is there twice"));
                }
                key = Some(name);
            }
            (1, None, _) => return Err("a field has no name".to_owned()),
            (1, Some(name), value) => found.push((name, value)),
            (2, _, Value::Text(entry)) => match found.last_mut() {
                Some((_, Value::List(list))) if list.len() >= MAX_LIST => {
                    return Err(format!("a list has more than {MAX_LIST} entries"));
                }
                Some((_, Value::List(list))) => list.push(entry),
                _ => {}
            },
            (_, _, _) => {
                if let Some((_, value)) = found.last_mut() {
                    *value = Value::Other;
                }
            }
        }
        depth += usize::from(begins);
    }
    Ok(found)
}

fn one(key: &str, value: Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text.trim().to_owned()),
        Value::List(_) | Value::Other => Err(format!("{key} has to be a text")),
    }
}

/// A list of phrases; one alone need not be a list.
fn phrases(key: &str, value: Value) -> Result<Vec<String>, String> {
    let list = match value {
        Value::Text(text) if text.trim().is_empty() => Vec::new(),
        Value::Text(text) => vec![text],
        Value::List(list) => list,
        Value::Other => return Err(format!("{key} has to be a list")),
    };
    let list: Vec<String> =
        list.iter().map(|entry| entry.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    if list.iter().any(|entry| entry.is_empty() || entry.chars().count() > MAX_ENTRY) {
        return Err(format!("what stands in {key} has 1 to {MAX_ENTRY} letters each"));
    }
    Ok(list)
}

/// A list of words, which can also stand in one line.
fn words(key: &str, value: Value) -> Result<Vec<String>, String> {
    let value = match value {
        Value::Text(text) => Value::List(
            text.split([' ', ',', '\n']).filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        ),
        other => other,
    };
    let list = phrases(key, value)?;
    if list.len() > MAX_LIST {
        return Err(format!("a list has more than {MAX_LIST} entries"));
    }
    match list.iter().find(|word| !word.bytes().all(|byte| byte.is_ascii_graphic())) {
        Some(word) => Err(format!("{word:?} in {key} is no single word")),
        None => Ok(list),
    }
}

fn is_host(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(label)
}
