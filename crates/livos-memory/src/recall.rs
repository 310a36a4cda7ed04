//! Recall: from a question to the places in memory that speak of it.

use std::collections::{HashMap, HashSet};

use sqlx::Row as _;

use crate::Error;
use crate::concepts;
use crate::embed::{Embedder, Meaning};
use crate::question::Question;
use crate::rank::{self, Asked, Candidate};
use crate::related::Related;
use crate::seen::{COMMON, Seen, few, telling, trust};
use crate::store::{COLUMNS, Entry, Memory, entry, owner};
use crate::vectors::Near;

/// So many finds of each search are weighed.
const WEIGHED: u32 = 150;
/// The best finds of the first search that say where to look next.
const LEADS: usize = 4;
/// So many of their words are looked up.
const LEAD_STEMS: usize = 6;
/// So many names among them are looked up by themselves.
const LEAD_NAMES: usize = 2;
/// Words that were not asked for themselves are looked up in about so many of the person's entries at most, the rarest
/// first: what is in more says little. Those that were asked for are all looked up, since a find that has two of them
/// may be one of few even where each is in thousands.
const MOST_OTHER: f64 = 2_500.0;
/// What a word in a neighbouring turn counts for.
pub(crate) const AROUND: f64 = 0.55;
/// A stem of so many letters also finds what begins with it: "counsel", "counselor".
pub(crate) const PREFIX: usize = 5;

/// What the searches by words found.
struct ByWords {
    question: Question,
    seen: Seen,
    /// Each with its weight.
    searches: Vec<(f64, Scored)>,
    /// How much of the question the best find has.
    trust: f64,
}

/// Where to look next.
#[derive(Default)]
struct Leads {
    /// Words that set the first finds apart.
    words: Vec<String>,
    /// Names in them.
    names: Vec<String>,
}

/// Whether a stem is long enough to look for what begins with it.
pub(crate) fn begins_others(stem: &str) -> bool {
    stem.chars().count() >= PREFIX && stem.chars().all(char::is_alphabetic)
}

/// Entries and how well they fit, best first.
type Scored = Vec<(i64, f64)>;

/// How to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Everything there is.
    #[default]
    Full,
    /// BM25 over each turn with its neighbours and nothing else: what the rest is measured against.
    Bm25,
    /// BM25 over each turn alone.
    Single,
    /// Everything but one, to see what that one is good for.
    Without(Part),
}

/// A part of recall that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Looking by meaning.
    Meaning,
    /// Related words and beginnings of words.
    Related,
    /// The second search, with what the first finds speak of.
    Hop,
    /// Lifting what is in a session in which much was found.
    Sessions,
    /// Who spoke.
    Speaker,
    /// The kind of answer that is wanted.
    Fitting,
    /// Trusting words less where few of the question's are found.
    Trust,
    /// The days that a question names.
    Days,
    /// Age.
    Recent,
    /// Spreading the finds out.
    Spread,
}

impl Part {
    /// All of them by name.
    pub const ALL: &[(&str, Self)] = &[
        ("meaning", Self::Meaning),
        ("related", Self::Related),
        ("hop", Self::Hop),
        ("sessions", Self::Sessions),
        ("speaker", Self::Speaker),
        ("fitting", Self::Fitting),
        ("trust", Self::Trust),
        ("days", Self::Days),
        ("recent", Self::Recent),
        ("spread", Self::Spread),
    ];
}

impl Strategy {
    pub(crate) fn uses(self, part: Part) -> bool {
        match self {
            Self::Full => true,
            Self::Bm25 | Self::Single => false,
            Self::Without(without) => without != part,
        }
    }
}

/// A question to a person's memory.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// Whose memory.
    pub person: &'a str,
    /// What is asked.
    pub text: &'a str,
    /// How many finds at most.
    pub limit: usize,
    /// The time, in UTC seconds: what is recent weighs a little more.
    pub now: i64,
    /// How to look.
    pub strategy: Strategy,
    /// Who makes a vector of the question; without it, words alone are looked for.
    pub embedder: Option<&'a dyn Embedder>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Found {
    /// The finds, best first.
    pub hits: Vec<Hit>,
    /// Whether meaning was looked for as well as words.
    pub meaning: Meaning,
}

/// One turn of a find.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Turn {
    /// The number of its entry.
    pub id: i64,
    /// Its name in its source.
    pub turn: String,
    /// Who said it.
    pub speaker: String,
    /// What was said, verbatim.
    pub text: String,
}

