//! What every root tree is told about itself, whoever composed it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::About as _;
use crate::{Error, Result, SlotVersion, tools};

const OS_RELEASE: &str = "usr/lib/os-release";

/// Writes which image this is into the tree's `os-release`. The rest of that file is the distribution's:
/// other people's packages look at it to know where they are.
pub fn describe(tree: &Path, version: &SlotVersion) -> Result<()> {
    let path = tree.join(OS_RELEASE);
    let text = fs::read_to_string(&path).about("could not read", &path)?;
    let new = path.with_extension("new");
    fs::write(&new, described(&text, version)).about("could not write", &new)?;
    fs::rename(&new, &path).about("could not write", path)
}

fn described(text: &str, version: &SlotVersion) -> String {
    let ours = ["IMAGE_ID=", "IMAGE_VERSION=", "PRETTY_NAME="];
    let theirs = text.lines().filter(|line| !ours.iter().any(|name| line.starts_with(name)));
    let mut lines: Vec<String> = theirs.map(str::to_owned).collect();
    lines.push(format!("PRETTY_NAME=\"LivOS {}\"", version.release()));
    lines.push("IMAGE_ID=livos".to_owned());
    lines.push(format!("IMAGE_VERSION={version}"));
    lines.join("\n") + "\n"
}

/// The newest kernel in a tree.
pub fn kernel_version(tree: &Path) -> Result<String> {
    let folder = tree.join("usr/lib/modules");
    let mut found: Vec<String> = fs::read_dir(&folder)
        .about("could not read", &folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        // A removed kernel may leave its folder behind.
        .filter(|name| tree.join(format!("boot/vmlinuz-{name}")).exists())
        .collect();
    found.sort_by_key(|name| numbers(name));
    found.pop().ok_or_else(|| Error::Slot("there is no kernel in the tree".to_owned()))
}

/// Where the initrd is made inside a tree.
pub const INITRD: &str = "/tmp/livos-initrd";

/// Lets the tree's own dracut make the initrd for a kernel. What is in it is said by the tree's
/// `dracut.conf.d`, so that an appliance makes the same as the machine that built the image.
pub fn make_initrd(dracut: &mut Command, kernel: &str) -> Result<()> {
    tools::run("dracut", dracut.args(["--force", "--kver", kernel, INITRD]))?;
    Ok(())
}

/// Numbers in a name, so that 6.12.9 comes before 6.12.10.
fn numbers(name: &str) -> Vec<u64> {
    let digits = |letter: char| !letter.is_ascii_digit();
    name.split(digits).filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_says_which_image_it_is() {
        let version = "0.2.0-7".parse().unwrap();
        let text = "PRETTY_NAME=\"Debian\"\nID=debian\nIMAGE_VERSION=0.1.0-6\n";
        let once = described(text, &version);
        assert_eq!(once, "ID=debian\nPRETTY_NAME=\"LivOS 0.2.0\"\nIMAGE_ID=livos\nIMAGE_VERSION=0.2.0-7\n");
        assert_eq!(described(&once, &version), once);
    }

    #[test]
    fn the_newest_kernel_that_is_there_starts() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("boot")).unwrap();
        for name in ["6.12.9-amd64", "6.12.10-amd64", "6.13.0-amd64"] {
            fs::create_dir_all(tree.path().join("usr/lib/modules").join(name)).unwrap();
        }
        for name in ["6.12.9-amd64", "6.12.10-amd64"] {
            fs::write(tree.path().join(format!("boot/vmlinuz-{name}")), "").unwrap();
        }
        assert_eq!(kernel_version(tree.path()).unwrap(), "6.12.10-amd64");
    }
}
