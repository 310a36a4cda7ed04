//! The image as a medium that installs it: a disc or a stick, for both kinds of firmware.
//!
//! One file is all of it: an ISO 9660 file system that a BIOS starts by El Torito or by its first sector, and UEFI by
//! the small FAT that is appended. Both load GRUB, which finds the medium by its label, wherever it was plugged in.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use livos_image::tools::Tools;
use livos_image::{disk, live};

use super::{RunIt as _, finish, recipe};
use crate::shell;

/// What both images of GRUB need to find the medium and to start a kernel from it.
const MODULES: &[&str] = &[
    "part_gpt",
    "part_msdos",
    "iso9660",
    "search",
    "search_label",
    "normal",
    "configfile",
    "linux",
    "echo",
    "test",
    "serial",
    "terminal",
    "minicmd",
];
/// Partition types: the boot partition, and one that only says that something is there.
const ESP: &str = "28732ac11ff8d211ba4b00a0c93ec93b";
const BASIC: &str = "a2a0d0ebe5b9334487c068b6b72699c7";
/// Bytes of the appended FAT: GRUB and a little.
const FAT_BYTES: u64 = 8 * 1024 * 1024;

/// Writes it.
pub(super) fn write(tools: &Tools, work: &Path, parts: &disk::Parts<'_>, target: &Path) -> Result<()> {
    // FAT has the time of the day where the builder lives.
    let tools = tools.clone().with("SOURCE_DATE_EPOCH", parts.epoch.to_string()).with("TZ", "UTC");
    let tree = work.join("iso");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    fill(parts, &tree)?;
    let script = work.join("grub-first.cfg");
    fs::write(&script, live::grub_first_script(parts.hash))?;
    grub(&tools, "i386-pc-eltorito", &["biosdisk"], &script, &tree.join("boot/grub/eltorito.img"))?;
    let fat = efi(&tools, work, parts.epoch, &script)?;
    finish::dated_files(&tree, parts.epoch)?;
    tools
        .command("xorriso")
        .args(["-as", "mkisofs", "-quiet", "-rational-rock", "-volid", &live::label(parts.hash)])
        .args(["--grub2-mbr", "/usr/lib/grub/i386-pc/boot_hybrid.img", "-partition_offset", "16"])
        .args(["--mbr-force-bootable", "-append_partition", "2", ESP])
        .arg(&fat)
        .args(["-appended_part_as_gpt", "-iso_mbr_part_type", BASIC, "-c", "boot.catalog"])
        .args(["-b", "boot/grub/eltorito.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"])
        .args(["--grub2-boot-info", "-eltorito-alt-boot", "-e", "--interval:appended_partition_2:::"])
        .args(["-no-emul-boot", "-o"])
        .args([target, &tree])
        .run_it()
}

fn fill(parts: &disk::Parts<'_>, tree: &Path) -> Result<()> {
    let ours = tree.join(live::FOLDER);
    for folder in [&ours, &tree.join("boot/grub")] {
        fs::create_dir_all(folder)?;
    }
    let files = [(parts.root, live::ROOT), (parts.hashes, live::HASHES)];
    let grub = [parts.bios_first, parts.bios_second].into_iter().zip(live::GRUB);
    for (from, name) in files.into_iter().chain(grub) {
        let to = ours.join(name);
        shell::run(shell::command("cp").arg("--reflink=auto").arg(from).arg(&to))
            .with_context(|| format!("{} can't be put onto the medium", from.display()))?;
    }
    shell::run(shell::command("cp").arg("-r").arg(parts.boot).arg(ours.join(live::BOOT)))?;
    let script = live::grub_script(parts.version, parts.hash, recipe::KERNEL_OPTIONS);
    fs::write(tree.join("boot/grub/grub.cfg"), script)?;
    Ok(())
}

fn grub(tools: &Tools, format: &str, own: &[&str], script: &Path, to: &Path) -> Result<()> {
    tools
        .command("grub-mkimage")
        .args([&format!("--format={format}"), "--prefix=/boot/grub", "--config"])
        .arg(script)
        .arg("--output")
        .arg(to)
        .args(MODULES)
        .args(own)
        .run_it()
}

/// The FAT that UEFI looks into.
fn efi(tools: &Tools, work: &Path, epoch: u64, script: &Path) -> Result<PathBuf> {
    let (program, fat) = (work.join("BOOTX64.EFI"), work.join("iso.fat"));
    grub(tools, "x86_64-efi", &["fat"], script, &program)?;
    finish::dated_files(&program, epoch)?;
    fs::File::create(&fat)?.set_len(FAT_BYTES)?;
    let number = format!("{:08x}", epoch & 0xffff_ffff);
    tools
        .command("mkfs.vfat")
        .args(["--invariant", "-n", "LIVOS-START", "-i", &number])
        .arg(&fat)
        .run_it()?;
    for folder in ["::/EFI", "::/EFI/BOOT"] {
        tools.command("mmd").arg("-i").arg(&fat).arg(folder).run_it()?;
    }
    tools
        .command("mcopy")
        .args(["-p", "-Q", "-m", "-i"])
        .arg(&fat)
        .arg(&program)
        .arg("::/EFI/BOOT/")
        .run_it()?;
    Ok(fat)
}
