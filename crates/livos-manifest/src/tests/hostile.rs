//! Manifests written to hurt: each gets an error that says why, quickly and without a panic.

use std::fs;

use super::{plan, refusal};
use crate::{Format, catalogue};

fn error(text: &str) -> String {
    let plan = plan(Format::Compose, &[("compose.yaml", text)]);
    assert!(!plan.complete && plan.spec.is_none(), "accepted");
    plan.error.unwrap_or_default()
}

#[test]
fn bombs_are_refused() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(error(&laughs).contains("more than"), "{}", error(&laughs));

    let mut quadratic = format!("x: &x {}\nall:\n", "y".repeat(100_000));
    quadratic.push_str(&"  - *x\n".repeat(1000));
    assert!(error(&quadratic).contains("repeated text"));

    for text in ["[".repeat(5_000_000), "{a: ".repeat(200_000), "- ".repeat(100_000)] {
        let message = error(&text);
        assert!(message.contains("refused"), "{message}");
    }
    let nested: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(error(&nested).contains("nested"), "{}", error(&nested));

    let wide: String = (0..100_000).map(|index| format!("k{index}: v\n")).collect();
    assert!(error(&wide).contains("more than"));

    let anchors: String = (0..5_000).map(|index| format!("k{index}: &a{index} v\n")).collect();
    assert!(error(&anchors).contains("anchors"));

    let large = format!("x: {}\n", "y".repeat(3_000_000));
    assert!(error(&large).contains("bytes"));
}

#[test]
fn merge_bombs_are_refused() {
    let mut text = String::from("m0: &m0 {a: 1, b: 2, c: 3, d: 4}\n");
    for level in 1..40 {
        let previous = level - 1;
        text.push_str(&format!(
            "m{level}: &m{level} {{x{level}: *m{previous}, y{level}: *m{previous}, <<: [*m{previous}, *m{previous}]}}\n"
        ));
    }
    assert!(error(&text).contains("more than"));
}

/// What joining files costs is counted, so that no clock is needed: at most `MAX_NODES`, and what refuses it.
fn work(files: &[(String, String)]) -> (usize, Option<String>) {
    let source = crate::Source { files: files.iter().cloned().collect(), icon: String::new() };
    let mut budget = crate::read::Budget::default();
    let mut report = crate::fields::Report::default();
    let joined = crate::compose::beside::joined(&source, "compose.yaml", &mut report, &mut budget);
    (budget.nodes, joined.err().map(|error| error.to_string()))
}

#[test]
fn joining_files_costs_no_more_than_what_they_hold() {
    let name = |level: usize| if level == 0 { "compose.yaml".to_owned() } else { format!("f{level}.yml") };
    // Each level is worked through once, though every service and every mention asks for it.
    let extending = |services: usize, last: &str| -> Vec<(String, String)> {
        let file = |level: usize| {
            let each = |index: usize| {
                let next = name(level + 1);
                format!("  s{index}: {{extends: {{file: {next}, service: s{}}}}}\n", services - 1 - index)
            };
            format!("services:\n{}", (0..services).map(each).collect::<String>())
        };
        let mut files: Vec<_> = (0..6).map(|level| (name(level), file(level))).collect();
        let each = |index: usize| format!("  s{index}: {last}\n");
        files.push((name(6), format!("services:\n{}", (0..services).map(each).collect::<String>())));
        files
    };
    let (cost, refused) = work(&extending(100, "{image: x}"));
    assert_eq!(refused, None);
    assert!(cost < 30_000, "{cost}");
    let (cost, refused) = work(&extending(500, "{image: x}"));
    assert!(refused.unwrap_or_default().contains("more than 100 services"));
    assert_eq!(cost, 0, "before any work");
    let long = format!("{{image: x, command: [{}]}}", "y, ".repeat(200));
    let (cost, refused) = work(&extending(100, &long));
    assert!(refused.unwrap_or_default().contains("more than 50000 values"));
    assert!(cost < 60_000, "{cost}");

    let mut including: Vec<_> = (0..6)
        .map(|level| (name(level), format!("include: [{}]\n", format!("{}, ", name(level + 1)).repeat(1000))))
        .collect();
    including.push((name(6), "services: {a: {image: x}}\n".to_owned()));
    let (cost, refused) = work(&including);
    assert_eq!(refused, None);
    assert!(cost < 30_000, "{cost}");

    let lists: String =
        (1..3000).map(|index| format!("  - path: [{}]\n", "m.yml, ".repeat(index % 40 + 1))).collect();
    let body: String = (0..500).map(|index| format!("  v{index}: {{}}\n")).collect();
    let (cost, refused) = work(&[
        ("compose.yaml".to_owned(), format!("include:\n{lists}")),
        ("m.yml".to_owned(), format!("volumes:\n{body}")),
    ]);
    assert!(refused.unwrap_or_default().contains("more than"));
    assert!(cost < 60_000, "{cost}");
}

