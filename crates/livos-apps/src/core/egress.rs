//! Whether an app can reach the internet.

use livos_manifest::{AppSpec, NetworkMode};

/// True unless every part of it is in no network, or in networks only that lead nowhere. Docker lets out whatever is
/// in any other.
pub(crate) fn reaches_out(spec: &AppSpec) -> bool {
    let inside = |key: &str| spec.networks.iter().any(|network| network.key == key && network.internal);
    spec.services.iter().any(|service| match &service.network_mode {
        // One that borrows a network of the app is where its lender is, which is looked at by itself.
        Some(NetworkMode::None | NetworkMode::Service(_)) => false,
        Some(NetworkMode::Bridge | NetworkMode::Host | NetworkMode::Container(_)) => true,
        None => service.networks.is_empty() || !service.networks.iter().all(|network| inside(&network.name)),
    })
}

#[cfg(test)]
mod tests {
    use livos_manifest::{NetworkSpec, ServiceNetwork, ServiceSpec};

    use super::*;

    fn spec(mode: Option<NetworkMode>, networks: &[&str]) -> AppSpec {
        let network =
            |key: &str, internal| NetworkSpec { key: key.to_owned(), internal, ..NetworkSpec::default() };
        let joined = |key: &&str| ServiceNetwork { name: (*key).to_owned(), ..ServiceNetwork::default() };
        AppSpec {
            services: vec![ServiceSpec {
                network_mode: mode,
                networks: networks.iter().map(joined).collect(),
                ..ServiceSpec::default()
            }],
            networks: vec![network("inner", true), network("outer", false)],
            ..AppSpec::default()
        }
    }

    #[test]
    fn only_what_is_shut_in_cannot_reach_out() {
        assert!(reaches_out(&spec(None, &["outer"])));
        assert!(reaches_out(&spec(None, &["inner", "outer"])));
        assert!(reaches_out(&spec(None, &[])));
        assert!(reaches_out(&spec(None, &["unknown"])));
        assert!(reaches_out(&spec(Some(NetworkMode::Host), &[])));
        assert!(reaches_out(&spec(Some(NetworkMode::Container("x".to_owned())), &[])));
        assert!(!reaches_out(&spec(None, &["inner"])));
        assert!(!reaches_out(&spec(Some(NetworkMode::None), &[])));
    }
}
