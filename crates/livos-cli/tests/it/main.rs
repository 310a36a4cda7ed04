//! The program as a script sees it: output, exit codes, no daemons needed.

#![expect(clippy::expect_used, reason = "this whole program is a test")]

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
    assert!(gone.stdout.is_empty());
}

#[test]
fn errors_are_json_when_asked_for() {
    let gone = livos(&["--bus", "unix:path=/nonexistent/bus.sock", "apps", "list", "--json"]);
    let error: serde_json::Value = serde_json::from_slice(&gone.stderr).expect("JSON");
    assert!(error["error"]["message"].as_str().is_some_and(|message| message.contains("bus")), "{error}");
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for wrong in [
        &["nonsense"][..],
        &["apps", "install", "x", "--set", "novalue"],
        &["users", "add", "a", "--role", "king"],
    ] {
        assert_eq!(livos(wrong).status.code(), Some(2), "{wrong:?}");
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
