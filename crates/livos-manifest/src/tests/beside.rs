//! Files beside a compose file: what they change, and what they don't.

use std::fs;

use super::plan;
use crate::{AppSpec, Format, Plan, catalogue};

fn spec(files: &[(&str, &str)]) -> AppSpec {
    let plan = plan(Format::Compose, files);
    assert_eq!(plan.unsupported, Vec::<String>::new());
    plan.spec.unwrap_or_else(|| panic!("no spec: {:?}", plan.error))
}

fn error(files: &[(&str, &str)]) -> String {
    let plan = plan(Format::Compose, files);
    assert!(plan.spec.is_none(), "accepted");
    plan.error.unwrap_or_default()
}

fn of_folder(files: &[(&str, &str)]) -> (Vec<String>, Plan) {
    let root = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    for (name, text) in files {
        match text.strip_prefix("-> ") {
            Some(to) => std::os::unix::fs::symlink(to, root.path().join(name)).unwrap_or_default(),
            None => fs::write(root.path().join(name), text).unwrap_or_default(),
        }
    }
    let loaded = catalogue::load(root.path()).unwrap_or_else(|error| panic!("{error}"));
    let entry = &loaded.entries[0];
    (entry.source.files.keys().cloned().collect(), entry.plan(&super::context()))
}

#[test]
fn only_files_that_are_named_are_read() {
    let compose = "# include: [notes.yml]\nservices:\n  a:\n    image: x\n    volumes: ['./configuration.yaml:/config/configuration.yaml']\n    extends: {file: ./base.yml, service: a}\n";
    let (files, plan) = of_folder(&[
        ("compose.yaml", compose),
        ("configuration.yaml", "password: !secret it\na: 1\na: 2\n---\nmore"),
        ("notes.yml", "{{ template }}"),
        ("e.yml", "services: ["),
        ("base.yml", "services: {a: {extends: {file: base.two.yml, service: b}}, c: {extends: nowhere}}"),
        ("base.two.yml", "services: {b: {restart: always}}"),
    ]);
    assert_eq!(files, ["base.two.yml", "base.yml", "compose.yaml"]);
    assert!(plan.complete, "{plan:?}");

    let (files, plan) = of_folder(&[
        ("compose.yaml", "include: [gone.yml, linked.yml]\nservices: {a: {image: x}}"),
        ("linked.yml", "-> /etc/passwd"),
    ]);
    assert_eq!(files, ["compose.yaml"]);
    assert_eq!(plan.unsupported, ["include"]);

    let many: Vec<String> = (0..100).map(|index| format!("f{index}.yml")).collect();
    let compose = format!("include: [{}]\nservices: {{a: {{image: x}}}}", many.join(", "));
    let mut written = vec![("compose.yaml", compose.as_str())];
    written.extend(many.iter().map(|name| (name.as_str(), "{}")));
    let (files, plan) = of_folder(&written);
    assert!(files.len() <= 20, "{files:?}");
    assert_eq!(plan.unsupported, ["include"]);
}

#[test]
fn what_an_included_file_cannot_have_is_named() {
    let plan = plan(
        Format::Compose,
        &[
            ("compose.yaml", "include: [more.yml]\nservices: {a: {image: x}}"),
            (
                "more.yml",
                "include: [gone.yml]\nservices: {b: {image: y, extends: {file: gone.yml, service: b}}}",
            ),
        ],
    );
    assert_eq!(plan.unsupported, ["more.yml: include", "services.b.extends"]);
}

