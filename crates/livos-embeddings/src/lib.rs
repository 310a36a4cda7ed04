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

#[cfg(test)]
mod tests {
    use super::*;

    /// The model is not in the repository: a folder of it is named by this.
    const MODEL: &str = "LIVOS_EMBEDDINGS_MODEL";

    #[test]
    fn vectors_are_those_of_the_models_own_implementation() {
        let Some(folder) = std::env::var_os(MODEL) else {
            eprintln!("skipped: {MODEL} names no folder with the model");
            return;
        };
        let mut said = Vec::new();
        let asked = concat!(
            r#"{"texts":["A man is eating food.","A man eats a piece of bread.","The sky over the city was dark."]}"#,
            "\n{\"text\":1}\n{\"texts\":[]}\n"
        );
        serve(Path::new(&folder), asked.as_bytes(), &mut said).unwrap();
        let lines: Vec<serde_json::Value> = String::from_utf8(said)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let vectors: Vec<Vec<f64>> = serde_json::from_value(lines[0]["vectors"].clone()).unwrap();
        let like = |one: usize, other: usize| -> f64 {
            vectors[one].iter().zip(&vectors[other]).map(|(one, other)| one * other).sum()
        };
        for (one, other, wanted) in [(0, 0, 1.0), (0, 1, 0.7374), (0, 2, -0.0557), (1, 2, -0.0158)] {
            assert!((like(one, other) - wanted).abs() < 0.002, "{one} {other}: {}", like(one, other));
        }
        assert!(lines[1]["error"].is_string() && lines[2]["vectors"].as_array().unwrap().is_empty());
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        assert!(Embedder::open(folder.path()).is_err());
        write("model.json", br#"{"name":"m"}"#);
        write("vocab.txt", b"[UNK]\n[CLS]\n[SEP]");
        for bytes in [
            &b""[..],
            &u64::MAX.to_le_bytes(),
            b"\x02\0\0\0\0\0\0\0{}",
            // A head that claims more than there is.
            b"\x68\0\0\0\0\0\0\0{\"embeddings.word_embeddings.weight\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
        ] {
            write("model.safetensors", bytes);
            assert!(Embedder::open(folder.path()).is_err());
        }
    }
}
