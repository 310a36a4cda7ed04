//! A folder and a few control files become a package.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::{Build, Profile};
use crate::shell;

/// Scripts that dpkg runs.
const SCRIPTS: [&str; 5] = ["preinst", "postinst", "prerm", "postrm", "config"];

/// Adds what every package has, and packs it. `control` holds the control file, the maintainer scripts, the copyright
/// and, where lintian has to be told something, its overrides.
pub(super) fn finish(
    build: &Build,
    name: &str,
    stage: &Path,
    control: &Path,
    output: &Path,
) -> Result<PathBuf> {
    documents(build, name, stage, control)?;
    modes(stage)?;
    control_files(build, stage, control)?;
    date(build.epoch, stage)?;
    fs::create_dir_all(output).with_context(|| format!("{} can't be made", output.display()))?;
    let architecture = if is_architecture_all(control)? { "all" } else { build.architecture.as_str() };
    let file = output.join(format!("{name}_{}_{architecture}.deb", build.version));
    // One thread: how xz cuts its blocks depends on how many there are.
    let compression: &[&str] = match build.profile {
        Profile::Release => &["-Zxz", "-z6"],
        Profile::Dev => &["-Zgzip", "-z1"],
    };
    shell::output(
        shell::command("dpkg-deb")
            .env("SOURCE_DATE_EPOCH", build.epoch.to_string())
            .env("DPKG_DEB_THREADS_MAX", "1")
            .args(["--root-owner-group", "--uniform-compression"])
            .args(compression)
            .arg("--build")
            .args([stage, &file]),
    )?;
    Ok(file)
}

/// Copies a folder with everything in it; links stay links.
pub(super) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("{} can't be made", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("{} can't be read", from.display()))? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)
                .with_context(|| format!("{} can't be linked", target.display()))?;
        } else {
            copy(&source, &target)?;
        }
    }
    Ok(())
}

/// Copies one file, making the folders above it.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    fs::copy(from, to).with_context(|| format!("{} can't be copied to {}", from.display(), to.display()))?;
    Ok(())
}

/// Writes one file, making the folders above it.
pub(super) fn write(to: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    fs::write(to, bytes).with_context(|| format!("{} can't be written", to.display()))
}

/// Compresses a file the way that gives the same bytes every time.
pub(super) fn gzip(file: &Path) -> Result<()> {
    shell::output(shell::command("gzip").arg("-9nf").arg(file)).map(|_| ())
}

/// Whether dpkg would take it: it begins with a digit and has no letter that means something to it.
pub(super) fn is_version(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || ".+~".contains(letter))
}

/// Copyright, changelog and overrides, where Debian keeps them.
fn documents(build: &Build, name: &str, stage: &Path, control: &Path) -> Result<()> {
    let doc = stage.join("usr/share/doc").join(name);
    // What holds something of others' says so in a copyright of its own.
    let own = control.join("copyright");
    let copyright = if own.is_file() { own } else { crate::root().join("rootfs/debian/copyright") };
    copy(&copyright, &doc.join("copyright"))?;
    let date = shell::output(shell::command("date").env("LC_ALL", "C").args([
        "-u",
        "-R",
        "-d",
        &format!("@{}", build.epoch),
    ]))?;
    let changelog = doc.join("changelog.gz").with_extension("");
    let maintainer = field(&control.join("control"), "Maintainer")?;
    write(
        &changelog,
        format!(
            "{name} ({}) stable; urgency=medium\n\n  * What changed stands in CHANGELOG.md of the livos package.\n\n -- {maintainer}  {date}",
            build.version
        ),
    )?;
    gzip(&changelog)?;
    let overrides = control.join("lintian-overrides");
    if overrides.is_file() {
        copy(&overrides, &stage.join("usr/share/lintian/overrides").join(name))?;
    }
    Ok(())
}

/// What the checkout's files happen to be allowed says nothing: programs are 0755, the rest 0644.
fn modes(folder: &Path) -> Result<()> {
    set_mode(folder, 0o755)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            modes(&entry.path())?;
        } else if kind.is_file() {
            let executable = entry.metadata()?.permissions().mode() & 0o100 != 0;
            set_mode(&entry.path(), if executable { 0o755 } else { 0o644 })?;
        }
    }
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .with_context(|| format!("the mode of {} can't be set", path.display()))
}

