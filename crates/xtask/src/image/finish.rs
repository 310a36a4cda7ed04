//! From the base tree to the tree of LivOS.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use livos_image::tools::Tools;
use livos_image::{SlotVersion, compose};

use super::{Build, RunIt as _};
use crate::package::repo::{COMPONENT, SUITE};
use crate::shell;

/// Started by what is in the image, or not at all: an appliance upgrades as a whole.
const MASKED: &[&str] = &[
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    // Our own gate decides and blesses, the same way under both firmwares.
    "systemd-bless-boot.service",
    // It would ask questions on the console.
    "systemd-firstboot.service",
    // Nobody can sign in there; the console says how to reach the server instead.
    "getty@tty1.service",
    "serial-getty@ttyS0.service",
];

/// Must be on.
const ENABLED: &[&str] =
    &["systemd-networkd.service", "systemd-resolved.service", "systemd-timesyncd.service"];

/// Off until somebody gives a key.
const DISABLED: &[&str] = &["ssh.service", "ssh.socket"];

/// Whatever differs from one build to the next, or is of no use to anybody.
const REMOVED: &[&str] = &[
    "var/lib/dbus/machine-id",
    "var/cache/ldconfig/aux-cache",
    "etc/machine-id",
    "etc/hostname",
    "etc/resolv.conf",
    "etc/.pwd.lock",
    "root/.bash_history",
];

/// What is installed of what was built; only the first must be there.
const PACKAGES: [&str; 3] = ["livos_", "livos-appliance_", "livos-archive-keyring_"];

/// By which key later versions of LivOS are known.
const KEY: &str = "/usr/share/keyrings/livos-archive-keyring.gpg";

/// Fills `root` from the base tree and the packages; gives back the version of LivOS in it.
pub(super) fn fill(build: &Build, base: &Path, root: &Path) -> Result<SlotVersion> {
    if root.exists() {
        shell::run(shell::command("rm").args(["-rf", "--one-file-system"]).arg(root))?;
    }
    shell::run(shell::command("cp").args(["-a", "--reflink=auto"]).arg(base).arg(root))?;
    let installed = packages(build, root)?;
    if !installed.iter().any(|name| name.starts_with("livos-appliance_")) {
        appliance_files(root)?;
    }
    if let Some(archive) = &build.archive {
        source(root, archive)?;
    }
    let version = super::version(&livos_version(root)?)?;
    settle(root, &version, build.epoch)?;
    Ok(version)
}

/// Installs the packages that were built; their dependencies are in the base tree already.
fn packages(build: &Build, root: &Path) -> Result<Vec<String>> {
    let Some(folder) = &build.debs else { return Ok(Vec::new()) };
    let inside = root.join("tmp/livos-packages");
    fs::create_dir_all(&inside)?;
    let mut names = Vec::new();
    for file in fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".deb") && PACKAGES.iter().any(|wanted| name.starts_with(wanted)) {
            fs::copy(file.path(), inside.join(&name))?;
            names.push(name);
        }
    }
    if !names.iter().any(|name| name.starts_with(PACKAGES[0])) {
        bail!("{} has no package of LivOS; `./build.sh deb` makes them", folder.display());
    }
    names.sort();
    let files = names.iter().map(|name| format!("/tmp/livos-packages/{name}"));
    Tools::tree(root, &[])
        .with("DEBIAN_FRONTEND", "noninteractive")
        .with("INITRD", "No")
        .with("SOURCE_DATE_EPOCH", build.epoch.to_string())
        .command("dpkg")
        .args(["--force-confdef", "--install"])
        .args(files)
        .run_it()?;
    fs::remove_dir_all(&inside)?;
    Ok(names)
}

/// Where later versions of LivOS come from, as the installer would write it on a server.
fn source(root: &Path, archive: &str) -> Result<()> {
    if !root.join(KEY.trim_start_matches('/')).exists() {
        bail!(
            "nothing would be taken from {archive}: its key is not among the packages. Make them with \
             `./build.sh deb --key FILE`, where FILE is the archive's public key, and name their folder with --debs"
        );
    }
    let list = root.join("etc/apt/sources.list.d/livos.sources");
    let text =
        format!("Types: deb\nURIs: {archive}\nSuites: {SUITE}\nComponents: {COMPONENT}\nSigned-By: {KEY}\n");
    fs::write(&list, text).with_context(|| format!("could not write {}", list.display()))
}

