//! Reading the configuration, with every problem found and not only the first.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::value::Given;
use super::{Config, keys, sections};
use crate::Error;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The configuration is refused.
    Error,
    /// It works, but probably not as meant.
    Warning,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The file, or the environment variable.
    pub place: String,
    /// The line in the file, from 1; 0 for a variable.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.place)?;
        if self.line > 0 {
            write!(formatter, ":{}", self.line)?;
        }
        write!(formatter, ": {}", self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(formatter, " (did you mean {suggestion}?)"),
            None => Ok(()),
        }
    }
}

/// Variables that are no settings but share the prefix.
const NOT_SETTINGS: &[&str] = &["LIVOS_CONFIG"];

impl Config {
    /// Reads the configuration: defaults, then `file` if it is there, then `variables`.
    ///
    /// A file that was asked for by name must exist: see `required`. Every error is listed.
    pub fn load(
        file: &Path,
        required: bool,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::ReadConfig { path: file.to_owned(), source }),
        };
        let (config, problems) = check(file, &text, variables);
        let errors: Vec<_> =
            problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
        if errors.is_empty() { Ok(config) } else { Err(Error::Config(errors)) }
    }

    /// Where the configuration is when nobody says otherwise.
    #[must_use]
    pub fn default_file() -> PathBuf {
        PathBuf::from("/etc/livos/livos.toml")
    }
}

/// Checks a configuration without needing it to be right: what it would be, and what is wrong.
pub fn check(
    file: &Path,
    text: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> (Config, Vec<Problem>) {
    let mut config = Config::default();
    let mut problems = Vec::new();
    check_file(file, text, &mut config, &mut problems);
    let mut variables: Vec<_> =
        variables.into_iter().filter(|(name, _)| name.starts_with("LIVOS_")).collect();
    variables.sort();
    for (name, value) in variables {
        check_variable(&name, &value, &mut config, &mut problems);
    }
    check_meaning(&config, file, &mut problems);
    (config, problems)
}

fn check_file(file: &Path, text: &str, config: &mut Config, problems: &mut Vec<Problem>) {
    let place = file.display().to_string();
    let mut problem = |offset: usize, message: String, suggestion: Option<String>| {
        let line = text.get(..offset).map_or(0, |before| before.matches('\n').count()) + 1;
        problems.push(Problem { severity: Severity::Error, place: place.clone(), line, message, suggestion });
    };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            problem(offset, error.message().to_owned(), None);
            return;
        }
    };
    let section_names: Vec<_> = sections().iter().map(|(name, _)| (*name).to_owned()).collect();
    for (section, value) in table.get_ref() {
        let name: &str = section.get_ref();
        let offset = section.span().start;
        if !section_names.iter().any(|known| known == name) {
            let suggestion =
                nearest(name, section_names.iter().map(String::as_str)).map(|near| format!("[{near}]"));
            problem(offset, format!("there is no section [{name}]"), suggestion);
            continue;
        }
        let Some(entries) = value.get_ref().as_table() else {
            problem(offset, format!("{name} is a section: write [{name}] and its keys below"), None);
            continue;
        };
        for (key, value) in entries {
            let key_name: &str = key.get_ref();
            let outcome = config.set(name, key_name, Given::Toml(value.get_ref()));
            match outcome {
                Some(Ok(())) => {}
                Some(Err(message)) => {
                    problem(value.span().start, format!("{name}.{key_name}: {message}"), None);
                }
                None => {
                    let known = keys();
                    let names = known.iter().filter(|known| known.section == name).map(|known| known.name);
                    let suggestion = nearest(key_name, names).map(str::to_owned);
                    problem(key.span().start, format!("there is no key {key_name} in [{name}]"), suggestion);
                }
            }
        }
    }
}

fn check_variable(name: &str, value: &str, config: &mut Config, problems: &mut Vec<Problem>) {
    if NOT_SETTINGS.contains(&name) {
        return;
    }
    let known = keys();
    let found = known.iter().find(|key| key.variable() == name);
    let (severity, message, suggestion) = match found {
        Some(key) => match config.set(key.section, key.name, Given::Text(value)) {
            Some(Err(message)) => (Severity::Error, message, None),
            _ => return,
        },
        None => {
            let variables: Vec<_> = known.iter().map(super::KeyInfo::variable).collect();
            let suggestion = nearest(name, variables.iter().map(String::as_str)).map(str::to_owned);
            // A variable of another program may begin with LIVOS_ too; only a slip of the pen in
            // one of ours is an error.
            let ours = sections().iter().any(|(section, _)| {
                name.strip_prefix("LIVOS_")
                    .is_some_and(|rest| rest.starts_with(&format!("{}_", section.to_uppercase())))
            });
            let severity = if ours { Severity::Error } else { Severity::Warning };
            (severity, "no setting has this variable".to_owned(), suggestion)
        }
    };
    problems.push(Problem { severity, place: name.to_owned(), line: 0, message, suggestion });
}

