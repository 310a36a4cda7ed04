//! A test that can't run here says so; where it must run, it fails.

/// Whether `LIVOS_REQUIRE_<WHAT>=1` is set: then nothing may be skipped for want of it.
#[must_use]
pub fn required(what: &str) -> bool {
    std::env::var_os(format!("LIVOS_REQUIRE_{what}")).is_some_and(|value| value == "1")
}

/// Says on stderr why a test is skipped; an error where it must not be.
pub fn skip(what: &str, why: &str) -> anyhow::Result<()> {
    if required(what) {
        anyhow::bail!("LIVOS_REQUIRE_{what}=1, but {why}");
    }
    eprintln!("SKIPPED: {why}");
    Ok(())
}