/// The appliance's own files where its package was not given: what that package would lay down.
fn appliance_files(root: &Path) -> Result<()> {
    shell::run(shell::cargo().args(["build", "-q", "-p", "livos-image"]))?;
    let files = crate::root().join("image/rootfs/.");
    shell::run(shell::command("cp").args(["-a", "--no-preserve=ownership"]).arg(files).arg(root))?;
    let program = root.join("usr/sbin/livos-slot");
    fs::copy(crate::target().join("debug/livos-slot"), &program)?;
    shell::run(shell::command("strip").arg(&program))
}

fn livos_version(root: &Path) -> Result<String> {
    let status = fs::read_to_string(root.join("var/lib/dpkg/status"))?;
    let paragraph = status.split("\n\n").find(|text| text.lines().any(|line| line == "Package: livos"));
    let version = paragraph.and_then(|text| text.lines().find_map(|line| line.strip_prefix("Version: ")));
    Ok(version.unwrap_or(env!("CARGO_PKG_VERSION")).to_owned())
}

/// What makes a tree of packages into a root that is the same for everybody.
fn settle(root: &Path, version: &SlotVersion, epoch: u64) -> Result<()> {
    let at = |name: &str| root.join(name);
    for name in REMOVED {
        remove(&at(name))?;
    }
    fs::write(at("etc/machine-id"), "")?;
    fs::write(at("etc/hostname"), "livos\n")?;
    fs::write(
        at("etc/hosts"),
        "127.0.0.1 localhost\n127.0.1.1 livos\n::1 localhost ip6-localhost ip6-loopback\n",
    )?;
    for name in ["etc/shadow", "etc/shadow-"] {
        let path = at(name);
        if path.exists() {
            let text =
                fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
            fs::write(&path, dated(&text, epoch))?;
        }
    }
    // Everything else is mounted by the initrd, from the disk that the system started from.
    fs::write(at("etc/fstab"), "tmpfs /tmp tmpfs mode=1777,nosuid,nodev 0 0\n")?;
    symlink("../run/systemd/resolve/stub-resolv.conf", at("etc/resolv.conf"))?;
    compose::describe(root, version)?;
    for folder in ["efi", "srv", "home", "root"] {
        fs::create_dir_all(at(folder))?;
    }
    let database = at("usr/lib/sysimage/dpkg");
    if !at("var/lib/dpkg").is_symlink() {
        fs::create_dir_all(at("usr/lib/sysimage"))?;
        fs::rename(at("var/lib/dpkg"), &database)?;
        symlink("../../usr/lib/sysimage/dpkg", at("var/lib/dpkg"))?;
    }
    for unit in MASKED {
        let file = at("etc/systemd/system").join(unit);
        remove(&file)?;
        symlink("/dev/null", file)?;
    }
    let systemctl = |verb: &str, units: &[&str]| {
        Tools::tree(root, &[]).command("systemctl").arg(verb).args(units).run_it()
    };
    systemctl("enable", ENABLED)?;
    for unit in DISABLED {
        // Which of the two exists differs between releases.
        if at("usr/lib/systemd/system").join(unit).exists() {
            systemctl("disable", &[unit])?;
        }
    }
    sweep(root)
}

/// Accounts carry the day that they were made on, which is the day that the base tree was.
fn dated(shadow: &str, epoch: u64) -> String {
    let day = (epoch / 86_400).to_string();
    let line = |line: &str| {
        let mut fields: Vec<&str> = line.split(':').collect();
        if let Some(changed) = fields.get_mut(2).filter(|changed| !changed.is_empty()) {
            *changed = &day;
        }
        fields.join(":") + "\n"
    };
    shadow.lines().map(line).collect()
}

fn sweep(root: &Path) -> Result<()> {
    for (folder, unwanted) in [
        ("var/log", (|_: &str| true) as fn(&str) -> bool),
        ("var/cache/apt", |_| true),
        ("var/lib/apt/lists", |_| true),
        ("var/cache/debconf", |name| name.ends_with("-old")),
        ("usr/lib/sysimage/dpkg", |name| name.ends_with("-old")),
        ("etc/ssh", |name| name.starts_with("ssh_host_")),
        ("etc", |name| name.ends_with('-') && !name.starts_with("ssl")),
        ("boot", |name| name.starts_with("System.map")),
        ("tmp", |_| true),
        ("run", |_| true),
    ] {
        let folder = root.join(folder);
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry?;
            if unwanted(&entry.file_name().to_string_lossy()) {
                remove(&entry.path())?;
            }
        }
    }
    for folder in ["var/cache/apt/archives/partial", "var/lib/apt/lists/partial"] {
        fs::create_dir_all(root.join(folder))?;
    }
    // Programs that write there by themselves want their folders.
    for folder in ["var/log/caddy", "var/log/journal"] {
        fs::create_dir_all(root.join(folder))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    };
    removed.with_context(|| format!("could not remove {}", path.display()))
}

