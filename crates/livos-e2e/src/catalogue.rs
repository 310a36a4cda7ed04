//! A store of our own, with apps that are small enough to install in a test.

use std::path::Path;

use anyhow::{Context as _, Result};
use livos_docker::testing::{PrivateDocker, TinyImage};
use tempfile::TempDir;

/// The id of the app that always works.
pub const TINY_APP: &str = "tiny";

/// A folder in the plain compose format: one folder an app.
pub struct Catalogue {
    folder: TempDir,
}

impl Catalogue {
    /// A store whose only app is [`TINY_APP`], with its image in `docker`'s registry. The image has
    /// a layer of `padding` bytes.
    pub fn tiny(docker: &PrivateDocker, padding: usize) -> Result<Self> {
        let catalogue = Self { folder: tempfile::Builder::new().prefix("livos-store-").tempdir()? };
        docker.push("tiny", "1", &TinyImage::new().healthcheck().padding(padding))?;
        catalogue.add(TINY_APP, "Tiny", &docker.reference("tiny", "1"))?;
        Ok(catalogue)
    }

    /// Adds an app of one service that answers on port 8080.
    pub fn add(&self, id: &str, name: &str, image: &str) -> Result<()> {
        let folder = self.folder.path().join(id);
        std::fs::create_dir_all(&folder)?;
        // The name is the app's title in the store, too.
        let compose = format!(
            "# {name}, for the tests.\nname: {id}\nservices:\n  web:\n    image: {image}\n    \
             ports:\n      - \"8080\"\n    volumes:\n      - ./data:/data\n"
        );
        let file = folder.join("docker-compose.yml");
        std::fs::write(&file, compose).with_context(|| format!("{} could not be written", file.display()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// As a source.
    #[must_use]
    pub fn source(&self) -> String {
        self.folder.path().display().to_string()
    }
}
