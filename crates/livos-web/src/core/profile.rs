//! The certificate of the house as the profile that Apple's devices install.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::pages::escape;

/// The first certificate of a PEM text, in DER.
fn der_of(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()
}

/// SHA-256 of it, as people compare it.
pub(crate) fn fingerprint(pem: &str) -> Option<String> {
    let digest = Sha256::digest(der_of(pem)?);
    Some(digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"))
}

/// The profile: the certificate, and who it is from. The same certificate makes the same profile, so installing it again
/// replaces it instead of adding a second one.
pub(crate) fn of(server: &str, pem: &str) -> Option<String> {
    let der = der_of(pem)?;
    let (server, body) = (escape(server), STANDARD.encode(&der));
    let (inner, outer) = (identifier(&der, b"certificate"), identifier(&der, b"profile"));
    Some(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadCertificateFileName</key><string>livos.crt</string>
      <key>PayloadContent</key><data>{body}</data>
      <key>PayloadDisplayName</key><string>LivOS on {server}</string>
      <key>PayloadIdentifier</key><string>io.livos.certificate.{inner}</string>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadUUID</key><string>{inner}</string>
      <key>PayloadVersion</key><integer>1</integer>
    </dict>
  </array>
  <key>PayloadDescription</key><string>Lets this device check that it talks to your own server.</string>
  <key>PayloadDisplayName</key><string>LivOS on {server}</string>
  <key>PayloadIdentifier</key><string>io.livos.profile.{outer}</string>
  <key>PayloadRemovalDisallowed</key><false/>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadUUID</key><string>{outer}</string>
  <key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
"#
    ))
}

/// A UUID of version 8, which is made of whatever one likes.
fn identifier(der: &[u8], what: &[u8]) -> String {
    let digest = Sha256::new().chain_update(what).chain_update(der).finalize();
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02X}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nTGl2\nT1M=\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_profile_holds_the_certificate_and_nothing_of_whoever_named_the_server() {
        let profile = of("Ada's <b>&", PEM).unwrap();
        assert!(profile.contains("<data>TGl2T1M=</data>") && profile.contains("com.apple.security.root"));
        assert!(profile.contains("LivOS on Ada&#39;s &lt;b&gt;&amp;") && !profile.contains("<b>"));
        assert_eq!(Some(profile), of("Ada's <b>&", PEM), "installed again, it is the same one");
        assert_ne!(identifier(b"a", b"profile"), identifier(b"b", b"profile"));
        assert_eq!(identifier(b"a", b"profile").len(), 36);
        for none in ["", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----"] {
            assert_eq!((of("x", none), fingerprint(none)), (None, None));
        }
        assert_eq!(fingerprint(PEM).unwrap().len(), 95);
    }
}
