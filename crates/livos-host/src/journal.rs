//! What services wrote, by the program that reads the machine's journal.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// A journal on a disk that is failing is not waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// The last lines of some units, oldest first, and at most so many bytes of them; nothing if they never wrote any.
pub(crate) async fn last_lines(
    program: &Path,
    units: &[&str],
    lines: u32,
    most_bytes: u64,
) -> io::Result<Vec<u8>> {
    let mut command = Command::new(program);
    command.args(["--quiet", "--no-pager", "--output=short-iso"]).arg(format!("--lines={lines}"));
    command.args(units.iter().map(|unit| format!("--unit={unit}")));
    command.env_clear().env("LC_ALL", "C.UTF-8").kill_on_drop(true);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let read = async {
        let mut text = Vec::new();
        stdout.take(most_bytes).read_to_end(&mut text).await?;
        // Whoever is not read to the end is ended.
        if u64::try_from(text.len()).unwrap_or(u64::MAX) < most_bytes && !child.wait().await?.success() {
            return Err(io::Error::other("the program that reads the journal failed"));
        }
        Ok(text)
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
