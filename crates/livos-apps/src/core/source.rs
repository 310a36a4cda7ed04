//! What a person may type as a store.

use livos_types::StoreId;

/// Where a store comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A directory on this machine, read where it is.
    Directory(String),
    /// A git repository, copied.
    Git(String),
}

/// Understands an address, or says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Origin, String> {
    let text = text.trim();
    if text.is_empty() || text.len() > 1000 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("give the address of a git repository, or the path of a folder".to_owned());
    }
    if text.starts_with('/') {
        if text.split('/').any(|part| part == "..") {
            return Err("the path of a folder must not contain \"..\"".to_owned());
        }
        return Ok(Origin::Directory(text.to_owned()));
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        if !matches!(scheme, "https" | "ssh" | "file") {
            return Err(format!("stores are fetched by https, ssh or file, not by {scheme}"));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        // git hands a host that begins with "-" to ssh as an option.
        let host = authority.rsplit('@').next().unwrap_or_default();
        if host.starts_with('-') || (scheme != "file" && host.is_empty()) || rest.len() == authority.len() {
            return Err("the address has no repository in it".to_owned());
        }
        if authority.contains(':') && authority.contains('@') {
            return Err(
                "leave the password out of the address; it would be shown to everybody who manages stores"
                    .to_owned(),
            );
        }
        return Ok(Origin::Git(text.to_owned()));
    }
    // git's short form of ssh: user@host:path
    if let Some((account, path)) = text.split_once(':')
        && let Some((user, host)) = account.split_once('@')
        && !user.is_empty()
        && !user.starts_with('-')
        && !host.is_empty()
        && !host.starts_with('-')
        && !account.contains('/')
        && !path.is_empty()
    {
        return Ok(Origin::Git(text.to_owned()));
    }
    Err("give the address of a git repository (https://…), or the path of a folder (/…)".to_owned())
}

/// A label for people and an id that no other store has.
pub(crate) fn name(text: &str, taken: impl Fn(&str) -> bool) -> Result<(StoreId, String), String> {
    let last = text.trim().trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let label: String = last.strip_suffix(".git").unwrap_or(last).chars().take(60).collect();
    let slug: String =
        label
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c.to_ascii_lowercase() } else { '-' }
            })
            .collect();
    let slug = slug.trim_start_matches(['-', '_']);
    let slug = if slug.is_empty() { "store" } else { slug };
    let candidates = std::iter::once(slug.to_owned())
        .chain((2..1000).map(|number| format!("{}-{number}", slug.get(..50).unwrap_or(slug))));
    for candidate in candidates {
        if !taken(&candidate) {
            let label = if label.is_empty() { candidate.clone() } else { label };
            return StoreId::new(candidate).map(|id| (id, label)).map_err(|error| error.to_string());
        }
    }
    Err("there are too many stores of that name".to_owned())
}
