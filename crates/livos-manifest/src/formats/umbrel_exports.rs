//! What an umbrel app's `exports.sh` exports, as far as it can be known without a shell.
//!
//! About a third of these scripts only assign: literals, other variables, `derive_entropy`. Those are read here.
//! Everything else is left alone: reading stops, and no variable is reported that the unread part may still set.

use std::collections::BTreeMap;

use crate::catalogue::{Entry, Exports};
use crate::context::Context;
use crate::formats::umbrel_scope::{self, UMBREL_ROOT};
use crate::interpolate::{Interpolator, Lookup, Scope};
use crate::secrets;

/// Variables that exist while an exports script runs.
fn script_variables(id: &str, target: &str, context: &Context) -> [(&'static str, String); 12] {
    let directory = format!("{}/{id}", context.apps_dir.trim_end_matches('/'));
    let directory = if id == target { context.data_dir(id) } else { directory };
    [
        ("EXPORTS_APP_ID", id.to_owned()),
        ("EXPORTS_APP_FILE", format!("{directory}/exports.sh")),
        ("EXPORTS_APP_DATA_DIR", format!("{directory}/data")),
        ("EXPORTS_TOR_DATA_DIR", format!("{directory}/tor")),
        ("EXPORTS_APP_DIR", directory),
        ("app_entropy_identifier", format!("app-{target}-seed")),
        ("UMBREL_ROOT", UMBREL_ROOT.to_owned()),
        ("LIVINITY_ROOT", UMBREL_ROOT.to_owned()),
        ("NETWORK_IP", "10.21.0.0".to_owned()),
        ("GATEWAY_IP", "10.21.0.1".to_owned()),
        ("DEVICE_HOSTNAME", context.hostname.clone()),
        ("DEVICE_DOMAIN_NAME", context.domain.clone()),
    ]
}

/// What a shell that runs the script of an app has around it.
pub(crate) fn environment(entry: &Entry, context: &Context) -> BTreeMap<String, String> {
    let mut variables = context.exports.clone();
    let port = umbrel_scope::port_of(&entry.source);
    variables.extend(
        umbrel_scope::base(&entry.listing, entry.source.umbrel_manifest(), &port, context)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    let id = entry.id();
    variables
        .extend(script_variables(id, id, context).into_iter().map(|(name, value)| (name.to_owned(), value)));
    variables
}

/// Fills in `$NAME` and `${NAME}` as `envsubst` does, which knows no other form.
pub(crate) fn render(entry: &Entry, context: &Context, template: &str) -> String {
    let variables = environment(entry, context);
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (braces, text) = after.strip_prefix('{').map_or((false, after), |text| (true, text));
        let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let name = &text[..length];
        let closed = !braces || text[length..].starts_with('}');
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) || !closed {
            out.push('$');
            rest = after;
            continue;
        }
        out.push_str(variables.get(name).map_or("", String::as_str));
        rest = &text[length + usize::from(braces)..];
    }
    out.push_str(rest);
    out
}

/// Evaluates the script of the app `id`, sourced on behalf of the app `target`.
pub(crate) fn evaluate(script: &str, id: &str, target: &str, context: &Context) -> Exports {
    let mut known: BTreeMap<String, String> = context.exports.clone();
    for (name, value) in script_variables(id, target, context) {
        known.insert(name.to_owned(), value);
    }
    let secret = |label: &str| secrets::entropy(&context.device_seed, &[id, target], label);
    let mut exported: BTreeMap<String, String> = BTreeMap::new();
    let lines: Vec<&str> = script.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let line = line.trim().trim_end_matches(';').trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((exports, name, value)) = assignment(line, &known, &secret) else {
            // Whatever the rest does: a name it assigns is not known.
            let rest = lines[index..].join("\n");
            exported.retain(|name, _| !assigns(&rest, name));
            return Exports { variables: exported, complete: false };
        };
        let value = match value {
            Some(value) => value,
            None => known.get(&name).cloned().unwrap_or_default(),
        };
        known.insert(name.clone(), value.clone());
        if exports || exported.contains_key(&name) {
            exported.insert(name, value);
        }
    }
    Exports { variables: exported, complete: true }
}

/// What `derive_entropy` gives for a label.
type Secret<'a> = &'a dyn Fn(&str) -> String;

