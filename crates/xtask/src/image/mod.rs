//! `build.sh image`: the appliance as a file.

mod finish;
mod iso;
mod recipe;
mod report;
mod trees;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use livos_image::place::{BootPartition, Kernel};
use livos_image::tools::Tools;
use livos_image::{SlotVersion, disk, seal};

pub(crate) use recipe::Base;

use crate::{deps, package, shell};

/// What to build.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The distribution below
    #[arg(long, value_enum, default_value = "ubuntu-26.04")]
    base: Base,
    /// What to write: raw always is, the others beside it
    #[arg(long, value_enum, value_delimiter = ',', default_value = "raw")]
    format: Vec<Format>,
    /// The folder with the packages of LivOS (`build.sh deb` makes them)
    #[arg(long)]
    debs: Option<PathBuf>,
    /// The archive that later versions of LivOS come from (`build.sh repo` makes one); its key has to be among the
    /// packages
    #[arg(long, value_name = "URL", value_parser = archive)]
    archive: Option<String>,
    /// Where the base comes from; the bootstrap tool knows by itself
    #[arg(long)]
    mirror: Option<String>,
    /// Where the image goes
    #[arg(long)]
    output: Option<PathBuf>,
    /// Where trees are kept between builds
    #[arg(long, env = "LIVOS_IMAGE_CACHE")]
    cache: Option<PathBuf>,
    /// The time that everything in it carries, in seconds since 1970; the last commit's by default
    #[arg(long, env = "SOURCE_DATE_EPOCH")]
    epoch: Option<u64>,
    /// The secret key (armoured) that signs the checksums; LIVOS_REPO_KEY may hold it instead
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Larger, but made in a moment: for tests
    #[arg(long)]
    quick: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// To be flashed
    Raw,
    /// The same, compressed
    Zst,
    /// For virtual machines
    Qcow2,
    /// A disc or a stick that installs it
    Iso,
}

/// Everything a step needs to know.
struct Build {
    base: Base,
    debs: Option<PathBuf>,
    archive: Option<String>,
    cache: PathBuf,
    work: PathBuf,
    epoch: u64,
    mirror: Option<String>,
    quick: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    ensure!(
        shell::is_root(),
        "an image is built as root: it sets owners and enters a tree. Run: sudo ./build.sh image"
    );
    deps::ensure_for_image(arguments.base.keyring())?;
    let output = arguments.output.clone().unwrap_or_else(|| crate::target().join("image"));
    let build = Build {
        base: arguments.base,
        debs: arguments.debs.clone(),
        archive: arguments.archive.clone(),
        cache: arguments.cache.clone().unwrap_or_else(|| crate::target().join("image-cache")),
        work: output.join("work"),
        epoch: match arguments.epoch {
            Some(epoch) => epoch,
            None => last_commit()?,
        },
        mirror: arguments.mirror.clone(),
        quick: arguments.quick,
    };
    for folder in [&output, &build.cache, &build.work] {
        std::fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    }
    let begun = Instant::now();
    let made = make(&build, &output, &arguments.format)?;
    if let Some(sums) = report::checksums(&made)?
        && !package::sign(&sums, arguments.key.as_deref())?
    {
        println!("\nThe checksums are not signed: no --key was given.");
    }
    if build.archive.is_none() {
        println!("\nThis LivOS knows no archive to get later versions from: no --archive was given.");
    }
    println!("\nbuilt in {:.0} s:", begun.elapsed().as_secs_f32());
    for file in &made {
        println!("{:>14} bytes  {}", std::fs::metadata(file)?.len(), file.display());
    }
    Ok(())
}

