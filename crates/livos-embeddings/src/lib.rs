//! Vectors of texts by a small model, on this machine's processor.
//!
//! A process of its own, which is there while somebody speaks to it: it reads a line `{"texts": […]}` and answers with a
//! line `{"model": "…", "vectors": [[…]]}` or `{"error": "…"}`, and ends with its input.

mod model;
mod pieces;
mod weights;

use std::io::{BufRead, Read as _, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::pieces::Pieces;
use crate::weights::Weights;

/// Where the package puts the model.
pub const FOLDER: &str = "/usr/share/livos/embeddings";

/// The longest line: a batch of the longest memories, many times over.
const LONGEST_LINE: u64 = 16 << 20;
/// The most texts of one line.
const MOST_TEXTS: usize = 256;

/// What can go wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model's files.
    #[error("the model in {folder} can't be used: {why}")]
    Model {
        /// Where it was looked for.
        folder: String,
        /// Why not.
        why: String,
    },
    /// Whoever speaks to it is gone.
    #[error("it can't be spoken to: {0}")]
    Pipe(#[from] std::io::Error),
}

/// A model that is ready.
#[derive(Debug)]
pub struct Embedder {
    name: String,
    pieces: Pieces,
    model: Model,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    texts: Vec<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Vectors { model: &'a str, vectors: Vec<Vec<f32>> },
    Error { error: String },
}

/// What stands beside the weights: who the model is.
#[derive(Deserialize)]
struct About {
    name: String,
}

impl Embedder {
    /// Reads `model.json` (its name), `vocab.txt` and `model.safetensors` of a folder.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let broken = |why: String| Error::Model { folder: folder.display().to_string(), why };
        let read = |name: &str| {
            std::fs::read_to_string(folder.join(name)).map_err(|error| broken(format!("{name}: {error}")))
        };
        let about: About =
            serde_json::from_str(&read("model.json")?).map_err(|error| broken(error.to_string()))?;
        let pieces = Pieces::new(&read("vocab.txt")?).map_err(broken)?;
        let weights = Weights::open(&folder.join("model.safetensors"))
            .map_err(|error| broken(format!("model.safetensors: {error}")))?;
        let model = Model::new(weights).map_err(|error| broken(format!("model.safetensors: {error}")))?;
        Ok(Self { name: about.name, pieces, model })
    }

    /// The vector of a text, of length 1.
    pub fn vector(&self, text: &str) -> std::io::Result<Vec<f32>> {
        self.model.vector(&self.pieces.of(text))
    }

    fn answer(&self, line: &[u8]) -> Said<'_> {
        let asked: Asked = match serde_json::from_slice(line) {
            Ok(asked) => asked,
            Err(error) => return Said::Error { error: format!("that is no question: {error}") },
        };
        if asked.texts.len() > MOST_TEXTS {
            return Said::Error { error: format!("at most {MOST_TEXTS} texts at once") };
        }
        match asked.texts.iter().map(|text| self.vector(text)).collect() {
            Ok(vectors) => Said::Vectors { model: &self.name, vectors },
            Err(error) => Said::Error { error: format!("the model can't be read: {error}") },
        }
    }
}

/// Answers line by line until there are no more.
pub fn serve(folder: &Path, mut asked: impl BufRead, mut said: impl Write) -> Result<(), Error> {
    let embedder = Embedder::open(folder)?;
    let mut line = Vec::new();
    loop {
        line.clear();
        asked.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            // The end, or more than is taken: either way nothing whole comes any more.
            return Ok(());
        }
        let mut answer = serde_json::to_vec(&embedder.answer(&line)).map_err(std::io::Error::from)?;
        answer.push(b'\n');
        said.write_all(&answer)?;
        said.flush()?;
    }
}
