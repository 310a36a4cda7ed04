//! What the scripts of an app would ask for in vain, as far as that can be read from their text: said before an
//! installation instead of at its end.
//!
//! Only what is certain to run and certain to end the script counts: a command at the beginning of a line, in no block,
//! of a script that ends with the first command that fails. Whatever a script may be prepared for is left to itself.

use livos_manifest::{Entry, Hook};
use livos_types::AppId;

use super::shim;

/// One sentence for each command that cannot be had.
pub(crate) fn in_vain(id: &AppId, entry: &Entry) -> Vec<String> {
    let mut found = Vec::new();
    for hook in Hook::ALL {
        let Some(script) = entry.hook(hook).filter(|script| ends_when_one_fails(script)) else { continue };
        let joined = script.replace("\\\n", " ");
        let mut inside = None::<String>;
        for line in joined.lines() {
            // What stands between `<<END` and `END` is text.
            if let Some(end) = &inside {
                if line.trim() == end {
                    inside = None;
                }
                continue;
            }
            inside = here_document(line);
            if inside.is_none()
                && let Some(why) = refused(id, line)
            {
                found.push(format!("its script {} asks for what cannot be had here: {why}", hook.name()));
            }
        }
    }
    found.dedup();
    found
}

/// `set -e`, in any of its spellings.
fn ends_when_one_fails(script: &str) -> bool {
    script.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("set")
            && words.any(|word| {
                word == "errexit" || (word.starts_with('-') && !word.starts_with("--") && word.contains('e'))
            })
    })
}

fn here_document(line: &str) -> Option<String> {
    let (_, after) = line.split_once("<<")?;
    let word = after.trim_start_matches('-').split_whitespace().next()?;
    // `<<<` is one word of input, and no document.
    (!word.starts_with('<')).then(|| word.trim_matches(['"', '\'']).to_owned())
}

/// Why the command of a line is refused; `None` if it is not, or if that cannot be told.
fn refused(id: &AppId, line: &str) -> Option<String> {
    let prepared = ["||", "&&", ";", "|", "$(", "`", "&"].iter().any(|sign| line.contains(sign));
    if prepared || line.starts_with([' ', '\t', '#', '!', '}']) {
        return None;
    }
    let words: Vec<String> = line
        .split_whitespace()
        .take_while(|word| !word.starts_with('#') && !word.contains(['>', '<']))
        .map(|word| word.trim_matches(['"', '\'']).to_owned())
        .collect();
    let (command, rest) = words.split_first()?;
    if command == "docker" {
        return Some(format!("the program docker (“{}”)", shown(&words)));
    }
    if !command.ends_with("/scripts/app") {
        return None;
    }
    let own = |word: &String| match word.as_str() {
        "$APP_ID" | "${APP_ID}" | "$EXPORTS_APP_ID" | "${EXPORTS_APP_ID}" => id.to_string(),
        other => other.to_owned(),
    };
    let rest: Vec<String> = rest.iter().map(own).collect();
    // What a variable says is not known; of most questions the first words decide.
    let decisive =
        if rest.get(2).is_some_and(|verb| verb == "run" || verb == "exec") { rest.len() } else { 3 };
    let known = rest.iter().take(decisive).all(|word| !word.contains('$'));
    known.then(|| shim::parse(id, &rest).err()).flatten()
}

fn shown(words: &[String]) -> String {
    words.join(" ").chars().filter(|letter| !letter.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use livos_manifest::{Format, Source};

    use super::*;

    fn of(script: &str) -> Vec<String> {
        let files = BTreeMap::from([("hooks/pre-start".to_owned(), script.to_owned())]);
        let entry = Entry::new(Format::Umbrel, "demo", Source { files, icon: String::new() });
        in_vain(&AppId::new("demo").unwrap(), &entry)
    }

    #[test]
    fn what_is_certain_to_fail_is_named_with_its_script() {
        for (line, words) in [
            (
                "\"${UMBREL_ROOT}/scripts/app\" compose \"$APP_ID\" exec --privileged web true",
                "exec --privileged",
            ),
            ("${UMBREL_ROOT}/scripts/app restart other", "may not work on other"),
            ("$UMBREL_ROOT/scripts/app compose \\\n  demo up \\\n  --scale web=2", "--scale"),
            ("docker exec demo_web_1 true # now", "“docker exec demo_web_1 true”"),
        ] {
            let found = of(&format!("#!/usr/bin/env bash\nset -euo pipefail\n{line}\n"));
            assert_eq!(found.len(), 1, "{line}: {found:?}");
            assert!(found[0].contains("pre-start") && found[0].contains(words), "{found:?}");
        }
    }

    #[test]
    fn what_a_script_is_prepared_for_is_left_to_it() {
        for script in [
            "docker ps",
            "set -u\ndocker ps",
            "set -e\nif docker ps; then\n  docker rm x\nfi",
            "set -e\ndocker rm x || true",
            "set -e\n! docker ps",
            "set -e\nX=$(docker ps)",
            "set -e\n# docker ps",
            "set -e\ncat <<'END' > file\ndocker ps\nEND\necho done",
            "set -e\n$UMBREL_ROOT/scripts/app compose \"${app}\" exec web sh",
            "set -e\n$UMBREL_ROOT/scripts/app compose demo up --detach web app_proxy",
            "set -e\n$UMBREL_ROOT/scripts/app compose demo exec -T web php occ upgrade",
            "set -e\n$UMBREL_ROOT/scripts/app ls-installed",
            "set -e\n$UMBREL_ROOT/scripts/app compose demo run --rm -e $PAIR web",
            "set -o errexit\nstart() {\n\tdocker ps\n}\nmkdir -p a",
        ] {
            assert_eq!(of(script), Vec::<String>::new(), "{script}");
        }
    }
}
