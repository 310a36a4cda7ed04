//! Secrets derived from the device's seed: the same after a reinstall, different for every app and every label.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use sha2::Sha256;

/// HMAC-SHA256 of a label under the device's seed.
pub(crate) fn derive(seed: &[u8], label: &str) -> [u8; 32] {
    // HMAC takes keys of any length, so the error can't happen; an empty key would be the visible result.
    let mut mac = Hmac::<Sha256>::new_from_slice(seed)
        .or_else(|_| Hmac::<Sha256>::new_from_slice(&[]))
        .unwrap_or_else(|_| unreachable!("HMAC accepts keys of any length"));
    mac.update(label.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The same in lower-case hexadecimal, 64 digits: umbrel's `derive_entropy`.
pub(crate) fn derive_hex(seed: &[u8], label: &str) -> String {
    hex(&derive(seed, label))
}

/// What an app's script gets for a label of its choice.
///
/// Labels that name the app itself give what they would give under umbrel. Any other label is the app's own
/// affair: with it alone, a script could ask for the secrets of another app.
pub(crate) fn entropy(seed: &[u8], apps: &[&str], label: &str) -> String {
    if apps.iter().any(|app| label.contains(&format!("app-{app}-seed"))) {
        return derive_hex(seed, label);
    }
    derive_hex(seed, &format!("exports:{}:{label}", apps.first().unwrap_or(&"")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn stretch(seed: &[u8], label: &str, bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + 32);
    let mut block = 0_u32;
    while out.len() < bytes {
        let label = if block == 0 { label.to_owned() } else { format!("{label}#{block}") };
        out.extend_from_slice(&derive(seed, &label));
        block += 1;
    }
    out.truncate(bytes);
    out
}

/// A random field of a form: `length` hexadecimal digits.
pub(crate) fn random_hex(seed: &[u8], label: &str, length: usize) -> String {
    let mut text = hex(&stretch(seed, label, length.div_ceil(2)));
    text.truncate(length);
    text
}

/// A random field of a form: `length` bytes in base64.
pub(crate) fn random_base64(seed: &[u8], label: &str, length: usize) -> String {
    STANDARD.encode(stretch(seed, label, length))
}

/// A VAPID key pair for web push (public, private), as the `web-push` tools print it.
pub(crate) fn vapid(seed: &[u8], label: &str) -> Option<(String, String)> {
    // A digest is outside the curve's order about once in 2^32; then the next label serves.
    (0..4).find_map(|attempt| {
        let secret = p256::SecretKey::from_slice(&derive(seed, &format!("{label}-{attempt}"))).ok()?;
        let public = secret.public_key().to_encoded_point(false);
        Some((URL_SAFE_NO_PAD.encode(public.as_bytes()), URL_SAFE_NO_PAD.encode(secret.to_bytes())))
    })
}