/// A find: an entry with what was said directly before and after.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Hit {
    /// The entry that was found.
    #[serde(flatten)]
    pub entry: Entry,
    /// How well it fits; comparable within one answer only.
    pub score: f64,
    /// The turn before.
    pub before: Option<Turn>,
    /// The turn after.
    pub after: Option<Turn>,
}

impl Hit {
    /// The names of the turns of this find, for citing.
    pub fn turns(&self) -> impl Iterator<Item = &str> {
        [
            self.before.as_ref().map(|turn| &turn.turn),
            Some(&self.entry.turn),
            self.after.as_ref().map(|turn| &turn.turn),
        ]
        .into_iter()
        .flatten()
        .map(String::as_str)
    }
}

impl Memory {
    /// What a person's memory says about something, best first.
    pub async fn search(&self, query: &Query<'_>) -> Result<Found, Error> {
        let embedder = query.embedder.filter(|_| query.strategy.uses(Part::Meaning));
        // Who makes vectors may be far away: words are looked up while the question is on its way.
        let (by_words, by_meaning) = tokio::join!(
            self.by_words(query),
            self.nearest(embedder, query.person, query.text, WEIGHED as usize)
        );
        let ByWords { question, seen, searches, trust } = by_words?;
        let (near, meaning) = by_meaning.unwrap_or_else(|error| {
            // Words have been found, whatever is wrong with the vectors.
            (Near::default(), Meaning::Failed(error.to_string()))
        });
        if matches!(query.strategy, Strategy::Bm25 | Strategy::Single) {
            let order: Vec<(i64, f64)> =
                searches.into_iter().flat_map(|(_, found)| found).take(query.limit).collect();
            return Ok(Found { hits: self.hits(query.person, &order).await?, meaning });
        }
        let mut candidates: HashMap<i64, Candidate> = HashMap::new();
        let mut add = |id: i64, score: f64| {
            candidates.entry(id).or_insert_with(|| Candidate::new(id)).add(score);
        };
        // What has no vector is found by words alone: they count the more, the more there is of that.
        let doubts = near.coverage * (1.0 - trust);
        let trust =
            if near.finds.is_empty() || !query.strategy.uses(Part::Trust) { 1.0 } else { 1.0 - doubts };
        for (weight, found) in &searches {
            let weight = weight * trust;
            let best = found.first().map_or(1.0, |(_, score)| score.max(f64::MIN_POSITIVE));
            found.iter().for_each(|(id, score)| add(*id, weight * score / best));
        }
        rank::alike(&near.finds).for_each(|(id, score)| add(id, score));
        let mut candidates: Vec<Candidate> = candidates.into_values().collect();
        // The same question gets the same answer, whatever the order of a map.
        candidates.sort_by_key(|candidate| candidate.id);
        self.describe(query.person, &mut candidates).await?;
        if query.strategy.uses(Part::Related) {
            let scores = concepts::weigh(&candidates, &question, &seen);
            let scored = candidates.iter_mut().zip(scores);
            scored.for_each(|(candidate, score)| candidate.add(trust * rank::CONCEPTS * score));
        }
        let asked = Asked { question: &question, mill: &self.mill, now: query.now, strategy: query.strategy };
        let order = rank::rank(candidates, &asked, query.limit);
        Ok(Found { hits: self.hits(query.person, &order).await?, meaning })
    }

    /// The searches by words, each with its weight.
    async fn by_words(&self, query: &Query<'_>) -> Result<ByWords, Error> {
        let speakers = self.speakers(query.person).await?;
        let related = self.related.get_or_init(|| Related::new(&self.mill));
        let question = Question::read(&self.mill, related, query.text, &speakers, query.now);
        let seen = self.how_common(query.person, &question).await?;
        let mut stems = telling(&question.stems, &seen);
        if query.strategy.uses(Part::Related) {
            stems.extend(telling(&question.forms, &seen));
        }
        let around = if query.strategy == Strategy::Single { 0.0 } else { AROUND };
        let first = self.find(query.person, &stems, &[], around).await?;
        let mut searches = Vec::new();
        if query.strategy.uses(Part::Related) {
            let wanted = few(telling(&question.related, &seen), MOST_OTHER, &seen);
            // What was left out for being common would come back with all that begins as it does.
            let kept = |stem: &&str| stems.contains(stem) || seen.share(stem) == 0.0;
            let prefixes = question.stems.iter().map(String::as_str).filter(|stem| begins_others(stem));
            let prefixes: Vec<&str> = prefixes.filter(kept).collect();
            if !wanted.is_empty() || !prefixes.is_empty() {
                searches.push((rank::WIDER, self.find(query.person, &wanted, &prefixes, around).await?));
            }
        }
        if query.strategy.uses(Part::Hop) {
            let leads: Vec<i64> = first.iter().take(LEADS).map(|(id, _)| *id).collect();
            let leads = self.leads(query.person, &leads, &question, &seen).await?;
            for (weight, stems) in [(rank::HOP, &leads.words), (rank::NAMES, &leads.names)] {
                let stems: Vec<&str> = stems.iter().map(String::as_str).collect();
                searches.push((weight, self.find(query.person, &stems, &[], around).await?));
            }
        }
        let trust = trust(&question, &stems, &seen, first.first().map_or(0.0, |(_, score)| *score));
        searches.push((rank::EXACT, first));
        Ok(ByWords { question, seen, searches, trust })
    }

