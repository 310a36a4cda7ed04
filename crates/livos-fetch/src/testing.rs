//! A world outside for tests.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that goes wrong here shall end")]

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

use tokio::net::TcpStream;

use crate::{Coming, Network};

/// The world outside: names lead where a test says, and every address that is gone to is a server of the test's.
#[derive(Debug, Default)]
pub struct FakeNetwork {
    /// Where a name leads; any other is not known.
    pub names: Mutex<HashMap<String, Vec<IpAddr>>>,
    /// The addresses that this machine is said to have.
    pub own: Mutex<Vec<IpAddr>>,
    /// Where everything is in truth.
    pub server: Mutex<Option<SocketAddr>>,
    went: Mutex<Vec<SocketAddr>>,
}

impl FakeNetwork {
    /// Has a name lead to these addresses.
    pub fn name(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.names.lock().unwrap().insert(name.to_owned(), addresses);
    }

    /// Whom it went to, in order.
    pub fn went(&self) -> Vec<SocketAddr> {
        self.went.lock().unwrap().clone()
    }
}

impl Network for FakeNetwork {
    fn own(&self) -> Coming<'_, Vec<IpAddr>> {
        let own = self.own.lock().unwrap().clone();
        Box::pin(async { Ok(own) })
    }

    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Coming<'a, Vec<SocketAddr>> {
        let found = self.names.lock().unwrap().get(host).cloned().unwrap_or_default();
        Box::pin(async move { Ok(found.into_iter().map(|address| (address, port).into()).collect()) })
    }

    fn connect(&self, to: SocketAddr) -> Coming<'_, TcpStream> {
        self.went.lock().unwrap().push(to);
        let server = *self.server.lock().unwrap();
        Box::pin(async move {
            let server = server.ok_or(std::io::ErrorKind::ConnectionRefused)?;
            TcpStream::connect(server).await
        })
    }
}
