//! Which images must stay: those that apps run, and those that they can be brought back to.

use std::collections::{BTreeMap, BTreeSet};

use livos_docker::ImageSummary;

use super::Apps;
use crate::Error;

/// The apps that need an image, by its id and by its reference.
#[derive(Debug, Default)]
pub(crate) struct KeptImages {
    by_id: BTreeMap<String, BTreeSet<String>>,
    by_reference: BTreeMap<String, BTreeSet<String>>,
}

impl KeptImages {
    fn reference(&mut self, reference: &str, app: &str) {
        self.by_reference.entry(full(reference)).or_default().insert(app.to_owned());
    }

    /// The names of the apps that need this image.
    pub(crate) fn apps_that_need(&self, image: &ImageSummary) -> BTreeSet<String> {
        let named =
            image.tags.iter().chain(&image.digests).filter_map(|name| self.by_reference.get(&full(name)));
        self.by_id.get(&image.id).into_iter().chain(named).flatten().cloned().collect()
    }
}

/// A reference in full, however short it was written.
fn full(reference: &str) -> String {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (path, tag) = match name[slash..].find(':') {
        Some(at) => (&name[..slash + at], Some(&name[slash + at + 1..])),
        None => (name, None),
    };
    let path = match path.split_once('/') {
        None => format!("docker.io/library/{path}"),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => path.to_owned(),
        Some(_) => format!("docker.io/{path}"),
    };
    match (digest, tag) {
        (Some(digest), _) => format!("{path}@{digest}"),
        (None, tag) => format!("{path}:{}", tag.unwrap_or("latest")),
    }
}

impl Apps {
    /// What must stay. An update that is under way needs images of a version that no row knows yet, so what the
    /// store offers counts for every app.
    pub(super) async fn kept_images(&self) -> Result<KeptImages, Error> {
        let mut kept = KeptImages::default();
        for own in [super::toolbox::IMAGE, super::sandbox::IMAGE] {
            kept.reference(own, "LivOS");
        }
        for app in self.rows.apps().await? {
            for service in &app.spec.services {
                kept.reference(&service.image, &app.name);
            }
            for previous in self.rows.previous_of(&app.id).await? {
                for service in &previous.app.spec.services {
                    kept.reference(&service.image, &app.name);
                }
                for image in &previous.keeping.images {
                    kept.by_id.entry(image.id.clone()).or_default().insert(app.name.clone());
                }
            }
            if let Some(entry) = self.newer(&app).await?
                && let Some((spec, _)) = self.look_at_update(&app, &entry)
            {
                for service in &spec.services {
                    kept.reference(&service.image, &app.name);
                }
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::full;

    #[test]
    fn references_are_compared_in_full() {
        for (short, long) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1", "docker.io/library/nginx:1"),
            ("demo/web:1", "docker.io/demo/web:1"),
            ("docker.io/demo/web:1", "docker.io/demo/web:1"),
            ("127.0.0.1:5000/a", "127.0.0.1:5000/a:latest"),
            ("localhost/a:2", "localhost/a:2"),
            ("demo/web:1@sha256:ab", "docker.io/demo/web@sha256:ab"),
        ] {
            assert_eq!(full(short), long);
        }
    }
}
