//! A command that is run in a container without a terminal: what is one, and how long it may take. The edge, the agent and
//! whoever runs it ask the same, so that nobody agrees to what is refused afterwards.

use std::ops::RangeInclusive;

/// How long it may take, in seconds.
pub const COMMAND_SECONDS: RangeInclusive<u32> = 1..=120;
/// The most words of it.
const MOST_WORDS: usize = 64;
/// All of them together, in bytes: a person has to read it.
const MOST_BYTES: usize = 8 * 1024;

/// Why these words, with so many seconds, are no command; the words are a program's and its arguments, and no shell's.
pub fn no_command(words: &[String], seconds: u32) -> Option<&'static str> {
    if words.first().is_none_or(|program| program.trim().is_empty()) {
        return Some("say a program, and its arguments one by one");
    }
    if words.len() > MOST_WORDS || words.iter().map(String::len).sum::<usize>() > MOST_BYTES {
        return Some("a command has at most 64 words and 8 KiB");
    }
    if words.iter().any(|word| word.contains('\0')) {
        return Some("no word of a command has a zero byte");
    }
    if !COMMAND_SECONDS.contains(&seconds) {
        return Some("a command is given 1 to 120 seconds");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_a_program_with_bounded_words_and_time() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(no_command(&words(&["sh", "-c", "echo a\nb", ""]), 120), None);
        for (wrong, seconds) in [
            (words(&[]), 30),
            (words(&[" ", "x"]), 30),
            (words(&["a\0b"]), 30),
            (vec!["x".to_owned(); 65], 30),
            (words(&["x", &"y".repeat(9000)]), 30),
            (words(&["x"]), 0),
            (words(&["x"]), 121),
        ] {
            assert!(no_command(&wrong, seconds).is_some(), "{wrong:?} {seconds}");
        }
    }
}
