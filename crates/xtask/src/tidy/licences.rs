//! Everything we are built from must go together with the AGPL.

use super::Fault;
use super::workspace::Workspace;

const ALLOWED: &[&str] = &[
    "0BSD",
    "AGPL-3.0-only",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(super) fn check(workspace: &Workspace, faults: &mut Vec<Fault>) {
    for package in &workspace.packages {
        let expression = package.license.as_deref().unwrap_or_default();
        if !allows(expression) {
            let name = format!("{} {}", package.name, package.version);
            let from = if package.source.is_some() { "" } else { " (ours)" };
            faults.push(Fault::new(
                format!("{name}{from}: licence `{expression}` is not on the list"),
                "LivOS is AGPL-3.0-only and is shipped as packages. Use another library, or, if the licence is \
                 compatible, add it to crates/xtask/src/tidy/licences.rs.",
            ));
        }
    }
}

/// Evaluates an SPDX expression: `OR` needs one side, `AND` both.
pub(super) fn allows(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, at: 0 };
    let verdict = parser.either();
    !words.is_empty() && parser.at == words.len() && verdict
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl Parser<'_> {
    fn either(&mut self) -> bool {
        let mut verdict = self.both();
        while self.take("OR") {
            let other = self.both();
            verdict = verdict || other;
        }
        verdict
    }

    fn both(&mut self) -> bool {
        let mut verdict = self.one();
        while self.take("AND") {
            let other = self.one();
            verdict = verdict && other;
        }
        verdict
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let verdict = self.either();
            return self.take(")") && verdict;
        }
        let Some(name) = self.words.get(self.at) else { return false };
        self.at += 1;
        let mut name = (*name).to_owned();
        if self.take("WITH")
            && let Some(exception) = self.words.get(self.at)
        {
            self.at += 1;
            name = format!("{name} WITH {exception}");
        }
        ALLOWED.contains(&name.as_str())
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at) == Some(&word);
        if found {
            self.at += 1;
        }
        found
    }
}