    /// One full-text search: entries and how well they fit, best first.
    async fn find(
        &self,
        person: &str,
        stems: &[&str],
        prefixes: &[&str],
        around: f64,
    ) -> Result<Scored, Error> {
        if stems.is_empty() && prefixes.is_empty() {
            return Ok(Vec::new());
        }
        // Stems are letters and digits only, so nothing in them can end the quotes.
        let any: Vec<String> = stems
            .iter()
            .map(|stem| format!("\"{stem}\""))
            .chain(prefixes.iter().map(|stem| format!("\"{stem}\" *")))
            .collect();
        let columns = if around > 0.0 { "body around" } else { "body" };
        let expression = format!("owner : {} AND ({{{columns}}} : ({}))", owner(person), any.join(" OR "));
        sqlx::query_as(
            "select rowid, -bm25(memory_words, 0.0, 1.0, ?2) from memory_words
             where memory_words match ?1 order by 2 desc, rowid limit ?3",
        )
        .bind(expression)
        .bind(around)
        .bind(WEIGHED)
        .fetch_all(&self.reader)
        .await
        .map_err(Error::Read)
    }

    /// The folded words of the names of those whose words a person's memory keeps.
    async fn speakers(&self, person: &str) -> Result<HashSet<String>, Error> {
        // A loose index scan would need an index of its own; names are few and in the first rows.
        let names: Vec<String> = sqlx::query_scalar(
            "select distinct speaker from
             (select speaker from memory_entries where person = ? order by at desc, id desc limit 400)",
        )
        .bind(person)
        .fetch_all(&self.reader)
        .await
        .map_err(Error::Read)?;
        Ok(names.iter().flat_map(|name| self.mill.words(name)).map(|word| word.plain).collect())
    }

