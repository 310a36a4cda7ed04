//! Weighing what was found, and spreading it out.

use std::collections::{HashMap, HashSet};

use crate::question::{Question, Wants, tells_name, tells_number, tells_time};
use crate::recall::{Part, Strategy};
use crate::store::Entry;
use crate::text::{Mill, Word};

/// What the three searches count for: as asked, with related words, and where the first finds lead.
pub(crate) const EXACT: f64 = 1.0;
/// See [`EXACT`].
pub(crate) const WIDER: f64 = 0.3;
/// See [`EXACT`]; by the things that are asked for, whatever words stand for them.
pub(crate) const CONCEPTS: f64 = 0.9;
/// See [`EXACT`].
pub(crate) const HOP: f64 = 0.2;
/// See [`EXACT`]; names that the first finds speak of, by themselves.
pub(crate) const NAMES: f64 = 0.3;

/// What is said in other words: what the best find by meaning counts for.
const MEANING: f64 = 1.0;

/// A session in which much was found is more likely the one that is meant.
const SESSION: f64 = 0.25;
/// So many finds say how good a session is.
const OF_SESSION: usize = 4;
/// What is said by the person a question names.
const SPEAKER: f64 = 0.15;
/// What looks like the answer that is wanted.
const FITTING: f64 = 0.1;
/// What was said in the days a question names.
const DAYS: f64 = 0.5;
/// Recent things weigh this much more than old ones, halved every [`HALF_LIFE`].
const RECENT: f64 = 0.05;
const HALF_LIFE: f64 = 30.0 * 86_400.0;
/// What a find is worth when both its neighbours' words are in the answer already.
const REPEATED: f64 = 0.45;

/// An entry that may be an answer.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) id: i64,
    pub(crate) entry: Option<Entry>,
    /// Those of its text.
    pub(crate) words: Vec<Word>,
    score: f64,
}

impl Candidate {
    pub(crate) fn new(id: i64) -> Self {
        Self { id, entry: None, words: Vec::new(), score: 0.0 }
    }

    pub(crate) fn add(&mut self, score: f64) {
        self.score += score;
    }
}

/// What was asked, and how to weigh it.
pub(crate) struct Asked<'a> {
    pub(crate) question: &'a Question,
    pub(crate) mill: &'a Mill,
    pub(crate) now: i64,
    pub(crate) strategy: Strategy,
}

/// Finds by meaning with what they count for: everything is a little like everything, so the last of them counts for
/// nothing and the first for all.
pub(crate) fn alike(near: &[(i64, f64)]) -> impl Iterator<Item = (i64, f64)> {
    let best = near.first().map_or(0.0, |(_, likeness)| *likeness);
    let least = near.last().map_or(0.0, |(_, likeness)| likeness.min(best - 1e-6));
    near.iter().map(move |(id, likeness)| (*id, MEANING * (likeness - least) / (best - least)))
}

/// The best `limit` candidates with their weight, best first.
pub(crate) fn rank(candidates: Vec<Candidate>, asked: &Asked<'_>, limit: usize) -> Vec<(i64, f64)> {
    let sessions =
        if asked.strategy.uses(Part::Sessions) { sessions(&candidates) } else { HashMap::default() };
    let mut weighed: Vec<(f64, Entry)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let entry = candidate.entry?;
            let session = sessions.get(&place(&entry)).copied().unwrap_or_default();
            let score = (candidate.score + SESSION * session) * weight(&entry, &candidate.words, asked);
            Some((score, entry))
        })
        .collect();
    weighed.sort_by(|one, two| two.0.total_cmp(&one.0).then_with(|| one.1.id.cmp(&two.1.id)));
    if asked.strategy.uses(Part::Spread) {
        return spread(weighed, limit);
    }
    weighed.into_iter().take(limit).map(|(score, entry)| (entry.id, score)).collect()
}

fn place(entry: &Entry) -> (String, String) {
    (entry.source.clone(), entry.session.clone())
}

