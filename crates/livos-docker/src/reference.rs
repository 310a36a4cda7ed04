//! Image references: what may be asked of a daemon, and whose registry that is.
//!
//! References come from catalogues, so they are hostile until checked: the client library puts them into a URL.

/// The registry of references that name none.
const HUB: &str = "docker.io";

/// Whether this can be an image reference or id. The daemon checks the grammar; this keeps out whatever would
/// leave the path segment it belongs to.
pub(crate) fn is_plausible(image: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/@-+".contains(&byte);
    (1..=512).contains(&image.len())
        && image.bytes().all(allowed)
        && image.as_bytes()[0].is_ascii_alphanumeric()
        && image.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// Whether this can be the name or id of a container, network or volume, by Docker's own rule.
pub(crate) fn is_plausible_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=255).contains(&name.len()) && name.bytes().all(allowed) && name.as_bytes()[0].is_ascii_alphanumeric()
}

/// The reference with `:latest` when it has neither tag nor digest: without one the daemon pulls *all* tags.
pub(crate) fn with_tag(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    if last.contains(':') || last.contains('@') { image.to_owned() } else { format!("{image}:latest") }
}

/// The registry a reference belongs to.
pub(crate) fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => HUB,
    }
}

/// One spelling for references that mean the same image: without the default registry, with a tag.
pub(crate) fn familiar(image: &str) -> String {
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    let image = image.strip_prefix("library/").unwrap_or(image);
    let image = with_tag(image);
    // A tag beside a digest says nothing: the daemon looks only at the digest.
    match image.split_once('@') {
        Some((name, digest)) => {
            let slash = name.rfind('/').map_or(0, |at| at + 1);
            let end = name[slash..].find(':').map_or(name.len(), |at| slash + at);
            format!("{}@{digest}", &name[..end])
        }
        None => image,
    }
}

/// Whether a machine of architecture `machine` runs images for `image`.
pub(crate) fn runs(machine: &str, image: &str) -> bool {
    machine == image || matches!((machine, image), ("amd64", "386") | ("arm64", "arm"))
}

/// Docker's name for what the kernel calls an architecture.
pub(crate) fn docker_architecture(architecture: &str) -> &str {
    match architecture {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv7l" | "armv6l" | "armhf" => "arm",
        "i386" | "i686" => "386",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_references_are_refused() {
        for bad in
            ["", "../containers/json", "a/../b", "a?b=c", "a b", "a#b", "/a", "a//b", "a%2fb", "a\n", "-a"]
        {
            assert!(!is_plausible(bad), "{bad:?}");
        }
        for good in ["nginx", "nginx:1.27", "ghcr.io/a/b_c:v1", "127.0.0.1:5000/a@sha256:00ff"] {
            assert!(is_plausible(good), "{good:?}");
        }
        assert!(!is_plausible_name("a/b") && !is_plausible_name("..") && is_plausible_name("app_web_1"));
    }

    #[test]
    fn references_name_their_registry_and_tag() {
        assert_eq!(registry("nginx"), "docker.io");
        assert_eq!(registry("linuxserver/plex"), "docker.io");
        assert_eq!(registry("ghcr.io/a/b"), "ghcr.io");
        assert_eq!(registry("localhost/a"), "localhost");
        assert_eq!(with_tag("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(with_tag("a@sha256:1"), "a@sha256:1");
        assert_eq!(familiar("docker.io/library/nginx"), "nginx:latest");
        assert_eq!(familiar("localhost:5000/a:1@sha256:2"), "localhost:5000/a@sha256:2");
    }
}
