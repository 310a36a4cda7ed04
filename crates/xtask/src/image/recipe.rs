//! What goes into the image, for each base. Pure: data in, command lines out.

/// A distribution that the appliance can stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub(crate) enum Base {
    /// Ubuntu 26.04
    #[value(name = "ubuntu-26.04")]
    Ubuntu2604,
    /// Ubuntu 24.04
    #[value(name = "ubuntu-24.04")]
    Ubuntu2404,
    /// Debian 13
    #[value(name = "debian-13")]
    Debian13,
}

/// What the bases do not have in common.
struct Profile {
    name: &'static str,
    suite: &'static str,
    components: &'static str,
    kernel: &'static str,
    /// Packages that only this base has, or needs beside the common ones.
    own: &'static [&'static str],
    /// The package that a foreign host needs to check the archive's signatures, and the file in it.
    keyring: (&'static str, &'static str),
}

/// On every base.
const COMMON: &[&str] = &[
    "apt",
    "btrfs-progs",
    "ca-certificates",
    "caddy",
    "cryptsetup-bin",
    "dbus",
    "docker.io",
    "dosfstools",
    "dracut",
    "efibootmgr",
    "erofs-utils",
    "fdisk",
    "git",
    "iproute2",
    "iptables",
    "kmod",
    "less",
    "libnss-resolve",
    "libpam-systemd",
    "netbase",
    "openssh-server",
    "procps",
    "qrencode",
    "sudo",
    "systemd",
    "systemd-boot",
    "systemd-boot-efi",
    "systemd-cryptsetup",
    "systemd-repart",
    "systemd-resolved",
    "systemd-sysv",
    "systemd-timesyncd",
    "udev",
    "zstd",
];

/// What builds the image, from Debian 13 whatever the host and the base are.
const TOOLS: &[&str] = &[
    "ca-certificates",
    "cpio",
    "cryptsetup-bin",
    "dosfstools",
    "erofs-utils",
    "fdisk",
    "grub-common",
    "grub-efi-amd64-bin",
    "grub-pc-bin",
    "grub2-common",
    "mtools",
    "qemu-utils",
    "systemd",
    "udev",
    "xorriso",
    "zstd",
];

/// Left out of every package: the appliance has no reader for them.
const LEFT_OUT: &[&str] =
    &["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*"];

/// What the kernel is told on every base.
pub(crate) const KERNEL_OPTIONS: &str = "console=tty0 console=ttyS0,115200";

impl Base {
    fn profile(self) -> Profile {
        match self {
            Self::Debian13 => Profile {
                name: "debian-13",
                suite: "trixie",
                components: "main",
                kernel: "linux-image-amd64",
                own: &["systemd-boot-tools"],
                keyring: ("debian-archive-keyring", "/usr/share/keyrings/debian-archive-keyring.gpg"),
            },
            Self::Ubuntu2404 => Profile {
                name: "ubuntu-24.04",
                suite: "noble",
                components: "main,universe",
                kernel: "linux-image-generic",
                // bootctl is still inside systemd-boot here, and veritysetup's units inside systemd.
                own: &[],
                keyring: ("ubuntu-archive-keyring", "/usr/share/keyrings/ubuntu-archive-keyring.gpg"),
            },
            Self::Ubuntu2604 => Profile {
                name: "ubuntu-26.04",
                suite: "resolute",
                components: "main,universe",
                kernel: "linux-image-generic",
                own: &["systemd-boot-tools"],
                keyring: ("ubuntu-archive-keyring", "/usr/share/keyrings/ubuntu-archive-keyring.gpg"),
            },
        }
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        self.profile().name
    }

    /// The package and the file with the archive's keys.
    pub(crate) fn keyring(self) -> (&'static str, &'static str) {
        self.profile().keyring
    }

