//! From text to stems: the same mill for what is remembered and for what is asked.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// A longer word is noise (base64, a hash) and is cut.
const LONGEST_WORD: usize = 40;

/// Words that say how a sentence is built and not what it is about. English, as the stemmer is; words
/// of other languages are found as they stand.
const STOP_WORDS: &str = "a about after all also am an and any are as at be because been before being but by \
    can could d did do does doing don down during each even ever every few for from further get gets getting \
    go goes going gonna got had has have having he her here hers herself hey hi him himself his how i if in \
    into is it its itself just kind know let like ll lot m made make many may maybe me might mine more most \
    much must my myself no nor not now of off oh ok okay on once one only or other our ours ourselves out \
    over own people person re really s said same say says see seem she should so some something such sure t \
    take than thanks that the their theirs them themselves then there these they thing things think this \
    those through to too told two under until up us use used using ve very want wants was wasn way we well \
    were what when where which while who whom whose why will with would wow yeah yes yet you your yours \
    yourself";

/// Cuts, folds and stems. One value is reused for many texts: it holds the list of stop words.
pub(crate) struct Mill {
    stemmer: Stemmer,
    stop: std::collections::HashSet<&'static str>,
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As it is looked up.
    pub(crate) stem: String,
    /// As it was written, folded to lower case without accents.
    pub(crate) plain: String,
    /// It was written with a capital letter.
    pub(crate) capital: bool,
    /// Whether it says anything.
    pub(crate) stop: bool,
}

impl Mill {
    pub(crate) fn new() -> Self {
        Self {
            stemmer: Stemmer::create(Algorithm::English),
            stop: STOP_WORDS.split_ascii_whitespace().collect(),
        }
    }

    /// The words of a text in order.
    pub(crate) fn words(&self, text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        for piece in text.split(|letter: char| !letter.is_alphanumeric()) {
            if piece.is_empty() {
                continue;
            }
            let capital = piece.chars().next().is_some_and(char::is_uppercase);
            let plain: String = fold(piece).chars().take(LONGEST_WORD).collect();
            if plain.chars().any(without_spaces) {
                words.extend(pairs(&plain).into_iter().map(|pair| Word {
                    stem: pair.clone(),
                    plain: pair,
                    capital: false,
                    stop: false,
                }));
                continue;
            }
            words.push(Word {
                stem: self.stemmer.stem(&plain).into_owned(),
                stop: self.stop.contains(plain.as_str()),
                capital,
                plain,
            });
        }
        words
    }

    /// The stems worth looking up, separated by spaces, as they go into the index.
    pub(crate) fn stems(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for word in self.words(text).into_iter().filter(|word| !word.stop) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&word.stem);
        }
        out
    }

    pub(crate) fn stem(&self, word: &str) -> String {
        self.stemmer.stem(&fold(word)).into_owned()
    }
}

/// Lower case without accents, so that "Zürich" is found as "zurich".
pub(crate) fn fold(text: &str) -> String {
    text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
}

/// Scripts that put no spaces between words.
fn without_spaces(letter: char) -> bool {
    matches!(u32::from(letter), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x3040..=0x30ff | 0x3400..=0x9fff | 0x2_0000..=0x3_ffff)
}

/// Each two neighbouring letters: what stands in for words where there are no spaces.
fn pairs(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < 2 {
        return vec![text.to_owned()];
    }
    letters.windows(2).map(|pair| pair.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_and_memory_go_through_the_same_mill() {
        let mill = Mill::new();
        for (text, stems) in [
            ("I was painting the sunrise!", "paint sunris"),
            ("Who painted a sunrise?", "paint sunris"),
            ("Zürich, ZURICH", "zurich zurich"),
            ("Her café's menu", "cafe menu"),
            ("東京タワー", "東京 京タ タワ ワー"),
            ("the of and", ""),
            ("", ""),
        ] {
            assert_eq!(mill.stems(text), stems, "{text}");
        }
    }

    #[test]
    fn a_wall_of_letters_is_one_short_word() {
        let word = "x".repeat(10_000);
        assert_eq!(Mill::new().stems(&word).chars().count(), LONGEST_WORD);
    }
}
