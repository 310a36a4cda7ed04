use super::licences::allows;
use super::sources::file;
use super::workspace::layer_table;

#[test]
fn the_repository_is_tidy() {
    let faults = super::check(&crate::root()).expect("the workspace can be read");
    let lines: Vec<String> =
        faults.iter().map(|fault| format!("{}\n    {}", fault.what, fault.fix)).collect();
    assert!(lines.is_empty(), "broken rules:\n{}", lines.join("\n"));
}

#[test]
fn licences_are_expressions() {
    for good in [
        "MIT",
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
    ] {
        assert!(allows(good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "Apache-2.0 WITH Odd-exception",
        "(MIT",
        "MIT MIT",
        "SSPL-1.0 OR BUSL-1.1",
    ] {
        assert!(!allows(bad), "{bad}");
    }
}

#[test]
fn the_layer_table_is_read_from_markdown() {
    let table = layer_table(
        "# Map\n\n| L | crate | one line |\n|---|---|---|\n| 0 | `livos-types` | ids |\n| 5 | xtask | run |\n",
    );
    assert_eq!(
        table.into_iter().collect::<Vec<_>>(),
        [("livos-types".to_owned(), 0), ("xtask".to_owned(), 5)]
    );
}

fn faults_of(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    file(name, text, concat!("const APPS: &str = \"io.", "livos.Apps1\";"), &mut faults);
    faults.into_iter().map(|fault| fault.what).collect()
}

#[test]
fn unfinished_work_is_found_as_a_word() {
    let word = concat!("TO", "DO");
    assert_eq!(
        faults_of("crates/a/src/lib.rs", &format!("fn a() {{}}\n// {word}: more\n")),
        [format!("crates/a/src/lib.rs:2: {word}")]
    );
    assert!(faults_of("crates/a/src/lib.rs", &format!("const {word}S: u8 = 1;")).is_empty());
    assert!(faults_of("notes.md", word).is_empty());
}

#[test]
fn long_files_are_found_unless_generated() {
    let long = "\n".repeat(601);
    assert_eq!(faults_of("crates/a/src/lib.rs", &long), ["crates/a/src/lib.rs: 601 lines"]);
    assert!(faults_of("crates/a/src/lib.rs", &format!("// @generated\n{long}")).is_empty());
}

#[test]
fn bus_names_stay_in_the_contract() {
    let name = concat!("io.", "livos.Apps1");
    assert_eq!(faults_of("crates/a/src/lib.rs", &format!("let n = \"{name}\";")).len(), 1);
    assert!(faults_of("crates/a/src/bus.rs", &format!("#[interface(name = \"{name}\")]")).is_empty());
    assert_eq!(
        faults_of("crates/a/src/bus.rs", concat!("#[interface(name = \"io.", "livos.Other1\")]")).len(),
        1
    );
    assert!(faults_of("crates/a/src/lib.rs", &format!("//! `{name}`, for readers")).is_empty());
    assert!(faults_of("crates/livos-bus/src/names.rs", &format!("const N: &str = \"{name}\";")).is_empty());
    assert!(faults_of("crates/a/src/lib.rs", concat!("label(\"io.", "livos.app\")")).is_empty());
}
