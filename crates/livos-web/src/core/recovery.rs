//! Recovery codes: ten, each good once, for the day the phone is gone.

use super::keys::Key;

/// No I, L, O or U: they are misread, or spell things.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many a person gets.
pub(crate) const COUNT: usize = 10;

/// Bytes as text in Crockford's base 32, five bits a character, left-over bits dropped.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / 5);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in bytes {
        bits = (bits << 8 | u32::from(*byte)) & 0xFFF;
        held += 8;
        while held >= 5 {
            held -= 5;
            out.push(char::from(ALPHABET[(bits >> held & 31) as usize]));
        }
    }
    out
}

/// What a person typed, as we would have written it: case, spaces and look-alikes do not matter.
pub(crate) fn normalise(typed: &str) -> String {
    typed
        .chars()
        .take(64)
        .filter(|character| !matches!(character, ' ' | '-' | '–' | '_' | '.'))
        .map(|character| match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// Ten fresh codes, each of 50 random bits, written `XXXXX-XXXXX`.
pub(crate) fn generate() -> Vec<String> {
    std::iter::repeat_with(|| {
        let text = base32(&rand::random::<[u8; 7]>());
        format!("{}-{}", &text[..5], &text[5..10])
    })
    .take(COUNT)
    .collect()
}

/// What is stored of a code. Keyed, so a stolen database alone cannot be searched.
pub(crate) fn hash(key: &Key, user: &str, code: &str) -> String {
    key.seal(&[user, &normalise(code)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::keys::Keys;

    #[test]
    fn ten_codes_that_survive_being_copied_by_hand() {
        let codes = generate();
        assert_eq!(codes.len(), 10);
        let key = Keys::new(b"k").recovery;
        for code in &codes {
            assert_eq!(code.len(), 11);
            let sloppy =
                format!(" {} ", code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
            assert_eq!(hash(&key, "ada", code), hash(&key, "ada", &sloppy));
            assert_ne!(hash(&key, "ada", code), hash(&key, "bob", code));
        }
        let distinct: std::collections::HashSet<_> = codes.iter().collect();
        assert_eq!(distinct.len(), 10);
    }

    #[test]
    fn base32_spreads_all_bits() {
        assert_eq!(base32(&[0xFF; 5]), "ZZZZZZZZ");
        assert_eq!(base32(&[0, 0, 0, 0, 1]), "00000001");
        assert_eq!(base32(&[0x84, 0x21, 0x08, 0x42, 0x10]), "GGGGGGGG");
    }
}