fn make(build: &Build, output: &Path, formats: &[Format]) -> Result<Vec<PathBuf>> {
    let tools_tree = step("tools", || trees::tools(build))?;
    let base = step("base tree", || trees::base(build))?;
    let tools = Tools::tree(&tools_tree, &[output, &build.work]);

    let root = build.work.join("root");
    let version = step("packages of LivOS", || finish::fill(build, &base, &root))?;
    let kernel = step("initrd", || finish::initrd(build, &root))?;

    let name = format!("livos-{version}-{}-amd64", build.base.name());
    let (data, hashes) = (build.work.join("root.erofs"), build.work.join("root.verity"));
    let packing =
        if build.quick { seal::Packing::quick(build.epoch) } else { seal::Packing::release(build.epoch) };
    let hash = step("seal", || {
        for file in [&data, &hashes] {
            std::fs::File::create(file)?;
        }
        Ok(seal::seal(&tools, &root, &version, &packing, &data, &hashes)?)
    })?;
    println!("   root hash {hash}");

    let boot = build.work.join("boot");
    let (first, second) = step("boot partition", || {
        let _ = std::fs::remove_dir_all(&boot);
        std::fs::create_dir_all(&boot)?;
        let partition = BootPartition::at(&boot);
        partition.prepare()?;
        let files = Kernel { linux: &kernel.linux, initrd: &kernel.initrd, options: recipe::KERNEL_OPTIONS };
        partition.place(&version, &hash, files, None)?;
        finish::boot_loaders(build, &root, &boot)?;
        finish::grub(&tools, &tools_tree, &build.work)
    })?;
    let parts = disk::Parts {
        version: &version,
        hash: &hash,
        root: &data,
        hashes: &hashes,
        boot: &boot,
        bios_first: &first,
        bios_second: &second,
        epoch: build.epoch,
    };
    let image = output.join(format!("{name}.raw"));
    step("disk", || Ok(disk::assemble(&tools, &parts, &image)?))?;
    let mut made = vec![image.clone()];
    made.extend(step("papers", || report::papers(&root, output, &name, &version, &hash, build))?);
    for format in formats.iter().filter(|format| **format != Format::Raw) {
        let target = output.join(format!("{name}.{}", format.suffix()));
        step(format.suffix(), || format.write(&tools, build, &parts, &image, &target))?;
        made.push(target);
    }
    Ok(made)
}

impl Format {
    fn suffix(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Zst => "raw.zst",
            Self::Qcow2 => "qcow2",
            Self::Iso => "iso",
        }
    }

    fn write(
        self,
        tools: &Tools,
        build: &Build,
        parts: &disk::Parts<'_>,
        image: &Path,
        target: &Path,
    ) -> Result<()> {
        match self {
            Self::Raw => Ok(()),
            Self::Zst => {
                let mut command = tools.command("zstd");
                command.args(["-q", "-f", "-T0", "-6"]).arg(image).arg("-o").arg(target).run_it()
            }
            Self::Qcow2 => {
                let options = ["convert", "-c", "-O", "qcow2", "-o", "compression_type=zstd"];
                tools.command("qemu-img").args(options).args([image, target]).run_it()
            }
            Self::Iso => iso::write(tools, &build.work, parts, target),
        }
    }
}

trait RunIt {
    fn run_it(&mut self) -> Result<()>;
}

impl RunIt for std::process::Command {
    fn run_it(&mut self) -> Result<()> {
        let name = self.get_program().to_string_lossy().into_owned();
        livos_image::tools::run(&name, self)?;
        Ok(())
    }
}

/// An address that apt can read and that is a single word of its list.
fn archive(text: &str) -> std::result::Result<String, String> {
    let known =
        ["http://", "https://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    (known && plain)
        .then(|| text.to_owned())
        .ok_or_else(|| "it must be the http or https address of a folder".to_owned())
}

/// Says what is done and how long it took.
fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    use std::io::Write as _;
    print!("== {name} … ");
    std::io::stdout().flush()?;
    let begun = Instant::now();
    let result = work().with_context(|| format!("the step \"{name}\" failed"));
    println!("{:.1} s", begun.elapsed().as_secs_f32());
    result
}

fn last_commit() -> Result<u64> {
    let text = shell::output(shell::command("git").args(["log", "-1", "--format=%ct"]));
    match text.map(|text| text.trim().parse()) {
        Ok(Ok(seconds)) => Ok(seconds),
        _ => bail!("this is no git checkout: set SOURCE_DATE_EPOCH to the time that the image shall carry"),
    }
}

/// The version of what is in the tree.
fn version(debian: &str) -> Result<SlotVersion> {
    Ok(SlotVersion::new(&SlotVersion::release_of(debian), 1)?)
}

#[cfg(test)]
mod tests {
    use super::archive;

    #[test]
    fn an_archive_is_an_address() {
        assert_eq!(
            archive("https://packages.example/livos").as_deref(),
            Ok("https://packages.example/livos")
        );
        for wrong in [
            "https://",
            "packages.example",
            "ftp://packages.example",
            "https://one\nSigned-By: /x",
            "http://a b",
        ] {
            assert!(archive(wrong).is_err(), "{wrong:?}");
        }
    }
}
