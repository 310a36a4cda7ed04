//! Small languages inside strings: durations, byte sizes, command lines, `KEY=value` files.

use std::collections::BTreeMap;

/// Go's durations with compose's days and weeks, in milliseconds (rounded up, so 1µs isn't "none").
pub(crate) fn duration_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    if text == "0" {
        return Some(0);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut total_ns: f64 = 0.0;
    while !rest.is_empty() {
        let number = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let value: f64 = rest[..number].parse().ok()?;
        rest = &rest[number..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let factor = match &rest[..unit] {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            "d" => 86_400e9,
            "w" => 604_800e9,
            _ => return None,
        };
        rest = &rest[unit..];
        total_ns += value * factor;
    }
    // Two hundred years: beyond it Docker's own nanosecond counter overflows.
    if !(0.0..=6.3e18).contains(&total_ns) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked above"
    )]
    Some((total_ns / 1e6).ceil() as u64)
}

/// Docker's sizes: a number and an optional binary unit (`64`, `512m`, `1.5gb`, `2GiB`).
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let number = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let value: f64 = text[..number].parse().ok()?;
    let unit = text[number..].trim().to_ascii_lowercase();
    let unit = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(&unit);
    let factor: f64 = match unit {
        "" => 1.0,
        "k" => 1024.0,
        "m" => 1024.0 * 1024.0,
        "g" => 1024.0 * 1024.0 * 1024.0,
        "t" => 1024.0_f64.powi(4),
        "p" => 1024.0_f64.powi(5),
        _ => return None,
    };
    let total = value * factor;
    if !(0.0..=9.2e18).contains(&total) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked above"
    )]
    Some(total as u64)
}

/// A number of CPUs in billionths.
pub(crate) fn nano_cpus(text: &str) -> Option<u64> {
    let value: f64 = text.trim().parse().ok()?;
    if !(0.0..=1e6).contains(&value) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked above"
    )]
    Some((value * 1e9).round() as u64)
}

/// An unquoted scalar where compose wants a text: it has been a number or a boolean in between, so `1.50` is
/// `1.5`, `0644` is `420` and `True` is `true`. Dates keep their text.
pub(crate) fn go_scalar(text: &str) -> String {
    match text {
        "True" | "TRUE" => return "true".to_owned(),
        "False" | "FALSE" => return "false".to_owned(),
        _ => {}
    }
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => ("-", &text[1..]),
        Some(b'+') => ("", &text[1..]),
        _ => ("", text),
    };
    if !digits.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'.') {
        return text.to_owned();
    }
    let plain = digits.replace('_', "");
    let radix = |prefix: &[&str], radix| {
        let rest = prefix.iter().find_map(|prefix| plain.strip_prefix(prefix))?;
        u64::from_str_radix(rest, radix).ok()
    };
    let number = radix(&["0x", "0X"], 16)
        .or_else(|| radix(&["0b", "0B"], 2))
        .or_else(|| radix(&["0o", "0O", "0"], 8))
        .or_else(|| plain.bytes().all(|byte| byte.is_ascii_digit()).then(|| plain.parse().ok())?);
    if let Some(number) = number {
        return if number == 0 { "0".to_owned() } else { format!("{sign}{number}") };
    }
    // Digits, one point, one exponent: what else Rust reads as a number is none in YAML.
    let float =
        plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'))
            && plain.bytes().any(|byte| byte.is_ascii_digit());
    match plain.parse::<f64>() {
        Ok(value) if float && value.is_finite() => format!("{sign}{}", go_float(value)),
        _ => text.to_owned(),
    }
}

/// Go's `%v`: the shortest digits, with an exponent below 1e-4 and from 1e21 on.
fn go_float(value: f64) -> String {
    if value != 0.0 && !(1e-4..1e21).contains(&value) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{value}")
}

/// A command line as words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) words: Vec<String>,
    /// What compose leaves out: it stops reading at an unquoted `;`, `&`, `|`, `<` or `>`.
    pub(crate) dropped: Option<String>,
}

