//! From text to the pieces of words that the model knows, cut as it was taught (WordPiece).

use std::collections::HashMap;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// A longer word is unknown, as it was when the model was taught.
const LONGEST_WORD: usize = 100;
/// So many pieces of a text are read, both ends included.
const MOST: usize = 256;

/// The pieces by number.
#[derive(Debug)]
pub(crate) struct Pieces {
    known: HashMap<Box<str>, usize>,
    begin: usize,
    end: usize,
    unknown: usize,
}

impl Pieces {
    /// From a list with a piece in each line.
    pub(crate) fn new(list: &str) -> Result<Self, String> {
        let known: HashMap<Box<str>, usize> =
            list.lines().enumerate().map(|(number, piece)| (Box::from(piece), number)).collect();
        let special =
            |name: &str| known.get(name).copied().ok_or_else(|| format!("its list of pieces has no {name}"));
        let (begin, end, unknown) = (special("[CLS]")?, special("[SEP]")?, special("[UNK]")?);
        Ok(Self { known, begin, end, unknown })
    }

    /// The pieces of a text, between those that begin and end one.
    pub(crate) fn of(&self, text: &str) -> Vec<usize> {
        let mut found = vec![self.begin];
        // What is cut off anyway is not looked at: a piece has a letter at least, and words are short.
        let plain: String = text
            .chars()
            .take(MOST * LONGEST_WORD)
            .nfd()
            .filter(|letter| !is_combining_mark(*letter))
            .flat_map(char::to_lowercase)
            .collect();
        for word in words(&plain) {
            self.cut(word, &mut found);
            if found.len() >= MOST {
                break;
            }
        }
        found.truncate(MOST - 1);
        found.push(self.end);
        found
    }

    /// Of each word the longest beginning that is known, again and again.
    fn cut(&self, word: &str, found: &mut Vec<usize>) {
        let before = found.len();
        if word.chars().count() > LONGEST_WORD {
            found.push(self.unknown);
            return;
        }
        let (mut rest, mut key) = (word, String::new());
        while !rest.is_empty() {
            let mut ends = rest.char_indices().map(|(at, letter)| at + letter.len_utf8()).rev();
            let piece = ends.find_map(|end| {
                key.clear();
                key.push_str(if rest.len() == word.len() { "" } else { "##" });
                key.push_str(&rest[..end]);
                self.known.get(key.as_str()).map(|piece| (*piece, end))
            });
            let Some((piece, end)) = piece else {
                // A word of which a part is unknown is unknown.
                found.truncate(before);
                found.push(self.unknown);
                return;
            };
            found.push(piece);
            rest = &rest[end..];
        }
    }
}

/// Words and signs. What lies between them, and letters that nobody sees, is left out.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || letter.is_control()).flat_map(|word| {
        word.split_inclusive(alone).flat_map(|part| {
            let sign = part.char_indices().next_back().filter(|(_, letter)| alone(*letter));
            let (word, sign) = part.split_at(sign.map_or(part.len(), |(at, _)| at));
            [word, sign].into_iter().filter(|part| !part.is_empty())
        })
    })
}

/// Signs, and letters of scripts without spaces, each of which is a word.
fn alone(letter: char) -> bool {
    let is_sign = !letter.is_alphanumeric() && !letter.is_whitespace();
    is_sign || matches!(u32::from(letter), 0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x2_fa1f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_the_model_was_taught() {
        let pieces = Pieces::new("[UNK]\n[CLS]\n[SEP]\ncat\nplay\n##ing\n!\n東\ncafe\n##s").unwrap();
        for (text, wanted) in [
            ("Cat", vec![3]),
            ("playing cats!", vec![4, 5, 3, 9, 6]),
            ("東東", vec![7, 7]),
            ("Cafés", vec![8, 9]),
            ("catx cat", vec![0, 3]),
            ("", vec![]),
        ] {
            let found = pieces.of(text);
            assert_eq!(found[1..found.len() - 1], wanted, "{text}");
            assert_eq!((found[0], found[found.len() - 1]), (1, 2));
        }
        assert_eq!(pieces.of(&"cat ".repeat(10_000)).len(), MOST);
        assert_eq!(pieces.of(&"x".repeat(10_000)), [1, 0, 2]);
        assert!(Pieces::new("cat").is_err());
    }
}
