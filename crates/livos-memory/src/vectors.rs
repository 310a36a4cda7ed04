//! Vectors of entries: made in small batches, kept beside their entries, and searched in memory.
//!
//! All vectors of a person are compared with that of the question: for a hundred thousand that takes a few
//! milliseconds, and no index has to be kept in step. They are read when they are first needed, then what came
//! since, and let go with [`Memory::rest`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::embed::{Embedder, Meaning, Short, Unembedded, likeness};
use crate::{Error, Memory};

/// So many entries are given to an embedder at once.
const BATCH: u32 = 64;
/// So much of an entry is given to it, in bytes; models read no more than their few hundred words.
const READ: usize = 4096;

/// Less than this have in common what has nothing to do with each other, by any model.
const UNLIKE: f64 = 0.1;
/// So many bytes of a person's vectors are held in memory; more are read through each time.
const MOST_HELD: usize = 96 * 1024 * 1024;

/// How far the making of vectors has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// So many entries got one.
    pub made: usize,
    /// Where to go on; nothing when all have one.
    pub next: Option<i64>,
}

/// Vectors that are in memory, by person and model.
pub(crate) type Held = Arc<Mutex<HashMap<(String, i64), Arc<Kept>>>>;

/// One person's, by one model, and how many there are.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// None until all have been read once. Beside the lock, which is held for as long as vectors are compared.
    count: AtomicUsize,
    loaded: Mutex<Loaded>,
}

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
        if found.len() > limit {
            found.select_nth_unstable_by(limit, nearer);
            found.truncate(limit);
        }
        found.sort_by(nearer);
        found
    }
}

fn nearer(one: &(i64, f64), two: &(i64, f64)) -> std::cmp::Ordering {
    two.1.total_cmp(&one.1).then(one.0.cmp(&two.0))
}