/// Splits as Docker Compose does. There is no shell: nothing is expanded, and an operator ends the command.
pub(crate) fn shell_words(text: &str) -> Result<Words, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut started = false;
    let (mut escaped, mut double, mut single, mut backtick, mut dollar) = (false, false, false, false, false);
    let mut dropped = None;
    for (at, c) in text.char_indices() {
        if escaped {
            word.push(match c {
                't' => '\t',
                'n' => '\n',
                other => other,
            });
            escaped = false;
            started = true;
            continue;
        }
        let quoted = single || double || backtick || dollar;
        match c {
            '\\' if single => word.push(c),
            '\\' => escaped = true,
            ' ' | '\t' | '\r' | '\n' => {
                if quoted {
                    word.push(c);
                } else if started {
                    words.push(std::mem::take(&mut word));
                    started = false;
                }
            }
            '"' if !single && !dollar => {
                double = !double;
                started = true;
            }
            '\'' if !double && !dollar => {
                single = !single;
                started = true;
            }
            ';' | '&' | '|' | '<' | '>' if !quoted => {
                // `2>` is a redirection as a whole, number included.
                if c == '>' && word.starts_with(|first: char| first.is_ascii_digit()) {
                    started = false;
                }
                dropped = Some(text[at..].to_owned());
                break;
            }
            _ => {
                match c {
                    '`' if !single && !double && !dollar => backtick = !backtick,
                    ')' if !single && !double && !backtick => dollar = !dollar,
                    '(' if !single && !double && !backtick => {
                        if dollar || !word.ends_with('$') {
                            return Err("unquoted parenthesis".to_owned());
                        }
                        dollar = true;
                    }
                    _ => {}
                }
                word.push(c);
                started = true;
            }
        }
    }
    if escaped || single || double || backtick || dollar {
        return Err("a quote or backslash is never closed".to_owned());
    }
    if started {
        words.push(word);
    }
    Ok(Words { words, dropped })
}

/// Reads `KEY=value` lines as Docker Compose reads env files: comments, `export`, quotes, and `$NAME` and
/// `${NAME:-default}` in unquoted and double-quoted values. Lines it can't read are returned with their number.
#[must_use]
pub fn parse_env_file(
    text: &str,
    known: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, Vec<String>) {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut problems = Vec::new();
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
    let mut rest = text.as_str();
    let mut line_number = 0_usize;
    while !rest.is_empty() {
        line_number += 1;
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            rest = after;
            continue;
        }
        let body = trimmed.strip_prefix("export ").map_or(trimmed, str::trim_start);
        let Some(split) = body.find(['=', ':']) else {
            // A name alone takes its value from outside, when there is one.
            if is_name(body) {
                if let Some(value) = known.get(body) {
                    values.insert(body.to_owned(), value.clone());
                }
            } else {
                problems.push(format!("line {line_number} is not KEY=value"));
            }
            rest = after;
            continue;
        };
        let key = body[..split].trim_end();
        if !is_name(key) {
            problems.push(format!("line {line_number}: “{key}” is not a variable name"));
            rest = after;
            continue;
        }
        let value = body[split + 1..].trim_start();
        match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                // A quoted value may run over several lines, so it is read from the rest of the file.
                let start = value.as_ptr() as usize - text.as_ptr() as usize + 1;
                let Some(end) = closing_quote(&text[start..], quote) else {
                    problems.push(format!("line {line_number}: the quote is never closed"));
                    rest = after;
                    continue;
                };
                let inside = &text[start..start + end];
                line_number += inside.matches('\n').count();
                let value =
                    if quote == '\'' { inside.to_owned() } else { expand(&unescape(inside), &values, known) };
                values.insert(key.to_owned(), value);
                let tail = &text[start + end + 1..];
                rest = tail.split_once('\n').map_or("", |(_, after)| after);
            }
            _ => {
                let value = value.split_once(" #").map_or(value, |(value, _)| value).trim_end();
                let value = if value.starts_with('#') { "" } else { value };
                values.insert(key.to_owned(), expand(value, &values, known));
                rest = after;
            }
        }
    }
    (values, problems)
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'[' | b']'))
}

fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return Some(at);
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('$') => out.push_str("$$"),
            Some(other @ ('"' | '\\')) => out.push(other),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

fn expand(text: &str, values: &BTreeMap<String, String>, known: &BTreeMap<String, String>) -> String {
    use crate::interpolate::{Interpolator, Lookup, Scope};

    struct Both<'a>(&'a BTreeMap<String, String>, &'a BTreeMap<String, String>);
    impl Scope for Both<'_> {
        fn lookup(&self, name: &str, _: bool) -> Lookup {
            self.1
                .get(name)
                .or_else(|| self.0.get(name))
                .map_or(Lookup::Unset, |value| Lookup::Value(value.clone()))
        }
    }
    // A stray `$` is just a `$` in an env file.
    Interpolator::new(&Both(values, known)).text("env file", text).unwrap_or_else(|_| text.to_owned())
}
