//! The environment an umbrel app is interpolated in.

use std::collections::BTreeMap;

use crate::catalogue::{Exports, LIVINITY_APP, Listing, Source};
use crate::context::Context;
use crate::interpolate::{Lookup, Scope};
use crate::read;
use crate::secrets;
use crate::spec::Provider;

/// Where umbrelOS itself keeps everything, and for us what LivOS was before; paths below it are rewritten to this
/// machine's.
pub(super) const UMBREL_ROOT: &str = "/home/umbrel/umbrel";

/// Values known now, and who would know the others.
pub(super) struct UmbrelScope {
    values: BTreeMap<String, String>,
    providers: Vec<(String, Provider)>,
    own_known: bool,
    exports_known: bool,
}

impl UmbrelScope {
    /// `promised` is the port that the manifest, whose file that is, names.
    pub(super) fn new(
        listing: &Listing,
        manifest: &str,
        promised: &str,
        context: &Context,
        own: Exports,
    ) -> Self {
        let id = listing.id.as_str();
        // What a shell found out wins over what was read from the script's text.
        let mut values: BTreeMap<String, String> = own.variables;
        values.extend(context.exports.clone());
        // Set after the exports, so that no app can override what belongs to another.
        for (name, value) in base(listing, manifest, promised, context) {
            values.insert(name.to_owned(), value);
        }
        for (name, value) in &context.answers {
            values.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let mut providers: Vec<(String, Provider)> =
            listing.dependencies.iter().map(|app| (prefix(app), Provider::App(app.clone()))).collect();
        providers.push((prefix(id), Provider::Own));
        // `CORE_LIGHTNING_` before `LIGHTNING_`: the longest prefix decides.
        providers.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        UmbrelScope { values, providers, own_known: own.complete, exports_known: context.exports_known }
    }
}

/// The variables that an app has whatever it exports.
pub(super) fn base(
    listing: &Listing,
    manifest: &str,
    promised: &str,
    context: &Context,
) -> Vec<(&'static str, String)> {
    let port = context.page_port_or(promised);
    let id = listing.id.as_str();
    let data = context.data_dir(id);
    let seed = context.device_seed.as_slice();
    let derive = |label: String| secrets::derive_hex(seed, &label);
    let host = &context.hostname;
    let tor = if context.tor_proxy.is_empty() { "10.21.21.11" } else { &context.tor_proxy };
    let mut values = vec![
        ("APP_ID", id.to_owned()),
        ("APP_VERSION", listing.version.clone()),
        ("APP_MANIFEST_FILE", format!("{data}/{manifest}")),
        ("APP_DATA_DIR", data.clone()),
        ("APP_DOMAIN", context.domain.clone()),
        ("APP_HIDDEN_SERVICE", "not-enabled.onion".to_owned()),
        ("APP_PROXY_HOSTNAME", format!("app_proxy_{id}")),
        ("APP_PROXY_PORT", port.clone()),
        ("APP_SEED", derive(format!("app-{id}-seed"))),
        ("APP_PASSWORD", derive(format!("app-{id}-seed-APP_PASSWORD"))),
        ("DEVICE_HOSTNAME", host.clone()),
        ("DEVICE_DOMAIN_NAME", context.domain.clone()),
        ("UMBREL_ROOT", UMBREL_ROOT.to_owned()),
        ("NETWORK_IP", "10.21.0.0".to_owned()),
        ("GATEWAY_IP", "10.21.0.1".to_owned()),
        ("TOR_PROXY_IP", tor.to_owned()),
        ("TOR_PROXY_PORT", "9050".to_owned()),
        ("TOR_DATA_DIR", format!("{data}/tor")),
        ("TOR_HS_APP_DIR", format!("/data/app-{id}")),
        ("TOR_HS_PORTS", format!("80:app_proxy_{id}:{port}")),
        ("TOR_ENTRYPOINT_SCRIPT", format!("{data}/tor-entrypoint.sh")),
        ("AUTH_PORT", "2000".to_owned()),
        ("MANAGER_IP", "10.21.21.4".to_owned()),
        // Umbrel hands out its own secrets here; an app gets values of its own instead.
        ("TOR_PASSWORD", derive(format!("app-{id}-TOR_PASSWORD"))),
        ("UMBREL_AUTH_SECRET", derive(format!("app-{id}-UMBREL_AUTH_SECRET"))),
        ("JWT_SECRET", derive(format!("app-{id}-JWT_SECRET"))),
        ("TZ", context.timezone.clone()),
    ];
    if manifest == LIVINITY_APP {
        values.extend([
            ("LIVINITY_ROOT", UMBREL_ROOT.to_owned()),
            ("LIVINITY_AUTH_SECRET", derive(format!("app-{id}-LIVINITY_AUTH_SECRET"))),
            ("BITCOIN_NETWORK", "mainnet".to_owned()),
            ("REMOTE_TOR_ACCESS", "false".to_owned()),
        ]);
    }
    values
}

/// The port that the manifest promises.
pub(super) fn port_of(source: &Source) -> String {
    let file = source.umbrel_manifest();
    let manifest = source.text(file).and_then(|text| read::yaml(file, text));
    manifest.ok().and_then(|node| node.as_map().map(|map| map.text("port"))).unwrap_or_default()
}

fn prefix(id: &str) -> String {
    format!("{}_", id.to_ascii_uppercase().replace(['-', '.'], "_"))
}

impl Scope for UmbrelScope {
    fn lookup(&self, name: &str, optional: bool) -> Lookup {
        if let Some(value) = self.values.get(name) {
            return Lookup::Value(value.clone());
        }
        if self.exports_known {
            return Lookup::Unset;
        }
        let bare = name.strip_prefix("APP_").unwrap_or(name);
        let provider =
            self.providers.iter().find(|(prefix, _)| bare.starts_with(prefix.as_str())).map(|(_, who)| who);
        match provider {
            Some(who @ Provider::App(_)) => Lookup::Pending(who.clone()),
            // With a default the app works without an exports script; without one the script must exist.
            Some(_) | None if optional => Lookup::Unset,
            // The whole script was read and doesn't set it: nobody does.
            Some(_) | None if self.own_known => Lookup::Unset,
            Some(who) => Lookup::Pending(who.clone()),
            None => Lookup::Pending(Provider::Own),
        }
    }
}
