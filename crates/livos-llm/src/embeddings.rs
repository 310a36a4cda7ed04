//! Vectors of texts, from providers that speak OpenAI's `/embeddings`: OpenAI, Ollama, vLLM, llama.cpp and most others.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;

use crate::http::{Address, Client, Post, fault, reported};
use crate::{Dialect, Endpoint, Error, Limits};

/// The most numbers that are taken for one vector.
const DIMENSIONS: usize = 8192;
/// The longest answer.
const ANSWER: usize = 32 * 1024 * 1024;

/// What came for some texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// A vector for each text, in their order, all of one length.
    pub vectors: Vec<Vec<f32>>,
    /// What it took, as the provider counts; nothing if it does not say.
    pub tokens: Option<u64>,
}

/// Makes vectors of texts.
pub trait Embeds: Send + Sync + std::fmt::Debug + 'static {
    /// One attempt. What does not fit the texts is an error.
    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Embedded, Error>>;
}

/// A model of vectors at a provider.
#[derive(Debug, Clone)]
pub struct RemoteEmbeddings {
    client: Client,
    address: Address,
    endpoint: Endpoint,
    limits: Limits,
}

impl RemoteEmbeddings {
    /// Refuses a provider that makes no vectors, an address that can't be one, or where a key would be read on the way.
    pub fn new(client: &Client, endpoint: Endpoint, limits: Limits) -> Result<Self, Error> {
        if !makes_vectors(endpoint.dialect) {
            return Err(Error::Endpoint(
                "vectors come only from providers that speak as OpenAI does; Ollama is one".to_owned(),
            ));
        }
        let address = Address::parse(&endpoint.base_url)?;
        Ok(Self { client: client.clone(), address, endpoint, limits })
    }

    async fn ask(&self, texts: Vec<String>) -> Result<Embedded, Error> {
        let Endpoint { dialect, model, key, .. } = &self.endpoint;
        let body = json!({ "model": model, "input": texts, "encoding_format": "float" });
        let post = Post {
            address: &self.address,
            // Who types a bare host means the usual place.
            path: if self.address.is_bare() { "/v1/embeddings" } else { "/embeddings" },
            model,
            key: key.as_ref(),
            key_header: dialect.key_header(),
            headers: dialect.headers(),
            accept: "application/json",
            body: body.to_string().into(),
        };
        let text = self.client.document(post, &self.limits, ANSWER).await?;
        read(&text, texts.len()).map_err(|error| match error {
            // Some servers say what went wrong with a 200.
            Error::Malformed { .. } if reported(&text).is_some() => {
                fault(200, None, &text, model, key.as_ref())
            }
            error => error,
        })
    }
}

impl Embeds for RemoteEmbeddings {
    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Embedded, Error>> {
        self.ask(texts).boxed()
    }
}

/// Whether providers of a dialect have the route.
#[must_use]
pub fn makes_vectors(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::ChatCompletions | Dialect::Responses)
}

#[derive(Deserialize)]
struct Said {
    data: Vec<One>,
    #[serde(default)]
    usage: Option<Used>,
}

#[derive(Deserialize)]
struct One {
    index: usize,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Used {
    #[serde(default)]
    total_tokens: Option<u64>,
}

fn read(text: &str, count: usize) -> Result<Embedded, Error> {
    let said: Said = serde_json::from_str(text)
        .map_err(|error| Error::malformed(format!("these are no vectors: {error}")))?;
    let mut vectors = vec![Vec::new(); count];
    for one in said.data {
        // By its number and not by its place: nobody promises an order.
        let place = vectors.get_mut(one.index);
        *place.ok_or_else(|| Error::malformed("a vector belongs to no text"))? = one.embedding;
    }
    let length = vectors.first().map_or(0, Vec::len);
    let fits = |vector: &Vec<f32>| vector.len() == length && vector.iter().all(|number| number.is_finite());
    if count > 0 && (length == 0 || length > DIMENSIONS || !vectors.iter().all(fits)) {
        return Err(Error::malformed("not every text has a vector, or their lengths differ"));
    }
    Ok(Embedded { vectors, tokens: said.usage.and_then(|used| used.total_tokens) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_read_by_their_numbers() {
        let text = r#"{"object":"list","data":[
            {"object":"embedding","index":1,"embedding":[3,4.5]},
            {"object":"embedding","index":0,"embedding":[1,2]}],
            "model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}"#;
        let wanted = Embedded { vectors: vec![vec![1.0, 2.0], vec![3.0, 4.5]], tokens: Some(7) };
        assert_eq!(read(text, 2).unwrap(), wanted);
    }

    #[test]
    fn what_does_not_fit_the_texts_is_refused() {
        for (text, count) in [
            ("", 1),
            ("{}", 1),
            (r#"{"data":[]}"#, 1),
            (r#"{"data":[{"index":0,"embedding":[]}]}"#, 1),
            (r#"{"data":[{"index":0,"embedding":[1]}]}"#, 2),
            (r#"{"data":[{"index":7,"embedding":[1]}]}"#, 1),
            (r#"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}"#, 2),
            (r#"{"data":[{"index":0,"embedding":[1e400]}]}"#, 1),
            (r#"{"data":[{"index":0,"embedding":"AAAA"}]}"#, 1),
        ] {
            assert!(matches!(read(text, count), Err(Error::Malformed { .. })), "{text} was taken");
        }
    }
}
