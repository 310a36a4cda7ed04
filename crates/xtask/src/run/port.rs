//! Who has our port?

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context as _, Result, bail};

/// Fails with the name of the program that listens on `port` already.
pub(crate) fn check(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let who = holder(port).unwrap_or_else(|| "another program".to_owned());
            bail!("port {port} is taken by {who}; stop it, or choose another port with --port N")
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            bail!("port {port} is for root only; choose one above 1023 with --port N")
        }
        Err(error) => Err(error).with_context(|| format!("port {port} can't be used")),
    }
}

/// The kernel knows the socket's inode; a process that has it open is the holder.
fn holder(port: u16) -> Option<String> {
    let wanted: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else { continue };
        for descriptor in descriptors.flatten() {
            let Ok(link) = std::fs::read_link(descriptor.path()) else { continue };
            if wanted.iter().any(|socket| link.as_os_str() == socket.as_str()) {
                let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
                return Some(format!("{} (process {pid})", name.trim()));
            }
        }
    }
    None
}

/// The inodes of the sockets that listen on `port`, from the text of /proc/net/tcp.
fn listening(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let suffix = format!(":{port:04X}");
    table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
            (local.ends_with(&suffix) && *state == LISTEN).then(|| (*inode).to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_taken_port_names_its_holder() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let error = super::check(port).expect_err("it is taken").to_string();
        assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
        assert!(error.contains("--port"), "{error}");
        drop(listener);
        super::check(port).expect("it is free again");
    }
}
