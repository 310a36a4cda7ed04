//! What goes beside an image: the list of packages, the bill of materials, the checksums.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use livos_image::{RootHash, SlotVersion};
use serde_json::{Value, json};

use super::Build;
use crate::shell;

struct Package {
    name: String,
    version: String,
    source: String,
    architecture: String,
}

/// Writes the manifest and the bill of materials.
pub(super) fn papers(
    root: &Path,
    output: &Path,
    name: &str,
    version: &SlotVersion,
    hash: &RootHash,
    build: &Build,
) -> Result<Vec<PathBuf>> {
    let status = fs::read_to_string(root.join("usr/lib/sysimage/dpkg/status"))?;
    let packages = parse(&status);
    let crates = crates()?;
    let manifest = output.join(format!("{name}.manifest"));
    let lines: String = packages
        .iter()
        .map(|package| format!("{}\t{}\t{}\n", package.name, package.version, package.architecture))
        .collect();
    fs::write(&manifest, lines)?;
    let bill = output.join(format!("{name}.spdx.json"));
    let document = spdx(name, version, hash, build.epoch, &packages, &crates);
    fs::write(&bill, serde_json::to_string_pretty(&document)? + "\n")?;
    Ok(vec![manifest, bill])
}

fn parse(status: &str) -> Vec<Package> {
    let mut packages: Vec<Package> = status
        .split("\n\n")
        .filter_map(|paragraph| {
            let field = |name: &str| {
                let found = paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                found.map(str::to_owned)
            };
            field("Status").filter(|status| status.ends_with(" installed"))?;
            let name = field("Package")?;
            let source = field("Source").unwrap_or_else(|| name.clone());
            Some(Package { version: field("Version")?, architecture: field("Architecture")?, source, name })
        })
        .collect();
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    packages
}

/// The libraries that our own programs are made of: name, version, licence.
fn crates() -> Result<Vec<(String, String, String)>> {
    let text = shell::output(
        shell::cargo()
            .args(["tree", "--locked", "--workspace", "--edges=normal,no-proc-macro", "--prefix=none"])
            .args(["--exclude=xtask", "--exclude=livos-e2e", "--exclude=livos-testkit"])
            .args(["--target=x86_64-unknown-linux-gnu", "--format={p}|{l}"]),
    )
    .context("cargo could not list what LivOS is made of")?;
    Ok(parse_crates(&text))
}

fn parse_crates(text: &str) -> Vec<(String, String, String)> {
    let crates = text.lines().filter_map(|line| {
        // After name and version there may be the folder it was built in, which is nobody's business.
        let (package, license) = line.split_once('|')?;
        let mut words = package.split_whitespace();
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        let license = license.trim_end_matches("(*)").trim();
        let license = if license.is_empty() { "NOASSERTION" } else { license };
        Some((name.to_owned(), version.to_owned(), license.to_owned()))
    });
    crates.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn spdx(
    name: &str,
    version: &SlotVersion,
    hash: &RootHash,
    epoch: u64,
    packages: &[Package],
    crates: &[(String, String, String)],
) -> Value {
    let id = |kind: &str, name: &str, version: &str| {
        let text = format!("SPDXRef-{kind}-{name}-{version}");
        text.chars()
            .map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' })
            .collect::<String>()
    };
    let image = "SPDXRef-image".to_owned();
    let mut entries = vec![json!({
        "SPDXID": image, "name": name, "versionInfo": version.to_string(), "downloadLocation": "NOASSERTION",
        "checksums": [{"algorithm": "SHA256", "checksumValue": hash.to_string()}],
        "comment": "The checksum is the root hash of the verified root.",
    })];
    entries.extend(packages.iter().map(|package| {
        json!({
            "SPDXID": id("deb", &package.name, &package.version), "name": package.name, "versionInfo": package.version,
            "downloadLocation": "NOASSERTION", "sourceInfo": format!("source package {}", package.source),
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator":
                format!("pkg:deb/{}@{}?arch={}", package.name, package.version, package.architecture)}],
        })
    }));
    entries.extend(crates.iter().map(|(name, version, license)| {
        json!({
            "SPDXID": id("crate", name, version), "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
            "licenseDeclared": license,
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": format!("pkg:cargo/{name}@{version}")}],
        })
    }));
    let relations: Vec<Value> = entries
        .iter()
        .skip(1)
        .map(|entry| json!({"spdxElementId": image, "relationshipType": "CONTAINS", "relatedSpdxElement": entry["SPDXID"]}))
        .collect();
    json!({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
        "documentNamespace": format!("urn:livos:{name}:{hash}"),
        "creationInfo": {"created": moment(epoch), "creators": ["Tool: livos-build"]},
        "packages": entries, "documentDescribes": [image], "relationships": relations,
    })
}

/// A time as SPDX writes it.
fn moment(epoch: u64) -> String {
    let (days, rest) = (epoch / 86_400, epoch % 86_400);
    // Days since 0000-03-01, in eras of 400 years: the leap day is then the last of its year.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// `SHA256SUMS` beside the files, by the program that people check them with.
pub(super) fn checksums(files: &[PathBuf]) -> Result<Option<PathBuf>> {
    let Some(folder) = files.first().and_then(|file| file.parent()) else { return Ok(None) };
    let names = files.iter().filter_map(|file| file.file_name());
    let sums = shell::output(shell::command("sha256sum").arg("--").args(names).current_dir(folder))?;
    let list = folder.join("SHA256SUMS");
    fs::write(&list, sums)?;
    // Of what was here before.
    match fs::remove_file(folder.join("SHA256SUMS.asc")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("an old signature can't be removed")
        }
        _ => Ok(Some(list)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_people_read_it() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(moment(1_780_000_000), "2026-05-28T20:26:40Z");
    }

    #[test]
    fn only_installed_packages_are_listed() {
        let status = "Package: b\nStatus: install ok installed\nVersion: 2\nArchitecture: all\n\n\
                      Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nSource: s (0)\n\n\
                      Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n";
        let packages = parse(status);
        let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(packages[0].source, "s (0)");
    }

    #[test]
    fn libraries_are_listed_once_and_without_folders() {
        let text = "livos-web v0.1.0 (/home/somebody/livos/crates/livos-web)|AGPL-3.0-only\n\
                    zlib-rs v0.5.1|Zlib\nadler2 v2.0.1|0BSD OR MIT\nadler2 v2.0.1|0BSD OR MIT (*)\n\n";
        let crates = parse_crates(text);
        let names: Vec<&str> = crates.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["adler2", "livos-web", "zlib-rs"]);
        assert_eq!(crates[0], ("adler2".to_owned(), "2.0.1".to_owned(), "0BSD OR MIT".to_owned()));
    }
}
