use std::path::Path;

use crate::Config;
use crate::config::{PortRange, Problem, Severity, check, env_example, keys, toml_example};

fn problems(text: &str, variables: &[(&str, &str)]) -> Vec<Problem> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    check(Path::new("livos.toml"), text, variables).1
}

#[track_caller]
fn expect_problem(text: &str, variables: &[(&str, &str)], expected: &str) {
    let found = problems(text, variables);
    let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(shown, [expected]);
}

#[test]
fn defaults_are_without_problems() {
    assert_eq!(problems("", &[]), []);
}

#[test]
fn a_variable_wins_over_the_file_and_the_file_over_the_default() {
    let text = "[server]\nname = \"Attic\"\nlog = \"debug\"\n[apps]\nsources = [\"/a\", \"/b\"]\n";
    let variables = [
        ("LIVOS_SERVER_NAME".to_owned(), "Cellar".to_owned()),
        ("LIVOS_CADDY_LISTEN".to_owned(), ":80, :443".to_owned()),
        ("LIVOS_APPS_GATEWAY_PORTS".to_owned(), "20000-20010".to_owned()),
        ("LIVOS_CONFIG".to_owned(), "/x".to_owned()),
    ];
    let (config, problems) = check(Path::new("f"), text, variables);
    assert_eq!(problems, []);
    assert_eq!(config.server.name, "Cellar");
    assert_eq!(config.server.log, "debug");
    assert_eq!(config.apps.sources, ["/a", "/b"]);
    assert_eq!(config.caddy.listen, [":80", ":443"]);
    assert_eq!(config.apps.gateway_ports, PortRange { first: 20000, last: 20010 });
    assert_eq!(config.bus.address, "system");
}

#[test]
fn slips_of_the_pen_are_refused_with_line_and_suggestion() {
    expect_problem(
        "[server]\n\ndatadir = \"/x\"\n",
        &[],
        "livos.toml:3: there is no key datadir in [server] (did you mean data_dir?)",
    );
    expect_problem("[app]\n", &[], "livos.toml:1: there is no section [app] (did you mean [apps]?)");
    expect_problem(
        "server = 3\n",
        &[],
        "livos.toml:1: server is a section: write [server] and its keys below",
    );
    expect_problem(
        "",
        &[("LIVOS_SERVER_NAM", "x")],
        "LIVOS_SERVER_NAM: no setting has this variable (did you mean LIVOS_SERVER_NAME?)",
    );
    assert_eq!(problems("", &[("LIVOS_OTHER", "x")])[0].severity, Severity::Warning);
}

#[test]
fn wrong_values_are_refused_with_what_was_expected() {
    expect_problem(
        "[caddy]\nhttp_port = 70000\n",
        &[],
        "livos.toml:2: caddy.http_port: expected a whole number from 0 to 65535, found \"70000\"",
    );
    expect_problem(
        "[server]\ndata_dir = \"srv\"\n",
        &[],
        "livos.toml:2: server.data_dir: expected an absolute path, found \"srv\"",
    );
    expect_problem(
        "[apps]\nsources = 1\n",
        &[],
        "livos.toml:2: apps.sources: expected a list of texts, found integer",
    );
    expect_problem(
        "",
        &[("LIVOS_WEB_LISTEN", "8080")],
        "livos.toml: web.listen: \"8080\" is none of \"unix:/path\", \"tcp:127.0.0.1:PORT\" and \"systemd\"",
    );
    expect_problem(
        "[apps]\ngateway_ports = \"43100-43200\"\n",
        &[],
        "livos.toml: apps.gateway_ports and apps.upstream_ports overlap; give them separate ranges",
    );
}

#[test]
fn every_problem_is_listed_and_broken_toml_has_its_line() {
    let found = problems("[server]\nnaem = \"x\"\nlgo = \"y\"\n", &[("LIVOS_APPS_BIND", "everywhere")]);
    assert_eq!(found.len(), 3);
    let broken = problems("[server]\nname = \n", &[]);
    assert_eq!(broken.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2]);
}

#[test]
fn loading_refuses_a_named_file_that_is_missing_and_forgives_the_default_one() {
    let missing = Path::new("/nonexistent/livos.toml");
    assert!(Config::load(missing, true, []).is_err());
    assert_eq!(Config::load(missing, false, []).unwrap(), Config::default());
}

#[test]
fn the_examples_name_every_key_and_are_themselves_valid() {
    let env = env_example();
    let variables = env.lines().filter_map(|line| line.strip_prefix("#LIVOS_")).map(|line| {
        let (name, value) = line.split_once('=').unwrap();
        (format!("LIVOS_{name}"), value.to_owned())
    });
    let variables: Vec<_> = variables.collect();
    assert_eq!(variables.len(), keys().len());
    assert_eq!(check(Path::new("f"), "", variables), (Config::default(), vec![]));

    let toml: String = toml_example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_eq!(toml.matches(" = ").count(), keys().len());
    assert_eq!(check(Path::new("f"), &toml, []), (Config::default(), vec![]));
}

#[test]
fn the_example_file_that_ships_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rootfs/etc/livos/livos.env.example");
    // The package tree may not be there yet in a partial checkout; when it is, it must match.
    if let Ok(shipped) = std::fs::read_to_string(path) {
        assert_eq!(
            shipped,
            env_example(),
            "write it anew with: livos config example > rootfs/etc/livos/livos.env.example"
        );
    }
}
