//! What a question asks for, read without a model: its stems, related words, the time it speaks of, and
//! what an answer would look like.

use std::collections::HashSet;

use chrono::NaiveDate;

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

/// A span of days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
}

/// A question, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Distinct stems in the order of the question, without stop words and names of speakers.
    pub(crate) stems: Vec<String>,
    /// Stems that mean nearly the same as one of those.
    pub(crate) related: Vec<String>,
    /// Folded words of the question: speakers are recognised among them.
    pub(crate) plain: HashSet<String>,
    pub(crate) wants: Wants,
    /// The days it names, if it names any.
    pub(crate) span: Option<Span>,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Question {
    /// Takes a question apart. `speakers` are folded words of the names of those whose words are kept.
    pub(crate) fn read(mill: &Mill, table: &Related, text: &str, speakers: &HashSet<String>) -> Self {
        let words = mill.words(text);
        let mut stems = Vec::new();
        let mut related = Vec::new();
        for word in words.iter().filter(|word| !word.stop && !speakers.contains(&word.plain)) {
            if !stems.contains(&word.stem) {
                stems.push(word.stem.clone());
            }
        }
        for word in words.iter().filter(|word| !word.stop) {
            for stem in table.to(&word.stem) {
                if !stems.contains(stem) && !related.contains(stem) {
                    related.push(stem.clone());
                }
            }
        }
        Self {
            stems,
            related,
            wants: wants(&words),
            span: span(&words),
            plain: words.into_iter().map(|word| word.plain).collect(),
        }
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

/// The days a question names: "7 May 2023", "May 7", "June 2023", "2022". A month without a year is
/// left alone: which one is meant is not said.
fn span(words: &[Word]) -> Option<Span> {
    let month = |word: &Word| {
        let found = MONTHS.iter().position(|month| {
            *month == word.plain || (word.plain.len() == 3 && word.capital && month.starts_with(&word.plain))
        });
        // "may" is a month only with a capital letter.
        found.filter(|found| *found != 4 || word.capital).and_then(|found| u32::try_from(found + 1).ok())
    };
    let number = |word: Option<&Word>| {
        let digits = word?.plain.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        digits.parse::<i32>().ok()
    };
    let year = |word: Option<&Word>| number(word).filter(|year| (1900..2200).contains(year));
    for (at, word) in words.iter().enumerate() {
        let Some(month) = month(word) else { continue };
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let before = if before.is_some_and(|word| word.plain == "of") {
            at.checked_sub(2).and_then(|at| words.get(at))
        } else {
            before
        };
        let (next, second) = (words.get(at + 1), words.get(at + 2));
        let day =
            |word| number(word).filter(|day| (1..=31).contains(day)).and_then(|day| u32::try_from(day).ok());
        let (day, year) = match (day(before), day(next)) {
            (Some(day), _) => (Some(day), year(next)),
            (None, Some(day)) => (Some(day), year(second)),
            (None, None) => (None, year(next)),
        };
        let year = year?;
        return match day {
            Some(day) => NaiveDate::from_ymd_opt(year, month, day).map(|date| Span { from: date, to: date }),
            None => month_of(year, month),
        };
    }
    let year = words.iter().find_map(|word| year(Some(word)))?;
    Some(Span { from: NaiveDate::from_ymd_opt(year, 1, 1)?, to: NaiveDate::from_ymd_opt(year, 12, 31)? })
}

fn month_of(year: i32, month: u32) -> Option<Span> {
    let from = NaiveDate::from_ymd_opt(year, month, 1)?;
    let next = if month == 12 {
        NaiveDate::from_ymd_opt(year + 1, 1, 1)?
    } else {
        NaiveDate::from_ymd_opt(year, month + 1, 1)?
    };
    Some(Span { from, to: next.pred_opt()? })
}

impl Span {
    /// How far a moment (UTC seconds) is from these days, in days; 0 within.
    pub(crate) fn days_from(&self, at: i64) -> i64 {
        let Some(date) = chrono::DateTime::from_timestamp(at, 0).map(|moment| moment.date_naive()) else {
            return i64::MAX;
        };
        if date < self.from {
            (self.from - date).num_days()
        } else if date > self.to {
            (date - self.to).num_days()
        } else {
            0
        }
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
        Question::read(&mill, &Related::new(&mill), text, &HashSet::from(["caroline".to_owned()]))
    }

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn the_days_a_question_names() {
        for (text, wanted) in [
            ("What happened on 7 May 2023?", Some((day(2023, 5, 7), day(2023, 5, 7)))),
            ("What happened on the 7th of May 2023?", Some((day(2023, 5, 7), day(2023, 5, 7)))),
            ("What happened on May 7, 2023?", Some((day(2023, 5, 7), day(2023, 5, 7)))),
            ("Where was she in June 2023?", Some((day(2023, 6, 1), day(2023, 6, 30)))),
            ("Where was she in Dec 2022?", Some((day(2022, 12, 1), day(2022, 12, 31)))),
            ("What was planted in 2021?", Some((day(2021, 1, 1), day(2021, 12, 31)))),
            ("Who may come?", None),
            ("What did she do in March?", None),
            ("What happened on 31 February 2023?", None),
        ] {
            let wanted = wanted.map(|(from, to)| Span { from, to });
            assert_eq!(read(text).span, wanted, "{text}");
        }
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
