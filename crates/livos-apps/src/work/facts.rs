//! What is known about an app beside what it may do.

use livos_bus::documents::{AppFacts, AppLink};
use livos_manifest::{AppSpec, Listing};

use super::Apps;
use crate::core::checks::wanted;
use crate::core::egress::reaches_out;

/// The label under which images say their licence.
const LICENCES: &str = "org.opencontainers.image.licenses";
/// A licence is a name, not its text.
const LONGEST_LICENCE: usize = 80;

impl Apps {
    /// What is known about an app; with Docker away, only what its description says.
    pub(super) async fn facts(&self, listing: &Listing, spec: Option<&AppSpec>) -> AppFacts {
        let links = [
            ("source", &listing.repository),
            ("documentation", &listing.documentation),
            ("support", &listing.support),
        ];
        let links =
            links.into_iter().filter(|(_, url)| url.starts_with("https://") || url.starts_with("http://"));
        let links = links.map(|(kind, url)| AppLink { kind: kind.to_owned(), url: url.clone() }).collect();
        let mut facts = AppFacts { licence: listing.licence.clone(), links, ..AppFacts::default() };
        let Some(spec) = spec else { return facts };
        let memory = wanted(spec);
        facts.memory_least = memory.reserved;
        facts.memory_most = memory.most.unwrap_or(0);
        facts.internet = reaches_out(spec);
        let main = spec.main.as_ref().map(|main| main.service.as_str());
        let mut seen = Vec::new();
        for service in &spec.services {
            if seen.contains(&service.image.as_str()) {
                continue;
            }
            seen.push(&service.image);
            // Of what is not here, or cannot be looked at, nothing is said.
            let Ok(Some(image)) = self.ports.engine.image(&service.image).await else { continue };
            facts.on_disk = facts.on_disk.saturating_add(image.size);
            let own = main.is_none_or(|main| main == service.name);
            if let Some(licence) = image.labels.get(LICENCES).filter(|_| own && facts.licence.is_empty()) {
                facts.licence.clone_from(licence);
            }
        }
        facts.licence =
            facts.licence.chars().filter(|letter| !letter.is_control()).take(LONGEST_LICENCE).collect();
        facts
    }
}
