//! What Docker's daemon says over its socket: on Debian its command line is a package of its own, and not in the image.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::About as _;
use crate::{Error, Result};

/// Where it listens.
pub(crate) const SOCKET: &str = "/run/docker.sock";
/// A daemon that says nothing for so long does not answer.
const SILENCE: Duration = Duration::from_secs(30);
/// More than all containers of a server take.
const MOST: u64 = 32 << 20;

/// What there is at a path of its API; nothing if it says that there is none.
pub(crate) fn get<T: DeserializeOwned>(socket: &Path, path: &str) -> Result<Option<T>> {
    let answer = ask(socket, path).about("could not ask Docker at", socket)?;
    let Some((status, body)) = parts(&answer) else {
        return Err(Error::Docker("what it says is no answer".to_owned()));
    };
    match status {
        200 => serde_json::from_slice(body).map(Some).map_err(|error| Error::Docker(error.to_string())),
        404 => Ok(None),
        _ => Err(Error::Docker(format!("{status} {}", String::from_utf8_lossy(body).trim()))),
    }
}

fn ask(socket: &Path, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    // As long as HTTP is 1.0, the answer is in one piece and ends with the connection.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer)?;
    Ok(answer)
}

/// The status and the body.
fn parts(answer: &[u8]) -> Option<(u16, &[u8])> {
    const END: &[u8] = b"\r\n\r\n";
    let end = answer.windows(END.len()).position(|part| part == END)?;
    let (head, body) = answer.split_at(end);
    let status = std::str::from_utf8(head).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some((status, body.get(END.len()..)?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn asked(answer: &'static str) -> Result<Option<Vec<u32>>> {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let daemon = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 128];
            let length = stream.read(&mut asked).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        let answer = get(&socket, "/numbers");
        assert!(daemon.join().unwrap().starts_with("GET /numbers HTTP/1.0\r\n"));
        answer
    }

    #[test]
    fn an_answer_is_read_and_a_refusal_is_quoted() {
        assert_eq!(asked("HTTP/1.0 200 OK\r\nServer: Docker\r\n\r\n[1, 2]\n").unwrap(), Some(vec![1, 2]));
        assert_eq!(asked("HTTP/1.0 404 Not Found\r\n\r\n{}").unwrap(), None);
        let error = asked("HTTP/1.0 500 Internal Server Error\r\n\r\n{\"message\":\"no room\"}").unwrap_err();
        assert!(error.to_string().contains("no room"), "{error}");
        for cut_off in ["", "HTTP/1.0 200 OK\r\n", "HTTP/1.0 200 OK\r\n\r\n[1, "] {
            assert!(matches!(asked(cut_off), Err(Error::Docker(_))), "{cut_off:?}");
        }
        let absent = get::<Vec<u32>>(Path::new("/nowhere/docker.sock"), "/numbers").unwrap_err();
        assert!(absent.to_string().contains("could not ask Docker"), "{absent}");
    }
}
