//! Under which names this server and its apps are reached, and what an app is told about that.

use livos_manifest::Exposure;
use livos_types::AppId;
use url::Host;

use super::addresses::host_label;

/// What an admin chose. Everything empty is how it is at first: HTTPS beside plain HTTP, and no domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// The server's name on the internet; empty if it has none.
    pub(crate) domain: String,
    /// Whom the one who issues certificates may write to.
    pub(crate) email: String,
    /// Plain HTTP leads to HTTPS in the house, too.
    pub(crate) always_https: bool,
}

/// Names that lead nowhere on the internet, so that nobody out there can look whether they lead here.
const NOT_PUBLIC: [&str; 15] = [
    "local",
    "localhost",
    "lan",
    "home",
    "internal",
    "arpa",
    "localdomain",
    "test",
    "example",
    "invalid",
    "onion",
    "alt",
    "intranet",
    "private",
    "corp",
];

/// An app's label comes in front of the domain, and the whole is 253 letters at most.
const LONGEST_DOMAIN: usize = 180;

/// The name that somebody typed as one on the internet, or why it is none, in words.
pub(crate) fn domain(typed: &str) -> Result<String, String> {
    let typed = typed.trim().trim_end_matches('.');
    if typed.is_empty() {
        return Err("type the name, for example home.example.org".to_owned());
    }
    if typed.contains("://") || typed.contains(['/', '@', ':']) && typed.parse::<std::net::IpAddr>().is_err()
    {
        return Err("type the name alone, without https://, a port or a path".to_owned());
    }
    if typed.contains('*') {
        return Err("a wildcard is not needed: each app gets a certificate for its own name".to_owned());
    }
    let name = match Host::parse(typed) {
        Ok(Host::Domain(name)) => name,
        Ok(_) => {
            return Err("an address is no name; certificates for the internet are given to names".to_owned());
        }
        // An IPv6 address stands in brackets in an address of a page, and not here.
        Err(_) if typed.parse::<std::net::IpAddr>().is_ok() => {
            return Err("an address is no name; certificates for the internet are given to names".to_owned());
        }
        Err(_) => return Err("a name has letters, digits, hyphens and dots".to_owned()),
    };
    let labels: Vec<&str> = name.split('.').collect();
    let well_formed = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !labels.iter().all(well_formed) {
        return Err("a name has letters, digits, hyphens and dots, and none of its parts begins or ends with a hyphen"
            .to_owned());
    }
    let Some((last, [_, ..])) = labels.split_last() else {
        return Err(format!(
            "{name} is a name for the home network; one on the internet has a dot, as example.org has"
        ));
    };
    if NOT_PUBLIC.contains(last) {
        return Err(format!(
            "nobody on the internet can look up a name that ends in .{last}; it works at home without this"
        ));
    }
    if name.len() > LONGEST_DOMAIN {
        return Err(format!(
            "a name is {LONGEST_DOMAIN} letters at most, so that those of apps fit in front"
        ));
    }
    Ok(name)
}

/// An address for letters from the one who issues certificates, or why it is none.
pub(crate) fn email(typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"{}\"\\<>,;:".contains(&byte);
    let halves = typed
        .split_once('@')
        .filter(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    match halves {
        _ if typed.is_empty() => Ok(String::new()),
        Some(_) if typed.len() <= 254 && typed.bytes().all(fits) => Ok(typed.to_owned()),
        _ => Err("an e-mail address looks like ada@example.org".to_owned()),
    }
}

/// An app's name on the internet; empty without a domain.
pub(crate) fn public_host(id: &AppId, chosen: &Chosen) -> String {
    match chosen.domain.as_str() {
        "" => String::new(),
        domain => format!("{}.{domain}", host_label(id)),
    }
}

/// Where an app is told that its page is. One address has to do for everybody who comes, so it is the one that works
/// from the most places: the domain, which is reached from everywhere; else the name in the house.
pub(crate) fn told(id: &AppId, host: &str, chosen: &Chosen, https_port: u16) -> Exposure {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, port.parse().ok()));
    let secure_port = (https_port != 443).then_some(https_port);
    if host.is_empty() || https_port == 0 || (chosen.domain.is_empty() && !chosen.always_https) {
        return Exposure { scheme: "http".to_owned(), host: name.to_owned(), port, public: false };
    }
    let public = !chosen.domain.is_empty();
    let host = if public { public_host(id, chosen) } else { name.to_owned() };
    // Outside, routers forward the usual port, whatever it leads to here.
    Exposure { scheme: "https".to_owned(), host, port: secure_port.filter(|_| !public), public }
}

