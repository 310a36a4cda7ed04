//! What the files themselves must look like.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::Fault;
use crate::shell;

const LONGEST: usize = 600;
const CODE: &[&str] = &["rs", "ts", "tsx", "mjs", "css", "py", "sh"];
/// Marks of unfinished work, spelled so that this file does not find itself.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
const BUS_PREFIX: &str = concat!("io.", "livos.");

pub(super) fn check(root: &Path, faults: &mut Vec<Fault>) -> Result<()> {
    let listed = shell::output(shell::command("git").current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let contract = contract_of(root, &listed)?;
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let Ok(bytes) = std::fs::read(root.join(name)) else { continue };
        // Pictures and fonts are not text.
        let Ok(text) = String::from_utf8(bytes) else { continue };
        file(name, &text, &contract, faults);
    }
    Ok(())
}

/// The text of livos-bus: a bus name anywhere else must at least be one of these.
fn contract_of(root: &Path, listed: &str) -> Result<String> {
    let mut contract = String::new();
    for name in listed.split('\0').filter(|name| name.starts_with("crates/livos-bus/src/")) {
        let path = root.join(name);
        if path.is_file() {
            contract += &std::fs::read_to_string(&path).with_context(|| format!("{name} can't be read"))?;
        }
    }
    Ok(contract)
}

pub(super) fn file(name: &str, text: &str, contract: &str, faults: &mut Vec<Fault>) {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_code = CODE.contains(&extension);
    let generated = name.ends_with(".d.ts")
        || text.lines().take(5).any(|line| line.contains("@generated") || line.contains("auto-generated"));
    if is_code && !generated && text.lines().count() > LONGEST {
        faults.push(Fault::new(
            format!("{name}: {} lines", text.lines().count()),
            "A file over 600 lines has more than one subject. Split it by subject.",
        ));
    }
    if is_code || matches!(extension, "toml" | "conf" | "service" | "socket" | "yml") {
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = UNFINISHED.iter().find(|word| has_word(line, word)) {
                faults.push(Fault::new(
                    format!("{name}:{}: {word}", number + 1),
                    "Unfinished work is an issue in the tracker, not a word in the code. Finish it or remove the word.",
                ));
            }
        }
    }
    let speaks_bus = extension == "rs" && !name.starts_with("crates/livos-bus/");
    if speaks_bus {
        let code = |line: &str| !line.trim_start().starts_with("//");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| code(line)) {
            for literal in bus_names(line) {
                // The interface attribute takes nothing but a literal; it may repeat the contract.
                let attribute = line.contains("name = \"") && contract.contains(&literal);
                if !attribute {
                    faults.push(Fault::new(
                        format!("{name}:{}: the bus name {literal}", number + 1),
                        "Names on the bus are a contract: they are spelled in livos-bus (and in the policy files) only. \
                         Use its constants.",
                    ));
                }
            }
        }
    }
}

fn bus_names(line: &str) -> Vec<String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '_';
    line.match_indices(BUS_PREFIX)
        .filter_map(|(at, _)| line.get(at..))
        .filter(|rest| rest.chars().nth(BUS_PREFIX.len()).is_some_and(|letter| letter.is_ascii_uppercase()))
        .map(|rest| rest.chars().take_while(|letter| is_name(*letter)).collect())
        .collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let joins =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        !joins(before) && !joins(after)
    })
}