fn control_files(build: &Build, stage: &Path, control: &Path) -> Result<()> {
    let mut files = Vec::new();
    list(stage, stage, &mut files)?;
    files.sort();
    if let Some(file) = files.iter().find(|file| file.starts_with("etc")) {
        bail!("{} would be a file that upgrades ask about; ship it under /usr", file.display());
    }
    let mut sums = String::new();
    let mut size = 0;
    for file in &files {
        let path = stage.join(file);
        size += fs::metadata(&path)?.len().div_ceil(1024);
        let sum = shell::output(shell::command("md5sum").arg("--").arg(&path))?;
        let sum = sum.split_whitespace().next().unwrap_or_default();
        sums += &format!("{sum}  {}\n", file.display());
    }
    let place = stage.join("DEBIAN");
    let text = fs::read_to_string(control.join("control"))
        .with_context(|| format!("{} has no control file", control.display()))?;
    let filled = text
        .replace("@VERSION@", &build.version)
        .replace("@ARCHITECTURE@", &build.architecture)
        .replace("@INSTALLED_SIZE@", &size.to_string())
        .replace("@NEWS@", &news(&fs::read_to_string(crate::root().join("CHANGELOG.md"))?));
    write(&place.join("control"), filled)?;
    write(&place.join("md5sums"), sums)?;
    set_mode(&place, 0o755)?;
    for script in SCRIPTS {
        let source = control.join(script);
        if source.is_file() {
            copy(&source, &place.join(script))?;
            set_mode(&place.join(script), 0o755)?;
        }
    }
    for plain in ["triggers", "shlibs", "templates"] {
        if control.join(plain).is_file() {
            copy(&control.join(plain), &place.join(plain))?;
        }
    }
    Ok(())
}

/// Bytes of news in a package: archives and apt take no field of any length, and lintian says no from 5,000 on.
const LONGEST_NEWS: usize = 4500;

/// The newest part of the changelog as a field, cut where there is too much: later lines are indented, and a lone dot is an empty one.
fn news(changelog: &str) -> String {
    let newest = changelog.split("\n## ").nth(1).unwrap_or_default();
    let lines = newest.lines().skip(1).skip_while(|line| line.trim().is_empty());
    let lines: Vec<&str> =
        lines.map(|line| if line.trim().is_empty() { "." } else { line.trim_end() }).collect();
    let end = lines.iter().rposition(|line| *line != ".").map_or(0, |at| at + 1);
    let mut room = LONGEST_NEWS;
    let fits = |line: &&&str| match room.checked_sub(line.len() + 2) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let lines = lines.get(..end).unwrap_or_default();
    let mut shown: Vec<&str> = lines.iter().take_while(fits).copied().collect();
    if shown.len() < lines.len() {
        shown.push("- And more.");
    }
    shown.join("\n ")
}

fn list(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(root, &entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path().strip_prefix(root)?.to_owned());
        }
    }
    Ok(())
}

/// Everything in the package is as old as the sources.
fn date(epoch: u64, stage: &Path) -> Result<()> {
    shell::output(shell::command("find").arg(stage).args([
        "-exec",
        "touch",
        "-h",
        "-d",
        &format!("@{epoch}"),
        "{}",
        "+",
    ]))
    .map(|_| ())
}

fn is_architecture_all(control: &Path) -> Result<bool> {
    Ok(field(&control.join("control"), "Architecture")? == "all")
}

fn field(file: &Path, name: &str) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(|value| value.trim().to_owned())
        .with_context(|| format!("{} has no field {name}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_news_become_a_field() {
        let text =
            "# Changelog\n\nWords.\n\n## Unreleased\n\n### Added\n\n- One.\n- Two.\n\n## 0.1.0\n\n- Old.\n";
        assert_eq!(news(text), "### Added\n .\n - One.\n - Two.");
        assert_eq!(news("# Changelog\n"), "");
        let long = format!("# Changelog\n\n## Unreleased\n\n{}", "- What is new.\n".repeat(1000));
        assert!((4000..=5000).contains(&news(&long).len()) && news(&long).ends_with("\n - And more."));
    }

    #[test]
    fn versions_are_those_that_dpkg_takes() {
        for good in ["0.1.0", "0.1.0~dev1", "1.2+git20261125"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "v1", "1 2", "1/2", "1_2", "1.0-1;rm"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