/// What lies near a question.
#[derive(Debug, Default)]
pub(crate) struct Near {
    /// Entries with how like they are, best first.
    pub(crate) finds: Vec<(i64, f64)>,
    /// The part of the person's entries that could be found so.
    pub(crate) coverage: f64,
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
        let full = wanted.len() == BATCH as usize;
        let vectors = each(embedder, &wanted, model.map(|(_, dimensions)| dimensions)).await?;
        self.keep(embedder.model(), &wanted, &vectors).await?;
        Ok(Progress { made: wanted.len(), next: full.then_some(last) })
    }

    /// A model is chosen whose vectors are this long. If they were of another length, those there are go: whatever is
    /// called so now is another model.
    pub async fn expect(&self, model: &str, dimensions: usize) -> Result<(), Error> {
        let Some((id, _)) = self.model(model).await?.filter(|(_, known)| *known != dimensions) else {
            return Ok(());
        };
        let mut transaction = self.writer.begin_with("begin immediate").await.map_err(Error::Write)?;
        for sql in ["delete from memory_vectors where model = ?", "delete from memory_models where id = ?"] {
            sqlx::query(sql).bind(id).execute(&mut *transaction).await.map_err(Error::Write)?;
        }
        transaction.commit().await.map_err(Error::Write)?;
        self.rest();
        Ok(())
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
    ) -> Result<(Near, Meaning), Error> {
        let none = |meaning| Ok((Near::default(), meaning));
        let Some(embedder) = embedder else { return none(Meaning::Off) };
        let Some((model, dimensions)) = self.model(embedder.model()).await? else {
            return none(Meaning::Off);
        };
        let with = match self.holds(person, model) {
            Some(held) => held,
            None => self.with_vector(person, model).await?,
        };
        if with == 0 {
            return none(Meaning::Off);
        }
        let wanted = match shortened(embedder, vec![text.to_owned()], Some(dimensions)).await {
            Ok(mut vectors) => vectors.pop(),
            Err(error) => return none(Meaning::Failed(error.why)),
        };
        let Some(wanted) = wanted.filter(|wanted| wanted.factor > 0.0) else { return none(Meaning::Used) };
        let finds = if with.saturating_mul(dimensions) > MOST_HELD {
            self.pass(person, model, &wanted, limit).await?
        } else {
            self.compare(person, model, wanted, limit).await?
        };
        let finds = finds.into_iter().filter(|(_, likeness)| *likeness >= UNLIKE).collect();
        let all = self.count(person).await?.max(with);
        #[expect(clippy::cast_precision_loss, reason = "a share, not a count")]
        let coverage = with as f64 / all.max(1) as f64;
        Ok((Near { finds, coverage }, Meaning::Used))
    }

    /// Compares those that are in memory, up to the newest.
    async fn compare(
        &self,
        person: &str,
        model: i64,
        wanted: Short,
        limit: usize,
    ) -> Result<Vec<(i64, f64)>, Error> {
        let kept = self.load(person, model, wanted.numbers.len()).await?;
        // Milliseconds of nothing but arithmetic, which other tasks of this thread are not to wait for.
        let searching = tokio::task::spawn_blocking(move || {
            kept.loaded.lock().unwrap_or_else(PoisonError::into_inner).nearest(&wanted, limit)
        });
        Ok(searching.await.unwrap_or_default())
    }

    /// Reads all of them once and keeps none: slower, for those that would take too much memory.
    async fn pass(
        &self,
        person: &str,
        model: i64,
        wanted: &Short,
        limit: usize,
    ) -> Result<Vec<(i64, f64)>, Error> {
        let (mut best, mut last) = (Vec::new(), 0);
        loop {
            let mut page = Loaded::default();
            for (number, entry, blob) in self.page(person, model, last).await? {
                last = number;
                page.add(entry, &blob, wanted.numbers.len());
            }
            if page.entries.is_empty() {
                return Ok(best);
            }
            best.extend(page.nearest(wanted, limit));
            best.sort_by(nearer);
            best.truncate(limit);
        }
    }

    /// How many of a person's vectors are in memory; nothing while they have not been read.
    fn holds(&self, person: &str, model: i64) -> Option<usize> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.get(&(person.to_owned(), model))?.count.load(Ordering::Relaxed);
        Some(count).filter(|count| *count > 0)
    }

    /// How many entries of a person have a vector: each is looked at, so it is asked only while none are in memory.
    async fn with_vector(&self, person: &str, model: i64) -> Result<usize, Error> {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from memory_vectors join memory_entries on memory_entries.id = entry
             where model = ?1 and person = ?2",
        )
        .bind(model)
        .bind(person)
        .fetch_one(&self.reader)
        .await
        .map_err(Error::Read)?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// How many entries a person has.
    pub(crate) async fn count(&self, person: &str) -> Result<usize, Error> {
        let count: i64 = sqlx::query_scalar("select count(*) from memory_entries where person = ?")
            .bind(person)
            .fetch_one(&self.reader)
            .await
            .map_err(Error::Read)?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Vectors of a person that came after a number, in the order in which they came.
    async fn page(&self, person: &str, model: i64, after: i64) -> Result<Vec<(i64, i64, Vec<u8>)>, Error> {
        sqlx::query_as(
            "select number, entry, vector from memory_vectors
                 join memory_entries on memory_entries.id = entry
             where number > ?1 and model = ?2 and person = ?3 order by number limit 4096",
        )
        .bind(after)
        .bind(model)
        .bind(person)
        .fetch_all(&self.reader)
        .await
        .map_err(Error::Read)
    }

    /// A person's vectors in memory, up to the newest.
    async fn load(&self, person: &str, model: i64, dimensions: usize) -> Result<Arc<Kept>, Error> {
        let kept = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(held.entry((person.to_owned(), model)).or_default())
        };
        loop {
            let last = kept.loaded.lock().unwrap_or_else(PoisonError::into_inner).last;
            let rows = self.page(person, model, last).await?;
            let mut loaded = kept.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            if rows.is_empty() {
                kept.count.store(loaded.entries.len(), Ordering::Relaxed);
                drop(loaded);
                return Ok(kept);
            }
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
    async fn keep(&self, model: &str, entries: &[(i64, String)], vectors: &[Short]) -> Result<(), Error> {
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
        for ((id, body), vector) in entries.iter().zip(vectors) {
            // Replacing gives a new number, which is how those who hold vectors hear of it. An entry may have been
            // forgotten meanwhile and its number given to another: the text tells.
            sqlx::query(
                "insert or replace into memory_vectors (entry, model, vector)
                 select id, ?2, ?3 from memory_entries where id = ?1 and body = ?4",
            )
            .bind(id)
            .bind(model)
            .bind(vector.bytes())
            .bind(body)
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
        return Err(Unembedded::new(format!("{} vectors came for {count} texts", vectors.len())));
    }
    let dimensions = dimensions.or_else(|| vectors.first().map(Vec::len)).unwrap_or_default();
    if let Some(other) = vectors.iter().find(|vector| vector.len() != dimensions) {
        return Err(Unembedded::new(format!(
            "a vector has {} numbers instead of {dimensions}; a model's name stands for one length",
            other.len()
        )));
    }
    vectors.iter().map(|vector| Short::of(vector)).collect()
}

/// A vector for each entry. Where a batch is refused for one of its texts, each is asked for alone, and what is refused
/// then is like nothing: neither it nor what is older is asked for again and again. A batch of which nothing is taken
/// says nothing of its texts.
async fn each(
    embedder: &dyn Embedder,
    entries: &[(i64, String)],
    dimensions: Option<usize>,
) -> Result<Vec<Short>, Unembedded> {
    let text = |(_, body): &(i64, String)| beginning(body).to_owned();
    let refusal = match shortened(embedder, entries.iter().map(text).collect(), dimensions).await {
        Err(error) if error.of_these => error,
        outcome => return outcome,
    };
    let (mut found, mut dimensions) = (Vec::with_capacity(entries.len()), dimensions);
    for entry in entries {
        match shortened(embedder, vec![text(entry)], dimensions).await {
            Ok(mut vectors) => {
                let vector = vectors.pop();
                dimensions = dimensions.or_else(|| vector.as_ref().map(|vector| vector.numbers.len()));
                found.push(vector);
            }
            Err(error) if error.of_these => found.push(None),
            Err(error) => return Err(error),
        }
    }
    let taken = found.iter().flatten().next().map(|vector| vector.numbers.len());
    let dimensions = taken.ok_or_else(|| Unembedded::new(refusal.why))?;
    Ok(found.into_iter().map(|vector| vector.unwrap_or_else(|| Short::nowhere(dimensions))).collect())
}

/// As much of a text as is embedded.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(READ)]
}