/// Why Caddy has no certificate for a name, in its own words: the latest line about it in its log.
pub(crate) fn reason(log: &str, name: &str) -> Option<String> {
    let about = |line: &&str| line.contains(name);
    log.lines().rev().filter(about).find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let of = line.get("identifier").and_then(serde_json::Value::as_str) == Some(name);
        let error = line.get("error").and_then(serde_json::Value::as_str).filter(|_| of)?;
        // Caddy puts where it asked in front, several times; the last part is what was answered.
        let error = error.strip_prefix(&format!("[{name}] ")).unwrap_or(error);
        Some(error.chars().filter(|letter| !letter.is_control()).take(400).collect())
    })
}

/// What to do about it.
pub(crate) fn next_step(reason: &str, domain: &str, address: &str) -> String {
    let here = if address.is_empty() { "this server".to_owned() } else { format!("this server ({address})") };
    let is = |words: &[&str]| words.iter().any(|word| reason.to_ascii_lowercase().contains(word));
    if is(&["acme:error:dns", "nxdomain", "no such host", "dns problem", "no valid ip"]) {
        format!(
            "At whoever keeps {domain} for you, add an A record (and AAAA, if you have IPv6) for {domain} and for \
             *.{domain} with the address that your router has on the internet"
        )
    } else if is(&["ratelimited", "rate limit", "too many"]) {
        "Whoever issues certificates wants a pause; nothing needs to be done, it is tried again".to_owned()
    } else if is(&[
        "acme:error:connection",
        "acme:error:unauthorized",
        "acme:error:tls",
        "timeout during connect",
        "invalid response",
    ]) {
        format!(
            "Let your router forward ports 80 and 443 to {here}, and check that the A and AAAA records of {domain} \
             are the address that your router has on the internet"
        )
    } else if is(&["acme:error:caa"]) {
        format!(
            "A CAA record of {domain} names who may issue certificates, and it is somebody else; change or remove it"
        )
    } else if is(&[
        "connection refused",
        "i/o timeout",
        "network is unreachable",
        "server misbehaving",
        "temporary failure",
    ]) {
        "Whoever issues certificates cannot be reached from here; check that this server reaches the internet"
            .to_owned()
    } else {
        format!(
            "Check that {domain} leads to your router and that it forwards ports 80 and 443 to {here}; it is tried again"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_name_on_the_internet() {
        for (typed, name) in [
            ("home.example.org", "home.example.org"),
            (" Home.Example.ORG. ", "home.example.org"),
            ("example.org", "example.org"),
            ("büro.example.org", "xn--bro-hoa.example.org"),
            ("a.b.c.d.example.co.uk", "a.b.c.d.example.co.uk"),
        ] {
            assert_eq!(domain(typed).as_deref(), Ok(name), "{typed}");
        }
        for (typed, why) in [
            ("", "type the name"),
            ("https://home.example.org", "without https://"),
            ("home.example.org:443", "without https://"),
            ("home.example.org/x", "without https://"),
            ("192.168.1.5", "an address is no name"),
            ("0x7f.1", "an address is no name"),
            ("fd00::1", "an address is no name"),
            ("[fd00::1]", "without https://"),
            ("*.example.org", "a wildcard is not needed"),
            ("attic", "has a dot"),
            ("attic.local", ".local"),
            ("x.home.arpa", ".arpa"),
            ("attic.lan", ".lan"),
            ("a b.example.org", "letters"),
            ("{env.HOME}.example.org", "letters"),
            ("-a.example.org", "hyphen"),
            ("a_b.example.org", "hyphen"),
            ("a..example.org", "hyphen"),
            (&format!("{}.org", "a".repeat(64)), "letters"),
            (&format!("{}org", "abcdefghi.".repeat(20)), "180 letters"),
        ] {
            let said = domain(typed).unwrap_err();
            assert!(said.contains(why), "{typed}: {said}");
        }
    }

    #[test]
    fn letters_go_to_an_address_or_to_nobody() {
        assert_eq!(email(" "), Ok(String::new()));
        assert_eq!(email("ada@example.org"), Ok("ada@example.org".to_owned()));
        for typed in [
            "ada",
            "@example.org",
            "a@b",
            "a@b@c.d",
            "a b@example.org",
            "{env.X}@example.org",
            "a\"@example.org",
        ] {
            assert!(email(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn an_app_is_told_the_address_that_works_from_the_most_places() {
        let id = AppId::new("my.notes").unwrap();
        let told = |host: &str, domain: &str, always_https, port| {
            let chosen = Chosen { domain: domain.to_owned(), email: String::new(), always_https };
            let Exposure { scheme, host, port, public } = told(&id, host, &chosen, port);
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            (format!("{scheme}://{host}{port}"), public)
        };
        let at = |text: &str, public| (text.to_owned(), public);
        let home = "my-notes.attic.local";
        assert_eq!(told(home, "", false, 443), at("http://my-notes.attic.local", false));
        assert_eq!(
            told("my-notes.localhost:8080", "", false, 8443),
            at("http://my-notes.localhost:8080", false)
        );
        assert_eq!(told(home, "", true, 443), at("https://my-notes.attic.local", false));
        assert_eq!(
            told("my-notes.localhost:8080", "", true, 8443),
            at("https://my-notes.localhost:8443", false)
        );
        assert_eq!(told(home, "home.example.org", false, 443), at("https://my-notes.home.example.org", true));
        // Without HTTPS there is no promise of it.
        assert_eq!(told(home, "home.example.org", true, 0), at("http://my-notes.attic.local", false));
        assert_eq!(told("", "home.example.org", true, 443), at("http://", false));
    }

    #[test]
    fn the_latest_reason_for_a_name_is_told_with_what_to_do() {
        let log = r#"{"level":"error","logger":"tls.obtain","msg":"could not get certificate from issuer","identifier":"home.example.org","error":"[home.example.org] an older one"}
{"level":"error","logger":"tls.obtain","msg":"could not get certificate from issuer","identifier":"home.example.org","error":"HTTP 400 urn:ietf:params:acme:error:dns - DNS problem: NXDOMAIN looking up A for home.example.org"}
{"level":"error","logger":"tls.obtain","msg":"could not get certificate from issuer","identifier":"notes.home.example.org","error":"HTTP 400 urn:ietf:params:acme:error:connection - Timeout during connect"}
not JSON, about home.example.org
"#;
        let found = reason(log, "home.example.org").unwrap();
        assert!(found.contains("NXDOMAIN"), "{found}");
        assert!(next_step(&found, "home.example.org", "192.168.1.5").contains("*.home.example.org"));
        let found = reason(log, "notes.home.example.org").unwrap();
        assert!(
            next_step(&found, "home.example.org", "192.168.1.5")
                .contains("80 and 443 to this server (192.168.1.5)")
        );
        assert_eq!(reason(log, "other.home.example.org"), None);
        assert_eq!(reason("", "home.example.org"), None);
        assert!(next_step("dial tcp: connection refused", "x.org", "").contains("reaches the internet"));
    }
}