    fn packages(self) -> Vec<&'static str> {
        let profile = self.profile();
        // On 24.04 there is no package of this name: its content is in systemd.
        let absent: &[&str] = if self == Self::Ubuntu2404 { &["systemd-cryptsetup"] } else { &[] };
        let mut packages: Vec<_> = COMMON.iter().filter(|name| !absent.contains(name)).copied().collect();
        packages.push(profile.kernel);
        packages.extend(profile.own);
        packages.sort_unstable();
        packages
    }

    /// `mmdebstrap` for the base tree. Without a mirror the tool's own default is used.
    pub(crate) fn bootstrap(self, target: &str, mirror: Option<&str>) -> Vec<String> {
        let profile = self.profile();
        let mut line = vec![
            "--variant=minbase".to_owned(),
            "--format=directory".to_owned(),
            format!("--components={}", profile.components),
            "--aptopt=Acquire::Languages \"none\"".to_owned(),
            "--aptopt=APT::Install-Recommends \"false\"".to_owned(),
        ];
        line.extend(LEFT_OUT.iter().map(|glob| format!("--dpkgopt=path-exclude={glob}")));
        // Licences must stay with what they cover.
        line.push("--dpkgopt=path-include=/usr/share/doc/*/copyright".to_owned());
        line.push(format!("--include={}", self.packages().join(",")));
        line.extend([profile.suite.to_owned(), target.to_owned()]);
        line.extend(mirror.map(str::to_owned));
        line
    }
}

/// `mmdebstrap` for the tree of tools.
pub(crate) fn tools(target: &str) -> Vec<String> {
    vec![
        "--variant=apt".to_owned(),
        "--format=directory".to_owned(),
        "--aptopt=APT::Install-Recommends \"false\"".to_owned(),
        format!("--include={}", TOOLS.join(",")),
        "trixie".to_owned(),
        target.to_owned(),
    ]
}

/// The recipe as text, one fact a line: what the differences between the bases are read from.
#[cfg(test)]
pub(crate) fn render(base: Base) -> String {
    let profile = base.profile();
    use std::fmt::Write as _;
    let mut text = String::new();
    let _ = writeln!(text, "suite {}", profile.suite);
    let _ = writeln!(text, "components {}", profile.components);
    let _ = writeln!(text, "keyring {}", profile.keyring.1);
    for package in base.packages() {
        let _ = writeln!(text, "package {package}");
    }
    for argument in base.bootstrap("TREE", None) {
        if !argument.starts_with("--include=") {
            let _ = writeln!(text, "mmdebstrap {argument}");
        }
    }
    let _ = writeln!(text, "kernel options {KERNEL_OPTIONS}");
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What the recipe of one base says and that of the other does not.
    fn only_in(one: Base, other: Base) -> BTreeSet<String> {
        let (one, other) = (render(one), render(other));
        let other: BTreeSet<_> = other.lines().collect();
        one.lines().filter(|line| !other.contains(line)).map(str::to_owned).collect()
    }

    /// The words in a base's column of the table in the README.
    fn documented(base: Base) -> BTreeSet<String> {
        let readme = include_str!("../../../../image/README.md");
        let table = readme.split("## What differs between the bases").nth(1).unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'))
            .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
            .collect();
        let column = rows[0].iter().position(|cell| *cell == base.name()).unwrap();
        // A cell of words says that the base needs nothing of its own there.
        rows[2..].iter().map(|row| row[column].to_owned()).filter(|cell| !cell.contains(' ')).collect()
    }

    /// Run with `--no-capture` to read them.
    #[test]
    fn the_bases_differ_in_what_the_readme_says_and_in_nothing_else() {
        let bases = [Base::Debian13, Base::Ubuntu2404, Base::Ubuntu2604];
        for (one, other) in bases.iter().flat_map(|one| bases.iter().map(move |other| (*one, *other))) {
            let lines = only_in(one, other);
            println!("in {}, not in {}:", one.name(), other.name());
            lines.iter().for_each(|line| println!("  {line}"));
            let last = |line: &String| {
                let word = line.split_whitespace().last().unwrap_or_default();
                word.strip_prefix("--components=").unwrap_or(word).to_owned()
            };
            let facts: BTreeSet<String> = lines.iter().map(last).collect();
            let said: BTreeSet<String> = documented(one).difference(&documented(other)).cloned().collect();
            assert_eq!(facts, said, "{} and {}", one.name(), other.name());
        }
    }

    #[test]
    fn no_address_is_written_down() {
        for base in [Base::Debian13, Base::Ubuntu2404, Base::Ubuntu2604] {
            assert!(!render(base).contains("://"));
            let line = base.bootstrap("TREE", Some("http://mirror.example/"));
            assert_eq!(line.last().unwrap(), "http://mirror.example/");
        }
    }

    #[test]
    fn every_list_is_in_order_and_names_nothing_twice() {
        for list in [COMMON, TOOLS] {
            assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{list:?}");
        }
    }
}
