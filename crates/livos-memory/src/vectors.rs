//! Vectors of entries: made in small batches, kept beside their entries, and searched in memory.
//!
//! All vectors of a person are compared with that of the question: for a hundred thousand that takes a few
//! milliseconds, and no index has to be kept in step. They are read when they are first needed, then what came
//! since, and let go with [`Memory::rest`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::embed::{Embedder, Meaning, Short, Unembedded, likeness};
use crate::{Error, Memory};

/// So many entries are given to an embedder at once.
const BATCH: u32 = 64;
/// So much of an entry is given to it, in bytes; models read no more than their few hundred words.
const READ: usize = 4096;

/// How far the making of vectors has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// So many entries got one.
    pub made: usize,
    /// Where to go on; nothing when all have one.
    pub next: Option<i64>,
}

/// Vectors that are in memory, by person and model.
pub(crate) type Held = Arc<Mutex<HashMap<(String, i64), Arc<Mutex<Loaded>>>>>;

/// One person's, by one model.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The last number that is in here.
    last: i64,
    entries: Vec<i64>,
    factors: Vec<f32>,
    numbers: Vec<i8>,
}

impl Loaded {
    fn add(&mut self, entry: i64, blob: &[u8], dimensions: usize) {
        let Some((factor, numbers)) = blob.split_first_chunk::<4>() else { return };
        // Of another length than its model's: nobody here writes such a row.
        if numbers.len() != dimensions {
            return;
        }
        self.entries.push(entry);
        self.factors.push(f32::from_le_bytes(*factor));
        self.numbers.extend(numbers.iter().map(|number| i8::from_le_bytes([*number])));
    }

    /// The entries most like a vector, with how like they are, best first.
    fn nearest(&self, wanted: &Short, limit: usize) -> Vec<(i64, f64)> {
        let rows = self.numbers.chunks_exact(wanted.numbers.len());
        let mut found: Vec<(i64, f64)> = self
            .entries
            .iter()
            .zip(&self.factors)
            .zip(rows)
            .map(|((entry, factor), numbers)| {
                let alike = f64::from(likeness(&wanted.numbers, numbers));
                (*entry, alike * f64::from(*factor) * f64::from(wanted.factor))
            })
            .collect();
        let order = |one: &(i64, f64), two: &(i64, f64)| two.1.total_cmp(&one.1).then(one.0.cmp(&two.0));
        if found.len() > limit {
            found.select_nth_unstable_by(limit, order);
            found.truncate(limit);
        }
        found.sort_by(order);
        found
    }
}

impl Memory {
    /// Makes vectors for a batch of entries that have none of this model yet, the newest first. `before` is where the
    /// batch before ended; call it until [`Progress::next`] is nothing.
    ///
    /// Everybody's entries, since who makes the vectors is a setting of the house.
    pub async fn embed_some(
        &self,
        embedder: &dyn Embedder,
        before: Option<i64>,
    ) -> Result<Progress, EmbedError> {
        let model = self.model(embedder.model()).await?;
        let wanted: Vec<(i64, String)> = sqlx::query_as(
            "select entry.id, entry.body from memory_entries entry
             where entry.id < ?1 and not exists
                 (select 1 from memory_vectors where entry = entry.id and model = ?2)
             order by entry.id desc limit ?3",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(model.map_or(-1, |(id, _)| id))
        .bind(BATCH)
        .fetch_all(&self.reader)
        .await
        .map_err(Error::Read)?;
        let Some(last) = wanted.last().map(|(id, _)| *id) else {
            return Ok(Progress { made: 0, next: None });
        };
        let texts = wanted.iter().map(|(_, body)| beginning(body).to_owned()).collect();
        let vectors = shortened(embedder, texts, model.map(|(_, dimensions)| dimensions)).await?;
        let ids: Vec<i64> = wanted.into_iter().map(|(id, _)| id).collect();
        self.keep(embedder.model(), &ids, &vectors).await?;
        Ok(Progress { made: ids.len(), next: Some(last) })
    }

    /// How many entries there are, and how many of them have a vector of this model.
    pub async fn embedded(&self, model: &str) -> Result<(u64, u64), Error> {
        let (all, with): (i64, i64) = sqlx::query_as(
            "select (select count(*) from memory_entries),
                 (select count(*) from memory_vectors join memory_models on memory_models.id = model where name = ?)",
        )
        .bind(model)
        .fetch_one(&self.reader)
        .await
        .map_err(Error::Read)?;
        Ok((all.unsigned_abs(), with.unsigned_abs()))
    }

    /// Lets go of the vectors that are in memory; the next search reads them again.
    pub fn rest(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Entries of a person by meaning, best first, and whether they could be looked for.
    pub(crate) async fn nearest(
        &self,
        embedder: Option<&dyn Embedder>,
        person: &str,
        text: &str,
        limit: usize,
    ) -> Result<(Vec<(i64, f64)>, Meaning), Error> {
        let Some(embedder) = embedder else { return Ok((Vec::new(), Meaning::Off)) };
        let Some((model, dimensions)) = self.model(embedder.model()).await? else {
            return Ok((Vec::new(), Meaning::Off));
        };
        let wanted = match shortened(embedder, vec![text.to_owned()], Some(dimensions)).await {
            Ok(mut vectors) => vectors.pop(),
            Err(Unembedded(why)) => return Ok((Vec::new(), Meaning::Failed(why))),
        };
        let Some(wanted) = wanted.filter(|wanted| wanted.factor > 0.0) else {
            return Ok((Vec::new(), Meaning::Used));
        };
        let loaded = self.load(person, model, dimensions).await?;
        // Milliseconds of nothing but arithmetic, which other tasks of this thread are not to wait for.
        let searching = tokio::task::spawn_blocking(move || {
            loaded.lock().unwrap_or_else(PoisonError::into_inner).nearest(&wanted, limit)
        });
        let found = searching.await.unwrap_or_default();
        Ok((found, Meaning::Used))
    }

    /// A person's vectors in memory, up to the newest.
    async fn load(&self, person: &str, model: i64, dimensions: usize) -> Result<Arc<Mutex<Loaded>>, Error> {
        let loaded = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(held.entry((person.to_owned(), model)).or_default())
        };
        loop {
            let last = loaded.lock().unwrap_or_else(PoisonError::into_inner).last;
            let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
                "select number, entry, vector from memory_vectors
                     join memory_entries on memory_entries.id = entry
                 where number > ?1 and model = ?2 and person = ?3 order by number limit 4096",
            )
            .bind(last)
            .bind(model)
            .bind(person)
            .fetch_all(&self.reader)
            .await
            .map_err(Error::Read)?;
            if rows.is_empty() {
                return Ok(loaded);
            }
            let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
            for (number, entry, blob) in rows {
                // Somebody else may have read the same rows meanwhile.
                if number > loaded.last {
                    loaded.last = number;
                    loaded.add(entry, &blob, dimensions);
                }
            }
        }
    }

