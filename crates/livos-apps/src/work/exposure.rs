//! HTTPS and the server's own domain: chosen here, served by Caddy, looked at when somebody asks.

use std::path::PathBuf;

use livos_bus::documents;
use sha2::{Digest, Sha256};

use super::Apps;
use crate::Error;
use crate::core::exposure::{Chosen, domain, email, next_step, public_host, reason};
use crate::edge_document::{authority_name, certificates_log, home_names};
use crate::error::refused;
use crate::store::Phase;

/// More of Caddy's log than this says nothing new.
const LOG_LIMIT: u64 = 256 * 1024;

impl Apps {
    /// How this server is reached, looked at just now.
    pub(crate) async fn exposure(&self) -> Result<documents::Exposure, Error> {
        let chosen = self.chosen();
        let port = self.config.caddy.https_port;
        let mut names = home_names(&self.config);
        let (mut https, mut detail) = ("on", String::new());
        let mut authority = None;
        if port == 0 {
            https = "off";
            "caddy.https_port is 0 in the configuration, which switches HTTPS off".clone_into(&mut detail);
            names.clear();
        } else if self.routes.https_taken() {
            https = "port_taken";
            detail = format!(
                "another program or app uses port {port}; move it, or give LivOS another port with caddy.https_port in \
                 /etc/livos/livos.toml"
            );
        } else {
            match self.ports.edge.authority().await {
                Ok(pem) => authority = described(&self.config.server.name, &pem),
                // Nobody vouches for anything yet, or it began without HTTPS because one of its ports was taken.
                Err(Error::EdgeRefused(_)) => {
                    https = "away";
                    "Caddy, the front door, began without HTTPS and is told again; if this stays, `journalctl -u \
                     livos-caddy` says why"
                        .clone_into(&mut detail);
                }
                Err(error) => {
                    tracing::debug!(
                        error = livos_service::chain(&error),
                        "Caddy does not say who vouches for it"
                    );
                    https = "away";
                    "Caddy, the front door, does not answer; it is told again as soon as it does"
                        .clone_into(&mut detail);
                }
            }
        }
        let domain =
            if chosen.domain.is_empty() { None } else { Some(self.domain_now(&chosen, https).await?) };
        Ok(documents::Exposure {
            https: https.to_owned(),
            detail,
            port,
            http_port: self.config.caddy.http_port,
            always: chosen.always_https,
            names,
            address: self.ports.machine.address(),
            authority,
            domain,
        })
    }

    /// The domain's names, each with whether it has a certificate: Caddy is asked for it, as a browser would.
    async fn domain_now(&self, chosen: &Chosen, https: &str) -> Result<documents::Domain, Error> {
        let apps = self.rows.apps().await?;
        let with_page = apps.iter().filter(|app| app.phase == Phase::Installed && app.upstream_port > 0);
        let mut names = vec![(chosen.domain.clone(), String::new())];
        names.extend(with_page.map(|app| (public_host(&app.id, chosen), app.id.to_string())));
        names.get_mut(1..).unwrap_or_default().sort();
        let log = if https == "on" { self.certificates_log().await } else { String::new() };
        let address = self.ports.machine.address();
        let looked = names.into_iter().map(async |(name, app)| {
            let (mut state, mut why, mut next) = ("off", String::new(), String::new());
            if https == "on" {
                if self.ports.edge.proves(&name).await {
                    state = "ready";
                } else if let Some(found) = reason(&log, &name) {
                    (state, next) = ("failed", next_step(&found, &chosen.domain, &address));
                    why = found;
                } else {
                    state = "fetching";
                }
            }
            documents::PublicName { name, app, state: state.to_owned(), reason: why, next }
        });
        let names = futures_util::future::join_all(looked).await;
        Ok(documents::Domain { name: chosen.domain.clone(), email: chosen.email.clone(), names })
    }

