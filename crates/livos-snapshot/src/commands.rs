//! The steps as command lines of coreutils and findutils.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Words of a command that copies what is in `from` into `to`, which exists.
#[must_use]
pub fn copy_words(from: &Path, to: &Path) -> Vec<OsString> {
    let mut from = from.as_os_str().to_owned();
    from.push("/.");
    let mut words: Vec<OsString> =
        ["cp", "--archive", "--reflink=auto", "--sparse=auto", "--one-file-system", "--"]
            .map(Into::into)
            .into();
    words.push(from);
    words.push(to.as_os_str().to_owned());
    words
}

/// Words of a command that removes what is in `folder`, and leaves it.
#[must_use]
pub fn clear_words(folder: &Path) -> Vec<OsString> {
    vec![
        "find".into(),
        // A name that begins with a dash would be an option; ours never do, and this makes sure.
        Path::new("/").join(folder).into(),
        "-xdev".into(),
        "-mindepth".into(),
        "1".into(),
        "-delete".into(),
    ]
}

pub(crate) fn copy(from: &Path, to: &Path) -> Command {
    command(copy_words(from, to))
}

pub(crate) fn clear(folder: &Path) -> Command {
    command(clear_words(folder))
}

fn command(words: Vec<OsString>) -> Command {
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}
