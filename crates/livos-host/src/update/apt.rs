//! What apt and dpkg know, and what they are told to do.

use livos_bus::documents::UpdatePackage;

use super::Folder;
use super::programs::{Programs, failed};
use crate::Error;

/// The package that LivOS is.
pub(super) const LIVOS: &str = "livos";
/// The field of a package's description that says what is new.
const NEWS: &str = "News";
/// More of it is nobody's to read on a small page.
const LONGEST_NEWS: usize = 16 * 1024;

/// A package of ours that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installed {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) architecture: String,
}

/// What an update would do.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// The newer version of LivOS.
    pub(super) version: String,
    /// Words for apt: `livos=0.2.0`.
    pub(super) wanted: Vec<String>,
    /// Everything that changes.
    pub(super) packages: Vec<UpdatePackage>,
    pub(super) download_bytes: u64,
    /// Bytes on the disk once it is unpacked.
    pub(super) installed_bytes: u64,
    pub(super) news: String,
}

/// What apt knows of one package.
#[derive(Debug, Default, PartialEq, Eq)]
struct Policy {
    candidate: String,
    /// Where versions come from, besides what is installed.
    sources: Vec<String>,
}

/// What brings a whole system up to date.
const WHOLE: [&str; 2] = ["upgrade", "--with-new-pkgs"];

/// Options of every change: keep what people configured, wait a little for others.
const CHANGE: [&str; 13] = [
    "-y",
    "-q",
    "--no-remove",
    "-o",
    "APT::Status-Fd=3",
    "-o",
    "Dpkg::Use-Pty=0",
    "-o",
    "DPkg::Lock::Timeout=60",
    "-o",
    "Dpkg::Options::=--force-confdef",
    "-o",
    "Dpkg::Options::=--force-confold",
];

impl Programs {
    /// Our packages, LivOS itself first.
    pub(super) fn installed(&self) -> Result<Vec<Installed>, Error> {
        let format = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n";
        let (_, text, _) = self.try_ask("dpkg-query", &["-W", "-f", format, "livos*"])?;
        let mut found: Vec<Installed> = text.lines().filter_map(installed).collect();
        found.sort_by_key(|package| (package.name != LIVOS, package.name.clone()));
        Ok(found)
    }

    /// The version of LivOS, if it is installed and set up.
    pub(super) fn version(&self) -> Result<Option<String>, Error> {
        Ok(self.installed()?.into_iter().find(|package| package.name == LIVOS).map(|package| package.version))
    }

    /// What dpkg left half done, in its words; nothing if nothing.
    pub(super) fn unfinished(&self) -> Result<String, Error> {
        Ok(self.ask("dpkg", &["--audit"])?.trim().to_owned())
    }

    /// Ends what dpkg left half done, as far as that goes.
    pub(super) fn configure(&self) -> Result<(), Error> {
        let (well, _, said) = self.try_ask("dpkg", &["--configure", "-a", "--force-confold"])?;
        if !well {
            tracing::warn!("not everything could be set up: {}", said.trim());
        }
        Ok(())
    }

    /// Reads the archives' lists anew; answers what apt says. A list that can't be had is no failure to apt, which
    /// then uses the one it has.
    pub(super) fn refresh(&self, on_line: impl FnMut(&str) -> Result<bool, Error>) -> Result<String, Error> {
        self.follow("apt-get", &["-q", "-o", "APT::Status-Fd=3", "update"], on_line)
    }

    /// The newer version and what it brings; `None` if this is the newest one.
    pub(super) fn plan(&self) -> Result<Option<Plan>, Error> {
        let Some(mut plan) = self.newer()? else { return Ok(None) };
        let wanted = plan.wanted.clone();
        let words = std::iter::once("install").chain(wanted.iter().map(String::as_str));
        self.simulate(&words.collect::<Vec<_>>(), &mut plan)?;
        Ok(Some(plan))
    }

    /// Everything that is newer, LivOS or not; `None` if nothing is.
    pub(super) fn whole_plan(&self) -> Result<Option<Plan>, Error> {
        let newer = match self.newer() {
            // An appliance gets what its system's makers put right, whoever brings LivOS.
            Err(Error::Refused { code: "no_archive", .. }) => None,
            newer => newer?,
        };
        let mut plan = newer.unwrap_or_default();
        self.simulate(&WHOLE, &mut plan)?;
        Ok((!plan.packages.is_empty()).then_some(plan))
    }

    /// The same programs, for which LivOS stays as it is.
    pub(super) fn without_livos(&self, folder: &Folder) -> Result<Self, Error> {
        let (database, path) = (self.at("var/lib/dpkg/status"), folder.path().join("held"));
        let known = std::fs::read_to_string(&database).map_err(super::files("could not read", &database))?;
        let text = livos_image::held::preferences(&known);
        std::fs::write(&path, text).map_err(super::files("could not write", &path))?;
        Ok(Self { held: Some(path), ..self.clone() })
    }

