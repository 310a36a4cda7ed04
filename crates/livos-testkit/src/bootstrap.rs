//! What Caddy starts with before the app daemon has told it anything.

use std::path::Path;

use anyhow::Result;

/// The whole document, `admin` block included: without it, Caddy 2.6 loses its socket at the first
/// change that fails.
pub(crate) fn render(listen: &str, web: &Path, admin: &Path) -> Result<String> {
    Ok(format!(
        r#"{{"admin":{{"listen":"unix/{}","origins":["caddy"]}},"apps":{{"http":{{"servers":{{"desktop":{{"listen":["{listen}"],"automatic_https":{{"disable":true}},"routes":[{{"handle":[{{"handler":"reverse_proxy","upstreams":[{{"dial":"unix/{}"}}]}}]}}]}}}}}}}}}}"#,
        admin.display(),
        web.display(),
    ))
}
