//! What a server says of a tool: held against bounds, judged whole, and known again by its digest.

use jsonschema::PatternOptions;
use livos_policy::OF;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::core::skills::hidden;

/// The longest name, description and schema that are shown to a person and told to a model, in bytes.
const NAME: usize = 128;
const DESCRIPTION: usize = 4 * 1024;
const SCHEMA: usize = 16 * 1024;
/// The most that a schema may come to once everything it refers to stands in it.
const NODES: usize = 2000;
const DEPTH: usize = 32;
/// Patterns of one, and what each may take once it is made ready, in bytes.
const PATTERNS: usize = 20;
const PATTERN: usize = 256 * 1024;
/// The longest name of a tool that every model takes.
const KNOWN_AS: usize = 64;

/// A tool as its server describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Definition {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) schema: Value,
    /// Its server says that it changes nothing.
    #[serde(default)]
    pub(crate) says_it_looks: bool,
    /// Why it can't be used, whatever anybody agrees to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
}

impl Definition {
    /// What a server's list has of a tool. Nothing when it has not even a name.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let text = |place: &str| value.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let name = text("/name");
        if name.is_empty() {
            return None;
        }
        let schema = value.get("inputSchema").cloned().unwrap_or_default();
        let mut read = Self {
            name: name.to_owned(),
            title: text("/title").to_owned(),
            description: text("/description").to_owned(),
            schema,
            says_it_looks: value.pointer("/annotations/readOnlyHint").and_then(Value::as_bool) == Some(true),
            refused: None,
        };
        read.refused = read.fault().err();
        if read.refused.is_some() {
            read.shorten();
        }
        Some(read)
    }

    /// What can't be used is shown, but not whole.
    fn shorten(&mut self) {
        for (text, most) in [(&mut self.name, NAME), (&mut self.title, NAME), (&mut self.description, 500)] {
            text.truncate(text.floor_char_boundary(most));
            *text = crate::core::web::text::visible(text);
        }
        self.schema = json!({ "type": "object" });
    }

    fn fault(&self) -> Result<(), String> {
        if self.name.len() > NAME || self.title.len() > NAME {
            return Err(format!("its name has more than {NAME} bytes"));
        }
        if self.description.len() > DESCRIPTION {
            return Err(format!("its description has more than {DESCRIPTION} bytes"));
        }
        if self.schema.to_string().len() > SCHEMA {
            return Err(format!("what it says of its arguments has more than {SCHEMA} bytes"));
        }
        for text in [&self.name, &self.title, &self.description] {
            no_hidden(text)?;
        }
        no_hidden_in(&self.schema, DEPTH)?;
        validator(&self.flat()?).map(drop)
    }

    /// The schema with all that it refers to in it: what a model is told, and what arguments are held against.
    pub(crate) fn flat(&self) -> Result<Value, String> {
        if self.schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err("its arguments have no names".to_owned());
        }
        let mut flattening =
            Flattening { whole: &self.schema, nodes: 0, bytes: 0, patterns: 0, above: Vec::new() };
        let mut flat = flattening.value(&self.schema, 0)?;
        if let Some(schema) = flat.as_object_mut() {
            for machinery in ["$schema", "$defs", "definitions"] {
                schema.remove(machinery);
            }
        }
        Ok(flat)
    }

    /// What it says of itself, in bytes.
    pub(super) fn length(&self) -> usize {
        self.description.len() + self.schema.to_string().len()
    }

    /// Known again by this: another name, another word or another argument is another tool.
    pub(super) fn digest(&self) -> String {
        let whole = json!([
            self.name,
            self.title,
            self.description,
            sorted(&self.schema),
            self.says_it_looks,
            self.refused
        ]);
        let digest = Sha256::digest(whole.to_string().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What a model calls it: the server's name and its own, of letters that all of them take.
    pub(super) fn known_as(&self, server: &str) -> String {
        let plain = |letter: char| {
            if letter.is_ascii_alphanumeric() || letter == '-' || letter == '_' { letter } else { '_' }
        };
        let own: String = self.name.chars().map(plain).collect();
        let whole = format!("{server}{OF}{own}");
        if whole.len() <= KNOWN_AS {
            return whole;
        }
        // The end of a long name may be what tells it from another.
        let digest = Sha256::digest(self.name.as_bytes());
        let end: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("{}_{end}", whole.get(..KNOWN_AS - 9).unwrap_or(&whole))
    }
}

/// What is said beyond so many bytes is not kept, and not used.
pub(super) fn within(most: usize, tools: &mut [Definition]) {
    let mut length = 0;
    for tool in tools {
        length += tool.length();
        if length > most {
            tool.refused = Some("its server says more of its tools than anybody can look at".to_owned());
            tool.shorten();
        }
    }
}

/// Tools that a model could not tell apart are none.
pub(super) fn without_doubles(server: &str, tools: &mut [Definition]) {
    let names: Vec<String> = tools.iter().map(|tool| tool.known_as(server)).collect();
    for (tool, name) in tools.iter_mut().zip(&names) {
        if names.iter().filter(|other| *other == name).count() > 1 {
            tool.refused = Some("the server has another tool of the same name".to_owned());
        }
    }
}

fn no_hidden(text: &str) -> Result<(), String> {
    match hidden(text) {
        Some((_, letter)) => Err(format!(
            "it has a character that nobody sees (U+{:04X}), as somebody would to hide something",
            u32::from(letter)
        )),
        None => Ok(()),
    }
}

/// Whether nothing in a value is hidden, and it is no deeper than this.
pub(crate) fn no_hidden_in(value: &Value, depth: usize) -> Result<(), String> {
    let Some(below) = depth.checked_sub(1) else { return Err("it is nested too deeply".to_owned()) };
    match value {
        Value::String(text) => no_hidden(text),
        Value::Array(list) => list.iter().try_for_each(|value| no_hidden_in(value, below)),
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            no_hidden(key)?;
            no_hidden_in(value, below)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|one, other| one.0.cmp(other.0));
            // As a list of pairs, so that it does not matter how a map is kept.
            fields.into_iter().map(|(key, value)| json!([key, sorted(value)])).collect()
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Puts what is referred to where it is referred from. What refers to itself has no end, and is refused.
struct Flattening<'a> {
    whole: &'a Value,
    nodes: usize,
    bytes: usize,
    patterns: usize,
    above: Vec<String>,
}

impl Flattening<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<Value, String> {
        self.nodes += 1;
        self.bytes += value.as_str().map_or(8, str::len);
        if self.nodes > NODES || self.bytes > SCHEMA || self.patterns > PATTERNS || depth > DEPTH {
            return Err("what it says of its arguments is too involved".to_owned());
        }
        match value {
            Value::String(_) => Ok(value.clone()),
            Value::Array(list) => list.iter().map(|value| self.value(value, depth + 1)).collect(),
            Value::Object(fields) => self.object(fields, depth),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, depth: usize) -> Result<Value, String> {
        let mut flat = Map::new();
        if let Some(Value::String(to)) = fields.get("$ref") {
            let place = to.strip_prefix('#').filter(|place| place.starts_with('/'));
            let place = place.ok_or("what it says of its arguments refers to something elsewhere")?;
            if self.above.iter().any(|above| above == to) {
                return Err("what it says of its arguments refers to itself".to_owned());
            }
            let whole = self.whole;
            let meant = whole.pointer(place).ok_or("what it says of its arguments refers to nothing")?;
            self.above.push(to.clone());
            let meant = self.value(meant, depth + 1)?;
            self.above.pop();
            flat = meant.as_object().cloned().unwrap_or_default();
        }
        for (key, value) in fields {
            self.bytes += key.len();
            self.patterns += match (key.as_str(), value) {
                ("pattern", _) => 1,
                ("patternProperties", Value::Object(patterns)) => patterns.len(),
                _ => 0,
            };
            if matches!(key.as_str(), "$dynamicRef" | "$recursiveRef" | "$id" | "$anchor" | "$dynamicAnchor")
            {
                return Err(
                    "what it says of its arguments refers to something in a way that is not followed"
                        .to_owned(),
                );
            }
            // What is defined is walked through where it is used.
            if (key == "$ref" && value.is_string())
                || (depth == 0 && matches!(key.as_str(), "$defs" | "definitions"))
            {
                continue;
            }
            flat.insert(key.clone(), self.value(value, depth + 1)?);
        }
        Ok(Value::Object(flat))
    }
}

fn validator(schema: &Value) -> Result<jsonschema::Validator, String> {
    // Patterns of a kind whose time grows with the text and no faster.
    let options = jsonschema::options()
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN).dfa_size_limit(PATTERN));
    options.build(schema).map_err(|error| {
        let why: String = error.to_string().chars().take(200).collect();
        format!("what it says of its arguments is no JSON Schema: {why}")
    })
}

/// Holds arguments against a schema.
pub(crate) fn check(schema: &Value, arguments: &Value) -> Result<(), String> {
    let validator = validator(schema)?;
    let mut errors = validator.iter_errors(arguments).take(5).peekable();
    if errors.peek().is_none() {
        return Ok(());
    }
    let errors: Vec<String> = errors
        .map(|error| {
            let what: String = error.to_string().chars().take(200).collect();
            let at = error.instance_path().to_string();
            if at.is_empty() { what } else { format!("{at}: {what}") }
        })
        .collect();
    Err(format!("the arguments do not fit: {}", errors.join("; ")))
}
