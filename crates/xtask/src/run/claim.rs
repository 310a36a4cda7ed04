//! The code that makes the first visitor the owner.

use std::time::Duration;

use livos_testkit::probe;
use livos_testkit::site::Site;

/// The claim code while nobody has claimed this LivOS.
pub(crate) async fn code(site: &Site) -> Option<String> {
    let (_, body) = probe::get(site.port, "/api/v1/setup", Duration::from_secs(5)).await.ok()?;
    let setup: serde_json::Value = serde_json::from_str(&body).ok()?;
    if setup.get("claimed")?.as_bool()? {
        return None;
    }
    let file = site.state_of("livos-web").join("claim-code");
    std::fs::read_to_string(file).ok().map(|code| code.trim().to_owned())
}
