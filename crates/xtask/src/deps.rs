//! What has to be on the machine: named by package, installed when we are root.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::shell;

/// What the packages are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Purpose {
    /// `build.sh run`
    Run,
    /// `build.sh deb` and `build.sh repo`
    Package,
    /// `build.sh test`
    Test,
    /// `build.sh bench`
    Bench,
}

/// The purpose to prepare for.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What to prepare for
    #[arg(value_enum, default_value = "test")]
    purpose: Purpose,
}

/// A program (or, as an absolute path, a file), the packages that have it (the first that the distribution offers is taken), and who
/// needs it first.
struct Needed {
    program: &'static str,
    packages: &'static [&'static str],
    from: Purpose,
    why: &'static str,
}

const NEEDED: &[Needed] = &[
    Needed { program: "cc", packages: &["gcc"], from: Purpose::Run, why: "compiles SQLite" },
    Needed { program: "caddy", packages: &["caddy"], from: Purpose::Run, why: "the front door" },
    Needed { program: "dbus-daemon", packages: &["dbus-daemon", "dbus"], from: Purpose::Run, why: "the bus" },
    Needed {
        program: "setpriv",
        packages: &["util-linux"],
        from: Purpose::Run,
        why: "ties children to the runner",
    },
    Needed { program: "git", packages: &["git"], from: Purpose::Run, why: "fetches app stores" },
    Needed {
        program: "bwrap",
        packages: &["bubblewrap"],
        from: Purpose::Run,
        why: "shuts in the commands of the agent",
    },
    Needed { program: "node", packages: &["nodejs"], from: Purpose::Run, why: "builds the desktop" },
    Needed { program: "npm", packages: &["npm"], from: Purpose::Run, why: "builds the desktop" },
    Needed { program: "dpkg-deb", packages: &["dpkg"], from: Purpose::Package, why: "makes packages" },
    Needed { program: "strip", packages: &["binutils"], from: Purpose::Package, why: "looks into programs" },
    Needed {
        program: "apt-ftparchive",
        packages: &["apt-utils"],
        from: Purpose::Package,
        why: "lists packages",
    },
    Needed { program: "gpg", packages: &["gnupg", "gpg"], from: Purpose::Package, why: "signs the archive" },
    Needed {
        program: "mmdebstrap",
        packages: &["mmdebstrap"],
        from: Purpose::Test,
        why: "makes a clean Debian",
    },
    Needed { program: "g++", packages: &["g++"], from: Purpose::Test, why: "compiles LibFuzzer" },
    Needed { program: "mke2fs", packages: &["e2fsprogs"], from: Purpose::Test, why: "makes disks" },
    Needed { program: "lintian", packages: &["lintian"], from: Purpose::Test, why: "checks packages" },
    Needed { program: "shellcheck", packages: &["shellcheck"], from: Purpose::Test, why: "checks scripts" },
    Needed { program: "dockerd", packages: &["docker.io"], from: Purpose::Test, why: "the real engine" },
    Needed {
        program: "docker-registry",
        packages: &["docker-registry"],
        from: Purpose::Test,
        why: "serves test images",
    },
    Needed {
        program: "chromium",
        packages: &["chromium", "chromium-browser"],
        from: Purpose::Test,
        why: "browser journeys",
    },
    Needed {
        program: "pip3",
        packages: &["python3-pip"],
        from: Purpose::Test,
        why: "fetches the Python client of other programs' protocol",
    },
    Needed {
        program: "qemu-system-x86_64",
        packages: &["qemu-system-x86"],
        from: Purpose::Test,
        why: "boots what is built",
    },
    Needed { program: "qemu-img", packages: &["qemu-utils"], from: Purpose::Test, why: "makes disks" },
    Needed { program: "mtype", packages: &["mtools"], from: Purpose::Test, why: "spoils a boot partition" },
    Needed {
        program: "ssh-keygen",
        packages: &["openssh-client"],
        from: Purpose::Test,
        why: "signs in to a seeded machine",
    },
    Needed {
        program: "/usr/share/OVMF/OVMF_CODE_4M.fd",
        packages: &["ovmf"],
        from: Purpose::Test,
        why: "UEFI firmware for virtual machines",
    },
    Needed {
        program: "mmdebstrap",
        packages: &["mmdebstrap"],
        from: Purpose::Test,
        why: "makes clean systems to install into",
    },
    Needed { program: "curl", packages: &["curl"], from: Purpose::Bench, why: "moves files" },
    Needed { program: "wrk", packages: &["wrk"], from: Purpose::Bench, why: "makes requests" },
    Needed {
        program: "nginx",
        packages: &["nginx-light", "nginx"],
        from: Purpose::Bench,
        why: "the reference",
    },
    Needed { program: "python3", packages: &["python3"], from: Purpose::Bench, why: "runs the measurements" },
];

/// `iptables` for dockerd comes with docker.io only as a recommendation.
const TEST_EXTRAS: &[(&str, &str)] = &[
    ("iptables", "iptables"),
    ("sfdisk", "fdisk"),
    ("systemd-analyze", "systemd"),
    // Snapshots are tested on every file system that can make them.
    ("mkfs.btrfs", "btrfs-progs"),
    ("mkfs.xfs", "xfsprogs"),
];

