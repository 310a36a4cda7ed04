//! What each catalogue format adds, on small manifests of our own.

use super::{context, plan, plan_in};
use crate::{AppSpec, Context, Entry, Format, InputKind, MountRole, Plan, Provider, RestartPolicy, Source};

pub(super) fn spec(plan: Plan) -> AppSpec {
    match plan.spec {
        Some(spec) => spec,
        None => panic!("no spec: {:?}", plan.error),
    }
}

pub(super) const UMBREL: &str = "manifestVersion: 1.1\nid: demo\nname: Demo\ntagline: A demo\ncategory: files\nversion: 1.0.0\nport: 8123\npath: /start\ndependencies: [tides]\npermissions: [GPU, STORAGE_DOWNLOADS]\ngallery: [1.jpg]\ndefaultUsername: me\ndeterministicPassword: true\n";

pub(super) fn umbrel(compose: &str, context: &Context) -> Plan {
    plan_in(Format::Umbrel, &[("umbrel-app.yml", UMBREL), ("docker-compose.yml", compose)], context)
}

#[test]
fn umbrel_apps() {
    let compose = "version: '3.7'\nservices:\n  app_proxy:\n    environment:\n      APP_HOST: demo_web_1\n      APP_PORT: 3000\n      PROXY_AUTH_ADD: 'false'\n      PROXY_AUTH_WHITELIST: '/api/*, /hook'\n  web:\n    image: x/y:1\n    restart: on-failure\n    volumes:\n      - ${APP_DATA_DIR}/data:/data\n      - ${UMBREL_ROOT}/data/storage/downloads/tv:/tv\n      - ${UMBREL_ROOT}/app-data/other/data:/other:ro\n    environment:\n      SEED: $APP_SEED\n      PW: ${APP_PASSWORD}\n      URL: http://${DEVICE_DOMAIN_NAME}:${APP_PROXY_PORT}\n      JWT: ${JWT_SECRET}\n  db:\n    image: pg:1\n    networks:\n      default:\n        ipv4_address: 10.21.22.5\n";
    let spec = spec(umbrel(compose, &context()));
    assert_eq!(spec.unsupported, Vec::<String>::new());
    assert_eq!(spec.services.len(), 2, "app_proxy is no container");
    let web = spec.service("web").cloned().unwrap_or_default();
    assert_eq!(web.container_name, "demo_web_1");
    assert_eq!(web.restart, RestartPolicy::OnFailure { max_retries: None });
    assert_eq!(web.networks[0].aliases, ["web", "demo_web_1"]);
    assert_eq!(web.mounts[0].source, "/srv/livos/apps/demo/data");
    assert_eq!(web.mounts[1].source, "/srv/livos/home/Downloads/tv");
    assert_eq!(web.mounts[2].role, MountRole::OtherApp { app: "other".into() });
    assert!(web.devices.iter().all(|device| device.source == "/dev/dri" && device.optional));
    assert_eq!(web.devices.len(), 1);
    assert_eq!(web.environment["SEED"], crate::secrets::derive_hex(b"seed", "app-demo-seed"));
    assert_eq!(web.environment["PW"], crate::secrets::derive_hex(b"seed", "app-demo-seed-APP_PASSWORD"));
    assert_eq!(spec.default_password, web.environment["PW"]);
    assert_eq!(web.environment["URL"], "http://livos.local:8123");
    assert_eq!(web.environment["JWT"].len(), 64);
    let db = spec.service("db").cloned().unwrap_or_default();
    assert_eq!(db.networks[0].ipv4_address.as_deref(), Some("10.21.22.5"));
    assert_eq!(spec.networks[0].name, "umbrel_main_network");
    assert!(spec.networks[0].shared && !spec.networks[0].external);
    let main = spec.main.clone().unwrap_or_else(|| panic!("no main port"));
    assert_eq!((main.service.as_str(), main.container_port, main.path.as_str()), ("web", 3000, "/start"));
    assert_eq!((main.port, main.sign_in), (Some(8123), false));
    assert_eq!(main.open_paths, ["/api/*", "/hook"]);
    assert_eq!(spec.dependencies, ["tides"]);
    assert!(spec.gallery[0].starts_with("https://"));
}