    /// The newer version of LivOS.
    fn newer(&self) -> Result<Option<Plan>, Error> {
        let ours = self.installed()?;
        let Some(livos) = ours.first().filter(|package| package.name == LIVOS) else {
            return Err(Error::Refused {
                code: "no_archive",
                message: "LivOS is not installed as a package, so apt can't bring a newer one.".to_owned(),
            });
        };
        let about = policy(&self.ask("apt-cache", &["policy", LIVOS])?);
        if about.sources.is_empty() {
            return Err(Error::Refused {
                code: "no_archive",
                message: "No archive offers LivOS to apt here. Add one as install.sh does, in \
                    /etc/apt/sources.list.d/livos.sources, and look again."
                    .to_owned(),
            });
        }
        if !self.is_newer(&about.candidate, &livos.version)? {
            return Ok(None);
        }
        let mut plan = Plan { version: about.candidate, ..Plan::default() };
        for package in &ours {
            let candidate = if package.name == LIVOS {
                plan.version.clone()
            } else {
                policy(&self.ask("apt-cache", &["policy", &package.name])?).candidate
            };
            if self.is_newer(&candidate, &package.version)? {
                plan.wanted.push(format!("{}={candidate}", package.name));
            }
        }
        let about = self.ask("apt-cache", &["show", &format!("{LIVOS}={}", plan.version)])?;
        plan.news = field(&about, NEWS).chars().take(LONGEST_NEWS).collect();
        plan.installed_bytes =
            field(&about, "Installed-Size").trim().parse::<u64>().unwrap_or_default().saturating_mul(1024);
        Ok(Some(plan))
    }

    /// The version of LivOS that the archives have, installed or not; `""` if they have none.
    pub(super) fn brought(&self) -> Result<String, Error> {
        let known = self.ask("apt-cache", &["madison", LIVOS])?;
        Ok(known.split('|').nth(1).unwrap_or_default().trim().to_owned())
    }

    /// What apt would change and fetch.
    fn simulate(&self, verb: &[&str], plan: &mut Plan) -> Result<(), Error> {
        let words = [&["-s", "--no-remove"], verb].concat();
        let (well, trial, said) = self.try_ask("apt-get", &words)?;
        if !well {
            return Err(match lacking(&trial, &said) {
                Some(what) if self.offer.is_some() => lacks(&plan.version, &what),
                _ => failed("apt-get", &words, &said),
            });
        }
        plan.packages = trial.lines().filter_map(changes).collect();
        let files = self.ask("apt-get", &[&["-y", "-qq", "--print-uris"], verb].concat())?;
        plan.download_bytes = files.lines().filter_map(size).sum();
        Ok(())
    }

