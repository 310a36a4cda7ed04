//! `livos-slot`: the appliance's two slots, from a shell and from its units.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::SystemTime;

use clap::{Parser, Subcommand};
use livos_image::databases::{self, Databases};
use livos_image::install::dialogue::{self, End};
use livos_image::install::disks::{self, Disk};
use livos_image::install::wish::Then;
use livos_image::live::Medium;
use livos_image::rot::{self, Found};
use livos_image::running::{Appliance, Status};
use livos_image::stage::Order;
use livos_image::{Error, Result, SlotVersion, apps, cloud, install, seed, stage, tools, trial};

/// Shows and changes the two slots of an appliance.
#[derive(Debug, Parser)]
#[command(name = "livos-slot", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what runs, what else can be started, and how the last upgrade ended
    Status {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Compose the next version with apt and place it in the other slot; the next boot tries it
    ///
    /// Ends with status 0 and the new version on standard output, or with status 4 if nothing is new.
    Stage {
        /// For programs: a JSON object a line, {"step": …} and at the end {"version": …}
        #[arg(long)]
        json: bool,
        /// A folder with package files, instead of the package sources
        #[arg(long, value_name = "FOLDER")]
        bundle: Option<PathBuf>,
        /// A bundle of LivOS (`livos-VERSION.bundle`), instead of the package sources
        #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
        from: Option<PathBuf>,
        /// Leave LivOS as it is: only the rest of the system
        #[arg(long, conflicts_with_all = ["bundle", "packages"])]
        without_livos: bool,
        /// Already in a mount namespace of its own
        #[arg(long, hide = true)]
        inside: bool,
        /// Packages to install or upgrade; everything that is newer, if none is named
        packages: Vec<String>,
    },
    /// Make an earlier version the one that starts next
    Choose {
        /// As `status` shows it
        version: SlotVersion,
    },
    /// Read the whole running root and hold it against its hash
    Verify,
    /// Install LivOS on a disk of this machine, which was started from a medium for that: asks which
    Install {
        /// Only show the disks, what is on them, and which are not written over
        #[arg(long)]
        list: bool,
        /// For programs: the disks as a JSON list
        #[arg(long, requires = "list")]
        json: bool,
        /// Do what a seed disk says, without a question
        #[arg(long, conflicts_with = "list")]
        unattended: bool,
    },
    /// Ask every check in /usr/lib/livos/health.d whether this version may stay
    #[command(hide = true)]
    Judge,
    /// Keep the version that runs
    #[command(hide = true)]
    Bless,
    /// The machine is switched off in order
    #[command(hide = true)]
    Leave,
    /// Restart into the version before, if the one that runs never proved itself
    #[command(hide = true)]
    Return,
    /// Do what a seed disk says about a new machine
    #[command(hide = true)]
    Configure {
        /// The disk
        device: PathBuf,
    },
    /// In the initrd: find the databases that this version goes on with
    #[command(hide = true)]
    Databases {
        /// The daemons' folders
        state: PathBuf,
        /// What starts
        version: SlotVersion,
        /// Its root
        root: PathBuf,
    },
    /// Copy what a new version brings for a folder and the machine lacks
    #[command(hide = true)]
    Seed {
        /// Where it comes from
        from: PathBuf,
        /// Where it goes
        to: PathBuf,
    },
}

/// The status of `stage` when there is nothing to do.
const NOTHING: u8 = 4;

fn main() -> ExitCode {
    match run(Arguments::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            let mut text = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                text.push_str(&format!(": {inner}"));
                cause = inner.source();
            }
            eprintln!("livos-slot: {text}");
            if matches!(error, Error::Nothing) { ExitCode::from(NOTHING) } else { ExitCode::FAILURE }
        }
    }
}