#[test]
fn umbrel_exports_are_named_with_their_provider_and_never_silently_empty() {
    let compose = "services:\n  app_proxy:\n    environment:\n      APP_HOST: $APP_DEMO_IP\n      APP_PORT: ${APP_DEMO_PORT}\n  web:\n    image: x/y:1\n    volumes: ['${APP_TIDES_DATA_DIR}/f:/f:ro']\n    ports: ['${APP_DEMO_PORT}:80', '53:53/udp']\n    environment:\n      A: http://$APP_TIDES_NODE_IP:1\n      B: ${APP_DEMO_MODE:-fast}\n    networks: {default: {ipv4_address: $APP_DEMO_IP}}\n";
    let plan = umbrel(compose, &context());
    assert!(plan.complete, "{plan:?}");
    let needs: Vec<(&str, &str)> =
        plan.needs_input.iter().map(|n| (n.key.as_str(), n.from.as_str())).collect();
    let wanted = [
        ("APP_DEMO_IP", "own"),
        ("APP_DEMO_PORT", "own"),
        ("APP_TIDES_DATA_DIR", "app:tides"),
        ("APP_TIDES_NODE_IP", "app:tides"),
    ];
    assert_eq!(needs, wanted);
    let pending = spec(plan);
    assert!(!pending.is_ready());
    let web = &pending.services[0];
    assert_eq!(web.environment["A"], "http://${APP_TIDES_NODE_IP}:1");
    assert_eq!(web.environment["B"], "fast");
    assert_eq!(web.ports[0].pending.as_deref(), Some("${APP_DEMO_PORT}:80"));
    assert_eq!(
        (web.mounts[0].source.as_str(), &web.mounts[0].role),
        ("${APP_TIDES_DATA_DIR}/f", &MountRole::Pending)
    );

    let mut context = context();
    for (name, value) in [
        ("APP_DEMO_IP", "10.21.22.9"),
        ("APP_DEMO_PORT", "3001"),
        ("APP_TIDES_DATA_DIR", "/srv/livos/apps/tides/data"),
        ("APP_TIDES_NODE_IP", "10.21.22.8"),
        ("APP_ID", "someone-else"),
    ] {
        context.exports.insert(name.to_owned(), value.to_owned());
    }
    let ready = spec(umbrel(compose, &context));
    assert!(ready.is_ready(), "{:?}", ready.unresolved);
    let web = &ready.services[0];
    assert_eq!(web.ports[0].host_port, Some(3001));
    assert_eq!(web.mounts[0].role, MountRole::OtherApp { app: "tides".into() });
    assert_eq!(ready.main.map(|main| (main.service, main.container_port)), Some(("web".to_owned(), 3001)));

    let mut known = super::context();
    known.exports_known = true;
    let empty = umbrel("services: {web: {image: x, environment: {A: $APP_TIDES_NODE_IP}}}", &known);
    assert!(spec(empty).warnings.iter().any(|text| text.contains("APP_TIDES_NODE_IP")));
}

#[test]
fn umbrel_apps_without_a_proxy() {
    let compose = "services: {web: {image: x, network_mode: host, restart: on-failure}}";
    let main = spec(umbrel(compose, &context())).main;
    assert_eq!(main.map(|main| (main.on_host, main.container_port)), Some((true, 8123)));
    let compose = "services: {web: {image: x, ports: ['8123:80']}}";
    let main = spec(umbrel(compose, &context())).main;
    assert_eq!(main.map(|main| (main.on_host, main.container_port)), Some((false, 80)));
    let compose =
        "services: {app_proxy: {environment: {APP_HOST: web, APP_PORT: 1, NEW_THING: 2}}, web: {image: x}}";
    let plan = umbrel(compose, &context());
    assert_eq!(plan.unsupported, ["services.app_proxy.environment.NEW_THING"]);
}

