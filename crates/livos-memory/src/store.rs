//! The rows: adding, listing, forgetting. Each change and its index are one transaction.

use std::sync::{Arc, OnceLock};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{Row as _, Sqlite, Transaction};

use crate::Error;
use crate::related::Related;
use crate::text::Mill;
use crate::vectors::Held;

/// The longest text of one entry, in bytes. Longer things are documents and belong in files.
const LONGEST: usize = 32 * 1024;

/// Who vouches for what is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The person said it.
    Owner,
    /// Nexus said it.
    Agent,
    /// It was read somewhere: a web page, a mail, a message of a stranger.
    Untrusted,
    /// LivOS noted it.
    System,
}

impl Origin {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Agent => "agent",
            Self::Untrusted => "untrusted",
            Self::System => "system",
        }
    }

    /// From how it is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Agent, Self::Untrusted, Self::System]
            .into_iter()
            .find(|origin| origin.as_str() == text)
    }
}

/// A turn or note to remember.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Whose memory it is.
    pub person: String,
    /// Where it comes from; forgetting by source forgets all of it.
    pub source: String,
    /// The conversation or sitting within the source.
    pub session: String,
    /// Its place in the session. A place that is taken is left as it is: adding twice adds once.
    pub position: i64,
    /// Its name in the source, for citing it.
    pub turn: String,
    /// Who said it.
    pub speaker: String,
    /// What was said.
    pub text: String,
    /// When, in UTC seconds.
    pub at: i64,
    /// Who vouches for it.
    pub origin: Origin,
    /// 0 to 1; 0.5 is a plain turn.
    pub importance: f64,
}

/// Something remembered.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// Where it comes from.
    pub source: String,
    /// The conversation or sitting within the source.
    pub session: String,
    /// Its place in the session.
    pub position: i64,
    /// Its name in the source.
    pub turn: String,
    /// Who said it.
    pub speaker: String,
    /// What was said, verbatim.
    pub text: String,
    /// When, in UTC seconds.
    pub at: i64,
    /// Who vouches for it.
    pub origin: Origin,
    /// 0 to 1.
    pub importance: f64,
}

/// The columns of an [`Entry`], for `select … from memory_entries entry`.
pub(crate) const COLUMNS: &str = "entry.id, entry.source, entry.session, entry.position, entry.turn, \
    entry.speaker, entry.body, entry.at, entry.origin, entry.importance";

pub(crate) fn entry(row: &sqlx::sqlite::SqliteRow) -> Result<Entry, sqlx::Error> {
    let origin: String = row.try_get("origin")?;
    Ok(Entry {
        id: row.try_get("id")?,
        source: row.try_get("source")?,
        session: row.try_get("session")?,
        position: row.try_get("position")?,
        turn: row.try_get("turn")?,
        speaker: row.try_get("speaker")?,
        text: row.try_get("body")?,
        at: row.try_get("at")?,
        origin: Origin::parse(&origin)
            .ok_or_else(|| sqlx::Error::Decode(format!("no such origin: {origin}").into()))?,
        importance: row.try_get("importance")?,
    })
}

/// The memory of everybody; each question is one person's.
#[derive(Clone)]
pub struct Memory {
    pub(crate) reader: SqlitePool,
    pub(crate) writer: SqlitePool,
    pub(crate) mill: Arc<Mill>,
    /// Made when it is first asked, since an idle daemon has no use for it.
    pub(crate) related: Arc<OnceLock<Related>>,
    pub(crate) held: Held,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Memory {
    /// Over connections to a database in which [`crate::MIGRATIONS`] have run.
    #[must_use]
    pub fn new(reader: SqlitePool, writer: SqlitePool) -> Self {
        Self { reader, writer, related: Arc::default(), mill: Arc::new(Mill::new()), held: Held::default() }
    }

    /// One that lives as long as this value.
    pub async fn in_memory() -> Result<Self, Error> {
        let options = SqliteConnectOptions::new().in_memory(true);
        // Each connection to such a database is one of its own, so there is exactly one, and it stays.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(Error::Write)?;
        for (_, sql) in crate::MIGRATIONS {
            sqlx::raw_sql(*sql).execute(&pool).await.map_err(Error::Write)?;
        }
        Ok(Self::new(pool.clone(), pool))
    }

    /// Remembers; all or nothing. Says how many were new.
    pub async fn add(&self, entries: &[NewEntry]) -> Result<u64, Error> {
        for entry in entries {
            check(entry)?;
        }
        let mut transaction = self.writer.begin_with("begin immediate").await.map_err(Error::Write)?;
        let mut added = Vec::new();
        for entry in entries {
            if let Some(id) = insert(&mut transaction, entry).await.map_err(Error::Write)? {
                added.push(id);
            }
        }
        let mut touched = Vec::with_capacity(added.len());
        for id in &added {
            touched.push(*id);
            for neighbour in
                neighbours(&mut transaction, *id).await.map_err(Error::Write)?.into_iter().flatten()
            {
                touched.push(neighbour.0);
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for id in touched {
            self.index(&mut transaction, id).await.map_err(Error::Write)?;
        }
        transaction.commit().await.map_err(Error::Write)?;
        Ok(added.len() as u64)
    }

    /// Puts an entry with its neighbours' words into the index, or takes it out if it is gone.
    async fn index(&self, transaction: &mut Transaction<'_, Sqlite>, id: i64) -> Result<(), sqlx::Error> {
        sqlx::query("delete from memory_words where rowid = ?").bind(id).execute(&mut **transaction).await?;
        let found: Option<(String, String)> =
            sqlx::query_as("select person, body from memory_entries where id = ?")
                .bind(id)
                .fetch_optional(&mut **transaction)
                .await?;
        let Some((person, body)) = found else { return Ok(()) };
        let around = neighbours(transaction, id).await?;
        let around: Vec<String> = around.iter().flatten().map(|(_, body)| self.mill.stems(body)).collect();
        sqlx::query("insert into memory_words (rowid, owner, body, around) values (?, ?, ?, ?)")
            .bind(id)
            .bind(owner(&person))
            .bind(self.mill.stems(&body))
            .bind(around.join(" "))
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }

    /// What a person's memory holds, newest first; `before` is the last entry of the page before.
    pub async fn list(
        &self,
        person: &str,
        source: Option<&str>,
        before: Option<&Entry>,
        limit: u32,
    ) -> Result<Vec<Entry>, Error> {
        let (at, id) = before.map_or((i64::MAX, i64::MAX), |entry| (entry.at, entry.id));
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from memory_entries entry
             where person = ?1 and (?2 is null or source = ?2) and (at, id) < (?3, ?4)
             order by at desc, id desc limit ?5"
        )))
        .bind(person)
        .bind(source)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(Error::Read)?;
        rows.iter().map(entry).collect::<Result<_, _>>().map_err(Error::Read)
    }

