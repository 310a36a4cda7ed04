//! The program as a script sees it: output, exit codes, no daemons needed.

#![expect(clippy::expect_used, reason = "this whole program is a test")]

mod compose;

use std::path::Path;
use std::process::{Command, Output};

fn livos(arguments: &[&str]) -> Output {
    let nowhere = tempfile::tempdir().expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_livos"))
        .args(arguments)
        .current_dir(nowhere.path())
        .env_remove("LIVOS_BUS_ADDRESS")
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_bus_that_is_not_there_is_exit_code_3_and_says_what_to_do() {
    let gone = livos(&["--bus", "unix:path=/nonexistent/bus.sock", "status"]);
    assert_eq!(gone.status.code(), Some(3));
    let message = text(&gone.stderr);
    assert!(message.contains("/nonexistent/bus.sock") && message.contains("--bus"), "{message}");
    assert_eq!(message.matches("No such file").count(), 1, "the cause is said once: {message}");
    assert!(gone.stdout.is_empty());
}

#[test]
fn errors_are_json_when_asked_for() {
    let gone = livos(&["--bus", "unix:path=/nonexistent/bus.sock", "apps", "list", "--json"]);
    let error: serde_json::Value = serde_json::from_slice(&gone.stderr).expect("JSON");
    assert!(error["error"]["message"].as_str().is_some_and(|message| message.contains("bus")), "{error}");
    assert_eq!(error["error"]["code"], "unavailable");
    let wrong = livos(&["apps", "install", "--json"]);
    assert_eq!(wrong.status.code(), Some(2));
    let error: serde_json::Value = serde_json::from_slice(&wrong.stderr).expect("JSON");
    assert_eq!(error["error"]["code"], "invalid");
    assert!(error["error"]["message"].as_str().is_some_and(|message| message.contains("<APP>")), "{error}");
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for wrong in [
        &["nonsense"][..],
        &["apps", "install", "x", "--set", "novalue"],
        &["users", "add", "a", "--role", "king"],
        &["skills", "enable"],
        &["skills", "bless", "x"],
        &["agents", "show"],
        &["agents", "promote", "x"],
        &["agents", "add", "x"],
        &["assistant", "schedules", "add", "look", "--on", "earthquake"],
        &["assistant", "schedules", "add", "look", "--in", "5"],
        &["assistant", "schedules", "add", "look", "--in", "5m", "--cron", "0 8 * * *"],
        &["assistant", "schedules", "add", "look", "--every", "5m"],
        &["ask", "x", "--think", "hardest"],
    ] {
        assert_eq!(livos(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_reader_that_stops_early_is_no_fault() {
    for arguments in [&["completions", "bash"][..], &["--help"], &["config", "example"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_livos"))
            .args(arguments)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("it runs");
        // Nobody reads: the first write finds a closed pipe.
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("it ends");
        assert!(ended.stderr.is_empty(), "{arguments:?}: {}", text(&ended.stderr));
        assert!(ended.status.success(), "{arguments:?}");
    }
}

#[test]
fn every_shell_gets_a_completion_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = livos(&["completions", shell]);
        assert!(script.status.success(), "{shell}");
        assert!(text(&script.stdout).contains("reset-password"), "{shell}");
    }
}

/// Every command, as the words that lead to it, taken from what `--help` lists.
fn commands() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![Vec::<String>::new()];
    while let Some(words) = open.pop() {
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = livos(&arguments);
        assert!(help.status.success(), "{words:?}: {}", text(&help.stderr));
        let help = text(&help.stdout);
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in listed.take_while(|line| !line.is_empty()) {
            // Lines that are indented further go on with the text of the one before.
            let Some(name) = line.strip_prefix("  ").and_then(|line| line.split_whitespace().next()) else {
                continue;
            };
            if line.starts_with("   ") || name == "help" {
                continue;
            }
            open.push(words.iter().cloned().chain([name.to_owned()]).collect());
        }
        found.push(words);
    }
    found
}

#[test]
fn every_command_has_help_and_a_page_of_the_manual() {
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("share/man");
    let written = livos(&["man", directory.to_str().expect("text")]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let commands = commands();
    assert!(commands.len() > 30 && commands.contains(&vec!["users".to_owned(), "reset-password".to_owned()]));
    for words in commands {
        let name =
            ["livos"].into_iter().chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
        let page = std::fs::read_to_string(directory.join(format!("{name}.1")));
        let page = page.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
    let front = std::fs::read_to_string(directory.join("livos.1")).expect("the front page");
    assert!(front.contains("Exit codes") && !front.contains("livos\\-man"), "{front}");

    let refused = livos(&["man", "/proc/nowhere"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("/proc/nowhere"), "{}", text(&refused.stderr));
}

#[test]
fn a_configuration_is_checked_and_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("livos.toml");
    let path = file.to_str().expect("text");
    std::fs::write(&file, "[server]\nname = \"Attic\"\n").expect("written");
    let fine = livos(&["config", "check", path]);
    assert!(fine.status.success(), "{}", text(&fine.stderr));
    assert!(text(&fine.stdout).contains("server.name = \"Attic\""), "{}", text(&fine.stdout));

    std::fs::write(&file, "[server]\nnames = \"Attic\"\n").expect("written");
    let wrong = livos(&["config", "check", path, "--json"]);
    assert_eq!(wrong.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&wrong.stdout).expect("JSON");
    assert_eq!(report["ok"], false);
    assert_eq!(report["problems"][0]["line"], 2, "{report}");
    assert_eq!(report["problems"][0]["suggestion"], "name", "{report}");

    let missing = livos(&["config", "check", "/nonexistent/livos.toml"]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn the_shipped_examples_are_the_ones_the_program_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a checkout");
    for (arguments, file) in [
        (&["config", "example"][..], "rootfs/etc/livos/livos.toml.example"),
        (&["config", "example", "--env"], "rootfs/etc/livos/livos.env.example"),
    ] {
        let printed = livos(arguments);
        let shipped = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        assert_eq!(shipped, text(&printed.stdout), "write it anew: livos {} > {file}", arguments.join(" "));
    }
}

#[test]
fn recall_is_measured_on_any_file_of_conversations() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("talk.json");
    let talk = r#"{"conversations":[{"id":"c","sessions":[{"id":"s","at":"2023-05-08","turns":[
        {"id":"t1","speaker":"Ann","text":"The key is under the mat."},
        {"id":"t2","speaker":"Ben","text":"I planted tulips."}]}],
        "questions":[{"id":"q","text":"Where is the key?","category":"plain","evidence":["t1"]}]}]}"#;
    std::fs::write(&file, talk).expect("written");
    let path = file.to_string_lossy().into_owned();
    for plain in [&[][..], &["--plain"]] {
        let found = livos(&[&["memory", "eval", &path, "--json"], plain].concat());
        let report: serde_json::Value = serde_json::from_slice(&found.stdout).expect("JSON");
        assert_eq!(report["questions"], 1, "{report}");
        assert_eq!(report["hit@1"], 1.0, "{report}");
        assert_eq!(report["by_category"]["plain"]["hit@20"], 1.0, "{report}");
        assert!(report["p50_ms"].as_f64().is_some_and(|time| time > 0.0), "{report}");
    }
    std::fs::write(&file, "{}").expect("written");
    let wrong = livos(&["memory", "eval", &path]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("not a file of conversations"), "{}", text(&wrong.stderr));
}
