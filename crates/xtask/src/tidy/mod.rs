//! The rules that hold the house up, checked by machine.
//!
//! Each fault says what is wrong, why that matters, and how to put it right.

mod crates;
mod licences;
mod sources;
#[cfg(test)]
mod tests;
mod workspace;

use std::path::Path;

use anyhow::{Result, bail};

use workspace::Workspace;

/// One broken rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// Where, and what.
    pub(crate) what: String,
    /// Why the rule exists, and what to do.
    pub(crate) fix: &'static str,
}

impl Fault {
    fn new(what: impl Into<String>, fix: &'static str) -> Self {
        Self { what: what.into(), fix }
    }
}

pub(crate) fn run() -> Result<()> {
    let faults = check(&crate::root())?;
    for fault in &faults {
        eprintln!("{}\n    {}", fault.what, fault.fix);
    }
    if !faults.is_empty() {
        bail!("tidy found {} broken rule(s)", faults.len());
    }
    println!("tidy: all rules hold");
    Ok(())
}

fn check(root: &Path) -> Result<Vec<Fault>> {
    let workspace = Workspace::read(root)?;
    let mut faults = Vec::new();
    crates::layers(&workspace, &mut faults);
    crates::manifests(&workspace, &mut faults);
    crates::walls(&workspace, &mut faults);
    licences::check(&workspace, &mut faults);
    sources::check(root, &mut faults)?;
    faults.sort();
    faults.dedup();
    Ok(faults)
}
