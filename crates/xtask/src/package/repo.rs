//! A static, signed archive that any web server can host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Build, Profile, deb};
use crate::deps::Purpose;
use crate::{deps, shell};

/// The only suite: one set of packages for every release.
pub(crate) const SUITE: &str = "stable";
pub(crate) const COMPONENT: &str = "main";

/// What the archive holds, and who signs it.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folders with packages; target/debs if none is given
    #[arg(long = "debs", value_name = "FOLDER")]
    debs: Vec<PathBuf>,
    /// More packages to carry, such as Caddy for Ubuntu 22.04, which has none
    #[arg(long = "add", value_name = "FILE")]
    add: Vec<PathBuf>,
    /// The secret key (armoured) that signs; LIVOS_REPO_KEY may hold it instead. Without either, a throw-away key is
    /// made, for tests
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Also the archive in one file, `livos-VERSION.bundle`, for machines without a network
    #[arg(long)]
    bundle: bool,
    /// Where the archive goes
    #[arg(long, value_name = "FOLDER", default_value = "target/repo")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    deps::ensure(Purpose::Package)?;
    let root = crate::root();
    let output = root.join(&arguments.output);
    let next = output.with_extension("next");
    remove(&next)?;
    let pool = next.join("pool").join(COMPONENT);
    fs::create_dir_all(&pool).with_context(|| format!("{} can't be made", pool.display()))?;
    let ring = Ring::open(given(arguments.key.as_deref())?)?;
    fs::write(next.join("livos-archive-keyring.gpg"), ring.public()?)?;
    for file in packages(arguments)? {
        place(&file, &pool)?;
    }
    // The key travels as a package too, so that a new one arrives before the old one ends.
    let build = Build::new(Profile::Release, None)?;
    let keyring =
        super::keyring(&build, &next.join("livos-archive-keyring.gpg"), &crate::target().join("package"))?;
    place(&keyring, &pool)?;
    index(&next, build.epoch)?;
    ring.sign(&next.join("dists").join(SUITE))?;
    let bundle = if arguments.bundle { Some(bundle(&next, build.epoch)?) } else { None };
    // Whoever serves the folder never sees half of it.
    let old = output.with_extension("old");
    remove(&old)?;
    if output.exists() {
        fs::rename(&output, &old)?;
    }
    fs::rename(&next, &output)?;
    remove(&old)?;
    println!("{}", output.display());
    if let Some(bundle) = bundle {
        println!("  bundle: {}", output.join(bundle).display());
    }
    println!("  key: {}", output.join("livos-archive-keyring.gpg").display());
    println!(
        "  line for apt: deb [signed-by=/usr/share/keyrings/livos-archive-keyring.gpg] URL {SUITE} {COMPONENT}"
    );
    Ok(())
}

fn packages(arguments: &Arguments) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = arguments.debs.iter().map(|folder| crate::root().join(folder)).collect();
    if folders.is_empty() {
        folders.push(crate::target().join("debs"));
    }
    let mut found: Vec<PathBuf> = arguments.add.iter().map(|file| crate::root().join(file)).collect();
    for folder in folders {
        for entry in fs::read_dir(&folder)
            .with_context(|| format!("{} can't be read; run ./build.sh deb first", folder.display()))?
        {
            let path = entry?.path();
            if path.extension().is_some_and(|kind| kind == "deb") {
                found.push(path);
            }
        }
    }
    // The archive's own keyring is made with the key that signs it.
    found.retain(|file| !file.to_string_lossy().contains("livos-archive-keyring_"));
    if found.is_empty() {
        bail!("there are no packages; run ./build.sh deb first");
    }
    found.sort();
    Ok(found)
}

/// Puts a package where its name says: `pool/main/l/livos/`.
fn place(file: &Path, pool: &Path) -> Result<()> {
    let name = shell::output(shell::command("dpkg-deb").arg("-f").arg(file).arg("Package"))?;
    let name = name.trim();
    let first = name.get(..1).with_context(|| format!("{} names no package", file.display()))?;
    let file_name = file.file_name().with_context(|| format!("{} has no name", file.display()))?;
    deb::copy(file, &pool.join(first).join(name).join(file_name))
}