#[test]
fn casaos_apps() {
    let compose = "name: demo-app\nservices:\n  web:\n    image: x/y:2\n    container_name: demo-web\n    network_mode: bridge\n    ports: [{target: 80, published: '${WEBUI_PORT}', protocol: tcp}]\n    volumes:\n      - {type: bind, source: /DATA/AppData/$AppID/config, target: /config}\n      - {type: bind, source: /DATA/AppData/Demo_App/x, target: /x}\n      - {type: bind, source: /DATA/AppData/elsewhere, target: /e}\n      - {type: bind, source: /DATA/Media/Movies, target: /movies}\n    environment: {PUID: $PUID, TZ: $TZ, U: $DefaultUserName}\n    devices: ['/dev/dri:/dev/dri']\n    x-casaos: {envs: []}\nx-casaos:\n  id: org.example.demo\n  main: web\n  port_map: '${WEBUI_PORT}'\n  index: /admin\n  scheme: https\n  title: {en_US: Demo}\n  tagline: {de_DE: Nur deutsch}\n  tips: {before_install: {en_US: Read this}}\n  architectures: [x86_64]\n";
    let plan = plan(Format::Casaos, &[("docker-compose.yml", compose)]);
    assert_eq!(plan.needs_input, []);
    let spec = spec(plan);
    assert_eq!(spec.unsupported, Vec::<String>::new());
    assert_eq!(
        (spec.id.as_str(), spec.name.as_str(), spec.tagline.as_str()),
        ("demo-app", "Demo", "Nur deutsch")
    );
    assert!(spec.description.contains("Read this"));
    assert_eq!(spec.architectures, ["amd64"]);
    let web = &spec.services[0];
    let sources: Vec<&str> = web.mounts.iter().map(|mount| mount.source.as_str()).collect();
    let wanted = [
        "/srv/livos/apps/demo-app/config",
        "/srv/livos/apps/demo-app/x",
        "/srv/livos/apps/demo-app/elsewhere",
        "/srv/livos/home/Media/Movies",
    ];
    assert_eq!(sources, wanted);
    assert_eq!(web.environment["PUID"], "1000");
    assert_eq!(web.environment["U"], "admin");
    assert!(web.devices[0].optional);
    let main = spec.main.unwrap_or_else(|| panic!("no main port"));
    assert_eq!((main.container_port, main.path.as_str(), main.scheme.as_str()), (80, "/admin", "https"));
    assert_eq!(main.port, web.ports[0].host_port);
}

const TIPI: &str = r#"{"id":"demo","name":"Demo","port":8200,"short_desc":"d","categories":["a"],"version":"1","author":"me",
 "supported_architectures":["arm64","amd64"],"uid":1000,"gid":1001,"url_suffix":"/ui","generate_vapid_keys":true,
 "form_fields":[
  {"type":"random","label":"Key","min":48,"env_variable":"DEMO_KEY"},
  {"type":"random","label":"B64","min":32,"encoding":"base64","env_variable":"DEMO_B64"},
  {"type":"password","label":"Password","required":true,"min":8,"env_variable":"DEMO_PASSWORD"},
  {"type":"text","label":"Mode","default":"slow","options":[{"label":"Slow","value":"slow"}],"env_variable":"DEMO_MODE"},
  {"type":"boolean","label":"On","env_variable":"DEMO_ON"},
  {"type":"text","label":"Extra","env_variable":"DEMO_EXTRA"}]}"#;

