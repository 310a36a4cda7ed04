//! The days that a question names, read without a model.

use chrono::{Datelike as _, NaiveDate};

use crate::text::Word;

pub(crate) const MONTHS: [&str; 12] = [
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

/// What stands before a month that is over.
const PAST: [&str; 3] = ["last", "past", "in"];

/// A span of days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
}

/// The days a question names: "7 May 2023", "May 7", "June 2023", "2022"; and, seen from the day it is asked on, "last
/// May", "in May", "last month", "yesterday". A month that may be a name, or a day without its month, is left alone.
pub(crate) fn span(words: &[Word], now: i64) -> Option<Span> {
    let today = chrono::DateTime::from_timestamp(now, 0)?.date_naive();
    named(words, today).or_else(|| seen_from(words, today))
}

/// Whether a word is a month or has digits, as the words have that a question's days are read from.
pub(crate) fn tells_date(word: &Word) -> bool {
    let is_month = MONTHS.iter().any(|month| word.plain.len() > 2 && month.starts_with(&word.plain));
    is_month || word.plain.starts_with(|letter: char| letter.is_ascii_digit())
}

/// Days by their names.
fn named(words: &[Word], today: NaiveDate) -> Option<Span> {
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
        let year = match year {
            Some(year) => year,
            None if before.is_some_and(|word| PAST.contains(&word.plain.as_str())) || day.is_some() => {
                latest(month, day, today)?
            }
            None => return None,
        };
        return match day {
            Some(day) => NaiveDate::from_ymd_opt(year, month, day).map(|date| Span { from: date, to: date }),
            None => month_of(year, month),
        };
    }
    let year = words.iter().find_map(|word| year(Some(word)))?;
    year_of(year)
}

/// The year in which a month, or a day of it, was the last time.
fn latest(month: u32, day: Option<u32>, today: NaiveDate) -> Option<i32> {
    let begin = NaiveDate::from_ymd_opt(today.year(), month, day.unwrap_or(1))?;
    Some(if begin > today { today.year() - 1 } else { today.year() })
}

/// "Yesterday", "last week" and the like.
fn seen_from(words: &[Word], today: NaiveDate) -> Option<Span> {
    let back = |days: i64| today.checked_sub_signed(chrono::TimeDelta::days(days));
    if words.iter().any(|word| word.plain == "yesterday") {
        return back(1).map(|day| Span { from: day, to: day });
    }
    let last = words.windows(2).find(|two| two[0].plain == "last")?;
    match last[1].plain.as_str() {
        "week" | "weekend" => Some(Span { from: back(13)?, to: back(1)? }),
        "month" => {
            let before = today.with_day(1)?.pred_opt()?;
            month_of(before.year(), before.month())
        }
        "year" => year_of(today.year() - 1),
        _ => None,
    }
}

fn year_of(year: i32) -> Option<Span> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Mill;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn the_days_a_question_names() {
        // A Wednesday.
        let now = day(2024, 2, 14).and_hms_opt(9, 0, 0).unwrap().and_utc().timestamp();
        for (text, wanted) in [
            ("What happened on 7 May 2023?", Some((day(2023, 5, 7), day(2023, 5, 7)))),
            ("What happened on the 7th of May 2023?", Some((day(2023, 5, 7), day(2023, 5, 7)))),
            ("What happened on May 7, 2023?", Some((day(2023, 5, 7), day(2023, 5, 7)))),
            ("Where was she in June 2023?", Some((day(2023, 6, 1), day(2023, 6, 30)))),
            ("Where was she in Dec 2022?", Some((day(2022, 12, 1), day(2022, 12, 31)))),
            ("What was planted in 2021?", Some((day(2021, 1, 1), day(2021, 12, 31)))),
            ("What did she do in March?", Some((day(2023, 3, 1), day(2023, 3, 31)))),
            ("What did she do last January?", Some((day(2024, 1, 1), day(2024, 1, 31)))),
            ("Who called on 3 February?", Some((day(2024, 2, 3), day(2024, 2, 3)))),
            ("Who called on 20 February?", Some((day(2023, 2, 20), day(2023, 2, 20)))),
            ("Who called yesterday?", Some((day(2024, 2, 13), day(2024, 2, 13)))),
            ("Where did we eat last month?", Some((day(2024, 1, 1), day(2024, 1, 31)))),
            ("Where did we eat last week?", Some((day(2024, 2, 1), day(2024, 2, 13)))),
            ("Where did we go last year?", Some((day(2023, 1, 1), day(2023, 12, 31)))),
            ("Who may come?", None),
            ("What did April say?", None),
            ("Who was the last guest?", None),
            ("What happened on 31 February 2023?", None),
        ] {
            let wanted = wanted.map(|(from, to)| Span { from, to });
            assert_eq!(span(&Mill::new().words(text), now), wanted, "{text}");
        }
    }
}