/// Lists what there is, also by hash: a list that is replaced while somebody reads is never half new.
fn index(archive: &Path, epoch: u64) -> Result<()> {
    let architectures = architectures(archive)?;
    let suite = archive.join("dists").join(SUITE);
    for architecture in &architectures {
        let folder = suite.join(COMPONENT).join(format!("binary-{architecture}"));
        fs::create_dir_all(&folder)?;
        let list = shell::output(shell::command("apt-ftparchive").current_dir(archive).args([
            "--arch",
            architecture,
            "packages",
            "pool",
        ]))?;
        fs::write(folder.join("Packages"), &list)?;
        for (program, arguments) in [("gzip", "-9nk"), ("xz", "-6k")] {
            shell::output(shell::command(program).current_dir(&folder).args([arguments, "Packages"]))?;
        }
        fs::write(
            folder.join("Release"),
            format!(
                "Archive: {SUITE}\nComponent: {COMPONENT}\nOrigin: LivOS\nLabel: LivOS\nArchitecture: {architecture}\n"
            ),
        )?;
        for file in ["Packages", "Packages.gz", "Packages.xz"] {
            by_hash(&folder, file)?;
        }
    }
    let option = |name: &str, value: &str| format!("APT::FTPArchive::Release::{name}={value}");
    let release = shell::output(
        shell::command("apt-ftparchive")
            .current_dir(archive)
            .env("SOURCE_DATE_EPOCH", epoch.to_string())
            .args(["-o", &option("Origin", "LivOS")])
            .args(["-o", &option("Label", "LivOS")])
            .args(["-o", &option("Suite", SUITE)])
            .args(["-o", &option("Codename", SUITE)])
            .args(["-o", &option("Components", COMPONENT)])
            .args(["-o", &option("Architectures", &architectures.join(" "))])
            .args(["-o", &option("Acquire-By-Hash", "yes")])
            .args(["release", &format!("dists/{SUITE}")]),
    )?;
    fs::write(suite.join("Release"), release)?;
    Ok(())
}