#[test]
fn a_thing_that_contains_itself_is_refused() {
    assert!(error("a: &a\n  b: *a\n").contains("contains it"));
}

#[test]
fn broken_documents_say_where() {
    for (text, word) in [
        ("services: [", "YAML"),
        ("a: 1\na: 2\n", "given twice"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("services: !include x\n", "tag !include"),
        ("services: !!binary aGk=\n", "tag"),
        ("services:\n\tweb: {}", "YAML"),
        ("services:\n  web:\n    image: \"a\\0b\"\n", "not text"),
        ("services:\n  web:\n    image: \"a\\uFDD0b\"\n", "not text"),
        ("", "mapping"),
        ("just text", "mapping"),
        ("services:", "missing"),
        ("services: {}", "empty"),
        ("services: []", "mapping"),
        ("services: {web: 1}", "mapping"),
        ("services: {'../x': {image: a}}", "valid name"),
        ("services: {web: {}}", "services.web.image: is missing"),
        ("services: {web: {image: 'A B'}}", "image"),
        ("services: {web: {image: [a]}}", "a text"),
    ] {
        let message = error(text);
        assert!(message.contains(word), "{text:?}: {message}");
    }
}

#[test]
fn paths_may_not_climb_out() {
    for source in
        ["../secrets", "./a/../../b", "/srv/livos/apps/demo/../../home", "/etc/../root", "~/../../etc", ".."]
    {
        let message = refusal(&format!("volumes: ['{source}:/x']"));
        assert!(message.contains("leaves the app's own directory"), "{source}: {message}");
        let message = refusal(&format!("volumes: [{{type: bind, source: '{source}', target: /x}}]"));
        assert!(message.contains("leaves"), "{source}: {message}");
    }
    assert!(refusal("env_file: ../../x.env").contains("leaves"));
    assert!(refusal("devices: ['/dev/../etc/shadow']").contains("device path"));
    assert!(refusal("volumes: ['./a:relative']").contains("absolute"));
    assert!(refusal("volumes: ['./a:/']").contains("root directory"));
    assert!(refusal("volumes: ['./a:/b/..']").contains("root directory"));
    assert!(refusal("volumes: ['nowhere:/x']").contains("not defined"));
    assert!(refusal("volumes: ['/:/proc']").contains("/proc"));
    let volume = "services: {a: {image: x, volumes: ['v:/v']}}\nvolumes: {v: {driver_opts: {o: bind, device: ../../etc}}}";
    assert!(error(volume).contains("leaves"));
}

#[test]
fn nonsense_values_are_refused() {
    for (lines, word) in [
        ("ports: ['70000:80']", "port"),
        ("ports: ['1-65535:1-65535', '1-65535:1-65535/udp']", "ports"),
        ("ports: 80", "list"),
        ("ports: ['80:80', '127.0.0.1:80:81']", "already published"),
        ("privileged: maybe", "true or false"),
        ("mem_limit: lots", "size"),
        ("restart: sometimes", "unless-stopped"),
        ("environment: text", "mapping or a list"),
        ("environment: {A: [1]}", "single value"),
        ("environment: ['=x']", "variable name"),
        ("container_name: '../x'", "valid name"),
        ("hostname: 'a b'", "host name"),
        ("ulimits: {nofile: {soft: 1}}", "soft and hard"),
        ("extra_hosts: ['a:b:c']", "address"),
        ("command: \"'open\"", "never closed"),
        ("network_mode: service:ghost", "not defined"),
        ("environment: {A: '${X:?say it}'}", "required variable X"),
    ] {
        let message = refusal(lines);
        assert!(message.contains(word), "{lines}: {message}");
    }
}

#[test]
fn a_demanded_variable_is_named_as_input() {
    let text = "services: {a: {image: x, environment: {A: '${KEY:?your key}'}}}";
    let plan = plan(Format::Compose, &[("compose.yaml", text)]);
    assert_eq!(plan.needs_input[0].key, "KEY");
    assert_eq!(plan.needs_input[0].label, "your key");
}

#[test]
fn json_bombs_are_refused() {
    let deep = "[".repeat(100_000);
    let plan = plan(Format::Livinity, &[("manifest.json", &deep)]);
    assert!(plan.error.unwrap_or_default().contains("JSON"));
}

#[test]
fn directories_are_read_with_care() {
    let root = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(root.path())).unwrap_or_default();
        fs::write(path, text).unwrap_or_default();
    };
    let good = "services: {a: {image: x}}\n";
    write("good/docker-compose.yml", good);
    write("large/docker-compose.yml", &"#".repeat(3_000_000));
    write("notes/README.md", "nothing");
    write("bytes/keep", "");
    fs::write(root.path().join("bytes/compose.yaml"), [0xff, 0xfe, 0x00]).unwrap_or_default();
    write("linked/keep", "");
    std::os::unix::fs::symlink("/etc/passwd", root.path().join("linked/compose.yml")).unwrap_or_default();
    std::os::unix::fs::symlink(root.path().join("good"), root.path().join("alias")).unwrap_or_default();
    let loaded = catalogue::load(root.path()).unwrap_or_else(|error| panic!("{error}"));
    let ids: Vec<&str> = loaded.entries.iter().map(|entry| entry.id()).collect();
    assert_eq!(ids, ["good"]);
    for (directory, word) in
        [("large", "larger"), ("bytes", "UTF-8"), ("linked", "symbolic link"), ("alias", "symbolic links")]
    {
        let found =
            loaded.problems.iter().any(|problem| problem.starts_with(directory) && problem.contains(word));
        assert!(found, "{directory}: {:?}", loaded.problems);
    }
    assert!(catalogue::load(&root.path().join("notes")).is_err());
    assert!(catalogue::load(&root.path().join("absent")).is_err());
    write("old/thing/livinity-app.yml", "id: thing\nname: Thing\nport: 1\n");
    write("old/thing/docker-compose.yml", "services: {web: {image: x}}\n");
    write("old/thing/exports.sh", "export A=1\n");
    let loaded = catalogue::load(&root.path().join("old")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((loaded.format, loaded.entries[0].id()), (Format::Umbrel, "thing"));
    assert!(loaded.entries[0].exports_script().is_some());
    let single = catalogue::load(&root.path().join("good")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(single.entries.len(), 1);
}

#[test]
fn a_folder_that_an_app_could_swap_for_a_link_is_asked_for() {
    let asked = |volumes: &str| {
        let text = format!("services: {{a: {{image: x, volumes: [{volumes}]}}}}");
        let plan = plan(Format::Compose, &[("compose.yaml", &text)]);
        plan.spec.unwrap().permissions.iter().any(|permission| permission.code == "nested_folder")
    };
    assert!(asked("'./a:/a', './a/b:/b'"));
    assert!(asked("'./a/b:/b:ro', '.:/all'"));
    assert!(!asked("'./a:/a', './ab:/b'"));
    assert!(!asked("'./a:/a:ro', './a/b:/b'"));
    assert!(!asked("'./a:/a', './a:/b'"));
}

/// The local driver's options are a mount done by root: what they reach is either refused, or asked for.
#[test]
fn volume_options_are_no_way_around_consent() {
    let volume = |options: &str| {
        format!("services: {{a: {{image: x, volumes: ['v:/v']}}}}\nvolumes: {{v: {{{options}}}}}")
    };
    for climbing in [
        "driver_opts: {type: none, o: rbind, device: '${APP_DATA_DIR}/../../../../etc'}",
        "driver_opts: {type: none, o: 'rw,bind', device: ../../etc}",
    ] {
        assert!(error(&volume(climbing)).contains("leaves the app's own directory"), "{climbing}");
    }
    for unknown in [
        "driver_opts: {type: overlay, o: 'lowerdir=/,upperdir=/u,workdir=/w', device: x}",
        "driver_opts: {type: none, o: 'bind,x-mount.mkdir', device: ./x}",
        "driver_opts: {type: ext4, device: /dev/sda1}",
        "driver_opts: {device: /etc}",
        "driver_opts: {type: tmpfs, o: bind, device: /etc}",
        "driver_opts: {type: none, o: bind, device: ./x, mountpoint: /etc}",
        "driver: vieux/sshfs",
    ] {
        let plan = plan(Format::Compose, &[("compose.yaml", &volume(unknown))]);
        assert!(!plan.complete && !plan.unsupported.is_empty(), "{unknown}");
    }
    for (asked, code) in [
        ("driver_opts: {type: none, o: rbind, device: /etc}", "host_path"),
        ("driver_opts: {type: nfs, o: 'addr=192.0.2.1,rw', device: ':/export'}", "host_path"),
        ("driver_opts: {type: nfs, o: 'addr=192.0.2.1', device: '${APP_DATA_DIR}/x'}", "host_path"),
    ] {
        let plan = plan(Format::Compose, &[("compose.yaml", &volume(asked))]);
        let spec = plan.spec.unwrap();
        assert!(spec.permissions.iter().any(|permission| permission.code == code), "{asked}");
    }
    for harmless in ["driver: local", "driver_opts: {type: tmpfs, device: tmpfs, o: 'size=100m,uid=1000'}"] {
        let plan = plan(Format::Compose, &[("compose.yaml", &volume(harmless))]);
        assert!(plan.complete && plan.spec.unwrap().permissions.is_empty(), "{harmless}");
    }
}