#[test]
fn runtipi_dynamic_compose() {
    let compose = r#"{"schemaVersion":2,"services":[
     {"name":"demo","image":"x/y:1","isMain":true,"internalPort":"3000","dependsOn":{"demo-db":{"condition":"service_healthy"}},
      "environment":[{"key":"KEY","value":"${DEMO_KEY}"},{"key":"PW","value":"${DEMO_PASSWORD}"},{"key":"MODE","value":"${DEMO_MODE}"},
        {"key":"ON","value":"${DEMO_ON}"},{"key":"EXTRA","value":"${DEMO_EXTRA:-none}"},{"key":"N","value":7},
        {"key":"URL","value":"${APP_PROTOCOL:-http}://${APP_DOMAIN}"},{"key":"JWT","value":"${JWT_SECRET}"},{"key":"PUSH","value":"${VAPID_PUBLIC_KEY}"}],
      "volumes":[{"hostPath":"${APP_DATA_DIR}/data","containerPath":"/data","shared":true},{"hostPath":"${ROOT_FOLDER_HOST}/media/data/music","containerPath":"/m","readOnly":true}],
      "addPorts":[{"containerPort":53,"hostPort":53,"tcp":true,"udp":true,"interface":"${NETWORK_INTERFACE:-0.0.0.0}"}],
      "extraLabels":{"a.{{RUNTIPI_APP_ID}}.b":"c"},"deploy":{"resources":{"reservations":{"devices":[{"capabilities":["gpu"],"deviceIds":["0"]}]}}}},
     {"name":"demo-db","image":"pg:1","healthCheck":{"test":"pg_isready -U $$USER","startPeriod":"10s","retries":3}}],
     "overrides":[{"architecture":"arm64","services":[{"name":"demo","image":"x/y:1-arm64"}]}]}"#;
    let files = [("config.json", TIPI), ("docker-compose.json", compose)];
    let open = plan(Format::Runtipi, &files);
    let needs: Vec<&str> = open.needs_input.iter().map(|need| need.key.as_str()).collect();
    assert_eq!((needs, open.complete), (vec!["DEMO_PASSWORD"], true));
    assert_eq!(open.needs_input[0].used_in, ["services.demo.environment.PW"]);
    let open = spec(open);
    assert_eq!(open.unresolved[0].provider, Provider::Owner);
    let web = open.service("demo").cloned().unwrap_or_default();
    assert_eq!(web.environment["PW"], "${DEMO_PASSWORD}");
    assert_eq!(web.environment["KEY"].len(), 48);
    assert_eq!((web.environment["MODE"].as_str(), web.environment["ON"].as_str()), ("slow", "false"));
    assert_eq!((web.environment["EXTRA"].as_str(), web.environment["N"].as_str()), ("none", "7"));
    assert_eq!(web.environment["URL"], "http://192.168.1.10:8200");
    assert_eq!(web.environment["PUSH"].len(), 87);
    assert_eq!(web.mounts[0].options.selinux.as_deref(), Some("z"));
    assert_eq!(
        (web.mounts[1].source.as_str(), web.mounts[1].read_only),
        ("/srv/livos/home/Media/data/music", true)
    );
    assert_eq!(web.ports.len(), 3);
    assert_eq!((web.ports[2].host_port, web.ports[2].container_port), (Some(8200), 3000));
    assert_eq!(web.labels["a.demo.b"], "c");
    assert_eq!(web.device_requests[0].device_ids, ["0"]);
    assert_eq!(web.restart, RestartPolicy::UnlessStopped);
    assert!(web.networks.iter().any(|network| network.name == "tipi_main_network"));
    let db = open.service("demo-db").and_then(|db| db.healthcheck.clone()).unwrap_or_default();
    assert_eq!((db.test[1].as_str(), db.start_period_ms), ("pg_isready -U $USER", Some(10_000)));
    assert_eq!(open.inputs[3].kind, InputKind::Choice);
    assert_eq!(open.main.map(|main| (main.container_port, main.path)), Some((3000, "/ui".to_owned())));
    assert_eq!(open.data_owner.map(|owner| owner.gid), Some(1001));

    let mut answered = context();
    answered.answers.insert("DEMO_PASSWORD".into(), "hunter22".into());
    answered.architecture = "arm64".into();
    let ready = spec(plan_in(Format::Runtipi, &files, &answered));
    assert!(ready.is_ready());
    let web = ready.service("demo").cloned().unwrap_or_default();
    assert_eq!((web.image.as_str(), web.environment["PW"].as_str()), ("x/y:1-arm64", "hunter22"));

    let unknown = compose.replace("\"isMain\"", "\"newKey\":1,\"isMain\"");
    let plan = plan(Format::Runtipi, &[("config.json", TIPI), ("docker-compose.json", &unknown)]);
    assert_eq!(plan.unsupported, ["services.demo.newKey"]);
}

