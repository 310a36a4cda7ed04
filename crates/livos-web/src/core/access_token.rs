//! The access token: a signed note, good for ten minutes, that names a session.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::keys::Key;

/// Seconds an access token is good for.
pub(crate) const LIFETIME: i64 = 600;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The account.
    pub(crate) sub: String,
    /// The session.
    pub(crate) sid: String,
    /// Which refresh token of that session it came with.
    #[serde(rename = "gen")]
    pub(crate) generation: i64,
    /// Issued, UTC seconds.
    pub(crate) iat: i64,
    /// Ends, UTC seconds.
    pub(crate) exp: i64,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It was ours and is too old: refresh it.
    Expired,
    /// It is not ours.
    Invalid,
}

/// Signs and reads access tokens.
pub(crate) struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AccessTokens(…)")
    }
}

impl AccessTokens {
    /// With this key.
    pub(crate) fn new(key: &Key) -> Self {
        // Exactly one algorithm, so a token cannot choose a weaker one for itself. The end is
        // checked here, against the clock that was passed in.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self {
            encoding: EncodingKey::from_secret(key.expose()),
            decoding: DecodingKey::from_secret(key.expose()),
            validation,
        }
    }

    /// A token for this session, and when it ends. `None` only if it cannot be written as JSON.
    pub(crate) fn issue(
        &self,
        user: &str,
        session: &str,
        generation: i64,
        now: i64,
    ) -> Option<(String, i64)> {
        let exp = now + LIFETIME;
        let claims = Claims { sub: user.to_owned(), sid: session.to_owned(), generation, iat: now, exp };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).ok().map(|token| (token, exp))
    }

    /// What a token says, if it is ours and still good.
    pub(crate) fn read(&self, token: &str, now: i64) -> Result<Claims, Refused> {
        if token.len() > 1024 {
            return Err(Refused::Invalid);
        }
        let claims =
            decode::<Claims>(token, &self.decoding, &self.validation).map_err(|_| Refused::Invalid)?.claims;
        if now >= claims.exp { Err(Refused::Expired) } else { Ok(claims) }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::core::keys::Keys;

    fn tokens() -> AccessTokens {
        AccessTokens::new(&Keys::new(b"master").access)
    }

    #[test]
    fn a_token_says_who_until_it_ends() {
        let (token, ends) = tokens().issue("u1", "s1", 3, 1000).unwrap();
        assert_eq!(ends, 1600);
        let claims = tokens().read(&token, 1599).unwrap();
        assert_eq!((claims.sub.as_str(), claims.sid.as_str(), claims.generation), ("u1", "s1", 3));
        assert_eq!(tokens().read(&token, 1600), Err(Refused::Expired));
    }

    #[test]
    fn nothing_forged_is_read() {
        let (token, _) = tokens().issue("u1", "s1", 0, 1000).unwrap();
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        let refused = |token: &str| assert_eq!(tokens().read(token, 1000), Err(Refused::Invalid), "{token}");

        let none = URL_SAFE_NO_PAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
        refused(&format!("{none}.{}.", parts[1]));
        refused(&format!("{none}.{}.{}", parts[1], parts[2]));
        let rs256 = URL_SAFE_NO_PAD.encode(br#"{"alg":"RS256","typ":"JWT"}"#);
        refused(&format!("{rs256}.{}.{}", parts[1], parts[2]));
        let other = AccessTokens::new(&Keys::new(b"other").access).issue("u1", "s1", 0, 1000).unwrap().0;
        refused(&other);
        let body = URL_SAFE_NO_PAD.encode(br#"{"sub":"owner","sid":"s1","gen":0,"iat":0,"exp":99999999999}"#);
        refused(&format!("{}.{body}.{}", parts[0], parts[2]));
        parts[2].pop();
        refused(&parts.join("."));
        for text in ["", ".", "..", "a.b.c", "\u{0}", &"x".repeat(5000)] {
            refused(text);
        }
    }
}
