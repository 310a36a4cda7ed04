//! The claim code: proves that the one who sets the server up has it in hand.

use super::keys::same;
use super::recovery::{base32, normalise};

/// A fresh code of 40 random bits, written `XXXX-XXXX`.
pub(crate) fn generate() -> String {
    let text = base32(&rand::random::<[u8; 5]>());
    format!("{}-{}", &text[..4], &text[4..])
}

/// True when what was typed is the code.
pub(crate) fn matches(code: &str, typed: &str) -> bool {
    let code = normalise(code.trim());
    !code.is_empty() && same(&code, &normalise(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_recognised_however_it_is_typed() {
        let code = generate();
        assert_eq!(code.len(), 9);
        assert!(matches(&code, &code));
        assert!(matches(&format!("{code}\n"), &code.to_lowercase().replace('-', " ")));
        assert!(!matches(&code, &code[..8]));
        assert!(!matches(&code, ""));
        assert!(!matches("", ""), "a missing code opens nothing");
        assert!(!matches("\n", " - "));
    }
}