#[test]
fn runtipi_native_and_legacy() {
    let native = "services:\n  demo:\n    image: x\n    x-runtipi: {internal_port: 80, is_main: true}\n  db:\n    image: y\nx-runtipi: {schema_version: 2, overrides: []}\n";
    let native = spec(plan(Format::Runtipi, &[("config.json", TIPI), ("docker-compose.yml", native)]));
    assert_eq!(native.unsupported, Vec::<String>::new());
    assert_eq!(native.main.map(|main| (main.container_port, main.port)), Some((80, Some(8200))));
    let demo = native.services.iter().find(|service| service.name == "demo").cloned().unwrap_or_default();
    assert_eq!((demo.networks.len(), demo.ports[0].host_port), (2, Some(8200)));
    assert_eq!(demo.restart, RestartPolicy::UnlessStopped);

    let legacy = "services:\n  demo:\n    image: x\n    container_name: demo\n    ports: ['${APP_PORT}:80']\n    networks: [tipi_main_network]\n    labels: {runtipi.managed: true}\n";
    let legacy = spec(plan(Format::Runtipi, &[("config.json", TIPI), ("docker-compose.yml", legacy)]));
    assert_eq!(legacy.main.map(|main| main.container_port), Some(80));
    assert_eq!(legacy.networks[0].name, "runtipi_tipi_main_network");
    assert_eq!(legacy.services[0].labels["runtipi.managed"], "true");

    let foreign = "services: {demo: {image: x, volumes: ['${ROOT_FOLDER_HOST}/traefik:/t', '${APP_DATA_DIR}/../other/data:/o:ro']}}";
    let foreign = plan(Format::Runtipi, &[("config.json", TIPI), ("docker-compose.yml", foreign)]);
    assert_eq!(foreign.unsupported.len(), 1);
    let other = spec(foreign).services[0].mounts[1].role.clone();
    assert_eq!(other, MountRole::OtherApp { app: "other".into() });
}

#[test]
fn what_an_app_knows_about_its_page_is_where_the_page_is() {
    let moved = Context { page_port: Some(42_000), ..context() };
    let port = |plan: Plan| {
        let spec = spec(plan);
        let main = spec.main.clone().unwrap_or_else(|| panic!("no page"));
        let told = spec.services[0].environment["URL"].clone();
        (main.container_port, main.port, told, spec.services[0].ports.first().and_then(|port| port.host_port))
    };
    for (page, context) in [(8123, context()), (42_000, moved.clone())] {
        let compose = "services: {app_proxy: {environment: {APP_HOST: web, APP_PORT: 80}}, web: {image: x, environment: {URL: 'h:$APP_PROXY_PORT'}}}";
        assert_eq!(port(umbrel(compose, &context)), (80, Some(8123), format!("h:{page}"), None));
        let compose = "services: {web: {image: x, ports: ['${APP_PROXY_PORT}:80'], environment: {URL: 'h:$APP_PROXY_PORT'}}}";
        assert_eq!(port(umbrel(compose, &context)), (80, Some(8123), format!("h:{page}"), Some(page)));
        let files = [("umbrel-app.yml", UMBREL), ("docker-compose.yml", compose), ("exports.sh", "x")];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let entry = Entry::new(Format::Umbrel, "demo", Source { files, icon: String::new() });
        assert_eq!(entry.exports_environment(&context)["APP_PROXY_PORT"], page.to_string());
        assert_eq!(entry.render(&context, "p=$APP_PROXY_PORT"), format!("p={page}"));
    }
    for (page, context) in [(8200, context()), (42_000, moved.clone())] {
        let environment = "environment: {URL: 'h:$APP_PORT'}";
        for compose in [
            format!("services: {{demo: {{image: x, ports: ['${{APP_PORT}}:80'], {environment}}}}}"),
            format!(
                "services: {{demo: {{image: x, x-runtipi: {{internal_port: 80, is_main: true}}, {environment}}}}}"
            ),
        ] {
            let plan = plan_in(
                Format::Runtipi,
                &[("config.json", TIPI), ("docker-compose.yml", &compose)],
                &context,
            );
            assert_eq!(port(plan), (80, Some(8200), format!("h:{page}"), Some(page)), "{compose}");
        }
    }
    let compose = "name: demo\nservices: {web: {image: x, ports: ['$WEBUI_PORT:80'], environment: {URL: 'h:$WEBUI_PORT'}}}\nx-casaos: {main: web, port_map: $WEBUI_PORT}\n";
    let plan = plan_in(Format::Casaos, &[("docker-compose.yml", compose)], &moved);
    assert_eq!(port(plan), (80, Some(42_000), "h:42000".to_owned(), Some(42_000)));
}

