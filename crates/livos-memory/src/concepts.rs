//! Weighing finds by the things that were asked for rather than by their words.
//!
//! A search by words takes each word that may stand for a thing for a thing of its own, and the rarest for the most
//! telling: a question about pets would go to whoever said "tortoise" once. Here all words for a thing share how rare
//! the thing is, and count by how near they are to what was asked.

use std::collections::HashMap;

use crate::question::{Concept, Question};
use crate::rank::Candidate;
use crate::recall::{AROUND, PREFIX};
use crate::seen::Seen;

/// What another form of the word counts for.
const FORM: f64 = 0.95;
/// What a word counts for that begins as the word does.
const BEGINS: f64 = 0.6;
/// What a word counts for that means nearly the same, or belongs to its kind.
const RELATED: f64 = 0.4;
/// BM25 as it is usually set.
const SATURATION: f64 = 1.2;
const LENGTH: f64 = 0.75;

/// The source, session and place of a candidate.
type Place<'a> = (&'a str, &'a str, i64);

/// How well each candidate fits what was asked, the best being 1. Neighbours that have a word are candidates, too.
pub(crate) fn weigh(candidates: &[Candidate], question: &Question, seen: &Seen) -> Vec<f64> {
    let places: HashMap<Place<'_>, usize> = candidates
        .iter()
        .enumerate()
        .filter_map(|(at, candidate)| candidate.entry.as_ref().map(|entry| (place(entry, 0), at)))
        .collect();
    let beside: Vec<[Option<usize>; 2]> = candidates
        .iter()
        .map(|candidate| {
            let at = |step| places.get(&place(candidate.entry.as_ref()?, step)).copied();
            [at(-1), at(1)]
        })
        .collect();
    let lengths = lengths(candidates, &beside);
    let mut scores = vec![0.0; candidates.len()];
    for concept in &question.concepts {
        let worth = Worth::of(concept);
        let own: Vec<f64> = candidates.iter().map(|candidate| worth.said(candidate)).collect();
        let count = |at: usize| {
            let around: f64 = beside[at].iter().flatten().map(|other| own[*other]).sum();
            own[at] + AROUND * around
        };
        let found: f64 = own.iter().map(|count| count.min(1.0)).sum();
        let telling = seen.telling(concept, found);
        for (at, score) in scores.iter_mut().enumerate() {
            let count = count(at);
            *score += telling * count * (SATURATION + 1.0) / (count + lengths[at]);
        }
    }
    let best = scores.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    scores.iter_mut().for_each(|score| *score /= best);
    scores
}

fn place(entry: &crate::Entry, step: i64) -> Place<'_> {
    (&entry.source, &entry.session, entry.position.saturating_add(step))
}

/// What BM25 holds against long texts. A neighbour that is no candidate is taken to be as long as others are.
fn lengths(candidates: &[Candidate], beside: &[[Option<usize>; 2]]) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a count of words")]
    let own: Vec<f64> = candidates
        .iter()
        .map(|candidate| candidate.words.iter().filter(|word| !word.stop).count() as f64)
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a count of candidates")]
    let number = own.len().max(1) as f64;
    let usual = own.iter().sum::<f64>() / number;
    let whole: Vec<f64> = beside
        .iter()
        .zip(&own)
        .map(|(beside, own_length)| {
            let around: f64 = beside.iter().map(|other| other.map_or(usual, |other| own[other])).sum();
            1.0 + own_length + around
        })
        .collect();
    let mean = whole.iter().sum::<f64>() / number;
    whole.into_iter().map(|length| SATURATION * (1.0 - LENGTH + LENGTH * length / mean)).collect()
}

/// What words count for that may stand for a thing.
struct Worth<'a> {
    words: HashMap<&'a str, f64>,
    begins: Option<&'a str>,
}

impl<'a> Worth<'a> {
    fn of(concept: &'a Concept) -> Self {
        let related = concept.related.iter().map(|stem| (stem.as_str(), RELATED));
        let forms = concept.forms.iter().map(|stem| (stem.as_str(), FORM));
        let words = related.chain(forms).chain([(concept.stem.as_str(), 1.0)]).collect();
        let begins = concept.stem.len() >= PREFIX && concept.stem.chars().all(char::is_alphabetic);
        Self { words, begins: begins.then_some(&concept.stem) }
    }

    /// How much a candidate's own words say of it.
    fn said(&self, candidate: &Candidate) -> f64 {
        let worth = |stem: &str| match self.words.get(stem) {
            Some(worth) => *worth,
            None if self.begins.is_some_and(|begins| stem.starts_with(begins)) => BEGINS,
            None => 0.0,
        };
        candidate.words.iter().filter(|word| !word.stop).map(|word| worth(&word.stem)).sum()
    }
}

impl Seen {
    /// How telling a thing is, by all the words for it; at least so much of it was found.
    fn telling(&self, concept: &Concept, found: f64) -> f64 {
        let share = |stems: &[String]| stems.iter().map(|stem| self.share(stem)).sum::<f64>();
        let said =
            self.share(&concept.stem) + FORM * share(&concept.forms) + RELATED * share(&concept.related);
        let said = said.max(found / self.all).min(1.0);
        let few = 0.5 / self.all;
        ((1.0 - said + few) / (said + few)).ln().max(1e-6)
    }
}