/// `export NAME=value`, `local -r NAME=value`, `NAME=value`, `export NAME`.
fn assignment(
    line: &str,
    known: &BTreeMap<String, String>,
    secret: Secret<'_>,
) -> Option<(bool, String, Option<String>)> {
    let (exports, rest) = match line.split_once(char::is_whitespace) {
        Some(("export", rest)) => (true, rest.trim_start()),
        Some(("local" | "readonly" | "declare", rest)) => {
            (false, rest.trim_start().trim_start_matches("-r").trim_start())
        }
        _ => (false, line),
    };
    let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let (name, rest) = rest.split_at(length);
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if rest.is_empty() {
        return exports.then(|| (true, name.to_owned(), None));
    }
    let value = word(rest.strip_prefix('=')?, known, secret)?;
    Some((exports, name.to_owned(), Some(value)))
}

/// One word of shell: unquoted, quoted, or several of these side by side, and nothing after it.
fn word(text: &str, known: &BTreeMap<String, String>, secret: Secret<'_>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match first {
            '\'' => {
                let end = rest[1..].find('\'')?;
                out.push_str(&rest[1..=end]);
                rest = &rest[end + 2..];
            }
            '"' => {
                let end = quote_end(&rest[1..])?;
                out.push_str(&expand(&rest[1..=end], known, secret)?);
                rest = &rest[end + 2..];
            }
            c if c.is_whitespace() => {
                // Only a comment may follow.
                let after = rest.trim_start();
                return (after.is_empty() || after.starts_with('#')).then_some(out);
            }
            _ => {
                let end = if rest.starts_with("$(") { rest.find(')')? + 1 } else { unquoted_end(rest) };
                if end == 0 {
                    return None;
                }
                out.push_str(&expand(&rest[..end], known, secret)?);
                rest = &rest[end..];
            }
        }
    }
    Some(out)
}

/// Where a double quote closes; quotes inside `$(…)` don't count.
fn quote_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '\\' => return None,
            '(' if previous == '$' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '"' if depth == 0 => return Some(at),
            _ => {}
        }
        previous = c;
    }
    None
}

fn unquoted_end(text: &str) -> usize {
    let mut braces = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            ';' | '&' | '|' | '<' | '>' | '(' | ')' | '`' | '\\' | '*' | '?' | '~' => return 0,
            '\'' | '"' => return at,
            c if c.is_whitespace() && braces == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// Variables and `$(derive_entropy …)`; any other command is not for us.
fn expand(text: &str, known: &BTreeMap<String, String>, secret: Secret<'_>) -> Option<String> {
    if text.contains('`') {
        return None;
    }
    let Some(start) = text.find("$(") else { return variables(text, known) };
    let end = start + text[start..].find(')')?;
    let call = text[start + 2..end].trim().strip_prefix("derive_entropy")?.trim();
    let label = match call.strip_prefix('"').and_then(|call| call.strip_suffix('"')) {
        Some(label) => variables(label, known)?,
        None if !call.is_empty() && !call.contains(['"', '\'', ' ', '|', '(']) => variables(call, known)?,
        None => return None,
    };
    let before = variables(&text[..start], known)?;
    let after = expand(&text[end + 1..], known, secret)?;
    Some(format!("{before}{}{after}", secret(&label)))
}

fn variables(text: &str, known: &BTreeMap<String, String>) -> Option<String> {
    struct Known<'a>(&'a BTreeMap<String, String>);
    impl Scope for Known<'_> {
        fn lookup(&self, name: &str, _optional: bool) -> Lookup {
            self.0.get(name).map_or(Lookup::Unset, |value| Lookup::Value(value.clone()))
        }
    }
    // `$$`, `$1`, `${A%x}` and `${A//b/c}` mean more to a shell than to compose.
    let plain = text.match_indices('$').all(|(at, _)| {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    });
    if !plain {
        return None;
    }
    let scope = Known(known);
    let mut interpolator = Interpolator::new(&scope);
    let value = interpolator.text("exports.sh", text).ok()?;
    // Under `set -u` an unknown variable would end the script; here it means that somebody else exports it.
    let undefined = interpolator.finish().undefined;
    undefined.is_empty().then_some(value)
}

/// Whether a piece of script may set a variable, however it does it.
fn assigns(script: &str, name: &str) -> bool {
    script.match_indices(name).any(|(at, _)| {
        let before = script[..at].chars().next_back();
        let after = script[at + name.len()..].chars().next();
        let boundary = !before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '{'));
        boundary && !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