    /// A model by name: its number and how long its vectors are.
    async fn model(&self, name: &str) -> Result<Option<(i64, usize)>, Error> {
        let row: Option<(i64, i64)> =
            sqlx::query_as("select id, dimensions from memory_models where name = ?")
                .bind(name)
                .fetch_optional(&self.reader)
                .await
                .map_err(Error::Read)?;
        Ok(row.and_then(|(id, dimensions)| Some((id, usize::try_from(dimensions).ok()?))))
    }

    /// Keeps vectors of entries that are still there, in place of those of other models.
    async fn keep(&self, model: &str, ids: &[i64], vectors: &[Short]) -> Result<(), Error> {
        let Some(dimensions) = vectors.first().map(|vector| vector.numbers.len()) else { return Ok(()) };
        let dimensions = i64::try_from(dimensions).unwrap_or(i64::MAX);
        let mut transaction = self.writer.begin_with("begin immediate").await.map_err(Error::Write)?;
        let model: i64 = sqlx::query_scalar(
            "insert into memory_models (name, dimensions) values (?1, ?2)
             on conflict (name) do update set dimensions = ?2 returning id",
        )
        .bind(model)
        .bind(dimensions)
        .fetch_one(&mut *transaction)
        .await
        .map_err(Error::Write)?;
        for (id, vector) in ids.iter().zip(vectors) {
            // Replacing gives a new number, which is how those who hold vectors hear of it.
            sqlx::query(
                "insert or replace into memory_vectors (entry, model, vector)
                 select id, ?2, ?3 from memory_entries where id = ?1",
            )
            .bind(id)
            .bind(model)
            .bind(vector.bytes())
            .execute(&mut *transaction)
            .await
            .map_err(Error::Write)?;
        }
        transaction.commit().await.map_err(Error::Write)
    }
}

/// Why a batch got no vectors.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The memory itself.
    #[error(transparent)]
    Memory(#[from] Error),
    /// Whoever makes the vectors.
    #[error(transparent)]
    Embedder(#[from] Unembedded),
}

/// A short vector for each text, or why not: what an embedder answers is not believed unseen.
async fn shortened(
    embedder: &dyn Embedder,
    texts: Vec<String>,
    dimensions: Option<usize>,
) -> Result<Vec<Short>, Unembedded> {
    let count = texts.len();
    let vectors = embedder.embed(texts).await?;
    if vectors.len() != count {
        return Err(Unembedded(format!("{} vectors came for {count} texts", vectors.len())));
    }
    let dimensions = dimensions.or_else(|| vectors.first().map(Vec::len)).unwrap_or_default();
    if let Some(other) = vectors.iter().find(|vector| vector.len() != dimensions) {
        return Err(Unembedded(format!(
            "a vector has {} numbers instead of {dimensions}; a model's name stands for one length",
            other.len()
        )));
    }
    vectors.iter().map(|vector| Short::of(vector)).collect()
}

/// As much of a text as is embedded.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(READ)]
}
