//! One set of packages for every supported release: the programs may ask for no newer C library than the oldest has.

use std::path::Path;

use anyhow::{Result, bail};

use crate::shell;

/// Ubuntu 22.04 has 2.35.
const NEWEST_GLIBC: (u32, u32) = (2, 35);

/// Fails if `program` needs a newer C library than every supported release has.
pub(super) fn check(program: &Path) -> Result<()> {
    let table = shell::output(shell::command("objdump").arg("-T").arg(program))?;
    match newest(&table) {
        Some(found) if found > NEWEST_GLIBC => bail!(
            "{} needs glibc {}.{}; build on a release with {}.{} or older, such as Debian 12",
            program.display(),
            found.0,
            found.1,
            NEWEST_GLIBC.0,
            NEWEST_GLIBC.1
        ),
        Some(_) => Ok(()),
        None => bail!("{} names no glibc symbol; is it a program?", program.display()),
    }
}

/// The highest `GLIBC_x.y` in objdump's table.
fn newest(table: &str) -> Option<(u32, u32)> {
    table
        .split("GLIBC_")
        .skip(1)
        .filter_map(|rest| {
            let version: &str =
                rest.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next()?;
            let mut parts = version.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_symbol_counts() {
        let table = "DF *UND* (GLIBC_2.2.5) memcpy\nDF *UND* (GLIBC_2.34) pthread_create\nDF (GCC_3.0) x\nDF (GLIBC_2.9) y\n";
        assert_eq!(newest(table), Some((2, 34)));
        assert_eq!(newest("nothing"), None);
        assert!(newest("(GLIBC_2.38)").unwrap() > NEWEST_GLIBC);
    }
}