/// A kernel and the initrd for it.
pub(super) struct Boot {
    pub(super) linux: PathBuf,
    pub(super) initrd: PathBuf,
}

/// Makes the initrd with the tree's own tools, and takes the kernel out of the tree.
pub(super) fn initrd(build: &Build, root: &Path) -> Result<Boot> {
    let tools = Tools::tree(root, &[]).with("SOURCE_DATE_EPOCH", build.epoch.to_string());
    let kernel = compose::kernel_version(root)?;
    compose::make_initrd(&mut tools.command("dracut"), &kernel)?;
    let made = root.join(compose::INITRD.trim_start_matches('/'));
    let boot = Boot { linux: build.work.join("linux"), initrd: build.work.join("initrd") };
    fs::copy(&made, &boot.initrd).context("dracut left no initrd")?;
    fs::remove_file(&made)?;
    fs::copy(root.join(format!("boot/vmlinuz-{kernel}")), &boot.linux)?;
    // dracut may have written a log or a cache.
    sweep(root)?;
    Ok(boot)
}

/// systemd-boot, where every firmware looks for it.
pub(super) fn boot_loaders(build: &Build, root: &Path, boot: &Path) -> Result<()> {
    let loader = root.join("usr/lib/systemd/boot/efi/systemd-bootx64.efi");
    for name in ["EFI/BOOT/BOOTX64.EFI", "EFI/systemd/systemd-bootx64.efi"] {
        let file = boot.join(name);
        fs::create_dir_all(file.parent().unwrap_or(boot))?;
        fs::copy(&loader, &file).context("systemd-boot is not in the tree")?;
    }
    dated_files(boot, build.epoch)
}

/// Gives a folder and everything in it the time that the image carries.
pub(super) fn dated_files(folder: &Path, epoch: u64) -> Result<()> {
    shell::run(
        shell::command("find")
            .arg(folder)
            .args(["-exec", "touch", "-h", "-d"])
            .arg(format!("@{epoch}"))
            .args(["{}", "+"]),
    )
}

/// GRUB's two stages for a BIOS.
pub(super) fn grub(tools: &Tools, tree: &Path, work: &Path) -> Result<(PathBuf, PathBuf)> {
    let second = work.join("grub-core.img");
    tools
        .command("grub-mkimage")
        // No drive is named: it is the one that the BIOS started from.
        .args(["--format=i386-pc", "--prefix=(,gpt2)/grub", "--output"])
        .arg(&second)
        .args(["biosdisk", "part_gpt", "fat", "normal", "configfile", "linux", "loadenv", "echo", "test"])
        .args(["serial", "terminal", "minicmd", "reboot", "sleep"])
        .run_it()?;
    Ok((tree.join("usr/lib/grub/i386-pc/boot.img"), second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_needs_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("etc/apt/sources.list.d")).unwrap();
        let refused = source(folder.path(), "https://packages.example").unwrap_err().to_string();
        assert!(refused.contains("deb --key"), "{refused}");
        assert!(!at("etc/apt/sources.list.d/livos.sources").exists());
        fs::create_dir_all(at("usr/share/keyrings")).unwrap();
        fs::write(at(KEY.trim_start_matches('/')), "").unwrap();
        source(folder.path(), "https://packages.example").unwrap();
        let list = fs::read_to_string(at("etc/apt/sources.list.d/livos.sources")).unwrap();
        assert!(
            list.contains("URIs: https://packages.example\n") && list.contains("Signed-By: /usr/share"),
            "{list}"
        );
    }

    #[test]
    fn accounts_are_as_old_as_the_sources() {
        let shadow = "root:*:20700:0:99999:7:::\nlivos:!*:20710::::::\nodd:*:::::::\n";
        let expected = "root:*:20601:0:99999:7:::\nlivos:!*:20601::::::\nodd:*:::::::\n";
        assert_eq!(dated(shadow, 1_780_000_000), expected);
    }
}