/// What no single value can tell.
fn check_meaning(config: &Config, file: &Path, problems: &mut Vec<Problem>) {
    let mut error = |message: String| {
        let place = file.display().to_string();
        problems.push(Problem { severity: Severity::Error, place, line: 0, message, suggestion: None });
    };
    let (gateway, upstream) = (config.apps.gateway_ports, config.apps.upstream_ports);
    if gateway.first <= upstream.last && upstream.first <= gateway.last {
        error("apps.gateway_ports and apps.upstream_ports overlap; give them separate ranges".to_owned());
    }
    let listen = config.web.listen.as_str();
    let known = listen == "systemd"
        || listen.strip_prefix("unix:").is_some_and(|path| path.starts_with('/'))
        || listen.strip_prefix("tcp:").is_some_and(|address| address.parse::<std::net::SocketAddr>().is_ok());
    if !known {
        error(format!(
            "web.listen: {listen:?} is none of \"unix:/path\", \"tcp:127.0.0.1:PORT\" and \"systemd\""
        ));
    }
    if config.apps.bind.parse::<std::net::IpAddr>().is_err() {
        error(format!("apps.bind: {:?} is not an IP address", config.apps.bind));
    }
    if tracing_subscriber::EnvFilter::try_new(&config.server.log).is_err() {
        error(format!("server.log: {:?} is not a log filter; try \"info\"", config.server.log));
    }
    if config.server.name.trim().is_empty() || config.server.name.len() > 64 {
        error("server.name must have 1 to 64 characters".to_owned());
    }
}

/// The known word that is most like `word`, if any is like it.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.len() / 3).max(1);
    known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, near)| near)
}

/// How many letters must be changed to make one word the other (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, b) in right.iter().enumerate() {
            let (Some(&above), Some(&before)) = (row.get(j + 1), row.get(j)) else { continue };
            let changed = diagonal + usize::from(a != *b);
            diagonal = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = changed.min(above + 1).min(before + 1);
            }
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The text of `rootfs/etc/livos/livos.env.example`.
#[must_use]
pub fn env_example() -> String {
    let mut text = String::from(
        "# Every setting of LivOS as an environment variable. A variable wins over\n\
         # /etc/livos/livos.toml, which wins over the default shown here.\n\
         # Lists are separated by commas. Check with: livos config check\n",
    );
    example(&mut text, |text, key| {
        let plain =
            key.default.trim_matches('"').trim_start_matches('[').trim_end_matches(']').replace('"', "");
        let _ = writeln!(text, "#{}={plain}", key.variable());
    });
    text
}

/// The text of an example `livos.toml`.
#[must_use]
pub fn toml_example() -> String {
    let mut text =
        String::from("# Every setting of LivOS with its default. Check with: livos config check\n");
    let mut section = "";
    let known = keys();
    for key in &known {
        if key.section != section {
            section = key.section;
            let _ = write!(text, "\n[{section}]\n");
        }
        comment(&mut text, &key.doc);
        let _ = writeln!(text, "#{} = {}", key.name, key.default);
    }
    text
}

fn example(text: &mut String, line: impl Fn(&mut String, &super::KeyInfo)) {
    let known = keys();
    for (section, doc) in sections() {
        let _ = write!(text, "\n## {doc}\n");
        for key in known.iter().filter(|key| key.section == section) {
            text.push('\n');
            comment(text, &format!("{} Takes {}.", key.doc, key.kind));
            line(text, key);
        }
    }
}

/// Wraps a comment at 90 columns.
fn comment(text: &mut String, doc: &str) {
    let mut width = 0;
    for word in doc.split_whitespace() {
        if width == 0 || width + word.len() > 88 {
            if width > 0 {
                text.push('\n');
            }
            text.push('#');
            width = 1;
        }
        text.push(' ');
        text.push_str(word);
        width += word.len() + 1;
    }
    text.push('\n');
}
