//! What a question asks for, read without a model: its stems, related words, the time it speaks of, and
//! what an answer would look like.

use std::collections::HashSet;

use crate::days::{MONTHS, Span, span, tells_date};
use crate::related::Related;
use crate::text::{Mill, Word};

/// What kind of answer fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// "When", "how long ago": words of time.
    Time,
    /// "How many", "how much": numbers.
    Number,
    /// "Where", "which city": names of places.
    Place,
    /// Anything.
    Anything,
}

/// One thing that is asked for, by the stems that may stand for it.
#[derive(Debug, Clone)]
pub(crate) struct Concept {
    pub(crate) stem: String,
    pub(crate) forms: Vec<String>,
    pub(crate) related: Vec<String>,
}

/// A question, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Distinct stems in the order of the question, without stop words and names of speakers.
    pub(crate) stems: Vec<String>,
    /// Those of them that only say when.
    pub(crate) dates: Vec<String>,
    /// Other forms of those: "taught" where "teach" is asked for.
    pub(crate) forms: Vec<String>,
    /// Stems that mean nearly the same as one of those, or belong to its kind.
    pub(crate) related: Vec<String>,
    /// The same by what is asked for: each thing with all the words that may be said of it.
    pub(crate) concepts: Vec<Concept>,
    /// Folded words of the question: speakers are recognised among them.
    pub(crate) plain: HashSet<String>,
    pub(crate) wants: Wants,
    /// The days it names, if it names any.
    pub(crate) span: Option<Span>,
}

impl Question {
    /// Takes a question apart that is asked `now`, in UTC seconds. `speakers` are folded words of the names of those
    /// whose words are kept.
    pub(crate) fn read(
        mill: &Mill,
        table: &Related,
        text: &str,
        speakers: &HashSet<String>,
        now: i64,
    ) -> Self {
        let words = mill.words(text);
        let mut stems: Vec<String> = Vec::new();
        for word in words.iter().filter(|word| !word.stop && !speakers.contains(&word.plain)) {
            if !stems.contains(&word.stem) {
                stems.push(word.stem.clone());
            }
        }
        let (mut forms, mut related): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let concepts: Vec<Concept> = stems.iter().map(|stem| Concept::of(stem, table, &stems)).collect();
        for concept in &concepts {
            let add = |list: &mut Vec<String>, more: &[String]| {
                let new: Vec<String> = more.iter().filter(|stem| !list.contains(stem)).cloned().collect();
                list.extend(new);
            };
            add(&mut forms, &concept.forms);
            add(&mut related, &concept.related);
        }
        let span = span(&words, now);
        let dates = words.iter().filter(|word| span.is_some() && tells_date(word));
        Self {
            dates: dates.map(|word| word.stem.clone()).collect(),
            stems,
            forms,
            related,
            concepts,
            wants: wants(&words),
            span,
            plain: words.into_iter().map(|word| word.plain).collect(),
        }
    }

    /// Whether it is about a word already.
    pub(crate) fn has(&self, stem: &String) -> bool {
        [&self.stems, &self.forms, &self.related].into_iter().any(|stems| stems.contains(stem))
    }
}

impl Concept {
    fn of(stem: &str, table: &Related, asked: &[String]) -> Self {
        let forms: Vec<String> = table.forms(stem).to_vec();
        let mut related = Vec::new();
        for other in
            std::iter::once(stem).chain(forms.iter().map(String::as_str)).flat_map(|one| table.to(one))
        {
            if other != stem && !asked.contains(other) && !forms.contains(other) && !related.contains(other) {
                related.push(other.clone());
            }
        }
        Self { stem: stem.to_owned(), forms, related }
    }
}

fn wants(words: &[Word]) -> Wants {
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.plain.as_str()));
    let pair = |first: &str, second: &[&str]| {
        words.windows(2).any(|two| two[0].plain == first && second.contains(&two[1].plain.as_str()))
    };
    if has(&["when"])
        || pair("how", &["long", "often", "old"])
        || pair("what", &["date", "day", "month", "year", "time"])
        || pair("which", &["date", "day", "month", "year", "week"])
    {
        Wants::Time
    } else if pair("how", &["many", "much", "far", "big", "tall"]) {
        Wants::Number
    } else if has(&["where"])
        || pair("which", &["city", "country", "state", "place", "town"])
        || pair("what", &["city", "country", "state", "place", "town"])
    {
        Wants::Place
    } else {
        Wants::Anything
    }
}

/// Whether a text says something about time: what "when" hopes for.
pub(crate) fn tells_time(words: &[Word]) -> bool {
    const TIME: &[&str] = &[
        "yesterday",
        "today",
        "tomorrow",
        "tonight",
        "ago",
        "week",
        "weeks",
        "weekend",
        "month",
        "months",
        "year",
        "years",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "last",
        "next",
        "recently",
        "since",
        "morning",
        "evening",
        "birthday",
        "summer",
        "winter",
        "spring",
        "autumn",
        "fall",
    ];
    words.iter().any(|word| {
        TIME.contains(&word.plain.as_str())
            || (word.capital && MONTHS.contains(&word.plain.as_str()))
            || (word.plain.len() == 4
                && word.plain.parse::<u32>().is_ok_and(|year| (1900..2200).contains(&year)))
    })
}

/// Whether a text has a number in it, in digits or as a word.
pub(crate) fn tells_number(words: &[Word]) -> bool {
    const NUMBERS: &[&str] = &[
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "dozen", "hundred", "thousand", "once", "twice", "couple", "several", "half", "both",
    ];
    words.iter().any(|word| {
        NUMBERS.contains(&word.plain.as_str())
            || word.plain.starts_with(|letter: char| letter.is_ascii_digit())
    })
}

/// Whether a text names something within a sentence: places and people are written with a capital.
pub(crate) fn tells_name(words: &[Word]) -> bool {
    words.iter().skip(1).any(|word| word.capital && !word.stop && word.plain.len() > 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Question {
        let mill = Mill::new();
        Question::read(&mill, &Related::new(&mill), text, &HashSet::from(["caroline".to_owned()]), 0)
    }

    #[test]
    fn the_kind_of_answer() {
        for (text, wanted) in [
            ("When did Caroline go to the group?", Wants::Time),
            ("How long has she lived there?", Wants::Time),
            ("How many children are there?", Wants::Number),
            ("Where did they meet?", Wants::Place),
            ("Which city did they visit?", Wants::Place),
            ("What does Caroline paint?", Wants::Anything),
        ] {
            assert_eq!(read(text).wants, wanted, "{text}");
        }
    }

    #[test]
    fn speakers_are_not_looked_up_as_words() {
        let question = read("What does Caroline paint with her kids?");
        assert_eq!(question.stems, ["paint", "kid"]);
        assert!(question.related.contains(&"children".to_owned()), "{:?}", question.related);
        assert!(question.plain.contains("caroline"));
    }
}