/// Packages that must have one version, which a backport of one of them breaks: the second is brought
/// to the version of the first.
const IN_STEP: &[(&str, &str)] = &[("qemu-system-x86", "qemu-utils")];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    ensure(arguments.purpose)?;
    println!("Everything that {:?} needs is here.", arguments.purpose);
    Ok(())
}

/// Sees to it that everything for `purpose` is installed.
pub(crate) fn ensure(purpose: Purpose) -> Result<()> {
    let missing: Vec<&Needed> =
        NEEDED.iter().filter(|needed| needed.from <= purpose && !is_here(needed.program)).collect();
    let mut names: Vec<String> = Vec::new();
    if purpose >= Purpose::Test {
        for (program, package) in TEST_EXTRAS {
            if shell::find(program).is_none() {
                names.push((*package).to_owned());
            }
        }
    }
    if !missing.is_empty() || !names.is_empty() {
        if shell::is_root() && !has_package_lists() {
            update_lists()?;
        }
        for needed in &missing {
            names.push(pick(needed.packages).to_owned());
        }
        names.sort();
        names.dedup();
        if !shell::is_root() {
            let whys: Vec<String> =
                missing.iter().map(|needed| format!("{} ({})", needed.program, needed.why)).collect();
            bail!(
                "these programs are missing: {}\nInstall them, then run this again:\n    sudo apt-get install --no-install-recommends {}",
                whys.join(", "),
                names.join(" ")
            );
        }
        install(&names)?;
        if let Some(needed) = missing.iter().find(|needed| !is_here(needed.program)) {
            bail!(
                "{} is still missing although {} was installed; install it by hand",
                needed.program,
                pick(needed.packages)
            );
        }
    }
    if purpose >= Purpose::Test {
        crate::compose::ensure();
    }
    check_node()
}

/// Sees to it that an image can be built: the bootstrap tool, and the keys of the base's archive.
pub(crate) fn ensure_for_image((package, keys): (&str, &str)) -> Result<()> {
    let needed = [("mmdebstrap", "mmdebstrap"), (keys, package)];
    let names: Vec<String> =
        needed.iter().filter(|(file, _)| !is_here(file)).map(|(_, package)| (*package).to_owned()).collect();
    if names.is_empty() { Ok(()) } else { install(&names) }
}

fn is_here(program: &str) -> bool {
    if program.starts_with('/') { Path::new(program).exists() } else { shell::find(program).is_some() }
}

fn install(names: &[String]) -> Result<()> {
    println!("Installing {}", names.join(" "));
    let attempt = || {
        let pinned = in_step(names)?;
        let mut command = apt();
        command.arg("install").args(["-y", "-qq", "--no-install-recommends"]);
        if !pinned.is_empty() {
            command.arg("--allow-downgrades");
        }
        let free = names.iter().filter(|name| !pinned.iter().any(|pin| pin.starts_with(&format!("{name}="))));
        shell::run(command.args(free).args(&pinned))
    };
    if attempt().is_err() {
        // The lists may be older than the archive.
        update_lists()?;
        attempt().with_context(|| format!("the packages could not be installed: {}", names.join(" ")))?;
    }
    Ok(())
}

/// `package=version` for each installed package that is in the way of what is to be installed.
fn in_step(names: &[String]) -> Result<Vec<String>> {
    let mut pinned = Vec::new();
    for (leader, follower) in IN_STEP.iter().filter(|(leader, _)| names.iter().any(|name| name == leader)) {
        let wanted = policy(leader, "Candidate:")?;
        let installed = policy(follower, "Installed:")?;
        if wanted.is_some() && installed.is_some() && installed != wanted {
            pinned.push(format!("{follower}={}", wanted.unwrap_or_default()));
        }
    }
    Ok(pinned)
}

/// A version that apt names for a package.
fn policy(package: &str, which: &str) -> Result<Option<String>> {
    let text = shell::output(shell::command("apt-cache").args(["policy", package]).env("LC_ALL", "C"))?;
    let version = text.lines().find_map(|line| line.trim().strip_prefix(which)).map(str::trim);
    Ok(version.filter(|version| *version != "(none)").map(str::to_owned))
}

fn apt() -> std::process::Command {
    let mut command = shell::command("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn update_lists() -> Result<()> {
    shell::run(apt().args(["update", "-qq"])).context("the package lists could not be updated")
}

fn has_package_lists() -> bool {
    std::fs::read_dir("/var/lib/apt/lists").is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry.is_ok_and(|entry| {
                entry.file_name().to_string_lossy().ends_with("_Packages")
                    || entry.file_name().to_string_lossy().contains("_Packages.")
            })
        })
    })
}

/// The first package that this distribution has; names differ between Debian and Ubuntu releases.
fn pick(packages: &'static [&'static str]) -> &'static str {
    let offered = |name: &str| {
        shell::output(shell::command("apt-cache").args(["show", "--no-all-versions", name]))
            .is_ok_and(|text| !text.is_empty())
    };
    packages.iter().find(|name| offered(name)).or(packages.first()).copied().unwrap_or_default()
}

fn check_node() -> Result<()> {
    let version = shell::output(shell::command("node").arg("--version"))?;
    let major =
        version.trim().trim_start_matches('v').split('.').next().and_then(|text| text.parse::<u32>().ok());
    match major {
        Some(20..) => Ok(()),
        _ => bail!(
            "Node.js {} is too old to build the desktop: version 20 or newer is needed (https://nodejs.org/en/download)",
            version.trim()
        ),
    }
}
