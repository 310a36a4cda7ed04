//! What is exported is read back as the same containers, for small files and for every app of the sample.

use std::path::PathBuf;

use super::{context, plan_in};
use crate::{AppSpec, Context, Format, MountKind, MountRole, ServiceSpec, catalogue, export};

/// What a plain compose file cannot say again: whose a mount is, and how a file's source was called.
fn comparable(mut service: ServiceSpec) -> ServiceSpec {
    for mount in &mut service.mounts {
        mount.role = MountRole::Private;
        if mount.kind == MountKind::Content {
            mount.source.clear();
        }
    }
    // Each is a mapping in a file, and the order of mounts is that of their targets.
    service.mounts.sort_by(|a, b| a.target.cmp(&b.target));
    service.networks.sort_by(|a, b| a.name.cmp(&b.name));
    service.depends_on.sort_by(|a, b| a.service.cmp(&b.service));
    service.ulimits.sort_by(|a, b| a.name.cmp(&b.name));
    for network in &mut service.networks {
        network.aliases.sort();
    }
    for port in &mut service.ports {
        port.moved_from = None;
    }
    for device in &mut service.devices {
        device.optional = false;
    }
    service
}

/// Exports, reads what was exported, and compares.
fn round_trip(spec: &AppSpec, context: &Context) {
    let project = export::compose(spec, None);
    let files = [("compose.yaml", project.compose.as_str()), (".env", &project.env_file(true))];
    let context = Context { answers: std::collections::BTreeMap::new(), ..context.clone() };
    let again = plan_named(&spec.id, &files, &context)
        .unwrap_or_else(|error| panic!("{}: {error}\n{}", spec.id, project.compose));
    let mut wanted: Vec<_> = spec.services.iter().cloned().map(comparable).collect();
    let mut found: Vec<_> = again.services.iter().cloned().map(comparable).collect();
    wanted.sort_by(|a, b| a.name.cmp(&b.name));
    found.sort_by(|a, b| a.name.cmp(&b.name));
    for (wanted, found) in wanted.iter().zip(&found) {
        assert_eq!(wanted, found, "{}\n{}", spec.id, project.compose);
    }
    assert_eq!(wanted.len(), found.len());
    let names = |spec: &AppSpec| {
        let mut names: Vec<_> = spec.volumes.iter().map(|volume| volume.name.clone()).collect();
        names.extend(spec.networks.iter().map(|network| network.name.clone()));
        names.sort();
        names
    };
    assert_eq!(names(spec), names(&again), "{}", spec.id);
}

fn plan_named(id: &str, files: &[(&str, &str)], context: &Context) -> Result<AppSpec, String> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let source = crate::Source { files, icon: String::new() };
    let plan = crate::Entry::new(Format::Compose, id, source).plan(context);
    plan.spec.ok_or(plan.error.unwrap_or_default())
}

const HARD: &str = "services:
  web:
    image: nginx:1
    command: ['sh', '-c', 'echo $$HOME \"quoted\" # no comment']
    environment:
      DB_PASSWORD: ${DB_PASSWORD}
      DSN: 'postgres://app:${DB_PASSWORD}@db/app?a=$$b'
      'no': 'yes'
      TEXT: \"two\\nlines: 'x' \\t\"
      SHORT_TOKEN: abc
    ports: ['127.0.0.1:8080:80', '5000-5003:5000-5003/udp', '9000']
    volumes: ['./data:/data:ro', 'rows:/rows', '/anonymous', {type: tmpfs, target: /t, tmpfs: {size: 1048576}}]
    tmpfs: ['/run:size=64m']
    configs: [{source: settings, target: /etc/settings, mode: 0440}]
    cpus: 0.25
    mem_limit: 512m
    ulimits: {nofile: {soft: 10, hard: 20}, nproc: 5}
    healthcheck: {test: ['CMD-SHELL', 'curl $$URL'], interval: 90s, retries: 3}
    restart: on-failure:4
    depends_on: {db: {condition: service_healthy, restart: true}}
    deploy: {resources: {reservations: {devices: [{driver: nvidia, count: all, capabilities: [gpu]}]}}}
  db:
    image: postgres:1
    entrypoint: []
    networks: {inner: {aliases: [rows], ipv4_address: 10.9.0.3}}
configs: {settings: {content: 'password=${DB_PASSWORD}'}}
volumes: {rows: {name: elsewhere}}
networks: {inner: {internal: true, ipam: {config: [{subnet: 10.9.0.0/16}]}}}
";

fn hard() -> AppSpec {
    let mut context = context();
    context.answers.insert("DB_PASSWORD".to_owned(), "it's $ecret \"and\" long\\".to_owned());
    let plan = plan_in(Format::Compose, &[("compose.yaml", HARD)], &context);
    assert!(plan.complete, "{:?} {:?}", plan.error, plan.unsupported);
    plan.spec.expect("a spec")
}

#[test]
fn what_is_exported_is_the_same_app() {
    round_trip(&hard(), &context());
}

#[test]
fn a_secret_stands_nowhere_but_in_its_own_file() {
    let project = export::compose(&hard(), None);
    assert!(
        !project.compose.contains("$ecret") && !project.compose.contains("ecret \\"),
        "{}",
        project.compose
    );
    assert!(!project.compose.contains("\"abc\""), "a short one, too: {}", project.compose);
    let mut names: Vec<_> = project.secrets.keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["DB_PASSWORD", "WEB_SHORT_TOKEN"]);
    assert_eq!(project.env_file(false), "DB_PASSWORD=\nWEB_SHORT_TOKEN=\n");
    // Without its value, compose says what is missing instead of starting with none.
    let unfilled = [("compose.yaml", project.compose.as_str()), (".env", &project.env_file(false))];
    let error = plan_named("demo", &unfilled, &Context::default()).expect_err("a secret is missing");
    assert!(error.contains("fill it in"), "{error}");
}

#[test]
fn a_page_that_nothing_publishes_gets_a_port() {
    let text = "services:\n  web:\n    image: nginx:1\n    ports: ['8080:80']\n";
    let mut spec = super::compose(text);
    let published = |spec: &AppSpec, page| export::compose(spec, page).compose.matches("published").count();
    assert_eq!(published(&spec, Some(4000)), 1, "it has its own");
    spec.services[0].ports.clear();
    assert_eq!(published(&spec, Some(4000)), 1);
    assert_eq!(published(&spec, None), 0);
}

#[test]
fn every_app_of_the_sample_comes_back_as_it_is() {
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalogues");
    let mut compared = 0;
    for name in ["umbrel", "casaos", "runtipi", "livinity"] {
        let directory = sample.join(name);
        if !directory.is_dir() {
            eprintln!("skipped: the sample catalogue {} is not there", directory.display());
            continue;
        }
        let context = context();
        for entry in &catalogue::load(&directory).unwrap_or_else(|error| panic!("{error}")).entries {
            let plan = entry.plan(&context);
            if let Some(spec) = plan.spec.filter(AppSpec::is_ready) {
                round_trip(&spec, &context);
                compared += 1;
            }
        }
    }
    assert!(compared == 0 || compared > 200, "only {compared} apps could be compared");
}
