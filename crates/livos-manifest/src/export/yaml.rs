//! YAML, as much as a compose file needs.

use serde_json::Value;

/// YAML in blocks. Every text is quoted as in JSON, which YAML reads as the same text whatever is in it.
pub(super) fn block(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                out.push_str(&indent);
                out.push_str(&key_text(key));
                out.push(':');
                below(item, depth + 1, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push_str(&indent);
                out.push('-');
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        let mut text = String::new();
                        block(item, depth + 1, &mut text);
                        out.push(' ');
                        out.push_str(text.trim_start());
                    }
                    other => below(other, depth + 1, out),
                }
            }
        }
        other => {
            out.push_str(&indent);
            out.push_str(&other.to_string());
            out.push('\n');
        }
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    let nested = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if nested {
        out.push('\n');
        block(value, depth, out);
    } else {
        out.push(' ');
        out.push_str(&value.to_string());
        out.push('\n');
    }
}

fn key_text(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let word = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        .contains(&key.to_ascii_lowercase().as_str());
    if plain && !word { key.to_owned() } else { Value::String(key.to_owned()).to_string() }
}