/// How good each session is, the best being 1.
fn sessions(candidates: &[Candidate]) -> HashMap<(String, String), f64> {
    let mut scores: HashMap<(String, String), Vec<f64>> = HashMap::new();
    for candidate in candidates {
        if let Some(entry) = &candidate.entry {
            scores.entry(place(entry)).or_default().push(candidate.score);
        }
    }
    let mut sums: HashMap<(String, String), f64> = scores
        .into_iter()
        .map(|(session, mut scores)| {
            scores.sort_by(|one, two| two.total_cmp(one));
            (session, scores.into_iter().take(OF_SESSION).sum())
        })
        .collect();
    let best = sums.values().copied().fold(f64::MIN_POSITIVE, f64::max);
    sums.values_mut().for_each(|sum| *sum /= best);
    sums
}

/// What speaks for an entry besides its words, as a factor around 1.
fn weight(entry: &Entry, words: &[Word], asked: &Asked<'_>) -> f64 {
    let Asked { question, mill, now, strategy } = asked;
    let mut factor = 1.0;
    let speaks = || mill.words(&entry.speaker).iter().any(|word| question.plain.contains(&word.plain));
    if strategy.uses(Part::Speaker) && speaks() {
        factor += SPEAKER;
    }
    let fitting = match question.wants {
        Wants::Time => tells_time(words),
        Wants::Number => tells_number(words),
        Wants::Place => tells_name(words),
        Wants::Anything => false,
    };
    if fitting && strategy.uses(Part::Fitting) {
        factor += FITTING;
    }
    if let Some(span) = question.span.filter(|_| strategy.uses(Part::Days)) {
        // What happened on a day is often told a few days later.
        factor += match span.days_from(entry.at) {
            0 => DAYS,
            1..=7 => DAYS * 0.6,
            8..=31 => DAYS * 0.2,
            _ => 0.0,
        };
    }
    #[expect(clippy::cast_precision_loss, reason = "an age in seconds is far below 2^52")]
    let age = now.saturating_sub(entry.at).max(0) as f64;
    if strategy.uses(Part::Recent) {
        factor += RECENT * (-age / HALF_LIFE).exp2();
    }
    // A plain turn has 0.5 and is left as it is.
    factor * (0.75 + entry.importance / 2.0)
}

/// A place with those beside it. Whoever adds an entry chooses its place, also the last there is.
fn around(position: i64) -> std::ops::RangeInclusive<i64> {
    position.saturating_sub(1)..=position.saturating_add(1)
}

/// Takes the best again and again, and what is beside something already taken for less: ten finds are to
/// be ten places in memory, not one place ten times.
fn spread(mut weighed: Vec<(f64, Entry)>, limit: usize) -> Vec<(i64, f64)> {
    let mut taken: HashSet<(String, String, i64)> = HashSet::new();
    let mut order = Vec::with_capacity(limit);
    while order.len() < limit && !weighed.is_empty() {
        let worth = |(score, entry): &(f64, Entry)| {
            let (source, session) = place(entry);
            let covered = |position: i64| taken.contains(&(source.clone(), session.clone(), position));
            // Its own turn shown already: only the neighbours could be news.
            let known = around(entry.position).filter(|position| covered(*position)).count();
            #[expect(clippy::cast_precision_loss, reason = "at most three")]
            let new = 1.0 - known as f64 / 3.0;
            score * (REPEATED + (1.0 - REPEATED) * new)
        };
        let best = weighed
            .iter()
            .enumerate()
            .map(|(at, candidate)| (at, worth(candidate)))
            .reduce(|best, other| if other.1 > best.1 { other } else { best });
        let Some((at, score)) = best else { break };
        let (_, entry) = weighed.remove(at);
        let (source, session) = place(&entry);
        for position in around(entry.position) {
            taken.insert((source.clone(), session.clone(), position));
        }
        order.push((entry.id, score));
    }
    order
}
