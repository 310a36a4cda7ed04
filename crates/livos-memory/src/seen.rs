//! How common words are, and which of them are worth looking up.

use std::collections::HashMap;

use crate::question::{Concept, Question};

/// A stem in more than this part of all entries says little and costs much.
pub(crate) const COMMON: f64 = 0.12;
/// Words count for this much at least, however little of the question they are.
const LEAST_TRUST: f64 = 0.2;
/// The share of entries that a stem counts as having which none has.
const RAREST: f64 = 0.000_5;

/// How common stems are.
pub(crate) struct Seen {
    pub(crate) shares: HashMap<String, f64>,
    /// How many entries there are.
    pub(crate) all: f64,
    /// How many of them are the person's who asks.
    pub(crate) own: f64,
}

impl Seen {
    /// The part of all entries that has a stem, or a neighbour that has it.
    pub(crate) fn share(&self, stem: &str) -> f64 {
        self.shares.get(stem).copied().unwrap_or_default()
    }

    /// About how many of the person's entries have it: a person is taken to speak as all do, since the index counts for
    /// all only.
    pub(crate) fn entries(&self, stem: &str) -> f64 {
        self.share(stem) * self.own
    }
}

/// The stems that tell entries apart: those that are in many are left out while two others remain.
pub(crate) fn telling<'a>(stems: &'a [String], seen: &Seen) -> Vec<&'a str> {
    let known = || stems.iter().filter(|stem| seen.share(stem) > 0.0);
    let rare = known().filter(|stem| seen.share(stem) <= COMMON).count();
    known().filter(|stem| rare < 2 || seen.share(stem) <= COMMON).map(String::as_str).collect()
}

/// The rarest, as many as are looked through in no time; the rarest of all in any case.
pub(crate) fn few<'a>(mut stems: Vec<&'a str>, most: f64, seen: &Seen) -> Vec<&'a str> {
    stems.sort_by(|one, two| seen.share(one).total_cmp(&seen.share(two)));
    let mut entries = 0.0;
    let within = |stem: &&str| {
        let before = entries;
        entries += seen.entries(stem);
        before == 0.0 || entries <= most
    };
    stems.into_iter().take_while(within).collect()
}

/// How much of what a question asks for is in the best find by words: 1 when it has about all of it.
///
/// A question in other words than the memory's finds something by words too, but by its least telling ones. What was
/// not `searched` for, being in so many entries, can't be in the find's score and says nothing against it.
pub(crate) fn trust(question: &Question, searched: &[&str], seen: &Seen, best: f64) -> f64 {
    // What BM25 gives for a stem that is said once; one that nobody ever said would have told the most.
    let worth = |concept: &Concept| {
        let forms = concept.forms.iter().map(|form| seen.share(form));
        let share = forms.fold(seen.share(&concept.stem), f64::max).max(RAREST);
        ((1.0 - share) / share).ln().max(0.0)
    };
    let tried = |concept: &Concept| {
        let stems = || std::iter::once(&concept.stem).chain(&concept.forms);
        stems().all(|stem| seen.share(stem) == 0.0) || stems().any(|stem| searched.contains(&stem.as_str()))
    };
    let asked = question.concepts.iter().filter(|concept| !question.dates.contains(&concept.stem));
    let asked = asked.filter(|concept| tried(concept));
    let all: f64 = asked.map(worth).sum();
    if all > 0.0 { (best / all).clamp(LEAST_TRUST, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_left_out_by_how_much_the_person_has_and_not_the_house() {
        let shares = [("lesson", 0.05), ("piano", 0.04)].map(|(stem, share)| (stem.to_owned(), share));
        for (own, kept) in [(1_000.0, &["piano", "lesson"][..]), (100_000.0, &["piano"][..])] {
            let seen = Seen { shares: HashMap::from(shares.clone()), all: 100_000.0, own };
            assert_eq!(few(vec!["lesson", "piano"], 2_500.0, &seen), kept, "{own}");
        }
    }
}