#[test]
fn a_circle_is_one_of_services() {
    let two = "services: {a: {extends: {file: base.yml, service: b}}, b: {image: x}, c: {extends: {file: base.yml, service: c}}}";
    let one =
        |service: &str| format!("services: {{web: {{extends: {{file: base.yml, service: {service}}}}}}}");
    assert_eq!(spec(&[("compose.yaml", &one("a")), ("base.yml", two)]).services[0].image, "x");
    assert!(error(&[("compose.yaml", &one("c")), ("base.yml", two)]).contains("circle"));
    assert!(error(&[("compose.yaml", &one("d")), ("base.yml", two)]).contains("no service “d”"));
    let each = [
        ("compose.yaml", "services: {a: {extends: {file: base.yml, service: a}}, b: {image: z}}"),
        ("base.yml", "services: {a: {extends: {file: compose.yaml, service: b}}}"),
    ];
    assert_eq!(spec(&each).services[0].image, "z");
    let circle = [("compose.yaml", "include: [m.yml]"), ("m.yml", "include: [compose.yaml]")];
    assert!(error(&circle).contains("circle"));
}

#[test]
fn names_are_no_fields() {
    let spec = spec(&[
        (
            "compose.yaml",
            "services: {test: {image: x, command: [a], depends_on: {command: {condition: service_started}}}, command: {image: y}}\nvolumes: {dns: {labels: {A: b}}}",
        ),
        (
            "compose.override.yaml",
            "services: {test: {environment: {A: 1}, command: [b], depends_on: {command: {required: false}}}}\nvolumes: {dns: {labels: [B=c]}}",
        ),
    ]);
    let test = spec.services.iter().find(|service| service.name == "test").unwrap();
    assert_eq!((test.image.as_str(), test.environment["A"].as_str()), ("x", "1"));
    assert_eq!(test.command.as_deref(), Some(["b".to_owned()].as_slice()));
    assert_eq!(test.depends_on.len(), 1);
}

#[test]
fn a_base_is_that_of_its_own_file() {
    let compose = "services: {a: {image: x}, b: {extends: a}}";
    let found = plan(
        Format::Compose,
        &[
            ("compose.yaml", compose),
            ("compose.override.yaml", "services: {a: {environment: [SECRET=1], ports: ['80:80']}}"),
        ],
    );
    let found = found.spec.unwrap();
    let b = found.services.iter().find(|service| service.name == "b").unwrap();
    assert!(b.environment.is_empty() && b.ports.is_empty(), "{b:?}");
    assert!(
        error(&[
            ("compose.yaml", "services: {a: {image: x}}"),
            ("compose.override.yaml", "services: {b: {extends: a}}")
        ])
        .contains("not defined")
    );
}

#[test]
fn what_is_reset_between_files_is_named() {
    for tagged in
        ["ports: !reset []", "ports: !override ['81:80']", "command: !reset null", "labels: !reset {A: b}"]
    {
        let own = format!("services: {{a: {{image: x, extends: {{file: base.yml, service: a}}, {tagged}}}}}");
        let base = "services: {a: {image: x, ports: ['80:80'], command: [a]}}";
        let plan = plan(Format::Compose, &[("compose.yaml", &own), ("base.yml", base)]);
        assert_eq!(plan.unsupported, ["compose.yaml: !reset and !override"], "{tagged}: {:?}", plan.error);
        let over = format!("services: {{a: {{{tagged}}}}}");
        let plan = super::plan(Format::Compose, &[("compose.yaml", base), ("compose.override.yml", &over)]);
        assert_eq!(plan.unsupported, ["compose.override.yml: !reset and !override"], "{tagged}");
    }
    let said =
        [("compose.yaml", "services: {a: {image: x, ports: !reset ['80:80'], command: !override [a]}}")];
    assert!(spec(&said).services[0].ports.is_empty());
    let comment = [
        ("compose.yaml", "services: {a: {image: x}}"),
        ("compose.override.yml", "# no !reset here\nservices: {a: {restart: always}}"),
    ];
    spec(&comment);
}

#[test]
fn profiles_are_asked_for_once() {
    let compose =
        "services: {a: {image: x, environment: {P: '${COMPOSE_PROFILES}'}}, b: {image: x, profiles: [p]}}";
    for env in ["", "COMPOSE_PROFILES=p\n"] {
        let spec = spec(&[("compose.yaml", compose), (".env", env)]);
        assert_eq!(spec.inputs.iter().filter(|input| input.key == "COMPOSE_PROFILES").count(), 1);
    }
}
