//! `livos apps settings`

use clap::Args;

use super::key_value;

#[derive(Debug, Args)]
pub(crate) struct SettingsArguments {
    /// The app's id
    pub(crate) app: String,
    /// Answer a question anew; with nothing behind the "=", the answer is taken back
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) answers: Vec<(String, String)>,
    /// Answer a question with a line of the standard input, as a password should be
    #[arg(long = "ask", value_name = "KEY")]
    pub(crate) asked: Vec<String>,
    /// Publish a port as another one: 8096/tcp=9000, or page=9000 for its page; 0 is what its store asks for
    #[arg(long = "port", value_name = "PORT=NEW", value_parser = key_port)]
    pub(crate) ports: Vec<(String, u16)>,
    /// Give a service no more memory than this: web=512M; 0 is what its store says
    #[arg(long, value_name = "SERVICE=BYTES", value_parser = key_bytes)]
    pub(crate) memory: Vec<(String, u64)>,
    /// Let it control Docker, and with it this whole machine, or only look
    #[arg(long, value_name = "ACCESS", value_parser = ["view", "control"])]
    pub(crate) docker: Option<String>,
    /// Run another version of a service's image: web=1.2.3; with nothing behind the "=", its store's. Until then the app
    /// is not updated, and a version that is older than its data may not be able to read it
    #[arg(long = "image", value_name = "SERVICE=TAG", value_parser = key_value)]
    pub(crate) images: Vec<(String, String)>,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Agree to a new permission by its code
    #[arg(long, value_name = "CODE")]
    pub(crate) accept: Vec<String>,
    /// Agree to all new permissions
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Don't wait until it is done
    #[arg(long)]
    pub(crate) no_wait: bool,
}

fn key_port(text: &str) -> Result<(String, u16), String> {
    let (key, port) = key_value(text)?;
    let key = if key.contains('/') || key == "page" { key } else { format!("{key}/tcp") };
    Ok((key, port.parse().map_err(|_| "a port is a number from 0 to 65535")?))
}

/// `512M`, in powers of two, as Docker's own letters are.
fn key_bytes(text: &str) -> Result<(String, u64), String> {
    let (service, amount) = key_value(text)?;
    let lower = amount.to_ascii_lowercase();
    let lower = lower.strip_suffix('b').unwrap_or(&lower);
    let (digits, factor) = match lower.chars().last() {
        Some('k') => (&lower[..lower.len() - 1], 1 << 10),
        Some('m') => (&lower[..lower.len() - 1], 1 << 20),
        Some('g') => (&lower[..lower.len() - 1], 1 << 30),
        _ => (lower, 1),
    };
    let wrong = "write it as SERVICE=512M or SERVICE=2G";
    let count: u64 = digits.parse().map_err(|_| wrong)?;
    Ok((service, count.checked_mul(factor).ok_or(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::{key_bytes, key_port};

    #[test]
    fn ports_and_bytes_are_read() {
        assert_eq!(key_port("8096=9000"), Ok(("8096/tcp".to_owned(), 9000)));
        assert_eq!(key_port("page=9001"), Ok(("page".to_owned(), 9001)));
        assert_eq!(key_port("53/udp=0"), Ok(("53/udp".to_owned(), 0)));
        assert!(key_port("53/udp=70000").is_err());
        for (text, bytes) in
            [("web=512M", 512 << 20), ("web=2g", 2 << 30), ("web=0", 0), ("web=64kb", 64 << 10)]
        {
            assert_eq!(key_bytes(text), Ok(("web".to_owned(), bytes)), "{text}");
        }
        for text in ["web=", "web=many", "web=99999999999999G", "=1"] {
            assert!(key_bytes(text).is_err(), "{text}");
        }
    }
}