fn run(verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Status { json } => show(&Appliance::here()?.status()?, json),
        Verb::Stage { json, bundle, from, without_livos, inside: true, packages } => {
            let appliance = Appliance::here()?;
            let mut say = |step: &str| {
                if json {
                    println!("{}", serde_json::json!({"step": step}));
                } else {
                    eprintln!("{step} …");
                }
            };
            let version =
                stage::stage(&appliance, &Order { packages, bundle, without_livos, from }, &mut say)?;
            if json {
                println!("{}", serde_json::json!({"version": version}));
            } else {
                println!("{version}");
            }
        }
        Verb::Stage { .. } => {
            let myself = std::env::current_exe()
                .map_err(|source| Error::Start { program: "livos-slot".to_owned(), source })?;
            let mut command = Command::new("unshare");
            // What is mounted outside shows up inside, and not the other way round: the boot partition is mounted
            // by systemd when somebody looks at it.
            command.args(["--mount", "--propagation", "slave", "--"]).arg(myself);
            let mut words = std::env::args_os().skip(1);
            command.args(words.next()).arg("--inside").args(words);
            let source = command.exec();
            return Err(Error::Start { program: "unshare".to_owned(), source });
        }
        Verb::Choose { version } => {
            let appliance = Appliance::here()?;
            appliance.boot.choose(&version, &appliance.version)?;
        }
        Verb::Verify => {
            let appliance = Appliance::here()?;
            appliance.verify()?;
            println!("{} is what it was when it was sealed", appliance.version);
        }
        Verb::Install { list: true, json, .. } => list_disks(json)?,
        Verb::Install { unattended: true, .. } => {
            let medium = Medium::here()?;
            if let Some(then) = install::unattended(&medium, &mut |said| println!("livos: {said}"))? {
                install::end(then)?;
            }
        }
        Verb::Install { .. } => ask_which()?,
        Verb::Judge => {
            let reasons = trial::judge(&Appliance::here()?)?;
            for reason in &reasons {
                println!("livos: {reason}");
            }
            return Ok(if reasons.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Verb::Bless => {
            #[expect(clippy::disallowed_methods, reason = "time enters here and is handed on")]
            let now = SystemTime::now();
            let appliance = Appliance::here()?;
            match rot::look(&appliance) {
                Ok(Found::GoTo(other)) => {
                    println!("livos: {} is damaged on the disk; {other} starts instead", appliance.version);
                    restart()?;
                    return Ok(ExitCode::SUCCESS);
                }
                Ok(Found::Well) => {}
                Ok(Found::Alone(reason)) => println!(
                    "livos: {} is damaged on the disk, and no other version is there: {reason}. An upgrade brings one.",
                    appliance.version
                ),
                // A version that works is not given up because it could not be looked at.
                Err(error) => eprintln!("livos-slot: the root could not be checked: {error}"),
            }
            trial::bless(&appliance, now)?;
            rot::arrive(&appliance)?;
        }
        Verb::Leave => leave(&Appliance::here()?)?,
        Verb::Return => {
            let appliance = Appliance::here()?;
            if trial::give_up(&appliance)? {
                println!("livos: {} goes back to the version before it", appliance.version);
                restart()?;
            }
        }
        Verb::Configure { device } => {
            // The unit gives a folder of its own, and mounts that end with it.
            let folder = std::env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from);
            let folder =
                folder.ok_or_else(|| Error::Invalid("this is for livos-seed@.service".to_owned()))?;
            let mut mount = Command::new("mount");
            mount.args(["-t", "iso9660,vfat", "-o", "ro,nosuid,nodev,noexec"]).arg(&device).arg(&folder);
            tools::run("mount", &mut mount)?;
            cloud::apply(&cloud::Seed::read(&folder)?, &mut |said| println!("{said}"))?;
        }
        Verb::Databases { state, version, root } => match databases::arrive_from(&state, &version, &root)? {
            Databases::Present => {}
            Databases::Own { instead_of, kept } => println!(
                "livos: the databases are those that {version} left; what {instead_of} wrote is {}",
                if kept { "kept beside them" } else { "gone with it" }
            ),
        },
        Verb::Seed { from, to } => seed::seed(&from, &to)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list_disks(json: bool) -> Result<()> {
    // Also where nothing can be installed from: what is in use is spared anyway.
    let medium = Medium::here().ok();
    let disks = disks::look(medium.as_ref().map(|medium| medium.folder.as_path()))?;
    if json {
        println!("{}", serde_json::json!(disks));
        return Ok(());
    }
    for disk in disks {
        println!("{disk}\n    {}", disk.summary());
        if let Some(reason) = &disk.refused {
            println!("    not written over: {reason}");
        }
    }
    Ok(())
}

/// The machine that somebody sits at.
struct Here(Medium);

impl dialogue::Machine for Here {
    fn disks(&mut self) -> Result<Vec<Disk>> {
        disks::look(Some(&self.0.folder))
    }

    fn install(&mut self, disk: &Disk, progress: install::Progress<'_>) -> Result<()> {
        install::install(&self.0, disk, progress)
    }
}

fn ask_which() -> Result<()> {
    let mut here = Here(Medium::here()?);
    let version = here.0.version.to_string();
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout());
    match dialogue::ask(&mut here, &version, &install::refusal(), &mut input, &mut output)? {
        End::Installed => install::end(Then::Poweroff),
        End::Left => Ok(()),
    }
}

fn restart() -> Result<()> {
    tools::run("systemctl", Command::new("systemctl").args(["reboot", "--no-block"]))?;
    Ok(())
}

fn leave(appliance: &Appliance) -> Result<()> {
    // Whether the apps could be written down or not, this end comes by no surprise.
    let kept = apps::remember(appliance);
    rot::leave(appliance)?;
    kept
}

fn show(status: &Status, json: bool) {
    if json {
        println!("{}", serde_json::json!(status));
        return;
    }
    for version in &status.versions {
        let runs = if version.version == status.running { "runs" } else { "" };
        let state = match (version.blessed, version.tries) {
            (_, 0) => "failed",
            (true, _) => "good",
            (false, _) => "on trial",
        };
        println!("{:<24} {state:<9} {runs}", version.version.to_string());
    }
    if let Some(note) = &status.databases {
        println!("\n{note}");
    }
    if let Some(report) = &status.report {
        if report.kept {
            println!("\n{} replaced {}.", report.version, report.from);
        } else {
            println!("\n{} was given up; {} runs again:", report.version, report.from);
            report.reasons.iter().for_each(|reason| println!("  {reason}"));
        }
    }
}
