//! Our plans beside what Docker Compose makes of the same files, field by field, for every app of the four
//! catalogues and for cases of our own that use the whole specification.
//!
//! Docker Compose resolves a project without a daemon (`config`). Both sides are brought into one shape
//! (`shape`); a field that `shape` doesn't know is a difference too, so nothing escapes the comparison.
//! Catalogues lie beside the repository and Compose comes with the test tools; where either is missing the
//! test says so and measures nothing.

mod project;
mod shape;
mod shape_parts;
mod specification;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Docker Compose 2 or later, if this machine has it.
fn compose() -> Option<PathBuf> {
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/docker-compose");
    let plugins = [
        "/usr/libexec/docker/cli-plugins",
        "/usr/lib/docker/cli-plugins",
        "/usr/local/lib/docker/cli-plugins",
    ];
    let named = std::env::var_os("LIVOS_TEST_COMPOSE").map(PathBuf::from);
    named
        .into_iter()
        .chain([tools])
        .chain(plugins.iter().map(|folder| Path::new(folder).join("docker-compose")))
        .find(|program| {
            let version = Command::new(program).arg("version").output();
            version.is_ok_and(|version| {
                let text = String::from_utf8_lossy(&version.stdout).into_owned();
                text.split(['v', ' ', '\n']).any(|word| {
                    word.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|n| n >= 2)
                })
            })
        })
}

/// The plans of a folder, by app.
fn plans(folder: &Path, answers: &BTreeMap<String, String>) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_livos"));
    command.args(["apps", "plan", "--json"]).arg(folder);
    for (name, value) in answers {
        command.arg("--set").arg(format!("{name}={value}"));
    }
    let output = command.output().expect("livos runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A value for everything that an app waits for, so that the whole file is resolved on both sides.
fn answers(plans: &[Value]) -> BTreeMap<String, String> {
    let mut answers = BTreeMap::new();
    for need in plans.iter().filter_map(|plan| plan["needs_input"].as_array()).flatten() {
        let name = need["key"].as_str().expect("a key").to_owned();
        let number = answers.len() + 2;
        let kind = plans
            .iter()
            .filter_map(|plan| plan["inputs"].as_array())
            .flatten()
            .find(|input| input["key"] == need["key"])
            .and_then(|input| input["kind"].as_str())
            .unwrap_or_default();
        let value = match kind {
            "number" => number.to_string(),
            _ if name.ends_with("_PORT") => (20_000 + number).to_string(),
            _ if name.ends_with("_IP") => format!("10.21.{}.{}", 40 + number / 200, 2 + number % 200),
            _ if name.ends_with("_DIR") || name.contains("PATH") || name.contains("FOLDER") => {
                format!("/srv/other/{name}")
            }
            _ if name.contains("DEVICE") => "/dev/null".to_owned(),
            _ => format!("answer {number}"),
        };
        answers.insert(name, value);
    }
    answers
}

/// What came of one catalogue.
#[derive(Default)]
struct Score {
    same: usize,
    /// Not planned completely, and it says why.
    incomplete: Vec<String>,
    /// Compose itself refuses the file; so must we.
    refused: Vec<String>,
    different: Vec<String>,
}

/// Where catalogues lie: those beside the repository, or others, which nobody had before their eyes.
fn catalogues() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalogues");
    std::env::var_os("LIVOS_TEST_CATALOGUES").map_or_else(beside, PathBuf::from)
}

fn compare(catalogue: &str, least_percent: usize) {
    let folder = catalogues().join(catalogue);
    let (Some(compose), true) = (compose(), folder.is_dir()) else {
        eprintln!("skipped: needs Docker Compose and {}", folder.display());
        return;
    };
    let first = plans(&folder, &BTreeMap::new());
    let plans = plans(&folder, &answers(&first));
    let mut score = Score::default();
    for plan in &plans {
        let id = plan["id"].as_str().expect("an id");
        let complete = plan["complete"] == true;
        let theirs = project::resolve(&compose, &folder, catalogue, plan);
        match (complete, theirs) {
            (true, Err(reason)) => score.different.push(format!("{id}: compose refuses it: {reason}")),
            (false, Err(_)) => score.refused.push(id.to_owned()),
            (false, Ok(_)) => {
                score.incomplete.push(format!("{id}: {} {}", plan["error"], plan["unsupported"]));
            }
            (true, Ok(theirs)) => {
                let differences =
                    shape::differences(&shape::ours(plan), &shape::theirs(&theirs, id, catalogue));
                if differences.is_empty() {
                    score.same += 1;
                } else {
                    score.different.push(format!("{id}:\n    {}", differences.join("\n    ")));
                }
            }
        }
    }
    println!(
        "{catalogue}: {} apps, {} the same as Docker Compose, {} incomplete, {} refused by both",
        plans.len(),
        score.same,
        score.incomplete.len(),
        score.refused.len(),
    );
    for (what, why) in shape::DOCUMENTED {
        println!("  meant: {what}: {why}");
    }
    for line in &score.incomplete {
        println!("  incomplete {line}");
    }
    assert!(score.different.is_empty(), "{catalogue} differs:\n  {}", score.different.join("\n  "));
    let settled = score.same + score.refused.len();
    assert!(settled * 100 >= plans.len() * least_percent, "{settled} of {}", plans.len());
}

#[test]
fn umbrel_apps_are_what_compose_makes_of_them() {
    compare("umbrel", 97);
}

#[test]
fn casaos_apps_are_what_compose_makes_of_them() {
    compare("casaos", 97);
}

#[test]
fn runtipi_apps_are_what_compose_makes_of_them() {
    compare("runtipi", 97);
}

#[test]
fn livinity_apps_are_what_compose_makes_of_them() {
    compare("livinity", 97);
}

#[test]
fn plain_projects_are_what_compose_makes_of_them() {
    compare("compose", 95);
}
