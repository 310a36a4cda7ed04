//! File names are bytes; JSON and D-Bus carry text.
//!
//! A byte of a name that is not part of valid UTF-8 is shown as the private-use character U+EF00 + byte
//! (U+EF80 to U+EFFF, the range the MirBSD "OPTU" encoding reserved for this), and a name that really
//! contains such a character has its bytes shown the same way, so the mapping goes back without loss.

const BASE: u32 = 0xEF00;

fn is_escape(c: char) -> bool {
    (BASE + 0x80..=BASE + 0xFF).contains(&(c as u32))
}

fn escape_byte(byte: u8) -> char {
    char::from_u32(BASE + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The text that stands for a file name on the wire.
pub fn escape_name(name: &[u8]) -> String {
    // Nearly every name is plain text; it is copied as it is.
    if let Ok(text) = std::str::from_utf8(name)
        && !text.chars().any(is_escape)
    {
        return text.to_owned();
    }
    let mut out = String::with_capacity(name.len() + 8);
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_escape(c) {
                out.extend(c.encode_utf8(&mut [0; 4]).bytes().map(escape_byte));
            } else {
                out.push(c);
            }
        }
        out.extend(chunk.invalid().iter().copied().map(escape_byte));
    }
    out
}

/// The file name that a text on the wire stands for.
pub fn unescape_name(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        if is_escape(c) {
            out.push((c as u32 - BASE) as u8);
        } else {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_names_stay_as_they_are() {
        assert_eq!(escape_name("Ünïcode – 文.txt".as_bytes()), "Ünïcode – 文.txt");
    }

    #[test]
    fn a_latin_1_name_is_shown_and_comes_back() {
        let shown = escape_name(b"caf\xe9");
        assert_eq!(shown, "caf\u{EFE9}");
        assert_eq!(unescape_name(&shown), b"caf\xe9");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(name in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(unescape_name(&escape_name(&name)), name);
        }

        #[test]
        fn names_with_escape_characters_come_back(name in "[\u{EF80}-\u{EFFF}a-zß]{0,16}") {
            prop_assert_eq!(unescape_name(&escape_name(name.as_bytes())), name.into_bytes());
        }
    }
}