    /// Forgets one entry. `false` if the person has none of that number.
    pub async fn forget(&self, person: &str, id: i64) -> Result<bool, Error> {
        let mut transaction = self.writer.begin_with("begin immediate").await.map_err(Error::Write)?;
        let around = neighbours(&mut transaction, id).await.map_err(Error::Write)?;
        let gone = sqlx::query("delete from memory_entries where person = ? and id = ?")
            .bind(person)
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(Error::Write)?
            .rows_affected();
        if gone == 0 {
            return Ok(false);
        }
        // Its neighbours carried its words.
        for id in around.into_iter().flatten().map(|(id, _)| id).chain([id]) {
            self.index(&mut transaction, id).await.map_err(Error::Write)?;
        }
        transaction.commit().await.map_err(Error::Write)?;
        self.rest();
        Ok(true)
    }

    /// Forgets everything of a person, or everything from one source. Says how much that was.
    pub async fn reset(&self, person: &str, source: Option<&str>) -> Result<u64, Error> {
        let mut transaction = self.writer.begin_with("begin immediate").await.map_err(Error::Write)?;
        sqlx::query(
            "delete from memory_words where rowid in
             (select id from memory_entries where person = ?1 and (?2 is null or source = ?2))",
        )
        .bind(person)
        .bind(source)
        .execute(&mut *transaction)
        .await
        .map_err(Error::Write)?;
        let gone =
            sqlx::query("delete from memory_entries where person = ?1 and (?2 is null or source = ?2)")
                .bind(person)
                .bind(source)
                .execute(&mut *transaction)
                .await
                .map_err(Error::Write)?
                .rows_affected();
        transaction.commit().await.map_err(Error::Write)?;
        self.rest();
        Ok(gone)
    }
}

fn check(entry: &NewEntry) -> Result<(), Error> {
    let invalid = |text: &str| Err(Error::Invalid(text.to_owned()));
    if entry.person.is_empty() {
        return invalid("a memory belongs to somebody");
    }
    if entry.text.trim().is_empty() {
        return invalid("there is nothing to remember");
    }
    if entry.text.len() > LONGEST {
        return invalid("one memory holds at most 32 KiB; keep longer things as files");
    }
    if !(0.0..=1.0).contains(&entry.importance) {
        return invalid("importance is a number from 0 to 1");
    }
    Ok(())
}

async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    entry: &NewEntry,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "insert into memory_entries
             (person, source, session, position, turn, speaker, body, at, origin, importance)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         on conflict (person, source, session, position) do nothing returning id",
    )
    .bind(&entry.person)
    .bind(&entry.source)
    .bind(&entry.session)
    .bind(entry.position)
    .bind(&entry.turn)
    .bind(&entry.speaker)
    .bind(&entry.text)
    .bind(entry.at)
    .bind(entry.origin.as_str())
    .bind(entry.importance)
    .fetch_optional(&mut **transaction)
    .await
}

/// The number and text of the entries directly before and after one.
async fn neighbours(
    transaction: &mut Transaction<'_, Sqlite>,
    id: i64,
) -> Result<[Option<(i64, String)>; 2], sqlx::Error> {
    let mut found = [None, None];
    for (place, (sign, order)) in found.iter_mut().zip([("<", "desc"), (">", "asc")]) {
        *place = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "select other.id, other.body from memory_entries one join memory_entries other
                 on other.person = one.person and other.source = one.source
                 and other.session = one.session and other.position {sign} one.position
             where one.id = ? order by other.position {order} limit 1"
        )))
        .bind(id)
        .fetch_optional(&mut **transaction)
        .await?;
    }
    Ok(found)
}

/// A person as a single word of the index.
pub(crate) fn owner(person: &str) -> String {
    let mut word = String::from("person");
    for byte in person.bytes() {
        word.push_str(&format!("{byte:02x}"));
    }
    word
}
