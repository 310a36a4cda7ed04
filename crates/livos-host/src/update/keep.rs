//! The packages of the version that is installed, kept so that it can be put back without any archive.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use livos_snapshot::files::{copy_file, make_folder, remove_folder, replace_folder};

use super::apt::Installed;
use super::files;
use super::programs::Programs;
use crate::Error;

/// What dpkg adds to a description when it installs.
const OF_DPKG: [&str; 3] = ["Status", "Conffiles", "Config-Version"];

impl Programs {
    /// Keeps `packages` in the folder `kept`, from wherever they can be had.
    pub(super) fn keep(&self, packages: &[Installed], kept: &Path) -> Result<(), Error> {
        let next = kept.with_extension("next");
        remove_folder(&next)?;
        make_folder(&next)?;
        for package in packages {
            let place = next.join(file_name(package));
            let caches = [kept.to_owned(), self.at("var/cache/apt/archives")];
            match caches
                .iter()
                .map(|cache| cache.join(file_name(package)))
                .find(|file| self.is(file, package))
            {
                Some(file) => copy_file(&file, &place)?,
                None => {
                    self.fetch(package, &next, &place).or_else(|_| self.repack(package, &next, &place))?;
                }
            }
        }
        Ok(replace_folder(&next, kept)?)
    }

    /// Keeps what was just installed for the next time, if apt still has it; what was kept until now goes.
    pub(super) fn keep_new(&self, packages: &[Installed], kept: &Path) -> Result<(), Error> {
        let cache = self.at("var/cache/apt/archives");
        let next = kept.with_extension("next");
        remove_folder(&next)?;
        make_folder(&next)?;
        for package in packages {
            let file = cache.join(file_name(package));
            if self.is(&file, package) {
                copy_file(&file, &next.join(file_name(package)))?;
            }
        }
        Ok(replace_folder(&next, kept)?)
    }

    /// Puts the kept packages back.
    pub(super) fn put_back(
        &self,
        kept: &Path,
        on_line: impl FnMut(&str) -> Result<bool, Error>,
    ) -> Result<String, Error> {
        let mut debs = Vec::new();
        for entry in fs::read_dir(kept).map_err(files("could not read", kept))? {
            debs.push(entry.map_err(files("could not read", kept))?.path().to_string_lossy().into_owned());
        }
        debs.sort();
        let words: Vec<&str> = debs.iter().map(String::as_str).collect();
        // dpkg itself: apt refuses to do anything while something is half done.
        let options = ["--status-fd=3", "--force-confold", "--force-downgrade", "--install"];
        self.follow("dpkg", &[&options[..], &words[..]].concat(), on_line)
    }

    /// Whether a file is this package in this version.
    fn is(&self, file: &Path, package: &Installed) -> bool {
        let path = file.to_string_lossy();
        let about = |field| self.try_ask("dpkg-deb", &["--field", &path, field]);
        file.is_file()
            && matches!(about("Package"), Ok((true, name, _)) if name.trim() == package.name)
            && matches!(about("Version"), Ok((true, version, _)) if version.trim() == package.version)
    }

    /// From the archive, if it still has it.
    fn fetch(&self, package: &Installed, folder: &Path, place: &Path) -> Result<(), Error> {
        let wanted = format!("{}={}", package.name, package.version);
        // The folder is root's alone, so apt can't fetch as somebody else.
        self.run_in(folder, "apt-get", &["-q", "-o", "APT::Sandbox::User=root", "download", &wanted])?;
        if self.is(place, package) {
            return Ok(());
        }
        Err(Error::Failed { program: "apt-get download".to_owned(), said: format!("{wanted} did not come") })
    }

    /// From what is installed, if it is still what was installed.
    fn repack(&self, package: &Installed, folder: &Path, place: &Path) -> Result<(), Error> {
        let no_way_back = |why: &str| Error::Refused {
            code: "no_way_back",
            message: format!(
                "{} {} can't be kept, so there would be no way back: {why}. Update by hand with apt if that is wanted.",
                package.name, package.version
            ),
        };
        let changed = self.ask("dpkg", &["--verify", &package.name])?;
        if let Some(line) = changed.lines().next() {
            return Err(no_way_back(&format!("files of it were changed here ({})", line.trim())));
        }
        let tree = folder.join("tree");
        make_folder(&tree)?;
        // A package's own folders are for everybody.
        fs::set_permissions(&tree, fs::Permissions::from_mode(0o755))
            .map_err(files("could not use", &tree))?;
        for path in self.ask("dpkg-query", &["--listfiles", &package.name])?.lines() {
            let relative = path.trim_start_matches('/');
            if !relative.is_empty() && relative != "." {
                self.copy_installed(relative, &tree)?;
            }
        }
        let control = tree.join("DEBIAN");
        make_folder(&control)?;
        fs::set_permissions(&control, fs::Permissions::from_mode(0o755))
            .map_err(files("could not use", &control))?;
        let about = description(&self.ask("dpkg-query", &["--status", &package.name])?);
        fs::write(control.join("control"), about).map_err(files("could not write", &control))?;
        for name in self.ask("dpkg-query", &["--control-list", &package.name])?.lines() {
            let file = control.join(name);
            let text = self.ask("dpkg-query", &["--control-show", &package.name, name])?;
            fs::write(&file, text).map_err(files("could not write", &file))?;
            let mode = if name == "md5sums" || name == "triggers" { 0o644 } else { 0o755 };
            fs::set_permissions(&file, fs::Permissions::from_mode(mode))
                .map_err(files("could not use", &file))?;
        }
        let (from, to) = (tree.to_string_lossy(), place.to_string_lossy());
        self.ask("dpkg-deb", &["--root-owner-group", "-Zgzip", "-z1", "--build", &from, &to])?;
        remove_folder(&tree)?;
        if self.is(place, package) { Ok(()) } else { Err(no_way_back("dpkg-deb made something else of it")) }
    }

    fn copy_installed(&self, relative: &str, tree: &Path) -> Result<(), Error> {
        let (from, to) = (self.at(relative), tree.join(relative));
        let about = fs::symlink_metadata(&from).map_err(files("could not read", &from))?;
        let copied = if about.is_dir() {
            fs::create_dir_all(&to).and_then(|()| fs::set_permissions(&to, about.permissions()))
        } else if about.is_symlink() {
            fs::read_link(&from).and_then(|target| symlink(target, &to))
        } else {
            fs::copy(&from, &to).map(drop)
        };
        copied.map_err(files("could not copy", &from))
    }
}

/// As apt names it in its cache and downloads.
fn file_name(package: &Installed) -> PathBuf {
    let version = package.version.replace(':', "%3a");
    PathBuf::from(format!("{}_{version}_{}.deb", package.name, package.architecture))
}

/// A package's description without what dpkg says of its installation.
fn description(status: &str) -> String {
    let mut text = String::new();
    let mut skipped = false;
    for line in status.lines() {
        if !line.starts_with(' ') {
            let name = line.split(':').next().unwrap_or_default();
            skipped = OF_DPKG.contains(&name);
        }
        if !skipped && !line.is_empty() {
            text += line;
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::description;

    #[test]
    fn a_description_is_what_its_makers_wrote() {
        let status = "Package: livos\nStatus: install ok installed\nConffiles:\n /etc/x 00\nVersion: 1\n\
            Description: home\n more\n";
        assert_eq!(description(status), "Package: livos\nVersion: 1\nDescription: home\n more\n");
    }
}