#[test]
fn secrets_differ_between_apps_and_seeds() {
    let compose = "services: {demo: {image: x, environment: {K: $DEMO_KEY, J: $JWT_SECRET}}}";
    let key = |config: &str, seed: &[u8]| {
        let context = Context { device_seed: seed.to_vec(), ..context() };
        let plan =
            plan_in(Format::Runtipi, &[("config.json", config), ("docker-compose.yml", compose)], &context);
        let environment = spec(plan).services[0].environment.clone();
        (environment["K"].clone(), environment["J"].clone())
    };
    let other = TIPI.replace("\"id\":\"demo\"", "\"id\":\"other\"");
    assert_eq!(key(TIPI, b"one"), key(TIPI, b"one"));
    assert_ne!(key(TIPI, b"one").0, key(&other, b"one").0);
    assert_ne!(key(TIPI, b"one").1, key(&other, b"one").1);
    assert_ne!(key(TIPI, b"one"), key(TIPI, b"two"));
}

#[test]
fn livinity_apps() {
    let compose = "services:\n  web:\n    image: x/y\n    ports: ['42001:8080']\n    environment: ['DB_PASSWORD=0123456789abcdef0123456789abcdef', 'L=${LEVEL:-info}']\n    volumes: ['data:/data']\nvolumes:\n  data: null\n";
    let manifest = serde_json::json!({
        "slug": "demo", "name": "Demo", "tagline": "t", "category": "c", "version": "1", "port": 42001,
        "internalPort": 8080, "mainService": "web", "icon_url": "https://x/i.png", "env": [], "docker_compose": compose,
    });
    let spec = spec(plan(Format::Livinity, &[("manifest.json", &manifest.to_string())]));
    assert_eq!(spec.unsupported, Vec::<String>::new());
    assert_eq!(spec.services[0].environment["L"], "info");
    assert_eq!(spec.services[0].environment["DB_PASSWORD"].len(), 32);
    assert!(spec.warnings.iter().any(|text| text.contains("DB_PASSWORD")), "{:?}", spec.warnings);
    assert_eq!(spec.main.map(|main| (main.container_port, main.port)), Some((8080, Some(42_001))));
    assert_eq!(spec.volumes[0].name, "demo_data");
}

#[test]
fn plain_projects() {
    let compose = "services:\n  web: {image: 'x:${TAG}', ports: ['8080:80', '5432:5432'], environment: {A: '${COMPOSE_PROJECT_NAME}', B: '${HOME}', C: '$PWD/x'}}\n";
    let plan = plan(
        Format::Compose,
        &[("docker-compose.yml", compose), (".env", "TAG=9\nCOMPOSE_PROJECT_NAME=other\n")],
    );
    let first = spec(plan);
    assert_eq!((first.id.as_str(), first.services[0].image.as_str()), ("demo", "x:9"));
    assert_eq!(first.services[0].environment["A"], "demo", "the project is the app");
    assert_eq!(first.services[0].environment["B"], "/srv/livos/home");
    assert_eq!(first.services[0].environment["C"], "/srv/livos/apps/demo/x");
    assert_eq!(first.main.map(|main| main.container_port), Some(80));
    let over = super::plan(
        Format::Compose,
        &[
            ("compose.yaml", "include: [more.yaml]\nservices: {a: {image: x, restart: always}}"),
            ("compose.override.yaml", "services: {a: {image: y}}"),
            ("more.yaml", "services: {b: {extends: {file: base.yaml, service: b}}}"),
            ("base.yaml", "services: {b: {image: z}}"),
        ],
    );
    assert_eq!(over.unsupported, Vec::<String>::new());
    let over = spec(over);
    let images: Vec<&str> = over.services.iter().map(|service| service.image.as_str()).collect();
    assert_eq!((images, &over.services[0].restart), (vec!["y", "z"], &RestartPolicy::Always));
    let reset = super::plan(
        Format::Compose,
        &[
            ("compose.yaml", "services: {a: {image: x, ports: [80]}}"),
            ("compose.override.yaml", "services: {a: {ports: !reset null}}"),
        ],
    );
    assert_eq!(reset.unsupported.len(), 1, "what is taken away again is not read yet, and said");
}