/// The archive in one file, beside it: what apt needs of it and no more, in a tar that says nothing but names and
/// bytes. Signed it is already, so nobody has to believe the file itself. Answers its name.
fn bundle(archive: &Path, epoch: u64) -> Result<String> {
    let pool = archive.join("pool").join(COMPONENT).join("l/livos");
    let mut versions = Vec::new();
    for entry in fs::read_dir(&pool).context("a bundle without the package livos is none")? {
        versions.push(shell::output(shell::command("dpkg-deb").arg("-f").arg(entry?.path()).arg("Version"))?);
    }
    versions.sort();
    versions.dedup();
    let [version] = &versions[..] else {
        bail!("a bundle holds one version of LivOS, and there are {}", versions.len());
    };
    let name = format!("livos-{}.bundle", version.trim().replace(':', "%3a"));
    // By hash, names are longer than this tar knows; the lists are there under their own.
    shell::output(
        shell::command("tar")
            .current_dir(archive)
            .args(["--format=ustar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
            .args(["--mode=u=rw,go=r,a+X", "--exclude=by-hash", "--exclude=Release.gpg"])
            .arg(format!("--mtime=@{epoch}"))
            .args(["-cf", &name, "dists", "pool"]),
    )?;
    Ok(name)
}

/// Every architecture of a package, or this machine's when all are for any.
fn architectures(archive: &Path) -> Result<Vec<String>> {
    let list =
        shell::output(shell::command("apt-ftparchive").current_dir(archive).args(["packages", "pool"]))?;
    let mut found: Vec<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("Architecture: "))
        .filter(|name| *name != "all")
        .map(str::to_owned)
        .collect();
    if found.is_empty() {
        found.push(shell::output(shell::command("dpkg").arg("--print-architecture"))?.trim().to_owned());
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn by_hash(folder: &Path, file: &str) -> Result<()> {
    for (program, kind) in [("md5sum", "MD5Sum"), ("sha256sum", "SHA256"), ("sha512sum", "SHA512")] {
        let sum = shell::output(shell::command(program).current_dir(folder).arg(file))?;
        let sum = sum.split_whitespace().next().unwrap_or_default();
        deb::copy(&folder.join(file), &folder.join("by-hash").join(kind).join(sum))?;
    }
    Ok(())
}

/// A key or keyring in the binary form, which every apt reads.
pub(super) fn dearmour(key: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(key).with_context(|| format!("{} can't be read", key.display()))?;
    if !bytes.starts_with(b"-----BEGIN") {
        return deb::write(to, bytes);
    }
    let home = tempdir("livos-dearmour")?;
    let outcome = shell::output(
        shell::command("gpg")
            .env("GNUPGHOME", &home)
            .args(["--batch", "--yes", "--dearmor", "--output"])
            .arg(to)
            .arg(key),
    );
    remove(&home)?;
    outcome.map(|_| ())
}

/// A key ring of its own, so that nobody's keys are touched; gone when dropped.
struct Ring {
    home: PathBuf,
}

/// The secret key that somebody gave, if anybody did.
fn given(key: Option<&Path>) -> Result<Option<Vec<u8>>> {
    Ok(match (key, std::env::var("LIVOS_REPO_KEY")) {
        (Some(file), _) => {
            let file = crate::root().join(file);
            Some(fs::read(&file).with_context(|| format!("the key {} can't be read", file.display()))?)
        }
        (None, Ok(text)) if !text.is_empty() => Some(text.into_bytes()),
        _ => None,
    })
}

/// Signs a file with the archive's key, beside it as `.asc`; false if no key was given.
pub(crate) fn sign(file: &Path, key: Option<&Path>) -> Result<bool> {
    let Some(key) = given(key)? else { return Ok(false) };
    let ring = Ring::open(Some(key))?;
    let mut signature = file.as_os_str().to_owned();
    signature.push(".asc");
    shell::output(
        ring.gpg()
            .args(["--digest-algo", "SHA512", "--armor", "--detach-sign", "--output"])
            .arg(signature)
            .arg(file),
    )?;
    Ok(true)
}

impl Ring {
    fn open(key: Option<Vec<u8>>) -> Result<Self> {
        let ring = Self { home: tempdir("livos-repo-key")? };
        match key {
            Some(bytes) => {
                let file = ring.home.join("given");
                fs::write(&file, bytes)?;
                let outcome = shell::output(ring.gpg().arg("--import").arg(&file));
                fs::remove_file(&file)?;
                outcome.context("the key can't be used")?;
            }
            None => {
                println!("No key was given: signing with a throw-away key, for tests only");
                shell::output(ring.gpg().args(["--passphrase", ""]).args([
                    "--quick-generate-key",
                    "LivOS test archive <test@localhost>",
                    "ed25519",
                    "sign",
                    "1m",
                ]))?;
            }
        }
        Ok(ring)
    }

    fn gpg(&self) -> Command {
        let mut command = shell::command("gpg");
        command.env("GNUPGHOME", &self.home).args(["--batch", "--yes", "--quiet", "--no-tty"]);
        command.args(["--pinentry-mode", "loopback"]);
        command
    }

    fn public(&self) -> Result<Vec<u8>> {
        let output = self.gpg().arg("--export").output().context("gpg could not be started")?;
        if !output.status.success() || output.stdout.is_empty() {
            bail!("there is no key to sign with: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(output.stdout)
    }

    fn sign(&self, suite: &Path) -> Result<()> {
        let sign = |kind: &[&str], to: &str| {
            shell::output(
                self.gpg()
                    .args(["--digest-algo", "SHA512"])
                    .args(kind)
                    .arg("--output")
                    .arg(suite.join(to))
                    .arg(suite.join("Release")),
            )
        };
        sign(&["--clearsign"], "InRelease")?;
        sign(&["--armor", "--detach-sign"], "Release.gpg")?;
        Ok(())
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // The agent that gpg starts would keep running with the folder gone.
        let _ = shell::output(shell::command("gpgconf").env("GNUPGHOME", &self.home).args(["--kill", "all"]));
        let _ = remove(&self.home);
    }
}

/// A folder that only we can read; its path is short, because an agent's socket lies in it.
fn tempdir(name: &str) -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt as _;
    let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    remove(&folder)?;
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("{} can't be made", folder.display()))?;
    Ok(folder)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} can't be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_what_an_upgrade_unpacks() {
        let folder = tempfile::tempdir().unwrap();
        let (archive, pool) = (folder.path().join("repo"), folder.path().join("repo/pool/main"));
        for (path, text) in [
            ("dists/stable/InRelease", "signed"),
            ("dists/stable/main/binary-amd64/by-hash/SHA512/00", "by hash"),
            ("livos-archive-keyring.gpg", "a key that a bundle brings is nobody's"),
        ] {
            deb::write(&archive.join(path), text).unwrap();
        }
        let tree = folder.path().join("tree");
        let about = "Package: livos\nVersion: 1:2.0~rc1\nArchitecture: all\nMaintainer: A <a@localhost>\nDescription: x\n";
        deb::write(&tree.join("DEBIAN/control"), about).unwrap();
        let file = folder.path().join("livos_2.0~rc1_all.deb");
        shell::output(shell::command("dpkg-deb").arg("-b").arg(&tree).arg(&file)).unwrap();
        place(&file, &pool).unwrap();
        let name = bundle(&archive, 7).unwrap();
        assert_eq!(name, "livos-1%3a2.0~rc1.bundle");
        let unpacked = folder.path().join("unpacked");
        livos_image::bundle::unpack(fs::File::open(archive.join(name)).unwrap(), &unpacked).unwrap();
        let there = unpacked.join("archive");
        assert_eq!(fs::read(there.join("dists/stable/InRelease")).unwrap(), b"signed");
        let deb = there.join("pool/main/l/livos/livos_2.0~rc1_all.deb");
        assert_eq!(fs::read(deb).unwrap(), fs::read(&file).unwrap());
        assert!(!there.join("livos-archive-keyring.gpg").exists());
        assert!(!there.join("dists/stable/main/binary-amd64/by-hash").exists());
        fs::copy(&file, pool.join("l/livos/livos_3_all.deb")).unwrap();
        bundle(&archive, 7).unwrap();
        fs::write(tree.join("DEBIAN/control"), about.replace("2.0~rc1", "3")).unwrap();
        shell::output(
            shell::command("dpkg-deb").arg("-b").arg(&tree).arg(pool.join("l/livos/livos_3_all.deb")),
        )
        .unwrap();
        assert!(bundle(&archive, 7).unwrap_err().to_string().contains("one version"));
    }

    #[test]
    fn a_file_is_signed_with_the_key_that_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let (key, sums) = (folder.path().join("key.asc"), folder.path().join("SHA256SUMS"));
        fs::write(&sums, "0 image\n").unwrap();
        {
            let maker = Ring::open(None).unwrap();
            let secret = shell::output(maker.gpg().args(["--armor", "--export-secret-keys"])).unwrap();
            fs::write(&key, secret).unwrap();
        }
        assert!(sign(&sums, Some(&key)).unwrap());
        let reader = Ring::open(given(Some(&key)).unwrap()).unwrap();
        let signature = folder.path().join("SHA256SUMS.asc");
        let verify = || shell::output(reader.gpg().arg("--verify").arg(&signature).arg(&sums));
        verify().unwrap();
        fs::write(&sums, "1 image\n").unwrap();
        assert!(verify().is_err());
    }
}