    /// Holds every package that a plan takes from a bundle against what was signed; answers one that is not like it.
    /// apt looks once more when it takes them, but by then somebody has agreed to something.
    pub(super) fn spoilt(&self, plan: &Plan, whole: bool) -> Result<Option<String>, Error> {
        let wanted = plan.wanted.iter().map(String::as_str);
        let verb: Vec<&str> =
            if whole { WHOLE.to_vec() } else { std::iter::once("install").chain(wanted).collect() };
        // Unless it is told otherwise apt shows the weakest sum that it knows.
        let words = ["-y", "-qq", "--print-uris", "-o", "Acquire::ForceHash=SHA256"];
        let files = self.ask("apt-get", &[&words[..], &verb[..]].concat())?;
        for line in files.lines() {
            let Some((path, sum)) = signed(line) else { return Ok(Some(line.to_owned())) };
            let (well, said, _) = self.try_ask("sha256sum", &["--", &path])?;
            // A name that needs quoting is quoted, which begins with a backslash.
            if !well || said.trim_start_matches('\\').split_whitespace().next() != Some(sum) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    fn is_newer(&self, one: &str, other: &str) -> Result<bool, Error> {
        if one.is_empty() || one == "(none)" {
            return Ok(false);
        }
        Ok(self.try_ask("dpkg", &["--compare-versions", one, "gt", other])?.0)
    }

    /// Fetches what `install` will need.
    pub(super) fn download(
        &self,
        wanted: &[String],
        on_line: impl FnMut(&str) -> Result<bool, Error>,
    ) -> Result<String, Error> {
        self.change(&["--download-only", "install"], wanted, on_line)
    }

    /// Installs packages.
    pub(super) fn install(
        &self,
        wanted: &[String],
        on_line: impl FnMut(&str) -> Result<bool, Error>,
    ) -> Result<String, Error> {
        self.change(&["install"], wanted, on_line)
    }

    fn change(
        &self,
        how: &[&str],
        wanted: &[String],
        on_line: impl FnMut(&str) -> Result<bool, Error>,
    ) -> Result<String, Error> {
        let words: Vec<&str> = wanted.iter().map(String::as_str).collect();
        self.follow("apt-get", &[&CHANGE[..], how, &words[..]].concat(), on_line)
    }

    /// Who changes packages just now, if somebody does.
    pub(super) fn who_is_changing(&self) -> Result<Option<String>, Error> {
        let path = self.at("var/lib/dpkg/lock-frontend");
        let Ok(file) = std::fs::File::options().read(true).write(true).open(&path) else { return Ok(None) };
        let asked = rustix::process::Flock::from(rustix::process::FlockType::WriteLock);
        let holder = rustix::process::fcntl_getlk(&file, &asked)
            .map_err(|error| super::files("could not ask who uses", &path)(error.into()))?;
        Ok(holder.and_then(|lock| lock.pid).map(|id| {
            let id = id.as_raw_nonzero();
            let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            format!("{} (process {id})", name.trim())
        }))
    }
}

/// The first archive that apt could not reach, as it says it.
pub(super) fn unreachable(said: &str) -> Option<String> {
    said.lines().find_map(|line| Some(line.split_once("Failed to fetch ")?.1.trim().to_owned()))
}

fn installed(line: &str) -> Option<Installed> {
    let mut parts = line.split('\t');
    // The second letter says what it is: i is installed and set up.
    let state = parts.next()?;
    if state.chars().nth(1) != Some('i') {
        return None;
    }
    let mut next = || parts.next().map(str::to_owned);
    Some(Installed { name: next()?, version: next()?, architecture: next()? })
}

fn policy(text: &str) -> Policy {
    let mut found = Policy::default();
    for line in text.lines() {
        let line = line.trim();
        if let Some(version) = line.strip_prefix("Candidate: ") {
            found.candidate = version.to_owned();
        } else if let Some((priority, from)) = line.split_once(' ') {
            let is_source = priority.parse::<i32>().is_ok() && from.contains('/');
            if is_source && !from.ends_with("/var/lib/dpkg/status") {
                found.sources.push(from.to_owned());
            }
        }
    }
    found
}

/// `Inst livos [0.1.0] (0.2.0 LivOS:stable [amd64])`, or without the first version.
fn changes(line: &str) -> Option<UpdatePackage> {
    let (name, rest) = line.strip_prefix("Inst ")?.split_once(' ')?;
    let (from, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once("] ")?,
        None => ("", rest),
    };
    let to = rest.strip_prefix('(')?.split([' ', ')']).next()?;
    Some(UpdatePackage { name: name.to_owned(), from: from.to_owned(), to: to.to_owned() })
}

/// What apt says that a package needs and can't have; older ones say so on one output, newer ones on the other.
fn lacking(trial: &str, said: &str) -> Option<String> {
    let needs = |line: &&str| line.contains("Depends: ") || line.contains(" Depends ");
    let lines: Vec<&str> = trial.lines().chain(said.lines()).filter(needs).map(str::trim).take(6).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

fn lacks(version: &str, what: &str) -> Error {
    Error::Refused {
        code: "lacking",
        message: format!(
            "LivOS {version} needs packages that are neither in the file nor on this machine: {what}. Get a file that \
             holds them, install them first, or update over the network."
        ),
    }
}

/// `'http://…/livos_0.2.0_amd64.deb' livos_0.2.0_amd64.deb 12345 SHA256:…`
fn size(line: &str) -> Option<u64> {
    line.strip_prefix('\'')?.rsplit_once('\'')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// `'copy:/…/livos_1%253a2_amd64.deb' livos_1%3a2_amd64.deb 12345 SHA256:…`: where it is, and its sum.
fn signed(line: &str) -> Option<(String, &str)> {
    let (uri, rest) = line.strip_prefix("'copy:")?.rsplit_once('\'')?;
    let sum = rest.split_whitespace().nth(2)?.strip_prefix("SHA256:")?;
    let mut parts = uri.split('%');
    let mut path = parts.next()?.to_owned();
    for part in parts {
        let (code, plain) = part.split_at_checked(2)?;
        path.push(char::from(u8::from_str_radix(code, 16).ok().filter(u8::is_ascii)?));
        path += plain;
    }
    Some((path, sum))
}

/// A field of a description, its later lines without their indent; the first description counts.
fn field(text: &str, name: &str) -> String {
    let mut lines = text.lines().skip_while(|line| {
        line.split_once(':').is_none_or(|(field, _)| line.starts_with(' ') || field != name)
    });
    let Some((_, first)) = lines.next().and_then(|line| line.split_once(':')) else { return String::new() };
    let more = lines.take_while(|line| line.starts_with(' ')).map(|line| match line.trim_start() {
        "." => "",
        _ => line.get(1..).unwrap_or_default(),
    });
    std::iter::once(first.trim()).chain(more).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// What apt says of its progress: percent, and words.
pub(super) fn progress(line: &str) -> Option<(u8, String)> {
    let mut parts = line.splitn(4, ':');
    let kind = parts.next()?;
    if kind != "pmstatus" && kind != "dlstatus" {
        return None;
    }
    let (percent, words) = (parts.nth(1)?, parts.next()?);
    let percent: f64 = percent.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 100")]
    Some((percent.clamp(0.0, 100.0) as u8, words.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_what_apt_says() {
        for (line, wanted) in [
            ("pmstatus:livos:42.8571:Unpacking livos (amd64)", Some((42, "Unpacking livos (amd64)"))),
            ("dlstatus:1:99.9:Retrieving file 1 of 1: x", Some((99, "Retrieving file 1 of 1: x"))),
            ("pmstatus:livos:400:All", Some((100, "All"))),
            ("pmerror:livos:50:no", None),
            ("Reading package lists...", None),
            ("pmstatus:livos", None),
        ] {
            assert_eq!(progress(line), wanted.map(|(percent, words)| (percent, words.to_owned())), "{line}");
        }
    }

    #[test]
    fn changes_have_a_name_and_versions() {
        let of = |line| changes(line).map(|one| format!("{} {} {}", one.name, one.from, one.to));
        assert_eq!(of("Inst livos [0.1.0] (0.2.0 LivOS:stable [amd64])").unwrap(), "livos 0.1.0 0.2.0");
        assert_eq!(of("Inst git (1:2.39.5 Debian:12 [amd64]) []").unwrap(), "git  1:2.39.5");
        assert_eq!(of("Conf livos (0.2.0 LivOS:stable [amd64])"), None);
    }

    #[test]
    fn an_archive_is_more_than_what_is_installed() {
        let installed = "livos:\n  Installed: 0.1.0\n  Candidate: 0.1.0\n  Version table:\n *** 0.1.0 100\n        \
            100 /var/lib/dpkg/status\n";
        assert_eq!(policy(installed), Policy { candidate: "0.1.0".to_owned(), sources: Vec::new() });
        let offered = format!("{installed}     0.0.9 500\n        500 http://x stable/main amd64 Packages\n");
        assert_eq!(policy(&offered).sources, ["http://x stable/main amd64 Packages"]);
    }

    #[test]
    fn sizes_and_fields() {
        assert_eq!(size("'file:/a b/livos_1.deb' livos_1.deb 1234 SHA256:00"), Some(1234));
        assert_eq!(size("nothing"), None);
        assert_eq!(
            signed("'copy:/a/livos_1%253a2.deb' livos_1%3a2.deb 12 SHA256:0f"),
            Some(("/a/livos_1%3a2.deb".to_owned(), "0f"))
        );
        for other in
            ["'http://x/a.deb' a.deb 1 SHA256:00", "'copy:/a%2' a 1 SHA256:00", "'copy:/a' a 1 MD5Sum:00"]
        {
            assert_eq!(signed(other), None, "{other}");
        }
        let text =
            "Package: livos\nNews: One\n - Two\n .\n - Three\nVersion: 2\n\nPackage: livos\nNews: Old\n";
        assert_eq!(field(text, "News"), "One\n- Two\n\n- Three");
        assert_eq!((field(text, "Version").as_str(), field(text, "Nothing").as_str()), ("2", ""));
    }

    #[test]
    fn what_is_lacking_is_named_by_old_and_new_apts() {
        let old = "The following packages have unmet dependencies:\n livos : Depends: fuse4 but it is not installable\n";
        assert_eq!(lacking(old, "E: broken").unwrap(), "livos : Depends: fuse4 but it is not installable");
        let new = "E: Unable to satisfy dependencies. Reached two conflicting assignments:\n   1. livos:amd64=2 is selected for install\n   2. livos:amd64 Depends fuse4\n      but none of the choices are installable:\n";
        assert_eq!(lacking("", new).unwrap(), "2. livos:amd64 Depends fuse4");
        assert_eq!(lacking("Inst livos", "E: locked"), None);
    }

    #[test]
    fn half_installed_is_not_installed() {
        assert_eq!(installed("ii \tlivos\t0.1.0\tamd64").unwrap().version, "0.1.0");
        assert_eq!(installed("iF \tlivos\t0.1.0\tamd64"), None);
        assert_eq!(installed(""), None);
    }

    #[test]
    fn an_archive_that_is_away_is_named() {
        let said = "W: Failed to fetch http://x/InRelease  Could not connect\nW: Some index files failed";
        assert_eq!(unreachable(said).unwrap(), "http://x/InRelease  Could not connect");
        assert_eq!(unreachable("Reading package lists..."), None);
    }
}
