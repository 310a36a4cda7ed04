//! `livinity-app.yml`, umbrel's manifest in the words of LivOS as it was.

use super::formats::{UMBREL, spec, umbrel};
use super::{context, plan_in};
use crate::{Context, Format};

#[test]
fn the_livos_catalogue_as_it_was() {
    let manifest = UMBREL.replace("permissions: [GPU, STORAGE_DOWNLOADS]", "optimizedForLivinityHome: true");
    let plan = |compose: &str, context: &Context| {
        plan_in(Format::Umbrel, &[("livinity-app.yml", &manifest), ("docker-compose.yml", compose)], context)
    };
    let proxied = plan(
        "services: {app_proxy: {environment: {APP_HOST: demo_web_1, APP_PORT: 3000}}, web: {image: x, volumes: ['${APP_DATA_DIR}/data:/data', '${LIVINITY_ROOT}/data/storage/downloads:/d'], environment: {M: $APP_MANIFEST_FILE, A: $LIVINITY_AUTH_SECRET, J: $JWT_SECRET, U: 'http://$DEVICE_DOMAIN_NAME:$APP_PROXY_PORT'}}}",
        &context(),
    );
    assert!(proxied.complete && proxied.needs_input.is_empty(), "{proxied:?}");
    let proxied = spec(proxied);
    assert!(!proxied.warnings.iter().any(|text| text.contains("not known")), "{:?}", proxied.warnings);
    let web = &proxied.services[0];
    assert_eq!(web.container_name, "demo_web_1");
    assert_eq!(web.mounts[1].source, "/srv/livos/home/Downloads");
    assert_eq!(web.environment["M"], "/srv/livos/apps/demo/livinity-app.yml");
    assert_eq!(web.environment["U"], "http://livos.local:8123");
    assert_eq!((web.environment["A"].len(), web.environment["J"].len()), (64, 64));
    assert_ne!(web.environment["A"], web.environment["J"]);
    assert_eq!((proxied.icon.as_str(), proxied.gallery.len()), ("", 0), "umbrel's pictures are not its own");
    let main = proxied.main.unwrap_or_else(|| panic!("no page"));
    assert_eq!((main.container_port, main.port), (3000, Some(8123)));
    // Without a proxy it is the service that looks like the page.
    for (compose, page) in [
        ("services: {db: {image: x, ports: ['5432:5432']}, web: {image: x, ports: ['9000:80']}}", Some(80)),
        ("services: {db: {image: x}, server: {image: x, expose: ['7000/tcp']}}", Some(7000)),
        ("services: {one: {image: x, ports: ['53:53/udp', '9000:81']}, two: {image: x}}", Some(81)),
        ("services: {web: {image: x}}", None),
    ] {
        let main = spec(plan(compose, &context())).main;
        assert_eq!(main.map(|main| main.container_port), page, "{compose}");
    }
    let plain = spec(umbrel("services: {web: {image: x, ports: ['9000:80']}}", &context()));
    assert_eq!(plain.main, None, "umbrel publishes nothing by itself");
}
