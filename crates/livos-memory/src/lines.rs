//! An embedder in a process of its own, spoken to in lines of JSON over a pipe or a socket.
//!
//! `{"texts": […]}` is answered by `{"model": "…", "vectors": [[…]]}` or `{"error": "…"}`; with no texts it says only who
//! it is. The process ends with the connection.

use std::pin::Pin;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::sync::Mutex;

use crate::embed::{Embedder, Unembedded};

/// The longest answer: a batch of the longest vectors there are.
const LONGEST: u64 = 32 << 20;

#[derive(Serialize)]
struct Asked<'a> {
    texts: &'a [String],
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    model: String,
    vectors: Vec<Vec<f32>>,
    error: Option<String>,
}

type Reading = Pin<Box<dyn AsyncRead + Send>>;
type Writing = Pin<Box<dyn AsyncWrite + Send>>;

/// One connection to such a process. Dropping it ends the process.
pub struct Lines {
    model: String,
    /// Nothing after a failure: what is in the pipe then belongs to nobody's question.
    ways: Mutex<Option<(BufReader<Reading>, Writing)>>,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Lines").field("model", &self.model).finish_non_exhaustive()
    }
}

impl Lines {
    /// Asks who is there.
    pub async fn open(
        reading: impl AsyncRead + Send + 'static,
        writing: impl AsyncWrite + Send + 'static,
    ) -> Result<Self, Unembedded> {
        let mut ways = (BufReader::new(Box::pin(reading) as Reading), Box::pin(writing) as Writing);
        let said = ask(&mut ways, &[]).await?;
        if said.model.is_empty() || said.model.len() > 200 {
            return Err(Unembedded::new("the model of the vectors has no name"));
        }
        Ok(Self { model: said.model, ways: Mutex::new(Some(ways)) })
    }

    /// Whether nothing more comes of it.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ways.try_lock().is_ok_and(|ways| ways.is_none())
    }
}

impl Embedder for Lines {
    fn model(&self) -> &str {
        &self.model
    }

    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, Unembedded>> {
        async move {
            let mut held = self.ways.lock().await;
            // Taken out, so that an answer which is not waited for to its end is not taken for the next one's.
            let mut ways = held.take().ok_or_else(|| Unembedded::new("it has ended"))?;
            let said = ask(&mut ways, &texts).await?;
            *held = Some(ways);
            Ok(said.vectors)
        }
        .boxed()
    }
}

async fn ask(ways: &mut (BufReader<Reading>, Writing), texts: &[String]) -> Result<Said, Unembedded> {
    let broken =
        |error: &dyn std::fmt::Display| Unembedded::new(format!("the process that makes vectors: {error}"));
    let (reading, writing) = ways;
    let mut line = serde_json::to_vec(&Asked { texts }).map_err(|error| broken(&error))?;
    line.push(b'\n');
    writing.write_all(&line).await.map_err(|error| broken(&error))?;
    writing.flush().await.map_err(|error| broken(&error))?;
    line.clear();
    reading.take(LONGEST).read_until(b'\n', &mut line).await.map_err(|error| broken(&error))?;
    if line.last() != Some(&b'\n') {
        return Err(broken(&"it ended, or said too much"));
    }
    let said: Said = serde_json::from_slice(&line).map_err(|error| broken(&error))?;
    match said.error {
        Some(why) => Err(broken(&why)),
        None => Ok(said),
    }
}