#[test]
fn profiles_that_are_chosen_are_started() {
    let compose = "services:\n  a: {image: x}\n  b: {image: x, profiles: [more]}\n  c: {image: x, profiles: ['', none]}\n";
    let names = |env: &str| -> Vec<String> {
        let spec = spec(plan(Format::Compose, &[("compose.yaml", compose), (".env", env)]));
        assert!(
            spec.inputs.iter().any(|input| input.key == "COMPOSE_PROFILES"),
            "the owner may choose others"
        );
        spec.services.into_iter().map(|service| service.name).collect()
    };
    assert_eq!(names(""), ["a", "c"]);
    assert_eq!(names("COMPOSE_PROFILES=more\n"), ["a", "b"]);
    assert_eq!(names("COMPOSE_PROFILES=*\n"), ["a", "b", "c"]);
}

#[test]
fn entries_survive_storage() {
    let source = crate::Source {
        files: [("compose.yaml".to_owned(), "services: {a: {image: x}}".to_owned())].into(),
        icon: String::new(),
    };
    let entry = crate::Entry::new(Format::Compose, "My Project", source);
    assert_eq!(entry.id(), "my-project");
    let text = serde_json::to_string(&entry).unwrap_or_default();
    let again: crate::Entry = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again.plan(&context()), entry.plan(&context()));
}

#[test]
fn umbrel_exports_that_only_assign_are_read() {
    let script = "#!/bin/bash\nexport APP_DEMO_IP=\"10.21.22.9\"\nexport APP_DEMO_PORT='3001' # web\nlocal -r base=\"${EXPORTS_APP_DIR}/data\"\nexport APP_DEMO_DIR=\"${base}/x\"\nexport APP_DEMO_KEY=$(derive_entropy \"${app_entropy_identifier}-KEY\")\nAPP_DEMO_LATER=a\"b\"\nexport APP_DEMO_LATER\nexport APP_DEMO_MODE=${NOT_SET:-fast}\n";
    let compose = "services: {web: {image: x, ports: ['${APP_DEMO_PORT}:80'], environment: {A: $APP_DEMO_IP, D: $APP_DEMO_DIR, K: $APP_DEMO_KEY, L: $APP_DEMO_LATER, M: $APP_DEMO_MODE, N: $APP_DEMO_NOTHING}}}";
    let files = [("umbrel-app.yml", UMBREL), ("docker-compose.yml", compose), ("exports.sh", script)];
    let spec = spec(plan(Format::Umbrel, &files));
    assert!(spec.is_ready(), "{:?}", spec.unresolved);
    let environment = &spec.services[0].environment;
    let key = crate::secrets::derive_hex(b"seed", "app-demo-seed-KEY");
    let wanted = [
        ("A", "10.21.22.9"),
        ("D", "/srv/livos/apps/demo/data/x"),
        ("K", key.as_str()),
        ("L", "ab"),
        ("M", "fast"),
        ("N", ""),
    ];
    for (name, value) in wanted {
        assert_eq!(environment[name], value, "{name}");
    }
    assert!(spec.warnings.iter().any(|text| text.contains("APP_DEMO_NOTHING")));
}

