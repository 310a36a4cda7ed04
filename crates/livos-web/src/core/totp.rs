//! One-time passwords from an authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds).

use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret, Totp};

/// What is shown once to someone who switches two-factor sign-in on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The secret in base 32, for typing.
    pub(crate) secret: String,
    /// The address that authenticator apps understand.
    pub(crate) uri: String,
    /// The same as a picture; `None` when the address is too long for one.
    pub(crate) qr_svg: Option<String>,
}

/// A fresh secret of 160 bits in base 32.
pub(crate) fn generate() -> String {
    Secret::from(rand::random::<[u8; 20]>().to_vec()).to_base32()
}

/// How the secret is handed to an authenticator app.
pub(crate) fn offer(secret: &str, server: &str, username: &str) -> Offer {
    let issuer = encode(server);
    let uri = format!(
        "otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        encode(username)
    );
    let qr_svg = QrCode::new(uri.as_bytes())
        .ok()
        .map(|code| code.render::<svg::Color<'_>>().min_dimensions(192, 192).build());
    Offer { secret: secret.to_owned(), uri, qr_svg }
}

/// The step a code belongs to, if it is right now or one step off. `after` is the last step that
/// was used: a code is good once, and nothing older than it either.
pub(crate) fn check(secret: &str, code: &str, now: i64, after: i64) -> Option<i64> {
    let code: String = code.chars().filter(|character| !character.is_whitespace()).take(16).collect();
    let step = totp(secret)?.check(&code, u64::try_from(now).ok()?)?;
    i64::try_from(step).ok().filter(|step| *step > after)
}

fn totp(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Builder::new().with_secret(secret).build().ok()
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// The code an authenticator app would show.
#[cfg(test)]
pub(crate) fn code_at(secret: &str, now: i64) -> String {
    totp(secret).unwrap().generate(now as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_test_vector_holds() {
        // RFC 6238 appendix B, SHA-1, last six of eight digits.
        let secret = Secret::from(b"12345678901234567890".to_vec()).to_base32();
        assert_eq!(check(&secret, "287082", 59, -1), Some(1));
        assert_eq!(check(&secret, "081804", 1_111_111_109, -1), Some(37_037_036));
    }

    #[test]
    fn a_code_is_good_once_and_only_around_its_time() {
        let secret = generate();
        let now = 1_800_000_000;
        let code = code_at(&secret, now);
        let step = check(&secret, &code, now, -1).unwrap();
        assert_eq!(check(&secret, &format!(" {} {} ", &code[..3], &code[3..]), now, -1), Some(step));
        assert_eq!(check(&secret, &code, now + 30, -1), Some(step), "one step late");
        assert_eq!(check(&secret, &code, now + 90, -1), None, "too late");
        assert_eq!(check(&secret, &code, now, step), None, "used");
        let earlier = code_at(&secret, now - 30);
        assert_eq!(check(&secret, &earlier, now, step), None, "nothing older than what was used");
        for wrong in ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦"] {
            assert_eq!(check(&secret, wrong, now, -1), None, "{wrong}");
        }
    }

    #[test]
    fn the_offer_is_readable_by_apps_and_people() {
        let offer = offer("JBSWY3DPEHPK3PXP", "Our house & home", "ada");
        assert_eq!(
            offer.uri,
            "otpauth://totp/Our%20house%20%26%20home:ada?secret=JBSWY3DPEHPK3PXP&issuer=Our%20house%20%26%20home&algorithm=SHA1&digits=6&period=30"
        );
        assert!(offer.qr_svg.unwrap().contains("<svg"));
    }
}
