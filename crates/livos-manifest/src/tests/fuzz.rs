//! Anything at all: never a panic, never a plan that says both "complete" and why not.

use proptest::prelude::*;

use super::{context, plan_in};
use crate::{Format, values};

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("services".to_owned()),
        Just("web".to_owned()),
        Just("image".to_owned()),
        Just("ports".to_owned()),
        Just("volumes".to_owned()),
        Just("environment".to_owned()),
        Just("depends_on".to_owned()),
        Just("healthcheck".to_owned()),
        Just("deploy".to_owned()),
        Just("networks".to_owned()),
        Just("nginx:1".to_owned()),
        Just("8080:80".to_owned()),
        Just("./a:/b:ro".to_owned()),
        Just("${A:-${B}}".to_owned()),
        Just("$$x $".to_owned()),
        Just("<<".to_owned()),
        Just("!reset x".to_owned()),
        Just("&a b".to_owned()),
        Just("*a".to_owned()),
        Just("'".to_owned()),
        ".{0,12}",
    ]
}

/// Lines that look like YAML often enough to get past the parser.
fn yamlish() -> impl Strategy<Value = String> {
    prop::collection::vec((0_usize..5, any::<bool>(), word(), word()), 0..30).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(depth, item, key, value)| {
                format!("{}{}{key}: {value}\n", "  ".repeat(depth), if item { "- " } else { "" })
            })
            .collect()
    })
}

/// A service with one random field.
fn field() -> impl Strategy<Value = String> {
    const KEYS: [&str; 40] = [
        "ports",
        "volumes",
        "environment",
        "depends_on",
        "healthcheck",
        "deploy",
        "networks",
        "network_mode",
        "command",
        "entrypoint",
        "restart",
        "devices",
        "ulimits",
        "sysctls",
        "extra_hosts",
        "logging",
        "labels",
        "tmpfs",
        "configs",
        "secrets",
        "env_file",
        "user",
        "privileged",
        "init",
        "cap_add",
        "shm_size",
        "mem_limit",
        "cpus",
        "gpus",
        "dns",
        "pid",
        "ipc",
        "links",
        "volumes_from",
        "stop_grace_period",
        "blkio_config",
        "profiles",
        "hostname",
        "scale",
        "container_name",
    ];
    let value = prop_oneof![
        word(),
        word().prop_map(|w| format!("[{w}]")),
        (word(), word()).prop_map(|(a, b)| format!("{{{a}: {b}}}")),
        (word(), word()).prop_map(|(a, b)| format!("[{{{a}: {b}}}]")),
        (word(), word()).prop_map(|(a, b)| format!("{{{a}: {{{b}: 1}}}}")),
    ];
    (prop::sample::select(KEYS.to_vec()), value)
        .prop_map(|(key, value)| format!("services:\n  web:\n    image: a\n    {key}: {value}\n"))
}

fn check(text: &str) {
    let wrapped =
        serde_json::json!({"slug": "demo", "docker_compose": text, "mainService": "web"}).to_string();
    for (format, files) in [
        (Format::Compose, vec![("compose.yaml", text), (".env", text)]),
        (Format::Casaos, vec![("docker-compose.yml", text)]),
        (Format::Umbrel, vec![("umbrel-app.yml", "id: demo\nport: 80\n"), ("docker-compose.yml", text)]),
        (Format::Umbrel, vec![("umbrel-app.yml", text)]),
        (
            Format::Runtipi,
            vec![("config.json", "{\"id\":\"demo\",\"port\":80}"), ("docker-compose.yml", text)],
        ),
        (Format::Runtipi, vec![("config.json", "{\"id\":\"demo\"}"), ("docker-compose.json", text)]),
        (Format::Livinity, vec![("manifest.json", text)]),
        (Format::Livinity, vec![("manifest.json", &wrapped)]),
    ] {
        let plan = plan_in(format, &files, &context());
        assert_eq!(plan.spec.is_none(), plan.error.is_some(), "{plan:?}");
        assert_eq!(plan.complete, plan.error.is_none() && plan.unsupported.is_empty());
        if let Some(spec) = &plan.spec {
            let json = serde_json::to_string(spec).unwrap_or_default();
            assert!(!json.contains('\u{FDD0}'), "a mark of an unresolved variable leaks: {json}");
            assert_eq!(serde_json::from_str::<crate::AppSpec>(&json).ok().as_ref(), Some(spec));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn almost_yaml(text in yamlish()) {
        check(&text);
    }

    #[test]
    fn almost_services(text in field()) {
        check(&text);
    }

    #[test]
    fn small_languages(text in any::<String>()) {
        let _ = values::duration_ms(&text);
        let _ = values::bytes(&text);
        let _ = values::nano_cpus(&text);
        let _ = values::shell_words(&text);
        let _ = crate::compose::ports::short(&text);
        let _ = crate::validate::check_image(&text);
        let _ = crate::parse_env_file(&text, &std::collections::BTreeMap::new());
    }
}