#[test]
fn an_umbrel_script_gets_no_secret_of_another_app() {
    let files = [("umbrel-app.yml", UMBREL), ("docker-compose.yml", "services: {web: {image: x}}")];
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let demo = crate::Entry::new(Format::Umbrel, "demo", crate::Source { files, icon: String::new() });
    let of = |label: &str| demo.entropy(&context(), label);
    let umbrel = |label: &str| crate::secrets::derive_hex(b"seed", label);
    for own in ["app-demo-seed", "env-app-demo-seed-KEY", "app-demo-seed-APP_PASSWORD"] {
        assert_eq!(of(own), umbrel(own));
    }
    for other in ["app-other-seed-APP_PASSWORD", "app-demo-two-seed", "app-demo-JWT_SECRET", "", "key"] {
        assert_ne!(of(other), umbrel(other));
        assert_eq!(of(other).len(), 64);
    }
    let read = crate::formats::umbrel_exports::evaluate(
        "export A=$(derive_entropy \"app-other-seed\")\n",
        "demo",
        "demo",
        &context(),
    );
    assert_eq!(read.variables["A"], of("app-other-seed"));
    // Around a script there is what it may know, and never the seed.
    let around = demo.exports_environment(&context());
    assert_eq!(around["EXPORTS_APP_DIR"], "/srv/livos/apps/demo");
    assert_eq!(around["app_entropy_identifier"], "app-demo-seed");
    assert!(around.values().all(|value| value != "seed"));
}

#[test]
fn an_umbrel_template_is_filled_in() {
    let files = [("umbrel-app.yml", UMBREL), ("docker-compose.yml", "services: {web: {image: x}}")];
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let demo = crate::Entry::new(Format::Umbrel, "demo", crate::Source { files, icon: String::new() });
    let mut context = context();
    context.exports.insert("APP_DEMO_X".to_owned(), "$APP_ID".to_owned());
    let cases = [
        ("a ${APP_ID}-b $APP_DEMO_X", "a demo-b $APP_ID"),
        ("[$NOBODY]${NOBODY}$", "[]$"),
        ("$1 $$ ${} ${APP_ID ${APP_ID:-x} $ü", "$1 $$ ${} ${APP_ID ${APP_ID:-x} $ü"),
        ("$APP_IDx ${APP_DATA_DIR}/y", " /srv/livos/apps/demo/y"),
    ];
    for (template, wanted) in cases {
        assert_eq!(demo.render(&context, template), wanted, "{template}");
    }
}

#[test]
fn umbrel_exports_that_need_a_shell_stay_unresolved() {
    let evaluate =
        |script: &str| crate::formats::umbrel_exports::evaluate(script, "demo", "demo", &context());
    let names = |script: &str| {
        let exports = evaluate(script);
        (exports.variables.into_keys().collect::<Vec<_>>(), exports.complete)
    };
    let known = |names: &[&str], complete| {
        (names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), complete)
    };
    assert_eq!(names("export A=1\nexport B=2\nif true; then\n  export A=3\nfi\n"), known(&["B"], false));
    for line in [
        "export A=$(cat /etc/passwd)",
        "export A=`id`",
        "export A=\"$(hostname -I)\"",
        "export A=1; rm -rf /",
        "export A=1 B=2",
        "export A=${B%x}",
        "export A=$UNKNOWN",
        "export A=$(derive_entropy \"x\" | cut -c1)",
        "export A='open",
        "A+=1",
        "[[ -f x ]] && A=1",
    ] {
        assert_eq!(names(line), known(&[], false), "{line}");
    }
}

#[test]
fn runtipi_questions_that_a_field_cannot_do_without_are_asked() {
    let compose =
        "services: {demo: {image: x, devices: ['${DEMO_EXTRA}:/dev/ttyACM0'], environment: {ON: $DEMO_ON}}}";
    let plan = plan(Format::Runtipi, &[("config.json", TIPI), ("docker-compose.yml", compose)]);
    assert!(plan.complete, "{:?}", plan.error);
    assert!(plan.needs_input.iter().any(|need| need.key == "DEMO_EXTRA"), "{:?}", plan.needs_input);
    assert_eq!(spec(plan).services[0].devices[0].source, "${DEMO_EXTRA}");
}
