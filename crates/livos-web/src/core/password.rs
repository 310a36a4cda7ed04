//! Passwords: argon2id, one at a time, with memory that goes back to the system afterwards.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// How expensive a hash is. The default follows OWASP: 19 MiB, 2 passes, 1 lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Memory in KiB.
    pub(crate) memory: u32,
    /// Passes over it.
    pub(crate) passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory: 19 * 1024, passes: 2 }
    }
}

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum PasswordError {
    /// More sign-ins wait than a home has people.
    #[error("too many sign-ins are being checked")]
    Busy,
    /// The hash in the database is not one of ours.
    #[error("a stored password hash is damaged")]
    Damaged,
    /// The work was not finished.
    #[error("hashing a password failed")]
    Failed,
}

/// Sign-ins that may wait for their turn.
const WAITING: usize = 16;

/// Hashes and compares passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    cost: Cost,
    /// One at a time: each takes 19 MiB, and a small machine has other things to do.
    turn: Arc<Semaphore>,
    queue: Semaphore,
}

impl Passwords {
    /// With this cost for new hashes.
    pub(crate) fn new(cost: Cost) -> Self {
        Self { cost, turn: Arc::new(Semaphore::new(1)), queue: Semaphore::new(WAITING) }
    }

    /// The text to store for a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let cost = self.cost;
        let salt = rand::random::<[u8; 16]>();
        let key = self.work(password, cost, salt.to_vec()).await?;
        Ok(format!(
            "$argon2id$v=19$m={},t={},p=1${}${}",
            cost.memory,
            cost.passes,
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(key)
        ))
    }

    /// Compares a password with a stored hash. Without one (nobody of that name) the same work is
    /// done and the answer is no, so that the time tells nothing.
    pub(crate) async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, PasswordError> {
        let Some(stored) = stored else {
            self.work(password, self.cost, rand::random::<[u8; 16]>().to_vec()).await?;
            return Ok(false);
        };
        let (cost, salt, expected) = parse(stored).ok_or(PasswordError::Damaged)?;
        let key = self.work(password, cost, salt).await?;
        Ok(key.as_slice().ct_eq(&expected).into())
    }

    async fn work(&self, password: &str, cost: Cost, salt: Vec<u8>) -> Result<[u8; 32], PasswordError> {
        let _place = self.queue.try_acquire().map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        let password = password.to_owned();
        let worked = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a client that hangs up does not let a second one start.
            let _turn = turn;
            derive(password.as_bytes(), &salt, cost)
        });
        worked.await.map_err(|_| PasswordError::Failed)?
    }
}

fn derive(password: &[u8], salt: &[u8], cost: Cost) -> Result<[u8; 32], PasswordError> {
    let params = Params::new(cost.memory, cost.passes, 1, Some(32)).map_err(|_| PasswordError::Damaged)?;
    // An allocation above glibc's largest mmap threshold (32 MiB) is returned to the system when it
    // is freed; a smaller one would stay with this process for ever. Untouched pages cost nothing.
    let mut memory: Vec<Block> = Vec::with_capacity(params.block_count().max(34 * 1024));
    memory.resize(params.block_count(), Block::default());
    let mut key = [0u8; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, &mut key, &mut memory[..])
        .map_err(|_| PasswordError::Failed)?;
    Ok(key)
}

fn parse(stored: &str) -> Option<(Cost, Vec<u8>, Vec<u8>)> {
    let rest = stored.strip_prefix("$argon2id$v=19$m=")?;
    let (memory, rest) = rest.split_once(",t=")?;
    let (passes, rest) = rest.split_once(",p=1$")?;
    let (salt, key) = rest.split_once('$')?;
    let cost = Cost { memory: memory.parse().ok()?, passes: passes.parse().ok()? };
    let key = STANDARD_NO_PAD.decode(key).ok().filter(|key| key.len() == 32)?;
    Some((cost, STANDARD_NO_PAD.decode(salt).ok()?, key))
}

/// The rule for a new password; says what is wrong with it, in words.
pub(crate) fn check_new(password: &str, username: &str) -> Result<(), &'static str> {
    let mut characters = password.chars();
    let first = characters.next();
    if password.chars().count() < 10 {
        return Err("a password needs at least 10 characters; a few words together are easy to remember");
    }
    if password.len() > 1024 {
        return Err("a password can be at most 1,024 bytes long");
    }
    if characters.all(|character| Some(character) == first) {
        return Err("a password of one repeated character is guessed at once; choose another");
    }
    if !username.is_empty()
        && password.to_lowercase().replace(&username.to_lowercase(), "").chars().count() < 4
    {
        return Err("a password made of the user name is guessed at once; choose another");
    }
    Ok(())
}

/// A password made for somebody else, to be changed at first use: 80 random bits.
pub(crate) fn generate() -> String {
    let text = super::recovery::base32(&rand::random::<[u8; 10]>());
    [&text[..4], &text[4..8], &text[8..12], &text[12..]].join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory: 64, passes: 1 };

    #[tokio::test]
    async fn a_password_is_recognised_and_another_is_not() {
        let passwords = Passwords::new(CHEAP);
        let stored = passwords.hash("correct horse battery").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(passwords.verify("correct horse battery", Some(&stored)).await.unwrap());
        assert!(!passwords.verify("correct horse batterx", Some(&stored)).await.unwrap());
        assert!(!passwords.verify("correct horse battery", None).await.unwrap());
        assert_ne!(
            stored,
            passwords.hash("correct horse battery").await.unwrap(),
            "each hash has its own salt"
        );
    }

    #[test]
    fn the_default_cost_is_what_owasp_asks_for() {
        assert_eq!(Cost::default(), Cost { memory: 19_456, passes: 2 });
    }

    #[tokio::test]
    async fn hashes_are_those_of_the_library() {
        use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
        let stored = Passwords::new(CHEAP).hash("correct horse battery").await.unwrap();
        let parsed = PasswordHash::new(&stored).unwrap();
        assert!(Argon2::default().verify_password(b"correct horse battery", &parsed).is_ok());
    }

    #[tokio::test]
    async fn damage_is_told_apart_from_a_wrong_password() {
        let passwords = Passwords::new(CHEAP);
        for damaged in ["", "x", "$argon2id$v=19$m=64,t=1,p=1$AAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA"] {
            assert_eq!(passwords.verify("x", Some(damaged)).await, Err(PasswordError::Damaged), "{damaged}");
        }
    }

    #[test]
    fn the_rule_asks_for_length_and_nothing_clever() {
        for good in ["ten letters", "пароль на русском", "1234567890", " spaces are fine "] {
            assert!(check_new(good, "ada").is_ok(), "{good}");
        }
        let long = "ab".repeat(600);
        for bad in ["", "short", "aaaaaaaaaaaaaaaa", "lovelacelovelace", "lovelace123", long.as_str()] {
            assert!(check_new(bad, "lovelace").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_generated_password_keeps_the_rule() {
        let one = generate();
        assert!(check_new(&one, "ada").is_ok());
        assert_ne!(one, generate());
    }
}