    /// The end of what Caddy wrote about certificates that it could not get.
    async fn certificates_log(&self) -> String {
        let path: PathBuf = certificates_log(&self.config);
        let read = move || {
            use std::io::{Read as _, Seek as _, SeekFrom};
            let mut file = std::fs::File::open(path)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_LIMIT)))?;
            let mut bytes = Vec::new();
            file.take(LOG_LIMIT).read_to_end(&mut bytes)?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&bytes).into_owned())
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(text)) => text,
            // Nothing failed yet, or nobody says why: then the state is that it is being fetched.
            Ok(Err(error)) => {
                tracing::debug!(%error, "Caddy's log of certificates cannot be read");
                String::new()
            }
            Err(_) => String::new(),
        }
    }

    /// The certificate of the house's authority.
    pub(crate) async fn certificate(&self) -> Result<String, Error> {
        if self.config.caddy.https_port == 0 || self.routes.https_taken() {
            return Err(refused(
                "no_https",
                "this server has no HTTPS at the moment, so nobody vouches for it",
            ));
        }
        self.ports.edge.authority().await
    }

    /// Gives the server a name on the internet, or takes it away.
    pub(crate) async fn set_domain(&self, typed: &str, address: &str) -> Result<(), Error> {
        let invalid = |why| refused("invalid", why);
        let (domain, email) = match typed.trim() {
            "" => (String::new(), String::new()),
            typed => (domain(typed).map_err(invalid)?, email(address).map_err(invalid)?),
        };
        if !domain.is_empty() && self.config.caddy.https_port == 0 {
            return Err(refused(
                "no_https",
                "a domain needs HTTPS, which the configuration switches off; set caddy.https_port to 443",
            ));
        }
        if !domain.is_empty() && self.routes.https_taken() {
            return Err(refused("no_https", "a domain needs HTTPS, and another program or app has its port"));
        }
        self.choose(|chosen| (chosen.domain, chosen.email) = (domain, email)).await
    }

    /// Whether plain HTTP leads to HTTPS in the house.
    pub(crate) async fn set_always_https(&self, always: bool) -> Result<(), Error> {
        if always && (self.config.caddy.https_port == 0 || self.routes.https_taken()) {
            return Err(refused("no_https", "there is no HTTPS that plain HTTP could lead to"));
        }
        self.choose(|chosen| chosen.always_https = always).await
    }

    async fn choose(&self, change: impl FnOnce(&mut Chosen)) -> Result<(), Error> {
        let _one_at_a_time = self.choosing_exposure.lock().await;
        let before = self.chosen();
        let mut chosen = before.clone();
        change(&mut chosen);
        self.rows.set_exposure(&chosen).await?;
        self.routes.choose(chosen);
        let told = self.routes.apply().await;
        if let Err(Error::EdgeRefused(why)) = told {
            // Kept, it would stand in the way of everything that Caddy is told from now on.
            self.rows.set_exposure(&before).await?;
            self.routes.choose(before);
            self.routes.changed();
            return Err(refused("refused", format!("Caddy does not take that, so it is as it was: {why}")));
        }
        if let Err(error) = told {
            // It is kept, and told as soon as Caddy listens.
            tracing::warn!(
                error = livos_service::chain(&error),
                "Caddy is told later how this server is reached"
            );
            self.routes.changed();
        }
        for id in self.rows.app_ids().await? {
            // Nobody listening is fine.
            let _ = self.changes.send(super::Change::App(id));
        }
        Ok(())
    }

    /// The port of HTTPS; 0 while there is none.
    pub(crate) fn https_port(&self) -> u16 {
        if self.routes.https_taken() { 0 } else { self.config.caddy.https_port }
    }

    /// What an admin chose about how this server is reached.
    pub(crate) fn chosen(&self) -> Chosen {
        self.routes.chosen()
    }
}

fn described(server: &str, pem: &str) -> Option<documents::Authority> {
    let der = livos_fetch::certificates(pem.as_bytes()).into_iter().next()?;
    let pairs: Vec<String> = Sha256::digest(&der).iter().map(|byte| format!("{byte:02X}")).collect();
    let now = authority_name(server);
    let name = common_name(&der).unwrap_or_else(|| now.clone());
    Some(documents::Authority { renamed: name != now, name, fingerprint: pairs.join(":") })
}

/// The first common name in a certificate; of an authority that vouches for itself, that is its own.
fn common_name(der: &[u8]) -> Option<String> {
    /// `id-at-commonName`, as it is written in DER.
    const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
    let at = der.windows(COMMON_NAME.len()).position(|bytes| bytes == COMMON_NAME)? + COMMON_NAME.len();
    let (kind, length) = (*der.get(at)?, usize::from(*der.get(at + 1)?));
    // UTF-8 or printable text of less than 128 bytes, which is what Caddy writes.
    if !matches!(kind, 0x0c | 0x13) || length >= 0x80 {
        return None;
    }
    let text = std::str::from_utf8(der.get(at + 2..at + 2 + length)?).ok()?;
    (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_the_name_in_its_certificate_whatever_the_server_is_called_by_now() {
        let named = |name: &str| {
            let length = u8::try_from(name.len()).unwrap();
            [&[0x30, 0x20, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, length][..], name.as_bytes(), &[0x02]].concat()
        };
        assert_eq!(common_name(&named("LivOS on attic")).as_deref(), Some("LivOS on attic"));
        for broken in [&b"LivOS"[..], &named("LivOS on attic")[..12], &named("a\nb"), &[6, 3, 0x55, 4, 3, 12]]
        {
            assert_eq!(common_name(broken), None, "{broken:?}");
        }
    }
}
