//! Weighing finds by the things that were asked for rather than by their words.
//!
//! A search by words takes each word that may stand for a thing for a thing of its own, and the rarest for the most
//! telling: a question about pets would go to whoever said "tortoise" once. Here all words for a thing share how rare
//! the thing is, and count by how near they are to what was asked.

use std::collections::HashMap;

use crate::question::{Concept, Question};
use crate::rank::Candidate;
use crate::recall::{AROUND, PREFIX, begins_others};
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
/// So many things are weighed at most, the rarest: a question may be a page that somebody pasted.
const MOST: usize = 32;

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
    let asked = rarest(question, seen);
    let own = Words::of(&asked).said(candidates);
    for (number, concept) in asked.iter().enumerate() {
        let own = |at: usize| own[at * asked.len() + number];
        let found: f64 = (0..candidates.len()).map(|at| own(at).min(1.0)).sum();
        let telling = seen.telling(concept, found);
        for (at, score) in scores.iter_mut().enumerate() {
            let around: f64 = beside[at].iter().flatten().map(|other| own(*other)).sum();
            let count = own(at) + AROUND * around;
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

/// The things to weigh, those that somebody has spoken of first.
fn rarest<'a>(question: &'a Question, seen: &Seen) -> Vec<&'a Concept> {
    let mut asked: Vec<&Concept> = question.concepts.iter().collect();
    if asked.len() > MOST {
        let share =
            |concept: &Concept| Some(seen.share(&concept.stem)).filter(|share| *share > 0.0).unwrap_or(1.0);
        asked.sort_by(|one, two| share(one).total_cmp(&share(two)));
        asked.truncate(MOST);
    }
    asked
}

/// The words that may stand for things, each with the numbers of those and what it counts for.
struct Words<'a> {
    whole: HashMap<&'a str, Vec<(usize, f64)>>,
    /// Stems that others may begin with, by their first [`PREFIX`] letters.
    begins: HashMap<&'a str, Vec<(usize, &'a str)>>,
    things: usize,
}

impl<'a> Words<'a> {
    fn of(concepts: &[&'a Concept]) -> Self {
        let mut words = Self { whole: HashMap::new(), begins: HashMap::new(), things: concepts.len() };
        for (number, concept) in concepts.iter().enumerate() {
            let related = concept.related.iter().map(|stem| (stem, RELATED));
            let forms = concept.forms.iter().map(|stem| (stem, FORM));
            for (stem, worth) in [(&concept.stem, 1.0)].into_iter().chain(forms).chain(related) {
                let things = words.whole.entry(stem.as_str()).or_default();
                // The first is the nearest.
                if things.iter().all(|(other, _)| *other != number) {
                    things.push((number, worth));
                }
            }
            if begins_others(&concept.stem) {
                words.begins.entry(head(&concept.stem)).or_default().push((number, &concept.stem));
            }
        }
        words
    }

    /// How much each candidate's own words say of each thing, candidate by candidate; each word is looked at once.
    fn said(&self, candidates: &[Candidate]) -> Vec<f64> {
        let mut said = vec![0.0; candidates.len() * self.things];
        for (at, candidate) in candidates.iter().enumerate() {
            let said = &mut said[at * self.things..(at + 1) * self.things];
            for word in candidate.words.iter().filter(|word| !word.stop) {
                let whole = self.whole.get(word.stem.as_str()).map_or(&[][..], Vec::as_slice);
                whole.iter().for_each(|(number, worth)| said[*number] += worth);
                for (number, begins) in self.begins.get(head(&word.stem)).into_iter().flatten() {
                    if word.stem.starts_with(begins) && whole.iter().all(|(other, _)| other != number) {
                        said[*number] += BEGINS;
                    }
                }
            }
        }
        said
    }
}

/// The first letters of a stem, as many as make a beginning.
fn head(stem: &str) -> &str {
    stem.char_indices().nth(PREFIX).map_or(stem, |(end, _)| &stem[..end])
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