    /// How common the words are that a question may be about.
    async fn how_common(&self, person: &str, question: &Question) -> Result<Seen, Error> {
        let all: Option<i64> = sqlx::query_scalar("select max(id) from memory_entries")
            .fetch_one(&self.reader)
            .await
            .map_err(Error::Read)?;
        #[expect(clippy::cast_precision_loss, reason = "a share, not a count")]
        let all = all.unwrap_or(1).max(1) as f64;
        let stems: Vec<&String> =
            question.stems.iter().chain(&question.forms).chain(&question.related).collect();
        let counts = self.counts(&stems).await?;
        let shares = counts.into_iter().map(|(stem, count)| (stem, count / all)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a count of entries is far below 2^52")]
        let own = self.count(person).await? as f64;
        Ok(Seen { shares, all, own })
    }

    /// In how many entries stems are; those in none are left out.
    async fn counts(&self, stems: &[&String]) -> Result<HashMap<String, f64>, Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select term, doc from json_each(?) wanted cross join memory_stems on term = wanted.value",
        )
        .bind(serde_json::to_string(stems).unwrap_or_default())
        .fetch_all(&self.reader)
        .await
        .map_err(Error::Read)?;
        #[expect(clippy::cast_precision_loss, reason = "a count of entries is far below 2^52")]
        let counts = rows.into_iter().map(|(stem, count)| (stem, count as f64)).collect();
        Ok(counts)
    }

    /// The words that set the first finds apart, besides those of the question: where to look next.
    async fn leads(
        &self,
        person: &str,
        leads: &[i64],
        question: &Question,
        seen: &Seen,
    ) -> Result<Leads, Error> {
        let mut counts: HashMap<String, f64> = HashMap::new();
        let mut names = HashSet::new();
        for (place, found) in self.entries(person, leads).await?.into_iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a place among four")]
            let weight = 1.0 / (1.0 + place as f64);
            let mut once = HashSet::new();
            for (at, word) in self.mill.words(&found.text).into_iter().enumerate() {
                let known = question.has(&word.stem) || question.plain.contains(&word.plain);
                if !word.stop && !known && word.stem.len() > 2 && once.insert(word.stem.clone()) {
                    // A sentence begins with a capital letter anyway.
                    if word.capital && at > 0 {
                        names.insert(word.stem.clone());
                    }
                    // A name is a better lead than a verb.
                    *counts.entry(word.stem).or_default() += weight * if word.capital { 1.3 } else { 1.0 };
                }
            }
        }
        let stems: Vec<&String> = counts.keys().collect();
        let docs = self.counts(&stems).await?;
        let mut rated = Vec::new();
        for (stem, count) in counts {
            let docs = docs.get(&stem).copied().unwrap_or_default();
            // Three entries carry a word that was said once: it leads nowhere else.
            if docs > 3.0 && docs / seen.all < COMMON / 2.0 && docs / seen.all * seen.own < MOST_OTHER {
                rated.push((stem, count * (1.0 + seen.all / docs).ln()));
            }
        }
        rated.sort_by(|one, two| two.1.total_cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
        let named = rated.iter().map(|(stem, _)| stem).filter(|stem| names.contains(*stem));
        let names = named.take(LEAD_NAMES).cloned().collect();
        Ok(Leads { words: rated.into_iter().take(LEAD_STEMS).map(|(stem, _)| stem).collect(), names })
    }

    /// A person's entries by number, in the order of the numbers; those that are gone are left out, and whoever has
    /// their number now.
    async fn entries(&self, person: &str, ids: &[i64]) -> Result<Vec<Entry>, Error> {
        let list = serde_json::to_string(ids).unwrap_or_default();
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from json_each(?1) wanted cross join memory_entries entry on entry.id = wanted.value
             where entry.person = ?2 order by wanted.key"
        )))
        .bind(list)
        .bind(person)
        .fetch_all(&self.reader)
        .await
        .map_err(Error::Read)?;
        rows.iter().map(entry).collect::<Result<_, _>>().map_err(Error::Read)
    }

    /// Fills in what weighing needs to know of each candidate.
    async fn describe(&self, person: &str, candidates: &mut Vec<Candidate>) -> Result<(), Error> {
        let ids: Vec<i64> = candidates.iter().map(|candidate| candidate.id).collect();
        let mut found: HashMap<i64, Entry> =
            self.entries(person, &ids).await?.into_iter().map(|entry| (entry.id, entry)).collect();
        candidates.retain_mut(|candidate| {
            candidate.entry = found.remove(&candidate.id);
            candidate.words =
                candidate.entry.as_ref().map(|entry| self.mill.words(&entry.text)).unwrap_or_default();
            candidate.entry.is_some()
        });
        Ok(())
    }

    /// The finds with their neighbours.
    async fn hits(&self, person: &str, order: &[(i64, f64)]) -> Result<Vec<Hit>, Error> {
        let ids: Vec<i64> = order.iter().map(|(id, _)| *id).collect();
        let entries = self.entries(person, &ids).await?;
        let scores: HashMap<i64, f64> = order.iter().copied().collect();
        let mut hits = Vec::with_capacity(entries.len());
        for entry in entries {
            let (before, after) =
                (self.beside(&entry, "<", "desc").await?, self.beside(&entry, ">", "asc").await?);
            let score = scores.get(&entry.id).copied().unwrap_or_default();
            hits.push(Hit { entry, score, before, after });
        }
        Ok(hits)
    }

    async fn beside(&self, entry: &Entry, sign: &str, order: &str) -> Result<Option<Turn>, Error> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select other.id, other.turn, other.speaker, other.body from memory_entries one
             join memory_entries other on other.person = one.person and other.source = one.source
                 and other.session = one.session and other.position {sign} one.position
             where one.id = ? order by other.position {order} limit 1"
        )))
        .bind(entry.id)
        .fetch_optional(&self.reader)
        .await
        .map_err(Error::Read)?;
        let turn = |row: sqlx::sqlite::SqliteRow| {
            Ok::<_, sqlx::Error>(Turn {
                id: row.try_get(0)?,
                turn: row.try_get(1)?,
                speaker: row.try_get(2)?,
                text: row.try_get(3)?,
            })
        };
        row.map(turn).transpose().map_err(Error::Read)
    }
}
